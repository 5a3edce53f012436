# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

NAMES_SHOWN = 5


def subject(env, names):
    """The first ``NAMES_SHOWN`` names, and how many more there are."""
    names = sorted(names)
    shown = ", ".join(names[:NAMES_SHOWN])
    if len(names) <= NAMES_SHOWN:
        return shown
    more = len(names) - NAMES_SHOWN
    return env._("%(names)s and %(more)s more", names=shown, more=more)


class ContactKpiDeclineWizard(models.TransientModel):
    """Record that customers refuse to provide it: one or several at once.

    No free text: a reason from the list and a review date say enough, and no
    personal data can slip in.
    """

    _name = "contact.kpi.decline.wizard"
    _description = "Record a Refusal"

    gap_ids = fields.Many2many("contact.kpi.gap", string="Gaps")
    subject = fields.Char("Customers", compute="_compute_subject")
    declined_on = fields.Date(
        "Date",
        compute="_compute_subject",
        help="Today, by the day of the customer's company: the figures of past days "
        "stand.",
    )
    reason_id = fields.Many2one(
        "contact.kpi.decline.reason",
        required=True,
        ondelete="cascade",
        help="Why the customer does not want to provide it.",
    )
    review_on = fields.Date(
        "Review on",
        help="From this day on the customer is to complete again. Empty: never.",
    )

    @api.model
    def default_get(self, fields):
        """Default to the selected gaps when opened from a list's menu."""
        vals = super().default_get(fields)
        active = self.env.context
        if "gap_ids" in fields and not vals.get("gap_ids"):
            if active.get("active_model") == "contact.kpi.gap":
                selected = self.env["contact.kpi.gap"].browse(active.get("active_ids"))
                vals["gap_ids"] = selected._to_decline().ids
            if not vals.get("gap_ids"):
                raise UserError(self.env._("None of these customers is to complete."))
        if "review_on" in fields and "review_on" not in vals:
            days = self.env["contact.kpi.gap"]._decline_review_days()
            gaps = self.new({"gap_ids": vals.get("gap_ids")}).gap_ids._origin
            if days and gaps:
                vals["review_on"] = max(gaps._company_days()) + timedelta(days=days)
        return vals

    @api.depends("gap_ids")
    def _compute_subject(self):
        for wizard in self:
            gaps = wizard.gap_ids._origin._filtered_access("read")
            partners = self.env["res.partner"].union(*gaps._seen_customers().values())
            wizard.subject = subject(self.env, partners.mapped("display_name"))
            days = gaps._company_days()
            # None to show if the companies' time zones disagree on the date.
            wizard.declined_on = days.pop() if len(days) == 1 else False

    def action_confirm(self):
        """Record the refusals, and notify how many."""
        self.ensure_one()
        declines = self.gap_ids._decline(self.reason_id, self.review_on)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Refusals recorded: %s.", len(declines)),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
