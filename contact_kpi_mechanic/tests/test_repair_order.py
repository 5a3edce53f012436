# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Service types on repair orders, and what a repair changes at once."""

import psycopg2

from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.contact_kpi.tests.common import MOBILE, ContactKpiCase

from .common import MechanicMixin

CODES = [
    "service",
    "oil",
    "brakes",
    "suspension",
    "engine",
    "electrical",
    "air_conditioning",
    "tyres",
    "body",
    "diagnosis",
]


@tagged("post_install", "-at_install")
class TestRepairOrder(MechanicMixin, ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mobile = cls.indicator()
        cls.brakes, cls.oil = (
            cls.env.ref(f"contact_kpi_mechanic.mechanic_service_type_{code}")
            for code in ("brakes", "oil")
        )
        cls.person = cls.env["res.partner"].create({"name": "person"})

    def gaps(self):
        """Who lacks a mobile now, of which service type and urgency at last."""
        gaps = self.env["contact.kpi.gap"].search(
            [("indicator_id", "=", self.mobile.id), ("closed_at", "=", False)]
        )
        table = []
        for gap in gaps:
            version = self.env["contact.kpi.gap.segment"].search(
                [("gap_id", "=", gap.id), ("until", "=", False)]
            )
            latest = version or gap
            table.append(
                (gap.partner_id.name, latest.service_type_id.code, latest.urgency)
            )
        return sorted(table)

    def test_ten_usual_types_are_there(self):
        types = self.env["mechanic.service.type"].search([])
        self.assertEqual(types.mapped("code"), CODES)
        self.assertEqual(len(set(types.mapped("color"))), len(CODES))

    def test_codes_are_unique(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.IntegrityError):
            self.env["mechanic.service.type"].create({"name": "Again", "code": "oil"})
            self.env.flush_all()

    def test_at_the_counter_types_are_read_by_managers_they_are_kept(self):
        user = new_test_user(self.env, "counter", groups="stock.group_stock_user")
        boss = new_test_user(self.env, "boss", groups="stock.group_stock_manager")
        types = self.env["mechanic.service.type"]
        self.assertEqual(types.with_user(user).search_count([]), len(CODES))
        with self.assertRaises(AccessError):
            types.with_user(user).create({"name": "Wash", "code": "wash"})
        self.assertTrue(types.with_user(boss).create({"name": "Wash", "code": "wash"}))

    def test_typed_in_the_form_and_grouped_by(self):
        user = new_test_user(self.env, "counter", groups="stock.group_stock_user")
        with Form(self.env["repair.order"].with_user(user)) as form:
            form.partner_id = self.person
            form.service_type_id = self.brakes
        self.repair(self.person)
        orders = self.env["repair.order"].with_user(user)
        groups = orders.formatted_read_group(
            [("partner_id", "=", self.person.id)], ["service_type_id"], ["__count"]
        )
        self.assertEqual(
            [(group["service_type_id"], group["__count"]) for group in groups],
            [((self.brakes.id, "Brakes"), 1), (False, 1)],
        )

    def test_a_repair_makes_a_customer_at_once_and_cancelling_it_ends_that(self):
        self.assertEqual(self.gaps(), [])
        repair = self.repair(self.person, service_type_id=self.brakes.id, priority="1")
        self.assertEqual(self.gaps(), [("person", "brakes", "1")])
        self.go("2041-03-05 15:00:00")
        repair.action_repair_cancel()
        self.assertEqual(self.gaps(), [])
        self.go("2041-03-06 15:00:00")
        repair.action_repair_cancel_draft()
        self.assertEqual(self.gaps(), [("person", "brakes", "1")])
        self.go("2041-03-07 15:00:00")
        repair.unlink()
        self.assertEqual(self.gaps(), [])
        self.assertEqual(
            [row[3] for row in self.ledger(kpi=self.mobile)], ["left", "left"]
        )

    def test_type_and_urgency_follow_the_repair_at_once(self):
        repair = self.repair(self.person)
        self.assertEqual(self.gaps(), [("person", False, "0")])
        self.go("2041-03-05 15:00:00")
        repair.service_type_id = self.oil
        self.assertEqual(self.gaps(), [("person", "oil", "0")])
        repair.priority = "1"
        self.assertEqual(self.gaps(), [("person", "oil", "1")])
        self.go("2041-03-06 15:00:00")
        later = self.repair(self.person, service_type_id=self.brakes.id)
        self.assertEqual(self.gaps(), [("person", "brakes", "0")])
        other = self.customer("other", phone=MOBILE)
        later.partner_id = other
        self.assertEqual(self.gaps(), [("person", "oil", "1")])
        tables = ("contact.kpi.gap", "contact.kpi.gap.segment")
        before = self.dump(*tables)
        self.refresh()
        self.assertEqual(self.dump(*tables), before)

    def test_changed_past_the_hooks_the_night_finds_it(self):
        repair = self.repair(self.person, service_type_id=self.oil.id)
        self.go("2041-03-05 15:00:00")
        self.env.cr.execute(
            "UPDATE repair_order SET service_type_id = %s WHERE id = %s",
            [self.brakes.id, repair.id],
        )
        self.refresh()
        self.assertEqual(self.gaps(), [("person", "brakes", "0")])

    def test_a_type_in_use_is_archived_not_deleted_and_figures_stand(self):
        self.repair(self.person, service_type_id=self.oil.id)
        self.refresh()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.IntegrityError),
            self.env.cr.savepoint(),
        ):
            self.oil.unlink()
        self.oil.active = False
        [row] = self.env["contact.kpi.snapshot"]._read_group(
            [("indicator_id", "=", self.mobile.id), ("customers", ">", 0)],
            ["service_type_id"],
            ["missing:sum"],
        )
        self.assertEqual((row[0].code, row[1]), ("oil", 1))
