"""Reminding those who still have to enter on their sheets: the chase board's reminders."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from indicators.services import engine_plan
from reviews.models import Reminder, Round
from reviews.queries.chase import Group, chase_groups, recipients
from reviews.tree import Tree
from units import access
from units.models import User

from .reminders import COMMON, Addressee, Choice, Occasion, day_words


class _Sheets(Occasion):
    """Rows are the sheets (assignments); one message for each assessor."""

    about = Reminder.About.SHEETS
    rows = "sheets"
    placeholders = {
        "assessor": pgettext_lazy("placeholder", "assessor"),
        "missing": pgettext_lazy("placeholder", "missing"),
        "expected": pgettext_lazy("placeholder", "expected"),
        "indicators": pgettext_lazy("placeholder", "indicators"),
        "deadline": pgettext_lazy("placeholder", "deadline"),
        **COMMON,
    }
    nobody = gettext_lazy("Nothing is missing on the sheets chosen, or none was chosen.")

    def may_remind(self, user: User) -> bool:
        return access.may_run_rounds(user)

    def may_see(self, user: User) -> bool:
        return access.may_see_progress(user)

    def words(self) -> tuple[str, str]:
        return _("Please complete the marks of {round}"), _(
            "{assessor}: in {round}, {missing} of {expected} entries are still missing:\n{indicators}\n"
            "Deadline: {deadline}. Please complete them as soon as possible."
        )

    def pending(self, round_: Round, choice: Choice) -> list[Addressee]:
        sheets = round_.assignments.select_related("unit")
        if choice.keys is not None:
            sheets = sheets.filter(pk__in=choice.keys)
        groups = chase_groups(round_, Tree(engine_plan(round_.plan_version)), list(sheets))
        for group in groups:
            group.lines = [line for line in group.pending if line.late or not choice.late]
        groups = [group for group in groups if group.lines]
        accounts = recipients(groups)
        return [_addressee(round_, group, accounts[place]) for place, group in enumerate(groups)]


SHEETS = _Sheets()


def _addressee(round_: Round, group: Group, accounts: list[User]) -> Addressee:
    leaves = [
        _("%(leaf)s: %(missing)d missing, deadline %(deadline)s")
        % {
            "leaf": f"{line.leaf.node.code} {line.leaf.node.title}",
            "missing": line.leaf.missing,
            "deadline": day_words(line.leaf.deadline),
        }
        for line in group.lines
    ]
    values = {
        "assessor": group.assessor or _("appraisal office"),
        "missing": str(group.total.missing),
        "expected": str(group.total.expected),
        "indicators": "\n".join(leaves),
        "deadline": day_words(group.first_deadline),
    }
    keys = [line.assignment.pk for line in group.lines]
    return Addressee(group.assessor, keys, accounts, _place(round_.pk, group), values)


def _place(round_id: int, group: Group) -> str:
    """The one sheet, or the list of sheets."""
    if len(group.lines) == 1 and group.lines[0].leaf.is_marked:
        return reverse("reviews:mark_sheet", args=[round_id, group.lines[0].assignment.pk])
    return reverse("reviews:my_marks", args=[round_id])
