"""Loading a round workbook: read, check, open or update the round, compute it; all in one transaction or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from indicators.models import PlanVersion
from indicators.services import UnknownPlan, engine_plan, ensure_plan, preset_codes
from reviews.models import EarlierResult, Round, RoundSetMember, Subject
from reviews.services.bulk import Changes, Content, link_subjects, write_content
from reviews.services.bulk import content as sections
from reviews.services.bulk.content import SubjectRow
from reviews.services.errors import NotAllowed, ReviewError
from reviews.services.rounds import NewSubject, ensure_collecting, open_round
from scoring.engine.types import InputErrors
from scoring.models import Computation
from scoring.services import run_scoring
from units import access, audit
from units.models import User

from . import layout
from .check import check_workbook
from .checked import Checked
from .engine_errors import find_errors, place_errors
from .heading import Heading, read_heading
from .parse import near
from .problems import Problems, WorkbookRefused
from .read import RawSheet, read_workbook

Progress = Callable[[int, str], None]

_SHEET_OF = {
    sections.SUBJECTS: layout.SUBJECTS,
    sections.FACTS: layout.SUBJECTS,
    sections.MARKS: layout.SCORES,
    sections.NOT_APPLICABLE: layout.SCORES,
    sections.ATTAINMENTS: layout.ATTAINMENTS,
    sections.NUMBERS: layout.NUMBERS,
    sections.EVENTS: layout.EVENTS,
    sections.BALLOTS: layout.VOTES,
    sections.TALLIES: layout.TALLIES,
    sections.EARLIER: layout.EARLIER,
}


@dataclass(slots=True)
class LoadReport:
    """What loading did. `counts`: sheet → rows new, changed, withdrawn, unchanged; `digest`: the file's SHA-256."""

    round_id: int
    computation: Computation
    opened: bool
    digest: str
    counts: dict[str, Changes] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)

    def counts_as_json(self) -> list[dict[str, str | int]]:
        return [
            {
                "sheet": sheet,
                "new": changes.new,
                "changed": changes.changed,
                "withdrawn": changes.withdrawn,
                "unchanged": changes.unchanged,
            }
            for sheet, changes in self.counts.items()
        ]


class _OnlyLooked(Exception):
    """Rolls a preview back, and carries its report out."""

    def __init__(self, report: LoadReport) -> None:
        super().__init__()
        self.report = report


def load_workbook_file(
    path: str | Path,
    *,
    by: User | None,
    round: Round | None = None,  # noqa: A002
    allow_missing: bool,
    whole: bool,
    progress: Progress | None = None,
) -> LoadReport:
    """Load a workbook into its round, opening it if there is none, and compute the round.

    `round`: the round it must be of, if the user chose one. `whole`: the workbook is the whole round (a sheet that it
    does not have counts as empty, a subject that it does not list is withdrawn); otherwise what it does not have stays.
    What was entered in the browser stays, unless the workbook says something else of the same: then the workbook wins.
    Also: freezes the plan for a new round, stores the result, writes the audit trail (one entry for the file, one per
    changed or withdrawn row, none for ballots). Loading the same file again changes nothing.

    Raises WorkbookRefused with every error; ReviewError if the round takes no input now, or this account may not.
    """
    with transaction.atomic():
        return _load(Path(path), by, round, allow_missing=allow_missing, whole=whole, tell=progress or _unheard)


def preview_workbook_file(
    path: str | Path,
    *,
    by: User | None,
    round: Round | None = None,  # noqa: A002
    allow_missing: bool,
    whole: bool,
    progress: Progress | None = None,
) -> LoadReport:
    """What `load_workbook_file` would do: everything is done and taken back. Raises the same."""
    try:
        with transaction.atomic():
            tell = progress or _unheard
            report = _load(Path(path), by, round, allow_missing=allow_missing, whole=whole, tell=tell)
            raise _OnlyLooked(report)
    except _OnlyLooked as looked:
        return looked.report


def _unheard(percent: int, message: str) -> None:
    """Nobody watches the progress."""


def _load(
    path: Path, by: User | None, chosen: Round | None, *, allow_missing: bool, whole: bool, tell: Progress
) -> LoadReport:
    if by is not None and not access.may_upload_workbook(by):
        raise NotAllowed
    tell(1, _("Reading the workbook"))
    raw, others = read_workbook(path, layout.LAYOUTS)
    problems, notices = Problems(), _ignored(others)
    tell(15, _("Checking every cell"))
    heading = read_heading(raw, problems, notices)
    version, round_ = _find(heading, chosen, problems) if heading else (None, None)
    if heading is None or version is None:
        raise WorkbookRefused(list(problems))
    checked = _check(raw, version, round_, problems, allow_missing=allow_missing, whole=whole)
    notices += checked.notices
    tell(35, _("Storing the inputs"))
    opened = round_ is None
    link_subjects(checked.content.subjects, people=version.document.get("subjects") == "people")
    target = round_ or _open(heading, version, checked.content, by)
    notices += _overridden(target, checked.content)
    changes = write_content(round=target, content=checked.content, by=by, whole=whole)
    if opened:
        changes[sections.SUBJECTS] = Changes(new=len(checked.content.subjects))
    notices += _unlisted(target, checked.content) if not whole else []
    counts = _by_sheet(changes)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    deadline = _set_deadline(target, heading)
    if any(counts.values()) or deadline:
        _record(by, target, digest, counts, deadline)
    target.refresh_from_db()
    computation = _compute(target, by, checked, allow_missing=allow_missing, tell=tell)
    return LoadReport(target.pk, computation, opened, digest, counts, notices)


# ---------------------------------------------------------------------------- finding and checking


def _ignored(others: Iterable[str]) -> list[str]:
    ours = {layout.INSTRUCTIONS, layout.ERRORS, layout.LISTS}
    text = _("The sheet “%(sheet)s” is not part of a round workbook and was not read.")
    return [text % {"sheet": name} for name in others if name.strip() not in ours]


def _find(heading: Heading, chosen: Round | None, problems: Problems) -> tuple[PlanVersion | None, Round | None]:
    """The plan version and the round, if there is one already; (None, None) and errors if they do not fit."""
    found = Round.objects.filter(plan__code=heading.plan, name=heading.round).first()
    if chosen is not None:
        _check_chosen(heading, chosen, problems)
        found = chosen
    if found is None:
        try:
            return ensure_plan(heading.plan), None
        except UnknownPlan:
            text = _("There is no plan “%(plan)s”; expected the code of a plan, such as district-2020.")
            message = text % {"plan": heading.plan} + near(heading.plan, preset_codes())
            problems.add(layout.PLAN, heading.plan_cell, message)
            return None, None
    if problems:
        return None, None
    try:
        locked = ensure_collecting(found)
    except ReviewError as closed:
        problems.add(layout.PLAN, heading.round_cell, str(closed))
        return None, None
    return locked.plan_version, locked


def _check_chosen(heading: Heading, chosen: Round, problems: Problems) -> None:
    if heading.plan != chosen.plan.code:
        values = {"plan": heading.plan, "expected": chosen.plan.code}
        text = _("The workbook is of the plan “%(plan)s”, this round of “%(expected)s”.") % values
        problems.add(layout.PLAN, heading.plan_cell, text)
    if heading.round != chosen.name:
        values = {"round": heading.round, "expected": chosen.name}
        text = _("The workbook is of the round “%(round)s”, this one is “%(expected)s”.") % values
        problems.add(layout.PLAN, heading.round_cell, text)


def _check(
    raw: dict[str, RawSheet],
    version: PlanVersion,
    round_: Round | None,
    problems: Problems,
    *,
    allow_missing: bool,
    whole: bool,
) -> Checked:
    """Everything the workbook says; raises WorkbookRefused if any of it is wrong.

    What is missing is asked of the workbook alone only if it is the whole round: otherwise the round has inputs of its
    own, and the computation tells.
    """
    alone = whole or round_ is None
    checked = check_workbook(raw, engine_plan(version), problems, others=() if alone else _subjects_of(round_))
    sets = _stored_sets(round_, restated=whole or layout.EARLIER in raw)
    find_errors(checked, sets, allow_missing=allow_missing or not alone)
    if problems:
        raise WorkbookRefused(list(problems))
    return checked


def _subjects_of(round_: Round | None) -> list[SubjectRow]:
    rows = Subject.objects.filter(round=round_).values_list("code", "name", "category", "group")
    return [SubjectRow(*row, facts={}) for row in rows]


def _stored_sets(round_: Round | None, *, restated: bool) -> set[str]:
    """Sets of earlier rounds that the database knows of; those of 往期 only if the workbook does not state it anew."""
    if round_ is None:
        return set()
    sets = set(RoundSetMember.objects.filter(round=round_).values_list("set_name", flat=True))
    if not restated:
        sets |= set(EarlierResult.objects.filter(subject__round=round_).values_list("set_name", flat=True))
    return sets


# ---------------------------------------------------------------------------- writing


def _open(heading: Heading, version: PlanVersion, content: Content, by: User | None) -> Round:
    new = [NewSubject(s.code, s.name, s.category, s.group, s.unit, s.person) for s in content.subjects]
    return open_round(version=version, name=heading.round, title="", deadline=heading.deadline, subjects=new, by=by)


def _overridden(round_: Round, content: Content) -> list[str]:
    """Rounds of this database that the sheet 往期 states too: the sheet wins, and the product says so."""
    members = RoundSetMember.objects.filter(round=round_).values_list("set_name", "earlier__name")
    stated = {(row.set_name, row.round_name) for row in content.earlier}
    text = _("往期: %(set)s, %(round)s is in the database too; the workbook's figures are used.")
    return [text % {"set": name, "round": earlier} for name, earlier in members if (name, earlier) in stated]


def _unlisted(round_: Round, content: Content) -> list[str]:
    listed = {row.code for row in content.subjects}
    others = [code for code in round_.subjects.values_list("code", flat=True) if code not in listed]
    if not others or not listed:
        return []
    text = _("%(count)d subjects of the round are not in the workbook and stay as they are: %(codes)s")
    shown = "、".join(others[:5]) + (" …" if len(others) > 5 else "")
    return [text % {"count": len(others), "codes": shown}]


def _by_sheet(changes: dict[str, Changes]) -> dict[str, Changes]:
    """Sections of one sheet together; facts count as changes of their subject's sheet."""
    counts: dict[str, Changes] = {}
    for section, found in changes.items():
        total = counts.setdefault(_SHEET_OF[section], Changes())
        if section == sections.FACTS:
            total.changed += found.new + found.changed + found.withdrawn if not total.new else 0
            continue
        total.new += found.new
        total.changed += found.changed
        total.withdrawn += found.withdrawn
        total.unchanged += found.unchanged
    return {sheet: total for sheet, total in counts.items() if total or total.unchanged}


def _set_deadline(round_: Round, heading: Heading) -> tuple[object, object] | None:
    if heading.deadline is None or heading.deadline == round_.deadline:
        return None
    before, round_.deadline = round_.deadline, heading.deadline
    round_.save(update_fields=["deadline"])
    return before, heading.deadline


def _changes_in_words(c: Changes) -> str:
    values = {"new": c.new, "changed": c.changed, "withdrawn": c.withdrawn}
    return _("%(new)s new, %(changed)s changed, %(withdrawn)s withdrawn") % values


def _record(
    by: User | None, round_: Round, digest: str, counts: dict[str, Changes], deadline: tuple[object, object] | None
) -> None:
    changes: dict[str, tuple[object, object]] = {"file": (None, digest)}
    for sheet, c in counts.items():
        changes[sheet] = (None, _changes_in_words(c)) if c else (None, None)
    if deadline:
        changes["deadline"] = deadline
    audit.record(by, "load workbook", round_, changes=changes, round_id=round_.pk)


def _compute(round_: Round, by: User | None, checked: Checked, *, allow_missing: bool, tell: Progress) -> Computation:
    """Compute the round. What only shows together with the round's other inputs is an error at its subject."""

    def told(percent: int, message: str) -> None:
        tell(60 + percent * 39 // 100, message)

    try:
        return run_scoring(round=round_, by=by, allow_missing=allow_missing, progress=told)
    except InputErrors as wrong:
        place_errors(checked, wrong.errors)
        raise WorkbookRefused(list(checked.problems)) from wrong
