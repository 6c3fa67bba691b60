"""A subject's page: every figure opens to what it was made of, and only to those who may."""

from __future__ import annotations

import pytest
from django.urls import reverse

from reviews.models import BallotMark, EventStatus, GradeDecision, Mark, NotApplicable
from reviews.services.rounds import touch_inputs
from scoring.services import run_scoring
from units.models import Role

from ..factories import client_for, district_round, make_user
from .rows import add_event, announced, computed, fill, own_account, subject

pytestmark = pytest.mark.django_db
SEE_ALL = [Role.OFFICE, Role.AUDITOR, Role.LEADER]


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


def page(user, round_, code, **query):
    address = reverse("scoring:subject_result", args=[round_.pk, subject(round_, code).pk])
    return client_for(user).get(address, query)


def figure(user, round_, code, indicator, **headers):
    address = reverse("scoring:figure", args=[round_.pk, subject(round_, code).pk, indicator])
    return client_for(user).get(address, headers=headers)


def text(response):
    return response.content.decode()


# ---------------------------------------------------------------- who


@pytest.mark.parametrize("role", SEE_ALL)
def test_who_sees_everything_at_any_time(role):
    round_, _computation = computed(1)
    user = make_user(role)
    assert page(user, round_, "S001").status_code == 200
    assert figure(user, round_, "S001", "K111").status_code == 200


@pytest.mark.parametrize("role", [None, Role.ADMIN, Role.ASSESSOR, Role.SUBJECT])
def test_others_do_not_even_learn_that_it_is_there(role):
    round_, _computation = announced(1)
    user = make_user(role)
    assert page(user, round_, "S001").status_code == 404
    assert figure(user, round_, "S001", "K111").status_code == 404
    assert page(user, round_, "S001", print="1").status_code == 404


def test_the_one_appraised_sees_their_own_once_announced():
    round_, _computation = computed(2)
    own = own_account(round_, "S001")
    assert page(own, round_, "S001").status_code == 404
    assert figure(own, round_, "S001", "K111").status_code == 404
    assert text(client_for(own).get(reverse("scoring:my_results"))).count("/subjects/") == 0
    from reviews.models import Phase
    from reviews.services.rounds import change_phase
    from scoring.services import announce_round

    by = make_user(Role.OFFICE)
    announce_round(round=change_phase(round=round_, to=Phase.REVIEWING, by=by), by=by)
    assert page(own, round_, "S001").status_code == 200
    assert figure(own, round_, "S001", "K111").status_code == 200
    assert page(own, round_, "S002").status_code == 404
    assert figure(own, round_, "S002", "K111").status_code == 404
    listed = text(client_for(own).get(reverse("scoring:my_results")))
    assert reverse("scoring:subject_result", args=[round_.pk, subject(round_, "S001").pk]) in listed
    assert reverse("scoring:subject_result", args=[round_.pk, subject(round_, "S002").pk]) not in listed


def test_a_subject_of_another_round_is_not_found(office):
    round_, _computation = computed(1)
    other = district_round(1, name="2019")
    address = reverse("scoring:subject_result", args=[round_.pk, subject(other, "S001").pk])
    assert client_for(office).get(address).status_code == 404


def test_an_unknown_indicator_is_not_found(office):
    round_, _computation = computed(1)
    assert figure(office, round_, "S001", "NO").status_code == 404


# ---------------------------------------------------------------- how many queries


@pytest.mark.parametrize("subjects", [1, 3])
def test_literal_query_counts(subjects, office, django_assert_num_queries):
    round_, _computation = computed(subjects)
    one = subject(round_, "S001")
    for number in range(subjects):
        add_event(one, "1", f"事项{number}")
    run_scoring(round=round_)
    client = client_for(office)
    with django_assert_num_queries(14):
        client.get(reverse("scoring:subject_result", args=[round_.pk, one.pk]))
    with django_assert_num_queries(18):
        client.get(reverse("scoring:subject_result", args=[round_.pk, one.pk]), {"print": "1"})
    with django_assert_num_queries(19):
        client.get(reverse("scoring:figure", args=[round_.pk, one.pk, "B"]))


# ---------------------------------------------------------------- what


def test_the_tree_with_every_node(office):
    round_, _computation = computed(2)
    response = page(office, round_, "S001")
    for words in ("94.00", "承接市委巡视组整改事项", "单位互评", "减分项", "良好"):
        assert words in text(response)
    assert 'rel="next"' in text(response)
    assert 'rel="prev"' not in text(response)


def test_a_missing_leaf_is_named_and_never_a_zero(office):
    round_ = district_round(1)
    fill(round_, lacking=("S001", "K21"))
    run_scoring(round=round_)
    content = text(page(office, round_, "S001"))
    row = content.split('id="row-K21"')[1].split("</tr>")[0]
    assert "缺失" in row
    assert "0.00" not in row
    assert 'href="#row-K21"' in content
    assert "缺失" in text(figure(office, round_, "S001", "K21"))


def test_a_mark_opens_to_assessor_note_and_time(office):
    round_, _computation = computed(1)
    mark = Mark.objects.get(indicator="K21")
    Mark.objects.filter(pk=mark.pk).update(updated_by=make_user(Role.ASSESSOR, name="李录入"))
    content = text(figure(office, round_, "S001", "K21"))
    for words in ("区城管监督指挥中心", mark.note, "15", "李录入", "网页录入"):
        assert words in content
    round_announced_for_own_account = own_account(round_, "S001")
    round_.phase = "announced"
    round_.save()
    own = text(figure(round_announced_for_own_account, round_, "S001", "K21"))
    assert mark.note in own
    assert "李录入" not in own


def test_events_say_whether_they_count_and_why_not(office):
    round_, _computation = computed(1)
    one = subject(round_, "S001")
    add_event(one, "2", "同一事项", basis="表彰决定")
    add_event(one, "1.5", "同一事项")
    add_event(one, "1", "另一事项", status=EventStatus.PENDING)
    add_event(one, "1", "第三事项", status=EventStatus.REJECTED, decision_reason="材料不足")
    run_scoring(round=round_)
    content = text(figure(office, round_, "S001", "B"))
    for words in ("表彰决定", "等待审核", "未予认定", "材料不足", "同一事项只计最高"):
        assert words in content
    assert content.count("kp-not-counted") == 3


def test_not_applicable_names_the_node_and_the_reason(office):
    round_ = district_round(1)
    fill(round_)
    one = subject(round_, "S001")
    Mark.objects.filter(indicator__startswith="K11").delete()
    NotApplicable.objects.create(subject=one, indicator="K11", note="无此职能")
    touch_inputs(round_.pk)
    run_scoring(round=round_)
    content = text(figure(office, round_, "S001", "K111"))
    assert "不适用" in content
    assert "无此职能" in content
    assert "不适用" in text(page(office, round_, "S001")).split('id="row-K111"')[1].split("</tr>")[0]


def test_ballots_are_shown_as_a_tally(office):
    round_, _computation = computed(1)
    content = text(figure(office, round_, "S001", "E1"))
    assert "90 × 1" in content
    assert "85.0000" in content


def test_few_votes_are_withheld_from_everybody(office, settings):
    from indicators.models import PlanVersion
    from indicators.services import save_version

    round_ = district_round(1)
    version = round_.plan_version
    changed = save_version(
        plan=version.plan, document=version.document | {"minimum_votes": 3}, by=None, note="三票起公布"
    )
    assert PlanVersion.objects.count() == 2
    round_.plan_version = changed
    round_.save()
    fill(round_)
    BallotMark.objects.filter(indicator="E2").delete()
    touch_inputs(round_.pk)
    run_scoring(round=round_)
    content = text(figure(office, round_, "S001", "E1"))
    assert "不足3票" in content
    assert "90 × 1" not in content
    assert "85" not in content.replace("8.50", "")


def test_a_figure_is_a_fragment_for_htmx_and_a_page_without(office):
    round_, _computation = computed(1)
    fragment = text(figure(office, round_, "S001", "K111", **{"HX-Request": "true"}))
    assert "<html" not in fragment
    assert "kp-figure" in fragment
    assert "<html" in text(figure(office, round_, "S001", "K111"))


@pytest.mark.parametrize("code", ["R", "K", "K1", "K111", "E1", "E2", "B", "D"])
def test_every_figure_states_its_rule(office, code):
    round_, _computation = computed(1)
    content = text(figure(office, round_, "S001", code, **{"HX-Request": "true"}))
    assert "规则" in content
    assert "%(" not in content


def test_a_changed_mark_is_shown_beside_the_one_that_counted(office):
    round_, _computation = computed(1)
    Mark.objects.filter(indicator="K21").update(value=3)
    touch_inputs(round_.pk)
    content = text(figure(office, round_, "S001", "K21"))
    assert "已过期" in content
    assert "现为 3" in content
    assert "15" in content


def test_print_view_is_the_whole_score_sheet(office):
    round_, computation = computed(1)
    content = text(page(office, round_, "S001", print="1"))
    for words in ("得分明细表", computation.digest, "信息：材料齐全", "单位互评"):
        assert words in content


def test_before_computing_there_is_an_empty_state(office):
    round_ = district_round(1)
    assert "尚未计算" in text(page(office, round_, "S001"))
    assert figure(office, round_, "S001", "K111").status_code == 404


# ---------------------------------------------------------------- decisions in the browser


def decide(user, round_, code, **data):
    address = reverse("scoring:decide", args=[round_.pk, subject(round_, code).pk])
    return client_for(user).post(address, data)


WORDS = {"grade": "优秀", "reason": "委员会表决", "document": "纪要1号", "seen": "0"}


def test_the_office_records_a_decision(office):
    round_, _computation = computed(2)
    response = decide(office, round_, "S001", **WORDS)
    assert response.status_code == 302
    assert GradeDecision.objects.get().updated_by == office
    run_scoring(round=round_)
    content = text(page(office, round_, "S001"))
    assert "纪要1号" in content
    assert "委员会表决" in content


def test_a_refused_decision_keeps_what_was_typed(office):
    round_, _computation = computed(1)
    response = decide(office, round_, "S001", **WORDS | {"document": ""})
    assert response.status_code == 200
    assert "委员会表决" in text(response)
    assert not GradeDecision.objects.exists()


def test_a_conflict_shows_what_the_other_one_saved(office):
    round_, _computation = computed(1)
    decide(office, round_, "S001", **WORDS)
    second = make_user(Role.OFFICE, name="王五")
    response = decide(second, round_, "S001", **WORDS | {"grade": "合格", "reason": "另一意见"})
    assert "另一意见" in text(response)
    assert GradeDecision.objects.get().grade == "优秀"
    assert 'name="seen" value="1"' in text(response)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.LEADER, Role.AUDITOR, Role.ASSESSOR, Role.SUBJECT])
def test_nobody_else_records_a_decision(role):
    round_, _computation = computed(1)
    assert decide(make_user(role), round_, "S001", **WORDS).status_code == 403
    assert not GradeDecision.objects.exists()


def test_withdrawing(office):
    round_, _computation = computed(1)
    decide(office, round_, "S001", **WORDS)
    address = reverse("scoring:withdraw", args=[round_.pk, subject(round_, "S001").pk])
    client = client_for(office)
    assert client.post(address, {"withdraw-reason": "", "withdraw-seen": "1"}).status_code == 200
    assert GradeDecision.objects.exists()
    assert client.post(address, {"withdraw-reason": "录入有误", "withdraw-seen": "1"}).status_code == 302
    assert not GradeDecision.objects.exists()
