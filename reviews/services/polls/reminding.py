"""Reminders to vote. Where the plan shows names, to those who have not voted; elsewhere the same words to everybody.

A message in an account's list says when it was sent and to whom. Sent only to those who have not voted it would tell
for ever who had voted by then and who had not: so where names are not shown all who may vote by account get it, in
words that fit both, and what is kept of the sending is numbers.
"""

from __future__ import annotations

import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appraisal_site.lib import mailing
from reviews.models import Entitlement, Participation, Poll, PollState, Reminder, ReminderMessage
from reviews.queries.poll_ways import accounts_of
from reviews.services.errors import InvalidInput, RoundClosed
from reviews.services.reminders import check_words, pause_began, queue_mail
from units import audit
from units.models import User
from units.services.notifications import Message, notify

from .casting import is_running
from .setup import guard, locked_poll


def default_words(poll: Poll, title: str) -> tuple[str, str]:
    """Subject line and text that the office starts from: the same for everybody."""
    values = {"round": poll.round.title, "class": title, "day": poll.closes_on.isoformat() if poll.closes_on else ""}
    subject = _("Please vote: %(round)s") % values
    text = _("You may vote in %(round)s (%(class)s).") % values
    if poll.closes_on:
        text += " " + _("The last day is %(day)s.") % values
    text += "\n" + _("The ballot is secret. If you have voted already, nothing remains to be done.")
    return subject, text


def to_remind(poll: Poll) -> QuerySet[User]:
    """The accounts that a reminder goes to: see the module."""
    mine = Entitlement.objects.filter(poll=poll)
    if poll.names_shown:
        mine = mine.filter(~Exists(Participation.objects.filter(pk=OuterRef("pk"))))
    return accounts_of(mine)


def reminded_lately(poll: Poll) -> datetime.datetime | None:
    """When this poll's voters were reminded within the pause; None if they were not."""
    last = Reminder.objects.filter(poll=poll, sent_at__gt=pause_began()).order_by("-sent_at").first()
    return last.sent_at if last else None


def remind_voters(*, poll: Poll, subject: str, text: str, by: User, confirmed: bool = False) -> Reminder:
    """Remind in the product and, if it is set up, by e-mail. Audited with the number of accounts only.

    The e-mails are queued; each leaves the queue when it is sent. Raises RoundClosed, InvalidInput ("subject", "text",
    "confirmed" for a second time within the pause, or as a whole when nobody is left to remind).
    """
    guard(by)
    check_words(subject, text)
    with transaction.atomic():
        locked = locked_poll(poll, PollState.OPEN)
        if not is_running(locked):
            raise RoundClosed(_("The last day of this poll is over."))
        if not confirmed and reminded_lately(locked):
            hours = settings.REMINDER_PAUSE_HOURS
            words = ngettext(
                "Its voters were reminded within the last hour already. Confirm to remind once more.",
                "Its voters were reminded within the last %(hours)d hours already. Confirm to remind once more.",
                hours,
            )
            raise InvalidInput(words % {"hours": hours}, "confirmed")
        accounts = list(to_remind(locked))
        if not accounts:
            raise InvalidInput(_("There is nobody to remind who could log in."))
        subject, text = subject.strip(), text.strip()
        reminder = Reminder.objects.create(
            round=locked.round,
            about=Reminder.About.POLL,
            poll=locked,
            subject=subject,
            text=text,
            sent_by=by,
            told=len(accounts),
        )
        notify(messages=[Message(account, subject, text, reverse("reviews:booth")) for account in accounts], by=by)
        if _queue_mails(reminder, accounts):
            queue_mail(reminder)
        changes = {"messages": (None, len(accounts))}
        audit.record(by, "remind voters", locked, changes=changes, round_id=locked.round_id)
    return reminder


def _queue_mails(reminder: Reminder, accounts: list[User]) -> bool:
    if not mailing.is_set_up():
        return False
    addresses = {account.email: account for account in accounts if account.email}
    ReminderMessage.objects.bulk_create(
        (
            ReminderMessage(
                reminder=reminder,
                account=account,
                channel=ReminderMessage.Channel.EMAIL,
                address=address,
                subject=reminder.subject,
                text=reminder.text,
                state=ReminderMessage.State.WAITING,
            )
            for address, account in addresses.items()
        ),
        batch_size=500,
    )
    return bool(addresses)
