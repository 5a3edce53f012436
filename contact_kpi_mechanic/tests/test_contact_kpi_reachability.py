# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whom the workshop may message: by a plain walk over people, numbers and wishes."""

import ast
import random
from collections import Counter
from datetime import timedelta

import pytz

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.contact_kpi.tests.common import (
    LANDLINE,
    MOBILE,
    START,
    ContactKpiCase,
)

from ..models import contact_kpi
from .common import MechanicMixin

REPORT = "contact.kpi.reachability"
STOCK = "stock.group_stock_user"
ALL_LEADS = "sales_team.group_sale_salesman_all_leads"
RULES = ("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
E164 = "+5511961234567"  # MOBILE, dialled
SECOND = "(21) 98765-4321"
SECOND_E164 = "+5521987654321"
COLUMNS = ("reachability", "reason", "contact", "consent", "mobile")


class ReachabilityCase(MechanicMixin, ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mobile = cls.indicator()
        cls.env.user.partner_id.country_id = cls.brazil

    def block(self, *numbers):
        """Put numbers on Odoo's list, as typed."""
        return self.env["phone.blacklist"].create([{"number": n} for n in numbers])

    def rows(self, user=None, domain=()):
        self.env.invalidate_all()
        report = self.env[REPORT].with_user(user or self.env.user)
        return report.search(list(domain))

    def table(self, *names):
        """``{customer: what the report says of it}``."""
        return {
            row.partner_id.name: tuple(
                row.contact_id.name if name == "contact" else row[name]
                for name in names or COLUMNS
            )
            for row in self.rows()
        }


@tagged("post_install", "-at_install")
class TestReachability(ReachabilityCase):
    def test_every_case_by_hand(self):
        """Names say what there is about a customer; the table what follows from it."""
        refused = {"contact_kpi_consent": "refused"}
        given = {"contact_kpi_consent": "given"}
        self.customer("plain", phone=MOBILE)
        self.customer("agreed", phone=SECOND, **given)
        self.customer("refused", phone=MOBILE, **refused)
        self.customer("nothing")
        self.customer("landline, agreed", phone=LANDLINE, **given)
        self.customer("landline, refused", phone=LANDLINE, **refused)
        self.customer("listed", phone="(11) 98888-7777")
        self.customer("listed, typed before 2016", phone="11 8888-7777")
        self.customer("listed with its landline", phone=f"{LANDLINE} / 11988887777")
        self.customer("one of two listed", phone=f"11 98888-7777 ou {MOBILE}")
        self.customer("both listed", phone="(11) 98888-7777 / (31) 98888-6666")
        self.customer("listed, without its area code", phone=f"{LANDLINE}/98888-7777")
        self.customer("a taken back number", phone="(41) 98888-5555")
        self.customer("another one's last digits", phone="(51) 98888-7777")
        firm = self.customer("firm", phone=LANDLINE, is_company=True)
        self.contact(firm, "archived driver", phone=MOBILE, active=False)
        self.contact(firm, "driver who refused", phone=MOBILE, **refused)
        self.contact(firm, "driver", phone=SECOND)
        self.contact(firm, "another driver", phone=MOBILE, **given)
        firm = self.customer("firm first", phone=MOBILE, is_company=True)
        self.contact(firm, "agreed driver", phone=SECOND, **given)
        firm = self.customer("firm of refusals", phone="(11) 98888-7777")
        self.contact(firm, "refusing driver", phone=SECOND, **refused)
        firm = self.customer("firm of one refusal", is_company=True)
        self.contact(firm, "its driver", phone=MOBILE, **refused)
        firm = self.customer("firm that refused", is_company=True, **refused)
        self.contact(firm, "its agreed driver", phone=MOBILE, **given)
        firm = self.customer("firm that agreed", is_company=True, **given)
        self.contact(firm, "its first driver", phone=MOBILE)
        declined = self.customer("declined", phone=LANDLINE)
        self.customer("archived", phone=MOBILE, active=False)
        self.env["res.partner"].create({"name": "no customer", "phone": MOBILE})
        self.block("+55 11 98888-7777", "+55 31 98888-6666", "+55 41 98888-5555")
        self.env["phone.blacklist"].remove("+55 41 98888-5555")
        self.commit()
        gap = declined.contact_kpi_gap_ids.filtered("indicator_id.active")
        gap = gap.filtered(lambda g: g.indicator_id == self.mobile)
        gap._decline(self.env["contact.kpi.decline.reason"].search([], limit=1))
        old = ("allowed", False)
        blacklist = ("refused", "blacklist", False, "not_asked", False)
        no_mobile = ("no_mobile", False, False, "not_asked", False)
        consent = ("refused", "consent", False, "refused", False)
        expected = {
            "plain": (*old, "plain", "not_asked", E164),
            "agreed": (*old, "agreed", "given", SECOND_E164),
            "refused": consent,
            "nothing": no_mobile,
            "landline, agreed": ("no_mobile", False, False, "given", False),
            "landline, refused": ("no_mobile", False, False, "refused", False),
            "listed": blacklist,
            "listed, typed before 2016": blacklist,
            "listed with its landline": blacklist,
            "one of two listed": (*old, "one of two listed", "not_asked", E164),
            "both listed": blacklist,
            "listed, without its area code": blacklist,
            "a taken back number": (
                *(*old, "a taken back number", "not_asked", "+5541988885555"),
            ),
            "another one's last digits": (
                *(*old, "another one's last digits", "not_asked", "+5551988887777"),
            ),
            "firm": (*old, "driver", "not_asked", SECOND_E164),
            "firm first": (*old, "firm first", "not_asked", E164),
            "firm of refusals": blacklist,
            "firm of one refusal": consent,
            "firm that refused": consent,
            "firm that agreed": (*old, "its first driver", "given", E164),
            "declined": ("no_mobile", "declined", False, "not_asked", False),
        }
        self.assertEqual(self.table(), expected)
        # Only who agreed: of a family, the first contact that did.
        settings = Form(self.env["res.config.settings"])
        settings.contact_kpi_only_agreed = True
        settings.save().execute()
        to_ask = ("not_asked", False, False, "not_asked", False)
        agreed = {"firm": "another driver", "firm first": "agreed driver"}
        numbers = {"firm": E164, "firm first": SECOND_E164}
        strict = {
            name: (*old, agreed[name], "given", numbers[name])
            if name in agreed
            else to_ask
            if row[0] == "allowed" and row[3] == "not_asked"
            else row
            for name, row in expected.items()
        }
        self.assertEqual(self.table(), strict)

    def test_what_changes_is_seen_at_once(self):
        """Also what Odoo's hooks never see: the list changed by SQL."""
        customer = self.customer("customer")
        seen = []

        def look():
            seen.append(self.table("reachability")["customer"][0])

        look()
        customer.phone = MOBILE
        look()
        entry = self.block(E164)
        look()
        entry.active = False
        look()
        self.env.cr.execute("UPDATE phone_blacklist SET active = TRUE")
        look()
        customer.phone = SECOND
        look()
        customer.contact_kpi_consent = "refused"
        look()
        customer.contact_kpi_consent = "given"
        look()
        self.assertEqual(
            seen,
            [
                *("no_mobile", "allowed", "refused", "allowed"),
                *("refused", "allowed", "refused", "allowed"),
            ],
        )
        # A merge takes the stricter answer.
        other = self.customer("other", phone=MOBILE, contact_kpi_consent="refused")
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((customer | other).ids, customer)
        self.assertEqual(
            self.table(), {"customer": ("refused", "consent", False, "refused", False)}
        )
        self.mobile.active = False
        self.assertEqual(self.table(), {})

    def test_not_yet_classified_is_apart(self):
        self.customer("mobile", phone=MOBILE)
        self.customer("nothing")
        self.refresh()
        rules = self.env["contact.kpi.ruleset"]
        rules._forget("mobile")
        self.env.cr.execute(
            "UPDATE res_partner SET contact_mobile_kind = NULL,"
            " customer_mobile_kind = NULL"
        )
        self.assertEqual(
            self.table("reachability"),
            {"mobile": ("unclassified",), "nothing": ("no_mobile",)},
        )

    def test_the_recipients_are_checked_when_they_are_opened(self):
        firm = self.customer("firm", is_company=True)
        driver = self.contact(firm, "driver", phone=SECOND)
        plain = self.customer("plain", phone=MOBILE)
        late = self.customer("changes its mind", phone="(31) 98888-6666")
        listed = self.customer("listed meanwhile", phone="(11) 98888-7777")
        self.customer("landline", phone=LANDLINE)
        rows = self.rows()
        self.assertEqual(len(rows), 5)
        allowed = rows.filtered(lambda row: row.reachability == "allowed")
        self.assertEqual(len(allowed), 4)
        self.assertEqual(
            self.env["res.partner"].search(allowed.action_open_contacts()["domain"]),
            driver | plain | late | listed,
        )
        late.contact_kpi_consent = "refused"
        self.block("+55 11 98888-7777")
        action = allowed.action_open_contacts()
        self.assertEqual(
            (action["res_model"], action["name"], action["view_mode"]),
            (
                *("res.partner", "Contacts to Write to (2 of 4 customers)"),
                "list,kanban,form",
            ),
        )
        recipients = self.env["res.partner"].search(action["domain"])
        self.assertEqual(recipients, driver | plain)
        with self.assertRaisesRegex(UserError, "None of these"):
            (rows - allowed).action_open_contacts()
        # Odoo's own composer, opened on them.
        composer = self.env["sms.composer"].with_context(
            active_model="res.partner",
            default_composition_mode="mass",
            default_res_ids=recipients.ids,
        )
        form = Form(composer)
        form.body = "Time for an oil change"
        sent = form.save()._action_send_sms()
        self.assertEqual(
            {sms.partner_id: (sms.number, sms.state) for sms in sent},
            {driver: (SECOND_E164, "outgoing"), plain: (E164, "outgoing")},
        )

    def test_whoever_changes_is_found_by_any_field_that_holds_numbers(self):
        settings = Form(self.env["res.config.settings"])
        settings.contact_kpi_phone_field_ids.add(
            self.env["ir.model.fields"]._get("res.partner", "ref")
        )
        settings.save().execute()
        self.customer("mobile in the other", phone=LANDLINE, ref=MOBILE)
        self.customer("landline in the other", phone=MOBILE, ref=LANDLINE)
        self.customer("one of two listed", phone=MOBILE, ref=SECOND)
        self.look_at_everybody()
        self.commit()
        self.block(E164)
        self.assertEqual(
            self.table("reachability", "mobile"),
            {
                "mobile in the other": ("refused", False),
                "landline in the other": ("refused", False),
                "one of two listed": ("allowed", SECOND_E164),
            },
        )

    # -- at the counter ------------------------------------------------------

    def test_the_order_says_that_one_calls_instead(self):
        ana = new_test_user(self.env, "ana", groups=f"{STOCK}")
        refused = {"contact_kpi_consent": "refused"}
        firm = self.customer("one driver refused", is_company=True, phone=MOBILE)
        told = {
            self.customer("may be", phone=MOBILE): False,
            self.customer("refused", phone=MOBILE, **refused): "consent",
            self.customer("refused, landline", phone=LANDLINE, **refused): False,
            self.customer("listed", phone="(11) 98888-7777"): "blacklist",
            firm: False,
            self.contact(firm, "driver", phone=SECOND, **refused): "consent",
            self.env["res.partner"].create(
                {"name": "first visit", "phone": "11988887777"}
            ): "blacklist",
        }
        self.block("+55 11 98888-7777")
        found = {}
        for partner in told:
            form = Form(self.env["repair.order"].with_user(ana))
            form.partner_id = partner.with_user(ana)
            found[partner] = form.not_messaged
            form.save()
        self.assertEqual(found, told)
        orders = self.env["repair.order"].with_user(ana).search([])
        self.assertEqual(
            {order.partner_id.sudo(): order.not_messaged for order in orders}, told
        )
        orders.action_repair_cancel()
        self.assertEqual(set(orders.mapped("not_messaged")), {False})


@tagged("post_install", "-at_install")
class TestReachabilityScene(ReachabilityCase):
    """Many customers at random; the oracle remembers what it made of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dice = random.Random(7)
        cls.branch = cls.company("Branch", "Asia/Tokyo")
        groups = {
            "own": "sales_team.group_sale_salesman",
            "all": ALL_LEADS,
            "counter": STOCK,
            "counter_own": f"{STOCK},sales_team.group_sale_salesman",
        }
        cls.people = {
            login: new_test_user(cls.env, f"reach_{login}", groups=names)
            for login, names in groups.items()
        }
        cls.people["both"] = new_test_user(
            cls.env,
            "reach_both",
            groups=STOCK,
            company_ids=[Command.set((cls.main | cls.branch).ids)],
        )
        cls.types = cls.env["mechanic.service.type"].search([], limit=4)
        cls.numbers = {}
        cls.fill()
        cls.env.cr.flush()
        cls.mobile._refresh()
        cls.env.cr.flush()

    @classmethod
    def spelled(cls):
        """A text of the field, and the mobiles that it holds, in their order."""
        area = cls.dice.choice(("11", "21", "31"))
        body = f"9{cls.dice.randint(8120, 8999)}{cls.dice.randint(1000, 1200)}"
        dialled = f"+55{area}{body}"
        plain = f"({area}) {body[:5]}-{body[5:]}"
        landline = f"({area}) 3{cls.dice.randint(200, 900)}-4567"
        again = f"+55{area}9612{cls.dice.randint(10, 40)}456"
        return cls.dice.choice(
            [
                (plain, [dialled]),
                (dialled, [dialled]),
                (f"0{area} {body}", [dialled]),
                (f"{area} {body[1:5]}-{body[5:]}", [dialled]),
                (f"{landline} / {plain}", [dialled]),
                (f"{plain} ou {again}", [dialled, again]),
                (f"{landline}/{body[:5]}-{body[5:]}", [dialled]),
                (f"{plain} ramal 21", [dialled]),
                (landline, []),
                ("não tem", []),
                (False, []),
            ]
        )

    @classmethod
    def person(cls, name, **vals):
        text, mobiles = cls.spelled()
        consent = cls.dice.choice(["not_asked"] * 3 + ["given", "refused"])
        partner = cls.env["res.partner"].create(
            {"name": name, "phone": text, "contact_kpi_consent": consent, **vals}
        )
        cls.numbers[partner] = mobiles
        return partner

    @classmethod
    def fill(cls):
        dice = cls.dice
        owners = [False, False, cls.main.id, cls.branch.id]
        people = [False, cls.people["own"].id, cls.people["all"].id]
        for n in range(120):
            company = dice.choice(owners)
            head = cls.person(
                f"C{n}",
                customer_rank=int(dice.random() < 0.7),
                is_company=dice.random() < 0.5,
                active=dice.random() < 0.95,
                company_id=company,
                user_id=dice.choice(people),
                state_id=dice.choice([False, cls.sao_paulo.id]),
                city=dice.choice([False, "Campinas", "Santos"]),
                country_id=cls.brazil.id,
            )
            family = [head]
            for m in range(dice.choice([0, 0, 1, 2])):
                active = dice.random() < 0.8
                vals = {"parent_id": head.id, "company_id": company, "active": active}
                family.append(cls.person(f"C{n}.{m}", **vals))
            for _repair in range(dice.choice([0, 0, 1, 2])):
                moment = START - timedelta(hours=dice.randint(1, 9000))
                cls.env.cr._now = moment
                place = company or dice.choice((cls.main | cls.branch).ids)
                cls.repair(
                    dice.choice(family),
                    company_id=place,
                    picking_type_id=cls.env["stock.picking.type"]
                    .search(
                        [("code", "=", "repair_operation"), ("company_id", "=", place)],
                        limit=1,
                    )
                    .id,
                    service_type_id=dice.choice([False, *cls.types.ids]),
                    priority=dice.choice("01"),
                    state=dice.choice(["draft", "confirmed", "cancel"]),
                )
                cls.env.cr.flush()
        cls.env.cr._now = START
        used = sorted({n for numbers in cls.numbers.values() for n in numbers})
        cls.listed = set(dice.sample(used, len(used) // 5))
        # Typed with and without the ninth digit.
        entries = [
            number if dice.random() < 0.5 else number[:5] + number[6:]
            for number in sorted(cls.listed)
        ]
        cls.env["phone.blacklist"].create([{"number": n} for n in entries])

    def expected(self):
        """The whole table, by walking over everybody: ``{customer: row}``."""
        table = {}
        families = self.families()
        for head, missing in self.evaluate("no_mobile").items():
            family = families[head]
            people = [m for m in family if m.active and self.numbers.get(m)]
            people.sort(key=lambda m: (m != head, m.id))
            refused = {
                m
                for m in people
                if "refused" in (m.contact_kpi_consent, head.contact_kpi_consent)
            }
            free = [
                (m, n)
                for m in people
                for n in self.numbers[m]
                if m not in refused and n not in self.listed
            ]
            contact, number = (free or [(self.env["res.partner"], False)])[0]
            # The scene's own idea of a mobile is the definition's.
            self.assertEqual(missing, not people, head.name)
            reason, consent = False, head.contact_kpi_consent
            if missing:
                reachability = "no_mobile"
            elif free:
                reachability = "allowed"
                if contact.contact_kpi_consent == "given":
                    consent = "given"
            else:
                reachability = "refused"
                reason = "consent" if set(people) == refused else "blacklist"
                if reason == "consent":
                    consent = "refused"
            latest = self.repairs_of(family)[:1]
            repair = latest[0] if latest else self.env["repair.order"]
            day = False
            if repair:
                zone = pytz.timezone(repair.company_id.resource_calendar_id.tz)
                day = pytz.utc.localize(repair.create_date).astimezone(zone).date()
            table[head] = {
                "reachability": reachability,
                "reason": reason,
                "consent": consent,
                "contact_id": contact,
                "mobile": number,
                "last_visit": day,
                "repair_id": repair,
                "service_type_id": repair.service_type_id,
                "urgency": repair.priority or "none",
                "user_id": head.user_id,
                "company_id": head.company_id,
                "state_id": head.state_id,
                "city": head.city,
                "is_company": head.is_company,
            }
        return table

    def test_the_whole_table(self):
        expected = self.expected()
        kinds = Counter((r["reachability"], r["reason"]) for r in expected.values())
        # A scene in which all of it happens.
        self.assertEqual(len(kinds), 4, kinds)
        self.assertGreater(min(kinds.values()), 5, kinds)
        names = list(next(iter(expected.values())))
        found = {
            row.partner_id: {name: row[name] for name in names} for row in self.rows()
        }
        self.assertEqual(found, expected)

    def test_it_agrees_with_the_card(self):
        rows = Counter(row["reachability"] for row in self.expected().values())
        kpi = self.mobile
        self.assertEqual(
            (kpi.customers_now, kpi.missing_now, kpi.messageable_now),
            (sum(rows.values()), rows["no_mobile"], rows["allowed"]),
        )
        self.assertEqual(kpi.not_messaged_now, rows["refused"])
        self.assertTrue(kpi.has_reachability and kpi.reachability_counted)
        self.assertFalse(self.kpi.has_reachability)
        # Too many to be counted each time the overview is opened.
        self.env.invalidate_all()
        self.patch(contact_kpi, "COUNTED", kpi.customers_now - 1)
        self.assertTrue(kpi.has_reachability)
        self.assertFalse(kpi.reachability_counted or kpi.messageable_now)
        for action, value in [
            (kpi.action_messageable(), "allowed"),
            (kpi.action_not_messaged(), "refused"),
            (kpi.action_not_agreed(), "not_asked"),
        ]:
            self.assertIn(f"search_default_{value}", str(action["context"]))
            arch = self.env[REPORT].get_view(view_type="search")["arch"]
            self.assertIn(f'name="{value}"', arch)

    def test_every_group(self):
        expected = self.expected().values()
        for spec in (
            *("service_type_id", "urgency", "reachability", "reason", "consent"),
            *("user_id", "state_id", "company_id", "city", "last_visit:month"),
        ):
            name = spec.partition(":")[0]

            def key(row, name=name):
                value = row[name]
                if name == "last_visit":
                    return value and value.strftime("%Y-%m")
                return value.id if hasattr(value, "id") else value

            found = {}
            for group in self.env[REPORT].formatted_read_group([], [spec], ["__count"]):
                value = group[spec]
                if isinstance(value, tuple | list):
                    value = value[0]
                    value = value[:7] if name == "last_visit" else value
                found[value] = group["__count"]
            self.assertEqual(found, Counter(map(key, expected)), spec)

    def test_every_filter(self):
        expected = self.expected()
        today = START.date()
        half = today.replace(year=2040, month=9)
        year = today.replace(year=2040)
        filters = {
            "allowed": lambda row: row["reachability"] == "allowed",
            "refused": lambda row: row["reachability"] == "refused",
            "no_mobile": lambda row: row["reachability"] == "no_mobile",
            "agreed": lambda row: row["consent"] == "given",
            "six_months": lambda row: row["last_visit"] and row["last_visit"] < half,
            "twelve_months": lambda row: row["last_visit"] and row["last_visit"] < year,
        }
        view = self.env.ref("contact_kpi_mechanic.contact_kpi_reachability_view_search")
        for name, condition in filters.items():
            [node] = view._get_combined_arch().xpath(f"//filter[@name='{name}']")
            rows = self.rows(domain=ast.literal_eval(node.get("domain")))
            wanted = {head for head, row in expected.items() if condition(row)}
            self.assertTrue(wanted, name)
            self.assertEqual(set(rows.partner_id), wanted, name)
        visits = [row.last_visit for row in self.rows()]
        self.assertEqual(visits, sorted(visits, key=lambda day: (not day, day)))

    def test_who_sees_whom(self):
        expected = self.expected()
        own = self.people["own"]
        main, both = self.main | self.env["res.company"], self.main | self.branch
        sees = {
            "own": lambda row: row["user_id"] in (own, self.env["res.users"]),
            "all": lambda row: True,
            "counter": lambda row: True,
            "counter_own": lambda row: True,
            "both": lambda row: True,
        }
        for login, condition in sees.items():
            companies = both if login == "both" else main
            wanted = {
                head.id
                for head, row in expected.items()
                if condition(row) and (row["company_id"] or main) <= companies
            }
            user = self.people[login]
            report = self.env[REPORT].with_user(user)
            if login == "both":
                report = report.with_context(allowed_company_ids=both.ids)
            self.env.invalidate_all()
            rows = report.search([])
            self.assertEqual(set(rows.ids), wanted, login)
            if user.has_group(STOCK):
                repairs = {row.id: row.repair_id.id for row in rows}
                self.assertEqual(
                    repairs,
                    {
                        head.id: row["repair_id"].id
                        if row["repair_id"].company_id <= companies
                        else False
                        for head, row in expected.items()
                        if head.id in wanted
                    },
                )
        with self.assertRaises(AccessError):
            self.rows(own).mapped("repair_id")
        portal = new_test_user(self.env, "reach_portal", groups="base.group_portal")
        clerk = new_test_user(self.env, "reach_clerk", groups="base.group_user")
        for user in (portal, clerk):
            with self.assertRaises(AccessError), mute_logger(*RULES):
                self.rows(user)
        card = self.mobile.with_user(own)
        rows = [row for row in expected.values() if sees["own"](row)]
        rows = [row for row in rows if (row["company_id"] or main) <= main]
        counts = Counter(row["reachability"] for row in rows)
        self.assertEqual(
            (card.messageable_now, card.not_messaged_now),
            (counts["allowed"], counts["refused"]),
        )

    def test_the_export_carries_the_number(self):
        rows = self.rows(domain=[("reachability", "=", "allowed")])
        exported = rows.export_data(["partner_id/name", "contact_id/name", "mobile"])
        expected = self.expected()
        self.assertEqual(
            sorted(exported["datas"]),
            sorted(
                [head.name, row["contact_id"].name, row["mobile"]]
                for head, row in expected.items()
                if row["reachability"] == "allowed"
            ),
        )
        self.assertFalse(self.env[REPORT]._fields["mobile"].store)
