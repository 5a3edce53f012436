# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The days of the companies, for Python and for SQL.

Figures run in *series*: one for each company, by its id, and the series 0 of what no
company owns, which follows the main company. The day of a series is that of its
company's working hours' time zone, else of UTC; ``res.company`` says whose it is and
makes what is here. Days are dates, moments are naive datetimes in UTC. Cost: that of
``_contact_kpi_zones()``, one query a transaction; nothing more is asked here.
"""

from odoo.tools import SQL


def series_of(record):
    """The series of a record that has a company, or none."""
    return record.company_id.id or 0


class Days(dict):
    """A day for every series, such as the present one: ``{series: date}``."""

    def of(self, record):
        """The day of a record that has a company, or none."""
        return self[series_of(record)]

    def elsewhere(self):
        """The other days than that of series 0, and whose: ``{date: [series]}``."""
        others = {}
        for series, day in self.items():
            if day != self[0]:
                others.setdefault(day, []).append(series)
        return others

    def values_sql(self):
        """SQL of the rows (series, day), to stand after ``VALUES``."""
        return SQL(", ").join(
            SQL("(%s, %s::date)", series, day) for series, day in self.items()
        )

    def day_sql(self, company):
        """SQL of the day of a row; a constant, while all have the same.

        :param company: SQL of the row's company, null where there is none
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
        """The day of a moment."""
        return Days(
            (series, company._contact_kpi_day(moment))
            for series, company in self.items()
        )

    def ends_sql(self, day, among=None):
        """SQL of the rows (series, time zone, moment at which a day ends).

        To stand after ``VALUES``. The end is the first moment of the next day.

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
