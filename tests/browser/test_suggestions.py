"""Suggestions: what documents know of a customer, taken over with one click."""

import count
import pytest
from people import LANGUAGES, plain
from playwright.sync_api import expect
from test_decline import in_force
from test_overview import NAMES

# Where it comes from, whose it is, phone, e-mail.
SOURCES = """
    SELECT 'order', p.name, a.phone, a.email
      FROM sale_order o JOIN res_partner p ON p.id = o.partner_id
      JOIN res_partner a ON a.id IN (o.partner_invoice_id, o.partner_shipping_id)
     WHERE a.id != p.id AND (a.commercial_partner_id != p.id OR NOT a.active)
    UNION ALL
    SELECT 'duplicate', p.name, twin.phone, twin.email
      FROM res_partner p JOIN res_partner twin ON twin.vat = p.vat
           AND twin.commercial_partner_id NOT IN (p.id, p.commercial_partner_id)
     WHERE p.customer_rank > 0 AND NOT twin.customer_rank > 0
    UNION ALL
    SELECT 'email', p.name, NULL, substring(m.email_from FROM '<(.*)>')
      FROM mail_message m JOIN res_partner p ON p.id = m.res_id
     WHERE m.model = 'res.partner' AND m.message_type = 'email' AND m.author_id IS NULL
"""
LEADS = """
    UNION ALL
    SELECT 'lead', p.name, l.phone, l.email_from
      FROM crm_lead l JOIN res_partner c ON c.id = l.partner_id
      JOIN res_partner p ON p.id = c.commercial_partner_id
"""
WORDS = {
    "en_US": {
        "nothing": "Nothing found in leads",
        "done": "{} is complete.",
        "duplicate": "Same Tax ID",
        "email": "E-mail That It Wrote",
        "order": "Address of an Order",
        "lead": "Lead or Opportunity",
    },
    "pt_BR": {
        "nothing": "Nada encontrado em leads",
        "done": "{} está completo.",
        "duplicate": "Mesmo CPF/CNPJ",
        "email": "E-mail que ele escreveu",
        "order": "Endereço de um pedido",
        "lead": "Lead ou oportunidade",
    },
}


def known(demo):
    """Return ``[(origin, customer, phone, e-mail)]`` of those that lack a contact."""
    leads = demo.value("SELECT to_regclass('crm_lead') IS NOT NULL")
    _customers, lacking = count.missing(demo)
    rows = demo.rows(SOURCES + (LEADS if leads else ""))
    return [row for row in rows if row[1] in lacking]


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_suggestions(demo, person, language):
    words = WORDS[language]
    _customers, lacking = count.missing(demo)
    sources = known(demo)
    admin = person(language=language)
    admin.open("contact-overview", "kanban")
    admin.card(NAMES[language]).locator("button[name=action_to_complete]").click()
    admin.arrive("list")
    rows = admin.find(".o_data_row")
    # Odoo shows what the browser remembers until the server has answered.
    before = len(lacking - in_force(demo).keys())
    expect(rows).to_have_count(before)
    assert sources
    for origin, name, phone, email in sources[::2][:2]:
        line = admin.find(".o_data_row", has_text=name)
        line.locator("button[name=action_suggestions]").click()
        dialog = admin.dialog(f"suggestions-{origin}")
        lines = dialog.locator(".o_data_row")
        shown = [plain(row.inner_text()) for row in lines.all()]
        assert len(shown) == sum(map(bool, (phone, email)))
        for contact in filter(None, (phone, email)):
            (text,) = (text for text in shown if contact in text)
            assert words[origin] in text
        best = plain(lines.first.locator("td[name=value]").inner_text())
        lines.first.locator("button[name=action_use]").click()
        done = admin.find(".o_notification", has_text=words["done"].format(name))
        expect(done).to_be_visible()
        expect(line).to_have_count(0)
        before -= 1
        expect(rows).to_have_count(before)
        lacking -= {name}
        assert count.missing(demo)[1] == lacking
        # Credited to whoever clicked, and written where it belongs.
        assert demo.rows(
            """
            SELECT g.close_reason, u.login, %s IN (p.phone, p.email)
              FROM contact_kpi_gap g JOIN res_partner p ON p.id = g.partner_id
              JOIN res_users u ON u.id = g.closed_by_id
             WHERE p.name = %s ORDER BY g.closed_at DESC LIMIT 1
            """,
            best,
            name,
        ) == [("completed", "admin", True)]
    admin.shoot("suggestions-left")
    # Of most nothing is known; the dialog says what to do instead.
    unknown = lacking - {name for _kind, name, *_rest in sources}
    for row in rows.all():
        if plain(row.locator("td[name=partner_id]").inner_text()) in unknown:
            row.locator("button[name=action_suggestions]").click()
            break
    dialog = admin.dialog("suggestions-none")
    expect(dialog).to_contain_text(words["nothing"])
