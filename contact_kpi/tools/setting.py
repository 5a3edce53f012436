# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Integer settings, stored as text in a system parameter."""

from typing import NamedTuple

from .bound import FieldText


class Setting(NamedTuple):
    """A number of days, months, customers…; 0 disables it, or means for ever.

    The settings' form refuses what is not :meth:`allowed`. A system parameter can also
    be edited directly, unvalidated: :meth:`chosen` returns the effective value.

    >>> days = Setting("days", default=400, least=31, most=36500, unreadable=0)
    >>> [days.chosen(text) for text in (None, "", "60", "5", "0", "1000000")]
    [400, 400, 60, 31, 0, 36500]
    >>> [days.chosen(text) for text in ("never", "60.5", "-5")]
    [0, 0, 0]
    >>> [days.allowed(number) for number in (0, 30, 31, 36501, -1)]
    [True, False, True, False, False]
    """

    #: The system parameter.
    key: str
    #: Where the parameter is not set.
    default: int
    #: Bounds of what may be chosen besides 0, both included.
    least: int = 1
    most: int = 2**31 - 1
    #: Replaces a text that is no integer; None: the default does.
    unreadable: int | None = None
    #: Replaces a number below 0; None: as a text that is no integer.
    negative: int | None = None
    #: Whether a number out of bounds is clamped, or taken as it is.
    bounded: bool = True

    def chosen(self, text: FieldText) -> int:
        """Return the effective number where ``text`` is stored; never raises.

        >>> Setting("sharing", 5, 2, 100, bounded=False).chosen("1")
        1
        >>> Setting("months", 12, negative=0).chosen("-5")
        0
        """
        if not text:
            return self.default
        number: int | None
        try:
            number = int(text)
        except ValueError:
            number = None
        if number is not None and number < 0:
            number = self.negative
        if number is None:
            return self.default if self.unreadable is None else self.unreadable
        if not number or not self.bounded:
            return number
        return min(max(number, self.least), self.most)

    def allowed(self, number: int) -> bool:
        """Return whether the settings' form accepts ``number``."""
        return number == 0 or self.least <= number <= self.most
