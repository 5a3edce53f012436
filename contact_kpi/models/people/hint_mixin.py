# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""“Did you mean …?” and “Add the 9”: hints beside a contact, accepted by a click.

A hint is never a verdict: the text may be right as it is. Accepting it corrects that
same contact, so even a usable one is overwritten; the rest of the field stays.
"""

from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.correction import correct_email, correct_phone


class Hint(NamedTuple):
    """A hint in words, and the corrected text; None if there is no proposal."""

    words: str
    corrected: str | None


class ContactKpiHintMixin(models.AbstractModel):
    """A record that shows a customer's phone and e-mail, with hints on likely slips.

    Cost: no query without phone numbers; with any number of them, their countries.
    """

    _name = "contact.kpi.hint.mixin"
    _description = "Did You Mean"

    #: The record's own fields that show a contact, by the customer's field.
    _contact_kpi_shown = {"phone": "phone", "email": "email"}

    contact_kpi_phone_hint = fields.Char(
        "Phone Hint",
        compute="_compute_contact_kpi_hints",
        groups="base.group_user",
        exportable=False,
        help="What the phone probably is, or why it is no number.",
    )
    contact_kpi_email_hint = fields.Char(
        "E-mail Hint",
        compute="_compute_contact_kpi_hints",
        groups="base.group_user",
        exportable=False,
        help="The e-mail address that was probably meant.",
    )
    contact_kpi_can_correct_phone = fields.Boolean(
        compute="_compute_contact_kpi_hints",
        groups="base.group_user",
        exportable=False,
        help="The phone can be corrected as suggested, and the reader may edit it.",
    )
    contact_kpi_can_correct_email = fields.Boolean(
        compute="_compute_contact_kpi_hints",
        groups="base.group_user",
        exportable=False,
        help="The e-mail can be corrected as suggested, and the reader may edit it.",
    )

    def _contact_kpi_owners(self):
        """``{record: the customer whose contacts it shows}``, as far as readable."""
        raise NotImplementedError

    @api.depends(lambda self: self._contact_kpi_shown.values())
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_contact_kpi_hints(self):
        owners, correctable = self._contact_kpi_owners(), {}
        for record in self:
            owner = owners.get(record)
            for name in ("phone", "email"):
                field = self._contact_kpi_shown.get(name)
                text = owner and field and record[field]
                hint = owner._contact_kpi_hint(name, text) if text else None
                record[f"contact_kpi_{name}_hint"] = hint and hint.words
                record[f"contact_kpi_can_correct_{name}"] = False
                if hint and hint.corrected:
                    # Of an unsaved owner the model's access rights decide.
                    correctable[record, name] = owner._origin or owner
        editable = self.env["res.partner"].union(*correctable.values())
        editable = editable._filtered_access("write")
        for (record, name), owner in correctable.items():
            record[f"contact_kpi_can_correct_{name}"] = owner in editable

    def action_contact_kpi_correct_phone(self):
        """Put the ninth digit into the customer's phone, as the hint says."""
        return self._contact_kpi_correct("phone")

    def action_contact_kpi_correct_email(self):
        """Correct the slip in the customer's e-mail, as the hint says."""
        return self._contact_kpi_correct("email")

    def _contact_kpi_correct(self, name):
        """Apply the hint to the contact that is on record now.

        With the rights of the user, who is credited with it.

        :raise UserError: there is nothing left to correct
        """
        self.check_access("read")
        owners = self._contact_kpi_owners()
        nobody = self.env["res.partner"]
        for owner in {owners.get(record, nobody) for record in self}:
            owner.check_access("write")
            hint = owner and owner._contact_kpi_hint(name, owner[name])
            if not hint or not hint.corrected:
                raise UserError(
                    self.env._(
                        "The contact was changed meanwhile: there is nothing to "
                        "correct any more. Reload the page to see it."
                    )
                )
            owner[name] = hint.corrected
        # The client reads the record back: settle its gap first.
        self.env["res.partner"]._contact_kpi_run_pending()
        return True


class ResPartner(models.Model):
    """The single source of hints on a customer's phones and e-mails."""

    _name = "res.partner"
    _inherit = ["res.partner", "contact.kpi.hint.mixin"]

    def _contact_kpi_owners(self):
        return {partner: partner for partner in self}

    @api.depends("country_id", "vat")
    def _compute_contact_kpi_hints(self):
        return super()._compute_contact_kpi_hints()

    def _contact_kpi_hint(self, name, text):
        """What a text in a field of this partner probably meant, or what it lacks.

        :param name: ``phone`` or ``email``
        :return: a :class:`Hint`; None if there is nothing to say
        """
        if name == "email":
            placeholders = self.env["contact.kpi.placeholder"]._texts()
            found = correct_email(text, placeholders)
            return found and Hint(self.env._("Did you mean %s?", found[0]), found[1])
        if not any(map(str.isdigit, text or "")):
            return None
        if found := correct_phone(text, self._contact_kpi_phones):
            area, first, last = found[0][3:5], found[0][5:10], found[0][10:]
            number = f"({area}) {first}-{last}"
            return Hint(self.env._("Add the 9: %s", number), found[1])
        phones = self._contact_kpi_phones(text)
        words = None
        if not any(phone.kind.usable for phone in phones):
            found = (self._contact_kpi_note_words(phone.note) for phone in phones)
            words = next(filter(None, found), None)
        return words and Hint(words, None)

    @api.model
    def _contact_kpi_note_words(self, note):
        """What is wrong with a number, by its note; None if no more is known."""
        return {
            "digit_missing": self.env._("Is a digit missing, or the 9 in front?"),
            "does_not_work": self.env._(
                "What is written beside it says that nobody answers."
            ),
            "rounded": self.env._("A spreadsheet has rounded it: digits are lost."),
            "no_area_code": self.env._("The area code is missing."),
        }.get(note)
