# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Customers who refuse to provide it: from the list, with a salesperson's rights."""

from ast import literal_eval
from datetime import date, timedelta
from random import Random

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..common import PHONE, ContactKpiCase

RULES = ("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
TO_COMPLETE = [("closed_at", "=", False), ("declined", "=", False)]
DECLINED = [("closed_at", "=", False), ("declined", "=", True)]


@tagged("post_install", "-at_install")
class TestContactKpiDecline(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        sales = "sales_team.group_sale_salesman"
        cls.ana, cls.bruno, cls.head, cls.manager, cls.clerk = (
            new_test_user(cls.env, f"decline_{login}", groups=groups)
            for login, groups in (
                ("ana", sales),
                ("bruno", sales),
                ("head", f"{sales}_all_leads"),
                ("manager", "sales_team.group_sale_manager"),
                ("clerk", "base.group_user"),
            )
        )
        # Declining writes nothing on a contact: it needs no right to edit one.
        cls.env["ir.model.access"].search(
            [
                ("model_id.model", "=", "res.partner"),
                ("group_id", "!=", cls.env.ref("base.group_partner_manager").id),
            ]
        ).perm_write = False
        ref = cls.env.ref
        cls.refused = ref("contact_kpi.contact_kpi_decline_reason_refused")
        cls.has_none = ref("contact_kpi.contact_kpi_decline_reason_has_none")

    def gaps(self, *customers, kpi=None):
        found = self.env["contact.kpi.gap"].search(
            [
                ("partner_id", "in", [customer.id for customer in customers]),
                ("indicator_id", "=", (kpi or self.kpi).id),
                ("closed_at", "=", False),
            ]
        )
        return found.sorted(lambda gap: gap.partner_id.name)

    def names(self, domain, user=None):
        gaps = self.env["contact.kpi.gap"].with_user(user or self.env.user)
        domain = [*domain, ("indicator_id", "=", self.kpi.id)]
        return sorted(gaps.search(domain).mapped("partner_id.name"))

    def wizard(self, gaps, user):
        """The dialog that the header's button opens."""
        action = gaps.with_user(user).action_decline()
        wizard = self.env["contact.kpi.decline.wizard"].with_user(user)
        return Form(wizard.with_context(**action["context"]))

    def decline(self, gaps, user, reason=None, **vals):
        form = self.wizard(gaps, user)
        form.reason_id = reason or self.refused
        for name, value in vals.items():
            form[name] = value
        return form.save().action_confirm()

    def refusals(self):
        """Every refusal as a literal table."""
        rows = [
            (
                row.partner_id.name or "",
                row.reason_id.name,
                str(row.declined_on),
                row.review_on and str(row.review_on),
                row.ended_on and str(row.ended_on),
                row.create_uid.login,
                row.ended_by_id.login,
            )
            for row in self.env["contact.kpi.decline"].search([])
        ]
        return sorted(rows, key=str)  # a date may be missing

    def notes(self, customer):
        return [
            (str(note.body), note.author_id.name)
            for note in customer.message_ids.sorted("id")
            if "declined" in note.body or "refusal" in note.body
        ]

    # -- the way of a refusal ------------------------------------------------------

    def still_declined(self):
        """What the filter of that name leaves of the list of refusals."""
        view = self.env["contact.kpi.decline"].get_view(view_type="search")
        node = etree.fromstring(view["arch"]).find(".//filter[@name='in_force']")
        domain = literal_eval(node.get("domain"))
        found = self.env["contact.kpi.decline"].search(domain)
        return sorted((d.partner_id.name, str(d.declined_on)) for d in found)

    def test_a_refusal_that_is_over_is_not_still_declined(self):
        branch = self.company("Branch", "Asia/Tokyo")
        again = self.customer("again")
        back = self.customer("back")
        there = self.customer("there", company_id=branch.id)
        self.commit()
        self.decline(self.gaps(again, there), self.env.user, review_on="2041-03-08")
        self.decline(self.gaps(back), self.ana, review_on=False)
        self.go("2041-03-07 16:00:00")  # the 7th here, the 8th there
        self.env.invalidate_all()
        self.gaps(back).action_take_back_decline()
        self.assertEqual(self.still_declined(), [("again", "2041-03-04")])
        self.go("2041-03-08 16:00:00")
        self.env.invalidate_all()
        self.decline(self.gaps(again, back), self.ana, review_on=False)
        self.assertEqual(
            self.still_declined(), [("again", "2041-03-08"), ("back", "2041-03-08")]
        )
        again.phone = PHONE
        self.commit()
        self.assertEqual(self.still_declined(), [("back", "2041-03-08")])

    def test_several_at_once_and_back_on_the_review_date(self):
        one = self.customer("one", user_id=self.ana.id)
        two = self.customer("two")  # nobody's: hers to work on, too
        self.customer("three", user_id=self.ana.id)
        self.go("2041-03-06 02:59:00")  # the evening of the 5th in São Paulo
        answer = self.decline(
            self.gaps(one, two), self.ana, review_on=date(2041, 3, 14)
        )
        self.assertEqual(answer["params"]["message"], "Refusals recorded: 2.")
        self.commit()
        reason = "Prefers not to provide it"
        self.assertEqual(
            self.refusals(),
            [
                (name, reason, "2041-03-05", "2041-03-14", False, "decline_ana", False)
                for name in ("one", "two")
            ],
        )
        self.assertEqual(self.names(TO_COMPLETE, self.ana), ["three"])
        self.assertEqual(self.names(DECLINED, self.ana), ["one", "two"])
        self.assertAgreement(self.kpi)  # missing as before
        note = (
            "Customers without contact: declined to provide it. Reason: Prefers not "
            "to provide it. May be asked again from 03/14/2041 on."
        )
        for customer in (one, two):
            [(body, author)] = self.notes(customer)
            self.assertIn(note, body)
            self.assertEqual(author, self.ana.name)
        for moment, to_complete in (
            ("2041-03-14 02:59:00", ["three"]),
            ("2041-03-14 03:00:00", ["one", "three", "two"]),  # midnight there
        ):
            self.go(moment)
            self.env.invalidate_all()
            with self.subTest(moment=moment):
                self.assertEqual(self.names(TO_COMPLETE, self.ana), to_complete)
                self.assertEqual(
                    {gap.partner_id.name for gap in self.gaps(one, two)},
                    {"one", "two"},
                )
        # No run, no job: and it can be declined anew.
        self.decline(self.gaps(one), self.ana, self.has_none, review_on=False)
        gap = self.gaps(one)
        self.assertEqual(
            (gap.declined, gap.decline_reason_id, gap.decline_review_on),
            (True, self.has_none, False),
        )
        self.go("2049-01-01 12:00:00")
        self.assertIn("one", self.names(DECLINED))

    def test_from_the_lists_menu(self):
        one, two = self.customer("one"), self.customer("two")
        self.commit()
        wizard = self.env["contact.kpi.decline.wizard"].with_user(self.ana)
        context = {
            "active_model": "contact.kpi.gap",
            "active_ids": self.gaps(one, two).ids,
        }
        with Form(wizard.with_context(**context)) as form:
            self.assertEqual(form.subject, "one, two")
            form.reason_id = self.refused
        form.record.action_confirm()
        self.assertEqual(self.names(DECLINED), ["one", "two"])
        # What is declined already is left alone.
        with self.assertRaisesRegex(UserError, "None of these customers"):
            Form(wizard.with_context(**context))

    def test_one_already_declined_keeps_its_own_refusal(self):
        one, two = self.customer("one"), self.customer("two")
        self.commit()
        self.decline(self.gaps(one), self.ana, self.has_none, review_on=False)
        self.go("2041-03-05 15:00:00")
        answer = self.decline(self.gaps(one, two), self.ana, review_on=False)
        self.assertEqual(answer["params"]["message"], "Refusals recorded: 1.")
        rest = (False, "decline_ana", False)
        self.assertEqual(
            self.refusals(),
            [
                ("one", "Does not have one", "2041-03-04", False, *rest),
                ("two", "Prefers not to provide it", "2041-03-05", False, *rest),
            ],
        )

    def test_the_review_date_is_proposed_by_the_settings(self):
        branch = self.company("Branch", "Asia/Tokyo")
        here = self.customer("here")
        there = self.customer("there", company_id=branch.id)
        self.go("2041-03-06 16:00:00")  # the 6th here, the 7th there
        today = date(2041, 3, 6)
        tomorrow = today + timedelta(1)
        admin = self.env.user
        for days, customers, expected in (
            (None, [here], (today, today + timedelta(180))),
            (90, [here], (today, today + timedelta(90))),
            (90, [there], (tomorrow, tomorrow + timedelta(90))),
            (90, [here, there], (False, tomorrow + timedelta(90))),
            (0, [here], (today, False)),
        ):
            if days is not None:
                settings = Form(self.env["res.config.settings"])
                settings.contact_kpi_decline_review_days = days
                settings.save().execute()
            form = self.wizard(self.gaps(*customers), admin)
            with self.subTest(days=days, customers=len(customers)):
                self.assertEqual((form.declined_on or False, form.review_on), expected)

    def test_the_past_stands_and_the_future_is_not_known(self):
        """The date is today's, and a review lies ahead of every company's today."""
        branch = self.company("Branch", "Asia/Tokyo")
        here = self.customer("here")
        there = self.customer("there", company_id=branch.id)
        self.go("2041-03-06 16:00:00")  # the 6th here, the 7th there
        for customers, review_on in (
            ([here], "2041-03-05"),
            ([here], "2041-03-06"),
            ([there], "2041-03-07"),
            ([here, there], "2041-03-07"),
        ):
            with (
                self.subTest(review_on=review_on),
                self.assertRaisesRegex(UserError, "review date must be after today"),
            ):
                self.decline(self.gaps(*customers), self.env.user, review_on=review_on)
        form = self.wizard(self.gaps(here), self.env.user)
        with self.assertRaises(AssertionError):
            form.declined_on = date(2041, 3, 1)
        self.assertEqual(self.refusals(), [])
        self.decline(self.gaps(here), self.env.user, review_on="2041-03-07")
        self.decline(self.gaps(there), self.env.user, review_on="2041-03-08")
        self.assertEqual(
            [row[:4] for row in self.refusals()],
            [
                ("here", "Prefers not to provide it", "2041-03-06", "2041-03-07"),
                ("there", "Prefers not to provide it", "2041-03-07", "2041-03-08"),
            ],
        )

    def test_taken_back(self):
        one, two = (self.customer(n, user_id=self.ana.id) for n in ("one", "two"))
        self.commit()
        self.decline(self.gaps(one, two), self.ana, review_on=False)
        # A mistake of today leaves no refusal behind.
        answer = self.gaps(one).with_user(self.ana).action_take_back_decline()
        self.assertEqual(answer["params"]["message"], "Refusals taken back: 1.")
        self.assertEqual(self.names(DECLINED), ["two"])
        self.assertEqual([row[0] for row in self.refusals()], ["two"])
        self.refresh()
        self.go("2041-03-06 15:00:00")
        with mute_logger(*RULES), self.assertRaises(AccessError):
            self.gaps(two).with_user(self.bruno).action_take_back_decline()
        self.gaps(one, two).with_user(self.head).action_take_back_decline()
        self.refresh()
        self.assertEqual(self.names(TO_COMPLETE), ["one", "two"])
        reason = "Prefers not to provide it"
        self.assertEqual(
            self.refusals(),
            [
                (
                    "two",
                    reason,
                    "2041-03-04",
                    False,
                    "2041-03-06",
                    "decline_ana",
                    "decline_head",
                )
            ],
        )
        self.assertEqual(len(self.notes(two)), 2)
        self.assertIn("the refusal was taken back", self.notes(two)[1][0])
        # The days in between keep it.
        self.assertEqual(
            self.daily(), {"2041-03-04": (2, 2, 1, 1), "2041-03-06": (2, 2, 0, 2)}
        )

    def daily(self):
        """Customers, missing, declined and to complete of each day."""
        names = ("customers", "missing", "declined", "to_complete")
        measures = [f"{name}:sum" for name in names]
        rows = self.env["contact.kpi.snapshot"].formatted_read_group(
            [("indicator_id", "=", self.kpi.id)], ["date:day"], measures
        )
        return {row["date:day"][0]: tuple(row[m] for m in measures) for row in rows}

    def test_it_ends_with_the_gap(self):
        one = self.customer("one")
        self.commit()
        self.decline(self.gaps(one), self.ana, review_on=False)
        self.go("2041-03-05 15:00:00")
        one.phone = PHONE
        self.commit()
        self.assertEqual((self.names(TO_COMPLETE), self.names(DECLINED)), ([], []))
        self.go("2041-03-06 15:00:00")
        one.phone = False
        self.commit()
        self.assertEqual((self.names(TO_COMPLETE), self.names(DECLINED)), (["one"], []))

    def test_it_outlasts_leaving_and_coming_back(self):
        """Only a contact or the review date ends it: a refusal is respected."""
        quoted, archived, completed, reviewed, back = customers = [
            self.env["res.partner"].create({"name": name})
            for name in ("quoted", "archived", "completed", "reviewed", "back")
        ]
        orders = [self.order(customer) for customer in customers]
        self.commit()
        self.go("2041-03-05 15:00:00")
        gaps = self.gaps(quoted, archived, completed, back)
        self.decline(gaps, self.ana, review_on="2041-04-01")
        self.decline(self.gaps(reviewed), self.ana, review_on="2041-03-07")
        self.go("2041-03-06 15:00:00")
        completed.phone = PHONE
        self.go("2041-03-06 16:00:00")
        archived.active = False
        for order in orders[:1] + orders[3:]:
            order._action_cancel()
        self.assertEqual(self.names(DECLINED), [])
        self.go("2041-03-07 15:00:00")
        archived.active = True
        for customer in (quoted, reviewed, back):
            self.order(customer)
        completed.phone = False
        self.commit()
        self.assertEqual(self.names(DECLINED), ["archived", "back", "quoted"])
        self.assertEqual(self.names(TO_COMPLETE), ["completed", "reviewed"])
        reason = "Prefers not to provide it"
        rest = ("2041-04-01", False, "decline_ana", False)
        self.assertEqual(
            [row for row in self.refusals() if row[0] == "quoted"],
            [("quoted", reason, day, *rest) for day in ("2041-03-05", "2041-03-07")],
        )
        # Taken back, it does not come back either.
        self.go("2041-03-08 15:00:00")
        self.gaps(back).action_take_back_decline()
        orders[4].search([("partner_id", "=", back.id)])._action_cancel()
        self.go("2041-03-09 15:00:00")
        self.order(back)
        archived.active = False
        self.go("2041-03-10 15:00:00")
        archived.active = True
        self.commit()
        self.assertEqual(self.names(DECLINED), ["archived", "quoted"])

    def test_found_by_a_part_of_the_reason(self):
        """As the editor of filters asks: contains, does not contain."""
        one, two = self.customer("one"), self.customer("two")
        self.customer("three")
        self.commit()
        self.decline(self.gaps(one), self.ana, self.refused, review_on=False)
        self.decline(self.gaps(two), self.ana, self.has_none, review_on=False)
        self.refused.active = False
        found = [
            self.names([("decline_reason_id", operator, "not to provide")], self.ana)
            for operator in ("ilike", "not ilike")
        ]
        self.assertEqual(found, [["one"], ["three", "two"]])

    def test_one_indicator_at_a_time(self):
        mobile = self.indicator()
        one = self.customer("one")
        self.commit()
        self.decline(self.gaps(one, kpi=mobile), self.ana, review_on=False)
        self.assertEqual(self.names(TO_COMPLETE), ["one"])
        self.assertTrue(self.gaps(one, kpi=mobile).declined)
        found = self.env["res.partner"].search(
            [("contact_kpi_open_gap_ids", "any", [("declined", "=", True)])]
        )
        self.assertEqual(found, one)

    # -- rights --------------------------------------------------------------------

    def test_only_ones_own_customers(self):
        brunos = self.customer("bruno's", user_id=self.bruno.id)
        hers = self.customer("ana's", user_id=self.ana.id)
        self.commit()
        both = self.gaps(brunos, hers)
        wizard = self.env["contact.kpi.decline.wizard"]
        forged = {"gap_ids": both.ids, "reason_id": self.refused.id}
        with mute_logger(*RULES):
            with self.assertRaises(AccessError):
                both.with_user(self.ana).action_decline()
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                wizard.with_user(self.ana).create(forged).action_confirm()
            for user in (self.clerk, self.env.ref("base.public_user")):
                with self.assertRaises(AccessError), self.env.cr.savepoint():
                    wizard.with_user(user).create(forged).action_confirm()
            for values in ({"gap_id": both[0].id}, {"gap_id": both[1].id}):
                with self.assertRaises(AccessError):
                    self.env["contact.kpi.decline"].with_user(self.ana).create(values)
        self.assertEqual(self.refusals(), [])
        self.decline(both, self.head, review_on=False)
        self.assertEqual([row[0] for row in self.refusals()], ["ana's", "bruno's"])
        # Nor does she read of them.
        Decline = self.env["contact.kpi.decline"].with_user(self.ana)
        self.assertEqual(Decline.search([]).partner_id, hers)

    def test_whose_dialog(self):
        one = self.customer("one")
        self.commit()
        record = (
            self.env["contact.kpi.decline.wizard"]
            .with_user(self.ana)
            .create({"gap_ids": self.gaps(one).ids, "reason_id": self.refused.id})
        )
        with mute_logger(*RULES), self.assertRaises(AccessError):
            record.with_user(self.bruno).read(["reason_id"])

    def test_reasons_are_the_administrators(self):
        reasons = self.env["contact.kpi.decline.reason"]
        with mute_logger(*RULES), self.assertRaises(AccessError):
            reasons.with_user(self.ana).create({"name": "Mine"})
        mine = reasons.with_user(self.manager).create({"name": "Mine"})
        mine.with_user(self.manager).active = False
        found = reasons.with_user(self.ana).name_search("")
        self.assertNotIn(mine.id, [number for number, _name in found])
        self.assertIn(self.refused.id, [number for number, _name in found])

    # -- nothing personal ------------------------------------------------------------

    def test_there_is_nowhere_to_type(self):
        for model in ("contact.kpi.decline", "contact.kpi.decline.wizard"):
            texts = [
                field.name
                for field in self.env[model]._fields.values()
                if field.store and field.type in ("char", "text", "html", "binary")
            ]
            self.assertEqual(texts, [])

    def test_a_deleted_customer_leaves_a_refusal_without_a_name(self):
        one = self.customer("Unmistakable", email="unmistakable")
        self.commit()
        self.decline(self.gaps(one), self.ana, review_on=False)
        self.go("2041-03-05 15:00:00")
        one.unlink()
        self.go("2041-03-06 15:00:00")
        self.assertEqual([row[0] for row in self.refusals()], [""])
        for rows in self.dump(
            "contact.kpi.decline", "contact.kpi.gap", "contact.kpi.decline.wizard"
        ).values():
            self.assertTrue(rows)
            self.assertNotIn("nmistakable", "".join(rows))

    def test_a_merged_customer_keeps_to_its_refusal(self):
        wizard = self.env["base.partner.merge.automatic.wizard"]
        reason = "Prefers not to provide it"
        for number, (lost, won, expected) in enumerate(
            (
                # Review dates, False for never, None for not declined.
                (None, None, []),
                ("2041-04-01", None, [("2041-03-05", "2041-04-01")]),
                (False, None, [("2041-03-05", False)]),
                (None, "2041-04-01", [("2041-03-04", "2041-04-01")]),
                (False, "2041-04-01", [("2041-03-04", "2041-04-01")]),
            )
        ):
            self.go("2041-03-04 15:00:00")
            loser, winner = (self.customer(f"{r}{number}") for r in ("loser", "winner"))
            self.commit()
            for customer, review_on in ((loser, lost), (winner, won)):
                if review_on is not None:
                    self.decline(self.gaps(customer), self.ana, review_on=review_on)
            self.go("2041-03-05 15:00:00")
            wizard._merge((loser | winner).ids, winner)
            self.commit()
            with self.subTest(lost=lost, won=won):
                self.assertEqual(
                    [row[:4] for row in self.refusals() if row[0] == winner.name],
                    [(winner.name, reason, *dates) for dates in expected],
                )
                self.assertEqual(self.gaps(winner).declined, bool(expected))

    def test_a_card_that_becomes_the_customer_keeps_to_its_refusal(self):
        """Merged into a contact that was nobody's customer, and has a gap only then."""
        wizard = self.env["base.partner.merge.automatic.wizard"]
        loser = self.customer("loser")
        card = self.env["res.partner"].create({"name": "card"})
        self.commit()
        self.decline(self.gaps(loser), self.ana, review_on="2041-04-01")
        self.go("2041-03-05 15:00:00")
        wizard._merge((loser | card).ids, card)
        self.commit()
        self.assertEqual(self.names(DECLINED), ["card"])
        self.assertEqual(
            [row[:4] for row in self.refusals() if row[0] == "card"],
            [("card", "Prefers not to provide it", "2041-03-05", "2041-04-01")],
        )

    # -- to-dos ----------------------------------------------------------------------

    def test_its_to_dos_are_done_and_none_are_planned(self):
        one = self.customer("one", user_id=self.ana.id)
        two = self.customer("two", user_id=self.ana.id)
        self.commit()
        gaps = self.gaps(one, two)
        gaps.action_schedule_activity()
        plans = self.env["mail.activity"].search([("contact_kpi_id", "!=", False)])
        self.assertEqual(len(plans), 2)
        self.go("2041-03-05 15:00:00")
        # Of two people: whoever declines need not be whose to-do it is.
        self.decline(gaps[0], self.head, review_on="2041-03-20")
        self.commit()
        by_customer = {plan.res_id: plan.active for plan in plans}
        self.assertEqual(by_customer, {one.id: False, two.id: True})
        bodies = " ".join(body for body, _author in self.notes(one))
        self.assertIn("The customer declined to provide it.", bodies)
        message = gaps.action_schedule_activity()["params"]["message"]
        self.assertEqual(
            message,
            "Activities scheduled: 0. Had one already: 1. Declined: 1.",
        )
        self.go("2041-03-20 15:00:00")
        self.env.invalidate_all()  # another transaction
        message = gaps.action_schedule_activity()["params"]["message"]
        self.assertEqual(message, "Activities scheduled: 1. Had one already: 1.")

    # -- figures -----------------------------------------------------------------------

    def test_figures_are_what_the_told_refusals_give(self):
        """Months of refusals at random, against a list kept beside them."""
        draw = Random(20)
        customers = [
            self.customer(
                f"C{n:02}", user_id=draw.choice([self.ana.id, self.bruno.id, False])
            )
            for n in range(12)
        ]
        self.commit()
        told = {customer: [] for customer in customers}  # [reason, from, until]
        expected_days = {}
        for number in range(25):
            day = date(2041, 3, 4) + timedelta(2 * number)
            self.go(f"{day} 15:00:00")
            self.env.invalidate_all()  # another transaction
            for customer in draw.sample(customers, 3):
                now = [r for r in told[customer] if r[1] <= day < r[2]]
                gap = self.gaps(customer)
                if not now:
                    until = draw.choice([None, day + timedelta(draw.randint(1, 12))])
                    reason = draw.choice([self.refused, self.has_none])
                    self.decline(gap, self.head, reason, review_on=until)
                    told[customer].append([reason.name, day, until or date.max])
                elif draw.random() < 0.5:
                    gap.with_user(self.head).action_take_back_decline()
                    now[0][2] = day
            self.refresh()
            reasons = {
                customer: [r[0] for r in rows if r[1] <= day < r[2]]
                for customer, rows in told.items()
            }
            declined = {c for c, names in reasons.items() if names}
            expected_days[str(day)] = (12, 12, len(declined), 12 - len(declined))
            groups = {
                (
                    row["declined"],
                    row["decline_reason_id"] and row["decline_reason_id"][1],
                ): row["__count"]
                for row in self.env["contact.kpi.gap"].formatted_read_group(
                    [("closed_at", "=", False)],
                    ["declined", "decline_reason_id"],
                    ["__count"],
                )
            }
            expected = {}
            for customer in customers:
                name = (reasons[customer] or [False])[0]
                key = (customer in declined, name)
                expected[key] = expected.get(key, 0) + 1
            self.assertEqual(groups, expected)
            for reason in (self.refused, self.has_none):
                self.assertEqual(
                    self.names([("decline_reason_id", "=", reason.id)]),
                    [c.name for c in customers if reason.name in reasons[c]],
                )
            for user in (self.ana, self.head):
                seen = [
                    c for c in customers if user == self.head or c.user_id != self.bruno
                ]
                card = self.kpi.with_user(user)
                card.invalidate_recordset()
                self.assertEqual(
                    (card.missing_now, card.declined_now, card.to_complete_now),
                    (
                        len(seen),
                        len(declined & set(seen)),
                        len(set(seen) - declined),
                    ),
                )
        self.assertGreater(len({row[2] for row in expected_days.values()}), 3)
        self.assertEqual(self.daily(), expected_days)

    def test_the_form_shows_its_refusals(self):
        one = self.customer("one")
        self.commit()
        self.decline(self.gaps(one), self.ana, review_on="2041-03-10")
        form = Form(self.gaps(one).with_user(self.ana))
        self.assertTrue(form.declined)
        self.assertEqual(
            [row["declined_on"] for row in form.decline_ids._records], ["2041-03-04"]
        )
