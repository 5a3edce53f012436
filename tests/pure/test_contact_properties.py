# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What holds for any number: the library's kinds, formats, junk, the quick way."""

import random
import time

import phonenumbers
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from contact_kpi.tools import contact, phone_plan

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
FORMATS = {
    name: getattr(PhoneNumberFormat, name)
    for name in ("E164", "INTERNATIONAL", "NATIONAL", "RFC3966")
}
# Written out, so that nothing of the code under test says what to expect.
KINDS = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "either",
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
JUNK_REGIONS = ["AR", "BR", "DE", "GB", "GG", "MX", "NF", "PT", "SM", "US"]


def test_there_are_examples():
    assert len({region for region, _number in EXAMPLES}) == len(REGIONS) > 200
    assert len(EXAMPLES) > 900


@pytest.mark.parametrize("region", REGIONS)
def test_examples_are_what_the_library_says_in_any_format(region):
    for number in [number for where, number in EXAMPLES if where == region]:
        expected = KINDS[phonenumbers.number_type(number)]
        texts = {
            name: phonenumbers.format_number(number, format_)
            for name, format_ in FORMATS.items()
        }
        texts["typed"] = phonenumbers.national_significant_number(number)
        for name, text in texts.items():
            if phonenumbers.parse(text, region) != number:
                continue  # the library itself reads another number there
            for classify in (contact.classify_phone, contact.classify_number_slowly):
                phone = classify(text, region)
                assert phone.kind.value == expected, (region, name, text)
                assert phone.e164 == texts["E164"]


def _near(region, number, drawn):
    """Return ``number`` with other digits at its end."""
    national = phonenumbers.national_significant_number(number)
    national = national[: -len(drawn)] + drawn
    return phonenumbers.parse(f"+{number.country_code}{national}", region)


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(EXAMPLES), st.text("0123456789", min_size=3, max_size=6))
def test_formatting_never_changes_a_kind(example, drawn):
    region, number = example
    number = _near(region, number, drawn)
    assume(phonenumbers.is_valid_number(number))
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    first = contact.classify_phone(e164, region)
    for format_ in FORMATS.values():
        text = phonenumbers.format_number(number, format_)
        try:
            again = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if again == number:
            assert contact.classify_phone(text, region).kind == first.kind


@settings(max_examples=1500, deadline=None)
@given(
    st.sampled_from(REGIONS) | st.sampled_from(JUNK_REGIONS),
    st.sampled_from("0123456789"),
    st.integers(3, 15),
    st.sampled_from(["", "+", "11", "(11) ", "+55 11 ", "0 ", "0 15 11 ", "+55 11 9"]),
    st.sampled_from(["", " ramal 21", " (zap)"]),
)
def test_junk_stays_junk_when_formatted(region, digit, length, before, after):
    text = before + digit * length + after
    if any(char.isdigit() and char != digit for char in before):
        region, text = "BR", before + digit * max(length, 8) + after
    assert not contact.classify_phone(text, region).kind.usable
    if text.startswith("+") and len(text) < 5:
        return
    try:
        number = phonenumbers.parse(before + digit * max(length, 3), region)
    except phonenumbers.NumberParseException:
        return
    if contact.classify_phone(before + digit * max(length, 3), region).kind != "junk":
        return
    for format_ in FORMATS.values():
        formatted = phonenumbers.format_number(number, format_)
        assert not contact.classify_phone(formatted, region).kind.usable, formatted


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=60), st.sampled_from([*REGIONS, None, "", "zz"]))
def test_any_text_gets_an_answer(text, country):
    phone = contact.classify_phone(text, country)
    assert phone is None or phone.kind in contact.PHONE_RANK
    kind = contact.classify_email(text)
    assert kind is None or kind in contact.EmailKind
    assert all(part.strip() == part for part in contact.split_numbers(text))


@settings(max_examples=800, deadline=None)
@given(
    st.text("axb01._-+@", max_size=12),
    st.text("axb01.-", max_size=10),
    st.sampled_from(["com", "com.br", "c", "x", ""]),
)
def test_plain_addresses_are_no_exception(local, domain, end):
    text = f"{local}@{domain}.{end}"
    listed = ("a@a.com", "@x.com.br")
    for placeholders in ((), listed):
        plain = contact.classify_email(text, placeholders)
        assert plain == contact.classify_email(f"<{text}>", placeholders)


def _spellings(region, count, seed):
    """Yield ``count`` spellings around the examples of ``region``."""
    draw = random.Random(f"{region}{seed}")
    code = str(phonenumbers.country_code_for_region(region))
    examples = [
        phonenumbers.national_significant_number(number)
        for where, number in EXAMPLES
        if where == region
    ]
    before = ["", "", "", f"+{code}", f"+{code} ", "0", "1", code, "00" + code, "90"]
    for _turn in range(count):
        national = draw.choice(examples)
        kept = draw.randrange(len(national) + 1)
        changed = len(national) - kept
        if draw.random() < 0.1:
            changed = max(0, changed + draw.choice([-1, 1, 4]))
        digits = draw.choice("0123456789") if draw.random() < 0.1 else "0123456789"
        national = national[:kept] + "".join(draw.choices(digits, k=changed))
        cut = draw.randrange(len(national) + 1)
        parts = (national[:cut], national[cut:])
        text = draw.choice(["{}{}", "{} {}", "({}) {}", "{}-{}", "{} - {}"])
        yield draw.choice(before) + text.format(*parts)


@pytest.mark.parametrize("region", ["BR", "PT", "US", "AR", "DE", "MX"])
def test_the_quick_way_agrees(region):
    answered = 0
    plan = phone_plan.plan(region)
    for text in _spellings(region, 5000, seed=1):
        slow = contact.classify_number_slowly(text, region)
        verdict = plan.quick(text)
        if verdict is not None:
            answered += 1
            assert (verdict.kind, verdict.e164, verdict.note) == slow, text
        assert contact.classify_number(text, region) == slow, text
    assert answered > 500


def test_the_quick_way_agrees_everywhere():
    for region in REGIONS:
        for text in _spellings(region, 60, seed=2):
            quick = contact.classify_number(text, region)
            assert quick == contact.classify_number_slowly(text, region), text


def test_the_quick_way_is_worth_it():
    draw = random.Random(3)
    texts = [f"(11) 9{draw.randrange(10**7, 10**8)}" for _turn in range(4000)]

    def seconds(classify):
        start = time.perf_counter()
        for text in texts:
            classify(text, "BR")
        return time.perf_counter() - start

    seconds(contact.classify_phone)
    quick = min(seconds(contact.classify_phone) for _turn in range(3))
    assert quick * 3 < seconds(contact.classify_number_slowly)
