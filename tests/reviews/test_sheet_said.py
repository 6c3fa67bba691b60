"""Beside the cells of the grid: what the subject said of itself, and to whom that is shown."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reviews.models import SelfReport
from reviews.queries.evidence import find_place
from reviews.services.evidence import add_evidence
from reviews.services.self_reports import Draft, LeafWords, save_draft, submit_report
from tests.factories import client_for, make_user
from units.models import Role

from .test_sheet_api import Desk

pytestmark = pytest.mark.django_db
WORDS = "完成年度任务。"


@pytest.fixture
def desk() -> Desk:
    return Desk()


def hand_in(desk: Desk, place: int = 0, **leaves: LeafWords) -> None:
    subject = desk.subjects[place]
    report = SelfReport.objects.filter(subject=subject).first()
    writer = make_user(Role.SUBJECT, subject.unit, name="孙三")
    submit_report(subject=subject, draft=Draft("总结。", leaves), seen=report.version if report else 0, by=writer)


def said(desk: Desk, client=None, **place):
    return (client or desk.client).get(desk.url("sheet_said"), place)


def of_cell(desk: Desk, place: int = 0, client=None, sheet=None):
    return said(desk, client, assignment=(sheet or desk.sheet).pk, subject=desk.subjects[place].pk)


def test_the_scores_of_the_own_sheets_and_no_others(desk):
    elsewhere = desk.round.assignments.exclude(unit=desk.sheet.unit).filter(indicator__startswith="K").first()
    hand_in(desk, K22=LeafWords(Decimal("3.5"), WORDS), **{elsewhere.indicator: LeafWords(Decimal(1), "另一项")})
    hand_in(desk, 1, K22=LeafWords(None, WORDS))
    hand_in(desk, 2)
    assert said(desk).json() == {"cells": {desk.key(0): "3.5", desk.key(1): ""}}
    office = client_for(make_user(Role.OFFICE))
    assert said(desk, office).json()["cells"][desk.key(0, elsewhere)] == "1"


def test_a_draft_is_its_writers_alone(desk):
    subject = desk.subjects[0]
    writer = make_user(Role.SUBJECT, subject.unit)
    save_draft(subject=subject, draft=Draft("草稿", {"K22": LeafWords(Decimal(9), "草稿")}), seen=0, by=writer)
    assert said(desk).json() == {"cells": {}}
    page = of_cell(desk).content.decode()
    assert "草稿" not in page
    assert "尚未提交" in page


def test_one_cell_in_full_with_its_proof(desk):
    subject = desk.subjects[0]
    writer = make_user(Role.SUBJECT, subject.unit)
    save_draft(subject=subject, draft=Draft("总结。"), seen=0, by=writer)
    proof = find_place(desk.round, f"self_report.{subject.pk}.K22")
    assert proof is not None
    add_evidence(place=proof, file=ContentFile(b"text", name="x.txt"), by=writer)
    hand_in(desk, K22=LeafWords(Decimal("3.5"), WORDS))
    page = of_cell(desk).content.decode()
    assert "<html" not in page
    for words in ("3.5", WORDS, "孙三", f"/files/self_report.{subject.pk}.K22/"):
        assert words in page
    hand_in(desk, 1)
    assert "/files/" not in of_cell(desk, 1).content.decode()


def test_who_does_not_see_the_sheet_gets_nothing(desk):
    hand_in(desk, K22=LeafWords(Decimal("3.5"), WORDS))
    other = Desk(name="2021")
    stranger = client_for(make_user(Role.ASSESSOR))
    assert said(desk, stranger).json() == {"cells": {}}
    assert of_cell(desk, client=stranger).status_code == 404
    elsewhere = desk.round.assignments.exclude(unit=desk.sheet.unit).first()
    assert of_cell(desk, sheet=elsewhere).status_code == 404
    assert of_cell(desk, sheet=other.sheet).status_code == 404
    assert said(desk, assignment=desk.sheet.pk, subject=other.subjects[0].pk).status_code == 404
    for wrong in ({"assignment": "x", "subject": 1}, {"assignment": desk.sheet.pk}, {"assignment": "9" * 30}):
        assert said(desk, **wrong).status_code == 404
    own = client_for(make_user(Role.SUBJECT, desk.subjects[0].unit))
    assert said(desk, own).status_code == 403


def test_the_number_of_queries_does_not_grow(desk, django_assert_num_queries):
    hand_in(desk, K22=LeafWords(Decimal(1), WORDS))
    with CaptureQueriesContext(connection) as all_cells:
        said(desk)
    with CaptureQueriesContext(connection) as one_cell:
        of_cell(desk)
    for place in (1, 2):
        hand_in(desk, place, K22=LeafWords(Decimal(1), WORDS), K21=LeafWords(Decimal(1), WORDS))
    with django_assert_num_queries(len(all_cells)):
        assert len(said(desk).json()["cells"]) == 3
    with django_assert_num_queries(len(one_cell)):
        assert of_cell(desk, 2).status_code == 200
