# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.sale.models.sale_order import SALE_ORDER_STATE

from .impact_mixin import FEW


class ContactKpiSaleReport(models.Model):
    """Orders by whether the customer's gap was open when the quotation was made.

    One row per order and active indicator, see ``contact.kpi.impact.mixin``. Odoo
    overwrites the order's date at confirmation, so its creation is what counts.

    To extend it by ``super()``: :meth:`_select_sql`, :meth:`_join_sql` and
    :meth:`_left_out_sql` (with :meth:`_left_out_words`). The alias of the order is
    ``sale_order``.
    """

    _name = "contact.kpi.sale.report"
    _inherit = ["contact.kpi.impact.mixin"]
    _description = "Impact of Missing Contacts on Sales"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "order_id"
    _document = "order_id"
    _counted = "orders"
    _note_measures = ("orders", "confirmed")
    _ratios = {"confirmation_rate": (("confirmed",), ("orders",))}
    _means = ("days_to_confirm",)
    _settled = frozenset(
        {"active", "customer_rank", "sale_order_ids", "sale_order_count"}
    )
    _explain_action = "contact_kpi.contact_kpi_sale_report_action"
    _depends = {
        "sale.order": [
            *("partner_id", "company_id", "user_id", "team_id", "source_id", "state"),
            *("create_date", "date_order", "amount_untaxed", "currency_rate"),
            "contact_kpi_merged",
        ],
    }

    order_id = fields.Many2one("sale.order", readonly=True)
    user_id = fields.Many2one(
        "res.users", "Salesperson", readonly=True, help="Salesperson of the order."
    )
    team_id = fields.Many2one("crm.team", "Sales Team", readonly=True)
    source_id = fields.Many2one("utm.source", readonly=True)
    state = fields.Selection(SALE_ORDER_STATE, "Status", readonly=True)
    date = fields.Date(
        "Quoted on",
        help="Day of the company on which the quotation was made.",
    )
    contact_missing = fields.Selection(
        string="When Quoted",
        help="Whether the customer lacked it at the moment when the quotation was "
        "made, whatever happened since.",
    )
    orders = fields.Integer(readonly=True, help="Quotations made, confirmed or not.")
    confirmed = fields.Integer(
        readonly=True, help="Those of them that are confirmed orders now."
    )
    confirmation_rate = fields.Float(
        readonly=True,
        aggregator=None,
        help="Confirmed ÷ orders. Whether it was missing or on file is observed "
        "together with this, not as its cause: the customers may differ in other ways, "
        "too.",
    )
    days_to_confirm = fields.Float(
        "Days to Confirm",
        readonly=True,
        digits=(16, 1),
        aggregator=None,
        help="Days from the quotation to its confirmation, mean of the confirmed.",
    )
    amount = fields.Monetary(
        "Untaxed Amount",
        readonly=True,
        help="Of all these orders, in the currency of your company.",
    )
    amount_confirmed = fields.Monetary(
        "Confirmed Amount",
        readonly=True,
        help="Of the confirmed ones, in the currency of your company.",
    )
    currency_id = fields.Many2one("res.currency", readonly=True)

    # -- the table -----------------------------------------------------------

    @api.model
    def _select_sql(self, partner, query):
        sold = SQL("sale_order.state = 'sale'")
        # As in Odoo's sales analysis: to the order's company by the order's rate,
        # to the reader's by today's.
        amount = SQL(
            "(sale_order.amount_untaxed"
            " / COALESCE(NULLIF(sale_order.currency_rate, 0), 1) * company.rate)"
        )
        return {
            **super()._select_sql(partner, query),
            "team_id": SQL("sale_order.team_id"),
            "source_id": SQL("sale_order.source_id"),
            "confirmed": SQL("(%s)::int", sold),
            "confirmation_rate": SQL("(%s)::int::float8", sold),
            "days_to_confirm": SQL(
                """CASE WHEN %s THEN GREATEST(date_part(
                       'epoch', sale_order.date_order - sale_order.create_date
                   ), 0) / 86400 END""",
                sold,
            ),
            "amount": amount,
            "amount_confirmed": SQL("CASE WHEN %s THEN %s ELSE 0 END", sold, amount),
            "currency_id": SQL("%s", self.env.company.currency_id.id),
        }

    # -- words beside the figures --------------------------------------------

    @api.model
    def _note_of_indicators(self):
        return self.env._(
            "Every order counts once per indicator here: look at one indicator at a "
            "time."
        )

    @api.model
    def _notes_of_sides(self, sides):
        labels = self._side_labels()
        notes = self._notes_of_few({s: sums["orders"] for s, sums in sides.items()})
        if all(sums["orders"] for sums in sides.values()):
            parts = [
                self.env._(
                    "%(confirmed)s of %(orders)s with “%(side)s”",
                    confirmed=sums["confirmed"],
                    orders=sums["orders"],
                    side=labels[side],
                )
                for side, sums in sides.items()
            ]
            notes.append(self.env._("Confirmed: %s.", ", ".join(parts)))
        return notes

    @api.model
    def _words_of_few(self, orders, side):
        if not orders:
            return self.env._("No orders with “%s”: nothing to compare.", side)
        if orders == 1:
            return self.env._("Only one order with “%s”: too few to compare.", side)
        return self.env._(
            "Only %(count)s orders with “%(side)s”: too few to compare.",
            count=orders,
            side=side,
        )

    @api.model
    def _words_of_few_groups(self, few, groups):
        return self.env._(
            "%(few)s of %(all)s groups have fewer than %(least)s orders on a side: "
            "too few to compare within them.",
            few=few,
            all=groups,
            least=FEW,
        )

    @api.model
    def _words_of_left_out(self, reasons):
        return self.env._(
            "Orders left out, what their customers lacked when quoted is not on "
            "record: %s.",
            reasons,
        )

    @api.model
    def _words_of_the_start(self, day):
        return self.env._(
            "Quotations from before %s are left out: what their customers lacked then "
            "is not on record.",
            day,
        )

    # -- actions -------------------------------------------------------------

    @api.model
    def _explain_title(self):
        return self.env._("Orders behind the Figure")

    def action_open_order(self):
        return self._action_open_document()
