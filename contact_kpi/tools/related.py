# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Connected components, by union-find."""

from collections.abc import Hashable, Iterable
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def count_groups(members: Iterable[Iterable[Key]]) -> int:
    """Return the number of connected components of ``members``.

    :param members: the keys of each, at least one; members that share a key are
        connected
    :raise ValueError: one has no keys
    Cost: close to linear in the number of keys.

    >>> count_groups([{"a"}, {"b"}, {"a", "c"}, {"c", "d"}, {"e"}])
    3
    """
    above: dict[Key, Key] = {}

    def top(key: Key) -> Key:
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
