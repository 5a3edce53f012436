# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json
from typing import NamedTuple

import pytz

from odoo import SUPERUSER_ID, api, models, tools
from odoo.fields import Domain
from odoo.tools import SQL

from .calendar import Days

HIERARCHICAL = ("child_of", "parent_of")
REACHED = SQL(
    "(SELECT COALESCE(last_partner_id, 0) FROM contact_kpi_ruleset"
    " ORDER BY id DESC LIMIT 1)"
)


class Terms(NamedTuple):
    """What customers are judged by, as some transaction saw it.

    Cached for all transactions of a process, so that it may be older or newer than what
    the present one sees: whoever uses it has PostgreSQL compare :attr:`text`, in the
    same statement.
    """

    #: All of it, as PostgreSQL serializes it.
    text: str
    #: ``(id, code, population, gap)`` of the active indicators.
    definitions: tuple
    #: ``{series: time zone}``; 0 for shared customers.
    zones: dict
    #: Sets of aspects that all contacts have been classified for.
    answered: tuple
    #: Aspects of the latest version of the rules, whose batches may be running.
    asked: frozenset

    def today(self, now):
        """Today's date per series, at a moment (naive, UTC)."""
        moment = pytz.utc.localize(now)
        zones = {
            zone: moment.astimezone(pytz.timezone(zone)).date()
            for zone in set(self.zones.values())
        }
        return Days((series, zones[zone]) for series, zone in self.zones.items())


class ContactKpi(models.Model):
    """Definitions and time zones without a query, for the hooks on customers."""

    _inherit = "contact.kpi"

    @api.model
    @tools.ormcache()
    def _terms(self):
        """The terms as some transaction of this process saw them; cached, no query."""
        return self._terms_seen()

    @api.model
    def _terms_seen(self):
        """The terms as this transaction sees them; one query."""
        self.env.flush_all()
        [(text,)] = self.env.execute_query(SQL("SELECT %s", self._terms_sql()))
        seen = json.loads(text)
        zones = {int(company): zone for company, zone in seen["zones"].items()}
        main = self.env["res.company"]._contact_kpi_main()
        return Terms(
            text,
            tuple(map(tuple, seen["definitions"])),
            {0: zones[main.id], **zones},
            tuple(map(self._aspect_names, seen["answered"])),
            self._aspect_names(seen["asked"]),
        )

    @api.model
    def _aspect_names(self, signatures):
        """Names of the aspects in a ruleset's column ``aspects``."""
        return frozenset(
            signature.partition(":")[0] for signature in (signatures or "").split(",")
        )

    @api.model
    def _terms_sql(self):
        """SQL of the terms, a text."""
        return SQL(
            """(SELECT json_build_object(
                'definitions',
                (SELECT COALESCE(json_agg(
                            json_build_array(id, code, population_domain,
                                             gap_domain)
                            ORDER BY sequence, id), '[]')
                   FROM contact_kpi WHERE active),
                'zones',
                (SELECT json_object_agg(c.id, COALESCE(r.tz, 'UTC') ORDER BY c.id)
                   FROM res_company c
                   LEFT JOIN resource_calendar r ON r.id = c.resource_calendar_id),
                'answered',
                (SELECT COALESCE(json_agg(DISTINCT aspects), '[]')
                   FROM contact_kpi_ruleset
                  WHERE state = 'done' AND aspects IS NOT NULL),
                'asked',
                (SELECT aspects FROM contact_kpi_ruleset
                  ORDER BY id DESC LIMIT 1))::text)"""
        )

    @api.model
    def _found_among(self, terms, kpi_id):
        """SQL of :meth:`_found` among the partners of a table ``touched``.

        Cached where the SQL depends on nothing but the terms.

        :param kpi_id: one of the indicators of the terms
        :raise DefinitionError: a domain that no longer fits the database
        """
        [texts] = [
            texts for known, _code, *texts in terms.definitions if known == kpi_id
        ]
        gap = self.env["contact.kpi.gap"]
        kept = self._found_kept(
            *texts,
            terms.answered,
            terms.asked,
            tuple(self._partners()._contact_kpi_phone_fields()),
            gap._customer_type_tag(),
            self._partners().env.company.id,
        )
        touched = SQL("ARRAY(SELECT id FROM touched)")
        return kept or self._defined(*texts)._found(touched)

    @api.model
    @tools.ormcache(
        "population", "gap", "answered", "asked", "_phones", "_tag", "_main"
    )
    def _found_kept(self, population, gap, answered, asked, _phones, _tag, _main):
        """The SQL of :meth:`_found_among`; None if it may change between saves.

        By the date, or by what compiling a condition searches for.
        """
        kpi = self._defined(population, gap)
        names = {aspect.name for aspect in kpi._aspects_read()}
        unseen = not any(names <= looked_for for looked_for in answered)
        if unseen:
            # Batches go on: how far they have come is asked each time.
            unseen = REACHED if names <= asked else SQL("0")
        domains = [kpi._partner_domain(n) for n in ("population_domain", "gap_domain")]
        if not all(map(self._is_lasting, domains)):
            return None
        return kpi._found(SQL("ARRAY(SELECT id FROM touched)"), unseen=unseen)

    @api.model
    def _defined(self, population, gap):
        """A new record with these domains, which need not be on record."""
        kpi = self.env(user=SUPERUSER_ID, context={})["contact.kpi"]
        return kpi.new({"population_domain": population, "gap_domain": gap})

    @api.model
    def _is_lasting(self, domain):
        """Whether a domain's SQL depends on its text only: stored columns, by value."""
        if self._is_dated(domain):
            return False
        partner = self._partners()
        return self._is_stored(domain.optimize(partner), partner)

    @api.model
    def _is_stored(self, domain, model):
        """:meth:`_is_lasting`, of one model.

        :param domain: optimized: every path is made of "any"
        """
        for condition in domain.iter_conditions():
            field = model._fields.get(condition.field_expr)
            value = condition.value
            values = [value] if isinstance(value, str) else value
            if not (field and field.store) or field.company_dependent:
                return False
            if condition.operator in HIERARCHICAL:
                return False
            if isinstance(value, Domain):
                if not self._is_stored(value, model.env[field.comodel_name]):
                    return False
            elif field.relational and any(
                isinstance(each, str)
                for each in (values if hasattr(values, "__iter__") else [])
            ):
                return False  # found by name
        return True
