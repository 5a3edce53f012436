"""A demo server of its own for all tests, and people who sit before it."""

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "setup"))

import browser as machine
import database
import log_check
import odoo_process
import odoo_source
import postgres
import template_database
from people import STILL, Person
from workspace import HOME, LOGS

ARTEFACTS = HOME / "artefacts" / "browser"
# The first page of a fresh database waits for the bundles of the web client.
PATIENCE = 30_000  # milliseconds
CARLA = "carla.exemplo"
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


class Demo:
    """The demo server, and its database for whoever wants to count himself."""

    def __init__(self, address, name, server):
        self.address = address
        self.name = name
        self.server = server
        # Words of refusals that were brought about: Odoo logs each as a warning.
        self.refused = []

    def rows(self, statement, *values):
        """Return the rows of a query."""
        return database.execute(self.server, statement, values, database=self.name)

    def value(self, statement, *values):
        """Return the only value of a query."""
        ((value,),) = self.rows(statement, *values)
        return value


@contextmanager
def served(name):
    """Run `./setup/demo` on a database; yield the address that it prints."""
    # No scheduled job in the background: what a test sees, it has brought about.
    environment = os.environ | {"PGDATABASE": name, "ODOO_MAX_CRON_THREADS": "0"}
    pipe = subprocess.PIPE
    command = ("-P", "-m", "commands.demo", "--json")
    with odoo_process.running(
        command, environment, stdout=subprocess.DEVNULL, stderr=pipe
    ) as process:
        said = []
        for line in process.stderr:
            said.append(line)
            if found := ADDRESS.search(line):
                yield found[0]
                return
        pytest.fail("The demo does not serve:\n" + "".join(said))


@pytest.fixture(scope="session")
def demo():
    """The real demo, on a copy of its database that is dropped at the end."""
    source = odoo_source.ensure()
    with postgres.server() as server, template_database.demo(source, server) as name:
        # Odoo would ask a service on the internet who the administrator's company is.
        database.execute(
            server, "UPDATE res_company SET iap_enrich_auto_done = TRUE", database=name
        )
        log = LOGS / f"server-{name}.log"
        try:
            with served(name) as address:
                shown = Demo(address, name, server)
                yield shown
            trouble = [
                line
                for line in log_check.trouble(log.read_text().splitlines())
                if not any(words in line for words in shown.refused)
            ]
            assert not trouble, "\n".join(trouble)
        finally:
            log.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def chromium():
    """The machine's own browser; without it the tests fail, they are not skipped."""
    program = machine.program()
    assert program, "There is no Chromium on this machine."
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, chromium_sandbox=machine.has_sandbox()
        )
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        for old in ARTEFACTS.glob("failed-*"):
            old.unlink()
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def contexts(chromium):
    """What each person's browser remembers, by login: who has logged in, stays so."""
    known = {}
    yield known
    for context in known.values():
        context.close()


@pytest.fixture
def person(demo, chromium, contexts, request):
    """Return a function that seats a person before a screen.

    The test fails for whatever went wrong in the pages it opened, wherever it looked.
    """
    people = []

    def seat(login="admin", language="en_US", size=(1366, 768)):
        if login not in contexts:
            contexts[login] = chromium.new_context(
                base_url=demo.address,
                timezone_id="America/Sao_Paulo",
                reduced_motion="reduce",
            )
            contexts[login].add_init_script(STILL)
            contexts[login].set_default_timeout(PATIENCE)
        one = Person(contexts[login], login, language, size, ARTEFACTS)
        people.append(one)
        return one

    yield seat
    for one in people:
        if getattr(request.node, "failed", False):
            one.shoot(f"failed-{request.node.name}")
        one.leave()
    trouble = [line for one in people for line in one.trouble]
    assert not trouble, "\n".join(trouble)


@pytest.fixture
def carla(demo, person):
    """Make one of the demo's salespeople a sales administrator; return how to seat her.

    She sees everybody's customers, and has no right to Odoo's settings.
    """
    group = demo.value(
        """
        SELECT res_id FROM ir_model_data
         WHERE module = 'sales_team' AND name = 'group_sale_manager'
        """
    )
    ids = demo.value("SELECT id FROM res_users WHERE login = %s", CARLA)
    person().call("res.users", "write", [[ids], {"group_ids": [[4, group]]}])
    return lambda language, **options: person(CARLA, language, **options)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Remember a failure, so that what was on screen can be kept."""
    report = yield
    if report.when == "call" and report.failed:
        item.failed = True
    return report
