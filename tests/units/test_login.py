"""Coming in and going out: log-in, lock, initial password, language, error pages."""

from __future__ import annotations

import datetime

import pytest
import time_machine
from django.conf import settings as django_settings
from django.contrib.auth.password_validation import password_validators_help_texts
from django.contrib.sessions.models import Session
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import translation

from tests.factories import PASSWORD, client_for, make_user
from units.models import AuditEntry, Role, User

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "quite-another-word-42"
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/accounts/?page=2"}


@pytest.fixture
def office() -> User:
    user = make_user(Role.OFFICE, username="kaohe", name="考核办")
    user.set_password(PASSWORD)
    user.save()
    return user


def log_in(client: Client, password: str = PASSWORD, **extra: str):
    return client.post(reverse("units:login"), {"username": "kaohe", "password": password, **extra})


def test_a_visitor_is_sent_to_log_in_and_comes_back(client, office):
    response = client.get("/accounts/me/")
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/accounts/me/")
    page = client.get(response["Location"])
    assert page.status_code == 200
    assert 'name="next" value="/accounts/me/"' in page.text
    assert log_in(client, next="/accounts/me/")["Location"] == "/accounts/me/"
    assert client.get("/accounts/me/").status_code == 200


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/x", "javascript:alert(1)", ""])
def test_log_in_never_leads_to_another_site(client, office, target):
    assert log_in(client, next=target)["Location"] == "/"


def test_a_fragment_without_a_session_opens_the_log_in_page(client):
    response = client.get("/accounts/me/", headers=HTMX)
    assert response.status_code == 200
    assert response["HX-Redirect"] == "/accounts/login/?next=/accounts/%3Fpage%3D2"
    assert not response.content


def test_a_wrong_password_is_said_and_the_user_name_stays(client, office):
    response = log_in(client, "wrong")
    assert response.status_code == 200
    assert 'value="kaohe"' in response.text
    assert "用户名或密码不正确" in response.text
    assert "_auth_user_id" not in client.session


def test_an_inactive_account_cannot_log_in(client, office):
    User.objects.update(is_active=False)
    assert log_in(client).status_code == 200
    assert "_auth_user_id" not in client.session


def test_an_account_switched_off_is_out_with_its_next_request(office):
    client = client_for(office)
    assert client.get("/accounts/me/").status_code == 200
    User.objects.update(is_active=False)
    assert client.get("/accounts/me/")["Location"] == "/accounts/login/?next=/accounts/me/"


def test_log_out_is_a_post(office):
    client = client_for(office)
    assert client.get("/accounts/logout/").status_code == 405
    assert client.get("/accounts/me/").status_code == 200
    assert client.post("/accounts/logout/")["Location"] == "/accounts/login/"
    assert client.get("/accounts/me/").status_code == 302


def test_wrong_passwords_lock_until_the_time_that_the_page_names(client, office, settings):
    settings.AXES_FAILURE_LIMIT = 5
    noon = datetime.datetime(2026, 3, 2, 4, 0, tzinfo=datetime.UTC)  # 12:00 in Shanghai
    with time_machine.travel(noon, tick=False) as clock:
        for _attempt in range(4):
            assert log_in(client, "wrong").status_code == 200
        locked = log_in(client, "wrong")
        assert locked.status_code == 429
        assert "12:15" in locked.text
        clock.shift(600)
        again = log_in(client)
        assert again.status_code == 429
        assert "12:15" in again.text  # trying on does not prolong it
        clock.shift(301)
        assert log_in(client).status_code == 302
        assert client.get("/accounts/me/").status_code == 200


def test_a_lock_holds_for_one_address_only(client, office):
    for _attempt in range(5):
        log_in(client, "wrong")
    assert log_in(client).status_code == 429
    elsewhere = Client(REMOTE_ADDR="10.0.0.2")
    assert log_in(elsewhere).status_code == 302


# Initial passwords -----------------------------------------------------------------------------


@pytest.fixture
def newcomer(office) -> User:
    User.objects.filter(pk=office.pk).update(must_change_password=True)
    office.refresh_from_db()
    return office


@pytest.mark.parametrize("page", ["/", "/accounts/me/", "/accounts/", "/plans/", "/rounds/"])
def test_an_initial_password_opens_no_page_but_its_change(newcomer, page):
    client = client_for(newcomer)
    assert client.get(page)["Location"] == "/accounts/password/"
    fragment = client.get(page, headers=HTMX)
    assert (fragment.status_code, fragment["HX-Redirect"]) == (200, "/accounts/password/")
    assert client.post(page, {"x": 1}).status_code == 302


def test_an_initial_password_leaves_log_out_and_language_open(newcomer):
    client = client_for(newcomer)
    page = client.get("/accounts/password/")
    assert page.status_code == 200
    assert "navbar-nav" in page.text
    assert "nav-item" not in page.text
    assert client.post("/language/", {"language": "en", "next": "/accounts/password/"}).status_code == 302
    assert client.get("/healthz").status_code == 200
    assert client.post("/accounts/logout/").status_code == 302


def change(client: Client, old: str = PASSWORD, new: str = NEW_PASSWORD, again: str | None = None):
    data = {"old_password": old, "new_password1": new, "new_password2": new if again is None else again}
    return client.post("/accounts/password/", data)


def test_a_changed_password_ends_the_other_sessions_and_keeps_this_one(newcomer):
    here, there = client_for(newcomer), client_for(newcomer)
    assert change(here)["Location"] == "/"
    assert here.get("/accounts/me/").status_code == 200
    assert there.get("/accounts/me/").status_code == 302
    newcomer.refresh_from_db()
    assert newcomer.check_password(NEW_PASSWORD)
    assert not newcomer.must_change_password
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.target_id) == (newcomer, "change password", str(newcomer.pk))
    assert NEW_PASSWORD not in str(entry.changes)


@pytest.mark.parametrize(
    ("old", "new", "again", "field"),
    [
        ("not-the-password", NEW_PASSWORD, NEW_PASSWORD, "old_password"),
        (PASSWORD, PASSWORD, PASSWORD, "new_password1"),
        (PASSWORD, NEW_PASSWORD, "something-else-9", "new_password2"),
        (PASSWORD, "short-1", "short-1", "new_password2"),
        (PASSWORD, "83710492657381", "83710492657381", "new_password2"),
        (PASSWORD, "password1234", "password1234", "new_password2"),
    ],
)
def test_a_password_against_the_rules_changes_nothing(newcomer, old, new, again, field):
    client = client_for(newcomer)
    response = change(client, old, new, again)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    newcomer.refresh_from_db()
    assert newcomer.check_password(PASSWORD)
    assert newcomer.must_change_password
    assert not AuditEntry.objects.exists()


def test_the_rules_of_a_password_stand_on_the_page(office):
    page = client_for(office).get("/accounts/password/")
    with translation.override("zh-hans"):
        rules = password_validators_help_texts()
    assert len(rules) == len(django_settings.AUTH_PASSWORD_VALIDATORS)
    for rule in rules:
        assert rule in page.text
    assert str(django_settings.PASSWORD_MIN_LENGTH) in page.text


# Language --------------------------------------------------------------------------------------


def test_the_language_is_remembered_for_the_account(office):
    client = client_for(office)
    assert "我的账号" in client.get("/accounts/me/").text
    client.post("/language/", {"language": "en", "next": "/accounts/me/"})
    assert "My account" in client.get("/accounts/me/").text
    office.refresh_from_db()
    assert office.language == "en"
    elsewhere = Client()
    assert elsewhere.get("/accounts/login/")["Content-Language"] == "zh-hans"
    log_in(elsewhere)
    assert elsewhere.get("/accounts/me/")["Content-Language"] == "en"


def test_an_account_that_never_chose_keeps_the_language_of_the_log_in_page(client, office):
    client.post("/language/", {"language": "en"})
    log_in(client)
    assert client.get("/accounts/me/")["Content-Language"] == "en"


def test_a_language_that_is_not_offered_is_not_remembered(office):
    client_for(office).post("/language/", {"language": "fr"})
    office.refresh_from_db()
    assert office.language == ""


# Account page and error pages ------------------------------------------------------------------


def test_the_account_page_says_roles_in_words(django_assert_num_queries):
    user = make_user(Role.ASSESSOR, name="李二")
    unit = user.role_grants.get().unit
    client = client_for(user)
    with django_assert_num_queries(4):  # session, account, roles, messages
        page = client.get("/accounts/me/")
    for words in ("李二", user.username, "考评主体", unit.name):
        assert words in page.text


def test_error_pages_stand_in_the_frame_and_the_broken_one_asks_no_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        for name in ("500.html", "400.html", "403_csrf.html"):
            page = render_to_string(name)
            assert "kp-top" in page
            assert 'href="/"' in page
    missing = client.get("/no-such-page/")
    assert missing.status_code == 404
    assert "kp-top" in missing.text
    refused = client_for(make_user(Role.SUBJECT)).get("/accounts/")
    assert refused.status_code == 403
    assert "kp-top" in refused.text


def test_a_form_without_its_token_is_refused_in_words(office):
    client = Client(enforce_csrf_checks=True)
    response = log_in(client)
    assert response.status_code == 403
    assert "kp-top" in response.text


# ---------------------------------------------------------------- sessions


def test_a_session_ends_when_its_time_is_over_when_it_is_deleted_and_with_the_account(office):
    client = client_for(office)
    page = reverse("units:account")
    assert client.get(page).status_code == 200
    with time_machine.travel(datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=13), tick=False):
        assert client.get(page).status_code == 302
    client = client_for(office)
    User.objects.filter(pk=office.pk).update(is_active=False)
    assert client.get(page).status_code == 302
    User.objects.filter(pk=office.pk).update(is_active=True)
    assert client.get(page).status_code == 200
    Session.objects.all().delete()
    assert client.get(page).status_code == 302
    client = client_for(office)
    client.cookies["sessionid"] = "not a session"
    assert client.get(page).status_code == 302
    client = client_for(office)
    User.objects.filter(pk=office.pk).update(password="changed")
    assert client.get(page).status_code == 302, "a new password ends the sessions of the old one"
