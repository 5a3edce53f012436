# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import Command
from odoo.tests import new_test_user, tagged

from ..common import LANDLINE, MOBILE, PHONE, ContactKpiCase

TODAY = "2041-03-04"


@tagged("post_install", "-at_install")
class TestLawAgreement(ContactKpiCase):
    """Law 1: ledger, definition and figures say the same."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mobile = cls.indicator()

    def assertMissing(self, names, kpi=None):
        """Literal names, and the oracle, against the open gaps."""
        kpi = kpi or self.kpi
        self.commit()
        self.assertAgreement(kpi)
        gaps = self.env["contact.kpi.gap"].search(
            [("indicator_id", "=", kpi.id), ("closed_at", "=", False)]
        )
        self.assertEqual(sorted(gaps.partner_id.mapped("name")), sorted(names))

    def test_any_usable_phone_or_address_of_the_customer_is_a_contact(self):
        self.customer("nothing")
        self.customer("blank", phone="  ", email=" ")
        self.customer("dash", phone="-")
        self.customer("words", phone="não tem")
        self.customer("one digit repeated", phone="(11) 99999-9999")
        self.customer("slip", email="x@x")
        self.customer("no area code", phone="96123-4567")
        self.customer("landline", phone=LANDLINE)
        self.customer("mobile", phone=MOBILE)
        self.customer("toll-free", phone="0800 725 1234")
        self.customer("second number", phone="não tem / (11) 96123-4567")
        self.customer("address", email="ana@oficina.com.br")
        self.assertMissing(
            [
                "nothing",
                "blank",
                "dash",
                "words",
                "one digit repeated",
                "slip",
                "no area code",
            ]
        )
        self.assertMissing(
            [
                "nothing",
                "blank",
                "dash",
                "words",
                "one digit repeated",
                "slip",
                "no area code",
                "landline",
                "toll-free",
                "address",
            ],
            self.mobile,
        )

    def test_any_active_partner_of_the_family_answers_at_any_depth(self):
        reached = self.customer("reached", is_company=True)
        desk = self.contact(reached, type="other")
        self.contact(desk, "assistant", type="invoice", phone=PHONE)
        archived = self.customer("archived contact", is_company=True)
        self.contact(archived, phone=PHONE, active=False)
        parent = self.customer("child company answers for itself", is_company=True)
        self.contact(parent, "branch", is_company=True, phone=PHONE, customer_rank=1)
        lone = self.contact(parent, "branch that lacks it", is_company=True)
        lone.customer_rank = 1
        self.assertMissing(
            [
                "archived contact",
                "child company answers for itself",
                "branch that lacks it",
            ]
        )

    def test_customers_are_known_by_rank_or_by_an_order_of_the_family(self):
        self.env["res.partner"].create({"name": "supplier only"})
        quoted = self.env["res.partner"].create({"name": "quoted"})
        self.order(quoted)
        cancelled = self.env["res.partner"].create({"name": "cancelled"})
        self.order(cancelled).state = "cancel"
        firm = self.env["res.partner"].create(
            {"name": "ordered through its buyer", "is_company": True}
        )
        buyer = self.contact(firm, "buyer")
        self.order(buyer)
        past = self.env["res.partner"].create(
            {"name": "ordered through a former buyer", "is_company": True}
        )
        former = self.contact(past, "former")
        self.order(former)
        former.active = False
        self.customer("archived", active=False)
        self.assertMissing(
            ["quoted", "ordered through its buyer", "ordered through a former buyer"]
        )

    def test_colleagues_and_our_companies_are_no_customers(self):
        colleague = new_test_user(self.env, "colleague", groups="base.group_user")
        guest = new_test_user(self.env, "guest", groups="base.group_portal")
        both = colleague.partner_id | guest.partner_id
        both.write({"customer_rank": 1, "email": False})
        self.main.partner_id.write({"customer_rank": 1, "email": False, "phone": False})
        self.assertMissing([guest.partner_id.name])
        colleague.write({"group_ids": [Command.set(guest.group_ids.ids)]})
        self.assertMissing([guest.partner_id.name, colleague.partner_id.name])

    def test_numbers_are_read_in_the_customers_country(self):
        tokyo = self.company("Tokyo", "Asia/Tokyo", self.japan)
        self.customer("Japanese number, no country", phone="090-1234-5678")
        self.customer("own", phone="090-1234-5678", country_id=self.japan.id)
        self.customer("company's", phone="090-1234-5678", company_id=tokyo.id)
        head = self.customer("head's", country_id=self.japan.id, is_company=True)
        self.contact(head, phone="090-1234-5678")
        self.assertMissing(["Japanese number, no country"])

    def test_rows_of_a_snapshot_add_up_to_the_customers_segment_by_segment(self):
        branch = self.company("Branch", "America/Sao_Paulo")
        industry = self.env["res.partner.industry"].create({"name": "Transport"})
        seller = new_test_user(
            self.env, "seller", groups="sales_team.group_sale_salesman"
        )
        for index in range(48):
            self.customer(
                f"C{index}",
                phone=(PHONE, False, MOBILE)[index % 3],
                is_company=index % 2 == 0,
                company_id=(False, branch.id, self.main.id)[index // 2 % 3],
                user_id=(False, seller.id)[index // 3 % 2],
                industry_id=(industry.id, False, False)[index // 4 % 3],
                country_id=(self.brazil.id, self.japan.id, False)[index // 5 % 3],
                state_id=(self.sao_paulo.id, False)[index // 5 % 3 > 0],
            )
        self.refresh()
        for kpi in (self.kpi, self.mobile):
            self.assertAgreement(kpi)
            self.assertFigures(kpi, TODAY)
        runs = self.env["contact.kpi.run"].search(
            [("indicator_id", "=", self.mobile.id)]
        )
        self.assertEqual(
            sorted((r.company_id.id, r.state, r.customers, r.missing) for r in runs),
            sorted(
                [
                    (False, "provisional", 16, self.count(False)),
                    (self.main.id, "provisional", 16, self.count(self.main)),
                    (branch.id, "provisional", 16, self.count(branch)),
                ]
            ),
        )

    def count(self, company):
        owner = company.id if company else False
        found = self.evaluate(self.mobile.code).items()
        return sum(missing for head, missing in found if head.company_id.id == owner)

    def test_a_third_indicator_needs_no_code(self):
        indicator = self.indicator("no_vat", "[('vat', '=', False)]")
        self.customer("without")
        self.customer("with", vat="BR12345678909")
        empty = self.customer("emptied", vat="BR12345678909")
        self.commit()
        empty.vat = False
        self.commit()
        gaps = self.env["contact.kpi.gap"].search([("indicator_id", "=", indicator.id)])
        self.assertEqual(sorted(gaps.partner_id.mapped("name")), ["emptied", "without"])

    def test_a_refresh_looks_first_at_what_the_transaction_has_just_saved(self):
        self.customer("reachable", phone=MOBILE)
        self.assertTrue(self.kpi._refresh())
        self.assertEqual(
            self.snapshot(self.kpi, TODAY),
            [(False, False, False, False, False, False, False, 1, 0)],
        )

    def test_a_new_indicator_looks_first_at_what_the_transaction_has_just_saved(self):
        self.customer("reachable", phone=MOBILE)
        self.customer("reachable by landline", phone=LANDLINE)
        third = self.indicator("test_again")
        gaps = self.env["contact.kpi.gap"].search([("indicator_id", "=", third.id)])
        self.assertEqual(
            [(gap.partner_id.name, gap.origin) for gap in gaps],
            [("reachable by landline", "initial")],
        )
