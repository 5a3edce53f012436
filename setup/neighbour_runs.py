"""Compare two runs of the same tests: with our addons and without them.

Standard library only. A run is what `tests/neighbours/test_recorder` has recorded.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# Queries that our addons may add to a counted block.
SHARE = 5

# A test's outcome, or a block's number of queries.
Outcome = str | int
# Outcome and budget of queries, if any, by test and block; see `read`.
Run = Mapping[tuple[str, str], tuple[Outcome, int | None]]


@dataclass
class Row:
    """One test, or one block in it whose queries it counts.

    ``ours`` and ``plain`` are its outcomes or numbers of queries, None where it was not
    reached; ``verdict`` says what is wrong with that, if anything.
    """

    suite: str
    test: str
    block: str
    ours: Outcome | None
    plain: Outcome | None
    budget: int | None
    verdict: str = ""


def read(lines: Iterable[str]) -> Run:
    """Return a run: ``{(test, block): (outcome or queries, budget)}``.

    A block is named by its user and line, with a number where these are repeated; the
    name is empty for the test as a whole.

    :param lines: of JSON
    """
    found: dict[tuple[str, str], tuple[Outcome, int | None]] = {}
    times = Counter[tuple[str, str]]()
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


def compare(ours: Run, plain: Run) -> list[Row]:
    """Return a row for each test and each block, by suite, in the order they ran.

    :param ours: the run with our addons
    :param plain: the run without them
    """
    rows, nothing = [], (None, None)
    for test, block in {**plain, **ours}:
        with_us, budget = ours.get((test, block), nothing)
        without, other = plain.get((test, block), nothing)
        budget = other if budget is None else budget
        wrong = verdict(with_us, without, budget, counted=bool(block))
        row = Row(suite(test), name(test), block, with_us, without, budget, wrong)
        rows.append(row)
    return sorted(rows, key=lambda row: row.suite)


def verdict(
    ours: Outcome | None, plain: Outcome | None, budget: int | None, counted: bool
) -> str:
    """Return what is wrong with an outcome or a number of queries, else an empty text.

    :param counted: it is a block's number of queries
    """
    if not (counted and isinstance(ours, int) and isinstance(plain, int)):
        return "" if ours == plain else "differs"
    if budget is not None and ours > budget >= plain:
        return "over its budget"
    return f"more than {SHARE} above plain" if ours > plain + SHARE else ""


def suite(test: str) -> str:
    """Return the module of Odoo that a test belongs to."""
    return test.partition("odoo.addons.")[2].partition(".")[0]


def name(test: str) -> str:
    """Return the name of a test within its module."""
    return test.replace(f"odoo.addons.{suite(test)}.tests.", "")
