# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Laws 2 and 3 against an oracle that reads every row, over many questions."""

from datetime import date

from odoo.tests import tagged

from odoo.addons.web.controllers.export import GroupsTreeNode

from ..closing_case import RATE, SUMS, ClosingCase


@tagged("post_install", "-at_install")
class TestClosing(ClosingCase):
    def test_read_group_shows_the_last_run_of_each_series_in_each_bucket(self):
        snapshot = self.env["contact.kpi.snapshot"]
        for groupby, domain, _row, _day, expected in self.every_question():
            rows = snapshot._read_group(domain, groupby, [*SUMS, RATE])
            size = len(groupby)
            found = {
                tuple(getattr(v, "id", v) for v in row[:size]): self.figures(
                    *row[size:]
                )
                for row in rows
            }
            # An empty relation comes as an empty record.
            with self.subTest(groupby=groupby, domain=domain):
                self.assertEqual(found, expected or self.nothing(groupby))

    def test_graphs_show_the_closing(self):
        snapshot = self.env["contact.kpi.snapshot"]
        for groupby, domain, _row, _day, expected in self.every_question():
            groups = snapshot.formatted_read_group(domain, groupby, [*SUMS, RATE])
            found = {
                tuple(self.plain(s, g[s]) for s in groupby): self.figures(
                    *(g[spec] for spec in [*SUMS, RATE])
                )
                for g in groups
            }
            with self.subTest(groupby=groupby, domain=domain):
                self.assertEqual(found, expected or self.nothing(groupby))

    def test_lists_keep_their_groups_and_counts_and_show_the_closing(self):
        snapshot = self.env["contact.kpi.snapshot"]
        for groupby, domain, on_row, on_day, closing in self.every_question():
            if len(groupby) != 1:
                continue  # lists ask level by level
            counts = {}
            for row in self.rows:
                if on_day(row["date"]) and on_row(row):
                    key = self.key(row, groupby)
                    counts[key] = counts.get(key, 0) + 1
            answer = snapshot.web_read_group(
                domain, groupby, [*SUMS, RATE], auto_unfold=False
            )
            found, found_counts = {}, {}
            for group in answer["groups"]:
                key = (self.plain(groupby[0], group[groupby[0]]),)
                found[key] = self.figures(*(group[s] for s in [*SUMS, RATE]))
                found_counts[key] = group["__count"]
            with self.subTest(groupby=groupby, domain=domain):
                self.assertEqual(found_counts, counts)
                expected = dict.fromkeys(counts, (0, 0, 0, 0, None)) | closing
                self.assertEqual(found, expected)

    def test_pivots_show_the_closing_in_cells_subtotals_and_totals(self):
        snapshot = self.env["contact.kpi.snapshot"]
        for rows, columns in (
            (["date:month", "user_id"], ["country_id"]),
            (["user_id"], ["date:quarter", "date:month"]),
            (["date:week"], ["indicator_id", "company_id"]),
            (["run_id"], ["date:year"]),
        ):
            sets = [
                [*rows[:height], *columns[:width]]
                for height in range(len(rows) + 1)
                for width in range(len(columns) + 1)
            ]
            for domain, on_day, on_row in self.domains():
                answers = snapshot.formatted_read_grouping_sets(
                    domain, sets, [*SUMS, RATE, "__count"]
                )
                for groupby, groups in zip(sets, answers, strict=True):
                    self.check_pivot(groupby, groups, domain, on_day, on_row)

    def check_pivot(self, groupby, groups, domain, on_day, on_row):
        closing = self.closing_rows(groupby, on_day)
        found = {
            tuple(self.plain(s, g[s]) for s in groupby): self.figures(
                *(g[spec] for spec in [*SUMS, RATE])
            )
            for g in groups
        }
        expected = self.expected(groupby, on_day, on_row, closing)
        if not {s.split(":")[0] for s in groupby} & {"date", "run_id"}:
            # Undated totals keep what the filter has ever shown, at nothing.
            asked = [r for r in self.rows if on_day(r["date"]) and on_row(r)]
            keys = {self.key(row, groupby) for row in asked}
            expected = dict.fromkeys(keys, (0, 0, 0, 0, None)) | expected
            if not groupby:
                self.assertEqual(groups[0]["__count"] > 0, bool(asked))
        with self.subTest(groupby=groupby, domain=domain):
            self.assertEqual(found, expected or self.nothing(groupby))

    def test_having_and_order_obey_the_closing(self):
        snapshot = self.env["contact.kpi.snapshot"]
        for domain, on_day, on_row in self.domains():
            for groupby in (["user_id"], ["country_id", "date:month"]):
                closing = self.closing_rows(groupby, on_day)
                expected = self.expected(groupby, on_day, on_row, closing)
                rows = snapshot._read_group(
                    domain,
                    groupby,
                    ["missing:sum"],
                    having=[("missing:sum", ">", 6), (RATE, "<", 0.7)],
                    order="missing:sum desc, customers:sum desc",
                )
                wanted = [
                    (figures[1], figures[0])
                    for figures in expected.values()
                    if figures[1] > 6 and figures[4] is not None and figures[4] < 0.7
                ]
                with self.subTest(groupby=groupby, domain=domain):
                    self.assertEqual(
                        [row[-1] for row in rows],
                        [missing for missing, _ in sorted(wanted, reverse=True)],
                    )

    def test_each_series_closes_inside_its_own_dates(self):
        """A filter may ask one series about other days than another."""
        kpi, main = self.kpi.id, self.main.id
        early, late = date(2041, 2, 12), date(2041, 3, 20)

        def by(day):
            return [("date", "<=", day)], lambda each: each <= day

        for left, on_left in (
            ([("indicator_id", "=", kpi)], self.of("indicator_id", kpi)),
            ([("company_id", "=", main)], self.of("company_id", main)),
        ):
            domain, pieces = ["|"], []
            for own, on_row, (until, on_day) in (
                (left, on_left, by(early)),
                (["!", *left], lambda row, mine=on_left: not mine(row), by(late)),
            ):
                domain += ["&", *own, *until]
                pieces.append((on_row, on_day))
            for groupby in ([], ["indicator_id"], ["company_id"], ["date:month"]):
                groups = {}
                for on_row, on_day in pieces:
                    for row in self.closing_rows(groupby, on_day):
                        if on_row(row):
                            groups.setdefault(self.key(row, groupby), []).append(row)
                found = self.env["contact.kpi.snapshot"]._read_group(
                    domain, groupby, [*SUMS, RATE]
                )
                size = len(groupby)
                with self.subTest(domain=domain, groupby=groupby):
                    self.assertEqual(
                        {
                            tuple(
                                getattr(value, "id", value) for value in row[:size]
                            ): self.figures(*row[size:])
                            for row in found
                        },
                        {key: self.measures(rows) for key, rows in groups.items()},
                    )

    def of(self, name, value):
        return lambda row: row[name] == value

    def test_a_client_cannot_forge_the_closing(self):
        snapshot = self.env["contact.kpi.snapshot"]
        forged = snapshot.with_context(contact_kpi_closing_runs="(SELECT 1)")
        measures = ["date:month"], [*SUMS, RATE]
        self.assertEqual(
            forged.formatted_read_group([], *measures),
            snapshot.formatted_read_group([], *measures),
        )

    def test_grouped_export_adds_nothing_up(self):
        snapshot = self.env["contact.kpi.snapshot"]
        names = [*snapshot._sums, *snapshot._ratios]
        tree = GroupsTreeNode(snapshot, names, ["user_id"], ["many2one"])
        for group in snapshot.formatted_read_group(
            [], ["user_id"], ["__count", "id:array_agg"]
        ):
            records = snapshot.browse(group["id:array_agg"])
            tree.insert_leaf(group, records.export_data(names)["datas"])
        self.assertEqual(len(tree.children), 3)
        for node in (tree, *tree.children.values()):
            self.assertEqual(node.aggregated_values, {})

    def test_views_are_told_that_measures_aggregate(self):
        fields = self.env["contact.kpi.snapshot"].fields_get(attributes=["aggregator"])
        self.assertEqual(
            {
                name: fields[name].get("aggregator")
                for name in ("missing", "missing_rate")
            },
            {"missing": "sum", "missing_rate": "avg"},
        )
