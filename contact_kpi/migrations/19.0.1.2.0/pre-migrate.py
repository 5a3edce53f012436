# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Keep facts from the day of one run until another's of the month, not once a run.

The table is made here, since the addons that have columns in it are loaded one by one.
How far contacts have been looked at is told in customers, not in contacts: batches that
were under way begin anew.
"""

from odoo.tools import SQL

# What was no segment of a row.
OTHERS = ("id", "run_id", "date", "indicator_id", "company_id", "to_complete")
COUNTS = ("customers", "missing", "declined", "unclassified")


def migrate(cr, version):
    cr.execute(
        """
        SELECT column_name, udt_name FROM information_schema.columns
         WHERE table_schema = current_schema AND table_name = 'contact_kpi_snapshot'
         ORDER BY ordinal_position
        """
    )
    columns = cr.fetchall()
    segments = [
        (SQL.identifier(name), SQL(kind))
        for name, kind in columns
        if name not in (*OTHERS, *COUNTS)
    ]
    cr.execute(
        SQL(
            """
            CREATE TABLE contact_kpi_fact (
                id serial PRIMARY KEY, indicator_id int4 NOT NULL,
                company_id int4 NOT NULL, since date NOT NULL, until date,
                customers int4 NOT NULL, missing int4 NOT NULL,
                declined int4 NOT NULL, unclassified int4 NOT NULL, %s
            )
            """,
            SQL(", ").join(SQL("%s %s", name, kind) for name, kind in segments),
        )
    )
    cr.execute(
        SQL(
            """
            WITH run AS (
                SELECT id, indicator_id, COALESCE(company_id, 0) AS company_id, date,
                       LEAD(date) OVER (
                           PARTITION BY indicator_id, company_id,
                                        date_trunc('month', date::timestamp)
                               ORDER BY date) AS later
                  FROM contact_kpi_run WHERE state IN ('provisional', 'done')
            ), fact AS (
                SELECT run.indicator_id, run.company_id, run.date, run.later,
                       %(segments)s, %(sums)s
                  FROM contact_kpi_snapshot s JOIN run ON run.id = s.run_id
                 GROUP BY 1, 2, 3, 4, %(segments)s
            ), told AS (
                -- The last one of a month is followed by none.
                SELECT *, LAG(later) OVER same IS DISTINCT FROM date AS anew FROM fact
                WINDOW same AS (PARTITION BY indicator_id, company_id, %(segments)s,
                                             %(counts)s ORDER BY date)
            ), stretch AS (
                SELECT *, COUNT(*) FILTER (WHERE anew) OVER (
                              PARTITION BY indicator_id, company_id, %(segments)s,
                                           %(counts)s ORDER BY date) AS number
                  FROM told
            )
            INSERT INTO contact_kpi_fact
                   (indicator_id, company_id, %(segments)s, %(counts)s, since, until)
            SELECT indicator_id, company_id, %(segments)s, %(counts)s, MIN(date),
                   (array_agg(later ORDER BY date DESC))[1]
              FROM stretch
             GROUP BY indicator_id, company_id, %(segments)s, %(counts)s, number
             ORDER BY MIN(date)
            """,
            segments=SQL(", ").join(name for name, _kind in segments),
            counts=SQL(", ").join(map(SQL.identifier, COUNTS)),
            sums=SQL(", ").join(
                SQL("COALESCE(SUM(%(name)s), 0) AS %(name)s", name=SQL.identifier(name))
                for name in COUNTS
            ),
        )
    )
    cr.execute("DROP TABLE contact_kpi_snapshot")
    cr.execute(
        "UPDATE contact_kpi_ruleset SET last_partner_id = 0 WHERE state = 'running'"
    )
