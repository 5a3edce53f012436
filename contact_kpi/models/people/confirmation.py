# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""“Confirmed with the customer”: when a contact was last known to be right.

A confirmation is about the contacts on record at that moment. It ends when a usable
phone or e-mail of the customer or of one of its contacts is changed or removed: nobody
has asked about the new one. Adding a contact, spelling one differently or replacing
what was not usable does not end it.
"""

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ...tools.contact import EmailKind, PhoneKind
from ...tools.handover import handed_over
from ..engine.indicator import DefinitionError, words
from ..engine.res_partner import DISSOLVING, MERGING
from .completion import CONTACTS

VERIFIED_ON, VERIFIED_BY = "contact_kpi_verified_on", "contact_kpi_verified_by_id"
MOVES = {"parent_id", "is_company"}  # may move a contact to another customer
UNCONFIRMED = "contact_kpi_unconfirmed_months"
NEVER = 9999  # months; above the threshold of any condition


class ResPartner(models.Model):
    """Customers that were asked whether their contact is right."""

    _inherit = "res.partner"

    contact_kpi_verified_on = fields.Date(
        "Contact Confirmed on",
        readonly=True,
        copy=False,
        tracking=True,
        groups="base.group_user",
        help="When somebody last confirmed with the customer that phone and e-mail "
        "are right. Ends when one of them is changed.",
    )
    contact_kpi_verified_by_id = fields.Many2one(
        "res.users",
        "Contact Confirmed by",
        readonly=True,
        copy=False,
        tracking=True,
        ondelete="set null",
        index="btree_not_null",
        groups="base.group_user",
        help="Who confirmed it with the customer.",
    )
    # For domains: Odoo's domain editor shows a number, but no relative date.
    contact_kpi_unconfirmed_months = fields.Integer(
        "Months without Confirmation",
        compute="_compute_contact_kpi_unconfirmed_months",
        search="_search_contact_kpi_unconfirmed_months",
        groups="base.group_user",
        help="Months since somebody confirmed with the customer that phone and e-mail "
        "are right; one that has begun counts. Never confirmed is more than any "
        "number.",
    )
    contact_kpi_can_confirm = fields.Boolean(
        compute="_compute_contact_kpi_can_confirm",
        help="There is a contact to confirm, and the reader may edit it.",
    )

    @api.depends(VERIFIED_ON)
    def _compute_contact_kpi_unconfirmed_months(self):
        today = self.env["res.company"]._contact_kpi_today()
        for partner in self:
            day, on = today.of(partner), partner[VERIFIED_ON]
            months = on and (day.year - on.year) * 12 + day.month - on.month
            if on and on < day - relativedelta(months=months):
                months += 1
            partner[UNCONFIRMED] = months if on else NEVER

    @api.model
    def _search_contact_kpi_unconfirmed_months(self, operator, value):
        def more(months):
            before = Domain(VERIFIED_ON, "<", f"today {-months:+d}m")
            return Domain(VERIFIED_ON, "=", False) | before

        if operator == "in":
            return Domain.OR(more(n - 1) & ~more(n) for n in map(int, value))
        if operator not in (">", "<=", ">=", "<"):
            return NotImplemented
        found = more(int(value) - (operator in (">=", "<")))
        return found if operator[0] == ">" else ~found

    @api.depends("customer_phone_kind", "customer_email_kind")
    @api.depends_context("uid")
    def _compute_contact_kpi_can_confirm(self):
        editable = self._origin._filtered_access("write")
        for partner in self:
            partner.contact_kpi_can_confirm = (
                partner._origin in editable
                and partner == partner.commercial_partner_id
                and partner._contact_kpi_reachable()
            )

    def _contact_kpi_reachable(self):
        """Whether the family has a usable contact, by the stored classification."""
        self.ensure_one()
        phone = self.customer_phone_kind
        return bool(
            (phone and PhoneKind(phone).usable)
            or self.customer_email_kind == EmailKind.VALID.value
        )

    def _contact_kpi_contacts(self):
        """The usable contacts on this partner itself, normalized."""
        self.ensure_one()
        return {
            contact
            for kind in CONTACTS
            for name in self._contact_kpi_fields_of(kind)
            for contact in self._contact_kpi_usable(kind, self[name])
        }

    # -- confirming ------------------------------------------------------------

    def action_contact_kpi_confirm(self):
        """Record that phone and e-mail were confirmed with these customers today.

        Dated in the time zone of each customer's company.

        :raise UserError: one of them has no usable contact to confirm
        :raise AccessError: the user may not edit contacts
        """
        heads = self.commercial_partner_id
        heads.check_access("write")
        self.env["contact.kpi.ruleset"]._catch_up(heads)
        self._contact_kpi_run_pending()
        if silent := heads.filtered(lambda head: not head._contact_kpi_reachable()):
            raise UserError(
                self.env._(
                    "There is no usable phone or e-mail to confirm: %s. "
                    "Fill one in first.",
                    ", ".join(silent.mapped("display_name")),
                )
            )
        today = self.env["res.company"]._contact_kpi_today()
        for day, customers in heads.grouped(lambda head: today.of(head)).items():
            customers.sudo().write({VERIFIED_ON: day, VERIFIED_BY: self.env.uid})
        return True

    @api.constrains(VERIFIED_ON)
    def _check_contact_kpi_verified_on(self):
        confirmed = self.filtered(VERIFIED_ON)
        if not confirmed:
            return  # as nearly always
        today = self.env["res.company"]._contact_kpi_today()
        for partner in confirmed:
            if partner[VERIFIED_ON] > today.of(partner):
                raise ValidationError(
                    self.env._("A contact cannot be confirmed in the future.")
                )

    def _contact_kpi_refuse_confirmation(self, *vals_list):
        """Only the button sets the confirmation fields.

        :raise UserError: a client sends one of them
        """
        names = {VERIFIED_ON, VERIFIED_BY}
        if not self.env.su and any(names & vals.keys() for vals in vals_list):
            raise UserError(
                self.env._(
                    "The date of a confirmation cannot be typed in: use the button "
                    "“Confirmed with the customer”."
                )
            )

    # -- what ends a confirmation ------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        # A client's `default_*` must not decide a confirmation.
        self._contact_kpi_refuse_confirmation(*vals_list)
        none = {VERIFIED_ON: False, VERIFIED_BY: False}
        return super().create([none | vals for vals in vals_list])

    def write(self, vals):
        if handed_over(self.env.context, MERGING):
            # Odoo's merge picks an arbitrary value; our merge wizard decides.
            vals = {key: vals[key] for key in vals.keys() - {VERIFIED_ON, VERIFIED_BY}}
        self._contact_kpi_refuse_confirmation(vals)
        names = {*self._contact_kpi_phone_fields(), "email", "vat", "active", *MOVES}
        names = self.env["contact.kpi"]._with_depends(names)
        if vals.get(VERIFIED_ON) or not names & vals.keys():
            return super().write(vals)
        moving = self._contact_kpi_moving() if MOVES & vals.keys() else self
        before = moving._contact_kpi_confirmed()
        res = super().write(vals)
        if before:
            moving._contact_kpi_unconfirm(before)
        return res

    def unlink(self):
        if handed_over(self.env.context, DISSOLVING):
            return super().unlink()  # the merge wizard decides
        before = self._contact_kpi_moving()._contact_kpi_confirmed()
        gone = set(self.ids)
        res = super().unlink()
        before = {head: found for head, found in before.items() if head.id not in gone}
        if before:
            self.browse()._contact_kpi_unconfirm(before)
        return res

    def _contact_kpi_moving(self):
        """These partners, with the whole family of each confirmed customer.

        Children of a contact that moves or is deleted move with it.
        """
        heads = self.sudo().commercial_partner_id.filtered(VERIFIED_ON)
        return self | self.browse(heads._contact_kpi_family().ids if heads else ())

    def _contact_kpi_confirmed(self):
        """The contacts that these partners contribute to confirmed customers.

        :return: ``{confirmed customer: set of contacts}``; if none is confirmed, only
            the commercial entities are read
        """
        confirmed = {}
        for partner in self.sudo():
            head = partner.commercial_partner_id
            if head[VERIFIED_ON]:
                contacts = confirmed.setdefault(head, set())
                if partner.active:
                    contacts |= partner._contact_kpi_contacts()
            if head != partner and partner[VERIFIED_ON]:
                confirmed.setdefault(partner, set())
        return confirmed

    def _contact_kpi_unconfirm(self, before):
        """End the confirmation of each customer that lost one of its contacts.

        :param before: :meth:`_contact_kpi_confirmed`, taken before the change
        """
        after = self._contact_kpi_confirmed()
        lost = self.sudo().browse()
        for head, contacts in before.items():
            if gone := contacts - after.get(head, set()):
                # It may have moved to another contact of the family.
                family = head._contact_kpi_family().filtered("active")
                if gone.difference(*(m._contact_kpi_contacts() for m in family)):
                    lost |= head
        for partner in self.sudo():
            # Joined another family: no longer a customer of its own.
            if partner[VERIFIED_ON] and partner.commercial_partner_id != partner:
                lost |= partner
        if lost:
            lost.write({VERIFIED_ON: False, VERIFIED_BY: False})


class ContactKpi(models.Model):
    """The months after which a confirmation is stale, kept in the gap domain.

    The domain is their only storage: changing them redefines the indicator as any
    edit of the domain does, and whoever reads it sees what applies.
    """

    _inherit = "contact.kpi"

    @api.model
    def _is_dated(self, domain):
        return super()._is_dated(domain) or any(UNCONFIRMED in w for w in words(domain))

    @api.model
    def _is_waiting(self, condition):
        """Whether this is the shipped condition: unconfirmed for over N months."""
        return (condition.field_expr, condition.operator) == (
            UNCONFIRMED,
            ">",
        ) and isinstance(condition.value, int)

    def _stale_months(self):
        """Months after which a confirmation is stale; 0 without such a condition."""
        try:
            domain = self._partner_domain("gap_domain") if self else Domain.TRUE
        except DefinitionError:
            return 0
        found = filter(self._is_waiting, domain.iter_conditions())
        return next((condition.value for condition in found), 0)

    def _set_stale_months(self, months):
        """Write the months into the gap domain, unless that was edited by hand.

        :raise ValidationError: less than one month
        """
        if months < 1:
            raise ValidationError(
                self.env._("A confirmation is good for at least one month.")
            )
        if not self._stale_months():
            return  # edited by hand
        self._replace_in_gap(self._is_waiting, Domain(UNCONFIRMED, ">", months))


class ContactKpiGap(models.Model):
    _inherit = "contact.kpi.gap"

    verified_on = fields.Date(
        "Confirmed on",
        compute="_compute_verified_on",
        search="_search_verified_on",
        help="When somebody last confirmed with the customer that phone and e-mail "
        "are right. Ends when one of them is changed.",
    )
    can_confirm = fields.Boolean(compute="_compute_can_confirm")

    @api.depends(f"partner_id.{VERIFIED_ON}")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_verified_on(self):
        for gap, customer in self._seen_customers().items():
            gap.verified_on = customer[VERIFIED_ON]

    def _search_verified_on(self, operator, value):
        return self._search_customer(VERIFIED_ON, operator, value)

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr == "verified_on":
            return self._customer_to_sql(alias, VERIFIED_ON, query)
        return super()._field_to_sql(alias, field_expr, query)

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_can_confirm(self):
        for gap, customer in self._seen_customers().items():
            gap.can_confirm = not gap.closed_at and customer.contact_kpi_can_confirm

    def action_contact_kpi_confirm(self):
        """Record that the contacts of these gaps' customers were confirmed."""
        return self.partner_id.action_contact_kpi_confirm()
