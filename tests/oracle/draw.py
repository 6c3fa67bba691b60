"""Draws the inputs of one random round: who is appraised and what is said of each, not yet how it is written down.

A subject's inputs are one dict, so that a copy of it makes two subjects of equal merit.
"""

from copy import deepcopy
from decimal import Decimal

from .plans import ADJUSTMENTS, BALLOT_METHODS, EVENT_METHODS, PLANS, VALUE_METHODS, find, leaves, walk

SURNAMES, NUMBERS = "张李王赵陈杨黄周吴徐孙", "一二三四五六七八九十"
OFFICES = ["考核办", "组织部", "督查室", "分管领导"]
MATTERS = ["", "", "同一事项", "同一事项", "重点项目", "文明城区", "同一事项 ", " 同一事项"]
BONUS_VALUES = ["0.5", "1", "1.5", "2", "2.25", "3", "5"]
EVENT_VALUES = ["0.01", "0.33", "0.5", "1", "1.5", "2", "2.25", "3"]
HALF_VALUES = ["0.005", "0.125", "1.375"]
FACT_NUMBERS = {
    "leave_days": [0, 4, 11, 12, "12.5", 13],
    "leave_days_total": [0, 7, 15, "15.5", 16],
    "sick_personal_leave": [0, 35, 40, "40.5", 41],
    "new_days": ["19.5", 20, "20.5", 60],
    "absent_days": [0, 1, 2, "2.5", 3],
    "periodic_good": [0, 1, 2, 4],
    "deposit_rate": ["98.5", 100, "103.27"],
    "fee_rate": ["87.3", 100, 121],
}
PAST_GRADES = {
    "finance-annual": ["好", "良好", "一般", "差"],
    "subdistrict-annual": ["优秀", "良好", "称职", "不称职"],
    "education-secretary": ["好", "一般", "差"],
}
QUALITIES = ([0.98, 0.95, 0.92, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5], [1.0, 0.98, 0.98, 0.96, 0.96, 0.94, 0.93, 0.88])
VOTERS_ARE_SUBJECTS = ("unit", "peer", "cadre", "staff", "all", "c", "delegate")


class Draw:
    """subjects: list of dicts (code, name, category, group, facts); inputs: subject code → dict."""

    def __init__(self, plan_code, rng, count, hard=True, missing=False, plan=None):
        self.plan_code, self.plan = plan_code, plan or PLANS[plan_code]
        self.rng, self.hard, self.missing = rng, hard, missing
        self.with_term = not hard or rng.random() < 0.6
        self.without = {"M"} if hard and plan_code == "finance-points" and rng.random() < 0.25 else set()
        self.subjects = self._subjects(count)
        self.codes = [subject["code"] for subject in self.subjects]
        self.inputs = {subject["code"]: self._inputs() for subject in self.subjects}
        if hard:
            self._copies()
        if missing:
            for code in self.codes:
                if rng.random() < 0.35:
                    self._forget(self.inputs[code])
        self.voter_classes = self._voter_classes()

    # --- subjects

    def _subjects(self, count):
        rng, categories = self.rng, self.plan["categories"]
        style = rng.choice(["S{:03d}", "2026{:02d}" if count < 100 else "2026{:04d}", "{:03d}"])
        weights = [rng.choice([1, 2, 4]) for _ in categories]
        loose = rng.choice(categories) if self.hard and rng.random() < 0.4 else None
        subjects = []
        for number in range(1, count + 1):
            # Every category of a small plan gets someone; the first ones in turn.
            category = categories[number - 1] if number <= len(categories) else rng.choices(categories, weights)[0]
            group = f"{category}-组{rng.randint(1, 2 + count // 20)}"
            if category == loose and rng.random() < 0.3:
                group = ""  # only within one category, where the empty group is one group in every reading
            subjects.append(
                {
                    "code": style.format(number),
                    "name": self._name(),
                    "category": category,
                    "group": group,
                    "facts": self._facts(),
                }
            )
        return subjects

    def _name(self):
        return self.rng.choice(SURNAMES) + self.rng.choice(NUMBERS) + self.rng.choice(["", self.rng.choice(NUMBERS)])

    def _facts(self):
        given, rng = {}, self.rng
        for name, about in self.plan["facts"].items():
            if about["kind"] == "bool":
                given[name] = rng.choices([None, False, True], [6, 8, 12 if name in ("head", "senior") else 1])[0]
            elif about["kind"] == "choice":
                given[name] = rng.choice([None, *about["choices"]])
            else:
                usual = [2, 3] if name == "periodic_good" else [None]
                given[name] = rng.choice(usual * 3 * len(FACT_NUMBERS[name]) + [None, *FACT_NUMBERS[name]])
        return given if self.hard else dict.fromkeys(given)

    # --- what is said of one subject

    def _inputs(self):
        rng = self.rng
        quality = rng.choice(QUALITIES[self.plan_code == "yinhai-2016"])
        off, applicable = self._applicable()
        inputs = {"off": off, "marks": {}, "attainments": {}, "values": {}, "events": {}, "votes": {}, "past": []}
        for leaf in leaves(self.plan):
            code, method = leaf["code"], leaf["method"]
            if code not in applicable:
                continue
            if method == "carried" and not self._by_marks(leaf):
                inputs["past"] = self._past(leaf, quality)
            elif method in ("marks", "carried"):
                inputs["marks"][code] = self._marks(leaf, quality)
            elif method == "attainment":
                inputs["attainments"][code] = self._attainment(quality)
            elif method in EVENT_METHODS:
                inputs["events"][code] = self._events(leaf, quality)
            elif method in BALLOT_METHODS:
                inputs["votes"][code] = self._votes(leaf, quality)
            elif method in VALUE_METHODS:
                inputs["values"][code] = self._value(leaf)
        return inputs

    def _by_marks(self, leaf):
        """Whether the set of a carried leaf has no round at all, so that it takes marks."""
        return not self.with_term and leaf.get("marks_without_rounds")

    def _value(self, leaf):
        return self.rng.randint(1, 20)

    def _applicable(self):
        """(nodes set not applicable, codes of all nodes that are applicable then), the root among them."""
        rng = self.rng
        while True:
            off = set(self.without)
            if self.hard and rng.random() < 0.35:
                candidates = [node for node in walk(self.plan["root"]) if node is not self.plan["root"]]
                off |= {node["code"] for node in rng.sample(candidates, min(len(candidates), rng.choice([1, 1, 2, 4])))}
            off = self._outermost(off)
            applicable = set()
            if self._mark_applicable(self.plan["root"], off, applicable):
                return off, applicable

    def _outermost(self, off):
        """One row is enough for a branch: nothing below a branch that is off is named again."""
        inside = {
            below["code"]
            for node in walk(self.plan["root"])
            if node["code"] in off
            for below in walk(node)
            if below is not node
        }
        return off - inside

    def _mark_applicable(self, node, off, applicable):
        if node["code"] in off:
            return False
        if node["children"]:
            found = set()
            counted = []
            for child in node["children"]:
                applies = self._mark_applicable(child, off, found)
                if child["method"] not in ADJUSTMENTS and child["weight"] != 0:
                    counted.append(applies)
            if not any(counted):
                return False
            applicable |= found
        applicable.add(node["code"])
        return True

    def _marks(self, leaf, quality):
        rng = self.rng
        named = list(leaf["assessors"])
        offices = named or rng.sample(OFFICES, rng.choice([1, 1, 1, 2, 3]) if self.hard else 1)
        if not named and len(offices) == 1 and self.hard and rng.random() < 0.15:
            offices = [""]
        return [(office, self._mark(leaf, quality)) for office in offices]

    def has_one_assessor(self, code):
        """Whether a mark need not say whose it is."""
        return len(find(self.plan, code)["assessors"]) == 1

    def _mark(self, leaf, quality):
        rng = self.rng
        top, bottom = _points(leaf), Decimal(0)
        if self.hard and rng.random() < 0.06:
            return rng.choice([top, bottom])
        exact = float(top) * min(1.0, max(0.0, rng.gauss(quality, 0.03)))
        step = Decimal(rng.choice(["0.01", "0.01", "0.1", "0.5"]))
        return min(top, max(bottom, (Decimal(str(exact)) / step).to_integral_value() * step))

    def _attainment(self, quality):
        rng = self.rng
        target = Decimal(rng.choice(["1", "3", "7", "12", "96", "100", "1200.5", "0.8"]))
        kind = rng.random()
        if kind < 0.4:
            return target, target
        if kind < 0.55:
            return target, (target * Decimal("1.3")).quantize(Decimal("0.01"))
        if kind < 0.6:
            return target, Decimal(0)
        if kind < 0.62 and self.hard:
            return target, Decimal("-1.5")
        return target, (target * Decimal(str(round(rng.gauss(quality, 0.05), 4)))).quantize(Decimal("0.01"))

    def _events(self, leaf, quality):
        rng, events = self.rng, []
        most = 5 if leaf["method"] == "bonus" else 1 + int(5 * (1.05 - quality))
        for _ in range(rng.randint(0, most)):
            entry = rng.choice(leaf["items"]) if leaf["items"] else None
            values = entry["values"] if entry else ()
            if len(values) == 1:
                value = rng.choice([None, Decimal(values[0])])
            elif values:
                value = Decimal(rng.choice(values))
            elif leaf["method"] == "bonus":
                value = Decimal(rng.choice(BONUS_VALUES))
            else:
                value = Decimal(rng.choice(EVENT_VALUES + (HALF_VALUES if self.hard else [])))
            count = rng.choice([None, 1] if leaf["method"] == "bonus" else [None, None, 1, 1, 2, 3, 0])
            if self.hard and entry and entry["zero_at"] and rng.random() < 0.2:
                count = entry["zero_at"] - rng.choice([0, 1])
            events.append(
                {
                    "item": entry["code"] if entry else "",
                    "count": count,
                    "value": value,
                    "matter": rng.choice(MATTERS),
                    "status": rng.choice(["", "", "已审核", "待审核", "不予认定"]),
                }
            )
        return events

    def _votes(self, leaf, quality):
        """A list of (class, value or 弃权), at least one of them a vote; never more than there are other subjects."""
        rng, votes = self.rng, []
        most = min(9, len(self.subjects) - 1) if "unit" in leaf["classes"] else rng.choice([3, 6, 9])
        names = list(leaf["classes"])
        silent = {rng.choice(names)} if self.hard and len(names) > 1 and rng.random() < 0.2 else set()
        for name in names:
            if name in silent:
                continue
            votes += [
                (name, "弃权" if self.hard and rng.random() < 0.08 else self._vote(leaf, quality))
                for _ in range(rng.randint(1, max(1, most)))
            ]
        if all(value == "弃权" for _, value in votes):
            name = next(name for name in names if name not in silent)
            votes = [(name, self._vote(leaf, quality))]
        return votes

    def _vote(self, leaf, quality):
        if leaf["options"]:
            options = list(leaf["options"])
            return options[min(len(options) - 1, int(abs(self.rng.gauss(0, 4.5 * (1.05 - quality)))))]
        return max(0, min(100, round(self.rng.gauss(100 * quality, 6))))

    def _past(self, leaf, quality):
        rng = self.rng
        rounds = ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"] if leaf["set"] == "quarters" else ["任期-1", "任期-2"]
        kept = rng.sample(rounds, rng.randint(1, len(rounds))) if self.hard else rounds
        past = []
        for name in sorted(kept):
            full = Decimal(rng.choice([100, 100, 100, 120, 1000]) if self.hard else 100)
            share = rng.choice([rng.gauss(quality, 0.04), 1.03]) if rng.random() < 0.1 else rng.gauss(quality, 0.04)
            total = (full * Decimal(str(round(max(0.0, share), 4)))).quantize(Decimal("0.01"))
            grades = PAST_GRADES[self.plan_code]
            grade = grades[min(len(grades) - 1, int(abs(rng.gauss(0, 4 * (1.05 - quality)))))]
            past.append(
                {
                    "set": leaf["set"],
                    "round": name,
                    "total": total,
                    "full": full,
                    "grade": rng.choice([grade] * 9 + [""]),
                }
            )
        return past

    # --- hard cases across subjects

    def _copies(self):
        """Some subjects are of equal merit with another; some of these are made to differ only in the tie-breakers."""
        rng = self.rng
        for _ in range(max(1, len(self.codes) // 4)):
            self.copy(*rng.sample(self.codes, 2)) if len(self.codes) > 1 else None
        for _ in range(max(1, len(self.codes) // 12)):
            if len(self.codes) > 1:
                source, target = rng.sample(self.codes, 2)
                self.copy(source, target)
                self._shift(self.inputs[target])

    def copy(self, source, target):
        self.inputs[target] = deepcopy(self.inputs[source])
        if self.rng.random() < 0.7:
            by_code = {subject["code"]: subject for subject in self.subjects}
            by_code[target].update({name: deepcopy(by_code[source][name]) for name in ("category", "group", "facts")})

    def _shift(self, inputs):
        """The same total by another way: half a point from a mark to a bonus, or from one deduction to another."""
        half = Decimal("0.5")
        bonus = next((node["code"] for node in self.plan["root"]["children"] if node["method"] == "bonus"), None)
        if self.plan_code == "finance-points" and {"W", "Z"} <= set(inputs["events"]):
            item = {"W": "W2", "Z": "Z1"}
            for code in "WZ":
                for event in inputs["events"][code]:
                    if event["item"] == item[code]:
                        other = "Z" if code == "W" else "W"
                        inputs["events"][code].remove(event)
                        inputs["events"][other].append({**event, "item": item[other]})
                        return
        for given in inputs["marks"].values():
            if bonus in inputs["events"] and len(given) == 1 and given[0][1] >= half:
                given[0] = (given[0][0], given[0][1] - half)
                items = find(self.plan, bonus)["items"]
                inputs["events"][bonus].append(
                    {
                        "item": items[0]["code"] if items else "",
                        "count": None,
                        "value": half,
                        "matter": "",
                        "status": "",
                    }
                )
                return

    def _forget(self, inputs):
        """Takes one input away, or leaves abstentions only."""
        kinds = [kind for kind in ("marks", "attainments", "votes", "past") if inputs[kind]]
        if not kinds:
            return  # nothing but events, which are never missing
        kind = self.rng.choice(kinds)
        if kind == "past":
            inputs["past"] = []
            return
        code = self.rng.choice(sorted(inputs[kind]))
        if kind == "votes" and self.rng.random() < 0.5:
            inputs["votes"][code] = [(name, "弃权") for name, _ in inputs["votes"][code][:2]]
        else:
            del inputs[kind][code]

    def _voter_classes(self):
        """{leaf code: the class whose voters are the subjects themselves}."""
        found = {}
        for leaf in leaves(self.plan):
            if leaf["method"] in BALLOT_METHODS:
                fit = [name for name in VOTERS_ARE_SUBJECTS if name in leaf["classes"]]
                if "unit" in fit or (fit and self.hard and self.rng.random() < 0.4):
                    found[leaf["code"]] = fit[0]
        return found


def _points(leaf):
    top, _, by = str(leaf["points"]).partition("/")
    return Decimal(top) / Decimal(by or 1)
