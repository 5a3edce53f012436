# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from itertools import product

from odoo import api, models
from odoo.tools import SQL

from ..engine.ruleset import ASPECTS


class ContactKpi(models.Model):
    """What an indicator's past can be rebuilt from."""

    _inherit = "contact.kpi"

    @api.model_create_multi
    def create(self, vals_list):
        kpis = super().create(vals_list)
        self.env["contact.kpi.history"].sudo()._plan(kpis.filtered("active"))
        return kpis

    def action_rebuild_history(self):
        """Rebuild the past of these indicators from the chatter."""
        self.check_access("write")
        histories = self.env["contact.kpi.history"].sudo()._plan(self)
        histories.action_rebuild()
        return self.env["ir.actions.act_window"]._for_xml_id(
            "contact_kpi.contact_kpi_history_action"
        )

    def _aspects_rebuilt(self):
        """The aspects that the past is classified for: one of phones, one of e-mails.

        :return: both, in this order; None when the gap reads anything else
        """
        self.ensure_one()
        domain = self._partner_domain("gap_domain")
        names = {condition.field_expr for condition in domain.iter_conditions()}
        read = self._aspects_read()
        by_field = {aspect.reads: aspect for aspect in [*ASPECTS, *read]}
        if not read or names != {aspect.family for aspect in read}:
            return None
        if len({aspect.reads for aspect in read}) < len(read):
            return None  # two answers about the same contact
        return by_field["phone"], by_field["email"]

    def _lacking_by_kind(self):
        """Truth table: which best phone and best e-mail make a customer lack it.

        Evaluated by PostgreSQL, with the very condition that the ledger uses.

        :return: rows of (rank of the phone, rank of the e-mail, lacking), 0 for
            none and 1 for the best; None when the gap reads anything else
        """
        aspects = self._aspects_rebuilt()
        if not aspects:
            return None
        partner = self._partners()
        phones, emails = (
            [None, *(kind.value for kind in aspect.kinds)] for aspect in aspects
        )
        kinds = SQL(", ").join(
            SQL("(%s, %s, %s::varchar, %s::varchar)", *ranks, phone, email)
            for ranks, (phone, email) in zip(
                product(range(len(phones)), range(len(emails))),
                product(phones, emails),
                strict=True,
            )
        )
        query = partner._search([("id", "=", 0)])
        condition = self._condition_sql(self._partner_domain("gap_domain"), query)
        return self.env.execute_query(
            SQL(
                """
                SELECT phone_rank, email_rank, (%s) IS TRUE
                  FROM (VALUES %s) AS %s (phone_rank, email_rank, %s)
                """,
                condition,
                kinds,
                SQL.identifier(partner._table),
                SQL(", ").join(SQL.identifier(aspect.family) for aspect in aspects),
            )
        )
