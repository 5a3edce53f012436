"""Measure what people open: cards, lists, trend, pivot, follow-up, impact, reach.

Runs inside Odoo's process, started by `./setup/bench` with a number of repetitions, on
a database with three years of figures. Each is asked for as the web client does, by a
salesperson with own documents only or by a manager. Prints the lines as JSON.
"""

import json
import re
import sys
from ast import literal_eval
from pathlib import Path

from figures import configure, environment
from lxml import etree
from measure import Measures, bare

from odoo.fields import Domain

PAGE, COUNTED = 80, 10000  # rows, as the web client has it
# What the cards ask for at once, before all else.
OVERVIEW = Path(__file__).parents[2] / "contact_kpi/static/src/views/overview.js"
FIRST = re.findall(r'^    "(\w+)",$', OVERVIEW.read_text(), re.MULTILINE)
NO_CONTACT = Domain("indicator_id.code", "=", "no_contact")
NO_MOBILE = Domain("indicator_id.code", "=", "no_mobile")
ENDS = """
    SELECT date_trunc('month', date), {by}, SUM(missing), SUM(customers)
      FROM bench_end e JOIN contact_kpi k ON k.id = e.indicator_id
     WHERE k.code = 'no_contact' GROUP BY 1, 2
"""
# Each gap once: all that a balance by month is added up from.
LEDGER = """
    SELECT date_trunc('month', opened_on), date_trunc('month', closed_on), close_reason,
           COUNT(*), SUM(days_to_complete)
      FROM contact_kpi_gap g JOIN contact_kpi k ON k.id = g.indicator_id
     WHERE k.code = 'no_contact' GROUP BY 1, 2, 3
"""
DOCUMENTS = """
    SELECT g.id IS NULL, d.state, COUNT(*)
      FROM {table} d
      JOIN res_partner p ON p.id = d.partner_id
      LEFT JOIN (SELECT g.* FROM contact_kpi_gap g
                   JOIN contact_kpi k ON k.id = g.indicator_id
                  WHERE k.code = '{code}') g
             ON g.partner_id = p.commercial_partner_id
            AND g.opened_at <= d.create_date
            AND (g.closed_at IS NULL OR g.closed_at > d.create_date)
     GROUP BY 1, 2
"""
CARRIERS = """
    SELECT m.head IS NULL, v.service_type_id, COUNT(*)
      FROM res_partner p
      LEFT JOIN bench_visit v ON v.partner_id = p.id
      LEFT JOIN (SELECT commercial_partner_id, MIN(id) AS head
                   FROM res_partner WHERE active AND contact_mobile_kind = 'mobile'
                  GROUP BY 1) m ON m.commercial_partner_id = p.id
     WHERE p.commercial_partner_id = p.id AND p.active
     GROUP BY 1, 2
"""
BEHIND = """
    SELECT COUNT(*) FROM contact_kpi_gap g JOIN contact_kpi k ON k.id = g.indicator_id
     WHERE k.code = 'no_contact' AND g.opened_on <= current_date
       AND (g.closed_on IS NULL OR g.closed_on > current_date)
"""


# -- what the web client asks --------------------------------------------------------


class Screen:
    """A view as a user gets it, and the calls that the web client makes for it."""

    def __init__(self, registry, user, model, kind, view):
        with environment(registry) as env:
            env = env(user=user)
            views = env[model].get_views([(env.ref(view).id, kind)], {})
            arch = etree.fromstring(views["views"][kind]["arch"])
            types = env[model].fields_get(None, ["type", "aggregator"])
        self.model, self.types = model, types
        self.nodes = [node for node in arch.iter("field") if node.get("name") in types]
        shown = {"fields": {"display_name": {}}}
        self.columns = {
            name: shown if types[name]["type"].endswith(("2one", "2many")) else {}
            for name in (node.get("name") for node in self.nodes)
        }

    def page(self, domain=(), names=None):
        """Return a function that reads the first page, of these columns or of all."""
        columns = {n: self.columns[n] for n in names or self.columns}
        return lambda env: env[self.model].web_search_read(
            list(domain), columns, limit=PAGE, count_limit=COUNTED + 1
        )

    def pivot(self, domain=()):
        """Return a function that reads a pivot, and the notes above it."""
        rows = [
            ":".join(filter(None, (node.get("name"), node.get("interval"))))
            for node in self.nodes
            if node.get("type") == "row"
        ]
        names = [n.get("name") for n in self.nodes if n.get("type") == "measure"]
        asked = [f"{name}:{self.types[name].get('aggregator')}" for name in names]

        def read(env):
            model = env[self.model]
            sets = [rows[:depth] for depth in range(len(rows) + 1)]
            model.formatted_read_grouping_sets(list(domain), sets, asked)
            model.reading_notes(list(domain), rows, names)

        return read


def grouped(model, domain, by, asked, notes=True):
    """Return a function that reads a graph, and the notes above it."""
    names = [spec.partition(":")[0] for spec in asked]

    def read(env):
        env[model].formatted_read_group(list(domain), by, asked)
        if notes:
            env[model].reading_notes(list(domain), by, names)

    return read


# -- cards and lists -----------------------------------------------------------------


def cards(measures, people):
    with environment(measures.registry) as env:
        kpi = env.ref("contact_kpi.contact_kpi_no_contact")
        population = literal_eval(kpi.population_domain)
    for who, user in people.items():
        view = "contact_kpi.contact_kpi_view_kanban"
        screen = Screen(measures.registry, user, "contact.kpi", "kanban", view)
        measures.compare(
            f"counts on the cards: {who}",
            screen.page(names=FIRST),
            lambda env: env["res.partner"].search_count(
                [*population, ("parent_id", "=", False)]
            ),
            "one search_count of the customers",
            {"ratio": 0.5},
            user=user,
        )
        measures.compare(
            f"all that a card shows: {who}",
            screen.page(),
            screen.page(names=FIRST),
            "the counts on it",
            {"seconds": 1},
            user=user,
        )


def lists(measures, people):
    open_gaps = Domain(
        [
            ("closed_at", "=", False),
            ("declined", "=", False),
            ("indicator_id.active", "=", True),
        ]
    )
    ours = ("contact.kpi.gap", "list", "contact_kpi.contact_kpi_gap_view_list")
    theirs = ("res.partner", "list", "base.view_partner_tree")
    for who, user in people.items():
        for whose, mine in (("own", [("user_id", "=", user)]), ("all", [])):
            measures.compare(
                f"list of {PAGE} to complete: {who}, {whose} customers",
                Screen(measures.registry, user, *ours).page(open_gaps & Domain(mine)),
                Screen(measures.registry, user, *theirs).page(
                    [("customer_rank", ">", 0)]
                ),
                "first page of Odoo's customer list",
                {"ratio": 1.1},
                user=user,
            )


# -- reports -------------------------------------------------------------------------

MEASURES = ["customers:sum", "missing:sum", "missing_rate:avg"]
COMPARED = [*MEASURES, "missing_change:sum", "rate_change:avg"]
A_YEAR_AGO = [*COMPARED, "missing_change_last_year:sum"]


def trend(measures, manager):
    snapshot = "contact.kpi.snapshot"
    for what, by, asked, goal in (
        ("trend by month", [], MEASURES, 1.3),
        ("trend by month and state", ["state_id"], MEASURES, 1.3),
        ("… with the change against the month before", ["state_id"], COMPARED, 2),
        ("… and against the year before", ["state_id"], A_YEAR_AGO, 2),
    ):
        measures.compare(
            what,
            grouped(snapshot, NO_CONTACT, ["date:month", *by], asked, notes=False),
            bare(ENDS.format(by="state_id" if by else "TRUE")),
            "scan of the period ends",
            {"ratio": goal},
            user=manager,
        )
    measures.compare(
        "notes above the trend",
        lambda env: env[snapshot].reading_notes(
            list(NO_CONTACT), ["date:month"], ["missing"]
        ),
        bare(ENDS.format(by="TRUE")),
        "scan of the period ends",
        user=manager,
    )
    sets = [[], ["date:month"], ["user_id"], ["date:month", "user_id"]]
    for what, asked, goal in (
        ("pivot of month and salesperson", MEASURES, 2),
        ("pivot of month and salesperson, with comparison", A_YEAR_AGO, 3),
    ):
        measures.compare(
            what,
            lambda env, asked=asked: env[snapshot].formatted_read_grouping_sets(
                list(NO_CONTACT), sets, asked
            ),
            bare(ENDS.format(by="user_id")),
            "scan of the period ends",
            {"ratio": goal},
            user=manager,
        )


def explain(env):
    """Explain a cell of the trend as its dialog shows it."""
    run = env["contact.kpi.run"].search(
        NO_CONTACT & Domain("state", "=", "done"), limit=1
    )
    snapshot = env["contact.kpi.snapshot"]
    state = snapshot.search([("run_id", "=", run.id)], limit=1).state_id
    action = snapshot.action_explain(
        [
            *NO_CONTACT,
            ("date", ">=", run.date.replace(day=1)),
            ("date", "<=", run.date),
            ("state_id", "=", state.id),
        ]
    )
    env[action["res_model"]].browse(action["res_id"]).read()


def ledger(measures, manager):
    counts = ("opening", "opened", "completed", "left", "closing", "age_over")
    asked = [*(f"{name}:sum" for name in counts), "days_to_complete:avg"]
    reach = "contact.kpi.reachability"
    screen = Screen(
        measures.registry,
        manager,
        *(reach, "list", "contact_kpi_mechanic.contact_kpi_reachability_view_list"),
    )
    carriers = (bare(CARRIERS), "bare join of customers, mobiles and visits")
    for what, function, floor, of in (
        (
            "follow-up of three years by month",
            grouped("contact.kpi.follow.up", NO_CONTACT, ["date:month"], asked),
            bare(LEDGER),
            "scan of the ledger",
        ),
        (
            "impact on sales, with its notes",
            impact(measures, manager, "contact_kpi.contact_kpi_sale_report"),
            bare(DOCUMENTS.format(table="sale_order", code="no_contact")),
            "bare join of orders and gaps",
        ),
        (
            "impact on repairs, with its notes",
            impact(measures, manager, "contact_kpi_mechanic.contact_kpi_repair_report"),
            bare(DOCUMENTS.format(table="repair_order", code="no_mobile")),
            "bare join of repairs and gaps",
        ),
        (
            "reachability by type of service",
            grouped(
                reach, [], ["service_type_id", "reachability"], ["__count"], notes=False
            ),
            *carriers,
        ),
        (
            f"reachability, the first {PAGE}",
            screen.page([("reachability", "=", "allowed")]),
            *carriers,
        ),
        ("explanation of one month and state", explain, bare(BEHIND), "scan of gaps"),
    ):
        goal = {"ratio": 3, "seconds": 2}
        measures.compare(what, function, floor, of, goal, user=manager)


def impact(measures, manager, report):
    model = report.partition(".")[2].replace("_", ".")
    about = NO_CONTACT if "sale" in model else NO_MOBILE
    view = f"{report}_view_pivot"
    return Screen(measures.registry, manager, model, "pivot", view).pivot(about)


def main(arguments):
    measures = Measures(configure(), int(arguments[0]))
    with environment(measures.registry) as env:
        users = env["res.users"]
        people = {
            "salesperson": users.search([("login", "=", "person0")]).id,
            "manager": users.search([("login", "=", "bench_manager")]).id,
        }
    cards(measures, people)
    lists(measures, people)
    trend(measures, people["manager"])
    ledger(measures, people["manager"])
    json.dump(measures.lines, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
