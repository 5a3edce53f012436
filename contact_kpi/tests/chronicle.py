# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What happened, written down in plain Python: an oracle without Odoo and SQL.

The chronicler is shown who lacks what after every change, and keeps gaps and the
figures of runs as the design words them. Moments are UTC, days are the company's.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import pytz

SHARED = 0  # the series of customers without a company


@dataclass(frozen=True)
class Seen:
    """A customer at a moment."""

    missing: bool
    company: int
    user: int
    segments: tuple
    born: object


@dataclass
class Decline:
    declined_on: object
    review_on: object = None
    ended_on: object = None

    def in_force(self, day):
        return (
            self.declined_on <= day
            and (not self.review_on or self.review_on > day)
            and (not self.ended_on or self.ended_on > day)
        )


@dataclass
class Version:
    """What a customer with a gap was, from the end of one day to that of another."""

    since: object  # None: since the gap opened
    until: object  # None: in force
    company: int
    user: int
    segments: tuple

    def is_of(self, customer):
        return (self.company, self.user, self.segments) == (
            customer.company,
            customer.user,
            customer.segments,
        )


@dataclass
class Told:
    """One gap. ``partner`` is None once the customer is gone for good."""

    kpi: str
    partner: int
    company: int
    user: int
    opening_user: int
    segments: tuple
    opened_at: object
    opened_on: object
    origin: str
    came_back: bool
    closed_at: object = None
    closed_on: object = None
    reason: str = None
    closed_by: int = None
    days: float = None
    declines: list = field(default_factory=list)
    versions: list = field(default_factory=list)

    def held(self, day):
        """The versions in force at the end of a day, none if it was not open.

        Two for a customer that went to a company whose day is an earlier one.
        """
        return [
            version
            for version in self.versions
            if (version.since or self.opened_on) <= day
            and not ((end := version.until or self.closed_on) and end <= day)
        ]


@dataclass
class ToldRun:
    kpi: str
    series: int
    date: object
    state: str = "provisional"
    evaluated_at: object = None
    key: tuple = None
    rows: dict = field(default_factory=dict)  # {segments: [customers, missing, …]}
    opened: int = 0
    completed: int = 0
    left: int = 0
    moved: int = 0

    def total(self, measure):
        return sum(row[measure] for row in self.rows.values())


class Chronicle:
    """Gaps and runs of a few indicators.

    :param zones: ``{series: time zone}``, 0 for the customers of no company
    """

    def __init__(self, zones):
        self.zones = {key: pytz.timezone(zone) for key, zone in zones.items()}
        self.gaps = []
        self.merged = {}  # {(kpi, winner): (when, review date of the refusal)}
        self.runs = {}  # {(kpi, series, date): ToldRun}

    # -- days ------------------------------------------------------------------

    def day(self, series, moment):
        return pytz.utc.localize(moment).astimezone(self.zones[series]).date()

    def days(self, moment):
        return {series: self.day(series, moment) for series in self.zones}

    # -- gaps ------------------------------------------------------------------

    def open_gaps(self, kpi):
        return {g.partner: g for g in self.gaps if g.kpi == kpi and not g.closed_at}

    def look(self, kpi, seen, now, credit=None, cause=None, blind=()):
        """Compare with what is known, and write down what opened and closed.

        :param seen: ``{customer: Seen}``
        :param blind: customers that were changed and that nobody has noticed yet
        """
        known = self.open_gaps(kpi)
        for partner, gap in known.items():
            if partner in blind:
                continue
            customer = seen.get(partner)
            if customer and customer.missing:
                self.follow(gap, customer, now)
            else:
                reason = "completed" if customer else "left"
                self.close(gap, now, cause and "redefined" or reason, credit)
        for partner, customer in seen.items():
            if customer.missing and partner not in known and partner not in blind:
                self.open(kpi, partner, customer, now, cause)

    def follow(self, gap, customer, now):
        """The customer changed hands, company or segment. The day's end counts."""
        version = gap.versions[-1]
        if version.is_of(customer):
            return
        today = self.day(customer.company, now)
        over = self.day(version.company, now)
        what = customer.company, customer.user, customer.segments
        if over <= (version.since or gap.opened_on):
            gap.versions.pop()
            opening = version.since is None and today <= gap.opened_on
            gap.versions.append(Version(None if opening else today, None, *what))
        else:
            version.until = over
            gap.versions.append(Version(today, None, *what))
        gap.company, gap.user = customer.company, customer.user
        gap.opened_on = min(gap.opened_on, today)

    def still_refused(self, kpi, partner, day, now):
        """What who left and comes back refused before: only a contact ends it."""
        earlier = [g for g in self.gaps if g.kpi == kpi and g.partner == partner]
        last = max(earlier, key=lambda gap: gap.closed_at, default=None)
        if last and last.reason in ("left", "redefined"):
            kept = [d for d in last.declines if not d.ended_on and d.in_force(day)]
            if kept:
                return [Decline(day, kept[-1].review_on)]
        merged_at, review = self.merged.get((kpi, partner), (None, None))
        return [Decline(day, review)] if merged_at == now else []

    def open(self, kpi, partner, customer, now, cause):
        self.gaps.append(
            Told(
                kpi=kpi,
                partner=partner,
                company=customer.company,
                user=customer.user,
                opening_user=customer.user,
                segments=customer.segments,
                opened_at=now,
                opened_on=self.day(customer.company, now),
                origin=cause or "observed",
                came_back=any(
                    gap.kpi == kpi
                    and gap.partner == partner
                    and gap.reason == "completed"
                    for gap in self.gaps
                ),
                declines=self.still_refused(
                    kpi, partner, self.day(customer.company, now), now
                ),
                versions=[
                    Version(
                        None, None, customer.company, customer.user, customer.segments
                    )
                ],
            )
        )

    def close(self, gap, now, reason, credit):
        gap.closed_at = now
        gap.closed_on = max(self.day(gap.company, now), gap.opened_on)
        gap.reason = reason
        gap.closed_by = None if reason == "redefined" else credit
        if reason == "completed" and gap.origin == "observed":
            gap.days = (now - gap.opened_at).total_seconds() / 86400

    def forget(self, partner, now, reason, credit):
        """A customer is gone: deleted (``left``) or ``merged``."""
        for gap in self.gaps:
            if gap.partner == partner:
                if not gap.closed_at:
                    self.close(gap, now, reason, credit)
                gap.partner = None

    # -- runs ------------------------------------------------------------------

    def evaluate(self, kpi, found, now, key):
        """The refresh: past days become final, today's figures are taken.

        :param found: ``{customer: Seen}``, the population as it is now
        """
        today = self.days(now)
        over = [
            run
            for run in self.runs.values()
            if run.kpi == kpi
            and (
                (run.state == "provisional" and run.date < today[run.series])
                or self.is_outdated(run, min(today.values()))
            )
        ]
        current = [
            self.runs.setdefault((kpi, series, day), ToldRun(kpi, series, day))
            for series, day in today.items()
        ]
        for run in [*over, *current]:
            run.rows = self.figures(kpi, run.series, run.date, found)
            run.opened, run.completed, run.left = self.flows(kpi, run.series, run.date)
            run.moved = self.moved(kpi, run.series, run.date)
            run.evaluated_at = now
            run.state = "done"
        for run in current:
            run.state = "provisional"
            run.key = key

    def is_outdated(self, run, today):
        """Final, but of late, and the ledger tells another story by now."""
        if run.state != "done" or run.date < today - timedelta(days=2):
            return False
        opened, completed, left = self.flows(run.kpi, run.series, run.date)
        moved = self.moved(run.kpi, run.series, run.date)
        return (run.opened, run.completed + run.left, run.moved) != (
            opened,
            completed + left,
            moved,
        )

    def moved(self, kpi, series, day):
        """Gaps whose customers came to a series, left or changed in it, on a day."""
        return sum(
            any(
                day in (version.since, version.until) and version.company == series
                for version in gap.versions
            )
            for gap in self.gaps
            if gap.kpi == kpi
        )

    def figures(self, kpi, series, day, found):
        """``{segments: [customers, missing, declined]}`` as of the end of a day."""
        held = [
            (gap, version)
            for gap in self.gaps
            if gap.kpi == kpi
            for version in gap.held(day)
        ]
        rows = {}

        def count(what, gap=None):
            if what.company == series:
                key = what.company, what.user, *what.segments
                row = rows.setdefault(key, [0, 0, 0])
                row[0] += 1
                row[1] += bool(gap)
                row[2] += bool(gap) and any(d.in_force(day) for d in gap.declines)

        for gap, version in held:
            count(version, gap)  # also when it is no longer a customer
        missing = {gap.partner for gap, _version in held}
        for partner, customer in found.items():
            if partner not in missing and self.day(series, customer.born) <= day:
                count(customer)
        return rows

    def flows(self, kpi, series, day):
        """Gaps opened, completed, and closed for any other reason on a day.

        In the company that the customer was of when it opened, and when it closed.
        """
        flows = Counter()
        for gap in self.gaps:
            if gap.kpi == kpi and gap.versions[0].company == series:
                flows["opened"] += gap.opened_on == day
            if gap.kpi == kpi and gap.company == series and gap.closed_on == day:
                flows["completed" if gap.reason == "completed" else "left"] += 1
        return flows["opened"], flows["completed"], flows["left"]

    def redefined(self, run):
        """Whether a run was made with another definition than the one before."""
        before = [
            other
            for other in self.runs.values()
            if (other.kpi, other.series) == (run.kpi, run.series)
            and other.date < run.date
            and other.key
        ]
        return bool(before) and max(before, key=lambda r: r.date).key != run.key
