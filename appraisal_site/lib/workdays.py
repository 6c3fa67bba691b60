"""Working days of China: weekends moved by holidays as the State Council announces them each year.

For a year that is not announced yet (it comes in November) Monday to Friday are working days; `is_announced` says so.
"""

from __future__ import annotations

import datetime

import chinese_calendar

ONE_DAY = datetime.timedelta(days=1)


def is_announced(day: datetime.date) -> bool:
    """Whether the working days of this day's year are known for certain."""
    try:
        chinese_calendar.is_workday(day)
    except NotImplementedError:
        return False
    return True


def is_workday(day: datetime.date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def days_before(day: datetime.date, count: int, *, working: bool = False) -> datetime.date:
    """The day that lies `count` days before, or as many working days; 0 is the day itself."""
    if not working:
        return day - count * ONE_DAY
    while count > 0:
        day -= ONE_DAY
        count -= is_workday(day)
    return day


def last_workday(day: datetime.date) -> datetime.date:
    """The day itself if people work on it, else the last one before on which they do."""
    while not is_workday(day):
        day -= ONE_DAY
    return day


def workdays_until(start: datetime.date, end: datetime.date) -> int:
    """Working days after `start` up to and with `end`; 0 if there is none left."""
    return sum(is_workday(start + number * ONE_DAY) for number in range(1, (end - start).days + 1))
