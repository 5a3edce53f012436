# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The words and domains that decide about an address, one by one."""

import pytest

from contact_kpi.tools import email_address, email_slip

BESIDE = (
    *("email", "emails", "mail", "correio", "contato", "nfe", "nf", "nota", "xml"),
    *("fiscal", "financeiro", "cobrança", "comercial", "vendas", "compras", "rh"),
    *("particular", "pessoal", "trabalho", "empresa", "novo", "nova", "principal"),
    *("boleto", "boletos", "e", "ou", "y", "and", "or", "para", "to", "from"),
)
NOBODY_READS = (
    *("no-reply", "noreply", "do-not-reply", "donotreply", "nao-responda"),
    *("naoresponder", "mailer-daemon", "postmaster", "bounce", "bounces"),
)
VOIDED_BY = ("voltou", "retornou", "devolvido", "devolvida", "bounced", "returned")
REGISTRIES = ("com.br", "net.br", "org.br", "com.ar", "com.pt", "co.uk")
NOBODY = ("nao", "no", "email", "mail", "none", "null", "nada", "nenhum")
NO_EMAIL = (
    *("semmail", "nomail", "semcontato", "semtelefone", "naotem", "naopossui"),
    *("noemail", "nophone"),
)
REAL = (
    *("mail.com", "email.com", "ymail.com", "cloud.com", "cloud.com.br", "bol.com"),
    *("email.com.br", "mail.com.br", "uol.com", "terra.com"),
)
ABROAD = ("ar", "tr", "gr", "hr", "kr", "fr", "bo", "be", "bz")
SHORT = (
    *("live.com", "msn.com", "globo.com", "uol.com.br", "bol.com.br", "ig.com.br"),
    "terra.com.br",
)
BIG = {
    "gmail.com": "gmial.com",
    "hotmail.com": "hotmial.com",
    "hotmail.com.br": "hotmial.com.br",
    "outlook.com": "outlok.com",
    "outlook.com.br": "outlok.com.br",
    "yahoo.com": "yaho.com",
    "yahoo.com.br": "yaho.com.br",
    "icloud.com": "iclud.com",
}


def kind(text):
    return email_address.classify_email(text).value


@pytest.mark.parametrize("word", BESIDE)
def test_a_label_is_no_part_of_the_address(word):
    assert kind(f"{word} ana@oficina.com.br") == "valid"


@pytest.mark.parametrize("local", NOBODY_READS)
def test_nobody_reads_it(local):
    assert kind(f"{local}@oficina.com.br") == "invalid"


@pytest.mark.parametrize("word", VOIDED_BY)
def test_it_came_back(word):
    assert kind(f"ana@oficina.com.br {word}") == "invalid"


@pytest.mark.parametrize("domain", REGISTRIES)
def test_a_registry_is_nobodys_domain(domain):
    assert kind(f"ana@{domain}") == "invalid"
    assert kind(f"ana@oficina.{domain}") == "valid"


@pytest.mark.parametrize("word", NOBODY)
def test_nobody_on_both_sides(word):
    assert kind(f"{word}@{word}.com") == "junk"
    assert kind(f"{word}@oficina.com.br") == "valid"


@pytest.mark.parametrize("word", NO_EMAIL)
def test_no_address_on_either_side(word):
    assert kind(f"{word}@oficina.com.br") == kind(f"ana@{word}.com.br") == "junk"


@pytest.mark.parametrize(
    ("local", "domain", "expected"),
    [
        ("a" * 64, "oficina.com.br", "valid"),
        ("a" * 65, "oficina.com.br", "invalid"),
        ("é" * 64, "oficina.com.br", "valid"),
        ("é" * 65, "oficina.com.br", "invalid"),
        ("ana", f"{'a' * 63}.com.br", "valid"),
        ("ana", f"{'a' * 64}.com.br", "invalid"),
        ("ana", f"{'.'.join(['a' * 60] * 4)}.com.br", "valid"),
        ("ana", f"{'.'.join(['a' * 62] * 4)}.br", "invalid"),
        ("ana", f"{'.'.join(['é' * 50] * 5)[:250]}.br", "valid"),
        ("ana", f"{'.'.join(['é' * 50] * 5)[:251]}.br", "invalid"),
    ],
)
def test_lengths(local, domain, expected):
    assert kind(f"{local}@{domain}") == expected


@pytest.mark.parametrize("text", ["abab", "ab", "xy xy"])
def test_two_characters_are_a_word(text):
    assert kind(text) == "invalid"


@pytest.mark.parametrize("domain", REAL)
def test_a_real_domain_is_no_slip(domain):
    assert email_slip.suggest_email(f"ana@{domain}") is None


@pytest.mark.parametrize("country", ABROAD)
def test_a_provider_abroad_is_no_slip(country):
    for name in ("hotmail", "outlook", "yahoo"):
        assert email_slip.suggest_email(f"ana@{name}.com.{country}") is None


@pytest.mark.parametrize(("domain", "typed"), BIG.items())
def test_a_slip_in_the_name_of_a_provider(domain, typed):
    assert email_slip.suggest_email(f"ana@{typed}") == f"ana@{domain}"
    assert email_slip.suggest_email(f"ana@{domain}") is None


@pytest.mark.parametrize("domain", SHORT)
def test_a_slip_in_the_end_of_a_provider(domain):
    # The second is an end that exists.
    for end in (".cmo", ".co"):
        typed = domain.replace(".com", end)
        assert email_slip.suggest_email(f"ana@{typed}") == f"ana@{domain}"


@pytest.mark.parametrize(
    ("end", "typed"),
    [
        ("com", "con"),
        ("com.br", "com.brr"),
        ("net", "nett"),
        ("net.br", "net.brr"),
        ("org", "orgg"),
        ("org.br", "org.brr"),
        ("co.uk", "co.ukk"),
    ],
)
def test_a_slip_in_the_end_of_any_domain(end, typed):
    for name in ("oficina", "loja.oficina"):
        assert email_slip.suggest_email(f"ana@{name}.{typed}") == f"ana@{name}.{end}"


def test_a_name_of_three_letters_is_recognised():
    assert kind("Rui ruisilva@oficina.com.br") == "valid"
    assert kind("Jo josilva@oficina.com.br") == "invalid"
