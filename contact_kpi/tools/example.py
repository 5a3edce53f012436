# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A number to show as an example of how one is typed in a country."""

from functools import cache

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from .contact import classify_number


@cache
def example_number(country):
    """Return a mobile number as typed in ``country``, ``None`` if unknown.

    It is a contact by the rules of this package, in a process that has changed
    how numbers are formatted, too.

    >>> example_number("BR")
    '(11) 96123-4567'
    >>> example_number("XX") is None
    True
    """
    number = country and phonenumbers.example_number_for_type(
        country.upper(), PhoneNumberType.MOBILE
    )
    if not number:
        return None
    for style in (PhoneNumberFormat.NATIONAL, PhoneNumberFormat.INTERNATIONAL):
        text = phonenumbers.format_number(number, style)
        if classify_number(text, country).kind.usable:
            return text
    return None
