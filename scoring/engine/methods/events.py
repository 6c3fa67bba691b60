"""Methods fed by events: deduct, bonus, penalty, inspection (rules of §3).

Only approved events count; the others are checked all the same. Values are positive in the catalogue and in the
event; the method gives the sign.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..text import figure, number_in, plain
from ..text import gettext_noop as _
from ..types import CatalogueItem, Event, Node, NodeScore, Plan, Problem, SubjectInput, Text
from .base import Detail, Method, Report, Scorer, problem

STATUSES = ("approved", "pending", "rejected")
# The one nameless item of a leaf whose plan lists no catalogue.
NAMELESS = CatalogueItem("", "")


@dataclass(frozen=True, slots=True)
class Entry:
    """An approved event, checked: `count` × `value` points, in `matter`."""

    item: str
    count: int
    value: Fraction
    matter: str
    key: str


class EventScorer(Scorer):
    source = "events"
    takes_count = True

    def __init__(self, node: Node, plan: Plan) -> None:
        super().__init__(node, plan)
        self.items = {item.code: item for item in node.catalogue or (NAMELESS,)}

    def read(self, subject: SubjectInput, report: Report) -> list[Entry]:
        entries = []
        for event in subject.events.get(self.node.code, ()):
            entry = self._entry(event, report)
            if entry is not None and event.status == "approved":
                entries.append(entry)
        # The order of the inputs is irrelevant, also to what is stored.
        entries.sort(key=lambda e: (e.item, e.matter, e.value, e.count, e.key))
        return entries

    def _entry(self, event: Event, report: Report) -> Entry | None:
        if event.status not in STATUSES:
            values = {"status": event.status, "statuses": list(STATUSES)}
            report("event.status", Text(_("%(status)s is not a status; expected: %(statuses)s."), values), event.key)
        item = self.items.get(event.item)
        if item is None:
            report("event.item", self._unknown_item(event.item), event.key)
            return None
        count = self._count(event, report)
        value = self._value(item, event, report)
        if count is None or value is None:
            return None
        return Entry(event.item, count, value, event.matter.strip(), event.key)

    def _unknown_item(self, code: str) -> Text:
        if not self.node.catalogue:
            return Text(
                _("%(code)s has no catalogue: no item expected, not %(item)s."),
                {"code": self.node.code, "item": code},
            )
        values = {"item": code or "—", "items": list(self.items)}
        return Text(_("%(item)s is not an item of the catalogue; expected: %(items)s."), values)

    def _count(self, event: Event, report: Report) -> int | None:
        values = {"count": str(event.count)}
        if not event.count.is_finite() or event.count < 0 or event.count != int(event.count):
            text = Text(_("%(count)s is not a count; a whole number from 0 expected."), values)
        elif not self.takes_count and event.count != 1:
            text = Text(_("A bonus has no count: 1 or nothing expected, not %(count)s."), values)
        else:
            return int(event.count)
        report("event.count", text, event.key)
        return None

    def _value(self, item: CatalogueItem, event: Event, report: Report) -> Fraction | None:
        value = event.value
        values = {
            "item": item.code or self.node.code,
            "value": "" if value is None else str(value),
            "values": [figure(v) for v in item.values],
        }
        if value is None:
            if len(item.values) == 1:
                return Fraction(item.values[0])
            if item.values:
                text = Text(_("%(item)s needs one of the values %(values)s."), values)
            else:
                text = Text(_("%(item)s needs a value: the plan fixes none."), values)
        elif not value.is_finite() or value <= 0:
            text = Text(_("%(value)s is not a value; a number above 0 expected."), values)
        elif item.values and value not in item.values:
            text = Text(_("%(item)s is worth %(values)s by the catalogue, not %(value)s."), values)
        else:
            return Fraction(value)
        report("event.value", text, event.key)
        return None

    def detail(self, entries: Iterable[Entry], **more: Any) -> Detail:
        """`events`: keys of the counted ones; `rows`: [item, count, value, matter] of each, then what decided."""
        entries = list(entries)
        return {
            "events": [e.key for e in entries],
            "rows": [[e.item, e.count, figure(e.value), e.matter] for e in entries],
            **more,
        }


def _sum(entries: Iterable[Entry]) -> Fraction:
    return sum((e.count * e.value for e in entries), Fraction(0))


# ------------------------------------------------------------------------------ deduct


class DeductScorer(EventScorer):
    """max(0, points − Σ count × value); 0 outright once an item's summed count reaches its `zero_at`."""

    def score(self, subject: SubjectInput, entry: list[Entry]) -> tuple[int, Detail]:
        total = _sum(entry)
        counts: dict[str, int] = {}
        for event in entry:
            counts[event.item] = counts.get(event.item, 0) + event.count
        emptied = [
            code
            for code, count in counts.items()
            if (zero_at := self.items[code].zero_at) is not None and count >= zero_at
        ]
        if emptied:
            return 0, self.detail(entry, sum=figure(total), zero=emptied[0], count=counts[emptied[0]])
        return self.cents(max(Fraction(0), self.points - total)), self.detail(entry, sum=figure(total))


def deduct_words(node: Node, plan: Plan) -> Text:
    zero = [
        Text(
            _("%(item)s %(title)s reaching %(count)s"),
            {"item": i.code, "title": i.title, "count": figure(i.zero_at)},
        )
        for i in node.catalogue
        if i.zero_at is not None
    ]
    values = {"points": figure(node.points), "zero": zero}
    if zero:
        return Text(
            _("Starts at %(points)s; each approved event takes off count × value, down to 0; 0 outright on %(zero)s."),
            values,
        )
    return Text(_("Starts at %(points)s; each approved event takes off count × value, down to 0."), values)


def deduct_steps(node: Node, plan: Plan, score: NodeScore) -> list[Text]:
    detail = score.detail
    steps = _rows(node, detail)
    points = figure(node.points)
    if "zero" in detail:
        item = next(i for i in node.catalogue if i.code == detail["zero"])
        values = {
            "item": item.code,
            "title": item.title,
            "count": detail["count"],
            "limit": figure(item.zero_at or 0),
        }
        return [*steps, Text(_("%(item)s %(title)s: %(count)s reaches %(limit)s, so the score is 0"), values)]
    steps += _together(detail)
    rest = Fraction(node.points) - number_in(detail["sum"])
    values = {"points": points, "sum": detail["sum"], "rest": figure(rest)}
    if rest < 0:
        return [*steps, Text(_("%(points)s − %(sum)s is below 0, so 0"), values)]
    return [*steps, Text(_("%(points)s − %(sum)s = %(rest)s"), values)]


def _rows(node: Node, detail: Detail) -> list[Text]:
    if not detail["rows"]:
        return [Text(_("No approved event"))]
    titles = _titles(node)
    return [_row(titles.get(item, item), *rest) for item, *rest in detail["rows"]]


def _titles(node: Node) -> dict[str, str]:
    return {item.code: f"{item.code} {item.title}" for item in node.catalogue}


def _together(detail: Detail) -> list[Text]:
    """The sum of several events, term by term."""
    terms = [figure(count * number_in(value)) for _item, count, value, _matter in detail["rows"]]
    if len(terms) < 2:
        return []
    return [Text(_("Together: %(terms)s = %(sum)s"), {"terms": " + ".join(terms), "sum": detail["sum"]})]


def _row(item: str, count: int, value: str, matter: str) -> Text:
    name: str | Text = Text(_("%(item)s (%(matter)s)"), {"item": item, "matter": matter})
    if not item or not matter:
        name = item or matter or Text(_("Event"))
    values = {"name": name, "count": count, "value": value, "product": figure(count * number_in(value))}
    if count == 1:
        return Text(_("%(name)s: %(value)s points"), values)
    return Text(_("%(name)s: %(count)s × %(value)s = %(product)s points"), values)


# ------------------------------------------------------------------------------ bonus


class BonusScorer(EventScorer):
    """min(cap, Σ over items of min(item cap, Σ over matters of the highest value in that matter))."""

    takes_count = False

    def score(self, subject: SubjectInput, entry: list[Entry]) -> tuple[int, Detail]:
        best: dict[tuple[str, str, int], Entry] = {}
        for number, event in enumerate(entry):
            # An empty matter is a matter of its own.
            matter = (event.item, event.matter, -1 if event.matter else number)
            if matter not in best or event.value > best[matter].value:
                best[matter] = event
        sums: dict[str, Fraction] = {}
        for event in best.values():
            sums[event.item] = sums.get(event.item, Fraction(0)) + event.value
        total = Fraction(0)
        items = []
        for code, item_sum in sums.items():
            cap = self.items[code].cap
            capped = item_sum if cap is None else min(Fraction(cap), item_sum)
            total += capped
            items.append([code, figure(item_sum), figure(capped)])
        counted = {id(event) for event in best.values()}
        passed = [[e.item, 1, figure(e.value), e.matter] for e in entry if id(e) not in counted]
        detail = self.detail(best.values(), items=items, sum=figure(total), repeated=len(passed), passed=passed)
        return self.cents(min(self.points, total)), detail


def bonus_words(node: Node, plan: Plan) -> Text:
    values: dict[str, Any] = {"points": figure(node.points)}
    if caps := [f"{i.code} {figure(i.cap)}" for i in node.catalogue if i.cap is not None]:
        values["caps"] = caps
        return Text(
            _(
                "Approved events add their values; events of one item on the same matter count once, "
                "the highest; each item up to its cap (%(caps)s), all together at most %(points)s."
            ),
            values,
        )
    return Text(
        _(
            "Approved events add their values; events of one item on the same matter count once, "
            "the highest; all together at most %(points)s."
        ),
        values,
    )


def bonus_steps(node: Node, plan: Plan, score: NodeScore) -> list[Text]:
    detail = score.detail
    steps = _rows(node, detail)
    if detail["repeated"]:
        # A result stored by an older program knows only how many they were.
        rows = [_row(_titles(node).get(item, item), *rest) for item, *rest in detail.get("passed", ())]
        values = {"count": detail["repeated"], "rows": rows or detail["repeated"]}
        message = _("Not counted, as another event on the same matter is as high or higher: %(rows)s")
        steps.append(Text(message, values))
    for code, total, capped in detail["items"]:
        steps += _item_steps(code, total, capped, detail)
    if len(detail["items"]) > 1:
        terms = " + ".join(f"{code} {capped}".strip() for code, _total, capped in detail["items"])
        steps.append(Text(_("Sum: %(terms)s = %(sum)s"), {"terms": terms, "sum": detail["sum"]}))
    if number_in(detail["sum"]) > node.points:
        values = {"sum": detail["sum"], "cap": figure(node.points)}
        steps.append(Text(_("%(sum)s is above the cap: %(cap)s"), values))
    return steps


def _item_steps(code: str, total: str, capped: str, detail: Detail) -> list[Text]:
    """The sum of one item where it is a sum, and its cap where that counts."""
    own = [value for item, _count, value, _matter in detail["rows"] if item == code]
    values = {"item": code, "terms": " + ".join(own), "sum": total, "cap": capped}
    steps = []
    if len(own) > 1 and code:
        steps.append(Text(_("%(item)s: %(terms)s = %(sum)s"), values))
    elif len(own) > 1:
        steps.append(Text(_("Together: %(terms)s = %(sum)s"), values))
    if total != capped:
        steps.append(Text(_("%(item)s: %(sum)s, capped at %(cap)s"), values))
    return steps


# ------------------------------------------------------------------------------ penalty, inspection


class PenaltyScorer(EventScorer):
    """−min(cap, Σ count × value); no cap if the plan says `uncapped`."""

    def score(self, subject: SubjectInput, entry: list[Entry]) -> tuple[int, Detail]:
        total = _sum(entry)
        counted = total if self.node.settings.get("uncapped") else min(self.points, total)
        return self.cents(-counted), self.detail(entry, sum=figure(total))


def penalty_words(node: Node, plan: Plan) -> Text:
    if node.settings.get("uncapped"):
        return Text(_("Each approved event takes off count × value, without a limit."))
    return Text(
        _("Each approved event takes off count × value, together at most %(points)s."),
        {"points": figure(node.points)},
    )


def penalty_steps(node: Node, plan: Plan, score: NodeScore) -> list[Text]:
    steps = _rows(node, score.detail)
    if not score.detail["rows"]:
        return steps
    steps += _together(score.detail)
    total = score.detail["sum"]
    values = {"sum": total, "cap": figure(node.points)}
    if not node.settings.get("uncapped") and number_in(total) > node.points:
        return [*steps, Text(_("%(sum)s is above the cap: %(cap)s is taken off"), values)]
    return [*steps, Text(_("Taken off: %(sum)s"), values)]


class InspectionScorer(EventScorer):
    """−Σ count × value, never capped."""

    def score(self, subject: SubjectInput, entry: list[Entry]) -> tuple[int, Detail]:
        total = _sum(entry)
        return self.cents(-total), self.detail(entry, sum=figure(total))


def inspection_words(node: Node, plan: Plan) -> Text:
    return Text(_("Each approved finding of an on-site verification takes off count × value, without a limit."))


def inspection_steps(node: Node, plan: Plan, score: NodeScore) -> list[Text]:
    steps = _rows(node, score.detail)
    if score.detail["rows"]:
        steps += [*_together(score.detail), Text(_("Taken off: %(sum)s"), {"sum": score.detail["sum"]})]
    return steps


# ------------------------------------------------------------------------------ check and registry


def check_catalogue(node: Node, plan: Plan) -> Iterable[Problem]:
    seen = set()
    for item in node.catalogue:
        path = f"catalogue.{item.code}"
        if item.code in seen:
            yield problem(node, path, Text(_("The item %(item)s is there twice."), {"item": item.code}))
        seen.add(item.code)
        if any(value <= 0 for value in item.values):
            yield problem(node, path, Text(_("Values of a catalogue are positive; the method gives the sign.")))
        if item.cap is not None and (node.method != "bonus" or item.cap <= 0):
            yield problem(node, path, Text(_("Only an item of a bonus has a cap, above 0.")))
        if item.zero_at is not None and (node.method != "deduct" or item.zero_at <= 0):
            yield problem(node, path, Text(_("Only an item of a deduction has zero_at, above 0.")))


DEDUCT = Method(
    key="deduct",
    title=plain(_("Deduction")),
    scorer=DeductScorer,
    words=deduct_words,
    steps=deduct_steps,
    check=check_catalogue,
    events=True,
)
BONUS = Method(
    key="bonus",
    title=plain(_("Bonus")),
    scorer=BonusScorer,
    words=bonus_words,
    steps=bonus_steps,
    check=check_catalogue,
    adjustment=True,
    events=True,
)
PENALTY = Method(
    key="penalty",
    title=plain(_("Penalty")),
    scorer=PenaltyScorer,
    words=penalty_words,
    steps=penalty_steps,
    check=check_catalogue,
    adjustment=True,
    events=True,
    settings=frozenset({"uncapped"}),
)
INSPECTION = Method(
    key="inspection",
    title=plain(_("On-site verification")),
    scorer=InspectionScorer,
    words=inspection_words,
    steps=inspection_steps,
    check=check_catalogue,
    adjustment=True,
    events=True,
)
