# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Normal form and spellings of tax IDs."""

import operator
import re

from .bound import MOST_READ, FieldText

# With fewer it is a text such as "/" or "ISENTO", no tax ID.
_DIGITS = 5
_CPF = 11
# Brazil's CNPJ may have letters, but for its two check digits.
_CNPJ = re.compile(r"[0-9A-Z]{12}[0-9]{2}")
_WEIGHTS = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
_IN_BRAZIL = ("", "BR")


def _has_check_digits(cnpj: str) -> bool:
    """Return whether the check digits of a CNPJ are valid."""
    for weights in (_WEIGHTS[1:], _WEIGHTS):
        values = (ord(char) - 48 for char in cnpj)
        rest = sum(map(operator.mul, values, weights)) % 11
        if int(cnpj[len(weights)]) != (0 if rest < 2 else 11 - rest):
            return False
    return True


def normalize_tax_id(text: FieldText, country: FieldText = None) -> str | None:
    """Return letters and digits of a tax ID without its country, else ``None``.

    :param country: two letters, which the tax ID may begin with
    :return: None also for a text longer than :data:`bound.MOST_READ`

    >>> normalize_tax_id("BR 12.345.678/0001-95", "BR")
    '12345678000195'
    >>> normalize_tax_id("br.abc.def/ghij-42", "BR")
    'BRABCDEFGHIJ42'
    >>> normalize_tax_id("isento"), normalize_tax_id("000.000.000-00")
    (None, None)
    """
    text = text or ""
    if len(text) > MOST_READ:
        return None
    core = re.sub(r"[^0-9A-Z]", "", text.upper())
    prefix = (country or "").upper()
    cnpj = prefix in _IN_BRAZIL and _CNPJ.fullmatch(core)
    if prefix and core.startswith(prefix) and not cnpj:
        core = core.removeprefix(prefix)
        cnpj = prefix in _IN_BRAZIL and _CNPJ.fullmatch(core)
    few = sum(char.isdigit() for char in core) < _DIGITS
    if not core.strip(core[:1]) or (few and not (cnpj and _has_check_digits(core))):
        return None
    return core


def spellings(text: FieldText, country: FieldText = None) -> set[str]:
    """Return how this tax ID may have been typed, for an indexed search.

    As given; letters and digits only; as Brazil formats CNPJ and CPF, with fewer
    punctuation marks, with spaces; each with and without the country, and in lower
    case. Empty for what is no tax ID.

    >>> {"123.456.789-09", "BR12345678909"} < spellings("12345678909", "BR")
    True
    """
    core = normalize_tax_id(text, country)
    if not text or not core:
        return set()
    forms = {core}
    if _CNPJ.fullmatch(core):
        a, b, c, d, e = core[:2], core[2:5], core[5:8], core[8:12], core[12:]
        forms |= {f"{a}.{b}.{c}/{d}-{e}", f"{a}{b}{c}/{d}-{e}", f"{a} {b} {c} {d} {e}"}
        forms.add(f"{a}.{b}.{c}/{d}{e}")
    elif len(core) == _CPF:
        a, b, c, d = core[:3], core[3:6], core[6:9], core[9:]
        forms |= {f"{a}.{b}.{c}-{d}", f"{a}{b}{c}-{d}", f"{a} {b} {c} {d}"}
    if country:
        prefix = country.upper()
        forms |= {prefix + between + form for form in forms for between in ("", " ")}
    return {text} | forms | {form.lower() for form in forms}
