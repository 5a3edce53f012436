"""Customers' files as people have them: encodings, delimiters, workbooks, headers."""

import csv
import io
import os
import zipfile
from contextlib import suppress
from random import Random

import pytest
import xlsxwriter
import xlwt
from customers_file import CustomerFile, check, meaning
from workspace import Failure

from conftest import ROOT

FOLDER = ROOT / "tests/setup/customers"
ROWS = [
    ["Nome", "Fone", "Município", "Observações"],
    ["José Conceição", "(11) 90123-4567", "São Paulo", "duas\nlinhas, uma; outra"],
    ["", "", "", ""],
    ["Peña", "", "Córdoba", 'disse "não"'],
]
READ = [
    ("José Conceição", ["(11) 90123-4567"], "São Paulo", "duas\nlinhas, uma; outra"),
    ("Peña", [], "Córdoba", 'disse "não"'),
]
ENCODINGS = (
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"),
    *("latin-1", "cp1252", "cp850", "mac_roman"),
)


def text(rows, delimiter=",", end="\r\n", **options):
    """Return rows as Python's own writer writes them."""
    output = io.StringIO(newline="")
    csv.writer(output, delimiter=delimiter, lineterminator=end, **options).writerows(
        rows
    )
    return output.getvalue()


def read(tmp_path, data, name="clientes.csv"):
    """Return what is read of a file, by the columns of the rows above."""
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return [
        (
            row.values["name"],
            row.phones,
            *(row.values.get(each, "") for each in ("city", "comment")),
        )
        for row in CustomerFile(path).rows()
    ]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encodings(tmp_path, encoding):
    assert read(tmp_path, text(ROWS, ";").encode(encoding)) == READ


@pytest.mark.parametrize("first", ["", "sep={}\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(tmp_path, first, delimiter, end):
    rows = text(ROWS, delimiter, end, quoting=csv.QUOTE_ALL)
    data = first.format(delimiter).replace("\r\n", end) + rows
    assert read(tmp_path, data) == READ


def test_delimiter_told_that_nobody_else_uses(tmp_path):
    assert read(tmp_path, "sep=^\nNome^Fone\nA^1\n") == [("A", ["1"], "", "")]


def test_columns_and_rows_of_nothing(tmp_path):
    """Those that spreadsheets write below and beside the data."""
    wide = [[*row, "", "", ""] for row in ROWS] + [[""] * 7] * 3
    short = [[cell for cell in row if cell] or [""] for row in ROWS]
    assert read(tmp_path, text(wide)) == READ
    assert [row[0] for row in read(tmp_path, text(short))] == ["José Conceição", "Peña"]


def test_what_programs_wrap_around_numbers(tmp_path):
    data = 'Nome;Fone;Celular\nA;="01150000123";\'+5511901234567\n'
    assert read(tmp_path, data)[0][1] == ["+5511901234567", "01150000123"]


def xlsx(path, rows):
    """Write a workbook whose customers are on the second sheet."""
    with xlsxwriter.Workbook(path, {"in_memory": True}) as book:
        book.add_worksheet("Capa").write(0, 0, "Clientes de 2026")
        sheet = book.add_worksheet("Clientes")
        for line, row in enumerate(rows):
            sheet.write_row(line, 0, row)


def xls(path, rows):
    """Write an old workbook."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Clientes")
    for line, row in enumerate(rows):
        for place, cell in enumerate(row):
            sheet.write(line, place, cell)
    book.save(path)


def ods(path, rows):
    """Write the least that is an OpenDocument."""
    cells = [
        "".join(
            "<table:table-cell office:value-type='float' "
            f"office:value='{cell}'><text:p>{cell}</text:p></table:table-cell>"
            if isinstance(cell, int)
            else "<table:table-cell office:value-type='string'>"
            f"<text:p>{cell}</text:p></table:table-cell>"
            for cell in row
        )
        for row in rows
    ]
    body = "".join(f"<table:table-row>{row}</table:table-row>" for row in cells)
    base = "urn:oasis:names:tc:opendocument:xmlns:"
    content = (
        f"<office:document-content xmlns:office='{base}office:1.0'"
        f" xmlns:table='{base}table:1.0' xmlns:text='{base}text:1.0'><office:body>"
        f"<office:spreadsheet><table:table table:name='Clientes'>{body}</table:table>"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        kind = "application/vnd.oasis.opendocument.spreadsheet"
        archive.writestr("mimetype", kind)
        archive.writestr("content.xml", content)
        manifest = f"<manifest:manifest xmlns:manifest='{base}manifest:1.0'/>"
        archive.writestr("META-INF/manifest.xml", manifest)


@pytest.mark.parametrize("write", [xlsx, xls, ods])
@pytest.mark.parametrize("name", ["clientes.{}", "clientes.csv"])
def test_workbooks(tmp_path, write, name):
    """Whatever the file is called; numbers are read as they are shown."""
    path = tmp_path / name.format(write.__name__)
    rows = [
        ["Nome", "Fone", "Município"],
        [],
        ["A", 5511901234567, "Recife"],
        ["B", 2.5],
    ]
    write(path, rows)
    found = list(CustomerFile(path).rows())
    assert [row.line for row in found] == [3, 4]
    assert [row.values["name"] for row in found] == ["A", "B"]
    assert found[0].phones == ["5511901234567"]
    assert found[1].phones == ["2.5"]


@pytest.mark.parametrize("file", sorted(FOLDER.iterdir()), ids=lambda file: file.name)
@pytest.mark.parametrize("write", [xlsx, xls])
def test_files_as_workbooks(tmp_path, file, write):
    """A workbook says what the text says that it was made from."""
    with file.open(encoding="utf-8", newline="") as lines:
        told = next(lines) if file.name == "erp_yes_no.csv" else ""
        mark = (
            ";"
            if told or file.name in {"erp_brazil.csv", "odoo_export_es.csv"}
            else ","
        )
        rows = list(csv.reader(lines, delimiter=mark))
    path = tmp_path / f"clientes.{write.__name__}"
    write(path, rows)
    found, wanted = (
        [(row.values, row.phones, row.emails, row.remarks) for row in each.rows()]
        for each in (CustomerFile(path), CustomerFile(file))
    )
    assert found == wanted


LABELS = {
    "NOME:": "name", "Razão Social": "name", "Customer name": "name",
    "Nome do cliente": "name", "Cliente": "name", "First Name": "first",
    "billing_first_name": "first", "Sobrenome": "last", "Apellidos": "last",
    "Phone 1 - Value": "phone", "Business Phone 2": "phone", "Telefone 2": "phone",
    "Company Main Phone": "phone", "Telefone do contato": "phone", "Tel.": "phone",
    "Person - Phone - Mobile": "mobile", "Celular 1": "mobile",
    "WhatsApp": "mobile", "E-mail 2 Address": "email", "Person - Email - Work": "email",
    "E-mail NF-e": "email", "E-mail da empresa": "email", "CPF / CNPJ": "vat",
    "Home City": "city", "Address 1 - Region": "state_id", "UF": "state_id",
    "Default Address Country Code": "country_id", "Country/Region": "country_id",
    "country_id/name": "country_id", "Country/External ID": "country_id",
    "parent_id/id": "parent_id", "Related Company": "parent_id",
    "Compañía relacionada": "parent_id", "Organization 1 - Name": "company_name",
    "Empresa": "company_name", "Person - Organization": "company_name",
    "Billing Address 1": "street", "Default Address Address2": "street2",
    "Código": "ref", "Contact owner": "user_id", "id": "key",
    # What looks like a column that is known.
    "Phone 1 - Type": None, "E-mail 1 - Label": None, "Business Fax": None,
    "E-mail Display Name": None, "Company ID": None, "country_id/.id": None,
    "Estado civil": None, "Nome da mãe": None, "Cidade de nascimento": None,
    "child_ids/phone": None, "shipping_city": None, "Accepts Email Marketing": None,
    "Phonetic First Name": None, "": None, "1": None, "de": None,
}  # fmt: skip


def test_labels():
    assert {label: meaning(label) for label in LABELS} == LABELS


def test_which_column_counts(tmp_path):
    """The first that is filled, a full name before parts of one."""
    data = (
        "Complete Name,Name,Given Name,Family Name,Company,City,Município\n"
        "X,Ana,B,C,,,Recife\nX,,Bia,Ensaio,,Natal,Recife\nX,,,,,,\n,,,,Cia,,\n"
    )
    found = read(tmp_path, data)
    assert [row[0] for row in found] == ["Ana", "Bia Ensaio", "X", "Cia"]
    assert [row[2] for row in found] == ["Recife", "Natal", "", ""]


def test_area_codes_in_a_column(tmp_path):
    data = (
        "Nome;DDD;Telefone;Telefone 2;DDD 2;Celular\n"
        "A;11;5000-0123;(21) 5000-0123;31;90123-4567\nB;;5000-0123;;;\n"
    )
    found = read(tmp_path, data)
    assert found[0][1] == ["(31) 90123-4567", "(11) 5000-0123", "(21) 5000-0123"]
    assert found[1][1] == ["5000-0123"]


@pytest.mark.parametrize(
    ("data", "remarks"),
    [
        (
            "A;5.51198765E+12;x",
            ["Fone: number whose last digits a spreadsheet has lost"],
        ),
        ("A;5,51E+12;x", ["Fone: number whose last digits a spreadsheet has lost"]),
        ("A;#N/D;x", []),
        ("A;#N/A;x", ["Fone: error of a spreadsheet instead of a value"]),
        ("A;#NOME?;x", ["Fone: error of a spreadsheet instead of a value"]),
        ("A;########;x", ["Fone: error of a spreadsheet instead of a value"]),
        ("A;1\0002;x", ["Fone: character that cannot be stored"]),
        ("A;1;x;y", ["more cells than columns"]),
        ("A;1;x;;;", []),
        ("A;E+12;x", []),
    ],
)
def test_remarks(tmp_path, data, remarks):
    path = tmp_path / "clientes.csv"
    path.write_text(f"Nome;Fone;Cidade\n{data}\n")
    (row,) = CustomerFile(path).rows()
    assert [reason for reason, _text in row.remarks] == remarks
    assert row.values["city"] == "x"


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", "", "empty"),
        ("a.csv", "\n \n", "empty"),
        ("a.csv", "sep=;\n", "empty"),
        ("a.csv", 'Nome,Fone\nA,1\n"B,2\nC,3\n', "after line 2 a cell begins"),
        ("a.csv", "Nome,Fone\n,1\n", "nobody with a name"),
        ("a.csv", "Nome,Fone\n", "nobody with a name"),
        ("a.csv", "Fone;E-mail\n1;a@b.c\n", "columns between semicolons, with line 1"),
        ("a.csv", "Ana;11 90123-4567\nBia;2\n", "1  Ana\n    2  11 90123-4567"),
        ("a.xls", "<html><table><tr><td>Nome</td></tr></table>", "no table"),
        ("a.pdf", "%PDF-1.7", "no table"),
        ("a.vcf", "BEGIN:VCARD\nFN:Ana\n", "no table"),
        ("a.xlsx", b"PK\x03\x04 broken", "damaged or locked"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 broken", "damaged or locked"),
        ("a.csv", b"\xff\xfe\x00", ""),
        ("a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\xff\xfe", ""),
    ],
)
def test_file_that_cannot_be_loaded(tmp_path, name, data, message):
    """Whatever it is, a person is told in one screen what to do."""
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(Failure, match=".") as told:
        check(path)
    assert message in str(told.value)
    assert len(str(told.value).splitlines()) < 20
    assert "Error" not in str(told.value)


def test_workbook_cut_short(tmp_path):
    xls(tmp_path / "whole", ROWS)
    path = tmp_path / "clientes.xls"
    path.write_bytes((tmp_path / "whole").read_bytes()[:-100])
    with pytest.raises(Failure, match="damaged or locked"):
        check(path)


def test_damaged_files(tmp_path):
    """Whatever is in a file: it is read, or a person is told."""
    random = Random(os.environ.get("CONTACT_KPI_SEED", "1"))
    seeds = [file.read_bytes() for file in FOLDER.iterdir()]
    for write in (xlsx, xls, ods):
        write(tmp_path / "whole", ROWS)
        seeds.append((tmp_path / "whole").read_bytes())
    path = tmp_path / "clientes.csv"
    for _each in range(300):
        data = bytearray(random.choice(seeds))
        for _cut in range(random.randrange(1, 9)):
            at = random.randrange(len(data))
            length = random.choice([0, 1, 40, len(data)])
            data[at : at + length] = random.choices(b'";,|\n\r\0\xff', k=3)
        path.write_bytes(bytes(data))
        with suppress(Failure):
            check(path)
