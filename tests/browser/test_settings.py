"""Settings > Sales > Contact Indicators, and the history behind the figures."""

from datetime import timedelta

import count
import pytest
from people import LANGUAGES
from playwright.sync_api import expect
from test_overview import NAMES

WORDS = {
    "en_US": {"week": "Weekly", "nothing": "Since {}"},
    "pt_BR": {"week": "Semanal"},
}
# Whatever a change of the settings must leave as it is.
STORED = (
    "contact_kpi_fact",
    "contact_kpi_run",
    "contact_kpi_gap",
    "contact_kpi_gap_segment",
    "contact_kpi_decline",
)


def stored(demo):
    """Return a fingerprint of every row that the figures come from."""
    rows = "SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t.id)) FROM {} t"
    return {table: demo.rows(rows.format(table)) for table in STORED}


def open_settings(somebody):
    """Open the settings at the indicators."""
    somebody.page.goto("/odoo/settings")
    somebody.find(".settings_tab [data-key=sale_management]").click()
    block = somebody.find("#contact_kpi_indicators")
    expect(block.locator(".o_data_row").first).to_be_visible()
    block.locator("xpath=..").evaluate("block => block.scrollIntoView()")
    return block


@pytest.fixture
def monthly(person):
    """Give the indicator its month back."""
    yield
    admin = person()
    ids = admin.call("contact.kpi", "search", [[["code", "=", "no_contact"]]])
    admin.call("contact.kpi", "write", [ids, {"period": "month"}])


@pytest.mark.usefixtures("monthly")
@pytest.mark.parametrize("language", list(LANGUAGES))
def test_period(demo, person, language):
    """Another period groups and compares otherwise, and changes nothing stored."""
    before = stored(demo)
    admin = person(language=language)
    block = open_settings(admin)
    row = block.locator(".o_data_row", has_text=NAMES[language])
    admin.shoot("settings")
    assert admin.cut_off(block) == []
    row.locator("td[name=period]").click()
    choice = row.locator("td[name=period] .o_field_widget")
    choice.locator("input, select").first.click()
    select = choice.locator("select")
    if select.count():
        select.select_option(label=WORDS[language]["week"])
    else:
        item = admin.find(".o_select_menu_item, .o-dropdown-item")
        item.get_by_text(WORDS[language]["week"], exact=True).click()
    admin.shoot("settings-changed")
    with admin.page.expect_event("load"):  # the settings are read anew
        admin.find(".o_form_button_save").click()
    assert demo.value("SELECT period FROM contact_kpi WHERE code = 'no_contact'") == (
        "week"
    )
    assert stored(demo) == before

    # The trend is grouped by weeks: each shows its last day with figures.
    days = {}
    for day, _user, _customers, missing in demo.rows(count.SNAPSHOTS, "no_contact"):
        days[day] = days.get(day, 0) + missing
    # Weeks begin on Sunday in both languages.
    weeks = {day - timedelta(days=day.isoweekday() % 7): day for day in sorted(days)}
    admin.open("contact-overview", "kanban")
    card = admin.card(NAMES[language])
    admin.shoot("overview-weekly")
    card.locator("button[name=action_trend]").click()
    admin.arrive("graph")
    (series,) = admin.chart()["series"]
    admin.shoot("trend-weekly")
    assert series["data"] == [days[day] for day in weeks.values()]
