"""Read a file of customers: CSV or workbook, encoding, header. Knows nothing of Odoo.

Odoo's own reader (`base_import`) does not serve: it needs a database, which a bad file
should not cost; it finds the delimiter only where all lines are of one length, forgets
blank lines, so that nothing can be told by line, and knows labels of the languages that
are installed.
"""

import csv
import re
import sys
import unicodedata
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

import python_calamine
from customers_words import LABELS, NO, QUALIFIERS, UNQUALIFIED, YES
from workspace import Failure

# A header names a customer by one of these.
NAMING = {"name", "display", "first", "last", "company_name"}
# And a part of these records, too: “Country/External ID”.
RELATIONS = {"parent_id", "country_id", "state_id", "industry_id", "user_id"}
# Likely ones first. In what is wrong, accented letters are signs; see `encoding_of`.
ENCODINGS = ("utf-8-sig", "cp1252", "cp850", "mac_roman")
ACCENTED = set("áàâãäçéêíñóôõöúüÁÀÂÃÇÉÊÍÑÓÔÕÚÜªº")
DELIMITERS = {";": "semicolons", ",": "commas", "\t": "tabs", "|": "vertical bars"}
# Rows looked at to find the header, and to tell names from yes and no.
TOP, SAMPLE = 10, 200
SHOWN = 12  # columns of a file without a header
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


@dataclass(eq=False, slots=True)
class Row:
    """One customer: its values by field, what was left empty, why it is refused."""

    line: int
    values: dict
    remarks: list = field(default_factory=list)
    refused: tuple = ()

    def remark(self, reason, detail=""):
        """Say what of this row was not taken over."""
        self.remarks.append((reason, detail))


def plain(text):
    """Return a text without capitals, accents and punctuation, to compare names."""
    text = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(char for char in text if not unicodedata.combining(char))
    return " ".join(re.findall(r"[^\W_]+", text))


def words(text):
    """Return the plain words of a list in one text."""
    return set(map(plain, text.split(",")))


YES, NO = words(YES), words(NO) | {""}
QUALIFIERS = set(plain(QUALIFIERS).split())
NAMES = {
    label: name
    for name, labels in LABELS.items()
    for label in words(f"{name}, {name.removesuffix('_id')}, {labels}")
}


def meaning(label):
    """Return the field that a header names, or None."""
    whole, (head, *path) = plain(label[:60]), label.split("/")
    found = NAMES.get(whole)
    if not found and path and NAMES.get(plain(head)) in RELATIONS:
        # Numbers of another database mean nothing in this one.
        return None if path[-1] in {".id", "Database ID"} else NAMES[plain(head)]
    unnumbered = re.sub(r"\b\d+\b", "", whole)
    for text in (*trimmed(whole.split()), *trimmed(unnumbered.split())):
        name = NAMES.get(" ".join(text))
        found = found or (name if name not in UNQUALIFIED else None)
    return found


def trimmed(parts):
    """Yield the words of a header, and what qualifiers at its ends leave of them."""
    yield parts
    if parts and parts[0] in QUALIFIERS:
        yield from trimmed(parts[1:])
    if parts and parts[-1] in QUALIFIERS:
        yield from trimmed(parts[:-1])


def check(path):
    """Read a whole file: what is wrong with it is told before it costs anything.

    :raises workspace.Failure: when nothing of it can be loaded
    """
    if not sum(not row.refused for row in CustomerFile(path).rows()):
        raise Failure(f"{path.name} has columns, but below them nobody with a name.")


class CustomerFile:
    """What a file holds: how it was read, its columns, its rows one by one.

    Each pass over the rows reads a text anew, and keeps no more of it than a row; a
    workbook is kept as a whole. ``columns`` are headers by field, ``aside`` those of
    columns that are not understood.

    :raises workspace.Failure: when the file as a whole cannot be understood
    """

    def __init__(self, path):
        self.name = path.name
        tried = [(header(rows), how, rows) for how, rows in readings(path)]
        # By what is understood of it, else by how many columns it has.
        best = max(tried, key=lambda each: (each[0][0], len(each[0][2])), default=None)
        if not best or not best[0][2]:
            raise Failure(f"{path.name} is empty: a header and customers are expected.")
        (_count, self.line, self.head), self.how, self.open = best
        fields = [meaning(label) for label in self.head]
        if not NAMING.intersection(fields):
            raise Failure(self.without_names())
        self.fields = [self.settle(at, fields) for at in range(len(fields))]
        pairs = list(zip(self.fields, self.head, strict=True))
        self.columns = {name: label for name, label in reversed(pairs) if name}
        self.aside = [label for name, label in pairs if label and not name]

    def settle(self, at, fields):
        """Return what a column is whose header may mean two things."""
        if fields[at] == "name" and "last" in fields and "first" not in fields:
            return "first"  # “Nome; Sobrenome”
        if fields[at] == "company_name":
            sample = islice(self.body(), SAMPLE)
            texts = {plain(cells[at]) for _line, cells in sample if at < len(cells)}
            if texts - {""} and texts <= YES | NO:
                return "is_company"  # “Empresa: sim”
        return fields[at]

    def without_names(self):
        """Say that there is no header, or none of customers, and how it was read."""
        cells = [f"{at}  {cell[:40]}" for at, cell in enumerate(self.head, 1)]
        shown = "\n    ".join(cells[:SHOWN] + ["…"] * (len(cells) > SHOWN))
        return (
            f"{self.name}: no column holds the customers' names. It was read as"
            f" {self.how}, with line {self.line} as the header:\n    {shown}\n"
            "  If that is a customer, put a line above it that says what each column"
            " is: Nome, Telefone, Celular, E-mail, CPF/CNPJ, Cidade, UF, País …"
        )

    def body(self):
        """Yield line and cells of what stands below the header, blank lines apart."""
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

    def rows(self):
        """Yield the customers."""
        for line, cells in self.body():
            row, texts, area = Row(line, {}), {}, ""
            if any(cells[len(self.head) :]):
                row.remark("more cells than columns")
            for name, label, text in zip(self.fields, self.head, cells, strict=False):
                if not name or not text:
                    continue
                if lost := LOST.fullmatch(text):
                    row.remark(f"{label}: {REASONS[lost.lastgroup]}")
                elif name == "ddd":
                    area = f"({text}) "
                else:
                    short = area and 7 < len(re.sub(r"\D", "", text)) < 10
                    lead = area if short and name in {"phone", "mobile"} else ""
                    texts.setdefault(name, []).extend((lead + text).split(" ::: "))
            row.values = compose(texts)
            if not row.values["name"]:
                row.refused = ("no name", "")
            yield row


def compose(texts):
    """Return one value by field from the texts of all columns that mean it.

    Of phones, mobiles first, and e-mails all count, of anything else the first.
    """
    values = {name: each[0] for name, each in texts.items()}
    person = [values.pop(name, "") for name in ("first", "middle", "last")]
    names = (values.get("name"), " ".join(filter(None, person)), values.get("display"))
    values["name"] = next(filter(None, names), "")
    if not values["name"] and values.get("company_name"):
        values |= {"name": values.pop("company_name"), "is_company": "1"}
    for name, part in (("street", "number"), ("street2", "district")):
        both = (values.get(name), values.pop(part, ""))
        values[name] = ", ".join(filter(None, both))
    phones = [*texts.get("mobile", ()), *texts.get("phone", ())]
    values["phone"] = distinct(phones, lambda text: re.sub(r"\D", "", text))
    values["email"] = distinct(
        texts.get("email", ()), lambda text: "@" in text and text
    )
    return values


def distinct(texts, key):
    """Return contacts once each; one that is none, such as “-”, where no other is."""
    found = {}
    for text in texts:
        found.setdefault(key(text), text)
    none = found.pop("", None) or found.pop(False, None)
    return list(found.values()) or [none] * bool(none)


def header(rows):
    """Return how many fields the best line names, its number, its cells."""
    best = (-1, 0, [])
    with suppress(csv.Error):
        for line, cells in islice(filled(rows()), TOP):
            count = len({meaning(cell) for cell in cells} - {None})
            best = max(best, (count, line, cells), key=lambda each: each[0])
    return best


def filled(rows):
    """Yield line and cells, without what programs wrap around numbers: ="011"."""
    for line, cells in rows:
        texts = [cell.strip() for cell in cells]
        if any(texts):
            yield line, [unwrapped(text) for text in texts]


def unwrapped(text):
    """Return what a spreadsheet shows of a cell such as ="011" or '+55."""
    wrapped = text[:1] in "='" and WRAPPED.fullmatch(text)
    return wrapped[wrapped.lastindex] if wrapped else text


def readings(path):
    """Return the ways to read a file: in words, and a function that yields rows.

    :raises workspace.Failure: when it is a file of another kind
    """
    data = path.read_bytes()
    if data.startswith((b"PK\3\4", b"\xd0\xcf\x11\xe0")):
        return sheets(path)
    if data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"<", b"%PDF", b"{", b"BEGIN:")):
        raise Failure(f"{path.name} is no table, whatever it is called. {SAVE}")
    return delimited(path, encoding_of(data))


def sheets(path):
    """Return the readings of a workbook, one a sheet."""
    try:
        book = python_calamine.load_workbook(path)
        tables = [book.get_sheet_by_name(name) for name in book.sheet_names]
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  the library's panic is no Exception
        raise Failure(
            f"{path.name} is damaged or locked by a password. {SAVE}"
        ) from None

    def reading(sheet):
        def rows():
            for line, cells in enumerate(sheet.iter_rows(), 1):
                yield line, [shown(cell) for cell in cells]

        return f"sheet “{sheet.name}” of a workbook", rows

    return [reading(sheet) for sheet in tables if sheet.height]


def shown(value):
    """Return the text of a cell; whole numbers have no fraction."""
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value)


def delimited(path, encoding):
    """Return the readings of a text, one a delimiter, the likeliest first."""
    with path.open(encoding=encoding, errors="replace") as lines:
        top = next(lines, "")
    told = re.fullmatch(r"sep=(.)\n?", top, re.IGNORECASE)

    def reading(mark):
        def rows():
            with path.open(encoding=encoding, errors="replace") as lines:
                reader = csv.reader(lines, delimiter=mark, strict=True)
                line = 1
                for cells in reader:
                    if line > 1 or not told:
                        yield line, cells
                    line = reader.line_num + 1

        return f"{encoding}, columns between {DELIMITERS.get(mark, mark)}", rows

    likely = sorted(DELIMITERS, key=top.count, reverse=True)
    return [reading(mark) for mark in (told[1] if told else likely)]


def encoding_of(data):
    """Return the encoding of a text: by its mark, its rules, its accented letters."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\0" in data[:2]:
        return "utf-16-be" if data[:1] == b"\0" else "utf-16-le"
    with suppress(UnicodeDecodeError):
        data.decode()
        return "utf-8-sig"
    rest = re.sub(rb"[\x00-\x7f]+", b" ", data)

    def letters(encoding):
        text = rest.decode(encoding, "replace").replace(" ", "")
        return sum(1 if char in ACCENTED else -1 for char in text)

    return max(ENCODINGS, key=letters)
