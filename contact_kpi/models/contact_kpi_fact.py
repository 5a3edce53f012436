# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

from .contact_kpi_run import WITH_FACTS

COUNTS = ("customers", "missing", "declined", "unclassified")


class ContactKpiFact(models.Model):
    """What an indicator counted of a combination of segments, from day to day.

    A row holds from the day of one run until that of another, which counted
    otherwise, or to the end of the month. So a day costs what has changed since the
    day before; and the figures of any run are the rows that cover its day, found
    among those of its month: ``contact.kpi.snapshot`` shows them.

    The only writer of the table; by SQL, with plain numbers instead of references:
    what they lead to may be deleted, and the totals stand.
    """

    _name = "contact.kpi.fact"
    _description = "Contact Indicator Fact"
    _log_access = False

    indicator_id = fields.Many2one("contact.kpi", required=True, ondelete="cascade")
    company_id = fields.Integer(required=True)  # 0: shared by all companies
    # Days of the first run that it is true of, and of the first that it is no longer,
    # if there is one in its month.
    since = fields.Date(required=True)
    until = fields.Date()
    user_id = fields.Integer()
    is_company = fields.Boolean("Is a Company")
    customer_type_id = fields.Integer()
    industry_id = fields.Integer()
    country_id = fields.Integer()
    state_id = fields.Integer()
    customers = fields.Integer(required=True)
    missing = fields.Integer(required=True)
    declined = fields.Integer(required=True)
    unclassified = fields.Integer("Not Yet Classified", required=True)

    # The rows of a day: those that began in its month, less what has ended.
    _month_idx = models.Index(
        "(indicator_id, company_id, date_trunc('month', since::timestamp))"
    )

    @api.model
    def _grain(self):
        """Names of the columns that tell the rows of one day apart."""
        names = self.env["contact.kpi.snapshot"]._segment_names()
        return ["company_id", "user_id", *names]

    @api.model
    def _covers_sql(self, run="r"):
        """SQL: is a row ``f`` true of a run?"""
        return SQL(
            """(f.indicator_id = %(run)s.indicator_id
                AND f.company_id = COALESCE(%(run)s.company_id, 0)
                AND %(began)s = %(month)s
                AND f.since <= %(run)s.date
                AND COALESCE(f.until, 'infinity') > %(run)s.date)""",
            run=SQL.identifier(run),
            # Equal, so that PostgreSQL may join by it, whatever it knows of the days.
            began=self._month_sql(SQL("f.since")),
            month=self._month_sql(SQL.identifier(run, "date")),
        )

    @api.model
    def _month_sql(self, date):
        """SQL of a day's month, as the index has it."""
        return SQL("date_trunc('month', %s::timestamp)", date)

    @api.model
    def _record(self, kpi, date, series, wanted):
        """Make these the facts of a day: only what differs is written.

        Whatever later runs of the same series counted stays what it is. The first run
        of a month writes all of them.

        :param series: ids of companies, 0 for what all of them share
        :param wanted: ``{grain: counts}``, with the columns of :meth:`_grain` and
            :data:`COUNTS`
        """
        later = self._later_runs(kpi, date, series)
        wanted = {
            (grain[0] or 0, *grain[1:]): tuple(row) for grain, row in wanted.items()
        }
        ended, corrected = [], []
        for fact, since, until, row in self._recorded(kpi, date, series):
            grain, counts = row[: -len(COUNTS)], row[-len(COUNTS) :]
            new = wanted.get(grain)
            if new == counts:
                del wanted[grain]
                continue
            following = later.get(grain[0])
            alone = since == date and (not following or until == following)
            if new and alone:
                corrected.append((fact, *wanted.pop(grain)))
            else:
                ended.append((fact, following))
        self._end(date, ended)
        self._correct(corrected)
        self._begin(kpi, date, later, wanted)
        self.invalidate_model(flush=False)
        self.env["contact.kpi.snapshot"].invalidate_model(flush=False)

    @api.model
    def _later_runs(self, kpi, date, series):
        """Each series' next run with facts in the same month: ``{series: date}``."""
        self.env.flush_all()
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT COALESCE(company_id, 0), MIN(date)
                      FROM contact_kpi_run
                     WHERE indicator_id = %s AND state IN %s
                       AND COALESCE(company_id, 0) = ANY(%s)
                       AND date BETWEEN %s AND %s
                       -- Made a moment ago, it has no facts of its own yet.
                       AND (state = 'done' OR evaluated_at IS NOT NULL)
                     GROUP BY 1
                    """,
                    kpi.id,
                    WITH_FACTS,
                    list(series),
                    fields.Date.add(date, days=1),
                    fields.Date.end_of(date, "month"),
                )
            )
        )

    @api.model
    def _recorded(self, kpi, date, series):
        """The rows of a day: id, since, until, and a tuple of grain and counts."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id, since, until, %s FROM contact_kpi_fact
                 WHERE indicator_id = %s AND company_id = ANY(%s)
                   AND %s = %s AND since <= %s AND COALESCE(until, 'infinity') > %s
                """,
                SQL(", ").join(map(SQL.identifier, [*self._grain(), *COUNTS])),
                kpi.id,
                list(series),
                self._month_sql(SQL("since")),
                self._month_sql(SQL("%s", date)),
                date,
                date,
            )
        )
        return [(*row[:3], row[3:]) for row in rows]

    @api.model
    def _end(self, date, ended):
        """Have rows hold no longer than until a day, nor before the next run's.

        :param ended: pairs of a row's id and the day of its series' next run
        """
        if not ended:
            return
        names = [*self._grain(), *COUNTS]
        self.env.cr.execute(
            SQL(
                """
                WITH ended AS (
                    SELECT f.*, v.later FROM contact_kpi_fact f
                      JOIN (%(rows)s) AS v ON v.id = f.id
                ),
                rest AS (
                    INSERT INTO contact_kpi_fact (indicator_id, since, until, %(names)s)
                    SELECT indicator_id, later, until, %(names)s FROM ended
                     WHERE later < COALESCE(until, 'infinity')
                ),
                gone AS (
                    DELETE FROM contact_kpi_fact f USING ended
                     WHERE f.id = ended.id AND f.since = %(date)s
                )
                UPDATE contact_kpi_fact f SET until = %(date)s FROM ended
                 WHERE f.id = ended.id AND f.since < %(date)s
                """,
                rows=self._rows_sql({"id": "int4", "later": "date"}, ended),
                names=SQL(", ").join(map(SQL.identifier, names)),
                date=date,
            )
        )

    @api.model
    def _correct(self, corrected):
        """Change the counts of rows in place.

        :param corrected: tuples of a row's id and its counts
        """
        if not corrected:
            return
        types = dict.fromkeys(("id", *COUNTS), "int4")
        self.env.cr.execute(
            SQL(
                "UPDATE contact_kpi_fact f SET %s FROM (%s) AS v WHERE f.id = v.id",
                SQL(", ").join(
                    SQL("%s = v.%s", SQL.identifier(name), SQL.identifier(name))
                    for name in COUNTS
                ),
                self._rows_sql(types, corrected),
            )
        )

    @api.model
    def _begin(self, kpi, date, later, wanted):
        """Add rows that hold from a day on, until the next run's.

        :param later: days by series, see :meth:`_later_runs`
        """
        if not wanted:
            return
        names = [*self._grain(), *COUNTS]
        types = {name: self._fields[name].column_type[0] for name in names}
        rows = [
            (later.get(grain[0]), *grain, *counts) for grain, counts in wanted.items()
        ]
        self.env.cr.execute(
            SQL(
                "INSERT INTO contact_kpi_fact (indicator_id, since, until, %s)"
                " SELECT %s, %s, v.* FROM (%s) AS v",
                SQL(", ").join(map(SQL.identifier, names)),
                kpi.id,
                date,
                self._rows_sql({"until": "date", **types}, rows),
            )
        )

    @api.model
    def _rows_sql(self, types, rows):
        """SQL of a SELECT of these rows.

        :param types: PostgreSQL's types by name of column
        """
        columns = zip(*rows, strict=True)
        return SQL(
            "SELECT * FROM unnest(%s) AS v (%s)",
            SQL(", ").join(
                SQL("%s::%s[]", list(values), SQL(kind))
                for kind, values in zip(types.values(), columns, strict=True)
            ),
            SQL(", ").join(map(SQL.identifier, types)),
        )

    @api.model
    def _fold(self, months):
        """Forget what was true of no run that is left. Two statements, by index.

        What ended after the last run of its month holds to the end of the month.

        :param months: a set of (indicator, series, a day): of whose months runs went
        """
        if not months:
            return
        types = {"indicator_id": "int4", "company_id": "int4", "day": "date"}
        place = self._rows_sql(types, [*months])
        here = SQL(
            """f.indicator_id = place.indicator_id AND f.company_id = place.company_id
               AND %s = %s""",
            self._month_sql(SQL("f.since")),
            self._month_sql(SQL("place.day")),
        )
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM contact_kpi_fact f USING (%s) AS place
                 WHERE %s AND NOT EXISTS (SELECT 1 FROM contact_kpi_run r
                                           WHERE %s AND r.state IN %s)
                """,
                place,
                here,
                self._covers_sql(),
                WITH_FACTS,
            )
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE contact_kpi_fact f SET until = NULL FROM (%s) AS place
                 WHERE %s AND f.until IS NOT NULL AND NOT EXISTS (
                       SELECT 1 FROM contact_kpi_run r
                        WHERE r.indicator_id = f.indicator_id AND r.state IN %s
                          AND COALESCE(r.company_id, 0) = f.company_id
                          AND r.date >= f.until AND %s = %s)
                """,
                place,
                here,
                WITH_FACTS,
                self._month_sql(SQL("r.date")),
                self._month_sql(SQL("f.since")),
            )
        )
        self.invalidate_model(flush=False)
        self.env["contact.kpi.snapshot"].invalidate_model(flush=False)
