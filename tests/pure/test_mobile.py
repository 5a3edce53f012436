# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a number is to a messenger: tables, the library's examples, properties."""

import ast
import doctest
from pathlib import Path

import mobile_cases
import phonenumbers
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from contact_kpi.tools import contact
from contact_kpi_mechanic.tools import mobile

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
FORMATS = [
    PhoneNumberFormat.E164,
    PhoneNumberFormat.INTERNATIONAL,
    PhoneNumberFormat.NATIONAL,
    PhoneNumberFormat.RFC3966,
]
# Written out, so that nothing of the code under test says what to expect.
KINDS = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "maybe",
    PhoneNumberType.FIXED_LINE: "landline",
    PhoneNumberType.TOLL_FREE: "other",
    PhoneNumberType.PREMIUM_RATE: "other",
    PhoneNumberType.SHARED_COST: "other",
    PhoneNumberType.VOIP: "other",
    PhoneNumberType.PERSONAL_NUMBER: "other",
    PhoneNumberType.PAGER: "other",
    PhoneNumberType.UAN: "other",
    PhoneNumberType.VOICEMAIL: "other",
}
EXAMPLES = [
    (region, number)
    for region in REGIONS
    for number_type in KINDS
    if (number := phonenumbers.example_number_for_type(region, number_type))
]
USABLE = {"mobile", "without_nine", "trunking", "maybe", "landline", "other"}


def kinds(text, country):
    """Return the classes of all numbers of a field."""
    return [mobile.mobile_kind(phone) for phone in contact.read_phones(text, country)]


def decides(text, country):
    """Return the class of a field."""
    return mobile.best_kind(kinds(text, country))


@pytest.mark.parametrize(("text", "classes", "best"), mobile_cases.BRAZIL)
def test_brazil(text, classes, best):
    assert kinds(text, "BR") == classes
    assert decides(text, "BR") == best


@pytest.mark.parametrize(("text", "country", "kind"), mobile_cases.ELSEWHERE)
def test_elsewhere(text, country, kind):
    assert decides(text, country) == kind


def test_which_are_surely_mobiles():
    surely = [kind.value for kind in mobile.MobileKind if kind.surely_mobile]
    assert surely == ["mobile", "without_nine", "trunking"]
    assert int(mobile.RULES_VERSION) > 1


def test_tables_are_large_enough():
    assert len({text for text, *_ in mobile_cases.BRAZIL}) >= 90


@pytest.mark.parametrize("region", REGIONS)
def test_examples_are_what_the_library_says(region):
    seen = 0
    for number in [number for where, number in EXAMPLES if where == region]:
        expected = KINDS[phonenumbers.number_type(number)]
        national = phonenumbers.national_significant_number(number)
        for text in (national, f"+{number.country_code}{national}"):
            if phonenumbers.parse(text, region) != number:
                continue  # the library itself reads another number there
            seen += 1
            eight = region == "BR" and expected == "mobile" and len(national) == 10
            assert decides(text, region) == ("trunking" if eight else expected), text
    assert seen


def test_shared_ranges_are_maybe():
    shared = {
        region
        for region, number in EXAMPLES
        if KINDS[phonenumbers.number_type(number)] == "maybe"
    }
    assert {"US", "CA", "MX"} <= shared
    for region, number in EXAMPLES:
        if phonenumbers.number_type(number) == PhoneNumberType.FIXED_LINE_OR_MOBILE:
            e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
            assert decides(e164, region) == "maybe"


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(EXAMPLES), st.text("0123456789", min_size=3, max_size=6))
def test_formatting_never_changes_a_class(example, drawn):
    region, number = example
    national = phonenumbers.national_significant_number(number)
    national = national[: -len(drawn)] + drawn
    number = phonenumbers.parse(f"+{number.country_code}{national}", region)
    assume(phonenumbers.is_valid_number(number))
    first = decides(phonenumbers.format_number(number, 0), region)
    for format_ in FORMATS:
        text = phonenumbers.format_number(number, format_)
        try:
            again = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if again == number:
            assert decides(text, region) == first, text


@settings(max_examples=1000, deadline=None)
@given(
    st.integers(11, 99).filter(lambda area: area % 10),
    st.sampled_from("6789"),
    st.integers(0, 9999999),
    st.sampled_from(["", "+55", "+55 ", "0", "0 15 ", "55 ", "0xx15 "]),
)
def test_eight_digits_keep_their_label_in_any_format(area, first, rest, before):
    digits = f"{first}{rest:07}"
    typed = f"{before}{area} {digits[:4]}-{digits[4:]}"
    found = decides(typed, "BR")
    allowed = {"trunking", "without_nine"} if first == "7" else {"without_nine"}
    assert found in allowed | {"junk", "invalid"}
    number = phonenumbers.PhoneNumber(55, int(f"{area}{digits}"))
    for format_ in FORMATS:
        assert decides(phonenumbers.format_number(number, format_), "BR") == found


@settings(max_examples=1500, deadline=None)
@given(
    st.sampled_from(["BR", "BR", "BR", "AR", "DE", "MX", "PT", "US"]),
    st.sampled_from("0123456789"),
    st.integers(6, 15),
    st.sampled_from(["", "+", "11", "(11) ", "+55 11 ", "0 15 11 ", "+55 11 9"]),
    st.sampled_from(["", " ramal 21", " WhatsApp"]),
)
def test_junk_never_becomes_usable_by_formatting(region, digit, length, before, after):
    if any(char.isdigit() for char in before):
        region, length = "BR", max(length, 8)
    text = before + digit * length
    if decides(text + after, region) in USABLE:
        pytest.fail(f"{text + after} is no number of anybody")
    if decides(text, region) != "junk":
        return
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return
    for format_ in FORMATS:
        formatted = phonenumbers.format_number(number, format_)
        assert decides(formatted, region) not in USABLE, formatted


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), st.sampled_from([*REGIONS, None, "", "zz"]))
def test_any_text_gets_an_answer(text, country):
    assert decides(text, country) in (None, *mobile.MOBILE_RANK)


def test_every_kind_of_phone_has_a_class():
    for kind in contact.PhoneKind:
        phone = contact.Phone(kind, None, None)
        assert mobile.mobile_kind(phone) in mobile.MOBILE_RANK


def test_best_first_is_the_order_of_contacts_refined():
    """What is better as a contact is never worse as a mobile."""
    order = [
        mobile.MOBILE_RANK.index(mobile.mobile_kind(contact.Phone(kind, None, None)))
        for kind in contact.PHONE_RANK
    ]
    assert order == sorted(order)


def test_module_imports_no_odoo_and_its_examples_hold():
    tree = ast.parse(Path(mobile.__file__).read_text())
    imported = {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert imported == {"collections.abc", "enum", "typing"}
    done = doctest.testmod(mobile)
    assert (done.attempted > 2, done.failed) == (True, 0)
