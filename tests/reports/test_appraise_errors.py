"""Every kind of broken workbook: exit status 2, the right cell named and no other, nothing changed or written."""

from io import StringIO
from pathlib import Path

import openpyxl
import pytest
from django.apps import apps
from django.core.management import call_command

from tests.oracle.broken import CASES, TOGETHER, Case, damage_all
from tests.oracle.generate import make_workbook

pytestmark = pytest.mark.django_db


def count_rows() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


def refused(book: Path, out: Path, *options: str) -> list[str]:
    """The places named on stderr, one per line; fails unless everything else is as it was."""
    before, errors = count_rows(), StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("appraise", str(book), str(out), *options, stderr=errors, no_color=True)
    assert ended.value.code == 2
    assert count_rows() == before
    assert not out.exists()
    assert [path.name for path in out.parent.iterdir()] == [book.name]
    lines = errors.getvalue().splitlines()
    for line in lines:
        place, _colon, words = line.partition(": ")
        assert "!" in place
        assert words.strip()
    return [line.partition(": ")[0] for line in lines]


def good_workbook(tmp_path: Path, plan: str) -> Path:
    return make_workbook(tmp_path / "in.xlsx", plan, 1, subjects=12, hard=False)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_workbook_is_refused_at_the_right_cell(case: Case, tmp_path: Path) -> None:
    book = good_workbook(tmp_path, case.plan)
    workbook = openpyxl.load_workbook(book)
    accepted = {f"{sheet}!{cell}" for sheet, cell in case.damage(workbook)}
    workbook.save(book)
    named = refused(book, tmp_path / "out.xlsx")
    assert named
    assert set(named) <= accepted
    assert len(named) == len(set(named)), "one cell is named twice for one mistake"
    if case.allow_missing:
        call_command("appraise", str(book), str(tmp_path / "out.xlsx"), "--allow-missing", verbosity=0)


def test_all_errors_are_named_at_once(tmp_path: Path) -> None:
    book = good_workbook(tmp_path, "district-2020")
    workbook = openpyxl.load_workbook(book)
    accepted = [{f"{sheet}!{cell}" for sheet, cell in places} for places in damage_all(workbook, TOGETHER)]
    workbook.save(book)
    named = set(refused(book, tmp_path / "out.xlsx"))
    assert named <= set.union(*accepted)
    for places in accepted:
        assert named & places, places
