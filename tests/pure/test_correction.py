# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a field says once its slip is corrected: all else stands as it was typed."""

import pytest

from contact_kpi.tools.contact import MOST_READ, read_phones
from contact_kpi.tools.correction import correct_email, correct_phone

GMAIL = "ana@gmail.com"
NUMBER = "+5511987654321"


@pytest.mark.parametrize(
    ("text", "corrected"),
    [
        ("ana@gmial.com", GMAIL),
        ("Ana@Gmial.COM", "Ana@gmail.com"),
        (" ana@gmial.com ", " ana@gmail.com "),
        ("ana @ gmial.com", "ana @ gmail.com"),
        ("ana@gmail.con", GMAIL),
        ("ana@gmail", GMAIL),
        ("ana@gmail.com.br", GMAIL),
        ("ana@yaho.com.br", "ana@yahoo.com.br"),
        ("ana.b+c@hotnail.com", "ana.b+c@hotmail.com"),
        ("ana@oficina.con", "ana@oficina.com"),
        ("Ana <ana@gmial.com>", "Ana <ana@gmail.com>"),
        ("mailto:ana@gmial.com?subject=x", "mailto:ana@gmail.com?subject=x"),
        ("bia@oficina.com.br; ana@gmial.com", "bia@oficina.com.br; ana@gmail.com"),
        ("ana@gmial.com / bia@gmial.com", "ana@gmail.com / bia@gmial.com"),
        ("ana@gmail.co, joana@gmail.com", "ana@gmail.com, joana@gmail.com"),
        ("joana@gmail.com, ana@gmail.co", "joana@gmail.com, ana@gmail.com"),
        ("ana@gmial.com, ana@gmial.com", "ana@gmail.com, ana@gmail.com"),
        ("financeiro: ana@gmial.com (Ana)", "financeiro: ana@gmail.com (Ana)"),
    ],
)
def test_only_the_domain_is_exchanged(text, corrected):
    assert correct_email(text)[1] == corrected


@pytest.mark.parametrize(
    "text",
    [
        *("", None, False, " ", "não tem", GMAIL, "ana@mailo.com", "x@x", "ana"),
        # the one that is meant is there already
        "ana@gmial.com, ana@gmail.com",
        # nobody, or said not to work
        *("sememail@gmial.com", "no-reply@gmial.com", "ana@gmial.com não existe"),
        "ana silva@gmial.com",
    ],
)
def test_no_address_to_correct(text):
    assert correct_email(text) is None


def test_a_placeholder_is_not_meant():
    assert correct_email("ana@gmial.com", (GMAIL,)) is None
    assert correct_email("ana@gmial.com", ("@gmail.com",)) is None


def correct(text, country="BR"):
    return correct_phone(text, lambda text: read_phones(text, country))


@pytest.mark.parametrize(
    ("text", "corrected"),
    [
        ("11 8765-4321", "11 98765-4321"),
        ("(11) 8765-4321", "(11) 98765-4321"),
        ("1187654321", "11987654321"),
        ("+55 11 8765-4321", "+55 11 98765-4321"),
        ("551187654321", "5511987654321"),
        ("011 8765 4321", "011 98765 4321"),
        ("0xx11 8765-4321", "0xx11 98765-4321"),
        ("1187654321.0", "11987654321.0"),
        ("Cel: (11) 8765-4321 (Ana)", "Cel: (11) 98765-4321 (Ana)"),
        ("(11) 8765-4321 ramal 21", "(11) 98765-4321 ramal 21"),
        ("Uno 2012 11 8765-4321", "Uno 2012 11 98765-4321"),
        ("(11) 3456-7890 / 11 8765-4321", "(11) 3456-7890 / 11 98765-4321"),
        ("(11) 3456-7890 / 8765-4321", "(11) 3456-7890 / 98765-4321"),
        ("11 8765-4321 ou 21 8123-4567", "11 98765-4321 ou 21 8123-4567"),
        ("11 98765-4321 / 11 8765-4321", "11 98765-4321 / 11 98765-4321"),
        ("pedido 87654321; 11 8765-4321", "pedido 87654321; 11 98765-4321"),
    ],
)
def test_the_ninth_digit_is_put_in(text, corrected):
    assert correct(text) == (NUMBER, corrected)


@pytest.mark.parametrize(
    "text",
    [
        *("", None, False, "não tem", "11 98765-4321", "11 3456-7890", "11 7812-3456"),
        # a digit is missing somewhere, or the end is lost
        *("11 98765-432", "11 876 543 21", "5.51187654E+12", "8765-4321"),
        "11 8765-4321 não existe",
    ],
)
def test_no_number_to_correct(text):
    assert correct(text) is None
    assert correct("11 8765-4321", "JP") is None


def test_what_is_not_read_stays():
    rest = " " * MOST_READ + "11 8765-4321 ana@gmial.com"
    assert correct("11 8765-4321" + rest)[1] == "11 98765-4321" + rest
    assert correct_email("ana@gmial.com" + rest)[1] == GMAIL + rest
    assert correct(rest) is correct_email(rest) is None
