# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""However much somebody pasted into a field, only its beginning is read."""

import ast
from pathlib import Path

import pytest

from contact_kpi import tools
from contact_kpi.report import layout
from contact_kpi.tools import email_address, phone_text, pick, placeholder, tax_id
from contact_kpi.tools.contact import (
    MOST_READ,
    classify_email,
    classify_number,
    classify_number_slowly,
    classify_phone,
    read_emails,
    read_phones,
    split_numbers,
    suggest_email,
)
from contact_kpi.tools.correction import correct_email, correct_phone
from contact_kpi.tools.email_slip import find_slip

NOTHING = frozenset(("não tem", "@example.com"))


def read_brazilian(text):
    return read_phones(text, "BR")


# Whoever reads a field, or a text that an administrator listed.
READERS = {
    "classify_email": lambda text: classify_email(text, NOTHING),
    "read_emails": lambda text: read_emails(text, NOTHING),
    "suggest_email": lambda text: suggest_email(text) or "",
    "find_slip": find_slip,
    # Of the field as it would be, the beginning: the rest stays behind it.
    "correct_email": lambda text: (correct_email(text, NOTHING) or "")[:1],
    "correct_phone": lambda text: (correct_phone(text, read_brazilian) or "")[:1],
    "classify_number": lambda text: classify_number(text, "BR", NOTHING),
    "classify_number_slowly": lambda text: classify_number_slowly(text, "BR"),
    "classify_phone": lambda text: classify_phone(text, "BR", NOTHING),
    "read_phones": lambda text: read_phones(text, "BR", NOTHING),
    "split_numbers": split_numbers,
    "clean": phone_text.clean,
    "pick_email": pick.pick_email,
    "pick_phone": lambda text: pick.pick_phone(text, "BR"),
    "normalize_placeholder": placeholder.normalize_placeholder,
    "a placeholder": lambda text: classify_phone("11 2345", "BR", (text,)),
    "a placeholder of e-mails": lambda text: classify_email("a@b.com.br", (text,)),
}
TAX = {
    "normalize_tax_id": lambda text: tax_id.normalize_tax_id(text, "BR"),
    "spellings": lambda text: tax_id.spellings(text, "BR") or None,
}
# What others have cut already.
OF_A_PIECE = {
    *("only_digits", "without_extension", "readings", "completions", "verdict"),
    *("_broken", "_digits", "_marked", "_runs", "_words", "is_rounded", "is_void"),
    *("_is_wordy", "_quick", "quick", "_read", "_but_own"),
    *("close_at", "_cleaned", "_in_field", "head", "normalized", "has"),
}
# Whole numbers, of which Python reads no more than 4,300 digits.
SETTINGS = {"chosen"}
# Layout of what is printed, which is printed whole.
PRINTED = {"text_width", "line_count", "paragraph_height"}
LIGATURE = "\ufdfa"  # of eighteen characters


class Pasted(str):
    """A text that may be cut, and refuses to be read as a whole."""

    __slots__ = ()

    def __getitem__(self, part):
        found = super().__getitem__(part)
        assert len(found) <= MOST_READ
        return str(found)

    def __iter__(self):
        raise AssertionError("read as a whole")


def refuse(self, *_arguments):
    raise AssertionError("read as a whole")


for method in ("casefold", "isascii", "isspace", "lower", "partition", "replace"):
    setattr(Pasted, method, refuse)
for method in ("rpartition", "split", "strip", "translate", "upper"):
    setattr(Pasted, method, refuse)

BEGINNINGS = ("", "11 96123-4567", "ana@oficina.com.br", "não tem")
BEGINNINGS += ("11 6123-4567", "ana@gmial.com")
FILLINGS = (" ", "\t", LIGATURE, "e\u0301", "1", "a", "@", "+", " / ", "ß", "(")
ENDS = ("", " 11 2345-6789", " bia@oficina.com.br")


@pytest.mark.parametrize("reader", [*READERS, *TAX])
@pytest.mark.parametrize("filling", FILLINGS, ids=ascii)
def test_the_beginning_is_the_answer(reader, filling):
    read = READERS.get(reader) or TAX[reader]
    for beginning in BEGINNINGS:
        begun = (beginning + filling * MOST_READ)[:MOST_READ]
        answer = read(begun) if reader in READERS else None
        for end in ENDS:
            assert read(Pasted(begun + filling + end)) == answer


def test_answers_to_what_is_too_long():
    far = " " * MOST_READ
    assert classify_phone("11 96123-4567" + far, "BR").e164 == "+5511961234567"
    assert classify_phone(far + "11 96123-4567", "BR") is None
    assert classify_number(far + "11 96123-4567", "BR").kind.value == "junk"
    assert classify_phone("x" * MOST_READ + " 11 96123-4567", "BR").kind.value == "junk"
    assert classify_email("ana@oficina.com.br" + far).value == "valid"
    assert classify_email(far + "ana@oficina.com.br") is None
    assert classify_email("a" * MOST_READ + "@oficina.com.br").value == "junk"
    assert pick.pick_email(far + "ana@oficina.com.br") is None
    assert pick.pick_phone(far + "11 96123-4567", "BR") is None
    assert tax_id.spellings("12345678909" + far, "BR") == set()


@pytest.mark.parametrize("text", [LIGATURE * 9999, "\ufb01" * 9999, "ß" * 9999])
def test_no_reading_is_longer_than_what_is_read(text):
    for name in ("clean", "normalize_placeholder"):
        assert 0 < len(READERS[name](text)) <= MOST_READ
    assert sum(map(len, split_numbers(text))) <= MOST_READ


def test_an_address_with_spaces_around_its_sign():
    for spaces in ("", " ", " \t\n", " " * 99):
        text = f" ana{spaces}@{spaces}oficina.com.br; bia @x"
        assert email_address.close_at(text) == "ana@oficina.com.br; bia@x"
        assert pick.pick_email(text).value == "ana@oficina.com.br"
        assert classify_email(text).value == "valid"
    assert email_address.close_at("a @ @ b") == "a@@b"


def test_every_reader_of_texts_is_known_here():
    found = set()
    folders = map(Path, (tools.__path__[0], layout.__path__[0]))
    for path in (path for folder in folders for path in folder.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                names = {argument.arg for argument in node.args.args}
                found |= {node.name} if "text" in names else set()
    known = OF_A_PIECE | SETTINGS | PRINTED | TAX.keys()
    assert found == known | (READERS.keys() & found)
