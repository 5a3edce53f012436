"""Who writes which table of the addons, by the statements in their source."""

import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
STATEMENT = re.compile(r"\b(?:INSERT INTO|(?<!DO )(?<!FOR )UPDATE|DELETE FROM)\s+(\w+)")
# Set-based statements only: what is few is written through the ORM, in its own model.
WRITERS = {
    "contact_kpi_customer_change": {"engine/customer_change"},
    "contact_kpi_customer_state": {"engine/customer_state"},
    "contact_kpi_decline": {"engine/ledger"},
    "contact_kpi_fact": {"engine/fact"},
    "contact_kpi_gap": {"engine/ledger", "past/history_chatter"},
    "contact_kpi_gap_segment": {"engine/ledger", "past/history_chatter"},
    "contact_kpi_history_unknown": {"past/history_chatter"},
    "contact_kpi_ruleset": {"engine/ruleset"},
    "contact_kpi_ruleset_range": {"engine/ruleset_range"},
    "contact_kpi_run": {"engine/run", "past/history"},
    "res_partner": {"engine/ruleset"},
}


def test_one_place_writes_each_table():
    found = defaultdict(set)
    for addon in ROOT.glob("contact_kpi*"):
        for folder in ("models", "wizard", "report", "controllers", "tools"):
            for path in addon.glob(f"{folder}/**/*.py"):
                for table in STATEMENT.findall(path.read_text()):
                    found[table].add(f"{path.parent.name}/{path.stem}")
    assert found == WRITERS
