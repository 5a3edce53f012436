# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Age classes of open gaps, as reports show them."""

_CLASSES = ((7, "0-7"), (30, "8-30"), (90, "31-90"), (365, "91-365"))


def age_class(days: float) -> str:
    """Return the class of an age in days, its upper bound included.

    >>> [age_class(days) for days in (7, 8, 365, 366)]
    ['0-7', '8-30', '91-365', 'over']
    """
    return next((name for limit, name in _CLASSES if days <= limit), "over")
