# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Invent a workshop's year: who comes, for what, who gives a mobile. No database here.

The customers are those of the base's story and some who come for repairs alone. The
same today gives the same story: everything is drawn from one seeded generator.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from odoo.addons.contact_kpi.demo.plan import Customer, Gap, keep_apart, working_day

SEED = 20261
NEWCOMERS = 40  # who come for repairs alone
COMPANIES = 12  # of these
NOTHING = 0.3  # share of these who bring nothing to reach them by
REGULARS = 16  # of the base's customers that have a mobile, who come for repairs
# What becomes of those who have typed no mobile, by share; the last one is the rest.
FATES = (
    ("before", 0.25),  # had given one before anybody counted
    ("by sales", 0.21),  # gives one to a salesperson
    ("at counter", 0.37),  # gives one when bringing the car
    ("coming", 0.12),  # comes for repairs, and lacks it still
    ("never", 0),  # does not come at all
)
NEWCOMERS_FATES = (("at counter", 0.65), ("coming", 0))
AT_FIRST = 0.8  # of those at the counter: on the first visit, else on the second
# Service type: how often, how often urgent, days of work, whether it is quoted.
SERVICES = {
    "service": (20, 0.03, 1, True),
    "oil": (26, 0.02, 0, False),
    "brakes": (14, 0.3, 1, True),
    "suspension": (10, 0.12, 2, True),
    "engine": (7, 0.4, 5, True),
    "electrical": (8, 0.35, 1, False),
    "air_conditioning": (4, 0.05, 1, False),
    "tyres": (7, 0.1, 0, False),
    "body": (2, 0, 6, True),
    "diagnosis": (2, 0.2, 0, False),
}
# Who takes the order: the first one at the counter asks for the mobile more often.
TURNS = {"gave": (72, 28), "lacks": (30, 70), "known": (55, 45)}
SELLERS, FIRST_CLERK = 3, 4  # among those whom the ledger credits
VISITS = 4  # of one customer, at most
BETWEEN = (45, 140)  # days from one to the next
LATEST = {"coming": 9, "regular": 11}  # brought these days: some are still here
# By whether the customer lacks a mobile: days to confirm, days late, share cancelled,
# share messaged about the repair.
CONFIRMING = {False: (0, 0, 0, 1, 1, 2), True: (0, 1, 2, 3, 4, 6)}
LATE = {False: (0, 0, 0, 1, 1), True: (0, 1, 2, 3, 4)}
CANCELLED = {False: 0.06, True: 0.2}
MESSAGED = {False: 0.75, True: 0.4}
QUOTED = 0.8  # share, of the services that are


@dataclass
class Visit:
    """A repair, by days of the company; None for what has not happened."""

    number: int  # of the customer
    day: date
    clerk: int
    service: str
    urgent: bool
    scheduled: date
    cancelled: bool
    confirmed: date | None = None
    finished: date | None = None
    quoted: bool = False
    messaged: bool = False


def newcomers(today, first, rng):
    """Return those who come for repairs alone, numbered from ``first``."""
    ages = sorted((rng.randint(4, 362) for _ in range(NEWCOMERS)), reverse=True)
    return [
        Customer(
            first + place,
            working_day(today - timedelta(age)),
            None,
            missing=rng.random() < NOTHING,
        )
        for place, age in enumerate(ages)
    ]


def tell(customers, lacking, absent, first, today, rng):
    """Return who lacked a mobile when, who gives one by today, and the repairs.

    :param customers: the base's, with the gaps of any contact, then the newcomers
    :param lacking: numbers of those who have typed no mobile, though they can be
        reached otherwise or are newcomers
    :param absent: numbers of those of them who do not come
    :param first: number of the first newcomer
    :return: (customers with the gaps of the mobile, numbers, repairs)
    """
    ours = [replace(customer, gaps=[*customer.gaps]) for customer in customers]
    fates = dict.fromkeys(absent, "never")
    fates |= deal({n for n in lacking if n < first} - absent, FATES, rng)
    fates |= deal({n for n in lacking if n >= first}, NEWCOMERS_FATES, rng)
    known = [c.number for c in ours if c.number not in fates]
    known = [n for n in known if not (customers[n].missing or customers[n].gone)]
    regulars = rng.sample([n for n in known if n < first], REGULARS)
    fates |= dict.fromkeys([n for n in known if n >= first] + regulars, "regular")
    visits, latest = [], {fate: [] for fate in LATEST}
    for customer in ours:
        fate = fates.get(customer.number)
        new = customer.number >= first
        # Whoever could not be reached at all had no mobile either.
        closed = [gap.closed + timedelta(1) for gap in customer.gaps if gap.closed]
        since = working_day(max([customer.created, *closed]), 1)
        days = []
        if fate in ("at counter", "coming", "regular"):
            days = days_of_visits(since, new, today, rng)
            if fate in LATEST and since < today - timedelta(20):
                latest[fate].append(customer)
        if fate in ("by sales", "at counter", "coming", "never"):
            customer.gaps = [Gap(customer.created)]
        if fate == "by sales" and since < today:
            closed = working_day(since + rng.random() * (today - since), 1)
            complete(customer, min(closed, working_day(today - timedelta(1))))
            customer.gaps[0].by = rng.randrange(SELLERS)
        if fate == "at counter" and days:
            complete(customer, days[len(days) > 1 and rng.random() > AT_FIRST])
        visits += [visit(customer, day, new, today, rng) for day in days]
    for fate, count in LATEST.items():
        latest[fate] = rng.sample(latest[fate], min(count, len(latest[fate])))
    for place, customer in enumerate(latest["coming"] + latest["regular"]):
        day = working_day(today - timedelta(1 + place % 7))
        new, urgent = customer.number >= first, place % 4 == 0
        visits.append(visit(customer, day, new, today, rng, urgent))
    keep_apart(ours)
    gave = {n for n in lacking if fates[n] == "before" or ours[n].gaps[0].closed}
    return ours, gave, sorted(visits, key=lambda each: (each.day, each.number))


def deal(numbers, fates, rng):
    """Give each number a fate, in the shares given."""
    numbers = sorted(numbers)
    rng.shuffle(numbers)
    dealt, everybody = {}, len(numbers)
    for fate, share in fates:
        for _each in range(round(share * everybody)):
            dealt[numbers.pop()] = fate
    return dealt | dict.fromkeys(numbers, fates[-1][0])


def complete(customer, day):
    gap = customer.gaps[0]
    gap.closed, gap.reason = day, "completed"


def days_of_visits(since, new, today, rng):
    """Return the days on which a customer brings the car, the first one first."""
    age = (today - since).days
    if not new:
        age = rng.randint(1, max(1, min(age, 360)))
    days = []
    while age > 0 and len(days) < VISITS:
        day = max(working_day(today - timedelta(age)), since)
        days += [day] if day < today else []
        age -= rng.randint(*BETWEEN)
    return days


def visit(customer, day, new, today, rng, urgent=None):
    """Return a repair; whoever takes it is credited with a mobile given that day."""
    gap = next((gap for gap in customer.gaps if gap.closed == day), None)
    lacks = customer.lacks_on(day)
    turn = TURNS["gave" if gap else "lacks" if lacks else "known"]
    clerk = rng.choices(range(len(turn)), turn)[0]
    if gap:
        gap.by = FIRST_CLERK + clerk
    service = rng.choices([*SERVICES], [often for often, *_ in SERVICES.values()])[0]
    _often, hurry, work, quoted = SERVICES[service]
    urgent = rng.random() < hurry if urgent is None else urgent
    scheduled = working_day(day + timedelta(rng.randint(0, 1 if urgent else 6)), 1)
    confirmed = working_day(day + timedelta(rng.choice(CONFIRMING[lacks])), 1)
    finished = max(scheduled, confirmed) + timedelta(work + rng.choice(LATE[lacks]))
    finished = working_day(finished, 1)
    cancelled = not gap and rng.random() < CANCELLED[lacks]
    messaged = rng.random() < MESSAGED[lacks]
    # Those who come for repairs alone would become the sales desk's, too.
    quoted = quoted and not new and rng.random() < QUOTED
    return Visit(
        customer.number,
        day,
        clerk,
        service,
        urgent,
        scheduled,
        cancelled,
        confirmed if confirmed < today and not cancelled else None,
        finished if finished < today and not cancelled else None,
        quoted,
        quoted or (messaged and not cancelled),
    )
