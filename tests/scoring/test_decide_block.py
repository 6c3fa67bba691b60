"""Deciding on a tied block at once, and what the page of the limits then says: places, warnings, history, paper."""

from __future__ import annotations

import pytest
from django.urls import reverse

from reviews.models import GradeDecision, Phase
from reviews.services.decisions import DecisionRow, decide_grade, decide_grades, withdraw_decision
from reviews.services.errors import Conflict, InvalidInput, NotAllowed, RoundClosed
from reviews.services.rounds import change_phase
from scoring.queries import current_computation, limits
from scoring.quotas import decisions_of, in_result, quotas
from scoring.services import run_scoring
from units.models import AuditEntry, Role

from ..factories import client_for, district_round, make_user
from .rows import fill, subject

pytestmark = pytest.mark.django_db
WORDS = {"reason": "并列，会议研究", "document": "会议纪要〔2020〕3号"}


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


@pytest.fixture
def round_():
    """Four subjects of equal merit and one place for 优秀 (4 × 30% = 1.2): all get the lower grade."""
    made = district_round(4)
    fill(made, step="0")
    made.refresh_from_db()
    run_scoring(round=made)
    return made


def page(round_, number=0, **query):
    return reverse("scoring:decide_block", args=[round_.pk, number], query=query)


def posted(round_, grades, **more):
    """grades: {code: grade} of the subjects on the form; "" leaves one as it is."""
    form = {**WORDS, "rest": "", **more}
    for code, grade in grades.items():
        one = subject(round_, code)
        decision = GradeDecision.objects.filter(subject=one).first()
        form |= {f"grade-{one.pk}": grade, f"seen-{one.pk}": str(decision.version if decision else 0)}
    return form


ALL = {"S001": "优秀", "S002": "", "S003": "", "S004": ""}


def test_the_tie_leads_to_deciding(round_, office):
    content = client_for(office).get(reverse("scoring:limits", args=[round_.pk])).content.decode()
    assert page(round_) in content
    assert "另有 4 个并列对象待决定" in content
    form = client_for(office).get(page(round_)).content.decode()
    assert form.count('name="seen-') == 4
    assert form.count("并列</span>") == 4
    own = client_for(office).get(reverse("scoring:subject_result", args=[round_.pk, subject(round_, "S002").pk]))
    assert page(round_) in own.content.decode()
    # Who may not decide sees the limits without a way there.
    assert (
        page(round_)
        not in client_for(make_user(Role.LEADER)).get(reverse("scoring:limits", args=[round_.pk])).content.decode()
    )


def test_one_reason_and_one_document_for_a_block(round_, office):
    response = client_for(office).post(page(round_), posted(round_, ALL, rest="良好"), follow=True)
    assert response.redirect_chain == [(reverse("scoring:limits", args=[round_.pk]) + "#limit-0", 302)]
    stored = {d.subject.code: (d.grade, d.reason, d.document, d.updated_by) for d in decisions_of(round_)}
    assert stored == {
        code: ("优秀" if code == "S001" else "良好", WORDS["reason"], WORDS["document"], office) for code in ALL
    }
    assert AuditEntry.objects.filter(action="decide grade", round_id=round_.pk).count() == 4
    content = response.content.decode()
    assert "尚余 0 个" in content
    assert content.count("尚未计算") == 4
    assert "待决定" not in content


def test_decisions_survive_a_new_computation_and_count_against_the_limit(round_, office):
    client_for(office).post(page(round_), posted(round_, ALL))
    round_.refresh_from_db()
    computation = run_scoring(round=round_)
    (report,) = [each for each in limits(computation) if each.grade == "优秀"][:1]
    assert (report.places, report.decided) == (1, ("S001",))
    assert report.holders == ("S001",)
    decisions = decisions_of(round_)
    assert in_result(decisions, computation) == {decisions[0].pk}
    content = client_for(office).get(reverse("scoring:ranking", args=[round_.pk])).content.decode()
    assert ">领导小组决定</span>" in content
    only = client_for(office).get(reverse("scoring:ranking", args=[round_.pk]), {"flag": "decided"})
    assert [line.subject.code for line in only.context["lines"]] == ["S001"]


def test_more_than_the_places_is_a_warning_and_no_refusal(round_, office):
    response = client_for(office).post(
        page(round_), posted(round_, {"S001": "优秀", "S002": "优秀", "S003": "优秀"}), follow=True
    )
    assert GradeDecision.objects.count() == 3
    content = response.content.decode()
    assert "优秀名额 1 个，按已记录的决定将超出 2 个" in content
    assert "alert-warning" in content


def test_who_loses_a_place_to_a_decision_is_said(office):
    """One holder by the rules, one place: deciding 优秀 for another takes it."""
    round_ = district_round(4)
    fill(round_)
    round_.refresh_from_db()
    computation = run_scoring(round=round_)
    (report, *_rest) = limits(computation)
    decide_grade(subject=subject(round_, "S003"), grade="优秀", seen=0, by=office, **WORDS)
    (quota, *_rest) = quotas(limits(computation), _plan(round_), decisions_of(round_), {})
    assert (report.places, quota.kept, len(quota.decided), quota.left, quota.pushes_out) == (1, 1, 1, -1, 1)
    content = client_for(office).get(reverse("scoring:limits", args=[round_.pk])).content.decode()
    assert "将有排在最后的 1 个失去名额" in content
    # And so it comes: the one decided holds the place, the holder by the rules does not any more.
    round_.refresh_from_db()
    (after, *_rest) = limits(run_scoring(round=round_))
    assert (after.holders, after.decided) == (("S003",), ("S003",))
    assert report.holders[0] in after.cut


def _plan(round_):
    from indicators.services import engine_plan

    return engine_plan(round_.plan_version)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"reason": ""}, "这个字段是必填项"),
        ({"document": " "}, "这个字段是必填项"),
        ({"rest": "最好"}, "最好"),
    ],
)
def test_what_is_chosen_stays_after_an_error(round_, office, form, said):
    response = client_for(office).post(page(round_), posted(round_, ALL, **form))
    assert response.status_code == 422
    content = response.content.decode()
    assert said in content
    assert "<option selected>优秀</option>" in content
    assert not GradeDecision.objects.exists()


def test_nothing_chosen_is_an_error(round_, office):
    response = client_for(office).post(page(round_), posted(round_, dict.fromkeys(ALL, "")))
    assert response.status_code == 422
    assert "请至少为一个对象选择等次" in response.content.decode()


def test_one_conflict_keeps_all_from_being_recorded(round_, office):
    form = posted(round_, {"S001": "优秀", "S002": "良好"})
    decide_grade(subject=subject(round_, "S002"), grade="优秀", seen=0, by=office, **WORDS)
    response = client_for(office).post(page(round_), form)
    assert response.status_code == 422
    assert "再次保存将以本次为准" in response.content.decode()
    assert [d.subject.code for d in decisions_of(round_)] == ["S002"]
    # The form that came back knows the newer state.
    again = client_for(office).post(page(round_), posted(round_, {"S001": "优秀", "S002": "良好"}))
    assert again.status_code == 302
    assert [d.grade for d in decisions_of(round_)] == ["优秀", "良好"]


def test_the_service_has_guards(round_, office):
    one = subject(round_, "S001")
    row = DecisionRow(one.pk, "优秀", 0)
    with pytest.raises(NotAllowed):
        decide_grades(round=round_, rows=[row], by=make_user(Role.AUDITOR), **WORDS)
    with pytest.raises(InvalidInput):
        decide_grades(round=round_, rows=[], by=office, **WORDS)
    with pytest.raises(InvalidInput):
        decide_grades(round=round_, rows=[row], by=office, reason=" ", document="x")
    other = district_round(1, name="2021").subjects.get()
    with pytest.raises(InvalidInput):
        decide_grades(round=round_, rows=[row, DecisionRow(other.pk, "优秀", 0)], by=office, **WORDS)
    assert not GradeDecision.objects.exists()
    refused = decide_grades(round=round_, rows=[row, DecisionRow(one.pk, "良好", 0)], by=office, **WORDS)
    assert isinstance(refused[one.pk], Conflict)
    assert not GradeDecision.objects.exists()
    assert not AuditEntry.objects.filter(action="decide grade").exists()
    change_phase(round=round_, to=Phase.REVIEWING, by=office)
    assert decide_grades(round=round_, rows=[row], by=office, **WORDS) == {}
    round_.phase = Phase.ANNOUNCED
    round_.save()
    with pytest.raises(RoundClosed):
        decide_grades(round=round_, rows=[row], by=office, **WORDS)


def test_the_history_keeps_what_was_withdrawn(round_, office):
    one = subject(round_, "S001")
    decide_grade(subject=one, grade="优秀", seen=0, by=office, **WORDS)
    withdraw_decision(subject=one, reason="文号有误", seen=1, by=office)
    content = client_for(office).get(reverse("scoring:limits", args=[round_.pk])).content.decode()
    assert "领导小组尚未对任何对象作出决定" in content
    assert "文号有误" in content
    assert WORDS["document"] in content


def test_on_paper(round_, office):
    decide_grade(subject=subject(round_, "S001"), grade="优秀", seen=0, by=office, **WORDS)
    content = client_for(office).get(reverse("scoring:limits", args=[round_.pk]), {"print": "1"}).content.decode()
    assert "4 × 30% = 1.2" in content
    assert WORDS["document"] in content
    assert "公布结果" not in content
    assert "<form" not in content.split("<main", 1)[1]


@pytest.mark.parametrize("subjects", [2, 5])
def test_query_counts(subjects, office, django_assert_num_queries):
    round_ = district_round(subjects)
    fill(round_, step="0")
    round_.refresh_from_db()
    run_scoring(round=round_)
    for one in round_.subjects.all():
        decide_grade(subject=one, grade="良好", seen=0, by=office, **WORDS)
    client = client_for(office)
    with django_assert_num_queries(16):
        client.get(reverse("scoring:limits", args=[round_.pk]))
    with django_assert_num_queries(9):
        client.get(page(round_, who="all"))


def test_no_such_limit(round_, office):
    assert client_for(office).get(page(round_, number=9)).status_code == 404
    assert current_computation(round_) is not None
