"""Conflict of interest: an assessor's mark for its own unit, or for a person of it.

Such a mark is always marked as such. A plan may forbid it (`own_unit_marks = "forbid"`). Then, by fairness to the
subject and to the others:

- where the leaf has other assessors for that subject, they alone mark it: the assessor is *excused*, its cell takes
  nothing and nobody waits for it, and the leaf's score is the weighted mean of the marks that are in;
- where every assessor of the leaf is the subject's own unit, the mark is not dropped (the leaf would be missing for
  that subject alone): the appraisal office enters it in the assessor's column, and the trail names the office.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reviews.models import Assignment, Round, Subject
from reviews.tree import Tree, takes_marks
from scoring.engine.types import Plan

FORBID = "forbid"
OFFICE_ENTERS = _(
    "The plan does not let an assessor mark its own unit, and this indicator has no other: "
    "the appraisal office enters the mark."
)
OTHERS_MARK = _(
    "The plan does not let an assessor mark its own unit: the other assessors of this indicator mark this subject."
)
NO_DEPUTY = _("In a colleague's place nobody marks their own unit or themselves: the colleague has to do it.")


def forbids(plan: Plan) -> bool:
    return plan.own_unit_marks == FORBID


def is_own_unit(unit_id: int | None, subject: Subject) -> bool:
    """Whether the subject is this unit, or a person of it. Load subjects with their `person`."""
    if unit_id is None:
        return False
    return unit_id == subject.unit_id or (subject.person is not None and unit_id == subject.person.unit_id)


@dataclass(frozen=True, slots=True)
class OwnUnits:
    """The pairs of sheet and subject where the assessor is the subject's own unit."""

    forbidden: bool
    pairs: frozenset[tuple[int, int]] = frozenset()
    sheets_of: Mapping[str, frozenset[int]] = field(default_factory=dict)  # leaf → all its sheets
    sheets: Mapping[int, Assignment] = field(default_factory=dict)

    def is_own(self, assignment: Assignment, subject_id: int) -> bool:
        return (assignment.pk, subject_id) in self.pairs

    def excused(self, assignment: Assignment, subject_id: int) -> bool:
        """The plan forbids the mark, and another assessor gives one."""
        return self.forbidden and self.is_own(assignment, subject_id) and not self._all_own(assignment, subject_id)

    def office_enters(self, assignment: Assignment, subject_id: int) -> bool:
        """The plan forbids the mark, and nobody else would give one."""
        return self.forbidden and self.is_own(assignment, subject_id) and self._all_own(assignment, subject_id)

    def _all_own(self, assignment: Assignment, subject_id: int) -> bool:
        sheets = self.sheets_of.get(assignment.indicator, frozenset({assignment.pk}))
        return all((pk, subject_id) in self.pairs for pk in sheets)

    def why_not(self, assignment: Assignment, subject_id: int, *, office: bool) -> str:
        """Why this cell takes no mark from an assessor (or, `office`, from the office); empty if it does."""
        if self.excused(assignment, subject_id):
            return str(OTHERS_MARK)
        if self.office_enters(assignment, subject_id):
            return "" if office else str(OFFICE_ENTERS)
        return ""

    def office_cells(self, assignment: Assignment, subject_ids: Collection[int]) -> frozenset[int]:
        return frozenset(pk for pk in subject_ids if self.office_enters(assignment, pk))


def own_units(round_: Round, tree: Tree, subject_ids: Collection[int] | None = None) -> OwnUnits:
    """Of all sheets of marks of a round, and all its subjects or those given. Two queries."""
    sheets = [row for row in Assignment.objects.filter(round=round_) if takes_marks(tree.nodes[row.indicator])]
    by_unit: dict[int, list[int]] = defaultdict(list)
    sheets_of: dict[str, set[int]] = defaultdict(set)
    for row in sheets:
        sheets_of[row.indicator].add(row.pk)
        if row.unit_id is not None:
            by_unit[row.unit_id].append(row.pk)
    found = Subject.objects.filter(round=round_).filter(Q(unit__in=by_unit) | Q(person__unit__in=by_unit))
    if subject_ids is not None:
        found = found.filter(pk__in=subject_ids)
    pairs = {
        (sheet, subject)
        for subject, unit, persons in found.values_list("pk", "unit_id", "person__unit_id")
        for own in {unit, persons} - {None}
        for sheet in by_unit.get(own, ())
    }
    return OwnUnits(
        forbids(tree.plan),
        frozenset(pairs),
        {code: frozenset(pks) for code, pks in sheets_of.items()},
        {row.pk: row for row in sheets},
    )


def excused(round_: Round, tree: Tree, subject_ids: Collection[int] | None = None) -> dict[int, set[tuple[str, str]]]:
    """Subject → the (leaf, assessor) of whom no mark is expected. Two queries; none where the plan allows them all."""
    found: dict[int, set[tuple[str, str]]] = defaultdict(set)
    if not forbids(tree.plan):
        return found
    own = own_units(round_, tree, subject_ids)
    for pk, subject in own.pairs:
        sheet = own.sheets[pk]
        if own.excused(sheet, subject):
            found[subject].add((sheet.indicator, sheet.assessor))
    return found


def own_assessors(
    round_: Round, tree: Tree, subject_ids: Collection[int] | None = None
) -> dict[int, dict[str, frozenset[str]]]:
    """Subject → leaf → the assessors that mark their own unit there. Two queries.

    Where the plan forbids such marks there are none: what stands in those cells is the office's.
    """
    found: dict[int, dict[str, frozenset[str]]] = defaultdict(dict)
    if forbids(tree.plan):
        return found
    own = own_units(round_, tree, subject_ids)
    for pk, subject in own.pairs:
        sheet = own.sheets[pk]
        found[subject][sheet.indicator] = found[subject].get(sheet.indicator, frozenset()) | {sheet.assessor}
    return found
