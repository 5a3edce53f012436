"""Configuration > Contact Indicators: the history and the runs."""

import count
import pytest
from people import LANGUAGES
from playwright.sync_api import expect
from test_overview import NAMES

KPI = "(SELECT id FROM contact_kpi WHERE code = 'no_contact')"


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_history(demo, person, language):
    carla = person("carla.exemplo", language)
    carla.open("action-contact_kpi.contact_kpi_history_action", "list")
    row = carla.find(".o_data_row", has_text=NAMES[language])
    carla.shoot("history-list")
    assert carla.cut_off() == []
    ((gaps, months, unknown),) = demo.rows(
        f"SELECT gaps, months, unknown FROM contact_kpi_history WHERE indicator_id = {KPI}"
    )
    assert gaps == gaps
    row.locator("td[name=indicator_id]").click()
    carla.arrive("form")
    carla.shoot("history-form")


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_runs(demo, person, language):
    """The log that an administrator reads: a line per day, with its figures."""
    carla = person("carla.exemplo", language)
    carla.open("action-contact_kpi.contact_kpi_run_action", "list")
    carla.shoot("runs")
    assert carla.cut_off() == []
    runs = demo.value(
        f"SELECT count(*) FROM contact_kpi_run WHERE indicator_id = {KPI} AND customers > 0"
    )
    expect(carla.find(".o_pager_limit")).to_have_text(str(runs))
