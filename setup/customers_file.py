"""Read a file of customers: encoding, delimiter, header. Knows nothing of Odoo.

A header says what a column is by Odoo's name of the field or by a label of it, English
or Portuguese. Capitals, accents and punctuation do not matter.
"""

import csv
import io
import re
import unicodedata
from dataclasses import dataclass, field

from workspace import Failure

LABELS = {
    "name": "Nome, Name, Cliente, Customer, Razão social, Nome fantasia, Contact name",
    "is_company": "É empresa, É uma empresa, Empresa, Is company, Is a company",
    "parent_id": "Empresa mãe, Empresa pai, Pertence a, Empresa relacionada, Parent,"
    " Parent company, Related company, Company name, Matriz",
    "phone": "Telefone, Fone, Celular, Phone, Mobile, WhatsApp, Telefone celular,"
    " Telefone 1, Telefone 2",
    "email": "E-mail, Correio eletrônico",
    "country_id": "País, Country",
    "state_id": "Estado, UF, State, Província",
    "city": "Cidade, Município, City",
    "industry_id": "Setor, Ramo, Ramo de atividade, Segmento, Indústria, Industry",
    "user_id": "Vendedor, Vendedora, Responsável, Representante, Salesperson, Seller",
}
# Several columns of phones are one field: it may hold several numbers.
REPEATABLE = {"phone"}
# Windows' superset of Latin-1 first; Latin-1 itself can read anything.
ENCODINGS = ("utf-8-sig", "cp1252", "latin-1")
DELIMITERS = ",;\t"


@dataclass(eq=False)
class Row:
    """One customer: the texts by field, and what is wrong with them."""

    line: int
    values: dict
    problems: list = field(default_factory=list)

    def reject(self, column, reason):
        """Say why this row cannot be loaded."""
        self.problems.append(f"line {self.line}, {column}: {reason}")


def plain(text):
    """Return a text without capitals, accents and punctuation, to compare names."""
    text = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(char for char in text if not unicodedata.combining(char))
    return " ".join(re.findall(r"\w+", text))


NAMES = {
    plain(label): name
    for name, labels in LABELS.items()
    for label in (name, name.removesuffix("_id"), *labels.split(","))
} | {plain(name.replace("_", " ")): name for name in LABELS}


def read(path):
    """Return ``{field: header}`` and the rows of a file.

    :raises workspace.Failure: when the file as a whole cannot be understood
    """
    text = decode(path.read_bytes())
    reader = csv.reader(io.StringIO(text), delimiter=delimiter(text), strict=True)
    rows, header, columns, line = [], None, {}, 0
    try:
        for cells in reader:
            start, line = line + 1, reader.line_num
            if not cells:
                continue  # an empty line is no row
            if header is None:
                header = [cell.strip() for cell in cells]
                columns = understood(header, path.name)
            else:
                rows.append(row(start, cells, header, columns))
    except csv.Error as error:
        raise Failure(f"{path.name}, line {reader.line_num}: {error}.") from None
    if header is None:
        raise Failure(f"{path.name} is empty: a header and customers were expected.")
    return {name: header[places[0]] for name, places in columns.items()}, rows


def decode(data):
    """Return the text of a file in one of the encodings that spreadsheets write."""
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue


def delimiter(text):
    """Return the delimiter that the header has most of, outside quotes."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    header = re.sub(r'"[^"]*"', "", header)
    return max(DELIMITERS, key=header.count)


def understood(header, file):
    """Return ``{field: places in the row}``.

    :raises workspace.Failure: naming every column that is not understood
    """
    columns, unknown = {}, []
    for place, label in enumerate(header):
        name = NAMES.get(plain(label))
        if name is None:
            unknown.append(f"“{label}”" if label else f"number {place + 1}, unnamed")
        elif name in columns and name not in REPEATABLE:
            first = header[columns[name][0]]
            raise Failure(f"{file}: “{first}” and “{label}” mean the same field.")
        else:
            columns.setdefault(name, []).append(place)
    if unknown:
        known = ", ".join(labels.split(",")[0] for labels in LABELS.values())
        raise Failure(
            f"{file}: unknown column {'; '.join(unknown)}. Columns may be: {known}"
            f" (or {', '.join(LABELS)})."
        )
    if "name" not in columns:
        raise Failure(f"{file}: no column holds the customers' names (“Nome”).")
    return columns


def row(line, cells, header, columns):
    """Return one row; a row that is too long or too short is not guessed at."""
    if len(cells) != len(header):
        # Its name may be right: whoever names it as parent hears of this line.
        name = cells[columns["name"][0]] if len(cells) > columns["name"][0] else ""
        found = Row(line, {"name": name.strip()})
        found.reject("columns", f"{len(cells)} instead of {len(header)}")
        return found
    values = {
        name: " / ".join(filter(None, (cells[place].strip() for place in places)))
        for name, places in columns.items()
    }
    found = Row(line, values)
    for name, places in columns.items():
        if "\0" in values[name]:
            found.reject(header[places[0]], "holds a character that cannot be stored")
            values[name] = ""
    return found
