"""Target and actual of `attainment` leaves, and the number of the other one-number leaves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from appraisal_site.lib.fields import canonical
from indicators.services import engine_plan
from reviews.models import Assignment, Attainment, NotApplicable, NumberInput, Subject
from reviews.tree import ATTAINMENT, NUMBERS, Tree
from scoring.engine.types import Node
from units import access
from units.models import AuditEntry, User

from .errors import Conflict, InvalidInput, NotAllowed, ReviewError, Theirs
from .figure_checks import check_figures, check_frozen, frozen_targets, settle_reports_of
from .freezing import ensure_open
from .marks import Saved
from .rounds import ensure_collecting, touch_inputs
from .trail import CELL, part_entry


@dataclass(frozen=True, slots=True)
class NumberRow:
    """What a cell is to be. `target` is used by attainment leaves only; `value` None: empty.

    `seen` is `token` of the row that the user saw.
    """

    subject_id: int
    value: Decimal | None
    target: Decimal | None = None
    seen: str = ""


def token(row: Attainment | NumberInput | None) -> str:
    return "" if row is None else f"{row.pk}.{row.version}"


def _model(node: Node) -> type[Attainment] | type[NumberInput]:
    return Attainment if node.method in ATTAINMENT else NumberInput


# The figures of a row, which an existing one takes over of the one that is written on it.
_FIGURES: dict[type[Attainment] | type[NumberInput], tuple[str, ...]] = {
    Attainment: ("target", "actual"),
    NumberInput: ("value",),
}


def rows_of(node: Node, subject_ids: Collection[int]) -> dict[int, Attainment | NumberInput]:
    """Subject id → its stored row on this leaf. One query."""
    found = _model(node).objects.filter(subject__in=subject_ids, indicator=node.code)
    return {row.subject_id: row for row in found.select_related("updated_by")}


def excluded_subjects(tree: Tree, code: str, subject_ids: Collection[int]) -> set[int]:
    """Those to whom the leaf is not applicable, itself or by a node above. One query."""
    rows = NotApplicable.objects.filter(subject__in=subject_ids, indicator__in=tree.path(code))
    return set(rows.values_list("subject_id", flat=True))


def save_numbers(*, assignment: Assignment, rows: Sequence[NumberRow], by: User, only_look: bool = False) -> Saved:
    """Save the right rows in one transaction; refused ones are reported. Audited; result stale.

    As many statements for many rows as for a few. `only_look`: decide about the rows and write nothing.
    Raises NotAllowed, RoundClosed; InvalidInput if a subject is not of this round.
    """
    if not access.may_enter_marks(by, assignment):
        raise NotAllowed
    try:
        return _save_all(assignment, rows, by, only_look=only_look)
    except IntegrityError:
        # A row came into being under our hands: read again, and it shows as a conflict.
        return _save_all(assignment, rows, by, only_look=only_look)


@dataclass(slots=True)
class _Batch:
    """What is to be written: rows that go, rows that come, rows that change; and what follows from them."""

    gone: list[Attainment | NumberInput] = field(default_factory=list)
    new: list[Attainment | NumberInput] = field(default_factory=list)
    changed: list[Attainment | NumberInput] = field(default_factory=list)
    entries: list[AuditEntry] = field(default_factory=list)
    verified: dict[int, Decimal] = field(default_factory=dict)

    def write(self, node: Node, by: User) -> None:
        model = _model(node)
        if self.gone:
            model.objects.filter(pk__in=[row.pk for row in self.gone]).delete()
        # Where a row came into being meanwhile this fails, rather than write over it.
        model.objects.bulk_create(self.new)  # type: ignore[arg-type]
        if self.changed:
            model.objects.bulk_create(
                self.changed,  # type: ignore[arg-type]
                update_conflicts=True,
                unique_fields=["subject", "indicator"],
                update_fields=[*_FIGURES[model], "version", "updated_by", "updated_at", "source"],
            )
        settle_reports_of(node, self.verified, by)
        AuditEntry.objects.bulk_create(self.entries)


def _save_all(assignment: Assignment, rows: Sequence[NumberRow], by: User, *, only_look: bool) -> Saved:
    saved, batch = Saved(), _Batch()
    with transaction.atomic():
        round_ = ensure_collecting(assignment.round_id)
        ensure_open(round_, assignment)
        tree = Tree(engine_plan(round_.plan_version))
        node = tree.nodes[assignment.indicator]
        if node.method not in ATTAINMENT | NUMBERS:
            raise InvalidInput(_("%(leaf)s takes no number.") % {"leaf": node.title}, "indicator")
        ids = {row.subject_id for row in rows}
        subjects = {s.pk: s for s in Subject.objects.filter(round=round_, pk__in=ids)}
        if ids - subjects.keys():
            raise InvalidInput(_("A row names a subject that is not in this round."), "subject")
        stored, excluded = rows_of(node, ids), excluded_subjects(tree, node.code, ids)
        frozen = frozen_targets(node, ids)
        for row in rows:
            old = stored.get(row.subject_id)
            before, after = _figures(old), _wanted(node, row, frozen.get(row.subject_id))
            if before == after:
                continue
            try:
                if row.subject_id in excluded:
                    raise InvalidInput(_("This leaf is not applicable to this subject."), "value")
                check_frozen(after, frozen.get(row.subject_id))
                _check(node, old, row, after)
            except ReviewError as error:
                saved.refused[row.subject_id] = error
                continue
            saved.changed += 1
            if only_look:
                continue
            _plan_write(node, old, row, after, by, batch)
            batch.entries.append(_entry(assignment, node, subjects[row.subject_id], before, after, by))
        if saved.changed and not only_look:
            batch.write(node, by)
            touch_inputs(round_.pk)
    return saved


def _entry(
    assignment: Assignment,
    node: Node,
    subject: Subject,
    before: dict[str, Decimal],
    after: dict[str, Decimal],
    by: User,
) -> AuditEntry:
    return part_entry(
        by,
        "enter number",
        subject,
        target=CELL,
        part=assignment.pk,
        label=f"{node.code} {node.title}",
        changes={name: (before.get(name), after.get(name)) for name in before | after},
        on_behalf=access.stands_in_for(by, assignment),
    )


def _figures(old: Attainment | NumberInput | None) -> dict[str, Decimal]:
    if old is None:
        return {}
    if isinstance(old, Attainment):
        return {"target": old.target, "actual": old.actual}
    return {"value": old.value}


def _wanted(node: Node, row: NumberRow, frozen: Decimal | None) -> dict[str, Decimal]:
    """The figures that the row states. A confirmed target need not be stated again."""
    if node.method not in ATTAINMENT:
        return {} if row.value is None else {"value": row.value}
    given = frozen if row.target is None and row.value is not None else row.target
    pair = {"target": given, "actual": row.value}
    return {name: figure for name, figure in pair.items() if figure is not None}


def _check(node: Node, old: Attainment | NumberInput | None, row: NumberRow, figures: dict[str, Decimal]) -> None:
    """Raise what stands against this row: somebody else's change first, then its own mistakes."""
    if token(old) != row.seen:
        words = " / ".join(canonical(figure) for figure in _figures(old).values())
        raise Conflict(
            Theirs(
                words or _("empty"),
                by=old.updated_by if old else None,
                at=old.updated_at if old else None,
                seen=token(old),
            )
        )
    check_figures(node, figures)


def _plan_write(
    node: Node,
    old: Attainment | NumberInput | None,
    row: NumberRow,
    figures: dict[str, Decimal],
    by: User,
    batch: _Batch,
) -> None:
    """Put into the batch what makes the cell what the row asks for."""
    if row.value is not None:
        batch.verified[row.subject_id] = row.value
    if old is not None and not figures:
        batch.gone.append(old)
        return
    new = _model(node)(
        subject_id=row.subject_id,
        indicator=node.code,
        version=old.version + 1 if old else 1,
        created_by=by,
        updated_by=by,
        **figures,
    )
    (batch.changed if old else batch.new).append(new)
