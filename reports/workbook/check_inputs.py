"""The sheets 评分, 完成率, 数值 and 事项."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from django.utils.translation import gettext as _

from appraisal_site.lib.cells import clean_text
from appraisal_site.lib.fields import canonical
from reviews.services.bulk.content import AttainmentRow, EventRow, MarkRow, NotApplicableRow, NumberRow
from scoring.engine.types import Node

from . import layout
from .checked import Checked
from .parse import A_NUMBER, ABOVE_ZERO, WHOLE_NUMBER, Row, Table, number_to

TEXT_LENGTH = 10_000


def read_scores(table: Table, checked: Checked) -> None:
    """Marks and 不适用. A row with neither 得分 nor 说明 is one of the template that nobody filled in."""
    if checked.plan.notes_required and layout.NOTE not in table.columns and table.complete:
        table.missing(layout.NOTE)
        return
    marks: set[tuple[str, str, str]] = set()
    off: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in table.rows():
        subject, code = checked.subject(row), checked.indicator(row)
        if row.is_empty(layout.MARK, layout.NOTE) and subject and code:
            continue
        if clean_text(row.raw(layout.MARK)) == layout.NOT_APPLICABLE:
            _read_off(row, subject, code, checked, off)
        else:
            _read_mark(row, subject, code, checked, marks)
        if not row.ok:
            checked.tainted.add((subject, code))


def _read_off(row: Row, subject: str, code: str, checked: Checked, seen: dict[tuple[str, str], set[str]]) -> None:
    """不适用 for a subject. Several assessors may say the same of one indicator; the first row is kept."""
    found = NotApplicableRow(subject, code, row.text(layout.ASSESSOR, 120), row.text(layout.NOTE, TEXT_LENGTH), row.row)
    if not row.ok:
        return
    said_by = seen[subject, code]
    if found.assessor in said_by:
        row.bad(
            layout.SUBJECT, _("“%(code)s” is set 不适用 for “%(subject)s” twice.") % {"code": code, "subject": subject}
        )
        return
    if not said_by:
        checked.content.not_applicable.append(found)
    said_by.add(found.assessor)


def _read_mark(row: Row, subject: str, code: str, checked: Checked, seen: set[tuple[str, str, str]]) -> None:
    node = checked.tree.get(code)
    points = canonical(node.points) if node else ""
    value = row.number(layout.MARK, number_to(points, layout.NOT_APPLICABLE), needed=True)
    note = row.text(layout.NOTE, TEXT_LENGTH)
    assessor = _assessor(row, node)
    is_mark_leaf = node is not None and node.method in {"marks", "carried"}
    if checked.plan.notes_required and not note and is_mark_leaf and row.ok:
        row.bad(layout.NOTE, _("A mark needs a note (评分说明); this cell is empty."))
    if not row.ok or value is None:
        return
    if (subject, code, assessor) in seen:
        values = {"subject": subject, "code": code, "assessor": assessor or "—"}
        row.bad(layout.SUBJECT, _("%(assessor)s marks “%(subject)s” on “%(code)s” a second time.") % values)
        return
    seen.add((subject, code, assessor))
    checked.content.marks.append(MarkRow(subject, code, assessor, value, note, row.row))


def _assessor(row: Row, node: Node | None) -> str:
    """The assessor of a mark: empty means the only one that the plan names."""
    name = row.text(layout.ASSESSOR, 120)
    names = [assessor.name for assessor in node.assessors] if node else []
    if not name and len(names) == 1:
        return names[0]
    if names and name not in names:
        values = {"name": name, "names": "、".join(names)}
        if name:
            text = _("“%(name)s” does not mark this indicator; expected one of: %(names)s.")
        else:
            text = _("Several assessors mark this indicator: say which of %(names)s.")
        row.bad(layout.ASSESSOR, text % values)
    return name


def _repeated(row: Row, subject: str, code: str, seen: set[tuple[str, str]]) -> bool:
    if (subject, code) in seen:
        values = {"subject": subject, "code": code}
        row.bad(layout.SUBJECT, _("“%(subject)s” has an entry on “%(code)s” already, further up.") % values)
        return True
    seen.add((subject, code))
    return False


def read_attainments(table: Table, checked: Checked) -> None:
    seen: set[tuple[str, str]] = set()
    for row in table.rows():
        subject, code = checked.subject(row), checked.indicator(row)
        if row.is_empty(layout.TARGET, layout.ACTUAL) and subject and code:
            continue
        target = row.number(layout.TARGET, ABOVE_ZERO, needed=True)
        actual = row.number(layout.ACTUAL, A_NUMBER, needed=True)
        if row.ok and not _repeated(row, subject, code, seen) and target is not None and actual is not None:
            checked.content.attainments.append(AttainmentRow(subject, code, target, actual, row.row))
        if not row.ok:
            checked.tainted.add((subject, code))


def read_numbers(table: Table, checked: Checked) -> None:
    seen: set[tuple[str, str]] = set()
    for row in table.rows():
        subject, code = checked.subject(row), checked.indicator(row)
        if row.is_empty(layout.NUMBER) and subject and code:
            continue
        value = row.number(layout.NUMBER, A_NUMBER, needed=True)
        if row.ok and not _repeated(row, subject, code, seen) and value is not None:
            checked.content.numbers.append(NumberRow(subject, code, value, row.row))
        if not row.ok:
            checked.tainted.add((subject, code))


def read_events(table: Table, checked: Checked) -> None:
    for row in table.rows():
        subject, code = checked.subject(row), checked.indicator(row)
        item = row.code(layout.CATALOGUE_ITEM, needed=False)
        count = row.number(layout.COUNT, WHOLE_NUMBER)
        value = row.number(layout.WORTH, ABOVE_ZERO)
        node = checked.tree.get(code)
        if node and node.catalogue and row.is_empty(layout.CATALOGUE_ITEM):
            items = "、".join(entry.code for entry in node.catalogue)
            row.bad(layout.CATALOGUE_ITEM, _("This cell is empty; expected one of: %(items)s.") % {"items": items})
        found = EventRow(
            subject=subject,
            indicator=code,
            item=item,
            count=Decimal(1) if count is None else count,
            value=_own_value(node, item, value),
            matter=row.text(layout.MATTER, 240),
            basis=row.text(layout.BASIS, 500),
            date=row.date(layout.DATE),
            status=row.choice(layout.STATUS, layout.STATUSES, "approved"),
            row=row.row,
        )
        if row.ok:
            checked.content.events.append(found)


def _own_value(node: Node | None, item: str, value: Decimal | None) -> Decimal | None:
    """The value as events keep it: None where the catalogue's only value is stated once more."""
    items = {entry.code: entry for entry in node.catalogue} if node else {}
    if value is not None and item in items and items[item].values == (value,):
        return None
    return value
