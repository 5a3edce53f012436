"""Write down how each test ends, and what each counted block of queries took.

A server-wide module of the process that runs the tests, started by
`./setup/neighbours`; the tests stay as they are. Writes lines of JSON to the file that
TEST_RECORD names: ``{"test", "outcome"}`` when a test has ended, and before that, for
each block of ``assertQueryCount``, ``{"test", "login", "line", "queries", "budget"}``.
"""

import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path

from odoo.tests import loader
from odoo.tests.common import BaseCase
from odoo.tests.result import OdooTestResult
from odoo.tests.suite import OdooSuite

RECORD = Path(os.environ["TEST_RECORD"])
assert_query_count = BaseCase.assertQueryCount
make_suite = loader.make_suite


def record(**line):
    """Add a line; at once, so that it is there if the process dies."""
    with RECORD.open("a") as file:
        file.write(json.dumps(line) + "\n")


@contextmanager
def recorded_query_count(self, default=0, flush=True, **counters):
    """Count as Odoo does, from its first flush to its last, and tell the number."""
    line = sys._getframe(2).f_lineno  # of the test: between is contextlib
    login = self.warm and self.env.user.login  # asked by Odoo then, too
    with assert_query_count(self, default, flush, **counters):
        start = self.cr.sql_log_count
        yield
    if self.warm:
        record(
            test=self.id(),
            login=login,
            line=line,
            queries=self.cr.sql_log_count - start,
            budget=counters.get(login, default),
        )


class Recorder(OdooTestResult):
    """Odoo's result of a suite, written down test by test."""

    # Between tests None: what goes wrong there belongs to a class.
    outcome = None

    def startTest(self, test):
        super().startTest(test)
        self.outcome = "passed"

    def stopTest(self, test):
        super().stopTest(test)
        record(test=test.id(), outcome=self.outcome)
        self.outcome = None

    def addError(self, test, err):
        super().addError(test, err)
        self._end(test, "error")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._end(test, "failed")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._end(test, "skipped")

    def _end(self, test, outcome):
        if self.outcome is None:
            record(test=test.id(), outcome=outcome)
        else:
            self.outcome = outcome


def complete_suite(module_names, position="at_install"):
    """Put off what Odoo runs while a module is loaded: ours build on it, and are last.

    All tests run once everything is there, as on a database in use.
    """
    names = list(module_names)
    if position == "at_install":
        return OdooSuite()
    return OdooSuite([*make_suite(names, "at_install"), *make_suite(names, position)])


BaseCase.assertQueryCount = recorded_query_count
loader.OdooTestResult = Recorder
loader.make_suite = complete_suite
