# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Run the tables where ``phonenumbers`` formats Brazil and Mexico differently.

``python patched.py odoo`` lets Odoo do that (status 77 where it is not installed);
``python patched.py stand-in`` does the like by itself. Prints what differs.
"""

import sys

import cases
import mobile_cases
import phonenumbers
from phonenumbers import NumberFormat, PhoneMetadata

from conftest import make_importable

NOT_INSTALLED = 77
# Junk, and the usable number that it becomes by formatting where patched.
BECOMES = ("(11) 0000-0000", "+55 11 90000-0000")


def stand_in():
    """Insert the ninth digit and drop Mexico's 1 when formatting."""
    formats = {
        "BR": (r"(\d\d)(\d{4})(\d{4})", r"\1 9\2-\3", "[1-9][1-9][016-9]"),
        "MX": (r"1(\d\d)(\d{4})(\d{4})", r"\1 \2 \3", "1"),
    }
    for region, (pattern, result, leading) in formats.items():
        metadata = PhoneMetadata.metadata_for_region(region)
        metadata._mutable = True
        metadata.intl_number_format.insert(
            0,
            NumberFormat(
                pattern=pattern, format=result, leading_digits_pattern=[leading]
            ),
        )


def differences(classify):
    """Yield every expectation that does not hold."""
    rows = [(text, "BR", kind, note) for text, kind, note in cases.BRAZIL]
    for text, country, kind, note in rows + cases.ELSEWHERE:
        phone = classify(text, country)
        if (phone.kind.value, phone.note) != (kind, note):
            yield text, country, phone
        if kind != "junk":
            continue
        try:
            number = phonenumbers.parse(text, country)
        except phonenumbers.NumberParseException:
            continue
        for format_ in range(4):
            formatted = phonenumbers.format_number(number, format_)
            if classify(formatted, country).kind.usable:
                yield text, country, formatted
    for text, e164 in cases.DIALLED:
        if classify(text, "BR").e164 != e164:
            yield text, e164


def mobile_differences(kinds):
    """Yield every expectation on mobiles that does not hold."""
    for text, classes, _best in mobile_cases.BRAZIL:
        if kinds(text, "BR") != classes:
            yield text, kinds(text, "BR")
        if classes != ["junk"]:
            continue
        try:
            number = phonenumbers.parse(text, "BR")
        except phonenumbers.NumberParseException:
            continue
        for format_ in range(4):
            formatted = phonenumbers.format_number(number, format_)
            if not {"junk", "invalid"}.issuperset(kinds(formatted, "BR")):
                yield text, formatted


def main(how):
    """Return the status of the process; see the module."""
    if how == "odoo":
        try:
            import odoo.addons.phone_validation.lib.phonenumbers_patch  # noqa: F401, PLC0415
        except ImportError:
            return NOT_INSTALLED
    else:
        stand_in()
    junk, mobile = BECOMES
    formatted = phonenumbers.format_number(phonenumbers.parse(junk, "BR"), 1)
    if formatted != mobile:
        print("not patched:", formatted)
        return 1
    make_importable()
    from contact_kpi.tools.contact import classify_phone, read_phones  # noqa: PLC0415
    from contact_kpi_mechanic.tools.mobile import mobile_kind  # noqa: PLC0415

    def kinds(text, country):
        return [mobile_kind(phone) for phone in read_phones(text, country)]

    found = [*differences(classify_phone), *mobile_differences(kinds)]
    print(*found, sep="\n")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
