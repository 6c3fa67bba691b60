"""Reminding those whose duty report is still to come, one or all: as reminders of sheets go out (`reminders`)."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext, pgettext_lazy

from reviews.models import Reminder, ReminderMessage, Round, Subject
from reviews.queries.duty_reports import DutyRow, accounts_of, duty_rows
from reviews.queries.report_dates import report_rules
from units import access, audit
from units.models import User

from .errors import InvalidInput, NotAllowed
from .reminders import Letter, check_words, day_words, fill_in, own_braces, send_mail_of, store_messages
from .rounds import ensure_collecting

PLACEHOLDERS = {
    "name": pgettext_lazy("placeholder", "name"),
    "round": pgettext_lazy("placeholder", "round"),
    "state": pgettext_lazy("placeholder", "state"),
    "deadline": pgettext_lazy("placeholder", "deadline"),
    "sender": pgettext_lazy("placeholder", "sender"),
}


class RemindedRecently(InvalidInput):
    """Some were reminded a short while ago: sending again needs to be confirmed."""

    def __init__(self, names: Collection[str]) -> None:
        words = ngettext(
            "%(names)s: reminded within the last hour already. Confirm to remind once more.",
            "%(names)s: reminded within the last %(hours)d hours already. Confirm to remind once more.",
            settings.REMINDER_PAUSE_HOURS,
        )
        said = {"names": pgettext("list", ", ").join(names), "hours": settings.REMINDER_PAUSE_HOURS}
        super().__init__(words % said, "confirmed")


def default_words() -> tuple[str, str]:
    """Subject line and text that the office starts from, in its language."""
    subject = _("Please hand in the duty report for {round}")
    text = _("{name}: your duty report for {round} is {state}. Due: {deadline}. Please hand it in as soon as possible.")
    return own_braces(subject, PLACEHOLDERS), own_braces(text, PLACEHOLDERS)


def pending(round_: Round, subjects: Sequence[Subject]) -> list[DutyRow]:
    """Of these subjects, those whose report is not handed in, or was sent back."""
    return [row for row in duty_rows(round_, report_rules(round_), subjects) if row.is_open]


def preview(
    round_: Round, rows: Sequence[DutyRow], subject: str, text: str, by: User
) -> list[tuple[DutyRow, str, str]]:
    """(row, subject line, text) of each message as it would go out."""
    check_words(subject, text)
    made = []
    for row in rows:
        values = {
            "name": row.subject.name,
            "round": round_.title,
            "state": row.state_words or _("not begun"),
            "deadline": day_words(row.window.until),
            "sender": str(by),
        }
        made.append(
            (row, fill_in(subject, values, "subject", PLACEHOLDERS), fill_in(text, values, "text", PLACEHOLDERS))
        )
    return made


def recently_reminded(subjects: Sequence[Subject]) -> list[Subject]:
    """Those who were reminded of their report within the pause. One query."""
    since = timezone.now() - datetime.timedelta(hours=settings.REMINDER_PAUSE_HOURS)
    found = Reminder.objects.filter(duty_reports__in=subjects, sent_at__gt=since)
    recent = set(found.values_list("duty_reports", flat=True))
    return [subject for subject in subjects if subject.pk in recent]


def remind(
    *,
    round: Round,  # noqa: A002
    subjects: Sequence[Subject],
    subject: str,
    text: str,
    by: User,
    confirmed: bool = False,
) -> Reminder:
    """Remind whoever writes these reports, in the product and, if it is set up, by e-mail. Audited.

    Who has handed in is left out. Raises NotAllowed, RoundClosed, InvalidInput ("text", "subject", "subjects"),
    RemindedRecently unless `confirmed`.
    """
    if not access.may_run_duty_reports(by):
        raise NotAllowed
    with transaction.atomic():
        # The round stays locked: of two clicks the second finds what the first has sent.
        ensure_collecting(round)
        rows = pending(round, subjects)
        if not rows:
            raise InvalidInput(_("All of these have handed in: there is nobody to remind."), "subjects")
        asked = [row.subject for row in rows]
        if not confirmed and (recent := recently_reminded(asked)):
            raise RemindedRecently([each.name for each in recent])
        filled = preview(round, rows, subject, text, by)
        reminder = Reminder.objects.create(round=round, subject=subject.strip(), text=text.strip(), sent_by=by)
        reminder.duty_reports.set(asked)
        accounts = accounts_of(asked)
        letters = [
            Letter(
                row.subject.name,
                accounts[row.subject.pk],
                reverse("reviews:duty_edit", args=[round.pk, row.subject.pk]),
                line,
                words,
            )
            for row, line, words in filled
        ]
        messages = store_messages(reminder, letters, by)
        audit.record(
            by,
            "send reminder",
            reminder,
            label=pgettext("list", ", ").join(each.name for each in asked),
            changes={"messages": (None, sum(row.state != ReminderMessage.State.UNREACHED for row in messages))},
            round_id=round.pk,
        )
        send_mail_of(reminder, messages)
    return reminder
