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
    Broken(
        "rule without grade", 'grade = "优秀"\n', "", "rules.2.grade", "[[rules]]", "limit (At most a share) needs it"
    ),
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

MARKS = 'method = "marks"\nassessors = ["办公室", { name = "人事处", weight = 2 }]'
LIMIT = 'rule = "limit"\ngrade = "优秀"\nshare = 0.3\nscope = "category"'
CONDITION = "leave_days > 12"

SENSELESS += [
    Broken("points too few", "points = 40", "points = 30", "indicators.R.points", "points = 100", "too few"),
    Broken("category of a limit", '"category"', '["丙类"]', "rules.2.scope", "丙类", "丙类"),
    Broken("limit on the last grade", LIMIT, LIMIT.replace("优秀", "合格"), "rules.2.grade", "合格", "no lower one"),
    Broken("a ring", 'code = "R"\n', 'code = "R"\nparent = "A"\n', "indicators", "[[indicators]]", "must be the root"),
    Broken("grade of the rest", 'otherwise = "合格"', 'otherwise = "及格"', "rules.1.minimums", "minimums", "及格"),
    Broken("minimum of no grade", '{ "优秀" = 90 }', '{ "优" = 90 }', "rules.1.minimums", "minimums", "“优”"),
    Broken(
        "thresholds not descending",
        '{ "优秀" = 90 }\notherwise = "合格"',
        '{ "优秀" = 90, "良好" = 95, "合格" = 0 }',
        "rules.1.minimums",
        "minimums",
        "“良好”",
    ),
    Broken(
        "shares not summing to 1",
        LIMIT,
        'rule = "distribute"\nshares = { "优秀" = 0.4, "合格" = 0.5 }',
        "rules.2.shares",
        "0.5 }",
        "add up to 90%",
    ),
    Broken("compared with <", CONDITION, "leave_days < 十", "rules.0.if", "十", "十"),
    Broken("no number", CONDITION, "leave_days > 多", "rules.0.if", "多", "compared with a number"),
    Broken("no comparison", CONDITION, "leave_days", "rules.0.if", 'if = "leave_days"', "operator and a value"),
    Broken("full-width operator", CONDITION, "leave_days ＞ 12", "rules.0.if", "＞", "write > instead"),
    Broken("Chinese or", CONDITION, "leave_days > 12 或 total < 60", "rules.0.if", "或", "write or instead"),
    Broken("parentheses", CONDITION, "(leave_days > 12)", "rules.0.if", "(leave", "parentheses"),
    Broken("score of nothing", CONDITION, "score:Q < 3", "rules.0.if", "score:Q", "Q is not an indicator"),
    Broken("option of nothing", CONDITION, "option_share:T:坏 > 0.1", "rules.0.if", "T:坏", "好, 差"),
    Broken("option of marks", CONDITION, "option_share:A:坏 > 0.1", "rules.0.if", "A:坏", "no ballot with options"),
    Broken("per cent", CONDITION, "option_share:T:差 > 10%", "rules.0.if", "10%", "compared with a number"),
    Broken("reserved fact", "leave_days", "total", "facts.total", "[[facts]]", "means something else"),
    Broken(
        "fact twice",
        "[[follow_ups]]",
        '[[facts]]\ncode = "leave_days"\ntitle = "又一次"\ntype = "boolean"\n\n[[follow_ups]]',
        "facts.1.code",
        'code = "leave_days"',
        "twice",
    ),
    Broken(
        "entry twice",
        "cap = 4 },",
        'cap = 4 },\n  { code = "B-1", title = "再" },',
        "indicators.B.catalogue.1.code",
        "再",
        "twice",
    ),
    Broken("class twice", 'code = "staff"', 'code = "leader"', "indicators.T.classes.1.code", "职工", "twice"),
    Broken("option twice", 'title = "差"', 'title = "好"', "indicators.T.options.1.title", "value = 40", "twice"),
    Broken("assessor twice", '"人事处"', '"办公室"', "indicators.A.assessors.1.name", "weight = 2", "twice"),
    Broken("option beyond the scale", "value = 40", "value = 140", "indicators.T.options.1.value", "140", "100"),
    Broken("zero_at of a bonus", "cap = 4", "zero_at = 4", "indicators.B.catalogue.B-1", "zero_at", "zero_at"),
    Broken(
        "weight of a bonus", 'method = "bonus"', 'method = "bonus"\nweight = 3', "indicators.B.weight", "3", "added"
    ),
    Broken(
        "method of a sum", "points = 100", 'points = 100\nmethod = "marks"', "indicators.R.method", "marks", "composite"
    ),
    Broken("leaf without a method", '"marks"', '"composite"', "indicators.A.assessors", "assessors", "no meaning"),
    Broken("carried without a set", MARKS, 'method = "carried"', "indicators.A.set", "[[indicators]]", "needs it"),
    Broken(
        "bands not ascending",
        'method = "ballot"',
        'method = "rank_band"\nbands = [{ upto = 0.5, value = 9 }, { upto = 0.2, value = 8 }, { upto = 1, value = 7 }]',
        "indicators.T.bands",
        "upto = 0.2",
        "rise from above 0",
    ),
    Broken(
        "last band not 1",
        'method = "ballot"',
        'method = "rank_band"\nbands = [{ upto = 0.5, value = 9 }]',
        "indicators.T.bands",
        "upto = 0.5",
        "1",
    ),
    Broken(
        "bad option not among the options",
        'method = "ballot"',
        'method = "ballot_deduct"\nlast = 3\noption = "坏"\nvotes = 2\nvalue = 2',
        "indicators.T.option",
        "坏",
        "坏",
    ),
    Broken(
        "ranks with a gap",
        MARKS,
        'method = "rank_points"\ntable = [{ rank = 1, value = 60 }, { rank = 3, value = 57 }]',
        "indicators.A.table",
        "rank = 3",
        "rank",
    ),
    Broken(
        "floor above the points", MARKS, 'method = "per_unit"\nvalue = 1\nfloor = 70', "indicators.A.floor", "70", ""
    ),
    Broken(
        "participants among holders",
        LIMIT,
        LIMIT.replace('"limit"', '"limit_within"\nif = "total > 95"\nof_participants = true'),
        "rules.2.of_participants",
        "of_participants",
        "no meaning for limit_within",
    ),
    Broken("one table of facts", "[[facts]]", "[facts]", "facts", "[facts]", "[[facts]]"),
    Broken("a list for a word", '"marks"', '["marks"]', "indicators.A.method", "marks", "not known"),
]

# What can be computed with but is hardly meant: warnings.
DOUBTS = [
    Broken("limit before grades", '"exclude"\nif', '"cap"\ngrade = "合格"\nif', "rules.0", "[[rules]]", "no effect"),
    Broken(
        "grades given anew",
        LIMIT,
        LIMIT + '\n\n[[rules]]\nrule = "thresholds"\nminimums = { "优秀" = 80 }\notherwise = "合格"',
        "rules.3",
        "[[rules]]",
        "anew",
    ),
    Broken("grade that no rule gives", '"优秀", "合格"]', '"优秀", "合格", "差"]', "grades.2", "grades", "“差”"),
    Broken(
        "limit on a grade that no rule gives",
        LIMIT,
        LIMIT.replace("优秀", "特优"),
        "rules.2.grade",
        "特优",
        "“特优”",
    ),
    Broken("fact that no rule reads", CONDITION, "total > 12", "facts.leave_days", "[[facts]]", "No rule reads"),
    Broken("number with choices", '"number"', '"number"\nchoices = ["甲"]', "facts.leave_days.choices", "甲", "choice"),
    Broken(
        "choice without choices",
        'type = "number"',
        'type = "number"\n\n[[facts]]\ncode = "level"\ntitle = "级别"\ntype = "choice"',
        "facts.level.choices",
        "[[facts]]",
        "no choices",
    ),
    Broken("total as a tie-breaker", '["A"]', '["A", "R"]', "tie_breakers.1", "tie_breakers", "decides nothing"),
    Broken("no grade of the rest", '\notherwise = "合格"', "", "rules.1.minimums.优秀", "minimums", "below 90"),
    Broken(
        "rest with a minimum",
        'otherwise = "合格"',
        'otherwise = "优秀"',
        "rules.1.otherwise",
        "otherwise",
        "for the rest",
    ),
    Broken("step of options", "scale = 100", "scale = 100\nstep = 5", "indicators.T.step", "step = 5", "no effect"),
    Broken("set without a title", CONDITION, "times_grade:q:优 > 1 or leave_days > 2", "rules.0.if", "times", "“q”"),
]

# No TOML at all: what is replaced, by what, the line that must be named, a part of the English message.
NOT_TOML = [
    ('"样本方案"', "“样本方案”", "title = “样本方案”", "full-width"),
    ('["甲类", "乙类"]', '["甲类"，"乙类"]', "categories", "full-width (Chinese) punctuation; write , instead"),
    ('["甲类", "乙类"]', '["甲类" "乙类"]', "categories", "comma"),
    ("share = 0.3", "share = 30%", "share = 30%", "0.3 for 30%"),
    ('"units"', '"units', "subjects", "quotation mark"),
    ('"units"', "units", "subjects = units", "quotation marks"),
    ("decimals = 2", "decimals = 2\ndecimals = 3", "decimals = 3", "twice"),
    ("points = 60", "points = 60 分", "points = 60 分", "more than one value"),
    ("points = 60", "points 60", "points 60", "A name, then ="),
    ("[payout]", "[payout", "[payout", "square brackets"),
    ("value = 90 },\n", "value = 90\n },\n", "value = 90", "one line"),
    ("value = 90 },\n", "value = 90, },\n", "value = 90", "one line"),
    ("[[rules]]", "[rules]", "[[rules]]", "single and sometimes in double"),
    ("[payout]", "[payout]\n[payout]", "[payout]", "only one"),
    ('"样本方案"', '"样本\\方案"', "title", "backslash"),
    ("decimals = 2", "小数 = 2", "小数", "cannot be read"),
]
