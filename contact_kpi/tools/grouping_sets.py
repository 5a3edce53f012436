# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Grouping sets that need different rows are read apart. No Odoo."""


def read_apart(grouping_sets, order, key, read):
    """Read grouping sets in as few queries as there are keys among them.

    :param grouping_sets: lists of specs
    :param order: as SQL has it, or empty; terms that no set of a query groups by
        would be an error there, and are left out of it
    :param key: function of a grouping set; those of one key are read together
    :param read: function of a key, its grouping sets and their order, giving the
        rows of each of these sets
    :return: the rows of each grouping set
    """
    specs = {spec for groupby in grouping_sets for spec in groupby}
    terms = [term.strip() for term in (order or "").split(",") if term.strip()]
    by_key = {}
    for index, groupby in enumerate(grouping_sets):
        by_key.setdefault(key(groupby), []).append(index)
    result = [[] for _groupby in grouping_sets]
    for each, indexes in by_key.items():
        sets = [grouping_sets[index] for index in indexes]
        absent = specs - {spec for groupby in sets for spec in groupby}
        kept = [term for term in terms if term.split()[0] not in absent]
        rows = read(each, sets, ", ".join(kept) or None)
        for index, group_rows in zip(indexes, rows, strict=True):
            result[index] = group_rows
    return result
