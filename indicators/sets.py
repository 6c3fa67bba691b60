"""Sets of earlier rounds (往期) in a plan: which it declares, and what of it reads which set.

A plan says `[[sets]]` for what a reader should see of a set: its title, whose rounds belong to it, and how many there
should be. What reads a set is the plan's own: `carried` leaves, and `times_grade` and `grade_in` in conditions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scoring.engine import rule_words, walk
from scoring.engine.conditions import facts_of, parse
from scoring.engine.text import gettext_noop as _
from scoring.engine.types import Node, Plan, Problem, Text

# The set of a plan that only asks for the grade in one named round: that round may stand in any set.
ANY_SET = "earlier"


@dataclass(frozen=True, slots=True)
class PlanSet:
    """A set that a plan declares or reads. `plan`, `period` and `rounds` are "", "" and 0 where nothing is said."""

    code: str
    title: str | Text
    plan: str = ""
    period: str = ""
    rounds: int = 0
    declared: bool = True


@dataclass(slots=True)
class Readers:
    """What of a plan reads earlier rounds.

    `leaves`: set → its `carried` leaves; `rules`: set → positions of the rules that count its grades; `named`: name of
    a round whose grade is asked for → positions of those rules. `places`: set → path of the first place that reads it.
    """

    leaves: dict[str, list[Node]] = field(default_factory=dict)
    rules: dict[str, list[int]] = field(default_factory=dict)
    named: dict[str, list[int]] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    @property
    def sets(self) -> list[str]:
        """Codes of the sets that are read by name, in the plan's order."""
        return list(self.places)

    def __bool__(self) -> bool:
        return bool(self.places or self.named)


def readers(plan: Plan) -> Readers:
    found = Readers()
    for node in walk(plan.root):
        if node.method == "carried" and not node.children:
            code = str(node.settings["set"])
            found.leaves.setdefault(code, []).append(node)
            found.places.setdefault(code, f"indicators.{node.code}.set")
    for index, rule in enumerate(plan.rules):
        for part, condition in (("if", rule.condition), ("prefer", rule.prefer)):
            for head, name in _earlier_facts(condition):
                table = found.rules if head == "times_grade" else found.named
                positions = table.setdefault(name, [])
                if index not in positions:
                    positions.append(index)
                if head == "times_grade":
                    found.places.setdefault(name, f"rules.{index}.{part}")
    return found


def _earlier_facts(condition: str | None) -> Iterator[tuple[str, str]]:
    """("times_grade", set) and ("grade_in", round) of a condition."""
    if not condition:
        return
    for fact in sorted(facts_of(parse(condition))):
        head, _colon, rest = fact.partition(":")
        if head == "times_grade":
            yield head, rest.partition(":")[0]
        elif head == "grade_in":
            yield head, rest


def all_sets(document: Mapping[str, Any], plan: Plan) -> list[PlanSet]:
    """The sets that a plan declares, then those that it reads without declaring them."""
    declared = [
        PlanSet(
            code=str(row["code"]),
            title=str(row["title"]),
            plan=str(row.get("plan", "")),
            period=str(row.get("period", "")),
            rounds=int(row.get("rounds", 0)),
        )
        for row in document.get("sets", ())
    ]
    known = {each.code for each in declared}
    return declared + [PlanSet(code, code, declared=False) for code in readers(plan).sets if code not in known]


def read_sets(document: Mapping[str, Any], plan: Plan) -> list[PlanSet]:
    """The sets that a plan reads. Empty: it reads no earlier round.

    A set that nothing reads by name belongs to them if the plan asks for the grade in a named round, because that
    round may stand in any set.
    """
    found = readers(plan)
    if not found:
        return []
    shown = [each for each in all_sets(document, plan) if found.named or each.code in found.places]
    return shown or [PlanSet(ANY_SET, Text(_("Earlier rounds")), declared=False)]


def reader_words(plan: Plan, code: str) -> list[Text]:
    """What reads a set, a line each: the leaves, and the rules as sentences."""
    found = readers(plan)
    lines = [
        Text(
            _("%(code)s %(title)s: carried over from these rounds"),
            {"code": node.code, "title": node.title},
        )
        for node in found.leaves.get(code, ())
    ]
    return lines + [_rule_line(plan, index) for index in found.rules.get(code, ())]


def named_words(plan: Plan, name: str) -> list[Text]:
    """The rules that ask for the grade in the round of this name."""
    return [_rule_line(plan, index) for index in readers(plan).named.get(name, ())]


def _rule_line(plan: Plan, index: int) -> Text:
    values = {"number": index + 1, "words": rule_words(plan.rules[index], plan)}
    return Text(_("Grade rule %(number)s: %(words)s"), values)


# ------------------------------------------------------------------------------ checks


def twice_declared(rows: Any) -> Iterator[tuple[int, Text]]:
    """(position, words) of every set whose code an earlier row has already."""
    seen: set[str] = set()
    for index, row in rows:
        code = row.get("code")
        if not isinstance(code, str):
            continue
        if code.strip() in seen:
            yield index, Text(_("The code “%(code)s” is used twice."), {"code": code.strip()})
        seen.add(code.strip())


def warnings(plan: Plan) -> list[Problem]:
    """Sets that are read but not declared, and declared but not read. Both can be computed with."""
    found = readers(plan)
    problems = [
        Problem(
            place,
            Text(_("The set “%(set)s” is not declared: pages show its code instead of a title."), {"set": code}),
            True,
        )
        for code, place in found.places.items()
        if code not in plan.sets
    ]
    if not found.named:
        problems += [
            Problem(f"sets.{code}", Text(_("Nothing in the plan reads the set “%(set)s”."), {"set": title}), True)
            for code, title in plan.sets.items()
            if code not in found.places
        ]
    return problems
