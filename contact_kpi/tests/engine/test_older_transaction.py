# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Transactions that began before the rules changed, beside those after: real commits.

What a process keeps of the rules is shared by both, and either may have left it there.
"""

from contextlib import contextmanager

from odoo import SUPERUSER_ID, api
from odoo.tests import TransactionCase, tagged

SHOP = "+55 11 2345-0001"
# What these tests leave in the database is what they found there.
KEPT = {
    "contact_kpi_ruleset": "*",
    "contact_kpi_placeholder": "*",
    "contact_kpi": "id, gap_domain",
    "contact_kpi_gap": "id",
    "ir_cron_trigger": "id",
    "res_partner": "id",
}
# Of whose rows the new ones are simply deleted.
OURS = ("contact_kpi_gap", "contact_kpi_placeholder", "contact_kpi_ruleset")


class RealTransactions(TransactionCase):
    """Commits what it does, and leaves nothing of it behind."""

    @contextmanager
    def transaction(self):
        """A transaction of its own, committed at the end; the caches are signalled."""
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})
        self.registry.signal_changes()

    def setUp(self):
        super().setUp()
        with self.transaction() as env:
            self.highest = {}
            for table in KEPT:
                env.cr.execute(f"SELECT COALESCE(MAX(id), 0) FROM {table}")
                self.highest[table] = env.cr.fetchone()[0]
            env.cr.execute("SELECT id, state, last_partner_id FROM contact_kpi_ruleset")
            self.rulesets = env.cr.fetchall()
        self.addCleanup(self.restore)
        self.batches()

    def restore(self):
        with self.transaction() as env:
            partners = env["res.partner"].with_context(active_test=False)
            partners.search([("id", ">", self.highest["res_partner"])]).unlink()
            kpis = env["contact.kpi"].with_context(active_test=False)
            kpis.search([("id", ">", self.highest["contact_kpi"])]).unlink()
            env.cr.flush()
            for table in OURS:
                env.cr.execute(
                    f"DELETE FROM {table} WHERE id > %s", [self.highest[table]]
                )
            env.cr.execute(
                "DELETE FROM ir_cron_trigger WHERE id > %s",
                [self.highest["ir_cron_trigger"]],
            )
            for pk, state, last in self.rulesets:
                env.cr.execute(
                    "UPDATE contact_kpi_ruleset SET state = %s, last_partner_id = %s"
                    " WHERE id = %s",
                    [state, last, pk],
                )
            self.registry.clear_cache()

    def batches(self):
        with self.transaction() as env:
            while env["contact.kpi.ruleset"]._classify_next(5000)[1]:
                pass

    def kind(self, name):
        with self.transaction() as env:
            env.cr.execute(
                "SELECT contact_phone_kind FROM res_partner WHERE name = %s", [name]
            )
            return env.cr.fetchone()[0]

    def add_placeholder(self, name=SHOP):
        with self.transaction() as env:
            env["contact.kpi.placeholder"].create({"name": name})


@tagged("post_install", "-at_install")
class TestOlderTransaction(RealTransactions):
    def test_an_import_goes_on_while_a_placeholder_is_added(self):
        with self.transaction() as importing:
            importing["res.partner"].search_count([])  # its snapshot
            self.add_placeholder()
            with self.transaction() as env:
                env["res.partner"].create({"name": "Meanwhile", "phone": SHOP})
            done = importing["res.partner"].load(
                ["name", "phone"], [["New", SHOP], ["Other", "+55 11 2345-6789"]]
            )
            self.assertEqual(done["messages"], [])
            self.assertEqual(len(done["ids"]), 2)
            self.batches()  # to the end, before the import commits
        # By the rules that it saw; the night finds what the batches could not.
        self.assertEqual(self.kind("New"), "landline")
        self.assertEqual(self.kind("Meanwhile"), "junk")
        with self.transaction() as env:
            env["contact.kpi.ruleset"]._verify()
        self.assertEqual(self.kind("New"), "junk")
        self.assertEqual(self.kind("Other"), "landline")
        with self.transaction() as env:
            self.assertFalse(env["contact.kpi.ruleset"]._suspects())

    def test_what_another_transaction_has_not_committed_stops_nobody(self):
        with self.transaction() as changing:
            changing["contact.kpi.placeholder"].create({"name": SHOP})
            # Its own work leaves a version in the cache that nobody else sees.
            changing["res.partner"].create({"name": "Own", "phone": SHOP})
            changing.cr.flush()
            with self.transaction() as env:
                partner = env["res.partner"].create({"name": "Other", "phone": SHOP})
                partner.phone = "+55 11 2345-6789"
                partner.phone = SHOP
            self.assertEqual(self.kind("Other"), "landline")
        self.batches()
        self.assertEqual(self.kind("Other"), "junk")
        self.assertEqual(self.kind("Own"), "junk")

    def test_what_an_older_transaction_left_in_the_cache_decides_nothing(self):
        with self.transaction() as old:
            old["res.partner"].search_count([])  # its snapshot
            self.add_placeholder()
            # Asked anew by who does not see the change.
            self.assertFalse(old["contact.kpi.ruleset"]._rules().running)
            self.assertNotIn(SHOP, old["contact.kpi.placeholder"]._texts())
            with self.transaction() as env:
                env["res.partner"].create({"name": "New", "phone": SHOP})
            self.assertEqual(self.kind("New"), "junk")
            with self.transaction() as env:
                rules = env["contact.kpi.ruleset"]
                self.assertEqual(rules._rules(), rules._rules_seen())

    def test_whoever_is_first_chooses_nothing_for_others_by_the_context(self):
        with self.transaction() as env:
            env["contact.kpi.placeholder"].create({"name": SHOP}).active = False
        self.registry.clear_cache()
        with self.transaction() as env:
            shows_all = env(context={"active_test": False})
            self.assertNotIn(SHOP, shows_all["contact.kpi.placeholder"]._texts())
            shows_all["contact.kpi"]._watched_fields()
            archived = shows_all["contact.kpi"].search([("active", "=", False)])
            codes = {row[0] for row in shows_all["contact.kpi"]._definitions()}
            self.assertTrue(archived)
            self.assertFalse(codes & set(archived.mapped("code")))

    def test_an_indicator_that_is_gone_is_not_asked_by_its_id(self):
        with self.transaction() as env:
            env["contact.kpi"].create(
                {
                    "name": "K",
                    "code": "test_gone",
                    "gap_domain": "[('customer_phone_kind', '=', False)]",
                }
            )
            customer = env["res.partner"].create({"name": "C", "customer_rank": 1}).id
        with self.transaction() as old:
            old["res.partner"].search_count([])  # its snapshot
            with self.transaction() as env:
                env["contact.kpi"].search([("code", "=", "test_gone")]).unlink()
            old["contact.kpi"]._definitions()  # left behind
            with self.transaction() as env:
                lacking = env["contact.kpi"]._lacking(["test_gone"], [customer])
                self.assertEqual(lacking, {"test_gone": {customer}})
                # The next save of any phone tells the difference.
                env["res.partner"].create({"name": "D", "phone": "x"})
                env.cr.flush()
                codes = {row[0] for row in env["contact.kpi"]._definitions()}
                self.assertNotIn("test_gone", codes)

    def test_a_version_left_behind_is_over_at_once(self):
        self.add_placeholder()
        self.add_placeholder("(11) 2345-0002")
        with self.transaction() as env:
            states = env["contact.kpi.ruleset"].search([], limit=3).mapped("state")
            self.assertEqual(states, ["running", "superseded", "done"])
        self.batches()
        with self.transaction() as env:
            states = env["contact.kpi.ruleset"].search([], limit=3).mapped("state")
            self.assertEqual(states, ["done", "superseded", "done"])

    def test_whoever_changes_the_rules_waits_for_no_batch(self):
        self.add_placeholder()
        with self.transaction() as batch:
            batch["contact.kpi.ruleset"]._latest().classified = 1
            batch.cr.flush()  # holds the row until the end of the batch
            with self.transaction() as env:
                env.cr.execute("SET LOCAL lock_timeout = '1s'")
                env["contact.kpi.placeholder"].create({"name": "(11) 2345-0002"})
        self.batches()
        with self.transaction() as env:
            states = env["contact.kpi.ruleset"].search([], limit=3).mapped("state")
            self.assertEqual(states, ["done", "superseded", "done"])

    def test_databases_of_before_close_them_when_they_are_upgraded(self):
        with self.transaction() as env:
            for state in ("running", "done", "running", "running"):
                env["contact.kpi.ruleset"].create({"key": "x", "state": state})
            env["contact.kpi.ruleset"].init()
            env.invalidate_all()
            states = env["contact.kpi.ruleset"].search([], limit=4).mapped("state")
            self.assertEqual(states, ["running", "superseded", "done", "superseded"])
