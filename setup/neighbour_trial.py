"""Try other people's addons beside ours, on databases made for it."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

import addons
import database
import neighbour_addons
import neighbour_runs
import odoo_process
import template_database
from neighbour_addons import WELL, Row
from neighbour_runs import Run
from odoo_source import Source
from workspace import LOGS, ROOT, Failure, Server, step

FOLDER = ROOT / "tests" / "neighbours"
RECORDER, VIEWS, EDITS = (
    "test_recorder",
    "test_contact_kpi_views",
    "test_contact_kpi_oca",
)
# Excluded tags of Odoo's option --test-tags, and why.
LEFT_OUT = {
    "is_tour": "walks through the web client: minutes each, and they count nothing",
}
# Those of our own tests that others' addons are most likely to break.
OURS = (
    *("engine/test_law_agreement", "engine/test_base_partner_merge"),
    *("engine/test_whole_row", "engine/test_computed_fields", "engine/test_set_aside"),
    *("engine/test_res_users", "people/test_to_complete", "people/test_hint_mixin"),
    *("sales/test_banner_mixin", "test_res_config_settings"),
)


def rest() -> list[str]:
    """Return the names of our addons that build on others of ours."""
    bases = addons.bases()
    return [folder.name for folder in addons.folders() if folder not in bases]


@dataclass(frozen=True)
class Trial:
    """Tries groups of addons; the databases are dropped on the exit of ``stack``.

    ``whole``: run all of our own tests, not a part.
    """

    source: Source
    server: Server
    stack: ExitStack
    whole: bool = False

    def install(self, kind: str, modules: Sequence[str], template: str) -> str:
        """Install modules into a copy of a database; return its name.

        :raises workspace.Failure: also for a warning in the log
        """
        name = f"{database.prefix()}_{kind}_{os.getpid()}"
        self.stack.enter_context(database.temporary(self.server, name))
        what = f"Installing {kind.replace('_', ' ')}"
        template_database.stage(self.source, self.server, name, modules, what, template)
        return name

    def group(self, group: str, ours: str) -> list[Row]:
        """Return the rows of a group's addons.

        :param ours: the database with all our addons
        :raises workspace.Failure: when they cannot be installed without us either
        """
        rows = neighbour_addons.rows(group)
        theirs = [*neighbour_addons.GROUPS[group], VIEWS]
        bases = [folder.name for folder in addons.bases()]
        base = template_database.with_odoo(self.source, self.server)
        plain = self.install(f"{group}_without", theirs, base)
        orders = {
            "ours_last": (plain, [*bases, *rest(), EDITS]),
            "theirs_last": (ours, [*theirs, EDITS]),
        }
        without, known = self.record(plain, f"{group}_without", [f"/{VIEWS}"])
        runs = []
        for order, (template, modules) in orders.items():
            label = f"{group}_{order}"
            try:
                name = self.install(label, modules, template)
            except Failure as failure:
                tell(rows, order, "failed", str(failure))
                continue
            run, told = self.record(name, label, [f"/{VIEWS}", f"/{EDITS}"])
            tell(rows, order, WELL, "; ".join(sorted(told - known)))
            runs.append(run)
        bad = neighbour_addons.failed(runs, without, "test_views")
        tell(rows, "views", "failed" if bad else WELL, bad)
        bad = neighbour_addons.failed(runs, {}, "test_edits")
        for row in rows:
            row.law = neighbour_addons.law(row.addon, runs)
        if bad:
            named = [row for row in rows if f".test_{row.addon}" in bad.split(", ")]
            tell(named or rows, "law", "failed", bad)
        name = self.install(f"{group}_base", bases, plain)
        tags = [f"/contact_kpi/tests/{file}.py" for file in OURS]
        tags = ["/contact_kpi"] if self.whole else tags
        run, told = self.record(name, f"{group}_tests", tags)
        count, bad = neighbour_addons.own_tests(run)
        tell(rows, "tests", count, bad or "; ".join(sorted(told)))
        return rows

    def record(
        self, name: str, label: str, tags: Sequence[str]
    ) -> tuple[Run, set[str]]:
        """Run Odoo's tests of these tags on a database; return it, and its warnings.

        :raises workspace.Failure: when Odoo has crashed, or has run no test
        """
        LOGS.mkdir(exist_ok=True)
        output = LOGS / f"neighbours-{label}.log"
        with (
            step(f"Testing {label.replace('_', ' ')}"),
            tempfile.TemporaryDirectory() as folder,
        ):
            file = Path(folder) / "record"
            with tests(self.source, self.server, name, tags, file, output) as process:
                status = process.wait()
            # 1: some test has failed.
            if status not in (0, 1) or not file.exists():
                raise Failure(f"The tests have not run to their end, see {output}")
            lines = output.read_text(errors="replace").splitlines()
            return (
                neighbour_runs.read(file.read_text().splitlines()),
                neighbour_addons.warned(lines),
            )


def tell(rows: Sequence[Row], name: str, outcome: str, wrong: str = "") -> None:
    """Set a column of rows, and what is wrong with it; the first wrong is kept."""
    for row in rows:
        setattr(row, name, outcome)
        row.wrong = row.wrong or wrong


@contextmanager
def tests(
    source: Source,
    server: Server,
    name: str,
    tags: Sequence[str],
    record: Path,
    output: Path,
) -> Iterator[Popen[str]]:
    """Start Odoo's tests on a database.

    :param tags: those to run, of Odoo's option --test-tags
    :param record: the file that the recorder writes, see :mod:`neighbour_runs`
    :param output: the file of Odoo's log
    """
    environment = odoo_process.variables(source, server, name, extra=[FOLDER])
    environment |= {"PGDATABASE": name, "TEST_RECORD": str(record)}
    chosen = ",".join([*tags, *(f"-{tag}" for tag in LEFT_OUT)])
    options = ("--test-tags", chosen, f"--load=base,rpc,web,{RECORDER}")
    arguments = [*odoo_process.ENTRY, *options, "--stop-after-init"]
    with (
        output.open("w") as file,
        odoo_process.running(
            arguments, environment, stdout=file, stderr=file
        ) as process,
    ):
        yield process
