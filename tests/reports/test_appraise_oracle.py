"""Random workbooks of every plan through `appraise`, compared figure by figure with an independent computation."""

import os
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.oracle.compare import compare
from tests.oracle.compute import compute
from tests.oracle.generate import make_workbook
from tests.oracle.plans import PLANS

# How many workbooks of each plan; more for a long run.
NUMBER = int(os.environ.get("KAOPING_ORACLE_N", "2"))

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", range(1, NUMBER + 1))
@pytest.mark.parametrize("plan", PLANS)
def test_every_figure_is_that_of_the_independent_computation(plan: str, seed: int, tmp_path: Path) -> None:
    book, out = tmp_path / "in.xlsx", tmp_path / "out.xlsx"
    make_workbook(book, plan, seed)
    call_command("appraise", str(book), str(out), verbosity=0)
    assert compare(out, compute(book)) == []


@pytest.mark.parametrize("seed", range(1, NUMBER + 1))
@pytest.mark.parametrize("plan", PLANS)
def test_a_provisional_result_too(plan: str, seed: int, tmp_path: Path) -> None:
    book, out = tmp_path / "in.xlsx", tmp_path / "out.xlsx"
    make_workbook(book, plan, 1000 + seed, missing=True)
    call_command("appraise", str(book), str(out), "--allow-missing", verbosity=0)
    assert compare(out, compute(book)) == []
