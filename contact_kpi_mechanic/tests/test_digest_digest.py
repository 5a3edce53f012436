# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The workshop's figures in the digest mail, against a literal table."""

from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.contact_kpi.tests import test_digest_digest as base
from odoo.addons.contact_kpi.tests.common import LANDLINE, MOBILE, ContactKpiCase

from .common import MechanicMixin

LACKING, OBTAINED = "Customers without a Mobile", "Mobiles Obtained"
FIGURES = {
    LACKING: [
        (base.DAY, "2", "⬇ -33.33 %", base.GREEN),
        (base.WEEK, "2", "⬆ 100.00 %", base.RED),
        (base.MONTH, "2", None),
    ],
    OBTAINED: [(base.DAY, "1", None), (base.WEEK, "1", None), (base.MONTH, "2", None)],
}


@tagged("post_install", "-at_install")
class TestDigest(MechanicMixin, ContactKpiCase):
    """Mails of 4 March 2041, 15:00 UTC."""

    mail = base.TestDigest.mail

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.indicator()
        cls.digest = cls.env["digest.digest"].create(
            {
                "name": "Contacts",
                "company_id": cls.main.id,
                "kpi_contact_missing": True,
                "kpi_contact_missing_mobile": True,
                "kpi_contact_completed_mobile": True,
            }
        )
        cls.look_at_everybody()
        cls.env.cr.flush()

    def person(self, login, groups):
        user = new_test_user(
            self.env,
            f"digest_{login}",
            groups=groups,
            company_id=self.main.id,
            email=f"{login}@example.com",
        )
        self.digest.user_ids = [Command.link(user.id)]
        return user

    def live(self):
        customers = {}
        for moment, name, phone in (
            ("2040-12-01 10:00", "Old", LANDLINE),
            ("2040-12-01 10:00", "Soon", LANDLINE),
            ("2041-02-10 10:00", "Soon", MOBILE),
            ("2041-03-01 10:00", "New", LANDLINE),
            ("2041-03-02 10:00", "Newer", False),
            ("2041-03-04 10:00", "New", MOBILE),
        ):
            self.go(moment)
            if name in customers:
                customers[name].phone = phone
            else:
                customers[name] = self.customer(name, phone=phone)
        self.go("2041-03-04 15:00")

    def test_who_gets_which_figures(self):
        self.live()
        clerk = self.person("clerk", "stock.group_stock_user")
        self.assertEqual(self.mail(user=clerk), FIGURES)
        menu = self.env.ref("repair.menu_repair_order").id
        for label, action in (
            (LACKING, "contact_kpi_overview_action"),
            (OBTAINED, "contact_kpi_gap_follow_up_action"),
        ):
            [link] = self.links[label]
            self.assertTrue(
                link.endswith(f"action-contact_kpi.{action}?menu_id={menu}"), link
            )
        # Whoever sells sees both indicators.
        seller = self.person("seller", "sales_team.group_sale_salesman_all_leads")
        figures = self.mail(user=seller)
        self.assertEqual(figures.pop("Customers without Contact")[0][1], "1")
        self.assertEqual(figures, FIGURES)
        stranger = self.person("stranger", "base.group_user")
        self.assertEqual(self.mail(user=stranger), {})

    def test_the_form_offers_them_and_the_default_digest_has_them(self):
        default = self.env.ref("digest.digest_digest_default")
        for name in ("kpi_contact_missing_mobile", "kpi_contact_completed_mobile"):
            self.assertTrue(default[name])
            with Form(default) as form:
                setattr(form, name, False)
            self.assertFalse(default[name])
