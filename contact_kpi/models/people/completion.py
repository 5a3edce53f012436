# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Completing a customer: all typing outside the customer's own form comes here.

What was typed is all that is written, and it replaces only what is not usable, or what
it spells otherwise or adds to: that is the same contact. Where another usable contact
stands, both are kept:

- Of two numbers the one that takes messages stands where Odoo's SMS looks first; of two
  alike, and of two e-mails, the one that was typed.
- The other number goes to an empty field for numbers, but no landline to a field whose
  name says mobile; where there is none, and an e-mail always, to a contact of the
  customer without a name. Two never share a field: Odoo's own buttons for calls, SMS
  and e-mail could read neither.

What is no contact takes no usable one's place. A tax ID is not a contact: a customer
has one, and whoever types another corrects it. What was cleared is cleared.
"""

from itertools import takewhile

from odoo import api, models
from odoo.tools.misc import clean_context

from ...tools.contact import (
    EmailKind,
    PhoneKind,
    best_phone,
    classify_email,
    read_emails,
    read_phones,
)

CONTACTS = ("phone", "email")


class ResPartner(models.Model):
    """Customers that somebody completes in a list, on a document, by a suggestion."""

    _inherit = "res.partner"

    def _contact_kpi_complete(self, vals, seen=True):
        """Save what somebody typed to complete this customer, with that one's rights.

        :param vals: what was typed, by field; nothing that was not
        :param seen: whether the person saw what stood there; if not, what may be a
            contact all the same, such as a number without area code, is kept as well
        :return: the texts that were not saved: no contact, where a usable one stands
        """
        self.ensure_one()
        written, contact, refused = {}, {}, []
        if {"vat"} < vals.keys():
            # By it the phones are read.
            vals = dict(vals)
            self.write({"vat": vals.pop("vat")})
        for name, text in vals.items():
            if not text or name not in CONTACTS:
                written[name] = text
                continue
            if not self._contact_kpi_usable(name, text) and self._contact_kpi_usable(
                name, self[name]
            ):
                refused.append(text)
                continue
            place, other = self._contact_kpi_place(name, text, seen)
            written |= place
            if not other or self._contact_kpi_elsewhere(name, other, written):
                continue
            if field := self._contact_kpi_room(name, other, written):
                written[field] = other
            else:
                contact[name] = other
        if contact:
            # Before it gives way on the customer: a confirmation of it stands.
            contact |= {
                "parent_id": self.id,
                "type": "other",
                "company_id": self.company_id.id,
            }
            env = self.env(context=clean_context(self.env.context))
            env["res.partner"].create(contact)
        if written:
            self.write(written)
        return refused

    # -- what a text is ----------------------------------------------------------

    @api.model
    def _contact_kpi_is_mobile(self, phone):
        """Whether messages reach a phone of ``read_phones``; addons know better."""
        return phone.kind in (PhoneKind.MOBILE, PhoneKind.EITHER)

    def _contact_kpi_reading(self):
        """What tells this customer's phones: country code, placeholders, tax ID.

        For sets, ``_reading_sql`` of ``contact.kpi.ruleset`` says it.
        """
        self.ensure_one()
        country = self._contact_kpi_country()
        texts = self.env["contact.kpi.placeholder"]._texts()
        head = self.sudo().commercial_partner_id
        return country.code or None, texts, self.vat or head.vat or None

    def _contact_kpi_phones(self, text):
        """The phones of a text, as this customer's: see ``read_phones``."""
        return read_phones(text, *self._contact_kpi_reading())

    def _contact_kpi_takes_messages(self, text):
        """Whether messages reach a number of this text."""
        return any(map(self._contact_kpi_is_mobile, self._contact_kpi_phones(text)))

    def _contact_kpi_usable(self, name, text):
        """The usable contacts of a text, spelled the one way they are dialled."""
        if name == "email":
            texts = self.env["contact.kpi.placeholder"]._texts()
            found = read_emails(text or "", texts)
            return {email.address for email in found if email.kind.usable}
        return {phone.e164 for phone in self._contact_kpi_phones(text)} - {None}

    def _contact_kpi_may_be_usable(self, name, text):
        """Whether a text may be a contact although it is not usable as it stands."""
        if name == "email":
            texts = self.env["contact.kpi.placeholder"]._texts()
            return classify_email(text, texts) is EmailKind.INVALID
        phone = best_phone(self._contact_kpi_phones(text))
        return bool(phone) and phone.kind is PhoneKind.INVALID

    # -- where it goes -------------------------------------------------------------

    def _contact_kpi_place(self, name, text, seen):
        """Where a contact that was typed goes.

        :return: values to write, and the text of another contact to keep, if any
        """
        typed = self._contact_kpi_usable(name, text)
        standing = self._contact_kpi_usable(name, self[name])
        if standing <= typed:
            unsure = not (seen or standing)
            unsure = unsure and self._contact_kpi_may_be_usable(name, self[name])
            return {name: text}, unsure and self[name]
        if name == "phone":
            # As Odoo's SMS looks for a number: in this order.
            before = list(takewhile("phone".__ne__, self._phone_get_number_fields()))
            if any(typed <= self._contact_kpi_usable(name, self[f]) for f in before):
                return {}, None  # there already
            if self._contact_kpi_takes_messages(text):
                for field in before:
                    if not (self[field] or "").strip():
                        return {field: text}, None
            elif self._contact_kpi_takes_messages(self.phone):
                return {}, text
        return {name: text}, self[name]

    def _contact_kpi_elsewhere(self, name, text, written):
        """Whether the customer, with these values written, has a contact anyway.

        As far as the reader may see its contacts; archived ones do not count.
        """
        head = self.commercial_partner_id
        others = self.with_context(active_test=True)  # whatever the client sent
        others = others.search([("commercial_partner_id", "=", head.id)]) - self
        found = set().union(*(other._contact_kpi_contacts() for other in others))
        for field in self._contact_kpi_fields_of(name):
            found |= self._contact_kpi_usable(name, written.get(field, self[field]))
        sought = self._contact_kpi_usable(name, text)
        return bool(sought) and sought <= found

    @api.model
    def _contact_kpi_fields_of(self, name):
        """The fields of a customer that hold contacts of this kind."""
        return self._contact_kpi_phone_fields() if name == "phone" else [name]

    def _contact_kpi_room(self, name, text, written):
        """An empty field of the customer for another contact, if it has one."""
        for field in self._contact_kpi_fields_of(name):
            fits = "mobile" not in field or self._contact_kpi_takes_messages(text)
            if fits and not (written.get(field, self[field]) or "").strip():
                return field
        return None
