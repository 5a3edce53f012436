# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Repairs by what their customers lacked when they were taken, and how they went."""

import itertools
from datetime import date

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.contact_kpi.tests.common import MOBILE

from .repair_year_case import RepairCase, RepairYearCase

RULES = ("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
REPORT = "contact.kpi.repair.report"
CONFIRMED = ("confirmed", "under_repair", "done")
GROUPBYS = [
    [],
    ["contact_missing"],
    ["indicator_id"],
    ["date:day"],
    ["date:week"],
    ["date:month"],
    ["date:year"],
    ["user_id"],
    ["company_id"],
    ["partner_id"],
    ["state"],
    ["repair_service_type_id"],
    ["repair_priority"],
    ["service_type_id"],
    ["urgency"],
    ["is_company"],
    ["country_id"],
    ["contact_missing", "date:month"],
    ["repair_service_type_id", "contact_missing", "repair_priority"],
]


def mean(values):
    values = list(values)
    return round(sum(values) / len(values), 4) if values else None


def days(since, until):
    return (until - since).total_seconds() / 86400


@tagged("post_install", "-at_install")
class TestRepairReportYear(RepairYearCase):
    MEASURES = [
        *("__count", "repairs:sum", "cancelled:sum", "cancelled_rate:avg"),
        *("confirmed:sum", "finished:sum", "dateless:sum", "undated:sum"),
        *("days_to_confirm:avg", "days_to_finish:avg", "delay:avg"),
        *("quoted:sum", "answered:sum", "days_to_answer:avg"),
        *("messaged:sum", "messageable:sum", "messaged_rate:avg"),
    ]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        me = cls()
        cls.facts = [
            {**note, **me.dimensions(repair)}
            for repair, note in cls.notes.items()
            if repair not in cls.forgotten
        ]

    def measures(self, rows):
        count = len(rows)
        cancelled = sum(row["state"] == "cancel" for row in rows)
        confirmed = [row for row in rows if row["state"] in CONFIRMED]
        done = [row for row in rows if row["state"] == "done"]
        answered = [row for row in rows if row["answered"]]
        messaged = sum(
            bool(row["told"]) and (not row["finished"] or row["told"] < row["finished"])
            for row in rows
        )
        return (
            *(count, count, cancelled, round(cancelled / count, 4) if rows else None),
            *(len(confirmed), len(done), 0, 0),
            mean(days(row["made"], row["confirmed"]) for row in confirmed),
            mean(days(row["made"], row["finished"]) for row in done),
            mean(days(row["planned"], row["finished"]) for row in done),
            sum(bool(row["quoted"]) for row in rows),
            len(answered),
            mean(days(row["quoted"], row["answered"]) for row in answered),
            *(messaged, count, round(messaged / count, 4) if rows else None),
        )

    def domains(self):
        clerk, spring = self.clerks[0].id, date(2041, 5, 1)
        brakes = self.types[0].id
        return [
            ([], lambda r: True),
            ([("indicator_id.code", "=", "no_mobile")], lambda r: True),
            ([("date", ">=", "2041-05-01")], lambda r: r["date"] >= spring),
            (
                ["!", ("contact_missing", "=", "missing")],
                lambda r: r["contact_missing"] == "informed",
            ),
            ([("state", "=", "done")], lambda r: r["state"] == "done"),
            ([("quoted", "=", 1)], lambda r: r["quoted"]),
            (
                ["|", ("user_id", "=", clerk), ("repair_priority", "=", "1")],
                lambda r: r["user_id"] == clerk or r["repair_priority"] == "1",
            ),
            (
                [("repair_service_type_id", "=", brakes)],
                lambda r: r["repair_service_type_id"] == brakes,
            ),
            ([("urgency", "=", "none")], lambda r: r["urgency"] == "none"),
            ([("date", "=", "2030-01-01")], lambda r: False),
        ]

    def test_the_months_have_everything(self):
        whole = dict(zip(self.MEASURES, self.measures(self.facts), strict=True))
        for name in ("cancelled", "finished", "quoted", "answered", "messaged"):
            self.assertGreater(whole[f"{name}:sum"], 3, name)
        self.assertLess(whole["messaged:sum"], whole["repairs:sum"])
        self.assertTrue(self.forgotten)
        self.assertTrue([r for r in self.facts if r["planned"] > r["made"]])
        late = {r["finished"] > r["planned"] for r in self.facts if r["finished"]}
        self.assertEqual(late, {True, False})
        sides = {(r["contact_missing"], r["state"]) for r in self.facts}
        self.assertEqual(len(sides), 8)
        self.assertTrue([r for r in self.facts if r["made"].date() != r["date"]])
        self.assertTrue([r for r in self.facts if r["answered"] and not r["sold"]])

    def test_every_row(self):
        names = list(self.dimensions(next(iter(self.notes))))
        rows = self.env[REPORT].search([]).read(names, load=None)
        self.assertEqual(
            sorted([row[name] for name in names] for row in rows),
            sorted([row[name] for name in names] for row in self.facts),
        )

    def test_graphs_and_lists(self):
        report = self.env[REPORT]
        for groupby, (domain, keep) in itertools.product(GROUPBYS, self.domains()):
            groups = report.formatted_read_group(domain, groupby, self.MEASURES)
            with self.subTest(groupby=groupby, domain=domain):
                self.assertEqual(
                    self.found(groups, groupby),
                    self.expected(self.facts, groupby, keep),
                )

    def test_pivots(self):
        sets = [
            *([], ["contact_missing"], ["contact_missing", "date:month"]),
            *(["user_id"], ["contact_missing", "user_id"]),
            ["contact_missing", "date:month", "user_id"],
        ]
        for domain, keep in self.domains():
            answers = self.env[REPORT].formatted_read_grouping_sets(
                domain, sets, self.MEASURES
            )
            for groupby, groups in zip(sets, answers, strict=True):
                with self.subTest(groupby=groupby, domain=domain):
                    self.assertEqual(
                        self.found(groups, groupby),
                        self.expected(self.facts, groupby, keep),
                    )

    def test_the_repairs_behind_each_cell(self):
        groupby = ["contact_missing", "date:month"]
        for cell in self.env[REPORT].formatted_read_group([], groupby, ["__count"]):
            action = self.env[REPORT].action_explain(cell["__extra_domain"])
            self.assertEqual(action["res_model"], "repair.order")
            self.assertEqual(
                sorted(self.env["repair.order"].search(action["domain"]).ids),
                sorted(
                    row["repair_id"]
                    for row in self.facts
                    if self.key(row, groupby)
                    == tuple(self.plain(cell[spec]) for spec in groupby)
                ),
            )


@tagged("post_install", "-at_install")
class TestRepairReport(RepairCase):
    """The edges, one by one."""

    def test_the_moments_of_a_repair(self):
        person = self.customer("person")
        repair = self.take(person)

        def moments():
            self.commit()
            return [
                value and str(value)
                for value in (repair.confirmed_at, repair.finished_at)
            ]

        first, second = "2041-03-05 15:00:00", "2041-03-06 15:00:00"
        third, fourth = "2041-03-07 15:00:00", "2041-03-08 15:00:00"
        self.assertEqual(moments(), [False, False])
        self.go(first)
        repair.action_validate()
        self.assertEqual(moments(), [first, False])
        self.go(second)
        repair.action_repair_cancel()
        self.assertEqual(moments(), [False, False])
        repair.action_repair_cancel_draft()
        self.assertEqual(moments(), [False, False])
        self.go(third)
        repair.action_repair_start()  # confirms it on the way
        self.go(fourth)
        repair.action_repair_end()
        self.assertEqual(moments(), [third, fourth])
        self.assertEqual(
            [repair.copy()[name] for name in ("confirmed_at", "finished_at")],
            [False, False],
        )
        repair = self.take(person, state="confirmed")
        self.assertEqual(moments(), [fourth, False])
        repair = self.take(person).with_context(default_state="confirmed").copy()
        self.assertEqual(moments(), [fourth, False])

    def test_what_happened_before_it_was_kept_is_unknown(self):
        person, reached = self.customer("person"), self.customer("r", phone=MOBILE)
        old = self.take(person) | self.take(person) | self.take(reached)
        for repair in old:
            repair._action_repair_confirm()
        old[0].action_repair_start()
        old[0].action_repair_end()
        self.tell(old[0], person)
        self.commit()
        self.env.cr.execute(
            SQL("UPDATE repair_order SET confirmed_at = NULL, finished_at = NULL")
        )
        old.invalidate_recordset()
        self.go("2041-03-05 15:00:00")
        old[1].action_repair_start()
        self.assertFalse(old[1].confirmed_at)
        old[1].action_repair_end()
        self.tell(old[1], person)
        self.commit()
        [group] = self.env[REPORT].formatted_read_group(
            [],
            [],
            [
                *("repairs:sum", "confirmed:sum", "finished:sum", "dateless:sum"),
                *("undated:sum", "days_to_confirm:avg", "days_to_finish:avg"),
                *("messaged:sum", "messageable:sum", "messaged_rate:avg"),
            ],
        )
        group.pop("__extra_domain")
        self.assertEqual(list(group.values()), [3, 3, 2, 3, 1, None, 1.0, 0, 2, 0.0])
        self.assertIn(
            "Unknown when, and in no mean of days: 3 confirmed, 1 repaired.",
            self.env[REPORT].reading_notes([], ["contact_missing"], []),
        )

    def test_records_that_come_in_later_say_nothing_of_when(self):
        """Of another system, say: what they tell happened before they were made."""
        person, then = self.customer("person"), "2040-06-01 12:00:00"
        vals = {"schedule_date": then, "state": "done"}
        moments = {"confirmed_at": then, "finished_at": then}
        self.take(person, **vals)
        self.take(person, **vals, **moments)
        self.take(person, state="under_repair")
        self.commit()
        rows = self.env[REPORT].search([], order="id")
        self.assertEqual(
            [(row.dateless, row.undated, row.finished, row.delay) for row in rows],
            [(1, 1, 1, 0), (0, 0, 1, 0), (1, 0, 0, 0)],
        )
        means = ["delay:avg", "days_to_confirm:avg", "days_to_finish:avg"]
        [group] = rows.formatted_read_group([], [], means)
        self.assertEqual([group[mean] for mean in means], [0, None, None])

    def test_a_first_repair_sees_the_gap_that_it_reveals(self):
        stranger = self.env["res.partner"].create({"name": "stranger"})
        self.take(stranger)
        self.commit()
        [row] = self.env[REPORT].search([])
        self.assertEqual(
            (row.partner_id, row.contact_missing, row.indicator_id),
            (stranger, "missing", self.mobile),
        )
        # Cancelled, it makes nobody a customer, and still counts.
        self.go("2041-03-05 15:00:00")
        row.repair_id.action_repair_cancel()
        self.commit()
        self.assertEqual(self.env[REPORT].search([]).contact_missing, "missing")

    def test_of_indicators_that_repairs_say_nothing_about(self):
        self.take(self.customer("lacks both"))
        self.commit()
        rows = self.env[REPORT].search([])
        self.assertEqual(rows.indicator_id, self.mobile)

    def test_a_merged_customers_repairs_are_left_out_its_winners_stay(self):
        winner, loser = self.customer("winner", phone=MOBILE), self.customer("loser")
        for partner in (winner, loser, self.contact(loser, "driver")):
            self.take(partner)
        self.go("2041-03-05 15:00:00")
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge((winner | loser).ids, winner)
        self.commit()
        self.take(winner)
        self.commit()
        rows = self.env[REPORT].search([], order="id")
        self.assertEqual(
            [(row.partner_id.name, row.contact_missing, str(row.date)) for row in rows],
            [
                ("winner", "informed", "2041-03-04"),
                ("winner", "informed", "2041-03-05"),
            ],
        )
        self.assertEqual(
            self.env[REPORT].reading_notes([], [], [])[-1],
            "Repairs left out, what their customers lacked when they were taken is "
            "not on record: 2 of customers merged into others since.",
        )

    def test_messages_that_reach_nobody_of_the_customers(self):
        firm = self.customer("firm", is_company=True)
        clerk = self.contact(firm, "clerk")
        repairs = [self.take(firm) for _n in range(6)]
        self.go("2041-03-05 15:00:00")
        self.tell(repairs[0], self.customer("other"))
        self.tell(repairs[1], firm, status="exception")
        self.tell(repairs[2], firm, kind="inbox")
        self.tell(repairs[3], clerk)
        order = self.quotation(repairs[4])
        order.action_confirm()
        self.go("2041-03-06 15:00:00")
        self.tell(order, clerk)  # of the confirmation, not of the quotation
        sent = self.quotation(repairs[5])
        self.hear(sent, clerk)  # before it was sent: no answer
        self.go("2041-03-07 15:00:00")
        self.tell(sent, clerk)
        self.go("2041-03-08 03:00:00")
        self.hear(sent, self.env.user.partner_id)
        self.go("2041-03-08 15:00:00")
        self.hear(sent, clerk, "comment")
        self.commit()
        rows = self.env[REPORT].search([], order="id")
        self.assertEqual(
            [(r.messaged, r.quoted, r.answered, r.days_to_answer) for r in rows],
            [*[(0, 0, 0, 0)] * 3, (1, 0, 0, 0), (1, 0, 0, 0), (1, 1, 1, 1)],
        )

    def test_the_chatter_is_read_only_when_asked_and_for_each_repair_once(self):
        for _n in range(40):
            person = self.customer("person")
            order = self.quotation(self.take(person))
            self.tell(order, person)
            self.hear(order, person)
        self.commit()
        self.assertEqual(self.looks_at_messages("repairs"), 0)
        # By an index at most: of the repair, of its quotation, and for the answer.
        for measure in ("messaged", "days_to_answer"):
            self.assertLessEqual(self.looks_at_messages(measure), 3 * 40)

    def looks_at_messages(self, measure):
        """How often the table is scanned for a measure, by an index or as a whole."""
        [([root],)] = self.env.execute_query(
            SQL(
                "EXPLAIN (ANALYZE, FORMAT JSON) SELECT %s FROM (%s) AS report",
                SQL.identifier(measure),
                self.env[REPORT]._table_query,
            )
        )
        nodes, looks = [root["Plan"]], 0
        while nodes:
            node = nodes.pop()
            nodes += node.get("Plans", [])
            if node.get("Relation Name") == "mail_message":
                looks += node["Actual Loops"]
        return looks

    def test_what_each_may_see(self):
        groups = {
            "counter": "stock.group_stock_user",
            "counter_sells": "stock.group_stock_user,sales_team.group_sale_salesman",
            "seller": "sales_team.group_sale_salesman",
            "clerk": "base.group_user",
            "portal": "base.group_portal",
        }
        people = {
            name: new_test_user(self.env, name, group) for name, group in groups.items()
        }
        people["both"] = new_test_user(
            self.env,
            "both",
            "stock.group_stock_user",
            company_ids=[(6, 0, (self.main | self.tokyo).ids)],
        )
        self.take(self.customer("here", user_id=people["seller"].id))
        self.take(self.customer("main's", company_id=self.main.id))
        self.take(self.customer("there"), self.tokyo)
        self.take(self.customer("tokyo's", company_id=self.tokyo.id), self.tokyo)
        self.commit()
        for model in (REPORT, "contact.kpi.capture.report"):
            seen = {}
            for name, user in people.items():
                report = self.env[model].with_user(user)
                try:
                    with mute_logger(*RULES):
                        rows = report.search([("indicator_id.code", "=", "no_mobile")])
                        report.reading_notes([], ["contact_missing"], [])
                    seen[name] = sorted(rows.sudo().partner_id.mapped("name"))
                except AccessError:
                    seen[name] = None
            self.assertEqual(
                seen,
                {
                    "counter": ["here", "main's"],
                    "counter_sells": ["here", "main's"],
                    "both": ["here", "main's", "there", "tokyo's"],
                    **dict.fromkeys(("seller", "clerk", "portal")),
                },
            )
        # The card leads those who may see repairs to them, others to their orders.
        for name, model in (
            ("counter_sells", REPORT),
            ("seller", "contact.kpi.sale.report"),
        ):
            action = self.mobile.with_user(people[name]).action_impact()
            self.assertEqual(action["res_model"], model)
            self.assertEqual(
                action["context"]["search_default_indicator_id"], self.mobile.id
            )
        action = self.kpi.with_user(people["counter_sells"]).action_impact()
        self.assertEqual(action["res_model"], "contact.kpi.sale.report")

    def test_views_and_the_words_beside(self):
        lacking, reached = self.customer("lacks"), self.customer("r", phone=MOBILE)
        for _n in range(29):
            self.take(lacking)
        for _n in range(30):
            self.take(reached)
        self.take(reached).action_repair_cancel()
        self.commit()
        user = new_test_user(self.env, "counter", "stock.group_stock_user")
        report = self.env[REPORT].with_user(user)
        notes = report.reading_notes([], ["contact_missing"], [])
        cause = "Observed together, not cause: customers with and without it may "
        cause += "differ in other ways, too."
        self.assertEqual(
            notes[:-1],
            [
                "Only 29 repairs with “Missing”: too few to compare.",
                "Cancelled: 0 of 29 with “Missing”, 1 of 31 with “On File”.",
                cause,
            ],
        )
        self.assertIn("are left out: what their customers lacked", notes[-1])
        for model in (REPORT, "contact.kpi.capture.report"):
            kinds = ("graph", "pivot", "list", "search")
            views = (
                self.env[model].with_user(user).get_views([(False, k) for k in kinds])
            )
            for kind in ("graph", "pivot"):
                arch = views["views"][kind]["arch"]
                self.assertIn(f'js_class="contact_kpi_{kind}"', arch)
        row = report.search([], limit=1)
        self.assertEqual(row.action_open_repair()["res_id"], row.repair_id.id)
