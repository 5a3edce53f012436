# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What may be believed of a context: clients send contexts, but no Python objects."""

from typing import Any, NamedTuple


class Handover(NamedTuple):
    """A value that our own code hands on to itself through the context.

    >>> context = {"ours": Handover([1, 2]), "sent": [1, 2]}
    >>> handed_over(context, "ours"), handed_over(context, "sent")
    ([1, 2], None)
    """

    value: Any = True


def handed_over(context, key):
    """Return what our own code has put under this key, ``None`` if anybody else."""
    found = context.get(key)
    return found.value if isinstance(found, Handover) else None
