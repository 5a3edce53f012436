# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How a Brazilian number is written tells whether a digit is missing.

A mobile of today that lost one digit has the ten digits of a landline, or of a mobile
before 2016. Only the gaps between the digits tell them apart.
"""

import re
from itertools import accumulate

#: Whether a text is written as most are, so that nothing here speaks against it.
is_usual = re.compile(
    r"(?:\+?55[ -]?)?(?:\(0?[1-9]\d\)|0?[1-9]\d)[ -]{0,3}"
    r"(?:9[ -])?\d{4,5}[ -]{0,3}\d{4}"
    r"|0?[3589]00[ -]?\d{3}[ -]?\d{3,4}|[34]\d{3}[ -]?\d{4}",
    re.ASCII,
).fullmatch
# A CPF, and a postcode as printed.
_DOCUMENT = re.compile(r"\d{9}-\d\d|\d{5}-\d{3}")
_BRACKETS = re.compile(r"\(([^)]{1,6})\)")
#: Whether it is an area code, apart, and seven digits.
is_area_and_seven = re.compile(r"\D*(?:55\D+)?0?[1-9][1-9]\D+(?:\d\D*){7}").fullmatch
_TEN = 10


def _digits(text):
    return re.sub(r"\D", "", text)


def misspelt(typed, national, service=False):
    """Return why ``typed`` is no Brazilian number, as it is written, else ``None``.

    Brackets hold an area code, nothing less or more. Eight digits after it begin with
    no 9, and are apart in their middle, if anywhere. So a foreign number without its
    ``+`` is none of Brazil, either.

    :param typed: as typed, with what stands between the digits
    :param national: its area code and the rest, as the library reads it
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


def _breaks_area(typed, national):
    """Whether brackets hold something else than an area code or what is before it."""
    brackets = _BRACKETS.search(typed)
    if not brackets:
        return False
    before, inside = _digits(typed[: brackets.start()]), _digits(brackets[1])
    after, rest = len(_digits(typed[brackets.end() :])), len(national) - 2
    behind = before.endswith(national[:2]) and len(inside) + after == rest
    return bool(inside) and not (after == rest or after >= len(national) or behind)


def _breaks_ten(typed, national):
    """Whether ten digits are apart where those of no number are."""
    if len(national) != _TEN:
        return False
    groups = re.findall(r"\d+", typed)
    # Each gap by the number of digits behind it.
    gaps = set(accumulate(map(len, reversed(groups))))
    if national[2] in "678":
        return bool(gaps & {1, 2, 3, 5, 6, 7, 9})
    return national[2] == "9" or 9 in gaps or {4, 7} <= gaps
