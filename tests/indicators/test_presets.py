"""The plans that ship: each loads without a problem and says what the independent statement says."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from indicators import document, plan_file, services
from scoring.engine.types import Node, Plan, Rule
from tests.oracle import plans as statement

CODES = services.preset_codes()
TYPES = {"boolean": "bool", "number": "number", "choice": "choice"}


def preset(code: str) -> dict[str, Any]:
    return plan_file.load(services.preset_text(code))


def fraction(value: Any) -> Fraction | None:
    return None if value is None else Fraction(value)


def points_of(node: dict[str, Any]) -> Fraction:
    numerator, _slash, denominator = str(node["points"]).partition("/")
    return Fraction(numerator) / Fraction(denominator or 1)


def walk(node: Node) -> list[Node]:
    return [node, *(below for child in node.children for below in walk(child))]


def test_every_plan_has_a_preset() -> None:
    assert sorted(statement.PLANS) == CODES


@pytest.mark.parametrize("code", CODES)
def test_loads_without_error_or_warning(code: str) -> None:
    checked = document.check(preset(code))
    assert checked.problems == ()
    assert checked.plan is not None
    assert checked.plan.code == code


@pytest.mark.parametrize("code", CODES)
def test_tree_is_the_stated_one(code: str) -> None:
    plan = document.parse(preset(code))
    expected = list(statement.walk(statement.PLANS[code]["root"]))
    nodes = walk(plan.root)
    assert [(n.code, n.title, n.method) for n in nodes] == [(e["code"], e["title"], e["method"]) for e in expected]
    for node, said in zip(nodes, expected, strict=True):
        assert Fraction(node.points) == points_of(said), node.code
        assert fraction(node.weight) == fraction(said["weight"]), node.code
        assert [c.code for c in node.children] == [c["code"] for c in said["children"]]
        if node.method == "marks":
            assert [a.name for a in node.assessors] == list(said["assessors"]), node.code
        compare_catalogue(node, said)
        compare_ballot(node, said)


def compare_catalogue(node: Node, said: dict[str, Any]) -> None:
    items = [
        (i.code, i.title, [Fraction(v) for v in i.values], fraction(i.cap), fraction(i.zero_at)) for i in node.catalogue
    ]
    assert items == [
        (i["code"], i["title"], [Fraction(v) for v in i["values"]], fraction(i["cap"]), fraction(i["zero_at"]))
        for i in said.get("items") or ()
    ]
    assert bool(node.settings.get("uncapped")) == bool(said.get("uncapped"))


def compare_ballot(node: Node, said: dict[str, Any]) -> None:
    assert (node.ballot is None) == ("classes" not in said), node.code
    if node.ballot is None:
        return
    form = node.ballot
    weights = {c.code: Fraction(c.weight) for c in form.classes}
    assert weights == {key: Fraction(weight) for key, weight in said["classes"].items()}
    assert [(o.title, Fraction(o.value)) for o in form.options] == [
        (title, Fraction(value)) for title, value in (said["options"] or {}).items()
    ]
    assert (form.scale, form.trim, form.self_vote) == (said["scale"], 0, bool(said.get("self_vote")))
    for key in ("last", "option", "votes", "value"):
        assert node.settings.get(key) == said.get(key)
    assert [(Fraction(u), v) for u, v in node.settings.get("bands", ())] == [
        (Fraction(upto), value) for upto, value in said.get("bands", ())
    ]


@pytest.mark.parametrize("code", CODES)
def test_rules_facts_and_order_are_the_stated_ones(code: str) -> None:
    plan, said = document.parse(preset(code)), statement.PLANS[code]
    assert list(plan.categories) == said["categories"]
    assert list(plan.grades) == said["grades"]
    assert list(plan.tie_breakers) == said["tie_breakers"]
    assert plan.ranking == ("category" if said["ranked"] == "category" else "overall")
    assert plan.notes_required == said["notes_required"]
    assert plan.decimals == said["decimals"]
    facts = {f.code: (f.title.replace("“", '"').replace("”", '"'), TYPES[f.type], list(f.choices)) for f in plan.facts}
    assert facts == {key: (f["title"], f["kind"], list(f["choices"])) for key, f in said["facts"].items()}
    assert [words_of(rule, plan) for rule in plan.rules] == [stated(rule) for rule in said["rules"]]


def words_of(rule: Rule, plan: Plan) -> dict[str, Any]:
    minimums = {g: fraction(m) for g, m in rule.minimums.items()}
    if minimums and None not in minimums.values():
        minimums[list(minimums)[-1]] = None
    found: dict[str, Any] = {
        "rule": rule.key,
        "if": rule.condition,
        "grade": rule.grade,
        "prefer": rule.prefer,
        "share": fraction(rule.share),
        "minimum": minimums or fraction(rule.minimum),
        "shares": {g: Fraction(s) for g, s in rule.shares.items()},
        "of_participants": rule.of_participants,
    }
    if rule.key in ("limit", "limit_within"):
        found["scope"] = list(rule.scope) if isinstance(rule.scope, tuple) else rule.scope
    if rule.key == "lower":
        found["by"] = rule.steps
    return {key: value for key, value in found.items() if value}


def stated(rule: dict[str, Any]) -> dict[str, Any]:
    found = dict(rule)
    for key in ("share", "minimum"):
        if key in found and not isinstance(found[key], dict):
            found[key] = Fraction(found[key])
    if isinstance(found.get("minimum"), dict):
        found["minimum"] = {g: fraction(m) for g, m in found["minimum"].items()}
        found["minimum"][list(found["minimum"])[-1]] = None
    if "shares" in found:
        found["shares"] = {g: Fraction(s) for g, s in found["shares"].items()}
    return found


@pytest.mark.parametrize("code", CODES)
def test_file_and_document_are_one(code: str) -> None:
    normal = document.normalise(preset(code))
    again = plan_file.load(plan_file.dump(document.read_stored(normal)))
    assert document.normalise(again) == normal
    assert document.normalise(normal) == normal
    assert document.digest(document.normalise(again)) == document.digest(normal)


@pytest.mark.parametrize("code", CODES)
def test_every_voter_class_says_who_votes(code: str) -> None:
    for row in preset(code)["indicators"]:
        for voters in row.get("classes", ()):
            assert "voters" in voters, (row["code"], voters["code"])


def test_district_defaults_are_marked() -> None:
    rows = {row["code"]: row for row in preset("district-2020")["indicators"]}
    silent = {code for code, row in rows.items() if "points" in row.get("defaults", ())}
    assert silent == {
        "K11", "K111", "K112", "K113", "K114", "K12", "K121", "K122", "K123",
        "K13", "K131", "K132", "K133", "K231", "K232", "K233",
    }  # fmt: skip
