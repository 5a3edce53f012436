# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Laws 9 and 18 at the counter and in the workshop's lists and reports."""

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.contact_kpi.tests import test_seen
from odoo.addons.contact_kpi.tests.people.test_seen import HIDDEN, RULES

from .common import MechanicMixin


class SeenMixin(MechanicMixin):
    """Readers at the counter, and their indicator."""

    @classmethod
    def asked_for(cls):
        return cls.indicator()

    @classmethod
    def groups_of_readers(cls):
        groups = ",base.group_partner_manager,base.group_allow_export"
        return {
            "stock": "stock.group_stock_user" + groups,
            "seller": "sales_team.group_sale_salesman,stock.group_stock_user" + groups,
        }


@tagged("post_install", "-at_install")
class TestForged(SeenMixin, test_seen.TestForged):
    """The same walk, over repairs, too."""

    def test_the_walk_reads_repairs(self):
        self.assertLessEqual(
            {"contact_kpi_phone_now", "not_messaged", "mobile_to_ask"},
            {*self.ours["repair.order"]},
        )

    def test_indicators_that_a_reader_may_not_see(self):
        """The counter sees the workshop's indicator, and no word of another one."""
        other = self.env.ref("contact_kpi.contact_kpi_no_contact")
        other.description = "Sigilo do balcão"
        user = self.readers["stock"]
        for model in ("contact.kpi.explanation", "contact.kpi.explanation.line"):
            rows = self.env[model].with_user(user)
            for attempt in (
                lambda rows=rows: rows.create({"indicator_id": other.id}),
                lambda rows=rows: rows.onchange(
                    {"indicator_id": other.id},
                    ["indicator_id"],
                    {name: {} for name in ("indicator_id", *self.ours[rows._name])},
                ),
            ):
                with self.assertRaises(AccessError), mute_logger(*RULES):
                    attempt()
        comparison = self.env["contact.kpi.comparison"].with_user(user)
        with (
            self.assertRaises(AccessError),
            mute_logger(*RULES),
            self.env.cr.savepoint(),
        ):
            comparison.create({"indicator_id": other.id})
        with self.assertRaises(AccessError), mute_logger(*RULES):
            other.with_user(user).action_explain_now()
        # Who lost the right meanwhile reads an old explanation no more.
        seller = self.readers["seller"]
        action = other.with_user(seller).action_explain_now()
        opened = (
            self.env[action["res_model"]].with_user(seller).browse(action["res_id"])
        )
        self.assertEqual(opened.description, other.description)
        seller.group_ids -= self.env.ref("sales_team.group_sale_salesman")
        self.env.invalidate_all()
        with self.assertRaises(AccessError), mute_logger(*RULES):
            opened.read(["description", "gap_domain"])


@tagged("post_install", "-at_install")
class TestHidden(SeenMixin, test_seen.SeenCase):
    """Of a customer that a rule hides the workshop's rows stay, without its name."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for partner in cls.taken | cls.mine:
            cls.repair(partner)
        cls.env.cr.flush()

    def test_lists_groups_and_exports(self):
        user = self.readers["stock"]
        for model, names in (
            (
                "contact.kpi.reachability",
                ["partner_id", "contact_id", "display_name", "mobile", "city"],
            ),
            ("contact.kpi.repair.report", ["partner_id"]),
            ("contact.kpi.capture.report", ["partner_id"]),
            ("contact.kpi.gap", ["partner_id", "phone", "city"]),
        ):
            rows = self.env[model].with_user(user)
            spec = {name: {} for name in names}
            spec["partner_id"] = {"fields": {"display_name": {}, "email": {}}}
            answers = {
                "read": lambda r=rows, n=names: r.search_read([], n),
                "web": lambda r=rows, s=spec: r.web_search_read([], s),
                "order": lambda r=rows, n=names: r.search_read(
                    [], n, order="partner_id desc"
                ),
                "group": lambda r=rows: r.formatted_read_group(
                    [], ["partner_id"], ["__count"]
                ),
                "sets": lambda r=rows: r.formatted_read_grouping_sets(
                    [], [["partner_id"], []], ["__count"]
                ),
                "export": lambda r=rows, n=names: r.search([]).export_data(n),
            }
            for label, answer in answers.items():
                with self.subTest(model=model, label=label):
                    self.env.invalidate_all()
                    found = answer()
                    self.assertEqual(self.told(found), [], found)
                    self.assertIn(HIDDEN, str(found))
                    self.assertIn("Mine", str(found))
            for term in (
                ("partner_id", "ilike", "Zulmira"),
                ("partner_id.phone", "ilike", "7777"),
            ):
                self.assertEqual(rows.search_count([term]), 0)
        reachability = self.env["contact.kpi.reachability"].with_user(user)
        consents = reachability.search_read([], ["partner_id", "consent"])
        self.assertEqual(
            {row["partner_id"][1]: row["consent"] for row in consents},
            {HIDDEN: False, "Mine": "not_asked"},
        )
        self.assertFalse(reachability.search_count([("consent", "=", "refused")]))
        groups = reachability.formatted_read_group([], ["city"], ["__count"])
        self.assertEqual([group["city"] for group in groups], [False])
        for group in groups:
            self.assertEqual(
                reachability.search_count(group["__extra_domain"]), group["__count"]
            )
        self.assertFalse(reachability.search_count([("city", "ilike", "Sigil")]))
