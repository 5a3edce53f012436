# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Is there an address in this field that a message could be sent to?"""

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from .bound import head, normalized
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
# Where domains are registered: nobody's own.
_REGISTRIES = frozenset(("com.br", "net.br", "org.br", "com.ar", "com.pt", "co.uk"))
_DOMAIN_LENGTH = 253
_LOCAL_LENGTH = 64
# Addresses that nobody reads, by what is before their "@".
_is_machine = re.compile(
    r"(?:(?:no|do-?not)[._-]?reply|nao[._-]?respond(?:a|er)|mailer-daemon|postmaster"
    r"|bounces?)(?![^\W\d_])",
    re.IGNORECASE,
).match
_RETURNED = re.compile(r"voltou|retornou|devolvid[oa]|bounced|returned", re.IGNORECASE)
# Words that stand before an address and are no part of it.
_BEFORE = re.compile(r"([\w.+-]*\w[\w.+-]*)\s+\Z")
_LABELS = frozenset(
    (
        *("email", "emails", "mail", "correio", "contato", "nfe", "nf", "nota", "xml"),
        *("fiscal", "financeiro", "cobranca", "comercial", "vendas", "compras", "rh"),
        *("particular", "pessoal", "trabalho", "empresa", "novo", "nova", "principal"),
        *("boleto", "boletos", "e", "ou", "y", "and", "or", "para", "to", "from"),
    )
)
_SHORT = 3
_MARKS = str.maketrans("", "", "._-")


class EmailKind(StrEnum):
    """What an e-mail field holds, best first; only ``valid`` is a contact."""

    VALID = "valid"
    INVALID = "invalid"
    JUNK = "junk"

    @property
    def usable(self):
        """Whether this counts as a contact."""
        return self is EmailKind.VALID


class Email(NamedTuple):
    """One address as typed, in small letters, and its kind."""

    address: str
    kind: EmailKind


_RANK = tuple(EmailKind)


@lru_cache(maxsize=64)
def _normalized(placeholders):
    return frozenset(map(normalize_placeholder, placeholders)) - {""}


@lru_cache(maxsize=64)
def _domains(placeholders):
    """Return the domains that a listed address may have, normalized."""
    texts = _normalized(placeholders)
    return frozenset(text.rpartition("@")[2] for text in texts if "@" in text)


def _hashable(placeholders):
    if isinstance(placeholders, (frozenset, tuple)):
        return placeholders
    return frozenset(placeholders)


def _quick(text, placeholders):
    """Return the kind of a plain ASCII address, ``None`` if it may be listed."""
    local, _at, domain = text.casefold().rpartition("@")
    if _is_nobody(local, domain):
        return EmailKind.JUNK
    if placeholders and _may_be_listed(domain, placeholders):
        return None
    return _reached(local, domain)


@lru_cache(maxsize=1024)
def _may_be_listed(domain, placeholders):
    return "--" in domain or re.sub(r"[.-]", " ", domain) in _domains(placeholders)


def _reached(local, domain):
    """Return the kind of a well-formed address: does its domain exist, who reads it?"""
    if not _exists(domain) or _is_machine(local):
        return EmailKind.INVALID
    return EmailKind.VALID


@lru_cache(maxsize=1024)
def _exists(domain):
    end = domain.rpartition(".")[2]
    known = end in TOP_LEVEL_DOMAINS or is_top_level_domain(end)
    return known and domain not in _REGISTRIES


def _is_nobody(local, domain):
    """Whether it says that there is none: ``sem-email@…``, ``nao@nao.com``.

    So does one character repeated on both sides: ``xx@xxx.com``.
    """
    host = domain.partition(".")[0]
    if local and host and not (local + host).strip(local[0]):
        return True
    word = local if local.isalnum() else local.translate(_MARKS)
    if word in NO_EMAIL or host in NO_EMAIL or (word == host and word in NOBODY):
        return True
    return word.endswith("email") and word.removesuffix("email") in NO_EMAIL


def _classify_address(address, known):
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


def close_at(text):
    """Return ``text`` without the spaces around every ``@``.

    >>> close_at("ana @ oficina.com")
    'ana@oficina.com'
    """
    return "@".join(piece.strip() for piece in text.split("@"))


def _is_cut(before, address):
    """Whether the address begins before its ``@``: a word is in front of it.

    A label is none of it, nor is a name that the address repeats.
    """
    word = _BEFORE.search(before)
    if not word:
        return False
    words = normalize_placeholder(before).split()
    spelled = normalize_placeholder(address)
    named = any(len(word) >= _SHORT and word in spelled for word in words)
    return not named and normalize_placeholder(word[1]).replace(" ", "") not in _LABELS


def _is_whole(before, address, after, place):
    """Whether what stands beside an address neither cuts nor voids it.

    :param place: 1 for the first address: what stands before it speaks of it
    """
    beside = f"{before} {after}" if place == 1 else after
    if VOID.search(beside) or _RETURNED.search(beside):
        return False
    return not (_is_cut(VOID.sub("", before), address) or re.match(r"\s+\.\w", after))


def _in_field(text, known):
    """Yield the addresses of a cleaned field."""
    text = _QUERY.sub(r"\1", close_at(text))
    for part in _SEPARATOR.split(_COMMA.sub(" .", text)):
        if "@" in part:
            yield from _in_part(part, known)


def _in_part(part, known):
    """Yield the addresses of a part of a field that no separator parts."""
    pieces = [piece.strip("'") for piece in _AN_ADDRESS.split(part)]
    for place in range(1, len(pieces), 2):
        before, address, after = pieces[place - 1 : place + 2]
        kind = _classify_address(address, known)
        alone = not (before.strip() or after.strip())
        if kind.usable and not alone and not _is_whole(before, address, after, place):
            kind = EmailKind.INVALID
        yield Email(address.casefold(), kind)


def _cleaned(text):
    text = head(text)
    if text.isascii():
        return text
    text = normalized("NFKC", text)
    return "".join(char for char in text if unicodedata.category(char) != "Cf")


def read_emails(text, placeholders=()):
    """Return every :class:`Email` of the field ``text`` as a tuple, as typed.

    They are apart by a comma, a semicolon, a slash or white space;
    ``Name <a@b.com>`` and ``mailto:a@b.com?subject=x`` count. A space around the
    ``@`` is closed, as Odoo closes it before sending; another one parts: neither
    ``ana silva@b.com`` nor ``ana@b.com .br`` is an address. Parameters and errors
    are those of :func:`classify_email`.

    >>> [email.address for email in read_emails("Ana <ana@a.com>, rui@b.com")]
    ['ana@a.com', 'rui@b.com']
    """
    known = _normalized(_hashable(placeholders))
    return tuple(_in_field(_cleaned(text or ""), known))


def classify_email(text, placeholders=()):
    """Return what the e-mail field ``text`` holds, ``None`` if nothing.

    Every address of :func:`read_emails` counts and the best one decides.

    Valid is what Odoo would send to *and* a server could receive: a top-level domain
    that exists (``.con``, ``.test`` do not), letters at its end (any script), no label
    that is empty or begins or ends with a hyphen, no local part with an empty piece;
    so ``a@b..com``, ``.a@b.com`` and ``a@b.com.``, which Odoo lets pass, are invalid,
    as are quoted local parts and domains in brackets. So are addresses that machines
    write from (``no-reply@…``) and those of which a word beside them says that they do
    not work. Nothing is looked up.

    Junk is a word that means none, also as an address (``sememail@…``,
    ``none@none.com``), a placeholder (``@example.com``: any address of that domain),
    and one character repeated on both sides (``xx@xxx.com``).

    :param placeholders: further texts that are no contact; a ``frozenset`` or a
        ``tuple`` is the fastest.
    :raise: never for text; ``False`` counts as nothing informed.
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
