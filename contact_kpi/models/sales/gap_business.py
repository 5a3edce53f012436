# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.fields import Domain


class ContactKpiGap(models.Model):
    """Open quotations and recent orders of the gap's customer."""

    _inherit = "contact.kpi.gap"

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

    @api.depends_context("uid", "company", "allowed_company_ids")
    def _compute_business(self):
        """Quotations and orders that the reader may see: one query per page."""
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
            confirmed in the last 12 months)}``; customers without any are left out
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
