"""The quotation asks for the contact, and says who does not want to provide it."""

import count
import pytest
from people import LANGUAGES
from playwright.sync_api import expect
from test_decline import in_force
from test_suggestions import known

WORDS = {
    "en_US": {
        "asks": "This customer has no usable phone or e-mail.",
        "area": "lacks the area code",
        "declined": "This customer prefers not to provide a phone or e-mail",
        "blocked": "has no usable phone or e-mail. Fill one in at the top of",
    },
    "pt_BR": {
        "asks": "Este cliente não tem telefone ou e-mail que sirva.",
        "area": "Falta o DDD em",
        "declined": "Este cliente prefere não informar telefone ou e-mail",
        "blocked": "não tem telefone ou e-mail que sirva. Preencha um no alto de",
    },
}
BANNER = ".o_contact_kpi_banner:visible"
PHONES = {"en_US": "(11) 96123-0001", "pt_BR": "(11) 96123-0002"}


@pytest.fixture
def insisting(person):
    """Have a contact required to confirm, and no longer."""
    admin = person()

    def insist(value):
        settings = admin.call(
            "res.config.settings", "create", [{"contact_kpi_block_confirmation": value}]
        )
        admin.call("res.config.settings", "execute", [[settings]])

    insist(True)
    yield
    insist(False)


def quote(somebody, demo, name):
    """Open a new quotation of a customer; return its number."""
    partner = demo.value("SELECT id FROM res_partner WHERE name = %s AND active", name)
    order = somebody.call("sale.order", "create", [{"partner_id": partner}])
    somebody.open(f"orders/{order}", "form")
    return order


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_quotation_asks(demo, person, insisting, language):
    words = WORDS[language]
    admin = person(language=language)
    refusals = in_force(demo)
    brazilian = {
        name
        for (name,) in demo.rows(
            """
            SELECT p.name FROM res_partner p JOIN res_country c ON c.id = p.country_id
             WHERE c.code = 'BR'
            """
        )
    }
    lacking = count.missing(demo)[1]
    others = set(refusals) | {name for _origin, name, *_contacts in known(demo)}
    chosen = max((lacking & brazilian) - others)
    orders = [quote(admin, demo, chosen)]
    banner = admin.find(BANNER)
    expect(banner).to_contain_text(words["asks"])
    admin.screen("quotation", BANNER)

    # An administrator wants a contact before the order is confirmed.
    demo.refused.append(words["blocked"])
    admin.find(".o_statusbar_buttons button[name=action_confirm]:visible").click()
    error = admin.find(".modal", has_text=words["blocked"])
    expect(error).to_be_visible()
    admin.shoot("quotation-blocked")
    error.locator(".modal-footer button").first.click()

    # No area code: said at once, with an example. A phone: the banner goes.
    field = banner.locator("[name=contact_kpi_phone] input")
    field.fill("96123-0001")
    field.press("Tab")
    expect(banner.locator(".text-danger")).to_contain_text(words["area"])
    admin.screen("quotation-problem", BANNER)
    field.fill(PHONES[language])
    field.press("Tab")
    expect(banner.locator(".text-danger")).to_have_count(0)
    admin.find(".o_form_button_save").click()
    expect(banner).to_have_count(0)
    admin.shoot("quotation-informed")
    assert count.missing(demo)[1] == lacking - {chosen}
    assert demo.rows(
        """
        SELECT p.phone, g.close_reason, u.login FROM contact_kpi_gap g
          JOIN contact_kpi k ON k.id = g.indicator_id AND k.code = 'no_contact'
          JOIN res_partner p ON p.id = g.partner_id
          JOIN res_users u ON u.id = g.closed_by_id
         WHERE p.name = %s AND g.closed_at IS NOT NULL
         ORDER BY g.closed_at DESC LIMIT 1
        """,
        chosen,
    ) == [(PHONES[language], "completed", "admin")]

    # Whoever declined is not asked, and may confirm.
    orders.append(quote(admin, demo, min(refusals)))
    expect(banner).to_contain_text(words["declined"])
    admin.screen("quotation-declined", BANNER)
    admin.find(".o_statusbar_buttons button[name=action_confirm]:visible").click()
    expect(admin.find("button[name=action_confirm]:visible")).to_have_count(0)
    states = "SELECT state FROM sale_order WHERE id = ANY(%s) ORDER BY id"
    assert demo.rows(states, orders) == [("draft",), ("sale",)]
