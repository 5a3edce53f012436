# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Words that people type where a contact was asked for and they have none."""

import re
import unicodedata

from .bound import head, normalized

#: What the setting starts with. Those without ``@`` are words that mean "none"
#: and are junk whatever the setting says; addresses are junk only while listed.
#: One that starts with ``@`` stands for every address of that domain.
DEFAULT_PLACEHOLDERS = (
    "-",
    "x",
    "n/a",
    "na",
    "n/c",
    "s/n",
    "n/d",
    "não tem",
    "não possui",
    "não informado",
    "não informou",
    "não sabe",
    "não quis informar",
    "não consta",
    "nenhum",
    "nada",
    "nulo",
    "ninguém",
    "sem",
    "sem contato",
    "sem telefone",
    "sem fone",
    "sem celular",
    "sem número",
    "sem e-mail",
    "sem email",
    "a informar",
    "a confirmar",
    "desconhecido",
    "teste",
    "none",
    "null",
    "nil",
    "no phone",
    "no e-mail",
    "no email",
    "not available",
    "not informed",
    "unknown",
    "undefined",
    "false",
    "test",
    "tbd",
    "x@x",
    "teste@teste.com",
    "teste@teste.com.br",
    "test@test.com",
    "sem@email.com",
    "sem@email.com.br",
    "sememail@email.com",
    "sememail@sememail.com",
    "nao@tem.com",
    "nao@tem.com.br",
    "naotem@naotem.com",
    "naotem@email.com",
    "naotem@gmail.com",
    "naopossui@email.com",
    "naopossui@gmail.com",
    "noemail@noemail.com",
    "email@email.com",
    "no@email.com",
    "@example.com",
    "@example.org",
    "@example.net",
)


def normalize_placeholder(text):
    """Return ``text`` so that spellings which mean the same compare equal.

    Case is folded, accents are dropped, and every run of white space and
    punctuation becomes one space; ``@`` stays, without spaces around it. What is said
    after the first :data:`bound.MOST_READ` characters does not count.

    >>> normalize_placeholder(" Não  tem. ") == normalize_placeholder("nao tem")
    True
    >>> normalize_placeholder("Teste @Teste.com")
    'teste@teste com'
    >>> normalize_placeholder("--")
    ''
    """
    text = normalized("NFKD", head(text).casefold())
    text = "".join(char for char in text if not unicodedata.combining(char))
    text = re.sub(r"[^\w@]+|_+", " ", text).strip()
    return re.sub(r" *@ *", "@", text)


#: Meaning "none" in any setting, normalized.
NOTHING = frozenset(
    normalize_placeholder(text) for text in DEFAULT_PLACEHOLDERS if "@" not in text
)

_SQUEEZED = {text.replace(" ", ""): text for text in NOTHING}
#: Before any ``@`` they say that there is no address: ``sememail@…``.
NO_EMAIL = frozenset(
    word for word, text in _SQUEEZED.items() if " " in text and len(word) > 3
) | {"semmail", "nomail"}
#: The same on both sides of the ``@``: ``none@none.com``. Tests have their own domains,
#: and are junk only while listed.
NOBODY = (frozenset(_SQUEEZED) - {"test", "teste"}) | {"nao", "no", "email", "mail"}
