# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What cards and impact read, in statements and in PostgreSQL's expectations."""

import json
import re
from unittest.mock import patch

from odoo.fields import Domain
from odoo.sql_db import Cursor
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL
from odoo.tools.misc import file_open

from ..common import MOBILE, ContactKpiCase

SCRIPT = "contact_kpi/static/src/views/overview.js"


class ReportCostCase(ContactKpiCase):
    def statements(self, function, *arguments):
        """The texts of the statements of a call, with an empty cache."""
        self.env.flush_all()
        self.env.invalidate_all()
        texts, execute = [], Cursor.execute

        def noted(cursor, query, params=None, *args, **kwargs):
            code, values = query, params
            if isinstance(query, SQL):
                code, values = query.code, query.params
            texts.append(cursor._obj.mogrify(code, values).decode())
            return execute(cursor, query, params, *args, **kwargs)

        with patch.object(Cursor, "execute", noted):
            function(*arguments)
        return texts

    def plan(self, text):
        """PostgreSQL's plan of a statement, as JSON has it."""
        self.env.cr.execute(f"EXPLAIN (FORMAT JSON) {text}")
        [(plan,)] = self.env.cr.fetchall()
        return (plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]

    def nodes(self, plan):
        """All nodes of a plan."""
        yield plan
        for part in plan.get("Plans", ()):
            yield from self.nodes(part)

    def expected_rows(self, model, domain):
        """How many rows PostgreSQL expects of a search."""
        self.env.flush_all()
        for table in ("res_partner", "sale_order", "contact_kpi_gap"):
            self.env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))
        query = self.env[model]._search(domain).select()
        text = self.env.cr._obj.mogrify(query.code, query.params).decode()
        return self.plan(text)["Plan Rows"]


@tagged("post_install", "-at_install")
class TestCards(ReportCostCase):
    """As the web client asks: what is on screen first, then the whole card."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own, cls.other, cls.manager = (
            new_test_user(cls.env, login, groups=f"sales_team.group_sale_{groups}")
            for login, groups in (
                ("own", "salesman"),
                ("other", "salesman"),
                ("manager", "manager"),
            )
        )
        for number in range(12):
            cls.customer(
                f"Customer {number}",
                phone=number % 3 == 0 and MOBILE,
                user_id=(cls.own.id, cls.other.id, False)[number % 4 % 3],
                contact_kpi_consent=("not_asked", "refused")[number % 2],
            )
        cls.env.cr.flush()
        cls.kpi._refresh()
        cls.env.cr.flush()
        arch = cls.env["contact.kpi"].get_view(view_type="kanban")
        cls.shown = list(arch["models"]["contact.kpi"])
        cls.shown = [n for n in cls.shown if f'name="{n}"' in arch["arch"]]
        with file_open(SCRIPT) as script:
            first = re.search(r"FIRST = \[(.*?)\]", script.read(), re.DOTALL)
        cls.first = re.findall(r'"(\w+)"', first[1])

    def cards(self, user, names):
        kpis = self.env["contact.kpi"].with_user(user)
        return kpis.web_search_read([], {name: {} for name in names})["records"]

    def test_what_comes_first_is_on_the_card(self):
        self.assertEqual(set(self.first) - {*self.shown, "code"}, set())
        self.assertIn("sparkline", set(self.shown) - set(self.first))

    def test_the_counts_are_those_of_plain_sql(self):
        for user, mine in (
            (self.manager, "TRUE"),
            (self.own, f"(user_id = {self.own.id} OR user_id IS NULL)"),
            (self.other, f"(user_id = {self.other.id} OR user_id IS NULL)"),
        ):
            self.env.flush_all()
            self.env.cr.execute(
                f"""SELECT count(*), count(*) FILTER (WHERE phone IS NULL),
                           count(*) FILTER (WHERE phone IS NULL
                                            AND contact_kpi_consent = 'refused'),
                           count(*) FILTER (WHERE phone IS NULL AND user_id = %s)
                      FROM res_partner
                     WHERE customer_rank > 0 AND active AND partner_share
                       AND commercial_partner_id = id AND {mine}
                """,
                [user.id],
            )
            customers, missing, refused, own = self.env.cr.fetchone()
            self.env.invalidate_all()
            [card] = self.cards(user, self.first)
            with self.subTest(user=user.login):
                self.assertTrue(missing and refused)
                self.assertEqual(
                    {name: card[name] for name in self.first if name in card}
                    | {"evaluated_at": None, "name": None},
                    {
                        "name": None,
                        "code": "no_contact",
                        "target_rate": self.kpi.target_rate,
                        "customers_now": customers,
                        "unclassified_now": 0,
                        "missing_now": missing,
                        "missing_rate_now": round(missing / customers, 4),
                        "to_complete_now": missing,
                        "my_to_complete_now": own,
                        "declined_now": 0,
                        "refused_now": refused,
                        "evaluated_at": None,
                        "has_rate": True,
                        "has_runs": True,
                        "on_target": missing / customers <= self.kpi.target_rate,
                    },
                )

    def test_counts_of_whoever_sees_everybody_read_no_facts(self):
        def facts(user):
            texts = self.statements(self.cards, user, self.first)
            return sum("contact_kpi_fact" in text for text in texts)

        self.cards(self.manager, self.first)
        self.assertEqual((facts(self.manager), facts(self.own)), (0, 1))

    def test_an_explanation_looks_behind_the_figure_once(self):
        for user in (self.manager, self.own):
            snapshot = self.env["contact.kpi.snapshot"].with_user(user)
            mine = [("indicator_id", "=", self.kpi.id)]
            texts = self.statements(snapshot.action_explain, mine)
            behind = sum("contact_kpi_gap_segment" in text for text in texts)
            self.assertEqual(behind, 1, user.login)

    def test_cards_cost_the_same_however_many_there_are(self):
        def queries(user, names):
            self.cards(user, names)  # what the registry caches
            return len(self.statements(self.cards, user, names))

        asked = [
            (user, names)
            for user in (self.manager, self.own)
            for names in (self.first, self.shown)
        ]
        one = [queries(*each) for each in asked]
        self.indicator()
        self.indicator("third", "[('vat', '=', False)]")
        self.refresh()
        self.assertEqual([queries(*each) for each in asked], one)


@tagged("post_install", "-at_install")
class TestImpact(ReportCostCase):
    REPORT = "contact.kpi.sale.report"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for number in range(100):
            customer = cls.customer(f"C{number}", phone=number % 2 and MOBILE)
            cls.order(customer)
        cls.env.cr.flush()

    def test_notes_read_the_documents_once(self):
        def readings(domain, *others):
            report = self.env[self.REPORT]
            asked = domain, ["contact_missing", *others], ["confirmation_rate"]
            texts = self.statements(report.reading_notes, *asked)
            return sum('FROM "sale_order"' in text for text in texts)

        mine = [("indicator_id", "=", self.kpi.id)]
        self.assertEqual(readings(mine), 1)
        self.assertEqual(readings(mine, "team_id", "date:month"), 1)
        # Of both sides it is told what is left out, whichever is asked for.
        one_side = [*mine, ("contact_missing", "=", "missing")]
        self.assertEqual(readings(one_side), 2)
        self.assertEqual(readings(one_side, "team_id"), 2)

    def test_of_several_groups_the_notes_say_how_many_are_small(self):
        """29 and 21 that have it, in two teams; then 49 and 1."""
        teams = self.env["crm.team"].create([{"name": "Big"}, {"name": "Small"}])
        for order in self.env["sale.order"].search([]):
            small = order.partner_id.phone and int(order.partner_id.name[1:]) > 58
            order.team_id = teams[small]
        notes = self.env[self.REPORT].reading_notes(
            [("indicator_id", "=", self.kpi.id)], ["team_id", "contact_missing"], []
        )
        self.assertIn("2 of 2 groups have fewer than 30 orders on a side", str(notes))
        for order in self.env["sale.order"].search([("team_id", "=", teams[1].id)]):
            order.team_id = teams[0] if order.partner_id.name != "C99" else teams[1]
        notes = self.env[self.REPORT].reading_notes(
            [("indicator_id", "=", self.kpi.id)], ["team_id", "contact_missing"], []
        )
        self.assertIn("1 of 2 groups have fewer than 30 orders on a side", str(notes))

    def test_the_indicator_asked_for_is_all_that_is_read_of_the_ledger(self):
        """Else the documents are crossed with all indicators, half of it in vain."""
        report = self.env[self.REPORT]
        sets = [], ["contact_missing"]
        for domain in (
            [("indicator_id", "=", self.kpi.id)],
            [("indicator_id.code", "=", self.kpi.code)],
        ):
            for read, *asked in (
                (report.formatted_read_grouping_sets, domain, sets, ["orders:sum"]),
                (report.reading_notes, domain, ["contact_missing"], ["orders"]),
            ):
                plans = [
                    self.plan(text)
                    for text in self.statements(read, *asked)
                    if 'FROM "sale_order"' in text
                ]
                self.assertEqual(len(plans), 1)
                ledger = [
                    node
                    for node in self.nodes(plans[0])
                    if node.get("Relation Name") == "contact_kpi_gap"
                ]
                self.assertTrue(ledger)
                for node in ledger:
                    conditions = f"{node.get('Filter')} {node.get('Index Cond')}"
                    self.assertIn(f"indicator_id = {self.kpi.id}", conditions)

    def test_postgresql_expects_few_groups(self):
        """Else it sorts all documents to add them up."""
        self.expected_rows(self.REPORT, [])  # with fresh statistics
        report = self.env[self.REPORT]
        [text] = [
            text
            for text in self.statements(
                report.formatted_read_group, [], ["contact_missing"], ["orders:sum"]
            )
            if 'FROM "sale_order"' in text
        ]
        self.assertLess(self.plan(text)["Plan Rows"], 10)

    def test_postgresql_expects_the_documents_to_be_on_record(self):
        """Else it looks their customers up one by one."""
        documents = self.expected_rows("sale.order", Domain.TRUE)
        self.assertGreaterEqual(documents, 100)
        rows = self.expected_rows(self.REPORT, Domain("indicator_id", "=", self.kpi.id))
        self.assertGreater(rows, documents / 2)
