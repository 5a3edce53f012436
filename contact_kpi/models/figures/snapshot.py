# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, OrderedSet

from ..engine.fact import COUNTS
from ..engine.indicator import RATE_HELP
from ..engine.run import WITH_FACTS

# A row's id has its fact's in the high bits and the number of its day, counted from
# here, in the low ones: good until the year 2258, and exact in JavaScript.
EPOCH = SQL("DATE '1900-01-01'")
DAY_BITS = 17


class ContactKpiSnapshot(models.Model):
    """The facts of a run: one row per combination of segments, no personal data.

    Measures are semi-additive, see ``contact.kpi.closing.mixin``. Nothing is stored:
    each row is a row of ``contact.kpi.fact`` on the day of a run that it covers.
    """

    _name = "contact.kpi.snapshot"
    _inherit = ["contact.kpi.comparison.mixin", "contact.kpi.segment.mixin"]
    _description = "Contact Indicator Snapshot"
    _order = "date desc, missing desc, id"
    _auto = False
    _log_access = False
    _depends = {"contact.kpi.run": ["indicator_id", "company_id", "date", "state"]}

    _sums = ("customers", "missing", "declined", "to_complete", "unclassified")
    _ratios = {"missing_rate": (("missing",), ("customers", "-unclassified"))}
    _closing_comparisons = {
        "missing_previous": ("previous", "missing", "value"),
        "missing_change": ("previous", "missing", "change"),
        "rate_change": ("previous", "missing_rate", "points"),
        "missing_last_year": ("last_year", "missing", "value"),
        "missing_change_last_year": ("last_year", "missing", "change"),
        "rate_change_last_year": ("last_year", "missing_rate", "points"),
    }

    run_id = fields.Many2one("contact.kpi.run", required=True)
    date = fields.Date(required=True, help="Day of the company that the figures close.")
    indicator_id = fields.Many2one("contact.kpi", required=True)
    company_id = fields.Many2one(
        "res.company", help="Empty for customers that all companies share."
    )
    user_id = fields.Many2one(
        "res.users", "Salesperson", help="Salesperson of the customers on that day."
    )
    customers = fields.Integer(
        aggregator=None, help="Customers in the indicator's population."
    )
    missing = fields.Integer(
        aggregator=None, help="Customers that lack it, declined included."
    )
    declined = fields.Integer(
        aggregator=None, help="Customers that lack it and refused to provide it."
    )
    to_complete = fields.Integer(aggregator=None, help="Missing and not declined.")
    unclassified = fields.Integer(
        "Not Yet Classified",
        aggregator=None,
        help="Customers whose contacts have not been looked at yet: counted as "
        "customers, never as missing.",
    )
    missing_rate = fields.Float(
        compute="_compute_missing_rate", aggregator=None, help=RATE_HELP
    )

    # Only groups have them: a change is between two runs.
    missing_previous = fields.Integer(
        "Missing, Period Before",
        compute="_compute_comparisons",
        exportable=False,
        help="Missing at the end of the period before.",
    )
    missing_change = fields.Integer(
        "Change in Missing",
        compute="_compute_comparisons",
        exportable=False,
        help="Missing less missing at the end of the period before.",
    )
    rate_change = fields.Float(
        "Change in Rate (Points)",
        compute="_compute_comparisons",
        exportable=False,
        digits=(16, 2),
        help="Missing rate in percent, less that at the end of the period before.",
    )
    missing_last_year = fields.Integer(
        "Missing, Last Year",
        compute="_compute_comparisons",
        exportable=False,
        help="Missing at the end of the same period last year.",
    )
    missing_change_last_year = fields.Integer(
        "Change on Last Year",
        compute="_compute_comparisons",
        exportable=False,
        help="Missing less missing at the end of the same period last year.",
    )
    rate_change_last_year = fields.Float(
        "Change in Rate on Last Year (Points)",
        compute="_compute_comparisons",
        exportable=False,
        digits=(16, 2),
        help="Missing rate in percent, less that at the end of the same period last "
        "year.",
    )

    @api.depends("missing", "customers", "unclassified")
    def _compute_missing_rate(self):
        for snapshot in self:
            looked_at = snapshot.customers - snapshot.unclassified
            snapshot.missing_rate = looked_at and snapshot.missing / looked_at

    def _compute_comparisons(self):
        for name in self._closing_comparisons:
            self[name] = False

    # -- where the rows come from ----------------------------------------------

    @api.model
    def _all_rows_sql(self):
        """SQL of the facts of all runs that have some."""
        return self._facts_of_sql(SQL("state IN %s", WITH_FACTS))

    @api.model
    def _facts_sql(self, runs, shown, names=None, spans=None):
        """Salespeople and segments that were deleted become NULL.

        By outer joins, which PostgreSQL drops where nothing reads the column.
        """
        segments = [
            name
            for name in ["user_id", *self._segment_names()]
            if names is None or name in names
        ]
        columns, joins = [], []
        for name in segments:
            field, column = self._fields[name], SQL.identifier("f", name)
            if field.relational:
                known = SQL.identifier(f"known_{name}")
                table = SQL.identifier(self.env[field.comodel_name]._table)
                joins.append(
                    SQL("LEFT JOIN %s %s ON %s.id = %s", table, known, known, column)
                )
                column = SQL("%s.id", known)
            columns.append(SQL("%s AS %s", column, SQL.identifier(name)))
        columns += [
            SQL("%s AS %s", sql, SQL.identifier(name)) for name, sql in shown.items()
        ]
        columns.append(
            SQL(
                "r.indicator_id, r.company_id, f.customers, f.missing, f.declined,"
                " f.missing - f.declined AS to_complete, f.unclassified"
            )
        )
        if names is not None:
            return SQL(
                "%s SELECT f.rows, %s"
                " FROM shown r JOIN totals f ON f.fact_run_id = r.fact_run_id %s",
                self._totals_sql(runs, segments, spans),
                SQL(", ").join(columns),
                SQL(" ").join(joins),
            )
        return SQL(
            """
            SELECT (f.id::bigint << %s) + (r.date - %s) AS id, f.id AS fact_id,
                   1 AS rows, %s
              FROM (%s) AS r JOIN contact_kpi_fact f ON %s %s
            """,
            DAY_BITS,
            EPOCH,
            SQL(", ").join(columns),
            runs,
            self.env["contact.kpi.fact"]._covers_sql(),
            SQL(" ").join(joins),
        )

    @api.model
    def _totals_sql(self, runs, segments, spans):
        """SQL of ``totals``: the facts of some runs, added up by these segments.

        Each run once, however often it is ``shown``, from the facts of its month, which
        an index finds: a few thousand at a time.
        """
        fact = self.env["contact.kpi.fact"]
        segment_names = [SQL.identifier("f", name) for name in segments]

        def added_up(source, names, counts="SUM(f.{})::int"):
            return SQL(
                "SELECT %(names)s, COUNT(*) AS rows, %(counts)s"
                " FROM %(source)s GROUP BY %(names)s",
                names=SQL(", ").join(names),
                counts=SQL(", ").join(
                    SQL("%s AS %s", SQL(counts.format(name)), SQL.identifier(name))
                    for name in COUNTS
                ),
                source=source,
            )

        if segments:
            # The planner overestimates the cost, and would have it JIT-compiled.
            self.env["contact.kpi"]._expect_many()
            table = SQL("contact_kpi_fact")
            totals = SQL(
                "SELECT run.fact_run_id, f.* FROM run CROSS JOIN LATERAL (%s) AS f",
                added_up(
                    SQL("%s f WHERE %s", table, fact._covers_sql("run")), segment_names
                ),
            )
            within = fact._within_sql("span")
        else:
            # The runs have these totals already.
            table = SQL("contact_kpi_run")
            totals = added_up(
                SQL(
                    "run JOIN %s f ON f.id = run.fact_run_id AND f.customers > 0", table
                ),
                [SQL("run.fact_run_id")],
            )
            within = SQL(
                "f.indicator_id = span.indicator_id AND f.customers > 0"
                " AND COALESCE(f.company_id, 0) = COALESCE(span.company_id, 0)"
                " AND f.date BETWEEN span.first_day AND span.last_day"
            )
        if spans:
            source = SQL("span JOIN %s f ON %s", table, within)
            there = added_up(source, [SQL("span.fact_run_id"), *segment_names], "0")
            totals = SQL("%s UNION ALL %s", totals, there)
        return SQL(
            """
            WITH shown AS MATERIALIZED (%s),
            run AS (SELECT DISTINCT fact_run_id, indicator_id, company_id, date
                      FROM shown),
            span AS (%s),
            totals AS MATERIALIZED (%s)
            """,
            runs,
            spans or SQL("SELECT NULL"),
            totals,
        )

    @api.model
    def _search(self, domain, *args, **kwargs):
        return super()._search(
            Domain(domain).map_conditions(self._by_fact), *args, **kwargs
        )

    def _by_fact(self, condition):
        """Add to a condition on ids one on the facts' ids, which are indexed."""
        ids = condition.value
        if (
            condition.field_expr != "id"
            or condition.operator != "in"
            or not isinstance(ids, list | tuple | set | OrderedSet)
        ):
            return condition
        return condition & Domain.custom(
            to_sql=lambda model, alias, query: self._of_rows_sql(alias, ids)
        )

    def _as_query(self, ordered=True):
        query = super()._as_query(ordered)
        if self._ids:
            query.add_where(self._of_rows_sql(query.table, self._ids))
        return query

    @api.model
    def _of_rows_sql(self, alias, ids):
        """SQL condition: the row's fact is that of one of these ids."""
        facts = [row >> DAY_BITS for row in ids if isinstance(row, int)]
        return SQL("%s = ANY(%s)", SQL.identifier(alias, "fact_id"), facts)


class ContactKpiRun(models.Model):
    _inherit = "contact.kpi.run"

    snapshot_ids = fields.One2many("contact.kpi.snapshot", "run_id")


class ContactKpiFact(models.Model):
    _inherit = "contact.kpi.fact"

    @api.model
    def _changed(self):
        self.env["contact.kpi.snapshot"].invalidate_model(flush=False)
        return super()._changed()
