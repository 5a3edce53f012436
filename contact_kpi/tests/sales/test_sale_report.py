# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Orders by what their customers lacked when quoted, against a chronicler's notes.

The chronicler looks at a customer's texts at the very moment of its quotation; the
report is asked long after, when most of them have changed.
"""

import itertools
import random
from datetime import date, datetime, timedelta

import pytz

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import SQL, mute_logger

from ..closing_case import STARTS
from ..common import LANDLINE, MOBILE, PHONE, START, ContactKpiCase
from ..past.test_history import CRONS, MAIL, HistoryCase

RULES = ("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
REPORT = "contact.kpi.sale.report"
RECORDS = date(2040, 3, 1)  # the past of twelve months is rebuilt
ZONES = {"My Company": "America/Sao_Paulo", "Tokyo": "Asia/Tokyo"}
MEASURES = [
    "__count",
    "orders:sum",
    "confirmed:sum",
    "confirmation_rate:avg",
    "days_to_confirm:avg",
    "amount:sum",
    "amount_confirmed:sum",
]
GROUPBYS = [
    [],
    ["contact_missing"],
    ["indicator_id"],
    ["date:day"],
    ["date:week"],
    ["date:month"],
    ["date:quarter"],
    ["date:year"],
    ["user_id"],
    ["customer_user_id"],
    ["team_id"],
    ["source_id"],
    ["state"],
    ["state_id"],
    ["industry_id"],
    ["country_id"],
    ["company_id"],
    ["partner_id"],
    ["is_company"],
    ["customer_type_id"],
    ["origin"],
    ["contact_missing", "date:month"],
    ["date:quarter", "contact_missing", "team_id"],
    ["source_id", "contact_missing"],
    ["customer_type_id", "contact_missing", "date:year"],
    ["indicator_id", "company_id", "contact_missing"],
]
EVENTS = [
    *("order", "order", "order", "order", "confirm", "confirm", "cancel"),
    *("phone", "phone", "email", "child", "archive", "merge", "refresh"),
]


class SaleReportCase(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.main.name = "My Company"
        cls.main.currency_id = cls.dollar = cls.env.ref("base.USD")
        cls.euro = cls.env.ref("base.EUR")
        cls.euro.active = True
        cls.env["res.currency.rate"].search([]).unlink()
        cls.env["res.currency.rate"].create(
            {
                "name": "2040-01-01",
                "currency_id": cls.euro.id,
                "company_id": False,
                "rate": 0.5,
            }
        )
        cls.tokyo = cls.company("Tokyo", ZONES["Tokyo"])
        cls.tokyo.currency_id = cls.euro
        # Both have a list in the other currency.
        cls.pricelists = {
            currency: cls.env["product.pricelist"].create(
                {
                    "name": currency.name,
                    "currency_id": currency.id,
                    "company_id": False,
                }
            )
            for currency in (cls.dollar, cls.euro)
        }
        cls.product = cls.env["product.product"].create(
            {"name": "Service", "type": "service", "taxes_id": False}
        )
        cls.env["sale.order"].search([]).action_cancel()
        cls.env["sale.order"].search([]).unlink()
        cls.env.cr.flush()

    def quote(self, partner, price=100.0, company=None, currency=None, **vals):
        """A quotation of one line, as nobody's unless told otherwise."""
        company = company or self.main
        line = {
            "product_id": self.product.id,
            "price_unit": price,
            "tax_ids": False,
        }
        return (
            self.env["sale.order"]
            .with_company(company)
            .create(
                {
                    "partner_id": partner.id,
                    "company_id": company.id,
                    "pricelist_id": self.pricelists[currency or company.currency_id].id,
                    "user_id": False,
                    "team_id": False,
                    "order_line": [(0, 0, line)],
                    **vals,
                }
            )
        )

    def report(self, user=None, **context):
        report = self.env[REPORT].with_context(**context)
        return report.with_user(user) if user else report

    def table(self, domain=(), user=None):
        """The rows as (customer, day, side), in order of their quotations."""
        self.commit()
        rows = self.report(user).search(
            [("indicator_id", "=", self.kpi.id), *domain], order="order_id"
        )
        return [
            (row.sudo().partner_id.name, str(row.date), row.contact_missing)
            for row in rows.sorted(lambda row: row.sudo().order_id.id)
        ]


class SaleYearCase(SaleReportCase):
    """A year of quotations."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mobile = cls.indicator()
        cls.sellers = [
            new_test_user(
                cls.env, f"seller{n}", groups="sales_team.group_sale_salesman"
            )
            for n in (1, 2)
        ]
        cls.teams = cls.env["crm.team"].create([{"name": "North"}, {"name": "South"}])
        cls.sources = cls.env["utm.source"].create(
            [{"name": "Street"}, {"name": "Radio"}]
        )
        cls.industries = cls.env["res.partner.industry"].search([], limit=2)
        cls.states = cls.env["res.country.state"].search(
            [("country_id", "=", cls.brazil.id)], limit=2
        )
        chosen = cls.env["res.partner.category"].create({"name": "Type"})
        cls.types = cls.env["res.partner.category"].create(
            [{"name": name, "parent_id": chosen.id} for name in ("Fleet", "Resale")]
        )
        cls.env["ir.config_parameter"].set_param(
            "contact_kpi.customer_type_tag_id", chosen.id
        )

        # The year is told once, by an instance: tests only look back on it.
        story = cls()
        story.live()
        cls.notes, cls.forgotten, cls.now = story.notes, story.forgotten, story.now
        cls.facts = story.chronicle()

    def live(self):
        self.draw = random.Random(5)
        self.now = START
        self.heads = self.env["res.partner"]
        self.notes = {}  # {order: {indicator: whether its customer lacked it}}
        self.forgotten = self.env["sale.order"]
        for number in range(14):
            self.heads |= self.new_customer(number)
        self.tick()
        for step in range(170):
            event = EVENTS[step % len(EVENTS)] if step < 28 else None
            getattr(self, f"do_{event or self.draw.choice(EVENTS)}")()
            self.tick()

    # -- a year ------------------------------------------------------------------

    def tick(self):
        self.now += timedelta(seconds=self.draw.randint(1, 2 * 220000))
        self.go(self.now)

    def new_customer(self, number):
        draw = self.draw
        return self.env["res.partner"].create(
            {
                "name": f"C{number}",
                "is_company": draw.random() < 0.5,
                "customer_rank": number % 2,
                "user_id": draw.choice([False, *(u.id for u in self.sellers)]),
                "industry_id": draw.choice([False, *self.industries.ids]),
                "country_id": draw.choice([False, self.brazil.id]),
                "state_id": draw.choice(self.states.ids),
                "phone": draw.choice([False, LANDLINE, MOBILE]),
                "category_id": self.types[number % 3 :][:1].ids,
            }
        )

    def head(self):
        return self.draw.choice(self.heads.filtered("active"))

    def do_order(self):
        draw = self.draw
        head = self.head()
        order = self.quote(
            draw.choice([p for p in self.family_of(head) if p.active]),
            price=draw.randint(1, 900),
            company=draw.choice(self.main | self.tokyo),
            currency=draw.choice(self.dollar | self.euro),
            user_id=draw.choice([False, *(u.id for u in self.sellers)]),
            team_id=draw.choice([False, *self.teams.ids]),
            source_id=draw.choice([False, *self.sources.ids]),
        )
        self.commit()
        self.notes[order] = {
            kpi: self.lacks(kpi.code, self.family_of(head))
            for kpi in (self.kpi, self.mobile)
        }

    def pending(self):
        orders = self.env["sale.order"].search([("state", "=", "draft")])
        return self.draw.choice(orders or [orders])

    def do_confirm(self):
        if order := self.pending():
            order.action_confirm()

    def do_cancel(self):
        self.pending()._action_cancel()

    def do_phone(self):
        partner = self.draw.choice(self.family_of(self.head()))
        partner.phone = self.draw.choice([False, "não tem", LANDLINE, MOBILE])

    def do_email(self):
        self.head().email = self.draw.choice([False, False, "ana@oficina.com.br"])

    def do_child(self):
        phone = self.draw.choice([False, MOBILE])
        self.contact(self.head(), f"child {len(self.notes)}", phone=phone)

    def do_archive(self):
        head = self.draw.choice(self.heads)
        head.active = not head.active

    def do_merge(self):
        winner, loser = self.draw.sample(list(self.heads), 2)
        if len(self.heads) < 9 or not (winner.active and loser.active):
            return
        family = self.env["res.partner"].union(*self.family_of(loser))
        self.forgotten |= self.env["sale.order"].search(
            [("partner_id", "in", family.ids)]
        )
        wizard = self.env["base.partner.merge.automatic.wizard"]
        self.heads -= loser
        wizard._merge((winner | loser).ids, winner)

    def do_refresh(self):
        self.refresh()

    # -- the oracle ----------------------------------------------------------------

    def usd(self, order):
        return order.amount_untaxed * (2 if order.currency_id == self.euro else 1)

    def chronicle(self):
        """The rows that the report should have, from the notes and the orders."""
        rows = []
        for order, lacked in self.notes.items():
            if order in self.forgotten:
                continue
            head = self.head_of(order.partner_id)
            zone = pytz.timezone(ZONES[order.company_id.name])
            made = pytz.utc.localize(order.create_date).astimezone(zone)
            sold = order.state == "sale"
            for kpi, missing in lacked.items():
                rows.append(
                    {
                        "order_id": order.id,
                        "indicator_id": kpi.id,
                        "partner_id": head.id,
                        "customer_user_id": head.user_id.id,
                        "company_id": order.company_id.id,
                        "user_id": order.user_id.id,
                        "team_id": order.team_id.id,
                        "source_id": order.source_id.id,
                        "state": order.state,
                        "date": made.date(),
                        "contact_missing": "missing" if missing else "informed",
                        # All of them came while we watched.
                        "origin": missing and "observed",
                        "is_company": head.is_company,
                        "customer_type_id": self.customer_type_of(head),
                        "industry_id": head.industry_id.id,
                        "country_id": head.country_id.id,
                        "state_id": head.state_id.id,
                        "sold": sold,
                        "days": sold
                        and (order.date_order - order.create_date).total_seconds()
                        / 86400,
                        "amount": self.usd(order),
                    }
                )
        return rows

    def measures(self, rows):
        sold = [row for row in rows if row["sold"]]
        return (
            len(rows),
            len(rows),
            len(sold),
            round(len(sold) / len(rows), 6) if rows else None,
            round(sum(row["days"] for row in sold) / len(sold), 4) if sold else None,
            round(sum(row["amount"] for row in rows), 2),
            round(sum(row["amount"] for row in sold), 2),
        )

    def found(self, group):
        count, orders, confirmed, rate, days, amount, sold = (
            group[spec] for spec in MEASURES
        )
        # Nothing to divide is empty, and nothing else is.
        for value in (rate, days):
            self.assertTrue(value is None or isinstance(value, float), repr(value))
        return (
            count,
            orders or 0,
            confirmed or 0,
            rate if rate is None else round(rate, 6),
            days if days is None else round(days, 4),
            round(amount or 0, 2),
            round(sold or 0, 2),
        )

    def key(self, row, groupby):
        values = []
        for spec in groupby:
            name, _sep, granularity = spec.partition(":")
            value = row[name]
            values.append(STARTS[granularity](value) if granularity else value)
        return tuple(values)

    def plain(self, value):
        value = value[0] if isinstance(value, list | tuple) else value
        if isinstance(value, str) and value[:2] == "20":
            return date.fromisoformat(value)
        return value

    def expected(self, groupby, keep):
        groups = {}
        for row in self.facts:
            if keep(row):
                groups.setdefault(self.key(row, groupby), []).append(row)
        if not groupby:
            groups.setdefault((), [])
        return {key: self.measures(rows) for key, rows in groups.items()}

    def domains(self):
        seller, north = self.sellers[0].id, self.teams[0].id
        spring, fall = date(2041, 4, 1), date(2041, 10, 1)
        return [
            ([], lambda r: True),
            (
                [("indicator_id", "=", self.kpi.id)],
                lambda r: r["indicator_id"] == self.kpi.id,
            ),
            (
                [("indicator_id.code", "=", "test_no_mobile")],
                lambda r: r["indicator_id"] == self.mobile.id,
            ),
            (
                [("date", ">=", "2041-04-01"), ("date", "<", "2041-10-01")],
                lambda r: spring <= r["date"] < fall,
            ),
            (
                ["!", ("contact_missing", "=", "missing")],
                lambda r: r["contact_missing"] == "informed",
            ),
            ([("state", "=", "sale")], lambda r: r["sold"]),
            ([("state", "in", ("draft", "sent"))], lambda r: r["state"] == "draft"),
            (
                ["|", ("user_id", "=", seller), ("team_id", "=", north)],
                lambda r: r["user_id"] == seller or r["team_id"] == north,
            ),
            (
                [("customer_user_id", "in", [seller, False])],
                lambda r: r["customer_user_id"] in (seller, False),
            ),
            ([("company_id", "=", self.tokyo.id)], lambda r: not self.at_home(r)),
            ([("is_company", "=", False)], lambda r: not r["is_company"]),
            (
                [("customer_type_id.name", "=", "Fleet")],
                lambda r: r["customer_type_id"] == self.types[0].id,
            ),
            ([("date", "=", "2030-01-01")], lambda r: False),
            ([("id", "in", [])], lambda r: False),
        ]

    def at_home(self, row):
        return row["company_id"] == self.main.id

    # -- the questions ---------------------------------------------------------------


@tagged("post_install", "-at_install")
class TestSaleReportYear(SaleYearCase):
    """Every way to look at the year."""

    def test_the_year_has_everything(self):
        self.assertGreater(self.now - START, timedelta(365))
        kinds = {(row["contact_missing"], row["sold"]) for row in self.facts}
        self.assertEqual(len(kinds), 4)
        self.assertTrue(self.forgotten)
        self.assertTrue([row for row in self.facts if row["state"] == "cancel"])
        changed = {
            order
            for order, lacked in self.notes.items()
            if order not in self.forgotten
            and lacked[self.kpi]
            != self.lacks("no_contact", self.family_of(self.head_of(order.partner_id)))
        }
        self.assertGreater(len(changed), 10, "today's answer would do")
        orders = self.env["sale.order"].browse([r["order_id"] for r in self.facts])
        other_day = [
            order
            for order, row in zip(orders, self.facts, strict=True)
            if order.create_date.date() != row["date"]
        ]
        self.assertGreater(len(other_day), 10, "the day of UTC would do")

    def test_every_row(self):
        names = [
            *("order_id", "indicator_id", "partner_id", "customer_user_id"),
            *("company_id", "user_id", "team_id", "source_id", "state", "date"),
            *("contact_missing", "origin", "is_company", "customer_type_id"),
            *("industry_id", "state_id"),
        ]
        found = sorted(
            (row["order_id"], row["indicator_id"], row)
            for row in self.report().search([]).read(names, load=None)
        )
        expected = sorted(
            (row["order_id"], row["indicator_id"], {n: row[n] for n in names})
            for row in self.facts
        )
        self.assertEqual(
            [{n: row[n] for n in names} for *_key, row in found],
            [row for *_key, row in expected],
        )

    def test_graphs_and_lists(self):
        for groupby, (domain, keep) in itertools.product(GROUPBYS, self.domains()):
            groups = self.report().formatted_read_group(domain, groupby, MEASURES)
            found = {
                tuple(self.plain(g[spec]) for spec in groupby): self.found(g)
                for g in groups
            }
            with self.subTest(groupby=groupby, domain=domain):
                self.assertEqual(found, self.expected(groupby, keep))

    def test_pivots(self):
        rows = ["contact_missing", "date:month", "team_id"]
        columns = ["indicator_id"]
        sets = [
            rows[:n] + columns[:m]
            for n, m in itertools.product(range(len(rows) + 1), range(2))
        ]
        for domain, keep in self.domains()[:-1]:  # the ORM asks nothing of the last
            answers = self.report().formatted_read_grouping_sets(domain, sets, MEASURES)
            for groupby, groups in zip(sets, answers, strict=True):
                found = {
                    tuple(self.plain(g[spec]) for spec in groupby): self.found(g)
                    for g in groups
                }
                with self.subTest(groupby=groupby, domain=domain):
                    self.assertEqual(found, self.expected(groupby, keep))

    def test_a_ratio_whatever_is_asked(self):
        for func in ("avg", "sum", "max", "min"):
            [group] = self.report().formatted_read_group(
                [], [], [f"confirmation_rate:{func}"]
            )
            rate = self.measures(self.facts)[3]
            self.assertAlmostEqual(group[f"confirmation_rate:{func}"], rate, 6)

    def test_the_orders_behind_each_cell(self):
        cells = self.report().formatted_read_group(
            [("indicator_id", "=", self.kpi.id)],
            ["contact_missing", "date:month"],
            ["orders:sum"],
        )
        seen = []
        for cell in cells:
            domain = [("indicator_id", "=", self.kpi.id), *cell["__extra_domain"]]
            action = self.report().action_explain(domain)
            self.assertEqual(action["res_model"], "sale.order")
            orders = self.env["sale.order"].search(action["domain"])
            self.assertEqual(len(orders), cell["orders:sum"])
            seen += orders.ids
        self.assertEqual(
            sorted(seen),
            sorted(
                r["order_id"] for r in self.facts if r["indicator_id"] == self.kpi.id
            ),
        )

    def test_in_the_currency_of_the_reader(self):
        [group] = self.report(allowed_company_ids=self.tokyo.ids).formatted_read_group(
            [], [], ["amount:sum", "currency_id:array_agg_distinct"]
        )
        euros = sum(row["amount"] for row in self.facts) / 2
        self.assertAlmostEqual(group["amount:sum"], euros, 2)
        self.assertEqual(group["currency_id:array_agg_distinct"], [self.euro.id])

    def test_a_late_look_changes_nothing(self):
        before = self.report().formatted_read_group([], ["contact_missing"], MEASURES)
        self.go(self.now + timedelta(40))
        self.refresh()
        self.refresh()
        again = self.report().formatted_read_group([], ["contact_missing"], MEASURES)
        self.assertEqual(again, before)


@tagged("post_install", "-at_install")
class TestSaleReport(SaleReportCase):
    """The edges, one by one."""

    def test_a_first_quotation_sees_the_gap_that_it_reveals(self):
        stranger = self.env["res.partner"].create({"name": "stranger"})
        reached = self.env["res.partner"].create({"name": "reached"})
        self.go("2041-03-05 15:00:00.750000")
        self.quote(stranger)
        self.quote(reached)
        reached.phone = PHONE
        self.assertEqual(
            self.table(),
            [
                ("stranger", "2041-03-05", "missing"),
                ("reached", "2041-03-05", "informed"),
            ],
        )
        [opened] = self.env["contact.kpi.gap"].search([]).mapped("opened_at")
        self.assertEqual(str(opened), "2041-03-05 15:00:00")

    def test_the_moment_counts(self):
        """Quotations around the moments when a contact comes and goes."""
        customer = self.customer("c")
        for second, phone in ((9, None), (10, PHONE), (11, None), (20, False)):
            self.go(datetime(2041, 3, 5, 15, 0, second))
            if phone is not None:
                customer.phone = phone
            self.quote(customer)
        self.go("2041-03-06 15:00:00")
        customer.phone = PHONE
        sides = [side for _name, _day, side in self.table()]
        self.assertEqual(sides, ["missing", "informed", "informed", "missing"])

    def test_the_quotation_of_a_contact_is_its_companys(self):
        firm = self.customer("firm", is_company=True)
        contact = self.contact(self.contact(firm, "boss"), "clerk")
        self.quote(contact)
        self.go("2041-03-05 15:00:00")
        self.contact(firm, "phone", phone=MOBILE)
        self.go("2041-03-06 15:00:00")
        self.quote(contact)
        self.assertEqual(
            self.table(),
            [("firm", "2041-03-04", "missing"), ("firm", "2041-03-06", "informed")],
        )

    def test_days_from_quotation_to_confirmation(self):
        customer = self.customer("c")
        orders = [self.quote(customer) for _n in range(5)]
        self.go("2041-03-06 03:00:00")  # a day and a half later
        orders[0].action_confirm()
        orders[1].action_confirm()
        orders[1]._action_cancel()
        orders[2].write({"state": "sent", "date_order": "2041-05-01 00:00:00"})
        orders[3]._action_cancel()
        orders[4].action_confirm()
        # Somebody entered yesterday's order.
        orders[4].date_order = "2041-03-01 03:00:00"
        self.commit()
        rows = self.report().search([], order="id")
        self.assertEqual(
            [
                (r.state, r.confirmed, r.days_to_confirm, r.amount, r.amount_confirmed)
                for r in rows
            ],
            [
                ("sale", 1, 1.5, 100, 100),
                ("cancel", 0, 0, 100, 0),
                ("sent", 0, 0, 100, 0),
                ("cancel", 0, 0, 100, 0),
                ("sale", 1, 0, 100, 100),
            ],
        )
        [group] = self.report().formatted_read_group([], [], MEASURES)
        self.assertEqual(
            [group[spec] for spec in MEASURES], [5, 5, 2, 0.4, 0.75, 500, 200]
        )

    def test_the_day_is_the_companys(self):
        customer = self.customer("c")
        for moment in ("2041-03-05 02:59:59", "2041-03-05 03:00:00"):
            self.go(moment)
            self.quote(customer)
            self.quote(customer, company=self.tokyo)
        days = [day for _name, day, _side in self.table()]
        self.assertEqual(days, ["2041-03-04", "2041-03-05", "2041-03-05", "2041-03-05"])
        self.go("2041-03-05 15:00:00")
        self.quote(customer, company=self.tokyo)
        self.assertEqual(self.table()[-1][1], "2041-03-06")

    def test_neither_colleagues_nor_companies_of_ours(self):
        colleague = new_test_user(self.env, "colleague").partner_id
        portal = new_test_user(self.env, "client", groups="base.group_portal")
        for partner in (colleague, self.tokyo.partner_id, portal.partner_id):
            self.quote(partner)
        self.assertEqual(
            self.table(), [(portal.partner_id.name, "2041-03-04", "missing")]
        )

    def test_an_indicator_about_some_customers_has_their_orders_only(self):
        firms = self.indicator(
            "firms",
            gap="[('vat', '=', False)]",
            population_domain="[('is_company', '=', True), ('active', '=', True),"
            " ('customer_rank', '>', 0)]",
        )
        known = self.customer("known", is_company=True, vat="BR1")
        # Being archived and being known as a customer may both come later.
        lost = self.customer("lost", is_company=True, vat="BR2")
        unranked = self.customer("new", is_company=True, vat="BR3", customer_rank=0)
        for partner in (known, lost, unranked, self.customer("person")):
            self.quote(partner)
        self.go("2041-03-05 15:00:00")
        lost.active = False
        self.commit()
        rows = self.report().search([("indicator_id", "=", firms.id)], order="id")
        self.assertEqual(
            [(row.partner_id.name, row.contact_missing) for row in rows],
            [("known", "informed"), ("lost", "informed"), ("new", "informed")],
        )
        firms.active = False
        self.assertFalse(self.report().search([("indicator_id", "=", firms.id)]))

    def test_a_broken_indicator_does_not_take_the_others_along(self):
        broken = self.indicator("broken")
        self.quote(self.customer("c"))
        self.commit()
        self.env.cr.execute(
            SQL(
                "UPDATE contact_kpi SET population_domain = %s WHERE id = %s",
                "[('no_such_field', '=', 1)]",
                broken.id,
            )
        )
        broken.invalidate_recordset()
        self.assertEqual(self.report().search([]).indicator_id, self.kpi)
        self.kpi.active = False
        self.assertFalse(self.report().search([]))

    # -- what is not on record ---------------------------------------------------------

    def made_on(self, order, moment):
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE sale_order SET create_date = %s WHERE id = %s", moment, order.id
            )
        )
        order.invalidate_recordset()

    def watched_since(self, moment):
        self.env.flush_all()
        self.env.cr.execute(SQL("UPDATE contact_kpi SET create_date = %s", moment))
        # The installation's history tells of an earlier day.
        self.env["contact.kpi.history"].search([]).unlink()
        self.kpi.invalidate_recordset()

    def test_quotations_from_before_anything_was_known_are_left_out(self):
        self.watched_since("2041-03-04 16:00:00")
        reached, lacking = self.customer("reached", phone=PHONE), self.customer("lacks")
        for partner in (reached, lacking):
            for moment in ("2041-01-10 15:00:00", "2041-03-04 15:59:59"):
                self.made_on(self.quote(partner), moment)
            self.made_on(self.quote(partner), "2041-03-04 16:00:00")
        self.assertEqual(
            self.table(),
            [
                ("reached", "2041-03-04", "informed"),
                ("lacks", "2041-03-04", "missing"),
            ],
        )
        # A past that was rebuilt is known from its first day on.
        self.env["contact.kpi.run"].create(
            {
                "indicator_id": self.kpi.id,
                "date": "2041-02-01",
                "state": "failed",
                "origin": "reconstructed",
            }
        )
        self.assertEqual(len(self.table()), 2)
        self.env["contact.kpi.run"]._reconstruct(self.kpi, [date(2041, 3, 4)])
        self.assertEqual(len(self.table()), 4)
        note = self.report().reading_notes([], ["contact_missing"], [])[-1]
        self.assertIn("03/04/2041", note)
        self.env["contact.kpi.run"]._reconstruct(self.kpi, [date(2041, 1, 10)])
        self.assertEqual(len(self.table()), 6)
        note = self.report().reading_notes([], ["contact_missing"], [])[-1]
        self.assertIn("01/10/2041", note)

    def test_open_since_nobody_knows_when(self):
        lacking = self.customer("lacks")
        self.made_on(self.quote(lacking), "2041-03-01 15:00:00")
        self.quote(lacking)
        self.commit()
        self.env["contact.kpi.run"]._reconstruct(self.kpi, [date(2041, 2, 1)])
        gap = self.env["contact.kpi.gap"].search([])
        for origin, rows in (
            ("observed", ["informed", "missing"]),
            ("initial", ["missing"]),
            ("reconstructed", ["informed", "missing"]),
        ):
            gap.sudo().origin = origin
            with self.subTest(origin=origin):
                self.assertEqual([side for _n, _d, side in self.table()], rows)

    def test_a_merged_customers_quotations_are_left_out_its_winners_stay(self):
        winner, loser = self.customer("winner", phone=PHONE), self.customer("loser")
        firm = self.customer("firm", is_company=True)
        clerk, twin = self.contact(firm, "clerk"), self.contact(firm, "clerk")
        losers_contact = self.contact(loser, "contact")
        for partner in (winner, loser, losers_contact, clerk, twin):
            self.quote(partner)
        self.go("2041-03-05 15:00:00")
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge((winner | loser).ids, winner)
        # Two contacts of one customer: the customer is the same as before.
        wizard._merge((clerk | twin).ids, clerk)
        self.commit()
        self.quote(winner)
        self.assertEqual(
            self.table(),
            [
                ("winner", "2041-03-04", "informed"),
                ("firm", "2041-03-04", "missing"),
                ("firm", "2041-03-04", "missing"),
                ("winner", "2041-03-05", "informed"),
            ],
        )

    # -- rights ------------------------------------------------------------------------

    def test_what_each_may_see(self):
        """The order's rules and the gap's, both."""
        people = {
            login: new_test_user(self.env, login, groups=groups)
            for login, groups in (
                ("own", "sales_team.group_sale_salesman"),
                ("own2", "sales_team.group_sale_salesman"),
                ("all", "sales_team.group_sale_salesman_all_leads"),
                ("manager", "sales_team.group_sale_manager"),
                ("portal", "base.group_portal"),
                ("clerk", "base.group_user"),
            )
        }
        people["both"] = new_test_user(
            self.env,
            "both",
            groups="sales_team.group_sale_manager",
            company_ids=[(6, 0, (self.main | self.tokyo).ids)],
        )
        own, own2 = people["own"], people["own2"]
        # Customers are named after who looks after them and who sells to them.
        for customers_seller, order_seller in itertools.product(
            (own, own2, None), repeat=2
        ):
            name = "/".join(
                user.login if user else "none"
                for user in (customers_seller, order_seller)
            )
            self.quote(
                self.customer(name, user_id=customers_seller and customers_seller.id),
                user_id=order_seller and order_seller.id,
            )
        self.quote(
            self.customer("tokyo's", company_id=self.tokyo.id), company=self.tokyo
        )
        self.quote(
            self.customer("main's", company_id=self.main.id),
        )
        self.quote(self.customer("shared, in tokyo"), company=self.tokyo)
        self.commit()
        seen = {}
        for login, user in people.items():
            try:
                with mute_logger(*RULES):
                    seen[login] = sorted(row[0] for row in self.table(user=user))
            except AccessError:
                seen[login] = None
        mains = ["main's", "none/none", "none/own", "none/own2", "own/none"]
        mains += ["own/own", "own/own2", "own2/none", "own2/own", "own2/own2"]
        self.assertEqual(
            seen,
            {
                "own": ["main's", "none/none", "none/own", "own/none", "own/own"],
                "own2": ["main's", "none/none", "none/own2", "own2/none", "own2/own2"],
                "all": mains,
                "manager": mains,
                "both": sorted([*mains, "tokyo's", "shared, in tokyo"]),
                "portal": None,
                "clerk": None,
            },
        )
        with mute_logger(*RULES):
            [group] = self.report(own).formatted_read_group([], [], ["orders:sum"])
        self.assertEqual(group["orders:sum"], 5)
        notes = self.report(own).reading_notes([], ["contact_missing"], [])
        self.assertIn("Only 5 orders with “Missing”: too few to compare.", notes)
        action = self.report(own).action_explain([])
        self.assertEqual(len(self.env["sale.order"].search(action["domain"])), 5)
        with self.assertRaises(AccessError), mute_logger(*RULES):
            self.report(people["clerk"]).reading_notes([], [], [])
        with self.assertRaises(AccessError), mute_logger(*RULES):
            self.report(people["clerk"]).action_explain([])

    # -- words, buttons, views ---------------------------------------------------------

    def notes(self, groupbys=("contact_missing",), domain=()):
        self.commit()
        notes = self.report().reading_notes(list(domain), list(groupbys), [])
        return [note for note in notes if "on record" not in note]

    def test_the_caution_says_which_side_and_how_many(self):
        cause = (
            "Observed together, not cause: customers with and without it may differ "
            "in other ways, too."
        )
        self.assertEqual(self.notes(), [])
        reached, lacking = self.customer("reached", phone=PHONE), self.customer("lacks")
        north = self.env["crm.team"].create({"name": "North"})
        self.quote(lacking)
        self.assertEqual(
            self.notes(),
            [
                "Only one order with “Missing”: too few to compare.",
                "No orders with “On File”: nothing to compare.",
                cause,
            ],
        )
        for _n in range(28):
            self.quote(lacking)
        for _n in range(30):
            self.quote(reached)
        few = "Only 29 orders with “Missing”: too few to compare."
        told = "Confirmed: 0 of 29 with “Missing”, 1 of 30 with “On File”."
        self.last().action_confirm()
        self.assertEqual(self.notes(), [few, told, cause])
        self.quote(lacking, team_id=north.id)
        told = "Confirmed: 0 of 30 with “Missing”, 1 of 30 with “On File”."
        self.assertEqual(self.notes(), [told, cause])
        groups = "1 of 2 groups have fewer than 30 orders on a side: "
        groups += "too few to compare within them."
        team = [("team_id", "=", north.id)]
        self.assertEqual(
            self.notes(["contact_missing", "team_id"]),
            [told, groups.replace("1 of", "2 of"), cause],
        )
        self.quote(lacking)
        self.assertEqual(
            self.notes(["team_id", "contact_missing"])[1:], [groups, cause]
        )
        self.assertEqual(self.notes(["team_id"], team)[0][:14], "Only one order")
        second = self.indicator()
        self.quote(lacking)
        self.assertEqual(
            self.notes()[0],
            "Every order counts once per indicator here: look at one indicator at a "
            "time.",
        )
        self.assertFalse(
            [note for note in self.notes(["indicator_id"]) if "once per" in note]
        )
        self.assertIn(
            f"{second.name}: Only one order with “Missing”: too few to compare.",
            self.notes(["indicator_id"], [("order_id", "in", self.last().ids)]),
        )

    def last(self):
        return self.env["sale.order"].search([], order="id desc", limit=1)

    def test_from_the_card_to_an_order(self):
        self.quote(self.customer("c"))
        self.commit()
        seller = new_test_user(
            self.env, "seller", groups="sales_team.group_sale_salesman"
        )
        action = self.kpi.with_user(seller).action_impact()
        self.assertEqual(action["context"]["search_default_indicator_id"], self.kpi.id)
        report = self.report(seller)
        views = [(False, mode) for mode in action["view_mode"].split(",")]
        got = report.get_views([*views, (False, "search")])["views"]
        self.assertEqual(set(got), {"graph", "pivot", "list", "search"})
        self.assertIn('js_class="contact_kpi_graph"', got["graph"]["arch"])
        self.assertIn('js_class="contact_kpi_pivot"', got["pivot"]["arch"])
        row = report.search([("indicator_id", "=", self.kpi.id)])
        opened = row.action_open_order()
        self.assertEqual(
            (opened["res_model"], opened["res_id"]), ("sale.order", self.last().id)
        )

    def test_too_many_orders_to_name_are_listed_here(self):
        self.quote(self.customer("c"))
        self.commit()
        self.patch_many()
        action = self.report().action_explain([("contact_missing", "=", "missing")])
        self.assertEqual(action["res_model"], REPORT)
        self.assertEqual(action["domain"], [("contact_missing", "=", "missing")])

    def patch_many(self):
        self.patch(self.env.registry[REPORT], "_many_documents", 0)

    def test_the_export_does_not_average(self):
        """It would take an order never confirmed for one of no days."""
        info = self.report().fields_get(["confirmation_rate", "days_to_confirm"])
        self.assertEqual({f["aggregator"] for f in info.values()}, {"avg"})
        for name in info:
            self.assertFalse(self.report()._fields[name].aggregator)


@tagged("post_install", "-at_install")
class TestSaleReportOfThePast(HistoryCase):
    """Installed a year late: of some customers nobody knows what they lacked.

    Everybody is a customer. Some have a phone at times, some an e-mail, some
    both. A script changes the one or the other behind the chatter's back, so that
    what was tracked contradicts it.
    """

    def live(self):
        """Fifteen months of work and quotations, the addon coming in the last ones."""
        self.draw = random.Random(8)
        self.mobile = self.indicator()
        self.sellers = self.ana | self.bruno
        self.notes = {}  # {order: {indicator: whether its customer lacked it}}
        self.kpis = self.kpi | self.mobile
        self.spoiled = set()
        self.merged = set()
        self.now = datetime(2040, 1, 20, 12, 0)
        self.go(self.now)
        self.heads = [
            self.customer(
                f"C{number}",
                phone=number % 3 != 1 and self.draw.choice([False, MOBILE]),
                email=number % 3 != 0 and self.draw.choice([False, MAIL]),
                user_id=self.sellers[number % 2].id,
            )
            for number in range(15)
        ]
        step = 0
        while self.now < START - timedelta(days=6):
            self.work(step)
            step += 1
        self.now = START
        self.install(START)
        self.env.flush_all()
        self.env.cr.execute(SQL("UPDATE contact_kpi SET create_date = %s", START))
        self.env["contact.kpi"].invalidate_model(["create_date"])
        for step in range(40):
            self.work(step)
        winner, loser = self.heads[0], self.heads[6]
        wizard = self.env["base.partner.merge.automatic.wizard"]
        self.merged = {o for o in self.notes if o.partner_id == loser}
        wizard._merge((winner | loser).ids, winner, extra_checks=False)
        self.heads.remove(loser)
        self.spoiled.remove(loser)
        self.commit()

    def work(self, step):
        self.now += timedelta(hours=self.draw.randint(1, 110))
        self.go(self.now)
        head = self.draw.choice(self.heads)
        number = int(head.name[1:])
        match self.draw.randrange(4):
            case 0 | 1:
                self.quote(head)
            case 2 if number % 3 != 1:
                head.with_user(self.ana).phone = False if head.phone else MOBILE
            case 3 if number % 3 != 0:
                head.with_user(self.ana).email = False if head.email else MAIL
        self.commit()
        if self.now < START and step in (30, 60, 70, 80):
            self.spoil(self.heads[step // 10])

    def spoil(self, head):
        """What was tracked is undone without a trace."""
        name = "email" if int(head.name[1:]) % 3 == 1 else "phone"
        before = head[name]
        head[name] = not before and (MAIL if name == "email" else MOBILE)
        self.commit()
        head.with_context(mail_notrack=True)[name] = before
        self.commit()
        self.spoiled.add(head)  # for both: whose chatter lies about one, lies

    def quote(self, head):
        order = self.order(
            head, user_id=self.draw.choice(self.sellers).id, company_id=self.main.id
        )
        self.commit()
        self.notes[order] = {
            kpi: self.lacks(kpi.code, self.family_of(head)) for kpi in self.kpis
        }

    # -- what must follow ------------------------------------------------------------

    def day(self, order):
        zone = pytz.timezone("America/Sao_Paulo")
        return pytz.utc.localize(order.create_date).astimezone(zone).date()

    def reason(self, order):
        """Why its past is unknown; None if it is not. The first reason counts."""
        if self.day(order) < RECORDS:
            return "unrecorded"
        if order in self.merged:
            return "merged"
        if order.create_date < START and order.partner_id in self.spoiled:
            return "unknown"
        return None

    def told(self, kpi, keep=lambda order: True):
        """``(rows of the report, orders left out by reason)``"""
        rows, left_out = [], {}
        for order, lacked in self.notes.items():
            if keep(order):
                if reason := self.reason(order):
                    left_out[reason] = left_out.get(reason, 0) + 1
                else:
                    side = "missing" if lacked[kpi] else "informed"
                    rows.append((order.id, order.partner_id.name, side))
        return sorted(rows), left_out

    def found(self, kpi, user=None, domain=()):
        report = self.env[REPORT].with_user(user or self.env.user)
        rows = report.search([("indicator_id", "=", kpi.id), *domain]).sudo()
        return sorted(
            (row.order_id.id, row.partner_id.name, row.contact_missing) for row in rows
        )

    def words(self, left_out):
        told = {
            "unrecorded": "{} from before 03/01/2040",
            "merged": "{} of customers merged into others since",
            "unknown": "{} of customers whose tracked changes contradict each other",
        }
        parts = [
            text.format(left_out[reason])
            for reason, text in told.items()
            if reason in left_out
        ]
        return (
            "Orders left out, what their customers lacked when quoted is not on "
            f"record: {'; '.join(parts)}."
        )

    def test_orders_of_an_unknown_past_are_on_neither_side(self):
        self.live()
        for kpi in self.kpis:
            rows, left_out = self.told(kpi)
            self.assertEqual(
                self.unknown(kpi), sorted(head.name for head in self.spoiled)
            )
            self.assertEqual(self.found(kpi), rows)
            self.assertGreater(min(left_out.values()), 2, left_out)
            self.assertEqual(set(left_out), {"unrecorded", "merged", "unknown"})
            before = {row for row in rows if self.of_the_past(row[0])}
            self.assertEqual({row[2] for row in before}, {"missing", "informed"})
            self.assertGreater(len(rows) - len(before), 9)
        self.check_the_words()
        self.check_the_words_of_two()

    def of_the_past(self, order_id):
        return self.env["sale.order"].browse(order_id).create_date < START

    def check_the_words(self):
        ana = self.ana
        ana.group_ids = [(4, self.env.ref("sales_team.group_sale_salesman").id)]
        ana.group_ids = [
            (3, self.env.ref("sales_team.group_sale_salesman_all_leads").id)
        ]
        spring = date(2040, 5, 1)
        questions = [
            ([], None, lambda order: True),
            # Of the one side asked for it is not known that they are not of it.
            ([("contact_missing", "=", "missing")], None, lambda order: True),
            ([("date", ">=", spring)], None, lambda o: self.day(o) >= spring),
            (
                [("partner_id", "in", [head.id for head in self.spoiled])],
                None,
                lambda order: order.partner_id in self.spoiled,
            ),
            (
                [],
                ana,
                lambda o: o.user_id == ana and o.partner_id.user_id == ana,
            ),
        ]
        for kpi in self.kpis:
            for domain, user, keep in questions:
                domain = [("indicator_id", "=", kpi.id), *domain]
                report = self.env[REPORT].with_user(user or self.env.user)
                notes = report.reading_notes(domain, ["contact_missing"], [])
                _rows, left_out = self.told(kpi, keep)
                with self.subTest(kpi=kpi.code, domain=domain, user=user):
                    self.assertTrue(left_out)
                    self.assertEqual(notes[-1], self.words(left_out))
        # Where nothing is left out, the start is told all the same.
        domain = [("indicator_id", "=", self.kpi.id), ("date", ">", START.date())]
        domain += [("order_id", "not in", [order.id for order in self.merged])]
        notes = self.env[REPORT].reading_notes(domain, [], [])
        self.assertEqual(
            notes[-1],
            "Quotations from before 03/01/2040 are left out: what their customers "
            "lacked then is not on record.",
        )

    def check_the_words_of_two(self):
        """Each indicator has its own; and where nothing is left, the reason stands."""
        notes = self.env[REPORT].reading_notes([], ["contact_missing"], [])
        self.assertEqual(
            notes[-2:],
            [
                f"{kpi.name}: {self.words(self.told(kpi)[1])}"
                for kpi in self.env["contact.kpi"].search([])
            ],
        )
        old = [("date", "<", RECORDS), ("indicator_id", "=", self.kpi.id)]
        self.assertFalse(self.env[REPORT].search(old))
        _rows, left_out = self.told(self.kpi, lambda o: self.day(o) < RECORDS)
        self.assertEqual(
            self.env[REPORT].reading_notes(old, [], []), [self.words(left_out)]
        )

    def test_while_the_past_is_being_rebuilt_only_what_is_observed_counts(self):
        self.go("2041-02-20 12:00:00")
        customer = self.customer("c")
        early = self.order(customer)
        [history] = self.install(START, crons=CRONS[:1])
        self.env.cr.execute(SQL("UPDATE contact_kpi SET create_date = %s", START))
        self.env["contact.kpi"].invalidate_model(["create_date"])
        late = self.order(customer)
        self.commit()
        seen = [(early.id, "c", "missing"), (late.id, "c", "missing")]
        for crons in ((), CRONS[1:]):
            for ref in crons:
                self.cron(ref)
            with self.subTest(state=history.state):
                self.assertEqual(self.found(self.kpi), seen[0 if crons else 1 :])
            # Begun anew, it is at work again.
        history.action_rebuild()
        self.assertEqual(history.state, "waiting")
        self.assertEqual(self.found(self.kpi), seen[1:])


@tagged("post_install", "-at_install")
class TestSaleReportTour(HttpCase):
    """From the card to the figures and to the orders behind them, in a browser."""

    def test_impact(self):
        env = self.env(context=dict(self.env.context, tracking_disable=True))
        seller = new_test_user(
            env, "impact_seller", groups="sales_team.group_sale_salesman"
        )
        category = env["res.partner.category"].create({"name": "Impact"})
        lacking, reached = env["res.partner"].create(
            [
                {
                    "name": name,
                    "phone": phone,
                    "category_id": category.ids,
                    "user_id": seller.id,
                    "country_id": env.ref("base.br").id,
                }
                for name, phone in (("Impact Abreu", False), ("Impact Borges", MOBILE))
            ]
        )
        env["contact.kpi"].create(
            {
                "name": "Impact tour customers",
                "population_domain": f'[("category_id", "=", {category.id})]',
                "gap_domain": '[("customer_phone_kind", "=", False)]',
            }
        )
        product = env["product.product"].create(
            {"name": "Service", "type": "service", "taxes_id": False}
        )
        orders = env["sale.order"].create(
            [
                {
                    "partner_id": partner.id,
                    "user_id": seller.id,
                    "order_line": [
                        (0, 0, {"product_id": product.id, "price_unit": price})
                    ],
                }
                for partner, price in (
                    *((lacking, 100), (lacking, 200)),
                    *((reached, 300), (reached, 400), (reached, 500)),
                )
            ]
        )
        orders[2:4].action_confirm()
        self.start_tour(
            "/odoo/contact-overview", "contact_kpi_impact", login="impact_seller"
        )
