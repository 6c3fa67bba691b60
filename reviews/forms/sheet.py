"""The posted rows of a sheet of marks: plain fields, so that a page of hundreds stays quick.

Each row posts `value-ID`, `na-ID`, `note-ID`, and hidden `seen-ID` (the state the user saw),
`was-ID` (what its fields held then) and, after a conflict, `resolve-ID` with `newer-ID`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from appraisal_site.lib.fields import canonical
from reviews.models import Assignment, Subject
from reviews.numbers import normal, read_number
from reviews.own_unit import OwnUnits
from reviews.queries.marks import EMPTY, Cell, Kind
from reviews.services.errors import Conflict, InvalidInput, ReviewError, Theirs
from reviews.services.marks import Row

NOTE_LENGTH = 500


@dataclass(slots=True)
class SheetRow:
    """One subject's line on the page: what the fields hold, and what is to be said about them."""

    subject: Subject
    cell: Cell
    value: str = ""
    not_applicable: bool = False
    note: str = ""
    seen: str = ""
    was: str = ""
    error: str = ""
    error_field: str = ""
    theirs: Theirs | None = None
    own_unit: bool = False  # the assessor marks its own unit, or a person of it
    closed: str = ""  # why this account may not enter here
    files: int = 0
    files_key: str = ""

    @property
    def locked(self) -> bool:
        """A node above is not applicable: nothing can be entered here."""
        return self.cell.kind is Kind.ABOVE

    def show_own_unit(self, own: OwnUnits, assignment: Assignment, *, office: bool, entitled: bool) -> None:
        """Mark the row if it is one of the own unit, and close it to whom the plan forbids it."""
        pk = self.subject.pk
        self.own_unit = own.is_own(assignment, pk)
        self.closed = own.why_not(assignment, pk, office=office)
        if not entitled and not own.office_enters(assignment, pk):
            self.closed = _("Its assessor enters this mark.")

    @property
    def signature(self) -> str:
        """A short digest of the fields as they stand, to tell an edited row from one left alone."""
        text = "\x1f".join((self.value, str(self.not_applicable), self.note))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def refuse(self, error: ReviewError) -> None:
        self.error = str(error)
        if isinstance(error, Conflict):
            self.theirs = error.theirs
        elif isinstance(error, InvalidInput):
            self.error_field = error.field


def stored_row(subject: Subject, cell: Cell | None) -> SheetRow:
    """A row as the database has it."""
    cell = cell or EMPTY
    row = SheetRow(
        subject,
        cell,
        value="" if cell.value is None else canonical(cell.value),
        not_applicable=cell.kind is Kind.NOT_APPLICABLE,
        note=cell.note,
        seen="" if cell.kind is Kind.ABOVE else cell.seen,
    )
    row.was = row.signature
    return row


def posted_rows(post: Mapping[str, str], subjects: Iterable[Subject], cells: Mapping[int, Cell]) -> list[SheetRow]:
    """The rows as posted; a subject that the form did not hold comes from the database."""
    rows = []
    for subject in subjects:
        key = str(subject.pk)
        if f"seen-{key}" not in post:
            rows.append(stored_row(subject, cells.get(subject.pk)))
            continue
        note = post.get(f"note-{key}", "").replace("\r\n", "\n").strip()
        row = SheetRow(
            subject,
            cells.get(subject.pk, EMPTY),
            value=post.get(f"value-{key}", "").strip(),
            not_applicable=f"na-{key}" in post,
            note=note,
            seen=post[f"seen-{key}"],
            was=post.get(f"was-{key}", ""),
        )
        choice = post.get(f"resolve-{key}")
        if choice == "theirs":
            row = stored_row(subject, cells.get(subject.pk))
        elif choice == "mine":
            row.seen = post.get(f"newer-{key}", "")
        rows.append(row)
    return rows


def wanted(row: SheetRow) -> Row | None:
    """What the row asks for; None if it was left alone, or is wrong by itself (then it says so)."""
    if row.locked or row.signature == row.was:
        return None
    value: Decimal | None = None
    try:
        if row.value:
            value = read_number(row.value, "value")
        if row.not_applicable and row.value and normal(row.value) != _shown(row):
            raise InvalidInput(_("A mark and “not applicable” exclude each other: choose one."), "value")
        if len(row.note) > NOTE_LENGTH:
            raise InvalidInput(_("The note is longer than %(length)d characters.") % {"length": NOTE_LENGTH}, "note")
    except InvalidInput as error:
        row.refuse(error)
        return None
    if row.not_applicable:
        return Row(row.subject.pk, not_applicable=True, note=row.note, seen=row.seen)
    if value is None and row.note not in {"", row.cell.note}:
        row.refuse(InvalidInput(_("There is a note but no mark."), "value"))
        return None
    # Emptying the mark takes its old note along.
    return Row(row.subject.pk, value=value, note="" if value is None else row.note, seen=row.seen)


def _shown(row: SheetRow) -> str:
    """The mark that stood in the field: ticking 不适用 beside it replaces it, nobody typed it now."""
    return "" if row.cell.value is None else canonical(row.cell.value)
