"""Targets and reported figures: of one leaf, of one subject, how many wait, and which count provisionally."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from appraisal_site.lib.fields import canonical
from reviews.models import (
    Attainment,
    FigureReport,
    FigureState,
    NotApplicable,
    NumberInput,
    Round,
    Subject,
    Target,
    TargetState,
)
from reviews.tree import ATTAINMENT, NUMBERS, Tree
from scoring.engine.types import Node

WAITING = Q(is_current=True, state=FigureState.REPORTED)
FIGURES = ATTAINMENT | NUMBERS


@dataclass(frozen=True, slots=True)
class FigureLine:
    """One subject on one leaf: its target, what it reported last, and what counts."""

    subject: Subject
    node: Node
    crumbs: str
    target: Target | None
    report: FigureReport | None
    entered: Attainment | NumberInput | None
    not_applicable: bool

    @property
    def takes_target(self) -> bool:
        return self.node.method in ATTAINMENT

    @property
    def waits(self) -> bool:
        return self.report is not None and self.report.state == FigureState.REPORTED

    @property
    def verified(self) -> Decimal | None:
        if self.entered is None:
            return None
        figure: Decimal = self.entered.actual if isinstance(self.entered, Attainment) else self.entered.value
        return figure

    @property
    def target_value(self) -> Decimal | None:
        """The target that holds or is proposed; where only figures were entered, theirs."""
        if self.target is not None:
            held: Decimal = self.target.value
            return held
        entered: Decimal | None = self.entered.target if isinstance(self.entered, Attainment) else None
        return entered

    @property
    def target_is_fixed(self) -> bool:
        if self.target is not None:
            return self.target.state == TargetState.CONFIRMED
        return isinstance(self.entered, Attainment)

    @property
    def share(self) -> int | None:
        """Whole per cent of the target that the reported (or else the verified) figure reaches, rounded down."""
        figure = self.report.value if self.waits and self.report else self.verified
        target = self.target_value
        if figure is None or not target or not self.takes_target:
            return None
        return int(100 * figure / target)

    @property
    def words(self) -> str:
        return canonical(self.report.value) if self.report else ""


def lines_of_leaf(tree: Tree, node: Node, subjects: Sequence[Subject]) -> list[FigureLine]:
    """A page of subjects on one leaf. Four queries."""
    ids = [subject.pk for subject in subjects]
    key = {"subject__in": ids, "indicator": node.code}
    left_out = NotApplicable.objects.filter(subject__in=ids, indicator__in=tree.path(node.code))
    excluded = set(left_out.values_list("subject_id", flat=True))
    reports = FigureReport.objects.filter(**key, is_current=True).select_related("reported_by", "decided_by")
    reported = {row.subject_id: row for row in reports}
    targets = {row.subject_id: row for row in Target.objects.filter(**key).select_related("updated_by", "decided_by")}
    model = Attainment if node.method in ATTAINMENT else NumberInput
    entered = {row.subject_id: row for row in model.objects.filter(**key).select_related("updated_by")}
    crumbs = tree.crumbs(node.code)
    return [
        FigureLine(
            subject,
            node,
            crumbs,
            targets.get(subject.pk),
            reported.get(subject.pk),
            entered.get(subject.pk),
            subject.pk in excluded,
        )
        for subject in subjects
    ]


def lines_of_subject(tree: Tree, subject: Subject) -> list[FigureLine]:
    """All leaves of the round that take a figure, for one subject. Five queries."""
    excluded = set(NotApplicable.objects.filter(subject=subject).values_list("indicator", flat=True))
    reports = FigureReport.objects.filter(subject=subject, is_current=True).select_related("reported_by", "decided_by")
    reported = {row.indicator: row for row in reports}
    found = Target.objects.filter(subject=subject).select_related("updated_by", "decided_by")
    targets = {row.indicator: row for row in found}
    entered: dict[str, Attainment | NumberInput] = {}
    for model in (Attainment, NumberInput):
        entered |= {row.indicator: row for row in model.objects.filter(subject=subject).select_related("updated_by")}
    return [
        FigureLine(
            subject,
            node,
            tree.crumbs(node.code),
            targets.get(node.code),
            reported.get(node.code),
            entered.get(node.code),
            not excluded.isdisjoint(tree.path(node.code)),
        )
        for node in tree.of(FIGURES)
    ]


def history_of_figure(subject: Subject, code: str) -> QuerySet[FigureReport]:
    """Every report of a figure, newest first, with who reported and who decided."""
    found = FigureReport.objects.filter(subject=subject, indicator=code)
    return found.select_related("reported_by", "decided_by").order_by("-number")


def waiting_by_leaf(round_: Round) -> dict[str, int]:
    """Leaf → reported figures that nobody has verified. One query."""
    rows = FigureReport.objects.filter(WAITING, subject__round=round_).order_by()
    return dict(rows.values_list("indicator").annotate(Count("pk")))


def waiting_leaves_of(subject_ids: Collection[int]) -> dict[int, set[str]]:
    """Subject id → the leaves on which its reported figure waits. One query."""
    found: dict[int, set[str]] = {}
    for pk, code in FigureReport.objects.filter(WAITING, subject__in=subject_ids).values_list(
        "subject_id", "indicator"
    ):
        found.setdefault(pk, set()).add(code)
    return found


@dataclass(frozen=True, slots=True)
class LeafFigures:
    """Where one leaf stands: subjects with a target (confirmed, proposed), reported, verified."""

    confirmed: int = 0
    proposed: int = 0
    waiting: int = 0
    returned: int = 0


def leaf_figures(round_: Round) -> dict[str, LeafFigures]:
    """Leaf → how many targets and reports are in which state. Two queries."""
    counts: dict[str, dict[str, int]] = {}
    targets = Target.objects.filter(subject__round=round_).order_by().values_list("indicator", "state")
    for code, state, number in targets.annotate(Count("pk")):
        counts.setdefault(code, {})[f"target {state}"] = number
    reports = FigureReport.objects.filter(subject__round=round_, is_current=True).order_by()
    for code, state, number in reports.values_list("indicator", "state").annotate(Count("pk")):
        counts.setdefault(code, {})[state] = number
    return {
        code: LeafFigures(
            confirmed=of.get(f"target {TargetState.CONFIRMED}", 0),
            proposed=of.get(f"target {TargetState.PROPOSED}", 0),
            waiting=of.get(FigureState.REPORTED, 0),
            returned=of.get(FigureState.RETURNED, 0),
        )
        for code, of in counts.items()
    }


# ---------------------------------------------------------------- what counts provisionally


def provisional_figures(round_: Round) -> Iterator[tuple[int, str, Decimal | None, Decimal]]:
    """(subject, leaf, confirmed target, reported figure) of those that count unverified; none unless the office
    said that they do. One query. A verified figure of the same leaf goes before."""
    confirmed = Target.objects.filter(
        subject=OuterRef("subject"), indicator=OuterRef("indicator"), state=TargetState.CONFIRMED
    )
    rows = FigureReport.objects.filter(WAITING, subject__round=round_, subject__round__report_setting__provisional=True)
    found = rows.annotate(target=Subquery(confirmed.values("value")[:1])).order_by("id")
    yield from found.values_list("subject_id", "indicator", "target", "value")


def unverified_count(round_: Round) -> int:
    """How many figures count although nobody verified them. Two queries."""
    counted = {(subject, code) for subject, code, _target, _value in provisional_figures(round_)}
    if not counted:
        return 0
    for model in (Attainment, NumberInput):
        counted -= set(model.objects.filter(subject__round=round_).values_list("subject_id", "indicator"))
    return len(counted)
