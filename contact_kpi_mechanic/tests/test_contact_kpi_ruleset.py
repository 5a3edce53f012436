# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Installed where the base is in use: batches, and nobody missing before his turn."""

from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.contact_kpi.tests.common import LANDLINE, MOBILE, ContactKpiCase
from odoo.addons.contact_kpi_mechanic.hooks import post_init_hook

from .common import NO_MOBILE_ID, MechanicMixin


@tagged("post_install", "-at_install")
class TestRuleset(MechanicMixin, ContactKpiCase):
    def batch(self, size=5000):
        self.commit()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr)["contact.kpi.ruleset"]._cron_classify(size)
        self.env.invalidate_all()

    def install_over_a_base_in_use(self):
        """As if the base had looked at everybody, and then this addon came."""
        self.refresh()
        self.go("2041-03-05 15:00:00")
        rules = self.env["contact.kpi.ruleset"]._current()
        rules.write({"aspects": "email,phone", "state": "done"})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET contact_mobile_kind = NULL,"
            " customer_mobile_kind = NULL"
        )
        self.env.invalidate_all()
        kpi = self.env.ref(NO_MOBILE_ID)
        self.forget(self.env["contact.kpi.gap"].search([("indicator_id", "=", kpi.id)]))
        [vals] = kpi.copy_data({"code": "no_mobile", "active": True})
        kpi.code = False
        kpi.flush_recordset()
        return self.env["contact.kpi"].create(vals)

    def totals(self, kpi):
        self.refresh(kpi)
        run = self.env["contact.kpi.run"].search(
            [("indicator_id", "=", kpi.id), ("company_id", "=", False)],
            order="date desc",
            limit=1,
        )
        return run.customers, run.missing, run.unclassified

    def partners(self):
        """Which version of which row: any update shows."""
        self.env.flush_all()
        return self.env.execute_query(
            SQL("SELECT id, xmin::text, ctid::text FROM res_partner ORDER BY id")
        )

    def test_nobody_is_missing_before_a_batch_has_looked(self):
        self.customer("nothing informed")
        self.customer("landline", phone=LANDLINE)
        self.customer("mobile", phone=MOBILE)
        self.customer("mail", email="ana@oficina.com.br")
        mobile = self.install_over_a_base_in_use()
        before = self.partners()
        post_init_hook(self.env)
        self.commit()
        self.assertEqual(self.partners(), before)
        self.assertEqual(self.env["contact.kpi.ruleset"]._current().state, "running")
        # Whoever typed no number lacks it: nothing is to be looked at.
        self.assertEqual(self.totals(mobile), (4, 2, 2))
        self.batch(2)
        while self.env["contact.kpi.ruleset"]._current().state == "running":
            self.batch(2)
        self.assertEqual(self.totals(mobile), (4, 3, 0))
        self.assertAgreement(mobile)
        gaps = self.env["contact.kpi.gap"].search([("indicator_id", "=", mobile.id)])
        self.assertEqual(
            sorted((g.partner_id.name, g.origin, g.mobile_reason) for g in gaps),
            [
                ("landline", "initial", "landline"),
                ("mail", "initial", "nothing"),
                ("nothing informed", "initial", "nothing"),
            ],
        )

    def test_the_bases_own_indicator_is_not_redefined_by_it(self):
        self.customer("nothing informed")
        self.customer("reachable", phone=LANDLINE)
        key = self.kpi._run_key()
        self.install_over_a_base_in_use()
        post_init_hook(self.env)
        self.batch()
        self.refresh()
        self.assertEqual(self.kpi._run_key(), key)
        runs = self.env["contact.kpi.run"].search([("indicator_id", "=", self.kpi.id)])
        self.assertEqual(set(runs.mapped("redefined")), {False})
        gaps = self.env["contact.kpi.gap"].search([("indicator_id", "=", self.kpi.id)])
        self.assertEqual(gaps.mapped("origin"), ["observed"])

    def test_whoever_saves_before_his_batch_is_not_credited_with_it(self):
        customer = self.customer("customer", phone=LANDLINE)
        mobile = self.install_over_a_base_in_use()
        post_init_hook(self.env)
        self.go("2041-03-06 15:00:00")
        customer.phone = MOBILE
        self.commit()
        self.assertEqual(self.totals(mobile), (1, 0, 0))
        self.assertFalse(self.ledger(kpi=mobile))

    def test_the_past_is_rebuilt_for_it_too(self):
        rows = self.env.ref(NO_MOBILE_ID)._lacking_by_kind()
        # Ranks of MobileKind, 0 for none; the e-mail makes no difference.
        found = {phone for phone, _email, lacking in rows if lacking}
        self.assertEqual(found, {0, 5, 6, 7, 8})
        self.assertEqual(len(rows), 9 * 4)

    def test_a_version_of_what_is_gone_does_no_harm(self):
        rules = self.env["contact.kpi.ruleset"]._current()
        rules.aspects += ",gone:7"
        self.assertEqual(self.env["contact.kpi.ruleset"]._current(), rules)
