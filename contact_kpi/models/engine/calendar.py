# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The companies' calendar days, for Python and for SQL.

Figures come in *series*: one per company, by its id, and series 0 for what no company
owns, which follows the main company. A series' date is that of the time zone of its
company's working hours, else of UTC. Days are dates, moments are naive datetimes in
UTC. ``res.company`` makes these objects; they cost its ``_contact_kpi_zones()``, one
query per transaction, and nothing more.
"""

from odoo.tools import SQL


def series_of(record):
    """The series of a record with a ``company_id``, which may be empty."""
    return record.company_id.id or 0


class Days(dict):
    """A date per series, such as today's: ``{series: date}``."""

    def of(self, record):
        """The date of a record's series."""
        return self[series_of(record)]

    def elsewhere(self):
        """The series with another date than series 0: ``{date: [series]}``."""
        others = {}
        for series, day in self.items():
            if day != self[0]:
                others.setdefault(day, []).append(series)
        return others

    def values_sql(self):
        """SQL of the rows (series, date) of a ``VALUES`` list."""
        return SQL(", ").join(
            SQL("(%s, %s::date)", series, day) for series, day in self.items()
        )

    def day_sql(self, company):
        """SQL of the date of a row; a constant as long as all series share it.

        :param company: SQL of the row's company, NULL where there is none
        """
        if not (others := self.elsewhere()):
            return SQL("%s::date", self[0])
        return SQL(
            "CASE %s ELSE %s::date END",
            SQL(" ").join(
                SQL("WHEN %s = ANY(%s) THEN %s::date", company, series, day)
                for day, series in others.items()
            ),
            self[0],
        )


class Series(dict):
    """The company whose day each series follows: ``{series: company}``."""

    def of(self, record):
        """The company of a record's series."""
        return self[series_of(record)]

    def days(self, moment):
        """Each series' date at a moment (naive, UTC)."""
        return Days(
            (series, company._contact_kpi_day(moment))
            for series, company in self.items()
        )

    def ends_sql(self, day, among=None):
        """SQL of the rows (series, time zone, end of a day) of a ``VALUES`` list.

        The end is exclusive: the first moment of the next day, naive, in UTC.

        :param among: only these series
        """
        return SQL(", ").join(
            SQL(
                "(%s, %s, %s::timestamp)",
                series,
                self[series]._contact_kpi_timezone().zone,
                self[series]._contact_kpi_day_end(day),
            )
            for series in (self if among is None else among)
        )
