# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How many groups of related things are there?"""


def count_groups(members):
    """Return the number of groups of ``members`` that have nothing in common.

    :param members: for each its keys; two that share a key are related, and so
        are two that are related to a third
    Cost: close to linear in the number of keys.

    >>> count_groups([{"a"}, {"b"}, {"a", "c"}, {"c", "d"}, {"e"}])
    3
    """
    above = {}

    def top(key):
        while above.setdefault(key, key) != key:
            above[key] = above[above[key]]
            key = above[key]
        return key

    for keys in members:
        first, *others = keys
        for other in others:
            above[top(other)] = top(first)
        top(first)
    return sum(key == over for key, over in above.items())
