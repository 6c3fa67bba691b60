"""The payout list: amounts by grade, payment by months, sums, sums in words, and its page."""

from __future__ import annotations

import importlib
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import translation

from indicators.rendering import render
from indicators.services import engine_plan
from reviews.models import PartialPresence, Phase, Round
from reviews.services.errors import Conflict, InvalidInput, NotAllowed, RoundClosed
from reviews.services.selections import PresenceRow, months_of, save_presence
from scoring.money import amount_in_words
from scoring.payout import (
    in_words,
    line_words,
    payout_lines,
    payout_table,
    presences,
    sums_by_category,
    sums_by_grade,
    total_of,
)
from scoring.standings import read_standings
from units.models import AuditEntry, Role

from ..factories import client_for, district_round, make_user
from .small import EXCLUSION, PAYOUT, small_round

pytestmark = pytest.mark.django_db
FIVE = {"a": 95, "b": 91, "c": 70, "d": 30, "e": 80}


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


@pytest.fixture(autouse=True)
def _chinese():
    with translation.override("zh-hans"):
        yield


def quarter(totals=FIVE, uses=PAYOUT, **how):
    return small_round(totals, uses, name="2025-Q3", **how)


def listed(round_, computation):
    plan = engine_plan(round_.plan_version)
    table = payout_table(round_, plan)
    return table, payout_lines(table, read_standings(computation, plan), presences(round_))


def subject(round_, letter):
    return round_.subjects.get(code__endswith=f"-{letter}")


def present(round_, by, **months):
    rows = [PresenceRow(subject(round_, letter).pk, number, "中途调离", "|") for letter, number in months.items()]
    return save_presence(round=round_, rows=rows, by=by)


def page(user, round_, **query):
    return client_for(user).get(reverse("scoring:payout", args=[round_.pk]), query)


# ---------------------------------------------------------------- the arithmetic


def test_the_grade_gives_the_amount_and_no_grade_the_other_one():
    round_, computation = quarter(out="e", uses=PAYOUT.replace("otherwise = 0", "otherwise = 50"))
    _table, lines = listed(round_, computation)
    paid = {line.standing.code[-1]: (line.standing.grade, line.paid) for line in lines}
    assert paid == {
        "a": ("好", 2100),
        "b": ("好", 2100),
        "c": ("中", 1000),
        "d": ("差", 50),
        "e": (None, 50),
    }


def test_who_was_there_part_of_the_quarter_is_paid_at_one_grade_by_months(office):
    round_, computation = quarter(out="e")
    present(round_, office, a=1, b=2, c=0, e=1)
    table, lines = listed(round_, computation)
    found = {line.standing.code[-1]: line for line in lines}
    assert {letter: str(line.paid) for letter, line in found.items()} == {
        "a": "333.33",
        "b": "666.67",
        "c": "0.00",
        "d": "0.00",
        "e": "333.33",
    }
    assert render(line_words(table, found["b"])) == (
        "3 个月中在岗 2 个月（中途调离），按“中”标准计发：1000 × 2 ÷ 3 = 666.666666…，四舍五入后为 666.67 元"
    )
    assert render(line_words(table, found["d"])) == "按“差”等次：0.00 元"


def test_half_a_cent_is_rounded_up(office):
    round_, computation = small_round({"a": 70}, PAYOUT.replace("1000", "0.06"), name="2025")
    present(round_, office, a=1)
    _table, (line,) = listed(round_, computation)
    assert line.paid == Decimal("0.01")  # 0.06 × 1 ÷ 12 = 0.005


def test_sums_per_grade_and_category_and_in_all(office):
    round_, computation = quarter(categories={"b": "乙类", "c": "乙类"}, out="e")
    present(round_, office, b=2)
    plan = engine_plan(round_.plan_version)
    table, lines = listed(round_, computation)
    by_grade = {
        each.title: (each.amount, each.count, each.part, each.paid) for each in sums_by_grade(table, plan, lines)
    }
    assert by_grade == {
        "好": (2100, 2, 1, Decimal("2766.67")),
        "中": (1000, 1, 0, 1000),
        "差": (0, 1, 0, 0),
        "": (0, 1, 0, 0),
    }
    by_category = {each.title: (each.count, each.paid) for each in sums_by_category(plan, lines)}
    assert by_category == {"甲类": (3, 2100), "乙类": (2, Decimal("1666.67"))}
    together = total_of(lines)
    assert (together.count, together.part, together.paid) == (5, 1, Decimal("3766.67"))
    assert in_words(table, together.paid) == "叁仟柒佰陆拾陆元陆角柒分"


def test_months_come_from_the_periods_label():
    for name, months in {"2025": 12, "2025-Q1": 3}.items():
        assert months_of(small_round({"a": 1}, name=name, compute=False)[0]) == months
    round_, _none = small_round({"a": 1}, name="2024", compute=False)
    round_.name = "试点"
    assert months_of(round_) is None


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("10", "壹拾元整"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("1001", "壹仟零壹元整"),
        ("10001.10", "壹万零壹元壹角整"),
        ("101000", "壹拾万零壹仟元整"),
        ("1000100", "壹佰万零壹佰元整"),
        ("100010000", "壹亿零壹万元整"),
        ("234567890123.45", "贰仟叁佰肆拾伍亿陆仟柒佰捌拾玖万零壹佰贰拾叁元肆角伍分"),
    ],
)
def test_sums_in_words(amount, words):
    assert amount_in_words(Decimal(amount)) == words


@pytest.mark.parametrize("amount", ["-1", "0.001", "1000000000000"])
def test_what_is_no_sum_of_a_form(amount):
    with pytest.raises(ValueError, match="not a sum"):
        amount_in_words(Decimal(amount))


def test_other_units_have_no_such_words():
    round_, computation = quarter(uses=PAYOUT.replace("元", "分"))
    table, lines = listed(round_, computation)
    assert in_words(table, total_of(lines).paid) == ""


# ---------------------------------------------------------------- months present


def test_months_are_kept_audited_and_leave_the_result_current(office):
    round_, _computation = quarter()
    assert present(round_, office, a=1, b=2) == (2, {})
    version = round_.input_version
    round_.refresh_from_db()
    assert round_.input_version == version
    entry = AuditEntry.objects.filter(action="enter presence").order_by("id").first()
    assert entry.changes == {"months": [None, "1"], "reason": [None, "中途调离"]}
    assert (entry.round_id, entry.actor) == (round_.pk, office)
    row = PresenceRow(subject(round_, "a").pk, 2, "改为两个月", "1|中途调离")
    assert save_presence(round=round_, rows=[row], by=office) == (1, {})
    kept = PartialPresence.objects.get(subject=row.subject_id)
    assert (kept.months, kept.reason, kept.version, kept.updated_by) == (2, "改为两个月", 2, office)
    same = PresenceRow(row.subject_id, 2, "改为两个月 ", "2|改为两个月")
    assert save_presence(round=round_, rows=[same], by=office) == (0, {})


@pytest.mark.parametrize("months", [None, 3])
def test_the_whole_period_is_no_row(months, office):
    round_, _computation = quarter()
    present(round_, office, a=1)
    row = PresenceRow(subject(round_, "a").pk, months, "", "1|中途调离")
    assert save_presence(round=round_, rows=[row], by=office) == (1, {})
    assert not PartialPresence.objects.exists()
    assert AuditEntry.objects.order_by("id").last().changes["months"] == ["1", None]


def test_what_is_refused_and_the_rest_is_saved(office):
    round_, _computation = quarter()
    present(round_, office, e=1)
    rows = [
        PresenceRow(subject(round_, "a").pk, 4, "超出", "|"),
        PresenceRow(subject(round_, "b").pk, 1, "  ", "|"),
        PresenceRow(subject(round_, "c").pk, 1, "调入", "|"),
        PresenceRow(subject(round_, "e").pk, 2, "调入", "|"),
    ]
    saved, refused = save_presence(round=round_, rows=rows, by=make_user(Role.OFFICE))
    assert saved == 1
    assert isinstance(refused[rows[0].subject_id], InvalidInput)
    assert isinstance(refused[rows[1].subject_id], InvalidInput)
    assert isinstance(refused[rows[3].subject_id], Conflict)
    assert refused[rows[3].subject_id].theirs.by == office
    assert PartialPresence.objects.count() == 2


def test_who_may_not_and_when_it_is_over(office):
    round_, _computation = quarter()
    for role in (Role.ADMIN, Role.AUDITOR, Role.LEADER, Role.ASSESSOR):
        with pytest.raises(NotAllowed):
            present(round_, make_user(role), a=1)
    Round.objects.filter(pk=round_.pk).update(phase=Phase.ANNOUNCED)
    assert present(round_, office, a=1) == (1, {})
    Round.objects.filter(pk=round_.pk).update(phase=Phase.SEALED)
    with pytest.raises(RoundClosed):
        present(round_, office, b=1)


def test_a_subject_of_another_round_and_a_plan_that_pays_nobody_by_months(office):
    round_, _computation = quarter()
    other, _computation = small_round({"a": 1}, PAYOUT.replace('partial_at = "中"', ""), code="whole", name="2025-Q3")
    with pytest.raises(InvalidInput, match="不属于本轮次"):
        save_presence(round=round_, rows=[PresenceRow(subject(other, "a").pk, 1, "x", "|")], by=office)
    with pytest.raises(InvalidInput, match="不按在岗月数"):
        present(other, office, a=1)


# ---------------------------------------------------------------- the page


def post(user, round_, **data):
    return client_for(user).post(reverse("scoring:payout", args=[round_.pk]), data)


def typed(round_, letter, months, reason, seen="|"):
    pk = subject(round_, letter).pk
    return {f"months-{pk}": months, f"reason-{pk}": reason, f"seen-{pk}": seen}


@pytest.mark.parametrize("role", [Role.OFFICE, Role.AUDITOR, Role.LEADER])
def test_who_sees_the_list(role):
    round_, _computation = quarter()
    content = page(make_user(role), round_).content.decode()
    assert "6200.00" in content  # 2100 + 2100 + 1000 + 0 + 1000
    assert "陆仟贰佰元整" in content
    assert ('name="months-' in content) == (role == Role.OFFICE)


@pytest.mark.parametrize("role", [None, Role.ADMIN, Role.ASSESSOR, Role.SUBJECT])
def test_who_does_not(role):
    round_, _computation = quarter()
    Round.objects.filter(pk=round_.pk).update(phase=Phase.SEALED)
    assert page(make_user(role), round_).status_code == 403


def test_who_may_read_may_not_write():
    round_, _computation = quarter()
    for role in (Role.AUDITOR, Role.LEADER):
        assert post(make_user(role), round_, **typed(round_, "a", "1", "x")).status_code == 403
    assert not PartialPresence.objects.exists()


def test_a_plan_without_payout_has_no_such_page(office):
    assert page(office, district_round(1)).status_code == 404
    round_, _computation = small_round({"a": 1}, EXCLUSION)
    assert page(office, round_).status_code == 404


def test_a_round_that_was_never_computed_says_so(office):
    round_, _none = quarter(compute=False)
    assert "本轮次尚未计算" in page(office, round_).content.decode()
    assert "本轮次尚未计算" in page(office, round_, print="1").content.decode()


def test_months_are_entered_on_the_page(office):
    round_, _computation = quarter()
    data = typed(round_, "a", "２", "八月调离") | typed(round_, "b", "", "")
    assert post(office, round_, **data).status_code == 302
    kept = PartialPresence.objects.get()
    assert (kept.months, kept.reason) == (2, "八月调离")
    content = page(office, round_).content.decode()
    assert "666.67" in content
    assert 'value="2|八月调离"' in content


@pytest.mark.parametrize(
    ("months", "reason", "words"),
    [
        ("1.5", "x", "不是整数月数"),
        ("四", "x", "不是整数月数"),
        ("4", "x", "0 至 3"),
        ("1", " ", "请填写部分时间在岗的原因"),
        ("", "只有原因", "请同时填写在岗月数"),
    ],
)
def test_what_was_typed_stays_after_an_error(months, reason, words, office):
    round_, _computation = quarter()
    response = post(office, round_, **(typed(round_, "a", months, reason) | typed(round_, "b", "1", "对的")))
    content = response.content.decode()
    assert response.status_code == 422
    assert words in content
    assert f'value="{months}"' in content
    assert [row.subject for row in PartialPresence.objects.all()] == [subject(round_, "b")]


def test_somebody_elses_months_are_not_overwritten_unseen(office):
    round_, _computation = quarter()
    present(round_, make_user(Role.OFFICE, name="李四"), a=1)
    response = post(office, round_, **typed(round_, "a", "2", "我的"))
    content = response.content.decode()
    assert response.status_code == 422
    assert "李四" in content
    assert f'name="seen-{subject(round_, "a").pk}" value="1|中途调离"' in content
    assert PartialPresence.objects.get().months == 1


def test_a_sealed_round_is_only_read(office):
    round_, _computation = quarter()
    Round.objects.filter(pk=round_.pk).update(phase=Phase.SEALED)
    assert 'name="months-' not in page(office, round_).content.decode()
    response = client_for(office).post(
        reverse("scoring:payout", args=[round_.pk]), typed(round_, "a", "1", "x"), follow=True
    )
    assert "已封存" in response.content.decode()
    assert not PartialPresence.objects.exists()


def test_filters_and_pages(office, monkeypatch):
    monkeypatch.setattr(importlib.import_module("scoring.views.payout"), "PAGE", 2)
    round_, _computation = quarter(categories={"b": "乙类"})
    present(round_, office, d=1)
    assert page(office, round_).content.decode().count("/subjects/") == 2
    assert page(office, round_, page="3").content.decode().count("/subjects/") == 1
    assert "人员b" in page(office, round_, category="乙类").content.decode()
    assert page(office, round_, category="乙类").content.decode().count("/subjects/") == 1
    assert "人员d" in page(office, round_, show="part").content.decode()
    assert page(office, round_, show="part").content.decode().count("/subjects/") == 1
    assert page(office, round_, q="2025-q3-E").content.decode().count("/subjects/") == 1
    assert "没有符合" in page(office, round_, q="无此人").content.decode()
    # The sums are of all, whatever the filter.
    assert "人员e" in page(office, round_, print="1", q="无此人").content.decode()


@pytest.mark.parametrize("count", [2, 9])
def test_queries_do_not_grow(count, office, django_assert_num_queries):
    round_, _computation = quarter({letter: 60 + n for n, letter in enumerate("abcdefghi"[:count])})
    present(round_, office, a=1, b=2)
    client = client_for(office)
    with django_assert_num_queries(9):
        client.get(reverse("scoring:payout", args=[round_.pk]))


def test_the_result_of_one_says_what_is_paid(office):
    round_, _computation = quarter()
    present(round_, office, a=1)
    url = reverse("scoring:subject_result", args=[round_.pk, subject(round_, "a").pk])
    assert "1000 × 1 ÷ 3 = 333.333333…，四舍五入后为 333.33 元" in client_for(office).get(url).content.decode()
    assert "333.33 元" in client_for(office).get(url, {"print": "1"}).content.decode()
