"""Two recorded runs of the same tests: the rows of the table, and what is wrong."""

import json
import re

import odoo_source
import pytest
from commands.neighbours import ODOO
from neighbour_runs import compare, read

PERFORMANCE = "odoo.addons.test_mail.tests.test_performance.TestPerformance"


def ended(outcome, test=f"{PERFORMANCE}.test_form"):
    return {"test": test, "outcome": outcome}


def counted(queries, budget=24, login="admin", line=7, test=f"{PERFORMANCE}.test_form"):
    return {
        "test": test,
        "login": login,
        "line": line,
        "queries": queries,
        "budget": budget,
    }


def rows(ours, plain):
    """What two runs come to, as tuples; a run is a list of what was recorded."""
    found = compare(*(read(map(json.dumps, lines)) for lines in (ours, plain)))
    return [
        (row.suite, row.test, row.block, row.ours, row.plain, row.budget, row.verdict)
        for row in found
    ]


def test_a_row_for_each_test_and_each_counted_block():
    lines = [counted(20), counted(3, login="demo"), ended("passed")]
    what = ("test_mail", "test_performance.TestPerformance.test_form")
    assert rows(lines, lines) == [
        (*what, "admin:7", 20, 20, 24, ""),
        (*what, "demo:7", 3, 3, 24, ""),
        (*what, "", "passed", "passed", None, ""),
    ]


def test_a_block_that_comes_again_has_a_row_of_its_own():
    plain = [counted(5), counted(6)]
    found = rows([counted(5), counted(8)], plain)
    assert [row[2:5] for row in found] == [("admin:7", 5, 5), ("admin:7 #2", 8, 6)]


@pytest.mark.parametrize(
    "ours, plain, verdict",
    [
        ("passed", "passed", ""),
        ("failed", "failed", ""),
        ("skipped", "skipped", ""),
        ("failed", "passed", "differs"),
        ("passed", "failed", "differs"),
        ("error", "failed", "differs"),
        ("skipped", "passed", "differs"),
    ],
)
def test_outcomes(ours, plain, verdict):
    [row] = rows([ended(ours)], [ended(plain)])
    assert row[3:] == (ours, plain, None, verdict)


@pytest.mark.parametrize(
    "ours, plain, verdict",
    [
        (24, 24, ""),
        (24, 20, ""),
        (25, 24, "over its budget"),
        (25, 25, ""),
        (29, 25, ""),  # nor are we to blame for a budget that Odoo itself exceeds
        (31, 25, "more than 5 above plain"),
        (24, 19, ""),
        (24, 18, "more than 5 above plain"),
        (40, 20, "over its budget"),
        (20, 24, ""),
    ],
)
def test_numbers_of_queries(ours, plain, verdict):
    [row] = rows([counted(ours)], [counted(plain)])
    assert row[3:] == (ours, plain, 24, verdict)


def test_what_one_run_has_not_come_to():
    setup = f"setUpClass ({PERFORMANCE})"
    ours, plain = [ended("error", setup)], [counted(20), ended("passed")]
    form = "test_performance.TestPerformance.test_form"
    assert rows(ours, plain) == [
        ("test_mail", form, "admin:7", None, 20, 24, "differs"),
        ("test_mail", form, "", None, "passed", None, "differs"),
        (
            *("test_mail", "setUpClass (test_performance.TestPerformance)", ""),
            *("error", None, None, "differs"),
        ),
    ]


def test_selected_tests_are_there():
    """A file that Odoo has moved would select nothing, in silence."""

    (folder,) = odoo_source.ensure().addons
    for suite, tags in ODOO.items():
        for tag in tags:
            assert re.fullmatch(rf"/{suite}(/tests/\w+\.py)?", tag)
            assert list((folder / f"{suite}/tests").glob("test_*.py")), suite
            assert (folder / tag[1:]).exists(), tag
