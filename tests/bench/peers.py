"""Measure how the same figures are had by other means: Odoo's own, and OCA's addons.

Runs inside Odoo's process, started by `./setup/bench` with a number of repetitions.
None of them keeps a ledger or tells who completed what: it is the counting alone, by
six segments of the customer. Prints the lines as JSON.
"""

import json
import random
import sys
from ast import literal_eval

from figures import configure
from measure import Measures, line, rolled_back
from nights import BY_SEGMENTS, FLOOR, OF, SEGMENTS, kpis

from odoo.fields import Domain
from odoo.tools import SQL

MOST = 200  # segments; what is done for each of them is scaled to all
NOT_AVAILABLE = "not available: its package could not be had"


def segments(measures):
    """Return some segments of the customers, and how many there are."""
    with rolled_back(measures.registry) as env:
        rows = env.execute_query(SQL(BY_SEGMENTS))
    rows.sort(key=str)
    return random.Random(42).sample(rows, min(MOST, len(rows))), len(rows)


def questions(env):
    """Yield the conditions of the customers and of the missing of each indicator."""
    commercial = Domain("parent_id", "=", False)
    for kpi in kpis(env):
        population = Domain(literal_eval(kpi.population_domain)) & commercial
        yield population
        yield population & Domain(literal_eval(kpi.gap_domain))


def in_segment(values):
    """Return the condition of being in a segment."""
    return Domain(
        [
            (name, "=", bool(value) if name == "is_company" else value or False)
            for name, value in zip(SEGMENTS, values, strict=False)
        ]
    )


def count_each(sample):
    """Return a function that counts the customers of each segment."""

    def count(env):
        for domain in questions(env):
            for segment in sample:
                env["res.partner"].search_count(domain & in_segment(segment))

    return count


def read_groups(env):
    for domain in questions(env):
        env["res.partner"]._read_group(domain, SEGMENTS, ["__count"])


# -- odoo-addon-kpi ------------------------------------------------------------------


def define_kpis(env, sample):
    """Make a KPI of each figure of each segment, counted by Python code."""
    category = env["kpi.category"].create({"name": "Customers"})
    threshold = env["kpi.threshold"].create({"name": "Any"})
    code = "self.env['res.partner'].search_count({})"
    env["kpi"].create(
        [
            {
                "name": f"Customers {segment}",
                "category_id": category.id,
                "threshold_id": threshold.id,
                "kpi_type": "python",
                "kpi_code": code.format(list(domain & in_segment(segment))),
            }
            for domain in questions(env)
            for segment in sample
        ]
    )


# -- odoo-addon-bi_sql_editor --------------------------------------------------------


def define_views(env):
    """Make a materialized view of each figure, by the segments."""
    columns = ", ".join(f"{name} AS x_{n}" for n, name in enumerate(SEGMENTS))
    for number, domain in enumerate(questions(env)):
        found = env["res.partner"]._search(domain).subselect()
        ids = env.cr.mogrify(found.code, found.params).decode()
        view = env["bi.sql.view"].create(
            {
                "name": f"Customers {number}",
                "technical_name": f"customers_{number}",
                "is_materialized": True,
                "query": f"SELECT {columns}, COUNT(*) AS x_count FROM res_partner"
                f" WHERE id IN {ids} GROUP BY {', '.join(SEGMENTS)}",
            }
        )
        view.button_validate_sql_expression()
        view.button_create_sql_view_and_model()


def refresh_views(env):
    env["bi.sql.view"].search([])._refresh_materialized_view()


def main(arguments):
    measures = Measures(configure(), int(arguments[0]))
    sample, total = segments(measures)
    scaled = f"{OF}; {len(sample)} of {total} segments, scaled"
    floor = measures.sample(FLOOR)

    def add_scaled(what, function, before=None):
        cost = measures.sample(function, before=before) * (total / len(sample))
        measures.add(what, cost, floor, scaled)

    add_scaled("peer: search_count by each segment", count_each(sample))
    measures.compare("peer: _read_group by the segments", read_groups, FLOOR, OF)
    kpi, views = "peer: odoo-addon-kpi", "peer: odoo-addon-bi_sql_editor"
    if "bi.sql.view" in measures.registry and "kpi" in measures.registry:
        add_scaled(
            kpi,
            lambda env: env["kpi"].search([]).compute_kpi_value(),
            lambda env: define_kpis(env, sample),
        )
        cost = measures.sample(refresh_views, before=define_views)
        measures.add(views, cost, floor, OF)
    else:
        measures.lines += [line(name, note=NOT_AVAILABLE) for name in (kpi, views)]
    json.dump(measures.lines, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
