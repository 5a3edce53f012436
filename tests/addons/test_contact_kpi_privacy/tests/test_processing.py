# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The record of processing operations: complete, counted, for administrators."""

import re

from lxml import html

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import file_open

from odoo.addons.contact_kpi.tests.common import PHONE, ContactKpiCase

REPORT = "contact_kpi.report_processing"


@tagged("post_install", "-at_install")
class TestProcessing(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dpo = new_test_user(cls.env, "dpo", groups="base.group_system")
        cls.env["ir.config_parameter"].set_param("contact_kpi.retention_days", "77")

    def printed(self, user):
        """The page as the web client shows it."""
        self.env.flush_all()
        self.env.invalidate_all()
        reports = self.env["ir.actions.report"].with_user(user)
        settings = self.env["res.config.settings"].with_user(user).create({})
        text, _kind = reports._render_qweb_html(REPORT, settings.ids)
        return html.fromstring(text)

    def rows(self, page):
        """``{table: (rows, oldest)}`` as printed."""
        found = {}
        for row in page.xpath("//tbody/tr"):
            name, _about, count, oldest, kept = (
                re.sub(r"\s+", " ", cell.text_content()).strip() for cell in row
            )
            self.assertTrue(kept)
            found[name.rpartition(" ")[2]] = int(count.replace(",", "")), oldest
        return found

    def test_names_all_that_the_page_names(self):
        with file_open("contact_kpi/readme/DATA_PROTECTION.md") as file:
            stored = file.read().partition("## What is stored")[2].partition("\n## ")[0]
        words = set(re.findall(r"`([\w.]+)`", stored))
        self.assertGreater(len(words), 20)
        text = self.printed(self.dpo).text_content()
        self.assertEqual({word for word in words if word not in text}, set())

    def test_counts(self):
        before = self.rows(self.printed(self.dpo))
        rosa = self.customer("Rosa Exemplo")
        self.customer("Has One", phone=PHONE)
        rosa.contact_kpi_consent = "given"
        self.env.cr.flush()  # the ledger follows what is saved
        after = self.rows(self.printed(self.dpo))
        self.env.cr.execute(
            """
            SELECT (SELECT COUNT(*) FROM contact_kpi_gap),
                   to_char((SELECT MIN(opened_on) FROM contact_kpi_gap), 'MM/DD/YYYY'),
                   (SELECT COUNT(*) FROM contact_kpi_gap WHERE partner_id = %s)
            """,
            [rosa.id],
        )
        gaps, oldest, own = self.env.cr.fetchone()
        self.assertGreater(own, 0)
        self.assertEqual(after["contact.kpi.gap"], (gaps, oldest))
        self.assertEqual(
            after["contact.kpi.gap"][0] - before["contact.kpi.gap"][0], own
        )
        self.assertEqual(after["res.partner"][0] - before["res.partner"][0], 2)

    def test_as_set_in_this_database(self):
        text = re.sub(r"\s+", " ", self.printed(self.dpo).text_content())
        self.assertIn("Every day's figures are kept for 77 days.", text)
        self.assertNotIn("Rosa Exemplo", text)

    def test_nobody_else(self):
        """Counts over all companies: not even for a sales administrator."""
        groups = ("sales_team.group_sale_manager", "sales_team.group_sale_salesman")
        reports = self.env["ir.actions.report"]
        for number, group in enumerate(groups):
            user = new_test_user(self.env, f"other{number}", groups=group)
            with self.subTest(group=group), self.assertRaises(AccessError):
                reports.with_user(user)._render_qweb_html(REPORT, [1])
            values = self.env[f"report.{REPORT}"].with_user(user)
            with self.subTest(group=group), self.assertRaises(AccessError):
                values._get_report_values([1], {})
