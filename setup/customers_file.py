"""Read a file of customers: CSV or workbook, encoding, header. Needs no Odoo.

Odoo's own reader (`base_import`) does not serve: it needs a database, which a bad file
should not cost; it detects the delimiter only if all lines have as many columns, drops
blank lines, so that line numbers are lost, and knows only labels of the installed
languages.
"""

import csv
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import customers_words
import python_calamine
from customers_words import LABELS, UNQUALIFIED
from python_calamine import CalamineSheet
from workspace import Failure

# A header has at least one of these.
NAMING = {"name", "display", "first", "last", "company_name"}
# Headers may name a part of these records: “Country/External ID”.
RELATIONS = {"parent_id", "country_id", "state_id", "industry_id", "user_id"}
# Most likely first; in the wrong one, accented letters are symbols: see `encoding_of`.
ENCODINGS = ("utf-8-sig", "cp1252", "cp850", "mac_roman")
ACCENTED = set("áàâãäçéêíñóôõöúüÁÀÂÃÇÉÊÍÑÓÔÕÚÜªº")
DELIMITERS = {";": "semicolons", ",": "commas", "\t": "tabs", "|": "vertical bars"}
# Rows scanned to find the header, and to tell names from yes and no.
TOP, SAMPLE = 10, 200
SHOWN = 12  # columns of a file without a header
# Fields of which every column counts.
CONTACTS = {"phone", "mobile", "email"}
WRAPPED = re.compile(r'="(.*)"|\'(?=[+\d])(.*)', re.DOTALL)
LOST = re.compile(
    r"(?P<rounded>\d+([.,]\d+)?E\+\d+)|(?P<error>#(N/A|[^\W\d]+[!?]|DIV/0!|#+))"
    r"|(?P<unstorable>.*\0.*)",
    re.IGNORECASE | re.DOTALL,
)
REASONS = {
    "rounded": "number whose last digits a spreadsheet has lost",
    "error": "error of a spreadsheet instead of a value",
    "unstorable": "character that cannot be stored",
}
SAVE = "Open it in a spreadsheet and save it as .xlsx or as CSV (UTF-8)."
csv.field_size_limit(sys.maxsize)


# Number and cells of a line of the file.
Line = tuple[int, list[str]]
Rows = Callable[[], Iterable[Line]]


class Reading(NamedTuple):
    """A way to read a file, in words, and a function that yields its lines."""

    how: str
    rows: Rows


class Header(NamedTuple):
    """A line that may be the header, and how many fields it names."""

    fields: int
    line: int
    cells: list[str]


class Reason(NamedTuple):
    """Why a row, or a value of it, was not loaded; ``detail`` quotes the file."""

    text: str
    detail: str = ""


@dataclass(eq=False, slots=True)
class Row:
    """One customer: texts and ids by field of Odoo, what was left empty or refused."""

    line: int
    values: dict[str, str] = field(default_factory=dict)
    phones: list[str] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    #: Of relations, once looked up.
    ids: dict[str, int] = field(default_factory=dict)
    is_company: bool = False
    remarks: list[Reason] = field(default_factory=list)
    refused: Reason | None = None

    def remark(self, reason: str, detail: str = "") -> None:
        """Record a value of this row that is not loaded."""
        self.remarks.append(Reason(reason, detail))


def plain(text: str) -> str:
    """Return a text in lower case without accents and punctuation, to compare names."""
    text = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(char for char in text if not unicodedata.combining(char))
    return " ".join(re.findall(r"[^\W_]+", text))


def words(text: str) -> set[str]:
    """Return the plain items of a comma-separated list."""
    return set(map(plain, text.split(",")))


YES, NO = words(customers_words.YES), words(customers_words.NO) | {""}
QUALIFIERS = set(plain(customers_words.QUALIFIERS).split())
NAMES = {
    label: name
    for name, labels in LABELS.items()
    for label in words(f"{name}, {name.removesuffix('_id')}, {labels}")
}


def meaning(label: str) -> str | None:
    """Return the field that a header names, if any."""
    whole, (head, *path) = plain(label[:60]), label.split("/")
    found = NAMES.get(whole)
    if not found and path and NAMES.get(plain(head)) in RELATIONS:
        # Ids of another database mean nothing in this one.
        return None if path[-1] in {".id", "Database ID"} else NAMES[plain(head)]
    unnumbered = re.sub(r"\b\d+\b", "", whole)
    for text in (*trimmed(whole.split()), *trimmed(unnumbered.split())):
        name = NAMES.get(" ".join(text))
        found = found or (name if name not in UNQUALIFIED else None)
    return found


def trimmed(parts: list[str]) -> Iterator[list[str]]:
    """Yield the words of a header, then with fewer and fewer qualifiers at its ends."""
    yield parts
    if parts and parts[0] in QUALIFIERS:
        yield from trimmed(parts[1:])
    if parts and parts[-1] in QUALIFIERS:
        yield from trimmed(parts[:-1])


def check(path: Path) -> None:
    """Read a whole file, to fail early on one of which nothing can be loaded.

    :raises workspace.Failure: when nothing of it can be loaded
    """
    if not sum(not row.refused for row in CustomerFile(path).rows()):
        raise Failure(f"{path.name} has columns, but below them nobody with a name.")


class CustomerFile:
    """A file: how it was read, its columns, and its rows as an iterator.

    Each pass over the rows reads a text again, one row in memory at a time; a workbook
    is kept as a whole. ``columns`` are headers by field, ``aside`` those of ignored
    columns.

    :raises workspace.Failure: when the file as a whole cannot be understood
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        tried = [(header(rows), how, rows) for how, rows in readings(path)]
        # Most recognised headers first, then most columns.
        best = max(
            tried, key=lambda each: (each[0].fields, len(each[0].cells)), default=None
        )
        if not best or not best[0].cells:
            raise Failure(f"{path.name} is empty: a header and customers are expected.")
        (_fields, self.line, self.head), self.how, self.open = best
        fields = [meaning(label) for label in self.head]
        if not NAMING.intersection(fields):
            raise Failure(self.without_names())
        self.fields = [self.settle(at, fields) for at in range(len(fields))]
        pairs = list(zip(self.fields, self.head, strict=True))
        self.columns = {name: label for name, label in reversed(pairs) if name}
        self.aside = [label for name, label in pairs if label and not name]

    def settle(self, at: int, fields: Sequence[str | None]) -> str | None:
        """Return the field of a column, whose header may be ambiguous."""
        if fields[at] == "name" and "last" in fields and "first" not in fields:
            return "first"  # “Nome; Sobrenome”
        if fields[at] == "company_name":
            sample = islice(self.body(), SAMPLE)
            texts = {plain(cells[at]) for _line, cells in sample if at < len(cells)}
            if texts - {""} and texts <= YES | NO:
                return "is_company"  # “Empresa: sim”
        return fields[at]

    def without_names(self) -> str:
        """Return the message that no header names customers, and how it was read."""
        cells = [f"{at}  {cell[:40]}" for at, cell in enumerate(self.head, 1)]
        shown = "\n    ".join(cells[:SHOWN] + ["…"] * (len(cells) > SHOWN))
        return (
            f"{self.name}: no column holds the customers' names. It was read as"
            f" {self.how}, with line {self.line} as the header:\n    {shown}\n"
            "  If that is a customer, put a line above it that says what each column"
            " is: Nome, Telefone, Celular, E-mail, CPF/CNPJ, Cidade, UF, País …"
        )

    def body(self) -> Iterator[Line]:
        """Yield the lines below the header, without blank ones."""
        line = self.line
        try:
            for line, cells in filled(self.open()):
                if line > self.line:
                    yield line, cells
        except csv.Error:
            raise Failure(
                f"{self.name}: after line {line} a cell begins with a quotation mark"
                f' (") that is not closed, or has one inside. {SAVE}'
            ) from None

    def rows(self) -> Iterator[Row]:
        """Yield the customers."""
        for line, cells in self.body():
            row, area = Row(line), ""
            texts: dict[str, list[str]] = {}
            if any(cells[len(self.head) :]):
                row.remark("more cells than columns")
            for name, label, text in zip(self.fields, self.head, cells, strict=False):
                if not name or not text:
                    continue
                if lost := LOST.fullmatch(text):
                    kinds = (kind for kind, found in lost.groupdict().items() if found)
                    row.remark(f"{label}: {REASONS[next(kinds)]}")
                elif name == "ddd":
                    area = f"({text}) "
                else:
                    short = area and 7 < len(re.sub(r"\D", "", text)) < 10
                    lead = area if short and name in {"phone", "mobile"} else ""
                    texts.setdefault(name, []).extend((lead + text).split(" ::: "))
            row.values = compose(texts)
            phones = [*texts.get("mobile", ()), *texts.get("phone", ())]
            row.phones = distinct(phones, lambda text: re.sub(r"\D", "", text))
            row.emails = distinct(
                texts.get("email", ()), lambda text: text if "@" in text else ""
            )
            if not row.values["name"]:
                row.refused = Reason("no name")
            yield row


def compose(texts: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return one text by field from the texts of all columns that mean it.

    The first counts; phones and e-mails, of which all count, are left out.
    """
    values = {name: each[0] for name, each in texts.items() if name not in CONTACTS}
    person = [values.pop(name, "") for name in ("first", "middle", "last")]
    names = (values.get("name"), " ".join(filter(None, person)), values.get("display"))
    values["name"] = next(filter(None, names), "")
    if not values["name"] and values.get("company_name"):
        values |= {"name": values.pop("company_name"), "is_company": "1"}
    for name, part in (("street", "number"), ("street2", "district")):
        both = (values.get(name), values.pop(part, ""))
        values[name] = ", ".join(filter(None, both))
    return values


def distinct(texts: Iterable[str], key: Callable[[str], str]) -> list[str]:
    """Return the first text of each key; one without a key only if there is no other.

    So “-” is kept where nothing else is given.
    """
    found: dict[str, str] = {}
    for text in texts:
        found.setdefault(key(text), text)
    none = found.pop("", "")
    return list(found.values()) or ([none] if none else [])


def header(rows: Rows) -> Header:
    """Return the line, among the first, that names most fields."""
    best = Header(-1, 0, [])
    with suppress(csv.Error):
        for line, cells in islice(filled(rows()), TOP):
            count = len({meaning(cell) for cell in cells} - {None})
            best = max(best, Header(count, line, cells), key=lambda each: each.fields)
    return best


def filled(rows: Iterable[Line]) -> Iterator[Line]:
    """Yield the lines that are not blank, their cells stripped and unwrapped."""
    for line, cells in rows:
        texts = [cell.strip() for cell in cells]
        if any(texts):
            yield line, [unwrapped(text) for text in texts]


def unwrapped(text: str) -> str:
    """Return what a spreadsheet displays of a cell such as ="011" or '+55."""
    if text[:1] in "='" and (wrapped := WRAPPED.fullmatch(text)):
        formula, quoted = wrapped.groups()
        return str(quoted if formula is None else formula)
    return text


def readings(path: Path) -> list[Reading]:
    """Return the ways to read a file.

    :raises workspace.Failure: when it is neither a text nor a readable workbook
    """
    data = path.read_bytes()
    if data.startswith((b"PK\3\4", b"\xd0\xcf\x11\xe0")):
        return sheets(path)
    if data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"<", b"%PDF", b"{", b"BEGIN:")):
        raise Failure(f"{path.name} is no table, whatever it is called. {SAVE}")
    return delimited(path, encoding_of(data))


def sheets(path: Path) -> list[Reading]:
    """Return the readings of a workbook, one per sheet."""
    try:
        book = python_calamine.load_workbook(path)
        tables = [book.get_sheet_by_name(name) for name in book.sheet_names]
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  PyO3's PanicException is no Exception
        raise Failure(
            f"{path.name} is damaged or locked by a password. {SAVE}"
        ) from None

    def reading(sheet: CalamineSheet) -> Reading:
        def rows() -> Iterator[Line]:
            for line, cells in enumerate(sheet.iter_rows(), 1):
                yield line, [shown(cell) for cell in cells]

        return Reading(f"sheet “{sheet.name}” of a workbook", rows)

    return [reading(sheet) for sheet in tables if sheet.height]


def shown(value: object) -> str:
    """Return the text of a cell; whole numbers have no fraction."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def delimited(path: Path, encoding: str) -> list[Reading]:
    """Return the readings of a text, one per delimiter, most likely first."""
    with path.open(encoding=encoding, errors="replace") as lines:
        top = next(lines, "")
    declared = re.fullmatch(r"sep=(.)\n?", top, re.IGNORECASE)

    def reading(mark: str) -> Reading:
        def rows() -> Iterator[Line]:
            with path.open(encoding=encoding, errors="replace") as lines:
                reader = csv.reader(lines, delimiter=mark, strict=True)
                line = 1
                for cells in reader:
                    if line > 1 or not declared:
                        yield line, cells
                    line = reader.line_num + 1

        how = f"{encoding}, columns between {DELIMITERS.get(mark, mark)}"
        return Reading(how, rows)

    likely = sorted(DELIMITERS, key=top.count, reverse=True)
    return [reading(mark) for mark in (declared[1] if declared else likely)]


def encoding_of(data: bytes) -> str:
    """Detect the encoding of a text: by BOM, by validity, by accented letters."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\0" in data[:2]:
        return "utf-16-be" if data[:1] == b"\0" else "utf-16-le"
    with suppress(UnicodeDecodeError):
        data.decode()
        return "utf-8-sig"
    rest = re.sub(rb"[\x00-\x7f]+", b" ", data)

    def letters(encoding: str) -> int:
        text = rest.decode(encoding, "replace").replace(" ", "")
        return sum(1 if char in ACCENTED else -1 for char in text)

    return max(ENCODINGS, key=letters)
