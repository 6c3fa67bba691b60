"""A plan as its pages show it: the tree with sentences, the rules in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from appraisal_site.lib.fields import canonical
from scoring.engine import method_title, method_words, rule_words, walk
from scoring.engine.types import CatalogueItem, Node, Plan, Text

from . import document as documents
from . import queries, services, sets, words
from .models import PlanVersion


@dataclass(frozen=True, slots=True)
class NodeView:
    """One indicator on a page. `row` is its part of the document, `node` what the engine reads."""

    node: Node
    row: Mapping[str, Any]
    depth: int
    method: Text  # the method's name
    sentence: Text  # how it scores
    children: tuple[NodeView, ...]

    @property
    def assessors(self) -> list[str]:
        """Who marks it, with a weight where it is not 1."""
        return [
            each.name if each.weight == 1 else f"{each.name} × {canonical(each.weight)}" for each in self.node.assessors
        ]

    @property
    def catalogue(self) -> list[tuple[CatalogueItem, Mapping[str, Any]]]:
        """Each entry of the catalogue with its part of the document."""
        return list(zip(self.node.catalogue, self.row.get("catalogue", ()), strict=True))

    @property
    def classes(self) -> list[dict[str, Any]]:
        """The voter classes of the ballot form, each with who votes in it."""
        voters = {row["code"]: row.get("voters", "") for row in self.row.get("classes", ())}
        return [
            {
                "code": each.code,
                "title": each.title,
                "weight": each.weight,
                "who": words.VOTERS.get(voters.get(each.code, "staff"), ""),
            }
            for each in (self.node.ballot.classes if self.node.ballot else ())
        ]

    @property
    def is_reference(self) -> bool:
        return self.node.weight == 0

    @property
    def explains(self) -> bool:
        """Whether the sentence says more than the figures of the tree: not for a plain sum."""
        return not self.children or any(child.node.weight is not None for child in self.children)

    @property
    def has_more(self) -> bool:
        """Whether there is something to unfold besides the line itself."""
        return bool(self.children or self.node.catalogue or self.node.ballot or "note" in self.row)


@dataclass(frozen=True, slots=True)
class RuleView:
    row: Mapping[str, Any]
    sentence: Text


@dataclass(frozen=True, slots=True)
class FactView:
    row: Mapping[str, Any]
    kind: words.Words


@dataclass(frozen=True, slots=True)
class SelectionView:
    row: Mapping[str, Any]
    kind: words.Words
    sentence: Text


@dataclass(frozen=True, slots=True)
class SetView:
    """A set of earlier rounds. `plan`: title of the plan whose rounds belong to it, "" if it is not in the library."""

    set: sets.PlanSet
    plan: str
    period: str
    readers: list[Text]


@dataclass(frozen=True, slots=True)
class PlanView:
    """All that a page about one version shows. `values` is the document with typed figures."""

    version: PlanVersion
    plan: Plan
    values: Mapping[str, Any]
    root: NodeView
    rules: tuple[RuleView, ...]
    facts: list[FactView]
    selections: list[SelectionView]
    payout: list[tuple[str, Decimal]]
    defaults: int
    subjects: str
    periods: list[str]
    ranking: str
    tie_breakers: list[str]
    leaves: int


def plan_view(version: PlanVersion) -> PlanView:
    """Reads nothing from the database beyond the version it is given."""
    plan = services.engine_plan(version)
    values = documents.read_stored(version.document)
    rows = {row["code"]: row for row in values["indicators"]}
    nodes = list(walk(plan.root))
    titles = {node.code: node.title for node in nodes}
    return PlanView(
        version=version,
        plan=plan,
        values=values,
        root=_node(plan.root, plan, rows, 0),
        rules=tuple(
            RuleView(row, rule_words(rule, plan)) for row, rule in zip(values.get("rules", ()), plan.rules, strict=True)
        ),
        facts=[FactView(row, words.FACT_TYPES[row["type"]]) for row in values.get("facts", ())],
        selections=[
            SelectionView(row, words.SELECTIONS[row["kind"]], words.selection_sentence(row))
            for row in values.get("selections", ())
        ],
        payout=list(documents.in_order(values.get("payout", {}).get("amounts", {}), plan.grades).items()),
        defaults=documents.count_defaults(values),
        subjects=str(words.SUBJECTS.get(values.get("subjects", ""), "")),
        periods=words.named(words.PERIODS, queries.periods_of(values)),
        ranking=str(words.RANKINGS[plan.ranking]),
        tie_breakers=[f"{code} {titles[code]}" for code in plan.tie_breakers],
        leaves=sum(1 for node in nodes if not node.children),
    )


def set_views(view: PlanView, titles: Mapping[str, str]) -> list[SetView]:
    """The plan's sets of earlier rounds. `titles`: of the plans in the library, by code."""
    return [
        SetView(
            each,
            titles.get(each.plan, ""),
            str(words.PERIODS.get(each.period, "")),
            sets.reader_words(view.plan, each.code),
        )
        for each in sets.all_sets(view.version.document, view.plan)
    ]


def _node(node: Node, plan: Plan, rows: Mapping[str, Any], depth: int) -> NodeView:
    return NodeView(
        node=node,
        row=rows[node.code],
        depth=depth,
        method=method_title(node),
        sentence=method_words(node, plan),
        children=tuple(_node(child, plan, rows, depth + 1) for child in node.children),
    )


def default_lines(version: PlanVersion) -> list[str]:
    """Every value that the original document does not state, a line each: "K111 承接…: full points"."""
    values = documents.read_stored(version.document)
    lines = [", ".join(words.default_names(values))] if values.get("defaults") else []
    for row in values.get("sets", ()):
        lines += _default_lines(str(row["title"]), row)
    for row in values["indicators"]:
        lines += _default_lines(f"{row['code']} {row['title']}", row)
    for number, row in enumerate(values.get("rules", ()), start=1):
        lines += _default_lines(str(_("Grade rule %(number)s") % {"number": number}), row)
    return lines


def _default_lines(name: str, row: Mapping[str, Any]) -> list[str]:
    """The defaults of one part, and of the entries, classes and options below it."""
    lines = [f"{name}: {', '.join(words.default_names(row))}"] if row.get("defaults") else []
    for parts in row.values():
        if not isinstance(parts, (list, tuple)):
            continue
        for part in parts:
            if isinstance(part, Mapping) and part.get("defaults"):
                label = part.get("code") or part.get("title") or ""
                lines.append(f"{name} {label}: {', '.join(words.default_names(part))}")
    return lines
