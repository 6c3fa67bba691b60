"""A small stage for meetings: people as subjects, by a plan with a duty report and a talk."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from indicators.services import engine_plan, ensure_plan
from reviews.models import Meeting, Round, Subject
from reviews.services.meetings import MeetingData, plan_meeting
from reviews.services.rounds import NewSubject, open_round
from tests.factories import make_unit, make_user
from units.models import Person, Role, User

DAY = datetime.date(2026, 12, 10)
# Name, category (place in the plan's list), post.
BANK = (
    ("张三", 1, "副职"),
    ("李四", 0, "正职"),
    ("丁一", 1, "副职"),
    ("王五", 0, "正职"),
    ("王小五", 1, "副职（牵头）"),
)


def people_round(plan: str = "bank-midlevel", rows: Sequence[tuple[str, int, str]] = BANK, name: str = "2026") -> Round:
    """People S01 … in units of their own, in the order given."""
    version = ensure_plan(plan)
    categories = engine_plan(version).categories
    subjects = []
    for number, (who, place, post) in enumerate(rows, start=1):
        unit = make_unit()
        person = Person.objects.create(
            code=f"{unit.code}-P", name=who, unit=unit, position=post, category=categories[place], order=number
        )
        subjects.append(NewSubject(f"S{number:02}", who, categories[place], unit=unit, person=person))
    return open_round(version=version, name=name, title=f"{plan} {name}", deadline=None, subjects=subjects, by=None)


def subjects_of(round_: Round) -> list[Subject]:
    return list(Subject.objects.filter(round=round_).order_by("order"))


def planned(round_: Round, by: User, subjects: Sequence[Subject] | None = None, **values: Any) -> Meeting:
    data = {"title": "述职评议会", "date": DAY, "place": "三楼会议室", "chair": "王书记", "minutes": 8} | values
    found = subjects_of(round_) if subjects is None else subjects
    return plan_meeting(round=round_, data=MeetingData(**data), subjects=found, by=by)  # type: ignore[arg-type]


def own_account(subject: Subject) -> User:
    return make_user(Role.SUBJECT, person=subject.person)
