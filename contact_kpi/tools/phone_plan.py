# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Numbering plans: what the digits of one number mean in one country.

The facts are those of ``phonenumbers``. It parses digits as typed, and never its own
formatted text: a process may have patched how it formats (Odoo makes it add and drop
digits in Brazil and Mexico).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Literal, NamedTuple

import phonenumbers
from phonenumbers import (
    NumberParseException,
    PhoneMetadata,
    PhoneNumber,
    PhoneNumberDesc,
    PhoneNumberType,
)
from phonenumbers.phonenumberutil import (
    COUNTRY_CODE_TO_REGION_CODE,
    ValidationResult,
    region_code_for_country_code,
    region_code_for_number,
)

from . import phone_brazil
from .bound import FieldText

Kind = Literal["mobile", "either", "landline", "other", "invalid", "junk"]

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
# Kind and note by the library's type.
_BY_TYPE: dict[int, tuple[Kind, str | None]] = {
    getattr(PhoneNumberType, name.upper()): ("other", name) for name in _OTHER
}
_BY_TYPE[PhoneNumberType.FIXED_LINE] = ("landline", None)
_BY_TYPE[PhoneNumberType.FIXED_LINE_OR_MOBILE] = ("either", None)
_BY_TYPE[PhoneNumberType.MOBILE] = ("mobile", None)


class _Former(NamedTuple):
    """Numbers still spelled as before a change of plan."""

    written: re.Pattern[str]
    dialled: str
    note: str


# Brazil completed the 9 before every mobile in 2016. Of the former first digits, 6 to 8
# are still accepted: a 9 is nearly always a mobile of today that lost a digit (7 is
# still dialled with eight digits by the trunking services, see `_noted`).
# Mexico dropped the 1 after its country code and 01, 044, 045 in 2019.
_FORMER = {
    "BR": _Former(
        re.compile(r"([1-9][1-9])([6-8]\d{7})"), r"\g<1>9\2", "without_ninth_digit"
    ),
    "MX": _Former(re.compile(r"(?:0?1|04[45])(\d{10})"), r"\1", "former_prefix"),
}
_IMPOSSIBLE = {
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "no_area_code",
    ValidationResult.TOO_SHORT: "too_short",
    ValidationResult.TOO_LONG: "too_long",
}
_LONGEST = 20  # digits that are parsed; more are too long
_SURELY_ONE = 16  # characters; as many may be several numbers
_SUBSCRIBER = 7  # digits of a number without its area code
_SUBSCRIBER_IN = {"KR": 8}  # mobiles and Seoul; the metadata knows only others


class Verdict(NamedTuple):
    """Kind of some digits (see ``contact.PhoneKind``), how to dial them, and why."""

    kind: Kind
    e164: str | None = None
    note: str | None = None


def region_of(country: FieldText) -> str | None:
    """Return the library's code of ``country``, ``None`` if it does not know it."""
    region = (country or "").upper()
    return region if region in phonenumbers.SUPPORTED_REGIONS else None


def _local_lengths(region: str | None) -> list[Sequence[int]]:
    metadata = PhoneMetadata.metadata_for_region(region, None) if region else None
    descriptions = (metadata.fixed_line, metadata.mobile) if metadata else ()
    return [desc.possible_length_local_only if desc else () for desc in descriptions]


@cache
def _subscriber_length(region: str | None) -> int:
    """Return how many equal digits at the end make a number junk.

    That is the length of a number dialled without its area code: of several, the
    shortest of at least seven; without any, the longest shorter one, else seven. Five
    counts only where the library itself completes such numbers.
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


def is_repeated(digits: str, length: int = _SUBSCRIBER) -> bool:
    """Whether the last ``length`` digits, or all if fewer, are one digit.

    >>> is_repeated("11900000000", 8), is_repeated("1140000001", 8)
    (True, False)
    """
    tail = digits[-length:]
    return bool(tail) and not tail.strip(tail[0])


def _noted(
    calling_code: int, national: str, kind: Kind, note: str | None
) -> str | None:
    if calling_code == 55 and kind == "mobile" and len(national) == 10:
        return "trunking"
    return note


def _why_invalid(
    number: PhoneNumber, national: str, region: str | None, typed: str
) -> str | None:
    if region == "BR" and phone_brazil.is_area_and_seven(typed):
        return "digit_missing"
    if any(len(national) in lengths for lengths in _local_lengths(region)):
        return "no_area_code"
    return _IMPOSSIBLE.get(phonenumbers.is_possible_number_with_reason(number))


def verdict(text: str, region: str | None) -> Verdict:
    """Return what ``text`` (one number, maybe with ``+``) is in ``region``.

    Junk is detected in what was typed and again in the national number, so that neither
    a country code nor an added digit hides it. The characters between the digits matter
    in Brazil only, see :mod:`.phone_brazil`. Any other outcome is the library's, except
    for numbers spelled as before a change of plan.
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
    code = number.country_code or 0
    national = phonenumbers.national_significant_number(number)
    main = region_code_for_country_code(code)
    if is_repeated(
        national, _subscriber_length(region_code_for_number(number) or main)
    ):
        return Verdict("junk", note="repeated")
    found = _BY_TYPE.get(phonenumbers.number_type(number))
    if main == "BR" and (found or len(national) >= 10):
        service = found is not None and found[0] == "other"
        if why := phone_brazil.misspelt(text, national, service):
            return Verdict("invalid", note=why)
    if found:
        kind, note = found
        return Verdict(kind, f"+{code}{national}", _noted(code, national, kind, note))
    former = _FORMER.get(main)
    if former and (match := former.written.fullmatch(national)):
        national = match.expand(former.dialled)
        number = PhoneNumber(code, int(national))
        found = _BY_TYPE.get(phonenumbers.number_type(number))
        if found:
            return Verdict(found[0], f"+{code}{national}", former.note)
    return Verdict("invalid", note=_why_invalid(number, national, main, text))


def completions(text: str, e164: str) -> Iterator[str]:
    """Yield ``text`` with the area code of ``e164``, a number of the same field.

    In Brazil the area code has two digits. Elsewhere it is what precedes as many digits
    as ``text`` has, if numbers without area code may have that length.
    """
    number, digits = phonenumbers.parse(e164), re.sub(r"\D", "", text)
    national = phonenumbers.national_significant_number(number)
    region = region_code_for_country_code(number.country_code or 0)
    if region == "BR" and len(national) in (10, 11):
        yield f"+55 {national[:2]} {text}"
    elif any(len(digits) in lengths for lengths in _local_lengths(region)):
        area = national[: -len(digits)]
        if len(area) > 1:
            yield f"+{number.country_code}{area}{digits}"


_Match = Callable[[str], re.Match[str] | None]


class Plan:
    """Fast path for plain spellings: one regular expression compiled from the metadata.

    It answers only for what is certainly one usable number (digits, spaces, hyphens
    and parentheses; before them ``+`` and the country's own code, the trunk ``0`` or
    ``1``, or nothing) and returns ``None`` for everything else, which is not a verdict:
    use :func:`verdict`. Where it answers, both agree.
    """

    __slots__ = ("_code", "_kinds", "_match", "_prefix", "_tail", "_usual")

    def __init__(self, metadata: PhoneMetadata) -> None:
        region = metadata.id
        self._code = code = metadata.country_code or 0
        self._tail = _subscriber_length(region)
        # Kind and note by group of the expression.
        self._kinds: dict[str, tuple[Kind, str | None]]
        self._kinds = {name: ("other", name) for name in _OTHER}
        self._kinds.update(either=("either", None), landline=("landline", None))
        self._kinds["mobile"] = ("mobile", None)
        self._match: _Match | None = None
        self._prefix: _Match | None = None
        self._usual = phone_brazil.is_usual if region == "BR" else None
        own = COUNTRY_CODE_TO_REGION_CODE[code][0] == region
        if not own or metadata.leading_digits:
            return  # other regions share the calling code: not decided here
        numbers = self._numbers(metadata)
        before = self._before(metadata)
        pattern = re.compile(f"(?:{before})(?:{numbers})", re.ASCII)
        # With groups of the metadata's own, `lastgroup` would not tell the kind.
        if pattern.groups == len(pattern.groupindex):
            self._match = pattern.fullmatch

    def _before(self, metadata: PhoneMetadata) -> str:
        """Return the expression of what may precede the national number."""
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
    def _numbers(metadata: PhoneMetadata) -> str:
        """Return the expression of the national numbers, one group for each kind."""

        def exactly(desc: PhoneNumberDesc) -> str:
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
        general = metadata.general_desc
        whole = f"(?={exactly(general)})" if general else ""
        return f"{whole}(?:{'|'.join(parts)})"

    def quick(self, text: str) -> Verdict | None:
        """Return the :class:`Verdict` on ``text`` if it is plain, else ``None``."""
        if self._match is None:
            return None
        # No dot: a CPF has dots.
        digits = text.replace(" ", "").replace("-", "")
        digits = digits.replace("(", "").replace(")", "")
        if len(digits) >= _SURELY_ONE:
            return None
        match = self._match(digits)
        if match is None or (name := match.lastgroup) is None:
            return None
        national = match[name]
        tail = national[-self._tail :]
        if not tail.strip(tail[0]):
            return None
        if self._prefix and (prefix := self._prefix(national)) and prefix.end():
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
def plan(country: FieldText) -> Plan | None:
    """Return the :class:`Plan` of ``country``, ``None`` if there is none."""
    region = region_of(country)
    metadata = PhoneMetadata.metadata_for_region(region) if region else None
    return Plan(metadata) if metadata else None
