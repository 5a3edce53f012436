# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, OrderedSet

from .contact_kpi import RATE_HELP
from .contact_kpi_run import WITH_FACTS

# A row's id is that of its fact and the number of its day since then, side by side:
# good until the year 2258, and exact in JavaScript.
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
        aggregator=None, help="Customers that lack it and refused to inform it."
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

    # Of groups of rows only: a change is between two runs.
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

    @property
    def _table_query(self):
        """SQL of the facts of every run; the runs that a domain asks for come first."""
        return SQL(
            "%s WHERE r.state IN %s",
            self._facts_sql(SQL("contact_kpi_run r"), SQL("r.id AS run_id, r.date")),
            WITH_FACTS,
        )

    @api.model
    def _facts_sql(self, runs, shown):
        """A salesperson or a segment that was deleted is none.

        Their tables are not looked at where nothing reads the column.
        """
        joins, columns = [], []
        for name in ["user_id", *self._segment_names()]:
            field, column = self._fields[name], SQL.identifier("f", name)
            if field.relational:
                known = SQL.identifier(f"known_{name}")
                table = SQL.identifier(self.env[field.comodel_name]._table)
                joins.append(
                    SQL("LEFT JOIN %s %s ON %s.id = %s", table, known, known, column)
                )
                column = SQL("%s.id", known)
            columns.append(SQL("%s AS %s", column, SQL.identifier(name)))
        return SQL(
            """
            SELECT (f.id::bigint << %(bits)s) + (r.date - %(epoch)s) AS id,
                   f.id AS fact_id, %(shown)s, r.indicator_id, r.company_id,
                   %(columns)s, f.customers, f.missing, f.declined,
                   f.missing - f.declined AS to_complete, f.unclassified
              FROM %(runs)s
              JOIN contact_kpi_fact f ON %(covers)s
              %(joins)s
            """,
            bits=DAY_BITS,
            epoch=EPOCH,
            shown=shown,
            runs=runs,
            columns=SQL(", ").join(columns),
            covers=self.env["contact.kpi.fact"]._covers_sql(),
            joins=SQL(" ").join(joins),
        )

    @api.model
    def _search(self, domain, *args, **kwargs):
        return super()._search(
            Domain(domain).map_conditions(self._by_fact), *args, **kwargs
        )

    def _by_fact(self, condition):
        """Have rows that are asked for by their ids looked up by those of the facts."""
        ids = condition.value
        if (
            condition.field_expr != "id"
            or condition.operator != "in"
            or not isinstance(ids, list | tuple | set | OrderedSet)
        ):
            return condition
        facts = [row >> DAY_BITS for row in ids if isinstance(row, int)]
        return condition & Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s = ANY(%s)", SQL.identifier(alias, "fact_id"), facts
            )
        )
