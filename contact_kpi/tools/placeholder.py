# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What people type into a required field when there is no contact."""

import re
import unicodedata

from .bound import head, normalized

#: Initial value of the setting. Those without ``@`` mean "none" and are junk whatever
#: the setting says; addresses are junk only while listed. One that starts with ``@``
#: matches every address of that domain.
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


def normalize_placeholder(text: str) -> str:
    """Return ``text`` in a normal form in which equivalent spellings compare equal.

    Case is folded, accents are dropped, and every run of white space and
    punctuation becomes one space; ``@`` stays, without spaces around it. Only the
    first :data:`bound.MOST_READ` characters are read.

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


#: Mean "none" whatever the setting, normalized.
NOTHING = frozenset(
    normalize_placeholder(text) for text in DEFAULT_PLACEHOLDERS if "@" not in text
)

_SQUEEZED = {text.replace(" ", ""): text for text in NOTHING}
#: As local part or host they mean that there is no address: ``sememail@…``.
NO_EMAIL = frozenset(
    word for word, text in _SQUEEZED.items() if " " in text and len(word) > 3
) | {"semmail", "nomail"}
#: Junk on both sides of the ``@``: ``none@none.com``. ``test.com`` exists, so that
#: ``test@test.com`` is junk only while listed.
NOBODY = (frozenset(_SQUEEZED) - {"test", "teste"}) | {"nao", "no", "email", "mail"}
