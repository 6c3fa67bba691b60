"""Roster import: every kind of mistake with its cell, preview, apply, all or nothing, twice the same."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from tests.factories import client_for, make_unit, make_user
from units.models import AuditEntry, Person, Role, Unit
from units.roster import store
from units.roster.check import State, check_roster
from units.roster.compare import CHANGED, NEW, UNCHANGED, compare
from units.roster.layout import PEOPLE, UNITS
from units.roster.problems import UnreadableFile
from units.roster.read import MAX_BYTES
from units.roster.template import write_roster
from units.services.roster import RosterOutdated, apply_roster

pytestmark = pytest.mark.django_db

UNIT_HEAD = [column.title for column in UNITS.columns]
PEOPLE_HEAD = [column.title for column in PEOPLE.columns]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

TOP = ["G1", "区政府", "", "", "", 1, "", ""]
BUREAU = ["B1", "区财政局", "财政局", "G1", "部门", 2, "张一", "0471-1"]
PERSON = ["P1", "李二", "B1", "科长", "一级科员", "干部", "一组", 1, "138"]


def workbook(**sheets: list[list[Any]]) -> bytes:
    """An .xlsx with these sheets; every first row is the headings."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def units_file(*rows: list[Any], people: list[list[Any]] | None = None) -> bytes:
    sheets = {"单位": [UNIT_HEAD, *rows]}
    if people is not None:
        sheets["人员"] = [PEOPLE_HEAD, *people]
    return workbook(**sheets)


def problems(content: bytes) -> list[tuple[str, str]]:
    with translation.override("en"):
        return [(problem.place, problem.text) for problem in check_roster(content, State.load()).problems]


def run(content: bytes, by: Any) -> Any:
    """Preview and apply at once."""
    state = State.load()
    roster = check_roster(content, state)
    assert roster.problems == []
    return apply_roster(content=content, digest=compare(roster, state).digest, filename="花名册.xlsx", by=by)


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


# ---------------------------------------------------------------- what is wrong, and where


@pytest.mark.parametrize(
    ("rows", "place", "words"),
    [
        ([["", "区财政局"]], "单位!A2", "“编码” is empty"),
        ([["B1", ""]], "单位!B2", "“名称” is empty"),
        ([["B1", "甲"], ["Ｂ1", "乙"]], "单位!A3", "“B1” stands in row 2"),
        ([["B1", "甲"], ["B2", "甲"]], "单位!B3", "“甲” stands in row 2"),
        ([["B1", "已有单位"]], "单位!B2", "belongs to the unit with code “OLD”"),
        ([["B1", "甲", "", "nowhere"]], "单位!D2", "no unit with the code “nowhere”"),
        ([["B1", "甲", "", "SHUT"]], "单位!D2", "“SHUT” is not active"),
        ([["B1", "甲", "", "B1"]], "单位!D2", "above itself"),
        ([["B1", "甲", "", "", "", "三"]], "单位!F2", "“三” was found; a whole number"),
        ([["B1", "甲", "", "", "", 1.5]], "单位!F2", "“1.5” was found"),
        ([["B1", "甲", "", "", "", -1]], "单位!F2", "“-1” was found"),
        ([["B1", "甲" * 121]], "单位!B2", "121 characters were found; at most 120"),
        ([["B" * 41, "甲"]], "单位!A2", "at most 40"),
        ([["B1", "甲\n乙"]], "单位!B2", "line break"),
        ([[1234567890123456789, "甲"]], "单位!A2", "lost its last digits"),
        ([["#REF!", "甲"]], "单位!A2", "#REF!"),
    ],
)
def test_each_mistake_in_a_unit_is_named_with_its_cell(rows, place, words):
    make_unit("已有单位", code="OLD")
    make_unit("停用单位", code="SHUT", is_active=False)
    [(found, text)] = problems(units_file(*rows))
    assert found == place
    assert words in text


@pytest.mark.parametrize(
    ("row", "place", "words"),
    [
        (["", "李二", "B1"], "人员!A2", "“编码” is empty"),
        (["P1", "", "B1"], "人员!B2", "“姓名” is empty"),
        (["P1", "李二", ""], "人员!C2", "“单位编码” is empty"),
        (["P1", "李二", "B9"], "人员!C2", "no unit with the code “B9”"),
        (["P1", "李二", "B1", "", "", "", "", "x"], "人员!H2", "a whole number from 0"),
    ],
)
def test_each_mistake_in_a_person_is_named_with_its_cell(row, place, words):
    [(found, text)] = problems(units_file(["B1", "甲"], people=[row]))
    assert found == place
    assert words in text


def test_a_circle_is_found_at_any_length_and_through_stored_units():
    top = make_unit("上", code="A")
    make_unit("中", code="B", parent=top)
    found = problems(units_file(["A", "上", "", "C"], ["C", "下", "", "B"]))
    assert found == [
        ("单位!D2", "The unit would lie below itself: A → C → B → A."),
        ("单位!D3", "The unit would lie below itself: C → B → A → C."),
    ]


def test_several_mistakes_are_all_named():
    found = problems(units_file(["", "甲"], ["B1", ""], people=[["P1", "李二", "B9"]]))
    assert [place for place, _text in found] == ["单位!A2", "单位!B3", "人员!C2"]


@pytest.mark.parametrize(
    ("sheets", "place", "words"),
    [
        ({"单位": [["编码", "名称", "颜色"]]}, "单位!C1", "“颜色” is not known"),
        ({"单位": [["编码", "名称", "编码"]]}, "单位!C1", "there twice"),
        ({"单位": [["编码", "简称"]]}, "单位", "“名称” is missing"),
        ({"单位": [["甲", "乙"]]}, "单位", "No row of headings"),
        ({"单位": [UNIT_HEAD], "别的": [["x"]]}, "别的", "not known"),
        ({"单位": [UNIT_HEAD], "units": [UNIT_HEAD]}, "units", "there twice"),
    ],
)
def test_sheets_and_columns(sheets, place, words):
    [(found, text)] = problems(workbook(**sheets))
    assert found == place
    assert words in text


def damaged() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr("xl/workbook.xml", "not xml")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not an Excel workbook"),
        ("编码,名称".encode(), "not an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "protected by a password or is in the old .xls"),
        (b"PK\x03\x04 cut off", "not an Excel workbook"),
        (damaged(), "damaged"),
        (workbook(别的=[["x"]]), "No sheet of a roster"),
        (b"PK" + b"\0" * MAX_BYTES, "at most 10 MB"),
    ],
    ids=["empty", "text", "password", "cut", "damaged", "no sheet", "large"],
)
def test_a_file_that_is_no_roster_is_refused_in_words(office, content, words):
    with translation.override("en"), pytest.raises(UnreadableFile, match=words):
        check_roster(content, State.load())
    client = client_for(office)
    client.cookies["kaoping_language"] = "en"
    response = client.post(reverse("units:roster"), {"file": SimpleUploadedFile("roster.xlsx", content, XLSX)})
    assert response.status_code == 200
    assert response.context["form"].errors["file"]


def test_a_stray_cell_far_away_costs_nothing():
    book = openpyxl.Workbook()
    page = book.active
    page.title = "单位"
    page.append(["编码", "名称"])
    page.append(["B1", "甲"])
    page.cell(1_048_576, 16_384, "x")
    content = io.BytesIO()
    book.save(content)
    roster = check_roster(content.getvalue(), State.load())
    assert [draft.code for draft in roster.units] == ["B1"]


# ---------------------------------------------------------------- reading what people mean


def test_cells_are_read_as_people_mean_them():
    book = openpyxl.Workbook()
    page = book.active
    page.title = "单位"
    page.append(["花名册"])
    page.append(["编码*", "名称＊", "上级单位编码", "排序", "电话"])
    page.append([7, "　区财政局 ", None, "１２", 13800000000])
    page["A3"].number_format = "000"
    page.append([None, " ", None, None, None])
    page.append(["Ｂ－2", "区教育局", "007", 3.0, "0471-1"])
    content = io.BytesIO()
    book.save(content)
    roster = check_roster(content.getvalue(), State.load())
    assert roster.problems == []
    assert [draft.values for draft in roster.units] == [
        {"code": "007", "name": "区财政局", "parent": "", "order": 12, "phone": "13800000000"},
        {"code": "B-2", "name": "区教育局", "parent": "007", "order": 3, "phone": "0471-1"},
    ]


# ---------------------------------------------------------------- what changes


def test_a_first_import_makes_the_tree_and_the_people(office):
    found = run(units_file(["S1", "国库股", "", "B1"], BUREAU, TOP, people=[PERSON]), office)
    assert found.counts() == {
        "单位": {NEW: 3, CHANGED: 0, UNCHANGED: 0},
        "人员": {NEW: 1, CHANGED: 0, UNCHANGED: 0},
    }
    section = Unit.objects.get(code="S1")
    assert section.parent.code == "B1"
    assert section.parent.parent.code == "G1"
    bureau = section.parent
    assert (bureau.short_name, bureau.category, bureau.order, bureau.contact) == ("财政局", "部门", 2, "张一")
    person = Person.objects.get()
    assert (person.unit, person.position, person.rank, person.group) == (bureau, "科长", "一级科员", "一组")
    assert AuditEntry.objects.filter(actor=office, reason="花名册.xlsx").count() == 4


def test_importing_twice_changes_nothing(office):
    content = units_file(TOP, BUREAU, people=[PERSON])
    run(content, office)
    before = list(Unit.objects.values()), list(Person.objects.values()), AuditEntry.objects.count()
    found = run(content, office)
    assert not found.changes_anything
    assert (list(Unit.objects.values()), list(Person.objects.values()), AuditEntry.objects.count()) == before


def test_what_the_site_writes_out_is_what_it_holds(office):
    run(units_file(TOP, BUREAU, people=[PERSON]), office)
    content = write_roster(Unit.objects.select_related("parent"), Person.objects.select_related("unit"))
    state = State.load()
    roster = check_roster(content, state)
    assert roster.problems == []
    assert compare(roster, state).counts() == {
        "单位": {NEW: 0, CHANGED: 0, UNCHANGED: 2},
        "人员": {NEW: 0, CHANGED: 0, UNCHANGED: 1},
    }


def test_a_change_says_before_and_after(office):
    run(units_file(TOP, BUREAU), office)
    found = run(units_file(TOP, [*BUREAU[:6], "王三", ""]), office)
    [row] = found.of(UNITS, CHANGED)
    assert [(change.field, change.before, change.after) for change in row.fields] == [
        ("contact", "张一", "王三"),
        ("phone", "0471-1", ""),
    ]
    entry = AuditEntry.objects.filter(action="change unit").get()
    assert entry.changes == {"contact": ["张一", "王三"], "phone": ["0471-1", ""]}


def test_missing_columns_and_rows_leave_things_alone(office):
    run(units_file(TOP, BUREAU, people=[PERSON]), office)
    run(workbook(单位=[["编码", "名称"], ["B1", "区财政厅"]]), office)
    bureau = Unit.objects.get(code="B1")
    assert (bureau.name, bureau.category, bureau.parent.code) == ("区财政厅", "部门", "G1")
    assert Unit.objects.count() == 2
    assert Person.objects.get().is_active


def test_units_may_exchange_their_names(office):
    run(units_file(["A", "甲"], ["B", "乙"], ["C", "丙"]), office)
    run(units_file(["A", "乙"], ["B", "丙"], ["C", "甲"]), office)
    assert dict(Unit.objects.values_list("code", "name")) == {"A": "乙", "B": "丙", "C": "甲"}


def test_who_stands_in_the_roster_is_active_again(office):
    run(units_file(TOP, BUREAU, people=[PERSON]), office)
    Person.objects.update(is_active=False)
    Unit.objects.update(is_active=False)
    found = run(units_file(TOP, BUREAU, people=[PERSON]), office)
    assert found.counts()["单位"][CHANGED] == 2
    assert Person.objects.get().is_active
    assert Unit.objects.filter(is_active=True).count() == 2


def test_queries_do_not_grow_with_rows(django_assert_num_queries, office):
    def people(rows: int) -> list[list[Any]]:
        return [[f"P{n}", f"人{n}", f"U{n}"] for n in range(rows)]

    def rows(count: int, contact: str) -> list[list[Any]]:
        return [TOP, *([f"U{n}", f"单位{n}", "", "G1", "", n, contact, ""] for n in range(count))]

    first = units_file(*rows(1, "甲"), people=people(1))
    second = units_file(*rows(1, "乙"), *rows(3, "甲")[2:], people=people(3))
    third = units_file(*rows(3, "丙"), people=[[*row, "科长"] for row in people(3)])
    list(office.grants)
    for content, expected in [(first, 10), (second, 10), (third, 9)]:
        state = State.load()
        digest = compare(check_roster(content, state), state).digest
        with django_assert_num_queries(expected):
            apply_roster(content=content, digest=digest, filename="", by=office)


def test_thousands_of_rows(office):
    units = [[f"U{n}", f"单位{n}", "", f"U{n // 10}" if n else ""] for n in range(500)]
    people = [[f"P{n}", f"人{n}", f"U{n % 500}"] for n in range(5000)]
    run(units_file(*units, people=people), office)
    assert (Unit.objects.count(), Person.objects.count()) == (500, 5000)
    changed = [[*row, "科长"] for row in people]
    run(units_file(*units, people=changed), office)
    assert Person.objects.filter(position="科长").count() == 5000


# ---------------------------------------------------------------- all or nothing, and only what was shown


def test_nothing_is_written_when_the_preview_is_out_of_date(office):
    content = units_file(TOP, BUREAU)
    state = State.load()
    digest = compare(check_roster(content, state), state).digest
    make_unit("别的单位", code="G1")
    with pytest.raises(RosterOutdated):
        apply_roster(content=content, digest=digest, filename="", by=office)
    assert Unit.objects.count() == 1
    make_unit("区财政局", code="Z9")  # now the file has a mistake as well
    with pytest.raises(RosterOutdated):
        apply_roster(content=content, digest=digest, filename="", by=office)
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("role", [None, *(role for role in Role if role not in {Role.ADMIN, Role.OFFICE})])
def test_the_service_refuses_those_who_may_not(role):
    with pytest.raises(PermissionDenied):
        apply_roster(content=units_file(TOP), digest="", filename="", by=make_user(role))


# ---------------------------------------------------------------- in the browser


def upload(client: Any, content: bytes, name: str = "花名册.xlsx") -> Any:
    return client.post(reverse("units:roster"), {"file": SimpleUploadedFile(name, content, XLSX)})


def test_upload_preview_apply(office):
    client = client_for(office)
    response = upload(client, units_file(TOP, BUREAU, people=[PERSON]))
    url = response["Location"]
    page = client.get(url)
    assert "区财政局" in page.text
    assert "花名册.xlsx" in page.text
    assert not Unit.objects.exists()
    digest = page.context["found"].digest
    response = client.post(url, {"digest": digest})
    assert response["Location"] == reverse("units:unit_list")
    assert Unit.objects.count() == 2
    assert client.post(url, {"digest": digest})["Location"] == reverse("units:roster")  # pressed twice
    assert client.get(url).status_code == 404
    page = client.get(upload(client, units_file(TOP, BUREAU, people=[PERSON]))["Location"])
    assert not page.context["found"].changes_anything
    assert 'name="digest"' not in page.text


def test_a_file_with_mistakes_cannot_be_applied(office):
    client = client_for(office)
    url = upload(client, units_file(TOP, ["B1", ""]))["Location"]
    page = client.get(url)
    assert "单位!B3" in page.text
    assert 'name="digest"' not in page.text
    page = client.post(url, {"digest": ""})
    assert page.status_code == 200
    assert "单位!B3" in page.text
    assert not Unit.objects.exists()


def test_a_change_in_between_shows_the_new_preview(office):
    client = client_for(office)
    url = upload(client, units_file(TOP, BUREAU))["Location"]
    digest = client.get(url).context["found"].digest
    make_unit("旧名", code="G1")
    page = client.post(url, {"digest": digest})
    assert page.status_code == 200
    assert page.context["found"].digest != digest
    assert "旧名" in page.text
    assert Unit.objects.count() == 1
    client.post(url, {"digest": page.context["found"].digest})
    assert Unit.objects.count() == 2


def test_an_upload_belongs_to_its_uploader_and_is_replaced_by_the_next(office):
    client, other = client_for(office), client_for(make_user(Role.ADMIN))
    first = upload(client, units_file(TOP))["Location"]
    assert other.get(first).status_code == 404
    second = upload(client, units_file(TOP))["Location"]
    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200
    assert len(default_storage.listdir(store.FOLDER)[1]) == 1
    assert client.get(reverse("units:roster_preview", args=["..-x"])).status_code == 404


def test_the_workbook_to_fill_in_has_instructions_and_drop_downs(office):
    response = client_for(office).get(reverse("units:roster_template"))
    assert response["Content-Type"] == XLSX
    book = openpyxl.load_workbook(io.BytesIO(response.content))
    assert book.sheetnames == ["说明", "单位", "人员"]
    assert [cell.value for cell in book["单位"][1]] == [
        "编码*", "名称*", "简称", "上级单位编码", "类别", "排序", "联系人", "电话",
    ]  # fmt: skip
    assert [cell.value for cell in book["人员"][1]] == [
        "编码*", "姓名*", "单位编码*", "职务", "职级", "类别", "分组", "排序", "电话",
    ]  # fmt: skip
    kinds = {rule.type for rule in book["人员"].data_validations.dataValidation}
    assert kinds == {"list", "whole", "custom"}
    assert problems(response.content) == []


def test_a_text_that_looks_like_a_formula_stays_text(office):
    make_unit("=1+1", code="=A1")
    response = client_for(office).get(reverse("units:roster_template"), {"filled": "1"})
    cell = openpyxl.load_workbook(io.BytesIO(response.content))["单位"]["B2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")
