"""Messages to an account: its own only, unread ones counted, read when opened."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import client_for, make_user
from units.models import AuditEntry, Notification, Role
from units.services.notifications import Message, notify

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return make_user(Role.LEADER)


def tell(*accounts, title="请办理", url="/rounds/"):
    notify(messages=[Message(one, title, "正文", url) for one in accounts], by=None)


def test_the_bar_counts_what_is_not_read(account):
    client = client_for(account)
    assert "kp-late" not in client.get(reverse("units:account")).content.decode()
    tell(account, account)
    assert '<span class="badge kp-late">2</span>' in client.get(reverse("units:account")).content.decode()


def test_opening_a_message_reads_it_and_goes_to_its_place(account):
    tell(account)
    row = Notification.objects.get()
    answer = client_for(account).post(reverse("units:notification", args=[row.pk]))
    assert (answer.status_code, answer.url) == (302, "/rounds/")
    row.refresh_from_db()
    assert row.read_at is not None


def test_reading_the_list_reads_nothing(account):
    tell(account)
    page = client_for(account).get(reverse("units:notifications"))
    assert "请办理" in page.content.decode()
    assert Notification.objects.filter(read_at__isnull=True).count() == 1


def test_all_are_read_at_once_but_only_ones_own(account):
    other = make_user(Role.LEADER)
    tell(account, account, other)
    assert client_for(account).post(reverse("units:notifications")).status_code == 302
    assert list(Notification.objects.filter(read_at__isnull=True).values_list("account", flat=True)) == [other.pk]


def test_somebody_elses_message_is_not_known(account):
    tell(make_user())
    row = Notification.objects.get()
    client = client_for(account)
    assert client.post(reverse("units:notification", args=[row.pk])).status_code == 404
    assert "请办理" not in client.get(reverse("units:notifications")).content.decode()


def test_only_those_not_read(account):
    tell(account, title="旧的")
    Notification.objects.update(read_at="2026-01-01T00:00Z")
    tell(account, title="新的")
    page = client_for(account).get(reverse("units:notifications"), {"only": "unread"}).content.decode()
    assert "新的" in page
    assert "旧的" not in page


@pytest.mark.parametrize("url", ["https://example.org/", "//example.org/x", "rounds/", "/" + "x" * 240])
def test_a_message_leads_to_a_path_of_this_site_only(account, url):
    with pytest.raises(ValueError, match="path"):
        tell(account, url=url)
    assert not Notification.objects.exists()


def test_the_list_takes_as_many_queries_for_many_messages(account):
    client = client_for(account)
    url = reverse("units:notifications")
    tell(account)
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    tell(*[account] * 40)
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(many) == len(few)


# ---------------------------------------------------------------- one's own address


def test_ones_own_address_is_checked_saved_and_audited():
    user = make_user()
    client = client_for(user)
    wrong = client.post(reverse("units:account"), {"email": "不是邮箱"})
    assert wrong.status_code == 422
    assert "不是邮箱" in wrong.content.decode()
    for _again in range(2):
        assert client.post(reverse("units:account"), {"email": "one@example.org"}).status_code == 302
    user.refresh_from_db()
    assert user.email == "one@example.org"
    entry = AuditEntry.objects.get(action="change email")
    assert (entry.actor, entry.changes) == (user, {"email": [None, "one@example.org"]})
    assert "one@example.org" in client.get(reverse("units:account")).content.decode()
