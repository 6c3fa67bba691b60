"""Conflict of interest: marks for the own unit are marked as such, and a plan may forbid them."""

from __future__ import annotations

import copy
import datetime
from decimal import Decimal

import openpyxl
import pytest
from django.urls import reverse

from indicators.services import ensure_plan, import_plan
from reports.workbook.output import write_result
from reviews.models import Mark, NotApplicable
from reviews.queries.progress import leaf_progress, missing_subjects, subject_progress
from reviews.services import errors
from reviews.services.delegation import decide_delegation, delegate
from reviews.services.marks import clear_cell, record_mark, record_not_applicable
from reviews.services.rounds import NewSubject, open_round
from reviews.views._common import tree_of
from reviews.words import today
from scoring.engine.types import InputErrors
from scoring.models import SubjectResult
from scoring.services import run_scoring
from tests.factories import client_for, make_unit, make_user
from units.models import AuditEntry, Person, Role, User

pytestmark = pytest.mark.django_db

SHARED, SOLE = "M1", "M2"


def plan(*, forbid: bool):
    """Two leaves: one of three assessors with weights 1, 2 and 1, one of a single assessor."""
    document = {
        "code": "own-unit-forbid" if forbid else "own-unit-allow",
        "title": "互评方案",
        "subjects": "units",
        "period": "year",
        "grades": ["合格", "不合格"],
        "indicators": [
            {"code": "M", "title": "总分", "points": "20"},
            {
                "code": SHARED,
                "parent": "M",
                "title": "联合评分",
                "points": "10",
                "method": "marks",
                "assessors": [
                    {"name": "甲局"},
                    {"name": "乙局", "weight": "2"},
                    {"name": "丙局"},
                ],
            },
            {
                "code": SOLE,
                "parent": "M",
                "title": "单独评分",
                "points": "10",
                "method": "marks",
                "assessors": [{"name": "甲局"}],
            },
        ],
        "rules": [],
    }
    if forbid:
        document["own_unit_marks"] = "forbid"
    version, _new = import_plan(document=copy.deepcopy(document), by=None)
    return version


class Desk:
    """Three bureaus that mark each other and a fourth that marks nobody."""

    def __init__(self, *, forbid: bool):
        self.units = {name: make_unit(name) for name in ("甲局", "乙局", "丙局", "丁局")}
        self.round = open_round(
            version=plan(forbid=forbid),
            name="2020",
            title="互评",
            deadline=None,
            subjects=[NewSubject(unit.code, name, "", unit=unit) for name, unit in self.units.items()],
            by=None,
        )
        self.office = make_user(Role.OFFICE)
        self.assessors = {name: make_user(Role.ASSESSOR, self.units[name]) for name in ("甲局", "乙局", "丙局")}
        self.tree = tree_of(self.round)

    def subject(self, name):
        return self.round.subjects.get(name=name)

    def sheet(self, assessor, code=SHARED):
        return self.round.assignments.select_related("unit").get(indicator=code, assessor=assessor)

    def mark(self, assessor, subject, value, code=SHARED, by=None):
        account = User.objects.get(pk=(by or self.assessors[assessor]).pk)
        return record_mark(
            assignment=self.sheet(assessor, code), subject=self.subject(subject), value=Decimal(value), by=account
        )

    def score(self, subject, code=SHARED):
        computation = run_scoring(round=self.round)
        row = SubjectResult.objects.get(computation=computation, subject=self.subject(subject))
        return row.document["scores"][code]

    def progress(self, assessor, code=SHARED):
        [leaf] = leaf_progress(self.round, self.tree, [self.sheet(assessor, code)])
        return leaf


@pytest.fixture
def allowing():
    return Desk(forbid=False)


@pytest.fixture
def forbidding():
    return Desk(forbid=True)


# ---------------------------------------------------------------- several assessors


def test_the_score_is_the_weighted_mean_of_three(allowing):
    for assessor, value in (("甲局", "6"), ("乙局", "9"), ("丙局", "8")):
        allowing.mark(assessor, "丁局", value)
    assert allowing.score("丁局")[1] == "8.00"  # (6 + 2 × 9 + 8) ÷ 4


def test_each_assessor_sees_its_own_column_only_and_the_office_all(allowing):
    allowing.mark("乙局", "丁局", "9.25")
    mine, theirs = allowing.sheet("甲局"), allowing.sheet("乙局")
    address = lambda sheet: reverse("reviews:mark_sheet", args=[allowing.round.pk, sheet.pk])  # noqa: E731
    client = client_for(allowing.assessors["甲局"])
    assert client.get(address(theirs)).status_code == 404
    assert "9.25" not in client.get(address(mine)).content.decode()
    assert "9.25" in client_for(allowing.office).get(address(theirs)).content.decode()


def test_what_is_missing_is_counted_for_each_assessor(allowing):
    allowing.mark("乙局", "丁局", "9")
    assert allowing.progress("乙局").missing == 3
    assert allowing.progress("甲局").missing == 4


# ---------------------------------------------------------------- allowed, and marked as such


def test_an_own_mark_counts_and_is_marked_on_every_page(allowing):
    for assessor in ("甲局", "乙局", "丙局"):
        allowing.mark(assessor, "甲局", "8")
    allowing.mark("甲局", "甲局", "8", SOLE)
    run_scoring(round=allowing.round)
    client, pk = client_for(allowing.office), allowing.round.pk
    own, other = allowing.subject("甲局").pk, allowing.subject("丁局").pk
    sheet = client.get(reverse("reviews:mark_sheet", args=[pk, allowing.sheet("甲局").pk])).content.decode()
    assert sheet.count("本单位</span>") == 1
    for name, args in (
        ("scoring:figure", [pk, own, SHARED]),
        ("scoring:subject_result", [pk, own]),
        ("scoring:ranking", [pk]),
    ):
        assert "本单位</span>" in client.get(reverse(name, args=args)).content.decode(), name
    printed = client.get(reverse("scoring:subject_result", args=[pk, own]), {"print": "1"}).content.decode()
    assert "（本单位）" in printed
    assert "本单位</span>" not in client.get(reverse("scoring:subject_result", args=[pk, other])).content.decode()


def test_the_workbook_says_it_in_its_notes(allowing, tmp_path):
    for assessor in ("甲局", "乙局", "丙局"):
        allowing.mark(assessor, "甲局", "8.5")
    path = tmp_path / "out.xlsx"
    write_result(path, run_scoring(round=allowing.round))
    notes = [row for row in openpyxl.load_workbook(path)["说明"].iter_rows(values_only=True) if row[0] == "本单位评分"]
    assert notes == [("本单位评分", "M1 联合评分 · 甲局：甲局 8.5")]


def test_a_person_of_the_unit_is_its_own_too(allowing):
    person = Person.objects.create(code="P1", name="张一", unit=allowing.units["乙局"])
    subject = allowing.subject("丁局")
    subject.unit, subject.person = None, person
    subject.save()
    client = client_for(allowing.assessors["乙局"])
    page = client.get(reverse("reviews:mark_sheet", args=[allowing.round.pk, allowing.sheet("乙局").pk]))
    assert page.content.decode().count("本单位</span>") == 2  # the bureau and its person


# ---------------------------------------------------------------- forbidden


def test_where_others_mark_the_own_mark_is_refused_and_not_waited_for(forbidding):
    with pytest.raises(errors.InvalidInput) as caught:
        forbidding.mark("甲局", "甲局", "10")
    assert caught.value.field == "value"
    assert not Mark.objects.exists()
    forbidding.mark("乙局", "甲局", "9")
    assert forbidding.score("甲局")[0] == "missing"
    forbidding.mark("丙局", "甲局", "6")
    assert forbidding.score("甲局")[1] == "8.00"  # (2 × 9 + 6) ÷ 3


def test_nor_may_it_say_not_applicable_but_it_marks_the_others(forbidding):
    with pytest.raises(errors.InvalidInput):
        record_not_applicable(
            assignment=forbidding.sheet("甲局"), subject=forbidding.subject("甲局"), by=forbidding.assessors["甲局"]
        )
    assert not NotApplicable.objects.exists()
    assert forbidding.mark("甲局", "丁局", "7").value == 7


def test_the_others_scores_need_all_three(forbidding):
    forbidding.mark("乙局", "丁局", "9")
    forbidding.mark("丙局", "丁局", "6")
    assert forbidding.score("丁局")[0] == "missing"


def test_the_office_does_not_mark_where_others_do(forbidding):
    for subject in ("甲局", "丁局"):
        with pytest.raises((errors.InvalidInput, errors.NotAllowed)):
            forbidding.mark("甲局", subject, "5", by=forbidding.office)
    assert not Mark.objects.exists()


def test_where_it_is_the_only_assessor_the_office_enters_the_mark(forbidding):
    with pytest.raises(errors.InvalidInput) as caught:
        forbidding.mark("甲局", "甲局", "10", SOLE)
    assert "考核办" in str(caught.value)
    mark = forbidding.mark("甲局", "甲局", "7.5", SOLE, by=forbidding.office)
    assert (mark.assessor, mark.updated_by) == ("甲局", forbidding.office)
    assert AuditEntry.objects.get(action="enter mark").actor == forbidding.office
    assert forbidding.score("甲局", SOLE)[1] == "7.50"


def test_the_office_enters_no_other_mark_of_that_sheet(forbidding):
    with pytest.raises(errors.NotAllowed):
        forbidding.mark("甲局", "丁局", "5", SOLE, by=forbidding.office)


def test_without_the_rule_the_office_enters_none_at_all(allowing):
    with pytest.raises(errors.NotAllowed):
        allowing.mark("甲局", "甲局", "5", SOLE, by=allowing.office)


def test_a_mark_of_the_office_can_be_taken_back_by_the_office_only(forbidding):
    mark = forbidding.mark("甲局", "甲局", "7", SOLE, by=forbidding.office)
    key = {"assignment": forbidding.sheet("甲局", SOLE), "subject": forbidding.subject("甲局")}
    seen = f"m{mark.pk}.{mark.version}"
    with pytest.raises(errors.InvalidInput):
        clear_cell(**key, by=forbidding.assessors["甲局"], seen=seen)
    clear_cell(**key, by=forbidding.office, seen=seen)
    assert not Mark.objects.exists()


def test_a_workbooks_mark_that_the_plan_forbids_is_an_input_error(forbidding):
    """The upload computes before it commits: its error names subject, leaf and assessor."""
    Mark.objects.create(subject=forbidding.subject("甲局"), indicator=SHARED, assessor="甲局", value=Decimal(5))
    with pytest.raises(InputErrors) as caught:
        run_scoring(round=forbidding.round)
    [error] = caught.value.errors
    assert (error.subject, error.code, error.field, error.key) == (
        forbidding.subject("甲局").code,
        SHARED,
        "mark",
        "甲局",
    )


def test_the_expected_count_leaves_out_whom_nobody_waits_for(forbidding):
    assert forbidding.progress("甲局").expected == 3
    assert forbidding.progress("甲局", SOLE).expected == 4
    missing = missing_subjects(forbidding.round, forbidding.tree, SHARED, "甲局")
    assert [row.name for row in missing] == ["乙局", "丙局", "丁局"]
    [row] = subject_progress(forbidding.round, forbidding.tree, [forbidding.subject("甲局")])
    assert [(node.code, assessor) for node, assessor in row.missing] == [
        (SHARED, "乙局"),
        (SHARED, "丙局"),
        (SOLE, "甲局"),
    ]


def test_excused_and_not_applicable_are_not_counted_twice(forbidding):
    NotApplicable.objects.create(subject=forbidding.subject("甲局"), indicator=SHARED)
    assert forbidding.progress("甲局").expected == 3


def test_where_all_assessors_are_the_own_unit_the_office_enters_each(forbidding):
    forbidding.round.assignments.filter(indicator=SHARED).update(unit=forbidding.units["丁局"])
    for assessor in ("甲局", "乙局", "丙局"):
        forbidding.mark(assessor, "丁局", "6", by=forbidding.office)
    assert forbidding.score("丁局")[1] == "6.00"


def test_the_sheet_closes_the_row_with_its_reason_and_opens_it_to_the_office(forbidding):
    address = reverse("reviews:mark_sheet", args=[forbidding.round.pk, forbidding.sheet("甲局", SOLE).pk])
    pk = forbidding.subject("甲局").pk
    page = client_for(forbidding.assessors["甲局"]).get(address).content.decode()
    assert f'name="seen-{pk}"' not in page
    assert page.count('name="seen-') == 3
    client = client_for(forbidding.office)
    page = client.get(address).content.decode()
    assert f'name="seen-{pk}"' in page
    assert page.count('name="seen-') == 1
    data = {f"seen-{pk}": "", f"was-{pk}": "", f"value-{pk}": "7", f"note-{pk}": ""}
    assert client.post(address, data).status_code == 302
    assert Mark.objects.get().value == 7
    assert client_for(make_user(Role.AUDITOR)).post(address, data).status_code == 403


def test_changing_the_assessors_unit_makes_the_result_stale(forbidding):
    from reviews.services.rounds import assign_assessor

    run_scoring(round=forbidding.round)
    before = forbidding.round.input_version
    assign_assessor(assignment=forbidding.sheet("丙局"), unit=forbidding.units["丁局"], by=forbidding.office)
    forbidding.round.refresh_from_db()
    assert forbidding.round.input_version > before


# ---------------------------------------------------------------- in a colleague's place


def test_a_deputy_from_elsewhere_does_not_mark_its_own_unit(allowing):
    deputy = make_user(Role.SUBJECT, allowing.units["丁局"])
    row = delegate(
        round=allowing.round,
        taker=deputy,
        sheets=[allowing.sheet("甲局")],
        starts=today(),
        ends=today() + datetime.timedelta(days=1),
        reason="借调",
        by=allowing.assessors["甲局"],
    )
    decide_delegation(delegation=row, agreed=True, reason="", by=allowing.office)
    with pytest.raises(errors.InvalidInput):
        allowing.mark("甲局", "丁局", "10", by=deputy)
    assert allowing.mark("甲局", "乙局", "7", by=deputy).value == 7


# ---------------------------------------------------------------- the plan's key


def test_plans_that_do_not_say_so_allow_it():
    version = ensure_plan("district-2020")
    assert "own_unit_marks" not in version.document
    assert tree_of(Desk(forbid=False).round).plan.own_unit_marks == "allow"


def test_the_plans_page_says_what_holds(forbidding):
    address = reverse("indicators:version_detail", args=[forbidding.round.plan_version_id])
    assert "不得为本单位评分" in client_for(forbidding.office).get(address).content.decode()
