"""The record of processing operations: printed from the settings, to be read."""

import pypdf
import pypdfium2
import pytest
from people import LANGUAGES, plain
from playwright.sync_api import expect
from test_settings import open_settings

WORDS = {
    "en_US": (
        "Print Record",
        "Record of Processing Operations",
        "Every day's figures are kept for 400 days.",
    ),
    "pt_BR": (
        "Imprimir registro",
        "Registro das operações de tratamento",
        "Os números de cada dia são guardados por 400 dias.",
    ),
}


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_record(demo, person, language, tmp_path):
    button, title, kept = WORDS[language]
    admin = person(language=language)
    open_settings(admin)
    setting = admin.find("#contact_kpi_processing")
    setting.scroll_into_view_if_needed()
    admin.shoot("processing-setting")
    with admin.page.expect_download() as download:
        setting.get_by_role("button", name=button).click()
    expect(admin.find(".o_error_dialog")).to_have_count(0)
    file = tmp_path / "record.pdf"
    download.value.save_as(file)
    with pypdfium2.PdfDocument(file) as document:
        for number, page in enumerate(document, 1):
            picture = page.render(scale=1.5).to_pil()
            name = f"processing-page-{number}-{language[:2]}.png"
            picture.save(admin.artefacts / name)
    pages = pypdf.PdfReader(file).pages
    words = plain(" ".join(page.extract_text() for page in pages))
    assert title in words
    assert kept in words
    # Names may be cut at the end of a line; figures are not.
    gaps = demo.value("SELECT COUNT(*) FROM contact_kpi_gap")
    assert f" {gaps} " in words
