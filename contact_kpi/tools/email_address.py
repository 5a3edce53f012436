# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Classification of e-mail fields: is there an address that mail can be sent to?"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from .bound import FieldText, head, normalized
from .phone_text import VOID
from .placeholder import NO_EMAIL, NOBODY, NOTHING, normalize_placeholder
from .top_level_domain import TOP_LEVEL_DOMAINS, is_top_level_domain

_SEPARATOR = re.compile(r"[,;|/\\\n]+")
_AN_ADDRESS = re.compile(r"([^\s:<>()\[\]\"]*@[^\s:<>()\[\]\"]*)")
# What a link adds to its address: mailto:a@b.com?subject=x
_QUERY = re.compile(r"(@[^\s?@]+)\?\S*")
# A comma for the dot of a domain.
_COMMA = re.compile(r"(?<=\w),(?=(?:com|net|org|br)\b)", re.IGNORECASE)
_LABEL = r"[^\W_](?:[^\W_]|-){0,62}(?<!-)"
_ATOM = r"[\w!\#$%&'*+=?^`{}~-]+"
_ADDRESS = re.compile(
    rf"""
    {_ATOM} (?: \. {_ATOM} )*
    @ (?: {_LABEL} \. )+
    (?: xn--[a-z0-9-]{{1,58}}[a-z0-9] | [^\W\d_]{{2,63}} )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_PLAIN = re.compile(
    r"(?=[^@]{1,64}@[^@]{4,253}\Z)"
    r"[a-z0-9_%+-]+(?:\.[a-z0-9_%+-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}",
    re.IGNORECASE | re.ASCII,
).fullmatch
# Public suffixes: nobody's own domain.
_REGISTRIES = frozenset(("com.br", "net.br", "org.br", "com.ar", "com.pt", "co.uk"))
_DOMAIN_LENGTH = 253
_LOCAL_LENGTH = 64
# Local parts of addresses that nobody reads.
_is_machine = re.compile(
    r"(?:(?:no|do-?not)[._-]?reply|nao[._-]?respond(?:a|er)|mailer-daemon|postmaster"
    r"|bounces?)(?![^\W\d_])",
    re.IGNORECASE,
).match
_RETURNED = re.compile(r"voltou|retornou|devolvid[oa]|bounced|returned", re.IGNORECASE)
# A word before an address, which may be a part of it: see `_is_cut`.
_BEFORE = re.compile(r"([\w.+-]*\w[\w.+-]*)\s+\Z")
_LABELS = frozenset(
    (
        *("email", "emails", "mail", "correio", "contato", "nfe", "nf", "nota", "xml"),
        *("fiscal", "financeiro", "cobranca", "comercial", "vendas", "compras", "rh"),
        *("particular", "pessoal", "trabalho", "empresa", "novo", "nova", "principal"),
        *("boleto", "boletos", "e", "ou", "y", "and", "or", "para", "to", "from"),
    )
)
# Letters that a name must have to be recognised within an address.
_SHORT = 3
_MARKS = str.maketrans("", "", "._-")


class EmailKind(StrEnum):
    """What an e-mail field holds, best first; only ``valid`` is a contact."""

    VALID = "valid"
    INVALID = "invalid"
    JUNK = "junk"

    @property
    def usable(self) -> bool:
        """Whether this counts as a contact."""
        return self is EmailKind.VALID


class Email(NamedTuple):
    """One address as typed, in lower case, and its kind."""

    address: str
    kind: EmailKind


_RANK = tuple(EmailKind)
# Hashable, for the caches.
_Placeholders = frozenset[str] | tuple[str, ...]


@lru_cache(maxsize=64)
def _normalized(placeholders: _Placeholders) -> frozenset[str]:
    return frozenset(map(normalize_placeholder, placeholders)) - {""}


@lru_cache(maxsize=64)
def _domains(placeholders: _Placeholders) -> frozenset[str]:
    """Return the domains of the listed addresses, normalized."""
    texts = _normalized(placeholders)
    return frozenset(text.rpartition("@")[2] for text in texts if "@" in text)


def _hashable(placeholders: Collection[str]) -> _Placeholders:
    if isinstance(placeholders, (frozenset, tuple)):
        return placeholders
    return frozenset(placeholders)


def _quick(text: str, placeholders: _Placeholders) -> EmailKind | None:
    """Return the kind of a plain ASCII address, ``None`` if it may be a placeholder."""
    local, _at, domain = text.casefold().rpartition("@")
    if _is_nobody(local, domain):
        return EmailKind.JUNK
    if placeholders and _may_be_listed(domain, placeholders):
        return None
    return _reached(local, domain)


@lru_cache(maxsize=1024)
def _may_be_listed(domain: str, placeholders: _Placeholders) -> bool:
    return "--" in domain or re.sub(r"[.-]", " ", domain) in _domains(placeholders)


def _reached(local: str, domain: str) -> EmailKind:
    """Return the kind of a well-formed address, by its domain and local part."""
    if not _exists(domain) or _is_machine(local):
        return EmailKind.INVALID
    return EmailKind.VALID


@lru_cache(maxsize=1024)
def _exists(domain: str) -> bool:
    end = domain.rpartition(".")[2]
    known = end in TOP_LEVEL_DOMAINS or is_top_level_domain(end)
    return known and domain not in _REGISTRIES


def _is_nobody(local: str, domain: str) -> bool:
    """Return whether it means that there is none: ``sem-email@…``, ``nao@nao.com``.

    So does one character repeated on both sides: ``xx@xxx.com``.
    """
    host = domain.partition(".")[0]
    if local and host and not (local + host).strip(local[0]):
        return True
    word = local if local.isalnum() else local.translate(_MARKS)
    if word in NO_EMAIL or host in NO_EMAIL or (word == host and word in NOBODY):
        return True
    return word.endswith("email") and word.removesuffix("email") in NO_EMAIL


def _classify_address(address: str, known: frozenset[str]) -> EmailKind:
    local, _at, domain = address.casefold().rpartition("@")
    if not any(char.isalnum() for char in address) or _is_nobody(local, domain):
        return EmailKind.JUNK
    if normalize_placeholder(address) in known:
        return EmailKind.JUNK
    if normalize_placeholder("@" + domain) in known:
        return EmailKind.JUNK
    if len(local) > _LOCAL_LENGTH or len(domain) > _DOMAIN_LENGTH:
        return EmailKind.INVALID
    return _reached(local, domain) if _ADDRESS.fullmatch(address) else EmailKind.INVALID


def close_at(text: str) -> str:
    """Return ``text`` without the spaces around every ``@``.

    >>> close_at("ana @ oficina.com")
    'ana@oficina.com'
    """
    return "@".join(piece.strip() for piece in text.split("@"))


def _is_cut(before: str, address: str) -> bool:
    """Return whether a space cuts the local part: a word stands before the address.

    Not if that is a label, or a name that the address repeats.
    """
    word = _BEFORE.search(before)
    if not word:
        return False
    words = normalize_placeholder(before).split()
    spelled = normalize_placeholder(address)
    named = any(len(word) >= _SHORT and word in spelled for word in words)
    return not named and normalize_placeholder(word[1]).replace(" ", "") not in _LABELS


def _is_whole(before: str, address: str, after: str, place: int) -> bool:
    """Return whether the text around an address neither cuts nor voids it.

    :param place: 1 for the first address, which the text before it may void
    """
    beside = f"{before} {after}" if place == 1 else after
    if VOID.search(beside) or _RETURNED.search(beside):
        return False
    return not (_is_cut(VOID.sub("", before), address) or re.match(r"\s+\.\w", after))


def _in_field(text: str, known: frozenset[str]) -> Iterator[Email]:
    """Yield the addresses of a cleaned field."""
    text = _QUERY.sub(r"\1", close_at(text))
    for part in _SEPARATOR.split(_COMMA.sub(" .", text)):
        if "@" in part:
            yield from _in_part(part, known)


def _in_part(part: str, known: frozenset[str]) -> Iterator[Email]:
    """Yield the addresses of a part of a field that has no separator."""
    pieces = [piece.strip("'") for piece in _AN_ADDRESS.split(part)]
    for place in range(1, len(pieces), 2):
        before, address, after = pieces[place - 1 : place + 2]
        kind = _classify_address(address, known)
        alone = not (before.strip() or after.strip())
        if kind.usable and not alone and not _is_whole(before, address, after, place):
            kind = EmailKind.INVALID
        yield Email(address.casefold(), kind)


def _cleaned(text: str) -> str:
    text = head(text)
    if text.isascii():
        return text
    text = normalized("NFKC", text)
    return "".join(char for char in text if unicodedata.category(char) != "Cf")


def read_emails(
    text: FieldText, placeholders: Collection[str] = ()
) -> tuple[Email, ...]:
    """Return every :class:`Email` of the field ``text``, as typed.

    They are separated by a comma, a semicolon, a slash or white space;
    ``Name <a@b.com>`` and ``mailto:a@b.com?subject=x`` count. Spaces around the ``@``
    are removed, as Odoo does before sending; any other separates: neither
    ``ana silva@b.com`` nor ``ana@b.com .br`` is an address. Parameters and errors
    are those of :func:`classify_email`.

    >>> [email.address for email in read_emails("Ana <ana@a.com>, rui@b.com")]
    ['ana@a.com', 'rui@b.com']
    """
    known = _normalized(_hashable(placeholders))
    return tuple(_in_field(_cleaned(text or ""), known))


def classify_email(
    text: FieldText, placeholders: Collection[str] = ()
) -> EmailKind | None:
    """Return what the e-mail field ``text`` holds, ``None`` if it is empty.

    The best of the addresses of :func:`read_emails` decides.

    Valid is what Odoo would send to *and* a server could receive: a top-level domain
    that exists (``.con``, ``.test`` do not), of letters (any script), no label that is
    empty or begins or ends with a hyphen, no empty part of a dotted local part; so
    ``a@b..com``, ``.a@b.com`` and ``a@b.com.``, which Odoo accepts, are invalid, as are
    quoted local parts and domains in brackets. So are senders that nobody reads
    (``no-reply@…``) and addresses that a word beside them voids. Nothing is looked up.

    Junk is a word that means none, also as an address (``sememail@…``,
    ``none@none.com``), a placeholder (``@example.com``: any address of that domain),
    and one character repeated on both sides (``xx@xxx.com``).

    :param placeholders: further texts that are no contact; a ``frozenset`` or a
        ``tuple`` is the fastest.
    :raise: never for text; ``False`` counts as empty.
    Cost: some two microseconds for a plain address, some thirty for the rest. Only
    the first :data:`bound.MOST_READ` characters are read.

    >>> classify_email("Ana <ana@oficina.com.br>").value
    'valid'
    >>> [classify_email(text).value for text in ("ana@oficina", "x@x", "não tem")]
    ['invalid', 'junk', 'junk']
    >>> classify_email("oi@example.com", ("@example.com",)).value
    'junk'
    >>> classify_email("  ") is None
    True
    """
    text = head(text or "")
    if not text.strip():
        return None
    placeholders = _hashable(placeholders)
    if _PLAIN(text) and (kind := _quick(text, placeholders)):
        return kind
    text = _cleaned(text)
    if not text.strip():
        return None
    whole = normalize_placeholder(text)
    known = _normalized(placeholders)
    if whole in known or whole in NOTHING or not whole.strip(whole[:1]):
        return EmailKind.JUNK
    kinds = [email.kind for email in _in_field(text, known)]
    return min(kinds, key=_RANK.index, default=EmailKind.INVALID)
