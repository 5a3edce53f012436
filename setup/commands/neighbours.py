"""`./setup/neighbours`: our addons beside Odoo's tests, and beside others' addons."""

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, astuple, replace
from pathlib import Path
from typing import Literal

import addons
import click
import database
import neighbour_addons
import neighbour_runs
import neighbour_trial
import odoo_source
import postgres
import template_database
from neighbour_runs import Row, Run
from odoo_source import Source
from workspace import (
    LOGS,
    Failure,
    Server,
    exclusive,
    expected_failures,
    say,
    step,
)

Kind = Literal["ours", "plain"]

# Values of Odoo's option --test-tags by name of the suite.
ODOO = {
    "base": (
        "/base/tests/test_res_users.py",
        "/base/tests/test_res_partner.py",
        "/base/tests/test_res_partner_merge.py",
    ),
    "mail": ("/mail",),
    "test_mail": ("/test_mail/tests/test_performance.py",),
    "phone_validation": ("/phone_validation",),
    "contacts": ("/contacts",),
    "crm": ("/crm",),
    "sale": ("/sale",),
    "sale_stock": ("/sale_stock",),
    "sale_crm": ("/sale_crm",),
    "repair": ("/repair",),
    "digest": ("/digest",),
    "privacy_lookup": ("/privacy_lookup",),
    "data_recycle": ("/data_recycle",),
    "sms": ("/sms",),
}

COLUMNS = ("Suite", "Test", "Block", "With us", "Without", "Budget", "")

OCA_COLUMNS = (
    *("Group", "Addon", "Version", "Ours last", "Theirs last", "Views", "Law 1"),
    *("Our tests", ""),
)


@click.group()
def main() -> None:
    """Try our addons beside Odoo's own tests, and beside other people's addons."""


@main.command()
@click.argument("suites", nargs=-1, type=click.Choice(list(ODOO)))
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON.")
def odoo(suites: tuple[str, ...], as_json: bool) -> None:
    """Run Odoo's own test suites, or some of them.

    Fails where a test's outcome differs with our addons, where only with them it
    exceeds its query budget, or where they add more than five queries.
    """
    with expected_failures():
        if not addons.folders():
            raise Failure("There is no addon in this checkout yet.")
        source = odoo_source.ensure()
        with postgres.server() as server:
            ours, plain = run(source, server, suites or tuple(ODOO))
    rows = neighbour_runs.compare(ours, plain)
    show(rows, COLUMNS, as_json)
    if wrong := [row for row in rows if row.verdict]:
        for row in wrong:
            say(f"✘ {row.suite} {row.test} {row.block}: {row.verdict}")
        sys.exit(1)


@main.command()
@click.argument("groups", nargs=-1, type=click.Choice(list(neighbour_addons.GROUPS)))
@click.option("--whole", is_flag=True, help="Run all of our own tests, not a part.")
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON.")
def oca(groups: tuple[str, ...], whole: bool, as_json: bool) -> None:
    """Install other people's addons beside ours, all groups of them or some.

    In both orders; opens every view, edits through them and compares the open gaps with
    the raw columns, and runs our own tests of contact_kpi. Fails where something is
    wrong that is well without us.
    """
    rows: list[neighbour_addons.Row] = []
    with expected_failures():
        folder = neighbour_addons.ensure()
        plain = odoo_source.ensure()
        places = (*plain.addons, folder / "odoo" / "addons", neighbour_trial.FOLDER)
        source = replace(plain, addons=places, packages=(folder,))
        with postgres.server() as server, ExitStack() as stack:
            with exclusive("test-database.lock"):
                database.sweep(server)
                alone = template_database.installed(plain, server, alone=True)
            trial = neighbour_trial.Trial(source, server, stack, whole)
            ours = trial.install("ours", neighbour_trial.rest(), alone)
            for group in groups or neighbour_addons.GROUPS:
                rows += trial.group(group, ours)
    show(rows, OCA_COLUMNS, as_json)
    for addon, reason in neighbour_addons.LEFT_OUT.items():
        say(f"  left out: {addon}, which {reason}")
    if wrong := [row for row in rows if row.wrong]:
        for row in wrong:
            say(f"✘ {row.addon}: {row.wrong}")
        sys.exit(1)


def run(source: Source, server: Server, suites: Sequence[str]) -> list[Run]:
    """Run suites on both databases in parallel; return the runs `ours` and `plain`.

    :raises workspace.Failure: when Odoo has crashed, or has run no test
    """
    LOGS.mkdir(exist_ok=True)
    with ExitStack() as stack:
        names = stack.enter_context(databases(source, server))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        tags = [tag for suite in suites for tag in ODOO[suite]]
        with step(f"Running tests of {', '.join(suites)}, with us and without"):
            processes = {
                kind: stack.enter_context(
                    neighbour_trial.tests(
                        source, server, name, tags, folder / kind, log(kind)
                    )
                )
                for kind, name in names.items()
            }
            statuses = {kind: process.wait() for kind, process in processes.items()}
        for kind, status in statuses.items():
            # 1: some test has failed.
            if status not in (0, 1) or not (folder / kind).exists():
                raise Failure(f"The tests have not run to their end, see {log(kind)}")
        return [neighbour_runs.read((folder / kind).open()) for kind in names]


def log(kind: Kind) -> Path:
    """Return the file of Odoo's log, which is kept for inspection."""
    return LOGS / f"neighbours-{kind}.log"


@contextmanager
def databases(source: Source, server: Server) -> Iterator[dict[Kind, str]]:
    """Yield the names of two databases, `ours` and `plain`; drop them on exit."""
    with ExitStack() as stack:
        names: dict[Kind, str] = {}
        with exclusive("test-database.lock"):
            database.sweep(server)
            for kind, template in templates(source, server).items():
                name = f"{database.prefix()}_{kind}_{os.getpid()}"
                names[kind] = stack.enter_context(database.temporary(server, name))
                database.copy(server, template, name)
        yield names


def templates(source: Source, server: Server) -> dict[Kind, str]:
    """Return the names of the databases to copy, creating those that are missing.

    Both have Odoo's addons under test and those that ours depend on.
    """
    modules = sorted({*ODOO, *template_database.BASE_MODULES} - {"base"})
    start = f"{database.prefix()}_neighbours_"
    key = hashlib.sha256(f"{source.version} {modules}".encode()).hexdigest()[:8]
    plain = f"{start}{key}"
    ours = f"{plain}_{addons.code_hash(addons.folders())}"
    present = database.names(server, start)
    if plain not in present:
        template_database.stage(
            source, server, plain, modules, "Installing Odoo's addons"
        )
    if ours not in present:
        names = [folder.name for folder in addons.folders()]
        what = f"Installing {', '.join(names)}"
        template_database.stage(source, server, ours, names, what, plain)
    for other in {*present} - {ours, plain}:
        database.drop(server, other)
    return {"ours": ours, "plain": plain}


def show(
    rows: Sequence[Row | neighbour_addons.Row], columns: Sequence[str], as_json: bool
) -> None:
    """Print the table on standard output."""
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=2), flush=True)
        return
    cells = [
        tuple(columns),
        *([str("" if c is None else c) for c in astuple(r)] for r in rows),
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = map(str.ljust, row, widths)
        print("  ".join(padded).rstrip(), flush=True)


if __name__ == "__main__":
    main()
