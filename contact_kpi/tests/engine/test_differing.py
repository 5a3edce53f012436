# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Verification hands on whoever differs from the ledger, and nobody else."""

from odoo.tests import tagged
from odoo.tools import SQL

from ..common import MOBILE, ContactKpiCase


@tagged("post_install", "-at_install")
class TestDiffering(ContactKpiCase):
    def test_only_who_has_changed_past_the_hooks(self):
        reached = self.customer("Reached", phone=MOBILE)
        lacking = self.customer("Lacking", user_id=self.env.user.id)
        closed = self.customer("Closed", phone=MOBILE, user_id=self.env.user.id)
        handed_over = self.customer("Handed Over")
        self.refresh(self.kpi)
        self.assertEqual(self.differing(self.kpi), set())
        self.env.cr.execute(
            """UPDATE res_partner SET customer_phone_kind = NULL WHERE id = %s;
               UPDATE res_partner SET customer_phone_kind = 'mobile' WHERE id = %s;
               UPDATE res_partner SET user_id = %s WHERE id IN %s""",
            [
                reached.id,
                lacking.id,
                self.env.user.id,
                (closed.id, handed_over.id),
            ],
        )
        self.env.invalidate_all()
        self.assertEqual(
            self.differing(self.kpi), {reached.id, lacking.id, handed_over.id}
        )

    def differing(self, kpi):
        """Ids of the customers that verification finds."""
        found = self.env["contact.kpi.gap"]._differing_of_all_sql(kpi)
        rows = self.env.execute_query(
            SQL("SELECT partner_id FROM (%s) AS found", found)
        )
        return {partner_id for (partner_id,) in rows}
