# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Completing a customer: all typing outside the customer's own form comes here.

Only what was typed is written. It replaces a value that is not usable, or the same
contact spelled differently or added to. Any other usable contact is kept as well:

- Of two numbers, the one that receives messages goes to the field that Odoo's SMS reads
  first; of two alike, and of two e-mails, the typed one takes the field.
- The other number moves to an empty phone field (no landline to a mobile field), else
  to a new child contact without a name; an e-mail always moves to such a contact. Two
  never share a field: Odoo's buttons for calls, SMS and e-mail could read neither.

Text that is no contact never replaces a usable one. A tax ID is not a contact: what was
typed replaces the old one. A field that was cleared is cleared.
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
        """Save what the user typed to complete this customer, with the user's rights.

        :param vals: the typed values by field, without fields that were not typed
        :param seen: whether the user saw the old value; if not, one that is unusable
            but may be a contact, such as a number without area code, is kept as well
        :return: the texts rejected as no contact, where a usable one is on record
        """
        self.ensure_one()
        written, contact, refused = {}, {}, []
        if {"vat"} < vals.keys():
            # Written first: the classification of the phones reads it.
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
            # Created before it leaves the customer's field: a confirmation survives.
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
        """Whether a phone of ``read_phones`` receives messages; a hook for addons."""
        return phone.kind in (PhoneKind.MOBILE, PhoneKind.EITHER)

    def _contact_kpi_reading(self):
        """Context of ``read_phones``: country code, placeholders, tax ID.

        The set-based equivalent is ``_reading_sql`` of ``contact.kpi.ruleset``.
        """
        self.ensure_one()
        country = self._contact_kpi_country()
        texts = self.env["contact.kpi.placeholder"]._texts()
        head = self.sudo().commercial_partner_id
        return country.code or None, texts, self.vat or head.vat or None

    def _contact_kpi_phones(self, text):
        """Parse the phones of a text in this customer's context: ``read_phones``."""
        return read_phones(text, *self._contact_kpi_reading())

    def _contact_kpi_takes_messages(self, text):
        """Whether a number of this text receives messages."""
        return any(map(self._contact_kpi_is_mobile, self._contact_kpi_phones(text)))

    def _contact_kpi_usable(self, name, text):
        """The usable contacts of a text, normalized: E.164 or e-mail address."""
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
        """Decide which field a typed contact goes to.

        :return: values to write, and the text of another contact to keep elsewhere,
            if any
        """
        typed = self._contact_kpi_usable(name, text)
        standing = self._contact_kpi_usable(name, self[name])
        if standing <= typed:
            unsure = not (seen or standing)
            unsure = unsure and self._contact_kpi_may_be_usable(name, self[name])
            return {name: text}, unsure and self[name]
        if name == "phone":
            # In the order in which Odoo's SMS tries the fields.
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
        """Whether the family still has this contact once these values are written.

        Looks at its active members that the user may read.
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
