"""Compare two runs of the same tests: with our addons and without them.

Standard library only. A run is what `tests/neighbours/test_recorder` has written down.
"""

import json
from collections import Counter
from dataclasses import dataclass

# So many more queries of a counted block are our addons' share: law 12 of the design.
SHARE = 5


@dataclass
class Row:
    """One test, or one block in it whose queries it counts.

    ``ours`` and ``plain`` are its outcomes or numbers of queries, None where it did
    not get that far; ``verdict`` says what is wrong with that, if anything.
    """

    suite: str
    test: str
    block: str
    ours: str | int | None
    plain: str | int | None
    budget: int | None
    verdict: str = ""


def read(lines):
    """Return what a run has found: ``{(test, block): (outcome or queries, budget)}``.

    A block is named by its user and line, and by a number where they come again; the
    test as a whole has an empty name.

    :param lines: of JSON
    """
    found, times = {}, Counter()
    for line in map(json.loads, lines):
        test = line["test"]
        if "outcome" in line:
            found[test, ""] = line["outcome"], None
            continue
        place = f"{line['login']}:{line['line']}"
        times[test, place] += 1
        again = times[test, place]
        block = place if again == 1 else f"{place} #{again}"
        found[test, block] = line["queries"], line["budget"]
    return found


def compare(ours, plain):
    """Return a row for each test and each block, by suite, as they have run.

    :param ours: what :func:`read` has found with our addons
    :param plain: and without them
    """
    rows, nothing = [], (None, None)
    for test, block in plain | ours:
        with_us, budget = ours.get((test, block), nothing)
        without, other = plain.get((test, block), nothing)
        budget = other if budget is None else budget
        wrong = verdict(with_us, without, budget, counted=bool(block))
        row = Row(suite(test), name(test), block, with_us, without, budget, wrong)
        rows.append(row)
    return sorted(rows, key=lambda row: row.suite)


def verdict(ours, plain, budget, counted):
    """Say what is wrong with an outcome or, of a block, its number of queries."""
    if not counted or None in (ours, plain):
        return "" if ours == plain else "differs"
    if ours > budget >= plain:
        return "over its budget"
    return f"more than {SHARE} above plain" if ours > plain + SHARE else ""


def suite(test):
    """Return the module of Odoo that a test belongs to."""
    return test.partition("odoo.addons.")[2].partition(".")[0]


def name(test):
    """Return what tells a test from the others of its module."""
    return test.replace(f"odoo.addons.{suite(test)}.tests.", "")
