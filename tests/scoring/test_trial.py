"""Trying a plan: on a round's inputs beside its result, and on made-up inputs."""

from __future__ import annotations

import copy
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from indicators import document, plan_file, services
from indicators.rendering import render
from indicators.services import engine_plan
from reviews.models import EarlierResult, Event, GradeDecision, Mark, NotApplicable, Round, SubjectFact
from reviews.services.rounds import NewSubject, open_round, touch_inputs
from scoring.engine import METHODS, check_plan, score, walk
from scoring.generated import FULL, MAKERS, generate
from scoring.load import load_inputs
from scoring.services import run_scoring
from scoring.trial import trial_on_generated, trial_on_round
from scoring.trial_fit import ASSUMED, CUT, GENERATED, LEFT_OUT, Choices, fit
from scoring.trial_fit import FULL as FULL_POINTS

from ..factories import make_unit
from .rows import cast, computed

pytestmark = pytest.mark.django_db

SMALL: dict[str, Any] = {
    "code": "small",
    "title": "小方案",
    "categories": ["甲类"],
    "grades": ["好", "中", "差"],
    "indicators": [
        {"code": "R", "title": "总分", "points": "100"},
        {"code": "A", "title": "工作", "parent": "R", "points": "60", "method": "marks",
         "assessors": [{"name": "办公室"}]},
        {"code": "D", "title": "纪律", "parent": "R", "points": "40", "method": "deduct", "catalogue": [
            {"code": "D1", "title": "迟到", "values": ["1"]},
            {"code": "D2", "title": "缺席", "values": ["3", "5"]},
        ]},
    ],
    "rules": [
        {"rule": "thresholds", "minimums": {"好": "90", "中": "60"}, "otherwise": "差"},
        {"rule": "limit", "grade": "好", "share": "0.5", "scope": "all"},
    ],
}  # fmt: skip


def small(**changes: Any) -> dict[str, Any]:
    """The small plan's document; `A` and `D` change these leaves, other names the plan."""
    found = copy.deepcopy(SMALL)
    for row in found["indicators"]:
        row |= changes.pop(row["code"], {})
    found["indicators"] += changes.pop("more", [])
    without = changes.pop("without", ())
    found["indicators"] = [row for row in found["indicators"] if row["code"] not in without]
    return found | changes


def parsed(**changes: Any) -> Any:
    return document.parse(small(**changes))


def small_round(marks: dict[str, str], category: str = "甲类") -> Round:
    """A round of the small plan: one subject per mark on A, nothing deducted."""
    version = services.import_plan(document=small(categories=[category]), by=None)[0]
    subjects = [NewSubject(code=code, name=f"单位{code}", category=category, unit=make_unit()) for code in marks]
    if not version.plan.rounds.exists():
        make_unit("办公室")
    round_ = open_round(version=version, name="2025", title="2025年度", deadline=None, subjects=subjects, by=None)
    for subject in round_.subjects.all():
        Mark.objects.create(subject=subject, indicator="A", assessor="办公室", value=Decimal(marks[subject.code]))
    touch_inputs(round_.pk)
    round_.refresh_from_db()
    return round_


def standings(trial: Any) -> dict[str, tuple[str, str, int, int, str | None, str | None]]:
    return {
        line.key: (
            str(line.old.total),
            str(line.new.total),
            line.old.rank,
            line.new.rank,
            line.old.grade,
            line.new.grade,
        )
        for line in trial.lines
    }


def said(trial: Any, kind: str | None = None) -> list[str]:
    return [render(note.text) for note in trial.notes if kind in (None, note.kind)]


def why(trial: Any, key: str) -> Any:
    return next(why for line, why in zip(trial.lines, trial.whys, strict=True) if line.key == key)


# ---------------------------------------------------------------- the plan as it is


@pytest.mark.parametrize("stored", [True, False])
def test_the_same_plan_moves_nobody(stored):
    round_, computation = computed(6)
    if not stored:
        computation.delete()
    trial = trial_on_round(engine_plan(round_.plan_version), round_)
    assert len(trial.lines) == 6
    assert all(line.old == line.new and line.old is not None for line in trial.lines)
    assert all(not why.changes and why.old_reasons == why.new_reasons for why in trial.whys)
    assert (trial.notes, trial.errors, trial.old_errors) == ((), (), ())


def test_an_outdated_result_is_not_compared_with():
    round_ = small_round({"S1": "50"})
    run_scoring(round=round_)
    Mark.objects.update(value=Decimal(40))
    touch_inputs(round_.pk)
    round_.refresh_from_db()
    assert standings(trial_on_round(parsed(), round_))["S1"][:2] == ("80.00", "80.00")


def test_inputs_that_change_while_they_are_read_are_read_again(monkeypatch):
    round_ = small_round({"S1": "50"})
    reads = []

    def load(*args, **kwargs):
        reads.append(load_inputs(*args, **kwargs))
        if len(reads) == 1:
            Mark.objects.update(value=Decimal(40))
            touch_inputs(round_.pk)
        return reads[-1]

    monkeypatch.setattr("scoring.trial.load_inputs", load)
    assert standings(trial_on_round(parsed(), round_))["S1"][:2] == ("80.00", "80.00")
    assert len(reads) == 2


def test_a_decision_of_the_committee_stays_and_is_said():
    round_ = small_round({"S1": "60", "S2": "30"})
    GradeDecision.objects.create(subject=round_.subjects.get(code="S2"), grade="好", reason="x", document="y")
    trial = trial_on_round(parsed(), round_)
    assert standings(trial)["S2"][4:] == ("好", "好")
    assert len(said(trial, ASSUMED)) == 1
    # A grade that the plan does not have cannot stay.
    other = parsed(grades=["优", "差"], rules=[{"rule": "thresholds", "minimums": {"优": "80"}, "otherwise": "差"}])
    trial = trial_on_round(other, round_)
    assert standings(trial)["S2"][4:] == ("好", "差")
    assert len(said(trial, LEFT_OUT)) == 1


# ---------------------------------------------------------------- changed points


def test_changed_weights_by_hand():
    """60 + 40 becomes 30 + 70: marks of 30 and 60 are scaled to 15 and 30, so totals are 85 and 100, and
    with 55 and 5 deducted 27.5 + (70 − 5) = 92.5."""
    round_ = small_round({"S1": "30", "S2": "60", "S3": "55"})
    Event.objects.create(
        subject=round_.subjects.get(code="S3"), indicator="D", item="D2", count=1, value=Decimal(5), status="approved"
    )
    touch_inputs(round_.pk)
    trial = trial_on_round(parsed(A={"points": "30"}, D={"points": "70"}), round_)
    assert standings(trial) == {
        "S1": ("70.00", "85.00", 3, 3, "中", "中"),
        "S2": ("100.00", "100.00", 1, 1, "好", "好"),
        "S3": ("90.00", "92.50", 2, 2, "中", "中"),
    }
    changed = {c.code: (c.old, c.new, c.effect) for c in why(trial, "S1").changes}
    assert changed == {
        "A": (Decimal("30.00"), Decimal("15.00"), Decimal("-15.00")),
        "D": (Decimal("40.00"), Decimal("70.00"), Decimal("30.00")),
    }
    # D brings 30 to everybody; A takes 15, 30 and 27.5, on average 24.17, so S1 is 9.17 better off than the others.
    assert trial.averages == {"A": Decimal("-24.17"), "D": Decimal("30.00")}
    causes = {line.key: (line.cause.code, line.cause.effect) for line in trial.lines}
    assert causes == {"S1": ("A", Decimal("9.17")), "S2": ("A", Decimal("-5.83")), "S3": ("A", Decimal("-3.33"))}
    assert [(report.size, report.places) for report in trial.limits] == [(3, 1)]
    (note,) = said(trial, ASSUMED)
    assert "A 工作" in note
    assert "60 → 30" in note


def test_marks_may_be_cut_instead_of_scaled():
    round_ = small_round({"S1": "20", "S2": "60"})
    trial = trial_on_round(parsed(A={"points": "30"}, D={"points": "70"}), round_, Choices(marks=CUT))
    assert {key: row[1] for key, row in standings(trial).items()} == {"S1": "90.00", "S2": "100.00"}
    assert len(said(trial)) == 1


def test_fewer_decimals_round_the_marks():
    round_ = small_round({"S1": "30.55"})
    trial = trial_on_round(parsed(decimals=1), round_)
    assert standings(trial)["S1"][:2] == ("70.55", "70.6")


def test_effects_of_weights_and_of_what_does_not_apply():
    """A branch's weight changes nothing in its own figures, only what they contribute."""
    rows = [
        {"code": "K", "title": "一", "parent": "R", "points": "100", "weight": "60"},
        {"code": "L", "title": "二", "parent": "R", "points": "100", "weight": "40", "method": "marks"},
        {"code": "K1", "title": "一一", "parent": "K", "points": "50", "method": "marks"},
        {"code": "K2", "title": "一二", "parent": "K", "points": "50", "method": "marks"},
    ]
    base = small(without=("A", "D"), more=rows)
    version = services.import_plan(document=base, by=None)[0]
    subject = NewSubject(code="S1", name="单位", category="甲类", unit=make_unit())
    round_ = open_round(version=version, name="1", title="1", deadline=None, subjects=[subject], by=None)
    row = round_.subjects.get()
    for code, value in (("K1", 25), ("L", 100)):
        Mark.objects.create(subject=row, indicator=code, assessor="", value=Decimal(value))
    NotApplicable.objects.create(subject=row, indicator="K2")
    turned = [rows[0] | {"weight": "40"}, rows[1] | {"weight": "60"}, *rows[2:]]
    trial = trial_on_round(document.parse(small(without=("A", "D"), more=turned)), round_)
    # K1 fills all of K: 50 of 100; 50 × 0.6 + 100 × 0.4 = 70 becomes 50 × 0.4 + 100 × 0.6 = 80.
    assert standings(trial)["S1"][:2] == ("70.00", "80.00")
    effects = {change.code: change.effect for change in why(trial, "S1").changes}
    assert effects == {"L": Decimal(20), "K": Decimal(-10), "K1": Decimal(-10)}


# ---------------------------------------------------------------- leaves that come and go


NEW_LEAF = {"code": "N", "title": "新指标", "parent": "R", "points": "20", "method": "marks"}


@pytest.mark.parametrize(
    ("choice", "total"),
    [
        ("none", "75.00"),  # A 20 of 40 and D 40 of 40 make 60 of 80, and N's share passes to them
        (FULL_POINTS, "80.00"),  # 20 + 40 + 20
    ],
)
def test_a_new_leaf(choice, total):
    round_ = small_round({"S1": "30"})
    trial = trial_on_round(parsed(A={"points": "40"}, more=[NEW_LEAF]), round_, Choices(fresh=choice))
    assert standings(trial)["S1"][1] == total
    assert any("N 新指标" in note for note in said(trial, ASSUMED))
    assert not trial.provisional


def test_a_new_leaf_is_made_up_the_same_way_for_the_same_seed():
    round_ = small_round({f"S{n}": "30" for n in range(8)})
    plan = parsed(A={"points": "40"}, more=[NEW_LEAF])
    first, again, other = (trial_on_round(plan, round_, Choices(fresh=GENERATED, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert [line.new for line in first.lines] != [line.new for line in other.lines]
    assert all(60 < line.new.total <= 80 for line in first.lines)


def test_a_removed_leaf_is_left_out_and_named():
    round_ = small_round({"S1": "30", "S2": "60"})
    event = {"indicator": "D", "item": "D1", "count": 2, "value": Decimal(1), "status": "approved"}
    Event.objects.create(subject=round_.subjects.get(code="S1"), **event)
    trial = trial_on_round(parsed(A={"points": "100"}, without=("D",)), round_)
    assert {key: row[1] for key, row in standings(trial).items()} == {"S1": "50.00", "S2": "100.00"}
    assert any("D 纪律" in note and "1" in note for note in said(trial, LEFT_OUT))
    assert ("D", Decimal(38), None) in {(c.code, c.old, c.new) for c in why(trial, "S1").changes}


def test_another_method_takes_no_old_input():
    round_ = small_round({"S1": "30"})
    trial = trial_on_round(parsed(A={"method": "attainment", "assessors": []}), round_)
    assert standings(trial)["S1"][1] == "100.00"  # A does not apply, D is full
    assert len(said(trial, LEFT_OUT)) == 1
    assert len(said(trial, ASSUMED)) == 1


def test_nothing_fits_at_all():
    round_ = small_round({"S1": "30"})
    other = parsed(without=("A", "D"), more=[NEW_LEAF | {"points": "100"}])
    trial = trial_on_round(other, round_)
    assert [line.new for line in trial.lines] == [None]
    assert trial.lines[0].old is not None
    assert not trial.errors


# ---------------------------------------------------------------- catalogues, assessors, votes, facts, categories


def test_a_changed_catalogue():
    """D1 is now worth 2; of D2 only 3 is left, so that the event of 5 is left out."""
    round_ = small_round({"S1": "60", "S2": "60", "S3": "60"})
    for code, item, value in (("S1", "D1", None), ("S1", "D1", 1), ("S2", "D2", 5), ("S3", "D2", 3)):
        value = None if value is None else Decimal(value)
        subject = round_.subjects.get(code=code)
        Event.objects.create(subject=subject, indicator="D", item=item, count=1, value=value, status="approved")
    catalogue = [
        {"code": "D1", "title": "迟到", "values": ["2"]},
        {"code": "D2", "title": "缺席", "values": ["3"]},
    ]
    trial = trial_on_round(parsed(D={"catalogue": catalogue}), round_)
    assert {key: row[:2] for key, row in standings(trial).items()} == {
        "S1": ("98.00", "96.00"),
        "S2": ("95.00", "100.00"),
        "S3": ("97.00", "97.00"),
    }
    assert len(said(trial, ASSUMED)) == 1
    assert len(said(trial, LEFT_OUT)) == 1


def test_an_assessor_who_did_not_mark_then():
    round_ = small_round({"S1": "30"})
    both = parsed(A={"assessors": [{"name": "办公室"}, {"name": "组织部"}]})
    other = parsed(A={"assessors": [{"name": "组织部"}]})
    for plan in (both, other):
        trial = trial_on_round(plan, round_)
        assert standings(trial)["S1"][:2] == ("70.00", "70.00")
        assert any("组织部" in note for note in said(trial, ASSUMED))


def test_a_mark_that_was_missing_stays_missing():
    round_ = small_round({"S1": "30", "S2": "30"})
    Mark.objects.filter(subject__code="S2").delete()
    trial = trial_on_round(parsed(A={"points": "30"}, D={"points": "70"}), round_, Choices(fresh=FULL_POINTS))
    assert trial.provisional
    assert [line.new.incomplete for line in trial.lines] == [False, True]


def test_a_category_the_plan_lacks():
    round_ = small_round({"S1": "30", "S2": "60"})
    one = trial_on_round(parsed(categories=["乙类"]), round_)
    assert [line.category for line in one.lines] == ["乙类", "乙类"]
    assert len(said(one, ASSUMED)) == 1
    two = trial_on_round(parsed(categories=["乙类", "丙类"]), round_)
    assert [line.new for line in two.lines] == [None, None]
    assert any("甲类" in note for note in said(two, LEFT_OUT))


def test_facts_that_the_plan_lacks_or_has_otherwise():
    fact = {"code": "warned", "title": "受处分", "type": "boolean"}
    rules = [*SMALL["rules"], {"rule": "set", "if": "warned", "grade": "差"}]
    version = services.import_plan(document=small(facts=[fact], rules=rules), by=None)[0]
    subject = NewSubject(code="S1", name="单位", category="甲类", unit=make_unit())
    round_ = open_round(version=version, name="1", title="1", deadline=None, subjects=[subject], by=None)
    SubjectFact.objects.create(subject=round_.subjects.get(), code="warned", value="true")
    Mark.objects.create(subject=round_.subjects.get(), indicator="A", assessor="办公室", value=Decimal(30))
    for facts in ([], [fact | {"type": "number"}]):
        trial = trial_on_round(parsed(facts=facts), round_)
        assert standings(trial)["S1"][4:] == ("差", "中")
        (note,) = said(trial, LEFT_OUT)
        assert "warned 受处分" in note
        assert [reason.key for reason in why(trial, "S1").old_reasons] == ["thresholds", "set"]
        assert [reason.key for reason in why(trial, "S1").new_reasons] == ["thresholds"]


def test_changed_options_of_a_ballot():
    round_ = ballot_round(minimum=1)
    trial = trial_on_round(ballot_plan(options=[("好", "100"), ("中", "50")]), round_)
    # 好 90, 中 70, 差 50, one vote each: 70. Without 差, and with other values: (100 + 50) / 2.
    assert standings(trial)["S1"][:2] == ("70.00", "75.00")
    assert any("差" in note for note in said(trial, LEFT_OUT))


@pytest.mark.parametrize("minimum", [3, 4])
def test_votes_of_too_few_are_not_counted_in_two_ways(minimum):
    round_ = ballot_round(minimum=minimum)
    trial = trial_on_round(ballot_plan(options=[("好", "100"), ("中", "50"), ("差", "0")]), round_)
    left_out = said(trial, LEFT_OUT)
    if minimum == 3:
        assert left_out == []
        assert standings(trial)["S1"][1] == "50.00"
    else:
        assert len(left_out) == 3  # the votes, why that leaves nothing of the only subject, and that it is out
        assert trial.lines[0].new is None
    # The same way of counting tells nothing new.
    assert trial_on_round(ballot_plan(), round_).lines[0].new is not None


def test_a_trial_of_votes_that_too_few_cast_online_leaves_them_out():
    """Whatever the plan's minimum: in the trial the weight of the other classes could be 0."""
    round_ = ballot_round(minimum=1)
    own, other = ballot_plan(), ballot_plan(options=[("好", "100"), ("中", "50"), ("差", "0")])
    inputs = load_inputs(round_, own)
    few = replace(inputs, subjects=tuple(replace(one, untold=frozenset({"E"})) for one in inputs.subjects))
    assert [one.votes for one in fit(inputs, own, other, Choices()).inputs.subjects] != [{}]
    left = fit(few, own, other, Choices()).inputs.subjects
    assert not any(one.votes.get("E") for one in left)


def ballot_document(options: Any = (("好", "90"), ("中", "70"), ("差", "50")), minimum: int = 1) -> dict[str, Any]:
    leaf = {"code": "E", "title": "测评", "parent": "R", "points": "100", "method": "ballot"}
    leaf["options"] = [{"title": title, "value": value} for title, value in options]
    leaf["classes"] = [{"code": "staff", "title": "职工"}]
    return small(without=("A", "D"), more=[leaf], minimum_votes=minimum)


def ballot_plan(**how: Any) -> Any:
    return document.parse(ballot_document(**how))


def ballot_round(minimum: int) -> Round:
    version = services.import_plan(document=ballot_document(minimum=minimum), by=None)[0]
    subject = NewSubject(code="S1", name="单位", category="甲类", unit=make_unit())
    round_ = open_round(version=version, name="1", title="1", deadline=None, subjects=[subject], by=None)
    cast(round_, "E", "staff", ["好", "中", "差"])
    round_.refresh_from_db()
    return round_


# ---------------------------------------------------------------- a round that cannot be computed


def test_inputs_that_the_rounds_own_plan_refuses_are_listed():
    round_ = small_round({"S1": "99", "S2": "30"})
    trial = trial_on_round(parsed(A={"points": "50"}, D={"points": "50"}), round_)
    assert [render(text)[:2] for text in trial.old_errors] == ["S1"]
    assert [line.old for line in trial.lines] == [None, None]
    assert not trial.errors


# ---------------------------------------------------------------- made-up inputs


def test_every_method_can_be_made_up_and_be_full():
    assert set(MAKERS) == set(METHODS) == set(FULL)


def preset(code: str) -> Any:
    return document.parse(plan_file.load(services.preset_text(code)))


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("code", services.preset_codes())
def test_every_preset_on_made_up_inputs(code, seed):
    plan = preset(code)
    sizes = dict.fromkeys(plan.categories or ("全体",), 12)
    trial = trial_on_generated(plan, sizes, seed)
    assert trial.errors == ()
    assert not trial.provisional
    assert len(trial.lines) == sum(sizes.values())
    assert {line.new.grade for line in trial.lines} <= {*plan.grades, None}
    assert len({line.new.grade for line in trial.lines}) > 1
    assert len({line.new.total for line in trial.lines}) > 3
    assert trial == trial_on_generated(plan, sizes, seed)
    assert trial != trial_on_generated(plan, sizes, seed + 100)


@pytest.mark.parametrize("code", services.preset_codes())
def test_full_points_are_full(code):
    """Where every leaf is new and full, nobody misses a point that a leaf can give."""
    plan = preset(code)
    inputs = generate(plan, dict.fromkeys(plan.categories or ("全体",), 2), 1)
    for node in walk(plan.root):
        if node.children or METHODS[node.method].adjustment:
            continue
        source, key, value = FULL[node.method](node, plan)
        subjects = [replace(one, **{source: {**getattr(one, source), key: value}}) for one in inputs.subjects]
        best = score(plan, replace(inputs, subjects=subjects))
        scores = {result.scores[node.code].value for result in best.results}
        assert len(scores) == 1
        usual = score(plan, inputs)
        assert max(scores) >= max(result.scores[node.code].value for result in usual.results)


def test_a_plan_beside_another_one_on_the_same_made_up_inputs():
    base, changed = parsed(), parsed(A={"points": "40"}, more=[NEW_LEAF])
    trial = trial_on_generated(changed, {"甲类": 10}, 1, against=base)
    assert all(line.old is not None and line.new is not None for line in trial.lines)
    assert any("N 新指标" in note for note in said(trial, LEFT_OUT))
    alone = trial_on_generated(changed, {"甲类": 10}, 1)
    assert [line.new for line in alone.lines] == [line.new for line in trial.lines]
    assert not alone.compared


def test_one_changed_part_leaves_the_other_made_up_inputs_as_they_were():
    before = generate(parsed(), {"甲类": 5}, 1)
    after = generate(parsed(A={"points": "40"}, more=[NEW_LEAF]), {"甲类": 5}, 1)
    assert [one.events for one in before.subjects] == [one.events for one in after.subjects]


@pytest.mark.parametrize("code", services.preset_codes())
def test_any_plan_beside_any_other(code):
    """Inputs of one preset never break the trial of another: what does not fit is said."""
    plan = replace(preset(code), categories=())
    for other in services.preset_codes()[::3]:
        against = replace(preset(other), categories=())
        if any(not problem.warning for problem in check_plan(against) + check_plan(plan)):
            continue  # its rules name categories
        trial = trial_on_generated(plan, {"甲": 4, "乙": 2}, 3, against=against)
        assert (trial.errors, trial.old_errors) == ((), ())
        assert [line.new is None for line in trial.lines] == [False] * 6
        assert all(note == note.strip() and "%(" not in note for note in said(trial))
        assert other != code or trial.notes == ()


RARE: list[dict[str, Any]] = [
    {"code": "P", "title": "外部名次", "parent": "R", "points": "25", "method": "rank_points",
     "table": [{"rank": 1, "value": "100"}, {"rank": 2, "value": "80"}, {"rank": 3, "value": "50"}]},
    {"code": "C", "title": "产值", "parent": "R", "points": "25", "method": "ratio_to_best"},
    {"code": "E", "title": "能耗", "parent": "R", "points": "25", "method": "ratio_to_best", "lower_is_better": True},
    {"code": "N", "title": "增幅", "parent": "R", "points": "25", "method": "per_unit", "base": "15", "value": "2",
     "threshold": "3"},
]  # fmt: skip
RARE_RULES = [
    {"rule": "thresholds", "minimums": {"好": "80", "中": "60"}, "otherwise": "差"},
    {"rule": "cap", "if": "grade_in:2024 = 差 or times_grade:quarters:差 > 1", "grade": "中"},
    {"rule": "cap", "if": "fresh_days < 20", "grade": "中"},
    {"rule": "cap", "if": "office = 一般", "grade": "中"},
]
RARE_FACTS = [
    {"code": "fresh_days", "title": "新录用天数", "type": "number"},
    {"code": "unwatched", "title": "备查", "type": "number"},
    {"code": "office", "title": "处室考核", "type": "choice", "choices": ["好", "一般"]},
]


def test_made_up_inputs_of_methods_and_conditions_that_no_preset_has():
    plan = parsed(without=("A", "D"), more=RARE, rules=RARE_RULES, facts=RARE_FACTS)
    inputs = generate(plan, {"甲类": 200}, 4)
    assert inputs.known_sets == {"2024", "quarters"}
    results = score(plan, inputs).results
    assert not any(result.missing for result in results)
    for code in ("P", "C", "E", "N"):
        values = {result.scores[code].value for result in results}
        assert len(values) > 2
        assert all(0 <= value <= 25 for value in values)
    # What rules watch is rarely such that they act, but it does happen.
    capped = sum(any(reason.key == "cap" for reason in result.reasons) for result in results)
    assert 0 < capped < 60
    for code in ("P", "C", "E", "N"):
        node = next(node for node in walk(plan.root) if node.code == code)
        source, key, value = FULL[node.method](node, plan)
        everyone = [replace(one, **{source: {**getattr(one, source), key: value}}) for one in inputs.subjects]
        best = score(plan, replace(inputs, subjects=everyone))
        assert {result.scores[code].value for result in best.results} == {Decimal("25.00")}


def test_a_setting_on_an_indicator_that_the_plan_lacks():
    round_ = small_round({"S1": "30"})
    NotApplicable.objects.create(subject=round_.subjects.get(), indicator="D")
    trial = trial_on_round(parsed(A={"points": "100"}, without=("D",)), round_)
    assert standings(trial)["S1"][:2] == ("50.00", "50.00")
    assert len(said(trial, LEFT_OUT)) == 1


def test_an_earlier_result_that_cannot_be_carried():
    """Of two rounds of the set one has no full points: it is left out, the other counts."""
    version = services.import_plan(document=small(), by=None)[0]
    subject = NewSubject(code="S1", name="单位", category="甲类", unit=make_unit())
    round_ = open_round(version=version, name="1", title="1", deadline=None, subjects=[subject], by=None)
    row = round_.subjects.get()
    for name, points in (("一季度", Decimal(100)), ("二季度", Decimal(0))):
        EarlierResult.objects.create(subject=row, set_name="q", round_name=name, total=Decimal(80), points=points)
    carried = {"code": "Q", "title": "季度", "parent": "R", "points": "100", "method": "carried", "set": "q"}
    trial = trial_on_round(parsed(without=("A", "D"), more=[carried]), round_)
    assert [str(line.new.total) for line in trial.lines] == ["80.00"]
    assert any("Q 季度" in note for note in said(trial, LEFT_OUT))
