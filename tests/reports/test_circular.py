"""The half-year circular: its numbers, its page, the Word and the Excel file read back."""

from __future__ import annotations

import datetime
import io
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from docx import Document

from reports.rectification.circular import Period, circular_of, half_year, recent_halves
from reviews.models import LedgerItem, Round
from reviews.services import ledger
from tests.factories import client_for, make_unit, make_user
from tests.reviews.duty import duty_round, subject_of, writer_of
from tests.reviews.ledger_stage import ItemData, add, now, reported, strike
from units.models import Role, User

pytestmark = pytest.mark.django_db
MARCH, AUGUST = datetime.date(2025, 3, 1), datetime.date(2025, 8, 1)
FIRST, SECOND = half_year(2025, 1), half_year(2025, 2)


def at(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(12), datetime.timezone(datetime.timedelta(hours=8)))


@pytest.fixture
def office() -> User:
    return make_user(Role.OFFICE)


@pytest.fixture
def round_() -> Round:
    return duty_round()


def item_of(round_: Round, office: User, unit: str, deadline: str, **days: str) -> LedgerItem:
    """An item of 2025: `created`, `reported`, `struck` are days; without them it was taken in on 1 February."""
    subject = subject_of(round_)
    made = make_unit(unit) if not LedgerItem.objects.filter(unit__name=unit).exists() else None
    unit_ = made or LedgerItem.objects.filter(unit__name=unit).first().unit  # type: ignore[union-attr]
    if "reported" in days:
        item = reported(subject, writer_of(subject), office, f"{unit}的问题")
    else:
        item = add(subject, office, data=ItemData(f"{unit}的问题", "张三"))
    if "struck" in days:
        strike(item, office)
    values: dict[str, Any] = {
        "unit": unit_,
        "deadline": deadline,
        "created_at": at(day(days.get("created", "2025-02-01"))),
    }
    for name, stored in (("reported", "reported_at"), ("struck", "struck_off_at")):
        if name in days:
            values[stored] = at(day(days[name]))
    LedgerItem.objects.filter(pk=item.pk).update(**values)
    return now(item)


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


@pytest.fixture
def items(round_, office) -> list[LedgerItem]:
    return [
        item_of(round_, office, "甲单位", "2025-04-30", reported="2025-04-20", struck="2025-05-10"),  # in time
        item_of(round_, office, "甲单位", "2025-04-30", reported="2025-05-02", struck="2025-07-03"),  # late
        item_of(round_, office, "甲单位", "2025-05-31"),  # overdue
        item_of(round_, office, "乙单位", "2025-05-31", reported="2025-05-30"),  # waits to be verified
        item_of(round_, office, "乙单位", "2025-12-31"),
        item_of(round_, office, "乙单位", "2025-12-31", created="2025-07-20"),  # of the second half
    ]


def test_the_numbers_of_a_half_year_are_as_of_its_last_day(round_, office, items):
    found = circular_of(round_, FIRST, office)
    lines = {line.unit: line.numbers for line in found.lines}
    # items, struck off, in time, open, waiting, overdue
    assert lines == {"甲单位": (3, 1, 1, 2, 1, 1), "乙单位": (2, 0, 0, 2, 1, 0)}
    assert found.total.numbers == (5, 1, 1, 4, 2, 1)
    assert found.overdue == [items[2]]
    assert [line.unit for line in found.lines] == ["甲单位", "乙单位"], "who has more overdue stands first"


def test_what_was_settled_before_the_period_is_not_in_it(round_, office, items):
    found = circular_of(round_, SECOND, office)
    assert {line.unit: line.numbers for line in found.lines} == {
        "甲单位": (2, 1, 0, 1, 0, 1),
        "乙单位": (3, 0, 0, 3, 1, 0),
    }
    assert items[0] not in found.items
    assert items[5] in found.items


def test_while_a_period_lasts_the_numbers_are_those_of_today(round_, office):
    far = Period(datetime.date(2025, 1, 1), datetime.date(2999, 1, 1))
    item = add(subject_of(round_), office)
    assert circular_of(round_, far, office).overdue == [], item.deadline
    ledger.take_out(item=item, reason="x", seen=1, by=office)
    assert circular_of(round_, far, office).lines == []


def test_half_years():
    keys = [key for key, _period in recent_halves(datetime.date(2026, 3, 1))]
    assert keys == ["2026-1", "2025-2", "2025-1", "2024-2", "2024-1", "2023-2"]
    assert recent_halves(datetime.date(2026, 7, 1))[0] == ("2026-2", half_year(2026, 2))
    assert FIRST.words == "2025 年上半年"
    assert Period(MARCH, AUGUST).words == "2025-03-01 至 2025-08-01"


def test_the_page_and_what_is_wrong_with_a_period(round_, office, items):
    client = client_for(office)
    address = reverse("reports:circular", args=[round_.pk])
    html = client.get(address, {"starts": "2025-01-01", "ends": "2025-06-30"}).content.decode()
    assert "2025 年上半年" in html
    assert "共有问题 5 项，已销号 1 项，其中按期完成 1 项；未销号 4 项，其中待核验 2 项、逾期 1 项" in html
    assert items[2].problem in html
    for query in ({"starts": "2025-06-30", "ends": "2025-01-01"}, {"starts": "2025-01-01"}, {"half": "1999-1"}):
        assert client.get(address, query).status_code == 422, query
    assert client.get(address).status_code == 200


def test_the_number_of_queries_does_not_grow(round_, office, items):
    client = client_for(office)
    address = reverse("reports:circular", args=[round_.pk]) + "?starts=2025-01-01&ends=2025-06-30"
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for number in range(5):
        item_of(round_, office, f"丙单位{number}", "2025-05-31")
    with CaptureQueriesContext(connection) as many:
        assert "丙单位4" in client.get(address).content.decode()
    assert len(many) == len(few)


def read(office: User, name: str, round_: Round) -> bytes:
    response = client_for(office).get(reverse(name, args=[round_.pk]), {"starts": "2025-01-01", "ends": "2025-06-30"})
    assert response.status_code == 200
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def test_the_word_file(round_, office, items):
    document = Document(io.BytesIO(read(office, "reports:circular_word", round_)))
    text = "\n".join(each.text for each in document.paragraphs)
    assert "关于2025年度述职评议问题整改情况的通报" in text
    assert "逾期 1 项" in text
    numbers, overdue = ([[cell.text for cell in row.cells] for row in table.rows] for table in document.tables)
    assert numbers == [
        ["单位", "问题数", "已销号", "其中按期", "未销号", "其中待核验", "其中逾期"],
        ["甲单位", "3", "1", "1", "2", "1", "1"],
        ["乙单位", "2", "0", "0", "2", "1", "0"],
        ["合计", "5", "1", "1", "4", "2", "1"],
    ]
    assert overdue[1] == [items[2].code, "甲单位", "甲单位的问题", "张三", "2025-05-31"]


def test_the_excel_file_adds_up_by_formulas(round_, office, items):
    content = read(office, "reports:circular_book", round_)
    stored = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    formulas = openpyxl.load_workbook(io.BytesIO(content))
    sheet, live = stored["分单位情况"], formulas["分单位情况"]
    assert [cell.value for cell in sheet[7]] == ["合计", 5, 1, 1, 4, 2, 1, 0.2]
    assert [cell.value for cell in live[7]][1:3] == ["=SUM(B5:B6)", "=SUM(C5:C6)"]
    assert live["B5"].value == "=C5+E5"
    assert live["H5"].value == '=IF(B5=0,"",C5/B5)'
    assert [cell.value for cell in stored["逾期问题"][5]][:2] == [items[2].code, "张1"]
    listed = [row[0].value for row in stored["整改台账"].iter_rows(min_row=5)]
    assert listed == [item.code for item in items[:5]]


def test_an_empty_circular_has_files_too(round_, office):
    client = client_for(office)
    assert "本期没有可通报的问题" in client.get(reverse("reports:circular", args=[round_.pk])).content.decode()
    for name in ("reports:circular_word", "reports:circular_book"):
        assert read(office, name, round_)


def test_what_came_from_voters_is_counted_but_not_listed_for_who_may_not_read_it(round_, office, items):
    LedgerItem.objects.filter(pk=items[2].pk).update(source="comment", source_id="x")
    auditor = make_user(Role.AUDITOR)
    found = circular_of(round_, FIRST, auditor)
    assert found.total.numbers == circular_of(round_, FIRST, office).total.numbers
    assert found.overdue == []
    assert items[2] not in found.items
