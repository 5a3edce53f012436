# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The one contact of a field that is worth taking over."""

import re
from typing import NamedTuple

from .bound import head
from .contact import (
    classify_email,
    classify_number,
    classify_phone,
    split_numbers,
)
from .email_address import close_at

_BETWEEN = re.compile(r"[\s,;:|/\\<>()\[\]\"']+")
# Addresses that nobody reads.
_MACHINE = re.compile(
    r"(?:no|do-?not)[._-]?reply|nao[._-]?respond(?:a|er)|mailer-daemon|postmaster"
    r"|bounces?",
    re.IGNORECASE,
)


class Pick(NamedTuple):
    """A contact as typed, its kind, and what tells it from another."""

    value: str
    kind: str
    key: str


def pick_phone(text, country, placeholders=()):
    """Return the best usable number of the field ``text``, else ``None``.

    As typed where it stands there whole and without words before it, otherwise as
    it is dialled.

    >>> pick_phone("11 2345-6789/96123-4567", "BR").value
    '+5511961234567'
    >>> pick_phone("(11) 2345-6789 / não tem", "BR").value
    '(11) 2345-6789'
    """
    phone = classify_phone(text, country, placeholders)
    if not phone or not phone.e164:
        return None
    whole = (
        number
        for number in split_numbers(text)
        if not number[0].isalpha()
        and classify_number(number, country, placeholders).e164 == phone.e164
    )
    return Pick(next(whole, phone.e164), phone.kind.value, phone.e164)


def pick_email(text, placeholders=()):
    """Return the first usable address of the field ``text``, else ``None``.

    Addresses that machines write from are not.

    >>> pick_email('"Ana" <Ana@oficina.com.br>').value
    'ana@oficina.com.br'
    """
    for token in _BETWEEN.split(close_at(head(text or ""))):
        kind = classify_email(token, placeholders) if "@" in token else None
        if kind and kind.usable and not _MACHINE.match(token):
            address = token.casefold()
            return Pick(address, kind.value, address)
    return None
