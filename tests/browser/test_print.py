"""To hand over: what the screen shows, as PDF and as spreadsheet."""

import count
import openpyxl
import pypdf
import pypdfium2
import pytest
from people import LANGUAGES, plain
from playwright.sync_api import expect
from test_follow_up import months, open_follow_up
from test_overview import NAMES

TITLES = {
    "en_US": ("Customers without Contact", "Contact Trend", "Contact Follow-up"),
    "pt_BR": (
        "Clientes sem contato",
        "Tendência de contatos",
        "Acompanhamento de contatos",
    ),
}


def hand_over(somebody, name, folder):
    """Print what is on screen; return the words of the PDF and the sheets of the XLSX.

    A picture of each page is kept.
    """
    for output in ("pdf", "xlsx"):
        somebody.find(".o_cp_action_menus .dropdown-toggle").first.click()
        somebody.find(".o-dropdown--menu .o_contact_kpi_print").click()
        dialog = somebody.dialog(f"print-{name}-dialog")
        with somebody.page.expect_download() as download:
            dialog.locator(f"button[name=action_{output}]").click()
        download.value.save_as(folder / f"{name}.{output}")
        if output == "xlsx":
            dialog.locator("button[special=cancel]").click()
        expect(somebody.find(".modal")).to_have_count(0)
    short = somebody.language[:2]
    with pypdfium2.PdfDocument(folder / f"{name}.pdf") as document:
        for number, page in enumerate(document, 1):
            picture = page.render(scale=1.5).to_pil()
            picture.save(somebody.artefacts / f"print-{name}-page-{number}-{short}.png")
    pages = pypdf.PdfReader(folder / f"{name}.pdf").pages
    words = plain(" ".join(page.extract_text() for page in pages))
    book = openpyxl.load_workbook(folder / f"{name}.xlsx")
    return words, {
        sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book
    }


def lines(rows, names):
    """Return the rows of a sheet that begin with one of these."""
    return [row for row in rows if str(row[0]).strip() in names]


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_print(demo, person, tmp_path, language):
    title, trend_title, follow_up_title = TITLES[language]
    somebody = person(language=language)

    # The list: each customer to complete, with its salesperson's sums.
    somebody.open("contact-overview", "kanban")
    somebody.card(NAMES[language]).locator(".o_contact_kpi_missing").click()
    somebody.arrive("list")
    lacking = count.missing(demo)[1]
    words, sheets = hand_over(somebody, "detail", tmp_path)
    assert words.startswith(title)
    assert all(name in words for name in lacking)
    (customers,) = (rows for rows in sheets.values() if lines(rows, lacking))
    printed = lines(customers, lacking)
    assert len(printed) == len(lacking)
    assert {row[0].strip() for row in printed} == lacking

    # The trend: a line per month, the newest beside the one before and last year's.
    somebody.open("contact-overview", "kanban")
    somebody.card(NAMES[language]).locator("button[name=action_trend]").click()
    somebody.arrive("graph")
    words, sheets = hand_over(somebody, "trend", tmp_path)
    assert words.startswith(trend_title)
    expected = {
        count.month(day, language): (customers, missing)
        for day, customers, missing in count.trend(demo)
    }
    (rows,) = (rows for rows in sheets.values() if lines(rows, expected))
    printed = {row[0].strip(): row[2:4] for row in lines(rows, expected)}
    assert printed == {label: expected[label] for label in printed}
    assert len(printed) >= 12
    for label, (customers, missing) in expected.items():
        assert label not in printed or label in words
        assert str(customers) in words
        assert str(missing) in words

    # The follow-up: the balance of each month.
    open_follow_up(somebody)
    words, sheets = hand_over(somebody, "follow-up", tmp_path)
    assert words.startswith(follow_up_title)
    expected = {count.month(row[0], language): row[1:] for row in months(demo)}
    (rows,) = (rows for rows in sheets.values() if lines(rows, expected))
    printed = {row[0].strip(): row[1:6] for row in lines(rows, expected)}
    assert printed == expected
    assert all(label in words for label in expected)
