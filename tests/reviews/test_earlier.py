"""Sets of earlier rounds: who may choose them, what is refused, what is suggested, opening a round with them."""

from __future__ import annotations

import pytest
from django.urls import reverse

from indicators.services import engine_plan, ensure_plan
from indicators.sets import PlanSet
from reviews.models import EarlierResult, Mark, Phase, Round, RoundSetMember
from reviews.queries.earlier import choices, rounds_to_choose
from reviews.queries.progress import leaf_progress
from reviews.services.assessors import bind_marked_leaves
from reviews.services.earlier import add_earlier_rounds, remove_earlier_round
from reviews.services.errors import Conflict, InvalidInput, NotAllowed, RoundClosed
from reviews.services.rounds import NewSubject, open_round
from reviews.tree import Tree
from tests.factories import client_for, make_user
from tests.scoring.quarters import QUARTERS, opened, people
from units.models import AuditEntry, Role

pytestmark = pytest.mark.django_db

CATEGORY = "机关"


@pytest.fixture
def subjects():
    return people(2, CATEGORY)


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


@pytest.fixture
def year(subjects):
    return opened("finance-annual", "2026", subjects)


@pytest.fixture
def quarters(subjects):
    return [opened("finance-points", name, subjects) for name in QUARTERS]


def add(year, earlier, by, set_name="quarters"):
    return add_earlier_rounds(round=year, set_name=set_name, earlier=earlier, by=by)


# ---------------------------------------------------------------- services


def test_adding_makes_the_result_stale_and_is_written_down(year, quarters, office):
    before = year.input_version
    members = add(year, quarters[:2], office)
    year.refresh_from_db()
    assert [m.earlier.name for m in members] == ["2026-Q1", "2026-Q2"]
    assert year.input_version == before + 1
    entry = AuditEntry.objects.filter(action="add earlier round").order_by("id").first()
    assert entry.changes == {"set": [None, "四个季度"], "period": [None, "2026-Q1"]}
    assert (entry.round_id, entry.label) == (year.pk, quarters[0].title)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.OFFICE])
def test_only_the_office_changes_sets(year, quarters, role):
    stranger = make_user(role)
    with pytest.raises(NotAllowed):
        add(year, quarters, stranger)
    member = RoundSetMember.objects.create(round=year, set_name="quarters", earlier=quarters[0])
    with pytest.raises(NotAllowed):
        remove_earlier_round(member=member, reason="x", by=stranger)
    assert RoundSetMember.objects.count() == 1


def refused(year, earlier, by, set_name="quarters"):
    before = RoundSetMember.objects.count()
    with pytest.raises(InvalidInput) as caught:
        add(year, earlier, by, set_name)
    assert RoundSetMember.objects.count() == before
    return caught.value.field


def test_what_is_refused(year, quarters, office, subjects):
    assert refused(year, [], office) == "round"
    assert refused(year, [year], office) == "round"
    assert refused(year, quarters[:1], office, "months") == "set"
    add(year, quarters[:1], office)
    assert refused(year, quarters[:1], office) == "round"
    other = opened("subdistrict-quarterly", "2026-Q1", people_of("科级干部"))
    assert refused(year, [other], office) == "round"  # results are told apart by the period


def people_of(category):
    return [NewSubject("X1", "赵一", category)]


def test_rounds_cannot_read_each_other(year, subjects, office):
    """Neither directly nor through a third one."""
    second, third = (opened("finance-annual", name, subjects) for name in ("2025", "2024"))
    add(year, [second], office)
    assert refused(second, [year], office) == "round"
    add(second, [third], office)
    assert refused(third, [year], office) == "round"
    assert year not in rounds_to_choose(third)
    assert rounds_to_choose(year) == [third, second]


def test_removing_needs_a_reason_and_happens_once(year, quarters, office):
    (member,) = add(year, quarters[:1], office)
    with pytest.raises(InvalidInput) as caught:
        remove_earlier_round(member=member, reason="  ", by=office)
    assert caught.value.field == "reason"
    year.refresh_from_db()
    before = year.input_version
    remove_earlier_round(member=member, reason="季度考核作废", by=office)
    with pytest.raises(Conflict):
        remove_earlier_round(member=member, reason="季度考核作废", by=office)
    year.refresh_from_db()
    assert year.input_version == before + 1
    entry = AuditEntry.objects.get(action="remove earlier round")
    assert entry.changes == {"set": ["四个季度", None], "period": ["2026-Q1", None]}
    assert entry.reason == "季度考核作废"


def test_an_announced_round_keeps_its_sets(year, quarters, office):
    (member,) = add(year, quarters[:1], office)
    Round.objects.filter(pk=year.pk).update(phase=Phase.REVIEWING)
    add(year, quarters[1:2], office)
    Round.objects.filter(pk=year.pk).update(phase=Phase.ANNOUNCED)
    with pytest.raises(RoundClosed):
        add(year, quarters[2:3], office)
    with pytest.raises(RoundClosed):
        remove_earlier_round(member=member, reason="x", by=office)
    assert RoundSetMember.objects.count() == 2


def test_a_leaf_that_is_marked_without_rounds_keeps_its_marks(office):
    subjects = people(1, "直属党组织")
    earlier = opened("education-secretary", "2025", subjects)
    round_ = opened("education-secretary", "2026", subjects)
    mark = Mark.objects.create(subject=round_.subjects.get(), indicator="H", value=40)
    assert refused(round_, [earlier], office, "term") == "set"
    mark.delete()
    assert len(add(round_, [earlier], office, "term")) == 1


# ---------------------------------------------------------------- suggestions


def names(rounds):
    return [one.name for one in rounds]


def test_the_rounds_within_the_period_are_suggested(year, quarters, subjects):
    old, month = opened("finance-points", "2025-Q4", subjects), opened("finance-points", "2026-11", subjects)
    written = opened("finance-points", "2027年第一季度", subjects)
    found = choices(rounds_to_choose(year), PlanSet("quarters", "四个季度", "finance-points", "quarter", 4), year.name)
    assert names(found.suggested) == list(QUARTERS)
    assert names(found.fitting) == [written.name, old.name]
    assert names(found.others) == [month.name]


def test_a_set_without_a_plan_or_period_suggests_nothing(year, quarters):
    found = choices(rounds_to_choose(year), PlanSet("term", "任期"), "2026")
    assert (found.suggested, found.fitting) == ([], [])
    assert len(found.others) == 4


def test_of_two_writings_of_one_quarter_the_newest_is_suggested(year, quarters, subjects):
    opened("finance-points", "2026年第一季度", subjects)
    found = choices(rounds_to_choose(year), PlanSet("q", "四个季度", "finance-points", "quarter"), "2026")
    assert names(found.suggested) == ["2026年第一季度", "2026-Q2", "2026-Q3", "2026-Q4"]
    assert names(found.fitting) == ["2026-Q1"]


# ---------------------------------------------------------------- opening


def draft(client, subjects, plan="finance-annual", name="2026"):
    version = ensure_plan(plan)
    start = {"version": version.pk, "name": name, "title": "", "deadline": ""}
    assert client.post(reverse("reviews:round_open"), start).status_code == 302
    client.post(reverse("reviews:round_open_subjects"), {"do": "all"})
    return client.post(reverse("reviews:round_open_assessors"))


def test_opening_a_year_ticks_its_quarters(quarters, subjects, office):
    client = client_for(office)
    answer = draft(client, subjects)
    assert answer.url == reverse("reviews:round_open_earlier")
    page = client.get(answer.url).content.decode()
    assert page.count(" checked") == 4
    # Whoever jumps ahead is sent back: nothing is chosen silently.
    assert client.get(reverse("reviews:round_open_confirm")).url == answer.url
    chosen = {"round-0": [quarters[0].pk, quarters[2].pk]}
    assert client.post(answer.url, chosen).url == reverse("reviews:round_open_confirm")
    assert "2026-Q1、2026-Q3" in client.get(reverse("reviews:round_open_confirm")).content.decode()
    assert client.get(answer.url).content.decode().count(" checked") == 2
    client.post(reverse("reviews:round_open_confirm"))
    round_ = Round.objects.get(plan__code="finance-annual")
    assert names(m.earlier for m in round_.set_members.order_by("earlier__name")) == ["2026-Q1", "2026-Q3"]
    assert AuditEntry.objects.filter(action="add earlier round", round_id=round_.pk, actor=office).count() == 2


def test_opening_without_any_earlier_round_is_possible(subjects, office):
    client = client_for(office)
    page = draft(client, subjects).url
    assert client.get(page).status_code == 200
    assert client.post(page, {}).status_code == 302
    client.post(reverse("reviews:round_open_confirm"))
    assert Round.objects.get().set_members.count() == 0


def test_two_rounds_of_one_period_are_refused_and_stay_ticked(quarters, subjects, office):
    other = opened("subdistrict-quarterly", "2026-Q1", people_of("科级干部"))
    client = client_for(office)
    page = draft(client, subjects).url
    answer = client.post(page, {"round-0": [quarters[0].pk, other.pk]})
    assert answer.status_code == 422
    assert answer.content.decode().count(" checked") == 2
    assert client.get(reverse("reviews:round_open_confirm")).url == page


def test_a_plan_that_reads_no_earlier_round_has_no_such_page(subjects, office):
    client = client_for(office)
    answer = draft(client, subjects, "finance-points", "2026-Q1")
    assert answer.url == reverse("reviews:round_open_confirm")
    assert client.get(reverse("reviews:round_open_earlier")).url == reverse("reviews:round_open_confirm")


def test_the_page_of_opening_takes_a_fixed_number_of_queries(
    subjects, office, django_assert_max_num_queries, django_assert_num_queries
):
    opened("finance-points", "2026-Q1", subjects)
    client = client_for(office)
    page = draft(client, subjects).url
    client.get(page)
    with django_assert_max_num_queries(12) as few:
        client.get(page)
    for year in range(2010, 2020):
        for number in range(1, 5):
            opened("finance-points", f"{year}-Q{number}", subjects)
    with django_assert_num_queries(len(few)):
        client.get(page)


# ---------------------------------------------------------------- marked as long as there is no round


@pytest.fixture
def secretaries():
    return people(2, "直属党组织")


def sheets(round_):
    return list(round_.assignments.values_list("indicator", "assessor"))


def test_without_a_round_the_leaf_is_marked_in_the_browser(secretaries, office):
    round_ = opened("education-secretary", "2026", secretaries)
    assert sheets(round_) == [("H", "")]
    client = client_for(office)
    page = reverse("reviews:mark_sheet", args=[round_.pk, round_.assignments.get().pk])
    assert page in client.get(reverse("reviews:my_marks", args=[round_.pk])).content.decode()
    assert page in client.get(reverse("reviews:progress", args=[round_.pk])).content.decode()
    first = round_.subjects.first()
    data = {f"seen-{first.pk}": "", f"was-{first.pk}": "", f"value-{first.pk}": "45.5", f"note-{first.pk}": "任期考核"}
    assert client.post(page, data).status_code == 302
    assert str(Mark.objects.get(subject=first, indicator="H").value) == "45.5"
    (leaf,) = (one for one in leaf_progress(round_, Tree(engine_plan(round_.plan_version))) if one.node.code == "H")
    assert (leaf.expected, leaf.entered) == (2, 1)


def test_with_a_round_nobody_marks_it_and_without_it_somebody_does_again(secretaries, office):
    term = opened("education-secretary", "2025", secretaries)
    round_ = opened("education-secretary", "2026", secretaries)
    (member,) = add(round_, [term], office, "term")
    assert sheets(round_) == []
    remove_earlier_round(member=member, reason="改为直接打分", by=office)
    assert sheets(round_) == [("H", "")]


def test_a_round_opened_with_its_earlier_round_has_no_sheet_for_it(secretaries, office):
    term = opened("education-secretary", "2025", secretaries)
    round_ = open_round(
        version=ensure_plan("education-secretary"),
        name="2026",
        title="",
        deadline=None,
        subjects=secretaries,
        by=office,
        earlier={"term": [term]},
    )
    assert sheets(round_) == []
    assert round_.set_members.get().earlier == term


def test_the_set_of_a_workbook_takes_the_sheet_away_too(secretaries):
    round_ = opened("education-secretary", "2026", secretaries)
    subject = round_.subjects.first()
    row = EarlierResult.objects.create(subject=subject, set_name="term", round_name="任期-1", total=80, points=100)
    bind_marked_leaves(round_)
    assert sheets(round_) == []
    row.delete()
    bind_marked_leaves(round_)
    bind_marked_leaves(round_)
    assert sheets(round_) == [("H", "")]
