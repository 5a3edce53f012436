# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Reports to hand over: whole tables, on paper, on screen and in a spreadsheet.

The oracle goes over customers, orders and gaps one by one, in plain Python, and writes
numbers and dates itself, as either language does.
"""

import io
import re
from datetime import date, datetime, timedelta
from statistics import mean, median
from unittest.mock import patch

import lxml.html
import openpyxl
from pypdf import PdfReader

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ...report import contact_kpi_report_mixin as mixin
from ..common import MOBILE, ContactKpiCase

SELLER = "sales_team.group_sale_salesman"
MANAGER = "sales_team.group_sale_manager"
OPEN = [("closed_at", "=", False)]
RULES = ("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")


def number(value, digits=0, brazil=False):
    text = f"{value:,.{digits}f}"
    return text.translate(str.maketrans(",.", ".,")) if brazil else text


def day_text(day, brazil=False):
    return day and day.strftime("%d/%m/%Y" if brazil else "%m/%d/%Y")


def signed(value, digits=0):
    if value is None:
        return ""
    text = number(value, digits)
    return f"+{text}" if value > 0 else text


class PrintCase(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Numbers and dates as in Brazil, and no translations that tests depend on.
        cls.env["res.lang"]._activate_lang("es_ES")
        cls.own, cls.other = (
            new_test_user(cls.env, login, groups=SELLER, name=name, lang=lang)
            for login, name, lang in (
                ("print_own", "Ana", "es_ES"),
                ("print_other", "Bruno", "en_US"),
            )
        )
        cls.manager = new_test_user(
            cls.env, "print_manager", groups=MANAGER, name="Carla", lang="en_US"
        )

    def order_of(self, user, model, domain, group_bys=(), **vals):
        """What the dialog holds after the menu of a view was used."""
        order = self.env["contact.kpi.print"].with_user(user)
        action = order.action_open(model, domain, group_bys, **vals)
        return order.browse(action["res_id"])

    def html(self, order):
        """``{table: rows of texts}`` and the whole text of the page."""
        content, _kind = (
            self.env["ir.actions.report"]
            .with_user(order.env.user)
            ._render_qweb_html(f"contact_kpi.{order.report}", order.ids)
        )
        page = lxml.html.fromstring(content)
        tables = {}
        for part in page.xpath("//table[@data-table]"):
            rows = [
                [cell.text_content().strip() for cell in row.xpath("th|td")]
                for row in part.xpath(".//tr")
            ]
            known = tables.setdefault(part.get("data-table"), [])
            # The head is repeated on every sheet.
            known += rows[1:] if known else rows
        return tables, " ".join(page.text_content().split())

    def xlsx(self, order):
        """Rows of values of each sheet."""
        book = openpyxl.load_workbook(io.BytesIO(order._report()._xlsx(order)))
        return [
            [[_plain(cell) for cell in row] for row in sheet.iter_rows()]
            for sheet in book
        ]


def _plain(cell):
    if isinstance(cell.value, datetime):
        return cell.value.date()
    # A formula would be one of a customer's making.
    return cell.value if cell.data_type != "f" else f"formula {cell.value}"


@tagged("post_install", "-at_install")
class TestPrintDetail(PrintCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        euro = cls.env.ref("base.EUR")
        euro.active = True
        cls.main.currency_id = cls.env.ref("base.USD")
        cls.env["res.currency.rate"].search([]).unlink()
        cls.env["res.currency.rate"].create(
            {"currency_id": euro.id, "name": "2040-01-01", "rate": 0.5}
        )
        cls.euros = cls.env["product.pricelist"].create(
            {"name": "Euro", "currency_id": euro.id}
        )
        cls.dollars = cls.env["product.pricelist"].create(
            {"name": "Dollar", "currency_id": cls.main.currency_id.id}
        )
        cls.product = cls.env["product.product"].create(
            {"name": "Service", "type": "service"}
        )
        cls.opened = {}  # customer: company's day of opening

    def born(self, moment, name, user, **vals):
        self.go(moment)
        customer = self.customer(name, user_id=user.id if user else False, **vals)
        self.opened[customer] = (
            datetime.fromisoformat(moment) - timedelta(hours=3)
        ).date()
        return customer

    def sell(self, partner, user, amount, state="sale", pricelist=None):
        order = self.order(
            partner,
            user_id=user.id if user else False,
            pricelist_id=(pricelist or self.dollars).id,
            order_line=[
                Command.create(
                    {
                        "product_id": self.product.id,
                        "product_uom_qty": 1,
                        "price_unit": amount,
                        "tax_ids": False,
                    }
                )
            ],
        )
        if state == "sale":
            order.action_confirm()
        elif state == "cancel":
            order._action_cancel()
        return order

    def people(self):
        """Customers of every age, of two salespeople and of none, with orders."""
        place = {"city": "Campinas", "state_id": self.sao_paulo.id}
        old = self.born("2041-03-05 15:00:00", "Padaria Ipê", self.own, **place)
        formula = self.born("2041-03-06 01:00:00", "=1+1", self.other)
        self.born(
            "2042-01-10 15:00:00",
            "Construtora e Incorporadora São Sebastião do Paraíso & Filhos de "
            "Albuquerque Cavalcanti Comércio de Peças LTDA ME",
            self.own,
        )
        nobodys = self.born("2042-03-01 15:00:00", "Zélia", None)
        declined = self.born("2042-03-19 15:00:00", "Auto Peças", self.own)
        reached = self.born("2042-03-19 16:00:00", "Reached", self.own, phone=MOBILE)
        branch = self.contact(old, type="delivery")
        self.go("2041-03-19 02:00:00")
        self.sell(old, self.own, 1000.0)  # more than 12 months before
        self.go("2041-08-19 15:00:00")
        self.sell(branch, self.own, 200.5)
        self.sell(old, None, 10.0)
        self.sell(old, self.other, 4000.0)
        self.sell(old, self.own, 70.0, "cancel")
        self.go("2042-03-19 17:00:00")
        self.sell(old, self.own, 150.0, "draft")
        self.sell(old, self.own, 100.0, "draft", self.euros)
        self.sell(nobodys, self.own, 1234567.0, "draft")
        self.sell(formula, self.other, 30.0)
        self.sell(reached, self.own, 99.0)
        self.env["contact.kpi.decline"].create(
            {"gap_id": declined.contact_kpi_open_gap_ids.id}
        )
        self.go("2042-03-20 15:00:00")

    def expected(self, user, only=None):
        """``{salesperson: [values of each customer]}``, from the records."""
        own_only = not user.has_group("sales_team.group_sale_salesman_all_leads")
        today, year_ago = date(2042, 3, 20), datetime(2041, 3, 20)
        groups = {}
        for head, family in self.families().items():
            if head not in self.opened or not self.lacks("no_contact", family):
                continue
            if own_only and head.user_id not in (user, self.env["res.users"]):
                continue
            if only is not None and head not in only:
                continue
            quotations, quoted, ordered = 0, 0.0, 0.0
            for order in self.env["sale.order"].search([]):
                if order.partner_id not in family:
                    continue
                if own_only and order.user_id not in (user, self.env["res.users"]):
                    continue
                rate = 2 if order.currency_id.name == "EUR" else 1
                if order.state in ("draft", "sent"):
                    quotations += 1
                    quoted += order.amount_total * rate
                elif order.state == "sale" and order.date_order >= year_ago:
                    ordered += order.amount_total * rate
            days = (today - self.opened[head]).days
            age = next(
                (
                    name
                    for last, name in (
                        (7, "0-7"),
                        (30, "8-30"),
                        (90, "31-90"),
                        (365, "91-365"),
                    )
                    if days <= last
                ),
                "over 365",
            )
            city = "Campinas, SP" if head.city else ""
            situation = "Declined" if head.name == "Auto Peças" else ""
            groups.setdefault(head.user_id.name or "None", []).append(
                [
                    head.name,
                    city,
                    situation,
                    self.opened[head],
                    days,
                    age,
                    quotations,
                    quoted,
                    ordered,
                    quoted + ordered,
                ]
            )
        for rows in groups.values():
            rows.sort(key=lambda row: (row[3], -row[9], row[0]))
        return dict(sorted(groups.items(), key=lambda g: (g[0] == "None", g[0])))

    def expected_tables(self, groups, show):
        """The two tables; ``show`` writes a value, given its digits."""
        customers, ages = [], []
        classes = ("0-7", "8-30", "31-90", "91-365", "over 365")

        def add(name, rows):
            sums = [sum(row[place] for row in rows) for place in range(6, 10)]
            amounts = [show(value, 2) for value in sums[1:]]
            counts = [[row[5] for row in rows].count(age) for age in classes]
            ages.append([name, *(show(n, 0) for n in (len(rows), *counts)), *amounts])
            title = f"{name} ({len(rows)})"
            return [title, *[show(None, 0)] * 5, show(sums[0], 0), *amounts]

        for name, rows in groups.items():
            customers.append(add(name, rows))
            for row in rows:
                digits = (0,) * 7 + (2,) * 3
                customers.append([show(v, d) for v, d in zip(row, digits, strict=True)])
        customers.append(
            add("Total", [row for rows in groups.values() for row in rows])
        )
        return {"ageing": ages, "customers": customers}

    def shower(self, brazil):
        def show(value, digits):
            if value is None:
                return ""
            if isinstance(value, date):
                return day_text(value, brazil)
            if isinstance(value, str):
                return value
            return number(value, digits, brazil)

        return show

    def test_customers_by_salesperson(self):
        """Every row, sum and age class, by the rights and in the language of each."""
        self.people()
        for user, brazil in ((self.own, True), (self.manager, False)):
            with self.subTest(user=user.name):
                order = self.order_of(user, "contact.kpi.gap", OPEN)
                tables, text = self.html(order)
                expected = self.expected_tables(
                    self.expected(user), self.shower(brazil)
                )
                self.assertEqual(
                    {name: rows[1:] for name, rows in tables.items()}, expected
                )
                self.assertEqual(
                    tables["customers"][0],
                    [
                        "Customer",
                        "City",
                        "Situation",
                        "Since",
                        "Days",
                        "Age (Days)",
                        "Open Quotations",
                        "Quoted ($)",
                        "Ordered, 12 Months ($)",
                        "Value at Stake ($)",
                    ],
                )
                # Not one sheet without its number.
                self.assertIn("Page 1 of 1", text)
                self.assertEqual("a salesperson Printed" in text, user == self.own)
        names = [row[0] for row in tables["customers"]]
        self.assertEqual(len(names), 1 + 3 + 5 + 1)

    def test_customers_in_a_spreadsheet(self):
        """The same rows with their types; a name is never a formula."""
        self.people()
        for user in (self.own, self.manager):
            with self.subTest(user=user.name):
                order = self.order_of(user, "contact.kpi.gap", OPEN)
                expected = self.expected_tables(
                    self.expected(user), lambda value, digits: value or None
                )

                def zeros(rows):
                    return [[value or None for value in row] for row in rows]

                ages, customers = self.xlsx(order)
                self.assertEqual(zeros(customers[1:]), zeros(expected["customers"]))
                head = [row[0] for row in ages].index("Salesperson")
                self.assertEqual(zeros(ages[head + 1 :]), zeros(expected["ageing"]))
                self.assertEqual(ages[0][0], "Customers without Contact")
                self.assertIsInstance(customers[2][3], date)

    def test_what_the_filters_of_the_screen_leave(self):
        self.people()
        domain = [*OPEN, ("declined", "=", False), ("partner_id.city", "!=", False)]
        order = self.order_of(
            self.manager,
            "contact.kpi.gap",
            domain,
            filters=["To Complete", "City: Campinas"],
            title="Customers to Complete",
        )
        only = self.env["res.partner"].search([("name", "=", "Padaria Ipê")])
        expected = self.expected_tables(
            self.expected(self.manager, only), self.shower(False)
        )
        tables, text = self.html(order)
        # No situation to tell of: no column for it.
        self.assertEqual(
            tables["customers"][1:],
            [row[:2] + row[3:] for row in expected["customers"]],
        )
        self.assertEqual(tables["ageing"][1:], expected["ageing"])
        for words in (
            "Customers to Complete",
            "Filters To Complete; City: Campinas",
            f"Indicator {self.kpi.name}: {self.kpi.description}",
            f"Company {self.main.name}",
            "Grouped by Salesperson",
            "by Carla",
            "in USD at today's rates",
        ):
            self.assertIn(words, text)

    def test_selected_rows_grouped_as_in_the_list(self):
        self.people()
        gaps = self.env["contact.kpi.gap"].search(OPEN, order="id", limit=2)
        action = gaps.with_user(self.manager).action_print()
        order = self.env["contact.kpi.print"].browse(action["res_id"])
        self.assertEqual(
            (order.filters, order.group_by), (["2 selected rows"], "user_id")
        )
        order = self.order_of(
            self.manager, "contact.kpi.gap", OPEN, ["opened_on:month", "city"]
        )
        self.assertEqual(order.group_by, "city")
        tables, _text = self.html(order)
        groups = [row[0] for row in tables["ageing"]]
        self.assertEqual(groups, ["City", "Campinas", "None", "Total"])
        # Who is responsible has a column where it is no group.
        self.assertIn("Salesperson", tables["customers"][0])

    def test_namesakes_are_two_salespeople(self):
        namesake = new_test_user(self.env, "print_own2", groups=SELLER, name="Ana")
        for user, names in ((self.own, ["A", "B"]), (namesake, ["C"])):
            for name in names:
                self.born("2041-03-05 15:00:00", name, user)
        self.commit()
        order = self.order_of(self.manager, "contact.kpi.gap", OPEN)
        tables, _text = self.html(order)
        self.assertEqual(
            [row[0] for row in tables["customers"][1:]],
            ["Ana (2)", "A", "B", "Ana (1)", "C", "Total (3)"],
        )
        self.assertEqual(
            [row[:2] for row in tables["ageing"][1:]],
            [["Ana", "2"], ["Ana", "1"], ["Total", "3"]],
        )

    def test_closed_gaps_and_a_customer_listed_twice(self):
        """Its value counts once; the title counts rows."""
        self.people()
        ipe = self.env["res.partner"].search([("name", "=", "Padaria Ipê")])
        ipe.phone = MOBILE
        self.go("2042-03-25 15:00:00")
        ipe.phone = False
        self.commit()
        order = self.order_of(
            self.manager, "contact.kpi.gap", [("partner_id", "=", ipe.id)]
        )
        tables, _text = self.html(order)
        rows = [[row[0], row[2], *row[6:]] for row in tables["customers"][1:]]
        values = ["2", "350.00", "4,210.50", "4,560.50"]
        self.assertEqual(
            rows,
            [
                ["Ana (2)", "", *values],
                ["Padaria Ipê", "Completed", *values],
                ["Padaria Ipê", "", *values],
                ["Total (2)", "", *values],
            ],
        )

    def test_who_is_without_a_name_and_who_is_gone(self):
        self.go("2041-03-05 15:00:00")
        address = {"type": "invoice", "name": False}
        nameless = self.customer(user_id=self.own.id, **address)
        gone = self.customer("Gone", user_id=self.own.id)
        self.go("2041-03-06 15:00:00")
        gone.unlink()
        self.commit()
        order = self.order_of(self.manager, "contact.kpi.gap", [])
        tables, _text = self.html(order)
        self.assertEqual(
            [row[0] for row in tables["customers"][2:-1]],
            [f"Customer {nameless.id}", "Deleted customer"],
        )

    def test_who_is_not_held_to_own_customers_is_not_said_to_be(self):
        """Another addon lets people outside of sales read the lists of all."""
        clerk = new_test_user(self.env, "print_clerk", groups="base.group_user")
        models = ("contact.kpi", "contact.kpi.gap", "contact.kpi.print")
        self.env["ir.model.access"].create(
            [
                {
                    "name": model,
                    "model_id": self.env["ir.model"]._get_id(model),
                    "group_id": self.env.ref("base.group_user").id,
                    **{f"perm_{right}": True for right in ("read", "write", "create")},
                }
                for model in models
            ]
        )
        self.born("2041-03-05 15:00:00", "Ana's", self.own)
        self.commit()
        tables, text = self.html(self.order_of(clerk, "contact.kpi.gap", OPEN))
        self.assertEqual(tables["customers"][2][0], "Ana's")
        self.assertNotIn("a salesperson Printed", text)

    def test_nothing_selected(self):
        order = self.order_of(self.manager, "contact.kpi.gap", [("id", "=", 0)])
        tables, text = self.html(order)
        self.assertEqual({name: len(rows) for name, rows in tables.items()}, {})
        self.assertIn("Nothing in this selection", text)
        self.assertIn("Filters None", text)

    def test_too_many_rows_are_refused_in_words(self):
        self.people()
        order = self.order_of(self.manager, "contact.kpi.gap", OPEN)
        with patch.dict(mixin.LIMITS, {"pdf": 4, "html": 4}):
            for attempt in (order.action_pdf, order.action_html):
                with self.assertRaisesRegex(UserError, "more than 4 rows.*50,000"):
                    attempt()
        with patch.dict(mixin.LIMITS, {"pdf": 5, "html": 5, "xlsx": 4}):
            self.assertEqual(order.action_pdf()["report_type"], "qweb-pdf")
            with self.assertRaisesRegex(UserError, "more than 4 rows"):
                order._report()._xlsx(order)
            # In the dialog, not as a page of its own.
            with self.assertRaisesRegex(UserError, "more than 4 rows"):
                order.action_xlsx()

    def test_nobody_prints_for_another(self):
        self.people()
        order = self.order_of(self.manager, "contact.kpi.gap", OPEN)
        portal = new_test_user(self.env, "print_portal", groups="base.group_portal")
        with mute_logger(*RULES):
            for user in (self.own, portal):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    self.html(order.with_user(user))
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    order.with_user(user)._for_reader()
            with self.assertRaises(AccessError):
                self.order_of(portal, "contact.kpi.gap", OPEN)
        # Who may no longer see a company prints nothing of it.
        branch = self.company("Branch", "America/Sao_Paulo")
        order.company_ids = (self.main | branch).ids
        with self.assertRaises(AccessError):
            self.html(order)

    def test_a_real_pdf_holds_every_customer_once(self):
        """Made by the program that prints; read by another library."""
        if self.env["ir.actions.report"].get_wkhtmltopdf_state() != "ok":
            self.skipTest("no wkhtmltopdf on this machine")
        words = "Construtora e Incorporadora São Sebastião do Paraíso LTDA"
        names = [f"{words} {number:03d}X" for number in range(70)]
        self.env["res.partner"].create(
            [
                {"name": name, "customer_rank": 1, "user_id": self.own.id}
                for name in names
            ]
        )
        self.commit()
        order = self.order_of(self.manager, "contact.kpi.gap", OPEN)
        report = self.env["ir.actions.report"].with_user(self.manager)
        content, kind = report.with_context(
            force_report_rendering=True
        )._render_qweb_pdf(f"contact_kpi.{order.report}", order.ids)
        self.assertEqual(kind, "pdf")
        pages = PdfReader(io.BytesIO(content)).pages
        texts = [" ".join(page.extract_text().split()) for page in pages]
        found = [re.findall(r"\d{3}X", text) for text in texts]
        self.assertEqual(
            [one for page in found for one in page], [name[-4:] for name in names]
        )
        whole = " ".join(texts)
        self.assertEqual(whole.count("São Sebastião do Paraíso"), 70)
        self.assertGreater(len(pages), 2)
        for place, (text, rows) in enumerate(zip(texts, found, strict=True), 1):
            self.assertTrue(rows)
            self.assertIn(f"Page {place} of {len(pages)}", text)
            self.assertIn("Customers without Contact", text)
            self.assertIn("Value at Stake", text)
        size = pages[0].mediabox
        self.assertEqual((round(size.width), round(size.height)), (842, 595))


@tagged("post_install", "-at_install")
class TestPrintTrend(PrintCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.counts = {}  # day: {salesperson: (customers, missing)}

    def count(self, moment):
        """Take the day's figures, and count them by hand."""
        self.refresh()
        day = date.fromisoformat(moment[:10])
        self.counts[day] = counts = {}
        for head, missing in self.evaluate("no_contact").items():
            customers, lacking = counts.get(head.user_id.name or "None", (0, 0))
            counts[head.user_id.name or "None"] = (customers + 1, lacking + missing)

    def year(self):
        anas = [self.customer(f"a{i}", user_id=self.own.id) for i in range(4)]
        brunos = [self.customer(f"b{i}", user_id=self.other.id) for i in range(3)]
        brunos[0].phone = MOBILE
        for moment, change in (
            ("2041-03-10 15:00:00", {}),
            ("2041-03-20 15:00:00", {anas[0]: MOBILE}),
            ("2042-02-10 15:00:00", {brunos[0]: False, brunos[1]: MOBILE}),
            ("2042-03-05 15:00:00", {anas[1]: MOBILE, anas[2]: MOBILE}),
            ("2042-03-20 15:00:00", {anas[1]: False}),
        ):
            self.go(moment)
            for customer, phone in change.items():
                customer.phone = phone
            if moment.startswith("2042-02"):
                self.customer("c", user_id=self.other.id)
            self.commit()
            self.count(moment)

    def rows(self, user=None):
        """Of each month, the last day: total and salespeople, beside its baselines."""
        closings = {}
        for day in sorted(self.counts):
            closings[day.year, day.month] = day
        names = sorted({name for counts in self.counts.values() for name in counts})
        names = [name for name in names if user in (None, name)]

        def figures(day, who):
            counts = self.counts[day]
            pairs = [counts.get(name, (0, 0)) for name in who]
            return [sum(pair[place] for pair in pairs) for place in (0, 1)]

        def line(label, day, month, who):
            customers, missing = figures(day, who)
            row = [
                label,
                day_text(day),
                number(customers),
                number(missing),
                f"{100 * missing / customers:.1f}%",
            ]
            year, number_of = month
            before = (year, number_of - 1) if number_of > 1 else (year - 1, 12)
            for other in (before, (year - 1, number_of)):
                then = closings.get(other)
                if not then:
                    row += ["", "", "", ""]
                    continue
                old_customers, old_missing = figures(then, who)
                points = 100 * (missing / customers - old_missing / old_customers)
                row += [
                    day_text(then),
                    number(old_missing),
                    signed(missing - old_missing),
                    signed(round(points, 9), 1),
                ]
            return row

        table = []
        for month, day in closings.items():
            label = date(*month, 1).strftime("%B %Y")
            table.append(line(label, day, month, names))
            table += [line(name, day, month, [name]) for name in names]
        last = max(closings)
        return [*table, line("Whole Selection", closings[last], last, names)]

    def test_months_and_salespeople_beside_their_baselines(self):
        self.year()
        domain = [("indicator_id", "=", self.kpi.id)]
        order = self.order_of(
            self.manager, "contact.kpi.snapshot", domain, ["date:month", "user_id"]
        )
        tables, text = self.html(order)
        self.assertEqual(tables["figures"][1:], self.rows())
        self.assertEqual(
            tables["figures"][0],
            [
                "Date / Salesperson",
                "Figures Of",
                "Customers",
                "Missing",
                "Rate",
                "Compared With",
                "Missing Then",
                "Change",
                "Rate (Points)",
                "Last Year",
                "Missing Then",
                "Change",
                "Rate (Points)",
            ],
        )
        self.assertIn("03/20/2042 is compared with 02/10/2042 and 03/20/2041.", text)
        self.assertIn("do not add up over time", text)

    def test_a_salesperson_prints_own_figures(self):
        self.year()
        domain = [("indicator_id", "=", self.kpi.id)]
        order = self.order_of(
            self.other, "contact.kpi.snapshot", domain, ["date:month", "user_id"]
        )
        tables, text = self.html(order)
        self.assertEqual(tables["figures"][1:], self.rows("Bruno"))
        self.assertNotIn("Ana", text)

    def test_figures_in_a_spreadsheet(self):
        """Numbers, not texts; what has no baseline is empty."""
        self.year()
        domain = [("indicator_id", "=", self.kpi.id), ("date", "<", "2042-01-01")]
        # Without groups: by the indicator's period. Without a last year: no columns.
        order = self.order_of(self.manager, "contact.kpi.snapshot", domain)
        [rows] = self.xlsx(order)
        head = [row[0] for row in rows].index("Date")
        march = [date(2041, 3, 20), 7, 5, 5 / 7, None, None, None, None]
        self.assertEqual(
            [row[:9] for row in rows[head + 1 :]],
            [["March 2041", *march], ["Whole Selection", *march]],
        )
        self.assertEqual(len(rows[head]), 9)
        self.assertEqual(rows[0][0], "Contact Trend")


@tagged("post_install", "-at_install")
class TestPrintFollowUp(PrintCase):
    def story(self):
        """Openings, completions, leavings and a refusal over two months."""
        anas = [self.customer(f"a{i}", user_id=self.own.id) for i in range(5)]
        brunos = [self.customer(f"b{i}", user_id=self.other.id) for i in range(2)]
        self.go("2041-03-12 15:00:00")
        anas[0].phone = MOBILE
        brunos[0].active = False
        self.go("2041-04-06 15:00:00")
        anas[1].phone = MOBILE
        self.customer("a9", user_id=self.own.id)
        self.go("2041-04-07 15:00:00")
        anas[2].phone = MOBILE
        self.env["contact.kpi.decline"].create(
            {"gap_id": anas[3].contact_kpi_open_gap_ids.id}
        )
        self.go("2041-04-20 15:00:00")

    def balance(self, gaps, first, last):
        """The figures of a bucket, gap by gap."""
        today = date(2041, 4, 20)
        last = min(last, today)
        in_it = [
            g
            for g in gaps
            if g.opened_on <= last and (not g.closed_on or g.closed_on >= first)
        ]
        closed = [g for g in in_it if g.closed_on and g.closed_on <= last]
        done = [g for g in closed if g.close_reason == "completed"]
        days = [(g.closed_at - g.opened_at).total_seconds() / 86400 for g in done]
        ages = [(last - g.opened_on).days for g in in_it if g not in closed]
        limits = [(-1, 7), (7, 30), (30, 90), (90, 365), (365, 10**6)]
        return [
            number(len([g for g in in_it if g.opened_on < first])),
            number(len([g for g in in_it if g.opened_on >= first])),
            number(len(done)),
            number(len(closed) - len(done)),
            number(len(ages)),
            number(
                len(
                    [
                        d
                        for g in in_it
                        for d in g.decline_ids
                        if first <= d.declined_on <= last
                    ]
                )
            ),
            number(mean(days), 1) if days else "",
            number(median(days), 1) if days else "",
            *(
                number(len([a for a in ages if low < a <= high]))
                for low, high in limits
            ),
        ]

    def test_the_balance_of_each_month_and_salesperson(self):
        self.story()
        march, april = (
            (date(2041, 3, 1), date(2041, 3, 31)),
            (date(2041, 4, 1), date(2041, 4, 30)),
        )
        every = self.env["contact.kpi.gap"].search([])
        domain = [("indicator_id", "=", self.kpi.id), ("date", ">=", "2041-03-01")]
        for user, names in (
            (self.manager, ("Ana", "Bruno")),
            (self.other, ("Bruno",)),
        ):
            order = self.order_of(
                user, "contact.kpi.follow.up", domain, ["date:month", "user_id"]
            )
            gaps = every.filtered(lambda g, names=names: g.user_id.name in names)
            expected = []
            for label, days in (("March 2041", march), ("April 2041", april)):
                expected.append([label, *self.balance(gaps, *days)])
                for name in names:
                    mine = gaps.filtered(lambda g, name=name: g.user_id.name == name)
                    expected.append([name, *self.balance(mine, *days)])
            expected.append(
                ["Whole Selection", *self.balance(gaps, march[0], april[1])]
            )
            with self.subTest(user=user.name):
                tables, text = self.html(order)
                self.assertEqual(tables["figures"][1:], expected)
                self.assertIn("Opening + opened − completed − left = closing.", text)
                [rows] = self.xlsx(order)
                head = [row[0] for row in rows].index("Date / Salesperson")
                typed = [
                    [row[0], *(float(v) if v else None for v in row[1:])]
                    for row in expected
                ]
                written = [
                    [row[0], *(None if v is None else round(v, 1) for v in row[1:])]
                    for row in rows[head + 1 :]
                ]
                self.assertEqual(written, typed)

    def test_only_so_many_groups(self):
        self.story()
        specs = ["date:month", "user_id", "is_company", "origin"]
        order = self.order_of(self.manager, "contact.kpi.follow.up", [], specs)
        tables, text = self.html(order)
        self.assertEqual(tables["figures"][0][0], "Date / Salesperson / Is a Company")
        self.assertIn("Only the first 3 groups", text)
        persons = [row[0] for row in tables["figures"]].count("Persons")
        self.assertEqual(persons, 4)


@tagged("post_install", "-at_install")
class TestPrintHttp(HttpCase):
    """From the screen to the document, as a browser asks for it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.seller, cls.colleague = (
            new_test_user(cls.env, login, groups=SELLER, name=name)
            for login, name in (
                ("print_http", "Print Seller"),
                ("print_http_other", "Print Colleague"),
            )
        )
        cls.env["res.partner"].create(
            {"name": "Print Abreu", "customer_rank": 1, "user_id": cls.seller.id}
        )
        cls.env.cr.flush()
        cls.env.ref("contact_kpi.contact_kpi_no_contact")._refresh()

    def order(self):
        order = self.env["contact.kpi.print"].with_user(self.seller)
        domain = [("partner_id.name", "=", "Print Abreu")]
        action = order.action_open("contact.kpi.gap", domain)
        return order.browse(action["res_id"])

    def test_documents_over_http(self):
        order = self.order()
        action = order.action_xlsx()
        self.authenticate("print_http", "print_http")
        answer = self.url_open(action["url"])
        self.assertEqual(answer.status_code, 200)
        self.assertIn(".xlsx", answer.headers["Content-Disposition"])
        book = openpyxl.load_workbook(io.BytesIO(answer.content))
        names = [row[0].value for row in book.worksheets[1].iter_rows()]
        self.assertIn("Print Abreu", names)
        page = self.url_open(f"/report/html/contact_kpi.report_detail/{order.id}")
        self.assertIn("Print Abreu", page.text)
        # Not somebody else's, not one that is gone, not without a login.
        self.authenticate("print_http_other", "print_http_other")
        with mute_logger("odoo.http", *RULES):
            self.assertEqual(self.url_open(action["url"]).status_code, 403)
            page = self.url_open(f"/report/html/contact_kpi.report_detail/{order.id}")
            self.assertNotIn("Print Abreu", page.text)
        gone = self.url_open("/contact_kpi/print/999999999/xlsx")
        self.assertEqual(gone.status_code, 404)
        self.logout()
        answer = self.url_open(action["url"], allow_redirects=False)
        self.assertEqual(answer.status_code, 303)

    def test_from_list_graph_and_pivot(self):
        """The menu of each view hands over its filters and groups."""
        self.start_tour(
            "/odoo/contacts-to-complete", "contact_kpi_print", login="print_http"
        )
        orders = self.env["contact.kpi.print"].search(
            [("create_uid", "=", self.seller.id)], order="id"
        )
        self.assertEqual(
            [
                (order.report, order.title, order.filters, order.group_bys or [])
                for order in orders
            ],
            [
                (
                    "report_detail",
                    "Customers to Complete",
                    [
                        "To Complete",
                        "My Customers",
                        "Active Indicators",
                        "Customer: Print Abreu",
                    ],
                    [],
                ),
                ("report_trend", "Trend", ["Active Indicators"], ["date:month"]),
                ("report_trend", "Trend", ["Active Indicators"], ["date:month"]),
            ],
        )
