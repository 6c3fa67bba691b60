"""The seven plans with duty reports, page by page, from the first account to the announced result."""

from __future__ import annotations

import pytest

from .duty_stage import Journey

pytestmark = pytest.mark.django_db(transaction=True)
# Plan → what everybody gives the four subjects, and the grades that follow: by the plan's own limits and rules.
PLANS = {
    "bank-midlevel": (("95", "88", "80", "70"), ("优秀", "优秀", "称职", "基本称职")),
    "farm-two-duties": (("90", "90", "80", "70"), ("好", "好", "较好", "一般")),
    # Two of four may be 好 (60 %); more than a tenth of the votes are 一般 for the last.
    "system-party-secretary": (("95", "95", "85", "70"), ("好", "好", "较好", "差")),
    "education-secretary": (("90", "90", "70", "60"), ("好", "好", "一般", "差")),
    "college-branch-secretary": (("95", "95", "85", "70"), ("好", "好", "较好", "一般")),
    "community-secretary": (("95", "95", "85", "70"), ("好", "好", "好", "一般")),
    "county-secretary": (("95", "95", "85", "70"), ("好", "好", "好", "一般")),
}


@pytest.mark.parametrize("plan", PLANS)
def test_from_writing_to_the_announced_result(plan):
    values, grades = PLANS[plan]
    journey = Journey(plan, values)
    journey.open_round()
    journey.hand_out_accounts()
    journey.write_reports()
    journey.review_reports()
    journey.compare_reports()
    journey.hold_meeting()
    journey.vote()
    journey.mark()
    journey.compute_and_announce(dict(zip(journey.values, grades, strict=True)))
    journey.publish()
