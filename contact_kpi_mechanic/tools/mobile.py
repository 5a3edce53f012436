# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Can a message be sent to this number, and if not, why not?

Odoo 19 has no field for mobiles: only its digits tell a number's class. They are read
once, by ``contact_kpi.tools.contact.read_phones``, which looks at what was typed and at
its E.164 form and never at formatted text (Odoo's formatting makes mobiles of junk);
this module classifies each of the phones that it returns for messaging. It takes any
object with the attributes ``kind`` and ``note``, and imports nothing.

>>> from collections import namedtuple
>>> Phone = namedtuple("Phone", "kind note")
>>> mobile_kind(Phone("mobile", "without_ninth_digit")).value
'without_nine'
>>> best_kind([mobile_kind(Phone("landline", None)), MobileKind.MAYBE]).value
'maybe'
"""

from enum import StrEnum

#: Raise with every change of this module that may change an outcome. What the rules
#: of ``contact_kpi`` and the numbering plans are has a version of its own.
RULES_VERSION = "2"


class MobileKind(StrEnum):
    """What a number is for sending messages, best first.

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
    def surely_mobile(self):
        """Whether it is a mobile of its country, whatever the settings."""
        return self in _SURELY


#: Best first: of several numbers the best decides.
MOBILE_RANK = tuple(MobileKind)
_SURELY = frozenset(MOBILE_RANK[:3])
_NOTED = {
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


def mobile_kind(phone):
    """Return the :class:`MobileKind` of one phone of ``read_phones``.

    :raise KeyError: for a kind of phone that this module does not know
    """
    kind = _BY_KIND[phone.kind]
    if kind is MobileKind.MOBILE:
        return _NOTED.get(phone.note, kind)
    return kind


def best_kind(kinds):
    """Return the best of these kinds, ``None`` if there are none."""
    return min(kinds, key=MOBILE_RANK.index, default=None)
