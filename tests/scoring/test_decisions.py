"""The committee's decision on a grade: an input with a trace, and nobody overwrites it unseen."""

from __future__ import annotations

import pytest

from reviews.models import GradeDecision, Phase
from reviews.services.decisions import decide_grade, withdraw_decision
from reviews.services.errors import Conflict, InvalidInput, NotAllowed, RoundClosed
from units.models import AuditEntry, Role

from ..factories import district_round, make_user
from .rows import subject

pytestmark = pytest.mark.django_db
WORDS = {"grade": "优秀", "reason": "并列，委员会表决", "document": "纪要〔2020〕1号"}


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


def test_a_decision_is_stored_audited_and_makes_the_result_stale(office):
    round_ = district_round(1)
    decision = decide_grade(subject=subject(round_, "S001"), seen=0, by=office, **WORDS)
    assert (decision.grade, decision.document, decision.version) == ("优秀", "纪要〔2020〕1号", 1)
    version = round_.input_version
    round_.refresh_from_db()
    assert round_.input_version == version + 1
    entry = AuditEntry.objects.get(action="decide grade")
    assert entry.changes["grade"] == [None, "优秀"]
    assert (entry.actor, entry.round_id) == (office, round_.pk)


def test_a_decision_made_on_an_older_state_is_refused(office):
    one = subject(district_round(1), "S001")
    decide_grade(subject=one, seen=0, by=office, **WORDS)
    with pytest.raises(Conflict) as caught:
        decide_grade(subject=one, seen=0, by=make_user(Role.OFFICE), **WORDS | {"grade": "良好"})
    assert (caught.value.theirs.value, caught.value.theirs.by) == ("优秀", office)
    decide_grade(subject=one, seen=1, by=office, **WORDS | {"grade": "良好"})
    assert GradeDecision.objects.get().version == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [({"grade": "特优"}, "grade"), ({"reason": " "}, "reason"), ({"document": ""}, "document")],
)
def test_what_a_decision_needs(office, change, field):
    with pytest.raises(InvalidInput) as caught:
        decide_grade(subject=subject(district_round(1), "S001"), seen=0, by=office, **WORDS | change)
    assert caught.value.field == field
    assert not GradeDecision.objects.exists()


@pytest.mark.parametrize("role", [Role.ADMIN, Role.LEADER, Role.AUDITOR, Role.ASSESSOR, Role.SUBJECT])
def test_only_the_office_decides(role):
    with pytest.raises(NotAllowed):
        decide_grade(subject=subject(district_round(1), "S001"), seen=0, by=make_user(role), **WORDS)


def test_an_announced_round_takes_no_decision(office):
    round_ = district_round(1)
    round_.phase = Phase.ANNOUNCED
    round_.save()
    with pytest.raises(RoundClosed):
        decide_grade(subject=subject(round_, "S001"), seen=0, by=office, **WORDS)


def test_withdrawing_keeps_what_it_said_in_the_trail(office):
    one = subject(district_round(1), "S001")
    decide_grade(subject=one, seen=0, by=office, **WORDS)
    with pytest.raises(InvalidInput):
        withdraw_decision(subject=one, reason="", seen=1, by=office)
    with pytest.raises(Conflict):
        withdraw_decision(subject=one, reason="录入有误", seen=2, by=office)
    withdraw_decision(subject=one, reason="录入有误", seen=1, by=office)
    assert not GradeDecision.objects.exists()
    entry = AuditEntry.objects.get(action="withdraw grade decision")
    assert (entry.changes["grade"], entry.reason) == (["优秀", None], "录入有误")
