# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Several workers look at contacts at once: real transactions, side by side."""

from collections import defaultdict
from itertools import chain
from unittest.mock import patch

from psycopg2.errors import LockNotAvailable
from psycopg2.extensions import TransactionRollbackError

from odoo.tests import tagged

from ...models.engine import ruleset
from .test_older_transaction import SHOP, RealTransactions

SIZE = 4
JOBS = ("ir_cron_classify", "ir_cron_classify_beside")
PHONES = {
    "junk": "não tem",
    "nothing": False,
    "landline": "+55 11 2345-6789",
    "mobile": "+55 11 96123-4567",
    "shop": SHOP,
    "blank": "\N{NO-BREAK SPACE}",
}
STATE = """
    SELECT p.name, contact_digest, contact_phone_kind, contact_email_kind,
           customer_phone_kind, customer_email_kind,
           (SELECT array_agg((indicator_id, origin, close_reason, closed_by_id)::text
                             ORDER BY indicator_id, origin)
              FROM contact_kpi_gap g WHERE g.partner_id = p.id AND closed_at IS NULL)
      FROM res_partner p WHERE p.id > %s ORDER BY p.name
"""


@tagged("post_install", "-at_install")
class TestRulesetWorkers(RealTransactions):
    def setUp(self):
        super().setUp()
        self.startPatcher(patch.object(ruleset, "BATCH", SIZE))
        with self.transaction() as env:
            partners = env["res.partner"]
            for name, phone in PHONES.items():
                vals = {"name": name, "phone": phone, "customer_rank": 1}
                partners.create(vals)
            # Its contacts come long after their head.
            firm = partners.create(
                {"name": "firm", "is_company": True, "customer_rank": 1, "phone": "-"}
            )
            for name, phone in PHONES.items():
                partners.create({"name": f"other {name}", "phone": phone})
            for number in range(2 * SIZE):
                phone = (SHOP, "+55 11 2345-6789")[number % 2]
                vals = {"name": f"contact {number}", "phone": phone}
                partners.create({**vals, "parent_id": firm.id})
            self.firm = firm.id
            self.family = sorted([firm.id, *firm.child_ids.ids])

        rules = type(self.env["contact.kpi.ruleset"])
        apply = rules._apply
        self.looked = defaultdict(list)

        def noted(ruleset, ids, **options):
            self.looked[ruleset.env.cr].extend(ids)
            return apply(ruleset, ids, **options)

        self.startPatcher(patch.object(rules, "_apply", noted))

    def classify(self, *, meanwhile=lambda: None):
        """One batch of a worker, as the scheduled action does it.

        :param meanwhile: called when it is done, and not yet committed
        :return: ids of those that it looked at, how many were done, how many remain
        """
        moments = iter((lambda: None, meanwhile))
        with self.transaction() as env:

            def commit():
                env.cr.flush()
                next(moments)()
                env.cr.commit()

            result = env["contact.kpi.ruleset"]._classify_next(SIZE, commit)
            return self.looked.pop(env.cr, []), *result

    def rows(self, query, *values):
        with self.transaction() as env:
            env.cr.execute(query, values)
            return env.cr.fetchall()

    def versions(self, number):
        query = "SELECT state FROM contact_kpi_ruleset ORDER BY id DESC LIMIT %s"
        return [state for (state,) in self.rows(query, number)]

    def ranges(self):
        return self.rows(
            "SELECT reached_id, last_id, done, classified"
            " FROM contact_kpi_ruleset_range ORDER BY last_id"
        )

    def undone(self):
        return [row for row in self.ranges() if not row[2]]

    def to_the_end(self):
        while self.classify()[2]:
            pass

    def forget(self):
        """As if they had been there before the addon."""
        highest = self.highest["res_partner"]
        with self.transaction() as env:
            env.cr.execute("UPDATE contact_kpi_ruleset SET state = 'superseded'")
            env.cr.execute(
                "DELETE FROM contact_kpi_gap WHERE partner_id > %s", [highest]
            )
            kinds = env["res.partner"]._contact_kpi_kinds()
            nothing = ", ".join(f"{kind} = NULL" for kind in kinds)
            env.cr.execute(f"UPDATE res_partner SET {nothing} WHERE id > {highest}")
            env.registry.clear_cache()
        with self.transaction() as env:
            env["contact.kpi.ruleset"].create({"key": "forgotten"})
            env["contact.kpi.ruleset"]._current()

    def side_by_side(self):
        """Two workers to the end; what each of their batches has looked at."""
        looked, remaining = [], True
        while remaining:
            found = []
            first, _done, remaining = self.classify(
                meanwhile=lambda found=found: found.append(self.classify())
            )
            looked += [first, found[0][0]]
        return [ids for ids in looked if ids]

    def test_two_workers_look_at_different_contacts_and_leave_what_one_leaves(self):
        self.forget()
        self.to_the_end()
        expected = self.rows(STATE, self.highest["res_partner"])
        self.forget()
        looked = self.side_by_side()
        found = self.rows(STATE, self.highest["res_partner"])
        self.assertEqual(found, expected)
        [everybody] = self.rows("SELECT array_agg(id ORDER BY id) FROM res_partner")
        self.assertEqual(sorted(chain(*looked)), *everybody)
        self.assertEqual(self.versions(1), ["done"])
        self.assertEqual(self.ranges(), [])
        # By hand: whoever lacks it, and the answers of the shop's number.
        kinds = {name: (own, family) for name, _d, own, _e, family, *_rest in found}
        self.assertEqual(kinds["shop"], ("landline", "landline"))
        self.assertEqual(kinds["firm"], ("junk", "landline"))
        self.assertEqual(kinds["contact 1"], ("landline", None))
        open_gaps = {row[0] for row in found if row[-1]}
        self.assertEqual(open_gaps, {"junk", "nothing", "blank"})
        classified = "SELECT classified FROM contact_kpi_ruleset ORDER BY id DESC"
        self.assertEqual(self.rows(classified)[0], (len(everybody[0]),))

    def test_a_family_is_taken_as_a_whole_and_a_range_at_once(self):
        self.add_placeholder()
        self.classify()
        ranges = len(self.ranges())
        batches = self.side_by_side()
        for looked in batches:
            part = sorted(set(looked) & set(self.family))
            self.assertIn(part, ([], self.family))
        self.assertEqual(1 + len(batches), ranges)

    def test_a_worker_that_fails_leaves_its_contacts_to_the_next(self):
        self.add_placeholder()
        beside = []

        def fail():
            beside.append(self.classify()[0])
            raise ConnectionError

        with self.assertRaises(ConnectionError):
            self.classify(meanwhile=fail)
        failed = self.undone()[0]
        self.assertEqual(failed[3], 0)
        looked, done, remaining = self.classify()
        self.assertLess(max(looked), min(beside[0]))
        self.assertTrue(done and remaining)
        self.to_the_end()
        self.assertEqual(self.versions(1), ["done"])

    def test_progress_is_that_of_whoever_is_behind(self):
        self.add_placeholder()
        reached = "SELECT last_partner_id FROM contact_kpi_ruleset ORDER BY id DESC"
        before = []

        def beside():
            self.classify()
            before.append(self.rows(reached)[0][0])

        self.classify(meanwhile=beside)
        [(first,), *_others] = self.rows("SELECT id FROM res_partner ORDER BY id")
        self.assertLess(before[0], first)
        self.assertGreaterEqual(self.rows(reached)[0][0], first + 2 * SIZE - 1)

    def test_the_end_is_marked_once_and_followed_by_one_refresh(self):
        self.add_placeholder()
        ended = (
            "SELECT COUNT(*) FROM ir_cron_trigger t JOIN ir_model_data d"
            " ON d.model = 'ir.cron' AND d.res_id = t.cron_id"
            " WHERE d.name = 'ir_cron_refresh' AND d.module = 'contact_kpi'"
        )
        before = self.rows(ended)[0][0]
        while len(self.undone()) != 2:
            self.classify()
        beside = []
        _looked, done, remaining = self.classify(
            meanwhile=lambda: beside.append(self.classify()[1:])
        )
        # The first to be ready does not know about the other.
        self.assertTrue(beside[0][0] and done)
        self.assertEqual(remaining, 0)
        self.assertEqual(self.versions(1), ["done"])
        self.assertEqual(self.rows(ended)[0][0], before + 1)
        self.assertEqual(self.classify(), ([], 0, 0))

    def test_of_two_who_find_the_end_at_once_one_is_refused_and_comes_again(self):
        self.add_placeholder()
        with self.transaction() as slow:
            rules = slow["contact.kpi.ruleset"]
            current = rules._latest()
            current._begin()
            while slow["contact.kpi.ruleset.range"]._take(current, 5000):
                pass
            slow.cr.commit()
            slow["res.partner"].search_count([])  # its snapshot
            with self.transaction() as env:
                self.assertEqual(
                    env["contact.kpi.ruleset"]._latest()._record_progress(), 0
                )
            with self.assertRaises(TransactionRollbackError):
                current._record_progress()
            slow.cr.rollback()
        self.assertEqual(self.versions(1), ["done"])
        with self.transaction() as env:
            env["contact.kpi.ruleset"]._cron_classify()
        self.assertEqual(self.versions(2), ["done", "done"])

    def test_a_worker_waits_for_nobody_who_writes_the_version(self):
        self.add_placeholder()
        self.classify()
        later = (
            "SELECT COUNT(DISTINCT cron_id) FROM ir_cron_trigger"
            " WHERE call_at > now() AT TIME ZONE 'UTC'"
        )
        [(before,)] = self.rows(later)
        with self.transaction() as env:
            env["contact.kpi.ruleset"]._latest().classified = 1
            env.cr.flush()
            while any(found := self.classify()[1:]):
                self.assertEqual(found[1], 1)
            self.assertEqual(self.undone(), [])
            env.cr.rollback()
        self.assertEqual(self.versions(1), ["running"])
        self.assertEqual(self.rows(later), [(before + len(JOBS),)])
        self.assertEqual(self.classify(), ([], 0, 0))
        self.assertEqual(self.versions(1), ["done"])

    def test_a_worker_that_finds_nothing_to_take_ends_quietly(self):
        self.add_placeholder()
        while len(self.undone()) != 1:
            self.classify()
        found = []
        self.classify(meanwhile=lambda: found.append(self.classify()))
        self.assertEqual(found, [([], 0, 0)])

    def test_whoever_finds_nothing_to_take_comes_back(self):
        """The process that has the last batch may be killed."""
        later = (
            "SELECT COUNT(*) FROM ir_cron_trigger t JOIN ir_model_data d"
            " ON d.model = 'ir.cron' AND d.res_id = t.cron_id"
            " WHERE d.name LIKE 'ir_cron_classify%%' AND d.module = 'contact_kpi'"
            " AND t.call_at > now() AT TIME ZONE 'UTC'"
        )
        self.add_placeholder()
        while len(self.undone()) != 1:
            self.classify()
        before, left = self.rows(later)[0][0], self.undone()

        def killed():
            self.assertEqual(self.classify(), ([], 0, 0))
            raise ZeroDivisionError

        with self.assertRaises(ZeroDivisionError):
            self.classify(meanwhile=killed)
        self.assertEqual(self.undone(), left)
        self.assertEqual(self.rows(later)[0][0], before + 2)
        self.to_the_end()
        self.assertEqual(self.versions(1), ["done"])

    def test_a_version_waits_for_the_batches_of_the_one_before(self):
        # Junk by the version that begins now, and a number again by the next.
        self.add_placeholder()
        self.classify()
        while self.undone()[0][0] < self.highest["res_partner"]:
            self.classify()

        def change():
            with self.transaction() as env:
                env.cr.execute("SET LOCAL lock_timeout = '1s'")  # waits for nobody
                shop = env["contact.kpi.placeholder"].search([("name", "=", SHOP)])
                shop.active = False
            with self.transaction() as env:
                env.cr.execute("SET LOCAL lock_timeout = '100ms'")
                with self.assertRaises(LockNotAvailable):
                    env["contact.kpi.ruleset"]._classify_next(5000)
                env.cr.rollback()

        beside = []
        first, *_rest = self.classify(
            meanwhile=lambda: beside.append(self.classify(meanwhile=change))
        )
        self.assertTrue(first and beside[0][0])
        self.to_the_end()
        self.assertEqual(self.versions(3), ["done", "superseded", "done"])
        self.assertEqual(self.ranges(), [])
        for name in ("shop", "other shop", "contact 0", "contact 2"):
            self.assertEqual(self.kind(name), "landline", name)
        with self.transaction() as env:
            self.assertFalse(env["contact.kpi.ruleset"]._suspects())

    def test_contacts_that_come_meanwhile_are_looked_at(self):
        self.add_placeholder("(11) 2345-0009")
        with self.transaction() as old:
            old["res.partner"].search_count([])  # its snapshot
            self.add_placeholder()

            def come():
                with self.transaction() as env:
                    vals = {"name": "late contact", "phone": SHOP}
                    env["res.partner"].create({**vals, "parent_id": self.firm})
                    env["res.partner"].create({"name": "late", "phone": SHOP})

            self.classify(meanwhile=come)
            # By the rules of before, and found by the last range.
            old["res.partner"].create({"name": "old", "phone": SHOP})
        self.side_by_side()
        for name in ("late contact", "late", "old", "shop", "contact 0"):
            self.assertEqual(self.kind(name), "junk", name)
        with self.transaction() as env:
            self.assertFalse(env["contact.kpi.ruleset"]._suspects())

    def test_both_jobs_begin_when_the_rules_change(self):
        query = (
            "SELECT d.name, COUNT(*) FROM ir_cron_trigger t JOIN ir_model_data d"
            " ON d.model = 'ir.cron' AND d.res_id = t.cron_id"
            " WHERE d.name = ANY(%s) AND t.id > %s GROUP BY 1"
        )
        [(last,)] = self.rows("SELECT COALESCE(MAX(id), 0) FROM ir_cron_trigger")
        self.add_placeholder()
        found = dict(self.rows(query, list(JOBS), last))
        self.assertEqual(found, dict.fromkeys(JOBS, 1))
        codes = [self.env.ref(f"contact_kpi.{name}").code for name in JOBS]
        self.assertEqual(
            codes, ["model._cron_classify()", "model._cron_classify(beside=True)"]
        )

    def test_the_second_worker_begins_no_version(self):
        """Else two that find the rules changed would begin one each."""
        last = "SELECT id, state FROM contact_kpi_ruleset ORDER BY id DESC LIMIT 1"
        waiting = (
            "SELECT COUNT(*) FROM ir_cron_trigger WHERE cron_id ="
            " (SELECT res_id FROM ir_model_data WHERE module = 'contact_kpi'"
            " AND name = 'ir_cron_classify_beside')"
        )

        def read(query):
            with self.transaction() as env:
                env.cr.execute(query)
                return env.cr.fetchone()

        before, triggers = read(last), read(waiting)
        with patch.object(ruleset, "RULES_VERSION", "others"):
            with self.transaction() as env:
                env["contact.kpi.ruleset"]._cron_classify(beside=True)
            self.assertEqual(read(last), before)
            with self.transaction() as env:
                env["contact.kpi.ruleset"]._cron_classify(SIZE)
            self.assertGreater(read(last), before)
            self.assertGreater(read(waiting), triggers)
            self.assertEqual(read(last)[1], "running")
            while read(last)[1] == "running":
                with self.transaction() as env:
                    env["contact.kpi.ruleset"]._cron_classify(beside=True)
