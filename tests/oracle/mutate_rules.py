"""Random grade rules and conditions of a plan: every rule, every operand, in any order."""

from decimal import Decimal

from .draw_any import rounds_of
from .mutate_parts import SETS

ORDERED, EQUAL = ["<", "<=", ">", ">=", "=", "!="], ["=", "!="]
SHARES = ["0.1", "0.15", "0.2", "0.25", "0.3", "0.333", "0.4", "0.5", "0.6", "0.75", "1", "0"]
STANDING = ["total", "category_rank", "category_rank_from_bottom", "category_size"]


class _About:
    """What the rules of a plan may name."""

    def __init__(self, given):
        self.facts, self.grades = given["facts"], given["grades"]
        self.categories = given.get("categories", [])
        self.nodes = given["indicators"]
        self.full = Decimal(next(row["points"] for row in self.nodes if "parent" not in row))
        self.options = [(row["code"], one["title"]) for row in self.nodes for one in row.get("options", [])]


def draw_rules(rng, given):
    about, rules = _About(given), []
    if rng.random() < 0.3:
        rules.append({"rule": "exclude", "if": condition(rng, about)})
    if rng.random() < 0.9:
        rules.append((thresholds if rng.random() < 0.7 else distribute)(rng, about))
    kinds = ["exclude", "floor_grade", "cap", "set", "lower", "limit", "limit", "limit", "limit_within", "limit_within"]
    kinds += ["thresholds", "distribute"] if rng.random() < 0.15 else []
    if len(about.grades) < 2:
        kinds = [kind for kind in kinds if not kind.startswith("limit")]
    rules += [RULES[rng.choice(kinds)](rng, about) for _ in range(rng.randint(0, 6))]
    if rng.random() < 0.25:
        rng.shuffle(rules)
    return rules


# --- rules


def thresholds(rng, about):
    listed = sorted(rng.sample(about.grades, rng.randint(1, len(about.grades))), key=about.grades.index)
    steps = sorted(rng.sample(range(30, 110), len(listed)), reverse=True)
    minimums = {grade: about.full * step / 100 for grade, step in zip(listed, steps, strict=True)}
    rule = {"rule": "thresholds", "minimums": minimums}
    if len(listed) > 1 and rng.random() < 0.6:
        del minimums[listed[-1]]
        rule["otherwise"] = listed[-1]
    return rule


def distribute(rng, about):
    listed = sorted(rng.sample(about.grades, rng.randint(1, len(about.grades))), key=about.grades.index)
    cuts = sorted(rng.choice(range(0, 101, 5)) for _ in listed[1:])
    ends = [0, *cuts, 100]
    shares = {g: Decimal(b - a) / 100 for g, a, b in zip(listed, ends, ends[1:], strict=False)}
    rule = {"rule": "distribute", "shares": shares}
    if rng.random() < 0.6:
        rule["scope"] = rng.choice(["category", "group", "all"])
    return rule


def floor_grade(rng, about):
    minimum = about.full * rng.randint(20, 95) / 100
    return {"rule": "floor_grade", "minimum": minimum, "grade": rng.choice(about.grades)}


def graded(key):
    return lambda rng, about: {"rule": key, "if": condition(rng, about), "grade": rng.choice(about.grades)}


def lower(rng, about):
    rule = {"rule": "lower", "if": condition(rng, about)}
    if rng.random() < 0.7:
        rule["by"] = rng.randint(1, 3)
    return rule


def _quota(rng, about, key):
    rule = {"rule": key, "grade": rng.choice(about.grades[:-1]), "share": Decimal(rng.choice(SHARES))}
    if rng.random() < 0.8:
        scopes = ["all", "category", "group"]
        if about.categories:
            scopes.append(rng.sample(about.categories, rng.randint(1, len(about.categories))))
        rule["scope"] = rng.choice(scopes)
    if rng.random() < 0.5:
        rule["rounding"] = rng.choice(["floor", "half_up", "ceil"])
    if rng.random() < 0.3:
        rule["at_least"] = rng.randint(0, 3)
    return rule


def limit(rng, about):
    rule = _quota(rng, about, "limit")
    if rng.random() < 0.3:
        rule["of_participants"] = rng.random() < 0.8
    if rng.random() < 0.3:
        rule["prefer"] = condition(rng, about)
    return rule


def limit_within(rng, about):
    return {**_quota(rng, about, "limit_within"), "if": condition(rng, about)}


RULES = {
    "exclude": lambda rng, about: {"rule": "exclude", "if": condition(rng, about)},
    "thresholds": thresholds,
    "distribute": distribute,
    "floor_grade": floor_grade,
    "cap": graded("cap"),
    "set": graded("set"),
    "lower": lower,
    "limit": limit,
    "limit_within": limit_within,
}


# --- conditions


def condition(rng, about):
    """Comparisons joined by and / or, as people type them: with and without spaces and quotation marks."""
    parts = [comparison(rng, about) for _ in range(rng.choice([1, 1, 1, 2, 2, 3]))]
    said = parts[0]
    for part in parts[1:]:
        said += rng.choice([" and ", " or "]) + part
    return said


def comparison(rng, about):
    kind = rng.choice(["fact", "fact", "number", "number", "sum", "share", "grade_in"])
    if kind == "fact" and about.facts:
        return _of_fact(rng, rng.choice(about.facts))
    if kind == "share" and about.options:
        return _of_shares(rng, about)
    if kind == "grade_in":
        one = rng.choice(rounds_of(rng.choice(SETS)))
        return f"grade_in:{one} {rng.choice(EQUAL)} {rng.choice(about.grades)}"
    if kind == "sum":
        terms = [_number(rng, about) for _ in range(rng.choice([2, 2, 3]))]
        return " + ".join(name for name, _ in terms) + f" {rng.choice(ORDERED)} {sum(value for _, value in terms)}"
    name, value = _number(rng, about)
    space = rng.choice([" ", " ", ""])
    return f"{name}{space}{rng.choice(ORDERED)}{space}{value}"


def _of_fact(rng, fact):
    code = fact["code"]
    if fact["type"] == "boolean":
        return rng.choice([code, code, f"{code} = true", f"{code} = 否", f"{code} != 是", f"{code} = false"])
    if fact["type"] == "choice":
        value = rng.choice(fact["choices"])
        quoted = f'"{value}"' if " " in value or rng.random() < 0.3 else value
        return f"{code} {rng.choice(EQUAL)} {quoted}"
    return f"{code} {rng.choice(ORDERED)} {rng.choice(['0', '12', '2.5', '20', '-1'])}"


def _of_shares(rng, about):
    code, _ = rng.choice(about.options)
    own = [title for other, title in about.options if other == code]
    names = [f"option_share:{code}:{title}" for title in rng.sample(own, rng.choice([1, min(2, len(own))]))]
    return f"{' + '.join(names)} {rng.choice(ORDERED)} {rng.choice(['0.1', '0.333', '0.5', '0', '0.25'])}"


def _number(rng, about):
    """(name of something that is a number, a value near those it has)."""
    kind = rng.choice(["standing", "score", "times", "fact"])
    numbers = [fact["code"] for fact in about.facts if fact["type"] == "number"]
    if kind == "fact" and numbers:
        return rng.choice(numbers), Decimal(rng.choice(["0", "12", "2.5", "20"]))
    if kind == "times":
        return f"times_grade:{rng.choice(SETS)}:{rng.choice(about.grades)}", Decimal(rng.choice([0, 1, 1, 2, 3]))
    if kind == "score":
        row = rng.choice(about.nodes)
        if row.get("method") in ("penalty", "inspection"):
            return f"score:{row['code']}", Decimal(rng.choice(["0", "-1", "-2.5"]))
        return f"score:{row['code']}", (Decimal(row["points"]) * rng.randint(50, 100) / 100).quantize(Decimal("0.01"))
    name = rng.choice(STANDING)
    if name == "total":
        return name, (about.full * rng.randint(40, 100) / 100).quantize(Decimal("0.1"))
    return name, Decimal(rng.randint(1, 8))
