"""What tests inside Odoo must not pass over: warnings in the log, skipped browsers."""

import json
import logging
import os
import random
import sys
from pathlib import Path

import pytest


class Trouble(logging.Handler):
    """Collect what Odoo logs at WARNING or above, except what a test expects itself.

    `mute_logger` and `assertLogs` keep such records from reaching the root logger.
    """

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []
        self.test = "between tests"

    def emit(self, record):
        from log_check import is_allowed  # noqa: PLC0415  found by ./setup/test only

        message = record.getMessage()
        if not is_allowed(message):
            self.lines.append(
                f"{record.levelname} {record.name} [{self.test}] {message}"
            )


def pytest_addoption(parser):
    """Let whoever runs the tests choose between a sample and everything."""
    group = parser.getgroup("contact_kpi")
    group.addoption("--long", action="store_true", help="everything, not a sample")
    group.addoption("--seed", type=int, help="choose the same sample again")


def pytest_report_header(config):
    """Print what repeats this run."""
    extent = "everything" if config.getoption("--long") else "a sample"
    return f"contact_kpi: {extent}, --seed {os.environ['CONTACT_KPI_SEED']}"


def pytest_configure(config):
    """Tell the tests how much to try, and listen to the log where Odoo runs here.

    Odoo's own test cases see nothing of pytest: they read the environment.
    """
    seed = config.getoption("--seed")
    seed = random.randrange(10**6) if seed is None else seed
    os.environ["CONTACT_KPI_SEED"] = str(seed)
    os.environ["CONTACT_KPI_LONG"] = "1" if config.getoption("--long") else ""
    config.trouble = None
    if config.pluginmanager.hasplugin("odoo"):
        config.trouble = Trouble()
        logging.getLogger().addHandler(config.trouble)


def pytest_runtest_logstart(nodeid, location):
    """Remember which test a line of the log belongs to."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, Trouble):
            handler.test = nodeid


def is_browser_test(item):
    """Tell whether a test drives a browser or speaks HTTP."""
    common = sys.modules.get("odoo.tests.common")
    return bool(common and item.cls and issubclass(item.cls, common.HttpCase))


def pytest_collection_finish(session):
    """Make the web client's bundles once, as Odoo's own runner does.

    Those that a test makes are rolled back with it, some ten seconds each time.
    """
    if any(map(is_browser_test, session.items)):
        from odoo.api import SUPERUSER_ID, Environment  # noqa: PLC0415
        from odoo.modules.registry import Registry  # noqa: PLC0415
        from odoo.tests.common import get_db_name  # noqa: PLC0415

        with Registry(get_db_name()).cursor() as cursor:
            bundles = Environment(cursor, SUPERUSER_ID, {})["ir.qweb"]
            bundles._pregenerate_assets_bundles()
            # Scripts load this one, when a graph or a pivot is first shown.
            lazy = "web.assets_backend_lazy"
            bundles._get_asset_bundle(lazy, css=False, js=True).js()
            bundles._get_asset_bundle(lazy, css=True, js=False).css()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Let a skipped browser test fail: Odoo skips them where it finds no browser."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and is_browser_test(item):
        reason = (
            report.longrepr[2]
            if isinstance(report.longrepr, tuple)
            else report.longrepr
        )
        report.outcome = "failed"
        report.longrepr = f"a browser test must not be skipped: {reason}"
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    """Let the run fail for what is in the log."""
    trouble = session.config.trouble
    if trouble and trouble.lines and session.exitstatus in (0, 5):
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter, config):
    """Show what is in the log; leave the counts for the summary of all suites."""
    if target := os.environ.get("CONTACT_KPI_COUNTS"):
        counts = {name: len(found) for name, found in terminalreporter.stats.items()}
        Path(target).write_text(json.dumps(counts))
    if config.trouble and config.trouble.lines:
        terminalreporter.section("warnings in Odoo's log", red=True)
        for line in config.trouble.lines:
            terminalreporter.write_line(line)
