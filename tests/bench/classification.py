"""Measure the classification of contacts, in multiples of the bare library's.

Runs inside Odoo's process with a number of repetitions, after all that needs the
ledger: it is deleted. Batches are committed as the scheduled action's are, in three
states of the database: nobody looked at yet; the answers forgotten, so that the ledger
has nothing to do; a placeholder added that makes no difference. The floor is what
phonenumbers takes for the same phones: parse, is it valid, which type. Prints the
lines as JSON.

And by two workers at once, each a process of its own as those of scheduled actions are,
against one: started with `worker`, it waits for a line before it begins, and prints
what it took.
"""

import json
import subprocess
import sys
import time
from dataclasses import asdict, replace

import phonenumbers
from figures import configure, environment
from fill import vacuum
from measure import Cost, Meter, line, middle
from psycopg2.extensions import TransactionRollbackError

from odoo.tools import SQL

LIBRARY = "phonenumbers alone on the same phones"
GOAL, FUNCTION_GOAL = {"ratio": 1}, {"ratio": 1 / 3}
BATCH = 5000  # the scheduled action's
WORKER = "worker"
ONE, TWO = "one worker, in CPU seconds", "classification by two workers"
TWO_GOAL, ELAPSED_GOAL = {"ratio": 1.1}, {"ratio": round(1 / 1.3, 2)}


def phones(env):
    """Return phone and country of each contact that has a phone."""
    ruleset = env["contact.kpi.ruleset"]
    rows = env.execute_query(
        SQL(
            "SELECT p.phone, %s FROM %s",
            ruleset._reading_sql(),
            ruleset._reading_tables_sql(),
        )
    )
    return [(text, country) for text, country, _tax_id in rows if text]


def library(texts):
    """Return the cost of the bare library for these phones."""
    start = time.process_time()
    for text, country in texts:
        try:
            number = phonenumbers.parse(text, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            phonenumbers.number_type(number)
    return Cost(odoo=time.process_time() - start)


def function(texts, placeholders):
    """Return the cost of our reading of the same phones."""
    # Found once Odoo knows its folders of addons.
    from odoo.addons.contact_kpi.tools.contact import read_phones  # noqa: PLC0415

    start = time.process_time()
    for text, country in texts:
        read_phones(text, country, placeholders)
    return Cost(odoo=time.process_time() - start)


def batches(registry):
    """Return the cost of the batches until all contacts are looked at."""
    with environment(registry) as env:
        # Processes that share a scan would not be counted.
        env.cr.execute("SET max_parallel_workers_per_gather = 0")
        ruleset = env["contact.kpi.ruleset"]
        with Meter(env.cr) as meter:
            while ruleset._current().state != "done":
                ruleset._cron_classify()
    return meter.cost


def work(registry):
    """Do batches until none is left to take; return what they cost."""
    with environment(registry) as env:
        env.cr.execute("SET max_parallel_workers_per_gather = 0")
        ruleset = env["contact.kpi.ruleset"]._latest()
        some = env["res.partner"].search([], limit=50)
        ruleset._apply(some.ids)  # fills what a process keeps
        env.cr.rollback()
        print("ready", flush=True)
        sys.stdin.readline()
        with Meter(env.cr) as meter:
            remaining = True
            while remaining:
                try:
                    _done, remaining = ruleset._classify_next(BATCH, env.cr.commit)
                except TransactionRollbackError:
                    env.cr.rollback()
    return meter.cost


def workers(registry, number):
    """Return what it costs so many processes to look at all contacts, together."""
    forget(registry, gaps=True)
    with environment(registry) as env:
        env["contact.kpi.ruleset"]._current()
    command = [sys.executable, "-P", __file__, WORKER]
    pipe = subprocess.PIPE
    started = [
        subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        for _worker in range(number)
    ]
    for process in started:
        assert process.stdout.readline() == "ready\n"
    start = time.perf_counter()
    for process in started:
        process.stdin.write("go\n")
        process.stdin.flush()
    costs = [Cost(**json.loads(process.stdout.readline())) for process in started]
    seconds = time.perf_counter() - start
    assert not any(process.wait() for process in started)
    with environment(registry) as env:
        ruleset = env["contact.kpi.ruleset"]
        if ruleset._latest().state != "done":
            # Each has left the end to the other: a moment's work, for the scheduler.
            ruleset._cron_classify()
        assert ruleset._latest().state == "done"
    return replace(sum(costs, Cost()), seconds=seconds, rows=0)


def two_workers(registry, repetitions):
    """Return the lines about two workers: CPU seconds, and elapsed ones."""
    pairs = [
        (workers(registry, 2), workers(registry, 1)) for _time in range(repetitions)
    ]
    two, one = map(middle, zip(*pairs, strict=True))
    elapsed = two.seconds / one.seconds
    return [
        line(f"{TWO}: cpu", two, one, ONE, TWO_GOAL, runs=len(pairs)),
        line(
            f"{TWO}: elapsed",
            *(two, one, "one worker, in seconds that pass", ELAPSED_GOAL),
            runs=len(pairs),
            ratio=elapsed,
        ),
    ]


def forget(registry, gaps):
    """Let nobody have been looked at, the pages full as an import leaves them.

    :param gaps: forget the ledger, too
    """
    with environment(registry) as env:
        kinds = [*map(SQL.identifier, env["res.partner"]._contact_kpi_kinds())]
        nothing = SQL(", ").join(SQL("%s = NULL", kind) for kind in kinds)
        env.cr.execute(SQL("UPDATE res_partner SET %s", nothing))
        if gaps:
            env.cr.execute("DELETE FROM contact_kpi_gap")
            env.cr.execute("DELETE FROM contact_kpi_ruleset")
        else:
            env.cr.execute("UPDATE contact_kpi_ruleset SET key = key || '-'")
        env.registry.clear_cache()
    vacuum(registry, "VACUUM (FULL, ANALYZE) res_partner")


def redefine(registry):
    """Change the rules in a way that makes no difference to anybody."""
    with environment(registry) as env:
        name = f"bench {time.time_ns()}"
        env["contact.kpi.placeholder"].create({"name": name})
        env["contact.kpi.ruleset"]._current()


STATES = {
    "nobody looked at yet": lambda registry: forget(registry, gaps=True),
    "answers forgotten": lambda registry: forget(registry, gaps=False),
    "another placeholder": redefine,
}


def compared(measure, pairs, goal):
    """Return a line of the table: of pairs (cost, the library's) the medians."""
    mine, floor = map(middle, zip(*pairs, strict=True))
    return line(measure, mine, floor, LIBRARY, goal, runs=len(pairs))


def main(arguments):
    registry = configure()
    if arguments == [WORKER]:
        print(json.dumps(asdict(work(registry))), flush=True)
        return
    repetitions = int(arguments[0])
    with environment(registry) as env:
        texts = phones(env)
        placeholders = env["contact.kpi.placeholder"]._texts()
    library(texts[:1000])
    function(texts[:1000], placeholders)
    pairs = [
        (function(texts, placeholders), library(texts)) for _time in range(repetitions)
    ]
    lines = [compared("reading phones", pairs, FUNCTION_GOAL)]
    for state, prepare in STATES.items():
        pairs = []
        for _time in range(repetitions):
            prepare(registry)
            before = library(texts)
            taken = batches(registry)
            pairs.append((taken, (before + library(texts)) * 0.5))
        lines.append(compared(f"classification, {state}", pairs, GOAL))
    lines += two_workers(registry, repetitions)
    json.dump(lines, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
