# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

from .run import WITH_FACTS

COUNTS = ("customers", "missing", "declined", "unclassified")


class ContactKpiFact(models.Model):
    """What an indicator counted of a combination of segments, from day to day.

    A row holds from the day of one run until that of another, which counted
    otherwise, or to the end of the month. So a day costs what has changed since the
    day before; and the figures of any run are the rows that cover its day, found
    among those of its month: ``contact.kpi.snapshot`` shows them.

    The only writer of the table, by SQL.
    """

    _name = "contact.kpi.fact"
    _inherit = ["contact.kpi.grain.mixin"]
    _description = "Contact Indicator Fact"
    _log_access = False

    indicator_id = fields.Many2one("contact.kpi", required=True, ondelete="cascade")
    # Days of the first run that it is true of, and of the first that it is no longer,
    # if there is one in its month.
    since = fields.Date(required=True)
    until = fields.Date()
    customers = fields.Integer(required=True)
    missing = fields.Integer(required=True)
    declined = fields.Integer(required=True)
    unclassified = fields.Integer("Not Yet Classified", required=True)

    # The rows of a day: those that began in its month, less what has ended.
    _month_idx = models.Index(
        "(indicator_id, company_id, date_trunc('month', since::timestamp))"
    )

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
    def _within_sql(self, span):
        """SQL: is a row ``f`` true on one of the days of a series?"""
        return SQL(
            """(f.indicator_id = %(span)s.indicator_id
                AND f.company_id = COALESCE(%(span)s.company_id, 0)
                AND f.since <= %(span)s.last_day
                AND COALESCE(f.until, (%(month)s + INTERVAL '1 month')::date)
                    > %(span)s.first_day)""",
            span=SQL.identifier(span),
            month=self._month_sql(SQL("f.since")),
        )

    @api.model
    def _month_sql(self, date):
        """SQL of a day's month, as the index has it."""
        return SQL("date_trunc('month', %s::timestamp)", date)

    @api.model
    def _record(self, kpi, date, series, given, difference=False):
        """Make these the facts of a day: only what differs is written. One statement.

        Whatever later runs of the same series counted stays what it is. The first run
        of a month writes all of them.

        :param series: ids of companies, 0 for what all of them share
        :param given: SQL of a SELECT of grain and counts, in the order of
            :meth:`_grain` and :data:`COUNTS`; rows of the same grain are added up
        :param difference: they are to be added to the facts that the day has
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                WITH given AS (%(given)s),
                later AS (%(later)s),
                recorded AS (%(recorded)s),
                differing AS (%(differing)s),
                corrected AS (%(corrected)s),
                ended AS (
                    SELECT f.*, d.later FROM contact_kpi_fact f
                      JOIN differing d ON f.id = ANY(d.ids) AND NOT d.in_place
                ),
                rest AS (
                    INSERT INTO contact_kpi_fact (indicator_id, since, until, %(names)s)
                    SELECT indicator_id, later, until, %(names)s FROM ended
                     WHERE later < COALESCE(until, 'infinity')
                ),
                gone AS (
                    DELETE FROM contact_kpi_fact f USING ended
                     WHERE f.id = ended.id AND f.since = %(date)s
                ),
                over AS (
                    UPDATE contact_kpi_fact f SET until = %(date)s FROM ended
                     WHERE f.id = ended.id AND f.since < %(date)s
                )
                INSERT INTO contact_kpi_fact (indicator_id, since, until, %(names)s)
                SELECT %(kpi)s, %(date)s, later, %(names)s FROM differing
                 WHERE NOT in_place AND customers != 0
                """,
                kpi=kpi.id,
                date=date,
                names=self._names_sql([*self._grain(), *COUNTS]),
                given=SQL(
                    "SELECT %s FROM (%s) AS given (%s)",
                    SQL(", ").join(
                        SQL("%s::%s", SQL.identifier(name), SQL(kind))
                        for name, kind in self._kinds().items()
                    ),
                    given,
                    self._names_sql([*self._grain(), *COUNTS]),
                ),
                later=self._later_sql(kpi, date, series),
                recorded=self._recorded_sql(kpi, date, series, difference),
                differing=self._differing_sql(date, difference),
                corrected=self._corrected_sql(),
            )
        )
        self._changed()

    @api.model
    def _changed(self):
        """What was read of facts is true no longer; for whoever shows them, too."""
        self.invalidate_model(flush=False)

    @api.model
    def _kinds(self):
        """PostgreSQL's types of grain and counts, by name of column."""
        return {
            name: self._fields[name].column_type[0]
            for name in [*self._grain(), *COUNTS]
        }

    @api.model
    def _given_sql(self, rows):
        """SQL of a SELECT of rows of grain and counts, for :meth:`_record`."""
        return self._rows_sql(self._kinds(), rows)

    @api.model
    def _names_sql(self, names, shape="{}"):
        """SQL of a list of columns, each in some shape."""
        return SQL(", ").join(SQL(shape.format(f'"{name}"')) for name in names)

    @api.model
    def _later_sql(self, kpi, date, series):
        """SQL of each series' next run with facts in the same month."""
        return SQL(
            """
            SELECT COALESCE(company_id, 0) AS company_id, MIN(date) AS later
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

    @api.model
    def _recorded_sql(self, kpi, date, series, difference):
        """SQL of the facts of a day; of a difference only those of its grains."""
        grain = self._names_sql(self._grain())
        return SQL(
            """
            SELECT * FROM contact_kpi_fact
             WHERE indicator_id = %(kpi)s AND company_id = ANY(%(series)s)
               AND %(began)s = %(month)s AND since <= %(date)s
               AND COALESCE(until, 'infinity') > %(date)s
               -- One that is there by chance differs in nothing.
               AND (NOT %(difference)s
                    OR hash_record(ROW(%(grain)s)) IN (
                        SELECT hash_record(ROW(%(grain)s)) FROM given))
            """,
            grain=grain,
            kpi=kpi.id,
            series=list(series),
            began=self._month_sql(SQL("since")),
            month=self._month_sql(SQL("%s", date)),
            date=date,
            difference=difference,
        )

    @api.model
    def _differing_sql(self, date, difference):
        """SQL of the grains that count otherwise than is on record.

        With their new counts, the ``ids`` of the rows on record, and whether one that
        is of this day alone is to be corrected ``in_place``.
        """
        was = self._names_sql(COUNTS, "SUM({}) FILTER (WHERE id IS NOT NULL)")
        return SQL(
            """
            SELECT total.*, later.later,
                   cardinality(total.ids) = 1 AND total.customers != 0
                   AND total.since = %(date)s
                   AND total.until IS NOT DISTINCT FROM later.later AS in_place
              FROM (SELECT %(grain)s, %(sums)s,
                           array_remove(array_agg(id), NULL) AS ids,
                           MIN(since) AS since, MIN(until) AS until,
                           (%(is)s) IS DISTINCT FROM (%(was)s) AS differs
                      FROM (SELECT NULL::int AS id, NULL::date AS since,
                                   NULL::date AS until, %(names)s FROM given
                             UNION ALL
                            SELECT id, since, until, %(names)s FROM recorded) AS each
                     GROUP BY %(grain)s) AS total
              LEFT JOIN later ON later.company_id = total.company_id
             WHERE total.differs
            """,
            date=date,
            grain=self._names_sql(self._grain()),
            names=self._names_sql([*self._grain(), *COUNTS]),
            sums=self._names_sql(COUNTS, f"{self._new_sql(difference)} AS {{0}}"),
            was=was,
            **{"is": self._names_sql(COUNTS, self._new_sql(difference))},
        )

    @api.model
    def _new_sql(self, difference):
        """The shape of a new count: what is given, or what is given and was there."""
        given = "" if difference else " FILTER (WHERE id IS NULL)"
        return f"COALESCE(SUM({{0}}){given}, 0)"

    @api.model
    def _corrected_sql(self):
        """Change the counts of rows in place."""
        return SQL(
            "UPDATE contact_kpi_fact f SET %s FROM differing d"
            " WHERE d.in_place AND f.id = d.ids[1]",
            self._names_sql(COUNTS, "{0} = d.{0}"),
        )

    @api.model
    def _rows_sql(self, types, rows):
        """SQL of a SELECT of these rows.

        :param types: PostgreSQL's types by name of column
        """
        columns = list(zip(*rows, strict=True)) or [()] * len(types)
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
        self._changed()
