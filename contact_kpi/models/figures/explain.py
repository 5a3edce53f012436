# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""From a figure to the customers behind it, and to what it means."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..engine.indicator import DEFAULT_POPULATION, DefinitionError, domain_parts


class ContactKpiSnapshot(models.Model):
    _inherit = "contact.kpi.snapshot"

    @api.model
    def action_explain(self, domain):
        """Explain the figure that a graph's point or a pivot's cell shows.

        :param domain: what the view gives for it: its filters, the range of the
            bucket, the segments
        :return: an action
        :raise UserError: nothing was evaluated there
        """
        self.browse().check_access("read")
        return self.env["contact.kpi.explanation"]._explain(domain)._action()

    def action_explain_rows(self):
        """Explain these rows of facts."""
        rows = Domain("id", "in", self.ids) & Domain("run_id", "in", self.run_id.ids)
        return self.action_explain(list(rows))

    @api.model
    def _cell_runs(self, domain):
        """The runs that close a cell, those of the reader's series.

        :return: ``contact.kpi.run`` in superuser mode, of the indicators that
            have figures there
        """
        runs = self.env["contact.kpi.run"].sudo()
        return runs.search(
            Domain("id", "in", self._closing_runs(domain, ()))
            & Domain("indicator_id", "in", self._indicators_shown(domain))
            & self._reader_series_domain()
        )

    @api.model
    def _behind_sql(self, domain):
        """SQL of the gaps that the facts under a domain counted as missing.

        Facts are matched with the ledger by indicator, day and all segments as of that
        day. The facts are searched under the reader's rights, whatever the domain is.

        :param domain: of facts, each of whose runs counts
        :return: SELECT of id, indicator_id, date
        """
        version = self.env["contact.kpi.gap.segment"]
        names = ["company_id", "user_id", *self._segment_names()]

        def plain(alias, name):
            # No NULLs: they would match nothing.
            column = SQL.identifier(alias, name)
            kind = self._fields[name].type
            if kind == "many2one":
                return SQL("COALESCE(%s, 0)", column)
            if kind == "boolean":
                return SQL("COALESCE(%s::int, -1)", column)
            return SQL("COALESCE(%s, '')", column)

        query = self._search(domain)
        if query.is_empty():
            return SQL(
                "SELECT 0 AS id, 0 AS indicator_id, NULL::date AS date WHERE FALSE"
            )
        return SQL(
            """
            WITH cell AS MATERIALIZED (
                SELECT DISTINCT s.indicator_id, s.date, %(plain)s
                  FROM (%(rows)s) AS s
                 WHERE s.missing > 0
            )
            SELECT missing.id, day.indicator_id, day.date
              FROM (SELECT DISTINCT indicator_id, date FROM cell) AS day
             CROSS JOIN LATERAL (%(as_of)s) AS missing
             -- In a CASE they are looked up by hash, however few PostgreSQL expects.
             WHERE CASE WHEN (day.indicator_id, day.date, %(missing)s)
                             IN (SELECT * FROM cell)
                        THEN TRUE END
            """,
            plain=SQL(", ").join(
                SQL("%s AS %s", plain("s", name), SQL.identifier(name))
                for name in names
            ),
            missing=SQL(", ").join(plain("missing", name) for name in names),
            rows=query.select(
                *(
                    SQL.identifier(self._table, name)
                    for name in ("indicator_id", "date", "missing", *names)
                )
            ),
            as_of=version._as_of_sql(
                SQL.identifier("day", "indicator_id"), SQL.identifier("day", "date")
            ),
        )


class ContactKpiGap(models.Model):
    _inherit = "contact.kpi.gap"

    snapshot_ids = fields.Many2many(
        "contact.kpi.snapshot",
        string="Counted In",
        compute="_compute_snapshot_ids",
        search="_search_snapshot_ids",
        help="The daily facts that counted this customer as missing. For domains "
        "only, such as [('snapshot_ids', 'any', [('date', '=', '2026-01-31')])].",
    )

    def _compute_snapshot_ids(self):
        # Hundreds of days per gap: it is there for domains only.
        self.snapshot_ids = False

    def _search_snapshot_ids(self, operator, value):
        if operator == "in":
            operator, value = "any", Domain("id", "in", value)
        if operator not in ("any", "any!"):
            return NotImplemented
        snapshot = self.env["contact.kpi.snapshot"]
        if operator == "any!":
            snapshot = snapshot.sudo()
        if not isinstance(value, Domain):  # a query of ids
            value = Domain("id", operator, value)
        behind = snapshot._behind_sql(value)
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s IN (SELECT behind.id FROM (%s) AS behind)",
                SQL.identifier(alias, "id"),
                behind,
            )
        )


class ContactKpi(models.Model):
    _inherit = "contact.kpi"

    def action_explain_now(self):
        """Explain the number of the card: the customers missing at this moment."""
        self.ensure_one()
        return self.env["contact.kpi.explanation"]._explain_now(self)._action()

    def _population_words(self):
        """The customers that count, in words; empty where only the domain tells."""
        self.ensure_one()
        default = self.new({"population_domain": DEFAULT_POPULATION})
        if self._population_parts() != default._population_parts():
            return ""
        return self.env._(
            "Companies and persons on their own that are known as customers or have "
            "a quotation or order that was not cancelled."
        )

    def _population_parts(self):
        """The conditions of the population; none where it is no domain any more."""
        try:
            return domain_parts(self._partner_domain("population_domain"))
        except DefinitionError:
            return []  # shown as the error of its next run

    def _population_exclusions(self):
        """Sentences on who is not counted, and how many of them there are today.

        :return: list of str: contacts of customers, and what the population excludes by
            a condition of its own
        """
        self.ensure_one()
        partner = self.env["res.partner"].with_context(active_test=False)
        head = SQL.identifier
        contact = Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s != %s", head(alias, "commercial_partner_id"), head(alias, "id")
            )
        )
        # Few, and looked up first: joined, all partners would be scanned.
        users = self.env["res.users"].sudo().with_context(active_test=False)
        colleagues = [
            partner.id
            for (partner,) in users._read_group([("share", "=", False)], ["partner_id"])
        ]
        conditions = [list(part) for part in self._population_parts()]
        kinds = [
            (
                None,
                contact & Domain("active", "=", True),
                self.env._(
                    "Contacts and addresses of a customer: they count with it, not "
                    "by themselves (%s today)."
                ),
            ),
            (
                ("active", "=", True),
                Domain("active", "=", False) & ~contact,
                self.env._(
                    "Archived customers and other archived contacts (%s today)."
                ),
            ),
            (
                ("partner_share", "=", True),
                Domain("partner_share", "=", False) & Domain("id", "in", colleagues),
                self.env._("Colleagues (%s today)."),
            ),
            (
                ("ref_company_ids", "=", False),
                Domain("ref_company_ids", "!=", False),
                self.env._("Our own companies (%s today)."),
            ),
        ]
        return [
            text % self._count_words(partner, domain)
            for condition, domain, text in kinds
            if condition is None or [condition] in conditions
        ]

    def _count_words(self, model, domain, limit=10000):
        """A number of records in words, under the reader's rights, up to a limit."""
        count = model.search_count(domain, limit=limit + 1)
        return str(count) if count <= limit else self.env._("over %s", limit)
