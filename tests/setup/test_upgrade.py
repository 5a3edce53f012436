"""A database of the first version is brought up to date, and tells what it told.

`past/` holds one as `pg_dump` wrote it: the demo of version 19.0.1.0.0; and the names
of columns and XML ids that a later version had, before its files were moved.
"""

import lzma
import os
import subprocess
from pathlib import Path

import addons
import database
import odoo_process
import odoo_source
import postgres
import pytest

PAST = Path(__file__).parent / "past" / "19.0.1.0.0.sql.xz"
NAMED = Path(__file__).parent / "past" / "names.txt"
# By now each fact holds from one day until another of its month.
SNAPSHOT = """
    (SELECT f.*, r.date, f.missing - f.declined AS to_complete, r.company_id
       FROM contact_kpi_run r
       JOIN (SELECT indicator_id, NULLIF(company_id, 0) AS series, since, until,
                    user_id, is_company, industry_id, country_id, state_id, customers,
                    missing, declined
               FROM contact_kpi_fact) f
         ON f.indicator_id = r.indicator_id
        AND f.series IS NOT DISTINCT FROM r.company_id
        AND r.date >= f.since AND (f.until IS NULL OR r.date < f.until)
        AND to_char(r.date, 'YYYY-MM') = to_char(f.since, 'YYYY-MM')
      WHERE r.state IN ('done', 'provisional')) AS snapshot
"""
# What the addons keep, as it was; the counts tell that there is something to compare.
FIGURES = {
    "gaps": """
        SELECT indicator_id, partner_id, company_id, user_id, opened_at, opened_on,
               closed_at, closed_on, closed_by_id, close_reason, origin,
               days_to_complete, is_company, industry_id, country_id, state_id
          FROM contact_kpi_gap ORDER BY id""",
    "runs": """
        SELECT indicator_id, company_id, date, state, origin, customers, missing,
               declined, to_complete, opened, completed, "left"
          FROM contact_kpi_run ORDER BY indicator_id, date, company_id""",
    "snapshots": """
        SELECT indicator_id, company_id, date, user_id, is_company, industry_id,
               country_id, state_id, SUM(customers), SUM(missing), SUM(declined),
               SUM(to_complete)
          FROM {snapshot} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
         ORDER BY 1, 2, 3, 4, 5, 6, 7, 8""",
    "declined": "SELECT gap_id, reason_id, declined_on, review_on, ended_on"
    " FROM contact_kpi_decline ORDER BY id",
    "consents": """
        SELECT id, contact_kpi_consent, contact_kpi_consent_on,
               contact_kpi_consent_channel, contact_kpi_consent_by_id
          FROM res_partner WHERE contact_kpi_consent IS NOT NULL ORDER BY id""",
    "definitions": "SELECT code, population_domain, gap_domain, period, target_rate"
    " FROM contact_kpi ORDER BY id",
    "contacts": "SELECT id, name, phone, email, vat FROM res_partner ORDER BY id",
}
NAMES = {
    "columns": """
        SELECT table_name || '.' || column_name FROM information_schema.columns
         WHERE table_schema = 'public'
           AND (table_name ~ '^(contact_kpi|mechanic_)'
                OR table_name || '.' || column_name IN (
                   SELECT replace(f.model, '.', '_') || '.' || f.name
                     FROM ir_model_fields f
                     JOIN ir_model_data d
                       ON d.model = 'ir.model.fields' AND d.res_id = f.id
                    WHERE d.module ~ '^contact_kpi'))""",
    "XML ids": "SELECT module || '.' || name FROM ir_model_data"
    " WHERE module ~ '^contact_kpi'",
}
SNAPSHOT_COLUMNS = (
    *("id", "run_id", "date", "indicator_id", "company_id", "user_id", "is_company"),
    *("customer_type_id", "industry_id", "country_id", "state_id", "service_type_id"),
    *("urgency", "customers", "missing", "declined", "to_complete", "unclassified"),
)
# What later versions took away, and why.
GONE = {
    # Kept in contact_kpi_fact instead.
    "contact_kpi.constraint_contact_kpi_snapshot_indicator_date_idx",
    *(f"contact_kpi_snapshot.{name}" for name in SNAPSHOT_COLUMNS),
    # The base's by now, for both addons.
    "contact_kpi_mechanic.field_res_config_settings__contact_kpi_phone_field_ids",
}
SETTLE = """
rules = env["contact.kpi.ruleset"]
while rules._current().state == "running":
    rules._classify_next(5000)
    env.cr.commit()
env["contact.kpi"]._cron_refresh()
env.cr.commit()
"""


@pytest.fixture
def past():
    """A database of the first version, and the means to update it."""
    source = odoo_source.ensure()
    with postgres.server() as server:
        name = f"contact_kpi_past_{os.getpid()}"
        with database.temporary(server, name):
            database.drop(server, name)
            database.execute(server, f'CREATE DATABASE "{name}"')
            restore(server, name)
            yield Past(source, server, name)


def restore(server, name):
    """Fill a database from the file, with the program that belongs to it."""
    command = [postgres.programs() / "psql", "-qX", "-o", os.devnull]
    subprocess.run(
        [*command, "-v", "ON_ERROR_STOP=1", name],
        input=lzma.decompress(PAST.read_bytes()),
        env=os.environ | server,
        check=True,
    )


class Past:
    """The database, before and after the update."""

    def __init__(self, source, server, name):
        self.server, self.name = server, name
        self.environment = odoo_process.variables(source, server, name, tools=True)
        self.environment |= {"PGDATABASE": name}

    def rows(self, query):
        return database.execute(self.server, query, None, database=self.name)

    def figures(self):
        [(kind,)] = self.rows("SELECT to_regclass('contact_kpi_snapshot')")
        snapshot = "contact_kpi_snapshot" if kind else SNAPSHOT
        return {
            what: self.rows(query.format(snapshot=snapshot))
            for what, query in FIGURES.items()
        }

    def names(self):
        return {what: {n for (n,) in self.rows(query)} for what, query in NAMES.items()}

    def update(self):
        modules = ",".join(folder.name for folder in addons.folders())
        self.odoo("Updating the past", "-u", modules, "--stop-after-init", "--no-http")

    def odoo(self, what, *arguments):
        """Run Odoo on it; a warning in the log is a failure."""
        odoo_process.odoo(
            what,
            [*odoo_process.ENTRY, *arguments, "--log-level=warn"],
            self.environment,
            strict=True,
        )


def test_update_keeps_figures_and_names(past, tmp_path):
    figures, names = past.figures(), past.names()
    assert all(len(rows) for rows in figures.values()), figures.keys()
    # Batches of contacts were under way; they are of customers by now.
    [[begun]] = past.rows(
        "UPDATE contact_kpi_ruleset SET state = 'running', last_partner_id = 300"
        " WHERE id = (SELECT MAX(id) FROM contact_kpi_ruleset) RETURNING id"
    )
    past.update()
    rules = f"SELECT last_partner_id FROM contact_kpi_ruleset WHERE id = {begun}"
    assert past.rows(rules) == [(0,)]
    for what, rows in past.figures().items():
        assert rows == figures[what], what
    later = past.names()
    for line in NAMED.read_text().splitlines():
        what, name = line.split("\t")
        names[what].add(name)
    for what, known in names.items():
        assert known - later[what] - GONE == set(), what

    # Looked at by today's rules: what was is what it was.
    script = tmp_path / "settle.py"
    script.write_text(SETTLE)
    past.odoo("Settling the past", "shell", "--shell-file", script, "--no-http")
    was, now = figures["snapshots"], past.figures()["snapshots"]
    last = max(row[2] for row in was)
    assert [row for row in was if row[2] < last] == [
        row for row in now if row[2] < last
    ]
    assert {row[0] for row in now} == {row[0] for row in was}
