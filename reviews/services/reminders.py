"""Reminders (催办): written by the office, sent in the product and by e-mail, kept with what became of each message.

One flow for everything that people are reminded of. An `Occasion` says who there is to remind and where the matter is
settled; text, preview, the pause, sending and history are the same for all (`views/reminders.py` has the pages).
"""

from __future__ import annotations

import datetime
import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core import mail
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext, pgettext_lazy

from appraisal_site.lib import mailing
from appraisal_site.lib.background import enqueue
from reviews.models import Reminder, ReminderMessage, Round
from reviews.queries.keystroke import locked_round
from units import audit
from units.models import User
from units.services.notifications import Message, notify
from units.templatetags.kaoping import deadline_in_words

from .errors import InvalidInput, NotAllowed, Words
from .rounds import ensure_collecting

IN_BRACES = re.compile(r"\{([^{}\n]*)\}")
State, Channel = ReminderMessage.State, ReminderMessage.Channel

# Placeholders that the flow itself fills in, in every reminder.
COMMON: Mapping[str, Words] = {
    "round": pgettext_lazy("placeholder", "round"),
    "sender": pgettext_lazy("placeholder", "sender"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom to remind: those of the rows `keys`, or (None) all of whom something is still to come; `late`: late only."""

    keys: Collection[int] | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom one message is for. `keys`: the rows that it is about; `name` "": the appraisal office itself."""

    name: str
    keys: Collection[int]
    accounts: Collection[User]
    place: str  # the page where the matter is settled
    values: Mapping[str, str]  # what the occasion's placeholders stand for
    hint: Words = ""  # what the sender should know of this one

    @property
    def label(self) -> str:
        return self.name or _("appraisal office")


class Occasion(ABC):
    """What people are reminded of. A subclass names the field of `Reminder` that keeps the rows: `rows`."""

    about: Reminder.About
    rows: str
    placeholders: Mapping[str, Words]  # in braces in the text → the word for it in the writer's language
    nobody: Words  # why there is nobody to remind
    while_collecting = True  # only then there is anything to do

    def is_in(self, round_: Round) -> bool:
        """Whether the round has this at all."""
        return True

    @abstractmethod
    def may_remind(self, user: User) -> bool: ...

    @abstractmethod
    def may_see(self, user: User) -> bool:
        """Who sees what was sent to whom."""

    @abstractmethod
    def words(self) -> tuple[str, str]:
        """Subject line and text that the office starts from, translated."""

    @abstractmethod
    def pending(self, round_: Round, choice: Choice) -> list[Addressee]:
        """Of those chosen, who still has something to do. The number of queries does not grow with them."""


class RemindedRecently(InvalidInput):
    """Some were reminded of the same a short while ago: sending again needs to be confirmed."""

    def __init__(self, recent: Collection[Addressee]) -> None:
        words = ngettext(
            "%(names)s: reminded within the last hour already. Confirm to remind once more.",
            "%(names)s: reminded within the last %(hours)d hours already. Confirm to remind once more.",
            settings.REMINDER_PAUSE_HOURS,
        )
        super().__init__(words % {"names": labels(recent), "hours": settings.REMINDER_PAUSE_HOURS}, "confirmed")


def labels(addressees: Collection[Addressee]) -> str:
    return pgettext("list", ", ").join(each.label for each in addressees)


def pause_began() -> datetime.datetime:
    """Who was reminded after this is not reminded again without confirming."""
    return timezone.now() - datetime.timedelta(hours=settings.REMINDER_PAUSE_HOURS)


# ---------------------------------------------------------------- words


def default_words(occasion: Occasion) -> tuple[str, str]:
    """The occasion's words, placeholders in the reader's language however the translation has them."""
    subject, text = occasion.words()
    return own_braces(subject, occasion.placeholders), own_braces(text, occasion.placeholders)


def own_braces(text: str, placeholders: Mapping[str, Words]) -> str:
    return IN_BRACES.sub(lambda found: f"{{{placeholders.get(found[1], found[1])}}}", text)


def fill_in(text: str, values: Mapping[str, str], field: str, placeholders: Mapping[str, Words]) -> str:
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


def day_words(day: datetime.date | None) -> str:
    if day is None:
        return _("none")
    return _("%(date)s (%(words)s)") % {"date": day.isoformat(), "words": deadline_in_words(day)}


def check_words(subject: str, text: str) -> None:
    for field, words in (("subject", subject), ("text", text)):
        if not words.strip():
            raise InvalidInput(_("A reminder needs a subject line and a text."), field)
    if "\n" in subject or "\r" in subject:
        raise InvalidInput(_("The subject line is one line."), "subject")


@dataclass(frozen=True, slots=True)
class Letter:
    """One reminder as it goes out."""

    to: Addressee
    subject: str
    text: str


def write_letters(
    occasion: Occasion, round_: Round, addressees: Sequence[Addressee], subject: str, text: str, by: User
) -> list[Letter]:
    """Each message as it would go out. Raises InvalidInput ("subject", "text")."""
    check_words(subject, text)
    common = {"round": round_.title, "sender": str(by)}
    letters = []
    for each in addressees:
        values = common | dict(each.values)
        line = fill_in(subject, values, "subject", occasion.placeholders)
        letters.append(Letter(each, line, fill_in(text, values, "text", occasion.placeholders)))
    return letters


# ---------------------------------------------------------------- sending


def recently_reminded(occasion: Occasion, round_: Round, addressees: Sequence[Addressee]) -> list[Addressee]:
    """Those who were reminded of one of the same rows within the pause. One query."""
    found = Reminder.objects.filter(round=round_, about=occasion.about, sent_at__gt=pause_began())
    recent = set(found.values_list(occasion.rows, flat=True))
    return [each for each in addressees if not recent.isdisjoint(each.keys)]


def send_reminder(
    *,
    occasion: Occasion,
    round: Round,  # noqa: A002
    choice: Choice,
    subject: str,
    text: str,
    by: User,
    confirmed: bool = False,
) -> Reminder:
    """Remind those chosen, in the product and, if it is set up, by e-mail. Who has nothing left to do is left out.

    The e-mails are queued; the audit trail says who reminded whom. Raises NotAllowed, RoundClosed, InvalidInput
    ("text", "subject", "chosen"), RemindedRecently unless `confirmed`.
    """
    if not occasion.may_remind(by):
        raise NotAllowed
    with transaction.atomic():
        # The round stays locked: of two clicks the second finds what the first has sent.
        locked = ensure_collecting(round) if occasion.while_collecting else locked_round(round.pk)
        addressees = occasion.pending(locked, choice)
        if not addressees:
            raise InvalidInput(occasion.nobody, "chosen")
        if not confirmed and (recent := recently_reminded(occasion, locked, addressees)):
            raise RemindedRecently(recent)
        letters = write_letters(occasion, locked, addressees, subject, text, by)
        reminder = Reminder.objects.create(
            round=locked, about=occasion.about, subject=subject.strip(), text=text.strip(), sent_by=by
        )
        getattr(reminder, occasion.rows).set([key for each in addressees for key in each.keys])
        messages = _store(reminder, letters, by)
        audit.record(
            by,
            "send reminder",
            reminder,
            label=labels(addressees),
            changes={"messages": (None, sum(row.state != State.UNREACHED for row in messages))},
            round_id=locked.pk,
        )
        if any(row.state == State.WAITING for row in messages):
            queue_mail(reminder)
    return reminder


def queue_mail(reminder: Reminder) -> None:
    from reviews.tasks import send_reminder_mail

    enqueue(send_reminder_mail, reminder.pk)


def _store(reminder: Reminder, letters: Collection[Letter], by: User) -> list[ReminderMessage]:
    """Store one message per account and channel, and put those in the product into the accounts' lists."""
    rows: list[ReminderMessage] = []
    told: list[Message] = []
    for letter in letters:
        common = {
            "reminder": reminder,
            "assessor": letter.to.name,
            "subject": letter.subject[:240],
            "text": letter.text,
        }
        if not letter.to.accounts:
            rows.append(ReminderMessage(**common, channel=Channel.PRODUCT, state=State.UNREACHED))
        for account in letter.to.accounts:
            told.append(Message(account, letter.subject, letter.text, letter.to.place))
            rows.append(ReminderMessage(**common, account=account, channel=Channel.PRODUCT, state=State.SENT))
            if mailing.is_set_up() and account.email:
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
        error = mailing.send_text(connection, message.address, message.subject, message.text)
        state = State.FAILED if error else State.SENT
        if about_poll:
            _count_only(reminder_id, message, state)
        else:
            ReminderMessage.objects.filter(pk=message.pk).update(state=state, error=error, at=timezone.now())


def _count_only(reminder_id: int, message: ReminderMessage, state: str) -> None:
    number = "mailed" if state == State.SENT else "failed"
    with transaction.atomic():
        message.delete()
        Reminder.objects.filter(pk=reminder_id).update(**{number: F(number) + 1})
