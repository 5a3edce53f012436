"""`./setup/bench`: what the indicators cost at a size, as a table of ratios."""

import json
import os
import time
from contextlib import ExitStack
from statistics import median

import addons
import click
import database
import odoo_process
import odoo_source
import postgres
from workspace import SETUP, Failure, exclusive, expected_failures

DATABASE = "contact_kpi_bench"
# What the addons build on: there, partners are created without us.
BASE_MODULES = ("sale_management", "repair")
INSTALL = ("--stop-after-init", "--no-http", "--log-level=warn")
ROUNDS = 3  # of partners with and without us, in turn
TRANSACTIONS = 50  # of each kind in a round, fewer where customers are few
PARTNER_BUDGET = 1.05
ROWS, LOAD_BUDGET = 10_000, 1.3  # of a file of customers
COLUMNS = ("Measure", "Seconds", "Ratio", "Budget", "", "Of")


@click.command()
@click.option(
    "--customers",
    type=click.IntRange(min=100),
    default=200_000,
    show_default=True,
    metavar="N",
    help="Measure with so many customers, and half as many contacts.",
)
@click.option(
    "--repetitions",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    metavar="N",
    help="Show the median of so many.",
)
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"Load a file of so many customers.  [default: {ROWS}, or all if fewer]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON.")
def main(customers, repetitions, rows, as_json):
    """Measure what the indicators cost, on databases made for it and dropped.

    Each ratio is of times taken in turn in one run; seconds are this machine's.
    """
    with expected_failures():
        if not addons.folders():
            raise Failure("There is no addon in this checkout yet.")
        source = odoo_source.ensure()
        with postgres.server() as server, exclusive("bench.lock"):
            database.sweep(server)
            with ExitStack() as stack:
                names = [
                    stack.enter_context(
                        database.temporary(server, f"{DATABASE}_{kind}_{os.getpid()}")
                    )
                    for kind in ("ours", "plain", "empty")
                ]
                bench = Bench(source, server, *names)
                lines = bench.run(customers, repetitions)
                lines += bench.loading(rows or min(customers, ROWS))
        show(lines, as_json)


class Bench:
    """One run: a database that gets the addons, one that does not, an empty one."""

    def __init__(self, source, server, ours, plain, empty):
        self.source, self.server = source, server
        self.ours, self.plain, self.empty = ours, plain, empty

    def odoo(self, what, name, *arguments):
        """Run Odoo on a database; return its output."""
        environment = odoo_process.variables(
            self.source, self.server, name, tools=True
        ) | {"PGDATABASE": name}
        return odoo_process.odoo(what, ["-P", *arguments], environment)

    def script(self, what, name, script, *arguments):
        """Run a module of this folder inside Odoo on a database."""
        return self.odoo(what, name, SETUP / f"{script}.py", *map(str, arguments))

    def install(self, what, name, modules):
        """Install modules; return how long it took."""
        start = time.perf_counter()
        self.odoo(what, name, "-m", "odoo", "-i", ",".join(modules), *INSTALL)
        return time.perf_counter() - start

    def run(self, customers, repetitions):
        """Return the lines of the table."""
        ours = [folder.name for folder in addons.folders()]
        self.install("Installing Odoo", self.ours, BASE_MODULES)
        database.copy(self.server, self.ours, self.empty)
        what = f"Filling in {customers} customers"
        self.script(what, self.ours, "bench_fill", "customers", customers)
        database.copy(self.server, self.ours, self.plain)
        constant = self.install("Installing on an empty database", self.empty, ours)
        taken = self.install("Installing", self.ours, ours)
        self.script("Filling in types of service", self.ours, "bench_fill", "services")
        lines = self.figures("Measuring the first day", "first", repetitions)
        fill = lines[-1]
        lines.append(
            {
                "measure": "installing, more than on an empty database",
                "seconds": taken - constant,
                "ratio": (taken - constant) / fill["seconds"],
                "of": fill["measure"],
                "budget": 2,
            }
        )
        self.script("Filling in three years", self.ours, "bench_fill", "past")
        lines += self.figures("Measuring nights and reports", "daily", repetitions)
        lost = self.script("Measuring lost digits", self.ours, "bench_digits")
        lines += json.loads(lost)
        transactions = min(TRANSACTIONS, customers // 100)
        return lines + self.partners(min(ROUNDS, repetitions), transactions)

    def loading(self, rows):
        """Return the lines about loading a file, into a database without customers."""
        found = {}
        for kind, what in (
            ("file", f"a file of {rows} customers"),
            ("bare", "the same rows by Odoo's import alone"),
        ):
            output = self.script(
                f"Loading {what}", self.empty, "bench_load", kind, rows
            )
            found[kind] = json.loads(output)
        return [
            {
                "measure": f"loading a file of {rows} customers: {measure}",
                "seconds": found["file"]["cpu"] if measure == "cpu" else None,
                "ratio": found["file"][measure] / max(found["bare"][measure], 0.1),
                "of": "Odoo's import of the same rows at once",
                "budget": LOAD_BUDGET,
            }
            for measure in ("cpu", "memory")
        ]

    def figures(self, what, part, repetitions):
        """Return the lines of one part of the measures."""
        output = self.script(what, self.ours, "bench_figures", part, repetitions)
        return json.loads(output)

    def partners(self, repetitions, transactions):
        """Return the lines about creating and writing partners with and without us."""
        rounds = {self.ours: [], self.plain: []}
        for number in range(repetitions):
            for name, results in rounds.items():
                us = "with us" if name == self.ours else "without us"
                what = f"Measuring partners {us}, round {number + 1}"
                output = self.script(what, name, "bench_partners", transactions)
                results.append(json.loads(output))
        lines = []
        for operation in rounds[self.ours][0]:
            for kind in ("cpu", "queries"):
                mine, without = (
                    median(result[operation][kind] for result in rounds[name])
                    for name in (self.ours, self.plain)
                )
                lines.append(
                    {
                        "measure": f"{operation}: {kind}",
                        "seconds": mine if kind == "cpu" else None,
                        "ratio": mine / without if without else None,
                        "of": "without us",
                        "budget": PARTNER_BUDGET,
                    }
                )
        return lines


def show(lines, as_json):
    """Print the table on standard output."""
    if as_json:
        print(json.dumps(lines, indent=2), flush=True)
        return
    rows = [COLUMNS, *map(texts, lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.rjust(width) if 0 < place < 4 else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip(), flush=True)


def texts(line):
    """Return a line as people read it."""
    ratio, budget = line["ratio"], line["budget"]
    over = ratio is not None and budget is not None and ratio > budget
    return (
        line["measure"],
        "" if line["seconds"] is None else f"{line['seconds']:.3f}",
        "" if ratio is None else f"{ratio:.2f}",
        "" if budget is None else f"≤ {budget}",
        "over" if over else "",
        line["of"] or "",
    )


if __name__ == "__main__":
    main()
