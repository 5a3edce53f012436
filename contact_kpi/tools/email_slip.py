# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""“Did you mean …?”: typos in the domain of an e-mail address.

Only a suggestion: ``mailo.com`` is a real domain, as unlikely as it looks.
"""

from collections.abc import Mapping
from functools import cache
from string import ascii_lowercase

from .bound import FieldText
from .email_address import read_emails
from .top_level_domain import is_top_level_domain

# Domains of the big providers; those that do not exist, with the one that is meant.
_BIG = {
    "gmail.com": "gmail.com",
    "gmail.com.br": "gmail.com",
    "hotmail.com": "hotmail.com",
    "hotmail.com.br": "hotmail.com.br",
    "outlook.com": "outlook.com",
    "outlook.com.br": "outlook.com.br",
    "yahoo.com": "yahoo.com",
    "yahoo.com.br": "yahoo.com.br",
    "icloud.com": "icloud.com",
    "icloud.com.br": "icloud.com",
}
# Too short to tell a typo in their name from another name: only the end is corrected.
_SHORT = (
    *("live.com", "msn.com", "globo.com", "uol.com.br", "bol.com.br", "ig.com.br"),
    "terra.com.br",
)
# Existing domains within one edit of a big one.
_REAL = frozenset(
    ("mail.com", "email.com", "ymail.com", "cloud.com", "cloud.com.br")
    + ("email.com.br", "mail.com.br", "bol.com", "uol.com", "terra.com")
    + tuple(
        f"{name}.com.{country}"
        for name in ("hotmail", "outlook", "yahoo")
        for country in ("ar", "tr", "gr", "hr", "kr", "fr", "bo", "be", "bz")
    )
)
_ENDS = ("com", "com.br", "net", "net.br", "org", "org.br", "co.uk")


def _slips(word: str) -> set[str]:
    """Return the words at one deletion, substitution, insertion or transposition."""
    letters = ascii_lowercase + "."
    cuts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    return {
        *(left + right[1:] for left, right in cuts if right),
        *(
            left + letter + right[1:]
            for left, right in cuts
            if right
            for letter in letters
        ),
        *(left + letter + right for left, right in cuts for letter in letters),
        *(left + right[1] + right[0] + right[2:] for left, right in cuts if right[1:]),
    } - {word}


@cache
def _meant() -> Mapping[str, str]:
    """Return the domain that each typo stands for."""
    meant: dict[str, str] = {}
    for domain in _SHORT:
        host, _dot, end = domain.partition(".")
        meant |= {f"{host}.{slip}": domain for slip in _slips(end)}
    for domain, right in _BIG.items():
        meant |= dict.fromkeys(_slips(domain), right)
        meant.setdefault(domain.partition(".")[0], right)
    meant |= _BIG
    return {slip: right for slip, right in meant.items() if slip not in _REAL}


@cache
def _ends() -> Mapping[str, str]:
    """Return the domain end that each typo stands for; the most common wins."""
    return {slip: end for end in reversed(_ENDS) for slip in _slips(end)}


def _corrected(domain: str) -> str | None:
    """Return the domain that is probably meant, ``None`` if it is this one."""
    meant = _meant().get(domain)
    if meant or is_top_level_domain(domain.rpartition(".")[2]):
        return meant if meant != domain else None
    labels = domain.split(".")
    for place in range(max(1, len(labels) - 2), len(labels)):
        end = _ends().get(".".join(labels[place:]))
        if end:
            return ".".join([*labels[:place], end])
    return None


def find_slip(text: FieldText) -> tuple[str, str] | None:
    """Return an address as typed, in lower case, and the one that is probably meant.

    Of the field ``text``, the first with a typo in the domain of a big provider, or in
    the end of any domain that does not exist as typed; ``None`` without one. Never
    raises.
    """
    for address, _kind in read_emails(text):
        local, _at, domain = address.rpartition("@")
        if local and (meant := _corrected(domain)):
            return address, f"{local}@{meant}"
    return None


def suggest_email(text: FieldText) -> str | None:
    """Return the address that is probably meant in the field ``text``, else ``None``.

    That of :func:`find_slip`.

    >>> suggest_email("ana@gmial.com"), suggest_email("ana@oficina.con")
    ('ana@gmail.com', 'ana@oficina.com')
    >>> suggest_email("ana@mailo.com") is None
    True
    """
    slip = find_slip(text)
    return slip[1] if slip else None
