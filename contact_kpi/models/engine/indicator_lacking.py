# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from .indicator import DefinitionError


class ContactKpi(models.Model):
    """What documents ask: do these customers lack it, at this moment?"""

    _inherit = "contact.kpi"

    @api.model
    def _definitions(self):
        """Code, population and gap of the active indicators. No query.

        Cached texts, no records: this transaction may not see those they are from.
        """
        return [texts for _id, *texts in self._terms().definitions]

    @api.model
    def _lacking(self, codes, partner_ids, fulfilled=()):
        """Evaluate indicators for these customers. One query, more if any lacks it.

        Customers with contacts yet to be classified lack nothing. An indicator that is
        archived, or that no longer fits the database, finds nobody.

        :param codes: the indicators' codes
        :param fulfilled: names of fields; conditions of the population on them count
            as true
        :return: ``{code: ids of the customers that lack it}``
        """
        lacking = {code: set() for code in codes}
        definitions = {code: texts for code, *texts in self._definitions()}
        partner = self._partners()
        table = partner._table
        query = partner._search([("id", "in", list(partner_ids))])
        columns, asked = [], {}
        for code in codes:
            if code not in definitions:
                continue
            try:
                population, gap = map(self._parsed, definitions[code])
                aspects = self._aspects_of(gap)
                population = population.map_conditions(
                    lambda condition: (
                        Domain.TRUE if condition.field_expr in fulfilled else condition
                    )
                )
                found = self._condition_sql(population & gap, query)
                columns.append(SQL("(%s) IS TRUE", found))
                asked[code] = aspects
            except DefinitionError:
                continue  # shown as the error of its next run
        if not asked:
            return lacking
        rows = self.env.execute_query(
            query.select(SQL.identifier(table, "id"), *columns)
        )
        for partner_id, *answers in rows:
            for code, answer in zip(asked, answers, strict=True):
                if answer:
                    lacking[code].add(partner_id)
        ruleset = self.env["contact.kpi.ruleset"].sudo()
        for code in filter(lacking.get, asked):
            unseen = asked[code] and ruleset._unseen_sql(table, asked[code])
            if unseen:
                query = partner._search([("id", "in", list(lacking[code]))])
                query.add_where(unseen)
                unknown = {row[0] for row in self.env.execute_query(query.select())}
                lacking[code] -= unknown
        return lacking

    def write(self, vals):
        res = super().write(vals)
        if "code" in vals:
            self._definition_changed()
        return res
