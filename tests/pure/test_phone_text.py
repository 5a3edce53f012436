# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The numbers that a text may stand for, most likely first."""

import pytest

from contact_kpi.tools import contact, phone_text

READINGS = [
    # abroad, by 00 or a + anywhere
    ("0055 11 96123-4567", ["+55 11 96123-4567", "0055 11 96123-4567"]),
    ("00 55 11 2345-6789", ["+55 11 2345-6789", "00 55 11 2345-6789"]),
    ("0 +55 11 2345-6789", ["+55 11 2345-6789"]),
    ("+ +0", ["+ +0"]),
    ("000", ["000"]),
    ("+", []),
    # short numbers before and after: an index, a word's, a year, an engine's
    ("1) 11 2345-6789", ["1) 11 2345-6789", "11 2345-6789"]),
    ("#2 11 2345-6789", ["#2 11 2345-6789", "11 2345-6789"]),
    ("tel 2 (11) 2345-6789", ["2 (11) 2345-6789", "(11) 2345-6789"]),
    ("Gol 1.6 11 2345-6789", ["1.6 11 2345-6789", "11 2345-6789"]),
    ("2012 11 2345-6789", ["2012 11 2345-6789", "11 2345-6789"]),
    ("2112 11 2345-6789", ["2112 11 2345-6789"]),
    ("3 11 2345-6789", ["3 11 2345-6789"]),
    ("11 2345-6789 2019", ["11 2345-6789 2019", "11 2345-6789"]),
    ("11 2345-6789 1.5", ["11 2345-6789 1.5", "11 2345-6789"]),
    ("11 96123-4567 - 2", ["11 96123-4567 - 2", "11 96123-4567"]),
    # two digits may be an area code, unless a whole mobile follows
    ("Uno 12 11 2345-6789", ["12 11 2345-6789"]),
    ("Uno 12 11 96123-4567", ["12 11 96123-4567", "11 96123-4567"]),
    ("12 (11) 2345-6789", ["12 (11) 2345-6789"]),
    # words: labels join, others separate
    ("DDD 11 cel 96123-4567", ["11   96123-4567"]),
    ("55 011 cel 96123-4567", ["55 011   96123-4567"]),
    ("055 011 cel 96123-4567", ["96123-4567"]),
    ("Ana 11 2345-6789 Bia 21 96123-4567", ["11 2345-6789", "21 96123-4567"]),
    ("11 2345-6789 ramal 21", ["11 2345-6789"]),
    # none is long enough: the longest
    ("Ana 1234567 Bia 123456", ["1234567"]),
    ("Ana 123456 Bia 1234567", ["1234567"]),
    ("ana", []),
]


@pytest.mark.parametrize(("text", "numbers"), READINGS)
def test_readings(text, numbers):
    assert list(phone_text.readings(text)) == numbers


@pytest.mark.parametrize("code", [*range(0x2010, 0x2016), 0x2212])
def test_any_dash_is_a_hyphen(code):
    assert phone_text.clean(f" 11 2345{chr(code)}6789 ") == "11 2345-6789"


def test_invisible_marks_and_other_digits():
    assert phone_text.clean("\u202a１１\xa02345-６789\u200b") == "11 2345-6789"
    assert phone_text.only_digits("+１1 2x٣") == "12"


VOID = [
    *("11 2345-6789 número antigo", "tel velho 11 2345-6789", "11 2345-6789 no existe"),
    *("11 2345-6789 não é mais dele", "11 2345-6789 não pertence"),
    *("trocou de número 11 2345-6789", "mudou o celular 11 2345-6789"),
    *("11 2345-6789 inexistente", "11 2345-6789 errado", "11 2345-6789 incorreta"),
    *("inválido 11 2345-6789", "11 2345-6789 equivocado", "11 2345-6789 desligado"),
    *("desativado 11 2345-6789", "11 2345-6789 cancelada", "fax 11 2345-6789"),
    *("fora de serviço: 11 2345-6789", "11 2345-6789 fuera de servicio"),
    *("wrong 11 2345-6789", "11 2345-6789 disconnected", "11 2345-6789 (fax)"),
    *("11 2345-6789 out of service", "11 2345-6789 does not exist"),
    "11 2345-6789 doesn't work",
]
NOT_VOID = [
    *("11 2345-6789", "tem fax 11 2345-6789", "sem fax 11 2345-6789"),
    *("tel/fax 11 2345-6789", "fax/tel 11 2345-6789", "telefax 11 2345-6789"),
]


@pytest.mark.parametrize("text", VOID)
def test_said_not_to_work(text):
    assert phone_text.is_void(text)
    assert contact.classify_phone(text, "BR").note == "does_not_work"


@pytest.mark.parametrize("text", NOT_VOID)
def test_not_said_not_to_work(text):
    assert not phone_text.is_void(text)
    assert contact.classify_phone(text, "BR").e164 == "+551123456789"


@pytest.mark.parametrize(
    ("text", "country", "numbers"),
    [
        ("(212) 234-5678 / 234-9876", "US", ["+12122345678", None, "+12122349876"]),
        ("(212) 234-5678 / 9876", "US", ["+12122345678", None]),
        ("020 7946 0018 / 7946 0019", "GB", ["+442079460018", None, "+442079460019"]),
        ("11 2345-6789 / 96123-4567", "BR", ["+551123456789", None, "+5511961234567"]),
        ("0800 725 1234 / 2345-6789", "BR", ["+558007251234", None, None]),
    ],
)
def test_an_area_code_given_once(text, country, numbers):
    assert [phone.e164 for phone in contact.read_phones(text, country)] == numbers
