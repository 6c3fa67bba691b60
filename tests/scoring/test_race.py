"""Two runs at once: both finish, and one result is the current one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from scoring.models import Computation, SubjectResult
from scoring.services import run_scoring

from ..factories import district_round
from .rows import fill

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_runs_at_once_leave_one_current_result():
    round_ = district_round(5)
    fill(round_)

    def run(_number):
        try:
            return run_scoring(round=round_).digest
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        digests = set(pool.map(run, range(2)))
    assert len(digests) == 1
    assert Computation.objects.filter(round=round_).count() == 1
    assert Computation.objects.get().is_current
    assert SubjectResult.objects.count() == 5
