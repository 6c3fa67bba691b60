"""The score sheet's small requests: what they answer, to whom, and that nobody's change is ever skipped."""

import datetime
import json
from decimal import Decimal
from threading import Event as Signal
from threading import Thread

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reviews.models import Assignment, Mark, NotApplicable, Phase, Round, Subject
from reviews.queries.keystroke import light_round
from reviews.queries.sheet import grid_of
from reviews.queries.sheet_changes import changes_since, cursor_of
from reviews.services.applicability import clear_not_applicable, set_not_applicable
from reviews.services.bulk import Content, write_content
from reviews.services.bulk.content import MARKS, MarkRow
from reviews.services.errors import RoundClosed
from reviews.services.freezing import reopen_sheet
from reviews.services.marks import save_sheets
from reviews.services.rounds import ensure_collecting
from reviews.services.sheet import Wish, save_cells
from reviews.services.subjects import withdraw_subject
from tests.factories import assessor_of, client_for, district_round, make_unit, make_user
from units import audit
from units.models import AuditEntry, Role, RoleGrant

pytestmark = pytest.mark.django_db


class Desk:
    """One round, the account that marks K22 and other leaves of its unit, and its browser."""

    def __init__(self, subjects: int = 3, name: str = "2020", leaf: str = "K22") -> None:
        self.round = district_round(subjects, name=name)
        self.subjects = list(self.round.subjects.order_by("order"))
        self.sheet = self.round.assignments.select_related("unit").get(indicator=leaf)
        self.user = assessor_of(self.round, leaf, name="张一")
        self.client = client_for(self.user)

    @property
    def sheets(self):
        """All sheets of the account's unit."""
        return list(self.round.assignments.filter(unit=self.sheet.unit))

    def url(self, name: str) -> str:
        return reverse(f"reviews:{name}", args=[self.round.pk])

    def post(self, name, body, client=None):
        return (client or self.client).post(self.url(name), json.dumps(body), content_type="application/json")

    def cell(self, value="8.5", *, subject=0, sheet=None, client=None, **more):
        body = {"assignment": (sheet or self.sheet).pk, "subject": self.subjects[subject].pk, "value": value}
        return self.post("sheet_cell", body | {"note": "说明"} | more, client)

    def key(self, subject=0, sheet=None) -> str:
        return f"{self.subjects[subject].pk}:{(sheet or self.sheet).pk}"

    def data(self, client=None):
        response = (client or self.client).get(self.url("sheet_data"))
        assert response.status_code == 200
        return response.json()

    def changes(self, since, client=None):
        response = (client or self.client).get(self.url("sheet_changes"), {"since": since})
        assert response.status_code == 200
        return response.json()


@pytest.fixture
def desk():
    return Desk()


# ---------------------------------------------------------------- saving one cell


def test_a_cell_is_saved_and_answered_with_its_new_state(desk):
    response = desk.cell("8.50")
    assert response.status_code == 200
    answer = response.json()
    mark = Mark.objects.get()
    assert (mark.value, mark.note, mark.updated_by) == (8.5, "说明", desk.user)
    assert {name: answer[name] for name in ("state", "v", "na", "note", "seen", "by")} == {
        "state": "saved",
        "v": "8.5",
        "na": False,
        "note": "说明",
        "seen": f"m{mark.pk}.1",
        "by": "张一",
    }
    assert desk.data()["cells"][desk.key()]["seen"] == answer["seen"]
    desk.round.refresh_from_db()
    assert desk.round.input_version == 1
    again = desk.cell("9", seen=answer["seen"]).json()
    assert (again["v"], again["seen"]) == ("9", f"m{mark.pk}.2")


def test_the_same_again_is_saved_already(desk):
    """An answer that was lost on its way: the cell is sent once more with the state seen before."""
    first = desk.cell("8.5").json()
    entries = AuditEntry.objects.count()
    again = desk.cell("8.5")
    assert (again.status_code, again.json()) == (200, first)
    assert AuditEntry.objects.count() == entries


@pytest.mark.parametrize(
    ("typed", "kept"), [("８．５", "8.5"), (" 8 ", "8"), ("1。5", "1.5"), ("0", "0"), ("15", "15"), ("08.10", "8.1")]
)
def test_digits_as_people_type_them(desk, typed, kept):
    assert desk.cell(typed).json()["v"] == kept


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("15.01", "15.01 超出范围，应在 0 至 15 之间。"),
        ("-1", "-1 超出范围，应在 0 至 15 之间。"),
        ("8.555", "8.555 的小数位过多，最多 2 位。"),
        ("好", "“好”不是数值。"),
        ("1e3", "“1e3”不是数值。"),
    ],
)
def test_a_wrong_number_is_refused_with_the_reason(desk, typed, reason):
    response = desk.cell(typed)
    assert response.status_code == 422
    assert response.json() == {"state": "refused", "message": reason, "field": "value"}
    assert not Mark.objects.exists()


def test_a_plan_that_demands_notes_says_so_at_the_note(desk):
    response = desk.cell("8", note=" ")
    assert (response.status_code, response.json()["field"]) == (422, "note")


def test_a_note_too_long_is_refused(desk):
    response = desk.cell("8", note="长" * 501)
    assert (response.status_code, response.json()["field"]) == (422, "note")


def test_not_applicable_and_empty_again(desk):
    first = desk.cell("8").json()
    answer = desk.cell("", na=True, seen=first["seen"], note="").json()
    assert (answer["state"], answer["na"], answer["v"]) == ("saved", True, "")
    assert NotApplicable.objects.get().updated_by == desk.user
    empty = desk.cell("", seen=answer["seen"]).json()
    assert (empty["state"], empty["na"], empty["v"], empty["seen"], empty["note"]) == ("saved", False, "", "", "")
    assert not Mark.objects.exists()
    assert not NotApplicable.objects.exists()


def test_a_clash_shows_theirs_and_overwrites_nothing(desk):
    other = make_user(Role.ASSESSOR, desk.sheet.unit, name="李二")
    desk.cell("8", client=client_for(other), note="甲")
    response = desk.cell("9")
    assert response.status_code == 409
    answer = response.json()
    assert answer["state"] == "conflict"
    theirs = answer["theirs"]
    assert (theirs["v"], theirs["note"], theirs["by"], theirs["na"]) == ("8", "甲", "李二", False)
    assert theirs["at"]
    assert Mark.objects.get().value == 8
    assert desk.cell("9", seen=theirs["seen"]).status_code == 200
    assert Mark.objects.get().value == 9


def test_a_cell_somebody_emptied_clashes_with_an_empty_one(desk):
    seen = desk.cell("8").json()["seen"]
    desk.cell("", seen=seen)
    theirs = desk.cell("9", seen=seen).json()["theirs"]
    assert (theirs["v"], theirs["na"], theirs["seen"]) == ("", False, "")


def test_a_cell_below_a_branch_left_out_is_locked(desk):
    office = make_user(Role.OFFICE)
    set_not_applicable(subject=desk.subjects[0], indicator="K2", by=office)
    cell = desk.data()["cells"][desk.key()]
    assert cell["na"]
    assert "不适用" in cell["locked"]
    response = desk.cell("8")
    assert (response.status_code, response.json()["message"]) == (422, cell["locked"])


@pytest.mark.parametrize("phase", [Phase.REVIEWING, Phase.ANNOUNCED, Phase.SEALED])
def test_a_closed_round_refuses_with_the_reason(desk, phase):
    before = desk.data()
    Round.objects.filter(pk=desk.round.pk).update(phase=phase)
    response = desk.cell("8")
    assert response.status_code == 422
    assert response.json()["message"]
    assert not Mark.objects.exists()
    data = desk.data()
    assert not any(leaf["editable"] for leaf in data["leaves"])
    changes = desk.changes(before["cursor"])
    assert changes["phase"] == phase
    assert all(leaf["reason"] and not leaf["editable"] for leaf in changes["leaves"])


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        "\xff",
        '{"assignment": "1", "subject": 1}',
        '{"assignment": true, "subject": 1}',
        '{"assignment": 1.5, "subject": 1}',
        '{"assignment": -1, "subject": 1}',
        '{"assignment": 99999999999999999999, "subject": 1}',
        '{"assignment": 1, "subject": 1, "value": 8}',
        '{"assignment": 1, "subject": 1, "value": "8", "note": "\\u0000"}',
        '{"assignment": 1, "subject": 1, "value": ["8"]}',
    ],
)
@pytest.mark.parametrize("name", ["sheet_cell", "sheet_cells"])
def test_what_no_grid_sends_is_refused(desk, name, body):
    wrapped = f'{{"cells": [{body}]}}' if name == "sheet_cells" and body.startswith('{"') else body
    response = desk.client.post(desk.url(name), wrapped.encode("latin-1"), content_type="application/json")
    assert response.status_code == 400
    assert response.json()["state"] == "refused"


@pytest.mark.parametrize("since", ["", "x", "-1", "1.5", "²", "9" * 40])
def test_a_cursor_that_is_none_is_refused(desk, since):
    assert desk.client.get(desk.url("sheet_changes"), {"since": since}).status_code == 400


# ---------------------------------------------------------------- a block


def block(desk, cells):
    response = desk.post("sheet_cells", {"cells": cells})
    assert response.status_code == 200
    return response.json()["cells"]


def test_each_cell_of_a_block_is_decided_on_its_own_and_answered_in_order(desk):
    first, second, third = desk.subjects
    desk.cell("1", subject=1)
    cell = {"assignment": desk.sheet.pk, "value": "5", "note": "好"}
    foreign = desk.round.assignments.exclude(unit=desk.sheet.unit).exclude(unit=None).first()
    stranger, another = district_round(2, name="2021").subjects.all()
    answers = block(
        desk,
        [
            cell | {"subject": first.pk},
            cell | {"subject": second.pk},
            cell | {"subject": third.pk, "value": "99"},
            cell | {"subject": stranger.pk},
            cell | {"subject": third.pk, "assignment": foreign.pk},
            cell | {"subject": first.pk},
            cell | {"subject": third.pk, "part": "target"},
            cell | {"subject": another.pk, "value": ""},
        ],
    )
    states = ["saved", "conflict", "refused", "refused", "refused", "refused", "refused", "refused"]
    assert [answer["state"] for answer in answers] == states
    assert answers[1]["theirs"]["v"] == "1"
    assert [answer["field"] for answer in answers[2:]] == ["value", "subject", "", "", "part", "subject"]
    assert {mark.subject_id: mark.value for mark in Mark.objects.all()} == {first.pk: 5, second.pk: 1}


def test_a_block_over_several_sheets_replaces_clears_and_sets_not_applicable():
    desk = Desk(leaf="K111")
    sheets = desk.sheets[:3]
    cells = [
        {"assignment": sheet.pk, "subject": subject.pk, "value": "1", "note": "好"}
        for sheet in sheets
        for subject in desk.subjects
    ]
    before = block(desk, cells)
    assert {answer["state"] for answer in before} == {"saved"}
    wishes = ({"value": "1.5", "note": "更好"}, {"value": "", "na": True, "note": ""}, {"value": "", "note": ""})
    again = [
        cell | wishes[number % 3] | {"seen": old["seen"]}
        for number, (cell, old) in enumerate(zip(cells, before, strict=True))
    ]
    after = block(desk, again)
    assert [(answer["v"], answer["na"]) for answer in after[:3]] == [("1.5", False), ("", True), ("", False)]
    assert Mark.objects.count() == NotApplicable.objects.count() == len(sheets)
    stored = desk.data()["cells"]
    for cell, answer in zip(cells, after, strict=True):
        held = stored.get(f"{cell['subject']}:{cell['assignment']}", {"seen": ""})
        assert held["seen"] == answer["seen"]
    assert AuditEntry.objects.filter(target="reviews.mark").count() == 2 * len(cells)


def test_a_block_has_its_limit(desk):
    cell = {"assignment": desk.sheet.pk, "subject": desk.subjects[0].pk, "value": "1", "note": "好"}
    response = desk.post("sheet_cells", {"cells": [cell] * 601})
    assert response.status_code == 400
    assert not Mark.objects.exists()


def test_an_empty_block_is_answered_with_nothing(desk):
    assert block(desk, []) == []


def counted(desk, name, body, assert_queries, number):
    """The queries of a request, all of them: session, account, roles, transaction."""
    with assert_queries(number):
        answer = desk.post(name, body)
    assert answer.status_code == 200
    return answer.json()


def test_a_cell_takes_a_fixed_number_of_queries(desk, django_assert_num_queries):
    # Session, account, roles, round, sheet; the lock, which counts the change, subject, mark, not applicable; mark,
    # trail; and the two that begin and end what is a transaction outside of tests.
    desk.cell("1", subject=1)
    body = {"assignment": desk.sheet.pk, "subject": desk.subjects[0].pk, "value": "5", "note": "好"}
    seen = counted(desk, "sheet_cell", body, django_assert_num_queries, 13)["seen"]
    again = counted(desk, "sheet_cell", body | {"value": "6", "seen": seen}, django_assert_num_queries, 13)
    assert again["state"] == "saved"
    assert Mark.objects.get(subject=desk.subjects[0]).value == 6


def test_a_block_takes_as_many_for_many_cells_as_for_few(django_assert_num_queries):
    desk = Desk(subjects=30, leaf="K111")
    sheets = desk.sheets
    assert len(sheets) == 9  # SQLite takes some ninety rows in one statement
    for subjects in (desk.subjects[:1], desk.subjects[1:7]):
        cells = [
            {"assignment": sheet.pk, "subject": subject.pk, "value": "1", "note": "好"}
            for sheet in sheets
            for subject in subjects
        ]
        answers = counted(desk, "sheet_cells", {"cells": cells}, django_assert_num_queries, 13)["cells"]
        assert {answer["state"] for answer in answers} == {"saved"}


def test_reading_takes_as_many_queries_for_many_rows_as_for_few(django_assert_max_num_queries):
    used = []
    for number, name in ((2, "2021"), (40, "2022")):
        desk = Desk(number, name=name)
        for place in range(2):
            desk.cell("1", subject=place)
        with django_assert_max_num_queries(30) as data:
            cursor = desk.data()["cursor"]
        with django_assert_max_num_queries(30) as quiet:
            desk.changes(cursor)
        with django_assert_max_num_queries(30) as changed:
            desk.changes(0)
        used.append((len(data), len(quiet), len(changed)))
    assert used[0] == used[1]
    assert used[0][1] <= 8


# ---------------------------------------------------------------- what others changed


def test_changes_are_told_until_they_are_known(desk):
    other = make_user(Role.ASSESSOR, desk.sheet.unit, name="李二")
    cursor = desk.data()["cursor"]
    assert desk.changes(cursor)["cells"] == {}
    desk.cell("8", client=client_for(other))
    news = desk.changes(cursor)
    assert set(news["cells"]) == {desk.key()}
    cell = news["cells"][desk.key()]
    assert (cell["v"], cell["by"], cell["note"]) == ("8", "李二", "说明")
    assert cell["seen"] == desk.data()["cells"][desk.key()]["seen"]
    assert news["cursor"] > cursor
    assert desk.changes(news["cursor"])["cells"] == {}


def test_an_emptied_cell_is_told_as_empty(desk):
    seen = desk.cell("8").json()["seen"]
    cursor = desk.data()["cursor"]
    desk.cell("", seen=seen)
    assert desk.changes(cursor)["cells"] == {desk.key(): {"v": "", "seen": ""}}


def test_a_branch_left_out_tells_all_its_leaves(desk):
    office = make_user(Role.OFFICE)
    cursor = desk.data()["cursor"]
    set_not_applicable(subject=desk.subjects[1], indicator="K2", by=office)
    cells = desk.changes(cursor)["cells"]
    mine = {leaf["id"] for leaf in desk.data()["leaves"] if "K2" in leaf["parents"]}
    assert set(cells) == {f"{desk.subjects[1].pk}:{pk}" for pk in mine}
    assert all(cell["na"] and cell["locked"] for cell in cells.values())
    cursor = desk.data()["cursor"]
    clear_not_applicable(subject=desk.subjects[1], indicator="K2", by=office)
    assert desk.changes(cursor)["cells"] == {key: {"v": "", "seen": ""} for key in cells}


def test_others_sheets_are_not_told(desk):
    other = desk.round.assignments.select_related("unit").exclude(unit=desk.sheet.unit).exclude(unit=None).first()
    stranger = make_user(Role.ASSESSOR, other.unit)
    cursor = desk.data()["cursor"]
    assert desk.cell("1", sheet=other, client=client_for(stranger)).status_code == 200
    assert desk.changes(cursor)["cells"] == {}
    office = client_for(make_user(Role.OFFICE))
    assert set(desk.changes(cursor, office)["cells"]) == {desk.key(sheet=other)}


def test_a_workbook_tells_every_cell(desk):
    """New rows of a workbook have no entries of their own in the trail: all cells are sent, empty ones too."""
    cursor = desk.data()["cursor"]
    with transaction.atomic():
        round_ = ensure_collecting(desk.round)
        content = Content(
            marks=[MarkRow("S002", "K22", desk.sheet.assessor, Decimal(7), "")], stated=frozenset({MARKS})
        )
        write_content(round=round_, content=content, by=None, whole=False)
        audit.record(None, "load workbook", round_, round_id=round_.pk)
    news = desk.changes(cursor)
    assert news["cells"][desk.key(1)]["v"] == "7"
    assert news["cells"][desk.key(0)] == {"v": "", "seen": ""}
    assert len(news["cells"]) == 3 * len(desk.data()["leaves"])
    assert desk.changes(news["cursor"])["cells"] == {}


def test_very_many_changes_come_as_all_cells(desk, monkeypatch):
    monkeypatch.setattr("reviews.queries.sheet_changes.MANY", 2)
    for place in range(3):
        desk.cell("1", subject=place)
    news = desk.changes(0)
    assert len(news["cells"]) == 3 * len(desk.data()["leaves"])
    assert news["cursor"] == desk.data()["cursor"]


def test_rows_that_come_or_go_change_the_shape(desk):
    shape = desk.data()["shape"]
    assert desk.changes(0)["shape"] == shape
    withdraw_subject(subject=desk.subjects[2], reason="撤销", confirmed=True, by=make_user(Role.OFFICE))
    assert desk.changes(0)["shape"] != shape


def test_another_assessor_of_the_same_leaf_hears_of_its_being_left_out(desk):
    """Several assessors on one leaf share its 不适用, though none sees the other's marks."""
    unit = make_unit("另一考评主体")
    other = Assignment.objects.create(round=desk.round, indicator="K22", assessor=unit.name, unit=unit)
    second = client_for(make_user(Role.ASSESSOR, unit))
    cursor = desk.data(second)["cursor"]
    desk.cell("", na=True, note="")
    assert desk.changes(cursor, second)["cells"][desk.key(sheet=other)]["na"]


@pytest.mark.django_db(transaction=True)
def test_no_change_is_skipped_whichever_of_two_savers_is_slower():
    """One saver has begun and not yet committed when another begins and a third asks what changed.

    The later one waits: its entries cannot be seen, with a higher number, before those of the first.
    """
    desk = Desk()
    grid = grid_of(desk.user, light_round(desk.round.pk))
    cursor = cursor_of(desk.round)
    written, go = Signal(), Signal()
    answers = []

    def slow() -> None:
        with transaction.atomic():
            answers.extend(save_cells(grid=grid, wishes=[wish(desk, 0)], by=desk.user))
            written.set()
            go.wait(20)
        connection.close()

    def quick() -> None:
        answers.extend(save_cells(grid=grid, wishes=[wish(desk, 1)], by=desk.user))
        connection.close()

    first = Thread(target=slow)
    first.start()
    assert written.wait(20)
    second = Thread(target=quick)
    second.start()
    second.join(1)
    assert second.is_alive()
    assert changes_since(desk.user, grid, cursor).cells == {}
    assert changes_since(desk.user, grid, cursor).cursor == cursor
    go.set()
    first.join(20)
    second.join(20)
    assert [answer.error for answer in answers] == [None, None]
    news = changes_since(desk.user, grid, cursor)
    assert set(news.cells) == {desk.key(0), desk.key(1)}


@pytest.mark.django_db(transaction=True)
def test_an_onlooker_misses_nothing_of_many_savers():
    """Four savers at once, and one who knows the sheet by its changes alone, asked as often as possible."""
    desk = Desk(subjects=24)
    grid = grid_of(desk.user, light_round(desk.round.pk))
    done, heard = Signal(), {}

    def save(mine: int) -> None:
        for place in range(mine, 24, 4):
            [answer] = save_cells(grid=grid, wishes=[wish(desk, place)], by=desk.user)
            assert answer.error is None
        connection.close()

    def watch() -> None:
        cursor, last = 0, False
        while not last:
            last = done.is_set()
            news = changes_since(desk.user, grid, cursor)
            heard.update(news.cells)
            cursor = news.cursor
        connection.close()

    watcher = Thread(target=watch)
    watcher.start()
    savers = [Thread(target=save, args=(mine,)) for mine in range(4)]
    for thread in savers:
        thread.start()
    for thread in savers:
        thread.join()
    done.set()
    watcher.join()
    assert {key: cell["v"] for key, cell in heard.items()} == {desk.key(place): "5" for place in range(24)}
    assert Round.objects.get(pk=desk.round.pk).input_version == 24


@pytest.mark.parametrize("change", [{"phase": "reviewing"}, {"freeze_at_deadline": True}])
def test_a_round_that_closes_between_reading_and_saving_takes_nothing(desk, change):
    Round.objects.filter(pk=desk.round.pk).update(deadline=datetime.date(2020, 12, 31))
    grid = grid_of(desk.user, light_round(desk.round.pk))
    Round.objects.filter(pk=desk.round.pk).update(**change)
    [answer] = save_cells(grid=grid, wishes=[wish(desk, 0)], by=desk.user)
    assert isinstance(answer.error, RoundClosed)
    assert not Mark.objects.exists()
    assert not AuditEntry.objects.filter(action="enter mark").exists()


def test_a_round_whose_deadline_was_moved_meanwhile_takes_it_and_counts_once(desk):
    grid = grid_of(desk.user, light_round(desk.round.pk))
    Round.objects.filter(pk=desk.round.pk).update(deadline=datetime.date(2099, 12, 31))
    [answer] = save_cells(grid=grid, wishes=[wish(desk, 0)], by=desk.user)
    assert answer.error is None
    assert Round.objects.get(pk=desk.round.pk).input_version == desk.round.input_version + 1


def test_only_what_is_written_is_counted(desk):
    def count() -> int:
        return Round.objects.get(pk=desk.round.pk).input_version

    before = count()
    assert desk.cell("5").status_code == 200
    assert count() == before + 1
    assert desk.cell("5").status_code == 200  # as it is
    assert desk.cell("99").status_code == 409
    assert desk.cell("99", subject=1).status_code == 422
    assert count() == before + 1
    assert AuditEntry.objects.filter(action="enter mark").count() == 1


def wish(desk, place):
    return Wish(desk.sheet.pk, desk.subjects[place].pk, value="5", note="好")


# ---------------------------------------------------------------- who may, and whose session is over


def test_an_assessor_finds_its_own_sheets_and_its_own_unit_marked(desk):
    own = Subject.objects.filter(pk=desk.subjects[1].pk)
    own.update(unit=desk.sheet.unit)
    data = desk.data()
    units = set(
        desk.round.assignments.filter(pk__in=[leaf["id"] for leaf in data["leaves"]]).values_list("unit", flat=True)
    )
    assert units == {desk.sheet.unit_id}
    assert [row.get("own", False) for row in data["subjects"]] == [False, True, False]
    assert [(row["code"], row["name"], row["category"]) for row in data["subjects"]] == [
        (one.code, one.name, one.category) for one in desk.subjects
    ]


def test_readers_find_every_sheet_and_can_enter_on_none(desk):
    for role in (Role.OFFICE, Role.AUDITOR):
        leaves = desk.data(client_for(make_user(role)))["leaves"]
        assert len({leaf["assessor"] for leaf in leaves}) > 1
        assert [leaf["code"] for leaf in leaves if leaf["editable"]] == []
        assert all(leaf["reason"] for leaf in leaves)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.OFFICE, Role.ASSESSOR, Role.SUBJECT, Role.LEADER, Role.AUDITOR])
def test_nobody_else_saves_on_a_sheet(desk, role):
    """Not the office, not an assessor of another unit, on a sheet that exists; and the trail stays as it was."""
    client = client_for(make_user(role))
    entries = AuditEntry.objects.count()
    assert desk.cell("5", client=client).status_code == 403
    response = desk.post(
        "sheet_cells",
        {"cells": [{"assignment": desk.sheet.pk, "subject": desk.subjects[0].pk, "value": "5", "note": "好"}]},
        client,
    )
    if role in {Role.OFFICE, Role.ASSESSOR}:
        assert [answer["state"] for answer in response.json()["cells"]] == ["refused"]
    else:
        assert response.status_code == 403
    assert not Mark.objects.exists()
    assert AuditEntry.objects.count() == entries


def test_a_sheet_of_another_round_is_none_of_this_one(desk):
    other = Desk(name="2021")
    RoleGrant.objects.get_or_create(user=desk.user, role=Role.ASSESSOR, unit=other.sheet.unit)
    assert desk.cell("5", sheet=other.sheet).status_code == 403
    body = {"assignment": desk.sheet.pk, "subject": other.subjects[0].pk, "value": "5", "note": "好"}
    response = desk.post("sheet_cell", body)
    assert (response.status_code, response.json()["field"]) == (422, "subject")
    assert not Mark.objects.exists()


def test_the_history_of_a_cell_is_a_fragment_for_those_who_see_the_sheet(desk):
    desk.cell("8")
    place = {"assignment": desk.sheet.pk, "subject": desk.subjects[0].pk}
    page = desk.client.get(desk.url("sheet_history"), place).content.decode()
    assert "<html" not in page
    assert "张一" in page
    stranger = client_for(make_user(Role.ASSESSOR))
    assert stranger.get(desk.url("sheet_history"), place).status_code == 404


@pytest.mark.parametrize("name", ["sheet_data", "sheet_changes"])
def test_a_script_whose_session_is_over_is_told_so(desk, name):
    client = Client(headers={"Accept": "application/json"})
    response = client.get(desk.url(name), {"since": 0})
    assert (response.status_code, response.json()) == (401, {"state": "login"})
    # A browser that opens the address is sent to the log-in page.
    assert Client().get(desk.url(name), headers={"Accept": "text/html,*/*;q=0.8"}).status_code == 302


def test_a_save_after_the_session_is_over_changes_nothing(desk):
    response = desk.client.post(
        desk.url("sheet_cell"), "{}", content_type="application/json", headers={"Accept": "application/json"}
    )
    assert response.status_code == 400
    desk.client.logout()
    body = json.dumps({"assignment": desk.sheet.pk, "subject": desk.subjects[0].pk, "value": "5", "note": "好"})
    for name in ("sheet_cell", "sheet_cells"):
        response = desk.client.post(
            desk.url(name), body, content_type="application/json", headers={"Accept": "application/json"}
        )
        assert (response.status_code, response.json()) == (401, {"state": "login"})
    assert not Mark.objects.exists()


def test_an_account_that_must_change_its_password_is_told_so_too(desk):
    desk.user.must_change_password = True
    desk.user.save()
    response = desk.client.get(desk.url("sheet_data"), headers={"Accept": "application/json"})
    assert (response.status_code, response.json()) == (401, {"state": "login"})


def test_the_page_names_the_places_it_speaks_to(desk):
    response = desk.client.get(desk.url("score_sheet"))
    assert response.status_code == 200
    config = response.context["config"]
    assert config["cell"] == desk.url("sheet_cell")
    assert config["editable"]
    assert config["user"] == desk.user.pk


# ---------------------------------------------------------------- dates


def test_a_frozen_sheet_is_read_only_and_refuses_with_the_date(desk):
    Round.objects.filter(pk=desk.round.pk).update(deadline=datetime.date(2020, 12, 31), freeze_at_deadline=True)
    [leaf] = [leaf for leaf in desk.data()["leaves"] if leaf["id"] == desk.sheet.pk]
    assert not leaf["editable"]
    assert "2020-12-31" in leaf["reason"]
    response = desk.cell("5")
    assert (response.status_code, response.json()["message"]) == (422, leaf["reason"])
    desk.round.refresh_from_db()
    reopen_sheet(assignment=desk.sheet, until=timezone.localdate(), reason="补报", by=make_user(Role.OFFICE))
    assert desk.cell("5").status_code == 200


def test_a_block_over_a_frozen_and_an_open_sheet():
    desk = Desk(leaf="K111")
    Round.objects.filter(pk=desk.round.pk).update(freeze_at_deadline=True)
    Assignment.objects.filter(pk=desk.sheet.pk).update(deadline=datetime.date(2020, 12, 31))
    other = next(sheet for sheet in desk.sheets if sheet != desk.sheet)
    cell = {"subject": desk.subjects[0].pk, "value": "1", "note": "好"}
    answers = block(desk, [cell | {"assignment": desk.sheet.pk}, cell | {"assignment": other.pk}])
    assert [answer["state"] for answer in answers] == ["refused", "saved"]
    assert "2020-12-31" in answers[0]["message"]


# ---------------------------------------------------------------- a busy database


def test_a_busy_database_is_asked_again(desk, monkeypatch):
    asked = []

    def busy(**given):
        asked.append(given)
        if len(asked) < 3:
            raise OperationalError("database is locked")
        return save_sheets(**given)

    monkeypatch.setattr("reviews.services.sheet.save_sheets", busy)
    monkeypatch.setattr("reviews.services.sheet._in_transaction", lambda: False)
    assert desk.cell("5").status_code == 200
    assert len(asked) == 3


def test_a_database_that_stays_busy_is_said_and_the_cell_kept_by_the_page(desk, monkeypatch):
    def busy(**_asked):
        raise OperationalError("database is locked")

    monkeypatch.setattr("reviews.services.sheet.save_sheets", busy)
    monkeypatch.setattr("reviews.services.sheet._in_transaction", lambda: False)
    response = desk.cell("5")
    assert (response.status_code, response.json()["state"]) == (503, "busy")
