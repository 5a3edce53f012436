# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How much of a text is read: nobody waits for what somebody pasted into a field."""

import unicodedata

#: Characters of a field that are read; the rest is somebody's notes. The longest real
#: contact, an e-mail address, has 318; what only begins after these is none.
MOST_READ = 512


def head(text):
    """Return the part of ``text`` that is read."""
    return text[:MOST_READ]


def normalized(form, text):
    """Return what is read of ``text`` in a normal form of Unicode.

    Never longer than what is read: one character may stand for eighteen.

    >>> normalized("NFKC", "\\ufb01m"), len(normalized("NFKC", "\\ufdfa" * 1000))
    ('fim', 512)
    """
    return head(unicodedata.normalize(form, head(text)))
