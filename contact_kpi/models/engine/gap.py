# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

CLOSE_REASONS = [
    ("completed", "Completed"),
    ("left", "No Longer a Customer"),
    ("merged", "Merged"),
    ("redefined", "Definition Changed"),
]
ORIGINS = [
    ("observed", "Observed"),
    ("initial", "Found at the Start"),
    ("redefined", "Definition Changed"),
    ("reconstructed", "Rebuilt from History"),
]
PRIORITIES = [
    ("0", "No recent business"),
    ("1", "Ordered in the last year"),
    ("2", "Open quotation"),
    ("3", "Open quotation, ordered in the last year"),
]
# Fields of the customer that can be edited in the list.
EDITABLE = ("phone", "email", "vat")


class ContactKpiGap(models.Model):
    """The ledger: a row per customer, indicator and interval in which it was missing.

    Never edited, never deleted: :meth:`_reconcile` opens and closes the rows, in the
    transaction that changed a customer and again at night. Deleting a customer empties
    ``partner_id`` and leaves the interval, so that past totals stand; so does deleting
    the row itself, see :meth:`unlink`.
    """

    _name = "contact.kpi.gap"
    _inherit = ["contact.kpi.customer.mixin", "contact.kpi.segment.mixin"]
    _description = "Contact Gap"
    _order = "opened_on, priority desc, id"
    _rec_name = "partner_id"
    _log_access = False  # the ledger has dates of its own

    indicator_id = fields.Many2one(
        "contact.kpi", required=True, readonly=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Customer",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",  # earlier gaps of a customer, and its deletion
    )
    company_id = fields.Many2one(
        "res.company",
        readonly=True,
        help="The customer's company; empty for customers that all companies share.",
    )
    user_id = fields.Many2one(
        "res.users",
        "Salesperson",
        readonly=True,
        help="The customer's salesperson, now.",
    )
    opening_user_id = fields.Many2one(
        "res.users",
        "Salesperson at Opening",
        readonly=True,
        help="Who was responsible for the customer when the gap opened.",
    )
    opened_at = fields.Datetime(required=True, readonly=True)
    opened_on = fields.Date(
        "Opened on",
        required=True,
        readonly=True,
        help="Day of the company on which it opened.",
    )
    closed_at = fields.Datetime(readonly=True)
    closed_on = fields.Date(
        "Closed on", readonly=True, help="Day of the company on which it closed."
    )
    closed_by_id = fields.Many2one(
        "res.users",
        "Closed by",
        readonly=True,
        help="Who saved the change that closed it.",
    )
    close_reason = fields.Selection(CLOSE_REASONS, readonly=True)
    origin = fields.Selection(
        ORIGINS,
        required=True,
        readonly=True,
        help="How the opening is known. Found at the start: open since before the "
        "indicator existed, for how long is unknown.",
    )
    came_back = fields.Boolean(
        readonly=True, help="The customer had completed this before and lacks it again."
    )
    priority = fields.Selection(
        PRIORITIES,
        readonly=True,
        default="0",
        help="Three stars: open quotation and recent orders.",
    )
    days_open = fields.Integer(
        compute="_compute_days_open",
        search="_search_days_open",
        aggregator="avg",
        help="Days from opening to closing, or to today.",
    )
    days_to_complete = fields.Float(
        "Days to Complete",
        readonly=True,
        aggregator="avg",
        digits=(16, 1),
        help="Days from opening to completion. Empty where the true opening is "
        "unknown or a new definition was the cause.",
    )
    city = fields.Char(compute="_compute_city", search="_search_city")
    # One open gap per customer and indicator; also looked up by customer.
    _open_uniq = models.UniqueIndex(
        "(partner_id, indicator_id) WHERE closed_at IS NULL",
        "This customer has an open gap of this indicator already.",
    )
    # The "to complete" list of one salesperson, in its order. Covers what the record
    # rules read, so that the counts on the cards are index-only scans.
    _to_complete_idx = models.Index(
        "(indicator_id, user_id, opened_on, priority DESC, id) INCLUDE (company_id)"
        " WHERE closed_at IS NULL"
    )
    # The list of everybody's customers, or of one's own and unassigned ones.
    _open_order_idx = models.Index(
        "(opened_on, priority DESC, id) WHERE closed_at IS NULL"
    )
    # Queries as of a day, and the flows of a day.
    _closed_on_idx = models.Index("(indicator_id, closed_on)")
    _opened_on_idx = models.Index("(indicator_id, opened_on)")
    _order_of_dates = models.Constraint(
        "CHECK (closed_at >= opened_at AND (closed_at IS NULL) = (closed_on IS NULL) "
        "AND (closed_at IS NULL) = (close_reason IS NULL))",
        "A gap closes after it opened, with a day and a reason.",
    )

    # -- computed ------------------------------------------------------------

    @api.depends("opened_on", "closed_on")
    def _compute_days_open(self):
        today = self.env["res.company"]._contact_kpi_today()
        for gap in self:
            end = gap.closed_on or today.of(gap)
            gap.days_open = gap.opened_on and (end - gap.opened_on).days

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr == "city":
            return self._customer_to_sql(alias, "city", query)
        if field_expr == "days_open":
            return SQL(
                "(COALESCE(%s, %s) - %s)",
                SQL.identifier(alias, "closed_on"),
                self.env["res.company"]._contact_kpi_today_sql(
                    SQL.identifier(alias, "company_id")
                ),
                SQL.identifier(alias, "opened_on"),
            )
        return super()._field_to_sql(alias, field_expr, query)

    def _search_days_open(self, operator, value):
        if operator not in ("<", "<=", ">", ">=", "in"):
            return NotImplemented
        if operator == "in":
            return Domain.custom(
                to_sql=lambda model, alias, query: SQL(
                    "%s = ANY(%s)",
                    model._field_to_sql(alias, "days_open", query),
                    [int(v) for v in value],
                )
            )
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s %s %s",
                model._field_to_sql(alias, "days_open", query),
                SQL(operator),
                value,
            )
        )

    @api.depends("partner_id.city")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_city(self):
        for gap, customer in self._seen_customers().items():
            gap.city = customer.city

    def _search_city(self, operator, value):
        return self._search_customer("city", operator, value)

    # -- reading: reconcile what is pending first ------------------------------

    @api.model
    def _search(self, domain, *args, **kwargs):
        self.env["res.partner"]._contact_kpi_run_pending()
        return super()._search(domain, *args, **kwargs)

    # -- writing ---------------------------------------------------------------

    def write(self, vals):
        if vals and not self.env.su:
            raise AccessError(
                self.env._(
                    "The ledger is kept by the system; only the contact can be edited."
                )
            )
        return super().write(vals)

    # -- actions ---------------------------------------------------------------

    def action_open_customer(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.partner_id.id,
            "view_mode": "form",
        }
