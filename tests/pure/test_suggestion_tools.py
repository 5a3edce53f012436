# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which contact of a field is taken over, who is related, and the same tax number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_kpi.tools.bound import MOST_READ
from contact_kpi.tools.pick import pick_email, pick_phone
from contact_kpi.tools.related import count_groups
from contact_kpi.tools.tax_id import normalize_tax_id, spellings

LANDLINE, MOBILE = "(11) 2345-6789", "(11) 96123-4567"


@pytest.mark.parametrize(
    ("text", "country", "value", "key"),
    [
        (MOBILE, "BR", MOBILE, "+5511961234567"),
        ("11 6123-4567", "BR", "11 6123-4567", "+5511961234567"),
        (f"{LANDLINE} / {MOBILE}", "BR", MOBILE, "+5511961234567"),
        ("11 2345-6789/96123-4567", "BR", "+5511961234567", "+5511961234567"),
        ("11 2345-6789 ramal 21", "BR", "11 2345-6789 ramal 21", "+551123456789"),
        ("fone: 11 2345-6789", "BR", "+551123456789", "+551123456789"),
        ("1- 11 96123-4567", "BR", "+5511961234567", "+5511961234567"),
        ("2) 11 2345-6789 / não tem", "BR", "+551123456789", "+551123456789"),
        ("11 6123-4560", "BR", "11 6123-4560", "+5511961234560"),
        ("0 21 11 2345-6789", "BR", "0 21 11 2345-6789", "+551123456789"),
        ("03-1234-5678", "JP", "03-1234-5678", "+81312345678"),
    ],
)
def test_the_best_number_as_typed(text, country, value, key):
    pick = pick_phone(text, country)
    assert (pick.value, pick.key) == (value, key)


@pytest.mark.parametrize(
    "text", [None, False, "", " ", "não tem", "2345-6789", "(11) 0000-0000", "x@x.com"]
)
def test_no_number(text):
    assert pick_phone(text, "BR") is None
    assert pick_phone(MOBILE, "BR", ("11961234567",)) is None
    assert pick_phone(MOBILE, "BR", tax_id="119.612.345-67") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("rui@oficina.com.br", "rui@oficina.com.br"),
        ('"Rui, da Oficina" <Rui@Oficina.com.br>', "rui@oficina.com.br"),
        ("x@x; rui@oficina.com.br, ana@oficina.com.br", "rui@oficina.com.br"),
        ("no-reply@banco.com.br rui@oficina.com.br", "rui@oficina.com.br"),
        ("rui @ oficina.com.br", "rui@oficina.com.br"),
    ],
)
def test_the_first_address(text, value):
    assert pick_email(text) == (value, "valid", value)


@pytest.mark.parametrize(
    "text",
    [
        *(None, False, "", "rui", "rui@oficina", "x@x", "xx@xxx.com"),
        *("noreply@a.com", "do-not-reply@a.com", "MAILER-DAEMON@a.com", "bounce@a.com"),
        *("nao-responda@a.com.br", "naoresponda@a.com.br", "nao.responder@a.com.br"),
    ],
)
def test_no_address(text):
    assert pick_email(text) is None
    assert pick_email("oi@example.com", ("@example.com",)) is None


def one_by_one(members):
    """Merge any two groups that share a key until none do."""
    groups = [set(keys) for keys in members]
    merged = True
    while merged:
        merged = False
        for group in groups:
            for other in groups:
                if group is not other and group & other:
                    group |= other
                    groups.remove(other)
                    merged = True
                    break
            if merged:
                break
    return len(groups)


@given(st.lists(st.sets(st.integers(0, 12), min_size=1, max_size=3), max_size=12))
def test_groups_are_those_of_merging_one_by_one(members):
    assert count_groups(members) == one_by_one(members)


SAME = (
    "11.222.333/0001-81",
    "11222333000181",
    "BR11222333000181",
    "11 222 333 0001 81",
    "11222333/0001-81",
    "BR 11.222.333/0001-81",
    "br11222333000181",
)
# Letters, from July 2026 on: the tax office's own example.
LETTERS = (
    "12.ABC.345/01DE-35",
    "12ABC34501DE35",
    "br12abc34501de35",
    "12abc345/01de-35",
)


def test_a_tax_number_however_typed():
    assert {normalize_tax_id(text, "BR") for text in SAME} == {"11222333000181"}
    assert {normalize_tax_id(text, "BR") for text in LETTERS} == {"12ABC34501DE35"}
    for twins in (SAME, LETTERS):
        for text in twins:
            assert set(twins) <= spellings(text, "br"), text
    assert {"123.456.789-09", "12345678909"} < spellings("123.456.789-09")
    assert not {"BR12345678909"} & spellings("123.456.789-09")
    for nothing in (None, False, "", "/", "isento", "BR", "0000000000", "1234"):
        assert normalize_tax_id(nothing, "BR") is None
        assert normalize_tax_id(nothing) is None
        assert spellings(nothing, "BR") == set()


def check_digits(root):
    """Return a CNPJ with its check digits, as the tax office explains them."""
    for first in (5, 6):
        weights = [*range(first, 1, -1), *range(9, 1, -1)]
        total = sum((ord(char) - 48) * w for char, w in zip(root, weights, strict=True))
        root += str(0 if total % 11 < 2 else 11 - total % 11)
    return root


@pytest.mark.parametrize("root", ["BRABCDEFGHIJ", "BR1A2B3C0001", "ABCDEFGHIJKL"])
def test_a_cnpj_of_letters_is_one(root):
    number = check_digits(root)
    printed = (
        f"{number[:2]}.{number[2:5]}.{number[5:8]}/{number[8:12]}-{number[12:]}".lower()
    )
    for text in (number, printed, f"BR{number}", f"br {printed}"):
        assert normalize_tax_id(text, "BR") == number, text
        assert printed in spellings(text, "BR")
    assert normalize_tax_id(number) == number


def test_few_digits_are_a_number_by_their_check_digits_only():
    assert check_digits("12ABC34501DE") == "12ABC34501DE35"
    wrong = str((int(check_digits("ABCDEFGHIJKL")[-2:]) + 1) % 100).zfill(2)
    assert normalize_tax_id("ABCDEFGHIJKL" + wrong, "BR") is None
    for word in ("NAOCONTRIBUI", "CONTRIBUINTE ISENTO", "NAOINFORMADO99"):
        assert normalize_tax_id(word, "BR") is None
    assert normalize_tax_id("BR123456789012", "BR") == "BR123456789012"
    assert normalize_tax_id("PT 501 964 843", "PT") == "501964843"


@pytest.mark.parametrize(
    ("text", "country", "core"),
    [
        ("12345", None, "12345"),
        ("1212121212", None, "1212121212"),
        ("BR1234", "BR", None),
        ("BR isento", "BR", None),
        ("PT12345", "PT", "12345"),
        ("12345" + " " * (MOST_READ - 5), None, "12345"),
        ("12345" + " " * (MOST_READ - 4), None, None),
    ],
)
def test_what_is_long_enough_for_a_tax_number(text, country, core):
    assert normalize_tax_id(text, country) == core


def test_every_check_digit_of_letters():
    """Each of the eleven remainders occurs, for both digits."""
    for count in range(60):
        root = "ABCDEFGHIJ" + chr(65 + count % 26) + chr(65 + count // 26)
        number = check_digits(root)
        assert normalize_tax_id(number, "BR") == number
        for place in (12, 13):
            for digit in set("0123456789") - {number[place]}:
                wrong = number[:place] + digit + number[place + 1 :]
                assert normalize_tax_id(wrong, "BR") is None
