"""Measure what the indicators cost, as multiples of what stands beside it.

Runs inside Odoo's process, started by `./setup/bench` with a part and a number of
repetitions: `first`, right after the addons came to customers, or `daily`, over years.
Each measure is the median of its repetitions, taken in turn with what it is compared
to: the load of the machine, which others use, too, then meets both. Prints JSON.
"""

import json
import sys
import time
from datetime import timedelta
from statistics import median

from figures import configure, environment, refresh

import odoo.api
from odoo.fields import Domain
from odoo.tools import SQL

BARE = "bare GROUP BY of the customers by six segments"
PAGE, COUNTED = 80, 10000  # rows, as the web client has it


class Bench:
    """Takes measures, each in a transaction that is rolled back."""

    def __init__(self, registry, repetitions):
        self.registry = registry
        self.repetitions = repetitions
        self.lines = []

    def seconds(self, function, user=odoo.api.SUPERUSER_ID, later=0, before=None):
        """Return how long a function of an environment takes.

        :param later: do it so many days from now
        :param before: another function, to be done first
        """
        with self.registry.cursor() as cursor:
            env = odoo.api.Environment(cursor, user, {})
            cursor._now = cursor.now() + timedelta(days=later)
            try:
                if before:
                    before(env)
                start = time.perf_counter()
                function(env)
                cursor.flush()
                return time.perf_counter() - start
            finally:
                cursor.rollback()

    def compare(self, what, function, unit, against, budget=None, **options):
        """Take a measure in turn with its unit and keep both.

        :param unit: function that is the unit, for the same user
        :param against: what the unit is called
        :param budget: how many units it should take at most
        :param options: see :meth:`seconds`
        """
        user = options.get("user", odoo.api.SUPERUSER_ID)
        pairs = [
            (self.seconds(unit, user), self.seconds(function, **options))
            for _repetition in range(self.repetitions + 1)
        ]
        # The first ones find nothing in the caches.
        units, taken = map(median, zip(*pairs[1:], strict=True))
        self.add(what, taken, against, taken / units, budget)

    def add(self, what, seconds, against=None, ratio=None, budget=None):
        self.lines.append(
            {
                "measure": what,
                "seconds": seconds,
                "ratio": ratio,
                "of": against,
                "budget": budget,
            }
        )
        print(f"  {what}: {seconds:.3f} s", file=sys.stderr, flush=True)


def bare(env):
    """Count the customers by company, salesperson, kind, industry, country, state."""
    env.cr.execute("SET LOCAL jit = off")
    env.cr.execute("SET LOCAL work_mem = '64MB'")
    env.cr.execute(
        """
        SELECT company_id, user_id, is_company, industry_id, country_id, state_id,
               COUNT(*)
          FROM res_partner
         WHERE commercial_partner_id = id AND active
         GROUP BY company_id, user_id, is_company, industry_id, country_id, state_id
        """
    )


def kpis(env):
    return env["contact.kpi"].search(Domain.TRUE)


# -- the first day -------------------------------------------------------------------


def first(bench):
    """Look at all contacts, make the first figures, fill an empty ledger again."""
    with environment(bench.registry) as env:
        contacts = env["res.partner"].with_context(active_test=False).search_count([])
        start = time.perf_counter()
        refresh(env)
        taken = time.perf_counter() - start
    unit = median(bench.seconds(bare) for _repetition in range(bench.repetitions))
    bench.add(
        f"looking at all {contacts} contacts, and the first figures",
        taken,
        BARE,
        taken / unit,
    )
    bench.compare("first fill of the ledger", fill, bare, BARE, before=forget)


def forget(env):
    """Empty the ledger, in this transaction."""
    env.cr.execute("DELETE FROM contact_kpi_gap_segment")
    env.cr.execute("DELETE FROM contact_kpi_gap")
    env.invalidate_all()


def fill(env):
    """Fill the ledger as for a new indicator."""
    for kpi in kpis(env):
        env["contact.kpi.gap"]._reconcile(kpi, cause="initial")


# -- every day -----------------------------------------------------------------------


def night(env, verify=True):
    """Refresh as the scheduled action does, all indicators, without its commits."""
    for kpi in kpis(env):
        kpi._refresh(verify)
        verify = False


def page(bench, user, model, view, domain):
    """Return a function that reads a list's first page as the web client does."""
    with environment(bench.registry) as env:
        env = env(user=user)
        arch = env[model].get_view(env.ref(view).id, "list")
        names = [n for n in arch["models"][model] if f'name="{n}"' in arch["arch"]]
        types = env[model].fields_get(names, ["type"])
    shown = {"fields": {"display_name": {}}}
    columns = {
        name: shown if types[name]["type"].endswith(("2one", "2many")) else {}
        for name in names
    }
    return lambda env: env[model].web_search_read(
        domain, columns, limit=PAGE, count_limit=COUNTED + 1
    )


def lists(bench, people):
    customers = ("base.view_partner_tree", [("customer_rank", ">", 0)])
    open_gaps = [
        ("closed_at", "=", False),
        ("declined", "=", False),
        ("indicator_id.active", "=", True),
    ]
    for who, user in people.items():
        for whose, mine in (("own", [("user_id", "=", user)]), ("all", [])):
            view = "contact_kpi.contact_kpi_gap_view_list"
            bench.compare(
                f"first page to complete: a {who}, {whose} customers",
                page(bench, user, "contact.kpi.gap", view, open_gaps + mine),
                page(bench, user, "res.partner", *customers),
                "first page of Odoo's customer list",
                1,
                user=user,
            )


def scan_of_period_ends(env):
    """Add up by month and state the facts of the last runs of each month."""
    ends = [
        row[0]
        for row in env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (company_id, date_trunc('month', date)) id
                  FROM contact_kpi_run
                 WHERE indicator_id = %s AND state != 'failed'
                 ORDER BY company_id, date_trunc('month', date), date DESC
                """,
                kpis(env)[0].id,
            )
        )
    ]
    env.execute_query(
        SQL(
            """
            SELECT date_trunc('month', date), state_id, SUM(missing), SUM(customers)
              FROM contact_kpi_snapshot WHERE run_id = ANY(%s) GROUP BY 1, 2
            """,
            ends,
        )
    )


def trend(bench, manager):
    measures = ["customers:sum", "missing:sum", "missing_rate:avg"]
    compared = [*measures, "missing_change:sum", "rate_change:avg"]
    a_year_ago = [*compared, "missing_change_last_year:sum"]
    for what, asked in (
        ("month × state trend over three years", measures),
        ("… with the change against the month before", compared),
        ("… and against the year before", a_year_ago),
    ):
        bench.compare(
            what,
            lambda env, asked=asked: env["contact.kpi.snapshot"].formatted_read_group(
                [("indicator_id", "=", kpis(env)[0].id)],
                ["date:month", "state_id"],
                asked,
            ),
            scan_of_period_ends,
            "one scan of the period-end rows",
            2,
            user=manager,
        )


def explain(env):
    """Explain a cell of the trend as its dialog shows it."""
    kpi = kpis(env)[0]
    end = env["contact.kpi.run"].search(
        [("indicator_id", "=", kpi.id), ("state", "=", "done")], limit=1
    )
    month = end.date.replace(day=1)
    state = env["contact.kpi.snapshot"].search([("run_id", "=", end.id)], limit=1)
    action = env["contact.kpi.snapshot"].action_explain(
        [
            ("indicator_id", "=", kpi.id),
            ("date", ">=", month),
            ("date", "<=", end.date),
            ("state_id", "=", state.state_id.id),
        ]
    )
    env[action["res_model"]].browse(action["res_id"]).read()


def follow_up(env):
    """The balance of three years by month."""
    counts = ("opening", "opened", "completed", "left", "closing", "age_over")
    env["contact.kpi.follow.up"].formatted_read_group(
        [("indicator_id", "=", kpis(env)[0].id)],
        ["date:month"],
        [*(f"{name}:sum" for name in counts), "days_to_complete:avg"],
    )


def daily(bench):
    """Measure nights, lists and reports."""
    with environment(bench.registry) as env:
        users = env["res.users"]
        people = {
            "salesperson": users.search([("login", "=", "person0")]).id,
            "manager": users.search([("login", "=", "bench_manager")]).id,
        }
    manager = people["manager"]
    bench.compare(BARE, bare, bare, BARE)
    what = "refresh of all indicators"
    bench.compare(
        f"{what}, at night, everything verified", night, bare, BARE, 4, later=1
    )
    bench.compare(
        f"{what}, at night, trusting the hooks",
        lambda env: night(env, verify=False),
        bare,
        BARE,
        1,
        later=1,
    )
    bench.compare(f"{what}, again on the same day", night, bare, BARE)
    lists(bench, people)
    trend(bench, manager)
    for name, function in (
        ("explanation of one month and state", explain),
        ("follow-up of three years by month", follow_up),
    ):
        bench.compare(name, function, bare, BARE, user=manager)


PARTS = {"first": first, "daily": daily}


def main(arguments):
    part, repetitions = arguments
    bench = Bench(configure(), int(repetitions))
    PARTS[part](bench)
    json.dump(bench.lines, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
