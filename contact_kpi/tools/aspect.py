# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Classification of contacts: an aspect has a few answers, the best one decides."""

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, Literal, NamedTuple, TypeVar

Contact = TypeVar("Contact")


class Aspect(NamedTuple, Generic[Contact]):
    """One question about contacts and its answers, of a partner and of its family.

    >>> size = Aspect("size", "phone", "own", "family", ("long", "short"), str)
    >>> size.best(["short", "long"]), size.rank(["short"]), size.rank([])
    ('long', 2, 0)
    """

    #: Its name in the version of the rules; unique, letters only.
    name: str
    #: Which fields it looks at: ``phone`` (all that hold numbers) or ``email``.
    reads: Literal["phone", "email"]
    #: Column of ``res.partner``: the best answer among its own contacts.
    own: str
    #: Column of ``res.partner``: the best answer among the active family.
    family: str
    #: The answers, best first; in the database NULL means that none is given.
    kinds: tuple[str, ...]
    #: The answer for one ``Phone`` or one ``EmailKind``.
    kind_of: Callable[[Contact], str]
    #: To be raised when the same contact may get another answer; the rules of
    #: ``contact_kpi.tools`` have a version of their own.
    version: str = ""

    @property
    def signature(self) -> str:
        """Name and version; when it changes, contacts must be classified again."""
        return f"{self.name}:{self.version}" if self.version else self.name

    def best(self, contacts: Sequence[Contact]) -> str | None:
        """Return the best answer among these contacts, ``None`` if there are none."""
        if not contacts:
            return None
        if len(contacts) == 1:
            return self.kind_of(contacts[0])
        return min(map(self.kind_of, contacts), key=self.kinds.index)

    def best_of(self, answers: Iterable[str | None]) -> str | None:
        """Return the best of these stored answers, ``None`` if there are none.

        Answers of an earlier version that no longer exist are ignored.

        >>> Aspect("size", "phone", "own", "family", ("long", "short"), str).best_of(
        ...     ["short", None, "huge", "long"])
        'long'
        """
        known = [answer for answer in answers if answer in self.kinds]
        return min(known, key=self.kinds.index, default=None)

    def rank(self, contacts: Sequence[Contact]) -> int:
        """Return the rank of the best answer, 1 being the best; 0 without contacts."""
        best = self.best(contacts)
        return 0 if best is None else 1 + self.kinds.index(best)
