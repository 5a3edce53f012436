# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The best contact of a field, to copy into another."""

from collections.abc import Collection
from typing import NamedTuple

from . import phone_plan
from .bound import FieldText
from .contact import classify_phone, read_emails, split_numbers
from .phone_text import readings


class Pick(NamedTuple):
    """A contact as typed, its kind, and the key by which duplicates are found."""

    value: str
    kind: str
    key: str


def pick_phone(
    text: FieldText,
    country: FieldText,
    placeholders: Collection[str] = (),
    tax_id: FieldText = None,
) -> Pick | None:
    """Return the best usable number of the field ``text``, else ``None``.

    As typed if it is complete there and begins with no word, otherwise in E.164 form.
    Parameters are those of ``contact.read_phones``.

    >>> pick_phone("11 2345-6789/96123-4567", "BR").value
    '+5511961234567'
    >>> pick_phone("(11) 2345-6789 / não tem", "BR").value
    '(11) 2345-6789'
    >>> pick_phone("1- 11 96123-4567", "BR").value
    '+5511961234567'
    """
    phone = classify_phone(text, country, placeholders, tax_id)
    if not text or not phone or not phone.e164:
        return None
    region = phone_plan.region_of(country)
    whole = (
        number
        for number in split_numbers(text)
        if not number[0].isalpha()
        and phone_plan.verdict(next(readings(number), ""), region).e164 == phone.e164
    )
    return Pick(next(whole, phone.e164), phone.kind.value, phone.e164)


def pick_email(text: FieldText, placeholders: Collection[str] = ()) -> Pick | None:
    """Return the first usable address of the field ``text``, else ``None``.

    >>> pick_email('"Ana" <Ana@oficina.com.br>').value
    'ana@oficina.com.br'
    """
    for address, kind in read_emails(text, placeholders):
        if kind.usable:
            return Pick(address, kind.value, address)
    return None
