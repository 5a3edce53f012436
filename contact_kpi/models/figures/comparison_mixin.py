# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.tools import SQL, Query
from odoo.tools.misc import get_lang

from ..engine.run import WITH_FACTS

# Date specs by their unit of time, finest first.
UNITS = {
    "day": ("day", "day_of_month", "day_of_week", "day_of_year"),
    "week": ("week", "iso_week_number"),
    "month": ("month", "month_number"),
    "quarter": ("quarter", "quarter_number"),
    "year": ("year", "year_number"),
}
# Roles of a fact, relative to the closing under which it is shown.
CLOSING, PREVIOUS, LAST_YEAR, OTHER = "closing", "previous", "last_year", "other"


class ContactKpiComparisonMixin(models.AbstractModel):
    """Closings beside those of the period before, and of the same one last year.

    Each closing has a baseline: the last run of its series inside the bucket
    before; for last year inside the same bucket a year earlier, weeks being 52
    weeks earlier. The buckets are those of the finest date that is grouped by,
    else those of the indicator's analysis period. The time part of a filter is
    shifted along: until 5 June, a month is compared until 5 May. Month ends stay
    month ends, so that the whole of June is compared with the whole of May.

    Of these rows of one series, by month and until 5 June::

        run      missing        run read  shown under  role
        May 5          6        May 31    May 31       closing
        May 31         7    →   June 5    June 5       closing
        June 5         4        May 5     June 5       previous

                                month     missing      before  change
                            →   May             7
                                June            4           6      -2

    How it works: when such a measure is asked for, the facts are read from a
    table expression (the model's :meth:`_facts_sql`) that shows them under the run
    and the day of the closing that they belong to, once as its own and once for
    each baseline, told apart by a role. All grouping and filtering by time then
    happens on the closing's day. Three queries: two small ones over the runs, for the
    closings and for their baselines, and one over the facts.

    A bucket without a baseline has no change; one in which nothing was missing
    has. To use it: name the measures in ``_closing_comparisons`` as
    ``{field: (baseline, measure, kind)}``, where the kind is ``value`` (of the
    baseline), ``change`` (against it) or ``points`` (of a ratio, in percent).
    """

    _name = "contact.kpi.comparison.mixin"
    _inherit = ["contact.kpi.closing.mixin"]
    _description = "Comparison of Semi-additive Measures"

    _closing_comparisons = {}

    def _own_measures(self):
        return super()._own_measures() | self._closing_comparisons.keys()

    def _maybe_empty(self):
        return super()._maybe_empty() | self._closing_comparisons.keys()

    def _shown_aggregators(self):
        comparisons = dict.fromkeys(self._closing_comparisons, "sum")
        return {**super()._shown_aggregators(), **comparisons}

    # -- SQL of one aggregate ------------------------------------------------

    def _count_sql(self):
        if self._asked("keep_rows") and self._asked("roles"):
            # Each fact has one of these roles once; baselines repeat it.
            return SQL(
                "COALESCE(SUM(%s) FILTER (WHERE %s), 0)",
                SQL.identifier(self._table, "rows"),
                self._is_role(CLOSING, OTHER),
            )
        return super()._count_sql()

    def _measure_sql(self, fname, query):
        if fname not in self._closing_comparisons:
            return super()._measure_sql(fname, query)
        baseline, measure, kind = self._closing_comparisons[fname]
        before = self._role_sql(measure, baseline, query)
        if kind != "value":
            before = SQL("(%s - %s)", self._role_sql(measure, CLOSING, query), before)
        if kind == "points":
            return SQL("100 * %s", before)  # NULL where either ratio is
        # A segment without rows in the baseline had 0; without a baseline, NULL.
        exists = SQL.identifier(self._table, f"has_{baseline}")
        return SQL("CASE WHEN bool_or(%s) THEN %s END", exists, before)

    def _sum_sql(self, fname, query):
        if self._asked("roles"):
            return self._role_sql(fname, CLOSING, query)
        return super()._sum_sql(fname, query)

    def _role_sql(self, measure, role, query):
        """SQL of a measure over the rows that have this role in a group."""

        def sum_sql(name):
            return SQL(
                "COALESCE(SUM(%s) FILTER (WHERE %s), 0)",
                self._field_to_sql(self._table, name, query),
                self._is_role(role),
            )

        if measure in self._ratios:
            return self._ratio_sql(measure, sum_sql)
        return sum_sql(measure)

    def _is_role(self, *roles):
        """SQL condition: a row has one of these roles."""
        return SQL("%s IN %s", SQL.identifier(self._table, "role"), roles)

    # -- the facts under the closings that they belong to ---------------------

    @api.model
    def _answering(self, domain, question):
        baselines = {
            self._closing_comparisons[name][0]
            for name in self._own_asked(question.measures)
            if name in self._closing_comparisons
        }
        if not baselines:
            return super()._answering(domain, question)
        seen = self._seen(domain)
        names = self._names_asked(seen, question)
        keep_rows = self._keeps_rows(question, names)
        timeline = self._timeline_sql(seen, question.apart, baselines, keep_rows)
        shown = {"run_id": SQL("r.run_id"), "date": SQL("r.shown_on")}
        for name in ("role", "has_previous", "has_last_year"):
            shown[name] = SQL.identifier("r", name)
        spans = self._spans_sql(seen) if question.grand_total else None
        rows = self._facts_sql(timeline, shown, None if keep_rows else names, spans)
        return self._asking(rows=rows, roles=True), domain

    @api.model
    def _timeline_sql(self, domain, buckets, baselines, keep_rows=False):
        """SQL of the runs whose facts are read, and under which closing.

        Constants, found by two queries over the runs.

        :param buckets: see :meth:`_closing_buckets`
        :param baselines: those of interest, ``previous`` and ``last_year``
        :param keep_rows: also runs that close nothing, in the role ``other``
        :return: a SELECT of fact_run_id, indicator_id, company_id and date of the run
            that is read, run_id and shown_on of the closing, role, has_previous,
            has_last_year
        """
        Run = self.env[self._closing_run_model].sudo()
        runs = self._closing_runs(domain, buckets)
        if runs is None:
            runs = list(Run._search(self._closing_run_domain(domain)))
        timeline = self._roles_sql(domain, buckets, baselines, runs)
        if keep_rows:
            timeline = SQL(
                """(%s) UNION ALL
                SELECT run.id, %s, run.date, run.id, run.date, 'other', FALSE, FALSE
                  FROM %s AS run WHERE run.id != ALL(%s) AND run.state IN %s""",
                timeline,
                SQL(", ").join(map(SQL.identifier, self._closing_series)),
                SQL.identifier(Run._table),
                runs,
                WITH_FACTS,
            )
        # Runs are few and facts many: as constants, they tell the planner how few,
        # whatever its statistics.
        rows = self.env.execute_query(timeline)
        columns = [list(column) for column in zip(*rows, strict=True)] or [[]] * 9
        return SQL(
            "SELECT * FROM unnest(%s::int[], %s::int[], %s::int[], %s::date[],"
            " %s::int[], %s::date[], %s::text[], %s::bool[], %s::bool[])"
            " AS t (fact_run_id, indicator_id, company_id, date, run_id, shown_on,"
            " role, has_previous, has_last_year)",
            *columns,
        )

    @api.model
    def _roles_sql(self, domain, buckets, baselines, runs):
        """SQL of closings and of their baselines, with the columns of a timeline.

        :param runs: ids of the runs that close; for the rest see :meth:`_timeline_sql`
        """
        Run = self.env[self._closing_run_model]
        names = SQL(", ").join(map(SQL.identifier, self._closing_series))
        return SQL(
            """
            WITH dated AS MATERIALIZED (
                SELECT run.id, run.date, %(series)s, run.unit, %(start)s AS start
                  FROM (SELECT run.*, %(unit)s AS unit FROM %(run)s AS run) AS run
            ),
            closing AS MATERIALIZED (
                SELECT * FROM dated WHERE id = ANY(%(runs)s)
            ),
            previous AS MATERIALIZED (%(previous)s),
            last_year AS MATERIALIZED (%(last_year)s)
            SELECT role.run_id AS fact_run_id, %(read)s, role.date,
                   closing.id AS run_id, closing.date AS shown_on, role.role,
                   previous.id IS NOT NULL AS has_previous,
                   last_year.id IS NOT NULL AS has_last_year
              FROM closing
              LEFT JOIN previous ON %(same_as_previous)s
               AND previous.start = (closing.start - %(step)s)::date
              LEFT JOIN last_year ON %(same_as_last_year)s
               AND last_year.start = (closing.start - %(year)s)::date
             CROSS JOIN LATERAL (VALUES (closing.id, closing.date, 'closing'),
                                        (previous.id, previous.date, 'previous'),
                                        (last_year.id, last_year.date, 'last_year')
                                ) AS role (run_id, date, role)
             WHERE role.run_id IS NOT NULL
            """,
            series=SQL(", ").join(map(self._series_sql, self._closing_series)),
            read=SQL(", ").join(
                SQL(
                    "NULLIF(closing.%(name)s, 0) AS %(name)s", name=SQL.identifier(name)
                )
                for name in self._closing_series
            ),
            start=self._period_start_sql(SQL("run.date"), SQL("run.unit")),
            unit=self._unit_sql(buckets),
            run=SQL.identifier(Run._table),
            runs=runs,
            previous=self._baseline_sql(domain, buckets, PREVIOUS, baselines, names),
            last_year=self._baseline_sql(domain, buckets, LAST_YEAR, baselines, names),
            same_as_previous=self._same_series_sql(PREVIOUS),
            same_as_last_year=self._same_series_sql(LAST_YEAR),
            step=_step_sql(SQL("closing.unit")),
            year=_year_sql(SQL("closing.unit")),
        )

    @api.model
    def _series_sql(self, name):
        """SQL of a column of a run's series, 0 instead of NULL."""
        return SQL("COALESCE(run.%(name)s, 0) AS %(name)s", name=SQL.identifier(name))

    @api.model
    def _same_series_sql(self, baseline):
        """SQL condition: a run of a CTE is of the series of ``closing``."""
        return SQL(" AND ").join(
            SQL(
                "%s = %s",
                SQL.identifier(baseline, name),
                SQL.identifier("closing", name),
            )
            for name in self._closing_series
        )

    @api.model
    def _baseline_sql(self, domain, buckets, baseline, baselines, series):
        """SQL of the last run of each series and period that may be a baseline.

        The filter is evaluated on the run's date moved forward to the closing's period.
        """
        if baseline not in baselines:
            return SQL("SELECT * FROM dated WHERE FALSE")
        Run = self.env[self._closing_run_model].sudo()
        date, unit = SQL("run.date"), SQL("run.unit")
        if baseline == PREVIOUS:
            step, in_days = _step_sql(unit), SQL("%s IN ('day', 'week')", unit)
        else:
            step, in_days = _year_sql(unit), SQL("%s = 'week'", unit)
        table = SQL(
            """(SELECT %s, (CASE WHEN %s THEN %s + %s ELSE %s END)::date AS date
                  FROM (SELECT run.*, %s AS unit FROM %s AS run) AS run)""",
            SQL(", ").join(
                SQL.identifier("run", name) for name in _columns(Run) if name != "date"
            ),
            in_days,
            date,
            step,
            _months_later_sql(date, step),
            self._unit_sql(buckets),
            SQL.identifier(Run._table),
        )
        query = Query(self.env, Run._table, table)
        condition = self._closing_run_domain(domain).optimize_full(Run)
        query.add_where(condition._to_sql(Run, Run._table, query))
        return SQL(
            # ARRAY(…): evaluated once, whatever the plan.
            """SELECT DISTINCT ON (%s, start) * FROM dated WHERE id = ANY(ARRAY(%s))
                ORDER BY %s, start, date DESC""",
            series,
            query.select(),
            series,
        )

    # -- periods -------------------------------------------------------------

    @api.model
    def _unit_sql(self, buckets):
        """SQL of the unit of time that a ``run`` is compared by."""
        grouped = {spec.rpartition(":")[2] for spec in buckets}
        for unit, specs in UNITS.items():
            if grouped.intersection(specs):
                return SQL("%s::text", unit)
        return SQL(
            "(SELECT %s FROM contact_kpi kpi WHERE kpi.id = run.indicator_id)",
            # As a field, so that pending writes to it are flushed first.
            self.env["contact.kpi"]._field_to_sql("kpi", "period"),
        )

    @api.model
    def _period_start_sql(self, date, unit):
        """SQL of the first day of a date's period; weeks as in the user's views."""
        offset = SQL("%s", int(get_lang(self.env).week_start) - 1)
        return SQL(
            """(CASE %(unit)s
                WHEN 'week'
                THEN date_trunc('week', (%(date)s - %(offset)s)::timestamp)
                     + %(offset)s * INTERVAL '1 day'
                ELSE date_trunc(%(unit)s, %(date)s::timestamp) END)::date""",
            unit=unit,
            date=date,
            offset=offset,
        )


def _columns(model):
    """Names of the columns of a model's table."""
    return [
        name
        for name, field in model._fields.items()
        if field.store and field.column_type
    ]


def _step_sql(unit):
    """SQL of the interval of a unit of time."""
    return SQL(
        "(CASE %s WHEN 'quarter' THEN INTERVAL '3 months'"
        " ELSE ('1 ' || %s)::interval END)",
        unit,
        unit,
    )


def _year_sql(unit):
    """SQL of the interval of a year: 52 weeks where weeks are compared."""
    return SQL(
        "(CASE %s WHEN 'week' THEN INTERVAL '364 days' ELSE INTERVAL '1 year' END)",
        unit,
    )


def _months_later_sql(date, step):
    """SQL of a date some months later; month ends stay month ends."""
    return SQL(
        """CASE WHEN EXTRACT(DAY FROM %(date)s + 1) = 1
                THEN ((%(date)s + 1) + %(step)s)::date - 1
                ELSE (%(date)s + %(step)s)::date END""",
        date=date,
        step=step,
    )
