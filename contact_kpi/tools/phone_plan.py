# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Numbering plans: what the digits of one number mean in one country.

The facts are those of ``phonenumbers``. It is asked about digits as typed, and
never about its own formatted text: a process may have changed how it formats
(Odoo makes it add and drop digits in Brazil and Mexico).
"""

import re
from functools import cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumberType
from phonenumbers.phonenumberutil import (
    COUNTRY_CODE_TO_REGION_CODE,
    ValidationResult,
    region_code_for_country_code,
    region_code_for_number,
)

from . import phone_brazil

# The order in which the library tries them.
_OTHER = (
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)
_BY_TYPE = {getattr(PhoneNumberType, name.upper()): ("other", name) for name in _OTHER}
_BY_TYPE[PhoneNumberType.FIXED_LINE] = ("landline", None)
_BY_TYPE[PhoneNumberType.FIXED_LINE_OR_MOBILE] = ("either", None)
_BY_TYPE[PhoneNumberType.MOBILE] = ("mobile", None)

# Numbers still written as before a change of plan: (as written, as dialled, note).
# Brazil put a 9 before every mobile until 2016. Of the first digits before that, 6 to
# 8 are still believed: a 9 is nearly always a mobile of today that lost a digit (7 is
# still dialled with eight digits by the trunking services, see `_noted`).
# Mexico gave up the 1 after its country code and 01, 044, 045 in 2019.
_FORMER = {
    "BR": (re.compile(r"([1-9][1-9])([6-8]\d{7})"), r"\g<1>9\2", "without_ninth_digit"),
    "MX": (re.compile(r"(?:0?1|04[45])(\d{10})"), r"\1", "former_prefix"),
}
_IMPOSSIBLE = {
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "no_area_code",
    ValidationResult.TOO_SHORT: "too_short",
    ValidationResult.TOO_LONG: "too_long",
}
_LONGEST = 20
_SURELY_ONE = 16
_SUBSCRIBER = 7
_SUBSCRIBER_IN = {"KR": 8}  # mobiles and Seoul; the metadata knows only others


class Verdict(NamedTuple):
    """What some digits are: a kind (see ``contact.PhoneKind``), and why."""

    kind: str
    e164: str | None = None
    note: str | None = None


def region_of(country):
    """Return the region that the library knows ``country`` by, or ``None``."""
    region = (country or "").upper()
    return region if region in phonenumbers.SUPPORTED_REGIONS else None


def _local_lengths(region):
    metadata = PhoneMetadata.metadata_for_region(region, None) if region else None
    descriptions = (metadata.fixed_line, metadata.mobile) if metadata else ()
    return [desc.possible_length_local_only if desc else () for desc in descriptions]


@cache
def _subscriber_length(region):
    """Return how many equal digits at the end leave no real number.

    That is the length of a number dialled without its area code. Where several
    are in use, the shortest of seven or more; where none is, seven. Five only
    where the library completes so short a number by itself.
    """
    if region in _SUBSCRIBER_IN:
        return _SUBSCRIBER_IN[region]
    metadata = PhoneMetadata.metadata_for_region(region, None) if region else None
    if metadata is None or not metadata.fixed_line:
        return _SUBSCRIBER
    completes = (metadata.national_prefix_transform_rule or "")[:1].isdigit()
    lengths = metadata.fixed_line.possible_length_local_only
    long = [length for length in lengths if length >= _SUBSCRIBER]
    short = [length for length in lengths if length >= (5 if completes else 6)]
    return min(long, default=max(short, default=_SUBSCRIBER))


def is_repeated(digits, length=_SUBSCRIBER):
    """Whether the last ``length`` digits, or all if fewer, are one digit.

    >>> is_repeated("11900000000", 8), is_repeated("1140000001", 8)
    (True, False)
    """
    tail = digits[-length:]
    return bool(tail) and not tail.strip(tail[0])


def _noted(calling_code, national, kind, note):
    if calling_code == 55 and kind == "mobile" and len(national) == 10:
        return "trunking"
    return note


def _why_invalid(number, national, region, typed):
    if region == "BR" and phone_brazil.is_area_and_seven(typed):
        return "digit_missing"
    if any(len(national) in lengths for lengths in _local_lengths(region)):
        return "no_area_code"
    return _IMPOSSIBLE.get(phonenumbers.is_possible_number_with_reason(number))


def verdict(text, region):
    """Return what ``text`` (one number, maybe with ``+``) is in ``region``.

    Junk is found before the plan is asked and again in the national number, so
    that neither a country code nor an added digit hides it. What stands between the
    digits matters in Brazil only, see :mod:`.phone_brazil`. Any other outcome
    is the library's, but for numbers written as before a change of plan.
    """
    typed = re.sub(r"\D", "", text)
    if is_repeated(typed, len(typed)):
        return Verdict("junk", note="repeated")
    international = text.startswith("+")
    if len(typed) > _LONGEST or not (international or region):
        if is_repeated(typed):
            return Verdict("junk", note="repeated")
        return Verdict("invalid", note="too_long" if region else "no_country")
    try:
        number = phonenumbers.parse(
            f"+{typed}" if international else typed, None if international else region
        )
    except NumberParseException as error:
        if is_repeated(typed):
            return Verdict("junk", note="repeated")
        unknown = error.error_type == NumberParseException.INVALID_COUNTRY_CODE
        return Verdict("invalid", note="unknown_country" if unknown else None)
    code = number.country_code
    national = phonenumbers.national_significant_number(number)
    main = region_code_for_country_code(code)
    if is_repeated(
        national, _subscriber_length(region_code_for_number(number) or main)
    ):
        return Verdict("junk", note="repeated")
    found = _BY_TYPE.get(phonenumbers.number_type(number))
    if main == "BR" and (found or len(national) >= 10):
        service = bool(found) and found[0] == "other"
        if note := phone_brazil.misspelt(text, national, service):
            return Verdict("invalid", note=note)
    if found:
        kind, note = found
        return Verdict(kind, f"+{code}{national}", _noted(code, national, kind, note))
    written, dialled, note = _FORMER.get(main, (None, None, None))
    if written and (match := written.fullmatch(national)):
        national = match.expand(dialled)
        number = phonenumbers.PhoneNumber(code, int(national))
        found = _BY_TYPE.get(phonenumbers.number_type(number))
        if found:
            return Verdict(found[0], f"+{code}{national}", note)
    return Verdict("invalid", note=_why_invalid(number, national, main, text))


def completions(text, e164):
    """Yield ``text`` with the area code of ``e164``, a number of the same field.

    In Brazil the area code is two digits. Elsewhere both numbers must be equally
    long without it, and as long as a number may be there that lacks it.
    """
    number, digits = phonenumbers.parse(e164), re.sub(r"\D", "", text)
    national = phonenumbers.national_significant_number(number)
    region = region_code_for_country_code(number.country_code)
    if region == "BR" and len(national) in (10, 11):
        yield f"+55 {national[:2]} {text}"
    elif any(len(digits) in lengths for lengths in _local_lengths(region)):
        area = national[: -len(digits)]
        if len(area) > 1:
            yield f"+{number.country_code}{area}{digits}"


class Plan:
    """The quick way for plain spellings: one expression made from the metadata.

    It answers only for what is surely one usable number (digits, spaces, hyphens
    and parentheses; before them ``+`` and the country's own code, the trunk ``0``
    or ``1``, or nothing) and says ``None`` for all the rest, which is not a
    verdict: ask :func:`verdict`. Where it answers, both agree.
    """

    __slots__ = ("_code", "_kinds", "_match", "_prefix", "_tail", "_usual")

    def __init__(self, region):
        metadata = PhoneMetadata.metadata_for_region(region)
        self._code = code = metadata.country_code
        self._tail = _subscriber_length(region)
        self._kinds = {name: ("other", name) for name in _OTHER}
        self._kinds.update(either=("either", None), landline=("landline", None))
        self._kinds["mobile"] = ("mobile", None)
        self._prefix = None
        self._usual = phone_brazil.is_usual if region == "BR" else None
        own = COUNTRY_CODE_TO_REGION_CODE[code][0] == region
        if not own or metadata.leading_digits:
            self._match = None  # other regions share the code: not decided here
            return
        numbers = self._numbers(metadata)
        before = self._before(metadata)
        pattern = re.compile(f"(?:{before})(?:{numbers})", re.ASCII)
        sound = pattern.groups == len(pattern.groupindex)
        self._match = pattern.fullmatch if sound else None

    def _before(self, metadata):
        """Return the expression of what may come before the national number."""
        prefix = metadata.national_prefix_for_parsing
        trunk = metadata.national_prefix or ""
        simple = metadata.id == "BR" or (prefix == trunk and trunk in ("0", "1"))
        stop = ""
        if prefix and re.compile(prefix).match(""):
            self._prefix = re.compile(re.sub(r"\((?!\?)", "(?:", prefix)).match
        elif prefix:
            stop = "(?!" + re.sub(r"\((?!\?)", "(?:", prefix) + ")"
        abroad = metadata.international_prefix
        here = f"(?!{abroad})" if abroad else ""
        return rf"(?:\+{self._code}|{here}{f'{trunk}?' if simple else ''}){stop}"

    @staticmethod
    def _numbers(metadata):
        """Return the expression of the national numbers, one group for each kind."""

        def exactly(desc):
            lengths = "|".join(rf"\d{{{n}}}" for n in desc.possible_length)
            length = rf"(?=(?:{lengths})\Z)" if lengths else ""
            return rf"{length}(?:{desc.national_number_pattern})\Z"

        groups = {}
        for name in _OTHER:
            groups[name] = getattr(metadata, name)
        fixed, mobile = metadata.fixed_line, metadata.mobile
        same = metadata.same_mobile_and_fixed_line_pattern
        parts = [
            f"(?P<{name}>{exactly(desc)})"
            for name, desc in groups.items()
            if desc and desc.national_number_pattern
        ]
        if fixed and same:
            parts.append(f"(?P<either>{exactly(fixed)})")
        elif fixed:
            if mobile:
                parts.append(f"(?P<either>(?={exactly(fixed)}){exactly(mobile)})")
            parts.append(f"(?P<landline>{exactly(fixed)})")
        if mobile and not same:
            parts.append(f"(?P<mobile>{exactly(mobile)})")
        return f"(?={exactly(metadata.general_desc)})(?:{'|'.join(parts)})"

    def quick(self, text):
        """Return the :class:`Verdict` on ``text`` if it is plain, else ``None``."""
        if self._match is None:
            return None
        # No dot: a CPF has dots.
        digits = text.replace(" ", "").replace("-", "")
        digits = digits.replace("(", "").replace(")", "")
        if len(digits) >= _SURELY_ONE:
            return None
        match = self._match(digits)
        if match is None:
            return None
        name = match.lastgroup
        national = match[name]
        tail = national[-self._tail :]
        if not tail.strip(tail[0]):
            return None
        if self._prefix and self._prefix(national).end():
            return None
        kind, note = self._kinds[name]
        if self._usual and not self._usual(text):
            return None
        return Verdict(
            kind,
            f"+{self._code}{national}",
            _noted(self._code, national, kind, note),
        )


@cache
def plan(country):
    """Return the :class:`Plan` of ``country``, ``None`` if there is none."""
    region = region_of(country)
    return Plan(region) if region else None
