# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""At the counter, too, what a person typed is all that is written."""

from odoo.tests import new_test_user, tagged

from odoo.addons.contact_kpi.tests.common import LANDLINE, MOBILE
from odoo.addons.contact_kpi.tests.engine.test_whole_row import (
    CNPJ,
    MAIL,
    OTHER_LANDLINE,
    OTHER_MAIL,
    WholeRowCase,
)

from .common import MechanicMixin

SANITIZED, SAME_CNPJ = "+5511961234567", "11222333000181"


class CounterCase(MechanicMixin, WholeRowCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mobile = cls.indicator()
        cls.elisa = new_test_user(
            cls.env,
            "row_elisa",
            groups="stock.group_stock_user,base.group_partner_manager",
        )

    def listed(self, customer):
        """The customer's row in the workshop's list."""
        return self.row(customer, self.mobile, self.elisa)

    def at(self, customer):
        return self.repair(customer).with_user(self.elisa)


@tagged("post_install", "-at_install")
class TestWholeRow(CounterCase):
    def test_what_is_typed_in_the_list(self):
        for before, typed, written, added in (
            ({}, {"phone": MOBILE}, {"phone": MOBILE}, None),
            ({"phone": "não tem"}, {"phone": MOBILE}, {"phone": MOBILE}, None),
            ({"phone": LANDLINE}, {"phone": MOBILE}, {"phone": MOBILE}, LANDLINE),
            (
                {"phone": LANDLINE},
                {"phone": f"{LANDLINE} / {MOBILE}"},
                {"phone": f"{LANDLINE} / {MOBILE}"},
                None,
            ),
            (
                {"phone": LANDLINE},
                {"phone": OTHER_LANDLINE},
                {"phone": OTHER_LANDLINE},
                LANDLINE,
            ),
            ({"phone": LANDLINE}, {"phone": "96123-4567"}, {}, None),
            ({"phone": LANDLINE}, {"email": MAIL}, {"email": MAIL}, None),
            # As Odoo itself spells it.
            ({"phone": LANDLINE}, {"vat": SAME_CNPJ}, {"vat": SAME_CNPJ}, None),
        ):
            with self.subTest(before=before, typed=typed):
                customer = self.full(**{"vat": "111.444.777-35", **before})
                gap = self.listed(customer)
                kept = [(None, "other", added, None)] if added else []
                with self.written(customer, written, kept):
                    [read] = self.web_save(gap, typed, "list")
                self.assertEqual(read["phone"], customer.phone)
                done = MOBILE in typed.get("phone", "")
                self.assertEqual(gap.close_reason, done and "completed")
                # Odoo's SMS reads one number of a field.
                if typed == {"phone": MOBILE}:
                    self.assertEqual(customer.phone_sanitized, SANITIZED)

    def test_both_rows_of_a_customer_at_once(self):
        """One of each list: the salesperson's and the workshop's."""
        elisa = self.elisa
        elisa.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        customer = self.full(phone="não tem", email="x@x")
        rows = self.listed(customer) | self.row(customer, self.kpi, elisa)
        with self.written(customer, {"phone": MOBILE}):
            self.web_save(rows, {"phone": MOBILE}, "list")
        self.assertEqual(rows.mapped("close_reason"), ["completed", "completed"])

    def test_what_is_typed_on_a_repair(self):
        for before, typed, added in (
            (False, MOBILE, None),
            ("não tem", MOBILE, None),
            (LANDLINE, MOBILE, LANDLINE),
            (LANDLINE, OTHER_LANDLINE, None),
        ):
            for new in (False, True):
                with self.subTest(before=before, typed=typed, new=new):
                    customer = self.full(phone=before, email=MAIL)
                    vals = {"contact_kpi_phone": typed}
                    order = self.env["repair.order"].with_user(self.elisa)
                    if new:
                        vals["partner_id"] = customer.id
                    else:
                        order = self.at(customer)
                    written = {"phone": MOBILE} if typed == MOBILE else {}
                    kept = [(None, "other", added, None)] if added else []
                    with self.written(customer, written, kept):
                        [read] = self.web_save(order, vals)
                    self.assertEqual(
                        read["contact_kpi_state"], typed != MOBILE and "missing"
                    )

    def test_a_repair_of_a_contact_completes_its_customer(self):
        customer = self.full(phone=LANDLINE, email=MAIL)
        order = self.at(customer.child_ids)
        kept = [(None, "other", LANDLINE, None)]
        with self.written(customer, {"phone": MOBILE}, kept):
            [read] = self.web_save(order, {"contact_kpi_phone": MOBILE})
        self.assertEqual(
            (read["contact_kpi_state"], order.mobile_to_ask), (False, False)
        )

    def test_what_a_suggestion_brings(self):
        self.env["res.partner"].create({"name": "Abreu", "vat": CNPJ, "phone": MOBILE})
        customer = self.full(phone=LANDLINE, email=OTHER_MAIL)
        gap = self.listed(customer)
        kept = [(None, "other", LANDLINE, None)]
        with self.written(customer, {"phone": MOBILE}, kept):
            self.use(gap, "phone")
        self.assertEqual(customer.phone_sanitized, SANITIZED)
        self.assertEqual(gap.close_reason, "completed")

    def test_refusal_and_consent_on_a_repair(self):
        customer = self.full(phone=LANDLINE)
        order = self.at(customer)
        self.commit()
        reason = self.env["contact.kpi.decline.reason"].search([], limit=1)
        with self.written(customer, {}):
            self.answer(
                self.elisa, order.action_contact_kpi_decline(), {"reason_id": reason.id}
            )
        self.assertEqual(order.contact_kpi_state, "declined")
        signed = {
            "contact_kpi_consent": "given",
            "contact_kpi_consent_on": "2041-03-05",
            "contact_kpi_consent_channel": "in_person",
            "contact_kpi_consent_by_id": self.elisa.id,
        }
        answer = {
            "consent": "given",
            "channel": "in_person",
            "answered_on": "2041-03-05",
        }
        with self.written(customer, signed):
            self.answer(self.elisa, order.action_contact_kpi_consent(), answer)

    def test_a_merge_brings_the_mobile_and_nothing_else_of_ours(self):
        winner = self.full(email="x@x")
        loser = self.full(email="x@x", phone=MOBILE)
        loser.child_ids.unlink()
        self.at(loser)
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(self.elisa)
        wizard = wizard.create(
            {"partner_ids": (winner | loser).ids, "dst_partner_id": winner.id}
        )
        with self.written(winner, {"phone": MOBILE, "customer_rank": 2}):
            wizard.action_merge()

    def test_what_may_be_a_mobile_is_one_as_the_setting_says(self):
        """Of two numbers the mobile stands where Odoo's SMS looks first."""
        maybe, city = (
            "+1 201 555 0123",
            self.env["contact.kpi"].create(
                {"name": "City", "code": "city", "gap_domain": '[("city", "=", False)]'}
            ),
        )
        for counts in (True, False):
            settings = self.env["res.config.settings"].create({})
            settings.contact_kpi_maybe_mobile = counts
            settings.set_values()
            customer = self.full(phone=maybe)
            written = {} if counts else {"phone": LANDLINE}
            kept = [(None, "other", LANDLINE if counts else maybe, None)]
            with self.written(customer, written, kept):
                self.web_save(self.row(customer, city), {"phone": LANDLINE}, "list")
