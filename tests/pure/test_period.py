# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Periods are those that one finds by walking a calendar day by day."""

from collections import defaultdict
from datetime import date, timedelta
from functools import cache

import pytest

from contact_kpi.tools import period

DAY = timedelta(days=1)
# Two years around a leap day.
DAYS = [date(2039, 6, 1) + DAY * count for count in range(760)]
NAMES = {
    "day": lambda day: day,
    "month": lambda day: (day.year, day.month),
    "quarter": lambda day: (day.year, "111222333444"[day.month - 1]),
    "year": lambda day: day.year,
}


@cache
def days_named(unit):
    """Return ``{name: days}`` of a unit over five years."""
    found = defaultdict(list)
    for count in range(5 * 366):
        day = date(2038, 1, 1) + DAY * count
        found[NAMES[unit](day)].append(day)
    return found


def walked(day, unit):
    """Return first and last of the days that have the name of one."""
    days = days_named(unit)[NAMES[unit](day)]
    return days[0], days[-1]


@pytest.mark.parametrize("unit", NAMES)
def test_of_the_calendar(unit):
    for day in DAYS:
        first, last = walked(day, unit)
        assert (period.start(day, unit), period.end(day, unit)) == (first, last)
        assert period.before(day, unit) == walked(first - DAY, unit)
        is_leap_day = (day.month, day.day) == (2, 29)
        year_ago = day.replace(year=day.year - 1, day=28 if is_leap_day else day.day)
        assert period.last_year(day, unit) == walked(year_ago, unit)


@pytest.mark.parametrize("week_start", range(1, 8))
def test_weeks_begin_as_the_reader_is_used_to(week_start):
    for day in DAYS:
        first = day
        while first.isoweekday() != week_start:
            first -= DAY
        last, week = first + 6 * DAY, 7 * DAY
        assert period.start(day, "week", week_start) == first
        assert period.end(day, "week", week_start) == last
        assert period.before(day, "week", week_start) == (first - week, first - DAY)
        year_ago = first - 52 * week, last - 52 * week
        assert period.last_year(day, "week", week_start) == year_ago


def test_weeks_begin_on_monday_unless_said_otherwise():
    for day in DAYS[:14]:
        for name in ("start", "end", "before", "last_year"):
            read = getattr(period, name)
            assert read(day, "week") == read(day, "week", 1)


@pytest.mark.parametrize(
    ("unit", "count", "day"),
    [
        ("day", 1, date(2040, 2, 1)),
        ("day", 3, date(2040, 2, 3)),
        ("week", 1, date(2040, 2, 7)),
        ("week", 2, date(2040, 2, 14)),
        ("month", 1, date(2040, 2, 29)),
        ("month", 2, date(2040, 3, 31)),
        ("quarter", 2, date(2040, 7, 31)),
        ("year", 2, date(2042, 1, 31)),
    ],
)
def test_length(unit, count, day):
    assert date(2040, 1, 31) + period.length(unit, count) == day
    if count == 1:
        assert period.length(unit) == period.length(unit, 1)
