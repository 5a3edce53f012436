# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Facts are kept by what changes, and every day tells what it told."""

import random
from datetime import date, timedelta

from odoo.tests import new_test_user, tagged

from ..common import PHONE, ContactKpiCase

SALESPERSON = "sales_team.group_sale_salesman"


@tagged("post_install", "-at_install")
class TestContactKpiFact(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ana, cls.rui = (
            new_test_user(cls.env, login, groups=SALESPERSON)
            for login in ("ana_facts", "rui_facts")
        )
        cls.all = cls.customer("Theirs", user_id=cls.ana.id)
        cls.all |= cls.customer("Reachable", user_id=cls.ana.id, phone=PHONE)
        cls.all |= cls.customer("Another", user_id=cls.rui.id)
        cls.env.cr.flush()

    def stored(self):
        """What the table holds of the indicator, in plain SQL."""
        self.commit()
        self.env.cr.execute(
            """
            SELECT to_char(f.since, 'MM-DD'), to_char(f.until, 'MM-DD'), u.login,
                   f.customers, f.missing, f.declined
              FROM contact_kpi_fact f LEFT JOIN res_users u ON u.id = f.user_id
             WHERE f.indicator_id = %s
             ORDER BY f.since, u.login
            """,
            [self.kpi.id],
        )
        return self.env.cr.fetchall()

    def shown(self, day):
        """What the snapshots of a day are: salesperson, customers, missing."""
        self.env.invalidate_all()
        rows = self.env["contact.kpi.snapshot"].search(
            [("indicator_id", "=", self.kpi.id), ("date", "=", day)]
        )
        table = [(row.user_id.login, row.customers, row.missing) for row in rows]
        return sorted(table, key=lambda row: str(row[0] or ""))

    def ids(self, day):
        rows = self.env["contact.kpi.snapshot"].search([("date", "=", day)])
        return {row.id: row.user_id.login for row in rows}

    def test_a_day_writes_what_changed(self):
        self.refresh()
        first = [
            ("03-04", None, "ana_facts", 2, 1, 0),
            ("03-04", None, "rui_facts", 1, 1, 0),
        ]
        self.assertEqual(self.stored(), first)
        self.go("2041-03-05 15:00:00")
        self.refresh()
        self.refresh()
        self.assertEqual(self.stored(), first)
        self.go("2041-03-06 15:00:00")
        self.all[0].phone = PHONE
        self.refresh()
        changed = [
            ("03-04", "03-06", "ana_facts", 2, 1, 0),
            ("03-04", None, "rui_facts", 1, 1, 0),
            ("03-06", None, "ana_facts", 2, 0, 0),
        ]
        self.assertEqual(self.stored(), changed)
        # Later that day all of them go to somebody else.
        self.all[:2].user_id = self.rui
        self.refresh()
        moved = [
            ("03-04", "03-06", "ana_facts", 2, 1, 0),
            ("03-04", "03-06", "rui_facts", 1, 1, 0),
            ("03-06", None, "rui_facts", 3, 1, 0),
        ]
        self.assertEqual(self.stored(), moved)
        for day, rows in (
            ("2041-03-04", [("ana_facts", 2, 1), ("rui_facts", 1, 1)]),
            ("2041-03-05", [("ana_facts", 2, 1), ("rui_facts", 1, 1)]),
            ("2041-03-06", [("rui_facts", 3, 1)]),
        ):
            self.assertEqual(self.shown(day), rows, day)

    def test_a_month_begins_anew(self):
        self.go("2041-03-31 15:00:00")
        self.refresh()
        self.go("2041-04-02 15:00:00")
        self.refresh()
        whole = [
            ("03-31", None, "ana_facts", 2, 1, 0),
            ("03-31", None, "rui_facts", 1, 1, 0),
            ("04-02", None, "ana_facts", 2, 1, 0),
            ("04-02", None, "rui_facts", 1, 1, 0),
        ]
        self.assertEqual(self.stored(), whole)
        same = [("ana_facts", 2, 1), ("rui_facts", 1, 1)]
        self.assertEqual(self.shown("2041-03-31"), same)
        self.assertEqual(self.shown("2041-04-02"), same)
        # A day without a run is a hole.
        self.assertEqual(self.shown("2041-04-01"), [])

    def test_rows_keep_their_ids(self):
        self.refresh()
        monday = self.ids("2041-03-04")
        self.assertEqual(sorted(monday.values()), ["ana_facts", "rui_facts"])
        self.go("2041-03-05 15:00:00")
        self.all[2].user_id = self.ana
        self.refresh()
        self.go("2041-03-06 15:00:00")
        self.refresh()
        self.assertEqual(self.ids("2041-03-04"), monday)
        days = [self.ids(f"2041-03-0{day}") for day in (4, 5, 6)]
        everything = [row for day in days for row in day]
        self.assertEqual(len(set(everything)), 4)
        self.assertLess(max(everything), 2**53)
        rows = self.env["contact.kpi.snapshot"].browse(everything)
        self.assertEqual(rows.exists(), rows)
        self.env.invalidate_all()
        self.assertEqual(sum(rows.mapped("customers")), 3 * 3)
        one = next(iter(days[2]))
        found = self.env["contact.kpi.snapshot"].search([("id", "!=", one)])
        self.assertEqual(set(found.ids), set(everything) - {one})
        missing = self.env["contact.kpi.snapshot"].browse(one + 1)
        self.assertFalse(missing.exists())

    def test_who_is_deleted_leaves_the_totals(self):
        self.refresh()
        self.all[2].user_id = False
        self.rui.partner_id.user_id = False
        self.commit()
        self.env.cr.execute("DELETE FROM res_users WHERE id = %s", [self.rui.id])
        self.env.invalidate_all()
        rows = [(False, 1, 1), ("ana_facts", 2, 1)]
        groups = self.env["contact.kpi.snapshot"].formatted_read_group(
            [("indicator_id", "=", self.kpi.id)],
            ["user_id"],
            ["customers:sum", "missing:sum"],
        )
        names = {False: False, self.ana.id: "ana_facts"}
        table = [
            (
                names[group["user_id"] and group["user_id"][0]],
                group["customers:sum"],
                group["missing:sum"],
            )
            for group in groups
        ]
        self.assertEqual(sorted(table, key=str), sorted(rows, key=str))
        self.assertEqual(self.shown("2041-03-04"), rows)

    def test_a_run_that_goes_takes_only_itself(self):
        for day in range(4, 9):
            self.go(f"2041-03-0{day} 15:00:00")
            self.all[day % 3].user_id = self.rui if day % 2 else self.ana
            self.refresh()
        runs = {day: self.shown(f"2041-03-0{day}") for day in range(4, 9)}
        self.assertGreater(len(set(map(str, runs.values()))), 1)
        today = runs[8]
        for gone in (5, 8, 4):
            domain = [("date", "=", f"2041-03-0{gone}")]
            self.env["contact.kpi.run"].search(domain).unlink()
            runs[gone] = []
            for day, rows in runs.items():
                self.assertEqual(self.shown(f"2041-03-0{day}"), rows, (gone, day))
        # Of what nobody is shown nothing is kept, and what is left holds on.
        self.assertEqual([row for row in self.stored() if row[0] >= "03-08"], [])
        self.assertTrue([row for row in self.stored() if row[1] is None])
        self.refresh()
        self.assertEqual(self.shown("2041-03-08"), today)

    def test_days_may_be_written_in_any_order_and_again(self):
        draw = random.Random(12)
        facts, runs = self.env["contact.kpi.fact"], self.env["contact.kpi.run"]
        first, expected, written = date(2041, 1, 20), {}, 0
        for _turn in range(200):
            day = first + timedelta(draw.randrange(30))
            table = {
                (user, kind): (draw.randint(1, 3), draw.randint(0, 1), 0, 0)
                for user in (None, self.ana.id, self.rui.id)
                for kind in (True, False)
                if draw.random() < 0.7
            }
            if day not in expected:
                header = {"indicator_id": self.kpi.id, "date": day, "state": "done"}
                runs.create(header)
            expected[day] = {
                (user, kind): counts[:2] for (user, kind), counts in table.items()
            }
            written += len(table)
            rows = [
                (
                    *(
                        {"company_id": 0, "user_id": user, "is_company": kind}.get(name)
                        for name in facts._grain()
                    ),
                    *counts,
                )
                for (user, kind), counts in table.items()
            ]
            facts._record(self.kpi, day, [0], facts._given_sql(rows))
        self.assertEqual(len(expected), 30)
        self.env.invalidate_all()
        shown = {}
        for row in self.env["contact.kpi.snapshot"].search([]):
            place = shown.setdefault(row.date, {})
            grain = (row.user_id.id or None, row.is_company)
            self.assertNotIn(grain, place, row.date)
            place[grain] = (row.customers, row.missing)
        self.assertEqual(shown, {day: rows for day, rows in expected.items() if rows})
