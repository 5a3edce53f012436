# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Can a message be sent to this number, and if not, why not?

Odoo 19 has no field for mobiles: only its digits tell a number's class. They are parsed
once, by ``contact_kpi.tools.contact.read_phones``, from what was typed and its E.164
form and never from formatted text (Odoo's formatting makes mobiles of junk). This
module maps each of the phones that it returns to what a messenger can do with it, and
imports neither Odoo nor ``contact_kpi``.

>>> from collections import namedtuple
>>> Phone = namedtuple("Phone", "kind note")
>>> mobile_kind(Phone("mobile", "without_ninth_digit")).value
'without_nine'
>>> best_kind([mobile_kind(Phone("landline", None)), MobileKind.MAYBE]).value
'maybe'
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol

#: Raise with every change of this module that may change an outcome. The rules of
#: ``contact_kpi`` and the numbering plans have a version of their own.
RULES_VERSION = "2"


class Phone(Protocol):
    """The attributes of ``contact_kpi.tools.contact.Phone`` that are read."""

    @property
    def kind(self) -> str: ...

    @property
    def note(self) -> str | None: ...


class MobileKind(StrEnum):
    """Whether a number can receive messages, best first.

    ``without_nine``: a Brazilian mobile typed as before 2016, to be dialled with a 9
    in front. ``trunking``: Brazil's 7xxx-xxxx, still eight digits. ``maybe``: a number
    of a country where mobiles and landlines share their ranges. ``other``: toll-free,
    shared cost, VoIP and the like. The last two are no numbers at all.
    """

    MOBILE = "mobile"
    WITHOUT_NINE = "without_nine"
    TRUNKING = "trunking"
    MAYBE = "maybe"
    LANDLINE = "landline"
    OTHER = "other"
    INVALID = "invalid"
    JUNK = "junk"

    @property
    def surely_mobile(self) -> bool:
        """Whether it is a mobile of its country, whatever the settings."""
        return self in _SURELY


#: Best first: of several numbers the best decides.
MOBILE_RANK = tuple(MobileKind)
_SURELY = frozenset(MOBILE_RANK[:3])
_NOTED: dict[str | None, MobileKind] = {
    "without_ninth_digit": MobileKind.WITHOUT_NINE,
    "trunking": MobileKind.TRUNKING,
}
_BY_KIND = {
    "mobile": MobileKind.MOBILE,
    "either": MobileKind.MAYBE,
    "landline": MobileKind.LANDLINE,
    "other": MobileKind.OTHER,
    "invalid": MobileKind.INVALID,
    "junk": MobileKind.JUNK,
}


def mobile_kind(phone: Phone) -> MobileKind:
    """Return the :class:`MobileKind` of one phone of ``read_phones``.

    :raise KeyError: for an unknown kind of phone
    """
    kind = _BY_KIND[phone.kind]
    if kind is MobileKind.MOBILE:
        return _NOTED.get(phone.note, kind)
    return kind


def best_kind(kinds: Iterable[MobileKind]) -> MobileKind | None:
    """Return the best of these kinds, ``None`` if there are none."""
    return min(kinds, key=MOBILE_RANK.index, default=None)
