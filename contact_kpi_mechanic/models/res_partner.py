# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from ..tools.mobile import MobileKind, mobile_kind

MOBILE_KINDS = [
    ("mobile", "Mobile"),
    ("without_nine", "Mobile, Without the 9"),
    ("trunking", "Trunking"),
    ("maybe", "Mobile or Landline"),
    ("landline", "Landline Only"),
    ("other", "Toll-free or Other"),
    ("invalid", "Not a Valid Number"),
    ("junk", "Placeholder"),
]
assert [key for key, _label in MOBILE_KINDS] == [kind.value for kind in MobileKind]


class ResPartner(models.Model):
    """How a partner's numbers are classified for messaging.

    Written in batches by ``contact.kpi.ruleset``, as the other kinds are.
    """

    _inherit = "res.partner"

    contact_mobile_kind = fields.Selection(
        MOBILE_KINDS,
        "Mobile Kind",
        readonly=True,
        copy=False,
        help="What the best of the numbers typed here is.",
    )
    customer_mobile_kind = fields.Selection(
        MOBILE_KINDS,
        "Best Mobile",
        readonly=True,
        copy=False,
        help="The best number among the customer and its active contacts, for sending "
        "messages; empty when there is none.",
    )
    repair_order_ids = fields.One2many(
        "repair.order",
        "partner_id",
        "Repair Orders",
        readonly=True,
        groups="stock.group_stock_user",
    )

    @api.model
    def _contact_kpi_is_mobile(self, phone):
        """By the workshop's indicator, which says whether “maybe” counts."""
        kinds = self.env["contact.kpi"]._mobile_kinds()
        return super()._contact_kpi_is_mobile(phone) and (
            mobile_kind(phone).value in kinds
        )
