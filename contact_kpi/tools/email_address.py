# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Is there an address in this field that a message could be sent to?"""

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

from .bound import head, normalized
from .placeholder import NOTHING, normalize_placeholder

_BETWEEN = re.compile(r"[\s,;:|/\\<>()\[\]\"]+")
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
_DOMAIN_LENGTH = 253
_LOCAL_LENGTH = 64


class EmailKind(StrEnum):
    """What an e-mail field holds, best first; only ``valid`` is a contact."""

    VALID = "valid"
    INVALID = "invalid"
    JUNK = "junk"

    @property
    def usable(self):
        """Whether this counts as a contact."""
        return self is EmailKind.VALID


_RANK = tuple(EmailKind)


@lru_cache(maxsize=64)
def _normalized(placeholders):
    return frozenset(map(normalize_placeholder, placeholders)) - {""}


@lru_cache(maxsize=64)
def _domains(placeholders):
    """Return the domains that a listed address may have, normalized."""
    texts = _normalized(placeholders)
    return frozenset(text.rpartition("@")[2] for text in texts if "@" in text)


def _quick(text, placeholders):
    """Return the kind of a plain ASCII address, ``None`` if it may be listed."""
    local, _at, domain = text.casefold().rpartition("@")
    if _is_repeated(local, domain):
        return EmailKind.JUNK
    if placeholders and (
        "--" in domain or re.sub(r"[.-]", " ", domain) in _domains(placeholders)
    ):
        return None
    return EmailKind.VALID


def _is_repeated(local, domain):
    """Whether both sides begin as one character repeated: ``xx@xxx.com``."""
    host = domain.partition(".")[0]
    return bool(local and host) and not (local + host).strip(local[0])


def _classify_address(address, known):
    local, _at, domain = address.casefold().rpartition("@")
    if not any(char.isalnum() for char in address) or _is_repeated(local, domain):
        return EmailKind.JUNK
    if normalize_placeholder(address) in known:
        return EmailKind.JUNK
    if normalize_placeholder("@" + domain) in known:
        return EmailKind.JUNK
    if len(local) > _LOCAL_LENGTH or len(domain) > _DOMAIN_LENGTH:
        return EmailKind.INVALID
    return EmailKind.VALID if _ADDRESS.fullmatch(address) else EmailKind.INVALID


def _visible(text):
    """Return what is read of ``text`` in one spelling, without what nobody sees.

    >>> _visible("\\u200bana\\uff20oficina.com")
    'ana@oficina.com'
    """
    text = normalized("NFKC", text)
    return "".join(char for char in text if unicodedata.category(char) != "Cf")


def close_at(text):
    """Return ``text`` without the spaces around every ``@``.

    >>> close_at("ana @ oficina.com")
    'ana@oficina.com'
    """
    return "@".join(piece.strip() for piece in text.split("@"))


def _classify_text(text, known):
    whole = normalize_placeholder(text)
    if whole in known or whole in NOTHING or not whole.strip(whole[:1]):
        return EmailKind.JUNK
    tokens = _BETWEEN.split(close_at(text))
    addresses = [token for token in tokens if "@" in token]
    kinds = [_classify_address(address.strip("'"), known) for address in addresses]
    return min(kinds, key=_RANK.index, default=EmailKind.INVALID)


def classify_email(text, placeholders=()):
    """Return what the e-mail field ``text`` holds, ``None`` if nothing.

    Every address in the field counts and the best one decides, be they apart by
    a comma, a semicolon, a slash or white space; ``Name <a@b.com>`` counts.
    A space around the ``@`` is closed, as Odoo closes it before sending.

    Valid is what Odoo would send to *and* a server could receive: a dot in the
    domain, letters at its end (any script), no label that is empty or begins or
    ends with a hyphen, no local part with an empty piece; so ``a@b..com``,
    ``.a@b.com`` and ``a@b.com.``, which Odoo lets pass, are invalid, as are
    quoted local parts and domains in brackets. Nothing is looked up.

    Junk is a word that means none, a placeholder (``@example.com``: any address
    of that domain), and one character repeated on both sides (``xx@xxx.com``).

    :param placeholders: further texts that are no contact; a ``frozenset`` or a
        ``tuple`` is the fastest.
    :raise: never for text; ``False`` counts as nothing informed.
    Cost: one or two microseconds for a plain address, some twenty for the rest. Only
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
    if not isinstance(placeholders, (frozenset, tuple)):
        placeholders = frozenset(placeholders)
    if _PLAIN(text) and (kind := _quick(text, placeholders)):
        return kind
    text = _visible(text)
    if not text.strip():
        return None
    return _classify_text(text, _normalized(placeholders))


def valid_addresses(text, placeholders=()):
    """Return the valid addresses of the e-mail field ``text``, in small letters.

    None exactly where :func:`classify_email` does not call the field valid.
    Parameters, errors and cost are those of :func:`classify_email`, once an address.

    >>> sorted(valid_addresses("Ana <Ana@oficina.com.br>, rui@oficina"))
    ['ana@oficina.com.br']
    """
    if classify_email(text, placeholders) is not EmailKind.VALID:
        return frozenset()
    text = _visible(text).casefold()
    tokens = _BETWEEN.split(close_at(text))
    addresses = frozenset(
        token.strip("'")
        for token in tokens
        if "@" in token and classify_email(token, placeholders) is EmailKind.VALID
    )
    return addresses or frozenset([text])
