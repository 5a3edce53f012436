# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which queries grouping sets are read in, and whose rows are whose."""

import pytest

from contact_kpi.tools.grouping_sets import read_apart


def dates_of(groupby):
    return tuple(spec for spec in groupby if spec.startswith("date"))


def read_log(grouping_sets, order):
    """The queries made, and the rows of each set."""
    queries = []

    def read(key, sets, sub_order):
        queries.append((key, sets, sub_order))
        return [[(len(queries), *groupby)] for groupby in sets]

    return read_apart(grouping_sets, order, dates_of, read), queries


def test_a_pivot_is_read_once_per_set_of_dates_and_comes_back_in_order():
    sets = [["date:month", "user"], ["date:month"], ["user"], []]
    rows, queries = read_log(sets, "date:month desc, user, missing:sum")
    assert queries == [
        (
            ("date:month",),
            [["date:month", "user"], ["date:month"]],
            "date:month desc, user, missing:sum",
        ),
        ((), [["user"], []], "user, missing:sum"),
    ]
    assert rows == [
        [(1, "date:month", "user")],
        [(1, "date:month")],
        [(2, "user")],
        [(2,)],
    ]


def test_sets_of_one_key_apart_in_the_question_are_read_together():
    rows, queries = read_log([["user"], ["date:day"], []], None)
    assert queries == [
        ((), [["user"], []], None),
        (("date:day",), [["date:day"]], None),
    ]
    assert rows == [[(1, "user")], [(2, "date:day")], [(1,)]]


def test_an_order_of_which_nothing_remains_is_none():
    _rows, queries = read_log([["date:day"], []], " date:day desc ,")
    assert [query[2] for query in queries] == ["date:day desc", None]


def test_a_query_has_rows_for_each_of_its_sets():
    with pytest.raises(ValueError):
        read_apart([["user"], []], None, dates_of, lambda _key, sets, _order: sets[:1])
