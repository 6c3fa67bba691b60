"""Marks and 不适用 of one leaf: many rows of a sheet at once, or one.

A cell is a subject on a leaf, by one assessor. It is empty, a mark, or not applicable. Whoever
writes names the state they saw; if it is another one by now, they get a `Conflict`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from appraisal_site.lib.prepared import insert
from reviews.models import Assignment, Mark, NotApplicable, Round, Subject
from reviews.numbers import check_mark
from reviews.own_unit import NO_DEPUTY, OwnUnits, forbids, is_own_unit, own_units
from reviews.queries.keystroke import subjects_with_person
from reviews.queries.marks import EMPTY, Cell, Kind, cells_of_sheets, row_cell
from reviews.tree import Tree, takes_marks, tree_of_version
from scoring.engine.types import Node
from units import access
from units.models import AuditEntry, User

from .errors import Conflict, InvalidInput, NotAllowed, ReviewError, Theirs
from .freezing import SheetFrozen, frozen_sheets
from .rounds import claim_inputs, ensure_collecting, touch_inputs
from .trail import CELL, part_entry


@dataclass(frozen=True, slots=True)
class Row:
    """What a user wants a cell to be: `value` None and not `not_applicable` means empty.

    `seen` is the token of the state the user had before their eyes (`Cell.seen`).
    """

    subject_id: int
    value: Decimal | None = None
    not_applicable: bool = False
    note: str = ""
    seen: str = ""


@dataclass(slots=True)
class Saved:
    """What became of the rows: how many changed, by subject why others did not, and what each cell of marks is now."""

    changed: int = 0
    refused: dict[int, ReviewError] = field(default_factory=dict)
    cells: dict[int, Cell] = field(default_factory=dict)


def save_rows(*, assignment: Assignment, rows: Sequence[Row], by: User) -> Saved:
    """Save the right rows of a sheet in one transaction; refused ones are reported, not saved.

    Also writes one audit entry per changed row and makes the computed result stale. Raises
    NotAllowed, RoundClosed; InvalidInput if a row's subject is not of this round.
    """
    [saved] = save_sheets(sheets=[(assignment, rows)], by=by, known=True)
    return saved


def save_sheets(
    *,
    sheets: Sequence[tuple[Assignment, Sequence[Row]]],
    by: User,
    known: bool = False,
    round: Round | None = None,  # noqa: A002
    only_look: bool = False,
) -> list[Saved]:
    """`save_rows` for several sheets of one round at once: the same number of queries as for one.

    `round`, as it was read a moment ago, spares asking for it again.

    A row of a subject that is not of this round is refused like any other wrong row, unless all must be `known`.
    The rows of a frozen sheet are refused; if every sheet is, SheetFrozen (a RoundClosed) is raised.
    `only_look`: decide about the rows and write nothing; each cell is then as it stands.
    """
    for assignment, _rows in sheets:
        # Where the plan forbids marks for the own unit, some are the office's to enter: see `_check_own_unit`.
        if not access.may_enter_marks(by, assignment) and not access.is_office(by):
            raise NotAllowed
    with transaction.atomic():
        # From here to the end nobody else writes to this round: what is read now is what is written on.
        claimed = round is not None and not only_look and claim_inputs(round)
        round_ = round if round is not None and claimed else ensure_collecting(sheets[0][0].round_id)
        frozen = frozen_sheets(round_, [assignment for assignment, _rows in sheets])
        if all(assignment.pk in frozen for assignment, _rows in sheets):
            raise frozen[sheets[0][0].pk]
        batch = None if only_look else _Batch()
        saved = [
            _save_sheet(sheet, rows, batch, frozen.get(sheet.assignment.pk))
            for sheet, rows in _read(round_, sheets, by, known)
        ]
        if batch is None:
            return saved
        batch.write()
        if batch.entries and not claimed:
            touch_inputs(round_.pk)
        if claimed and not batch.entries:
            transaction.set_rollback(True)
    return saved


def record_mark(
    *,
    assignment: Assignment,
    subject: Subject,
    value: Decimal,
    by: User,
    note: str = "",
    seen: str = "",
) -> Mark:
    """Enter or change one mark. Raises Conflict, InvalidInput, NotAllowed, RoundClosed."""
    _save_one(assignment, Row(subject.pk, value=value, note=note, seen=seen), by)
    return Mark.objects.get(subject=subject, indicator=assignment.indicator, assessor=assignment.assessor)


def record_not_applicable(
    *, assignment: Assignment, subject: Subject, by: User, note: str = "", seen: str = ""
) -> NotApplicable:
    """Set the leaf 不适用 for one subject; a mark that stood there is removed, with its history."""
    _save_one(assignment, Row(subject.pk, not_applicable=True, note=note, seen=seen), by)
    return NotApplicable.objects.get(subject=subject, indicator=assignment.indicator)


def clear_cell(*, assignment: Assignment, subject: Subject, by: User, seen: str) -> None:
    """Make the cell empty again; what stood there stays in the audit trail."""
    _save_one(assignment, Row(subject.pk, seen=seen), by)


def _save_one(assignment: Assignment, row: Row, by: User) -> None:
    saved = save_rows(assignment=assignment, rows=[row], by=by)
    if error := saved.refused.get(row.subject_id):
        raise error


@dataclass(slots=True)
class _Sheet:
    """What deciding about the rows of one sheet needs, read once."""

    assignment: Assignment
    node: Node
    tree: Tree
    subjects: dict[int, Subject]
    cells: dict[int, Cell]
    marked_by_others: frozenset[int]
    by: User
    own: OwnUnits | None  # None: the plan lets assessors mark their own unit
    entitled: bool


# What an existing row takes over of the one that is written on it.
WRITTEN = ["value", "note", "version", "updated_by", "updated_at", "source"]


@dataclass(slots=True)
class _Batch:
    """What is to be written, in as many statements for a sheet as for a cell."""

    gone: list[Mark | NotApplicable] = field(default_factory=list)
    rows: list[Mark | NotApplicable] = field(default_factory=list)
    entries: list[AuditEntry] = field(default_factory=list)
    # What becomes of a cell: whose report, which subject, the row to be (None: empty).
    after: list[tuple[Saved, int, Mark | NotApplicable | None]] = field(default_factory=list)

    def write(self) -> None:
        for model in (Mark, NotApplicable):
            gone = [row.pk for row in self.gone if isinstance(row, model)]
            if gone:
                model.objects.filter(pk__in=gone).delete()
        marks = [row for row in self.rows if isinstance(row, Mark)]
        insert(marks, unique=["subject", "indicator", "assessor"], written=WRITTEN)
        left_out = [row for row in self.rows if isinstance(row, NotApplicable)]
        insert(left_out, unique=["subject", "indicator"], written=WRITTEN[1:])
        insert(self.entries)
        for saved, subject_id, row in self.after:
            saved.cells[subject_id] = EMPTY if row is None else row_cell(row)


def _save_sheet(sheet: _Sheet, rows: Sequence[Row], batch: _Batch | None, frozen: SheetFrozen | None) -> Saved:
    """Decide about the rows, and put what is to be written into the batch, if there is one."""
    saved = Saved(cells=dict(sheet.cells))
    for row in rows:
        cell = sheet.cells.get(row.subject_id, EMPTY)
        if _same(cell, row) and row.subject_id in sheet.subjects:
            continue
        try:
            if frozen:
                raise frozen
            _check(sheet, cell, row)
        except ReviewError as error:
            saved.refused[row.subject_id] = error
            continue
        saved.changed += 1
        if batch is None:
            continue
        batch.after.append((saved, row.subject_id, _plan_write(sheet, cell, row, batch)))
        batch.entries.append(_entry(sheet, cell, row))
    return saved


def _read(
    round_: Round, sheets: Sequence[tuple[Assignment, Sequence[Row]]], by: User, known: bool
) -> list[tuple[_Sheet, Sequence[Row]]]:
    ids = {row.subject_id for _assignment, rows in sheets for row in rows}
    subjects = subjects_with_person(round_.pk, ids)
    if known and ids - subjects.keys():
        raise _unknown()
    tree = tree_of_version(round_.plan_version)
    for assignment, _rows in sheets:
        node = tree.nodes[assignment.indicator]
        if not takes_marks(node):
            raise InvalidInput(_("%(leaf)s takes no marks.") % {"leaf": node.title}, "indicator")
    own = own_units(round_, tree, ids) if forbids(tree.plan) else None
    entitled = {one.pk: access.may_enter_marks(by, one) for one, _rows in sheets}
    if own is None and not all(entitled.values()):
        raise NotAllowed
    assignments = [assignment for assignment, _rows in sheets]
    cells = cells_of_sheets(assignments, tree, ids)
    marked = _marked(assignments, tree, ids)
    return [
        (
            _Sheet(
                assignment,
                tree.nodes[assignment.indicator],
                tree,
                subjects,
                {subject: cell for (pk, subject), cell in cells.items() if pk == assignment.pk},
                frozenset(
                    subject
                    for subject, code, assessor in marked
                    if code == assignment.indicator and assessor != assignment.assessor
                ),
                by,
                own,
                entitled[assignment.pk],
            ),
            rows,
        )
        for assignment, rows in sheets
    ]


def _marked(assignments: Sequence[Assignment], tree: Tree, ids: Iterable[int]) -> set[tuple[int, str, str]]:
    """(subject, leaf, assessor) of the marks on those leaves that have several assessors."""
    codes = {one.indicator for one in assignments if len(tree.nodes[one.indicator].assessors) > 1}
    if not codes:
        return set()
    marks = Mark.objects.filter(subject__in=ids, indicator__in=codes)
    return set(marks.values_list("subject_id", "indicator", "assessor"))


def _same(cell: Cell, row: Row) -> bool:
    """Whether the cell already is what the row asks for. A row left alone is never a conflict."""
    if row.not_applicable:
        return cell.kind is Kind.NOT_APPLICABLE and cell.note == row.note
    if row.value is None:
        return cell.kind in {Kind.EMPTY, Kind.ABOVE}
    return cell.kind is Kind.MARK and cell.value == row.value and cell.note == row.note


def _unknown() -> InvalidInput:
    return InvalidInput(_("A row names a subject that is not in this round."), "subject")


def _check(sheet: _Sheet, cell: Cell, row: Row) -> None:
    """Raise what stands against this row: somebody else's change first, then its own mistakes."""
    if row.subject_id not in sheet.subjects:
        raise _unknown()
    _check_own_unit(sheet, row)
    if cell.kind is Kind.ABOVE:
        assert isinstance(cell.row, NotApplicable)
        raise InvalidInput(
            _("“%(node)s” is not applicable to this subject, and this leaf with it.")
            % {"node": sheet.tree.nodes[cell.row.indicator].title},
            "value",
        )
    if cell.seen != row.seen:
        raise Conflict(Theirs(cell.words, cell.note, cell.by, cell.at, cell.seen))
    if row.not_applicable and row.subject_id in sheet.marked_by_others:
        raise InvalidInput(
            _("Another assessor has given a mark here: it cannot be not applicable at once."),
            "not_applicable",
        )
    if row.value is not None:
        check_mark(row.value, sheet.node.points, sheet.tree.plan.decimals)
        if sheet.tree.plan.notes_required and not row.note.strip():
            raise InvalidInput(_("A mark needs a note (评分说明)."), "note")


def _check_own_unit(sheet: _Sheet, row: Row) -> None:
    """Who must not mark this very subject; and the office, which marks only those that nobody else may."""
    subject, assignment = sheet.subjects[row.subject_id], sheet.assignment
    deputy = access.stands_in_for(sheet.by, assignment) is not None
    if deputy and access.belongs_to(sheet.by, subject):
        itself = subject.person_id is not None
        if itself or not is_own_unit(assignment.unit_id, subject):
            raise InvalidInput(NO_DEPUTY, "value")
    if sheet.own is None:
        return
    if why := sheet.own.why_not(assignment, subject.pk, office=access.is_office(sheet.by)):
        raise InvalidInput(why, "value")
    if not sheet.entitled and not sheet.own.office_enters(assignment, subject.pk):
        raise NotAllowed


def _plan_write(sheet: _Sheet, cell: Cell, row: Row, batch: _Batch) -> Mark | NotApplicable | None:
    """Put into the batch what makes the cell what the row asks for; the row that will stand there."""
    wanted: type[Mark] | type[NotApplicable] | None = None
    values: dict[str, object] = {"note": row.note}
    if row.not_applicable:
        wanted = NotApplicable
    elif row.value is not None:
        wanted = Mark
        values["value"] = row.value
    old = cell.row
    if old is not None and type(old) is not wanted:
        batch.gone.append(old)
        old = None
    if wanted is None:
        return None
    new = wanted(
        subject_id=row.subject_id,
        indicator=sheet.node.code,
        assessor=old.assessor if old else sheet.assignment.assessor,
        version=old.version + 1 if old else 1,
        created_by=sheet.by,
        updated_by=sheet.by,
        **values,
    )
    batch.rows.append(new)
    return new


def _entry(sheet: _Sheet, cell: Cell, row: Row) -> AuditEntry:
    before = cell.kind is Kind.NOT_APPLICABLE
    label = f"{sheet.node.code} {sheet.node.title}"
    if sheet.assignment.assessor:
        label += f" · {sheet.assignment.assessor}"
    return part_entry(
        sheet.by,
        "clear mark" if row.value is None and not row.not_applicable else "enter mark",
        sheet.subjects[row.subject_id],
        target=CELL,
        part=sheet.assignment.pk,
        label=label,
        changes={
            "mark": (cell.value, row.value),
            "not applicable": ("yes" if before else None, "yes" if row.not_applicable else None),
            "note": (cell.note or None, row.note or None),
        },
        on_behalf=access.stands_in_for(sheet.by, sheet.assignment),
    )
