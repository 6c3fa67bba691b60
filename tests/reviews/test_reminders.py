"""Reminders: the chase board, the text, whom they reach, once and not twice, and what is kept."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reviews.models import Mark, Reminder, ReminderMessage
from reviews.queries.chase import chase_groups
from reviews.services import errors, reminders
from reviews.services.delegation import delegate
from reviews.services.reminders import Choice
from reviews.services.report_reminders import DUTY_REPORTS, SELF_REPORTS
from reviews.services.sheet_reminders import SHEETS
from reviews.views._common import tree_of
from reviews.words import today
from tests.factories import assessor_of, client_for, district_round, make_user
from units.models import AuditEntry, Notification, Role

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
State = ReminderMessage.State


@pytest.fixture
def round_():
    return district_round(3, deadline=today() - 2 * DAY)


@pytest.fixture
def office():
    return make_user(Role.OFFICE, name="考核办甲")


def sheet_of(round_, code="K21"):
    return round_.assignments.select_related("unit").get(indicator=code)


def remind(round_, office, codes=("K21",), **values):
    values = {"subject": "催办 {round}", "text": "{assessor}：缺{missing}项\n{indicators}"} | values
    choice = Choice([sheet_of(round_, code).pk for code in codes])
    return reminders.send_reminder(occasion=SHEETS, round=round_, choice=choice, by=office, **values)


def fill(round_, code="K21"):
    sheet = sheet_of(round_, code)
    Mark.objects.bulk_create(
        Mark(subject=subject, indicator=code, assessor=sheet.assessor, value=Decimal(1))
        for subject in round_.subjects.all()
    )


# ---------------------------------------------------------------- the board


def test_late_assessors_come_first_and_complete_ones_last(round_):
    day = today() + 5 * DAY
    done = sheet_of(round_, "K21")
    for row in round_.assignments.all():
        if row.assessor == done.assessor:
            fill(round_, row.indicator)
    late = round_.assignments.exclude(assessor__in=["", done.assessor]).first()
    round_.assignments.exclude(assessor=late.assessor).update(deadline=day)
    groups = chase_groups(round_, tree_of(round_))
    assert groups[0].assessor == late.assessor
    assert groups[0].late
    assert groups[-1].assessor == done.assessor
    assert not groups[-1].pending


def test_the_board_shows_who_is_late_by_how_much(round_, office):
    page = client_for(office).get(reverse("reviews:chase", args=[round_.pk])).content.decode()
    assert "逾期2天" in page.replace(" ", "")
    assert sheet_of(round_).assessor in page


def test_last_activity_is_the_last_entry_of_that_assessor(round_):
    fill(round_)
    when = timezone.now() - 3 * DAY
    Mark.objects.update(updated_at=when)
    [group] = chase_groups(round_, tree_of(round_), [sheet_of(round_)])
    assert group.last_activity == when


def test_the_board_takes_as_many_queries_for_many_subjects_sheets_and_reminders(round_, office):
    client = client_for(office)
    url = reverse("reviews:chase", args=[round_.pk])
    remind(round_, office)
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    bigger = district_round(30, name="2021", deadline=today() - DAY)
    for code in ("K21", "K22"):
        fill(bigger, code)
    for _number in range(4):
        assessor_of(bigger, "K21")
        remind(bigger, office, ("K231",), confirmed=True)
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("reviews:chase", args=[bigger.pk]))
    assert len(many) == len(few)


def test_a_delegation_is_shown_on_the_board(round_, office):
    giver = assessor_of(round_, "K21", name="张一")
    taker = make_user(Role.SUBJECT, sheet_of(round_).unit, name="张二")
    delegate(
        round=round_, taker=taker, sheets=[sheet_of(round_)], starts=today(), ends=today(), reason="出差", by=giver
    )
    page = client_for(office).get(reverse("reviews:chase", args=[round_.pk])).content.decode()
    assert "张二" in page
    assert "张一" in page


# ---------------------------------------------------------------- sending


def test_each_assessor_gets_one_message_with_its_own_words(round_, office):
    account = assessor_of(round_, "K21")
    reminder = remind(round_, office)
    told = Notification.objects.get(account=account)
    assert told.title == f"催办 {round_.title}"
    assert "缺3项" in told.text
    assert "K21" in told.text
    assert told.url == reverse("reviews:mark_sheet", args=[round_.pk, sheet_of(round_).pk])
    message = reminder.messages.get()
    assert (message.account, message.channel, message.state) == (account, "product", State.SENT)
    entry = AuditEntry.objects.get(action="send reminder")
    assert (entry.actor, entry.round_id) == (office, round_.pk)


def test_all_accounts_of_the_unit_and_who_stands_in_are_told_and_nobody_else(round_, office):
    one, two = assessor_of(round_, "K21"), assessor_of(round_, "K21")
    taker = make_user(Role.SUBJECT, sheet_of(round_).unit)
    delegate(round=round_, taker=taker, sheets=[sheet_of(round_)], starts=today(), ends=today(), reason="x", by=one)
    Notification.objects.all().delete()
    off = assessor_of(round_, "K21", is_active=False)
    make_user(Role.ASSESSOR)
    remind(round_, office)
    assert set(Notification.objects.values_list("account", flat=True)) == {one.pk, two.pk, taker.pk}
    assert not Notification.objects.filter(account=off).exists()


def test_an_assessor_without_account_is_kept_as_not_reached(round_, office):
    reminder = remind(round_, office)
    assert reminder.messages.get().state == State.UNREACHED
    assert not Notification.objects.exists()


def test_a_complete_sheet_is_left_out_and_with_nothing_left_nobody_is_reminded(round_, office):
    fill(round_, "K21")
    reminder = remind(round_, office, ("K21", "K22"))
    assert [row.indicator for row in reminder.sheets.all()] == ["K22"]
    with pytest.raises(errors.InvalidInput) as caught:
        remind(round_, office, ("K21",))
    assert caught.value.field == "chosen"


def test_not_twice_within_the_pause_unless_confirmed(round_, office, settings):
    remind(round_, office)
    with pytest.raises(reminders.RemindedRecently) as caught:
        remind(round_, office)
    assert sheet_of(round_).assessor in str(caught.value)
    assert Reminder.objects.count() == 1
    remind(round_, office, confirmed=True)
    Reminder.objects.update(sent_at=timezone.now() - datetime.timedelta(hours=settings.REMINDER_PAUSE_HOURS, minutes=1))
    remind(round_, office)
    assert Reminder.objects.count() == 3


def test_another_sheet_of_the_same_round_is_not_held_back(round_, office):
    remind(round_, office, ("K21",))
    assert remind(round_, office, ("K22",)).pk


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"text": "请{谁}尽快"}, "text"),
        ({"subject": "{nobody}"}, "subject"),
        ({"text": "  "}, "text"),
        ({"subject": "a\nBcc: x"}, "subject"),
    ],
)
def test_a_text_with_a_mistake_is_refused_and_nothing_sent(round_, office, values, field):
    assessor_of(round_, "K21")
    with pytest.raises(errors.InvalidInput) as caught:
        remind(round_, office, **values)
    assert caught.value.field == field
    assert not Reminder.objects.exists()
    assert not Notification.objects.exists()


@pytest.mark.parametrize("occasion", [SHEETS, DUTY_REPORTS, SELF_REPORTS], ids=lambda each: each.about)
def test_placeholders_are_known_in_chinese_too(occasion):
    values = {key: f"<{key}>" for key in occasion.placeholders}
    for key, word in occasion.placeholders.items():
        assert reminders.fill_in(f"{{{word}}}", values, "text", occasion.placeholders) == f"<{key}>"
    subject, text = reminders.default_words(occasion)
    assert "{" in text
    assert "{" not in reminders.fill_in(subject + text, values, "text", occasion.placeholders)


@pytest.mark.parametrize("role", [Role.ASSESSOR, Role.AUDITOR, Role.ADMIN, Role.LEADER])
def test_only_the_office_reminds(round_, role):
    with pytest.raises(errors.NotAllowed):
        remind(round_, make_user(role))


# ---------------------------------------------------------------- e-mail


@pytest.fixture
def mail_server(settings):
    settings.EMAIL_HOST = "mail.invalid"


def test_without_a_server_nothing_is_mailed(round_, office, django_capture_on_commit_callbacks):
    assessor_of(round_, "K21", email="one@example.org")
    with django_capture_on_commit_callbacks(execute=True):
        reminder = remind(round_, office)
    assert not mail.outbox
    assert [row.channel for row in reminder.messages.all()] == ["product"]


def test_an_address_gets_an_email_once(round_, office, mail_server, django_capture_on_commit_callbacks):
    assessor_of(round_, "K21", email="one@example.org")
    assessor_of(round_, "K21")
    with django_capture_on_commit_callbacks(execute=True):
        reminder = remind(round_, office)
    assert [one.to for one in mail.outbox] == [["one@example.org"]]
    assert mail.outbox[0].subject == f"催办 {round_.title}"
    assert reminder.messages.get(channel="email").state == State.SENT
    reminders.deliver(reminder.pk)
    assert len(mail.outbox) == 1


def test_an_email_that_fails_is_kept_with_its_reason_and_the_others_go(
    round_, office, mail_server, monkeypatch, django_capture_on_commit_callbacks
):
    assessor_of(round_, "K21", email="bad@example.org", name="甲")
    assessor_of(round_, "K21", email="good@example.org", name="乙")
    send = mail.EmailMessage.send

    def refuse(self, *args):
        if self.to == ["bad@example.org"]:
            raise ConnectionRefusedError("no server")
        return send(self, *args)

    monkeypatch.setattr(mail.EmailMessage, "send", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        reminder = remind(round_, office)
    bad = reminder.messages.get(address="bad@example.org")
    assert (bad.state, "no server" in bad.error) == (State.FAILED, True)
    assert reminder.messages.get(address="good@example.org").state == State.SENT
    assert Notification.objects.count() == 2


# ---------------------------------------------------------------- pages


def test_the_page_previews_without_sending_and_then_sends(round_, office):
    account = assessor_of(round_, "K21")
    client = client_for(office)
    url = reverse("reviews:remind", args=[round_.pk])
    sheet = sheet_of(round_)
    assert client.get(url, {"chosen": [sheet.pk]}).status_code == 200
    data = {"chosen": [sheet.pk], "subject": "请办理", "text": "尚缺{missing}项"}
    page = client.post(url, data | {"do": "preview"})
    assert page.status_code == 200
    assert "尚缺3项" in page.content.decode()
    assert not Reminder.objects.exists()
    assert client.post(url, data | {"do": "send"}).status_code == 302
    assert Notification.objects.get().account == account
    again = client.post(url, data | {"do": "send"})
    assert again.status_code == 422
    assert 'name="confirmed"' in again.content.decode()
    assert client.post(url, data | {"do": "send", "confirmed": "on"}).status_code == 302
    assert Reminder.objects.count() == 2


def test_a_mistake_in_the_text_leaves_it_on_the_page(round_, office):
    client = client_for(office)
    data = {"chosen": [sheet_of(round_).pk], "subject": "请办理", "text": "请{某某}尽快", "do": "send"}
    answer = client.post(reverse("reviews:remind", args=[round_.pk]), data)
    assert answer.status_code == 422
    assert "请{某某}尽快" in answer.content.decode()


def test_all_that_are_late_are_chosen_at_once(round_, office):
    url = reverse("reviews:remind", args=[round_.pk])
    late = client_for(office).get(url, {"which": "late"}).context["addressees"]
    assert {each.name for each in late} == set(round_.assignments.values_list("assessor", flat=True))
    round_.deadline = today()
    round_.save()
    assert client_for(office).get(url, {"which": "late"}).context["addressees"] == []


def test_the_history_says_who_when_to_whom_and_with_which_result(round_, office):
    account = assessor_of(round_, "K21", name="张一")
    remind(round_, office)
    page = client_for(office).get(reverse("reviews:reminders", args=[round_.pk])).content.decode()
    for words in (office.name, account.name, sheet_of(round_).assessor):
        assert words in page


def test_reminding_many_takes_as_many_queries_as_reminding_one(round_, office):
    assessor_of(round_, "K21")
    assert office.grants  # read once for each account
    with CaptureQueriesContext(connection) as few:
        remind(round_, office)
    for _number in range(20):
        assessor_of(round_, "K22")
    with CaptureQueriesContext(connection) as many:
        remind(round_, office, ("K22",))
    assert len(many) == len(few)
