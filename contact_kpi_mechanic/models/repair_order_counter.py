# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.contact_kpi.models.contact_kpi_consent import CONSENTS
from odoo.addons.contact_kpi.tools.contact import read_phones

from ..tools.mobile import MobileKind, best_kind, mobile_kind
from .contact_kpi import CODE

CLOSED = ("done", "cancel")


class RepairOrder(models.Model):
    """At the counter: the customer stands there and can be asked for the mobile."""

    _name = "repair.order"
    _inherit = ["repair.order", "contact.kpi.banner.mixin"]

    _contact_kpi_code = CODE
    # This repair is one, saved or not; it raises no customer rank.
    _contact_kpi_fulfils = ("family_ids.repair_order_ids",)
    _contact_kpi_banner = "contact_kpi_mechanic.contact_kpi_banner"

    mobile_to_ask = fields.Boolean(
        "No Mobile",
        compute="_compute_mobile_to_ask",
        search="_search_mobile_to_ask",
        help="The customer has no mobile and has not refused to inform it: it cannot "
        "be messaged about this repair.",
    )
    customer_consent = fields.Selection(
        CONSENTS,
        "Consent to Be Messaged",
        compute="_compute_customer_consent",
        help="Whether the customer agreed to be contacted.",
    )
    can_edit_consent = fields.Boolean(compute="_compute_customer_consent")

    # -- asking for the mobile -----------------------------------------------------

    def _contact_kpi_asks(self):
        # Also when the car is fetched: the customer stands there.
        return self.state != "cancel"

    @api.model
    def _contact_kpi_asks_depends(self):
        return ["state"]

    @api.model
    def _contact_kpi_email_problem(self, text, texts):
        return ""  # no answer to this question, and not asked for

    @api.model
    def _contact_kpi_phone_problem(self, text, country, texts):
        """A number, and one that messages can be sent to."""
        problem = super()._contact_kpi_phone_problem(text, country, texts)
        if problem:
            return problem
        kinds = [mobile_kind(phone) for phone in read_phones(text, country.code, texts)]
        kind = best_kind(kinds)
        if kind is None or kind.value in self._contact_kpi_mobile_kinds():
            return None
        if kind is MobileKind.LANDLINE:
            return self.env._("“%s” is a landline: it takes no messages.", text)
        if kind is MobileKind.MAYBE:
            return self.env._("“%s” may be a landline: nobody can tell.", text)
        return self.env._("“%s” is not a mobile number.", text)

    @api.model
    def _contact_kpi_mobile_kinds(self):
        """Kinds of numbers that the indicator takes for a mobile, as it is defined.

        Those that surely are, where an administrator gave it another condition.
        """
        kpi = self.env.ref("contact_kpi_mechanic.contact_kpi_no_mobile", False)
        answers = None
        if kpi:
            domain = kpi.sudo()._partner_domain("gap_domain")
            answers = self.env["res.config.settings"]._contact_kpi_answers(domain)
        if answers is None:
            answers = [kind.value for kind in MobileKind if kind.surely_mobile]
        return answers

    # -- repairs whose customer cannot be messaged ------------------------------------

    @api.model
    def _mobile_gap_domain(self):
        return Domain(
            [
                ("indicator_id.code", "=", CODE),
                ("indicator_id.active", "=", True),
                ("partner_id", "!=", False),
                ("closed_at", "=", False),
                ("declined", "=", False),
            ]
        )

    @api.depends("state", "partner_id.commercial_partner_id", "partner_id.phone")
    @api.depends_context("uid")
    def _compute_mobile_to_ask(self):
        """One query for a page, of those whose customer the reader may read."""
        orders = self.filtered(lambda order: order.state not in CLOSED)
        partners = orders.partner_id._origin._filtered_access("read")
        heads = partners.sudo().commercial_partner_id
        lacking = self.env["res.partner"]
        if heads:
            gaps = self.env["contact.kpi.gap"].sudo()
            domain = Domain("partner_id", "in", heads.ids)
            lacking = gaps.search(domain & self._mobile_gap_domain()).partner_id
        for order in self:
            order.mobile_to_ask = (
                order in orders
                and order.partner_id._origin in partners
                and order._contact_kpi_head() in lacking
            )

    def _search_mobile_to_ask(self, operator, value):
        if operator != "in":
            return NotImplemented
        gaps = self.env["contact.kpi.gap"].sudo()._search(self._mobile_gap_domain())
        found = Domain("state", "not in", CLOSED) & Domain(
            # By way of the customer: one that the reader may not read is not found.
            "partner_id",
            "any",
            [("commercial_partner_id", "in", gaps.subselect("partner_id"))],
        )
        wanted = set(value)
        if wanted == {True}:
            return found
        return ~found if wanted == {False} else Domain(bool(wanted))

    # -- consent -----------------------------------------------------------------------

    @api.depends("partner_id.customer_consent")
    @api.depends_context("uid")
    def _compute_customer_consent(self):
        partners = self.partner_id._origin._filtered_access("read")
        for order in self:
            partner = order.partner_id._origin & partners
            order.customer_consent = partner and partner.customer_consent
            order.can_edit_consent = partner and partner.can_edit_consent
