"""Computing, storing, announcing, sealing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from reviews.models import GradeDecision, Mark, Phase, RoundSetMember
from reviews.services.errors import InvalidInput, NotAllowed, RoundClosed
from reviews.services.rounds import change_phase, touch_inputs
from scoring.engine.types import InputErrors
from scoring.errors import ResultFrozen
from scoring.models import Computation, SubjectResult
from scoring.queries import current_computation, is_stale, limits, read_results
from scoring.services import KEPT, announce_round, obstacles_to_announcing, run_scoring, seal_round
from units.models import AuditEntry, Notification, Role

from ..factories import district_round, make_user
from .rows import announced, computed, fill, own_account, subject

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


def test_a_round_is_computed_and_stored():
    round_, computation = computed(3)
    assert computation == current_computation(round_)
    assert not computation.provisional
    stored = read_results(computation)
    assert [(each.subject.code, each.row.rank) for each in stored] == [("S001", 1), ("S002", 2), ("S003", 3)]
    # All marks full (60), ballots (90 + 80) / 2 = 85 % of 40.
    assert [str(each.result.total) for each in stored] == ["94.00", "92.50", "91.00"]
    assert [each.row.total for each in stored] == [each.result.total for each in stored]
    # ⌊3 × 0.30⌋ = 0 places of 优秀.
    assert [each.row.grade for each in stored] == ["良好"] * 3
    (report,) = limits(computation)
    assert (report.size, report.places, report.cut) == (3, 0, ("S001", "S002", "S003"))


def test_computing_twice_gives_the_same_and_stores_nothing_twice():
    round_, first = computed(3)
    second = run_scoring(round=round_)
    assert (second.pk, second.digest) == (first.pk, first.digest)
    assert SubjectResult.objects.count() == 3


def test_the_same_inputs_in_another_database_give_the_same_digest():
    """Rows' own ids take no part in it."""
    _round, first = computed(2)
    from .rows import add_event

    other = district_round(2, name="2021")
    fill(other)
    event = add_event(subject(other, "S001"), "1", "甲")
    run_scoring(round=other)
    event.delete()
    touch_inputs(other.pk)
    other.refresh_from_db()
    assert run_scoring(round=other).digest == first.digest


def test_a_changed_input_makes_the_result_stale_and_a_new_one_takes_its_place():
    round_, first = computed(2)
    Mark.objects.filter(subject__code="S001", indicator="K21").update(value=10)
    touch_inputs(round_.pk)
    round_.refresh_from_db()
    assert is_stale(first, round_)
    second = run_scoring(round=round_)
    first.refresh_from_db()
    assert not first.is_current
    assert second.is_current
    assert second.digest != first.digest
    assert not is_stale(second, round_)


def test_only_the_newest_computations_are_kept():
    round_, _first = computed(1)
    for value in range(1, KEPT + 3):
        Mark.objects.filter(indicator="K21").update(value=value)
        touch_inputs(round_.pk)
        run_scoring(round=round_)
    assert Computation.objects.filter(round=round_).count() == KEPT
    assert SubjectResult.objects.count() == KEPT
    assert Computation.objects.filter(is_current=True).count() == 1


def test_a_run_overtaken_by_newer_inputs_gives_way():
    round_, current = computed(1)
    Computation.objects.filter(pk=current.pk).update(input_version=10**6)
    Mark.objects.filter(indicator="K21").update(value=3)
    assert run_scoring(round=round_) == current


def test_progress_is_told():
    round_ = district_round(1)
    fill(round_)
    told = []
    run_scoring(round=round_, progress=lambda percent, words: told.append((percent, words)))
    assert [percent for percent, _words in told] == sorted(percent for percent, _words in told)
    assert told[0][0] == 0
    assert told[-1][0] == 100
    assert all(words for _percent, words in told)


def test_missing_input_is_provisional_or_refused():
    round_ = district_round(2)
    fill(round_, lacking=("S002", "K111"))
    computation = run_scoring(round=round_)
    assert computation.provisional
    assert computation.summary["missing"] == {"K111": 1}
    row = SubjectResult.objects.get(subject__code="S002")
    assert row.is_incomplete
    with pytest.raises(InputErrors) as caught:
        run_scoring(round=round_, allow_missing=False)
    assert [(e.subject, e.code, e.field) for e in caught.value.errors] == [("S002", "K111", "missing")]
    assert current_computation(round_) == computation


def test_wrong_inputs_leave_the_stored_result_as_it_is():
    round_, computation = computed(1)
    Mark.objects.filter(indicator="K21").update(value=99)
    with pytest.raises(InputErrors):
        run_scoring(round=round_)
    assert current_computation(round_) == computation


def test_a_decision_shows_in_the_reasons_after_computing_again():
    round_, _first = computed(3)
    GradeDecision.objects.create(subject=subject(round_, "S002"), grade="优秀", reason="委员会表决", document="纪要1号")
    touch_inputs(round_.pk)
    run_scoring(round=round_)
    row = SubjectResult.objects.get(computation__is_current=True, subject__code="S002")
    assert row.grade == "优秀"
    assert any(rule is None for rule, *_rest in row.document["reasons"])


# ---------------------------------------------------------------- announcing


def review(round_, office):
    return change_phase(round=round_, to=Phase.REVIEWING, by=office)


def test_a_complete_round_is_announced_and_sealed(office):
    round_, _computation = computed(3)
    round_ = announce_round(round=review(round_, office), by=office)
    assert round_.phase == Phase.ANNOUNCED
    assert AuditEntry.objects.filter(action="change phase", round_id=round_.pk, actor=office).count() == 2
    assert seal_round(round=round_, by=office).phase == Phase.SEALED


def test_who_was_appraised_is_told_the_result_once_it_is_announced(office):
    round_, _computation = computed(3)
    told = own_account(round_, "S001")
    gone = own_account(round_, "S002")
    gone.is_active = False
    gone.save()
    round_ = review(round_, office)
    assert not Notification.objects.exists()
    announce_round(round=round_, by=office)
    message = Notification.objects.get()
    row = SubjectResult.objects.get(computation__is_current=True, subject__code="S001")
    assert message.account == told
    assert round_.title in message.title
    assert str(row.total.quantize(Decimal("0.01"))) in message.text
    assert message.url == reverse("scoring:subject_result", args=[round_.pk, row.subject_id])


def test_what_stands_against_announcing(office):
    round_ = district_round(2)
    assert len(obstacles_to_announcing(round_)) == 2  # collecting, never computed
    fill(round_, lacking=("S001", "K21"))
    round_.refresh_from_db()
    run_scoring(round=round_)
    round_ = review(round_, office)
    (provisional,) = obstacles_to_announcing(round_)
    with pytest.raises(InvalidInput, match="1") as caught:
        announce_round(round=round_, by=office)
    assert str(caught.value) == provisional
    round_.refresh_from_db()
    assert round_.phase == Phase.REVIEWING


def test_a_stale_result_is_not_announced(office):
    round_, _computation = computed(2)
    round_ = review(round_, office)
    touch_inputs(round_.pk)
    round_.refresh_from_db()
    with pytest.raises(InvalidInput):
        announce_round(round=round_, by=office)


def test_a_result_that_does_not_come_out_again_is_not_announced(office):
    """Somebody changed a row behind the services' back: the version did not move, the digest tells."""
    round_, _computation = computed(2)
    Mark.objects.filter(indicator="K21", subject__code="S001").update(value=1)
    round_ = review(round_, office)
    assert obstacles_to_announcing(round_) == []
    with pytest.raises(InvalidInput):
        announce_round(round=round_, by=office)
    round_.refresh_from_db()
    assert round_.phase == Phase.REVIEWING


def test_an_announced_round_is_not_computed_again():
    round_, computation = announced(2)
    with pytest.raises(ResultFrozen):
        run_scoring(round=round_)
    assert current_computation(round_) == computation


def test_only_the_office_announces(office):
    round_, _computation = computed(1)
    round_ = review(round_, office)
    for role in (Role.ADMIN, Role.LEADER, Role.AUDITOR):
        with pytest.raises(NotAllowed):
            announce_round(round=round_, by=make_user(role))


def test_a_round_that_is_not_announced_is_not_sealed(office):
    round_, _computation = computed(1)
    with pytest.raises(RoundClosed):
        seal_round(round=round_, by=office)


def test_a_newer_result_of_an_earlier_round_makes_this_one_stale():
    earlier = district_round(1, name="2019")
    fill(earlier)
    run_scoring(round=earlier)
    round_ = district_round(1, name="2020")
    fill(round_)
    round_.refresh_from_db()
    RoundSetMember.objects.create(round=round_, set_name="上年", earlier=earlier)
    computation = run_scoring(round=round_)
    assert not is_stale(computation, round_)
    Mark.objects.filter(subject__round=earlier, indicator="K21").update(value=2)
    touch_inputs(earlier.pk)
    run_scoring(round=earlier)
    assert is_stale(computation, round_)
