# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""An example of how numbers are typed in a country."""

from functools import cache

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from .bound import FieldText
from .contact import classify_number


@cache
def example_number(country: FieldText) -> str | None:
    """Return a mobile number as typed in ``country``, ``None`` if unknown.

    It is usable by the rules of this package, even in a process that has patched how
    ``phonenumbers`` formats.

    >>> example_number("BR")
    '(11) 96123-4567'
    >>> example_number("XX") is None
    True
    """
    if not country:
        return None
    number = phonenumbers.example_number_for_type(
        country.upper(), PhoneNumberType.MOBILE
    )
    if not number:
        return None
    for style in (PhoneNumberFormat.NATIONAL, PhoneNumberFormat.INTERNATIONAL):
        text = phonenumbers.format_number(number, style)
        if classify_number(text, country).kind.usable:
            return text
    return None
