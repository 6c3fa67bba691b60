"""Reminders (催办): written by the office, sent in the product and by e-mail, kept with what became of each message."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from smtplib import SMTPException

from django.conf import settings
from django.core import mail
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext, pgettext_lazy

from appraisal_site.lib.background import enqueue
from indicators.services import engine_plan
from reviews.models import Assignment, Reminder, ReminderMessage, Round
from reviews.queries.chase import Group, chase_groups, recipients
from reviews.tree import Tree
from units import access, audit
from units.models import User
from units.services.notifications import Message, notify
from units.templatetags.kaoping import deadline_in_words

from .errors import InvalidInput, NotAllowed, Words
from .rounds import ensure_collecting

# What may stand in braces in a reminder's text, and the word for it in the writer's language.
PLACEHOLDERS = {
    "assessor": pgettext_lazy("placeholder", "assessor"),
    "round": pgettext_lazy("placeholder", "round"),
    "missing": pgettext_lazy("placeholder", "missing"),
    "expected": pgettext_lazy("placeholder", "expected"),
    "indicators": pgettext_lazy("placeholder", "indicators"),
    "deadline": pgettext_lazy("placeholder", "deadline"),
    "sender": pgettext_lazy("placeholder", "sender"),
}
IN_BRACES = re.compile(r"\{([^{}\n]*)\}")
State, Channel = ReminderMessage.State, ReminderMessage.Channel


class RemindedRecently(InvalidInput):
    """Some of the sheets were reminded of a short while ago: sending again needs to be confirmed."""

    def __init__(self, groups: Collection[Group]) -> None:
        names = pgettext("list", ", ").join(group.assessor or _("appraisal office") for group in groups)
        words = ngettext(
            "%(names)s: reminded within the last hour already. Confirm to remind once more.",
            "%(names)s: reminded within the last %(hours)d hours already. Confirm to remind once more.",
            settings.REMINDER_PAUSE_HOURS,
        )
        super().__init__(words % {"names": names, "hours": settings.REMINDER_PAUSE_HOURS}, "confirmed")


def email_is_set_up() -> bool:
    return bool(settings.EMAIL_HOST)


def default_words() -> tuple[str, str]:
    """Subject line and text that the office starts from, in its language."""
    subject = _("Please complete the marks of {round}")
    text = _(
        "{assessor}: in {round}, {missing} of {expected} entries are still missing:\n{indicators}\n"
        "Deadline: {deadline}. Please complete them as soon as possible."
    )
    return own_braces(subject), own_braces(text)


def own_braces(text: str, placeholders: Mapping[str, Words] = PLACEHOLDERS) -> str:
    """The placeholders of a translated text in the reader's own words, however the translation has them."""
    return IN_BRACES.sub(lambda found: f"{{{placeholders.get(found[1], found[1])}}}", text)


def fill_in(
    text: str, values: Mapping[str, str], field: str = "text", placeholders: Mapping[str, Words] = PLACEHOLDERS
) -> str:
    """The text with its placeholders replaced. InvalidInput names one that does not exist."""
    known = {str(word): key for key, word in placeholders.items()} | {key: key for key in placeholders}

    def value(found: re.Match[str]) -> str:
        key = known.get(found[1].strip())
        if key is None:
            expected = pgettext("list", ", ").join(f"{{{word}}}" for word in placeholders.values())
            raise InvalidInput(
                _("%(found)s is no placeholder; there are: %(expected)s.") % {"found": found[0], "expected": expected},
                field,
            )
        return values[key]

    return IN_BRACES.sub(value, text)


def words_for(round_: Round, group: Group, by: User) -> dict[str, str]:
    """What the placeholders stand for in the message to one assessor."""
    pending = group.pending
    leaves = [
        _("%(leaf)s: %(missing)d missing, deadline %(deadline)s")
        % {
            "leaf": f"{line.leaf.node.code} {line.leaf.node.title}",
            "missing": line.leaf.missing,
            "deadline": day_words(line.leaf.deadline),
        }
        for line in pending
    ]
    return {
        "assessor": group.assessor or _("appraisal office"),
        "round": round_.title,
        "missing": str(group.total.missing),
        "expected": str(group.total.expected),
        "indicators": "\n".join(leaves),
        "deadline": day_words(group.first_deadline),
        "sender": str(by),
    }


def day_words(day: datetime.date | None) -> str:
    if day is None:
        return _("none")
    return _("%(date)s (%(words)s)") % {"date": day.isoformat(), "words": deadline_in_words(day)}


def preview(
    round_: Round, groups: Collection[Group], subject: str, text: str, by: User
) -> list[tuple[Group, str, str]]:
    """(assessor, subject line, text) of each message as it would go out."""
    check_words(subject, text)
    made = []
    for group in groups:
        values = words_for(round_, group, by)
        made.append((group, fill_in(subject, values, "subject"), fill_in(text, values)))
    return made


def pending_groups(round_: Round, sheets: Collection[Assignment]) -> list[Group]:
    """Of the chosen sheets, those that still miss something, by assessor."""
    tree = Tree(engine_plan(round_.plan_version))
    groups = chase_groups(round_, tree, sheets)
    for group in groups:
        group.lines = group.pending
    return [group for group in groups if group.lines]


def send_reminder(
    *,
    round: Round,  # noqa: A002
    sheets: Collection[Assignment],
    subject: str,
    text: str,
    by: User,
    confirmed: bool = False,
) -> Reminder:
    """Remind whoever has to enter on these sheets, in the product and, if it is set up, by e-mail.

    A sheet where nothing is missing is left out. The e-mails are queued; the audit trail says who reminded whom.
    Raises NotAllowed, RoundClosed, InvalidInput ("text", "subject", "sheets"), RemindedRecently unless `confirmed`.
    """
    if not access.may_run_rounds(by):
        raise NotAllowed
    with transaction.atomic():
        # The round stays locked: of two clicks the second finds what the first has sent.
        locked = ensure_collecting(round)
        wanted = list(locked.assignments.select_related("unit").filter(pk__in=[one.pk for one in sheets]))
        groups = pending_groups(locked, wanted)
        if not groups:
            raise InvalidInput(_("Nothing is missing on these sheets: there is nobody to remind."), "sheets")
        if not confirmed and (recent := recently_reminded(groups)):
            raise RemindedRecently(recent)
        filled = preview(locked, groups, subject, text, by)
        reminder = Reminder.objects.create(round=locked, subject=subject.strip(), text=text.strip(), sent_by=by)
        reminder.sheets.set([line.assignment for group in groups for line in group.lines])
        messages = store_messages(reminder, _letters(locked.pk, filled), by)
        names = pgettext("list", ", ").join(group.assessor or _("appraisal office") for group in groups)
        audit.record(
            by,
            "send reminder",
            reminder,
            label=names,
            changes={"messages": (None, sum(row.state != State.UNREACHED for row in messages))},
            round_id=locked.pk,
        )
        send_mail_of(reminder, messages)
    return reminder


def send_mail_of(reminder: Reminder, messages: Collection[ReminderMessage]) -> None:
    """Queue the e-mails of a reminder that was just stored."""
    if any(row.state == State.WAITING for row in messages):
        from reviews.tasks import send_reminder_mail

        enqueue(send_reminder_mail, reminder.pk)


def recently_reminded(groups: Collection[Group]) -> list[Group]:
    """The assessors of whom some sheet was reminded of within the pause."""
    since = timezone.now() - datetime.timedelta(hours=settings.REMINDER_PAUSE_HOURS)
    return [group for group in groups if group.last_reminded and group.last_reminded > since]


def check_words(subject: str, text: str) -> None:
    for field, words in (("subject", subject), ("text", text)):
        if not words.strip():
            raise InvalidInput(_("A reminder needs a subject line and a text."), field)
    if "\n" in subject or "\r" in subject:
        raise InvalidInput(_("The subject line is one line."), "subject")


@dataclass(frozen=True, slots=True)
class Letter:
    """One reminder as it goes out. `name`: whom it is for; `place`: where the matter is settled."""

    name: str
    accounts: Collection[User]
    place: str
    subject: str
    text: str


def _letters(round_id: int, filled: Collection[tuple[Group, str, str]]) -> list[Letter]:
    reached = recipients(group for group, _subject, _text in filled)
    return [
        Letter(group.assessor, reached[place], _place(round_id, group), subject, text)
        for place, (group, subject, text) in enumerate(filled)
    ]


def store_messages(reminder: Reminder, letters: Collection[Letter], by: User) -> list[ReminderMessage]:
    """Store one message per account and channel, and put those in the product into the accounts' lists."""
    rows: list[ReminderMessage] = []
    told: list[Message] = []
    for letter in letters:
        common = {
            "reminder": reminder,
            "assessor": letter.name,
            "subject": letter.subject[:240],
            "text": letter.text,
        }
        if not letter.accounts:
            rows.append(ReminderMessage(**common, channel=Channel.PRODUCT, state=State.UNREACHED))
        for account in letter.accounts:
            told.append(Message(account, letter.subject, letter.text, letter.place))
            rows.append(ReminderMessage(**common, account=account, channel=Channel.PRODUCT, state=State.SENT))
            if email_is_set_up() and account.email:
                rows.append(
                    ReminderMessage(
                        **common,
                        account=account,
                        channel=Channel.EMAIL,
                        address=account.email,
                        state=State.WAITING,
                    )
                )
    notify(messages=told, by=by)
    return ReminderMessage.objects.bulk_create(rows, batch_size=500)


def _place(round_id: int, group: Group) -> str:
    """The one sheet, or the list of sheets."""
    if len(group.lines) == 1 and group.lines[0].leaf.is_marked:
        return reverse("reviews:mark_sheet", args=[round_id, group.lines[0].assignment.pk])
    return reverse("reviews:my_marks", args=[round_id])


def deliver(reminder_id: int) -> None:
    """Send the e-mails of a reminder that still wait. Safe to run twice: each message is taken once.

    A message whose process died while sending stays “is being sent”: rather one too few than the same one twice.
    Of a reminder to vote only numbers are kept: a message that is done with is deleted.
    """
    waiting = ReminderMessage.objects.filter(reminder=reminder_id, channel=Channel.EMAIL, state=State.WAITING)
    about_poll = Reminder.objects.filter(pk=reminder_id, poll__isnull=False).exists()
    connection = mail.get_connection()
    for message in waiting:
        taken = ReminderMessage.objects.filter(pk=message.pk, state=State.WAITING).update(state=State.SENDING)
        if not taken:
            continue
        state, error = State.SENT, ""
        try:
            mail.EmailMessage(
                " ".join(message.subject.split()), message.text, None, [message.address], connection=connection
            ).send()
        except (OSError, SMTPException, ValueError) as problem:
            state, error = State.FAILED, f"{type(problem).__name__}: {problem}"[:240]
        if about_poll:
            _count_only(reminder_id, message, state)
        else:
            ReminderMessage.objects.filter(pk=message.pk).update(state=state, error=error, at=timezone.now())


def _count_only(reminder_id: int, message: ReminderMessage, state: str) -> None:
    number = "mailed" if state == State.SENT else "failed"
    with transaction.atomic():
        message.delete()
        Reminder.objects.filter(pk=reminder_id).update(**{number: F(number) + 1})
