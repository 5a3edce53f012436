# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools.contact import DEFAULT_PLACEHOLDERS, normalize_placeholder

REASONS = [
    ("typed", "Typed Instead of a Contact"),
    ("shared", "Shared by Many Customers"),
    ("company", "Our Company's Own"),
    ("user", "A User's Own"),
]


class ContactKpiPlaceholder(models.Model):
    """A text that people type where they have no phone or e-mail."""

    _name = "contact.kpi.placeholder"
    _description = "Contact Placeholder"
    _order = "name"

    name = fields.Char(
        "Text",
        required=True,
        help="Typed in a phone or e-mail field instead of a contact, such as "
        "“none” or “00 0000”. Capitals, accents and punctuation do not matter.",
    )
    active = fields.Boolean(default=True)
    reason = fields.Selection(
        REASONS,
        "Why",
        required=True,
        default="typed",
        help="Why it is not a customer's contact.",
    )

    _name_uniq = models.Constraint("UNIQUE(name)", "This text is on the list already.")

    @api.constrains("name")
    def _check_name(self):
        for placeholder in self:
            if not normalize_placeholder(placeholder.name):
                raise ValidationError(
                    self.env._(
                        "“%s” has neither letters nor digits; such texts are never a "
                        "contact and need not be listed.",
                        placeholder.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        placeholders = super().create(vals_list)
        self._rules_changed()
        return placeholders

    def write(self, vals):
        res = super().write(vals)
        self._rules_changed()
        return res

    def unlink(self):
        res = super().unlink()
        self._rules_changed()
        return res

    def _rules_changed(self):
        """Have all contacts classified anew, in the background."""
        self.env.registry.clear_cache()
        self.env["contact.kpi.ruleset"].sudo()._current()

    @api.model
    def _texts(self):
        """The active placeholders, as typed; the classification normalizes them."""
        return self.env["contact.kpi.ruleset"]._rules().placeholders

    @api.model
    def _load_defaults(self):
        """Create the usual placeholders, at installation."""
        names = sorted(
            name for name in DEFAULT_PLACEHOLDERS if normalize_placeholder(name)
        )
        self.create([{"name": name} for name in names])
