# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.people.consent import CHANNELS, CONSENTS
from .contact_kpi_decline_wizard import subject


class ContactKpiConsentWizard(models.TransientModel):
    """Record whether customers agree to be contacted: one or several at once."""

    _name = "contact.kpi.consent.wizard"
    _description = "Record Consent"

    partner_ids = fields.Many2many("res.partner", string="Customers")
    subject = fields.Char("Customer", compute="_compute_subject")
    # No default: consent must not result from clicking through.
    consent = fields.Selection(
        CONSENTS,
        "Consent to Be Contacted",
        required=True,
        help="Whether the customer agreed to be contacted.",
    )
    answered_on = fields.Date(
        "Answered on", help="The day on which the customer answered."
    )
    channel = fields.Selection(
        CHANNELS, "How", help="How the customer answered; there is no note."
    )

    @api.model
    def default_get(self, fields):
        """Default to the selected customers when opened from a list's menu."""
        vals = super().default_get(fields)
        active = self.env.context
        if "partner_ids" in fields and not vals.get("partner_ids"):
            partners = self.env["res.partner"]
            if active.get("active_model") == "res.partner":
                partners = partners.browse(active.get("active_ids"))
            elif active.get("active_model") == "contact.kpi.gap":
                gaps = self.env["contact.kpi.gap"].browse(active.get("active_ids"))
                partners = gaps._filtered_access("read").partner_id
            partners = partners._filtered_access("read")
            vals["partner_ids"] = partners._contact_kpi_answering().ids
        if "answered_on" in fields and "answered_on" not in vals:
            partners = self.new({"partner_ids": vals.get("partner_ids")}).partner_ids
            partners = partners._origin._filtered_access("read")
            today = self.env["res.company"]._contact_kpi_today()
            # The earliest of the companies' days: no answer lies in the future.
            vals["answered_on"] = min(
                (today.of(partner) for partner in partners),
                default=today[0],
            )
        return vals

    @api.depends("partner_ids")
    def _compute_subject(self):
        for wizard in self:
            partners = wizard.partner_ids._origin._filtered_access("read")
            wizard.subject = subject(self.env, partners.mapped("display_name"))

    def action_confirm(self):
        """Write the answer on the customers, with the user's own rights."""
        self.ensure_one()
        partners = self.partner_ids._contact_kpi_answering()
        if not partners:
            raise UserError(self.env._("There is no customer to record it for."))
        if self.consent != "not_asked" and not self.channel:
            raise UserError(self.env._("Choose how the customer answered."))
        partners.write(
            {
                "contact_kpi_consent": self.consent,
                "contact_kpi_consent_on": self.answered_on,
                "contact_kpi_consent_channel": self.channel,
            }
        )
        return {"type": "ir.actions.act_window_close"}
