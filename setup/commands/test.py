"""`./setup/test`: every test of the project; arguments go to pytest."""

import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack

import addons
import browser
import odoo_process
import odoo_source
import postgres
import printer
import suites
import template_database
from workspace import HOME, ROOT, expected_failures, say

RESULTS = HOME / "test"
SCREENSHOTS = RESULTS / "screenshots"
NOTHING_COLLECTED = 5
OUTSIDE_ODOO = ("-p", "no:odoo")
INSIDE_ODOO = ("--odoo-http", "--odoo-log-level=warn")
# Suites at once: a server and a browser keep a core busy, and small machines have two.
LANES = 2


def main():
    """Run the suites, two at a time; the exit status is pytest's worst."""
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


def run(chosen, options):
    """Run suites in the order given, as lanes get free; return pytest's statuses.

    One alone is followed as it runs; of several, each is shown whole when it ends.
    """
    waiting, running, statuses = list(chosen), {}, {}
    with ExitStack() as everything:
        while waiting or running:
            while waiting and len(running) < LANES:
                suite = waiting.pop(0)
                stack = everything.enter_context(ExitStack())
                log = RESULTS / f"{suite.name}.log" if len(chosen) > 1 else None
                running[suite] = start(suite, options, stack, log), stack, log
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


def start(suite, options, stack, log):
    """Start one suite in a process of its own; what it needs ends with the stack."""
    say(f"• Suite {suite.name}")
    arguments = ["-P", "-m", "pytest", f"--rootdir={ROOT}", f"-c{ROOT / 'pytest.ini'}"]
    # What failed last is remembered by each for itself.
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
        # For one test that starts a process in which Odoo has patched a library, and
        # for those that use Odoo without its test cases, which never commit.
        environment["PYTHONPATH"] = str(odoo_source.ensure().path)
    environment["CONTACT_KPI_COUNTS"] = str(RESULTS / f"{suite.name}.json")
    # Browsers leave profiles in the temporary folder when they are stopped.
    environment["TMPDIR"] = stack.enter_context(tempfile.TemporaryDirectory())
    output = stack.enter_context(log.open("w")) if log else None
    child = [*arguments, *options, *suite.paths]
    return stack.enter_context(
        odoo_process.running(child, environment, cwd=ROOT, stdout=output, stderr=output)
    )


def summary(statuses):
    """Print one line for all suites; return the exit status of the command."""
    total = Counter()
    for file in RESULTS.glob("*.json"):
        total.update(json.loads(file.read_text()))
    # Subtests count when they fail; passed ones belong to a test that is counted.
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
