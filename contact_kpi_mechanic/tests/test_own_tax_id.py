# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A customer's own tax ID is no mobile, either: in the list, at the counter."""

from datetime import datetime

from odoo.tests import tagged

from odoo.addons.contact_kpi.tests.common import LANDLINE, MOBILE
from odoo.addons.contact_kpi.tests.engine.test_own_tax_id import (
    CPF,
    OTHER,
    PRINTED,
    OwnTaxIdCase,
)

from .test_whole_row import CounterCase


@tagged("post_install", "-at_install")
class TestOwnTaxId(OwnTaxIdCase, CounterCase):
    usable = (MOBILE, CPF, OTHER)

    def test_what_is_typed_on_a_repair(self):
        """What stood there, what is typed, what is written, whether it asks still."""
        for before, typed, written, missing in (
            ({"vat": CPF}, CPF, {"phone": CPF}, True),
            ({"vat": CPF, "phone": "não tem"}, CPF, {"phone": CPF}, True),
            ({"vat": CPF, "phone": LANDLINE}, CPF, {}, True),
            ({"vat": CPF}, f"{CPF} / {OTHER}", {"phone": f"{CPF} / {OTHER}"}, False),
            ({"vat": OTHER}, CPF, {"phone": CPF}, False),
            ({"vat": OTHER, "phone": OTHER}, MOBILE, {"phone": MOBILE}, False),
        ):
            with self.subTest(before=before, typed=typed):
                customer = self.person(**before)
                order = self.at(customer)
                with self.written(customer, written):
                    [read] = self.web_save(order, {"contact_kpi_phone": typed})
                self.assertEqual(read["contact_kpi_state"], missing and "missing")
                self.assertMissing(customer, missing, self.mobile)
                self.tell_night()
                self.assertMissing(customer, missing, self.mobile)

    def test_a_repair_says_why_it_still_asks(self):
        customer = self.person(vat=PRINTED, phone=CPF)
        order = self.at(customer)
        self.env.invalidate_all()
        # No usable number that must not be typed over.
        self.assertEqual(order.contact_kpi_phone, CPF)
        self.assertEqual(
            order.contact_kpi_problem,
            f"“{CPF}” is the customer's tax ID, not its phone.",
        )

    def test_the_tax_id_that_is_typed_in_the_form(self):
        now = datetime(2041, 3, 5, 15)
        customer = self.person(phone=CPF)
        self.repair(customer)
        self.assertMissing(customer, False, self.mobile)
        with self.written(customer, {"vat": CPF}):
            customer.with_user(self.elisa).web_save({"vat": CPF}, {"vat": {}})
        self.assertEqual(self.gaps(customer, self.mobile)[-1], (now, None, None, None))
        self.tell_night()
        self.go("2041-03-06 15:00:00")
        with self.written(customer, {"vat": OTHER}):
            customer.with_user(self.elisa).web_save({"vat": OTHER}, {"vat": {}})
        then = datetime(2041, 3, 6, 15)
        last = (now, then, "completed", "row_elisa")
        self.assertEqual(self.gaps(customer, self.mobile)[-1], last)
        self.assertMissing(customer, False, self.mobile)

    def test_what_sql_has_changed_is_found_by_night(self):
        for on_contact in (False, True):
            customer = self.person()
            self.repair(customer)
            carrier = customer.child_ids if on_contact else customer
            carrier.phone = CPF
            self.assertMissing(customer, False, self.mobile)
            for vat, missing in ((CPF, True), (None, False)):
                self.env.cr.execute(
                    "UPDATE res_partner SET vat = %s WHERE id = %s", [vat, customer.id]
                )
                self.env.invalidate_all()
                self.tell_night()
                self.assertMissing(customer, missing, self.mobile)

    def test_the_list_of_the_blocked_reads_no_tax_id(self):
        """Its only mobile is blocked: the other number beside it is its own tax ID."""
        customer = self.person(phone=f"{CPF} / {MOBILE}")
        self.env["phone.blacklist"].add("+5511961234567")
        blocked = self.env["phone.blacklist"]._contact_kpi_blocked
        self.commit()
        self.assertNotIn(customer.id, blocked())
        customer.with_user(self.elisa).web_save({"vat": CPF}, {"vat": {}})
        self.commit()
        self.assertIn(customer.id, blocked())
