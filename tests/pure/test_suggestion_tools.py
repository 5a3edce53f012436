# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which contact of a field is taken over, who is related, and the same tax number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
)


def test_a_tax_number_however_typed():
    assert {normalize_tax_id(text, "BR") for text in SAME} == {"11222333000181"}
    assert spellings(SAME[0], "br") == set(SAME[:3])
    assert spellings("123.456.789-09") == {"123.456.789-09", "12345678909"}
    for nothing in (None, False, "", "/", "isento", "BR", "0000000000", "1234"):
        assert normalize_tax_id(nothing, "BR") is None
        assert spellings(nothing, "BR") == set()
