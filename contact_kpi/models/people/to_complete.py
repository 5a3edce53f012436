# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine.gap import EDITABLE


class ContactKpiGap(models.Model):
    """The list that people work through: what they type there, and what helps them."""

    _name = "contact.kpi.gap"
    # The last one labels the tax ID as the company's country does.
    _inherit = ["contact.kpi.gap", "contact.kpi.hint.mixin", "format.vat.label.mixin"]

    # The customer's, never stored here. No inverse: while one of them is written Odoo
    # protects all fields of the compute, and those that nobody typed read as empty.
    phone = fields.Char(compute="_compute_contact", readonly=False)
    email = fields.Char(compute="_compute_contact", readonly=False)
    vat = fields.Char("Tax ID", compute="_compute_contact", readonly=False)
    can_edit_contact = fields.Boolean(compute="_compute_can_edit_contact")

    # -- computed ------------------------------------------------------------

    @api.depends(*(f"partner_id.{name}" for name in EDITABLE))
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_contact(self):
        for gap, customer in self._seen_customers().items():
            for name in EDITABLE:
                gap[name] = customer[name]

    def _contact_kpi_owners(self):
        return self._seen_customers()

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_can_edit_contact(self):
        editable = self.partner_id._origin._filtered_access("write")
        for gap in self:
            gap.can_edit_contact = gap.partner_id._origin in editable

    # -- writing: the customer's contact only ---------------------------------

    def write(self, vals):
        """Save what was typed on the customers, and nothing else of them."""
        typed = {
            name: self._fields[name].convert_to_cache(vals[name], self)  # a text
            for name in EDITABLE
            if name in vals
        }
        rest = {name: value for name, value in vals.items() if name not in typed}
        self.partner_id.check_access("write")
        res = super().write(rest)
        self._complete(typed)
        # The client reads the row back: settle first whether its gap has closed.
        self.env["res.partner"]._contact_kpi_run_pending()
        return res

    def _complete(self, typed):
        """Complete the customers of these rows, each once even if it has several.

        With the user's own rights on contacts.

        :param typed: values by field of the customer
        :raise UserError: a row is out of date: somebody else has completed the
            customer, or it has left or was deleted
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

    @api.model
    def _get_view_field_attributes(self):
        # The client's list reads this attribute, but Odoo does not send it.
        return [*super()._get_view_field_attributes(), "exportable"]

    # -- actions ---------------------------------------------------------------

    def action_print(self):
        """Print the selected customers."""
        self.check_access("read")
        words = self.env._("%s selected rows", len(self))
        return self.env["contact.kpi.print"].action_open(
            self._name, [("id", "in", self.ids)], filters=[words]
        )

    def action_suggestions(self):
        """Show what the database already knows of this customer."""
        self.ensure_one()
        suggestion = self.env["contact.kpi.suggestion"]._suggest(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Suggestions for %s", self.partner_id.display_name),
            "res_model": suggestion._name,
            "res_id": suggestion.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_schedule_activity(self):
        """One to-do per customer for its salesperson; those that have one keep it."""
        # Whoever declined is asked again after the review, not before.
        to_ask = self.filtered(lambda gap: not gap.declined)
        activities = self.env["mail.activity"]._contact_kpi_schedule(to_ask)
        skipped = len(to_ask) - len(activities)
        declined = len(self) - len(to_ask)
        message = self.env._("Activities scheduled: %s.", len(activities))
        if skipped:
            message += " " + self.env._("Had one already: %s.", skipped)
        if declined:
            message += " " + self.env._("Declined: %s.", declined)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
