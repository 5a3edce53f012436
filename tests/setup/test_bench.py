"""The benchmark runs to its end and tells what it has measured; no times here."""

import json

NIGHTS = (
    "verified night, 0.1 % changed",
    "night trusting the hooks, 0.1 % changed",
    "night, nothing changed",
    "same day again",
    "first night of a month, 0.1 % changed",
    "installing, more than on an empty database",
    "looking at all contacts, and the first figures",
    "first fill of the ledger, by a new indicator",
    "history, by a thousand messages",
    "memory of the night above idle, MB",
    "storage of a day in which 0.1 % changed",
    "peer: search_count by each segment",
    "peer: _read_group by the segments",
    "peer: odoo-addon-kpi",
    "peer: odoo-addon-bi_sql_editor",
)
SAVES = (
    "write what no indicator reads",
    "write a customer's phone",
    "write a contact's phone",
    "create a customer",
    "create 100 customers",
    "load 100 customers",
    "create an order",
    "confirm an order",
    "create a repair",
    "confirm a repair",
    "set a repair's priority",
    "form of a customer",
    "form of an order",
    "form of a repair",
)
REPORTS = (
    *(
        f"{what}: {who}"
        for what in ("counts on the cards", "all that a card shows")
        for who in ("manager", "salesperson")
    ),
    "list of 80 to complete: salesperson, own customers",
    "list of 80 to complete: manager, all customers",
    "trend by month",
    "trend by month and state",
    "pivot of month and salesperson",
    "pivot of month and salesperson, with comparison",
    "follow-up of three years by month",
    "impact on sales, with its notes",
    "impact on repairs, with its notes",
    "reachability by type of service",
    "explanation of one month and state",
)
CLASSIFICATION = (
    "reading phones",
    "classification, nobody looked at yet",
    "classification, answers forgotten",
    "classification, another placeholder",
    "classification by two workers: cpu",
    "classification by two workers: elapsed",
)
FILE = (
    "usable though a digit is lost: all spellings",
    "loading a file of 300 customers: cpu",
    "loading a file of 300 customers: memory",
)
LINE = {
    *("measure", "cost", "floor", "ratio", "of", "goal", "exponent", "runs"),
    *("memory", "storage", "note"),
}
COST = {"seconds", "odoo", "database", "queries", "rows"}


def test_bench_measures_everything(closed, installed):
    small = ("--customers", "300", "--repetitions", "1")
    done = closed.run("bench", *small, "--json", timeout=1800)
    assert done.returncode == 0, done.stderr
    assert not closed.wait_until_quiet()
    lines = {line["measure"]: line for line in json.loads(done.stdout)}
    assert len(lines) == len(json.loads(done.stdout))
    assert {*NIGHTS, *SAVES, *REPORTS, *CLASSIFICATION, *FILE} <= set(lines)
    for name, line in lines.items():
        assert set(line) == LINE, name
        assert set(line["cost"] or COST) == COST, name
        # A note says why there is none.
        number = line["ratio"] if line["memory"] is None else line["memory"]["odoo"]
        assert isinstance(number, float) or line["note"], name
    for name in SAVES:
        assert lines[name]["cost"]["queries"] >= lines[name]["floor"]["queries"] > 0
