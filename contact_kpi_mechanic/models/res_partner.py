# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from odoo.addons.contact_kpi.tools.contact import read_phones

from ..tools.mobile import MobileKind, mobile_kind
from .contact_kpi_segment_mixin import CODE

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

    def _contact_kpi_complete(self, vals, code):
        """A mobile takes no usable number's place: both are kept.

        It goes to a field for numbers that is empty, if there is one; else to the
        phone, and what was there to a contact of the customer without a name: Odoo
        sends messages to one number per field, so the two do not share one.
        """
        if code == CODE and vals.get("phone") and self._contact_kpi_displaces(vals):
            for name in self._contact_kpi_phone_fields():
                if not (self[name] or "").strip():
                    vals = {**vals, name: vals["phone"]}
                    del vals["phone"]
                    break
            else:
                self.create(
                    {
                        "parent_id": self.id,
                        "type": "other",
                        "phone": self.phone,
                        "company_id": self.company_id.id,
                    }
                )
        return super()._contact_kpi_complete(vals, code)

    def _contact_kpi_displaces(self, vals):
        """Whether these values put a mobile in the place of another usable number."""
        self.ensure_one()
        country = self._contact_kpi_country().code
        texts = self.env["contact.kpi.placeholder"]._texts()
        present, typed = (
            [phone for phone in read_phones(text, country, texts) if phone.e164]
            for text in (self.phone, vals["phone"])
        )
        kinds = self.env["contact.kpi"]._mobile_kinds()
        return any(mobile_kind(phone).value in kinds for phone in typed) and not {
            phone.e164 for phone in present
        } <= {phone.e164 for phone in typed}
