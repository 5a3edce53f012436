# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Parsing of phone fields as text, without a numbering plan.

A text is parsed in three steps. What has digits and is no number (documents, bank
accounts, postcodes, vehicles, dates, hours) is replaced by a bar, which no number
spans. The rest is split into numbers, each with the words beside it. Of each number the
runs of digits are read: two of them are one number only if the word between them is a
label of a number, such as "DDD" or "cel".
"""

import re
import unicodedata
from collections.abc import Iterator

from .bound import head, normalized

# Digits of the shortest number that stands alone: a shorter one joins its neighbour.
_ALONE = 8
# No number has this many digits on both sides of a space.
_COMPLETE = 10
# Digits of Brazil's mobiles with their area code.
_MOBILE = 11
# Digits of trunk prefix and area code, or country and area code.
_AREA = 5

_WORD = r"[^\W\d_]"


def _words(text: str) -> list[str]:
    """Return the regular expressions of a list that is separated by white space."""
    return text.split()


def _any_of(*words: str) -> str:
    """Return a regular expression that matches any of these as whole words."""
    return rf"(?<!{_WORD})(?={_WORD})(?:{'|'.join(words)})(?!{_WORD})"


# -- words ---------------------------------------------------------------------------

_EXTENSION_WORD = (
    r"(?:ramal|ram|rml|rm|extens[aã]o|extension|extn?|xtn|anexo|interno|int|r|x)"
    rf"(?!{_WORD})\.?|\#"
)
_EXTENSION = re.compile(
    rf"(?<=[\d)])[\s,;/(.-]*(?:{_EXTENSION_WORD})[\s:=.]*\d{{1,7}}(?!\d)\D*\Z",
    re.IGNORECASE,
)
_AN_EXTENSION = re.compile(rf"\s*(?:{_EXTENSION_WORD})", re.IGNORECASE)
# May stand between an area code and its number.
_LABELS = _words(r"""
    ddd ddi x{1,2} tel telef telefones? phone fones? fixo cel celular(?:es)? cell mobile
    m[oó]vel whats whats?app wpp wapp? wp zap contato comercial com residencial res
    n no nr num n[uú]mero telefon tel[eé]fono m[oó]vil handy mobil t[eé]l[eé]phone
    portable prefijo vorwahl
""")
_LABEL = re.compile("|".join(_LABELS), re.IGNORECASE)
# What follows is the number of something else: documents, banks, postcodes, vehicles,
# papers, doors.
_CODES = _words(r"""
    cpf cic cnpj cei rg cnh pis pasep nis nit ie i\.\s?e i\.\s?m crm crea oab ctps
    passaporte documento doc inscri[cç][aã]o(?:\s+(?:estadual|municipal))?
    t[ií]tulo\sde\seleitor
    banco bco ag ag[eê]ncia c\s?[/.]\s?[cp] cc cp poupan[cç]a
    conta(?:[\s-](?:corrente|poupan[cç]a))? boleto cart[aã]o iban swift
    cep zip postal plz caixa\spostal
    chassis? vin renavam placa motor
    sku ordem(?:\sde\sservi[cç]o)? (?-i:OS) o\.\s?s pedido ped protocolo prot contrato
    nf nf-?e nota nota\sfiscal matr[ií]cula c[oó]digo c[oó]d id ref lote or[cç]amento
    processo ap apto apartamento sala bloco
""")
_VOID_WORDS = (
    r"n[aã]o\s+(?:existe|funciona|pertence|(?:[eé]|est[aá]|usa)\s+(?:mais|del[ae]s?))",
    r"(?:trocou|mudou)\s+(?:de|o)\s+(?:n[uú]mero|telefone|celular)",
    r"inexistentes?|errad[oa]s?|incorret[oa]s?|inv[aá]lid[oa]s?|equivocad[oa]s?",
    r"deslig\w+|desativad\w+|cancelad[oa]s?|fora\s+de\s+servi[cç]o|fuera\s+de\s+servicio",
    r"(?:n[uú]mero|tel\w*|cel\w*|e-?mail)\s+(?:antigo|velho)|no\s+existe",
    r"wrong|disconnected|out\s+of\s+service|do(?:es\s+not|esn'?t)\s+(?:exist|work)",
)
#: Says that the contact beside it does not work.
VOID = re.compile(_any_of(*_VOID_WORDS), re.IGNORECASE)
_FAX = r"(?<!tem )(?<!sem )(?<!é )fax"
_VOID_NUMBER = re.compile(_any_of(*_VOID_WORDS, _FAX), re.IGNORECASE)
# Applies to the number before it, not to the next one.
_VOID_AFTER = re.compile(
    rf"\s*\(?(?:n[uú]mero\s+|tel\w*\s+)?{_any_of(*_VOID_WORDS)}(?:\s+mais)?\)?"
    r"|\s*\(fax\)",
    re.IGNORECASE,
)
_PHONE_AND_FAX = re.compile(
    r"(?<!\w)(?:(?:tel|telefone|fone|phone|pabx)\.?\s?(?:[/&]|e)\s?fax"
    r"|fax\s?(?:[/&]|e)\s?(?:tel|fone|pabx)\w*|telefax)(?!\w)",
    re.IGNORECASE,
)

# -- what has digits and is no number --------------------------------------------------

_DAY, _MONTH = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])"
_YEAR = r"(?:19|20)\d\d"
# Each with a character that it requires: without it, the expression is not tried.
_NO_NUMBER = [
    (mark, re.compile(pattern, re.IGNORECASE))
    for mark, pattern in (
        ("@", r"\S*@\S*"),
        ("$", r"R\$\s?[\d.,]+"),
        (":", r"(?<![\d:])\d{1,2}:\d\d(?::\d\d)?(?:h|hs)?(?![\d:])"),
        # CPF and CNPJ, formatted; a CNPJ may have letters, and fewer punctuation marks
        ("-", r"(?<!\d)\d{3}(?:\.\d{3}){2}-\d\d(?!\d)"),
        ("/", r"(?<!\w)[a-z\d]{2}\.?[a-z\d]{3}\.?[a-z\d]{3}/[a-z\d]{4}-?\d\d(?!\d)"),
        # dates, and the model years of a vehicle
        ("/", rf"(?<![\d/]){_DAY}/{_MONTH}(?:/(?:{_YEAR}|\d\d))?(?![\d/])"),
        ("/", rf"(?<![\d/]){_MONTH}/{_YEAR}(?![\d/.-]|\s\d{{4}}\b)"),
        ("/", rf"(?<![\d/])(?<![\d)]\s){_YEAR}/(?:{_YEAR}|\d\d)(?![\d/-])"),
        ("/", r"(?<![\d/])\d\d/\d\d(?![\d/])(?=\s)"),
        # a link, but for one to a chat
        (".", r"(?:https?://|www\.)(?!\S*(?:wa\.me|phone=))\S+"),
        ("-", rf"(?<![\d.-]){_YEAR}-{_MONTH}-{_DAY}(?![\d.-])"),
        ("-", rf"(?<![\d.-]){_DAY}-{_MONTH}-{_YEAR}(?![\d.-])"),
        (".", rf"(?<![\d.-]){_DAY}\.{_MONTH}\.{_YEAR}(?![\d.-])"),
    )
]
_A_CODE = (
    rf"{_any_of(*_CODES)}(?:\W{{0,3}}{_any_of(*_CODES, 'd[aeo]', 'n[o.]?', 'nr')}"
    r"|\W{0,3}cliente)*(?:\s+d[aeo]\s+\w+)?[\s.:/\#-]{0,3}"
    r"(?:\d{3}(?P<gap>[ .])\d{3}(?P=gap)\d{3}[ -]\d\d(?!\d)|[\w.-]*\d[\w.-]*)"
)
_LETTERS_AMONG_DIGITS = (
    rf"\b\w*?\d(?!(?:{'|'.join(_LABELS)}|{_EXTENSION_WORD}|e|ou|or|and|y)\d)"
    rf"{_WORD}+\d\w*"
)
_MILEAGE, _HOURS = r"(?<![\d.])\d[\d.]*\s?km\b", r"(?<!\d)\d{1,2}\s?h(?:s|rs|oras)?\b"
_NO_NUMBER_WITH_LETTERS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (_A_CODE, _LETTERS_AMONG_DIGITS, _MILEAGE, _HOURS)
]
_LETTER = re.compile(_WORD)
_BAR = "|"
# A spreadsheet's number: an integer as float, and one whose last digits are lost.
_WHOLE_FLOAT = re.compile(r"(?<=\d{4})[.,]00?(?![\d.,])")
_ROUNDED = re.compile(r"(?<!\w)\d+(?:[.,]\d+)?e\+?\d\d?(?!\w)", re.IGNORECASE)

# -- between two numbers ---------------------------------------------------------------

_SEPARATOR = re.compile(
    r"\s*((?:(?<!fax)[/|\\,;&\n\r\t]+|(?<=[\s\d)])(?:ou|or|e|and|y)(?=[\s\d(+]))"
    rf"(?![/|\\,;&\s]*(?:{_EXTENSION_WORD})[\s:=.]*\d)"
    r"|(?<=[\d)])\s+\+\s+(?=\(?0?(?!55)\d\d\b))\s*",
    re.IGNORECASE,
)
# Where a second number may begin without a separator.
_BREAK = re.compile(
    rf"\s+-\s+|\s*(?=\+)|\s*(?=\(\s*0?\d{{2,3}}\s*\))|\s*(?={_WORD})(?<!{_WORD})|\s+"
)
_AREA_CODE = re.compile(r"\s*\(?\s*0?\d\d\s*\)?\s*")
_DASHES = dict.fromkeys([*range(0x2010, 0x2016), 0x2212], "-")


def only_digits(text: str) -> str:
    """Return the ASCII digits of ``text``."""
    return re.sub(r"[^0-9]", "", text)


def clean(text: str) -> str:
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


def without_extension(text: str) -> str:
    """Return ``text`` without a trailing extension.

    >>> without_extension("(11) 2345-6789 ramal 21")
    '(11) 2345-6789'
    """
    return _EXTENSION.sub("", text)


def is_rounded(text: str) -> bool:
    """Whether ``text`` is a number whose last digits a spreadsheet has lost.

    >>> is_rounded("5.51198765E+12"), is_rounded("11987654321.0")
    (True, False)
    """
    return bool(_ROUNDED.search(text))


def is_void(text: str) -> bool:
    """Whether ``text`` says of its number that it does not work.

    >>> is_void("11 2345-6789 não existe"), is_void("tel/fax 11 2345-6789")
    (True, False)
    """
    return bool(_VOID_NUMBER.search(_PHONE_AND_FAX.sub("tel", text)))


def _marked(text: str) -> str:
    """Return ``text`` with a bar in place of what has digits and is no number."""
    text = _WHOLE_FLOAT.sub("", text)
    for mark, pattern in _NO_NUMBER:
        if mark in text:
            text = pattern.sub(_BAR, text)
    if _LETTER.search(text):
        text = _ROUNDED.sub(_BAR, _PHONE_AND_FAX.sub("tel", text))
        for pattern in _NO_NUMBER_WITH_LETTERS:
            text = pattern.sub(_BAR, text)
    return text


# -- one number ------------------------------------------------------------------------


def _runs(text: str) -> list[tuple[str, bool]]:
    """Return the runs of digits, as typed, and whether a word stands before each.

    A word between two joins them if it is a label and the first is as short as an area
    code; any other separates them.
    """
    pieces = re.split(rf"({_WORD}+|\{_BAR})", without_extension(_marked(text)))
    runs = [(pieces[0], False)]
    for word, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        before, wordy = runs[-1]
        area = len(only_digits(before)) <= _AREA
        if area and (not only_digits(before) or _LABEL.fullmatch(word)):
            runs[-1] = (f"{before} {piece}", wordy or not only_digits(before))
        else:
            runs.append((piece, True))
    return runs


# Before a number: an index, or digits of the word before ("Uno 2012", "Tel 1").
_BEFORE = re.compile(
    r"[^\w#]*(#?\d{1,4}|\d[.,]\d)(\s?[.:)\]-])?(?:\s+(?=[+(]?\s?\d)|(?=\())"
)
_AFTER = re.compile(r"\s+[.(-]?\s?(?:\d{1,4}|\d+[.,]\d+)\W*\Z")


def _less(run: str, wordy: bool) -> Iterator[str]:
    """Yield ``run`` without the short numbers before and after it.

    :param wordy: a word stands before it
    """
    rest = run
    while match := _BEFORE.match(rest):
        short, mark = only_digits(match[1]), match[2]
        rest = rest[match.end() :]
        least = _MOBILE if len(short) == 2 and "." not in match[1] else _COMPLETE
        index = (mark or match[1][0] == "#") and re.fullmatch("0?[1-9]", short)
        year = re.fullmatch(_YEAR, short)
        apart = wordy or index or year or re.match(r"\(0?\d\d\)", rest)
        if len(only_digits(rest)) < least or not apart:
            break
        yield rest
    while (match := _AFTER.search(run)) and match.start():
        run = run[: match.start()]
        if len(only_digits(run)) < _COMPLETE:
            break
        yield run


def _dialled(run: str) -> Iterator[str]:
    """Yield ``run`` as it may be dialled: with ``+`` for ``00``, then as typed."""
    if re.match(r"\D*\d?\D*\+", run):
        abroad = re.sub(r"\A[\D0]+", "", run[run.index("+") :])
        if abroad or only_digits(run):
            yield f"+{abroad}" if abroad else run.strip()
        return
    digits = only_digits(run)
    if digits.startswith("00") and digits.strip("0"):
        yield "+" + re.sub(r"\A[\D0]+", "", run)
    if digits:
        yield run.strip()


def readings(text: str) -> Iterator[str]:
    """Yield the numbers that ``text`` may stand for, most likely first.

    Digits as typed, with the punctuation among them and a ``+`` if it is international.
    Words are dropped (vanity numbers are not supported: "WhatsApp" is no digits), as
    are an extension, and short numbers beside the number itself, such as those of
    ``tel 2``, ``Uno 2012``.

    >>> list(readings("Uno 2012 11 96123-4567"))
    ['2012 11 96123-4567', '11 96123-4567']
    """
    runs = [(run, wordy) for run, wordy in _runs(text) if only_digits(run)]
    long = [found for found in runs if len(only_digits(found[0])) >= _ALONE]
    longest = sorted(runs, key=lambda found: -len(only_digits(found[0])))[:1]
    for run, _wordy in long or longest:
        yield from _dialled(run)
    for run, wordy in long:
        for less in _less(run, wordy):
            yield from _dialled(less)


# -- several numbers -------------------------------------------------------------------


def _broken(text: str) -> Iterator[str]:
    """Yield the numbers of ``text`` that only a space or a word separates.

    Words that void a number stay with the one before them.
    """
    start = void_until = 0
    for match in _BREAK.finditer(text):
        if match.start() < void_until:
            continue
        left = len(only_digits(text[start : match.start()]))
        right = len(only_digits(text[match.end() :]))
        blank = match.end() < len(text) and text[match.end()].isdigit()
        least = _COMPLETE if blank and "-" not in match[0] else _ALONE
        if min(left, right) < least or _AN_EXTENSION.match(text, match.end()):
            continue
        if void := _VOID_AFTER.match(text, match.start()):
            void_until = void.end()
            continue
        yield text[start : match.start()]
        start = match.end()
    yield text[start:]


def _joined(pieces: list[str]) -> list[str]:
    """Return the numbers among ``pieces``, which alternate with separators.

    A short first piece is the area code of the next (``11/2345-6789``), and ``/`` or a
    tab may separate all parts of a number (``650/253/0000``).
    """
    numbers, separators = pieces[::2], pieces[1::2]
    while separators:
        first, second = (len(only_digits(number)) for number in numbers[:2])
        mark = separators[0]
        apart = mark in numbers[0] and second <= 4 and first < _COMPLETE
        area = 0 < first <= _AREA and 0 < second <= 9
        area &= mark in ("/", ",") or bool(_AREA_CODE.fullmatch(numbers[0]))
        if not (area or (apart and mark in "/\t")) or numbers[1][:1] in ("(", "+"):
            break
        numbers[:2] = [numbers[0] + separators.pop(0) + numbers[1]]
    return numbers


def split_numbers(text: str) -> list[str]:
    """Return the numbers of one field, each with its extension and words.

    Separators are ``/``, ``//``, ``|``, ``;``, ``,``, ``&``, `` + ``, a tab, a new
    line, "ou", "e", "or", "and"; also ``-`` between spaces, a word, a ``+`` or an area
    code in parentheses, between two pieces that are long enough to stand alone. Pieces
    without a digit are dropped unless there is nothing else or they void the number
    before them; what has digits and is no number (e-mail addresses, documents, dates …)
    is always dropped. Nothing is completed: an area code given once stays with the
    first number, and ``contact.classify_phone`` applies it to the others.

    >>> split_numbers("+55 11 2345-6789 // (11) 96123-4567 ramal 21")
    ['+55 11 2345-6789', '(11) 96123-4567 ramal 21']
    >>> split_numbers("11 2345-6789/96123-4567")
    ['11 2345-6789', '96123-4567']
    """
    pieces = _SEPARATOR.split(_marked(clean(text)))
    found = [part for number in _joined(pieces) for part in _broken(number)]
    found = [part.strip(" \t-.,:").rstrip("(").lstrip(")").strip() for part in found]
    numbers: list[str] = []
    for part in found:
        if only_digits(part):
            numbers.append(part)
        elif numbers and _VOID_NUMBER.search(part):
            numbers[-1] += f" - {part}"
    return numbers or [part for part in found if part]
