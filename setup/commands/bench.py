"""`./setup/bench`: what the indicators cost at a size, as a table of ratios."""

import json
import math
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypedDict

import addons
import click
import database
import odoo_process
import odoo_source
import postgres
from odoo_source import Source
from workspace import (
    HOME,
    ROOT,
    Argument,
    Failure,
    Server,
    exclusive,
    expected_failures,
    run,
    say,
    step,
)

DATABASE = "contact_kpi_bench"
SCRIPTS = ROOT / "tests" / "bench"
# What the addons build on: there, partners are created without us.
BASE_MODULES = ("sale_management", "repair")
# OCA's addons that figures could be had by, and what they need besides Odoo.
PEERS = ("bi_sql_editor", "kpi")
PEER_PACKAGES = (*PEERS, "sql_request_abstract", "base_external_dbsource")
INSTALL = ("--stop-after-init", "--no-http", "--log-level=warn")
TENTH = 10  # exponents are found by a database of so many times fewer customers
SMALL_REPETITIONS = 3
CLASSIFIED = 1  # times that everybody is classified, in each of three states
TRANSACTIONS = 20  # of each kind of save in a repetition
EXPONENT = 1.05  # goal of all
ROWS, LOAD_BUDGET = 10_000, 1.3  # of a file of customers
INSTALL_GOAL = 12
COLUMNS = (
    *("Measure", "Odoo s", "Database s", "Elapsed s", "Queries", "Rows"),
    *("Ratio", "Goal", "Exponent", "Runs", "", "Of"),
)
# CPU seconds of `odoo` and `database`, elapsed `seconds`, `queries`, `rows` written.
Cost = dict[str, float]


class Line(TypedDict):
    """A line of the table, see `tests/bench/measure.py`."""

    measure: str
    cost: Cost | None
    floor: Cost | None
    ratio: float | None
    of: str | None
    goal: dict[str, float]
    exponent: float | None
    runs: int
    memory: dict[str, float | None] | None
    storage: dict[str, float] | None
    note: str | None


@click.command()
@click.option(
    "--customers",
    type=click.IntRange(min=100),
    default=100_000,
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
    help="Show the median of so many, of fewer where one takes long.",
)
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"Load a file of so many customers.  [default: {ROWS}, or all if fewer]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON.")
def main(customers: int, repetitions: int, rows: int | None, as_json: bool) -> None:
    """Measure what the indicators cost, on databases made for it and dropped.

    Ratios are of CPU seconds of both processes, Odoo and the database, taken in turn in
    one run, median of five; below a second of the floor they are noisy. An exponent
    says how the CPU seconds grow with the customers, by a tenth of them.
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
                    for kind in ("ours", "plain", "small", "empty")
                ]
                bench = Bench(source, server, *names)
                lines = bench.run(customers, repetitions)
                lines += bench.loading(rows or min(customers, ROWS))
        show(lines, as_json)


class Bench:
    """One run: databases with the addons and without, a small and an empty one."""

    def __init__(
        self,
        source: Source,
        server: Server,
        ours: str,
        plain: str,
        small: str,
        empty: str,
    ) -> None:
        self.source, self.server = source, server
        self.ours, self.plain, self.small, self.empty = ours, plain, small, empty

    def odoo(
        self, what: str, name: str, *arguments: Argument, extra: Sequence[Path] = ()
    ) -> str:
        """Run Odoo on a database; return its output.

        :param extra: further folders of addons
        """
        environment = odoo_process.variables(
            self.source, self.server, name, extra=extra, tools=True
        ) | {"PGDATABASE": name}
        environment["PYTHONPATH"] += f"{os.pathsep}{SCRIPTS}"
        return odoo_process.odoo(what, ["-P", *arguments], environment)

    def script(self, what: str, name: str, script: str, *arguments: object) -> str:
        """Run a module of the benchmark inside Odoo on a database."""
        path = SCRIPTS / f"{script}.py"
        return self.odoo(what, name, path, *map(str, arguments))

    def measure(self, what: str, name: str, script: str, *arguments: object) -> Any:
        """Return what a module of the benchmark has measured, as its JSON has it."""
        return json.loads(self.script(what, name, script, *arguments))

    def run(self, customers: int, repetitions: int) -> list[Line]:
        """Return the lines of the table."""
        modules = ",".join(BASE_MODULES)
        what = "Installing Odoo"
        self.odoo(what, self.ours, "-m", "odoo", "-i", modules, *INSTALL)
        for name in (self.small, self.empty):
            database.copy(self.server, self.ours, name)
        few = max(customers // TENTH, 1)
        self.fill(self.small, few)
        self.fill(self.ours, customers)
        database.copy(self.server, self.ours, self.plain)
        constant = self.install("an empty database", self.empty)
        rounds = min(SMALL_REPETITIONS, repetitions)
        small = self.figures(self.small, few, rounds, constant)
        lines = self.figures(self.ours, customers, repetitions, constant)
        add_exponents(lines, small, customers / few)
        lines += self.measure(
            "Measuring saves with us and without",
            *(self.ours, "saves", self.plain),
            repetitions * min(TRANSACTIONS, max(customers // 100, 1)),
        )
        lines += self.measure("Measuring lost digits", self.ours, "digits")
        what = "Measuring the classification"
        lines += self.measure(what, self.ours, "classification", CLASSIFIED)
        return lines + self.peers(repetitions)

    def fill(self, name: str, customers: int) -> None:
        """Make customers in a database without us."""
        what = f"Filling in {customers} customers"
        self.script(what, name, "fill", "customers", customers)

    def install(self, what: str, name: str) -> Cost:
        """Install the addons; return what it cost."""
        modules = [folder.name for folder in addons.folders()]
        cost: Cost = self.measure(f"Installing on {what}", name, "install", *modules)
        return cost

    def figures(
        self, name: str, customers: int, repetitions: int, constant: Cost
    ) -> list[Line]:
        """Return the lines of one database: installing, nights, reports.

        :param constant: what installing costs where there are no customers
        """
        whom = f"{customers} customers"
        taken = self.install(whom, name)
        self.script("Filling in types of service", name, "fill", "services")

        def part(what: str, script: str, *arguments: str) -> list[Line]:
            values = (*arguments, repetitions)
            lines: list[Line] = self.measure(f"{what}, {whom}", name, script, *values)
            return lines

        lines = part("Measuring the first day", "nights", "first")
        lines.insert(0, installing(taken, constant, lines[0]))
        self.script("Filling in three years", name, "fill", "past")
        lines += part("Measuring memory", "nights", "memory")
        lines += part("Measuring nights", "nights", "daily")
        return lines + part("Measuring what people open", "reports")

    def peers(self, repetitions: int) -> list[Line]:
        """Return the lines of others; last, because their addons are installed."""
        folders = peer_addons()
        if folders:
            modules = ("-m", "odoo", "-i", ",".join(PEERS), *INSTALL)
            self.odoo("Installing OCA's addons", self.ours, *modules, extra=folders)
        script = (SCRIPTS / "peers.py", str(repetitions))
        what = "Measuring other means"
        output = self.odoo(what, self.ours, *script, extra=folders)
        lines: list[Line] = json.loads(output)
        return lines

    def loading(self, rows: int) -> list[Line]:
        """Return the lines about loading a file, into a database without customers."""
        found = {}
        for kind, what in (
            ("file", f"a file of {rows} customers"),
            ("bare", "the same rows by Odoo's import alone"),
        ):
            found[kind] = self.measure(
                f"Loading {what}", self.empty, "load", kind, rows
            )
        file, bare = found["file"], found["bare"]
        what = f"loading a file of {rows} customers"
        line: Line = {
            "measure": f"{what}: cpu",
            "cost": file["cost"],
            "floor": bare["cost"],
            "ratio": cpu(file["cost"]) / cpu(bare["cost"]),
            "of": "Odoo's import of the same rows at once",
            "goal": {"ratio": LOAD_BUDGET},
            "exponent": None,
            "runs": 1,
            "memory": None,
            "storage": None,
            "note": None,
        }
        return [
            line,
            {
                **line,
                "measure": f"{what}: memory",
                "cost": None,
                "floor": None,
                "ratio": file["memory"] / max(bare["memory"], 0.1),
                "memory": {"odoo": file["memory"], "database": None},
            },
        ]


def peer_addons() -> list[Path]:
    """Return the folders of OCA's addons; none if they cannot be downloaded."""
    folder = HOME / "peers"
    packages = [f"odoo-addon-{name}==19.0.*" for name in PEER_PACKAGES]
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps"]
    if not folder.exists():
        try:
            with step("Downloading OCA's addons"):
                run([*pip, "--target", folder, *packages], what="Downloading")
        except Failure as failure:
            say(f"  {failure}")
            shutil.rmtree(folder, ignore_errors=True)
            return []
    return [folder / "odoo" / "addons"]


def cpu(cost: Cost) -> float:
    """Return the CPU seconds of both processes."""
    return cost["odoo"] + cost["database"]


def installing(taken: Cost, constant: Cost, like: Line) -> Line:
    """Return the line about installing, without what loading the modules costs.

    :param like: a line with the floor of nights, on the same database
    """
    cost = {name: max(taken[name] - constant[name], 0) for name in taken}
    return {
        **like,
        "measure": "installing, more than on an empty database",
        "cost": cost,
        "ratio": cpu(cost) / cpu(like["floor"]) if like["floor"] else None,
        "goal": {"ratio": INSTALL_GOAL},
    }


def add_exponents(lines: Iterable[Line], small: Iterable[Line], factor: float) -> None:
    """Tell how each line's cost grows, by that of so many times fewer customers."""
    before = {line["measure"]: line["cost"] for line in small}
    for line in lines:
        less = before.get(line["measure"])
        if less and line["cost"] and cpu(less) > 0 and cpu(line["cost"]) > 0:
            grown = cpu(line["cost"]) / cpu(less)
            line["exponent"] = math.log(grown) / math.log(factor)


def show(lines: Sequence[Line], as_json: bool) -> None:
    """Print the table on standard output."""
    if as_json:
        print(json.dumps(lines, indent=2), flush=True)
        return
    rows = [COLUMNS, *map(texts, lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.rjust(width) if 0 < place < 10 else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip(), flush=True)


UNITS = {
    "ratio": "≤ {} ×",
    "queries": "≤ {:+} queries",
    "seconds": "≤ {} s",
    "rows": "{} rows written",
    "memory": "≤ {} MB",
}


def found(line: Line) -> Mapping[str, float]:
    """Return what the goals of a line are about: figures by the names of the goals."""
    cost, floor = line["cost"] or {}, line["floor"] or {}
    return {
        "ratio": line["ratio"] or 0,
        "queries": cost.get("queries", 0) - floor.get("queries", 0),
        "seconds": cost.get("seconds", 0),
        "rows": cost.get("rows", 0),
        "memory": sum(filter(None, (line["memory"] or {}).values())),
    }


def texts(line: Line) -> tuple[str, ...]:
    """Return a line as people read it."""
    cost, goals, figures = line["cost"], line["goal"], found(line)
    over = [name for name, goal in goals.items() if figures[name] > goal]
    if (line["exponent"] or 0) > EXPONENT:
        over.append("exponent")
    queries = f"{cost['queries']:.0f}" if cost else ""
    if "queries" in goals:
        queries += f" ({figures['queries']:+.0f})"
    if "memory" in goals:
        result = f"{figures['memory']:.1f} MB"
    else:
        result = "" if line["ratio"] is None else f"{line['ratio']:.2f}"
    return (
        line["measure"],
        *(f"{cost[n]:.3f}" if cost else "" for n in ("odoo", "database", "seconds")),
        queries,
        f"{cost['rows']:.0f}" if cost and cost["rows"] else "",
        result,
        ", ".join(UNITS[name].format(goal) for name, goal in goals.items()),
        "" if line["exponent"] is None else f"{line['exponent']:.2f}",
        str(line["runs"]),
        f"over: {', '.join(over)}" if over else "",
        line["note"] or line["of"] or "",
    )


if __name__ == "__main__":
    main()
