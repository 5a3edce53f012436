# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What people type in a phone field, read as text: no numbering plan here."""

import re
import unicodedata

from .bound import head, normalized

# Shortest number that stands alone: what is shorter belongs to its neighbour.
_ALONE = 8
# No single number has this many digits on both sides of a space.
_COMPLETE = 10

_WORD = r"[^\W\d_]"
_EXTENSION_WORD = (
    r"(?:ramal|ram|rml|rm|extens[aã]o|extension|extn?|xtn|anexo|interno|int|r|x)"
    rf"(?!{_WORD})\.?|\#"
)
_EXTENSION = re.compile(
    rf"(?<=[\d)])[\s,;/(.-]*(?:{_EXTENSION_WORD})[\s:=.]*\d{{1,7}}(?!\d)\D*\Z",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(
    r"\s*((?:[/|\\,;&\n\r\t]+|(?<=[\s\d)])(?:ou|or|e|and|y)(?=[\s\d(+]))"
    rf"(?![/|\\,;&\s]*(?:{_EXTENSION_WORD})[\s:=.]*\d))\s*",
    re.IGNORECASE,
)
# Where a second number may begin although nothing separates it from the first.
_BREAK = re.compile(
    rf"\s+-\s+|\s*(?=\+)|\s*(?=\(\s*0?\d{{2,3}}\s*\))|\s*(?={_WORD})(?<!{_WORD})|\s+"
)
_LABEL = re.compile(rf"{_WORD}{{2,}}\.?\s?\d\s?[:)]")
# What has digits and is no number: e-mail addresses, hours ("8h-18h"), CPF and
# CNPJ as printed.
_OTHER = re.compile(
    r"\S*@\S*|(?<!\d)\d{1,2}\s?h(?:s|rs|oras)?\b"
    r"|(?<!\d)(?:\d{3}(?:\.\d{3}){2}|\d{2}(?:\.\d{3}){2}/\d{4})-\d\d(?!\d)",
    re.IGNORECASE,
)
_DASHES = dict.fromkeys([*range(0x2010, 0x2016), 0x2212], "-")
_AN_EXTENSION = re.compile(rf"\s*(?:{_EXTENSION_WORD})", re.IGNORECASE)


def only_digits(text):
    """Return the ASCII digits of ``text``."""
    return re.sub(r"[^0-9]", "", text)


def clean(text):
    """Return ``text`` with ASCII digits, plain hyphens and no invisible marks.

    >>> clean("\\u202a+55 11\\xa02345\\u20136789\\u202c")
    '+55 11 2345-6789'
    """
    text = head(text)
    if text.isascii():
        return text.strip()
    text = normalized("NFKC", text).translate(_DASHES)
    return "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() else char
        for char in text
        if unicodedata.category(char) != "Cf"
    ).strip()


def without_extension(text):
    """Return ``text`` without a trailing extension.

    >>> without_extension("(11) 2345-6789 ramal 21")
    '(11) 2345-6789'
    """
    return _EXTENSION.sub("", text)


def readings(text):
    """Yield the digits that the number ``text`` may stand for, likeliest first.

    Words are dropped (dialling letters are not supported: "WhatsApp" is no
    digits); ``00`` is read as ``+`` and, if that leads nowhere, as typed. What
    looks like an extension, a label (``tel 2:``), an address, hours, a CPF or a CNPJ
    is left out.
    """
    text = without_extension(_LABEL.sub(" ", _OTHER.sub(" ", text)))
    whole = only_digits(text)
    if re.match(r"\D*\d?\D*\+", text):
        abroad = only_digits(text[text.index("+") :]).lstrip("0")
        if abroad or whole:
            yield f"+{abroad}" if abroad else whole
        return
    chunks = [only_digits(chunk) for chunk in re.split(rf"{_WORD}+", text)]
    chunks = [chunk for chunk in chunks if len(chunk) >= _ALONE and chunk != whole]
    for digits in [*chunks, whole]:
        if digits.startswith("00") and digits.strip("0"):
            yield "+" + digits.lstrip("0")
        if digits:
            yield digits


def _broken(text):
    """Yield the numbers of ``text`` that nothing but a space or a word parts."""
    start = 0
    for match in _BREAK.finditer(text):
        left = len(only_digits(text[start : match.start()]))
        right = len(only_digits(text[match.end() :]))
        blank = match.end() < len(text) and text[match.end()].isdigit()
        least = _COMPLETE if blank and "-" not in match[0] else _ALONE
        if min(left, right) < least or _AN_EXTENSION.match(text, match.end()):
            continue
        yield text[start : match.start()]
        start = match.end()
    yield text[start:]


def split_numbers(text):
    """Return the numbers of one field, each with its extension and words.

    Numbers are apart by ``/``, ``//``, ``|``, ``;``, ``,``, ``&``, a new line,
    "ou", "e", "or", "and"; also by ``-`` between spaces, a word, a ``+`` or an
    area code in parentheses between two pieces that are long enough to stand
    alone. A short first piece is an area code (``11/2345-6789``), not a number.
    Pieces without a digit are dropped unless there is nothing else; e-mail
    addresses, hours and printed tax numbers (CPF, CNPJ) always. Nothing is completed:
    an area code said once stays with the first number, and it is for
    ``contact.classify_phone`` to lend it to the others.

    >>> split_numbers("+55 11 2345-6789 // (11) 96123-4567 ramal 21")
    ['+55 11 2345-6789', '(11) 96123-4567 ramal 21']
    >>> split_numbers("11 2345-6789/96123-4567")
    ['11 2345-6789', '96123-4567']
    """
    pieces = _SEPARATOR.split(_OTHER.sub(" ", clean(text)))
    numbers, separators = pieces[::2], pieces[1::2]
    while separators and separators[0] in ("/", ","):
        first, second = len(only_digits(numbers[0])), len(only_digits(numbers[1]))
        if not (0 < first <= 5 and 0 < second <= 9) or numbers[1][:1] in "(+":
            break
        numbers[:2] = [numbers[0] + separators.pop(0) + numbers[1]]
    found = [part for number in numbers for part in _broken(number)]
    found = [part.strip(" \t-.,:").rstrip("(").lstrip(")").strip() for part in found]
    return [part for part in found if only_digits(part)] or [
        part for part in found if part
    ]
