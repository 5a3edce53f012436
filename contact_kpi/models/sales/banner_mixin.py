# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from itertools import chain

from lxml import etree

from odoo import api, fields, models

from ...tools.contact import EmailKind, PhoneKind, best_phone, classify_email
from ...tools.example import example_number

STATES = [
    ("missing", "Missing"),
    ("declined", "Declined"),
    ("stale", "To Confirm"),
]


class ContactKpiBannerMixin(models.AbstractModel):
    """A document that asks for its customer's contact at the right moment.

    A model that inherits it shows the template ``contact_kpi.contact_kpi_banner``
    above the sheet of its form. Nothing is stored, and nothing is computed unless
    a view reads it. Cost: one query for a page of documents whose customers lack
    nothing.
    """

    _name = "contact.kpi.banner.mixin"
    _inherit = ["contact.kpi.hint.mixin"]
    _description = "Asks for the Customer's Contact"

    #: Code of the indicator whose contact is asked for; field of the customer.
    _contact_kpi_code = "no_contact"
    _contact_kpi_partner = "partner_id"
    _contact_kpi_shown = {"phone": "contact_kpi_phone", "email": "contact_kpi_email"}
    #: Population conditions that such a document fulfils by existing.
    _contact_kpi_fulfils = ()
    #: What the form shows above its sheet; an extension of the base's template.
    _contact_kpi_banner = "contact_kpi.contact_kpi_banner"

    # Internal users only: portal customers read the same documents.
    contact_kpi_state = fields.Selection(
        STATES,
        "Customer's Contact",
        compute="_compute_contact_kpi_state",
        groups="base.group_user",
        help="Whether the customer's contact is to be asked for. Empty: it is there.",
    )
    contact_kpi_can_edit = fields.Boolean(
        compute="_compute_contact_kpi_can_edit", groups="base.group_user"
    )
    contact_kpi_phone = fields.Char(
        "Customer's Phone",
        compute="_compute_contact_kpi_contact",
        inverse="_inverse_contact_kpi_contact",
        groups="base.group_user",
        help="Saved on the customer.",
    )
    contact_kpi_email = fields.Char(
        "Customer's Email",
        compute="_compute_contact_kpi_contact",
        inverse="_inverse_contact_kpi_contact",
        groups="base.group_user",
        help="Saved on the customer.",
    )
    contact_kpi_example = fields.Char(
        compute="_compute_contact_kpi_example", groups="base.group_user"
    )
    contact_kpi_problem = fields.Char(
        compute="_compute_contact_kpi_problem",
        groups="base.group_user",
        help="Why what was typed is no usable contact.",
    )

    # -- hooks for documents -----------------------------------------------------

    def _contact_kpi_asks(self):
        """Whether this document is at a stage where the contact is asked for."""
        return True

    @api.model
    def _contact_kpi_asks_depends(self):
        """Fields that :meth:`_contact_kpi_asks` reads."""
        return []

    @api.model
    def _contact_kpi_phone_problem(self, head, text):
        """Why a phone does not satisfy the indicator; None if it does or is empty."""
        phone = best_phone(head._contact_kpi_phones(text))
        if phone is None or phone.kind.usable:
            return None
        if phone.kind is PhoneKind.JUNK:
            return self.env._("“%s” is not a phone number.", text)
        if phone.note == "no_area_code":
            return self.env._("“%s” lacks the area code.", text)
        if phone.note == "own_tax_id":
            return self.env._("“%s” is the customer's tax ID, not its phone.", text)
        if words := self.env["res.partner"]._contact_kpi_note_words(phone.note):
            return self.env._(
                "“%(phone)s” is no usable number. %(words)s", phone=text, words=words
            )
        country = head._contact_kpi_country()
        return self.env._(
            "“%(phone)s” is not a valid number in %(country)s.",
            phone=text,
            country=country.name or self.env._("an unknown country"),
        )

    @api.model
    def _contact_kpi_email_problem(self, text):
        """Why an e-mail does not satisfy the indicator; None if it does.

        An empty string: it does not, and there is nothing to say about it.
        """
        kind = classify_email(text, self.env["contact.kpi.placeholder"]._texts())
        if kind in (None, EmailKind.VALID):
            return None
        return self.env._("“%s” is not an e-mail address.", text)

    # -- computed ----------------------------------------------------------------

    def _contact_kpi_depends(self):
        """Dependencies of the state: phones, e-mail and tax ID of the whole family.

        Only Odoo's own number fields: those that an administrator adds are a setting,
        which cannot be read while the registry loads, and what is typed on a document
        is never saved there.
        """
        partner = self._contact_kpi_partner
        names = [*self.env["res.partner"]._phone_get_number_fields(), "email", "vat"]
        family = f"{partner}.commercial_partner_id.family_ids"
        return [
            partner,
            *(f"{family}.{name}" for name in names),
            *self._contact_kpi_asks_depends(),
        ]

    def _contact_kpi_heads(self):
        """The commercial entities of the documents' contacts.

        As stored, whatever a form sends, and only if the reader may read both the
        contact and the customer.

        :return: ``{document: customer}``, without documents of hidden customers
        """
        partners = {doc: doc[self._contact_kpi_partner]._origin for doc in self}
        seen = self.env["res.partner"].union(*partners.values())
        seen = seen._filtered_access("read")
        heads = {
            doc: self.env["res.partner"].browse(partner.sudo().commercial_partner_id.id)
            for doc, partner in partners.items()
            if partner in seen and partner
        }
        seen = self.env["res.partner"].union(*heads.values())._filtered_access("read")
        return {doc: head for doc, head in heads.items() if head in seen}

    def _contact_kpi_owners(self):
        return self._contact_kpi_heads()

    def _contact_kpi_head(self):
        """The customer; empty if the reader may not read it."""
        self.ensure_one()
        return self._contact_kpi_heads().get(self, self.env["res.partner"])

    @api.depends(lambda self: self._contact_kpi_depends())
    @api.depends_context("uid")
    def _compute_contact_kpi_state(self):
        heads = self.filtered(lambda doc: doc._contact_kpi_asks())._contact_kpi_heads()
        states = self._contact_kpi_states({head.id for head in heads.values()})
        for doc in self:
            doc.contact_kpi_state = doc in heads and states.get(heads[doc].id)

    @api.model
    def _contact_kpi_states(self, partner_ids):
        """The state of the banner for these customers.

        Evaluates the definitions live instead of reading gaps, so that a customer's
        first quotation asks even before it is saved. Customers hidden from the reader
        have no state. A refusal shows to everybody else, so that nobody asks.

        :return: ``{customer id: state}``; one query if they lack nothing
        """
        if not partner_ids:
            return {}
        self.env["res.partner"]._contact_kpi_run_pending()
        lacking = (
            self.env["contact.kpi"]
            .sudo()
            ._lacking(
                (self._contact_kpi_code, "stale_contact"),
                partner_ids,
                self._contact_kpi_fulfils,
            )
        )
        found = self.env["res.partner"].browse(chain(*lacking.values()))
        if not found:
            return {}
        readable = set(found._filtered_access("read").ids)
        missing = lacking[self._contact_kpi_code] & readable
        states = dict.fromkeys(lacking["stale_contact"] & readable, "stale")
        states |= dict.fromkeys(missing, "missing")
        if missing:
            refused = (
                self.env["contact.kpi.gap"]
                .sudo()
                .search(
                    [
                        ("partner_id", "in", list(missing)),
                        ("indicator_id.code", "=", self._contact_kpi_code),
                        ("closed_at", "=", False),
                        ("declined", "=", True),
                    ]
                )
            )
            states |= dict.fromkeys(refused.partner_id.ids, "declined")
        return states

    @api.depends("contact_kpi_state")
    @api.depends_context("uid")
    def _compute_contact_kpi_can_edit(self):
        asking = self.filtered(
            lambda doc: doc.contact_kpi_state in ("missing", "stale")
        )
        heads = asking._contact_kpi_heads()
        editable = self.env["res.partner"].union(*heads.values())
        editable = editable._filtered_access("write")
        for doc in self:
            doc.contact_kpi_can_edit = doc in heads and heads[doc] in editable

    def _contact_kpi_missing(self):
        """``{document: customer}`` of those that ask for a contact."""
        missing = self.filtered(lambda doc: doc.contact_kpi_state == "missing")
        return missing._contact_kpi_heads()

    @api.depends("contact_kpi_state")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_contact_kpi_contact(self):
        heads = self._contact_kpi_missing()
        for doc in self:
            head = heads.get(doc, self.env["res.partner"])
            doc.contact_kpi_phone = head.phone
            doc.contact_kpi_email = head.email

    def _inverse_contact_kpi_contact(self):
        """Save what was typed, with the rights of whoever typed it.

        A customer that somebody else completed meanwhile stays as it is.
        """
        # Compute the state again: a value sent by the client must not decide.
        self.invalidate_recordset(["contact_kpi_state"], flush=False)
        changes = []
        for doc, head in self._contact_kpi_missing().items():
            head = head.sudo(False)
            vals = {
                name: text
                for name, text in doc._contact_kpi_typed().items()
                if text and text != head.sudo()[name]
            }
            if vals:
                changes.append((head, vals))
        for head, vals in changes:
            head._contact_kpi_complete(vals)

    def _contact_kpi_typed(self):
        """What was typed, by field of the customer; what is empty is not saved."""
        self.ensure_one()
        return {"phone": self.contact_kpi_phone, "email": self.contact_kpi_email}

    @api.depends("contact_kpi_state")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_contact_kpi_example(self):
        self.contact_kpi_example = False
        for doc, head in self._contact_kpi_missing().items():
            country = head._contact_kpi_country().code
            doc.contact_kpi_example = example_number(country)

    @api.depends("contact_kpi_state", "contact_kpi_phone", "contact_kpi_email")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_contact_kpi_problem(self):
        self.contact_kpi_problem = False
        for doc, head in self._contact_kpi_missing().items():
            phone, email = doc.contact_kpi_phone, doc.contact_kpi_email
            problems = [
                phone and doc._contact_kpi_phone_problem(head, phone),
                email and doc._contact_kpi_email_problem(email),
            ]
            answered = [
                text and problem is None
                for text, problem in zip((phone, email), problems, strict=True)
            ]
            if not any(answered):
                doc.contact_kpi_problem = " ".join(filter(None, problems)) or False

    # -- view --------------------------------------------------------------------

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Put the banner above the sheet of every form of the document."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "form":
            template = self.env.ref(self._contact_kpi_banner).sudo()
            for sheet in arch.xpath("./sheet")[:1]:
                for part in etree.fromstring(template.get_combined_arch()):
                    sheet.addprevious(part)
        return arch, view

    def action_contact_kpi_confirm(self):
        """Record that the contact was confirmed with these documents' customers."""
        return self[self._contact_kpi_partner].action_contact_kpi_confirm()

    def _contact_kpi_gaps(self):
        """The open gaps behind the banner, as far as the user may read them."""
        heads = self.env["res.partner"].union(*self._contact_kpi_heads().values())
        return self.env["contact.kpi.gap"].search(
            [
                ("partner_id", "in", heads.ids),
                ("indicator_id.code", "=", self._contact_kpi_code),
                ("indicator_id.active", "=", True),
                ("closed_at", "=", False),
            ]
        )

    def action_contact_kpi_decline(self):
        """Open the wizard that records a refusal of these documents' customers."""
        return self._contact_kpi_gaps().action_decline()

    def action_contact_kpi_consent(self):
        """Open the wizard that records the consent of these documents' customers."""
        return self[self._contact_kpi_partner].action_contact_kpi_consent()
