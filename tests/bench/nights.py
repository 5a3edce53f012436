"""Measure nights: what keeps the figures true, on the first day and every day.

Runs inside Odoo's process, started by `./setup/bench` with a part and a number of
repetitions: `first`, right after the addons came to customers; `daily`, over years;
`memory`, in a process that has done nothing else. Prints the lines as JSON.

A night is what the scheduled action does, all indicators, without keeping it. Its floor
is the bare `GROUP BY` of the customers by the segments of each indicator.
"""

import json
import sys
import time
from contextlib import contextmanager
from datetime import datetime, timedelta

from figures import configure, environment, refresh
from measure import (
    Cost,
    Measures,
    Memory,
    Meter,
    bare,
    cpu_of_connections,
    line,
    rolled_back,
)

from odoo.fields import Date, Domain
from odoo.tools import SQL

CHANGED = 1000  # one customer in so many, of a night with changes
SEGMENTS = (
    *("company_id", "user_id", "is_company", "industry_id", "country_id", "state_id"),
)
BY_SEGMENTS = f"""
    SELECT {", ".join(SEGMENTS)}, COUNT(*)
      FROM res_partner
     WHERE commercial_partner_id = id AND active
     GROUP BY {", ".join(SEGMENTS)}
"""
BY_WORKSHOP_SEGMENTS = f"""
    SELECT {", ".join(SEGMENTS)}, service_type_id, priority, COUNT(*)
      FROM res_partner p LEFT JOIN bench_visit v ON v.partner_id = p.id
     WHERE commercial_partner_id = id AND active
     GROUP BY {", ".join(SEGMENTS)}, service_type_id, priority
"""
FLOOR = bare(f"{BY_SEGMENTS}; {BY_WORKSHOP_SEGMENTS}")
OF = "bare GROUP BY by the segments of both indicators"
ONE_FLOOR, OF_ONE = bare(BY_SEGMENTS), "bare GROUP BY by the segments of one indicator"
# The administrator's choice, a parameter: when contacts are verified against the
# definitions; and two of its values.
VERIFICATION = "contact_kpi.verification"
EVERY_NIGHT, ON_DEMAND = "night", "demand"
NOT_AVAILABLE = "not available: nights always verify"
BATCHES = 2  # of customers whose history is rebuilt, after the beginning
CHATTER = """
    SELECT m.res_id, m.date, v.old_value_char, v.new_value_char
      FROM mail_message m
      LEFT JOIN mail_tracking_value v ON v.mail_message_id = m.id
     WHERE m.model = 'res.partner' AND m.res_id <= %s ORDER BY m.res_id, m.date
"""


def kpis(env):
    return env["contact.kpi"].search(Domain.TRUE)


# -- the first day -------------------------------------------------------------------


def first(measures):
    """Look at all contacts, make the first figures; a new indicator; the history."""
    registry = measures.registry
    start = time.perf_counter(), time.process_time(), cpu_of_connections(registry)
    with environment(registry) as env:
        refresh(env)
    taken = Cost(
        time.perf_counter() - start[0],
        time.process_time() - start[1],
        cpu_of_connections(registry) - start[2],
    )
    floor = measures.sample(FLOOR)
    measures.add("looking at all contacts, and the first figures", taken, floor, OF)
    measures.compare(
        "first fill of the ledger, by a new indicator", fill, ONE_FLOOR, OF_ONE, once=1
    )
    history(measures)


def fill(env):
    """Define an indicator like the first one."""
    kpi = kpis(env)[0]
    domains = {name: kpi[name] for name in ("population_domain", "gap_domain")}
    env["contact.kpi"].create({"name": "New", "period": "month", **domains})


def history(measures):
    """Rebuild the past of some customers; told is the cost of a thousand messages."""
    with rolled_back(measures.registry) as env:
        past = env["contact.kpi.history"].search([], limit=1)
        with Meter(env.cr) as meter:
            for _step in range(1 + BATCHES):
                past._cron_rebuild()
        last = past.last_partner_id
        messages = env["mail.message"].search_count(
            [("model", "=", "res.partner"), ("res_id", "<=", last)]
        )
    share = 1000 / max(messages, 1)
    measures.add(
        "history, by a thousand messages",
        meter.cost * share,
        measures.sample(bare(CHATTER, last)) * share,
        "reading them with what they track",
    )


# -- every day -----------------------------------------------------------------------


def night(env):
    """Do what the scheduled action does."""
    env["contact.kpi"]._cron_refresh()
    errors = env["contact.kpi.run"].search([("error", "!=", False)]).mapped("error")
    assert not errors, errors


def changed(env):
    """Return the customers that change before a night, in two halves."""
    rows = env.execute_query(
        SQL(
            """
            WITH customer AS (
                SELECT id FROM res_partner
                 WHERE customer_rank > 0 AND active AND commercial_partner_id = id
            )
            SELECT id FROM customer ORDER BY hashint4(id)
             LIMIT (SELECT GREATEST(2, COUNT(*) / %s) FROM customer)
            """,
            CHANGED,
        )
    )
    some = env["res.partner"].browse(partner for (partner,) in rows)
    return some[::2], some[1::2]


def change(env):
    """Change one customer in a thousand, as people do."""
    for partners, phone in zip(changed(env), ("(11) 96123-4567", False), strict=True):
        partners.write({"phone": phone, "email": False})


def change_unseen(env):
    """Change one customer in a thousand, half of them where no hook can see it."""
    seen, unseen = changed(env)
    seen.write({"phone": "(11) 96123-4567"})
    env.flush_all()
    env.cr.execute(
        "UPDATE res_partner SET phone = NULL, phone_sanitized = NULL, email = NULL,"
        " email_normalized = NULL WHERE id = ANY(%s)",
        [unseen.ids],
    )


def choices(registry):
    """Return the values that the choice of verification has; none without it."""
    with environment(registry) as env:
        model = env["res.config.settings"]
        for field in model._fields.values():
            if getattr(field, "config_parameter", None) == VERIFICATION:
                return [value for value, _label in field.selection]
    return []


@contextmanager
def verifying(registry, value):
    """Let contacts be verified as chosen, where there is that choice."""
    known = choices(registry)
    assert not known or value in known, f"{VERIFICATION}: {known}, not {value}"
    if known:
        choose(registry, value)
    yield
    if known:
        choose(registry, False)


def choose(registry, value):
    with environment(registry) as env:
        env["ir.config_parameter"].set_param(VERIFICATION, value)


def daily(measures):
    """Measure nights and their storage."""
    registry = measures.registry
    stay_in_month(measures)

    def compare(what, goal, **options):
        measures.compare(what, night, FLOOR, OF, goal, once=True, **options)

    measures.compare(OF, FLOOR, FLOOR, OF)
    with verifying(registry, EVERY_NIGHT):
        what = "verified night, 0.1 % changed"
        compare(what, {"ratio": 4}, before=change_unseen, later=1)
    trusting = "night trusting the hooks, 0.1 % changed"
    with verifying(registry, ON_DEMAND):
        if choices(registry):
            compare(trusting, {"ratio": 0.5}, before=change, later=1)
        else:
            measures.lines.append(line(trusting, note=NOT_AVAILABLE, of=OF))
        for what, later in (("night, nothing changed", 1), ("same day again", 0)):
            compare(what, {"ratio": 0.1, "rows": 0}, later=later)
    storage(measures)
    # All facts are written anew, so that no day has to be added up from the first.
    first = days_to_next_month(datetime.now() + timedelta(days=measures.days))
    compare("first night of a month, 0.1 % changed", None, before=change, later=first)


def days_to_next_month(moment):
    return Date.end_of(moment.date(), "month").day + 1 - moment.day


def stay_in_month(measures):
    """Have a night that begins the month, where the next one would."""
    if days_to_next_month(datetime.now()) > 2:
        return
    with environment(measures.registry) as env:
        measures.days = days_to_next_month(datetime.now())
        env.cr._now = env.cr.now() + timedelta(days=measures.days)
        for kpi in kpis(env):
            kpi._refresh()


def storage(measures):
    """Measure what a night with changes adds, in bytes, to all that is ours."""
    grown = []

    def measured_night(env):
        before = stored(env)
        night(env)
        env.flush_all()
        grown.append(stored(env) - before)

    measures.sample(measured_night, before=change, later=1)
    with rolled_back(measures.registry) as env:
        day = sum(
            size(
                env,
                f"(SELECT 1 AS id, 1 AS run_id, current_date, 1 AS indicator_id,"
                f" 0 AS missing, 0 AS declined, 0 AS to_complete,"
                f" 0 AS unclassified, f.* FROM ({text}) f)",
            )
            for text in (BY_SEGMENTS, BY_WORKSHOP_SEGMENTS)
        )
    measures.add(
        "storage of a day in which 0.1 % changed",
        of="a day's segment rows",
        goal={"ratio": 0.02},
        ratio=grown[0] / day,
        storage={"grown": grown[0], "day": day},
    )


def stored(env):
    """Return the bytes of all rows of our tables."""
    tables = env.execute_query(
        SQL(
            "SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace"
            " AND relname LIKE 'contact\\_kpi\\_%%'"
        )
    )
    return sum(size(env, table) for (table,) in tables)


def size(env, table):
    """Return the bytes of a table's rows, with the pointers to them."""
    [(size,)] = env.execute_query(
        SQL(f"SELECT COALESCE(SUM(pg_column_size(t.*) + 4), 0) FROM {table} t")
    )
    return int(size)


def memory(measures):
    """Measure the peak memory of a night, the first thing that a process does."""
    with rolled_back(measures.registry) as env:
        change(env)
        env.cr.flush()
        env.invalidate_all()
        with Memory(env.cr) as peak:
            night(env)
    measures.add(
        "memory of the night above idle, MB",
        of="Odoo and the database",
        goal={"memory": 60},
        memory={"odoo": peak.odoo, "database": peak.database},
    )


PARTS = {"first": first, "daily": daily, "memory": memory}


def main(arguments):
    part, repetitions = arguments
    measures = Measures(configure(), int(repetitions))
    PARTS[part](measures)
    json.dump(measures.lines, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
