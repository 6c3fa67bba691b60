"""Reminding whoever is responsible of problems that are to be put right, all of a subject in one message."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from reviews.models import TO_DO, LedgerItem, Reminder, Round
from reviews.queries.ledger import accounts_for, ledger_of, overdue_items
from units import access
from units.models import User

from .reminders import COMMON, Addressee, Choice, Occasion, day_words


class _Ledger(Occasion):
    """Rows are the items; one message for each subject."""

    about = Reminder.About.LEDGER
    rows = "ledger_items"
    while_collecting = False  # the ledger outlives its round
    placeholders = {
        "name": pgettext_lazy("placeholder", "name"),
        "items": pgettext_lazy("placeholder", "problems"),
        **COMMON,
    }
    nobody = gettext_lazy("No item of this ledger is overdue.")

    def may_remind(self, user: User) -> bool:
        return access.may_run_ledger(user)

    def may_see(self, user: User) -> bool:
        return access.may_see_ledger(user)

    def words(self) -> tuple[str, str]:
        return _("Problems are to be put right ({round})"), _(
            "{name}: these problems of {round} are to be put right:\n{items}\nPlease report as soon as they are."
        )

    def pending(self, round_: Round, choice: Choice) -> list[Addressee]:
        found = ledger_of(round_).filter(overdue_items()) if choice.late else ledger_of(round_).filter(state__in=TO_DO)
        if choice.keys is not None:
            found = found.filter(pk__in=choice.keys)
        by_subject: dict[int, list[LedgerItem]] = {}
        for item in found.order_by("subject__name", "subject", "round_id", "number"):
            by_subject.setdefault(item.subject_id, []).append(item)
        accounts = accounts_for([item for items in by_subject.values() for item in items])
        return [
            Addressee(
                items[0].subject.name,
                [item.pk for item in items],
                list({user.pk: user for item in items for user in accounts[item.pk]}.values()),
                _place(round_, items),
                {
                    "name": items[0].subject.name,
                    "items": "\n".join(f"{each.code} {each.quotable} {day_words(each.deadline)}" for each in items),
                },
            )
            for items in by_subject.values()
        ]


def _place(round_: Round, items: list[LedgerItem]) -> str:
    """The one item, or those that are open."""
    if len(items) == 1:
        return reverse("reviews:ledger_item", args=[round_.pk, items[0].pk])
    return reverse("reviews:ledger", args=[round_.pk]) + "?state=open"


LEDGER = _Ledger()
