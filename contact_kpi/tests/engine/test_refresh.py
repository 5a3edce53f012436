# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Law 6 at night: repair, repetition, missed days, failures, definitions."""

from datetime import datetime
from unittest.mock import patch

from psycopg2 import IntegrityError
from psycopg2.errors import QueryCanceled

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..common import LANDLINE, MOBILE, PHONE, ContactKpiCase

T0, T1, T2 = (f"2041-03-0{day} 15:00:00" for day in (4, 5, 6))
LOGGER = "odoo.addons.contact_kpi.models.engine.indicator_refresh"


@tagged("post_install", "-at_install")
class TestRefresh(ContactKpiCase):
    def sql(self, query, *values):
        self.env.flush_all()
        self.env.cr.execute(query, values)
        self.env.invalidate_all()

    def days(self, kpi=None):
        """The log as a literal table."""
        runs = self.env["contact.kpi.run"].search(
            [("indicator_id", "=", (kpi or self.kpi).id), ("company_id", "=", False)]
        )
        return [
            (
                str(r.date),
                r.state,
                r.customers,
                r.missing,
                r.opened,
                r.completed,
                r.left,
            )
            for r in runs.sorted("date")
        ]

    # -- the night -----------------------------------------------------------------

    def test_the_nightly_run_repairs_what_sql_did_and_credits_nobody(self):
        filled, emptied, deleted, ranked = (
            self.customer(name, phone=phone)
            for name, phone in (
                ("filled", False),
                ("emptied", PHONE),
                ("archived", False),
                ("no longer ranked", False),
            )
        )
        self.go(T1)
        self.sql("UPDATE res_partner SET phone = %s WHERE id = %s", PHONE, filled.id)
        self.sql("UPDATE res_partner SET phone = NULL WHERE id = %s", emptied.id)
        self.sql("UPDATE res_partner SET active = FALSE WHERE id = %s", deleted.id)
        self.sql("UPDATE res_partner SET customer_rank = 0 WHERE id = %s", ranked.id)
        self.refresh()
        self.assertEqual(
            self.ledger(),
            [
                ("archived", T0, T1, "left", False),
                ("emptied", T1, False, False, False),
                ("filled", T0, T1, "completed", False),
                ("no longer ranked", T0, T1, "left", False),
            ],
        )
        self.assertFigures(self.kpi, "2041-03-05")

    def test_running_twice_changes_nothing(self):
        self.customer("lacking")
        gone = self.customer("gone")
        self.customer("reached", phone=PHONE)
        self.refresh()
        self.go("2041-03-05 04:00:00")
        gone.phone = PHONE
        self.refresh()
        before = self.dump("contact.kpi.gap", "contact.kpi.run")
        facts = [self.snapshot(self.kpi, day) for day in ("2041-03-04", "2041-03-05")]
        for _again in range(2):
            self.refresh()
            self.assertEqual(self.dump("contact.kpi.gap", "contact.kpi.run"), before)
            self.assertEqual(
                [self.snapshot(self.kpi, d) for d in ("2041-03-04", "2041-03-05")],
                facts,
            )

    def test_an_indicator_that_is_locked_is_not_passed_over(self):
        """As by the job of a dead process, until PostgreSQL notices."""
        self.indicator()
        trigger = self.env["ir.cron.trigger"]
        cron = self.env.ref("contact_kpi.ir_cron_refresh")
        trigger.search([("cron_id", "=", cron.id)]).unlink()
        self.commit()
        other = self.registry.cursor()
        self.addCleanup(other.close)
        other.execute("SET lock_timeout = '5s'")
        other.execute(
            "SELECT 1 FROM contact_kpi WHERE id = %s FOR NO KEY UPDATE", [self.kpi.id]
        )
        # Held on to: the job comes back soon, not tomorrow.
        with (
            patch(f"{LOGGER}.PATIENCE", "100ms"),
            self.enter_registry_test_mode(),
        ):
            cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self.days(), [])
        again = trigger.search([("cron_id", "=", cron.id)])
        self.assertEqual(again.mapped("call_at"), [datetime(2041, 3, 4, 15, 10)])
        again.unlink()
        # Let go of while the others are refreshed.
        refresh = type(self.kpi)._refresh

        def release(kpi, *args):
            if kpi != self.kpi:
                other.rollback()
            return refresh(kpi, *args)

        with (
            patch.object(type(self.kpi), "_refresh", release),
            self.enter_registry_test_mode(),
        ):
            cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self.days(), [("2041-03-04", "provisional", 0, 0, 0, 0, 0)])
        self.assertFalse(trigger.search([("cron_id", "=", cron.id)]))

    def test_whatever_ends_the_wait_for_an_indicator_ends_no_job(self):
        with self.registry.cursor() as other, self.registry.cursor() as job:
            kpi = self.kpi.with_env(self.env(cr=job))
            other.execute(
                "SELECT 1 FROM contact_kpi WHERE id = %s FOR NO KEY UPDATE", [kpi.id]
            )
            job.execute("SET LOCAL statement_timeout = '100ms'")
            kpi._await_turn()
            job.execute("SHOW statement_timeout")
            self.assertNotEqual(job.fetchall(), [("100ms",)])  # a new transaction

    def test_two_at_once_the_second_steps_aside(self):
        with self.registry.cursor() as other:
            other.execute(
                "SELECT 1 FROM contact_kpi WHERE id = %s FOR NO KEY UPDATE",
                [self.kpi.id],
            )
            self.assertIs(self.kpi._refresh(), False)
        self.assertEqual(self.days(), [])
        self.refresh()
        self.assertEqual(self.days(), [("2041-03-04", "provisional", 0, 0, 0, 0, 0)])

    def test_a_missed_day_is_a_hole_and_the_next_run_goes_on(self):
        first, second = self.customer("first"), self.customer("second")
        self.refresh()
        self.go("2041-03-05 15:00:00")
        first.phone = PHONE  # nobody runs on the 5th, 6th and 7th
        self.go("2041-03-07 15:00:00")
        second.phone = PHONE
        self.customer("third")
        self.go("2041-03-08 15:00:00")
        self.refresh()
        self.assertEqual(
            self.days(),
            [
                ("2041-03-04", "done", 2, 2, 2, 0, 0),
                ("2041-03-08", "provisional", 3, 1, 0, 0, 0),
            ],
        )

    def test_a_late_run_freezes_the_day_as_of_midnight(self):
        customer = self.customer("customer")
        self.customer("other", phone=PHONE)
        self.refresh()
        # Half past eleven at night in São Paulo: still the 4th.
        self.go("2041-03-05 02:30:00")
        customer.phone = PHONE
        self.go("2041-03-05 03:30:00")
        self.customer("came after midnight")
        self.customer("came after midnight, reachable", phone=PHONE)
        self.go("2041-03-05 09:00:00")
        self.refresh()
        self.assertEqual(
            self.days(),
            [
                ("2041-03-04", "done", 2, 0, 1, 1, 0),
                ("2041-03-05", "provisional", 4, 1, 1, 0, 0),
            ],
        )
        late = self.env["contact.kpi.run"].search([("state", "=", "done")])
        self.assertEqual(set(late.mapped("evaluated_at")), {datetime(2041, 3, 5, 9, 0)})

    def night_after_a_busy_day(self):
        """What a night finds when much happened past the hooks; the two days' facts."""
        names = ("filled", "emptied", "gone", "moved", "stays", "new", "refused")
        people = {name: self.customer(name) for name in names if name != "new"}
        people["emptied"].phone = PHONE
        self.refresh()
        self.go("2041-03-05 02:30:00")  # still the 4th
        people["moved"].state_id = self.sao_paulo
        self.go("2041-03-05 03:30:00")
        people["new"] = self.customer("new")
        gap = people["refused"].contact_kpi_open_gap_ids
        self.env["contact.kpi.decline"].create({"gap_id": gap.id})
        self.commit()
        for query, name in (
            ("UPDATE res_partner SET phone = '(11) 5000-0123' WHERE id = %s", "filled"),
            ("UPDATE res_partner SET phone = NULL WHERE id = %s", "emptied"),
            ("UPDATE res_partner SET country_id = NULL WHERE id = %s", "new"),
            ("DELETE FROM res_partner WHERE id = %s", "gone"),
        ):
            self.sql(query, people[name].id)
        self.go("2041-03-05 09:00:00")
        self.refresh()
        self.assertAgreement(self.kpi)
        self.assertFigures(self.kpi, "2041-03-05")
        return [self.snapshot(self.kpi, day) for day in ("2041-03-04", "2041-03-05")]

    def check_busy_day(self):
        yesterday, today = self.night_after_a_busy_day()
        nowhere, in_sao_paulo = [False] * 7, [*[False] * 6, self.sao_paulo.id]
        # With who was deleted, with the state of then, without who came later.
        self.assertEqual(yesterday, [(*nowhere, 5, 4), (*in_sao_paulo, 1, 1)])
        self.assertEqual(today, [(*nowhere, 5, 4), (*in_sao_paulo, 1, 1)])
        gone = [row for row in self.ledger() if row[3] == "left"]
        self.assertEqual(gone, [("", T0, "2041-03-05 09:00:00", "left", False)])

    def test_a_night_repairs_a_busy_day(self):
        self.check_busy_day()

    def test_a_night_with_too_many_changes_to_look_at_one_by_one(self):
        path = "odoo.addons.contact_kpi.models.engine"
        with patch(f"{path}.run.MANY", -1), patch(f"{path}.ledger.MANY", -1):
            self.check_busy_day()

    # -- failures --------------------------------------------------------------------

    def cron(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            job = self.env.ref("contact_kpi.ir_cron_refresh")
            # It answers with an action that shows the error, where there is one.
            self.assertIs(job.method_direct_trigger(), True)

    def test_a_failing_indicator_neither_stops_nor_starves_the_others(self):
        self.customer("customer")
        broken = self.indicator("broken")
        last = self.indicator("last")
        self.commit()
        self.sql(
            "UPDATE contact_kpi SET gap_domain = %s WHERE id = %s",
            "[('field_of_an_addon_since_removed', '=', 1)]",
            broken.id,
        )
        self.env.registry.clear_cache()
        for _night in range(2):
            with self.assertLogs(LOGGER, "ERROR"):
                self.cron()
        failed = self.env["contact.kpi.run"].search([("indicator_id", "=", broken.id)])
        self.assertEqual(failed.mapped("state"), ["failed"])
        self.assertIn("field_of_an_addon_since_removed", failed.error)
        self.assertFalse(failed.snapshot_ids)
        for kpi in (self.kpi, last):
            self.assertEqual(
                self.days(kpi),
                [("2041-03-04", "provisional", 1, 1, 1, 0, 0)],
            )

    def test_a_broken_indicator_is_not_in_the_way_of_whoever_saves_a_customer(self):
        broken = self.indicator("broken")
        self.sql(
            'UPDATE contact_kpi SET gap_domain = \'[("gone", "=", 1)]\' WHERE id = %s',
            broken.id,
        )
        self.env.registry.clear_cache()
        self.customer("customer")
        self.commit()
        self.assertEqual(self.ledger(), [("customer", T0, False, False, False)])

    def test_errors_on_runs_quote_no_values_and_spoil_no_figures(self):
        self.customer("customer")
        self.refresh()
        figures = self.days()
        error = IntegrityError(f"Key (phone)=({PHONE}) already exists")
        run = type(self.env["contact.kpi.run"])
        with patch.object(run, "_evaluate", side_effect=error), mute_logger(LOGGER):
            self.cron()
        self.assertEqual(self.days(), figures)
        runs = self.env["contact.kpi.run"].search([("error", "!=", False)])
        self.assertEqual(runs.mapped("error"), ["Database error: IntegrityError"])
        self.refresh()
        self.assertEqual(set(runs.mapped("error")), {False})

    # -- definitions -----------------------------------------------------------------

    def test_an_edited_definition_marks_what_it_opens_and_closes(self):
        mobile = self.indicator()
        self.customer("landline", phone=LANDLINE)
        self.customer("nothing")
        self.customer("mobile", phone=MOBILE)
        self.refresh()
        self.go(T1)
        mobile.gap_domain = "[('customer_phone_kind', '!=', 'landline')]"
        self.refresh()
        gaps = self.env["contact.kpi.gap"].search([("indicator_id", "=", mobile.id)])
        self.assertEqual(
            sorted(
                (
                    gap.partner_id.name,
                    gap.origin,
                    gap.close_reason,
                    gap.closed_by_id.id,
                    gap.days_to_complete,
                )
                for gap in gaps
            ),
            [
                ("landline", "observed", "redefined", False, 0.0),
                ("mobile", "redefined", False, False, 0.0),
                ("nothing", "observed", False, False, 0.0),
            ],
        )
        self.assertEqual(self.stored_days(gaps), {None})
        runs = self.env["contact.kpi.run"].search(
            [("indicator_id", "=", mobile.id), ("company_id", "=", False)]
        )
        self.assertEqual(
            [(str(r.date), r.redefined) for r in runs.sorted("date")],
            [("2041-03-04", False), ("2041-03-05", True)],
        )
        self.go(T2)
        self.env["res.partner"].search([("name", "=", "mobile")]).phone = LANDLINE
        self.commit()
        self.assertEqual(self.stored_days(gaps), {None})

    def stored_days(self, gaps):
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT days_to_complete FROM contact_kpi_gap WHERE id = ANY(%s)",
            [gaps.ids],
        )
        return {value for (value,) in self.env.cr.fetchall()}

    def test_domains_that_cannot_be_evaluated_are_refused_with_the_reason(self):
        for name, label, domain, reason in (
            ("gap_domain", "Missing When", "[('no_such', '=', 1)]", "no_such"),
            ("gap_domain", "Missing When", "[('name', 'resembles', 'x')]", "resembles"),
            ("gap_domain", "Missing When", "phone is empty", "not a domain"),
            ("gap_domain", "Missing When", "[('name', '=')]", "name"),
            ("gap_domain", "Missing When", "[]", "is empty"),
            ("gap_domain", "Missing When", "__import__('os')", "not a domain"),
            ("population_domain", "Customers", "[('parent_id.nope', '=', 1)]", "nope"),
            ("population_domain", "Customers", "{'active': True}", "not a domain"),
        ):
            with self.subTest(domain=domain), self.env.cr.savepoint():
                with self.assertRaises(ValidationError) as caught:
                    self.kpi[name] = domain
                self.assertIn(label, str(caught.exception))
                self.assertIn(reason, str(caught.exception))

    def test_a_definition_that_breaks_later_blocks_no_save(self):
        """A pattern that only some values make fail: saved, and told on the run."""
        broken = self.indicator("test_broken", "[('ref', '=like', 'abc\\\\')]")
        customer = self.customer("Broken")
        self.go(T1)
        customer.write({"ref": "abcd", "phone": PHONE})
        self.go(T2)
        self.assertEqual(customer.phone, PHONE)
        # The sound indicator went on as if the other were not there.
        self.assertEqual(self.ledger(), [("Broken", T0, T1, "completed", False)])
        self.assertFalse(self.ledger(kpi=broken))

    def test_a_cancelled_statement_fails_the_save_and_passes_no_indicator_over(self):
        customer = self.customer("saved")
        self.commit()

        def cancelled(gap, *args):
            query = "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '57014'; END $$"
            gap.env.cr.execute(query)

        with (
            patch.object(type(self.env["contact.kpi.gap"]), "_reconcile", cancelled),
            self.assertRaises(QueryCanceled),
            mute_logger("odoo.sql_db"),
        ):
            customer.phone = PHONE
            self.commit()

    def test_company_dependent_conditions_are_those_of_the_main_company(self):
        """Who presses the button, and where they stand, changes nothing."""
        other = self.company("Other", "UTC")
        customer = self.customer("Terms")
        term = self.env.ref("account.account_payment_term_immediate")
        customer.with_company(self.main).property_payment_term_id = term
        terms = self.indicator(
            "test_terms", "[('property_payment_term_id', '=', False)]"
        )
        for company in (self.main, other, self.main):
            terms.with_company(company).action_run_now()
            self.assertFalse(self.ledger(kpi=terms))
        customer.with_company(self.main).property_payment_term_id = False
        terms.with_company(other).action_run_now()
        self.assertEqual(self.ledger(kpi=terms), [("Terms", T0, False, False, False)])

    def test_nobody_learns_through_an_indicator_what_they_may_not_search(self):
        manager = new_test_user(
            self.env, "refresh_manager", groups="sales_team.group_sale_manager"
        )
        with self.assertRaises(AccessError):
            self.env["res.partner"].with_user(manager).search(
                [("signup_type", "=", "reset")]
            )
        with self.assertRaises(ValidationError):
            self.env["contact.kpi"].with_user(manager).create(
                {"name": "Peek", "gap_domain": "[('signup_type', '=', 'reset')]"}
            )

    def test_work_that_commits_after_midnight_belongs_to_its_day(self):
        """A transaction begun before the day was made final joins its figures."""
        self.customer("Before", phone=PHONE)
        self.go(T0)
        self.refresh()
        self.go("2041-03-05 03:10:00")
        self.refresh()
        # As an import does that began at 23:59:50 and commits only now.
        self.env.cr._now = datetime(2041, 3, 5, 2, 59, 50)
        self.customer("Import")
        self.commit()
        self.go("2041-03-06 03:10:00")
        self.refresh()
        rows = [
            (str(run.date), run.missing, run.opened, run.completed, run.left)
            for run in self.env["contact.kpi.run"].search(
                [("indicator_id", "=", self.kpi.id), ("company_id", "=", False)],
                order="date",
            )
        ]
        self.assertEqual(
            rows,
            [
                ("2041-03-04", 1, 1, 0, 0),
                ("2041-03-05", 1, 0, 0, 0),
                ("2041-03-06", 1, 0, 0, 0),
            ],
        )
