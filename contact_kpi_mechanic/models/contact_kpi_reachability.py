# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, Query

from odoo.addons.contact_kpi.models.engine.indicator import (
    DefinitionError,
    domain_parts,
    nearly_all_sql,
)
from odoo.addons.contact_kpi.models.people.consent import CONSENTS

from .contact_kpi_segment_mixin import CODE

ONLY_AGREED = "contact_kpi_mechanic.only_agreed"
REACHABILITY = [
    ("allowed", "May Be Messaged"),
    ("not_asked", "Has Not Agreed Yet"),
    ("refused", "Opted Out"),
    ("no_mobile", "No Mobile"),
    ("unclassified", "Not Yet Classified"),
]
REFUSALS = [
    ("consent", "Consent Refused"),
    ("blacklist", "Number on the Blacklist"),
]
REASONS = [*REFUSALS, ("declined", "Prefers Not to Provide It")]
JUDGED = ("reachability", "reason")


class ContactKpiReachability(models.Model):
    """Whom the workshop may message, and when they came last. Nothing is stored.

    One row per customer of the indicator “without a mobile”, its definition evaluated
    live: the missing ones have no mobile. (Customers without any that an edited
    condition spares count as without one, too.) The others are messaged on their first
    active contact, the customer itself before its contacts, that has a mobile which is
    not on Odoo's phone blacklist and that has not refused; never if the customer has.
    Whoever was not asked may be messaged, unless a setting requires consent.

    Customers that all companies share count for each company. Of a repair of another
    company a reader sees only the day, the service type and the urgency.

    Cost: one scan of the customers with their latest repairs, as in a run, and one of
    the contacts with a mobile; see also ``_contact_kpi_blocked`` of the blacklist.
    """

    _name = "contact.kpi.reachability"
    _inherit = [
        "contact.kpi.customer.mixin",
        "contact.kpi.question.mixin",
        "contact.kpi.segment.mixin",
    ]
    _description = "Customers by Whether They May Be Messaged"
    _auto = False
    # Whoever has been away the longest is to be reminded first.
    _order = "last_visit, id"
    _rec_name = "partner_id"
    _depends = {
        "contact.kpi": ["active", "code", "population_domain", "gap_domain"],
        "phone.blacklist": ["number", "active"],
        "repair.order": [
            *("partner_id", "state", "company_id", "create_date"),
            *("service_type_id", "priority"),
        ],
        "res.partner": [
            *("active", "commercial_partner_id", "company_id", "user_id"),
            *("contact_mobile_kind", "customer_mobile_kind", "contact_kpi_consent"),
            *("phone", "phone_sanitized"),
        ],
    }

    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    contact_id = fields.Many2one(
        "res.partner",
        "Contact to Write to",
        readonly=True,
        help="The customer itself or the contact of it whose mobile is used.",
    )
    reachability = fields.Selection(
        REACHABILITY,
        "Messages",
        readonly=True,
        help="Whether the customer may be sent a message on a mobile now.",
    )
    reason = fields.Selection(
        REASONS,
        "Why Not",
        readonly=True,
        help="Why a customer is not to be messaged, or has no mobile.",
    )
    consent = fields.Selection(
        CONSENTS,
        readonly=True,
        help="Whether the customer, or the contact to write to, agreed to be "
        "contacted.",
    )
    mobile = fields.Char(
        compute="_compute_mobile",
        help="The number to write to, as it is dialled. Not stored anywhere else than "
        "on the contact.",
    )
    last_visit = fields.Date(
        readonly=True,
        help="Day of the company on which the latest repair order that is not "
        "cancelled was made.",
    )
    repair_id = fields.Many2one(
        "repair.order",
        "Latest Repair",
        readonly=True,
        groups="stock.group_stock_user",
        help="The latest repair order that is not cancelled, if it is one of your "
        "companies.",
    )
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    company_id = fields.Many2one(
        "res.company", readonly=True, help="Empty for customers that all share."
    )
    city = fields.Char(compute="_compute_city", search="_search_city")

    # -- the table -----------------------------------------------------------

    @api.model
    def _all_rows_sql(self):
        kpi = self.env["contact.kpi"].sudo().search([("code", "=", CODE)], limit=1)
        only = self._asked("customers")
        try:
            found = kpi and kpi._found(only, self._more_sql)
        except DefinitionError:
            found = None  # shown as the error of its next run
        if not found:
            return self._nobody_sql()
        names = ["company_id", "user_id", *self._segment_names()]
        today = self.env["res.company"]._contact_kpi_today_sql(SQL("g.company_id"))
        companies = None if self.env.su else self.env.companies.ids
        return SQL(
            """
            SELECT id, id AS partner_id, %(names)s,
                   (taken_at AT TIME ZONE 'UTC' AT TIME ZONE zone)::date AS last_visit,
                   %(repair)s AS repair_id, reachability, reason,
                   CASE WHEN reachability = 'allowed'
                        THEN COALESCE(NULLIF(open_id, 0), id) END AS contact_id,
                   -- A subquery runs for the rows of a page, a join would for all.
                   CASE WHEN (SELECT seen.id FROM %(seen)s AS seen
                               WHERE seen.id = told.id) IS NULL THEN NULL
                        WHEN reason = 'consent' THEN 'refused'
                        WHEN reachability = 'allowed' AND open_id = agreed_id
                        THEN 'given' ELSE consent END AS consent
              FROM (
                SELECT judged.*,
                       CASE reachability
                            WHEN 'refused' THEN refusal
                            WHEN 'no_mobile' THEN
                                 CASE WHEN id IN (%(declined)s) THEN 'declined' END
                       END AS reason
                  FROM (
                    SELECT found.*, %(zone)s AS zone, %(refusal)s AS refusal,
                           carrier.agreed_id, %(open)s AS open_id,
                           CASE WHEN unclassified THEN 'unclassified'
                                WHEN missing OR carrier.head_id IS NULL THEN 'no_mobile'
                                WHEN %(refusal)s IS NOT NULL THEN 'refused'
                                WHEN %(open)s IS NULL THEN 'not_asked'
                                ELSE 'allowed' END AS reachability
                      FROM (%(found)s) AS found
                      LEFT JOIN (%(carriers)s) AS carrier ON carrier.head_id = found.id
                  ) AS judged
              ) AS told
            """,
            names=SQL(", ").join(map(SQL.identifier, names)),
            repair=SQL("repair_id")
            if companies is None
            else SQL("CASE WHEN visited_id = ANY(%s) THEN repair_id END", companies),
            found=found,
            seen=self._seen_table(),
            carriers=self._carriers_sql(only),
            open=SQL("carrier.any_id")
            if not self._only_agreed()
            else SQL(
                "CASE WHEN found.consent = 'given' THEN carrier.any_id"
                " ELSE carrier.agreed_id END"
            ),
            refusal=self._refusal_sql(SQL("found.consent")),
            declined=SQL(
                """SELECT g.partner_id FROM contact_kpi_gap g
                    WHERE g.indicator_id = %s AND g.closed_at IS NULL
                      AND g.partner_id IS NOT NULL
                      AND g.id IN (SELECT gap_id FROM contact_kpi_decline)
                      AND EXISTS (%s)""",
                kpi.id,
                self.env["contact.kpi.decline"]._in_force_sql("g", today),
            ),
            # A CASE, not a join: repairs are not read unless the day is asked for.
            zone=SQL(
                "CASE found.visited_id %s END",
                SQL(" ").join(
                    SQL("WHEN %s THEN %s", series, company._contact_kpi_timezone().zone)
                    for series, company in self.env["res.company"]
                    ._contact_kpi_series()
                    .items()
                ),
            ),
        )

    @api.model
    def _nobody_sql(self):
        """SQL of no rows, for an indicator that is off or cannot be evaluated."""
        columns = [
            SQL("NULL::%s AS %s", SQL(field.column_type[1]), SQL.identifier(name))
            for name, field in self._fields.items()
            if field.store and field.column_type
        ]
        return SQL("SELECT %s WHERE FALSE", SQL(", ").join(columns))

    @api.model
    def _more_sql(self, partner, query):
        """Further columns of the customers that the indicator finds."""
        only = self._asked("customers")
        latest = self.env["contact.kpi.gap"]._latest_repair(partner, query, only)
        consent = SQL.identifier(partner._table, "contact_kpi_consent")
        return {
            "consent": SQL("COALESCE(%s, 'not_asked')", consent),
            "repair_id": SQL.identifier(latest, "repair_id"),
            "visited_id": SQL.identifier(latest, "company_id"),
            "taken_at": SQL.identifier(latest, "taken_at"),
        }

    @api.model
    def _carriers_sql(self, partner_ids=None):
        """SQL of the contacts with a mobile that may be used, a row per customer.

        ``any_id``: the first one, 0 for the customer itself; ``agreed_id``: the first
        of those who agreed themselves; ``listed``: somebody has not refused, but the
        number is on the blacklist. Null where there is none.
        """
        blocked = self.env["phone.blacklist"]._contact_kpi_blocked(partner_ids)
        own = SQL("COALESCE(m.contact_kpi_consent, 'not_asked')")
        listed = SQL("m.id = ANY(%s::int[])", blocked) if blocked else SQL("FALSE")
        first = SQL(
            "MIN(CASE WHEN m.id = m.commercial_partner_id THEN 0 ELSE m.id END)"
        )
        return SQL(
            """
            SELECT m.commercial_partner_id AS head_id,
                   %(first)s FILTER (WHERE %(own)s != 'refused' AND NOT %(listed)s)
                       AS any_id,
                   %(first)s FILTER (WHERE %(own)s = 'given' AND NOT %(listed)s)
                       AS agreed_id,
                   BOOL_OR(%(own)s != 'refused' AND %(listed)s) AS listed
              FROM res_partner m
             WHERE m.active AND m.contact_mobile_kind = ANY(%(kinds)s) AND %(mine)s
             GROUP BY m.commercial_partner_id
            """,
            first=first,
            own=own,
            listed=listed,
            kinds=self.env["contact.kpi"]._mobile_kinds(),
            mine=SQL("TRUE")
            if partner_ids is None
            else SQL("m.commercial_partner_id = ANY(%s)", list(partner_ids)),
        )

    @api.model
    def _refusal_sql(self, consent):
        """SQL: why is a customer with a mobile not to be messaged? Null if it may be.

        :param consent: SQL of the customer's own answer
        """
        return SQL(
            """CASE WHEN %(consent)s = 'refused' THEN 'consent'
                    WHEN carrier.any_id IS NOT NULL THEN NULL
                    WHEN carrier.listed THEN 'blacklist' ELSE 'consent' END""",
            consent=consent,
        )

    @api.model
    def _reasons(self, partner_ids):
        """Why these are not to be messaged, whether they count as customers or not.

        :return: ``{id: reason or None}`` of those who have a mobile; one query, plus
            those of ``_contact_kpi_blocked``
        """
        if not partner_ids:
            return {}
        self.env["res.partner"]._contact_kpi_run_pending()
        self.env["res.partner"].flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT p.id, %s FROM res_partner p"
                " JOIN (%s) AS carrier ON carrier.head_id = p.id",
                self._refusal_sql(SQL("COALESCE(p.contact_kpi_consent, 'not_asked')")),
                self._carriers_sql(partner_ids),
            )
        )
        return dict(rows)

    @api.model
    def _only_agreed(self):
        """Whether messaging requires consent."""
        return bool(self.env["ir.config_parameter"].sudo().get_param(ONLY_AGREED))

    @api.model
    def _answering(self, domain, question):
        self.env.flush_all()  # whatever the definition reads
        domain = Domain(domain)
        # Reading rows by id evaluates those customers only.
        for part in domain_parts(domain):
            named = getattr(part, "field_expr", ""), getattr(part, "operator", "")
            if named == ("id", "in") and not isinstance(part.value, Query):
                self = self._asking(customers=[*filter(None, part.value)])
        return self, domain.map_conditions(self._many)

    @api.model
    def _many(self, condition):
        """Raise the planner's estimate of a condition on a computed column.

        PostgreSQL expects next to no rows, and would scan the repairs of all customers
        once for each of them.
        """
        if condition.field_expr not in JUDGED:
            return condition
        optimized = condition.optimize_full(self)
        return Domain.custom(
            to_sql=lambda model, alias, query: nearly_all_sql(
                optimized._to_sql(model, alias, query)
            )
        )

    # -- computed ------------------------------------------------------------

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_city(self):
        for row, customer in self._seen_customers().items():
            row.city = customer.city

    def _search_city(self, operator, value):
        return self._search_customer("city", operator, value)

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr == "city":
            return self._customer_to_sql(alias, "city", query)
        return super()._field_to_sql(alias, field_expr, query)

    def _compute_mobile(self):
        """Two queries per page; only of contacts that the reader may read."""
        contacts = self.contact_id._filtered_access("read")
        listed = self.env["phone.blacklist"]
        alike = SQL(
            "SELECT id, numbers FROM unnest(%s::int[]) AS t (id) "
            "LEFT JOIN (%s) AS listed USING (id)",
            contacts.ids,
            listed._contact_kpi_alike_sql(contacts.commercial_partner_id.ids),
        )
        mobiles = {}
        if contacts:
            mobiles = listed._contact_kpi_mobiles(alike, contacts.ids)
        for row in self:
            phones = mobiles.get(row.contact_id.id, {})
            row.mobile = next(
                (phone for phone, usable in phones.items() if usable), False
            )

    # -- actions -------------------------------------------------------------

    def action_open_customer(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.partner_id.id,
            "view_mode": "form",
        }

    def action_open_contacts(self):
        """Open, in Odoo's own list, the contacts that may be messaged right now.

        :raise UserError: none of these customers may be messaged any more
        """
        # Read again: somebody may have refused since.
        self.invalidate_recordset()
        rows = self.search([("id", "in", self.ids), ("reachability", "=", "allowed")])
        if not rows:
            raise UserError(self.env._("None of these customers may be messaged."))
        name = self.env._("Contacts to Write to")
        if len(rows) < len(self):
            name = self.env._(
                "Contacts to Write to (%(count)s of %(all)s customers)",
                count=len(rows),
                all=len(self),
            )
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": "res.partner",
            "view_mode": "list,kanban,form",
            "domain": [("id", "in", rows.contact_id.ids)],
        }
