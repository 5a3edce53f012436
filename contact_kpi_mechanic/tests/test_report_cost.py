# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the workshop's reports read, in statements and in PostgreSQL's expectations."""

from odoo.tests import new_test_user, tagged

from odoo.addons.contact_kpi.tests.common import MOBILE
from odoo.addons.contact_kpi.tests.figures.test_report_cost import ReportCostCase

from ..models import contact_kpi
from .common import MechanicMixin

REPORT = "contact.kpi.reachability"


@tagged("post_install", "-at_install")
class TestReachabilityCost(MechanicMixin, ReportCostCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mobile = cls.indicator()
        cls.own = new_test_user(cls.env, "own", groups="sales_team.group_sale_salesman")
        other = new_test_user(cls.env, "other", groups="sales_team.group_sale_salesman")
        for number in range(60):
            customer = cls.customer(
                f"C{number}",
                phone=number % 3 and MOBILE,
                user_id=(number % 6 and other or cls.own).id,
            )
            cls.repair(customer)
        cls.env.cr.flush()
        cls.mobile._refresh()
        cls.env.cr.flush()

    def test_the_card_counts_as_long_as_there_are_few_customers_of_anybody(self):
        card = self.mobile.with_user(self.own)
        self.assertEqual(card.customers_now, 10)
        for most, counted in ((60, True), (59, False)):
            self.patch(contact_kpi, "COUNTED", most)
            self.env.invalidate_all()
            self.assertEqual(card.reachability_counted, counted, most)

    def test_counts_do_not_read_the_latest_repairs(self):
        def latest(*groupby):
            read = self.env[REPORT].formatted_read_group
            plans = []
            for text in self.statements(read, [], groupby, ["__count"]):
                if "DISTINCT ON" in text:
                    self.env.cr.execute(f"EXPLAIN {text}")
                    plans.append(str(self.env.cr.fetchall()))
            self.assertEqual(len(plans), 1)
            return plans[0].count("Unique")

        self.assertEqual((latest("last_visit:month"), latest("reachability")), (1, 0))

    def test_postgresql_expects_that_many_may_be_messaged(self):
        """Else it goes through all repairs once for each of them."""
        everybody = self.expected_rows(REPORT, [])
        for domain in (
            [("reachability", "=", "allowed")],
            [("reachability", "in", ["allowed", "not_asked"])],
            [("reason", "=", False)],
        ):
            some = self.expected_rows(REPORT, domain)
            self.assertGreater(some, everybody / 2, domain)
