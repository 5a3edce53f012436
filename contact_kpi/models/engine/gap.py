# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
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
# Of the customer: what can be typed in the list.
EDITABLE = ("phone", "email", "vat")


class ContactKpiGap(models.Model):
    """The ledger: one customer, one indicator, one interval of lacking it.

    Never edited and never deleted: :meth:`_reconcile` opens and closes the rows, in
    the transaction that changed a customer and again at night. Deleting a customer
    empties ``partner_id`` and leaves the interval, so that past totals stand; so does
    whoever tries to delete the interval, see :meth:`unlink`.
    """

    _name = "contact.kpi.gap"
    # The last one calls the tax ID what the company's country calls it.
    _inherit = [
        "contact.kpi.customer.mixin",
        "contact.kpi.hint.mixin",
        "contact.kpi.segment.mixin",
        "format.vat.label.mixin",
    ]
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
    decline_ids = fields.One2many("contact.kpi.decline", "gap_id")
    declined = fields.Boolean(
        compute="_compute_declined",
        search="_search_declined",
        help="The customer refused to inform it, and the review date has not come.",
    )

    # Of the customer, never stored here. Without an inverse: while one of them is
    # written Odoo shows it all three, and those that nobody typed as empty.
    phone = fields.Char(compute="_compute_contact", readonly=False)
    email = fields.Char(compute="_compute_contact", readonly=False)
    vat = fields.Char("Tax ID", compute="_compute_contact", readonly=False)
    city = fields.Char(compute="_compute_city", search="_search_city")
    can_edit_contact = fields.Boolean(compute="_compute_can_edit_contact")
    quotation_count = fields.Integer(
        "Open Quotations",
        compute="_compute_business",
        help="Quotations of the customer that wait for an answer.",
    )
    order_amount = fields.Monetary(
        "Ordered, 12 Months",
        compute="_compute_business",
        help="What the customer ordered in the last twelve months.",
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_business")

    # One open gap per customer and indicator; finds them from the customer too.
    _open_uniq = models.UniqueIndex(
        "(partner_id, indicator_id) WHERE closed_at IS NULL",
        "This customer has an open gap of this indicator already.",
    )
    # The "to complete" list of one salesperson, in its order; with what the rules ask
    # for, so that the counts on the cards need not read the rows.
    _to_complete_idx = models.Index(
        "(indicator_id, user_id, opened_on, priority DESC, id) INCLUDE (company_id)"
        " WHERE closed_at IS NULL"
    )
    # The same of everybody, or of one's own and nobody's.
    _open_order_idx = models.Index(
        "(opened_on, priority DESC, id) WHERE closed_at IS NULL"
    )
    # As-of questions, and the flows of a day.
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

    @api.depends(
        "decline_ids.declined_on", "decline_ids.review_on", "decline_ids.ended_on"
    )
    def _compute_declined(self):
        today = self.env["res.company"]._contact_kpi_today()
        for gap in self:
            day = today.of(gap)
            gap.declined = bool(gap._origin.sudo().decline_ids._in_force(day))

    def _search_declined(self, operator, value):
        if operator != "in":
            return NotImplemented
        declined = Domain.custom(
            to_sql=lambda model, alias, query: model._field_to_sql(
                alias, "declined", query
            )
        )
        wanted = set(value)
        if wanted == {True}:
            return declined
        return ~declined if wanted == {False} else Domain(bool(wanted))

    @api.depends(*(f"partner_id.{name}" for name in EDITABLE))
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_contact(self):
        for gap, customer in self._seen_customers().items():
            for name in EDITABLE:
                gap[name] = customer[name]

    def _contact_kpi_owners(self):
        return self._seen_customers()

    @api.depends("partner_id.city")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_city(self):
        for gap, customer in self._seen_customers().items():
            gap.city = customer.city

    def _search_city(self, operator, value):
        return self._search_customer("city", operator, value)

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_can_edit_contact(self):
        editable = self.partner_id._origin._filtered_access("write")
        for gap in self:
            gap.can_edit_contact = gap.partner_id._origin in editable

    @api.depends_context("uid", "company", "allowed_company_ids")
    def _compute_business(self):
        """Quotations and orders that the reader may see: one query a page."""
        business = self._business()
        for gap in self:
            quotations, _quoted, ordered = business.get(gap.partner_id.id, (0, 0, 0.0))
            gap.quotation_count = quotations
            gap.order_amount = ordered
            gap.currency_id = self.env.company.currency_id

    def _business(self):
        """Open quotations and recent orders of the customers and their contacts.

        As far as the reader may see them, in the company's currency at today's rates.
        One query, however many customers.

        :return: ``{customer id: (open quotations, their amount, amount of the orders
            confirmed in the last 12 months)}``; nothing of those without any
        """
        Order = self.env["sale.order"]
        business = {}
        if not self.partner_id or not Order.has_access("read"):
            return business
        family = (
            self.env["res.partner"]
            .with_context(active_test=False)
            ._search([("commercial_partner_id", "in", self.partner_id.ids)])
        )
        is_open = Domain("state", "in", ("draft", "sent"))
        is_recent = Domain("state", "=", "sale") & Domain(
            "date_order", ">=", "today -1y"
        )
        rows = Order._read_group(
            Domain("partner_id", "in", family) & (is_open | is_recent),
            ["partner_id.commercial_partner_id", "currency_id", "state"],
            ["__count", "amount_total:sum"],
        )
        company_currency = self.env.company.currency_id
        for customer, currency, state, count, amount in rows:
            quotations, quoted, ordered = business.get(customer.id, (0, 0.0, 0.0))
            amount = currency._convert(amount, company_currency)
            if state == "sale":
                ordered += amount
            else:
                quotations, quoted = quotations + count, quoted + amount
            business[customer.id] = quotations, quoted, ordered
        return business

    # -- reading: what waits for the commit goes first ------------------------

    @api.model
    def _get_view_field_attributes(self):
        # Odoo's list asks what can be exported, but is not told.
        return [*super()._get_view_field_attributes(), "exportable"]

    @api.model
    def _search(self, domain, *args, **kwargs):
        self.env["res.partner"]._contact_kpi_run_pending()
        return super()._search(domain, *args, **kwargs)

    # -- writing: the customer's contact only ---------------------------------

    def write(self, vals):
        """Save what was typed on the customers, and nothing else of them."""
        typed = {
            name: self._fields[name].convert_to_cache(vals[name], self)  # a text
            for name in EDITABLE
            if name in vals
        }
        rest = {name: value for name, value in vals.items() if name not in typed}
        if rest and not self.env.su:
            raise AccessError(
                self.env._(
                    "The ledger is kept by the system; only the contact can be edited."
                )
            )
        self.partner_id.check_access("write")
        res = super().write(rest)
        self._complete(typed)
        # Whoever typed the contact reads the row back: closed by now, or not.
        self.env["res.partner"]._contact_kpi_run_pending()
        return res

    def _complete(self, typed):
        """Complete the customers of these rows, each once however many are its own.

        With the rights of whoever types: nobody's are widened.

        :param typed: values by field of the customer
        :raise UserError: a row was shown before somebody else completed it, or the
            customer left or was deleted
        """
        if typed and not all(gap.partner_id for gap in self):
            raise UserError(
                self.env._(
                    "The customer was deleted meanwhile: what you typed was not saved. "
                    "Reload the list."
                )
            )
        customers = {}
        for gap in self:
            vals = {
                name: text
                for name, text in typed.items()
                if (text or False) != gap.partner_id[name]
            }
            if gap.closed_at and any(gap.partner_id[name] for name in vals):
                message = self.env._(
                    "%s was completed meanwhile. Reload the list to see it.",
                    gap.partner_id.display_name,
                )
                if gap.close_reason != "completed":
                    message = self.env._(
                        "%s left the list meanwhile: what you typed was not saved. "
                        "Reload the list.",
                        gap.partner_id.display_name,
                    )
                raise UserError(message)
            if vals:
                customers[gap.partner_id] = vals
        refused = []
        for customer, vals in customers.items():
            refused += customer._contact_kpi_complete(vals)
        if refused:
            message = self.env._(
                "“%s” is no usable contact: the one on record was kept.", refused[0]
            )
            self.env.user._bus_send(
                "simple_notification", {"type": "warning", "message": message}
            )

    # -- views -----------------------------------------------------------------

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        key = super()._get_view_cache_key(view_id, view_type, **options)
        editable = self.env["res.partner"].has_access("write")
        return (*key, editable, self.env.company.country_id.vat_label)

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """No inline editing for whoever may not edit contacts: a click opens the
        form, which says why."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "list" and not self.env["res.partner"].has_access("write"):
            arch.attrib.pop("editable", None)
        return arch, view

    # -- actions ---------------------------------------------------------------

    def action_open_customer(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.partner_id.id,
            "view_mode": "form",
        }
