"""“Did you mean …?” beside the contact, in list, form and banner, and its one click."""

import re

import pytest
from people import LANGUAGES
from playwright.sync_api import expect
from test_overview import NAMES
from test_quotation import BANNER

WORDS = {
    "en_US": {
        "meant": "Did you mean {}?",
        "nine": "Add the 9: (11) 98765-4321",
        "missing": "Is a digit missing, or the 9 in front?",
        "correct": "Correct",
    },
    "pt_BR": {
        "meant": "Você quis dizer {}?",
        "nine": "Acrescentar o 9: (11) 98765-4321",
        "missing": "Falta um dígito, ou o 9 na frente?",
        "correct": "Corrigir",
    },
}
NAME = "Dica {} Ltda"
EDITED = re.compile("o_selected_row")
HINTS = "th[data-name$=_hint]"


@pytest.fixture
def customers(person):
    """Two customers without a usable contact, in sight until the test has ended."""
    admin = person()
    told = [
        {"phone": "11 98765-432", "email": "ana@oficina.con"},
        {"phone": "não tem", "email": False},
    ]
    ids = admin.call(
        "res.partner",
        "create",
        [
            [
                {"name": NAME.format(number), "customer_rank": 1, **vals}
                for number, vals in enumerate(told)
            ]
        ],
    )
    yield ids
    admin.call("res.partner", "write", [ids, {"active": False}])


def contacts(demo, customer):
    """Return phone and e-mail of a customer."""
    (row,) = demo.rows("SELECT phone, email FROM res_partner WHERE id = %s", customer)
    return row


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_did_you_mean(demo, person, customers, language):
    words = WORDS[language]
    admin = person(language=language)
    first, second = customers

    # The list: what is wrong, what was meant, and a click by which the row leaves.
    admin.open("contact-overview", "kanban")
    admin.card(NAMES[language]).locator("button[name=action_to_complete]").click()
    admin.arrive("list")
    row = admin.find(".o_data_row", has_text=NAME.format(0))
    expect(row).to_contain_text(words["missing"])
    expect(row).to_contain_text(words["meant"].format("ana@oficina.com"))
    row.scroll_into_view_if_needed()
    for hint in row.locator("td[name$=_hint]").all():
        assert hint.evaluate("cell => cell.scrollWidth <= cell.clientWidth + 1")
    admin.screen("hint-list")
    expect(row.locator("button[name=action_contact_kpi_correct_phone]")).to_have_count(
        0
    )
    button = row.locator("button[name=action_contact_kpi_correct_email]")
    expect(button).to_have_text(words["correct"])
    button.click()
    expect(row).to_have_count(0)
    assert contacts(demo, first) == ("11 98765-432", "ana@oficina.com")
    # Nobody else has a hint: no column for it.
    expect(admin.find(HINTS)).to_have_count(0)
    admin.screen("hint-list-none")

    # Typed in a row: complete by now, it stays until it was looked at.
    row = admin.find(".o_data_row", has_text=NAME.format(1))
    row.locator("td[name=email]").click()
    row.locator("td[name=email] input").fill("bia@gmial.com")
    row.locator("td[name=email] input").press("Tab")
    expect(row).to_contain_text(words["meant"].format("bia@gmail.com"))
    expect(row).not_to_have_class(EDITED)
    assert contacts(demo, second) == ("não tem", "bia@gmial.com")
    admin.screen("hint-list-typed")
    row.locator("button[name=action_contact_kpi_correct_email]").click()
    expect(row).to_have_count(0)
    assert contacts(demo, second) == ("não tem", "bia@gmail.com")

    # The customer's own form.
    admin.open(f"res.partner/{second}", "form")
    email = admin.find(".o_field_widget[name=email] input").first
    email.fill("bia@hotnail.com")
    email.press("Tab")
    hint = admin.find("div.d-flex[name=contact_kpi_email_hint]:visible")
    expect(hint).to_contain_text(words["meant"].format("bia@hotmail.com"))
    admin.shoot("hint-form")
    hint.locator("button").click()
    expect(hint).to_have_count(0)
    expect(email).to_have_value("bia@hotmail.com")
    assert contacts(demo, second) == ("não tem", "bia@hotmail.com")

    # The quotation's banner.
    admin.call("res.partner", "write", [[second], {"email": False}])
    order = admin.call("sale.order", "create", [{"partner_id": second}])
    admin.open(f"orders/{order}", "form")
    banner = admin.find(BANNER)
    field = banner.locator("[name=contact_kpi_phone] input")
    field.fill("11 98765-432")
    field.press("Tab")
    expect(banner.locator(".text-danger")).to_contain_text(words["missing"])
    admin.screen("hint-banner-missing", BANNER)
    field.fill("11 8765-4321")
    field.press("Tab")
    expect(banner).to_contain_text(words["nine"])
    admin.screen("hint-banner", BANNER)
    # Saved first, by which the banner goes, then corrected.
    with admin.page.expect_response(re.compile("action_contact_kpi_correct_phone")):
        banner.locator("button[name=action_contact_kpi_correct_phone]").click()
    expect(banner).to_have_count(0)
    assert contacts(demo, second) == ("11 98765-4321", None)
    admin.call("sale.order", "unlink", [[order]])
