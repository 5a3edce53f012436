# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.contact_kpi.models.people.consent import CONSENTS

from ..tools.mobile import MobileKind, best_kind, mobile_kind
from .contact_kpi_reachability import REFUSALS
from .contact_kpi_segment_mixin import CODE

CLOSED = ("done", "cancel")


class RepairOrder(models.Model):
    """Asks for the mobile at the counter, while the customer is there."""

    _name = "repair.order"
    _inherit = ["repair.order", "contact.kpi.banner.mixin"]

    _contact_kpi_code = CODE
    # This repair fulfils it, saved or not; it raises no customer rank.
    _contact_kpi_fulfils = ("family_ids.repair_order_ids",)
    _contact_kpi_banner = "contact_kpi_mechanic.contact_kpi_banner"
    _contact_kpi_shown = {"phone": "contact_kpi_phone"}  # no e-mail is asked for

    mobile_to_ask = fields.Boolean(
        "No Mobile",
        compute="_compute_mobile_to_ask",
        search="_search_mobile_to_ask",
        help="The customer has no mobile and has not refused to provide one: it "
        "cannot be messaged about this repair.",
    )
    customer_consent = fields.Selection(
        CONSENTS,
        "Consent to Be Messaged",
        compute="_compute_customer_consent",
        help="Whether the customer agreed to be contacted.",
    )
    can_edit_consent = fields.Boolean(compute="_compute_customer_consent")
    contact_kpi_phone_now = fields.Char(
        "Phone Now",
        compute="_compute_contact_kpi_phone_now",
        help="The customer's phone, while it is no mobile.",
    )
    not_messaged = fields.Selection(
        REFUSALS,
        "Not to Be Messaged",
        compute="_compute_not_messaged",
        help="The customer has a mobile, and asked not to be sent messages.",
    )

    # -- asking for the mobile -----------------------------------------------------

    def _contact_kpi_asks(self):
        # Also after the repair: the customer is there to fetch the car.
        return self.state != "cancel"

    @api.model
    def _contact_kpi_asks_depends(self):
        return ["state"]

    @api.depends("contact_kpi_state")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_contact_kpi_phone_now(self):
        heads = self._contact_kpi_missing()
        for order in self:
            head = heads.get(order, self.env["res.partner"])
            order.contact_kpi_phone_now = head.phone

    def _compute_contact_kpi_contact(self):
        """A usable number is shown beside the field, not in it to be overwritten."""
        res = super()._compute_contact_kpi_contact()
        for order in self:
            if order._contact_kpi_has_phone():
                order.contact_kpi_phone = False
        return res

    def _contact_kpi_has_phone(self):
        """Whether the customer that lacks a mobile has another usable number."""
        head = self._contact_kpi_head()
        phone = self.contact_kpi_phone_now
        return bool(head and head._contact_kpi_usable("phone", phone))

    def _contact_kpi_typed(self):
        """Never replace a usable number by one that is no mobile."""
        typed = super()._contact_kpi_typed()
        wrong = typed["phone"] and self.contact_kpi_problem
        if wrong and self._contact_kpi_has_phone():
            del typed["phone"]
        return typed

    @api.model
    def _contact_kpi_email_problem(self, text):
        return ""  # no answer to this question, and not asked for

    @api.model
    def _contact_kpi_phone_problem(self, head, text):
        """It must be a usable number that receives messages."""
        problem = super()._contact_kpi_phone_problem(head, text)
        if problem:
            return problem
        kind = best_kind(map(mobile_kind, head._contact_kpi_phones(text)))
        if kind is None or kind.value in self.env["contact.kpi"]._mobile_kinds():
            return None
        if kind is MobileKind.LANDLINE:
            return self.env._("“%s” is a landline: it takes no messages.", text)
        if kind is MobileKind.MAYBE:
            return self.env._("“%s” may be a landline: nobody can tell.", text)
        return self.env._("“%s” is not a mobile number.", text)

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

    @api.depends(lambda self: self._contact_kpi_depends())
    @api.depends_context("uid")
    def _compute_mobile_to_ask(self):
        """One query per page; false if the reader may not read the customer."""
        orders = self.filtered(lambda order: order.state not in CLOSED)
        heads = orders._contact_kpi_heads()
        lacking = set()
        if heads:
            gaps = self.env["contact.kpi.gap"].sudo()
            domain = Domain("partner_id", "in", [head.id for head in heads.values()])
            lacking = {*gaps.search(domain & self._mobile_gap_domain()).partner_id.ids}
        for order in self:
            order.mobile_to_ask = order in heads and heads[order].id in lacking

    def _search_mobile_to_ask(self, operator, value):
        if operator != "in":
            return NotImplemented
        gaps = self.env["contact.kpi.gap"].sudo()._search(self._mobile_gap_domain())
        found = Domain("state", "not in", CLOSED) & Domain(
            # Through the customer, so that one hidden from the reader is not found.
            "partner_id",
            "any",
            [("commercial_partner_id", "in", gaps.subselect("partner_id"))],
        )
        wanted = set(value)
        if wanted == {True}:
            return found
        return ~found if wanted == {False} else Domain(bool(wanted))

    # -- opted out of messages ---------------------------------------------------------

    @api.depends(
        lambda self: [*self._contact_kpi_depends(), "partner_id.customer_consent"]
    )
    @api.depends_context("uid")
    def _compute_not_messaged(self):
        """Of customers that the reader may read, even on their first visit."""
        orders = self.filtered(lambda order: order._contact_kpi_asks())
        partners = orders.partner_id._origin._filtered_access("read")
        heads = partners.sudo().commercial_partner_id
        reasons = self.env["contact.kpi.reachability"].sudo()._reasons(heads.ids)
        for order in self:
            partner = order.partner_id._origin & partners
            head = order in orders and partner.sudo().commercial_partner_id
            order.not_messaged = False
            if head and head.id in reasons:
                refused = partner.customer_consent == "refused" and "consent"
                order.not_messaged = refused or reasons[head.id]

    # -- consent -----------------------------------------------------------------------

    @api.depends("partner_id.customer_consent")
    @api.depends_context("uid")
    def _compute_customer_consent(self):
        partners = self.partner_id._origin._filtered_access("read")
        for order in self:
            partner = order.partner_id._origin & partners
            order.customer_consent = partner and partner.customer_consent
            order.can_edit_consent = partner and partner.can_edit_consent
