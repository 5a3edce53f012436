# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command, Domain

from .engine.indicator_trust import AUTOMATIC, VERIFICATION, VERIFICATIONS
from .engine.res_partner import PHONE_FIELDS
from .engine.run_retention import RETENTION_DAYS
from .engine.segment_mixin import CUSTOMER_TYPE_TAG
from .past.history import HISTORY_MONTHS
from .people.gap_decline import DECLINE_REVIEW_DAYS
from .people.suspect_ignored import SHARED_THRESHOLD
from .sales.sale_order import BLOCK_CONFIRMATION

# Not by ``config_parameter``: Odoo forgets a 0, which here means something.
NUMBERS = {
    "contact_kpi_retention_days": RETENTION_DAYS,
    "contact_kpi_history_months": HISTORY_MONTHS,
    "contact_kpi_decline_review_days": DECLINE_REVIEW_DAYS,
    "contact_kpi_shared_threshold": SHARED_THRESHOLD,
}


class ResConfigSettings(models.TransientModel):
    """Settings > Sales > Contact Indicators.

    The indicators themselves are edited here, all of them, in a list: they are
    data, and one that another addon or an administrator adds is there at once,
    without a field or a view of its own.
    """

    _inherit = "res.config.settings"

    contact_kpi_ids = fields.One2many(
        "contact.kpi",
        string="Contact Indicators",
        compute="_compute_contact_kpi_ids",
        inverse="_inverse_contact_kpi_ids",
        context={"active_test": False},
    )
    contact_kpi_customer_type_tag_id = fields.Many2one(
        "res.partner.category",
        "Customer Types Below",
        config_parameter=CUSTOMER_TYPE_TAG.key,
        help="The tags directly below this one are the customer types. A customer "
        "that has several counts under the one that was created first.",
    )
    contact_kpi_retention_days = fields.Integer(
        "Keep Every Day For",
        help="Days for which every day's figures are kept; 0 keeps them for ever. "
        "Of older ones, those that close a week, a month, a quarter or a year stay.",
    )
    contact_kpi_history_months = fields.Integer(
        "Months of History",
        help="For how many months before the installation the figures are rebuilt "
        "from the changes that the chatter tracked; 0 for none.",
    )
    contact_kpi_block_confirmation = fields.Boolean(
        "Contact Required to Confirm",
        config_parameter=BLOCK_CONFIRMATION,
        help="Salespeople cannot confirm the quotation of a customer without usable "
        "phone or e-mail, unless the customer refused to provide it. Customers who "
        "confirm online always can.",
    )
    # Kept in the domain of the indicator, and only there.
    contact_kpi_stale_months = fields.Integer(
        "Confirmed Contacts Are Good For",
        help="Months after which a confirmed contact is to be confirmed again. 0: the "
        "indicator was edited by hand and says otherwise.",
    )

    contact_kpi_verification = fields.Selection(
        VERIFICATIONS,
        "Verify All Customers",
        default=AUTOMATIC,
        config_parameter=VERIFICATION,
        help="Changes are seen as they are saved. What was changed outside Odoo is "
        "found by comparing every customer with the definitions, which takes time "
        "where there are very many. Indicators that depend on the day, or on more than "
        "the customer's own records, are compared every night.",
    )

    contact_kpi_decline_review_days = fields.Integer(
        "Ask Again After",
        help="Days after which a customer that declined is to complete again, unless "
        "another review date is chosen; 0 for never.",
    )
    contact_kpi_shared_threshold = fields.Integer(
        "Shared By",
        help="A phone or e-mail that at least this many unrelated customers share is "
        "suspected not to be a contact; 0 disables this.",
    )

    contact_kpi_phone_field_ids = fields.Many2many(
        "ir.model.fields",
        "contact_kpi_settings_phone_field_rel",
        string="Further Number Fields",
        domain=[
            ("model", "=", "res.partner"),
            ("ttype", "=", "char"),
            ("store", "=", True),
            # Those have a value per company or language, not a text.
            ("company_dependent", "=", False),
            ("translate", "=", False),
        ],
        help="Fields of contacts that hold phone numbers, besides those that Odoo "
        "itself reads as such.",
    )

    def _compute_contact_kpi_ids(self):
        kpis = self.env["contact.kpi"].with_context(active_test=False)
        self.contact_kpi_ids = kpis.search(Domain.TRUE)

    def _inverse_contact_kpi_ids(self):
        """The lines have been written by now, with the rights of who saves."""

    @api.model
    def _contact_kpi_phone_field_names(self):
        chosen = self.env["ir.config_parameter"].sudo().get_param(PHONE_FIELDS) or ""
        return sorted(name for name in chosen.split(",") if name)

    @api.model
    def get_values(self):
        res = super().get_values()
        names = self._contact_kpi_phone_field_names()
        chosen = self.env["ir.model.fields"].search(
            [("model", "=", "res.partner"), ("name", "in", names)]
        )
        res["contact_kpi_phone_field_ids"] = [Command.set(chosen.ids)]
        parameters = self.env["ir.config_parameter"]
        for name, setting in NUMBERS.items():
            # What is in force need not be what somebody typed into the parameter.
            res[name] = parameters._contact_kpi_chosen(setting)
        res["contact_kpi_verification"] = self.env["contact.kpi"]._verification()
        res["contact_kpi_stale_months"] = self._contact_kpi_stale()._stale_months()
        return res

    @api.model
    def _contact_kpi_stale(self):
        """The shipped indicator of contacts to confirm again, if it is still there."""
        kpis = self.env["contact.kpi"].with_context(active_test=False)
        if not kpis.has_access("read"):
            return kpis
        return kpis.search([("code", "=", "stale_contact")])

    def set_values(self):
        self.check_access("write")  # public, and it writes for the administrator
        gap = self.env["contact.kpi.gap"]
        before = gap._customer_type_tag()
        res = super().set_values()
        cron = self.env.ref("contact_kpi.ir_cron_refresh", raise_if_not_found=False)
        if cron and gap._customer_type_tag() != before:
            cron.sudo()._trigger()  # today's figures by the new types
        parameters = self.env["ir.config_parameter"].sudo()
        names = sorted(self.contact_kpi_phone_field_ids.mapped("name"))
        if names != self._contact_kpi_phone_field_names():
            parameters.set_param(PHONE_FIELDS, ",".join(names))
            self.env["contact.kpi.placeholder"]._rules_changed()
        present = self.get_values()
        if self.contact_kpi_stale_months != present["contact_kpi_stale_months"]:
            self._contact_kpi_stale()._set_stale_months(self.contact_kpi_stale_months)
        for name, setting in NUMBERS.items():
            if self[name] == present[name]:
                continue
            if not setting.allowed(self[name]):
                raise ValidationError(
                    self.env._(
                        "“%(setting)s” must be 0 or between %(least)s and %(most)s.",
                        setting=self._fields[name]._description_string(self.env),
                        least=setting.least,
                        most=setting.most,
                    )
                )
            parameters.set_param(setting.key, str(self[name]))
        return res
