# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import TransactionCase

# What is in force, by what was typed into the system parameter by hand: days that
# everything is kept, months of history, days until a refusal is reviewed, customers
# that make a contact suspect, the tag of customer types.
IN_FORCE = {
    "": (400, 12, 180, 5, 0),
    "0": (0, 0, 0, 0, 0),
    "1": (31, 1, 1, 1, 1),
    "60": (60, 60, 60, 60, 60),
    "-5": (0, 0, 180, 5, 0),
    "60.5": (0, 12, 180, 5, 0),
    "never": (0, 12, 180, 5, 0),
    "2000000000": (36500, 1200, 36500, 2000000000, 2000000000),
}
NAMES = (
    "retention_days",
    "history_months",
    "decline_review_days",
    "shared_threshold",
    "customer_type_tag_id",
)


class TestIrConfigParameter(TransactionCase):
    """Whole numbers that an administrator chooses, also past the settings' screen."""

    def in_force(self):
        return (
            self.env["contact.kpi.run"]._retention_days(),
            self.env["contact.kpi.history"]._months_wanted(),
            self.env["contact.kpi.gap"]._decline_review_days(),
            self.env["contact.kpi.suspect"]._threshold(),
            self.env["contact.kpi.gap"]._customer_type_tag(),
        )

    def test_what_is_typed_by_hand(self):
        for text, expected in IN_FORCE.items():
            for name in NAMES:
                self.env["ir.config_parameter"].set_param(f"contact_kpi.{name}", text)
            with self.subTest(text=text):
                self.assertEqual(self.in_force(), expected)
