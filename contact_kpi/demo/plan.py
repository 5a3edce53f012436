# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Invent the customers and when each of them lacked a contact. No database here.

The same today gives the same story: everything is drawn from one seeded generator.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

SEED = 20260
CUSTOMERS = 162
COMPANIES = 100
GONE = 8  # archived since
BEFORE = 98  # customers older than a year
IMPORTED = 14  # in one go, many without contact: the bump in the year
IMPORT_AGE = 130  # days
OLDEST = 425  # days
# Days for which those who lack a contact today have lacked it: 13 of 162.
OPEN_AGES = (2, 4, 6, 9, 13, 19, 26, 34, 45, 58, 80, 190, 330)
NEW_AND_OPEN = 3  # of these, lacking it from their first day
# Share that lacks a contact, by age in days; straight lines between.
RATES = (
    (425, 0.12),
    (365, 0.14),
    (200, 0.105),
    (131, 0.09),
    (129, 0.135),
    (60, 0.10),
    (0, 0.08),
)
# How fast each salesperson completes: median days. The last one is whoever looks at
# the demo, the administrator, who has some customers to complete, too.
MEDIAN_DAYS = (9, 18, 30, 14)
SHARES = (4, 3, 3, 1)
# Who looks after those of OPEN_AGES: everybody has some, some are nobody's.
OWNERS = (0, 3, 1, None, 2, 3, 0, 1, None, 3, 2, 0, 1)
LONGEST = 60


@dataclass
class Gap:
    opened: date
    closed: date | None = None
    reason: str | None = None
    by: int | None = None  # salesperson, None for a job


@dataclass
class Customer:
    number: int
    created: date
    salesperson: int | None
    missing: bool = False
    gone: date | None = None
    gaps: list = field(default_factory=list)

    def lacks_on(self, day):
        """Whether a gap is open at the end of this day."""
        return any(
            gap.opened <= day and (not gap.closed or gap.closed > day)
            for gap in self.gaps
        )

    def can_open(self, day):
        """Whether a gap may open on this day and be completed."""
        if self.gone or self.created > day:
            return False
        return all(
            day + timedelta(LONGEST + 7) < gap.opened
            or (gap.closed and gap.closed + timedelta(7) < day)
            for gap in self.gaps
        )


def working_day(day, step=-1):
    """Return this day or, on a weekend, the next working day in one direction."""
    while day.weekday() > 4:
        day += timedelta(step)
    return day


def rate(age):
    """Return the share of customers that should lack a contact at this age."""
    for (older, high), (newer, low) in pairwise(RATES):
        if age >= newer:
            return low + (high - low) * min(1, (age - newer) / (older - newer))
    return RATES[-1][1]


def plan(today, rng):
    """Return the customers with their gaps, oldest customer first."""
    customers = people(today, rng)
    open_today(customers, today, rng)
    leave(customers, today, rng)
    complete(customers, today, rng)
    return customers


def people(today, rng):
    """Return customers with the day each came and who looks after it."""
    ages = sorted(
        [rng.randint(366, OLDEST) for _ in range(BEFORE + GONE)]
        + [IMPORT_AGE] * IMPORTED
        + [
            rng.randint(OPEN_AGES[0], 365) for _ in range(CUSTOMERS - BEFORE - IMPORTED)
        ],
        reverse=True,
    )
    return [
        Customer(
            number,
            working_day(today - timedelta(age)),
            None if rng.random() < 0.06 else rng.choices(range(4), SHARES)[0],
        )
        for number, age in enumerate(ages)
    ]


def open_today(customers, today, rng):
    """Decide who lacks a contact today, and since when."""
    for place, age in enumerate(OPEN_AGES):
        opened = working_day(today - timedelta(age))
        free = [c for c in customers if not c.missing and c.created <= opened]
        # The latest of those that came by then, or any of them.
        chosen = free[-1] if place < NEW_AND_OPEN else rng.choice(free)
        chosen.missing = True
        chosen.salesperson = OWNERS[place]
        since = chosen.created if place < NEW_AND_OPEN else opened
        chosen.gaps.append(Gap(max(chosen.created, since)))


def leave(customers, today, rng):
    """Some old customers never had a contact and went away."""
    old = [c for c in customers[:BEFORE] if not c.missing]
    for customer in rng.sample(old, GONE):
        opened = working_day(customer.created + timedelta(rng.randint(0, 90)), 1)
        customer.gone = working_day(today - timedelta(rng.randint(20, 250)))
        customer.gaps.append(Gap(opened, customer.gone, "left"))


def complete(customers, today, rng):
    """Open gaps, completed since, until each day shows the share that it should."""
    created = [c.created for c in customers]
    day = working_day(today - timedelta(OLDEST), 1)
    last = working_day(today - timedelta(1))
    while day < last:
        gone = sum(1 for c in customers if c.gone and c.gone <= day)
        wanted = round(rate((today - day).days) * (bisect_right(created, day) - gone))
        lacking = sum(c.lacks_on(day) for c in customers)
        free = [c for c in customers if c.can_open(day)]
        rng.shuffle(free)
        # New customers first: that is how contacts go missing. Few lose it twice.
        free.sort(key=lambda c: (c.created != day, bool(c.gaps) * rng.random() > 0.05))
        for customer in free[: max(0, wanted - lacking)]:
            customer.gaps.append(completed(customer, day, last, rng))
        day = working_day(day + timedelta(1), 1)
    for customer in customers:
        customer.gaps.sort(key=lambda gap: gap.opened)
    keep_apart(customers)


def completed(customer, opened, last, rng):
    """Return a gap that somebody completes after a while."""
    by = customer.salesperson
    if by is None or rng.random() < 0.15:
        by = rng.choices(range(4), SHARES)[0]
    days = round(MEDIAN_DAYS[by] * rng.lognormvariate(0, 0.6))
    closed = opened + timedelta(min(max(days, 1), LONGEST))
    closed = min(working_day(closed, 1), last)
    return Gap(opened, closed, "completed", None if rng.random() < 0.06 else by)


def keep_apart(customers):
    """Fail rather than tell a story that the ledger cannot hold."""
    for customer in customers:
        for first, second in pairwise(customer.gaps):
            if not first.closed or first.closed >= second.opened:
                raise ValueError(f"overlapping gaps of customer {customer.number}")
