# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A field of contacts with one typo corrected, and nothing else changed.

A correction is read again before it is proposed: the contact meant must be there and
usable, and every other contact of the field must be read as before.
"""

import re
from collections.abc import Callable, Collection, Sequence

from .bound import MOST_READ, FieldText, head
from .contact import Phone, read_emails
from .email_slip import find_slip

# What may stand among the digits of one number.
_GAP = r"[^\w\n]{0,3}"
_SUBSCRIBER = 8  # digits of a Brazilian mobile before 2016, without its area code


def correct_email(
    text: FieldText, placeholders: Collection[str] = ()
) -> tuple[str, str] | None:
    """Return the address that is meant, and the field ``text`` with it, else ``None``.

    Only the domain of the address is replaced. Never raises.

    >>> correct_email("Ana.Silva@Gmial.com; compras@oficina.com.br")
    ('ana.silva@gmail.com', 'Ana.Silva@gmail.com; compras@oficina.com.br')
    >>> correct_email("ana@gmial.com não existe") is None
    True
    """
    slip = find_slip(text)
    if not text or not slip:
        return None
    typed, meant = slip
    local, _at, domain = map(re.escape, typed.rpartition("@"))
    spelled = rf"(?<![\w.+-])({local}\s*@\s*){domain}(?![\w-]|\.\w)"
    exchange = rf"\g<1>{meant.rpartition('@')[2]}"
    corrected = re.sub(spelled, exchange, head(text), flags=re.IGNORECASE)
    corrected += text[MOST_READ:]
    before = [email.address for email in read_emails(text, placeholders)]
    after = read_emails(corrected, placeholders)
    expected = [meant if address == typed else address for address in before]
    usable = {email.address for email in after if email.kind.usable}
    if meant in before or meant not in usable:
        return None
    return (meant, corrected) if [mail.address for mail in after] == expected else None


def correct_phone(
    text: str, read: Callable[[str], Sequence[Phone]]
) -> tuple[str, str] | None:
    """Return a number without its ninth digit, as E.164, and ``text`` with the digit.

    ``None`` if there is none. The spelling stays.

    :param read: returns the phones of a text

    >>> from .contact import read_phones
    >>> correct_phone("cel (11) 8765-4321", lambda text: read_phones(text, "BR"))
    ('+5511987654321', 'cel (11) 98765-4321')
    """
    phones = read(text)
    for phone in phones:
        if not phone.e164 or not _lacks_nine(phone):
            continue
        spelled = rf"{_GAP.join(phone.e164[-_SUBSCRIBER:])}(?!\d)"
        for found in re.finditer(spelled, head(text)):
            place = found.start()
            corrected = f"{text[:place]}9{text[place:MOST_READ]}{text[MOST_READ:]}"
            if _is_same(phones, read(corrected)):
                return phone.e164, corrected
    return None


def _lacks_nine(phone: Phone) -> bool:
    return phone.note == "without_ninth_digit"


def _is_same(before: Sequence[Phone], after: Sequence[Phone]) -> bool:
    """Whether both dial the same numbers, and the latter lacks one ninth digit less."""
    dialled = [phone.e164 for phone in before] == [phone.e164 for phone in after]
    return dialled and sum(map(_lacks_nine, after)) == sum(map(_lacks_nine, before)) - 1
