"""The laws, in plain SQL that shares nothing with the addons."""

# Open gaps against those who lack it: each once.
AGREEMENT = """
WITH found AS (
    SELECT indicator_id, id AS partner_id, COUNT(*) AS times
      FROM stress_customer WHERE missing GROUP BY 1, 2
), ledger AS (
    SELECT g.indicator_id, g.partner_id, COUNT(*) AS times
      FROM contact_kpi_gap g JOIN contact_kpi k ON k.id = g.indicator_id
     WHERE g.closed_at IS NULL AND k.active GROUP BY 1, 2
)
SELECT k.code, COALESCE(p.name, '?'), p.phone, p.email,
       found.times AS lacking, ledger.times AS gaps
  FROM found FULL JOIN ledger USING (indicator_id, partner_id)
  JOIN contact_kpi k ON k.id = indicator_id
  LEFT JOIN res_partner p ON p.id = partner_id
 WHERE found.times IS DISTINCT FROM ledger.times
"""
# Of each run: a fact is true of all days of its month until it ends.
SNAPSHOT = """
    (SELECT r.id AS run_id, r.date, r.company_id, f.indicator_id, f.user_id,
            f.is_company, f.industry_id, f.country_id, f.state_id, f.service_type_id,
            f.urgency, f.customers, f.missing, f.declined, f.unclassified
       FROM contact_kpi_run r
       JOIN contact_kpi_fact f
         ON f.indicator_id = r.indicator_id
        AND f.company_id = COALESCE(r.company_id, 0)
        AND f.since <= r.date AND (f.until IS NULL OR f.until > r.date)
        AND to_char(f.since, 'YYYY-MM') = to_char(r.date, 'YYYY-MM')
      WHERE r.state != 'failed')
"""
# The latest run's facts against the customers, segment by segment.
FIGURES = f"""
WITH segment AS (
    SELECT indicator_id, company_id, user_id, is_company, industry_id, country_id,
           state_id, COUNT(*) AS customers, COUNT(*) FILTER (WHERE missing) AS missing
      FROM stress_customer GROUP BY 1, 2, 3, 4, 5, 6, 7
), latest AS (
    SELECT DISTINCT ON (indicator_id, company_id) * FROM contact_kpi_run
     ORDER BY indicator_id, company_id, date DESC
), facts AS (
    SELECT s.indicator_id, s.company_id, s.user_id, s.is_company, s.industry_id,
           s.country_id, s.state_id, SUM(s.customers) AS customers,
           SUM(s.missing) AS missing
      FROM {SNAPSHOT} s JOIN latest ON latest.id = s.run_id
     GROUP BY 1, 2, 3, 4, 5, 6, 7
)
SELECT 'expected', * FROM (SELECT * FROM segment EXCEPT SELECT * FROM facts) AS one
 UNION ALL
SELECT 'found', * FROM (SELECT * FROM facts EXCEPT SELECT * FROM segment) AS other
"""
TOTALS = f"""
SELECT r.date, r.indicator_id, r.company_id, r.customers, r.missing, s.*
  FROM contact_kpi_run r
  LEFT JOIN LATERAL (SELECT COALESCE(SUM(customers), 0) AS customers,
                            COALESCE(SUM(missing), 0) AS missing
                       FROM {SNAPSHOT} f WHERE run_id = r.id) s ON TRUE
 WHERE (r.customers, r.missing) IS DISTINCT FROM (s.customers, s.missing)
"""
OVERLAPS = """
SELECT a.id, a.opened_at, a.closed_at, b.id, b.opened_at, b.closed_at
  FROM contact_kpi_gap a JOIN contact_kpi_gap b USING (indicator_id, partner_id)
 WHERE a.id < b.id
   AND a.opened_at < COALESCE(b.closed_at, 'infinity')
   AND b.opened_at < COALESCE(a.closed_at, 'infinity')
"""
# Of each run: its flows, and the stock at the day's end, against the ledger's.
BALANCE = """
SELECT r.indicator_id, r.company_id, r.date, r.state, r.missing, flow.stock,
       r.opened, flow.opened, r.completed, flow.completed, r."left", flow.gone
  FROM contact_kpi_run r
 CROSS JOIN LATERAL (
    SELECT COUNT(*) FILTER (WHERE opened_on = r.date) AS opened,
           COUNT(*) FILTER (WHERE closed_on = r.date
                              AND close_reason = 'completed') AS completed,
           COUNT(*) FILTER (WHERE closed_on = r.date
                              AND close_reason != 'completed') AS gone,
           COUNT(*) FILTER (WHERE opened_on <= r.date
                              AND (closed_on IS NULL OR closed_on > r.date)) AS stock
      FROM contact_kpi_gap g
     WHERE g.indicator_id = r.indicator_id
       AND g.company_id IS NOT DISTINCT FROM r.company_id) flow
 WHERE r.origin = 'observed'
   AND (r.missing, r.opened, r.completed, r."left")
       IS DISTINCT FROM (flow.stock, flow.opened, flow.completed, flow.gone)
"""
# opening + opened − completed − left = closing, from one run to the next.
CLOSING = """
SELECT r.*, flow.*
  FROM (SELECT indicator_id, company_id, date, missing,
               LAG(date) OVER w AS since, LAG(missing) OVER w AS opening
          FROM contact_kpi_run WHERE origin = 'observed'
        WINDOW w AS (PARTITION BY indicator_id, company_id ORDER BY date)) AS r
 CROSS JOIN LATERAL (
    SELECT COUNT(*) FILTER (WHERE opened_on > since AND opened_on <= date) AS opened,
           COUNT(*) FILTER (WHERE closed_on > since AND closed_on <= date) AS closed
      FROM contact_kpi_gap g
     WHERE g.indicator_id = r.indicator_id
       AND g.company_id IS NOT DISTINCT FROM r.company_id) AS flow
 WHERE missing != opening + opened - closed
"""
# How customers were counted last against the latest run of each series.
STATES = """
SELECT * FROM (
    SELECT indicator_id, company_id, COUNT(*) AS customers,
           COUNT(*) FILTER (WHERE missing) AS missing,
           COUNT(*) FILTER (WHERE declined) AS declined
      FROM contact_kpi_customer_state GROUP BY 1, 2) AS counted
  FULL JOIN (
    SELECT indicator_id, COALESCE(company_id, 0) AS company_id, customers, missing,
           declined
      FROM contact_kpi_run WHERE state = 'provisional' AND customers > 0) AS run
 USING (indicator_id, company_id)
 WHERE (counted.customers, counted.missing, counted.declined)
       IS DISTINCT FROM (run.customers, run.missing, run.declined)
"""
LAWS = {
    "law 1, open gaps are who lacks it": AGREEMENT,
    "law 1, segments": FIGURES,
    "law 1, totals": TOTALS,
    "law 1, customers as counted": STATES,
    "law 4, the ledger of a day": BALANCE,
    "law 4, opening and closing": CLOSING,
    "law 5, intervals overlap": OVERLAPS,
}
# Whole tables, without what two runs of the same may differ in: ids and moments.
NAMED = "(SELECT name FROM res_partner p WHERE p.id = {}.partner_id)"
GAP = f"""jsonb_build_array({NAMED.format("g")}, to_jsonb(g) - ARRAY['id', 'partner_id',
          'opened_at', 'closed_at', 'days_to_complete'])"""
DUMPS = {
    "gaps": f"SELECT {GAP} FROM contact_kpi_gap g",
    "segments": f"""
        SELECT {GAP} || (to_jsonb(v) - ARRAY['id', 'gap_id'])
          FROM contact_kpi_gap_segment v JOIN contact_kpi_gap g ON g.id = v.gap_id""",
    "refusals": f"""
        SELECT {GAP} || (to_jsonb(d) - ARRAY['id', 'gap_id', 'create_date',
                                             'write_date', 'write_uid'])
          FROM contact_kpi_decline d JOIN contact_kpi_gap g ON g.id = d.gap_id""",
    # What one night is told by the hooks, another finds by itself.
    "runs": """
        SELECT to_jsonb(r) - ARRAY['id', 'create_date', 'write_date', 'create_uid',
                                   'write_uid', 'duration', 'evaluated_at',
                                   'verified_at', 'corrected']
          FROM contact_kpi_run r""",
    "customers as counted": f"""
        SELECT jsonb_build_array({NAMED.format("s")})
               || (to_jsonb(s) - ARRAY['id', 'partner_id'])
          FROM contact_kpi_customer_state s""",
    # Days apart or together, as the facts of each run.
    "snapshots": f"""
        SELECT to_jsonb(s) - ARRAY['run_id'] FROM {SNAPSHOT} s""",
    "classification": """
        SELECT jsonb_build_array(name, active, phone, email, contact_phone_kind,
                   contact_email_kind, contact_mobile_kind, customer_phone_kind,
                   customer_email_kind, customer_mobile_kind, contact_digest)
          FROM res_partner""",
    "histories": """
        -- Begun anew, it does not count again what is rebuilt already.
        SELECT to_jsonb(h) - ARRAY['id', 'create_date', 'write_date', 'create_uid',
                                   'write_uid', 'observed_from', 'gaps']
          FROM contact_kpi_history h""",
    "unknown": f"""
        SELECT jsonb_build_array(indicator_id, {NAMED.format("u")})
          FROM contact_kpi_history_unknown u""",
}


class Laws:
    """The laws of one database."""

    def __init__(self, rows):
        """:param rows: a function that runs a query and returns its rows"""
        self.rows = rows

    def broken(self):
        """Return what breaks a law, by law."""
        found = {law: self.rows(query) for law, query in LAWS.items()}
        return {law: rows for law, rows in found.items() if rows}

    def dump(self):
        """Return the tables that hold the figures, as comparable lines."""
        lines = "SELECT line::text FROM ({}) AS t (line) ORDER BY 1"
        return {name: self.rows(lines.format(query)) for name, query in DUMPS.items()}
