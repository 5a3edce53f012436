# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

from .contact_kpi import RATE_HELP


class ContactKpiSnapshot(models.Model):
    """The facts of a run: one row per combination of segments, no personal data.

    Measures are semi-additive, see ``contact.kpi.closing.mixin``. Written by
    ``contact.kpi.run`` only, in SQL.
    """

    _name = "contact.kpi.snapshot"
    _inherit = ["contact.kpi.comparison.mixin", "contact.kpi.segment.mixin"]
    _description = "Contact Indicator Snapshot"
    _order = "date desc, missing desc, id"
    _log_access = False  # millions of rows that nobody edits

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

    run_id = fields.Many2one(
        "contact.kpi.run", required=True, ondelete="cascade", index=True
    )
    date = fields.Date(required=True, help="Day of the company that the figures close.")
    indicator_id = fields.Many2one("contact.kpi", required=True, ondelete="cascade")
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

    # The trend reads the rows of a few closing runs; the day's replacement too.
    _indicator_date_idx = models.Index("(indicator_id, date)")

    @api.depends("missing", "customers", "unclassified")
    def _compute_missing_rate(self):
        for snapshot in self:
            looked_at = snapshot.customers - snapshot.unclassified
            snapshot.missing_rate = looked_at and snapshot.missing / looked_at

    def _compute_comparisons(self):
        for name in self._closing_comparisons:
            self[name] = False

    @api.model
    def _rows_sql(self, names, rows):
        """SQL of a SELECT of these rows, with the types of these columns."""
        columns = zip(*rows, strict=True)
        return SQL(
            "SELECT * FROM unnest(%s) AS v (%s)",
            SQL(", ").join(
                SQL("%s::%s[]", list(values), SQL(self._fields[name].column_type[0]))
                for name, values in zip(names, columns, strict=True)
            ),
            SQL(", ").join(map(SQL.identifier, names)),
        )
