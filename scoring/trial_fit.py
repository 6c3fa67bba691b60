"""Inputs that were collected by one plan, made to fit another: what a trial computes with.

Nothing is bent in silence. What the new plan does not take is left out, what it needs and nobody gave is assumed as
the office chose, and both are said in words. Inputs that a plan takes as they are stay as they are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

from reviews.ballot_form import LEAST_VOTERS

from . import generated
from .engine import METHODS, check_inputs, walk
from .engine.ballots import is_withheld
from .engine.conditions import facts_of, parse
from .engine.text import figure
from .engine.text import gettext_noop as _
from .engine.types import ABSTAIN, CatalogueItem, Event, InputError, Inputs, Mark, Node, Plan, SubjectInput, Text
from .trial_draft import WHAT, SubjectDraft, take_out

SCALE, CUT = "scale", "cut"  # marks where the full points changed
NOT_APPLICABLE, FULL, GENERATED = "none", "full", "generated"  # leaves without input
LEFT_OUT, ASSUMED = "left_out", "assumed"
REASONS = 3  # of one leaf that are told apart in words
PASSES = 4  # leaving one thing out may bring another to light


@dataclass(frozen=True, slots=True)
class Choices:
    """How the office wants marks and missing leaves to be treated, and the seed of what is made up."""

    marks: str = SCALE
    fresh: str = NOT_APPLICABLE
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was left out or assumed."""

    kind: str
    text: Text


@dataclass(frozen=True, slots=True)
class Fitted:
    inputs: Inputs
    notes: tuple[Note, ...]
    left_out: frozenset[str]  # keys of subjects that the new plan cannot appraise
    errors: tuple[InputError, ...] = ()  # what could not be mended: nothing can be computed


def fit(inputs: Inputs, old: Plan, new: Plan, choices: Choices) -> Fitted:
    """These inputs of the old plan, as the new one takes them."""
    return _Fitting(old, new, choices, inputs.known_sets).run(inputs)


class _Fitting:
    def __init__(self, old: Plan, new: Plan, choices: Choices, known_sets: frozenset[str]) -> None:
        self.old_plan, self.plan, self.choices, self.known_sets = old, new, choices, known_sets
        self.old = {node.code: node for node in walk(old.root) if not node.children}
        self.new = {node.code: node for node in walk(new.root) if not node.children}
        self.titles = {fact.code: fact.title for plan in (old, new) for fact in plan.facts}
        self.titles |= {node.code: node.title for plan in (old, new) for node in walk(plan.root)}
        self.notes: list[Note] = []
        self.outside: set[str] = set()
        # Leaves of the new plan that the old one did not have, or fed from elsewhere.
        self.fresh = [code for code, node in self.new.items() if not self._same_source(code, node)]

    def run(self, inputs: Inputs) -> Fitted:
        drafts = [SubjectDraft(one) for one in inputs.subjects]
        if self.old_plan == self.plan:
            self._keep_decisions(inputs)
            return Fitted(inputs, tuple(self.notes), frozenset())
        drafts = self._categories(drafts)
        for code in [code for code in self.new if code not in self.fresh]:
            self._leaf(code, drafts)
        errors = self._errors(inputs, drafts)
        inputs = self._leave_out(inputs, drafts, errors)
        changed = self._fill(drafts) or bool(errors)
        for _pass in range(PASSES):
            if not changed:
                break
            errors = self._errors(inputs, drafts)
            inputs = self._leave_out(inputs, drafts, errors)
            changed = bool(errors)
        self._keep_decisions(inputs)
        if self.outside:
            self._say(LEFT_OUT, _("Not in this comparison at all: %(count)s subjects."), count=len(self.outside))
        left = self._errors(inputs, drafts) if changed else []
        return Fitted(self._inputs(inputs, drafts), tuple(self.notes), frozenset(self.outside), tuple(left))

    def _inputs(self, inputs: Inputs, drafts: Iterable[SubjectDraft]) -> Inputs:
        subjects = tuple(draft.one for draft in drafts if draft.one.key not in self.outside)
        decisions = {key: each for key, each in inputs.decisions.items() if key not in self.outside}
        known = inputs.known_sets | {name for one in subjects for name in one.earlier}
        return Inputs(subjects, known, decisions, allow_missing=True)

    def _errors(self, inputs: Inputs, drafts: Iterable[SubjectDraft]) -> list[InputError]:
        return check_inputs(self.plan, self._inputs(inputs, drafts))

    def _say(self, kind: str, message: str, **values: Any) -> None:
        self.notes.append(Note(kind, Text(message, values)))

    def _name(self, code: str) -> str:
        return f"{code} {self.titles.get(code, '')}".strip()

    def _keep_decisions(self, inputs: Inputs) -> None:
        if count := sum(key not in self.outside for key in inputs.decisions):
            self._say(ASSUMED, _("Grades decided by the committee stay as decided: %(count)s subjects."), count=count)

    # ------------------------------------------------------------------------ which leaf is which

    def _source(self, node: Node) -> str:
        """The part of a subject's input that a leaf reads."""
        falls_back = node.settings.get("fallback") == "marks" and node.settings["set"] not in self.known_sets
        return "marks" if node.method == "carried" and falls_back else METHODS[node.method].scorer.source

    def _same_source(self, code: str, node: Node) -> bool:
        before = self.old.get(code)
        if before is None or self._source(before) != self._source(node):
            return False
        return before.settings.get("set") == node.settings.get("set")

    def _has_input(self, node: Node, one: SubjectInput) -> bool:
        source = self._source(node)
        if source == "events":
            return True  # no events is a valid state
        if source == "earlier":
            return any(each.total is not None for each in one.earlier.get(str(node.settings["set"]), ()))
        if source == "votes":
            return any(
                number and answer != ABSTAIN
                for answers in one.votes.get(node.code, {}).values()
                for answer, number in answers.items()
            )
        return node.code in getattr(one, source)

    # ------------------------------------------------------------------------ categories

    def _categories(self, drafts: list[SubjectDraft]) -> list[SubjectDraft]:
        """Subjects of a category that the new plan lacks go into its only one, or stay out."""
        known = self.plan.categories
        lost = Counter(d.one.category for d in drafts if known and d.one.category not in known)
        for category, count in lost.items():
            values = {"category": category or "—", "count": count, "only": known[0]}
            if len(known) == 1:
                message = _("The plan has no category “%(category)s”: its %(count)s subjects count as “%(only)s”.")
                self._say(ASSUMED, message, **values)
            else:
                message = _("The plan has no category “%(category)s”: its %(count)s subjects are left out.")
                self._say(LEFT_OUT, message, **values)
        for draft in drafts:
            if draft.one.category in lost and len(known) == 1:
                draft.one = replace(draft.one, category=known[0])
            elif draft.one.category in lost:
                self.outside.add(draft.one.key)
        return drafts

    # ------------------------------------------------------------------------ leaves that both plans have

    def _leaf(self, code: str, drafts: list[SubjectDraft]) -> None:
        before, after = self.old[code], self.new[code]
        source = self._source(after)
        if source == "marks":
            self._marks(before, after, drafts)
        elif source == "events" and before.catalogue != after.catalogue:
            self._events(before, after, drafts)
        elif source == "votes" and self._counts_otherwise(before, after):
            self._protect(before, drafts)

    def _marks(self, before: Node, after: Node, drafts: list[SubjectDraft]) -> None:
        change = self._points_change(before, after)
        named = {assessor.name for assessor in after.assessors}
        added = [a.name for a in after.assessors if a.name not in {each.name for each in before.assessors}]
        read: dict[tuple[str, Decimal], Mark] = {}  # subjects share their marks: few are different
        changed, replaced = 0, 0
        for draft in drafts:
            given = draft.one.marks.get(after.code)
            if not given:
                continue
            marks = []
            for mark in given:
                known = (mark.assessor, mark.value)
                if known not in read:
                    read[known] = Mark(mark.assessor, change(mark.value))
                marks.append(read[known])
            moved = any(mark.value != was.value for mark, was in zip(marks, given, strict=True))
            if added:
                marks = _with_added(marks, named, added, self.plan.decimals)
                replaced += 1
            if moved or added:
                draft.put("marks", after.code, tuple(marks))
            changed += moved
        values = {"leaf": self._name(after.code), "old": figure(before.points), "new": figure(after.points)}
        if changed:
            self._say(ASSUMED, self._marks_message(before, after), **values, count=changed)
        if replaced:
            message = _("%(leaf)s: %(assessors)s gave no marks then; the mean of the marks of each subject is taken.")
            self._say(ASSUMED, message, leaf=values["leaf"], assessors=added)

    def _points_change(self, before: Node, after: Node) -> Callable[[Decimal], Decimal]:
        """How a mark of the old leaf is read on the new one."""
        unit = Decimal(1).scaleb(-self.plan.decimals)

        def change(value: Decimal) -> Decimal:
            if before.points != after.points and self.choices.marks == SCALE:
                value = value * after.points / before.points
            elif before.points != after.points:
                value = min(value, after.points)
            if value == value.quantize(unit):
                return value
            # Rounding up never takes a mark above the full points.
            rounding = ROUND_HALF_UP if _rounded(value, unit) <= after.points else ROUND_DOWN
            return value.quantize(unit, rounding=rounding)

        return change

    def _marks_message(self, before: Node, after: Node) -> str:
        if before.points == after.points:
            return _("%(leaf)s: marks of %(count)s subjects are rounded to the decimals of the plan.")
        if self.choices.marks == SCALE:
            return _("%(leaf)s: full points %(old)s → %(new)s; marks of %(count)s subjects are scaled by this ratio.")
        return _("%(leaf)s: full points %(old)s → %(new)s; marks above them, of %(count)s subjects, are cut to them.")

    def _events(self, before: Node, after: Node, drafts: list[SubjectDraft]) -> None:
        """Where the catalogue fixes the value of an item, its new value counts; else the value as entered."""
        items = {item.code: item for item in before.catalogue}
        now = {item.code: item for item in after.catalogue}
        revalued: Counter[str] = Counter()
        for draft in drafts:
            given = draft.one.events.get(after.code)
            if not given:
                continue
            events = tuple(_revalued(event, items.get(event.item), now.get(event.item)) for event in given)
            revalued.update({e.item for e, was in zip(events, given, strict=True) if e is not was})
            draft.put("events", after.code, events)
        for item, count in revalued.items():
            message = _(
                "%(leaf)s: events of %(item)s, of %(count)s subjects, count with the value of the new catalogue."
            )
            title = f"{item} {now[item].title}"
            self._say(ASSUMED, message, leaf=self._name(after.code), item=title, count=count)

    # ------------------------------------------------------------------------ secret votes

    def _counts_otherwise(self, before: Node, after: Node) -> bool:
        """Whether the new plan makes something else of the votes on this leaf than the old one."""
        if (before.method, before.ballot, before.settings) != (after.method, after.ballot, after.settings):
            return True
        return self._shares_read(self.plan, after.code) != self._shares_read(self.old_plan, after.code)

    @staticmethod
    def _shares_read(plan: Plan, code: str) -> set[str]:
        texts = {text for rule in plan.rules for text in (rule.condition, rule.prefer) if text}
        return {text for text in texts if any(f.startswith(f"option_share:{code}:") for f in facts_of(parse(text)))}

    def _protect(self, before: Node, drafts: list[SubjectDraft]) -> None:
        """Leave out votes of so few that two ways of counting them would tell how they voted."""
        minimum, hidden = self.old_plan.minimum_votes, 0
        for draft in drafts:
            tally = draft.one.votes.get(before.code)
            few = before.code in draft.one.untold  # by one channel: docs/secrecy.md
            if tally and before.ballot and (few or is_withheld(before.ballot, tally, minimum)):
                draft.drop("votes", before.code)
                hidden += 1
                minimum = max(minimum, LEAST_VOTERS) if few else minimum
        if hidden:
            message = _(
                "%(leaf)s: counting these votes in another way would tell how single voters voted, as a class has "
                "fewer than %(minimum)s votes; the votes on %(count)s subjects are left out."
            )
            self._say(LEFT_OUT, message, leaf=self._name(before.code), minimum=minimum, count=hidden)

    # ------------------------------------------------------------------------ what the engine refuses

    def _leave_out(self, inputs: Inputs, drafts: list[SubjectDraft], errors: list[InputError]) -> Inputs:
        """Take out each input that the engine names, and say what and why."""
        by_key = {draft.one.key: draft for draft in drafts}
        said: dict[tuple[str, str], dict[str, tuple[Text, set[str]]]] = defaultdict(dict)
        for error in errors:
            if error.field != "decision":
                take_out(by_key[error.subject], error, self.outside)
            kind = error.field.partition(".")[0]
            place = (error.key if kind == "fact" else error.code, kind)
            if error.subject in self.outside:
                place = ("", "subject")
            reason = repr((error.text.message, sorted(map(str, error.text.values.items()))))
            said[place].setdefault(reason, (error.text, set()))[1].add(error.subject)
        for (code, kind), reasons in said.items():
            self._say_reasons(code, kind, list(reasons.values()))
        refused = {error.subject for error in errors if error.field == "decision"}
        return replace(inputs, decisions={k: d for k, d in inputs.decisions.items() if k not in refused})

    def _say_reasons(self, code: str, kind: str, reasons: list[tuple[Text, set[str]]]) -> None:
        what = Text(WHAT.get(kind, WHAT["subject"]))
        shown = reasons if len(reasons) <= REASONS else reasons[: REASONS - 1]
        for text, subjects in shown:
            values = {"what": what, "leaf": self._name(code), "count": len(subjects), "reason": text}
            if code:
                self._say(LEFT_OUT, _("%(leaf)s, %(what)s of %(count)s subjects: %(reason)s"), **values)
            else:
                self._say(LEFT_OUT, _("%(what)s of %(count)s subjects: %(reason)s"), **values)
        rest = set[str]().union(*(subjects for _text, subjects in reasons[len(shown) :]))
        if rest and code:
            message = _("%(leaf)s, %(what)s of %(count)s subjects for other reasons of this kind")
            self._say(LEFT_OUT, message, what=what, leaf=self._name(code), count=len(rest))
        elif rest:
            message = _("%(what)s of %(count)s subjects for other reasons of this kind")
            self._say(LEFT_OUT, message, what=what, count=len(rest))

    # ------------------------------------------------------------------------ leaves without input

    def _fill(self, drafts: list[SubjectDraft]) -> bool:
        """Leaves that nobody could have given an input to: as the office chose. Whether there were any."""
        filled = False
        inside = [draft for draft in drafts if draft.one.key not in self.outside]
        branches = {node.code: {below.code for below in walk(node)} for node in walk(self.plan.root)}
        for code, node in self.new.items():
            lacking = [
                (place, draft)
                for place, draft in enumerate(inside)
                if (code in self.fresh or code in draft.emptied)
                and not self._has_input(node, draft.one)
                and not any(code in branches.get(above, ()) for above in draft.one.not_applicable)
            ]
            if lacking:
                self._fill_leaf(node, lacking, len(inside))
                filled = True
        return filled

    def _fill_leaf(self, node: Node, lacking: list[tuple[int, SubjectDraft]], size: int) -> None:
        values = {"leaf": self._name(node.code), "count": len(lacking)}
        if self.choices.fresh == NOT_APPLICABLE:
            for _place, draft in lacking:
                draft.one = replace(draft.one, not_applicable=draft.one.not_applicable | {node.code})
            message = _("%(leaf)s: no input for %(count)s subjects; not applicable to them in this comparison.")
            self._say(ASSUMED, message, **values)
            return
        if self.choices.fresh == FULL:
            drawn = [generated.full(node, self.plan)] * size
            self._say(ASSUMED, _("%(leaf)s: no input for %(count)s subjects; full points are assumed."), **values)
        else:
            seed = self.choices.seed
            drawn = generated.leaf(node, self.plan, generated.levels(size, seed), seed)
            message = _("%(leaf)s: no input for %(count)s subjects; made up from the seed %(seed)s.")
            self._say(ASSUMED, message, **values, seed=seed)
        for place, draft in lacking:
            draft.put(*drawn[place])


def _rounded(value: Decimal, unit: Decimal) -> Decimal:
    return value.quantize(unit, rounding=ROUND_HALF_UP)


def _with_added(marks: list[Mark], named: set[str], added: list[str], decimals: int) -> list[Mark]:
    """The marks of assessors that the plan still names, and their mean (or that of all) for those it added."""
    kept = [mark for mark in marks if mark.assessor in named]
    values = [mark.value for mark in kept or marks]
    mean = _rounded(sum(values, Decimal(0)) / len(values), Decimal(1).scaleb(-decimals))
    return [*kept, *(Mark(name, mean) for name in added)]


def _revalued(event: Event, before: CatalogueItem | None, after: CatalogueItem | None) -> Event:
    if before is None or after is None or before.values == after.values:
        return event
    if len(before.values) == 1 and len(after.values) == 1:
        return replace(event, value=None)
    return replace(event, value=before.values[0]) if event.value is None and before.values else event
