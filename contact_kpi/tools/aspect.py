# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is asked about contacts: an aspect has a few answers, the best one decides."""

from collections.abc import Callable
from typing import NamedTuple


class Aspect(NamedTuple):
    """One question about contacts and its answers, of a partner and of its family.

    >>> size = Aspect("size", "phone", "own", "family", ("long", "short"), str)
    >>> size.best(["short", "long"]), size.rank(["short"]), size.rank([])
    ('long', 2, 0)
    """

    #: What it is called in a version of the rules; unique, letters only.
    name: str
    #: Which fields it looks at: ``phone`` (all that hold numbers) or ``email``.
    reads: str
    #: Column of ``res.partner``: the best answer of what is typed there.
    own: str
    #: Column of ``res.partner``: the best answer among the active family.
    family: str
    #: The answers, strings, best first; in the database NULL is for nothing informed.
    kinds: tuple
    #: The answer to one ``Phone`` or one ``EmailKind``.
    kind_of: Callable
    #: Raised when the same contact may have another answer; the base's rules have a
    #: version of their own.
    version: str = ""

    @property
    def signature(self):
        """Name and version, to tell whether contacts must be looked at again."""
        return f"{self.name}:{self.version}" if self.version else self.name

    def best(self, contacts):
        """Return the best answer to these contacts, ``None`` if there are none."""
        if not contacts:
            return None
        if len(contacts) == 1:
            return self.kind_of(contacts[0])
        return min(map(self.kind_of, contacts), key=self.kinds.index)

    def best_of(self, answers):
        """Return the best of these answers on record, ``None`` if there are none.

        What is no answer any more is none.

        >>> Aspect("size", "phone", "own", "family", ("long", "short"), str).best_of(
        ...     ["short", None, "huge", "long"])
        'long'
        """
        known = [answer for answer in answers if answer in self.kinds]
        return min(known, key=self.kinds.index, default=None)

    def rank(self, contacts):
        """Return 1 for the best of its answers, and so on; 0 if there are none."""
        best = self.best(contacts)
        return 0 if best is None else 1 + self.kinds.index(best)
