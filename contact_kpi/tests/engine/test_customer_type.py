# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The administrator's own customer types, and cities: segments of the figures."""

import random

from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ...models.engine.res_partner import TOUCHED
from ..common import PHONE, ContactKpiCase

KEY = "contact_kpi.customer_type_tag_id"
TODAY = "2041-03-04"


@tagged("post_install", "-at_install")
class TestCustomerType(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.parent = cls.tag("Type")
        # Of several the eldest, which is neither the first nor the last by name.
        cls.insurer = cls.tag("M Insurer", cls.parent)
        cls.fleet = cls.tag("Z Fleet", cls.parent)
        cls.reseller = cls.tag("A Reseller", cls.parent)
        cls.vip = cls.tag("VIP")
        cls.van = cls.tag("Vans", cls.fleet)
        cls.ana = new_test_user(
            cls.env,
            "type_ana",
            groups="sales_team.group_sale_salesman,base.group_partner_manager",
        )

    @classmethod
    def tag(cls, name, parent=None):
        vals = {"name": name, "parent_id": parent and parent.id}
        return cls.env["res.partner.category"].create(vals)

    def choose(self, tag=None):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param(KEY, str((tag or self.parent).id))

    def tagged_customer(self, name, *tags, **vals):
        tags = [Command.link(tag.id) for tag in tags]
        return self.customer(name, category_id=tags, **vals)

    def types_of_gaps(self):
        gaps = self.env["contact.kpi.gap"].search([("indicator_id", "=", self.kpi.id)])
        return {gap.partner_id.name: gap.customer_type_id.name for gap in gaps}

    def types_of_today(self, today=TODAY):
        """``{type: (customers, missing)}``, as a reader groups them."""
        rows = self.env["contact.kpi.snapshot"]._read_group(
            [("indicator_id", "=", self.kpi.id), ("date", "=", today)],
            ["customer_type_id"],
            ["customers:sum", "missing:sum"],
        )
        return {tag.name: (customers, missing) for tag, customers, missing in rows}

    def one_of_each(self):
        self.tagged_customer("none")
        self.tagged_customer("not a type", self.vip)
        self.tagged_customer("fleet", self.fleet, self.vip)
        self.tagged_customer("fleet, reached", self.fleet, phone=PHONE)
        self.tagged_customer("two", self.reseller, self.insurer)
        self.tagged_customer("three", self.fleet, self.reseller, self.insurer)
        self.tagged_customer("below a type", self.van)
        self.tagged_customer("the parent", self.parent)
        # A contact's tags are not the customer's.
        contact = self.contact(self.tagged_customer("by contact"))
        contact.category_id = self.fleet

    # -- the segment -----------------------------------------------------------------

    def test_types_on_ledger_and_figures(self):
        self.choose()
        self.one_of_each()
        self.refresh()
        self.assertEqual(
            self.types_of_gaps(),
            {
                "none": False,
                "not a type": False,
                "fleet": "Z Fleet",
                "two": "M Insurer",
                "three": "M Insurer",
                "below a type": False,
                "the parent": False,
                "by contact": False,
            },
        )
        self.assertEqual(
            self.types_of_today(),
            {False: (5, 5), "Z Fleet": (2, 1), "M Insurer": (2, 2)},
        )
        self.assertFigures(self.kpi, TODAY)

    def test_agreement_over_many_customers(self):
        """One customer counts once, however many tags it has."""
        self.choose()
        draw = random.Random(3)
        tags = [self.insurer, self.fleet, self.reseller, self.vip, self.van]
        for number in range(60):
            chosen = draw.sample(tags, draw.randint(0, 4))
            self.tagged_customer(
                f"C{number}",
                *chosen,
                phone=draw.choice([PHONE, False]),
                user_id=draw.choice([self.ana.id, False]),
            )
        self.commit()
        everybody = dict(self.types_of_gaps())
        self.refresh()
        self.assertFigures(self.kpi, TODAY)
        self.assertAgreement(self.kpi)
        customers = sum(count for count, _missing in self.types_of_today().values())
        self.assertEqual(customers, 60)
        # What a save finds for one customer is what the night finds for all.
        self.forget(self.env["contact.kpi.gap"].search([]))
        self.refresh()
        self.assertEqual(self.types_of_gaps(), everybody)

    def test_no_types_until_a_tag_is_chosen(self):
        self.one_of_each()
        self.refresh()
        self.assertEqual(set(self.types_of_gaps().values()), {False})
        self.assertEqual(self.types_of_today(), {False: (9, 8)})
        self.go("2041-03-05 15:00:00")
        self.choose()
        self.refresh()
        self.assertEqual(
            self.types_of_today("2041-03-05"),
            {False: (5, 5), "Z Fleet": (2, 1), "M Insurer": (2, 2)},
        )
        # What opened on a day without types opened without one.
        self.assertEqual(set(self.types_of_gaps().values()), {False})

    def test_the_figures_of_a_day_keep_its_types(self):
        self.choose()
        fleet = self.tagged_customer("moves", self.fleet)
        self.go("2041-03-04 20:00:00")
        self.refresh()
        self.go("2041-03-05 15:00:00")
        self.refresh()
        fleet.category_id = self.reseller
        self.go("2041-03-05 20:00:00")
        self.refresh()
        snapshots = self.env["contact.kpi.snapshot"].search([("customers", ">", 0)])
        self.assertEqual(
            sorted((str(row.date), row.customer_type_id.name) for row in snapshots),
            [("2041-03-04", "Z Fleet"), ("2041-03-05", "A Reseller")],
        )
        self.assertEqual(self.types_of_gaps(), {"moves": "Z Fleet"})

    # -- tags come and go ------------------------------------------------------------

    def totals(self):
        return {
            run.date: (run.customers, run.missing)
            for run in self.env["contact.kpi.run"].search([("customers", ">", 0)])
        }

    def test_renaming_a_tag_changes_its_name_only(self):
        self.choose()
        self.one_of_each()
        self.refresh()
        before = self.dump("contact.kpi.gap", "contact.kpi.snapshot")
        self.fleet.name = "0 Fleet"
        after = self.dump("contact.kpi.gap", "contact.kpi.snapshot")
        self.assertEqual(after, before)
        self.assertIn("0 Fleet", self.types_of_today())
        self.refresh()
        self.assertEqual(self.types_of_today()["0 Fleet"], (2, 1))
        self.assertEqual(self.types_of_today()["M Insurer"], (2, 2))

    def test_archiving_a_tag_ends_the_type(self):
        self.choose()
        self.one_of_each()
        self.insurer.active = False
        self.refresh()
        self.assertEqual(
            self.types_of_today(),
            {False: (5, 5), "Z Fleet": (3, 2), "A Reseller": (1, 1)},
        )
        self.assertFigures(self.kpi, TODAY)

    def test_deleting_tags_leaves_the_totals(self):
        self.choose()
        self.one_of_each()
        self.refresh()
        before = self.totals()
        gaps = self.env["contact.kpi.gap"].search_count([])
        self.fleet.unlink()
        self.assertEqual(self.types_of_today(), {False: (7, 6), "M Insurer": (2, 2)})
        self.parent.unlink()
        self.assertEqual(self.types_of_today(), {False: (9, 8)})
        self.assertEqual(self.totals(), before)
        self.assertEqual(self.env["contact.kpi.gap"].search_count([]), gaps)
        self.assertEqual(set(self.types_of_gaps().values()), {False})
        # The parameter names a tag that is gone: as if none were chosen.
        self.refresh()
        self.assertEqual(self.totals(), before)

    # -- what it costs -----------------------------------------------------------------

    def found(self, partner_ids=None):
        return self.env.cr.mogrify(self.kpi._found(partner_ids)).decode()

    def test_one_join_of_all_types_and_none_without(self):
        relation = "res_partner_res_partner_category_rel"
        self.assertNotIn(relation, self.found())
        self.choose(self.vip)  # has no children: no types
        self.assertNotIn(relation, self.found())
        self.choose()
        # Added up once and joined: not looked up for every customer.
        before, after = self.found().split(relation)
        self.assertRegex(before, r"LEFT JOIN \(SELECT [^()]* MIN\(\S+\) [^()]*$")
        self.assertRegex(after, r'^"\s+WHERE [^;]*?GROUP BY "partner_id"\)')

    def test_saving_one_customer_reads_its_own_types_only(self):
        self.choose()
        customer = self.tagged_customer("one", self.fleet)
        self.commit()
        relation = "res_partner_res_partner_category_rel"
        inner = self.found([customer.id]).split(relation)[1].split("GROUP BY")[0]
        self.assertIn(f"ARRAY[{customer.id}]", inner)

    def test_tags_matter_once_types_are_in_use(self):
        customer = self.tagged_customer("customer")
        self.commit()
        watched = self.env["contact.kpi"]._watched_fields
        data = self.env.cr.precommit.data
        for choose, expected in ((False, False), (True, True)):
            if choose:
                self.choose()
            self.assertEqual("category_id" in watched(), expected)
            customer.category_id = self.fleet
            self.assertEqual(bool(data.get(TOUCHED)), expected)
            self.commit()
            # The same again is no change.
            customer.category_id = self.fleet
            self.assertFalse(data.get(TOUCHED))
            customer.comment = "something else"
            self.assertFalse(data.get(TOUCHED))
            customer.category_id = False
            self.commit()
        self.env["ir.config_parameter"].search([("key", "=", KEY)]).unlink()
        self.assertNotIn("category_id", watched())

    def test_a_save_in_the_transaction_that_tags(self):
        self.choose()
        customer = self.customer("new")
        customer.category_id = self.fleet
        self.commit()
        self.assertEqual(self.types_of_gaps(), {"new": "Z Fleet"})

    # -- as people read it -------------------------------------------------------------

    def test_views_offer_the_type(self):
        models = ("gap", "snapshot", "sale.report")
        for model in (f"contact.kpi.{name}" for name in models):
            views = (
                self.env[model]
                .with_user(self.ana)
                .get_views([(False, "search"), (False, "list")], {"toolbar": False})
            )
            for kind in ("search", "list"):
                arch = views["views"][kind]["arch"]
                self.assertIn("customer_type_id", arch, (model, kind))
            description = views["models"][model]["fields"]["customer_type_id"]
            self.assertEqual(description["string"], "Customer Type")
            self.assertTrue(description["groupable"])

    def test_customers_to_complete_by_city(self):
        """Live, from the customer, and only those that the reader may see."""
        for city, mine in (("Santos", True), ("Santos", False), ("Bauru", True)):
            owner = (self.ana if mine else self.env.user).id
            self.customer(city, city=city, user_id=owner)
        self.customer("nowhere", user_id=self.ana.id)
        self.commit()
        gap = self.env["contact.kpi.gap"].with_user(self.ana)
        domain = [("indicator_id", "=", self.kpi.id)]

        def by_city():
            groups = gap.web_read_group(domain, ["city"], auto_unfold=False)["groups"]
            return {group["city"]: group["__count"] for group in groups}

        self.assertEqual(by_city(), {"Bauru": 1, "Santos": 1, False: 1})
        self.assertTrue(gap.fields_get(["city"])["city"]["groupable"])
        self.assertIn("'group_by': 'city'", gap.get_view(view_type="search")["arch"])
        found = gap.search([*domain, ("city", "ilike", "sant")])
        self.assertEqual(found.mapped("city"), ["Santos"])
        found.partner_id.sudo().city = "Marília"
        self.assertEqual(by_city(), {"Bauru": 1, "Marília": 1, False: 1})
        self.go("2041-03-05 15:00:00")
        found.partner_id.sudo().unlink()
        self.assertEqual(by_city(), {"Bauru": 1, False: 2})
