"""Rounds that read earlier rounds: the page, staleness, and four quarters → year from opening to explanation."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import translation

from indicators.services import ensure_plan, import_plan
from reviews.models import EarlierResult, Event, EventStatus, Mark, Phase, Round, RoundSetMember, Subject
from reviews.services.rounds import NewSubject, change_phase, touch_inputs
from scoring import earlier
from scoring.models import SubjectResult
from scoring.queries import current_computation, is_stale
from scoring.services import obstacles_to_announcing, run_scoring
from units.models import Role

from ..factories import client_for, make_user
from .quarters import QUARTERS, announce, opened, people, points_quarter, work_quarter

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    return client_for(make_user(Role.OFFICE))


@pytest.fixture
def subjects():
    return people(3, "机关")


@pytest.fixture
def year(subjects):
    return opened("finance-annual", "2026", subjects)


def url(round_, name="earlier", *args):
    return reverse(f"scoring:{name}", args=[round_.pk, *args])


def member(year, round_, set_name="quarters"):
    return RoundSetMember.objects.create(round=year, set_name=set_name, earlier=round_)


def quarter(subjects, name=QUARTERS[0]):
    return points_quarter(name, subjects, [0] * len(subjects))


# ---------------------------------------------------------------- the page


@pytest.mark.parametrize("role", list(Role))
def test_who_reads_and_who_changes(year, subjects, role):
    round_, client = quarter(subjects), client_for(make_user(role))
    allowed = role in {Role.OFFICE, Role.AUDITOR}
    assert client.get(url(year)).status_code == (200 if allowed else 403)
    assert client.get(url(year, "earlier_subjects", "quarters")).status_code == (200 if allowed else 403)
    data = {"do": "add", "set": "quarters", "round": round_.pk}
    assert client.post(url(year), data).status_code == (302 if role == Role.OFFICE else 403)
    assert RoundSetMember.objects.exists() == (role == Role.OFFICE)


def test_a_plan_without_sets_has_neither_page_nor_tab(subjects, office):
    round_ = quarter(subjects)
    assert office.get(url(round_)).status_code == 404
    assert url(round_) not in office.get(reverse("reviews:round_detail", args=[round_.pk])).content.decode()


def test_the_quarters_are_added_in_one_press_and_one_is_removed(year, subjects, office):
    rounds = [quarter(subjects, name) for name in QUARTERS]
    page = office.get(url(year)).content.decode()
    assert "添加 2026 的 4 个轮次" in page
    assert url(year) in office.get(reverse("reviews:round_detail", args=[year.pk])).content.decode()
    data = {"do": "add", "set": "quarters", "round": [one.pk for one in rounds]}
    assert office.post(url(year), data).url == url(year)
    page = office.get(url(year)).content.decode()
    assert page.count("尚未计算") == 4
    assert "添加 2026 的" not in page
    third = RoundSetMember.objects.get(earlier__name="2026-Q3")
    refused = office.post(url(year), {"do": "remove", "member": third.pk, "reason": " "})
    assert refused.status_code == 422
    gone = office.post(url(year), {"do": "remove", "member": third.pk, "reason": "改由工作簿填报"}, follow=True)
    assert "3 个" in gone.content.decode()
    assert sorted(RoundSetMember.objects.values_list("earlier__name", flat=True)) == ["2026-Q1", "2026-Q2", "2026-Q4"]


def test_what_was_chosen_stays_after_a_refusal(year, subjects, office):
    round_ = quarter(subjects)
    answer = office.post(url(year), {"do": "add", "set": "no-such-set", "round": round_.pk})
    assert answer.status_code == 422
    assert not RoundSetMember.objects.exists()
    answer = office.post(url(year), {"do": "add", "set": "quarters"})
    assert answer.status_code == 422
    assert "请选择" in answer.content.decode()
    member(year, round_)
    reason = "理由" * 5
    Round.objects.filter(pk=year.pk).update(phase=Phase.ANNOUNCED)
    answer = office.post(url(year), {"do": "remove", "member": RoundSetMember.objects.get().pk, "reason": reason})
    assert answer.status_code == 422
    assert RoundSetMember.objects.exists()


def test_a_member_of_another_round_is_not_removed_from_here(year, subjects, office):
    other = opened("finance-annual", "2025", subjects)
    row = member(other, quarter(subjects))
    assert office.post(url(year), {"do": "remove", "member": row.pk, "reason": "x"}).status_code == 404
    assert RoundSetMember.objects.count() == 1


def test_states_of_earlier_rounds(year, subjects):
    open_, provisional, stale, done, frozen = (
        points_quarter(name, subjects, [0, 0, 0]) for name in (*QUARTERS, "2025-Q4")
    )
    provisional.subjects.first().not_applicable.all().delete()  # nobody voted on M
    for round_ in (provisional, stale, done):
        run_scoring(round=round_)
    touch_inputs(stale.pk)
    announce(frozen)
    for round_ in (open_, provisional, stale, done, frozen):
        member(year, round_)
    found = {one.name: one.state for one in earlier.sets_of(year).sets[0].members}
    assert found == {
        open_.name: earlier.State(),
        provisional.name: earlier.State(computed=True, provisional=True),
        stale.name: earlier.State(computed=True, stale=True),
        done.name: earlier.State(computed=True),
        frozen.name: earlier.State(computed=True, published=True),
    }


def test_state_says_stale_exactly_where_the_round_itself_does(year, subjects):
    """`states` asks for many rounds at once what `is_stale` says of one."""
    first = quarter(subjects)
    run_scoring(round=first)
    member(year, first)
    run_scoring(round=year)
    assert earlier.states([year])[year.pk].stale is False
    Event.objects.create(subject=first.subjects.first(), indicator="W", item="W1", count=1, status=EventStatus.APPROVED)
    touch_inputs(first.pk)
    first.refresh_from_db()
    run_scoring(round=first)
    year.refresh_from_db()
    assert is_stale(current_computation(year), year)
    assert earlier.states([year])[year.pk].stale is True


def test_who_has_a_result_and_who_has_none(year, subjects, office):
    first = points_quarter(QUARTERS[0], subjects[:2], [0, 5])
    run_scoring(round=first)
    member(year, first)
    EarlierResult.objects.create(
        subject=year.subjects.get(code="P002"),
        set_name="quarters",
        round_name=QUARTERS[0],
        total=Decimal(77),
        points=Decimal(100),
        grade="一般",
    )
    EarlierResult.objects.create(
        subject=year.subjects.get(code="P001"), set_name="quarters", round_name="2025-Q4", grade="好"
    )
    (found,) = earlier.sets_of(year).sets
    assert [(m.name, m.found, m.workbook, m.without) for m in found.members] == [
        ("2025-Q4", 1, 1, 2),
        (QUARTERS[0], 2, 1, 1),
    ]
    assert (found.without, found.lacks) == (1, 2)
    page = office.get(url(year)).content.decode()
    assert "以数据簿为准" in page
    everyone = office.get(url(year, "earlier_subjects", "quarters")).content.decode()
    assert all(text in everyone for text in ("王1", "王2", "王3", "77", "一般", "无结果"))
    missing = office.get(url(year, "earlier_subjects", "quarters") + f"?show=missing&round={QUARTERS[0]}")
    assert [subject.code for subject, _cells in missing.context["rows"]] == ["P003"]
    searched = office.get(url(year, "earlier_subjects", "quarters") + "?q=王2")
    assert [subject.code for subject, _cells in searched.context["rows"]] == ["P002"]
    nobody = office.get(url(year, "earlier_subjects", "quarters") + "?q=无此人")
    assert nobody.status_code == 200
    assert nobody.context["rows"] == []
    assert office.get(url(year, "earlier_subjects", "months")).status_code == 404


def test_queries_do_not_grow(office, django_assert_num_queries, django_assert_max_num_queries):
    few = people(2, "机关")
    year = opened("finance-annual", "2026", few)
    member(year, first := quarter(few))
    run_scoring(round=first)
    pages = (url(year), url(year, "earlier_subjects", "quarters"))
    counts = []
    for page in pages:
        office.get(page)
        with django_assert_max_num_queries(20) as queries:
            office.get(page)
        counts.append(len(queries))
    for name in (*QUARTERS[1:], "2025-Q1", "2025-Q2"):
        more = quarter([*few, *others(name)], name)
        run_scoring(round=more)
        member(year, more)
    Subject.objects.bulk_create(Subject(round=year, code=f"N{n}", name="孙", category="机关") for n in range(30))
    for page, count in zip(pages, counts, strict=True):
        with django_assert_num_queries(count):
            office.get(page)


def others(name):
    return [NewSubject(f"{name}-{number}", f"钱{number}", "机关") for number in range(20)]


NAMED = {
    "code": "named",
    "title": "点名引用的方案",
    "subjects": "people",
    "categories": ["机关"],
    "grades": ["优秀", "称职"],
    "indicators": [
        {"code": "R", "title": "总分", "points": 100},
        {"code": "K", "parent": "R", "title": "工作", "points": 100, "method": "marks"},
    ],
    "rules": [
        {"rule": "thresholds", "minimums": {"优秀": 90}, "otherwise": "称职"},
        {"rule": "cap", "if": "grade_in:2026-Q1 = 一般", "grade": "称职"},
    ],
}


def test_a_round_that_a_rule_asks_for_by_name(subjects, office):
    """The plan declares no set: there is one for it all the same, and the page says whether the round is in it."""
    import_plan(document=NAMED, by=None)
    year = opened("named", "2026", subjects)
    page = office.get(url(year)).content.decode()
    assert "2026-Q1" in page
    assert "该条件对所有对象都不成立" in page
    first = points_quarter("2026-Q1", subjects, [0, 0, 25])
    run_scoring(round=first)
    assert office.post(url(year), {"do": "add", "set": "earlier", "round": first.pk}).status_code == 302
    page = office.get(url(year)).content.decode()
    assert "该条件对所有对象都不成立" not in page
    assert "属于往期轮次" in page
    log = office.get(reverse("reviews:history", args=[year.pk])).content.decode()
    assert "添加往期轮次" in log
    Mark.objects.bulk_create(Mark(subject=each, indicator="K", value=95) for each in year.subjects.all())
    run_scoring(round=year)
    assert results(first)["P003"].grade == "一般"
    assert {code: row.grade for code, row in results(year).items()} == {"P001": "优秀", "P002": "优秀", "P003": "称职"}


# ---------------------------------------------------------------- announcing


def test_what_stands_against_announcing_and_what_is_only_said(year, subjects, office):
    rounds = [quarter(subjects, name) for name in QUARTERS[:3]]
    for round_ in rounds:
        member(year, round_)
    announce(rounds[0])
    run_scoring(round=rounds[1])
    year = change_phase(round=year, to=Phase.REVIEWING, by=make_user(Role.OFFICE))
    run_scoring(round=year)
    with translation.override("en"):
        assert obstacles_to_announcing(year) == [f"The earlier round “{rounds[2].title}” has not been computed."]
        assert earlier.warnings(year) == [
            f"The result of the earlier round “{rounds[1].title}” has not been announced.",
            "The set “四个季度” has 3 of 4 rounds.",
        ]
    page = office.get(url(year, "limits")).content.decode()
    assert rounds[2].title in page
    assert "尚未公布" in page
    run_scoring(round=rounds[2])
    year.refresh_from_db()
    assert is_stale(current_computation(year), year)
    run_scoring(round=year)
    assert obstacles_to_announcing(year) == []


def test_a_provisional_quarter_stands_against_announcing(year, subjects):
    first = opened("finance-points", QUARTERS[0], subjects)  # nobody voted yet
    run_scoring(round=first)
    member(year, first)
    run_scoring(round=year)
    with translation.override("en"):
        assert f"The result of the earlier round “{first.title}” is provisional." in obstacles_to_announcing(year)


# ---------------------------------------------------------------- four quarters → year


def half_up(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")


def year_by_browser(client, subjects, plan):
    """Open the round of the year by the pages, with the rounds that are ticked, and compute it."""
    start = {"version": ensure_plan(plan).pk, "name": "2026", "title": "", "deadline": ""}
    client.post(reverse("reviews:round_open"), start)
    client.post(reverse("reviews:round_open_subjects"), {"do": "all"})
    client.post(reverse("reviews:round_open_assessors"))
    page = client.get(reverse("reviews:round_open_earlier"))
    (one,) = page.context["sets"]
    client.post(reverse("reviews:round_open_earlier"), {"round-0": sorted(one.chosen)})
    client.post(reverse("reviews:round_open_confirm"))
    round_ = Round.objects.get(plan__code=plan)
    client.post(reverse("reports:compute", args=[round_.pk]))
    return round_


def results(round_):
    rows = SubjectResult.objects.filter(computation=current_computation(round_)).select_related("subject")
    return {row.subject.code: row for row in rows}


def test_four_quarters_of_points_make_the_year(subjects, office, django_capture_on_commit_callbacks):
    """finance-points → finance-annual: the mean of four totals; one 一般 rules out 优秀."""
    taken = {"P001": [0, 0, 0, 0], "P002": [0, 0, 20, 0], "P003": [10, 5, 0, 1]}
    for place, name in enumerate(QUARTERS):
        round_ = points_quarter(name, subjects, [counts[place] for counts in taken.values()])
        run_scoring(round=round_)
    with django_capture_on_commit_callbacks(execute=True):
        year = year_by_browser(office, subjects, "finance-annual")
    expected = {
        # 85 points apply without 民主测评; R takes their share of 100.
        code: half_up(sum(half_up(Decimal(100) * (85 - count) / 85) for count in counts) / 4)
        for code, counts in taken.items()
    }
    found = results(year)
    assert {code: half_up(row.total) for code, row in found.items()} == expected
    third = Round.objects.get(name="2026-Q3")
    assert results(third)["P002"].grade == "一般"
    grades = {code: row.grade for code, row in found.items()}
    assert grades["P002"] == "称职"
    page = office.get(reverse("scoring:subject_result", args=[year.pk, found["P002"].subject_id])).content.decode()
    assert "“四个季度”各轮次中" in page
    assert "quarters" not in page
    figure = office.get(reverse("scoring:figure", args=[year.pk, found["P003"].subject_id, "Q"])).content.decode()
    assert all(name in figure for name in QUARTERS)
    assert str(expected["P003"]) in figure


def test_four_quarters_of_work_make_the_year(office, django_capture_on_commit_callbacks):
    """subdistrict-quarterly → subdistrict-annual: 不称职 once or twice decides, 优秀 needs a quarter of 优秀."""
    subjects = people(4, "一般工作人员")
    marks = {"P001": [50, 50, 50, 50], "P002": [40, 48, 40, 40], "P003": [20, 40, 40, 40], "P004": [10, 10, 40, 40]}
    for place, name in enumerate(QUARTERS):
        run_scoring(round=work_quarter(name, subjects, [row[place] for row in marks.values()]))
    with django_capture_on_commit_callbacks(execute=True):
        year = year_by_browser(office, subjects, "subdistrict-annual")
    totals = {code: [] for code in marks}
    grades = {code: [] for code in marks}
    for name in QUARTERS:
        for code, row in results(Round.objects.get(name=name)).items():
            totals[code].append(row.total)
            grades[code].append(row.grade)
    found = results(year)
    for code, row in found.items():
        assert half_up(row.total) == half_up(sum(totals[code]) / 4), code
    assert grades["P001"].count("优秀") == 4
    assert grades["P003"].count("不称职") == 1
    assert grades["P004"].count("不称职") == 2
    assert {code: row.grade for code, row in found.items()} == {
        "P001": "称职",  # 20 % of four people are no place for 优秀
        "P002": "称职",
        "P003": "基本称职",
        "P004": "不称职",
    }
    page = office.get(reverse("scoring:subject_result", args=[year.pk, found["P004"].subject_id])).content.decode()
    assert "“四个季度”各轮次中" in page
    assert "不称职" in page
