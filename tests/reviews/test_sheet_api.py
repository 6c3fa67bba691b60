"""The score sheet's small requests: what they answer, to whom, and that nobody's change is ever skipped."""

import json

import pytest
from django.urls import reverse

from reviews.models import Mark, NotApplicable, Phase, Round
from reviews.services.applicability import set_not_applicable
from tests.factories import assessor_of, client_for, district_round, make_user
from units.models import AuditEntry, Role

pytestmark = pytest.mark.django_db


class Desk:
    """One round, the account that marks K22 and other leaves of its unit, and its browser."""

    def __init__(self, subjects: int = 3, name: str = "2020") -> None:
        self.round = district_round(subjects, name=name)
        self.subjects = list(self.round.subjects.order_by("order"))
        self.sheet = self.round.assignments.select_related("unit").get(indicator="K22")
        self.user = assessor_of(self.round, "K22", name="张一")
        self.client = client_for(self.user)

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
