# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Law 9: nobody sees through a figure what they may not see."""

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..common import PHONE, ContactKpiCase

RULES = ("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
PARTNERS = ",base.group_partner_manager"


@tagged("post_install", "-at_install")
class TestAccess(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls.company("Branch", "America/Sao_Paulo")
        groups = {
            "own": "sales_team.group_sale_salesman" + PARTNERS,
            "own2": "sales_team.group_sale_salesman",
            "all": "sales_team.group_sale_salesman_all_leads",
            "manager": "sales_team.group_sale_manager",
            "portal": "base.group_portal",
            "clerk": "base.group_user" + PARTNERS,
        }
        cls.people = {
            login: new_test_user(cls.env, login, groups=names)
            for login, names in groups.items()
        }
        cls.both = new_test_user(
            cls.env,
            "both",
            groups="sales_team.group_sale_manager",
            company_ids=[(6, 0, (cls.main | cls.branch).ids)],
        )
        own, own2 = cls.people["own"], cls.people["own2"]
        cls.customer("own's", user_id=own.id)
        cls.customer("own2's", user_id=own2.id)
        cls.customer("nobody's")
        cls.customer("branch's", company_id=cls.branch.id)
        cls.customer("main's", company_id=cls.main.id)
        cls.customer("reached", phone=PHONE, user_id=own2.id)
        cls.env.cr.flush()
        cls.kpi._refresh()
        cls.env.cr.flush()

    def reads(self, user, model):
        """Who is read, or how much; None where reading is refused."""
        records = self.env[model].with_user(user)
        try:
            with mute_logger(*RULES):
                found = records.search([])
        except AccessError:
            return None
        if model == "contact.kpi.gap":
            return sorted(found.sudo().partner_id.mapped("name"))
        if model == "contact.kpi.snapshot":
            return sum(found.mapped("customers")), sum(found.mapped("missing"))
        if model == "contact.kpi.run":
            return sorted(found.company_id.mapped("name"))
        return sorted(found.mapped("code"))

    def card(self, user):
        """Missing now, customers, to complete: what the overview shows."""
        kpi = self.kpi.with_user(user)
        try:
            with mute_logger(*RULES):
                return kpi.missing_now, kpi.customers_now, kpi.to_complete_now
        except AccessError:
            return None

    def test_what_each_may_read(self):
        seen = {
            login: (
                self.reads(user, "contact.kpi.gap"),
                self.reads(user, "contact.kpi.snapshot"),
                self.reads(user, "contact.kpi.run"),
                self.reads(user, "contact.kpi"),
                self.card(user),
            )
            for login, user in {**self.people, "both": self.both}.items()
        }
        mains = self.main.name
        code = ["no_contact"]
        every = ["main's", "nobody's", "own's", "own2's"]
        self.assertEqual(
            seen,
            {
                "own": (
                    ["main's", "nobody's", "own's"],
                    (3, 3),
                    None,
                    code,
                    (3, 3, 3),
                ),
                "own2": (
                    ["main's", "nobody's", "own2's"],
                    (4, 3),
                    None,
                    code,
                    (3, 4, 3),
                ),
                "all": (every, (5, 4), None, code, (4, 5, 4)),
                "manager": (every, (5, 4), [mains], code, (4, 5, 4)),
                "both": (
                    ["branch's", *every],
                    (6, 5),
                    ["Branch", mains],
                    code,
                    (5, 6, 5),
                ),
                "portal": (None, None, None, None, None),
                "clerk": (None, None, None, None, None),
            },
        )

    def test_shared_customers_count_for_every_company_and_once_for_several(self):
        for companies, gaps, figures in (
            (self.main, ["main's", "nobody's", "own's", "own2's"], (4, 5, 4)),
            (self.branch, ["branch's", "nobody's", "own's", "own2's"], (4, 5, 4)),
            (
                self.main | self.branch,
                ["branch's", "main's", "nobody's", "own's", "own2's"],
                (5, 6, 5),
            ),
        ):
            env = self.env(
                user=self.both, context={"allowed_company_ids": companies.ids}
            )
            found = env["contact.kpi.gap"].search([])
            kpi = self.kpi.with_env(env)
            with self.subTest(companies=companies.mapped("name")):
                self.assertEqual(sorted(found.partner_id.mapped("name")), gaps)
                self.assertEqual(
                    (kpi.missing_now, kpi.customers_now, kpi.to_complete_now), figures
                )

    def test_gaps_follow_the_present_salesperson_snapshots_the_one_of_that_day(self):
        self.env["res.partner"].search([("name", "=", "own's")]).user_id = self.people[
            "own2"
        ]
        self.commit()
        own, own2 = self.people["own"], self.people["own2"]
        self.assertEqual(self.reads(own, "contact.kpi.gap"), ["main's", "nobody's"])
        self.assertEqual(
            self.reads(own2, "contact.kpi.gap"),
            ["main's", "nobody's", "own's", "own2's"],
        )
        self.assertEqual(self.reads(own, "contact.kpi.snapshot"), (3, 3))

    def gap_of(self, name):
        return self.env["contact.kpi.gap"].search([("partner_id.name", "=", name)])

    def test_typing_a_phone_needs_the_right_to_edit_contacts(self):
        # Other addons (CRM) let every salesperson edit contacts.
        self.env["ir.model.access"].search(
            [
                ("model_id.model", "=", "res.partner"),
                ("group_id", "!=", self.env.ref("base.group_partner_manager").id),
            ]
        ).perm_write = False
        self.go("2041-03-05 15:00:00")
        gap = self.gap_of("nobody's")
        for login, allowed in (("own", True), ("own2", False), ("all", False)):
            mine = gap.with_user(self.people[login])
            with self.subTest(login=login), self.env.cr.savepoint() as savepoint:
                self.assertEqual(mine.can_edit_contact, allowed)
                if allowed:
                    mine.write({"phone": PHONE})
                    self.commit()
                    self.assertEqual(gap.closed_by_id, self.people[login])
                else:
                    with self.assertRaises(AccessError), mute_logger(*RULES):
                        mine.write({"phone": PHONE})
                        self.commit()
                    self.assertFalse(gap.partner_id.phone)
                savepoint.rollback()

    def test_the_ledger_is_not_edited(self):
        own = self.people["own"]
        gap = self.gap_of("own's").with_user(own)
        kpi = self.kpi.with_user(own)
        snapshot = self.env["contact.kpi.snapshot"].with_user(self.both)
        run = self.env["contact.kpi.run"].with_user(self.both)
        manager = gap.with_user(self.both)
        for attempt in (
            lambda: gap.write({"opened_at": "2040-01-01 00:00:00"}),
            lambda: gap.write({"phone": PHONE, "close_reason": "completed"}),
            lambda: gap.write({"partner_id": False}),
            lambda: manager.write({"closed_by_id": own.id}),
            lambda: manager.unlink(),
            lambda: gap.unlink(),
            lambda: self.gap_of("own2's").with_user(own).write({"phone": PHONE}),
            lambda: self.gap_of("branch's").with_user(own).write({"phone": PHONE}),
            lambda: gap.create({"indicator_id": kpi.id, "origin": "observed"}),
            lambda: kpi.write({"gap_domain": "[('email', '=', False)]"}),
            lambda: kpi.action_run_now(),
            lambda: snapshot.search([], limit=1).write({"missing": 0}),
            lambda: run.search([], limit=1).write({"missing": 0}),
        ):
            with (
                self.env.cr.savepoint(),
                mute_logger(*RULES),
                self.assertRaises(AccessError),
            ):
                attempt()
                self.env.flush_all()

    def test_a_partner_shows_its_gaps_to_sales_only(self):
        partner = self.env["res.partner"].search([("name", "=", "own's")])
        self.assertEqual(
            partner.with_user(self.people["own"]).contact_kpi_open_count, 1
        )
        with self.assertRaises(AccessError), mute_logger(*RULES):
            partner.with_user(self.people["clerk"]).read(["contact_kpi_gap_ids"])
