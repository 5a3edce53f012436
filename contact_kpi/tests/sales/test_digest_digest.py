# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The digest mail, read as its recipient does, against a table of what happened."""

from datetime import datetime

from lxml import html

from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from ..common import MOBILE, ContactKpiCase

DAY, WEEK, MONTH = "Last 24 hours", "Last 7 Days", "Last 30 Days"
RED, GREEN = "#f7dddc", "#c4ecd7"


@tagged("post_install", "-at_install")
class TestDigest(ContactKpiCase):
    """Mails of 4 March 2041, 15:00 UTC.

    What happened, by customer: created, completed, whose.
    """

    PAST = [
        # The timeframes end 24 hours, a week and a month before now, and begin as
        # long before that.
        ("Long gone", "2040-12-01 10:00", "2041-01-15 10:00", "shared"),
        ("Old", "2040-12-01 10:00", None, "shared"),
        ("Month before", "2040-12-01 10:00", "2041-02-01 10:00", "main"),
        ("This month", "2041-01-20 10:00", "2041-02-10 10:00", "main"),
        ("Week before", "2041-01-20 10:00", "2041-02-22 10:00", "shared"),
        ("Last week", "2041-01-15 10:00", "2041-02-27 10:00", "shared"),
        ("This week", "2041-02-20 10:00", "2041-02-28 10:00", "main"),
        ("Day before", "2041-02-20 10:00", "2041-03-03 14:59", "other"),
        ("At midnight", "2041-03-01 10:00", "2041-03-04 03:00", "shared"),
        ("An hour ago", "2041-03-04 02:00", "2041-03-04 14:00", "main"),
        ("Today", "2041-03-04 09:00", None, "main"),
        ("Today too", "2041-03-04 10:00", None, "shared"),
        ("Elsewhere", "2041-03-04 09:00", None, "other"),
    ]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.company("Other", "America/Sao_Paulo")
        cls.owners = {
            "shared": cls.env["res.company"],
            "main": cls.main,
            "other": cls.other,
        }
        cls.seller = new_test_user(
            cls.env,
            "digest_seller",
            groups="sales_team.group_sale_salesman_all_leads",
            company_id=cls.main.id,
            email="seller@example.com",
        )
        cls.digest = cls.env["digest.digest"].create(
            {
                "name": "Contacts",
                "company_id": cls.main.id,
                "user_ids": [Command.link(cls.seller.id)],
                "kpi_contact_missing": True,
                "kpi_contact_completed": True,
            }
        )
        cls.look_at_everybody()
        cls.env.cr.flush()

    def live(self):
        """Have the past happen, as users save it."""
        events = []
        for name, created, completed, owner in self.PAST:
            events.append((created, name, owner, False))
            if completed:
                events.append((completed, name, owner, True))
        customers = {}
        for moment, name, owner, done in sorted(events):
            self.go(moment)
            if done:
                customers[name].phone = MOBILE
            else:
                customers[name] = self.customer(name, company_id=self.owners[owner].id)
        self.go("2041-03-04 15:00")

    def mail(self, digest=None, user=None):
        """The figures of the mail: ``{label: [(column, value, change, color)]}``."""
        digest, user = digest or self.digest, user or self.seller
        self.env["mail.mail"].sudo().search([]).unlink()
        self.assertTrue(digest.with_context(lang=user.lang)._action_send_to_user(user))
        [sent] = self.env["mail.mail"].sudo().search([])
        tree = html.fromstring(sent.body_html)
        self.links = {}
        figures = {}
        for table in tree.xpath("//table[@data-field]"):
            label = table.xpath("string(.//tr[1]//span)").strip()
            self.links[label] = table.xpath(".//a/@href")
            row = figures.setdefault(label, [])
            for cell in table.xpath(".//td[contains(@class, 'kpi_cell')]"):
                [value] = cell.xpath(".//span[contains(@class, 'kpi_value ')]/text()")
                [name] = cell.xpath(
                    ".//span[contains(@class, 'kpi_value_label')]/text()"
                )
                margin = cell.xpath(".//td[contains(@class, 'kpi_margin')]")
                color = [
                    color
                    for color in (RED, GREEN)
                    if margin and f"background-color: {color}" in margin[0].get("style")
                ]
                text = margin and " ".join(margin[0].text_content().split())
                row.append((name.strip(), value.strip(), text or None, *color))
        return figures

    def expected(self, owners, start, end):
        """``(missing at the end, completed in between)`` of the table of the past."""
        missing = completed = 0
        for _name, created, done, owner in self.PAST:
            created = datetime.fromisoformat(created)
            done = done and datetime.fromisoformat(done)
            if owner not in owners:
                continue
            missing += created <= end and not (done and done <= end)
            completed += bool(done and start < done <= end)
        return missing, completed

    def oracle(self, owners):
        """What the mail has to show, by the table of the past."""
        now = datetime(2041, 3, 4, 15)
        frames = {
            DAY: (datetime(2041, 3, 3, 15), datetime(2041, 3, 2, 15)),
            WEEK: (datetime(2041, 2, 25, 15), datetime(2041, 2, 18, 15)),
            MONTH: (datetime(2041, 2, 4, 15), datetime(2041, 1, 4, 15)),
        }
        missing, completed = [], []
        for name, (start, before) in frames.items():
            present = self.expected(owners, start, now)
            past = self.expected(owners, before, start)
            for row, value, previous, colors in (
                (missing, present[0], past[0], (RED, GREEN)),
                (completed, present[1], past[1], (GREEN, RED)),
            ):
                change = ()
                if value != previous and value and previous:
                    percent = 100 * (value - previous) / previous
                    arrow = "⬆" if percent > 0 else "⬇"
                    change = (f"{arrow} {percent:.2f} %", colors[percent < 0])
                row.append((name, str(value), *(change or (None,))))
        return {"Customers without Contact": missing, "Contacts Completed": completed}

    def test_the_mail_shows_stock_and_flow_with_their_changes(self):
        self.live()
        figures = self.mail()
        self.assertEqual(figures, self.oracle({"shared", "main"}))
        # The oracle's table as the recipient reads it.
        self.assertEqual(
            figures,
            {
                "Customers without Contact": [
                    (DAY, "3", "⬆ 50.00 %", RED),
                    (WEEK, "3", None),
                    (MONTH, "3", "⬇ -25.00 %", GREEN),
                ],
                "Contacts Completed": [
                    (DAY, "2", None),
                    (WEEK, "4", "⬆ 300.00 %", GREEN),
                    (MONTH, "6", "⬆ 200.00 %", GREEN),
                ],
            },
        )

    def test_the_first_figure_is_that_of_the_card(self):
        self.live()
        card = self.kpi.with_user(self.seller).with_context(
            allowed_company_ids=self.main.ids
        )
        value = self.mail()["Customers without Contact"][0][1]
        self.assertEqual(value, str(card.missing_now))

    def test_a_week_ago_is_the_closing_that_the_trend_shows(self):
        # The mail's columns end at 15:00 UTC; nothing happens later on these days.
        for moment, name in (("2041-02-25 12:00", "One"), ("2041-03-04 12:00", "Two")):
            self.go(moment)
            self.customer(name)
            self.refresh(self.kpi)
        self.go("2041-03-04 15:00")
        closings = self.env["contact.kpi.snapshot"]._read_group(
            [("indicator_id", "=", self.kpi.id)], ["date:day"], ["missing:sum"]
        )
        before, now = (missing for _day, missing in closings)
        self.assertEqual((before, now), (1, 2))
        self.assertEqual(
            self.mail()["Customers without Contact"][1],
            (WEEK, "2", "⬆ 100.00 %", RED),
        )

    def test_each_company_counts_the_shared_customers_and_its_own(self):
        self.live()
        reader = new_test_user(
            self.env,
            "digest_elsewhere",
            groups="sales_team.group_sale_salesman_all_leads",
            company_id=self.other.id,
            company_ids=[Command.set((self.other + self.main).ids)],
            email="elsewhere@example.com",
        )
        digest = self.digest.copy({"company_id": self.other.id})
        self.assertEqual(self.mail(digest, reader), self.oracle({"shared", "other"}))
        # Without a company, it is the reader's.
        digest.company_id = False
        self.assertEqual(self.mail(digest, reader), self.oracle({"shared", "other"}))

    def test_own_documents_only(self):
        self.live()
        own = new_test_user(
            self.env,
            "digest_own",
            groups="sales_team.group_sale_salesman",
            company_id=self.main.id,
            email="own@example.com",
        )
        customers = self.env["res.partner"].search([("name", "in", ("Old", "Today"))])
        customers.user_id = self.seller
        self.commit()
        figures = self.mail(user=own)["Customers without Contact"]
        # Three in all, of which two are a colleague's.
        self.assertEqual([row[1] for row in figures], ["1", "1", "1"])

    def test_whoever_may_not_read_them_gets_a_mail_without_them(self):
        self.live()
        stranger = new_test_user(
            self.env,
            "digest_stranger",
            groups="base.group_user",
            company_id=self.main.id,
            email="stranger@example.com",
        )
        self.assertEqual(self.mail(user=stranger), {})

    def test_an_indicator_that_is_off_is_left_out(self):
        self.live()
        self.kpi.active = False
        self.commit()
        # Nobody keeps its ledger: what stands there is of the day it was switched off.
        self.assertEqual(self.mail(), {})

    def test_figures_open_the_overview_and_the_updates(self):
        self.mail()
        menu = self.env.ref("sale.sale_menu_root").id
        [overview], [updates] = self.links.values()
        self.assertTrue(
            overview.endswith(
                f"action-contact_kpi.contact_kpi_overview_action?menu_id={menu}"
            ),
            overview,
        )
        self.assertIn("contact_kpi.contact_kpi_gap_follow_up_action", updates)

    def test_in_the_recipients_language(self):
        self.env["res.lang"]._activate_lang("pt_BR")
        self.env["ir.module.module"].search(
            [("name", "in", ("contact_kpi", "digest"))]
        )._update_translations(["pt_BR"])
        # The words of the recipient, whatever they are by now.
        names = {}
        for name, text in (
            ("kpi_contact_missing", "Clientes sem contato"),
            ("kpi_contact_completed", "Contatos completados"),
        ):
            field = self.env["ir.model.fields"]._get("digest.digest", name)
            field.with_context(lang="pt_BR").sudo().field_description = text
            names[text] = field
        self.live()
        self.seller.lang = "pt_BR"
        columns = ["Últimas 24 horas", "Últimos 7 dias", "Últimos 30 dias"]
        expected = {
            text: [
                (column, *row[1:]) for column, row in zip(columns, rows, strict=True)
            ]
            for text, rows in zip(
                names, self.oracle({"shared", "main"}).values(), strict=True
            )
        }
        self.assertEqual(self.mail(), expected)

    def test_the_form_offers_them_and_the_default_digest_has_them(self):
        default = self.env.ref("digest.digest_digest_default")
        self.assertTrue(default.kpi_contact_missing and default.kpi_contact_completed)
        with Form(default) as form:
            form.kpi_contact_missing = False
        self.assertFalse(default.kpi_contact_missing)

    def test_the_tip_is_for_salespeople(self):
        tip = self.env.ref("contact_kpi.digest_tip_contact_kpi_0")
        (self.env["digest.tip"].search([]) - tip).unlink()
        [text] = self.digest._compute_tips(self.main, self.seller)
        self.assertIn("Customers to Complete", text)
        self.assertFalse(self.digest._compute_tips(self.main, self.seller))
