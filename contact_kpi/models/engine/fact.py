# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

from .run import WITH_FACTS

COUNTS = ("customers", "missing", "declined", "unclassified")


class ContactKpiFact(models.Model):
    """The counts of one combination of segments, as an interval of days.

    A row holds from the day of one run until that of the next one that counted
    otherwise, at most to the end of the month. So a day costs what has changed since
    the day before, and the figures of a run are the rows of its month that cover its
    day: ``contact.kpi.snapshot`` shows them. Of the runs of one series, seen in one
    segment::

        run     missing        row  since   until   missing
        June 1        5        1    June 1  June 3        5
        June 2        5    →   2    June 3                4
        June 3        4        3    July 1                4
        July 1        4

    The only writer of the table, by SQL.
    """

    _name = "contact.kpi.fact"
    _inherit = ["contact.kpi.grain.mixin"]
    _description = "Contact Indicator Fact"
    _log_access = False

    indicator_id = fields.Many2one("contact.kpi", required=True, ondelete="cascade")
    # Days of the first run that it covers, and of the first that it no longer covers;
    # NULL if there is none in its month.
    since = fields.Date(required=True)
    until = fields.Date()
    customers = fields.Integer(required=True)
    missing = fields.Integer(required=True)
    declined = fields.Integer(required=True)
    unclassified = fields.Integer("Not Yet Classified", required=True)

    # The rows of a day are those that began in its month, less those that ended.
    _month_idx = models.Index(
        "(indicator_id, company_id, date_trunc('month', since::timestamp))"
    )

    @api.model
    def _covers_sql(self, run="r"):
        """SQL condition: row ``f`` covers a run."""
        return SQL(
            """(f.indicator_id = %(run)s.indicator_id
                AND f.company_id = COALESCE(%(run)s.company_id, 0)
                AND %(began)s = %(month)s
                AND f.since <= %(run)s.date
                AND COALESCE(f.until, 'infinity') > %(run)s.date)""",
            run=SQL.identifier(run),
            # An equality, so that the planner can join by it and by the index.
            began=self._month_sql(SQL("f.since")),
            month=self._month_sql(SQL.identifier(run, "date")),
        )

    @api.model
    def _within_sql(self, span):
        """SQL condition: row ``f`` covers a day of a span of days of its series."""
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
        """SQL of a day's month, the expression of the index."""
        return SQL("date_trunc('month', %s::timestamp)", date)

    @api.model
    def _record(self, kpi, date, series, given, difference=False):
        """Make these the facts of a day. One statement, which writes only what differs.

        The figures of later runs of these series stay what they are. The first run of a
        month writes all rows.

        :param series: ids of companies, 0 for what all of them share
        :param given: SQL of a SELECT of grain and counts, in the order of
            :meth:`_grain` and :data:`COUNTS`; rows of the same grain are added up
        :param difference: add them to the facts of that day, instead of replacing these
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
        """Drop facts from the cache; extended by models that show them."""
        self.invalidate_model(flush=False)

    @api.model
    def _kinds(self):
        """PostgreSQL types of grain and counts, ``{column: type}``, in this order."""
        return {
            name: self._fields[name].column_type[0]
            for name in [*self._grain(), *COUNTS]
        }

    @api.model
    def _given_sql(self, rows):
        """SQL of a SELECT of these rows of grain and counts, for :meth:`_record`."""
        return self._rows_sql(self._kinds(), rows)

    @api.model
    def _negated(self, rows):
        """Rows of grain and counts, with the signs of their counts changed."""
        size = len(self._grain())
        return [(*row[:size], *(-count for count in row[size:])) for row in rows]

    @api.model
    def _names_sql(self, names, shape="{}"):
        """SQL of a list of columns, each formatted into ``shape``."""
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
        """SQL of the facts on record for a day; for a difference, of its grains."""
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
        """SQL of the grains whose counts differ from those on record.

        With their new counts, the ``ids`` of the rows on record, and whether the row
        is updated ``in_place``, as it begins on this day and ends with the next run.
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
            sums=self._names_sql(COUNTS, f"{self._new_shape(difference)} AS {{0}}"),
            was=was,
            **{"is": self._names_sql(COUNTS, self._new_shape(difference))},
        )

    @api.model
    def _new_shape(self, difference):
        """A new count, as a shape for :meth:`_names_sql`: text, not yet SQL.

        :param difference: whether it is the given count and the one on record, added
            up; else the given one alone
        """
        given = "" if difference else " FILTER (WHERE id IS NULL)"
        return f"COALESCE(SUM({{0}}){given}, 0)"

    @api.model
    def _corrected_sql(self):
        """SQL that updates counts in place."""
        return SQL(
            "UPDATE contact_kpi_fact f SET %s FROM differing d"
            " WHERE d.in_place AND f.id = d.ids[1]",
            self._names_sql(COUNTS, "{0} = d.{0}"),
        )

    @api.model
    def _rows_sql(self, types, rows):
        """SQL of a SELECT of these rows, of which there may be none.

        :param types: PostgreSQL types, ``{column: type}``
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
        """Tidy the months of deleted runs. Two statements, by index.

        Rows that cover no run any more are deleted; rows that ended after the last run
        of their month hold to its end.

        :param months: a set of (indicator's id, series, a day of the month)
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
