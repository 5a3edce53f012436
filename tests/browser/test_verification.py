"""Confirmed with the customer, and the indicator of those to confirm again."""

import count
import pytest
from dateutil.relativedelta import relativedelta
from people import LANGUAGES, plain
from playwright.sync_api import expect
from test_quotation import BANNER
from test_settings import open_settings

STALE = {"en_US": "Contacts to confirm again", "pt_BR": "Contatos a confirmar de novo"}
WORDS = {
    "en_US": {
        "by": "Confirmed on {} by Administrator",
        "months": "Months without Confirmation",
        "more": "greater than",
        "asks": "have not been confirmed for a while",
    },
    "pt_BR": {
        "by": "Confirmado em {} por Administrator",
        "months": "Meses sem confirmação",
        "more": "maior que",
        "asks": "Faz tempo que o telefone e o e-mail deste cliente",
    },
}


def stale(demo, months=12):
    """Return who has a contact that was not confirmed for so long."""
    before = count.today() - relativedelta(months=months)
    fresh, names = set(), {}
    for number, name, day in demo.rows(
        "SELECT id, complete_name, contact_kpi_verified_on FROM res_partner"
    ):
        names[number] = name
        if day and day >= before:
            fresh.add(number)
    return {
        names[number]
        for number, (_name, _user, reachable) in count.customers(demo).items()
        if reachable and number not in fresh
    }


@pytest.fixture
def switched_on(person):
    """Switch the indicator off again."""
    yield
    admin = person()
    ids = admin.call(
        "contact.kpi",
        "search",
        [[["code", "=", "stale_contact"]]],
        context={"active_test": False},
    )
    admin.call("contact.kpi", "write", [ids, {"active": False}])


@pytest.mark.usefixtures("switched_on")
@pytest.mark.parametrize("language", list(LANGUAGES))
def test_confirm_again(demo, person, language):
    words = WORDS[language]
    admin = person(language=language, size=(1366, 1000))
    block = open_settings(admin)
    row = block.locator(".o_data_row", has_text=STALE[language])
    row.locator("td[name=active] input").check()
    admin.screen("stale-settings")
    with admin.page.expect_event("load"):
        admin.find(".o_form_button_save").click()

    # The condition, in the words of Odoo's own editor.
    indicator = demo.value("SELECT id FROM contact_kpi WHERE code = 'stale_contact'")
    admin.open(f"contact.kpi/{indicator}", "form")
    rule = admin.find("[name=gap_domain] .o_tree_editor_node", has_text=words["months"])
    expect(rule.last.locator("input").last).to_have_value("12")
    assert words["more"] in rule.last.locator("select").first.evaluate(
        "select => select.selectedOptions[0].text"
    )
    rule.last.scroll_into_view_if_needed()
    admin.screen("stale-indicator")
    expect(admin.find("[name=gap_domain] .fa-exclamation-triangle")).to_have_count(0)

    admin.open("contact-overview", "kanban")
    card = admin.card(STALE[language])
    admin.shoot("stale-overview")
    expected = stale(demo)
    number = card.locator(".o_contact_kpi_missing .display-4")
    assert admin.read(number) == str(len(expected))
    number.click()
    admin.arrive("list")
    rows = admin.find(".o_data_row")
    expect(rows).to_have_count(min(80, len(expected)))
    names = [plain(n) for n in rows.locator("td[name=partner_id]").all_inner_texts()]
    assert set(names) <= expected
    admin.screen("stale-list")

    # One click in the line, one on the customer's form.
    first, second = names[:2]
    admin.find(".o_data_row", has_text=first).locator(
        "button[name=action_contact_kpi_confirm]"
    ).click()
    expect(admin.find(".o_data_row", has_text=first)).to_have_count(0)
    assert stale(demo) == expected - {first}
    partner = demo.value("SELECT id FROM res_partner WHERE complete_name = %s", second)
    order = admin.call("sale.order", "create", [{"partner_id": partner}])
    admin.open(f"orders/{order}", "form")
    banner = admin.find(BANNER)
    expect(banner).to_contain_text(words["asks"])
    admin.screen("stale-quotation", BANNER)
    admin.open(f"customers/{partner}", "form")
    admin.find("button[name=action_contact_kpi_confirm]").click()
    shown = admin.find(".o_form_sheet", has_text="Administrator")
    expect(shown).to_be_visible()
    admin.shoot("stale-customer")
    assert admin.untranslated() == []
    day = admin.read("[name=contact_kpi_verified_on]")
    assert words["by"].format(day) in admin.read(".o_form_sheet")
    assert stale(demo) == expected - {first, second}
    admin.open(f"orders/{order}", "form")
    expect(banner).to_have_count(0)
    assert (
        demo.rows(
            """
        SELECT p.contact_kpi_verified_on, u.login, g.close_reason
          FROM res_partner p JOIN res_users u ON u.id = p.contact_kpi_verified_by_id
          JOIN contact_kpi_gap g ON g.partner_id = p.id AND g.indicator_id = %s
         WHERE p.complete_name IN (%s, %s) AND g.closed_at > now() AT TIME ZONE 'UTC'
               - interval '1 hour'
        """,
            indicator,
            first,
            second,
        )
        == [(count.today(), "admin", "completed")] * 2
    )
