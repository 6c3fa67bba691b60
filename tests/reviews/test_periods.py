"""Labels of periods: what a name says, which lies within which, what is suggested."""

import datetime

import pytest

from reviews.periods import MONTH, QUARTER, YEAR, Period, around, read


@pytest.mark.parametrize(
    ("name", "kind", "number"),
    [
        ("2026", YEAR, 0),
        ("2026年", YEAR, 0),
        (" 2026年度 ", YEAR, 0),
        ("2026-Q1", QUARTER, 1),
        ("2026q4", QUARTER, 4),
        ("2026年第一季度", QUARTER, 1),
        ("2026年3季度", QUARTER, 3),
        ("2026第四季度", QUARTER, 4),
        ("2026-11", MONTH, 11),
        ("2026-01", MONTH, 1),
        ("2026年1月", MONTH, 1),
        ("2026年12月", MONTH, 12),
    ],
)
def test_what_a_name_says(name, kind, number):
    assert read(name) == Period(kind, 2026, number)


@pytest.mark.parametrize("name", ["", "任期-1", "2026-13", "2026-Q5", "20261", "2026 上半年", "26-Q1", "2026-Q1 试评"])
def test_other_names_say_no_period(name):
    assert read(name) is None


def test_labels_read_back():
    for period in (Period(YEAR, 2026), Period(QUARTER, 2026, 2), Period(MONTH, 2026, 3)):
        assert read(period.label) == period
    assert [p.label for p in (Period(QUARTER, 2026, 2), Period(MONTH, 2026, 3))] == ["2026-Q2", "2026-03"]


def test_what_lies_within_what():
    year, quarter = Period(YEAR, 2026), Period(QUARTER, 2026, 4)
    assert year.holds(quarter)
    assert year.holds(Period(MONTH, 2026, 1))
    assert quarter.holds(Period(MONTH, 2026, 10))
    assert not quarter.holds(Period(MONTH, 2026, 9))
    assert not quarter.holds(quarter)
    assert not year.holds(Period(YEAR, 2026))
    assert not year.holds(Period(QUARTER, 2025, 4))
    assert not Period(MONTH, 2026, 1).holds(quarter)


def test_suggestions_around_a_day():
    labels = [period.label for period in around(datetime.date(2026, 1, 5), [QUARTER, MONTH, YEAR])]
    assert labels == ["2026-01", "2025-12", "2026-Q1", "2025-Q4", "2026", "2025"]
    assert [p.label for p in around(datetime.date(2026, 11, 21), [QUARTER])] == ["2026-Q4", "2026-Q3"]
