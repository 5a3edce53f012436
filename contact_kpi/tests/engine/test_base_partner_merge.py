# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Odoo's merge, which takes errors of the database for duplicates."""

from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import PHONE, ContactKpiCase


@tagged("post_install", "-at_install")
class TestBasePartnerMerge(ContactKpiCase):
    def test_a_conflict_in_the_midst_of_a_merge_is_for_odoo_to_try_again(self):
        winner, loser = self.customer("winner", phone=PHONE), self.customer("loser")
        # What a merge moves under a savepoint, because there may be one already.
        loser.message_subscribe(self.env.user.partner_id.ids)
        self.commit()

        def conflicting(ruleset, *args):
            query = "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$"
            ruleset.env.cr.execute(query)

        ruleset = type(self.env["contact.kpi.ruleset"])
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        with (
            patch.object(ruleset, "_classify_families", conflicting),
            self.assertRaises(SerializationFailure),
            mute_logger("odoo.sql_db"),
        ):
            wizard._merge((winner | loser).ids, winner)
