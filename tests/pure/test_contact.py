# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The tables of ``cases``, and what the interface promises besides."""

import ast
import doctest
import importlib
from importlib import resources
from pathlib import Path

import cases
import phonenumbers
import pytest

from contact_kpi.tools import contact, top_level_domain

TOOLS = Path(contact.__file__).parent


def test_tables_are_large_enough():
    assert len({text for text, *_ in cases.BRAZIL}) >= 80


@pytest.mark.parametrize(("text", "kind", "note"), cases.BRAZIL)
def test_brazil(text, kind, note):
    phone = contact.classify_phone(text, "BR")
    assert (phone.kind.value, phone.note) == (kind, note)
    assert bool(phone.e164) == phone.kind.usable == (kind not in ("invalid", "junk"))


@pytest.mark.parametrize(("text", "country", "kind", "note"), cases.ELSEWHERE)
def test_elsewhere(text, country, kind, note):
    phone = contact.classify_phone(text, country)
    assert (phone.kind.value, phone.note) == (kind, note)


@pytest.mark.parametrize(("text", "e164"), cases.DIALLED)
def test_dialled(text, e164):
    assert contact.classify_phone(text, "BR").e164 == e164


@pytest.mark.parametrize(("text", "country", "placeholder", "listed"), cases.LISTED)
def test_listed(text, country, placeholder, listed):
    for placeholders in ([placeholder], (placeholder,), {placeholder, "outro"}):
        phone = contact.classify_phone(text, country, placeholders)
        assert (phone.note == "placeholder") == listed
        if listed:
            assert phone == (contact.PhoneKind.JUNK, None, "placeholder")


@pytest.mark.parametrize(("text", "numbers"), cases.SPLIT)
def test_split(text, numbers):
    assert contact.split_numbers(text) == numbers
    for number in numbers:
        assert contact.split_numbers(number) in ([number], [])


@pytest.mark.parametrize(("text", "kind"), cases.EMAILS)
def test_email(text, kind):
    found = contact.classify_email(text)
    assert (found.value, found.usable) == (kind, kind == "valid")


@pytest.mark.parametrize(("text", "placeholder", "kind"), cases.LISTED_EMAILS)
def test_listed_email(text, placeholder, kind):
    for placeholders in ([placeholder], (placeholder, "outro@outro.com")):
        assert contact.classify_email(text, placeholders).value == kind


@pytest.mark.parametrize("text", contact.DEFAULT_PLACEHOLDERS)
def test_every_shipped_placeholder_is_junk(text):
    shipped = contact.DEFAULT_PLACEHOLDERS
    assert contact.classify_phone(text, "BR", shipped).kind.value == "junk"
    address = f"ana{text}" if text.startswith("@") else text
    assert contact.classify_email(address, shipped).value == "junk"


@pytest.mark.parametrize("text", cases.EMPTY)
def test_nothing_informed(text):
    assert contact.classify_phone(text, "BR") is None
    assert contact.classify_email(text) is None


def test_normalized_placeholders():
    same = ["Não tem", "nao tem", " NÃO-TEM! ", "na\u0303o\ttem", "não_tem"]
    assert {contact.normalize_placeholder(text) for text in same} == {"nao tem"}


@pytest.mark.parametrize(("text", "tax_id", "kind"), cases.OWN_TAX_ID)
def test_the_own_tax_id_is_no_number(text, tax_id, kind):
    phones = contact.read_phones(text, "BR", tax_id=tax_id)
    assert contact.best_phone(phones).kind.value == kind
    own = [phone for phone in phones if phone.note == "own_tax_id"]
    assert not any(phone.kind.usable or phone.e164 for phone in own)


def test_rank_and_usable():
    names = ["mobile", "either", "landline", "other", "invalid", "junk"]
    assert [kind.value for kind in contact.PHONE_RANK] == names
    assert [kind.usable for kind in contact.PHONE_RANK] == [True] * 4 + [False] * 2
    assert contact.PhoneKind.MOBILE == "mobile"


def test_version_names_the_library():
    own, library, domains = contact.RULES_VERSION.split("-", 2)
    assert int(own) > 1
    assert library == phonenumbers.__version__
    assert domains == top_level_domain.VERSION


def test_top_level_domains_are_those_of_the_list_of_that_day():
    """Another list has to be taken over, and makes other rules."""
    text = resources.read_text("publicsuffixlist", "public_suffix_list.dat", "utf-8")
    assert f"// VERSION: {top_level_domain.VERSION}_" in text
    listed = text.partition("// ===END ICANN DOMAINS===")[0].splitlines()
    ends = {line.rpartition(".")[2] for line in listed if line[:2] not in ("", "//")}
    expected = {end.encode("idna").decode() for end in ends} - {"arpa", "onion"}
    assert expected == top_level_domain.TOP_LEVEL_DOMAINS
    assert len(expected) > 1400


@pytest.mark.parametrize(("text", "meant"), cases.MEANT)
def test_did_you_mean(text, meant):
    assert contact.suggest_email(text) == meant
    if meant:
        assert contact.classify_email(meant).usable


def test_did_you_mean_is_no_verdict():
    assert contact.classify_email("ana@gmial.com").usable
    assert not contact.classify_email("ana@gmail.con").usable


def test_long_notes_are_no_trouble():
    for text in ("1 " * 5000, "ramal " * 5000, "a@" * 5000, "/" * 9999, "+" * 9999):
        assert not contact.classify_phone(text, "BR").kind.usable
        assert not contact.classify_email(text).usable


@pytest.mark.parametrize("path", sorted(TOOLS.glob("*.py")), ids=lambda path: path.stem)
def test_pure_and_documented(path):
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in getattr(node, "names", [])]
        if isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            assert not any(name.split(".")[0] == "odoo" for name in names)
    name = "" if path.stem == "__init__" else f".{path.stem}"
    module = importlib.import_module(f"contact_kpi.tools{name}")
    assert doctest.testmod(module).failed == 0
