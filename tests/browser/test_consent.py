"""Consent to be contacted: recorded for several, shown on the form, on record."""

import count
import pytest
from people import LANGUAGES, plain
from playwright.sync_api import expect
from test_overview import NAMES

WORDS = {
    "en_US": {
        "record": "Record Consent",
        "given": "Given",
        "refused": "Refused",
        "phone": "By Phone",
        "filter": "Consent Refused",
        "note": "Consent to be contacted: Refused",
    },
    "pt_BR": {
        "record": "Registrar consentimento",
        "given": "Dado",
        "refused": "Recusado",
        "phone": "Por telefone",
        "filter": "Consentimento recusado",
        "note": "Consentimento para contato: Recusado",
    },
}


def answers(demo, names):
    """Return ``{customer: (answer, day, channel, by)}``."""
    rows = demo.rows(
        """
        SELECT p.name, p.contact_kpi_consent, p.contact_kpi_consent_on,
               p.contact_kpi_consent_channel, u.login
          FROM res_partner p LEFT JOIN res_users u ON u.id = p.contact_kpi_consent_by_id
         WHERE p.name = ANY(%s)
        """,
        list(names),
    )
    return {name: tuple(rest) for name, *rest in rows}


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_consent(demo, person, language):
    words = WORDS[language]
    admin = person(language=language)
    admin.open("contact-overview", "kanban")
    admin.card(NAMES[language]).locator("button[name=action_to_complete]").click()
    admin.arrive("list")
    rows = admin.find(".o_data_row")
    names = [plain(n) for n in rows.locator("td[name=partner_id]").all_inner_texts()]
    before = answers(demo, names)
    chosen = [name for name in names if before[name][0] == "not_asked"][:2]
    for name in chosen:
        row = admin.find(".o_data_row", has_text=name)
        row.locator(".o_list_record_selector input").check()
    admin.find(".o_cp_action_menus .dropdown-toggle").last.click()
    admin.find(".o-dropdown--menu .o_menu_item", has_text=words["record"]).click()
    dialog = admin.dialog("consent-empty")
    dialog.locator("[name=consent]").get_by_label(words["given"], exact=True).check()
    channel = dialog.locator("[name=channel]")
    channel.locator("input, select").first.click()
    menu = admin.find(".o_select_menu_item", has_text=words["phone"])
    menu.first.click()
    dialog = admin.dialog("consent-dialog")
    dialog.locator("button[name=action_confirm]").click()
    expect(admin.find(".modal")).to_have_count(0)
    now = ("given", count.today(), "phone", "admin")
    assert answers(demo, names) == before | dict.fromkeys(chosen, now)

    # One of them changes its mind, on its form; the chatter tells both.
    partner = demo.value("SELECT id FROM res_partner WHERE name = %s", chosen[0])
    admin.open(f"customers/{partner}", "form")
    admin.find(".o_notebook a[name=sales_purchases]").click()
    group = admin.find("[name=customer_consent]")
    expect(group).to_have_text(words["given"])
    admin.find("button[name=action_contact_kpi_consent]").click()
    dialog = admin.find(".modal .modal-content")
    dialog.locator("[name=consent]").get_by_label(words["refused"], exact=True).check()
    dialog.locator("[name=channel] input").first.click()
    admin.find(".o_select_menu_item", has_text=words["phone"]).first.click()
    dialog.locator("button[name=action_confirm]").click()
    expect(group).to_have_text(words["refused"])
    group.scroll_into_view_if_needed()
    admin.shoot("consent-customer")
    assert admin.untranslated() == []
    note = admin.find(".o-mail-Message", has_text=words["note"])
    expect(note.first).to_be_visible()
    assert answers(demo, chosen)[chosen[0]] == ("refused", *now[1:])

    # All that refused, by the filter of Odoo's own list of customers.
    refused = {
        name
        for (name,) in demo.rows(
            """
            SELECT complete_name FROM res_partner
             WHERE active AND contact_kpi_consent = 'refused'
            """
        )
    }
    admin.page.goto("/odoo/customers")
    rows = admin.find(".o_data_row")
    admin.find(".o_searchview_dropdown_toggler").click()
    admin.shoot("consent-filters")
    admin.find(".o_filter_menu .o_menu_item", has_text=words["filter"]).click()
    admin.page.keyboard.press("Escape")
    expect(rows).to_have_count(len(refused))
    admin.shoot("consent-refused")
    admin.call(
        "res.partner",
        "write",
        [
            [id for (id,) in demo.rows(
                "SELECT id FROM res_partner WHERE name = ANY(%s)", chosen
            )],
            {"contact_kpi_consent": "not_asked"},
        ],
    )  # fmt: skip
