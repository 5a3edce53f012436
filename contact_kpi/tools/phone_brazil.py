# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Detects a missing digit of a Brazilian number by how it is spelled.

A mobile of today that lost one digit has the ten digits of a landline, or of a mobile
before 2016. Only the gaps between the digits tell them apart.
"""

import re
from itertools import accumulate
from typing import Literal

#: Matches the usual spellings, which :func:`misspelt` never rejects.
is_usual = re.compile(
    r"(?:\+?55[ -]?)?(?:\(0?[1-9]\d\)|0?[1-9]\d)[ -]{0,3}"
    r"(?:9[ -])?\d{4,5}[ -]{0,3}\d{4}"
    r"|0?[3589]00[ -]?\d{3}[ -]?\d{3,4}|[34]\d{3}[ -]?\d{4}",
    re.ASCII,
).fullmatch
# A CPF or a postcode, formatted.
_DOCUMENT = re.compile(r"\d{9}-\d\d|\d{5}-\d{3}")
_BRACKETS = re.compile(r"\(([^)]{1,6})\)")
#: Matches an area code, set apart, and seven digits.
is_area_and_seven = re.compile(r"\D*(?:55\D+)?0?[1-9][1-9]\D+(?:\d\D*){7}").fullmatch
_TEN = 10


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def misspelt(
    typed: str, national: str, service: bool = False
) -> Literal["no_number", "digit_missing"] | None:
    """Return why the spelling ``typed`` is no Brazilian number, else ``None``.

    Brackets must hold exactly an area code. The eight digits after it must not begin
    with 9, and may be split in the middle only. This also rejects foreign numbers that
    lack their ``+``.

    :param typed: as typed, with the characters between the digits
    :param national: the national number, as the library parses it
    :param service: it is toll-free or the like, and has no area code

    >>> misspelt("(11) 8765-4321", "1187654321") is None
    True
    >>> [misspelt(text, re.sub("[^0-9]", "", text))
    ...  for text in ("(1) 98765-4321", "11 98765-432", "386-657-5617")]
    ['digit_missing', 'digit_missing', 'digit_missing']
    """
    if _DOCUMENT.fullmatch(typed):
        return "no_number"
    if service or not (_breaks_area(typed, national) or _breaks_ten(typed, national)):
        return None
    return "digit_missing"


def _breaks_area(typed: str, national: str) -> bool:
    """Return whether brackets hold anything but an area code or a prefix before it."""
    brackets = _BRACKETS.search(typed)
    if not brackets:
        return False
    before, inside = _digits(typed[: brackets.start()]), _digits(brackets[1])
    after, rest = len(_digits(typed[brackets.end() :])), len(national) - 2
    behind = before.endswith(national[:2]) and len(inside) + after == rest
    return bool(inside) and not (after == rest or after >= len(national) or behind)


def _breaks_ten(typed: str, national: str) -> bool:
    """Return whether ten digits are split where those of no number are."""
    if len(national) != _TEN:
        return False
    groups = re.findall(r"\d+", typed)
    # Each gap, as the number of digits after it.
    gaps = set(accumulate(map(len, reversed(groups))))
    if national[2] in "678":
        return bool(gaps & {1, 2, 3, 5, 6, 7, 9})
    return national[2] == "9" or 9 in gaps or {4, 7} <= gaps
