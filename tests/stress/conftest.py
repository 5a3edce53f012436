"""A database of its own, committed to for real, and an Odoo in this process."""

import logging
import os
import random
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "setup"))

import database
import log_check
import odoo_source
import postgres
import seed
import template_database
import undo
from faults import killer
from laws import Laws

from odoo.modules.registry import Registry
from odoo.sql_db import close_db
from odoo.tools import config

# What Odoo logs where a statement fails or a connection is cut, on purpose here.
EXPECTED = (
    r"^bad query: ",
    r"(brought about|canceling statement|terminating connection|statement timeout)",
    r"(connection|cursor) already closed|server closed the connection",
    r"could not serialize access|deadlock detected",
    r"^Indicator \d+ could not be (refreshed|committed)",
    r"^History of indicator \d+ stopped",
    r"^Job '.*' \(\d+\) server action #\d+ failed",
    r"^Job '.*' \(\d+\) timed out",
    r"^Call from cron .* failed|^Exception in cron",
)
# Each on top of the one before.
WORLDS = {"begun": seed.begun, "before": seed.before, "classified": seed.classified}


class Trouble(logging.Handler):
    """Collect warnings of the Odoo in this process, but those brought about."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []
        self.expected = ()

    def emit(self, record):
        message = record.getMessage()
        if not log_check.is_allowed(message, self.expected):
            self.lines.append(f"{record.levelname} {record.name} {message}")


class Stage:
    """A database that goes back to a world as often as is wanted."""

    def __init__(self, server, name, trouble):
        self.name = name
        self.kill = killer(server)
        # How far each world made so far goes.
        self.marks = [0]
        self.trouble = trouble
        # Without the settings and the end of this database's own connections.
        self.outside = lambda query: database.execute(server, query, None)
        self.laws = Laws(
            lambda query: database.execute(server, query, None, database=name)
        )

    @property
    def registry(self):
        return Registry(self.name)

    def reset(self, world):
        """Be in a world as it was made; the earlier ones lead to it."""
        place = list(WORLDS).index(world)
        del self.marks[place + 1 :]
        self.laws.rows(undo.TAKE_BACK.format(self.marks[-1]))
        # What is cached per process is of another past.
        self.registry.clear_all_caches()
        self.registry.cache_invalidated.clear()
        self.registry.check_signaling()
        while place >= len(self.marks):
            WORLDS[list(WORLDS)[len(self.marks)]](self.registry)
            self.marks += self.laws.rows(undo.MARK)[0]

    @contextmanager
    def expecting(self):
        """Let Odoo log what follows from a fault brought about."""
        self.trouble.expected = EXPECTED
        try:
            yield
        finally:
            self.trouble.expected = ()


def pytest_configure(config):
    """Keep what the tests count, and leave the log of what was brought about out."""
    config.tally = []
    config.option.showcapture = "no"


def pytest_terminal_summary(terminalreporter, config):
    """Say how much was tried."""
    if config.tally:
        terminalreporter.section("what was tried")
        for line in config.tally:
            terminalreporter.write_line(line)


@pytest.fixture
def tally(request):
    """Return a function that keeps a line for the summary."""
    return request.config.tally.append


@pytest.fixture
def dice(request):
    """Return chance of a test's own, which the printed seed repeats."""
    return random.Random(f"{os.environ['CONTACT_KPI_SEED']} {request.node.name}")


@pytest.fixture
def is_long():
    """Tell whether everything is wanted, not a sample."""
    return bool(os.environ["CONTACT_KPI_LONG"])


@pytest.fixture(scope="session")
def stage():
    """The worlds, made once, and the database on which tests play."""
    source = odoo_source.ensure()
    trouble = Trouble()
    with (
        postgres.server() as server,
        template_database.fresh(source, server) as name,
        pytest.MonkeyPatch.context() as patch,
    ):
        for key, value in template_database.variables(source, server, name).items():
            patch.setenv(key, value)
        patch.setenv("PGDATABASE", name)
        config.parse_config(["--log-level=warn", "--no-http"], setup_logging=True)
        logging.getLogger().addHandler(trouble)
        seed.begun(Registry(name))
        database.execute(server, undo.KEEP, None, database=name)
        yield Stage(server, name, trouble)
        logging.getLogger().removeHandler(trouble)
        close_db(name)
    assert not trouble.lines, "\n".join(trouble.lines)
