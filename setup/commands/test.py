"""`./setup/test`: every test of the project; arguments go to pytest."""

import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from subprocess import Popen
from typing import NamedTuple

import addons
import browser
import odoo_process
import odoo_source
import postgres
import printer
import suites
import template_database
from suites import Suite
from workspace import HOME, ROOT, Argument, expected_failures, say

RESULTS = HOME / "test"
SCREENSHOTS = RESULTS / "screenshots"
NOTHING_COLLECTED = 5
OUTSIDE_ODOO = ("-p", "no:odoo")
INSIDE_ODOO = ("--odoo-http", "--odoo-log-level=warn")
# Concurrent suites: each keeps a core busy, a server and a browser included.
LANES = len(os.sched_getaffinity(0))


class Running(NamedTuple):
    """A suite's process, what it holds until it ends, and the file of its output."""

    process: Popen[str]
    stack: ExitStack
    log: Path | None


def main() -> None:
    """Run the suites, one a core; the exit status is pytest's worst."""
    with expected_failures():
        folders = addons.folders_of_tests()
        bases = addons.bases()
        chosen, options = suites.select(sys.argv[1:], folders, bases)
        if any(suite.odoo or suite.name == "browser" for suite in chosen):
            browser.ensure()
            printer.ensure()
        shutil.rmtree(RESULTS, ignore_errors=True)
        SCREENSHOTS.mkdir(parents=True)
        sys.exit(summary(run(chosen, options)))


def run(chosen: Sequence[Suite], options: Sequence[str]) -> dict[str, int]:
    """Run suites in the order given, as lanes get free; return pytest's exit statuses.

    The output of a single suite is streamed; of several, each is printed when it ends.
    """
    waiting = list(chosen)
    running: dict[Suite, Running] = {}
    statuses: dict[str, int] = {}
    with ExitStack() as everything:
        while waiting or running:
            while waiting and len(running) < LANES:
                suite = waiting.pop(0)
                stack = everything.enter_context(ExitStack())
                log = RESULTS / f"{suite.name}.log" if len(chosen) > 1 else None
                process = start(suite, options, stack, log)
                running[suite] = Running(process, stack, log)
            for suite, (process, stack, log) in list(running.items()):
                if process.poll() is None:
                    continue
                statuses[suite.name] = process.returncode
                del running[suite]
                stack.close()
                if log:
                    say(f"• Suite {suite.name} has ended")
                    print(log.read_text(errors="replace"), flush=True)
            time.sleep(0.2)
    return statuses


def start(
    suite: Suite, options: Sequence[str], stack: ExitStack, log: Path | None
) -> Popen[str]:
    """Start one suite in a process of its own.

    :param stack: on exit, ends the process and drops its database
    :param log: file for its output, which is not captured without one
    """
    say(f"• Suite {suite.name}")
    arguments: list[Argument] = [
        "-P",
        "-m",
        "pytest",
        f"--rootdir={ROOT}",
        f"-c{ROOT / 'pytest.ini'}",
    ]
    # Each suite has its own cache of last failures.
    arguments += ["-o", f"cache_dir={HOME / 'pytest_cache' / suite.name}"]
    if suite.odoo:
        source = odoo_source.ensure()
        server = stack.enter_context(postgres.server())
        alone = suite.name == "base"
        name = stack.enter_context(template_database.fresh(source, server, alone))
        environment = template_database.variables(source, server, name)
        environment["PGDATABASE"] = name
        environment["ODOO_SCREENSHOTS"] = str(SCREENSHOTS)
        arguments += INSIDE_ODOO
    else:
        environment = dict(os.environ)
        arguments += OUTSIDE_ODOO
    if suite.name in ("pure", "stress"):
        # One pure test starts a process in which Odoo has monkey-patched a library; the
        # stress tests commit, and so do without Odoo's test cases.
        environment["PYTHONPATH"] = str(odoo_source.ensure().path)
    environment["CONTACT_KPI_COUNTS"] = str(RESULTS / f"{suite.name}.json")
    # Terminated browsers leave their profiles in the temporary folder.
    environment["TMPDIR"] = stack.enter_context(tempfile.TemporaryDirectory())
    output = stack.enter_context(log.open("w")) if log else None
    child = [*arguments, *options, *suite.paths]
    return stack.enter_context(
        odoo_process.running(child, environment, cwd=ROOT, stdout=output, stderr=output)
    )


def summary(statuses: Mapping[str, int]) -> int:
    """Print one line for all suites; return the exit status of the command."""
    total = Counter[str]()
    for file in RESULTS.glob("*.json"):
        total.update(json.loads(file.read_text()))
    # Subtests count only if they fail: passed ones belong to a test that is counted.
    failed = total["failed"] + total["subtests failed"] + total["error"]
    bad = {name: status for name, status in statuses.items() if status}
    # A selection by -k may leave a suite without tests, as long as another has some.
    if total["passed"] or failed:
        bad = {name: code for name, code in bad.items() if code != NOTHING_COLLECTED}
    if any(SCREENSHOTS.rglob("*.*")):
        say(f"Screenshots: {SCREENSHOTS}")
    for name, status in bad.items():
        say(f"✘ suite {name}: exit status {status}")
    count = f"{total['passed']} passed, {failed} failed, {total['skipped']} skipped"
    print(count, flush=True)
    return max(bad.values(), default=0)


if __name__ == "__main__":
    main()
