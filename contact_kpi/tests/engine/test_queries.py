# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Law 12: partners stay fast, counted in queries with and without the hooks."""

from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests import new_test_user, tagged

from ..common import LANDLINE, MOBILE, ContactKpiCase


@tagged("post_install", "-at_install")
class TestQueries(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.indicator()
        cls.user = new_test_user(
            cls.env,
            "typist",
            groups="sales_team.group_sale_salesman,base.group_partner_manager",
        )
        cls.partners = cls.env["res.partner"].create(
            [
                {"name": f"C{n}", "customer_rank": 1, "phone": (MOBILE, False)[n % 2]}
                for n in range(50)
            ]
        )
        cls.env.cr.flush()

    @contextmanager
    def without_hooks(self):
        """Partners as if the addon watched nothing."""
        kpi, partner = self.env["contact.kpi"], self.env["res.partner"]
        with (
            patch.object(type(kpi), "_watched_fields", lambda self: frozenset()),
            patch.object(type(partner), "_contact_kpi_touch", lambda self, **_: None),
        ):
            yield

    def queries(self, operation):
        """Queries of an operation and of what its commit runs, everything warm."""
        for _warm in range(2):
            with self.env.cr.savepoint() as savepoint:
                operation()
                self.commit()
                savepoint.rollback()
        with self.env.cr.savepoint() as savepoint:
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            operation()
            self.commit()
            count = self.env.cr.sql_log_count - before
            savepoint.rollback()
        return count

    def extra(self, operation):
        with self.without_hooks():
            bare = self.queries(operation)
        return self.queries(operation) - bare

    def saving(self, partners, **vals):
        return lambda: partners.with_user(self.user).write(vals)

    def test_a_write_that_no_indicator_reads_costs_nothing(self):
        for partners in (self.partners[0], self.partners):
            for vals in ({"comment": "x"}, {"website": "x.example"}, {"ref": "x"}):
                with self.subTest(partners=len(partners), vals=vals):
                    self.assertEqual(self.extra(self.saving(partners, **vals)), 0)

    def test_writing_what_is_there_already_costs_no_work_at_the_end(self):
        present = {"phone": MOBILE, "vat": "11987654374"}
        self.partners.write(present)
        self.commit()
        for partners in (self.partners[0], self.partners):
            for name, text in present.items():
                with self.subTest(name, partners=len(partners)):
                    same = self.saving(partners, **{name: text})
                    self.assertLessEqual(self.extra(same), 1)

    def test_fifty_phones_cost_as_many_queries_more_as_one(self):
        for phone in (LANDLINE, False):
            one = self.extra(self.saving(self.partners[0], phone=phone))
            fifty = self.extra(self.saving(self.partners, phone=phone))
            with self.subTest(phone=phone):
                self.assertGreater(one, 0)
                # Reading the values of before, which one partner has at hand.
                self.assertLessEqual(fifty - one, 1)
                self.assertLess(one, 25)  # two indicators

    def test_fifty_tax_ids_cost_as_many_queries_more_as_one(self):
        one = self.extra(self.saving(self.partners[0], vat="11987654374"))
        fifty = self.extra(self.saving(self.partners, vat="11987654374"))
        self.assertGreater(one, 0)
        self.assertLessEqual(fifty - one, 1)
        self.assertLess(one, 25)  # two indicators

    def test_tags_cost_nothing_until_some_are_customer_types(self):
        category = self.env["res.partner.category"]
        parent = category.create({"name": "Type"})
        fleet = category.create({"name": "Fleet", "parent_id": parent.id})
        self.env.cr.flush()

        def tagging(partners):
            return self.saving(partners, category_id=[(6, 0, fleet.ids)])

        for partners in (self.partners[0], self.partners):
            self.assertEqual(self.extra(tagging(partners)), 0)
        key = "contact_kpi.customer_type_tag_id"
        self.env["ir.config_parameter"].set_param(key, str(parent.id))
        self.assertEqual(self.extra(self.saving(self.partners, comment="x")), 0)
        one = self.extra(tagging(self.partners[0]))
        self.assertGreater(one, 0)
        self.assertLess(one, 25)  # two indicators
        # Reading the tags of before, which one partner has at hand.
        self.assertLessEqual(self.extra(tagging(self.partners)) - one, 1)

    def test_fifty_new_customers_cost_as_many_queries_more_as_one(self):
        def create(number):
            vals = [{"name": f"N{n}", "customer_rank": 1} for n in range(number)]
            return lambda: self.env["res.partner"].with_user(self.user).create(vals)

        self.assertEqual(self.extra(create(50)), self.extra(create(1)))

    def test_a_refresh_costs_the_same_whatever_the_number_of_customers(self):
        few = self.queries(self.kpi._refresh)
        self.partners.copy()
        self.commit()
        self.assertEqual(self.queries(self.kpi._refresh), few)

    def test_closing_fifty_to_dos_costs_as_many_queries_as_one(self):
        gaps = self.env["contact.kpi.gap"].search([("indicator_id", "=", self.kpi.id)])
        self.assertGreater(len(gaps), 20)
        plans = self.env["mail.activity"]._contact_kpi_schedule(gaps)
        self.commit()
        done = type(plans)._contact_kpi_done
        one = self.queries(lambda: done(plans[0]))
        self.assertGreater(one, 0)
        self.assertLessEqual(self.queries(lambda: done(plans)) - one, 2)
