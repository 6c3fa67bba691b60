"""Reads all sheets against the plan: typed rows on the one side, every error with its cell on the other.

Here is checked what a sheet can get wrong: cells, codes that nobody has, rows that say a thing twice, self-votes,
notes. Whether the inputs fit the plan's rules is the engine's to say (`engine_errors.py` puts its words to the cells).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _

from appraisal_site.lib.fields import canonical
from reviews.services.bulk import content as sections
from reviews.services.bulk.content import SubjectRow
from reviews.tree import Tree
from scoring.engine.types import FactDefinition, FactType, Plan

from . import layout
from .check_inputs import read_attainments, read_events, read_numbers, read_scores
from .check_votes import read_earlier, read_tallies, read_votes
from .checked import Checked
from .parse import A_NUMBER, Row, Table
from .problems import Problems
from .read import RawSheet

_SECTIONS = {
    layout.SCORES: (sections.MARKS, sections.NOT_APPLICABLE),
    layout.ATTAINMENTS: (sections.ATTAINMENTS,),
    layout.NUMBERS: (sections.NUMBERS,),
    layout.EVENTS: (sections.EVENTS,),
    layout.VOTES: (sections.BALLOTS,),
    layout.TALLIES: (sections.TALLIES,),
    layout.EARLIER: (sections.EARLIER,),
}


def check_workbook(
    raw: Mapping[str, RawSheet], plan: Plan, problems: Problems, *, others: Iterable[SubjectRow] = ()
) -> Checked:
    """Read every sheet but 方案 (see `heading.py`). Errors go to `problems`.

    `others`: subjects that the round has besides those of the sheet 对象; with them that sheet may be missing.
    """
    checked = Checked(plan, Tree(plan), problems)
    known = {row.code: row for row in others}
    if layout.SUBJECTS in raw or not known:
        _read_subjects(raw, checked)
    checked.listed = dict(checked.subjects)
    checked.subjects = known | checked.listed
    readers = {
        layout.SCORES: read_scores,
        layout.ATTAINMENTS: read_attainments,
        layout.NUMBERS: read_numbers,
        layout.EVENTS: read_events,
        layout.VOTES: read_votes,
        layout.TALLIES: read_tallies,
        layout.EARLIER: read_earlier,
    }
    stated: list[str] = []
    for name, read in readers.items():
        if name not in raw:
            continue
        stated += _SECTIONS[name]
        table = checked.tables[name] = Table(raw[name], layout.LAYOUTS[name], problems)
        read(table, checked)
        raw[name].rows = []  # what was read is kept as typed rows; a large sheet is not kept twice
    checked.content.stated = frozenset({*stated, sections.FACTS})
    return checked


# ---------------------------------------------------------------------------- subjects and facts


def _read_subjects(raw: Mapping[str, RawSheet], checked: Checked) -> None:
    if layout.SUBJECTS not in raw:
        checked.problems.add(layout.SUBJECTS, "A1", _("The sheet %(sheet)s is missing.") % {"sheet": layout.SUBJECTS})
        return
    facts = {fact.title: fact.code for fact in checked.plan.facts}
    facts |= {fact.code: fact.code for fact in checked.plan.facts}
    table = Table(raw[layout.SUBJECTS], layout.LAYOUTS[layout.SUBJECTS], checked.problems, also=facts)
    checked.tables[layout.SUBJECTS] = table
    for row in table.rows():
        code = row.code(layout.CODE)
        found = SubjectRow(
            code=code,
            name=row.text(layout.NAME, 120, needed=True),
            category=row.text(layout.CATEGORY, 60, needed=True),
            group=row.text(layout.GROUP, 60),
            facts={f.code: _fact(row, f) for f in checked.plan.facts if f.code in table.columns},
            row=row.row,
        )
        if code in checked.subjects:
            row.bad(layout.CODE, _("The subject “%(code)s” is there twice.") % {"code": code})
        elif code:
            # Kept although a cell may be wrong: that other sheets name it is no further error.
            checked.subjects[code] = found
            checked.content.subjects.append(found)
    if table.complete and not checked.subjects and not checked.problems:
        below = table.cell(table.raw.header_row + 1, layout.CODE)
        checked.problems.add(layout.SUBJECTS, below, _("A round needs at least one subject."))


def _fact(row: Row, fact: FactDefinition) -> str:
    """The stored form of a fact's cell, "" if it is empty."""
    if fact.type is FactType.NUMBER:
        value = row.number(fact.code, A_NUMBER)
        return "" if value is None else canonical(value)
    if fact.type is FactType.CHOICE:
        return str(row.choice(fact.code, {choice: choice for choice in fact.choices}, ""))
    value = row.raw(fact.code)
    if isinstance(value, bool):
        return "true" if value else "false"
    words = {layout.YES: "true", layout.NO: "false"}
    if isinstance(value, str) and value.strip().upper() in {"TRUE", "FALSE"}:
        return value.strip().lower()
    return str(row.choice(fact.code, words, ""))
