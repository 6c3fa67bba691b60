"""What has been entered in a round and would no longer fit another version of its plan.

Rows are looked at where the plan differs, each by the rule that the service of its kind would hold it to. What no rule
here can see (ballots, inputs below a branch that is not applicable) the engine judges when the plan is changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appraisal_site.lib.fields import canonical
from reviews.models import (
    Attainment,
    Event,
    FigureReport,
    FigureState,
    GradeDecision,
    Mark,
    NotApplicable,
    NumberInput,
    Round,
    Subject,
    SubjectFact,
)
from reviews.numbers import check_mark
from reviews.tree import ATTAINMENT, BALLOTS, NUMBERS, Tree, takes_marks
from scoring.engine.types import Node, Plan

from .errors import InvalidInput, ReviewError
from .event_checks import check_event, data_of
from .facts import canonical_fact
from .figure_checks import check_figures

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
KIND_WORDS: Mapping[str, str | Promise] = {
    "mark": gettext_lazy("mark"),
    "attainment": gettext_lazy("target and actual"),
    "number": gettext_lazy("number"),
    "event": gettext_lazy("event"),
    "report": gettext_lazy("reported figure"),
    "not_applicable": gettext_lazy("not applicable"),
    "fact": gettext_lazy("fact"),
    "decision": gettext_lazy("decided grade"),
}


@dataclass(frozen=True, slots=True)
class Misfit:
    """One row that no longer fits: what it says and why it cannot stay, in words."""

    kind: str
    row: Model
    subject: Subject
    code: str
    title: str
    value: str
    why: str

    @property
    def kind_words(self) -> str | Promise:
        return KIND_WORDS[self.kind]


@dataclass(frozen=True, slots=True)
class Touched:
    """Which indicators differ in a way that can change a score, and whether something concerns every subject."""

    codes: dict[str, str]
    everyone: bool


def touched(old: Plan, new: Plan) -> Touched:
    """Texts alone (titles, notes) touch nobody."""
    before, after = Tree(old), Tree(new)
    codes: dict[str, str] = {}
    for code in [*before.nodes, *(code for code in after.nodes if code not in before.nodes)]:
        if code not in after.nodes:
            codes[code] = REMOVED
        elif code not in before.nodes:
            codes[code] = ADDED
        elif _essence(before, code) != _essence(after, code):
            codes[code] = CHANGED
    whole = [
        (plan.categories, plan.grades, plan.rules, plan.facts, plan.tie_breakers, plan.decimals, plan.ranking)
        for plan in (old, new)
    ]
    return Touched(codes, whole[0] != whole[1])


def _essence(tree: Tree, code: str) -> object:
    """A node without its words and without what is below it, whose change is a change of that."""
    node = tree.nodes[code]
    items = tuple(replace(item, title="") for item in node.catalogue)
    below = tuple(child.code for child in node.children)
    return replace(node, title="", catalogue=items, children=()), below, tree.parents[code]


def fingerprint(misfits: list[Misfit]) -> str:
    """Stands for exactly these rows as they are: who agrees to a list agrees to no other one."""
    parts = sorted(f"{one.kind}:{one.row.pk}:{one.value}" for one in misfits)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def misfits(round_: Round, old: Plan, new: Plan) -> list[Misfit]:
    """All rows of the round that the new plan would not take, by subject and code. A fixed number of queries."""
    found = list(_Fit(round_, old, new).run())
    return sorted(found, key=lambda one: (one.subject.order, one.subject.code, one.code, one.kind, str(one.row.pk)))


class _Fit:
    def __init__(self, round_: Round, old: Plan, new: Plan) -> None:
        self.round, self.old, self.new = round_, Tree(old), Tree(new)
        codes = touched(old, new).codes
        # Other decimals are another rule for every mark.
        self.codes = list(self.old.nodes if old.decimals != new.decimals else codes)

    def run(self) -> Iterator[Misfit]:
        of_round: dict[str, Any] = {"subject__round": self.round}
        here = of_round | {"indicator__in": self.codes}
        for mark in Mark.objects.filter(**here).select_related("subject"):
            yield from self._check("mark", mark, mark.indicator, canonical(mark.value), lambda m=mark: self._mark(m))
        for pair in Attainment.objects.filter(**here).select_related("subject"):
            said = f"{canonical(pair.target)} / {canonical(pair.actual)}"
            yield from self._check("attainment", pair, pair.indicator, said, lambda p=pair: self._pair(p))
        for number in NumberInput.objects.filter(**here).select_related("subject"):
            said = canonical(number.value)
            yield from self._check("number", number, number.indicator, said, lambda n=number: self._number(n))
        for event in Event.objects.filter(**here).select_related("subject"):
            said = " ".join(part for part in (event.item, event.matter) if part) or str(event.pk)
            yield from self._check(
                "event", event, event.indicator, said, lambda e=event: check_event(self.new.plan, data_of(e))
            )
        reports = FigureReport.objects.filter(is_current=True, state=FigureState.REPORTED, **here)
        for report in reports.select_related("subject"):
            said = canonical(report.value)
            yield from self._check("report", report, report.indicator, said, lambda r=report: self._source(r.indicator))
        for branch in NotApplicable.objects.filter(**here).select_related("subject"):
            yield from self._check(
                "not_applicable", branch, branch.indicator, "", lambda b=branch: self._branch(b.indicator)
            )
        yield from self._facts(of_round)
        for decision in GradeDecision.objects.filter(**of_round).select_related("subject"):
            if decision.grade not in self.new.plan.grades:
                why = _("“%(grade)s” is not a grade of the new version.") % {"grade": decision.grade}
                yield Misfit("decision", decision, decision.subject, "", "", decision.grade, why)

    def _check(self, kind: str, row: Any, code: str, value: str, check: Any) -> Iterator[Misfit]:
        try:
            check()
        except ReviewError as error:
            node = self.old.get(code) or self.new.get(code)
            yield Misfit(kind, row, row.subject, code, node.title if node else "", value, str(error))

    def _node(self, code: str) -> Node:
        node = self.new.get(code)
        if node is None:
            raise InvalidInput(_("The new version does not have this indicator."))
        return node

    def _mark(self, mark: Mark) -> None:
        node = self._node(mark.indicator)
        if not takes_marks(node):
            raise InvalidInput(_("This indicator takes no marks in the new version."))
        if mark.assessor not in ([each.name for each in node.assessors] or [""]):
            raise InvalidInput(_("This assessor does not mark the indicator in the new version."))
        check_mark(mark.value, node.points, self.new.plan.decimals)

    def _pair(self, pair: Attainment) -> None:
        if self._node(pair.indicator).method not in ATTAINMENT:
            raise InvalidInput(_("This indicator takes no target in the new version."))

    def _number(self, number: NumberInput) -> None:
        node = self._node(number.indicator)
        if node.method not in NUMBERS or node.method != self.old.nodes[node.code].method:
            raise InvalidInput(_("This number means something else in the new version."))
        check_figures(node, {"value": number.value})

    def _source(self, code: str) -> None:
        if self._node(code).method != self.old.nodes[code].method:
            raise InvalidInput(_("This number means something else in the new version."))

    def _branch(self, code: str) -> None:
        self._node(code)
        if self.new.parents[code] is None:
            raise InvalidInput(_("This indicator cannot be set not applicable."))

    def _facts(self, of_round: dict[str, Any]) -> Iterator[Misfit]:
        before = {fact.code: fact for fact in self.old.plan.facts}
        after = {fact.code: fact for fact in self.new.plan.facts}
        changed = [code for code in before | after if before.get(code) != after.get(code)]
        for fact in SubjectFact.objects.filter(code__in=changed, **of_round).select_related("subject"):
            definition = after.get(fact.code)
            title = before[fact.code].title if fact.code in before else fact.code
            why = _("The new version does not have this fact.")
            if definition is not None:
                try:
                    if canonical_fact(definition, fact.value) == fact.value:
                        continue
                except ReviewError as error:
                    why = str(error)
            yield Misfit("fact", fact, fact.subject, fact.code, title, fact.value, why)


def lost_ballots(old: Plan, new: Plan) -> list[str]:
    """Codes of indicators with ballots whose form differs: votes cannot be withdrawn one by one."""
    before, after = Tree(old), Tree(new)
    return [
        node.code
        for node in before.of(BALLOTS)
        if (now := after.get(node.code)) is None or now.method != node.method or now.ballot != node.ballot
    ]


__all__ = ["Misfit", "Touched", "fingerprint", "lost_ballots", "misfits", "touched"]
