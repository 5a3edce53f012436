# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""“Confirmed with the customer”, what ends it, and the indicator made of it."""

from ast import literal_eval
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from ..common import LANDLINE, MOBILE, ContactKpiCase
from ..sales.test_banner_mixin import reserve_contacts

OTHER = "(21) 2345-6789"
MAIL = "a@padaria.com.br"


@tagged("post_install", "-at_install")
class TestContactKpiVerification(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        reserve_contacts(cls.env)
        cls.ana, cls.bia = (
            new_test_user(
                cls.env,
                f"verify_{name}",
                groups="sales_team.group_sale_salesman,base.group_partner_manager",
            )
            for name in ("ana", "bia")
        )
        cls.bruno = new_test_user(
            cls.env, "verify_bruno", groups="sales_team.group_sale_salesman"
        )
        cls.stale = cls.env.ref("contact_kpi.contact_kpi_stale_contact")

    def verified(self, *partners):
        self.env.invalidate_all()
        return [
            (
                str(partner.contact_kpi_verified_on or "-"),
                partner.contact_kpi_verified_by_id.login or "-",
            )
            for partner in partners
        ]

    def confirm(self, partner, user=None):
        partner.with_user(user or self.ana).action_contact_kpi_confirm()

    # -- confirming ------------------------------------------------------------

    def test_one_click_keeps_the_company_day_and_who(self):
        tokyo = self.company("Tokyo", "Asia/Tokyo")
        shared = self.customer("Shared", phone=MOBILE)
        head = self.customer("By its contact", is_company=True)
        buyer = self.contact(head, "Buyer", email=MAIL)
        theirs = self.customer("Tokyo's", phone=MOBILE, company_id=tokyo.id)
        (self.ana | self.bia).write({"company_ids": [(4, tokyo.id)]})
        # Half past ten in the evening in São Paulo, the next morning in Tokyo.
        self.go("2041-03-06 01:30:00")
        self.confirm(shared | buyer | theirs)
        self.assertEqual(
            self.verified(shared, head, buyer, theirs),
            [
                ("2041-03-05", "verify_ana"),
                ("2041-03-05", "verify_ana"),
                ("-", "-"),
                ("2041-03-06", "verify_ana"),
            ],
        )
        self.go("2041-03-07 15:00:00")
        self.confirm(shared, self.bia)
        self.assertEqual(self.verified(shared), [("2041-03-07", "verify_bia")])

    def test_it_is_in_the_chatter(self):
        partner = self.customer("Tracked", phone=MOBILE)
        self.commit()
        tracked = partner.with_user(self.ana).with_context(tracking_disable=False)
        tracked.action_contact_kpi_confirm()
        self.go("2041-03-05 15:00:00")
        tracked.phone = OTHER
        self.commit()
        values = partner.message_ids.sudo().tracking_value_ids
        found = [
            (
                value.field_id.name,
                str(value.new_value_datetime or value.new_value_char or ""),
                value.mail_message_id.author_id.name,
            )
            for value in values.sorted("id")
            if value.field_id.name.startswith("contact_kpi")
        ]
        self.assertEqual(
            sorted(found),
            [
                ("contact_kpi_verified_by_id", "", self.ana.name),
                ("contact_kpi_verified_by_id", self.ana.name, self.ana.name),
                ("contact_kpi_verified_on", "", self.ana.name),
                ("contact_kpi_verified_on", "2041-03-04 00:00:00", self.ana.name),
            ],
        )

    def test_nothing_to_confirm_and_nobody_who_may(self):
        reachable = self.customer("Reachable", phone=MOBILE)
        silent = self.customer("Silent", phone="none")
        self.commit()
        with self.assertRaisesRegex(UserError, "no usable phone or e-mail.*: Silent"):
            self.confirm(reachable | silent)
        with self.assertRaises(AccessError):
            self.confirm(reachable, self.bruno)
        self.assertEqual(self.verified(reachable, silent), [("-", "-")] * 2)
        can = {
            user.login: [
                partner.with_user(user).contact_kpi_can_confirm
                for partner in (reachable, silent)
            ]
            for user in (self.ana, self.bruno)
        }
        self.assertEqual(
            can, {"verify_ana": [True, False], "verify_bruno": [False, False]}
        )
        # Which colleague it was is no customer's to read.
        portal = new_test_user(self.env, "verify_portal", groups="base.group_portal")
        for name in ("contact_kpi_verified_on", "contact_kpi_verified_by_id"):
            with self.assertRaises(AccessError):
                portal.partner_id.with_user(portal).read([name])
        # Typed and confirmed in one go.
        silent.with_user(self.ana).phone = MOBILE
        self.confirm(silent)
        self.assertEqual(self.verified(silent), [("2041-03-04", "verify_ana")])

    def test_nobody_signs_for_somebody_else_or_for_tomorrow(self):
        partner = self.customer("Reachable", phone=MOBILE)
        silent = self.customer("Silent").with_user(self.ana)
        by, on = "contact_kpi_verified_by_id", "contact_kpi_verified_on"
        with self.assertRaisesRegex(ValidationError, "in the future"):
            partner[on] = "2041-03-05"
        self.confirm(partner)
        partner = partner.with_user(self.ana)
        for attempt in (
            lambda: partner.write({by: self.bia.id}),
            lambda: partner.write({on: "2041-03-01", by: self.bia.id}),
            lambda: partner.write({"phone": OTHER, on: "2041-03-01"}),
            lambda: partner.write({on: False}),
            lambda: partner.web_save({on: "2040-01-01"}, {}),
            lambda: silent.write({on: "2041-03-01"}),
            lambda: silent.create({"name": "New", on: "2041-03-01"}),
            lambda: silent.copy({on: "2041-03-01"}),
        ):
            self.env.invalidate_all()
            with (
                self.assertRaisesRegex(UserError, "Confirmed with the customer"),
                self.env.cr.savepoint(),
            ):
                attempt()
        loaded = silent.load(["name", on], [["Imported", "2041-03-01"]])
        self.assertIn("Confirmed with the customer", str(loaded["messages"]))
        self.assertFalse(loaded["ids"])
        self.assertEqual(
            self.verified(partner, silent), [("2041-03-04", "verify_ana"), ("-", "-")]
        )
        copied = partner.copy()
        self.assertEqual(self.verified(copied), [("-", "-")])
        # Nor by what a client says are the defaults.
        forged = partner.with_context(
            default_contact_kpi_verified_on="2041-03-01",
            default_contact_kpi_verified_by_id=self.bia.id,
        ).create({"name": "Forged", "phone": MOBILE})
        self.assertEqual(self.verified(forged), [("-", "-")])

    # -- what ends it ------------------------------------------------------------

    def test_what_ends_a_confirmation(self):
        """Changing or losing what was confirmed; not what adds to it."""
        # Of the customer (phone MOBILE, no e-mail) or of its contact (e-mail MAIL).
        changes = [
            ("head", {"phone": OTHER}, False),
            ("head", {"phone": False}, False),
            ("head", {"phone": "none"}, False),
            ("head", {"phone": f"{OTHER} / {MOBILE}"}, True),  # one more
            ("head", {"phone": "+55 11 96123-4567"}, True),  # the same
            ("head", {"email": "new@padaria.com.br"}, True),
            ("head", {"name": "Other", "website": "x.example"}, True),
            ("child", {"email": "new@padaria.com.br"}, False),
            ("child", {"email": MAIL.upper()}, True),
            ("child", {"email": False, "phone": MOBILE}, False),
            ("both", {"email": False}, True),  # the other one still has it
            ("child", {"phone": LANDLINE}, True),
            ("child", {"active": False}, False),
            ("child", {"parent_id": False}, False),
            ("child", "unlink", False),
            ("child", {"function": "Buyer"}, True),
            ("junk", {"phone": MOBILE}, True),  # was no contact
            ("junk", "unlink", True),
        ]
        found, expected = [], []
        for who, change, kept in changes:
            head = self.customer("Head", phone=MOBILE, is_company=True)
            child = self.contact(head, "Child", email=MAIL)
            if who == "both":
                self.contact(head, "Second", email=MAIL)
            family = {
                "head": head,
                "child": child,
                "both": child,
                "junk": self.contact(head, "Junk", phone="none"),
            }
            self.go("2041-03-05 15:00:00")
            self.confirm(head)
            partner = family[who].with_user(self.ana)
            if change == "unlink":
                partner.unlink()
            else:
                partner.write(change)
            found.append((who, change, self.verified(head)[0][0]))
            expected.append((who, change, "2041-03-05" if kept else "-"))
        self.assertEqual(found, expected)

    def test_contacts_below_a_contact_that_leaves_go_with_it(self):
        other = self.customer("Other", phone=OTHER, is_company=True)
        self.commit()
        self.confirm(other)
        found = []
        for change in ({"parent_id": other.id}, {"is_company": True}, "unlink"):
            head = self.customer("Head", is_company=True)
            buyer = self.contact(head, "Buyer")
            self.contact(buyer, "Assistant", phone=MOBILE)
            self.go("2041-03-05 15:00:00")
            self.confirm(head)
            buyer = buyer.with_user(self.ana)
            buyer.unlink() if change == "unlink" else buyer.write(change)
            found.append(self.verified(head)[0][0])
        self.assertEqual(found, ["-", "-", "-"])
        self.assertEqual(self.verified(other), [("2041-03-04", "verify_ana")])

    def test_who_joins_a_family_is_no_customer_to_confirm(self):
        head = self.customer("Head", phone=MOBILE, is_company=True)
        other = self.customer("Joins", phone=OTHER)
        self.commit()
        self.confirm(head | other)
        other.parent_id = head
        self.assertEqual(
            self.verified(head, other), [("2041-03-04", "verify_ana"), ("-", "-")]
        )

    def test_merging(self):
        """Only a contact that the merged customer has stays confirmed."""
        days = {"old": "2041-03-01", "new": "2041-03-03", "": False}
        cases = [
            # winner's phone and day, losers' phones and days, what stays
            (MOBILE, "old", [(OTHER, "new")], "2041-03-01"),
            (MOBILE, "", [(OTHER, "new")], "-"),
            (MOBILE, "", [(MOBILE, "new")], "2041-03-03"),
            (False, "", [(OTHER, "new")], "2041-03-03"),
            (MOBILE, "old", [(MOBILE, "new")], "2041-03-01"),
            (MOBILE, "", [(MOBILE, "old"), (MOBILE, "new")], "2041-03-03"),
            (MOBILE, "", [(MOBILE, "old"), (OTHER, "new")], "2041-03-01"),
            (MOBILE, "", [(OTHER, "")], "-"),
        ]
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        found = []
        for number, (phone, day, losers, _kept) in enumerate(cases):
            winner, *others = (
                self.customer(
                    f"Merge {number}", phone=text, email=f"m{number}@x.com.br"
                )
                for text, _day in [(phone, day), *losers]
            )
            for partner, (_text, when) in zip(
                [winner, *others], [(phone, day), *losers], strict=True
            ):
                partner.write(
                    {
                        "contact_kpi_verified_on": days[when],
                        "contact_kpi_verified_by_id": days[when] and self.ana.id,
                    }
                )
            self.commit()
            wizard._merge([winner.id, *(other.id for other in others)], winner)
            self.commit()
            found.append(self.verified(winner)[0])
        self.assertEqual(
            found, [(kept, "verify_ana" if kept != "-" else "-") for *_c, kept in cases]
        )

    def test_merging_what_was_confirmed_tomorrow(self):
        """In Tokyo it is the next day already: that hinders no merge."""
        tokyo = self.company("Tokyo", "Asia/Tokyo")
        self.go("2041-03-06 16:00:00")
        theirs = self.customer("Theirs", phone=MOBILE, company_id=tokyo.id)
        ours = self.customer("Ours", phone=MOBILE, company_id=self.main.id)
        self.commit()
        self.confirm(theirs, self.env.user)
        self.assertEqual(str(theirs.contact_kpi_verified_on), "2041-03-07")
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((theirs | ours).ids, ours)
        self.assertEqual(self.verified(ours)[0][0], "2041-03-06")

    # -- the indicator -------------------------------------------------------------

    def stale_now(self):
        """Open gaps of the indicator, by name."""
        gaps = self.env["contact.kpi.gap"].search(
            [("indicator_id", "=", self.stale.id), ("closed_at", "=", False)]
        )
        return sorted(gaps.partner_id.mapped("name"))

    def expected_stale(self, months, zones):
        """Who should be in it, by asking every customer on its own day."""
        names = []
        for head, lacks in self.evaluate("no_contact").items():
            if lacks:
                continue
            day = head.contact_kpi_verified_on
            today = zones[head.company_id.id]
            if not day or day < today - relativedelta(months=months):
                names.append(head.name)
        return sorted(names)

    def test_off_by_default_and_made_only_of_domains(self):
        self.assertFalse(self.stale.active)
        self.assertEqual(self.stale.code, "stale_contact")
        fields = {
            condition.field_expr
            for condition in self.stale._partner_domain("gap_domain").iter_conditions()
        }
        self.assertEqual(
            fields,
            {
                "customer_phone_kind",
                "customer_email_kind",
                "contact_kpi_unconfirmed_months",
            },
        )
        partner = self.env["res.partner"]
        for name in fields:
            self.assertTrue(partner._fields[name].store or partner._fields[name].search)

    def test_months_without_confirmation(self):
        """Begun months, at the ends of short months too; never is more than any."""
        days = ("2042-03-31", "2042-03-01", "2042-02-28", "2042-02-27")
        days += ("2042-01-31", "2042-01-30", "2041-03-31", "2041-03-30", False)
        self.go("2042-03-31 15:00:00")
        partners = self.env["res.partner"].browse()
        for day in days:
            partners |= self.customer(
                str(day), phone=MOBILE, contact_kpi_verified_on=day
            )
        self.go("2042-03-31 15:00:00")
        today = date(2042, 3, 31)

        def begun(day):
            months = 0
            while day and day < today - relativedelta(months=months):
                months += 1
            return months if day else 9999

        months = {p: begun(p.contact_kpi_verified_on) for p in partners}
        self.assertEqual(
            list(months.values()), [0, 1, 1, 2, 2, 3, 12, 13, 9999], "the oracle itself"
        )
        self.assertEqual(
            {p: p.contact_kpi_unconfirmed_months for p in partners}, months
        )
        compare = {
            "=": int.__eq__,
            "!=": int.__ne__,
            ">": int.__gt__,
            "<=": int.__le__,
            ">=": int.__ge__,
            "<": int.__lt__,
        }
        for operator, holds in compare.items():
            for number in (0, 1, 2, 12, 13):
                found = partners.search(
                    [
                        ("id", "in", partners.ids),
                        ("contact_kpi_unconfirmed_months", operator, number),
                    ]
                )
                expected = {p for p, value in months.items() if holds(value, number)}
                self.assertEqual(set(found), expected, f"{operator} {number}")

    def test_a_relative_date_says_the_same(self):
        """In each customer's day; the settings leave such a condition alone."""
        self.customer("Never", phone=MOBILE)
        for day in ("2040-03-03", "2040-03-04", "2040-10-01"):
            self.customer(day, phone=MOBILE, contact_kpi_verified_on=day)
        self.commit()
        self.stale.active = True
        found = self.stale_now()
        self.assertEqual(found, ["2040-03-03", "Never"])
        self.stale.gap_domain = """[
            "|",
            ("customer_phone_kind", "in", ["mobile", "either", "landline", "other"]),
            ("customer_email_kind", "=", "valid"),
            "|",
            ("contact_kpi_verified_on", "=", False),
            ("contact_kpi_verified_on", "<", "today -12m"),
        ]"""
        self.assertEqual(self.stale_now(), found)
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.contact_kpi_stale_months, 0)
        settings.execute()
        self.assertIn('"today -12m")', self.stale.gap_domain)

    def test_it_goes_stale_by_the_calendar_and_closes_at_once(self):
        self.stale.active = True
        main = {False: date(2041, 3, 4)}
        never = self.customer("Never", phone=MOBILE)
        silent = self.customer("Silent")
        fresh = self.customer("Fresh", email=MAIL)
        year = self.customer("A year ago", phone=MOBILE)
        more = self.customer("A year and a day ago", phone=MOBILE)
        year.contact_kpi_verified_on = "2040-03-04"
        more.contact_kpi_verified_on = "2040-03-03"
        fresh.contact_kpi_verified_on = "2041-03-01"
        self.commit()
        self.assertEqual(self.stale_now(), ["A year and a day ago", "Never"])
        self.assertEqual(self.stale_now(), self.expected_stale(12, main))
        # Nobody saves anything: the night finds what the clock did.
        self.go("2041-03-05 03:10:00")
        main[False] += timedelta(days=1)
        self.refresh(self.stale)
        self.assertEqual(self.stale_now(), ["A year ago", *self.stale_now()[1:]])
        self.assertEqual(self.stale_now(), self.expected_stale(12, main))
        # Twice changes nothing.
        before = self.dump("contact.kpi.gap")
        self.refresh(self.stale)
        self.assertEqual(self.dump("contact.kpi.gap"), before)
        self.go("2041-03-05 15:00:00")
        gap = self.env["contact.kpi.gap"].search(
            [("partner_id", "=", year.id), ("indicator_id", "=", self.stale.id)]
        )
        gap.with_user(self.ana).action_contact_kpi_confirm()
        silent.with_user(self.ana).phone = MOBILE
        self.assertEqual(
            self.ledger(year | silent, self.stale),
            [
                (
                    "A year ago",
                    "2041-03-05 03:10:00",
                    "2041-03-05 15:00:00",
                    "completed",
                    "verify_ana",
                ),
                ("Silent", "2041-03-05 15:00:00", False, False, False),
            ],
        )
        # A phone that nobody has asked about.
        self.go("2041-03-06 15:00:00")
        year.with_user(self.bia).phone = OTHER
        never.active = False
        self.assertEqual(
            self.stale_now(), ["A year ago", "A year and a day ago", "Silent"]
        )

    def test_each_company_has_its_own_day(self):
        """Just before midnight in São Paulo it is noon of the next day in Tokyo."""
        tokyo = self.company("Tokyo", "Asia/Tokyo")
        samoa = self.company("Pago Pago", "Pacific/Pago_Pago")
        places = {"Shared": False, "Tokyo": tokyo.id, "Pago Pago": samoa.id}
        for name, company in places.items():
            for day in ("2040-03-04", "2040-03-05", "2040-03-06"):
                self.customer(
                    f"{name} {day}",
                    phone=MOBILE,
                    company_id=company,
                    contact_kpi_verified_on=day,
                )
        self.commit()
        found = {}
        for moment, today in (
            (
                "2041-03-06 02:30:00",
                (date(2041, 3, 5), date(2041, 3, 6), date(2041, 3, 5)),
            ),
            (
                "2041-03-06 05:00:00",
                (date(2041, 3, 6), date(2041, 3, 6), date(2041, 3, 5)),
            ),
            (
                "2041-03-06 20:00:00",
                (date(2041, 3, 6), date(2041, 3, 7), date(2041, 3, 6)),
            ),
        ):
            self.go(moment)
            if not self.stale.active:
                self.stale.active = True
            self.refresh(self.stale)
            zones = dict(zip(places.values(), today, strict=True))
            found[moment] = self.stale_now()
            self.assertEqual(found[moment], self.expected_stale(12, zones), moment)
        self.assertEqual([len(names) for names in found.values()], [4, 5, 7])
        # The reader's time zone, or the typist's, says nothing.
        self.ana.tz = "Pacific/Kiritimati"
        partner = self.customer("Shared", phone=MOBILE)
        partner.contact_kpi_verified_on = "2040-03-06"
        self.commit()
        self.assertNotIn("Shared", self.stale_now())

    def test_months_in_the_settings_redefine_it(self):
        self.stale.active = True
        for name, day in (("Old", "2040-06-01"), ("Older", "2039-12-01")):
            self.customer(name, phone=MOBILE, contact_kpi_verified_on=day)
        self.commit()
        self.assertEqual(self.stale_now(), ["Older"])
        self.go("2041-03-05 15:00:00")
        with Form(self.env["res.config.settings"]) as form:
            self.assertEqual(form.contact_kpi_stale_months, 12)
            form.contact_kpi_stale_months = 6
        form.record.execute()
        self.assertIn(
            ("contact_kpi_unconfirmed_months", ">", 6),
            literal_eval(self.stale.gap_domain),
        )
        self.assertEqual(self.stale_now(), ["Old", "Older"])
        gap = self.env["contact.kpi.gap"].search(
            [("partner_id.name", "=", "Old"), ("indicator_id", "=", self.stale.id)]
        )
        self.assertEqual(gap.origin, "redefined")
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.contact_kpi_stale_months, 6)
        settings.contact_kpi_stale_months = 24
        settings.execute()
        self.assertEqual(self.stale_now(), [])
        self.assertEqual(set(self.stale_reasons()), {"redefined"})
        settings = self.env["res.config.settings"].create({})
        settings.contact_kpi_stale_months = 0
        with self.assertRaisesRegex(ValidationError, "at least one month"):
            settings.execute()
        # Edited by hand: the settings leave it alone.
        self.stale.gap_domain = '[("contact_kpi_verified_on", "=", False)]'
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.contact_kpi_stale_months, 0)
        settings.execute()
        self.assertEqual(
            self.stale.gap_domain, '[("contact_kpi_verified_on", "=", False)]'
        )

    def test_settings_open_where_it_fits_no_longer(self):
        self.commit()
        for text in ("no domain", "[('contact_kpi_unconfirmed_months', '>', 'x')]"):
            query = "UPDATE contact_kpi SET gap_domain = %s WHERE id = %s"
            self.env.cr.execute(query, (text, self.stale.id))
            self.env.invalidate_all()
            with self.subTest(text=text):
                settings = self.env["res.config.settings"].create({})
                self.assertEqual(settings.contact_kpi_stale_months, 0)

    def stale_reasons(self):
        gaps = self.env["contact.kpi.gap"].search(
            [("indicator_id", "=", self.stale.id)]
        )
        return gaps.mapped("close_reason")

    def test_the_quotation_asks_to_confirm_where_it_is_on(self):
        partner = self.customer("Never confirmed", phone=MOBILE, user_id=self.ana.id)
        order = self.order(partner, user_id=self.ana.id).with_user(self.ana)
        self.commit()
        self.assertFalse(order.contact_kpi_state)
        self.stale.active = True
        self.env.invalidate_all()
        self.assertEqual(
            (order.contact_kpi_state, order.contact_kpi_can_edit), ("stale", True)
        )
        order.action_contact_kpi_confirm()
        self.env.invalidate_all()
        self.assertFalse(order.contact_kpi_state)
        self.assertEqual(self.verified(partner), [("2041-03-04", "verify_ana")])

    def test_the_button_is_on_the_customer_and_in_the_list(self):
        partner = self.customer("Reachable", phone=MOBILE)
        self.stale.active = True
        self.commit()
        with Form(partner.with_user(self.ana), "base.view_partner_form") as form:
            self.assertTrue(form.contact_kpi_can_confirm)
            self.assertFalse(form.contact_kpi_verified_on)
            with self.assertRaisesRegex(AssertionError, "readonly"):
                form.contact_kpi_verified_on = "2041-03-01"
        for model, view_type in (("res.partner", "form"), ("contact.kpi.gap", "list")):
            arch = self.env[model].get_view(view_type=view_type)["arch"]
            self.assertIn('name="action_contact_kpi_confirm"', arch)
        gap = self.env["contact.kpi.gap"].search(
            [("partner_id", "=", partner.id), ("indicator_id", "=", self.stale.id)]
        )
        self.assertEqual(
            [gap.with_user(user).can_confirm for user in (self.ana, self.bruno)],
            [True, False],
        )
