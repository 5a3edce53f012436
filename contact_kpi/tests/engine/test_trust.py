# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Nights that trust the hooks: whoever changed is counted anew, and nobody else."""

import random

from odoo.tests import new_test_user, tagged

from ..common import MOBILE, PHONE, ContactKpiCase

NIGHTS = [f"2041-03-{day:02} 04:00:00" for day in range(5, 30)]
VERIFICATION = "contact_kpi.verification"


@tagged("post_install", "-at_install")
class TestTrust(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = [
            new_test_user(
                cls.env,
                f"trust_{name}",
                groups="sales_team.group_sale_salesman,base.group_partner_manager",
            )
            for name in ("ana", "rui")
        ]
        cls.mobile = cls.indicator()
        cls.kpis = cls.kpi | cls.mobile

    def choose(self, value):
        self.env["ir.config_parameter"].set_param(VERIFICATION, value)

    def night(self, moment):
        """What the scheduled action does."""
        self.go(moment)
        for kpi in self.env["contact.kpi"].search([]):
            self.assertTrue(kpi._refresh_safely())
        self.commit()

    def last(self, kpi=None):
        """The run of shared customers that was evaluated last."""
        return self.env["contact.kpi.run"].search(
            [("indicator_id", "=", (kpi or self.kpi).id), ("company_id", "=", False)],
            order="date desc",
            limit=1,
        )

    def verified(self, kpi=None):
        run = self.last(kpi)
        return run.verified, run.corrected

    def totals(self, kpi):
        run = self.last(kpi)
        return run.customers, run.missing, run.declined

    def states(self):
        """How customers are on record, in plain SQL."""
        self.commit()
        self.env.cr.execute(
            """
            SELECT k.code, p.name, u.login, s.is_company, s.missing, s.declined
              FROM contact_kpi_customer_state s JOIN contact_kpi k
                ON k.id = s.indicator_id
              LEFT JOIN res_partner p ON p.id = s.partner_id
              LEFT JOIN res_users u ON u.id = s.user_id
             ORDER BY k.code, p.name
            """
        )
        return self.env.cr.fetchall()

    def waiting(self):
        """Whom the next night is to count anew."""
        self.commit()
        self.env.cr.execute(
            "SELECT DISTINCT partner_id FROM contact_kpi_customer_change"
        )
        partners = [partner for (partner,) in self.env.cr.fetchall()]
        return sorted(self.env["res.partner"].browse(partners).exists().mapped("name"))

    # -- whom a night looks at ---------------------------------------------------

    def test_only_whoever_changed_is_counted_anew(self):
        one = self.customer("One")
        self.customer("Two", phone=PHONE)
        self.choose("demand")
        self.refresh()
        self.night(NIGHTS[0])
        first = [
            ("no_contact", "One", None, False, True, False),
            ("no_contact", "Two", None, False, False, False),
            ("test_no_mobile", "One", None, False, True, False),
            ("test_no_mobile", "Two", None, False, True, False),
        ]
        self.assertEqual(self.states(), first)
        self.assertEqual(self.waiting(), [])
        one.write({"phone": PHONE, "user_id": self.people[0].id})
        self.assertEqual(self.waiting(), ["One"])
        # What stands there is not what anybody saw: nobody looks at it.
        self.env.cr.execute(
            "UPDATE res_partner SET user_id = %s WHERE name = 'Two'",
            [self.people[1].id],
        )
        self.env.invalidate_all()
        self.night(NIGHTS[1])
        login = self.people[0].login
        trusted = [
            ("no_contact", "One", login, False, False, False),
            ("no_contact", "Two", None, False, False, False),
            ("test_no_mobile", "One", login, False, True, False),
            ("test_no_mobile", "Two", None, False, True, False),
        ]
        self.assertEqual(self.states(), trusted)
        self.assertEqual(self.waiting(), [])
        self.assertEqual(self.totals(self.kpi), (2, 0, 0))
        self.assertEqual(self.last().verified, False)
        self.assertTrue(self.mobile.verified_at)
        self.refresh()
        other = self.people[1].login
        self.assertEqual(
            [row[2] for row in self.states()], [login, other, login, other]
        )
        self.assertEqual(self.verified(), ("all", 1))
        self.assertFigures(self.kpi, "2041-03-06")

    def test_a_night_in_which_nothing_happened_writes_no_row(self):
        for place in range(5):
            self.customer(f"Customer {place}", phone=place % 2 and PHONE)
        for choice in ("demand", "week", "night"):
            self.choose(choice)
            self.refresh()
            tables = ("fact", "gap", "gap.segment", "customer.state", "customer.change")
            models = [f"contact.kpi.{name}" for name in tables]
            marks = self.marks(models)
            self.night(NIGHTS[0])
            self.night(NIGHTS[1])
            self.assertEqual(self.marks(models), marks, choice)
            self.assertEqual(self.totals(self.kpi), (5, 3, 0))
            self.go("2041-03-04 15:00:00")
            self.env["contact.kpi.run"].search([]).unlink()

    def marks(self, models):
        """The rows of tables with the transaction's own mark of who wrote them last."""
        self.commit()
        rows = []
        for model in models:
            table = self.env[model]._table
            self.env.cr.execute(f"SELECT ctid::text, * FROM {table} ORDER BY id")
            rows.append(self.env.cr.fetchall())
        return rows

    # -- what is found all the same ----------------------------------------------

    def unseen(self, name, **vals):
        """Change a customer where no hook can see it."""
        self.env.flush_all()
        columns = ", ".join(f"{column} = %s" for column in vals)
        self.env.cr.execute(
            f"UPDATE res_partner SET {columns} WHERE name = %s", [*vals.values(), name]
        )
        self.env.invalidate_all()

    def test_a_week_verifies_everybody(self):
        for place in range(21):
            self.customer(f"Customer {place:02}", user_id=self.people[0].id)
        self.choose("week")
        self.refresh()
        self.go(NIGHTS[0])
        self.refresh()
        before = self.kpi.verified_at
        for place in range(21):
            self.unseen(f"Customer {place:02}", user_id=self.people[1].id)
        corrected, parts = [], set()
        for moment in NIGHTS[1:8]:
            self.night(moment)
            self.env.invalidate_all()
            run = self.last()
            self.assertEqual(run.verified, "part")
            parts.add(run.verified_part)
            corrected.append(run.corrected)
        self.assertEqual((sum(corrected), parts), (21, set(range(7))))
        self.assertLess(max(corrected), 21)
        self.assertFigures(self.kpi, "2041-03-12")
        self.assertGreater(self.kpi.verified_at, before)
        self.assertEqual(str(self.kpi.verified_at), NIGHTS[1])
        # A night that failed leaves its seventh to the next.
        self.night(NIGHTS[9])
        self.assertEqual(self.last().verified_part, min(parts))

    def test_contacts_changed_unseen_are_found_within_the_week(self):
        names = [f"Customer {place:02}" for place in range(14)]
        for name in names:
            self.customer(name, phone=PHONE)
        self.choose("week")
        self.refresh()
        for name in names:
            self.unseen(name, phone=None)
        for moment in NIGHTS[:7]:
            self.night(moment)
        self.assertEqual(self.totals(self.kpi), (14, 14, 0))
        self.assertAgreement(self.kpi)
        self.assertFigures(self.kpi, "2041-03-11")

    def test_another_definition_is_counted_anew_whatever_was_chosen(self):
        self.customer("One", phone=PHONE)
        self.customer("Two")
        self.choose("demand")
        self.refresh()
        self.mobile.gap_domain = "[('phone', '=', False)]"
        self.night(NIGHTS[0])
        self.assertEqual(self.verified(self.mobile)[0], "all")
        self.assertEqual(self.verified()[0], False)
        self.assertEqual(self.totals(self.mobile), (2, 1, 0))
        self.night(NIGHTS[1])
        self.assertEqual(self.verified(self.mobile)[0], False)

    def test_other_customer_types_are_counted_anew(self):
        tags = self.env["res.partner.category"]
        types, fleet = tags.create({"name": "Types"}), tags.create({"name": "Fleet"})
        self.customer("One", category_id=fleet.ids)
        self.env["ir.config_parameter"].set_param(
            "contact_kpi.customer_type_tag_id", str(types.id)
        )
        self.choose("demand")
        self.refresh()
        fleet.parent_id = types
        self.night(NIGHTS[0])
        self.assertEqual(self.verified()[0], "all")
        self.assertFigures(self.kpi, "2041-03-05")

    def test_what_no_hook_follows_is_verified_every_night(self):
        followed = {
            "[('phone', '=', False)]": True,
            "[('family_ids.email', '=', False)]": True,
            "[('family_ids.function', '=', False)]": False,
            "[('user_id', 'in', [1, 2])]": True,
            "[('email_normalized', '=', False)]": True,
            "[('partner_share', '=', True)]": True,
            "[('sale_order_ids.state', '=', 'sale')]": True,
            "[('sale_order_ids.amount_total', '>', 100)]": False,
            "[('category_id', '=', 1)]": False,
            "[('industry_id.name', '=', 'Food')]": False,
            "[('create_date', '<', '-30d')]": False,
            "[('category_id', 'child_of', 1)]": False,
            "[('property_payment_term_id', '=', False)]": True,
            "['|', ('phone', '=', False), ('industry_id.name', '=', 'Food')]": False,
        }
        kpi = self.mobile
        found = {}
        for text in followed:
            kpi.gap_domain = text
            found[text] = kpi._is_followed()
        self.assertEqual(found, followed)
        kpi.gap_domain = "[('industry_id.name', '=', 'Food')]"
        industry = self.env["res.partner.industry"].create({"name": "Glass"})
        self.customer("One", industry_id=industry.id)
        self.choose("demand")
        self.refresh()
        industry.name = "Food"
        self.night(NIGHTS[0])
        self.assertEqual(self.totals(kpi), (1, 1, 0))
        self.assertEqual(self.verified()[0], False)

    def test_becoming_one_of_our_companies_is_followed(self):
        customer = self.customer("Branch")
        other = self.customer("Other")
        self.choose("demand")
        self.refresh()
        self.night(NIGHTS[0])
        company = self.env["res.company"].create(
            {"name": "Branch", "partner_id": customer.id}
        )
        self.night(NIGHTS[1])
        self.assertEqual(self.verified(), (False, 0))
        self.assertEqual(self.totals(self.kpi), (1, 1, 0))
        company.partner_id = other
        self.night(NIGHTS[2])
        self.assertEqual(self.totals(self.kpi), (1, 1, 0))
        self.assertFigures(self.kpi, "2041-03-07")
        self.assertAgreement(self.kpi)

    def test_automatic_is_everybody_up_to_a_number(self):
        self.customer("One")
        self.refresh()
        self.assertEqual(len(self.kpi._parts_to_verify()), 7)
        runs = self.env["contact.kpi.run"].search([("state", "=", "provisional")])
        for customers, parts in ((100_000, 7), (100_001, 1)):
            runs.customers = 0
            self.last().customers = customers
            self.assertEqual(len(self.kpi._parts_to_verify()), parts, customers)
        self.choose("nonsense")
        self.assertEqual(len(self.kpi._parts_to_verify()), 1)
        settings = self.env["res.config.settings"].create({})
        settings.contact_kpi_verification = "demand"
        settings.execute()
        self.assertEqual(self.kpi._parts_to_verify(), ())

    # -- the same figures --------------------------------------------------------

    def test_days_that_trusted_have_the_figures_of_days_that_verified(self):
        """Whatever people do, on many days, against counting the customers."""
        draw = random.Random(8)
        branch = self.company("Branch", "Asia/Tokyo")
        reason = self.env["contact.kpi.decline.reason"].search([], limit=1)
        self.choose("demand")
        for place in range(12):
            self.customer(f"Customer {place}", is_company=place % 3 == 0)
        self.refresh()
        yesterday = None
        for day, moment in enumerate(NIGHTS):
            for _act in range(6):
                self.act(draw, branch, reason)
                self.commit()
            # Now and then late, now and then twice.
            if draw.random() < 0.2 and moment != NIGHTS[-1]:
                yesterday = None
                continue
            closing = {kpi: self.counted(kpi) for kpi in self.kpis}
            self.go(moment)
            for _act in range(2):
                self.act(draw, branch, reason, ["phone", "contact", "decline"])
            self.night(moment)
            if yesterday:
                self.env.invalidate_all()
                self.assertEqual(set(yesterday.mapped("state")), {"done"})
                for kpi, same_kpi in yesterday.grouped("indicator_id").items():
                    self.assertEqual(self.shown(same_kpi), closing[kpi], day)
            if draw.random() < 0.3:
                self.night(moment.replace("04:00", "09:00"))
            self.env.invalidate_all()
            yesterday = None
            for kpi in self.kpis:
                with self.subTest(day=day, kpi=kpi.code):
                    runs = self.env["contact.kpi.run"].search(
                        [("indicator_id", "=", kpi.id), ("state", "=", "provisional")]
                    )
                    self.assertFalse(any(runs.mapped("verified")) and day)
                    yesterday = (yesterday or runs.browse()) | runs
                    self.assertAgreement(kpi)
                    self.assertEqual(self.shown(runs), self.counted(kpi))
                    self.assertEqual(
                        [sum(row[-3] for row in self.shown(runs))],
                        [sum(runs.mapped("customers"))],
                    )
        before = self.facts(self.kpis)
        self.refresh()
        self.assertEqual(self.facts(self.kpis), before)
        self.assertEqual(self.verified(), ("all", 0))
        self.assertEqual(self.verified(self.mobile), ("all", 0))

    def act(self, draw, branch, reason, among=None):
        """Do something that people do."""
        customers = self.env["res.partner"].search(
            [("customer_rank", ">", 0), ("parent_id", "=", False)]
        )
        while len(customers) < 6:
            customers |= self.customer(f"Customer {draw.random()}")
        one, other = draw.sample(list(customers), 2)
        gaps = self.env["contact.kpi.gap"].search(
            [("closed_at", "=", False), ("partner_id", "=", one.id)]
        )
        contact = self.env["res.partner"].search(
            [("parent_id", "=", one.id)], limit=1
        ) or self.contact(one)
        acts = {
            "phone": lambda: one.write({"phone": draw.choice([PHONE, MOBILE, "-"])}),
            "contact": lambda: contact.write({"phone": draw.choice([MOBILE, False])}),
            "salesperson": lambda: one.write({"user_id": draw.choice(self.people).id}),
            "company": lambda: (one | contact).write(
                {"company_id": draw.choice([branch.id, self.main.id, False])}
            ),
            "state": lambda: one.write({"state_id": self.sao_paulo.id}),
            "archive": lambda: one.write({"active": draw.random() < 0.3}),
            "join": lambda: one.write({"parent_id": other.id}),
            "new": lambda: self.customer(f"Customer {draw.random()}"),
            "order": lambda: self.order(
                self.env["res.partner"].create({"name": f"Order {draw.random()}"})
            ),
            "decline": lambda: (
                gaps and not gaps[0].declined and gaps[0]._decline(reason)
            ),
            "review": lambda: (
                gaps
                and not gaps[0].declined
                and gaps[0]._decline(
                    reason, max(gaps._company_days()).replace(day=draw.randint(28, 31))
                )
            ),
            "take back": lambda: gaps.action_take_back_decline(),
            "delete": lambda: not one.sale_order_ids and one.unlink(),
            "merge": lambda: (
                self.env["base.partner.merge.automatic.wizard"]
                .create({})
                ._merge([one.id, other.id], other)
            ),
        }
        acts[draw.choice(among or [*acts, "phone", "contact", "salesperson"])]()

    def facts(self, kpis):
        """Every day's figures, in plain SQL."""
        self.commit()
        self.env.cr.execute(
            """
            SELECT r.indicator_id, r.date, f.company_id, f.user_id, f.is_company,
                   f.state_id, f.customers, f.missing, f.declined
              FROM contact_kpi_run r JOIN contact_kpi_fact f
                ON f.indicator_id = r.indicator_id
               AND f.company_id = COALESCE(r.company_id, 0)
               AND date_trunc('month', f.since) = date_trunc('month', r.date)
               AND f.since <= r.date AND COALESCE(f.until, 'infinity') > r.date
             WHERE r.indicator_id = ANY(%s)
             ORDER BY 1, 2, 3, 4 NULLS FIRST, 5, 6 NULLS FIRST
            """,
            [kpis.ids],
        )
        return self.env.cr.fetchall()

    def shown(self, runs):
        rows = self.env["contact.kpi.snapshot"].search([("run_id", "in", runs.ids)])
        return sorted(
            (*map(str, self.segment_in(row)), row.customers, row.missing, row.declined)
            for row in rows
        )

    def counted(self, kpi):
        """What counting the customers one by one gives."""
        table = {}
        for head, missing in self.evaluate(kpi.code).items():
            gap = self.env["contact.kpi.gap"].search(
                [
                    ("indicator_id", "=", kpi.id),
                    ("partner_id", "=", head.id),
                    ("closed_at", "=", False),
                ]
            )
            row = table.setdefault(self.segment_of(head, kpi.code), [0, 0, 0])
            row[0] += 1
            row[1] += missing
            row[2] += bool(missing and gap.declined)
        return sorted((*map(str, key), *row) for key, row in table.items())
