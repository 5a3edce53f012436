# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The same tax number, however it is typed."""

import re

from .bound import MOST_READ

# Shorter ones are words such as "/" or "ISENTO", not numbers of somebody.
_DIGITS = 5
_CNPJ, _CPF = 14, 11


def normalize_tax_id(text, country=None):
    """Return letters and digits of a tax number without its country, else ``None``.

    :param country: two letters, which the number may begin with
    :return: None also for a text longer than what is read of any field

    >>> normalize_tax_id("BR 12.345.678/0001-95", "BR")
    '12345678000195'
    >>> normalize_tax_id("isento"), normalize_tax_id("000.000.000-00")
    (None, None)
    """
    text = text or ""
    if len(text) > MOST_READ:
        return None
    core = re.sub(r"[^0-9A-Z]", "", text.upper())
    prefix = (country or "").upper()
    if prefix and core.startswith(prefix):
        core = core.removeprefix(prefix)
    if sum(char.isdigit() for char in core) < _DIGITS or not core.strip(core[0]):
        return None
    return core


def spellings(text, country=None):
    """Return how others may have typed this tax number, for a search by index.

    As typed; letters and digits alone, with and without the country; as Brazil
    prints CNPJ and CPF. Empty for what is no number.

    >>> sorted(spellings("12345678909", "BR"))
    ['123.456.789-09', '12345678909', 'BR12345678909']
    """
    core = normalize_tax_id(text, country)
    if not core:
        return set()
    found = {text, core}
    if country:
        found.add(country.upper() + core)
    if len(core) == _CNPJ:
        found.add(f"{core[:2]}.{core[2:5]}.{core[5:8]}/{core[8:12]}-{core[12:]}")
    elif len(core) == _CPF:
        found.add(f"{core[:3]}.{core[3:6]}.{core[6:9]}-{core[9:]}")
    return found
