# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import hashlib

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .indicator import FAMILY
from .indicator_terms import HIERARCHICAL

VERIFICATION = "contact_kpi.verification"
AUTOMATIC = "auto"
VERIFICATIONS = [
    (AUTOMATIC, "Every night up to 100,000 customers, else a seventh a night"),
    ("night", "Every night"),
    ("week", "A seventh of the customers a night"),
    ("demand", "Only by “Run Now”"),
]
# Customers up to which the automatic choice verifies everybody every night.
FEW = 100_000
# Customers in seven parts: their id modulo 7.
SEVENTHS = tuple(range(7))


class ContactKpi(models.Model):
    """Verification: whom a refresh compares although no hook saw a change."""

    _inherit = "contact.kpi"

    verified_at = fields.Datetime(
        "Everybody Verified Since",
        compute="_compute_verified_at",
        compute_sudo=True,
        help="Since then every customer has been compared with the definition at least "
        "once, whether a change was seen or not.",
    )

    def _compute_verified_at(self):
        for kpi in self:
            kpi.verified_at = min(kpi._verified().values(), default=False)

    def _verified(self):
        """``{part: when it was last verified}``; empty unless every part has been."""
        self.ensure_one()
        self.env["contact.kpi.run"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT part, MAX(r.verified_at)
                  FROM contact_kpi_run r CROSS JOIN unnest(%s) AS part
                 WHERE r.indicator_id = %s AND r.verified_at IS NOT NULL
                   AND (r.verified = 'all' OR r.verified_part = part)
                 GROUP BY part
                """,
                list(SEVENTHS),
                self._origin.id or 0,
            )
        )
        return dict(rows) if len(rows) == len(SEVENTHS) else {}

    @api.model
    def _part_sql(self, parts, partner):
        """SQL condition: the customer is in one of these sevenths.

        :param partner: SQL of its id
        """
        if parts == SEVENTHS:
            return SQL("TRUE")
        return SQL("%s %% %s = ANY(%s)", partner, len(SEVENTHS), list(parts))

    @api.model
    def _verification(self):
        """The administrator's choice among :data:`VERIFICATIONS`."""
        choice = self.env["ir.config_parameter"].sudo().get_param(VERIFICATION)
        return choice if choice in dict(VERIFICATIONS) else AUTOMATIC

    def _parts_to_verify(self):
        """The sevenths of the customers that tonight's refresh is to verify.

        All, whatever was chosen, if the counting key has changed or the definition
        reads something of which no hook sees the changes.
        """
        self.ensure_one()
        last = self.env["contact.kpi.run"].search(
            [("indicator_id", "=", self.id), ("state", "=", "provisional")]
        )
        if self._counting_key() not in last.mapped("counted_by"):
            return SEVENTHS
        choice = self._verification()
        if choice == AUTOMATIC:
            few = sum(last.mapped("customers")) <= FEW
            choice = "night" if few else "week"
        if choice == "night" or not self._is_followed():
            return SEVENTHS
        if choice == "demand":
            return ()
        moments = self._verified()
        if not moments:
            return SEVENTHS
        return (min(SEVENTHS, key=moments.get),)

    def _counting_key(self):
        """Hash of what counts depend on: definition, rules, types, segments filled."""
        segments = self.env["contact.kpi.segment.mixin"]
        tag = segments._customer_type_tag()
        types = (
            self.env["res.partner.category"].sudo().search([("parent_id", "=", tag)])
        )
        parts = (
            self._run_key(),
            sorted(types.ids) if tag else [],
            sorted(self._segments_filled()),
        )
        return hashlib.sha1(repr(parts).encode()).hexdigest()[:12]

    # -- what the hooks see --------------------------------------------------------

    @api.model
    def _followed_documents(self):
        """Documents whose changes touch their customers; other addons add theirs.

        :return: ``{field of res.partner: names of the document's fields followed}``
        """
        return {
            "partner_share": set(),
            "ref_company_ids": set(),
            "sale_order_ids": {"state"},
        }

    def _is_followed(self):
        """Whether hooks see every change of what the two domains read."""
        self.ensure_one()
        partner = self._partners()
        names = ("population_domain", "gap_domain")
        domains = [self._partner_domain(name) for name in names]
        return not any(map(self._is_dated, domains)) and all(
            self._is_seen(domain.optimize(partner), partner) for domain in domains
        )

    @api.model
    def _is_seen(self, domain, partner):
        """:meth:`_is_followed`, of one domain.

        :param domain: optimized: every path is made of "any"
        """
        documents = self._followed_documents()
        for condition in domain.iter_conditions():
            field = partner._fields.get(condition.field_expr)
            if not field or not field.store or condition.operator in HIERARCHICAL:
                return False
            inside = condition.value
            if field.name in documents:
                inside = inside if isinstance(inside, Domain) else Domain.TRUE
                names = {each.field_expr for each in inside.iter_conditions()}
                if not names <= documents[field.name]:
                    return False
            elif field.name not in self._watched_fields():
                return False
            elif isinstance(inside, Domain):
                if field.name not in FAMILY or not self._is_seen(inside, partner):
                    return False
            elif field.name not in FAMILY and (
                field.type in ("many2many", "one2many")
                # Depends on records other than the customer's.
                or any("." in name for name in self.pool.field_depends.get(field, ()))
            ):
                return False
        return True
