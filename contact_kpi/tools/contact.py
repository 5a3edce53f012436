# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Classification of phone and e-mail fields: is there a usable contact?

A contact is a phone that is a valid number of the customer's country (or of another,
with ``+``), or an e-mail that is a valid address. This module is the public interface;
it needs no database and no Odoo, and gives the same answers in a process where Odoo has
patched ``phonenumbers``.

>>> classify_phone("(11) 2345-6789 / 96123-4567", "BR")
Phone(kind=<PhoneKind.MOBILE: 'mobile'>, e164='+5511961234567', note=None)
>>> classify_phone("(11) 99999-9999", "BR").kind.usable
False
"""

from collections.abc import Collection, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import phonenumbers

from . import phone_plan
from .bound import MOST_READ, FieldText, head
from .email_address import EmailKind, classify_email, read_emails
from .email_slip import suggest_email
from .phone_text import (
    clean,
    is_rounded,
    is_void,
    only_digits,
    readings,
    split_numbers,
    without_extension,
)
from .placeholder import DEFAULT_PLACEHOLDERS, NOTHING, normalize_placeholder
from .top_level_domain import VERSION as DOMAINS_VERSION

__all__ = [
    "DEFAULT_PLACEHOLDERS",
    "MOST_READ",
    "PHONE_RANK",
    "RULES_VERSION",
    "EmailKind",
    "Phone",
    "PhoneKind",
    "best_phone",
    "classify_email",
    "classify_number",
    "classify_number_slowly",
    "classify_phone",
    "normalize_placeholder",
    "read_emails",
    "read_phones",
    "split_numbers",
    "suggest_email",
]

#: Raise the first number with every change of these modules that may change an
#: outcome; the others are the versions of the numbering plans and of the domains.
RULES_VERSION = f"3-{phonenumbers.__version__}-{DOMAINS_VERSION}"


class PhoneKind(StrEnum):
    """What a number is, best first; all but the last two are contacts."""

    MOBILE = "mobile"
    EITHER = "either"
    LANDLINE = "landline"
    OTHER = "other"
    INVALID = "invalid"
    JUNK = "junk"

    @property
    def usable(self) -> bool:
        """Whether this counts as a contact."""
        return self not in (PhoneKind.INVALID, PhoneKind.JUNK)


#: Best first: of several numbers in one field the best decides.
PHONE_RANK = tuple(PhoneKind)
_KINDS = {kind.value: kind for kind in PhoneKind}


class Phone(NamedTuple):
    """One number: its kind, its E.164 form (usable ones only), and a remark.

    Notes of usable numbers: ``without_ninth_digit`` (Brazilian mobile typed as
    before 2016; ``e164`` has the 9), ``trunking`` (Brazilian 7xxx-xxxx; ``e164``
    as typed, for these kept eight digits), ``former_prefix`` (Mexico before
    2019; ``e164`` without it), and the library's type of ``other`` numbers:
    ``toll_free``, ``shared_cost``, ``premium_rate``, ``voip``, ``uan``,
    ``personal_number``, ``pager``, ``voicemail``. Of the rest: ``no_area_code``,
    ``no_country``, ``unknown_country``, ``too_short``, ``too_long``,
    ``digit_missing`` (Brazil: a digit, or the 9 in front), ``does_not_work`` (as a
    word beside it says), ``own_tax_id`` (the customer's), ``rounded`` (a
    spreadsheet's ``5.51198765E+12``), ``repeated``, ``placeholder``, ``no_number``.
    """

    kind: PhoneKind
    e164: str | None
    note: str | None


# Digits of the shortest tax ID that could be a number.
_TAX_ID = 8
_NO_NUMBER = Phone(PhoneKind.JUNK, None, "no_number")
_NOT_A_NUMBER = Phone(PhoneKind.INVALID, None, "no_number")
_OWN_TAX_ID = Phone(PhoneKind.INVALID, None, "own_tax_id")
_ROUNDED = Phone(PhoneKind.INVALID, None, "rounded")
_VOID = Phone(PhoneKind.INVALID, None, "does_not_work")
_PLACEHOLDER = Phone(PhoneKind.JUNK, None, "placeholder")


# Hashable, for the caches.
_Texts = frozenset[str] | tuple[str, ...]


class _Placeholders(NamedTuple):
    texts: frozenset[str]
    digits: frozenset[str]
    numbers: frozenset[str]

    def has(self, text: str, e164: str | None) -> bool:
        """Return whether one of them is ``text``, with that E.164 form if usable."""
        if e164:
            return e164 in self.numbers
        return (
            only_digits(text) in self.digits
            or normalize_placeholder(text) in self.texts
        )


def _is_wordy(text: str) -> bool:
    return any(char.isalpha() for char in text)


@lru_cache(maxsize=1024)
def _known(placeholders: _Texts, country: FieldText) -> _Placeholders:
    """Return the placeholders as normalized texts, as digits and as E.164 numbers."""
    placeholders = tuple(map(head, placeholders))
    numbers = (classify_number_slowly(text, country) for text in placeholders)
    return _Placeholders(
        frozenset(map(normalize_placeholder, placeholders)) - {""},
        frozenset(only_digits(text) for text in placeholders if not _is_wordy(text))
        - {""},
        frozenset(number.e164 for number in numbers if number.e164),
    )


def _hashable(placeholders: Collection[str]) -> _Texts:
    if isinstance(placeholders, (frozenset, tuple)):
        return placeholders
    return frozenset(placeholders)


def _phone(verdict: phone_plan.Verdict) -> Phone:
    return Phone(_KINDS[verdict.kind], verdict.e164, verdict.note)


def _quick(text: str, country: FieldText, placeholders: _Texts) -> Phone | None:
    """Return the usable number that ``text`` is by the fast path, else ``None``."""
    plan = phone_plan.plan(country)
    verdict = plan.quick(text) if plan else None
    if verdict is None:
        return None
    if placeholders and verdict.e164 in _known(placeholders, country).numbers:
        return None
    return _phone(verdict)


def classify_number_slowly(
    text: str, country: FieldText, placeholders: Collection[str] = frozenset()
) -> Phone:
    """Return what :func:`classify_number` returns, without its fast path.

    Some 20 to 40 microseconds each.
    """
    text = clean(text)
    known = _known(_hashable(placeholders), country) if placeholders else None
    spelling = normalize_placeholder(text)
    if known and _is_wordy(text) and spelling in known.texts:
        return _PLACEHOLDER
    region = phone_plan.region_of(country)
    best = None
    for reading in readings(text):
        verdict = phone_plan.verdict(reading, region)
        if verdict.kind != "invalid":
            best = verdict
            break
        best = best or verdict
    if best is None:
        if only_digits(text):
            return _ROUNDED if is_rounded(text) else _NOT_A_NUMBER
        return _PLACEHOLDER if spelling in NOTHING and spelling else _NO_NUMBER
    if known and known.has(text, best.e164):
        return _PLACEHOLDER
    return _VOID if is_void(text) else _phone(best)


def classify_number(
    text: str, country: FieldText, placeholders: Collection[str] = frozenset()
) -> Phone:
    """Return the :class:`Phone` that ``text``, one number as typed, is.

    Kinds are those of ``phonenumbers``; numbers that it calls toll-free, shared
    cost, premium, VoIP and the like are ``other``. Without a ``+`` (or ``00``)
    the number must be one of ``country``; with it, of any. Words around a number
    and its extension are ignored; e-mail addresses and formatted tax IDs (CPF, CNPJ)
    are no numbers. A number without area code is invalid. Junk: no digit at all, a
    placeholder (in whatever format), and one digit repeated, in what was typed or
    after country and area code, also after Brazil's ninth digit; digits in sequence
    may be real.

    :param country: two letters, any case; without it (or with one that the
        library does not know) only what starts with ``+`` can be valid.
    :param placeholders: further texts that are no contact; numbers among them are
        also compared as numbers of ``country``. A ``frozenset`` or a ``tuple`` is the
        fastest.
    :raise: never for text.
    Cost: some 3 microseconds for a plain spelling of a number of ``country``
    (its first :data:`MOST_READ` characters are read), 20 to 40 for anything else.

    >>> classify_number("11 6123 4560", "BR").note
    'without_ninth_digit'
    >>> classify_number("0800 725 1234", "BR").kind.value
    'other'
    """
    text, placeholders = head(text), _hashable(placeholders)
    quick = _quick(text, country, placeholders)
    return quick or classify_number_slowly(text, country, placeholders)


def _completed(
    numbers: Sequence[str],
    phones: Sequence[Phone],
    country: FieldText,
    placeholders: _Texts,
) -> list[Phone]:
    """Return the numbers that lack an area code, with that of the first usable one."""
    dialled = next((phone.e164 for phone in phones if phone.e164), None)
    if not dialled:
        return []
    return [
        classify_number(whole, country, placeholders)
        for number, phone in zip(numbers, phones, strict=True)
        if phone.note == "no_area_code"
        for whole in phone_plan.completions(without_extension(number), dialled)
    ]


@lru_cache(maxsize=1024)
def _read(text: str, country: FieldText, placeholders: _Texts) -> tuple[Phone, ...]:
    """Return the phones of a text that the fast path does not decide; cached."""
    text = clean(text)
    if not text:
        return ()
    spelling = normalize_placeholder(text)
    known = _known(placeholders, country).texts if placeholders else frozenset()
    if spelling and (spelling in NOTHING or spelling in known):
        return (_PLACEHOLDER,)
    numbers = split_numbers(text)
    if not any(map(only_digits, numbers)):
        numbers = [text]
    phones = [classify_number(number, country, placeholders) for number in numbers]
    if len(phones) > 1:
        phones += _completed(numbers, phones, country, placeholders)
    return tuple(phones)


def read_phones(
    text: FieldText,
    country: FieldText,
    placeholders: Collection[str] = (),
    tax_id: FieldText = None,
) -> tuple[Phone, ...]:
    """Return every :class:`Phone` of the field ``text``, as typed.

    The field may hold several numbers (see :func:`split_numbers`). A number that
    lacks its area code is included as such, and once more with the area code of the
    first usable number of the field. Parameters, errors and cost are those of
    :func:`classify_number`; an empty field has no phones.

    :param tax_id: the customer's own, as typed: one CPF in eight would be a number

    >>> [phone.e164 for phone in read_phones("11 2345-6789 / 96123-4567", "BR")]
    ['+551123456789', None, '+5511961234567']
    """
    if not text:
        return ()
    text, placeholders = head(text), _hashable(placeholders)
    quick = _quick(text, country, placeholders)
    phones = (quick,) if quick else _read(text, country, placeholders)
    return _but_own(phones, text, tax_id) if tax_id and phones else phones


def _but_own(phones: tuple[Phone, ...], text: str, tax_id: str) -> tuple[Phone, ...]:
    """Return the phones of the field ``text``, invalid where they are the tax ID."""
    end = tax_id[-2:]
    if end.isdecimal() and not any(str(phone.e164).endswith(end) for phone in phones):
        return phones  # the common case
    own = only_digits(head(tax_id)).lstrip("0")
    if len(own) < _TAX_ID:
        return phones
    if only_digits(text).lstrip("0") == own:
        return (_OWN_TAX_ID,)
    return tuple(
        _OWN_TAX_ID
        if phone.e164 and _as_typed(phone.e164, phone.note).endswith(own)
        else phone
        for phone in phones
    )


def _as_typed(e164: str, note: str | None) -> str:
    """Return the E.164 form of a usable number, without a 9 that was not typed."""
    return e164[:5] + e164[6:] if note == "without_ninth_digit" else e164


def best_phone(phones: Sequence[Phone]) -> Phone | None:
    """Return the first of these phones of the best kind, ``None`` of none."""
    if len(phones) < 2:
        return phones[0] if phones else None
    return min(phones, key=lambda phone: PHONE_RANK.index(phone.kind))


def classify_phone(
    text: FieldText,
    country: FieldText,
    placeholders: Collection[str] = (),
    tax_id: FieldText = None,
) -> Phone | None:
    """Return the best :class:`Phone` of the field ``text``, ``None`` if empty.

    Of :func:`read_phones`, the first of the best kind (:data:`PHONE_RANK`); a
    number without area code counts with that of another one, if it is valid so:
    ``11 2345-6789/96123-4567`` has a mobile.

    >>> classify_phone("0800 725 1234 ou (11) 96123-4567", "BR").kind.value
    'mobile'
    >>> classify_phone("não tem", "BR").kind.value
    'junk'
    >>> classify_phone(" ", "BR") is None
    True
    """
    return best_phone(read_phones(text, country, placeholders, tax_id))
