"""Ways to break a plan file: what is replaced, by what, and where the error must be found."""

from __future__ import annotations

from typing import NamedTuple


class Broken(NamedTuple):
    name: str
    old: str
    new: str
    path: str
    line: str  # a text on the line that must be named
    says: str  # a part of the English message


BASE = """\
code = "sample"
title = "样本方案"
subjects = "units"
period = "year"
decimals = 2
categories = ["甲类", "乙类"]
tie_breakers = ["A"]
grades = ["优秀", "合格"]

[[indicators]]
code = "R"
title = "总分"
points = 100

[[indicators]]
code = "A"
parent = "R"
title = "工作"
points = 60
method = "marks"
assessors = ["办公室", { name = "人事处", weight = 2 }]

[[indicators]]
code = "T"
parent = "R"
title = "测评"
points = 40
method = "ballot"
scale = 100
classes = [
  { code = "leader", title = "领导", weight = 0.6, voters = "leaders" },
  { code = "staff", title = "职工", weight = 0.4, voters = "staff" },
]
options = [
  { title = "好", value = 90 },
  { title = "差", value = 40 },
]

[[indicators]]
code = "B"
parent = "R"
title = "加分"
points = 5
method = "bonus"
catalogue = [
  { code = "B-1", title = "表彰", values = [3, 1], cap = 4 },
]

[[facts]]
code = "leave_days"
title = "请假天数"
type = "number"

[[follow_ups]]
grades = ["合格"]
action = "约谈"

[[selections]]
kind = "focus_list"
title = "重点管理"
share = 0.05
shares = { "甲类" = 0.1 }

[payout]
amounts = { "优秀" = 2000 }
partial_at = "合格"

[[rules]]
rule = "exclude"
if = "leave_days > 12"

[[rules]]
rule = "thresholds"
minimums = { "优秀" = 90 }
otherwise = "合格"

[[rules]]
rule = "limit"
grade = "优秀"
share = 0.3
scope = "category"
"""

BROKEN = [
    Broken("unknown key", "decimals = 2", "decimal = 2", "decimal", "decimal = 2", "“decimals”"),
    Broken("missing title", 'title = "样本方案"\n', "", "title", 'code = "sample"', "is missing"),
    Broken("bad plan code", 'code = "sample"', 'code = "Sample plan"', "code", "Sample plan", "small English"),
    Broken("text for number", "decimals = 2", 'decimals = "two"', "decimals", "two", "whole number"),
    Broken("decimals too large", "decimals = 2", "decimals = 9", "decimals", "decimals = 9", "0 to 6"),
    Broken("unknown period", 'period = "year"', 'period = "yaer"', "period", "yaer", "“year”"),
    Broken("category twice", '"乙类"]', '"甲类"]', "categories.1", "categories", "twice"),
    Broken("points zero", "points = 60", "points = 0", "indicators.A.points", "points = 0", "more than 0"),
    Broken("points not a number", "points = 60", "points = nan", "indicators.A.points", "nan", "plain digits"),
    Broken("unknown method", '"marks"', '"mark"', "indicators.A.method", '"mark"', "“marks”"),
    Broken(
        "key of another method",
        'method = "marks"',
        'method = "marks"\ntrim = 1',
        "indicators.A.trim",
        "trim",
        "no meaning for marks",
    ),
    Broken(
        "no such parent",
        'code = "A"\nparent = "R"',
        'code = "A"\nparent = "Q"',
        "indicators.A.parent",
        'parent = "Q"',
        "no indicator “Q”",
    ),
    Broken(
        "below itself",
        'code = "A"\nparent = "R"',
        'code = "A"\nparent = "A"',
        "indicators.A.parent",
        'parent = "A"',
        "below itself",
    ),
    Broken("code twice", 'code = "T"\n', 'code = "A"\n', "indicators.2.code", "", "used twice"),
    Broken(
        "two roots",
        'code = "A"\nparent = "R"',
        'code = "A"',
        "indicators.A.parent",
        "[[indicators]]",
        "root is already",
    ),
    Broken("leaf without method", 'method = "marks"\n', "", "indicators.A.method", "[[indicators]]", "children"),
    Broken(
        "bad weight in a row",
        "weight = 2 }",
        "weight = -2 }",
        "indicators.A.assessors.1.weight",
        "人事处",
        "more than 0",
    ),
    Broken("unknown voters", '"leaders"', '"leader"', "indicators.T.classes.leader.voters", '"leader"', "“leaders”"),
    Broken(
        "option without value",
        '{ title = "差", value = 40 }',
        '{ title = "差" }',
        "indicators.T.options.1.value",
        '"差"',
        "missing",
    ),
    Broken(
        "catalogue value negative",
        "values = [3, 1]",
        "values = [3, -1]",
        "indicators.B.catalogue.B-1.values.1",
        "B-1",
        "more than 0",
    ),
    Broken("fact code", 'code = "leave_days"', 'code = "请假"', "facts.请假.code", '"请假"', "English letters"),
    Broken("fact type", 'type = "number"', 'type = "numbr"', "facts.leave_days.type", "numbr", "“number”"),
    Broken("unknown rule", '"exclude"', '"exclud"', "rules.0.rule", '"exclud"', "“exclude”"),
    Broken("rule without grade", 'grade = "优秀"\n', "", "rules.2.grade", "[[rules]]", "limit needs it"),
    Broken("share over one", "share = 0.3", "share = 30", "rules.2.share", "share = 30", "at most 1"),
    Broken("scope", 'scope = "category"', 'scope = "catgory"', "rules.2.scope", "catgory", "“category”"),
    Broken(
        "follow-up of no grade",
        'grades = ["合格"]\naction',
        'grades = ["及格"]\naction',
        "follow_ups.0.grades.0",
        "及格",
        "“及格”",
    ),
    Broken(
        "key of another selection",
        "share = 0.05",
        "ratio = 2",
        "selections.0.ratio",
        "ratio",
        "no meaning for focus_list",
    ),
    Broken(
        "share of no category", '{ "甲类" = 0.1 }', '{ "丙类" = 0.1 }', "selections.0.shares.丙类", "丙类", "“丙类”"
    ),
    Broken("payout of no grade", '{ "优秀" = 2000 }', '{ "优良" = 2000 }', "payout.amounts.优良", "优良", "“优良”"),
    Broken(
        "partial pay of no grade", 'partial_at = "合格"', 'partial_at = "及格"', "payout.partial_at", "及格", "“及格”"
    ),
    Broken(
        "not a table",
        '[payout]\namounts = { "优秀" = 2000 }',
        "[payout]\namounts = 2000",
        "payout.amounts",
        "2000",
        "not a table",
    ),
    Broken(
        "not a list", 'categories = ["甲类", "乙类"]', 'categories = "甲类"', "categories", "甲类", "square brackets"
    ),
    Broken("grades empty", 'grades = ["优秀", "合格"]', "grades = []", "grades", "grades = []", "at least 1"),
]

# What only the engine's own check of a plan can find.
SENSELESS = [
    Broken("points do not add up", "points = 60", "points = 50", "indicators.R.points", "points = 100", "100"),
    Broken("unknown grade", 'grade = "优秀"', 'grade = "优良"', "rules.2.grade", "优良", "优良"),
    Broken("unknown fact", "leave_days > 12", "leave_day > 12", "rules.0.if", "leave_day >", "leave_day"),
    Broken("unknown tie-breaker", 'tie_breakers = ["A"]', 'tie_breakers = ["X"]', "tie_breakers.0", '["X"]', "X"),
]
