"""Plans changed at random, many changes at once, but never out of the language: from plan file to plan file.

    text = mutate(preset_text("district-2020"), seed=7)      # the same seed gives the same file

The tree is nested, flattened, pruned and added to; methods are replaced with random settings; points are split anew or
weights stated; facts, categories, grades and rules are drawn (`mutate_parts.py`, `mutate_rules.py`).
"""

import random
from decimal import Decimal
from itertools import pairwise

from indicators import document, plan_file

from .mutate_parts import ADDED, COUNTED, METHODS, SETS, draw_facts
from .mutate_rules import draw_rules

CATEGORIES = ["甲类", "乙类", "党群机关", "经济管理类和其他类", "街道（镇）", "三 类"]
GRADES = [
    ["优秀", "良好", "合格", "不合格"],
    ["好", "差"],
    ["一等", "二等", "三等", "四等", "五等", "六等"],
    ["优秀", "称职", "基本称职"],
]
CODES = ["{}", "1{:02d}", "K-{}", "指标{}", "n_{}", "{}甲"]  # of new indicators: digits alone, Chinese, signs
POINTS = ["100", "60", "10", "7.5", "1", "0.8", "33.33", "1000", "12", "2.25"]
WEIGHTS = ["1", "2", "0.5", "0.333", "60", "7", "40", "0.001", "3.14159", "0.333333333333", "12345678901"]
MOST_NODES = 45


def mutate(text, seed):
    """Another plan file of the code mutant-…; it is checked, so that nothing outside the language gets through."""
    given = plan_file.load(text)
    rng = random.Random(f"{given['code']}/{seed}")
    changed = _Mutant(given, rng).changed()
    changed["code"] = f"mutant-{given['code']}-{seed}"
    return plan_file.dump(document.typed(changed))


class _Mutant:
    def __init__(self, given, rng):
        self.given, self.rng, self.added, self.style = given, rng, 0, rng.choice(CODES)
        below = {}
        for row in given["indicators"]:
            below.setdefault(row.get("parent"), []).append(row)
        self.root = self._branch(below[None][0], below)

    def _branch(self, row, below):
        own = {key: value for key, value in row.items() if key not in ("parent", "defaults")}
        return {"row": own, "below": [self._branch(child, below) for child in below.get(row["code"], [])]}

    def _walk(self, node=None):
        node = node or self.root
        yield node
        for child in node["below"]:
            yield from self._walk(child)

    def changed(self):
        rng, given = self.rng, dict(self.given)
        for name in ("selections", "payout", "follow_ups", "duty_report", "defaults"):
            given.pop(name, None)  # what is made of a result is no part of computing it
        self._shape()
        for node in self._walk():
            if not node["below"] and rng.random() < 0.6:
                self._replace(node)
        given["decimals"] = rng.choice([0, 1, 2, 2, 3, 4, 6])
        self.root["row"]["points"] = Decimal(rng.choice(["100", "100", "1000", "60", "7.5", "123.4"]))
        self.root["row"].pop("weight", None)
        self._points(self.root)
        given["indicators"] = list(self._rows(self.root, None))
        self._about(given)
        return given

    def _about(self, given):
        """Everything beside the tree."""
        rng = self.rng
        if rng.random() < 0.7:
            given["categories"] = rng.sample(CATEGORIES, rng.randint(1, 6))
        if rng.random() < 0.6:
            given["grades"] = rng.choice(GRADES)
        given["ranking"] = rng.choice(["overall", "category"])
        given["notes_required"] = rng.random() < 0.2
        given["minimum_votes"] = rng.choice([1, 1, 2, 5])
        given["groups"] = rng.random() < 0.5
        codes = [row["code"] for row in given["indicators"]]
        given["tie_breakers"] = rng.sample(codes, min(len(codes), rng.choice([0, 1, 1, 2, 3])))
        given["sets"] = [{"code": code, "title": f"{code}轮次"} for code in SETS if rng.random() < 0.5]
        given["facts"] = draw_facts(rng, given.get("facts", []))
        given["rules"] = draw_rules(rng, given)

    # --- the tree

    def _shape(self):
        rng = self.rng
        if rng.random() < 0.03:
            leaves = [node for node in self._walk() if not node["below"] and _is_ordinary(node)]
            self.root = rng.choice(leaves)  # a plan of one indicator
            self.root["row"].pop("weight", None)
            return
        for node in list(self._walk()):
            if node["below"]:
                self._prune(node)
                self._flatten(node)
                self._nest(node)
                self._add(node)

    def _prune(self, node):
        if len(node["below"]) > 2 and self.rng.random() < 0.4:
            left = self.rng.sample(node["below"], self.rng.randint(1, len(node["below"]) - 1))
            left = [child for child in node["below"] if any(child is one for one in left)]
            if any(map(_is_ordinary, left)):
                node["below"] = left

    def _flatten(self, node):
        for child in list(node["below"]):
            if child["below"] and self.rng.random() < 0.15:
                at = node["below"].index(child)
                node["below"][at : at + 1] = child["below"]
        if not any(map(_is_ordinary, node["below"])):
            self._add_leaf(node, COUNTED)

    def _nest(self, node):
        if len(node["below"]) > 1 and self.rng.random() < 0.25:
            chosen = self.rng.sample(node["below"], self.rng.randint(1, len(node["below"]) - 1))
            chosen = [child for child in node["below"] if any(child is one for one in chosen)]
            if any(map(_is_ordinary, chosen)):
                at = node["below"].index(chosen[0])
                inner = self._new("composite", below=chosen)
                node["below"] = [child for child in node["below"] if not any(child is one for one in chosen)]
                node["below"].insert(min(at, len(node["below"])), inner)

    def _add(self, node):
        rng = self.rng
        if sum(1 for _ in self._walk()) > MOST_NODES:
            return
        if rng.random() < 0.35:
            self._add_leaf(node, COUNTED)
        if rng.random() < 0.3:
            self._add_leaf(node, ADDED)
        if rng.random() < 0.2:
            self._add_leaf(node, COUNTED)["row"]["weight"] = Decimal(0)
        if rng.random() < 0.12:
            inner = self._new("composite", below=[])
            node["below"].append(inner)
            for _ in range(rng.randint(1, 3)):
                self._add_leaf(inner, COUNTED)
            if rng.random() < 0.4:
                self._add_leaf(inner, ADDED)
            if rng.random() < 0.5:
                inner["row"]["weight"] = Decimal(0)

    def _add_leaf(self, node, methods):
        leaf = self._new(self.rng.choice(methods))
        node["below"].insert(self.rng.randint(0, len(node["below"])), leaf)
        return leaf

    def _new(self, method, below=()):
        self.added += 1
        code = self.style.format(self.added)
        if any(node["row"]["code"] == code for node in self._walk()):
            code = f"N{self.added}"
        row = {"code": code, "title": f"新指标{self.added}", "points": Decimal(10)}
        node = {"row": row, "below": list(below)}
        if method != "composite":
            self._give(node, method)
        return node

    def _replace(self, node):
        """Another method; as an adjustment only where something else is left to be adjusted."""
        beside = [
            child
            for parent in self._walk()
            if any(child is node for child in parent["below"])
            for child in parent["below"]
            if child is not node
        ]
        if any(map(_is_ordinary, beside)) and self.rng.random() < 0.25:
            self._give(node, self.rng.choice(ADDED))
        else:
            self._give(node, self.rng.choice(COUNTED))

    def _give(self, node, method):
        kept = {key: node["row"][key] for key in ("code", "title", "points", "weight", "note") if key in node["row"]}
        if method in ADDED:
            kept.pop("weight", None)
        node["row"] = {**kept, "method": method, **METHODS[method](self.rng)}

    # --- points and weights

    def _points(self, node):
        rng, row = self.rng, node["row"]
        if row.get("method") == "ballot_deduct":
            row["value"] = min(Decimal(row["value"]), Decimal(row["points"]))
        if row.get("method") == "per_unit":
            row["floor"] = min(Decimal(row.get("floor", 0)), Decimal(row["points"]))
        ordinary = [child for child in node["below"] if _is_ordinary(child)]
        for child in node["below"]:
            if not _is_ordinary(child):
                child["row"]["points"] = Decimal(rng.choice(["5", "10", "2.5", "25", "0.75", "100"]))
        if ordinary and rng.random() < 0.55:
            for child, points in zip(ordinary, _split(rng, Decimal(row["points"]), len(ordinary)), strict=True):
                child["row"]["points"] = points
                child["row"].pop("weight", None)
        elif ordinary:
            stated = rng.sample(ordinary, rng.randint(1, len(ordinary)))
            for child in ordinary:
                child["row"]["points"] = Decimal(rng.choice(POINTS))
                child["row"].pop("weight", None)
                if any(child is one for one in stated):
                    child["row"]["weight"] = Decimal(rng.choice(WEIGHTS))
        for child in node["below"]:
            self._points(child)

    def _rows(self, node, parent):
        yield {**node["row"], **({"parent": parent} if parent else {})}
        for child in node["below"]:
            yield from self._rows(child, node["row"]["code"])


def _is_ordinary(node):
    return node["row"].get("method") not in ADDED and node["row"].get("weight") != 0


def _split(rng, points, count):
    """The points in so many parts that add up to them."""
    step = Decimal(rng.choice(["1", "0.5", "0.25", "0.1", "0.01"]))
    while points / step < 2 * count or points % step:
        step /= 10
    cuts = sorted(rng.sample(range(1, int(points / step)), count - 1))
    ends = [0, *cuts, int(points / step)]
    return [(high - low) * step for low, high in pairwise(ends)]
