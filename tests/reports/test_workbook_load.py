"""What loading a workbook changes: nothing twice, nothing entered by hand lost without a trace, nothing by half."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from indicators.services import ensure_plan
from reports.workbook import WorkbookRefused, load_workbook_file, preview_workbook_file
from reviews.models import Ballot, BallotMark, Event, Mark, NotApplicable, PaperTally, Phase, Round, Subject
from reviews.services.errors import NotAllowed
from scoring.models import Computation
from tests.factories import make_unit, make_user
from tests.oracle.generate import make_workbook
from units.models import AuditEntry, Role

pytestmark = pytest.mark.django_db

MARKS, EVENTS, VOTES, SUBJECTS = "评分", "事项", "选票", "对象"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A complete, tidy workbook of a district round with six units."""
    return Path(make_workbook(tmp_path / "in.xlsx", "district-2020", 3, subjects=6, hard=False))


def load(path: Path, *, whole: bool = True, **options: Any) -> Any:
    return load_workbook_file(path, by=options.pop("by", None), allow_missing=True, whole=whole, **options)


def edit(path: Path, change: Callable[[openpyxl.Workbook], None]) -> Path:
    copy = path.with_name(f"{path.stem}-edited.xlsx")
    shutil.copy(path, copy)
    workbook = openpyxl.load_workbook(copy)
    change(workbook)
    workbook.save(copy)
    return copy


def cell(workbook: openpyxl.Workbook, sheet: str, row: int, head: str) -> Any:
    heads = [one.value for one in workbook[sheet][1]]
    return workbook[sheet].cell(row, heads.index(head) + 1)


def rows() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


def touched(report: Any) -> dict[str, tuple[int, int, int]]:
    """Sheet → new, changed, withdrawn, where there is any."""
    counts = {name: (c.new, c.changed, c.withdrawn) for name, c in report.counts.items()}
    return {name: count for name, count in counts.items() if any(count)}


def test_the_same_workbook_twice_changes_nothing(book: Path) -> None:
    first = load(book)
    before, stamps = rows(), list(Mark.objects.values_list("pk", "version", "updated_at"))
    version = Round.objects.get().input_version
    second = load(book)
    assert first.opened
    assert not second.opened
    assert touched(second) == {}
    assert rows() == before
    assert list(Mark.objects.values_list("pk", "version", "updated_at")) == stamps
    assert Round.objects.get().input_version == version
    assert second.computation.digest == first.computation.digest


def test_a_changed_row_is_changed_with_from_and_to(book: Path) -> None:
    load(book)

    def change(workbook: openpyxl.Workbook) -> None:
        cell(workbook, MARKS, 2, "得分").value = 0.25

    mark = _mark_of_row(book, 2)
    before = mark.value
    report = load(edit(book, change))
    mark.refresh_from_db()
    assert (mark.value, mark.version) == (Decimal("0.25"), 2)
    assert touched(report) == {MARKS: (0, 1, 0)}
    entry = AuditEntry.objects.get(action="enter mark")
    assert entry.changes["mark"] == [f"{before.normalize():f}", "0.25"]


def _mark_of_row(path: Path, row: int) -> Mark:
    workbook = openpyxl.load_workbook(path)
    subject, indicator = (str(cell(workbook, MARKS, row, head).value) for head in ("对象编码", "指标编码"))
    return Mark.objects.get(subject__code=subject, indicator=indicator)


def test_what_an_earlier_workbook_brought_is_withdrawn(book: Path) -> None:
    load(book)
    marks, votes = Mark.objects.count(), BallotMark.objects.count()

    def change(workbook: openpyxl.Workbook) -> None:
        for sheet in (MARKS, VOTES):
            workbook[sheet].delete_rows(2)

    report = load(edit(book, change))
    assert touched(report) == {MARKS: (0, 0, 1), VOTES: (0, 0, 1)}
    assert (Mark.objects.count(), BallotMark.objects.count()) == (marks - 1, votes - 1)
    assert AuditEntry.objects.filter(action="clear mark").count() == 1
    assert not AuditEntry.objects.filter(target__icontains="ballot").exists()


def test_the_workbook_wins_over_the_browser_where_it_says_the_same_cell(book: Path) -> None:
    load(book)
    mark = _mark_of_row(book, 2)
    stated = mark.value
    Mark.objects.filter(pk=mark.pk).update(value=Decimal("0.1"), source="browser", version=5)
    own = NotApplicable.objects.create(subject=mark.subject, indicator="B", note="会议定", source="browser")
    Event.objects.filter(subject=mark.subject, indicator="B").delete()

    def change(workbook: openpyxl.Workbook) -> None:
        heads = [one.value for one in workbook[EVENTS][1]]
        subject, indicator = heads.index("对象编码"), heads.index("指标编码")
        for row in range(workbook[EVENTS].max_row, 1, -1):
            values = [one.value for one in workbook[EVENTS][row]]
            if (str(values[subject]), values[indicator]) == (mark.subject.code, "B"):
                workbook[EVENTS].delete_rows(row)

    report = load(edit(book, change) if EVENTS in openpyxl.load_workbook(book).sheetnames else book)
    mark.refresh_from_db()
    assert (mark.value, mark.source, mark.version) == (stated, "workbook", 6)
    assert NotApplicable.objects.filter(pk=own.pk).exists()
    assert touched(report)[MARKS] == (0, 1, 0)


def test_a_missing_sheet_stays_in_the_browser_and_is_empty_headless(book: Path) -> None:
    load(book)
    marks = Mark.objects.count()

    def change(workbook: openpyxl.Workbook) -> None:
        del workbook[MARKS]

    without = edit(book, change)
    load(without, whole=False)
    assert Mark.objects.count() == marks
    report = load(without, whole=True)
    assert Mark.objects.count() == 0
    assert touched(report) == {MARKS: (0, 0, marks)}


def test_subjects_that_are_not_listed_stay_in_the_browser_and_go_headless(book: Path) -> None:
    load(book)
    last = Subject.objects.order_by("order").last()
    assert last is not None

    def change(workbook: openpyxl.Workbook) -> None:
        for name in workbook.sheetnames[1:]:
            heads = [one.value for one in workbook[name][1]]
            places = [heads.index(head) for head in ("编码", "对象编码", "投票对象") if head in heads]
            for row in range(workbook[name].max_row, 1, -1):
                if last.code in {str(workbook[name].cell(row, place + 1).value) for place in places}:
                    workbook[name].delete_rows(row)

    fewer = edit(book, change)
    report = load(fewer, whole=False)
    assert Subject.objects.count() == 6
    assert any(last.code in notice for notice in report.notices)
    load(fewer, whole=True)
    assert Subject.objects.count() == 5


def test_events_are_matched_by_what_they_say(book: Path) -> None:
    def two_alike(workbook: openpyxl.Workbook) -> None:
        sheet = workbook[EVENTS] if EVENTS in workbook.sheetnames else workbook.create_sheet(EVENTS)
        sheet.delete_rows(1, sheet.max_row)
        sheet.append(["对象编码", "指标编码", "条目", "数量", "分值", "事由", "状态"])
        code = cell(workbook, SUBJECTS, 2, "编码").value
        for status in (None, None, "待审核"):
            sheet.append([code, "D", "D-1", 1, 0.5, "通报", status])

    path = edit(book, two_alike)
    load(path)
    assert sorted(Event.objects.values_list("status", flat=True)) == ["approved", "approved", "pending"]
    pending = Event.objects.get(status="pending")
    again = load(path)
    assert touched(again) == {}

    def approve(workbook: openpyxl.Workbook) -> None:
        workbook[EVENTS].cell(4, 7).value = "已审核"

    report = load(edit(path, approve))
    pending.refresh_from_db()
    assert pending.status == "approved"
    assert touched(report) == {EVENTS: (0, 1, 0)}
    assert AuditEntry.objects.get(action="decide event").changes["status"] == ["pending", "approved"]


def test_a_changed_slip_is_written_anew_and_no_voter_is_kept(book: Path) -> None:
    load(book)
    slips = Ballot.objects.count()

    def change(workbook: openpyxl.Workbook) -> None:
        cell(workbook, VOTES, 2, "评价").value = "弃权"

    report = load(edit(book, change))
    assert touched(report) == {VOTES: (0, 1, 0)}
    assert Ballot.objects.count() == slips
    assert BallotMark.objects.filter(answer="").count() == 1
    fields = {field.name for model in (Ballot, BallotMark, PaperTally) for field in model._meta.get_fields()}
    assert not fields & {"voter", "voting_subject", "user", "created_by", "created_at"}


def test_a_preview_counts_and_writes_nothing(book: Path) -> None:
    before = rows()
    report = preview_workbook_file(book, by=None, allow_missing=True, whole=True)
    assert report.opened
    assert report.counts[SUBJECTS].new == 6
    assert rows() == before


def test_an_error_changes_nothing(book: Path) -> None:
    load(book)
    before, digest = rows(), Computation.objects.get(is_current=True).digest

    def change(workbook: openpyxl.Workbook) -> None:
        cell(workbook, MARKS, 2, "得分").value = 1000
        cell(workbook, MARKS, 3, "得分").value = 0

    with pytest.raises(WorkbookRefused) as refused:
        load(edit(book, change))
    (problem,) = refused.value.problems
    assert problem.sheet == MARKS
    assert rows() == before
    assert Computation.objects.get(is_current=True).digest == digest


def test_a_round_that_takes_no_input(book: Path) -> None:
    load(book)
    Round.objects.update(phase=Phase.ANNOUNCED)
    with pytest.raises(WorkbookRefused) as refused:
        load(book)
    (problem,) = refused.value.problems
    assert problem.place == "方案!B3"


def test_a_workbook_of_another_round(book: Path) -> None:
    chosen = load(book)

    def change(workbook: openpyxl.Workbook) -> None:
        workbook["方案"]["B3"] = "2019"

    with pytest.raises(WorkbookRefused) as refused:
        load(edit(book, change), round=Round.objects.get(pk=chosen.round_id), whole=False)
    assert [problem.place for problem in refused.value.problems] == ["方案!B3"]


def test_who_may_not(book: Path) -> None:
    for role in (Role.ASSESSOR, Role.LEADER, Role.AUDITOR, Role.ADMIN):
        with pytest.raises(NotAllowed):
            load(book, by=make_user(role))
    assert not Round.objects.exists()
    assert load(book, by=make_user(Role.OFFICE)).opened


def test_subjects_are_linked_to_units_of_the_same_name(book: Path) -> None:
    workbook = openpyxl.load_workbook(book)
    names = [cell(workbook, SUBJECTS, row, "名称").value for row in range(2, 8)]
    once = next(name for name in names if names.count(name) == 1)
    unit = make_unit(once)
    load(book)
    assert Subject.objects.get(name=once).unit == unit
    assert Subject.objects.exclude(name=once).filter(unit__isnull=False).count() == 0


def test_the_number_of_queries_does_not_follow_the_rows(tmp_path: Path) -> None:
    ensure_plan("district-2020")
    counts = []
    for subjects in (5, 40):
        path = make_workbook(tmp_path / f"{subjects}.xlsx", "district-2020", subjects, subjects=subjects, hard=False)
        for _again in range(2):
            with CaptureQueriesContext(connection) as queries:
                load(Path(path))
            # Large inserts come in batches, whose number is not looked at here.
            counts.append(sum(not query["sql"].startswith("INSERT") for query in queries.captured_queries))
    first, first_again, second, second_again = counts
    assert first == second
    assert first_again == second_again
