# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which numbers make a customer reachable by a message, as literal tables."""

from unittest.mock import patch

from odoo.tests import new_test_user, tagged

from odoo.addons.contact_kpi.tests.common import LANDLINE, MOBILE, ContactKpiCase

from .common import MechanicMixin

#: phone of a Brazilian customer, its class, whether it lacks a mobile
NUMBERS = [
    (False, False, True),
    (" ", False, True),
    (MOBILE, "mobile", False),
    ("+55 11 96123-4567", "mobile", False),
    ("0 15 11 96123-4567", "mobile", False),
    ("(11) 8123-4567", "without_nine", False),
    ("(11) 7812-3456", "trunking", False),
    ("+1 201 555 0123", "maybe", False),
    (LANDLINE, "landline", True),
    ("0800 725 1234", "other", True),
    ("96123-4567", "invalid", True),
    ("(11) 0000-0000", "junk", True),
    ("não tem", "junk", True),
    ("(11) 2345-6789 / (11) 96123-4567", "mobile", False),
    ("(11) 8123-4567 / (11) 96123-4567", "mobile", False),
]


@tagged("post_install", "-at_install")
class TestResPartner(MechanicMixin, ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mobile = cls.indicator()

    def open_gaps(self):
        return self.env["contact.kpi.gap"].search(
            [("indicator_id", "=", self.mobile.id), ("closed_at", "=", False)]
        )

    def test_numbers_and_reasons(self):
        customers = [self.customer(str(row[0]), phone=row[0]) for row in NUMBERS]
        self.commit()
        gaps = {gap.partner_id: gap.mobile_reason for gap in self.open_gaps()}
        self.assertEqual(
            [(c.phone, c.contact_mobile_kind, c in gaps) for c in customers],
            NUMBERS,
        )
        self.assertEqual(
            [gaps[customer] for customer in customers if customer in gaps],
            ["nothing"] * 2 + ["landline", "other", "invalid"] + ["junk"] * 2,
        )
        self.assertAgreement(self.mobile)

    def test_any_active_contact_of_the_family_answers(self):
        firm = self.customer("firm", is_company=True, phone=LANDLINE)
        driver = self.contact(firm, "driver", phone=MOBILE)
        self.contact(firm, "archived", phone=MOBILE, active=False)
        self.commit()
        self.assertEqual(firm.customer_mobile_kind, "mobile")
        self.assertFalse(self.open_gaps())
        driver.active = False
        self.commit()
        self.assertEqual(firm.customer_mobile_kind, "landline")
        self.assertEqual(self.open_gaps().mobile_reason, "landline")

    def test_saving_a_mobile_closes_the_gap_at_once_with_credit(self):
        ana = new_test_user(
            self.env,
            "ana",
            groups="sales_team.group_sale_salesman,base.group_partner_manager",
        )
        customer = self.customer("customer", phone=LANDLINE)
        self.go("2041-03-06 15:00:00")
        customer.with_user(ana).phone = MOBILE
        self.commit()
        self.assertEqual(
            self.ledger(kpi=self.mobile),
            [
                (
                    "customer",
                    "2041-03-04 15:00:00",
                    "2041-03-06 15:00:00",
                    "completed",
                    "ana",
                )
            ],
        )

    def test_the_reason_is_that_of_the_opening_later_ones_are_versions(self):
        customer = self.customer("customer")
        self.go("2041-03-06 15:00:00")
        customer.phone = LANDLINE
        self.commit()
        gap = self.open_gaps()
        versions = self.env["contact.kpi.gap.segment"].search([("gap_id", "=", gap.id)])
        self.assertEqual(
            [gap.mobile_reason, *versions.mapped("mobile_reason")],
            ["nothing", "nothing", "landline"],
        )

    def test_reasons_are_on_no_other_indicators_rows(self):
        self.customer("customer")
        self.commit()
        gap = self.env["contact.kpi.gap"].search([("indicator_id", "=", self.kpi.id)])
        self.assertEqual(len(gap), 1)
        self.assertFalse(gap.mobile_reason or gap.urgency)

    def test_a_field_of_another_addon_is_read_as_odoo_reads_it(self):
        partner = self.env["res.partner"]
        # Stands in for the field `mobile` that another addon brings.
        names = patch.object(
            self.registry["res.partner"],
            "_phone_get_number_fields",
            lambda _self: ["ref", "phone"],
        )
        customer = self.customer("customer", phone=LANDLINE, ref=MOBILE)
        self.commit()
        self.assertEqual(self.open_gaps().partner_id, customer)
        with names:
            self.env.registry.clear_cache()
            self.assertIn("ref", self.env["contact.kpi"]._watched_fields())
            self.look_at_everybody()
            self.refresh()
            self.assertFalse(self.open_gaps())
            customer.ref = "-"
            self.commit()
            self.assertEqual(self.open_gaps().partner_id, customer)
            self.assertEqual(customer.customer_mobile_kind, "landline")
        self.env.registry.clear_cache()
        self.assertEqual(partner._contact_kpi_phone_fields(), ["phone"])

    def test_merging_brings_the_mobile(self):
        loser = self.customer("loser", phone=MOBILE, email="a@b.com")
        winner = self.customer("winner", email="a@b.com")
        self.go("2041-03-06 15:00:00")
        self.repair(loser)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((loser | winner).ids, winner)
        self.commit()
        self.assertEqual(winner.customer_mobile_kind, "mobile")
        self.assertFalse(self.open_gaps())
        self.assertAgreement(self.mobile)

    def test_no_query_when_nothing_that_is_read_has_changed(self):
        customer = self.customer("customer", phone=MOBILE)
        repair = self.repair(customer)
        self.commit()
        customer.comment, repair.internal_notes = "x", "y"
        self.commit()
        rules = self.registry["contact.kpi.ruleset"]
        with patch.object(rules, "_classify", side_effect=AssertionError):
            customer.comment, repair.internal_notes = "again", "again"
            self.commit()
