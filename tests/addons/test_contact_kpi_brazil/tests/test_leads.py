# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import tagged

from odoo.addons.contact_kpi.tests.common import MOBILE
from odoo.addons.contact_kpi.tests.people.test_suggestion import SuggestionCase


@tagged("post_install", "-at_install")
class TestLeads(SuggestionCase):
    def test_leads_are_a_source(self):
        """What a lead says of its customer; a colleague's lead says nothing."""
        lead = self.env["crm.lead"].create(
            {"name": "Lead", "partner_id": self.oficina.id, "user_id": self.ana.id}
        )
        # CRM hands a contact on to its customer; a later one need not be.
        self.env.cr.execute(
            "UPDATE crm_lead SET phone = %s, email_from = %s, active = FALSE"
            " WHERE id = %s",
            [MOBILE, "Rui <rui@oficina.com.br>", lead.id],
        )
        self.env.invalidate_all()
        expected = [
            ("phone", MOBILE, "lead", "Lead", 1),
            ("email", "rui@oficina.com.br", "lead", "Lead", 1),
        ]
        self.assertEqual(self.shown(), expected)
        self.env.cr.execute(
            "UPDATE crm_lead SET user_id = %s WHERE id = %s", [self.bruno.id, lead.id]
        )
        self.env.invalidate_all()
        self.assertEqual(self.shown(), [])
        self.assertEqual(self.shown(self.manager), expected)
        self.open(self.manager).line_ids[0].action_use()
        self.assertEqual(self.oficina.phone, MOBILE)
        self.assertIn(f"Lead {lead.id}", self.oficina.message_ids[0].body)
