"""Small rounds of people whose totals are what the test says: one leaf, one mark each."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from indicators import plan_file
from indicators.services import import_plan
from reviews.models import Mark, Round, SubjectFact
from reviews.services.rounds import NewSubject, open_round, touch_inputs
from scoring.models import Computation
from scoring.queries import current_computation
from scoring.services import run_scoring
from units.models import Person, Unit

from ..factories import make_unit

PLAN = """
code = "{code}"
title = "{title}"
subjects = "people"
period = ["quarter", "year"]
ranking = "{ranking}"
categories = ["甲类", "乙类"]
grades = ["好", "中", "差"]
{tie_breakers}

[[indicators]]
code = "R"
title = "总分"
points = 100

[[indicators]]
code = "K"
parent = "R"
title = "工作"
points = 100
method = "marks"

[[indicators]]
code = "T"
parent = "R"
title = "参考"
points = 100
weight = 0
method = "marks"

[[facts]]
code = "out"
title = "不参加定等"
type = "boolean"

[[rules]]
rule = "exclude"
if = "out"

[[rules]]
rule = "thresholds"
minimums = {{ "好" = 90, "中" = 60 }}
otherwise = "差"
"""
FOCUS = """
[[selections]]
kind = "focus_list"
title = "重点管理"
share = 0.05
shares = { "乙类" = 0.5 }
"""
EXCLUSION = """
[[selections]]
kind = "award_exclusion"
title = "不得评优"
share = 0.20
"""
QUOTA = """
[[selections]]
kind = "award_quota"
title = "先进工作者"
share = 0.50
scope = "unit"
"""
VETO = """
[[selections]]
kind = "differential_veto"
title = "差额否决"
ratio = 1.5
against = "年度目标考核"
"""
PAYOUT = """
[payout]
unit = "元"
amounts = { "好" = 2100, "中" = 1000 }
otherwise = 0
partial_at = "中"
"""


def small_round(
    totals: Mapping[str, int | str],
    uses: str = "",
    *,
    code: str = "small",
    title: str = "小方案",
    name: str = "2025",
    ranking: str = "overall",
    categories: Mapping[str, str] | None = None,
    units: Mapping[str, Unit] | None = None,
    out: str = "",
    ties: Mapping[str, int] | None = None,
    compute: bool = True,
) -> tuple[Round, Computation | None]:
    """People by one letter each, in this order; the same letter is the same person in every round.

    `out`: letters without a grade. `ties`: marks on the reference leaf, which then breaks ties.
    """
    breakers = 'tie_breakers = ["T"]' if ties is not None else ""
    text = PLAN.format(code=code, title=title, ranking=ranking, tie_breakers=breakers) + uses
    version, _new = import_plan(document=plan_file.load(text), by=None)
    unit = make_unit()
    people = {}
    for letter in totals:
        own = (units or {}).get(letter, unit)
        people[letter], _new = Person.objects.get_or_create(
            code=f"P-{letter}", defaults={"name": f"人员{letter}", "unit": own}
        )
    rows = [
        NewSubject(
            code=f"{name}-{letter}", name=f"人员{letter}", category=(categories or {}).get(letter, "甲类"), person=each
        )
        for letter, each in people.items()
    ]
    round_ = open_round(version=version, name=name, title=f"{title}{name}", deadline=None, subjects=rows, by=None)
    for subject in round_.subjects.all():
        letter = subject.code.removeprefix(f"{name}-")
        Mark.objects.create(subject=subject, indicator="K", assessor="", value=Decimal(totals[letter]))
        Mark.objects.create(subject=subject, indicator="T", assessor="", value=Decimal((ties or {}).get(letter, 0)))
        if letter in out:
            SubjectFact.objects.create(subject=subject, code="out", value="true")
    touch_inputs(round_.pk)
    round_.refresh_from_db()
    if compute:
        run_scoring(round=round_)
    # As the pages get them.
    round_ = Round.objects.select_related("plan", "plan_version").get(pk=round_.pk)
    return round_, current_computation(round_)


def letters(chosen: object) -> str:
    """Whom a list names, in its order."""
    return "".join(each.standing.code[-1] for each in chosen)  # type: ignore[attr-defined]
