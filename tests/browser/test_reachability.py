"""Whom the workshop may message: from the card to Odoo's own text message."""

import re

import pytest
from people import LANGUAGES, plain
from playwright.sync_api import expect
from test_overview import words as card_words

LANDLINE, MOBILE = "(11) 3456-7890", "(11) 96123-4567"
WORDS = {
    "en_US": {
        "card": "Customers without a mobile",
        "counts": "May be messaged: {} Opted out: {}",
        "service": "Reminder walk",
        "open": "Open Contacts to Write to",
        "contacts": "Contacts to Write to",
        "actions": "Actions",
        "sms": "Send SMS",
        "refused": "This customer asked not to be messaged: call instead.",
        "listed": "mobile is on the phone blacklist: send no message, call instead.",
        "kept": f"On record: {LANDLINE}",
    },
    "pt_BR": {
        "card": "Clientes sem celular",
        "counts": "Podem receber mensagem: {} Não querem mensagens: {}",
        "service": "Reminder walk",
        "open": "Abrir contatos para escrever",
        "contacts": "Contatos para escrever",
        "actions": "Ações",
        "sms": "Enviar SMS",
        "refused": "Este cliente pediu para não receber mensagens: ligue.",
        "listed": "está na lista de bloqueio: não envie mensagem, ligue.",
        "kept": f"Já cadastrado: {LANDLINE}",
    },
}
#: name, phone, consent; those before the gap may be messaged.
PEOPLE = [
    ("Ademir Lembrete", "(11) 96123-0001", "not_asked"),
    ("Beatriz Lembrete", f"{LANDLINE} / (11) 96123-0002", "given"),
    ("Caio Recusa", "(11) 96123-0003", "refused"),
    ("Dalva Bloqueada", "(11) 96123-0004", "not_asked"),
    ("Elisa Telefone", LANDLINE, "not_asked"),
]
# Customers with a mobile, and those of them of whom nobody may be messaged: by hand.
COUNTS = """
    WITH family AS (
        SELECT h.id AS head, m.*, h.contact_kpi_consent AS heads,
               EXISTS (SELECT FROM phone_blacklist b
                        WHERE b.active AND strpos(
                               regexp_replace(m.phone, '\\D', '', 'g'),
                               right(b.number, 11)) > 0) AS listed
          FROM res_partner h JOIN res_partner m ON m.commercial_partner_id = h.id
         WHERE h.commercial_partner_id = h.id AND h.active AND h.partner_share
           AND h.id NOT IN (SELECT partner_id FROM res_company)
    ), customer AS (
        SELECT head FROM family WHERE head = id AND customer_rank > 0
         UNION SELECT f.head FROM family f JOIN sale_order o ON o.partner_id = f.id
                WHERE o.state != 'cancel'
         UNION SELECT f.head FROM family f JOIN repair_order o ON o.partner_id = f.id
                WHERE o.state != 'cancel'
    )
    SELECT count(*) FILTER (WHERE free), count(*) FILTER (WHERE NOT free)
      FROM (SELECT bool_or(NOT listed AND 'refused' NOT IN
                           (COALESCE(heads, ''), COALESCE(contact_kpi_consent, '')))
                       AS free
              FROM family JOIN customer USING (head)
             WHERE active AND contact_mobile_kind
                   IN ('mobile', 'without_nine', 'trunking', 'maybe')
             GROUP BY head) AS each
"""


@pytest.fixture
def workshop(person):
    """People who came for a service of their own; removed at the end."""
    admin = person()

    def create(model, vals):
        (record,) = admin.call(model, "create", [[vals]])
        made.append((model, record))
        return record

    made = []
    service = create("mechanic.service.type", {"name": "Reminder walk", "code": "walk"})
    (brazil,) = admin.call("res.country", "search", [[["code", "=", "BR"]]])
    orders = {}
    for name, phone, consent in PEOPLE:
        vals = {"name": name, "phone": phone, "country_id": brazil}
        if consent != "not_asked":
            vals["contact_kpi_consent"] = consent
        partner = create("res.partner", vals)
        vals = {"partner_id": partner, "service_type_id": service}
        orders[name] = create("repair.order", vals)
    create("phone.blacklist", {"number": "+5511961230004"})
    yield orders
    admin.call("repair.order", "action_repair_cancel", [list(orders.values())])
    for model in ("repair.order", "res.partner", "phone.blacklist"):
        ids = [record for name, record in made if name == model]
        if model == "res.partner":
            more = [["parent_id", "in", ids]]
            ids += admin.call("res.partner", "search", [more])
        admin.call(model, "unlink", [ids])
    admin.call("mechanic.service.type", "unlink", [[service]])


def names(somebody):
    """Return the names that a list shows."""
    cells = somebody.find(".o_data_row td[name=partner_id], .o_data_row td[name=name]")
    return [plain(text) for text in cells.all_inner_texts()]


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_from_the_card_to_the_message(demo, person, workshop, language):
    assert workshop
    words, admin = WORDS[language], person(language=language)
    admin.open("contact-overview", "kanban")
    counts = admin.card(words["card"]).locator(".o_contact_kpi_reachability")
    expect(counts).to_be_visible()
    admin.shoot("reachability-card")
    assert card_words(counts, language) == words["counts"].format(*demo.rows(COUNTS)[0])

    counts.locator("[name=action_messageable]").click()
    group = admin.find(".o_group_header", has_text=words["service"])
    expect(group).to_contain_text("(2)")
    group.click()
    expect(admin.find(".o_data_row")).to_have_count(2)
    admin.shoot("reachability-list")
    assert admin.cut_off() == []
    mine = [name for name, *_rest in PEOPLE[:2]]
    assert sorted(names(admin)) == mine
    numbers = admin.find(".o_data_row td[name=mobile]").all_inner_texts()
    assert sorted(map(plain, numbers)) == ["+5511961230001", "+5511961230002"]

    for box in admin.find(".o_data_row .o_list_record_selector input").all():
        box.click()
    admin.find("button", has_text=words["open"]).click()
    expect(admin.find(".o_control_panel")).to_contain_text(words["contacts"])
    shown = admin.find(".o_data_row td[name=complete_name]")
    expect(shown).to_have_text(mine)
    admin.find("thead .o_list_record_selector input").click()
    menu = admin.find(".o_control_panel .o_cp_action_menus .dropdown-toggle")
    menu.filter(has_text=words["actions"]).click()
    admin.shoot("reachability-contacts")
    item = admin.find(".o-dropdown-item, .o_menu_item", has_text=words["sms"])
    item.first.click()
    expect(admin.find(".modal [name=body] textarea")).to_be_visible()
    admin.shoot("reachability-message")
    # Odoo reads one number per field, and one of the two fields holds two.
    warning = admin.read(".modal .alert:visible")
    assert re.findall(r"\d+", warning) == ["1", "2"]
    admin.find(".modal .btn-close").click()

    admin.page.goto("/odoo/customers-to-message")
    admin.switch("pivot")
    admin.shoot("reachability-pivot")
    assert admin.cut_off() == []
    admin.switch("graph")
    admin.shoot("reachability-graph")


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_at_the_counter(demo, person, workshop, language):
    words, admin = WORDS[language], person(language=language)
    for name, text in (
        ("Caio Recusa", words["refused"]),
        ("Dalva Bloqueada", words["listed"]),
        ("Elisa Telefone", words["kept"]),
    ):
        admin.open(f"action-repair.action_repair_order_tree/{workshop[name]}", "form")
        banner = admin.find(".o_contact_kpi_banner")
        expect(banner).to_contain_text(text)
        admin.shoot(f"reachability-{name.split()[1].lower()}")
    banner.locator("[name=contact_kpi_phone] input").fill(MOBILE)
    admin.find(".o_form_button_save").click()
    expect(banner).to_have_count(0)
    kept = """
        SELECT p.phone, c.type, c.name, c.phone
          FROM res_partner p JOIN res_partner c ON c.parent_id = p.id
          JOIN repair_order r ON r.partner_id = p.id AND r.id = %s
    """
    assert demo.rows(kept, workshop["Elisa Telefone"]) == [
        (MOBILE, "other", None, LANDLINE)
    ]
