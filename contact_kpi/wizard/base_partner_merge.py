# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.tools import SQL

from ..models.engine.res_partner import DISSOLVING, MERGING
from ..tools.handover import Handover


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """A merge of customers, whose losers leave the ledger before Odoo moves their rows.

    The losers' open gaps are closed as merged; refusals, consent and confirmation go to
    the winner, as far as they still hold for it.
    """

    _inherit = "base.partner.merge.automatic.wizard"

    def _get_fk_on(self, table):
        """Leave our tables out of the foreign keys that a merge moves.

        Odoo moves them in SQL, which would violate the unique index of open gaps.
        What a loser lacked stays on record without its name.
        """
        ours = {"contact_kpi_gap", "contact_kpi_history_unknown"}
        return [
            (name, column)
            for name, column in super()._get_fk_on(table)
            if name not in ours
        ]

    def _update_foreign_keys(self, src_partners, dst_partner):
        heads = (src_partners | dst_partner).commercial_partner_id
        family = heads._contact_kpi_family()
        gaps = self.env["contact.kpi.gap"].sudo()
        gaps._close_of_partners(src_partners.ids, "merged")
        self._mark_documents(src_partners, dst_partner)
        res = super()._update_foreign_keys(src_partners, dst_partner)
        # The winner may have become reachable through what it took over.
        (family | dst_partner)._contact_kpi_touch()
        return res

    def _update_reference_fields(self, src_partners, dst_partner):
        # Odoo takes any database error in here for a duplicate. Flush our pending work
        # first, so that a serialization failure in it is retried as everywhere else.
        self.env.cr.flush()
        return super()._update_reference_fields(src_partners, dst_partner)

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        partners = self.env["res.partner"].browse(partner_ids)
        gaps = (
            self.env["contact.kpi.gap"]
            .sudo()
            .search([("partner_id", "in", partners.ids), ("closed_at", "=", False)])
        )
        indicators, refusals = gaps.indicator_id, gaps._refusals()
        merging = self.with_context(**{DISSOLVING: Handover()})
        res = super(BasePartnerMergeAutomaticWizard, merging)._merge(
            partner_ids, dst_partner, extra_checks
        )
        winner = partners.exists().commercial_partner_id
        gaps._carry_declines(refusals, winner)
        for kpi in indicators:
            # The losers' to-dos are the winner's now, which may lack nothing.
            self.env["mail.activity"].sudo()._contact_kpi_close(kpi, winner.ids)
        return res

    def _update_values(self, src_partners, dst_partner):
        """Keep a confirmation only if the winner has all contacts that it is about.

        The winner's own comes first; else the latest of the losers whose contacts were
        all taken over.
        """
        candidates = [
            (
                partner == dst_partner,
                partner.contact_kpi_verified_on,
                partner.contact_kpi_verified_by_id.id,
                partner._contact_kpi_contacts(),
            )
            for partner in (dst_partner | src_partners).sudo()
            if partner.contact_kpi_verified_on
        ]
        res = super()._update_values(
            src_partners, dst_partner.with_context(**{MERGING: Handover()})
        )
        dst_partner._contact_kpi_merge_consent(src_partners)
        if candidates:
            kept = dst_partner.sudo()._contact_kpi_contacts()
            _own, day, user, _contacts = max(
                (c for c in candidates if c[3] <= kept),
                key=lambda candidate: candidate[:2],
                default=(False, False, False, None),
            )
            # Capped: another company's time zone may be a day ahead.
            today = self.env["res.company"]._contact_kpi_today()
            day = day and min(day, today.of(dst_partner))
            dst_partner.sudo().write(
                {"contact_kpi_verified_on": day, "contact_kpi_verified_by_id": user}
            )
        return res

    @api.model
    def _marked_models(self):
        """Models with ``partner_id`` and ``contact_kpi_merged``; to extend."""
        return ["sale.order"]

    def _mark_documents(self, src_partners, dst_partner):
        """Mark the losers' documents: the winner's gaps say nothing about them."""
        for model in map(self.env.__getitem__, self._marked_models()):
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE %(table)s o SET contact_kpi_merged = TRUE
                      FROM res_partner p
                     WHERE p.id = o.partner_id
                       AND (p.id = ANY(%(losers)s)
                            OR p.commercial_partner_id = ANY(%(losers)s))
                       AND p.commercial_partner_id != %(winner)s
                    """,
                    table=SQL.identifier(model._table),
                    losers=src_partners.ids,
                    winner=dst_partner.commercial_partner_id.id,
                )
            )
            model.invalidate_model(["contact_kpi_merged"], flush=False)
