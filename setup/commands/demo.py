"""`./setup/demo`: set everything up, print the indicators, serve the web client."""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import Popen
from typing import TypedDict

import addons
import click
import customers_file
import demo_database
import odoo_process
import odoo_source
import postgres
import printer
from workspace import LOGS, SETUP, Argument, Failure, exclusive, expected_failures, say

CUSTOMERS_DATABASE = "contact_kpi_customers"
START_TIMEOUT = 120  # seconds
NOTHING_LOADED = 1  # exit status; 2: some of the customers were refused
COLUMNS = {
    "indicator": "Indicator",
    "date": "Date",
    "customers": "Customers",
    "missing": "Missing",
    "to_complete": "To complete",
    "missing_rate": "Missing %",
}


# An indicator's figures by column; None where there is nothing to divide.
Figures = Mapping[str, str | int | float | None]


class Result(TypedDict):
    """What `setup/figures.py` prints."""

    figures: list[Figures]
    report: str
    status: int


@click.command()
@click.option(
    "--customers",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path),
    metavar="FILE",
    help="Use these customers (CSV or workbook), in a fresh database, instead of the"
    " demo ones. Exit status: 0 loaded, 2 some rows refused, 1 nothing loaded.",
)
@click.option("--fresh", is_flag=True, help="Make the demo database anew.")
@click.option("--stop", is_flag=True, help="End after the table.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--port", type=int, help="Serve on this port instead of a free one.")
@click.option(
    "--db-host", help="Use this PostgreSQL server instead of the embedded one."
)
@click.option("--db-port", help="Port of that server.")
@click.option("--db-user", help="User on that server; may create databases.")
@click.option("--db-password", help="Password on that server; better in PGPASSWORD.")
def main(
    customers: Path | None,
    fresh: bool,
    stop: bool,
    as_json: bool,
    port: int | None,
    **connection: str | None,
) -> None:
    """Set everything up, print the indicators of a demo database, serve it.

    The first start takes a minute or two, later ones seconds: the database is kept.
    """
    for option, value in connection.items():
        if value:
            os.environ[f"PG{option.removeprefix('db_').upper()}"] = value
    with expected_failures():
        if not addons.folders():
            raise Failure("There is no addon in this checkout yet.")
        if customers:
            # Fail on an unusable file before a database is created.
            customers_file.check(customers)
        source = odoo_source.ensure()
        with postgres.server() as server:
            name = os.environ.get("PGDATABASE") or odoo_process.DEMO_DATABASE
            if customers:
                name = CUSTOMERS_DATABASE
            with exclusive("demo-database.lock"):
                again = fresh or bool(customers)
                demo_database.ensure(
                    source, server, name, fresh=again, demo=not customers
                )
                environment = demo_database.variables(source, server, name)
                result = figures(environment, customers)
                if customers:
                    say(result["report"])
                if customers and result["status"] == NOTHING_LOADED:
                    raise Failure(f"No customer of {customers.name} was loaded.")
                show(result["figures"], as_json)
            if stop:
                sys.exit(result["status"])
            printer.offer()
            serve(environment, port)


def figures(environment: Mapping[str, str], customers: Path | None) -> Result:
    """Load customers if there are any, refresh, and return the figures."""
    load: list[Argument] = ["--customers", customers] if customers else []
    arguments: list[Argument] = ["-P", SETUP / "figures.py", *load]
    what = (
        "Loading customers, computing indicators"
        if load
        else "Computing the indicators"
    )
    result: Result = json.loads(odoo_process.odoo(what, arguments, environment))
    return result


def show(rows: Sequence[Figures], as_json: bool) -> None:
    """Print the figures on standard output."""
    if as_json:
        print(json.dumps(rows, indent=2), flush=True)
        return
    lines = [list(COLUMNS.values())] + [
        list(map(text, COLUMNS, [row] * 6)) for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        first, *rest = (
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        print("  ".join([first, *rest]), flush=True)


def text(column: str, row: Figures) -> str:
    """Return one figure, formatted."""
    value = row[column]
    if value is None:
        return "–"
    return f"{value:.1%}" if column == "missing_rate" else str(value)


def serve(environment: Mapping[str, str], port: int | None) -> None:
    """Serve the web client until Ctrl-C.

    :raises workspace.Failure: when Odoo ends by itself or does not answer
    """
    if port:
        environment = {**environment, "ODOO_HTTP_PORT": str(port)}
    address = f"http://127.0.0.1:{environment['ODOO_HTTP_PORT']}"
    LOGS.mkdir(exist_ok=True)
    log = LOGS / f"server-{environment['PGDATABASE']}.log"
    with log.open("w") as output:
        child = [*odoo_process.ENTRY]
        with odoo_process.running(
            child, environment, stdout=output, stderr=output
        ) as process:
            wait_for(address, process, log)
            say(f"• {address}  (login: admin, password: admin; log: {log})")
            say("  Ctrl-C stops it")
            process.wait()
            raise Failure(
                f"Odoo has ended (exit status {process.returncode}), see {log}."
            )


def wait_for(address: str, process: Popen[str], log: Path) -> None:
    """Wait until Odoo answers, once it has loaded the addons: a few seconds.

    :raises workspace.Failure: when it ends, or is silent for :data:`START_TIMEOUT`
    """
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Failure(
                f"Odoo has ended (exit status {process.returncode}), see {log}."
            )
        try:
            with urllib.request.urlopen(
                f"{address}/web/health?db_server_status=1", timeout=5
            ):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise Failure(
        f"Odoo does not answer at {address} after {START_TIMEOUT} s, see {log}."
    )


if __name__ == "__main__":
    main()
