"""Recorded runs of tests: the rows of the tables, and what is wrong."""

import json
import re

import neighbour_addons
import odoo_source
import pytest
from commands.neighbours import ODOO
from neighbour_runs import compare, read
from neighbour_trial import EDITS, FOLDER, OURS
from workspace import ROOT

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


CASE = "odoo.addons.test_contact_kpi"


def run_of(*ended):
    """A recorded run of tests that ended so: (module and test, outcome)."""
    return {(f"{CASE}_{test}", ""): (outcome, None) for test, outcome in ended}


def test_each_addon_is_pinned_and_in_one_group_or_left_out_with_a_reason():
    pinned = neighbour_addons.pins(neighbour_addons.PINS.read_text())
    grouped = [name for group in neighbour_addons.GROUPS.values() for name in group]
    assert sorted(pinned) == sorted(grouped)
    assert not pinned.keys() & neighbour_addons.LEFT_OUT.keys()
    assert all(neighbour_addons.LEFT_OUT.values())


def test_pins_are_those_of_addons():
    text = (
        "# odoo-addon-x==1\nodoo-addon-partner_mobile==19.0.1.0.0.7\ndnspython==2.9.2\n"
    )
    assert neighbour_addons.pins(text) == {"partner_mobile": "19.0.1.0.0.7"}


@pytest.mark.parametrize(
    "ours, plain, bad",
    [
        ("passed", "passed", False),
        ("failed", "passed", True),
        ("error", None, True),  # a view of ours: not there without us
        ("failed", "failed", False),
        ("skipped", None, False),
    ],
)
def test_a_view_that_fails_without_us_is_not_ours(ours, plain, bad):
    name = "views.tests.test_views.TestViews.test_ours"
    without = run_of((name, plain)) if plain else {}
    found = neighbour_addons.failed([run_of((name, ours))], without, "test_views")
    assert found == (".test_ours" if bad else "")


@pytest.mark.parametrize(
    "outcomes, word",
    [
        (["passed", "passed"], "ok"),
        (["passed", "failed"], "failed"),
        (["skipped", "skipped"], "skipped"),
        ([], "-"),
    ],
)
def test_what_came_of_the_edits_of_an_addon_in_both_orders(outcomes, word):
    runs = [
        run_of(
            ("oca.tests.test_edits.TestEdits.test_auditlog", outcome),
            ("oca.tests.test_edits.TestEdits.test_other", "error"),
        )
        for outcome in outcomes
    ]
    assert neighbour_addons.law("auditlog", runs) == word


def test_our_own_tests_are_counted_and_the_failed_ones_named():
    run = {
        **run_of(("a.tests.TestA.test_one", "passed"), ("a.TestA.test_two", "error")),
        (f"{CASE}_a.tests.TestA.test_one", "admin:7"): (12, 24),
    }
    assert neighbour_addons.own_tests(run) == ("1 of 2", ".test_two")


def test_edits_are_named_after_addons_and_our_tests_are_there():
    """A test of an addon that is in no group would never run, in silence."""
    folder = FOLDER / EDITS / "tests"
    text = (folder / "test_edits.py").read_text()
    named = set(re.findall(r"@beside\n    def test_(\w+)", text))
    assert named <= {n for group in neighbour_addons.GROUPS.values() for n in group}
    for name in OURS:
        assert (ROOT / "contact_kpi/tests" / f"{name}.py").exists(), name


def test_warnings_are_told_once_without_what_varies():
    head = "2041-03-04 15:00:00,000 7 {} db_7 odoo.addons.x: {}"
    lines = [
        head.format("WARNING", "Two fields of res.partner(7,)"),
        head.format("WARNING", "Two fields of res.partner(12,)"),
        head.format("ERROR", "FAIL: a test, which its outcome tells"),
        head.format("INFO", "nothing"),
        "Traceback of something",
        head.format("WARNING", "bad query: CREATE EXTENSION IF NOT EXISTS pg_trgm"),
    ]
    assert neighbour_addons.warned(lines) == {"Two fields of res.partner(0,)"}
