"""Rounds of plans with duty reports, and people who write them. All names are invented."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from indicators.services import engine_plan, ensure_plan
from reviews.duty.layout import EXTRA
from reviews.models import DutyReport, DutySubmission, Round, Subject
from reviews.queries.duty_reports import layout_for
from reviews.services.duty_reports import Saved, Typed, fingerprint, save_texts, submit
from reviews.services.rounds import NewSubject, open_round
from tests.factories import make_unit, make_user
from units.models import Person, Role, User

PLANS = (
    "farm-two-duties",
    "system-party-secretary",
    "education-secretary",
    "bank-midlevel",
    "college-branch-secretary",
    "community-secretary",
    "county-secretary",
)
SENTENCE = "今年以来我带头抓好支部各项任务落实到人到事，"
_numbers = itertools.count(1)


def duty_round(plan: str = "farm-two-duties", people: int = 2, name: str = "2025") -> Round:
    """A collecting round of invented people, categories by turns."""
    version = ensure_plan(plan)
    categories = engine_plan(version).categories or ("全体",)
    unit = make_unit(f"甲单位{next(_numbers)}")
    rows = []
    for number in range(people):
        person = Person.objects.create(code=f"P{next(_numbers):05}", name=f"张{number + 1}", unit=unit)
        category = categories[number % len(categories)]
        rows.append(NewSubject(code=person.code, name=person.name, category=category, person=person))
    title = f"{name}年度述职评议"
    return open_round(version=version, name=name, title=title, deadline=None, subjects=rows, by=None)


def again(round_: Round, name: str) -> Round:
    """The next round of the same people."""
    rows = [
        NewSubject(code=each.code, name=each.name, category=each.category, person=each.person)
        for each in round_.subjects.select_related("person")
    ]
    return open_round(
        version=round_.plan_version, name=name, title=f"{name}年度述职评议", deadline=None, subjects=rows, by=None
    )


def subject_of(round_: Round, place: int = 0) -> Subject:
    return round_.subjects.select_related("round__plan_version", "person").order_by("order")[place]


def writer_of(subject: Subject, **fields: Any) -> User:
    return make_user(Role.SUBJECT, person=subject.person, **fields)


def text(characters: int, about: str = "") -> str:
    """So many characters, one of which ends the sentence; `about` makes it differ from others."""
    said = (about + SENTENCE * (characters // len(SENTENCE) + 1))[: characters - 1]
    return f"{said}。"


# What each section of a plan gets so that every demand is met; the others get 100 characters.
_LENGTHS = {
    "farm-two-duties": {
        "基层党建工作／总结成绩": 320,
        "基层党建工作／分析问题": 330,
        "基层党建工作／下步打算": 330,
        "党风廉政建设／总结成绩": 250,
        "党风廉政建设／分析问题": 260,
        "党风廉政建设／下步打算": 260,
        "意识形态工作／总结成绩": 220,
        "意识形态工作／分析问题": 230,
        "意识形态工作／下步打算": 220,
    },
    "system-party-secretary": {"问题及原因": 200, "成绩和经验": 300, "下一步工作思路和打算": 150},
    "education-secretary": {
        "抓党建工作成绩": 900,
        "存在的问题及原因": 1000,
        "下一步思路、重点和主要措施": 1000,
    },
    "county-secretary": {"存在的主要问题及原因": 700, "进一步加强的思路、重点和措施": 600},
}


def good_texts(subject: Subject, about: str = "") -> dict[str, str]:
    """Texts that meet the plan in every respect."""
    layout = layout_for(subject.round, subject)
    lengths = _LENGTHS.get(subject.round.plan.code, {})
    texts = {
        section.key: text(lengths.get(section.key, 100), f"{about}{section.part[:4]}")
        for section in layout.sections
        if section.key != EXTRA
    }
    texts |= {question.name: f"{about}已经整改到位。" for question in layout.questions}
    return texts


def typed(subject: Subject, texts: Mapping[str, str]) -> dict[str, Typed]:
    """As a page posts them that shows the draft as it is."""
    report = DutyReport.objects.filter(subject=subject).first()
    held = report.texts if report else {}
    return {key: Typed(value, fingerprint(held.get(key, ""))) for key, value in texts.items()}


def save(subject: Subject, by: User, **texts: str) -> Saved:
    return save_texts(subject=subject, typed=typed(subject, texts), by=by)


def hand_in(
    subject: Subject, by: User, texts: Mapping[str, str] | None = None, explanation: str = ""
) -> DutySubmission:
    given = typed(subject, good_texts(subject) if texts is None else texts)
    return submit(subject=subject, typed=given, explanation=explanation, by=by)
