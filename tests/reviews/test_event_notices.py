"""Who proposed an event hears what the office decided: in the product, by e-mail, on the home page until it is read."""

from __future__ import annotations

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reviews.models import Event, EventStatus
from reviews.services.events import add_event, decide_events, return_events
from tests.factories import client_for, make_user
from units.models import Notification, Role
from units.services.notifications import mail_waiting

from .test_event_proposals import World, bonus, decide, penalty, send_back

pytestmark = pytest.mark.django_db
TITLE = "加分项"


@pytest.fixture
def world():
    return World()


def read(account) -> list[Notification]:
    return list(Notification.objects.filter(account=account).order_by("id"))


def decide_all(world, status=EventStatus.APPROVED, reason=""):
    seen = list(Event.objects.order_by("id").values_list("pk", "version"))
    return decide_events(round=world.round, seen=seen, status=status, reason=reason, by=world.office)


def test_the_subject_hears_what_became_of_its_application(world):
    event = add_event(subject=world.subject, data=bonus(), by=world.own, application=True)
    colleague = make_user(Role.SUBJECT, world.subject.unit)
    make_user(Role.SUBJECT, world.subject.unit, is_active=False)
    decide(world, event, "approved", reason="")
    [note] = read(world.own)
    assert note.title == f"事项已审核通过：{world.subject.name} · {TITLE} · 经验推广"
    assert note.text == world.round.title
    assert note.url == world.url("event_detail", event.pk)
    assert note.created_by is None  # those appraised do not see who decided
    assert client_for(world.own).get(note.url).status_code == 200
    assert set(Notification.objects.values_list("account", flat=True)) == {world.own.pk, colleague.pk}


@pytest.mark.parametrize(
    ("status", "words"), [("rejected", "未予认定"), ("pending", "重新待审核")], ids=["rejected", "taken back"]
)
def test_a_rejection_and_a_decision_taken_back_give_the_reason(world, status, words):
    event = add_event(subject=world.subject, data=bonus(), by=world.assessor)
    if status == "pending":
        decide(world, event, "approved")
    decide(world, event, status, reason="依据不足")
    note = read(world.assessor)[-1]
    assert words in note.title
    assert "依据不足" in note.text
    assert not Notification.objects.exclude(account=world.assessor).exists()


def test_what_is_sent_back_is_told_to_every_account_of_the_assessor(world):
    colleague = make_user(Role.ASSESSOR, world.unit)
    event = add_event(subject=world.subject, data=bonus(), by=world.assessor)
    send_back(world, event, "请补文号")
    for account in (world.assessor, colleague):
        [note] = read(account)
        assert "退回修改" in note.title
        assert "请补文号" in note.text
    assert client_for(colleague).get(read(colleague)[0].url).status_code == 200


def test_what_the_office_entered_has_nobody_to_tell(world):
    event = add_event(subject=world.subject, data=penalty(), by=make_user(Role.OFFICE))
    decide(world, event, "approved")
    assert not Notification.objects.exists()


def test_nobody_hears_of_a_decision_that_was_refused(world):
    event = add_event(subject=world.subject, data=bonus(), by=world.assessor)
    decided = decide_events(round=world.round, seen=[(event.pk, 7)], status="approved", reason="", by=world.office)
    assert list(decided.refused) == [event.pk]
    assert not Notification.objects.exists()


def test_many_at_once_are_one_message_for_each_account(world):
    for n in range(23):
        add_event(subject=world.subject, data=bonus(f"事项{n}"), by=world.assessor)
    add_event(subject=world.subject, data=bonus("自己申报"), by=world.own, application=True)
    assert len(decide_all(world).done) == 24
    [note] = read(world.assessor)
    assert "23" in note.title
    assert [f"事项{n}" in note.text for n in (0, 19)] == [True, True]
    assert "另有 3 项" in note.text
    assert note.url == world.url("event_list")
    [own] = read(world.own)
    assert own.title.endswith("自己申报")


def test_deciding_many_takes_as_many_queries_as_deciding_two():
    counts = []
    for number, name in ((2, "2020"), (30, "2021")):
        world = World(name=name)
        for n in range(number):
            add_event(subject=world.subject, data=bonus(f"评审{n}"), by=world.assessor)
            add_event(subject=world.subject, data=bonus(f"申报{n}"), by=world.own, application=True)
        assert world.office.grants
        seen = list(Event.objects.filter(subject__round=world.round).values_list("pk", "version"))
        for service, values in ((return_events, {}), (decide_events, {"status": "approved"})):
            with CaptureQueriesContext(connection) as captured:
                done = service(round=world.round, seen=seen, reason="理由", by=world.office, **values)
            assert len(done.done) == 2 * number
            counts.append(len(captured))
            seen = [(pk, version + 1) for pk, version in seen]
    assert counts[:2] == counts[2:]


# ---------------------------------------------------------------- e-mail


def test_an_email_goes_to_who_has_an_address_once(world, settings, django_capture_on_commit_callbacks):
    settings.EMAIL_HOST = "mail.invalid"
    make_user(Role.ASSESSOR, world.unit, email="zhang@example.org")
    event = add_event(subject=world.subject, data=bonus(), by=world.assessor)
    with django_capture_on_commit_callbacks(execute=True):
        decide(world, event, "rejected", reason="依据不足")
    [letter] = mail.outbox
    assert letter.to == ["zhang@example.org"]
    assert "未予认定" in letter.subject
    assert "依据不足" in letter.body
    mail_waiting()
    assert len(mail.outbox) == 1
    assert sorted(Notification.objects.values_list("mail", flat=True)) == ["", "sent"]


def test_without_a_server_nothing_waits_to_be_sent(world, django_capture_on_commit_callbacks):
    make_user(Role.ASSESSOR, world.unit, email="zhang@example.org")
    event = add_event(subject=world.subject, data=bonus(), by=world.assessor)
    with django_capture_on_commit_callbacks(execute=True):
        decide(world, event, "approved")
    assert not mail.outbox
    assert set(Notification.objects.values_list("mail", flat=True)) == {""}


def test_an_email_that_fails_keeps_its_reason_and_the_others_go(
    world, settings, monkeypatch, django_capture_on_commit_callbacks
):
    settings.EMAIL_HOST = "mail.invalid"
    make_user(Role.ASSESSOR, world.unit, email="bad@example.org")
    make_user(Role.ASSESSOR, world.unit, email="good@example.org")
    send = mail.EmailMessage.send

    def refuse(self, *args):
        if self.to == ["bad@example.org"]:
            raise ConnectionRefusedError("no server")
        return send(self, *args)

    monkeypatch.setattr(mail.EmailMessage, "send", refuse)
    event = add_event(subject=world.subject, data=bonus(), by=world.assessor)
    with django_capture_on_commit_callbacks(execute=True):
        decide(world, event, "approved")
    bad = Notification.objects.get(account__email="bad@example.org")
    assert (bad.mail, "no server" in bad.mail_error) == ("failed", True)
    assert [one.to for one in mail.outbox] == [["good@example.org"]]


# ---------------------------------------------------------------- the home page


def test_the_home_page_shows_it_until_it_is_read(world):
    event = add_event(subject=world.subject, data=bonus(), by=world.own, application=True)
    client, stranger = client_for(world.own), client_for(world.stranger)
    home = reverse("reports:home")
    assert "未读消息" not in client.get(home).content.decode()
    decide(world, event, "rejected", reason="依据不足")
    [note] = read(world.own)
    assert note.title in client.get(home).content.decode()
    assert note.title not in stranger.get(home).content.decode()
    answer = client.post(reverse("units:notification", args=[note.pk]))
    assert answer.url == world.url("event_detail", event.pk)
    assert note.title not in client.get(home).content.decode()


def test_the_home_page_names_the_newest_and_leads_to_the_others(world):
    home = reverse("reports:home")
    client = client_for(world.own)
    counts = []
    for number in (4, 8):
        for n in range(4):
            event = add_event(subject=world.subject, data=bonus(f"甲{n}"), by=world.own, application=True)
            decide(world, event, "approved")
        client.get(home)
        with CaptureQueriesContext(connection) as captured:
            page = client.get(home).content.decode()
        counts.append(len(captured))
        assert page.count("kp-as-link") == min(5, number)
    assert "全部未读消息" in page
    assert counts[0] == counts[1]
