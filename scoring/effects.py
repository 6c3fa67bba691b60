"""What approving events would do to the scores, exactly and without storing anything.

The engine scores the subjects as they are, then with each event decided the other way, then with all of them. An
event that waits or was rejected is looked at as approved; an approved one as if its decision were undone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _

from appraisal_site.lib.fields import canonical
from indicators.rendering import render
from indicators.services import engine_plan
from reviews.models import Event, EventStatus, Round, Subject
from reviews.tree import Tree

from . import engine
from .engine import types
from .engine.text import number_in
from .load import load_compared, load_inputs

# Leaves whose scores depend on the other subjects: on these everybody must be scored.
COMPARING = frozenset({"rank_band", "ballot_deduct", "ratio_to_best"})


@dataclass(frozen=True, slots=True)
class Step:
    """A figure before and after; None: not applicable."""

    now: Decimal | None
    then: Decimal | None

    @property
    def difference(self) -> Decimal:
        return (self.then or Decimal(0)) - (self.now or Decimal(0))


@dataclass(frozen=True, slots=True)
class EventEffect:
    """One event decided the other way, and nothing else. `words`: why it does less than it is worth."""

    event: Event
    node: types.Node
    undone: bool
    leaf: Step
    total: Step
    words: list[str]


@dataclass(frozen=True, slots=True)
class SubjectEffect:
    """All looked-at events of one subject: each alone, then all together, leaf by leaf and in total.

    `missing`: leaves that have no input yet and count 0; `refused`: why the engine cannot compute, in words.
    """

    subject: Subject
    events: list[EventEffect]
    leaves: list[tuple[types.Node, Step, list[str]]]
    total: Step
    missing: int = 0
    refused: tuple[str, ...] = ()


Flips = Mapping[str, frozenset[str]]  # subject key → keys of the events that are decided the other way


def effects_of(round_: Round, events: Sequence[Event]) -> list[SubjectEffect]:
    """The effects of these events of the round, subject by subject. A fixed number of queries."""
    plan = replace(engine_plan(round_.plan_version), rules=(), tie_breakers=())
    by_subject: dict[str, list[Event]] = {}
    for event in events:
        by_subject.setdefault(event.subject.code, []).append(event)
    inputs = load_inputs(round_, plan, only={event.subject_id for event in events})
    inputs = replace(inputs, decisions={})
    try:
        if leaves := Tree(plan).of(COMPARING):
            plan, inputs = _settled(round_, plan, inputs, leaves)
        return _compare(plan, inputs, by_subject)
    except types.InputErrors as errors:
        return [_refused(found, errors) for found in by_subject.values()]


def _settled(
    round_: Round, plan: types.Plan, inputs: types.Inputs, leaves: Sequence[types.Node]
) -> tuple[types.Plan, types.Inputs]:
    """Plan and inputs with the scores of the comparing leaves put in as marks: no event changes those.

    So everybody is looked at once, on these leaves alone, and then only the subjects that the events are about.
    """
    codes = {node.code for node in leaves}
    paths = {code: set(Tree(plan).path(code)) for code in codes}
    root = types.Node(plan.root.code, plan.root.title, plan.root.points, "composite", children=_counted(leaves))
    everybody = [_compared(subject, codes, paths) for subject in load_compared(round_, plan)]
    # Who has none of these leaves has nothing to be compared by.
    everybody = [subject for subject in everybody if len(subject.not_applicable) < len(codes)]
    found = engine.score(replace(plan, root=root, facts=()), types.Inputs(everybody)).results if everybody else ()
    values = {result.subject: result.scores for result in found}
    subjects = [_with_marks(subject, codes, values.get(subject.key, {})) for subject in inputs.subjects]
    return replace(plan, root=_marked(plan.root, codes)), replace(inputs, subjects=subjects)


def _counted(leaves: Sequence[types.Node]) -> tuple[types.Node, ...]:
    """With weights of their own, so that their points need not add up."""
    return tuple(replace(node, weight=Decimal(1)) for node in leaves)


def _compared(
    subject: types.SubjectInput, codes: Collection[str], paths: Mapping[str, Collection[str]]
) -> types.SubjectInput:
    out = frozenset(code for code in codes if not subject.not_applicable.isdisjoint(paths[code]))
    return replace(
        subject,
        not_applicable=out,
        numbers={code: value for code, value in subject.numbers.items() if code in codes},
        votes={code: tally for code, tally in subject.votes.items() if code in codes},
    )


def _with_marks(
    subject: types.SubjectInput, codes: Collection[str], scores: Mapping[str, types.NodeScore]
) -> types.SubjectInput:
    """What has no score stays without a mark: missing is missing, whichever way it was asked for."""
    marks = {
        code: [types.Mark("", scores[code].value)]  # type: ignore[arg-type]
        for code in codes
        if code in scores and scores[code].status == types.Status.SCORED
    }
    return replace(
        subject,
        marks={**subject.marks, **marks},
        numbers={code: value for code, value in subject.numbers.items() if code not in codes},
        votes={code: tally for code, tally in subject.votes.items() if code not in codes},
    )


def _marked(node: types.Node, codes: Collection[str]) -> types.Node:
    if node.code in codes:
        return types.Node(node.code, node.title, node.points, "marks", weight=node.weight)
    return replace(node, children=tuple(_marked(child, codes) for child in node.children))


def _compare(plan: types.Plan, inputs: types.Inputs, by_subject: Mapping[str, list[Event]]) -> list[SubjectEffect]:
    nodes = Tree(plan).nodes
    now = _scored(plan, inputs, {}, by_subject)
    together = {key: frozenset(str(event.pk) for event in events) for key, events in by_subject.items()}
    then = _scored(plan, inputs, together, by_subject)
    alone: dict[str, list[types.Result]] = {key: [] for key in by_subject}
    # One pass scores one event of every subject: as many passes as the subject with the most events has.
    for turn in range(max(map(len, by_subject.values()), default=0)):
        flips = {key: frozenset({str(events[turn].pk)}) for key, events in by_subject.items() if turn < len(events)}
        results = _scored(plan, inputs, flips, by_subject)
        for key in flips:
            alone[key].append(results[key])
    found = []
    for key, events in by_subject.items():
        touched = [node for code, node in nodes.items() if code in {event.indicator for event in events}]
        found.append(
            SubjectEffect(
                subject=events[0].subject,
                events=[
                    _event_effect(nodes[event.indicator], event, now[key], result)
                    for event, result in zip(events, alone[key], strict=True)
                ],
                leaves=[
                    (node, _step(node.code, now[key], then[key]), _caps(node, then[key].scores[node.code]))
                    for node in touched
                ],
                total=Step(now[key].total, then[key].total),
                missing=len(now[key].missing),
            )
        )
    return found


def _scored(
    plan: types.Plan, inputs: types.Inputs, flips: Flips, wanted: Mapping[str, object]
) -> dict[str, types.Result]:
    subjects = [_flipped(subject, flips.get(subject.key, frozenset())) for subject in inputs.subjects]
    results = engine.score(plan, replace(inputs, subjects=subjects)).results
    return {result.subject: result for result in results if result.subject in wanted}


def _flipped(subject: types.SubjectInput, keys: frozenset[str]) -> types.SubjectInput:
    if not keys:
        return subject
    events = {
        code: [replace(event, status=_other(event.status)) if event.key in keys else event for event in given]
        for code, given in subject.events.items()
    }
    return replace(subject, events=events)


def _other(status: str) -> str:
    return EventStatus.PENDING.value if status == EventStatus.APPROVED else EventStatus.APPROVED.value


def _step(code: str, now: types.Result, then: types.Result) -> Step:
    return Step(now.scores[code].value, then.scores[code].value)


def _refused(events: list[Event], errors: types.InputErrors) -> SubjectEffect:
    subject = events[0].subject
    own = [render(error.text) for error in errors.errors if error.subject == subject.code]
    words = own or [
        _("The inputs of another subject cannot be computed with; the computation of the round names them.")
    ]
    return SubjectEffect(subject, [], [], Step(None, None), refused=tuple(words))


# ---------------------------------------------------------------- why it does less than it is worth


def _event_effect(node: types.Node, event: Event, now: types.Result, then: types.Result) -> EventEffect:
    undone = event.status == EventStatus.APPROVED
    leaf, total = _step(node.code, now, then), Step(now.total, then.total)
    # The state in which the event counts says what became of it.
    counted = (now if undone else then).scores[node.code]
    without = (then if undone else now).scores[node.code]
    words = _why(node, event, counted, without, leaf)
    if leaf.difference and not total.difference:
        words.append(_("The total stays as it is: it cannot fall below 0, or this indicator does not count."))
    return EventEffect(event, node, undone, leaf, total, words)


def _why(
    node: types.Node,
    event: Event,
    counted: types.NodeScore,
    without: types.NodeScore,
    leaf: Step,
) -> list[str]:
    if counted.status != types.Status.SCORED:
        return [_("This indicator is not applicable to the subject.")]
    if node.method == "bonus":
        return _why_bonus(node, event, counted, without)
    if node.method == "deduct":
        return _why_deduct(node, counted, without, _sum(counted) - _sum(without), leaf)
    return _caps(node, counted)


def _why_bonus(node: types.Node, event: Event, counted: types.NodeScore, without: types.NodeScore) -> list[str]:
    if str(event.pk) not in counted.detail["events"]:
        return [_("Another approved event of the same matter is worth as much or more; the matter counts once.")]
    words = []
    if len(counted.detail["events"]) == len(without.detail["events"]):
        words.append(_("It takes the place of a lower value of the same matter; the matter counts once."))
    return words + _caps(node, counted, event.item)


def _caps(node: types.Node, score: types.NodeScore, item: str | None = None) -> list[str]:
    """Which caps this score meets: of the item, if one is named, and of the indicator."""
    if score.status != types.Status.SCORED:
        return []
    if node.method == "penalty" and not node.settings.get("uncapped") and _sum(score) > node.points:
        return [_("Of this indicator no more than %(cap)s is taken off.") % {"cap": canonical(node.points)}]
    if node.method != "bonus":
        return []
    words = [
        _("The item %(item)s gives at most %(cap)s.") % {"item": code, "cap": capped}
        for code, total, capped in score.detail["items"]
        if total != capped and item in {None, code}
    ]
    if _sum(score) > node.points:
        words.append(_("Bonuses of this indicator give at most %(cap)s together.") % {"cap": canonical(node.points)})
    return words


def _why_deduct(
    node: types.Node, counted: types.NodeScore, without: types.NodeScore, worth: Fraction, leaf: Step
) -> list[str]:
    if "zero" in counted.detail and "zero" not in without.detail:
        item = next(item for item in node.catalogue if item.code == counted.detail["zero"])
        words = _("%(item)s reaches %(count)s: the indicator falls to 0.")
        return [words % {"item": f"{item.code} {item.title}", "count": counted.detail["count"]}]
    if not without.value:
        return [_("The indicator is at 0 already.")]
    if abs(leaf.difference) < worth:
        return [_("The indicator does not fall below 0.")]
    return []


def _sum(score: types.NodeScore) -> Fraction:
    return number_in(score.detail["sum"]) if "sum" in score.detail else Fraction(0)
