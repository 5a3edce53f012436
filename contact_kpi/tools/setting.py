# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whole numbers that an administrator chooses, kept as text under a key."""

from typing import NamedTuple


class Setting(NamedTuple):
    """A number of days, months, customers…; 0 always means none, never or for ever.

    The settings' screen refuses what is not :meth:`allowed`. A parameter can also be
    typed by hand, where nothing is refused: :meth:`chosen` says what is in force then.

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
    #: Nobody has chosen.
    default: int
    #: What may be chosen besides 0, both included.
    least: int = 1
    most: int = 2**31 - 1
    #: A text that is no whole number; none: the default.
    unreadable: int | None = None
    #: A number below 0; none: as a text that is no number.
    negative: int | None = None
    #: Whether what was typed by hand is brought within the bounds, or taken as it is.
    bounded: bool = True

    def chosen(self, text):
        """Return the number in force where ``text`` is kept; it never fails.

        >>> Setting("sharing", 5, 2, 100, bounded=False).chosen("1")
        1
        >>> Setting("months", 12, negative=0).chosen("-5")
        0
        """
        if not text:
            return self.default
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

    def allowed(self, number):
        """Return whether the settings' screen takes ``number``."""
        return number == 0 or self.least <= number <= self.most
