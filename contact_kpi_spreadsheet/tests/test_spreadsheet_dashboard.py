# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the dashboard asks the server, against a literal table of what happened.

What it draws is for the browser to show.
"""

import json

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.contact_kpi.tests.common import MOBILE, ContactKpiCase

PERIOD = [("date", ">=", "2041-01-01"), ("date", "<=", "2041-03-04")]
BEFORE = [("date", ">=", "2040-10-29"), ("date", "<=", "2040-12-31")]


@tagged("post_install", "-at_install")
class TestSpreadsheetDashboard(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dashboard = cls.env.ref(
            "contact_kpi_spreadsheet.spreadsheet_dashboard_contacts"
        )
        cls.seller = new_test_user(
            cls.env, "dashboard_seller", groups="sales_team.group_sale_salesman"
        )

    def load(self, user=None):
        """The dashboard as the web client loads it."""
        dashboard = self.dashboard.with_user(user or self.env.user)
        return json.loads(dashboard._get_serialized_readonly_dashboard())["snapshot"]

    def ask(self, pivot, period):
        """The rows of a pivot, as the spreadsheet asks for them."""
        groupby = [
            ":".join(filter(None, (row["fieldName"], row.get("granularity"))))
            for row in pivot["rows"]
        ]
        time = period if "period" in pivot["fieldMatching"] else []
        [rows] = self.env[pivot["model"]].formatted_read_grouping_sets(
            pivot["domain"] + time,
            [groupby],
            [measure["id"] for measure in pivot["measures"]],
        )
        return [
            tuple(
                value[1] if isinstance(value, tuple | list) else value
                for name, value in row.items()
                if not name.startswith("__")
            )
            for row in rows
        ]

    def test_closings_and_flows(self):
        ana = new_test_user(
            self.env,
            "Ana",
            groups="sales_team.group_sale_salesman,base.group_partner_manager",
        )
        customers = {}
        for moment, name, phone in (
            ("2040-12-10 15:00", "One", False),
            ("2040-12-10 15:00", "Two", False),
            ("2040-12-10 15:00", "Reachable", MOBILE),
            ("2041-01-20 15:00", "Two", MOBILE),
            ("2041-02-20 15:00", "Three", False),
            ("2041-02-25 15:00", "Four", False),
            ("2041-03-01 15:00", "Three", MOBILE),
        ):
            self.go(moment)
            if name in customers:
                customers[name].with_user(ana).phone = phone
            else:
                customers[name] = self.customer(
                    name,
                    phone=phone,
                    state_id=name in ("One", "Four") and self.sao_paulo.id,
                    user_id=name == "One" and ana.id,
                )
            self.refresh(self.kpi)
        self.go("2041-03-04 15:00")
        pivots = self.load()["pivots"]
        kpi, sp = self.kpi.name, self.sao_paulo.display_name
        # Missing, to complete, declined, customers, rate; never a sum over days.
        self.assertEqual(self.ask(pivots["1"], PERIOD), [(2, 2, 0, 5, 2 / 5)])
        self.assertEqual(self.ask(pivots["2"], BEFORE), [(2, 2, 0, 3, 2 / 3)])
        # Opened, completed, mean of the 41 and 9 days that it took.
        self.assertEqual(self.ask(pivots["3"], PERIOD), [(2, 2, (41 + 9) / 2)])
        self.assertEqual(self.ask(pivots["4"], BEFORE), [(2, 0, None)])
        self.assertCountEqual(
            self.ask(pivots["5"], PERIOD), [(sp, 2, 1, 2), (False, 0, 0, 3)]
        )
        self.assertCountEqual(
            self.ask(pivots["6"], PERIOD), [(ana.name, 1, 1, 1), (False, 1, 1 / 4, 4)]
        )
        self.assertEqual(self.ask(pivots["7"], PERIOD), [(ana.name, 2, 25)])
        # Opened, completed, left, still missing.
        self.assertEqual(
            [row[1:] for row in self.ask(pivots["8"], PERIOD)],
            [(0, 1, 0, 1), (2, 0, 0, 3), (0, 1, 0, 2)],
        )
        self.assertEqual(self.ask(pivots["9"], PERIOD), [(kpi, 2, 2 / 5, 2)])

    def test_every_field_exists_and_every_filter_reaches_all_that_it_should(self):
        data = self.load()
        charts = [
            figure["data"]
            for sheet in data["sheets"]
            for figure in sheet["figures"]
            if figure["data"]["type"] != "scorecard"
        ]
        asked = [
            (
                pivot["model"],
                [m["fieldName"] for m in pivot["measures"]]
                + [row["fieldName"] for row in pivot["rows"]],
                pivot["fieldMatching"],
            )
            for pivot in data["pivots"].values()
        ] + [
            (
                chart["metaData"]["resModel"],
                [chart["metaData"]["measure"]],
                chart["fieldMatching"],
            )
            for chart in charts
        ]
        self.assertEqual(len(asked), 11)
        filters = {choice["id"] for choice in data["globalFilters"]}
        for model, names, matching in asked:
            fields = self.env[model]._fields
            wanted = names + [match["chain"] for match in matching.values()]
            self.assertLessEqual(set(wanted), set(fields))
            self.assertLessEqual(set(matching), filters)
            # The indicators' table shows them all; the charts, twelve months.
            self.assertLessEqual(filters - set(matching), {"indicator", "period"})

    def test_links_lead_to_menus(self):
        data = self.load()
        menus = list(data["chartOdooMenusReferences"].values())
        for sheet in data["sheets"]:
            for cell in sheet["cells"].values():
                _label, link, address = cell.partition("](odoo://ir_menu_xml_id/")
                menus += [address.rstrip(")")] if link else []
        self.assertGreater(len(menus), 7)
        for menu in menus:
            self.assertEqual(self.env.ref(menu)._name, "ir.ui.menu")

    def test_titles_are_links_for_those_who_have_the_menu(self):
        """Odoo shows an error instead of a link to a menu that the reader has not."""
        manager = new_test_user(
            self.env, "dashboard_manager", groups="sales_team.group_sale_manager"
        )
        menu = "odoo://ir_menu_xml_id/contact_kpi.contact_kpi_menu"
        trend = f"[By state, at the end of the period]({menu}_trend)"
        overview = f"[Every indicator, at the end of the period]({menu}_overview)"
        plain = '=_t("By state, at the end of the period")'
        for reader, expected in (
            (manager, [trend, overview]),
            (self.seller, [plain, overview]),  # Odoo keeps reports for administrators
        ):
            cells = self.load(reader)["sheets"][0]["cells"]
            self.assertEqual([cells["A21"], cells["F35"]], expected)

    def test_it_begins_with_the_first_indicator(self):
        def chosen():
            [choice] = [
                choice
                for choice in self.load(self.seller)["globalFilters"]
                if choice["id"] == "indicator"
            ]
            return choice["defaultValue"]

        self.assertEqual(chosen(), {"operator": "in", "ids": self.kpi.ids})
        first = self.indicator(sequence=1)
        self.assertEqual(chosen()["ids"], first.ids)
        first.active = False
        self.assertEqual(chosen()["ids"], self.kpi.ids)

    def test_who_may_open_it(self):
        self.assertTrue(self.load(self.seller)["pivots"])
        colleague = new_test_user(self.env, "dashboard_none", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.dashboard.with_user(colleague).check_access("read")
        # Who keeps the dashboards may have nothing to do with sales.
        keeper = new_test_user(
            self.env,
            "dashboard_keeper",
            groups="spreadsheet_dashboard.group_dashboard_manager",
        )
        filters = self.load(keeper)["globalFilters"]
        self.assertNotIn("indicator", [c["id"] for c in filters if "defaultValue" in c])
