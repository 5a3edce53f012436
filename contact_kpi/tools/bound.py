# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Upper bound of how much of a text is read, whatever is pasted into a field."""

import unicodedata
from typing import Literal

#: Value of a text field in Odoo; False and None are empty.
FieldText = str | Literal[False] | None

#: Characters of a field that are read; the rest is notes. The longest valid contact, an
#: e-mail address, has 318; one that begins after these is ignored.
MOST_READ = 512


def head(text: str) -> str:
    """Return the part of ``text`` that is read."""
    return text[:MOST_READ]


def normalized(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """Return what is read of ``text`` in a Unicode normal form.

    Truncated again: one character may decompose into eighteen.

    >>> normalized("NFKC", "\\ufb01m"), len(normalized("NFKC", "\\ufdfa" * 1000))
    ('fim', 512)
    """
    return head(unicodedata.normalize(form, head(text)))
