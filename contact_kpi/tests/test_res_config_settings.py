# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Settings > Sales > Contact Indicators, through the form that people use."""

import ast
import json
from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..hooks import uninstall_hook
from ..models.engine.res_partner import PHONE_FIELDS
from .common import MOBILE, PHONE, ContactKpiCase

STORED = (
    "contact.kpi.gap",
    "contact.kpi.run",
    "contact.kpi.snapshot",
    "contact.kpi.decline",
    "contact.kpi.ruleset",
)


@tagged("post_install", "-at_install")
class TestResConfigSettings(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = {
            "admin": "base.group_system,sales_team.group_sale_manager",
            "technician": "base.group_system",
            "manager": "sales_team.group_sale_manager",
            "seller": "sales_team.group_sale_salesman,base.group_partner_manager",
            "seller2": "sales_team.group_sale_salesman",
        }
        cls.people = {
            login: new_test_user(cls.env, f"settings_{login}", groups=names)
            for login, names in groups.items()
        }

    def settings(self, login="admin"):
        return Form(self.env["res.config.settings"].with_user(self.people[login]))

    def save(self, form):
        form.save().execute()
        self.commit()
        self.env.invalidate_all()

    def shown(self, form):
        return [row["id"] for row in form.contact_kpi_ids._records]

    def line(self, form, kpi):
        return form.contact_kpi_ids.edit(self.shown(form).index(kpi.id))

    # -- indicators ----------------------------------------------------------------

    def test_every_indicator_is_there_switched_off_or_not(self):
        """Another addon's too, and an administrator's own: they are data."""
        kpis = self.env["contact.kpi"].with_context(active_test=False)
        own = self.indicator("own", active=False)
        form = self.settings()
        shown = self.shown(form)
        self.assertEqual(shown, kpis.search([]).ids)
        self.assertIn(own.id, shown)

    def test_an_indicator_is_edited_in_its_line(self):
        call = self.env.ref("mail.mail_activity_data_call")
        other = self.indicator()
        before = other.read()[0]
        form = self.settings()
        with self.line(form, self.kpi) as line:
            line.period = "week"
            line.target_rate = 0.02
            line.activity_type_id = call
            line.activity_days = 3
            line.activity_user_id = self.people["seller2"]
        self.save(form)
        self.assertRecordValues(
            self.kpi,
            [
                {
                    "active": True,
                    "period": "week",
                    "target_rate": 0.02,
                    "activity_type_id": call.id,
                    "activity_days": 3,
                    "activity_user_id": self.people["seller2"].id,
                }
            ],
        )
        after = other.read()[0]
        self.assertEqual(after, before)

    def test_the_switch(self):
        """Off: its gaps stand still; on again: marked, as any redefinition."""
        missing = self.customer("missing")
        self.go("2041-03-05 15:00:00")
        for active in (False, True):
            form = self.settings()
            with self.line(form, self.kpi) as line:
                line.active = active
            self.save(form)
            self.assertEqual(self.kpi.active, active)
            if not active:
                missing.phone = PHONE
                self.go("2041-03-06 15:00:00")
        self.assertEqual(
            self.ledger(),
            [
                (
                    "missing",
                    "2041-03-04 15:00:00",
                    "2041-03-06 15:00:00",
                    "redefined",
                    False,
                )
            ],
        )

    # -- the analysis period -------------------------------------------------------

    def history(self):
        """Four hundred days: one missing less each day, and none today."""
        for number in range(20):
            self.customer(f"C{number}", phone=PHONE)
        self.commit()
        self.env.cr.execute(
            "UPDATE res_partner SET create_date = '2039-01-01' WHERE name LIKE 'C%'"
        )
        runs, rows = [], []
        start = date(2041, 3, 4).toordinal()
        for age in range(400, 0, -1):
            day = date.fromordinal(start - age)
            run = self.env["contact.kpi.run"].create(
                {
                    "indicator_id": self.kpi.id,
                    "date": day,
                    "state": "done",
                    "evaluated_at": f"{day} 23:00:00",
                }
            )
            runs.append(run)
            rows.append(
                {
                    "run_id": run.id,
                    "date": day,
                    "indicator_id": self.kpi.id,
                    "customers": 1000,
                    "missing": age,
                    "declined": 0,
                    "to_complete": age,
                    "unclassified": 0,
                }
            )
        self.record_facts(rows)
        self.refresh()

    def test_the_period_changes_what_is_compared_and_nothing_stored(self):
        self.history()
        seen = {}
        stored = self.dump(*STORED)
        for period in ("day", "week", "month", "year"):
            form = self.settings()
            with self.line(form, self.kpi) as line:
                line.period = period
            self.save(form)
            kpi = self.env["contact.kpi"].browse(self.kpi.id)
            trend, follow_up = kpi.action_trend(), kpi.action_follow_up()
            [sparkline] = json.loads(kpi.sparkline)
            seen[period] = (
                str(kpi.previous_date),
                kpi.change,
                len(sparkline["values"]),
                trend["context"]["graph_groupbys"],
                trend["context"]["pivot_row_groupby"],
                follow_up["context"]["pivot_row_groupby"],
            )
            self.assertEqual(self.dump(*STORED), stored, period)
        # Nobody lacks a contact now; so many did when the period before closed:
        # yesterday, on Saturday (weeks begin on Sunday), in February, last year.
        self.assertEqual(
            seen,
            {
                "day": (
                    "2041-03-03",
                    -1,
                    30,
                    ["date:day"],
                    ["date:day"],
                    ["date:day"],
                ),
                "week": (
                    "2041-03-02",
                    -2,
                    12,
                    ["date:week"],
                    ["date:week"],
                    ["date:week"],
                ),
                "month": (
                    "2041-02-28",
                    -4,
                    12,
                    ["date:month"],
                    ["date:month"],
                    ["date:month"],
                ),
                "year": (
                    "2040-12-31",
                    -63,
                    2,
                    ["date:year"],
                    ["date:year"],
                    ["date:year"],
                ),
            },
        )

    # -- follow-up activity --------------------------------------------------------

    def planned(self, kpi):
        activities = self.env["mail.activity"].search([("contact_kpi_id", "=", kpi.id)])
        return sorted(
            (
                self.env["res.partner"].browse(activity.res_id).name,
                activity.activity_type_id.name,
                str(activity.date_deadline),
                activity.user_id.login,
            )
            for activity in activities
        )

    def test_the_follow_up_activity(self):
        """What, until when and whose, as the indicator says."""
        seller, deputy = self.people["seller"], self.people["seller2"]
        scheduler = self.people["manager"]
        call = self.env.ref("mail.mail_activity_data_call")
        second = self.indicator()
        self.kpi.write(
            {
                "activity_type_id": call.id,
                "activity_days": 10,
                "activity_user_id": deputy.id,
            }
        )
        second.write({"activity_type_id": False, "activity_days": 0})
        self.customer("owned", user_id=seller.id)
        self.customer("nobody's")
        # Half past ten in the evening of the 4th at the company.
        self.go("2041-03-05 01:30:00")
        gaps = self.env["contact.kpi.gap"].with_user(scheduler).search([])
        gaps.action_schedule_activity()
        todo = self.env.ref("mail.mail_activity_data_todo").name
        self.assertEqual(
            self.planned(self.kpi),
            [
                ("nobody's", call.name, "2041-03-14", "settings_seller2"),
                ("owned", call.name, "2041-03-14", "settings_seller"),
            ],
        )
        self.assertEqual(
            self.planned(second),
            [
                ("nobody's", todo, "2041-03-04", "settings_manager"),
                ("owned", todo, "2041-03-04", "settings_seller"),
            ],
        )

    def test_whoever_left_gets_no_activity(self):
        seller, deputy = self.people["seller"], self.people["seller2"]
        self.kpi.activity_user_id = deputy
        self.customer("orphan", user_id=seller.id)
        self.go("2041-03-05 15:00:00")
        gap = self.env["contact.kpi.gap"].search([])
        schedule = self.env["mail.activity"]._contact_kpi_schedule
        owners = []
        for leaver in (seller, deputy):
            leaver.active = False
            activity = schedule(gap)
            owners.append(activity.user_id.login)
            activity.unlink()
        self.assertEqual(owners, ["settings_seller2", self.env.user.login])

    def test_a_deadline_is_not_before_its_day(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.kpi.activity_days = -1
            self.kpi.flush_recordset()

    # -- numbers and tags ----------------------------------------------------------

    def test_what_is_shown_is_what_is_in_force(self):
        """Parameters may also be typed by hand, where nothing is refused."""
        parameters = self.env["ir.config_parameter"]
        for value, retention, history in (
            ("never", 0, 12),
            ("-5", 0, 0),
            ("10", 31, 10),
            ("", 400, 12),
        ):
            parameters.set_param("contact_kpi.retention_days", value)
            parameters.set_param("contact_kpi.history_months", value)
            form = self.settings()
            with self.subTest(value=value):
                self.assertEqual(
                    (form.contact_kpi_retention_days, form.contact_kpi_history_months),
                    (retention, history),
                )
                self.assertEqual(
                    (
                        self.env["contact.kpi.run"]._retention_days(),
                        self.env["contact.kpi.history"]._months_wanted(),
                    ),
                    (retention, history),
                )

    def parameters(self):
        get = self.env["ir.config_parameter"].get_param
        return {
            name: get(f"contact_kpi.{name}")
            for name in ("retention_days", "history_months", "customer_type_tag_id")
        }

    def test_what_is_shown_before_anybody_chose(self):
        form = self.settings()
        self.assertEqual(form.contact_kpi_retention_days, 400)
        self.assertEqual(form.contact_kpi_history_months, 12)
        self.assertFalse(form.contact_kpi_customer_type_tag_id)
        # Saving what others set leaves these to the addon.
        self.save(form)
        self.assertEqual(set(self.parameters().values()), {False})
        self.assertEqual(self.env["contact.kpi.run"]._retention_days(), 400)

    def test_what_is_chosen_is_kept_and_shown_again(self):
        tag = self.env["res.partner.category"].create({"name": "Type"})
        form = self.settings()
        form.contact_kpi_retention_days = 730
        form.contact_kpi_history_months = 24
        form.contact_kpi_customer_type_tag_id = tag
        refresh = self.env.ref("contact_kpi.ir_cron_refresh")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", refresh.id)])
        self.save(form)
        # Today's figures follow within a minute.
        again = self.env["ir.cron.trigger"].search([("cron_id", "=", refresh.id)])
        self.assertEqual(len(again - triggers), 1)
        self.assertEqual(
            self.parameters(),
            {
                "retention_days": "730",
                "history_months": "24",
                "customer_type_tag_id": str(tag.id),
            },
        )
        form = self.settings()
        self.assertEqual(form.contact_kpi_retention_days, 730)
        self.assertEqual(form.contact_kpi_history_months, 24)
        self.assertEqual(form.contact_kpi_customer_type_tag_id, tag)
        self.assertEqual(self.env["contact.kpi.run"]._retention_days(), 730)
        # Nought means something: for ever, and no history.
        form.contact_kpi_retention_days = 0
        form.contact_kpi_history_months = 0
        form.contact_kpi_customer_type_tag_id = self.env["res.partner.category"]
        self.save(form)
        self.assertEqual(
            self.parameters(),
            {
                "retention_days": "0",
                "history_months": "0",
                "customer_type_tag_id": False,
            },
        )
        form = self.settings()
        self.assertEqual(form.contact_kpi_retention_days, 0)
        self.assertEqual(form.contact_kpi_history_months, 0)
        self.assertEqual(self.env["contact.kpi.run"]._retention_days(), 0)

    def test_removing_the_addon_removes_its_settings_only(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("contact_kpi.retention_days", "0")
        others = parameters.search([("key", "not like", "contact")])
        uninstall_hook(self.env)
        self.assertEqual(set(self.parameters().values()), {False})
        self.assertEqual(others.exists(), others)

    def test_what_makes_no_sense_is_refused(self):
        for name, value in (
            ("contact_kpi_retention_days", 5),
            ("contact_kpi_retention_days", -1),
            ("contact_kpi_history_months", -1),
            # A date beyond the calendar stops dialogs and jobs.
            ("contact_kpi_retention_days", 2000000000),
            ("contact_kpi_history_months", 2000000000),
            ("contact_kpi_decline_review_days", 2000000000),
        ):
            form = self.settings()
            setattr(form, name, value)
            with self.subTest(name, value=value), self.assertRaises(ValidationError):
                form.save().execute()
        self.assertFalse(self.parameters()["retention_days"])

    def test_what_is_typed_past_the_settings_stops_nothing(self):
        gap = self.env["contact.kpi.gap"]
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("contact_kpi.decline_review_days", "2000000000")
        parameters.set_param("contact_kpi.retention_days", "2000000000")
        parameters.set_param("contact_kpi.history_months", "2000000000")
        self.assertEqual(
            (
                gap._decline_review_days(),
                self.env["contact.kpi.run"]._retention_days(),
                self.env["contact.kpi.history"]._months_wanted(),
            ),
            (36500, 36500, 1200),
        )
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.env.cr.savepoint(),
        ):
            self.kpi.activity_days = 2000000000
            self.kpi.flush_recordset()

    # -- who may, and where it leads -----------------------------------------------

    def test_who_may_change_what(self):
        arch = {
            login: self.env["res.config.settings"]
            .with_user(self.people[login])
            .get_view()["arch"]
            for login in ("admin", "technician")
        }
        self.assertIn("contact_kpi_ids", arch["admin"])
        # An administrator outside of sales is shown nothing of it, and may save.
        self.assertNotIn("contact_kpi", arch["technician"])
        self.settings("technician").save().execute()
        with mute_logger("odoo.addons.base.models.ir_model"):
            for login in ("manager", "seller"):
                with self.assertRaises(AccessError):
                    self.env["res.config.settings"].with_user(
                        self.people[login]
                    ).create({})
            with self.assertRaises(AccessError):
                self.kpi.with_user(self.people["seller"]).activity_days = 1
        self.kpi.with_user(self.people["manager"]).activity_days = 1
        self.assertEqual(self.kpi.activity_days, 1)

    def test_links(self):
        action = self.env.ref("contact_kpi.contact_kpi_cron_action")
        context = ast.literal_eval(action.context)
        shown = self.env["ir.cron"].with_context(**context)
        shown = shown.search(ast.literal_eval(action.domain))
        ours = self.env["ir.model.data"].search(
            [("model", "=", "ir.cron"), ("module", "=like", "contact_kpi%")]
        )
        self.assertEqual(sorted(shown.ids), sorted(ours.mapped("res_id")))
        self.assertGreaterEqual(len(shown), 2)
        link = self.kpi.with_user(self.people["manager"]).action_configure()
        self.assertEqual(
            (link["res_model"], link["res_id"]), ("contact.kpi", self.kpi.id)
        )
        form = Form(self.env[link["res_model"]].browse(link["res_id"]))
        self.assertIn("customer_rank", form.population_domain)

    def test_rules_and_how_far_they_are(self):
        view = self.env["contact.kpi.ruleset"].with_user(self.people["manager"])
        arch = view.get_view(view_type="list")["arch"]
        self.assertIn('name="progress"', arch)
        [ruleset] = view.search([], limit=1)
        self.assertEqual(ruleset.progress, 1.0)

    # -- fields for numbers ------------------------------------------------------

    def test_a_further_number_field_is_read_once_it_is_chosen(self):
        customer = self.customer("customer", phone="não tem", ref=MOBILE)
        self.refresh()
        self.go("2041-03-05 15:00:00")
        field = self.env["ir.model.fields"]._get("res.partner", "ref")
        form = self.settings()
        form.contact_kpi_phone_field_ids.add(field)
        self.save(form)
        self.assertEqual(self.env["contact.kpi.ruleset"]._current().state, "running")
        while self.env["contact.kpi.ruleset"]._current().state == "running":
            self.env["contact.kpi.ruleset"]._classify_next(50)
        self.assertEqual(
            [row[1:] for row in self.ledger(customer)],
            [("2041-03-04 15:00:00", "2041-03-05 15:00:00", "redefined", False)],
        )
        self.go("2041-03-06 15:00:00")
        customer.ref = False
        self.commit()
        self.assertAgreement(self.kpi)
        closed = [row[3] for row in self.ledger(customer)]
        self.assertEqual(closed, ["redefined", False])
        saved = self.settings()
        self.assertEqual(saved.contact_kpi_phone_field_ids[:].mapped("name"), ["ref"])

    def test_a_field_with_a_value_per_company_or_language_holds_no_number(self):
        """Its column is no text: reading it as one would break every save."""
        settings = self.env["res.config.settings"]
        offered = self.env["ir.model.fields"].search(
            settings._fields["contact_kpi_phone_field_ids"]._description_domain(
                self.env
            )
        )
        self.assertIn("ref", offered.mapped("name"))
        self.assertNotIn("barcode", offered.mapped("name"))
        # Chosen when it was one of all companies.
        self.env["ir.config_parameter"].set_param(PHONE_FIELDS, "ref,barcode,gone")
        self.env["contact.kpi.placeholder"]._rules_changed()
        customer = self.customer("customer", ref=MOBILE, barcode="11 96123-4567")
        self.commit()
        self.assertEqual(customer.contact_phone_kind, "mobile")
