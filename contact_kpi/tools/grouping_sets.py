# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Grouping sets that need different rows are read by separate queries. No Odoo."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)
Group = TypeVar("Group")


def read_apart(
    grouping_sets: Sequence[Sequence[str]],
    order: str | None,
    key: Callable[[Sequence[str]], Key],
    read: Callable[[Key, list[Sequence[str]], str | None], Iterable[Sequence[Group]]],
) -> list[Sequence[Group]]:
    """Read grouping sets with one query per distinct key.

    :param grouping_sets: lists of groupby specs
    :param order: as in SQL, or empty; a query's order leaves out the terms that none
        of its sets groups by, which would be an error
    :param key: function of a grouping set; sets with the same key share a query
    :param read: function of a key, its grouping sets and their order, returning the
        rows of each of these sets
    :return: the rows of each grouping set

    >>> def read(key, sets, order):
    ...     print(key, sets, order)
    ...     return [[(key, *groupby)] for groupby in sets]
    >>> rows = read_apart([["month", "user"], [], ["month"]], "user, month", len, read)
    2 [['month', 'user']] user, month
    0 [[]] None
    1 [['month']] month
    >>> rows
    [[(2, 'month', 'user')], [(0,)], [(1, 'month')]]
    """
    specs = {spec for groupby in grouping_sets for spec in groupby}
    terms = [term.strip() for term in (order or "").split(",") if term.strip()]
    by_key: dict[Key, list[int]] = {}
    for index, groupby in enumerate(grouping_sets):
        by_key.setdefault(key(groupby), []).append(index)
    result: list[Sequence[Group]] = [[] for _groupby in grouping_sets]
    for each, indexes in by_key.items():
        sets = [grouping_sets[index] for index in indexes]
        absent = specs - {spec for groupby in sets for spec in groupby}
        kept = [term for term in terms if term.split()[0] not in absent]
        rows = read(each, sets, ", ".join(kept) or None)
        for index, group_rows in zip(indexes, rows, strict=True):
            result[index] = group_rows
    return result
