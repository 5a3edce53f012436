# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from ..tools.mobile import MobileKind

PHONE_FIELDS = "contact_kpi_mechanic.phone_fields"
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
    """What a partner's numbers are to whoever sends a message.

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
        "messages; empty when none is informed.",
    )
    repair_order_ids = fields.One2many(
        "repair.order",
        "partner_id",
        "Repair Orders",
        readonly=True,
        groups="stock.group_stock_user",
    )

    @api.model
    def _contact_kpi_phone_fields(self):
        """Also those that an administrator has chosen, as long as they are there."""
        names = super()._contact_kpi_phone_fields()
        chosen = self.env["ir.config_parameter"].sudo().get_param(PHONE_FIELDS) or ""
        fields_ = [self._fields.get(name) for name in chosen.split(",")]
        more = [
            field.name
            for field in fields_
            # One with a value per company or language has no column of text.
            if field and field.store and field.type == "char"
            if not (field.company_dependent or field.translate)
        ]
        return [*names, *(name for name in more if name not in names)]
