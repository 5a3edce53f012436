"""Suspected junk: listed with its reason, confirmed, ignored, suspected again."""

from collections import defaultdict

import count
import pytest
from people import plain
from playwright.sync_api import expect
from test_overview import NAMES

WORDS = {
    "en_US": {
        "reasons": {
            "shared": "Shared by Many Customers",
            "company": "Our Company's Own",
            "user": "A User's Own",
        },
        "to_decide": "To Decide",
    },
    "pt_BR": {
        "reasons": {
            "shared": "Compartilhado por muitos clientes",
            "company": "Da nossa empresa",
            "user": "De um usuário nosso",
        },
        "to_decide": "A decidir",
    },
}


def listed(admin):
    """Return what the list shows: ``{value: (why, customers)}``."""
    return {
        plain(row.locator("td[name=value]").inner_text()): (
            plain(row.locator("td[name=reason]").inner_text()),
            int(row.locator("td[name=customer_count]").inner_text()),
        )
        for row in admin.find(".o_data_row").all()
    }


def expected(demo, reasons):
    """Return what it must show, from what contacts carry and whose it is."""
    carried = defaultdict(set)
    known = count.customers(demo)
    for head, phone, email in demo.rows(
        """
        SELECT commercial_partner_id, phone_sanitized, email_normalized
          FROM res_partner WHERE active
        """
    ):
        for value in filter(None, (phone, email)):
            carried[value] |= {head} & known.keys()
    own = {}
    for kind, phone, email in demo.rows(
        """
        SELECT 'company', phone_sanitized, email_normalized FROM res_partner
         WHERE id IN (SELECT partner_id FROM res_company)
        UNION ALL
        SELECT 'user', phone_sanitized, email_normalized FROM res_partner
         WHERE id IN (SELECT partner_id FROM res_users WHERE NOT share)
        """
    ):
        own |= dict.fromkeys(filter(None, (phone, email)), kind)
    found = {}
    for value, heads in carried.items():
        kind = own.get(value) or ("shared" if len(heads) >= 5 else None)
        usable = "@" in value or count.is_phone(value, None)
        if kind and heads and usable:
            found[value] = (reasons[kind], len(heads))
    return found


@pytest.fixture
def reclassify(person):
    """Return how to have all contacts looked at, as the scheduled action does.

    What was confirmed is taken back in the end: the placeholders go.
    """
    admin = person()
    (cron,) = admin.call(
        "ir.cron", "search", [[["cron_name", "like", "classify contacts after"]]]
    )

    def run():
        admin.call("ir.cron", "method_direct_trigger", [[cron]])

    yield run
    confirmed = [["reason", "!=", "typed"]]
    ids = admin.call("contact.kpi.placeholder", "search", [confirmed])
    admin.call("contact.kpi.placeholder", "unlink", [ids])
    run()


@pytest.mark.parametrize(
    ("language", "sign"), [("en_US", "+"), ("pt_BR", "@")], ids=["en_US", "pt_BR"]
)
def test_suspects(demo, person, reclassify, language, sign):
    words = WORDS[language]
    customers, before = count.missing(demo)
    admin = person(language=language)
    admin.page.goto("/odoo/action-contact_kpi.contact_kpi_suspect_find_action")
    admin.arrive("list")
    admin.screen("suspects")
    suspected = expected(demo, words["reasons"])
    assert listed(admin) == suspected
    assert {why for why, _customers in suspected.values()} == set(
        words["reasons"].values()
    )
    shared = next(
        value
        for value, (why, _customers) in suspected.items()
        if why == words["reasons"]["shared"] and sign in value
    )

    # Who carries it; then it counts as no contact, once all have been looked at.
    row = admin.find(".o_data_row", has_text=shared)
    row.locator("button[name=action_contacts]").click()
    expect(admin.find(".o_breadcrumb .active")).to_be_visible()
    carriers = admin.find(".o_list_view .o_data_row")
    expect(carriers).to_have_count(suspected[shared][1])
    admin.shoot("suspects-contacts")
    admin.find(".o_back_button, .breadcrumb-item a").first.click()
    row.locator("button[name=action_confirm]").click()
    expect(row).to_have_count(0)
    admin.shoot("suspects-confirmed")
    reclassify()
    column = "email" if sign == "@" else "phone"
    junk = {
        text
        for (text,) in demo.rows(
            f"""
            SELECT DISTINCT {column} FROM res_partner
             WHERE %s IN (phone_sanitized, email_normalized)
            """,
            shared,
        )
    }
    now = count.missing(demo, junk=junk)
    assert now[0] == customers
    assert now[1] > before
    admin.open("contact-overview", "kanban")
    card = admin.card(NAMES[language])
    figure = card.locator(".o_contact_kpi_missing .display-4")
    expect(figure).to_have_text(str(len(now[1])))
    admin.shoot("suspects-overview")
    admin.page.goto("/odoo/action-contact_kpi.contact_kpi_placeholder_action")
    expect(admin.find(".o_data_row", has_text=shared)).to_be_visible()
    admin.screen("suspects-placeholders")

    # A colleague's own address is left alone, and suspected again.
    admin.page.goto("/odoo/action-contact_kpi.contact_kpi_suspect_find_action")
    admin.arrive("list")
    user = next(
        value for value, (why, _n) in suspected.items()
        if why == words["reasons"]["user"]
    )  # fmt: skip
    row = admin.find(".o_data_row", has_text=user)
    row.locator("button[name=action_ignore]").click()
    expect(row).to_have_count(0)
    assert listed(admin).keys() == suspected.keys() - {shared, user}
    facet = admin.find(".o_searchview_facet", has_text=words["to_decide"])
    facet.locator(".o_facet_remove").click()
    expect(row).to_have_count(1)
    admin.screen("suspects-ignored")
    row.locator("button[name=action_restore]").click()
    expect(row.locator("button[name=action_ignore]")).to_be_visible()
    assert listed(admin).keys() == suspected.keys() - {shared}
