# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A night that fails tells an administrator, once, until it succeeds."""

from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..common import PHONE, ContactKpiCase

REFRESH = "odoo.addons.contact_kpi.models.engine.indicator_refresh"
ACTIVITY = "odoo.addons.contact_kpi.models.people.mail_activity"
BROKEN = "[('field_of_an_addon_since_removed', '=', 1)]"


@tagged("post_install", "-at_install")
class TestFailedRun(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        managers = "sales_team.group_sale_manager"
        cls.admin = cls.env.ref("base.user_admin")
        group = cls.env.ref(managers)
        others = cls.env["res.users"].search([("all_group_ids", "in", group.id)])
        (others - cls.admin).active = False
        cls.manager = new_test_user(cls.env, "manager", groups=managers)
        cls.seller = new_test_user(
            cls.env, "seller", groups="sales_team.group_sale_salesman_all_leads"
        )
        cls.customer("Rosa Exemplo", phone=PHONE)
        cls.other = cls.indicator("test_other", "[('email', '=', False)]")

    def night(self):
        """The scheduled action, as its own button runs it: it never fails itself."""
        self.commit()
        self.env.invalidate_all()
        with (
            self.enter_registry_test_mode(),
            mute_logger(REFRESH, ACTIVITY, "odoo.sql_db"),
        ):
            job = self.env.ref("contact_kpi.ir_cron_refresh")
            self.assertIs(job.method_direct_trigger(), True)
        self.env.invalidate_all()

    def define(self, kpi, domain):
        self.commit()
        self.env.cr.execute(
            "UPDATE contact_kpi SET gap_domain = %s WHERE id = %s", [domain, kpi.id]
        )
        self.env.registry.clear_cache()
        self.env.invalidate_all()

    def told(self):
        """Every to-do of ours, in plain SQL: of which indicator, whose, open?"""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT contact_kpi_id, user_id, active FROM mail_activity"
            " WHERE contact_kpi_id IS NOT NULL ORDER BY id"
        )
        return self.env.cr.fetchall()

    def test_told_once_until_a_run_succeeds(self):
        good = self.kpi.gap_domain
        self.define(self.kpi, BROKEN)
        self.night()
        once = (self.kpi.id, self.admin.id)
        self.assertEqual(self.told(), [(*once, True)])
        self.go("2041-03-05 15:00:00")
        self.night()
        self.assertEqual(self.told(), [(*once, True)])
        self.define(self.kpi, good)
        self.night()
        self.assertEqual(self.told(), [(*once, False)])
        self.define(self.kpi, BROKEN)
        self.night()
        self.assertEqual(self.told(), [(*once, False), (*once, True)])
        self.define(self.kpi, good)
        self.kpi.with_user(self.manager).action_run_now()
        self.assertEqual(self.told(), [(*once, False), (*once, False)])

    def test_one_for_each_that_fails(self):
        self.define(self.kpi, BROKEN)
        self.define(self.other, BROKEN)
        self.night()
        told = {(kpi, is_open) for kpi, _user, is_open in self.told()}
        self.assertEqual(told, {(self.kpi.id, True), (self.other.id, True)})
        self.assertEqual(len(self.told()), 2)

    def test_words_and_whom(self):
        self.kpi.name = "Clientes <b> sem contato"
        self.define(self.kpi, BROKEN)
        self.night()
        activity = self.env["mail.activity"].search([("contact_kpi_id", "!=", False)])
        self.assertEqual(
            activity.summary, "Contact indicator fails: Clientes <b> sem contato"
        )
        for words in (
            "“Clientes &lt;b&gt; sem contato”",
            "Configuration → Contact Indicators → Runs",
            "/odoo/action-contact_kpi.contact_kpi_run_action",
            "“Run Now”",
        ):
            self.assertIn(words, activity.note)
        self.assertEqual(str(activity.date_deadline), "2041-03-04")
        # The owner reads it, and nobody is written to.
        with self.subTest("in the menu of activities"):
            groups = self.env["res.users"].with_user(self.admin)._get_activity_groups()
            self.assertTrue([g for g in groups if activity.id in g["activity_ids"]])
        self.assertFalse(
            self.env["mail.activity"].with_user(self.seller).search([]) & activity
        )

    def test_whose_it_is(self):
        self.kpi.with_user(self.manager).target_rate = 0.5
        self.define(self.kpi, BROKEN)
        self.night()
        self.assertEqual(self.told(), [(self.kpi.id, self.manager.id, True)])
        self.manager.active = False
        self.night()
        self.assertEqual(self.told(), [(self.kpi.id, self.admin.id, True)])

    def test_without_sales_administrators_the_main_one(self):
        group = self.env.ref("sales_team.group_sale_manager")
        self.manager.active = False
        self.admin.group_ids -= group
        self.admin.group_ids -= group.all_implied_by_ids
        self.assertNotIn(group, self.admin.all_group_ids)
        self.define(self.kpi, BROKEN)
        self.night()
        self.assertEqual(self.told(), [(self.kpi.id, self.admin.id, True)])

    def test_what_fails_is_the_commit(self):
        cron = type(self.env["ir.cron"])
        commit, failed = cron._commit_progress, []
        error = IntegrityError(f"Key (phone)=({PHONE}) already exists")

        def refuse_once(cron, processed=0, **remaining):
            if processed and not failed:
                failed.append(True)
                raise error
            return commit(cron, processed, **remaining)

        with patch.object(cron, "_commit_progress", refuse_once):
            self.night()
        [(kpi, user, is_open)] = self.told()
        self.assertEqual((user, is_open), (self.admin.id, True))
        runs = self.env["contact.kpi.run"].search([]).grouped("indicator_id")
        other = (self.kpi | self.other).filtered(lambda k: k.id != kpi)
        self.assertEqual(set(runs[other].mapped("state")), {"provisional"})
        [run] = runs[self.env["contact.kpi"].browse(kpi)]
        self.assertEqual(
            (run.state, run.error), ("failed", "Database error: IntegrityError")
        )
        self.assertNotIn(PHONE, self.env["mail.activity"].search([]).mapped("note"))
        self.night()
        self.assertEqual(self.told(), [(kpi, user, False)])

    def test_what_fails_waits_for_the_commit(self):
        run = type(self.env["contact.kpi.run"])
        evaluate = run._evaluate

        def leave_a_bomb(runs, kpi, parts):
            if kpi == self.kpi:
                runs.env.cr.precommit.add(lambda: 1 / 0)
            return evaluate(runs, kpi, parts)

        with patch.object(run, "_evaluate", leave_a_bomb):
            self.night()
        self.assertEqual(self.told(), [(self.kpi.id, self.admin.id, True)])

    def test_nobody_keeps_it_from_being_told(self):
        """Anybody may plan a to-do, and name an indicator in it."""
        employee = new_test_user(self.env, "employee", groups="base.group_user")
        todo = self.env.ref("mail.mail_activity_data_todo")
        self.env["mail.activity"].with_user(employee).create(
            {
                "activity_type_id": todo.id,
                "user_id": employee.id,
                "contact_kpi_id": self.kpi.id,
            }
        )
        self.define(self.kpi, BROKEN)
        self.night()
        planted = (self.kpi.id, employee.id, True)
        self.assertEqual(self.told(), [planted, (self.kpi.id, self.admin.id, True)])

    def test_telling_is_never_in_the_way(self):
        self.define(self.kpi, BROKEN)
        activity = type(self.env["mail.activity"])
        with patch.object(activity, "create", side_effect=IntegrityError("no")):
            self.night()
        self.assertEqual(self.told(), [])
        runs = self.env["contact.kpi.run"].search([]).grouped("indicator_id")
        self.assertEqual(set(runs[self.kpi].mapped("state")), {"failed"})
        self.assertEqual(set(runs[self.other].mapped("state")), {"provisional"})
        self.night()
        self.assertEqual(self.told(), [(self.kpi.id, self.admin.id, True)])
