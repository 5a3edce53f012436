"""A customer declines: recorded from the list and the form, taken back, reviewed."""

from datetime import timedelta

import count
import pytest
from people import LANGUAGES, plain
from playwright.sync_api import expect
from test_overview import NAMES, REFUSALS

WORDS = {
    "en_US": {
        "reason": "Prefers not to provide it",
        "privacy": "Worried about privacy",
        "said": "Refusals recorded: 2.",
        "back": "Refusals taken back: 1.",
        "actions": "Take Back Refusal",
        "note": "Customers without contact: declined to provide it.",
    },
    "pt_BR": {
        "reason": "Não quer informar",
        "privacy": "Preocupação com a privacidade",
        "said": "Recusas registradas: 2.",
        "back": "Recusas desfeitas: 1.",
        "actions": "Desfazer recusa",
        "note": "Clientes sem contato: não quis informar.",
    },
}
IN_FORCE = """
    SELECT p.name, r.name ->> 'en_US', d.review_on, u.login
      FROM contact_kpi_decline d JOIN contact_kpi_gap g ON g.id = d.gap_id
      JOIN contact_kpi k ON k.id = g.indicator_id AND k.code = 'no_contact'
      JOIN res_partner p ON p.id = g.partner_id
      JOIN contact_kpi_decline_reason r ON r.id = d.reason_id
      JOIN res_users u ON u.id = d.create_uid
     WHERE g.closed_at IS NULL AND d.ended_on IS NULL
       AND (d.review_on IS NULL OR d.review_on > %s)
"""


def in_force(demo):
    """Return ``{customer: (reason, review, by)}`` of the refusals that hold."""
    return {name: tuple(rest) for name, *rest in demo.rows(IN_FORCE, count.today())}


def expect_on_card(somebody, declined):
    """Look up how many declined, as the card of the overview says.

    Odoo shows what the browser remembers until the server has answered.
    """
    somebody.open("contact-overview", "kanban")
    link = somebody.card(NAMES[somebody.language]).locator("a[name=action_declined]")
    words = REFUSALS[somebody.language][0].format(declined).strip()
    expect(link).to_have_text(words)


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_declined_and_taken_back(demo, person, language):
    words = WORDS[language]
    before = in_force(demo)
    admin = person(language=language)
    expect_on_card(admin, len(before))

    # Two at once, from the list of the card.
    admin.card(NAMES[language]).locator("button[name=action_to_complete]").click()
    admin.arrive("list")
    rows = admin.find(".o_data_row")
    # Those that declined are not among them, whatever they declined once.
    lacking = count.missing(demo)[1] - set(before)
    to_complete = len(lacking)
    expect(rows).to_have_count(to_complete)
    names = [plain(n) for n in rows.locator("td[name=partner_id]").all_inner_texts()]
    assert set(names) == lacking
    chosen = names[:2]
    for place in range(2):
        rows.nth(place).locator(".o_list_record_selector input").check()
    admin.screen("decline-list-selected")
    admin.find(".o_control_panel button[name=action_decline]").click()
    dialog = admin.dialog("decline-dialog")
    assert admin.read(dialog.locator("[name=subject]")) == ", ".join(sorted(chosen))
    dialog.locator("[name=reason_id]").get_by_label(words["reason"]).check()
    dialog.locator("button[name=action_confirm]").click()
    expect(admin.find(".o_notification", has_text=words["said"])).to_be_visible()
    expect(rows).to_have_count(to_complete - 2)
    admin.shoot("decline-left")
    now = in_force(demo)
    until = count.today() + timedelta(180)
    reason = WORDS["en_US"]["reason"]
    assert now == before | dict.fromkeys(chosen, (reason, until, "admin"))

    # The card shows them apart, and opens them.
    expect_on_card(admin, len(now))
    admin.shoot("decline-card")
    admin.card(NAMES[language]).locator("a[name=action_declined]").click()
    admin.arrive("list")
    expect(rows).to_have_count(len(now))
    shown = {
        plain(row.locator("td[name=partner_id]").inner_text()): plain(
            row.locator("td[name=decline_review_on]").inner_text()
        )
        for row in rows.all()
    }
    assert shown == {
        name: count.short(review, language) if review else ""
        for name, (_reason, review, _by) in now.items()
    }
    for name in chosen:
        row = admin.find(".o_data_row", has_text=name)
        expect(row.locator("td[name=decline_reason_id]")).to_have_text(words["reason"])
    admin.screen("decline-declined")

    # One is taken back in the list, the other on its form.
    row = admin.find(".o_data_row", has_text=chosen[0])
    row.locator(".o_list_record_selector input").check()
    admin.find(".o_cp_action_menus .dropdown-toggle").last.click()
    admin.shoot("decline-actions")
    admin.find(".o-dropdown--menu .o_menu_item", has_text=words["actions"]).click()
    expect(admin.find(".o_notification", has_text=words["back"])).to_be_visible()
    expect(rows).to_have_count(len(now) - 1)
    partner = demo.value("SELECT id FROM res_partner WHERE name = %s", chosen[1])
    admin.open(f"customers/{partner}", "form")
    admin.find(".o_notebook a[name=sales_purchases]").click()
    gaps = admin.find("[name=contact_kpi_open_gap_ids]")
    line = gaps.locator(".o_data_row", has_text=NAMES[language])
    gaps.scroll_into_view_if_needed()
    admin.shoot("decline-customer")
    assert admin.untranslated() == []
    line.locator("button[name=action_take_back_decline]").click()
    expect(admin.find(".o_notification", has_text=words["back"])).to_be_visible()
    assert in_force(demo) == before

    # Declined there, for another reason; its chatter tells.
    line.locator("button[name=action_decline]").click()
    dialog = admin.dialog("decline-customer-dialog")
    dialog.locator("[name=reason_id]").get_by_label(words["privacy"]).check()
    dialog.locator("button[name=action_confirm]").click()
    expect(line.locator("button[name=action_take_back_decline]")).to_be_visible()
    assert in_force(demo)[chosen[1]][0] == WORDS["en_US"]["privacy"]
    note = admin.find(".o-mail-Message", has_text=words["note"])
    expect(note.first).to_be_visible()
    note.first.scroll_into_view_if_needed()
    admin.shoot("decline-chatter")
    line.locator("button[name=action_take_back_decline]").click()
    expect(line.locator("button[name=action_decline]")).to_be_visible()
    assert in_force(demo) == before


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_refusals_of_the_year(demo, person, language):
    """Every refusal with its end: reviewed, taken back, informed after all."""
    admin = person(language=language)
    admin.open("contact-refusals", "list")
    admin.screen("refusals")
    expected = demo.rows(
        """
        SELECT p.name, to_char(d.declined_on, 'YYYY-MM-DD'), d.review_on IS NOT NULL,
               d.ended_on IS NOT NULL, COALESCE(r.name ->> %s, r.name ->> 'en_US')
          FROM contact_kpi_decline d JOIN contact_kpi_gap g ON g.id = d.gap_id
          JOIN res_partner p ON p.id = g.partner_id
          JOIN contact_kpi_decline_reason r ON r.id = d.reason_id
         ORDER BY d.declined_on DESC, d.id DESC
        """,
        language,
    )
    shown = [
        tuple(
            plain(row.locator(f"td[name={name}]").inner_text())
            for name in ("partner_id", "review_on", "ended_on", "reason_id")
        )
        for row in admin.find(".o_data_row").all()
    ]
    assert [(n, bool(review), bool(end), why) for n, review, end, why in shown] == [
        (name, review, end, why) for name, _day, review, end, why in expected
    ]
    admin.switch("pivot")
    admin.screen("refusals-pivot")
