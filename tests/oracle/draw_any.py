"""Draws the inputs of a round of any plan inside the language (`draw.py` knows those that ship)."""

import re
from decimal import ROUND_CEILING, Decimal

from .draw import OFFICES, Draw, _points
from .plans import leaves

ROUNDS = {"quarters": ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"], "term": ["任期-1", "任期-2"]}
OTHER_ROUNDS = ["2024", "2025", "2026-Q4"]
SHARED_GROUPS = ["一组", "二组", ""]


def conditions(plan):
    """The texts of all conditions of the grade rules."""
    return [rule[key] for rule in plan["rules"] for key in ("if", "prefer") if key in rule]


def rounds_of(set_name):
    return ROUNDS.get(set_name, OTHER_ROUNDS)


class DrawAny(Draw):
    def __init__(self, plan, rng, count, hard=True, missing=False):
        said = " ".join(conditions(plan))
        self.near = [Decimal(found) for found in re.findall(r"(?<=[<>=] )-?\d+(?:\.\d+)?", said)]
        self.grades_met = re.findall(r'grade_in:\S+ !?= "?([^ "]+)', said)
        self.grades_met += re.findall(r"times_grade:[^: ]+:(\S+)", said)
        carried = [leaf for leaf in leaves(plan) if leaf["method"] == "carried"]
        needed = {leaf["set"] for leaf in carried if not leaf["marks_without_rounds"]}
        self.sets = sorted({leaf["set"] for leaf in carried} | set(re.findall(r"times_grade:([^: ]+):", said)))
        self.rounds_met = re.findall(r"grade_in:(\S+)", said)
        # A set without any round: its leaves must then be able to do without.
        self.empty_sets = {name for name in self.sets if name not in needed and rng.random() < 0.35}
        self.all_zero = {leaf["code"] for leaf in leaves(plan) if rng.random() < 0.1} if hard else set()
        self.shares_groups = hard and rng.random() < 0.3
        super().__init__(plan["code"], rng, count, hard, missing, plan)

    # --- subjects

    def _subjects(self, count):
        subjects = super()._subjects(count)
        if self.shares_groups:
            for one in subjects:
                one["group"] = self.rng.choice(SHARED_GROUPS)
        return subjects

    def _facts(self):
        given, rng = {}, self.rng
        for name, about in self.plan["facts"].items():
            if about["kind"] == "bool":
                given[name] = rng.choice([None, False, False, True])
            elif about["kind"] == "choice":
                given[name] = rng.choice([None, *about["choices"]])
            else:
                given[name] = rng.choice([None, self._near()])
        return given if self.hard else dict.fromkeys(given)

    def _near(self):
        """A number on or beside one that a condition names."""
        rng = self.rng
        number = rng.choice(self.near) if self.near and rng.random() < 0.7 else Decimal(rng.randint(0, 20))
        return number + rng.choice([Decimal(0), Decimal(0), Decimal(1), Decimal(-1), Decimal("0.5"), Decimal("-0.25")])

    # --- what is said of one subject

    def _inputs(self):
        inputs = super()._inputs()
        inputs["past"] = self._all_past(self.expected)
        return inputs

    def _applicable(self):
        off, applicable = super()._applicable()
        self.expected = {
            leaf["set"] for leaf in leaves(self.plan) if leaf["method"] == "carried" and leaf["code"] in applicable
        }
        return off, applicable

    def _all_past(self, expected):
        """Rows of every set; a round that stands in several sets has one total there, and seldom another grade."""
        rng, known, past = self.rng, {}, []
        quality = rng.choice([1.02, 0.95, 0.9, 0.8, 0.6])
        sets = {name: rounds_of(name) for name in self.sets if name not in self.empty_sets}
        if self.rounds_met and (not sets or rng.random() < 0.5):
            sets["其他"] = sorted(set(self.rounds_met))
        for name, rounds in sets.items():
            kept = sorted(rng.sample(rounds, rng.randint(1, len(rounds)))) if self.hard else rounds
            for number, one in enumerate(kept):
                if name not in expected and rng.random() < 0.3:
                    continue
                if one not in known:
                    known[one] = self._earlier(quality)
                row = known[one]
                if number == 0 and name in expected and row["total"] is None:
                    row["total"], row["full"] = Decimal(80), Decimal(100)
                past.append({"set": name, "round": one, **row})
        past = [{**row, **known[row["round"]]} for row in past]
        for row in past:
            if self.hard and rng.random() < 0.05:
                row["grade"] = rng.choice([*self.plan["grades"], ""])
        return past

    def _earlier(self, quality):
        rng = self.rng
        grades = [*self.plan["grades"], *self.grades_met, ""]
        full = Decimal(rng.choice(["100", "120", "1000", "97.5"]))
        total = (full * Decimal(str(round(rng.gauss(quality, 0.05), 4)))).quantize(Decimal("0.01"))
        if self.hard and rng.random() < 0.05:
            total = rng.choice([Decimal("-3.5"), Decimal(0)])
        if self.hard and rng.random() < 0.1:
            total = full = None
        return {"total": total, "full": full, "grade": rng.choice(grades)}

    def _past(self, leaf, quality):
        return []  # `_all_past` draws them for all leaves together

    def _by_marks(self, leaf):
        return leaf["marks_without_rounds"] and leaf["set"] in self.empty_sets

    def _marks(self, leaf, quality):
        named = leaf["assessors"]
        if len(named) == 1 and self.hard and self.rng.random() < 0.2:
            return [("", self._mark(leaf, quality))]
        offices = named or self.rng.sample(OFFICES, self.rng.choice([1, 1, 2, 3]) if self.hard else 1)
        if not named and len(offices) == 1 and self.rng.random() < 0.15:
            offices = [""]
        return [(office, self._mark(leaf, quality)) for office in offices]

    def _mark(self, leaf, quality):
        rng, unit = self.rng, Decimal(1).scaleb(-self.plan["decimals"])
        most = int(_points(leaf) / unit)
        if self.hard and rng.random() < 0.08:
            return rng.choice([0, most]) * unit
        coarse = rng.choice([1, 1, 5, 10])
        wanted = round(most * min(1.0, max(0.0, rng.gauss(quality, 0.05))) / coarse) * coarse
        return min(most, wanted) * unit

    def _events(self, leaf, quality):
        events = super()._events(leaf, quality)
        for event in events:
            if isinstance(event["count"], Decimal):
                event["count"] = max(0, int(event["count"].to_integral_value(ROUND_CEILING)))
        return events

    def _vote(self, leaf, quality):
        if leaf["options"]:
            return super()._vote(leaf, quality)
        scale, step = Decimal(leaf["scale"]), Decimal(leaf["step"])
        most = int(scale / step)
        return min(most, max(0, round(most * self.rng.gauss(quality, 0.06)))) * step

    def _value(self, leaf):
        rng = self.rng
        if leaf["method"] == "rank_points":
            return rng.randint(1, len(leaf["table"]) + 3)
        if leaf["method"] == "per_unit":
            beside = Decimal(rng.choice(["0", "1", "0.4", "-0.6", "3", "-2", "7.25", "-40", "60", "-1.999"]))
            return Decimal(leaf["threshold"]) + beside
        if leaf.get("lower_is_better"):
            return Decimal(rng.choice(["0.01", "1", "2.5", "3", "7", "12.34"]))
        if leaf["code"] in self.all_zero:
            return Decimal(0)
        return Decimal(rng.choice(["0", "0.01", "1", "3", "7", "9", "12.34", "100"]))

    # --- hard cases across subjects

    def _shift(self, inputs):
        """The same total by another way: another figure for reference only; or, where the plan's weights do not come
        between, from a mark to a bonus."""
        rng = self.rng
        shown = [leaf for leaf in leaves(self.plan) if leaf["weight"] == 0 and leaf["code"] not in inputs["off"]]
        for leaf in rng.sample(shown, len(shown)):
            code = leaf["code"]
            if code in inputs["marks"] and rng.random() < 0.6:
                inputs["marks"][code] = self._marks(leaf, rng.choice([0.3, 0.6]))
                return
            kinds = [kind for kind in ("marks", "attainments", "values", "votes", "events") if code in inputs[kind]]
            if kinds:
                for kind in kinds:
                    del inputs[kind][code]
                inputs["off"] = inputs["off"] | {code}
                return
        bonuses = {
            node["code"]: node["items"]
            for node in leaves(self.plan)
            if node["method"] == "bonus" and node["code"] in inputs["events"]
        }
        unit = Decimal(1) if self.plan["decimals"] == 0 else Decimal("0.5")
        for given in inputs["marks"].values():
            for code, items in bonuses.items():
                if len(given) == 1 and given[0][1] >= unit and (not items or not items[0]["values"]):
                    given[0] = (given[0][0], given[0][1] - unit)
                    event = {"item": items[0]["code"] if items else "", "count": None, "value": unit}
                    inputs["events"][code].append({**event, "matter": "", "status": ""})
                    return

    def _copies(self):
        super()._copies()
        for _ in range(len(self.codes) // 6):
            source, target = self.rng.sample(self.codes, 2)
            self.copy(source, target)
            self._shift(self.inputs[target])

    def _forget(self, inputs):
        kinds = [kind for kind in ("marks", "attainments", "values", "votes") if inputs[kind]]
        if inputs["past"] and (not kinds or self.rng.random() < 0.2):
            inputs["past"] = []
        elif kinds:
            kind = self.rng.choice(kinds)
            code = self.rng.choice(sorted(inputs[kind]))
            given = inputs[kind]
            if kind == "marks" and len(given[code]) > 1:
                given[code] = given[code][1:]
            elif kind == "votes" and self.rng.random() < 0.5:
                given[code] = [(name, "弃权") for name, _ in given[code][:2]]
            else:
                del given[code]
