# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Reports to hand over at the counter, by the workshop's own segments: whole tables."""

from odoo.tests import new_test_user, tagged

from odoo.addons.contact_kpi.tests.common import LANDLINE, MOBILE
from odoo.addons.contact_kpi.tests.people.test_print import PrintCase

from .common import MechanicMixin


@tagged("post_install", "-at_install")
class TestPrint(MechanicMixin, PrintCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mobile = cls.indicator()
        cls.clerk = new_test_user(
            cls.env, "print_clerk", groups="stock.group_stock_user", lang="en_US"
        )

    def live(self):
        oil, brakes = (
            self.env.ref(f"contact_kpi_mechanic.mechanic_service_type_{code}")
            for code in ("oil", "brakes")
        )
        for name, phone, service, priority in (
            ("Landline", LANDLINE, brakes, "1"),
            ("Nothing", False, oil, "0"),
            ("Given", False, oil, "1"),
            ("Known", MOBILE, oil, "0"),
            ("Elsewhere", LANDLINE, oil.browse(), "0"),
        ):
            customer = self.customer(name, phone=phone, user_id=self.own.id)
            if service:
                self.repair(customer, service_type_id=service.id, priority=priority)
        self.refresh(self.mobile)
        self.go("2041-03-06 15:00")
        self.env["res.partner"].search([("name", "=", "Given")]).phone = MOBILE
        self.refresh(self.mobile)

    def printed(self, reader, model, groups, domain=(), table="figures", cells=None):
        """Rows of a table, of the workshop's indicator, without their head."""
        domain = [("indicator_id", "=", self.mobile.id), *domain]
        tables, self.text = self.html(self.order_of(reader, model, domain, groups))
        return [row[:cells] for row in tables[table][1:]]

    def test_the_workshops_segments(self):
        self.live()
        self.assertEqual(
            self.printed(
                self.clerk, "contact.kpi.snapshot", ["service_type_id", "urgency"]
            ),
            [
                # Customers, missing and rate on that day; nothing to compare with.
                [label, "03/06/2041", customers, missing, rate, "", "", "", ""]
                for label, customers, missing, rate in (
                    ("Oil Change", "3", "1", "33.3%"),
                    ("Normal", "2", "1", "50.0%"),
                    ("Urgent", "1", "0", "0.0%"),
                    ("Brakes", "1", "1", "100.0%"),
                    ("Urgent", "1", "1", "100.0%"),
                    ("None", "1", "1", "100.0%"),
                    ("No Repair Yet", "1", "1", "100.0%"),
                    ("Whole Selection", "5", "3", "60.0%"),
                )
            ],
        )
        self.assertEqual(
            # Opening, opened, completed, left, closing.
            self.printed(
                self.clerk, "contact.kpi.follow.up", ["mobile_reason"], cells=6
            ),
            [
                ["Landline Only", "0", "2", "0", "0", "2"],
                ["None Given", "0", "2", "1", "0", "1"],
                ["Whole Selection", "0", "4", "1", "0", "3"],
            ],
        )
        still_open = [("closed_at", "=", False)]
        self.assertEqual(
            self.printed(
                self.clerk,
                "contact.kpi.gap",
                ["mobile_reason"],
                still_open,
                "customers",
                5,
            ),
            [
                ["Landline Only (2)", "", "", "", ""],
                ["Elsewhere", "", "Ana", "03/04/2041", "2"],
                ["Landline", "", "Ana", "03/04/2041", "2"],
                ["None Given (1)", "", "", "", ""],
                ["Nothing", "", "Ana", "03/04/2041", "2"],
                ["Total (3)", "", "", "", ""],
            ],
        )

    def test_what_a_reader_sees_is_said(self):
        """At the counter everybody's customers are seen, by a salesperson the own."""
        self.live()
        own = "those without a salesperson"
        for reader, expected in ((self.clerk, False), (self.own, True)):
            self.printed(reader, "contact.kpi.follow.up", ["urgency"])
            self.assertEqual(own in self.text, expected)
