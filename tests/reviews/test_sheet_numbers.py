"""The score sheet where it is not one assessor's marks: targets and actuals, single numbers, several assessors."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from indicators import plan_file
from indicators.services import import_plan
from reviews.models import Attainment, Mark, NotApplicable, NumberInput, Target, TargetState
from reviews.queries.keystroke import light_round
from reviews.queries.sheet import grid_of
from reviews.services.applicability import set_not_applicable
from reviews.services.errors import Conflict, InvalidInput
from reviews.services.numbers import NumberRow, rows_of, save_numbers, token
from reviews.services.rounds import NewSubject, open_round
from reviews.services.sheet import Wish, save_cells
from reviews.views._common import tree_of
from tests.factories import client_for, make_unit, make_user
from units.models import AuditEntry, Role, RoleGrant, User

from .test_sheet_api import Desk

pytestmark = pytest.mark.django_db
PLAN = """
code = "numbers"
title = "小方案"
subjects = "units"
period = "year"
categories = ["甲类"]
grades = ["好", "差"]

[[indicators]]
code = "R"
title = "总分"
points = 100

[[indicators]]
code = "A"
parent = "R"
title = "招商引资"
points = 40
method = "attainment"
assessors = ["投资局"]

[[indicators]]
code = "N"
parent = "R"
title = "办结率"
points = 20
method = "ratio_to_best"
assessors = ["投资局"]

[[indicators]]
code = "J"
parent = "R"
title = "共同评价"
points = 40
method = "marks"
assessors = ["投资局", "统计局"]

[[rules]]
rule = "thresholds"
minimums = { "好" = 60 }
otherwise = "差"
"""


class NumberDesk(Desk):
    def __init__(self, rule: str = "", *, alone: bool = False) -> None:
        """`rule`: a line of the plan's own. `alone`: the first assessor of J is its only one."""
        text = PLAN.replace('["投资局", "统计局"]', '["投资局"]') if alone else PLAN
        self.units = {name: make_unit(name) for name in ("投资局", "统计局")}
        version, _new = import_plan(document=plan_file.load(text.replace("period =", f"{rule}\nperiod =")), by=None)
        rows = [NewSubject(f"S{number}", f"对象{number}", "甲类") for number in range(3)]
        self.round = open_round(version=version, name="2026", title="2026", deadline=None, subjects=rows, by=None)
        self.subjects = list(self.round.subjects.order_by("order"))
        self.user = make_user(Role.ASSESSOR, self.units["投资局"], name="张一")
        self.client = client_for(self.user)
        self.sheet = self.of("A")

    def of(self, code, assessor="投资局"):
        return self.round.assignments.get(indicator=code, assessor=assessor)

    def part(self, part, value, **more):
        return self.cell(value, part=part, note="", **more)

    def pair(self, target, actual, seen=("", "")):
        cell = {"assignment": self.sheet.pk, "subject": self.subjects[0].pk}
        cells = [
            cell | {"part": "target", "value": target, "seen": seen[0]},
            cell | {"part": "actual", "value": actual, "seen": seen[1]},
        ]
        return self.post("sheet_cells", {"cells": cells}).json()["cells"]


@pytest.fixture
def desk():
    return NumberDesk()


def test_columns_of_numbers_have_their_parts(desk):
    leaves = {leaf["code"]: leaf for leaf in desk.data()["leaves"]}
    assert list(leaves) == ["A", "N", "J"]
    assert [part["part"] for part in leaves["A"]["parts"]] == ["target", "actual"]
    assert "parts" not in leaves["N"]
    assert [leaves[code]["points"] for code in leaves] == [None, None, "40"]


def test_target_and_actual_are_saved_together(desk):
    target, actual = desk.pair("100", "８０")
    assert (target["state"], target["v"], actual["state"], actual["v"]) == ("saved", "100", "saved", "80")
    row = Attainment.objects.get()
    assert (row.target, row.actual, row.updated_by) == (100, 80, desk.user)
    cells = desk.data()["cells"]
    assert cells[f"{desk.key()}:target"]["v"] == "100"
    assert cells[f"{desk.key()}:actual"] == desk.changes(0)["cells"][f"{desk.key()}:actual"]


def test_one_part_changes_without_the_other_being_seen_anew(desk):
    target, actual = desk.pair("100", "80")
    changed = desk.part("actual", "90", seen=actual["seen"])
    assert changed.status_code == 200
    assert desk.part("target", "120", seen=target["seen"]).status_code == 200
    row = Attainment.objects.get()
    assert (row.target, row.actual) == (120, 90)
    clash = desk.part("actual", "95", seen=actual["seen"])
    assert (clash.status_code, clash.json()["theirs"]["v"]) == (409, "90")
    assert Attainment.objects.get().actual == 90


def test_a_part_alone_waits_for_the_other(desk):
    response = desk.part("target", "100")
    assert (response.status_code, response.json()["field"]) == (422, "pair")
    assert not Attainment.objects.exists()
    assert [answer["state"] for answer in desk.pair("100", "80")] == ["saved", "saved"]


def test_both_parts_can_be_emptied(desk):
    seen = [answer["seen"] for answer in desk.pair("100", "80")]
    assert [(answer["state"], answer["v"]) for answer in desk.pair("", "", seen)] == [("saved", ""), ("saved", "")]
    assert not Attainment.objects.exists()


@pytest.mark.parametrize(("target", "actual"), [("0", "1"), ("-5", "1"), ("x", "1"), ("5", "一")])
def test_wrong_figures_are_refused(desk, target, actual):
    assert [answer["state"] for answer in desk.pair(target, actual)] == ["refused", "refused"]
    assert not Attainment.objects.exists()


def test_a_confirmed_target_stands_there_and_the_actual_alone_is_enough(desk):
    Target.objects.create(subject=desk.subjects[0], indicator="A", value=Decimal(50), state=TargetState.CONFIRMED)
    cell = desk.data()["cells"][f"{desk.key()}:target"]
    assert (cell["v"], bool(cell["locked"])) == ("50", True)
    assert desk.part("actual", "40").status_code == 200
    assert Attainment.objects.get().target == 50
    refused = desk.part("target", "60", seen="=50")
    assert refused.status_code == 422
    assert Attainment.objects.get().target == 50


def test_a_single_number(desk):
    sheet = desk.of("N")
    answer = desk.cell("97.25", sheet=sheet, note="").json()
    assert (answer["state"], answer["v"]) == ("saved", "97.25")
    again = desk.cell("98", sheet=sheet, note="", seen=answer["seen"])
    assert again.status_code == 200
    assert NumberInput.objects.get().value == 98
    assert desk.cell("-1", sheet=sheet, subject=1, note="").status_code == 422
    assert desk.cell("99", sheet=sheet, note="", seen=answer["seen"]).status_code == 409
    assert desk.cell("", sheet=sheet, note="", seen=again.json()["seen"]).json()["v"] == ""
    assert not NumberInput.objects.exists()


def test_only_the_office_leaves_numbers_out(desk):
    sheet = desk.of("N")
    assert desk.cell("", sheet=sheet, na=True, note="").status_code == 422
    set_not_applicable(subject=desk.subjects[0], indicator="N", by=make_user(Role.OFFICE))
    cell = desk.changes(0)["cells"][desk.key(sheet=sheet)]
    assert cell["na"]
    assert desk.data()["cells"][desk.key(sheet=sheet)] == cell
    assert desk.cell("5", sheet=sheet, note="").status_code == 422


def test_readers_see_marks_but_no_columns_of_numbers(desk):
    auditor = client_for(make_user(Role.AUDITOR))
    assert [leaf["code"] for leaf in desk.data(auditor)["leaves"]] == ["J", "J"]


def test_a_block_of_marks_and_numbers(desk):
    cells = [
        {"assignment": desk.of("J").pk, "subject": desk.subjects[0].pk, "value": "30"},
        {"assignment": desk.of("N").pk, "subject": desk.subjects[0].pk, "value": "90"},
        {"assignment": desk.of("J").pk, "subject": desk.subjects[1].pk, "value": "41"},
        {"assignment": desk.of("N").pk, "subject": 10**9, "value": "90"},
    ]
    answers = desk.post("sheet_cells", {"cells": cells}).json()["cells"]
    assert [answer["state"] for answer in answers] == ["saved", "saved", "refused", "refused"]


# ---------------------------------------------------------------- several assessors of one leaf


def test_each_assessor_sees_its_own_marks_and_the_office_all(desk):
    other = client_for(make_user(Role.ASSESSOR, desk.units["统计局"], name="李二"))
    mine, theirs = desk.of("J"), desk.of("J", "统计局")
    assert desk.cell("30", sheet=mine).status_code == 200
    assert desk.cell("20", sheet=theirs, client=other).status_code == 200
    assert desk.cell("20", sheet=theirs).status_code == 403
    assert set(desk.data()["cells"]) == {desk.key(sheet=mine)}
    assert set(desk.changes(0, other)["cells"]) == {desk.key(sheet=theirs)}
    cells = desk.data(client_for(make_user(Role.OFFICE)))["cells"]
    assert {key: cell["v"] for key, cell in cells.items()} == {desk.key(sheet=mine): "30", desk.key(sheet=theirs): "20"}


def test_what_one_leaves_out_the_other_may_not_mark(desk):
    other = client_for(make_user(Role.ASSESSOR, desk.units["统计局"], name="李二"))
    mine, theirs = desk.of("J"), desk.of("J", "统计局")
    desk.cell("30", sheet=mine)
    refused = desk.cell("", sheet=theirs, na=True, client=other)
    assert refused.status_code == 422
    assert not NotApplicable.objects.exists()


def test_an_account_of_both_assessors_saves_both_columns_of_a_leaf_at_once(desk):
    """Both columns share the leaf's 不适用: one after the other, and the second finds what the first did."""
    RoleGrant.objects.create(user=desk.user, role=Role.ASSESSOR, unit=desk.units["统计局"])
    columns = [desk.of("J"), desk.of("J", "统计局")]
    both = [{"assignment": one.pk, "subject": desk.subjects[0].pk, "value": "", "na": True} for one in columns]
    answers = desk.post("sheet_cells", {"cells": both}).json()["cells"]
    assert [(answer["state"], answer["na"]) for answer in answers] == [("saved", True), ("saved", True)]
    assert NotApplicable.objects.count() == 1
    mixed = [
        {"assignment": columns[0].pk, "subject": desk.subjects[1].pk, "value": "9"},
        {"assignment": columns[1].pk, "subject": desk.subjects[1].pk, "value": "", "na": True},
    ]
    answers = desk.post("sheet_cells", {"cells": mixed}).json()["cells"]
    assert [answer["state"] for answer in answers] == ["saved", "refused"]
    assert Mark.objects.count() == 1


# ---------------------------------------------------------------- marks for the own unit


def own_unit(desk, *names):
    """The subjects in their order become units of these names ("" leaves one as it is)."""
    for subject, name in zip(desk.subjects, names, strict=False):
        if name:
            subject.unit = desk.units[name]
            subject.save()


def test_a_mark_for_the_own_unit_is_known_as_such(desk):
    own_unit(desk, "投资局", "统计局")
    leaves = [leaf for leaf in desk.data(client_for(make_user(Role.OFFICE)))["leaves"] if leaf["code"] == "J"]
    assert [leaf["own"] for leaf in leaves] == [[desk.subjects[0].pk], [desk.subjects[1].pk]]
    assert [row.get("own", False) for row in desk.data()["subjects"]] == [True, False, False]
    assert desk.cell("30", sheet=desk.of("J")).status_code == 200


def test_a_plan_that_forbids_them_closes_those_cells():
    desk = NumberDesk('own_unit_marks = "forbid"')
    own_unit(desk, "投资局")
    sheet = desk.of("J")
    cells = desk.data()["cells"]
    assert list(cells) == [desk.key(sheet=sheet)]
    refused = desk.cell("30", sheet=sheet)
    assert (refused.status_code, refused.json()["message"]) == (422, cells[desk.key(sheet=sheet)]["locked"])
    assert desk.cell("30", sheet=sheet, subject=1).status_code == 200
    news = desk.changes(0)["cells"]
    assert "locked" not in news[desk.key(1, sheet=sheet)]
    # The other assessor marks the subject; nothing is left to the office.
    office = client_for(make_user(Role.OFFICE))
    assert not any(leaf["editable"] for leaf in desk.data(office)["leaves"])
    assert desk.cell("30", sheet=sheet, client=office).status_code == 422
    assert desk.cell("30", sheet=sheet, subject=2, client=office).status_code == 403
    assert Mark.objects.count() == 1


def test_what_no_assessor_may_mark_the_office_enters():
    desk = NumberDesk('own_unit_marks = "forbid"', alone=True)
    own_unit(desk, "投资局")
    office = client_for(make_user(Role.OFFICE, name="考核办"))
    sheet = desk.of("J")
    data = desk.data(office)
    [leaf] = [leaf for leaf in data["leaves"] if leaf["code"] == "J"]
    assert leaf["editable"]
    closed = {key for key, cell in data["cells"].items() if cell.get("locked")}
    assert closed == {desk.key(place, sheet=sheet) for place in (1, 2)}
    assert desk.cell("30", sheet=sheet, client=office).json()["by"] == "考核办"
    assert desk.cell("30", sheet=sheet, subject=1, client=office).status_code == 403
    assert desk.changes(0)["cells"][desk.key(sheet=sheet)]["locked"]
    assert Mark.objects.count() == 1


# ---------------------------------------------------------------- many rows, and only looking


def pairs(desk, actual):
    return [NumberRow(subject.pk, Decimal(actual), Decimal(100), seen="") for subject in desk.subjects]


def test_many_rows_of_numbers_take_no_more_statements_than_one(desk, django_assert_num_queries):
    sheet, user = desk.sheet, User.objects.get(pk=desk.user.pk)
    assert user.grants
    with CaptureQueriesContext(connection) as one:
        save_numbers(assignment=sheet, rows=pairs(desk, 1)[:1], by=user)
    with django_assert_num_queries(len(one)):
        save_numbers(assignment=sheet, rows=pairs(desk, 2)[1:], by=user)
    stored = rows_of(tree_of(desk.round).nodes["A"], [subject.pk for subject in desk.subjects])
    changes = [NumberRow(pk, Decimal(7), row.target, seen=token(row)) for pk, row in stored.items()]
    with CaptureQueriesContext(connection) as two:
        save_numbers(assignment=sheet, rows=changes[:1], by=user)
    with django_assert_num_queries(len(two)):
        assert save_numbers(assignment=sheet, rows=changes[1:], by=user).changed == 2
    assert set(Attainment.objects.values_list("actual", "target", "version")) == {(Decimal(7), Decimal(100), 2)}


def test_a_changed_row_keeps_who_made_it_and_an_emptied_one_goes(desk):
    desk.pair("100", "80")
    other = make_user(Role.ASSESSOR, desk.units["投资局"])
    row = Attainment.objects.get()
    change = NumberRow(row.subject_id, Decimal(90), Decimal(100), seen=token(row))
    save_numbers(assignment=desk.sheet, rows=[change], by=other)
    row.refresh_from_db()
    assert (row.created_by, row.updated_by, row.actual) == (desk.user, other, 90)
    save_numbers(assignment=desk.sheet, rows=[NumberRow(row.subject_id, None, None, seen=token(row))], by=other)
    assert not Attainment.objects.exists()


def test_only_looking_says_the_same_as_saving_and_writes_nothing(desk):
    desk.pair("100", "80")
    mine, marked = desk.of("A"), desk.of("J")
    grid = grid_of(desk.user, light_round(desk.round.pk))
    first, second, third = (subject.pk for subject in desk.subjects)
    wishes = [
        Wish(mine.pk, first, "90", seen="=80", part="actual"),
        Wish(mine.pk, second, "90", part="actual"),
        Wish(marked.pk, first, "41"),
        Wish(marked.pk, second, "40"),
        Wish(marked.pk, third, "39", seen="m1.1"),
    ]
    entries = AuditEntry.objects.count()
    looked = save_cells(grid=grid, wishes=wishes, by=desk.user, only_look=True)
    assert (AuditEntry.objects.count(), Mark.objects.count(), Attainment.objects.get().actual) == (entries, 0, 80)
    said = save_cells(grid=grid, wishes=wishes, by=desk.user)
    assert [str(answer.error) for answer in looked] == [str(answer.error) for answer in said]
    assert [type(answer.error) for answer in said] == [type(None), InvalidInput, InvalidInput, type(None), Conflict]
    assert looked[0].cell["v"] == "80"
    assert said[0].cell["v"] == "90"
