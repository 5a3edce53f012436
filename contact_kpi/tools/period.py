# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Calendar periods: days, weeks, months, quarters, years.

A period is given by its unit and any date in it.
"""

from datetime import date, timedelta
from typing import Literal

from dateutil.relativedelta import relativedelta

Unit = Literal["day", "week", "month", "quarter", "year"]

#: Months per unit, of those that consist of months.
MONTHS: dict[str, int] = {"month": 1, "quarter": 3, "year": 12}


def length(unit: Unit, count: int = 1) -> relativedelta:
    """Return the length of ``count`` periods, to add to a day; clamped to month ends.

    >>> date(2041, 3, 31) - length("month"), date(2041, 3, 31) - length("quarter")
    (datetime.date(2041, 2, 28), datetime.date(2040, 12, 31))
    """
    if unit in MONTHS:
        return relativedelta(months=count * MONTHS[unit])
    return relativedelta(days=count * {"day": 1, "week": 7}[unit])


def start(day: date, unit: Unit, week_start: int = 1) -> date:
    """Return the first day of the period that ``day`` lies in.

    :param week_start: the first day of weeks, from 1 for Monday to 7 for Sunday

    >>> [start(date(2041, 8, 15), unit).isoformat() for unit in ("day", *MONTHS)]
    ['2041-08-15', '2041-08-01', '2041-07-01', '2041-01-01']
    >>> [start(date(2041, 8, 15), "week", first).day for first in (1, 4, 7)]  # Thursday
    [12, 15, 11]
    """
    if unit in MONTHS:
        return date(day.year, day.month - (day.month - 1) % MONTHS[unit], 1)
    if unit == "week":
        return day - timedelta(days=(day.isoweekday() - week_start) % 7)
    return day


def end(day: date, unit: Unit, week_start: int = 1) -> date:
    """Return the last day of the period that ``day`` lies in.

    >>> [end(date(2040, 2, 15), unit).isoformat() for unit in ("day", "week", *MONTHS)]
    ['2040-02-15', '2040-02-19', '2040-02-29', '2040-03-31', '2040-12-31']
    """
    return start(day, unit, week_start) + length(unit) - timedelta(days=1)


def before(day: date, unit: Unit, week_start: int = 1) -> tuple[date, date]:
    """Return first and last day of the period before the one that ``day`` lies in.

    >>> before(date(2041, 3, 31), "month")
    (datetime.date(2041, 2, 1), datetime.date(2041, 2, 28))
    """
    first = start(day, unit, week_start)
    return first - length(unit), first - timedelta(days=1)


def last_year(day: date, unit: Unit, week_start: int = 1) -> tuple[date, date]:
    """Return first and last day of the same period last year; of a week, 52 earlier.

    >>> last_year(date(2041, 2, 10), "month")
    (datetime.date(2040, 2, 1), datetime.date(2040, 2, 29))
    >>> last_year(date(2041, 8, 15), "week")
    (datetime.date(2040, 8, 13), datetime.date(2040, 8, 19))
    >>> last_year(date(2040, 2, 29), "day")
    (datetime.date(2039, 2, 28), datetime.date(2039, 2, 28))
    """
    back = length("week", 52) if unit == "week" else length("year")
    first = start(day, unit, week_start) - back
    return first, end(first, unit, week_start)
