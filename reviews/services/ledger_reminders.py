"""Reminding whoever is responsible of items of the ledger that are overdue, all of a unit in one message."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext, pgettext_lazy

from reviews.models import LedgerItem, Reminder, ReminderMessage, Round
from reviews.queries.ledger import accounts_for, ledger_of, overdue_items
from units import access, audit
from units.models import User

from .errors import InvalidInput, NotAllowed
from .reminders import Letter, check_words, day_words, fill_in, own_braces, send_mail_of, store_messages

PLACEHOLDERS = {
    "name": pgettext_lazy("placeholder", "name"),
    "round": pgettext_lazy("placeholder", "round"),
    "items": pgettext_lazy("placeholder", "problems"),
    "sender": pgettext_lazy("placeholder", "sender"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """What one subject has not put right in time. `reminded`: of some of it a short while ago."""

    name: str
    items: list[LedgerItem]
    accounts: list[User]
    reminded: bool = False


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
    subject = _("Overdue: problems to be put right ({round})")
    text = _("{name}: these problems of {round} should have been put right by now:\n{items}\nPlease report soon.")
    return own_braces(subject, PLACEHOLDERS), own_braces(text, PLACEHOLDERS)


def groups_overdue(round_: Round) -> list[Group]:
    """The overdue items of a round's ledger by subject. Three queries."""
    items = list(ledger_of(round_).filter(overdue_items()).order_by("subject__name", "round_id", "number"))
    since = timezone.now() - datetime.timedelta(hours=settings.REMINDER_PAUSE_HOURS)
    found = LedgerItem.objects.filter(pk__in=[item.pk for item in items], reminders__sent_at__gt=since)
    recent = set(found.values_list("pk", flat=True))
    accounts = accounts_for(items)
    by_subject: dict[int, list[LedgerItem]] = {}
    for item in items:
        by_subject.setdefault(item.subject_id, []).append(item)
    return [
        Group(
            rows[0].subject.name,
            rows,
            list({user.pk: user for item in rows for user in accounts[item.pk]}.values()),
            any(item.pk in recent for item in rows),
        )
        for rows in by_subject.values()
    ]


def preview(round_: Round, groups: Sequence[Group], subject: str, text: str, by: User) -> list[tuple[Group, str, str]]:
    """(group, subject line, text) of each message as it would go out. Raises InvalidInput ("subject", "text")."""
    check_words(subject, text)
    made = []
    for group in groups:
        lines = [f"{item.code} {item.problem} {day_words(item.deadline)}" for item in group.items]
        values = {"name": group.name, "round": round_.title, "items": "\n".join(lines), "sender": str(by)}
        line = fill_in(subject, values, "subject", PLACEHOLDERS)
        made.append((group, line, fill_in(text, values, "text", PLACEHOLDERS)))
    return made


def remind(*, round: Round, subject: str, text: str, by: User, confirmed: bool = False) -> Reminder:  # noqa: A002
    """Remind all who have overdue items in this ledger, in the product and, if it is set up, by e-mail. Audited.

    Raises NotAllowed, InvalidInput ("text", "subject"; or nothing is overdue), RemindedRecently unless `confirmed`.
    """
    if not access.may_run_ledger(by):
        raise NotAllowed
    with transaction.atomic():
        # The round stays locked: of two clicks the second finds what the first has sent.
        Round.objects.select_for_update(of=("self",)).get(pk=round.pk)
        groups = groups_overdue(round)
        if not groups:
            raise InvalidInput(_("Nothing is overdue: there is nobody to remind."))
        if not confirmed and (recent := [group.name for group in groups if group.reminded]):
            raise RemindedRecently(recent)
        filled = preview(round, groups, subject, text, by)
        reminder = Reminder.objects.create(round=round, subject=subject.strip(), text=text.strip(), sent_by=by)
        reminder.ledger_items.set([item.pk for group in groups for item in group.items])
        letters = [Letter(group.name, group.accounts, _place(round, group), *words) for group, *words in filled]
        messages = store_messages(reminder, letters, by)
        audit.record(
            by,
            "send reminder",
            reminder,
            label=pgettext("list", ", ").join(group.name for group in groups),
            changes={"messages": (None, sum(row.state != ReminderMessage.State.UNREACHED for row in messages))},
            round_id=round.pk,
        )
        send_mail_of(reminder, messages)
    return reminder


def _place(round_: Round, group: Group) -> str:
    """The one item, or those that are overdue."""
    if len(group.items) == 1:
        return reverse("reviews:ledger_item", args=[round_.pk, group.items[0].pk])
    return reverse("reviews:ledger", args=[round_.pk]) + "?state=overdue"
