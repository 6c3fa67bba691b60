"""From a plan and the inputs of a round to its outcome: read and check, score, rank, grade.

A plan is compiled once (`Compiled`); then each subject costs only whole-number arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .check import check_plan
from .composite import Composite
from .facts import Facts
from .methods import METHODS, Report, Scorer
from .methods.base import MISSING
from .ranking import competition_ranks, merit, ranks_within
from .rounding import to_decimal
from .rules import RULES, Grading
from .text import gettext_noop as _
from .types import (
    FactType,
    Flag,
    InputError,
    InputErrors,
    Inputs,
    Node,
    NodeScore,
    Outcome,
    Plan,
    PlanErrors,
    Reason,
    Result,
    Status,
    SubjectInput,
    Text,
)

# The parts of a subject's input by indicator, and what an error about one of them is called.
SOURCES = {"marks": "mark", "events": "event", "attainment": "attainment", "numbers": "number", "votes": "vote"}
NOT_APPLICABLE = NodeScore(Status.NOT_APPLICABLE, None)
MISSING_SCORE = NodeScore(Status.MISSING, None)


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, parents first."""
    yield node
    for child in node.children:
        yield from walk(child)


class Compiled:
    """A plan made ready: nodes by code, scorers of leaves, arithmetic of composites, branches."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.unit = 10**plan.decimals
        self.nodes = {node.code: node for node in walk(plan.root)}
        leaves = [node for node in self.nodes.values() if not node.children]
        self.scorers: dict[str, Scorer] = {n.code: METHODS[n.method].scorer(n, plan) for n in leaves}
        self.voted = [n.code for n in leaves if METHODS[n.method].votes]
        # Children before parents, so that a parent finds their scores.
        composites = [node for node in self.nodes.values() if node.children][::-1]
        self.composites = {node.code: Composite(node) for node in composites}
        self.branches = {code: frozenset(n.code for n in walk(node)) for code, node in self.nodes.items()}
        self.order = tuple(self.nodes)

    def left_out(self, subject: SubjectInput, report: _Errors) -> frozenset[str]:
        """Codes that are not applicable to the subject: set so, in such a branch, or an empty composite."""
        codes: set[str] = set()
        for code in subject.not_applicable:
            if code not in self.nodes:
                report(code, "not_applicable", Text(_("%(code)s is not an indicator of this plan."), {"code": code}))
            elif code == self.plan.root.code:
                report(code, "not_applicable", Text(_("The root cannot be set not applicable.")))
            else:
                codes |= self.branches[code]
        if not codes:
            return frozenset()
        for code, composite in self.composites.items():
            if code not in codes and all(child in codes for child in composite.codes):
                codes |= self.branches[code]
        if self.plan.root.code in codes:
            report(self.plan.root.code, "not_applicable", Text(_("Nothing is left that applies to this subject.")))
        return frozenset(codes)


def compile_plan(plan: Plan) -> Compiled:
    """Raises PlanErrors if the plan breaks its own language."""
    problems = [problem for problem in check_plan(plan) if not problem.warning]
    if problems:
        raise PlanErrors(problems)
    return Compiled(plan)


class _Errors:
    """Collects the errors of one subject."""

    def __init__(self, errors: list[InputError], subject: str) -> None:
        self.errors, self.subject = errors, subject

    def __call__(self, code: str, field: str, text: Text, key: str = "") -> None:
        self.errors.append(InputError(self.subject, code, field, text, key))


class _Entries:
    """One subject on its way: what is left out, its checked entries, then its scores."""

    __slots__ = ("cents", "details", "entries", "incomplete", "missing", "out")

    def __init__(self, out: frozenset[str]) -> None:
        self.out = out
        self.entries: dict[str, Any] = {}
        self.cents: dict[str, int | None] = {}
        self.details: dict[str, Mapping[str, Any]] = {}
        self.missing: list[str] = []
        self.incomplete: set[str] = set()


def score(plan: Plan, inputs: Inputs) -> Outcome:
    """Score, rank and grade every subject of a round.

    Raises PlanErrors if the plan breaks its own language, and InputErrors, with all of them, if the
    inputs do; with `inputs.allow_missing` false a missing input is such an error. The outcome's
    results are in the order of `inputs.subjects`, which has no influence on any of them.
    """
    compiled = compile_plan(plan)
    errors: list[InputError] = []
    for scorer in compiled.scorers.values():
        scorer.begin(inputs)
    entered = _read_all(compiled, inputs, errors)
    if errors:
        raise InputErrors(errors)
    for code, scorer in compiled.scorers.items():
        given = [
            (subject, one.entries[code])
            for subject, one in zip(inputs.subjects, entered, strict=True)
            if code in one.entries
        ]
        scorer.settle(given)
    for subject, one in zip(inputs.subjects, entered, strict=True):
        _score_subject(compiled, subject, one)
    return _outcome(compiled, inputs, entered)


def check_inputs(plan: Plan, inputs: Inputs) -> list[InputError]:
    """Everything that `score` would refuse in these inputs, without computing anything. Raises PlanErrors."""
    compiled = compile_plan(plan)
    errors: list[InputError] = []
    for scorer in compiled.scorers.values():
        scorer.begin(inputs)
    _read_all(compiled, inputs, errors)
    return errors


# ------------------------------------------------------------------------------ reading


def _read_all(compiled: Compiled, inputs: Inputs, errors: list[InputError]) -> list[_Entries]:
    seen: set[str] = set()
    entered = []
    for subject in inputs.subjects:
        report = _Errors(errors, subject.key)
        if subject.key in seen:
            report("", "subject", Text(_("%(subject)s is there twice."), {"subject": subject.key}))
        seen.add(subject.key)
        _check_words(compiled.plan, subject, report)
        one = _Entries(compiled.left_out(subject, report))
        _check_places(compiled, subject, one.out, report)
        _read(compiled, subject, one, errors)
        if not inputs.allow_missing:
            for code in one.missing:
                title = compiled.nodes[code].title
                report(code, "missing", Text(_("%(code)s %(title)s has no input."), {"code": code, "title": title}))
        entered.append(one)
    for key, decision in inputs.decisions.items():
        if key not in seen or decision.grade not in compiled.plan.grades:
            values = {"subject": key, "grade": decision.grade, "grades": list(compiled.plan.grades)}
            text = Text(_("%(grade)s cannot be decided for %(subject)s; expected: %(grades)s."), values)
            errors.append(InputError(key, "", "decision", text))
    return entered


def _check_words(plan: Plan, subject: SubjectInput, report: _Errors) -> None:
    """Category and facts."""
    if plan.categories and subject.category not in plan.categories:
        values = {"category": subject.category or "—", "categories": list(plan.categories)}
        report(
            "", "category", Text(_("%(category)s is not a category of this plan; expected: %(categories)s."), values)
        )
    known = {fact.code: fact for fact in plan.facts}
    types = {FactType.BOOLEAN: bool, FactType.NUMBER: object, FactType.CHOICE: str}
    for code, value in subject.facts.items():
        fact = known.get(code)
        if fact is None:
            report("", "fact", Text(_("%(code)s is not a fact of this plan."), {"code": code}), code)
            continue
        fits = isinstance(value, types[fact.type])
        if fact.type is FactType.NUMBER:
            fits = not isinstance(value, (bool, str)) and value.is_finite()
        elif fact.type is FactType.CHOICE:
            fits = fits and value in fact.choices
        if not fits:
            values = {"value": str(value), "fact": fact.title}
            report("", "fact", Text(_("%(value)s is not a value of %(fact)s."), values), code)


def _check_places(compiled: Compiled, subject: SubjectInput, out: frozenset[str], report: _Errors) -> None:
    """Every input must be on a leaf that takes it and that applies to the subject."""
    for source, name in SOURCES.items():
        for code, given in getattr(subject, source).items():
            if not given and given != 0:
                continue
            values = {"code": code}
            if code not in compiled.nodes:
                report(code, f"{name}.indicator", Text(_("%(code)s is not an indicator of this plan."), values))
            elif code not in compiled.scorers:
                report(code, f"{name}.indicator", Text(_("%(code)s is the sum of others and takes no input."), values))
            elif compiled.scorers[code].source != source:
                method = METHODS[compiled.nodes[code].method].title
                text = Text(_("%(code)s takes no such input; its method is: %(method)s."), {**values, "method": method})
                report(code, f"{name}.indicator", text)
            elif code in out:
                text = Text(_("%(code)s is not applicable to this subject and takes no input."), values)
                report(code, f"{name}.not_applicable", text)


def _read(compiled: Compiled, subject: SubjectInput, one: _Entries, errors: list[InputError]) -> None:
    report = Report(errors, subject.key, "")
    for code, scorer in compiled.scorers.items():
        if code in one.out:
            continue
        before = len(errors)
        report.code = code
        entry = scorer.read(subject, report)
        if entry is not MISSING:
            one.entries[code] = entry
        elif len(errors) == before:
            one.missing.append(code)


# ------------------------------------------------------------------------------ scoring


def _score_subject(compiled: Compiled, subject: SubjectInput, one: _Entries) -> None:
    cents = one.cents
    for code, scorer in compiled.scorers.items():
        if code in one.out:
            cents[code] = None
        elif code in one.entries:
            cents[code], one.details[code] = scorer.score(subject, one.entries[code])
        else:
            cents[code] = 0
    missing = set(one.missing)
    for code, composite in compiled.composites.items():
        cents[code] = None if code in one.out else composite.score(cents)
        if missing and any(c in missing or c in one.incomplete for c in composite.codes):
            one.incomplete.add(code)
    root = compiled.plan.root.code
    if (cents[root] or 0) < 0:
        cents[root] = 0


def _node_scores(compiled: Compiled, one: _Entries, shared: dict[int, NodeScore]) -> dict[str, NodeScore]:
    """`shared`: by its detail, the score of a leaf. Who have the same detail, the very same, have one score together:
    so many fewer objects, which the memory's housekeeping would visit again and again, make a large round a fifth
    faster. (All details live as long as the entries do, so that none takes over another one's identity.)
    """
    decimals, missing = compiled.plan.decimals, set(one.missing)
    scores = {}
    for code in compiled.order:
        cents = one.cents[code]
        if cents is None:
            scores[code] = NOT_APPLICABLE
        elif code in missing:
            scores[code] = MISSING_SCORE
        else:
            detail = one.details.get(code, {})
            known = shared.get(id(detail))
            if known is None:
                known = NodeScore(Status.SCORED, to_decimal(cents, decimals), code in one.incomplete, detail)
                if detail:
                    shared[id(detail)] = known
            scores[code] = known
    return scores


# ------------------------------------------------------------------------------ ranks and grades


def _outcome(compiled: Compiled, inputs: Inputs, entered: Sequence[_Entries]) -> Outcome:
    plan, subjects = compiled.plan, inputs.subjects
    totals = [one.cents[plan.root.code] or 0 for one in entered]
    categories = [subject.category for subject in subjects]
    ranks, category_ranks = competition_ranks(totals), ranks_within(totals, categories)
    facts = Facts(plan, compiled.nodes, subjects, entered, totals, category_ranks)
    grading = Grading(
        plan,
        keys=[subject.key for subject in subjects],
        categories=categories,
        groups=[subject.group for subject in subjects],
        totals=totals,
        unit=compiled.unit,
        merits=[
            merit(total, [one.cents[code] for code in plan.tie_breakers])
            for total, one in zip(totals, entered, strict=True)
        ],
        facts=facts,
        may_tell=facts.may_tell,
    )
    _grade(grading, inputs)
    shared: dict[int, NodeScore] = {}
    results = tuple(
        Result(
            subject=subject.key,
            total=to_decimal(totals[i], plan.decimals),
            rank=ranks[i],
            category_rank=category_ranks[i],
            grade=grading.name(grading.grade[i]),
            scores=_node_scores(compiled, entered[i], shared),
            reasons=tuple(grading.reasons[i]),
            flags=_flags(compiled, entered[i], grading.flags[i]),
            missing=tuple(entered[i].missing),
        )
        for i, subject in enumerate(subjects)
    )
    return Outcome(plan, results, tuple(grading.limits), any(one.missing for one in entered))


def _grade(grading: Grading, inputs: Inputs) -> None:
    for i, key in enumerate(grading.keys):
        decision = inputs.decisions.get(key)
        if decision is not None:
            grading.grade[i] = grading.position[decision.grade]
            grading.decided[i] = True
            values = {"reason": decision.reason, "document": decision.document}
            grading.reasons[i].append(Reason(None, "decision", None, decision.grade, values))
    for index, rule in enumerate(grading.plan.rules):
        RULES[rule.key].apply(grading, rule, index)


def _flags(compiled: Compiled, one: _Entries, raised: Sequence[Flag]) -> tuple[Flag, ...]:
    flags = []
    if one.missing:
        flags.append(Flag("missing", {"codes": list(one.missing)}))
    for code in compiled.voted:
        silent = one.details.get(code, {}).get("silent", ())
        flags += [Flag("no_votes", {"code": code, "class": name}) for name in silent]
    return (*flags, *raised)
