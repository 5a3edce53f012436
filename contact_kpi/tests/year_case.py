# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Fourteen months of a sales desk, drawn by lot, lived once per class of tests.

People work, nights are late, twice or missed, definitions and placeholders change
and change back. A chronicler (``chronicle``) looks at all customers after each
change, with the definitions of ``common``, and writes down what must follow.
"""

import random
from collections import Counter
from datetime import date, datetime, time, timedelta
from functools import lru_cache, partial

import pytz

from odoo.fields import Command
from odoo.tests import new_test_user
from odoo.tools import SQL

from ..tools.contact import classify_email, classify_phone
from .chronicle import SHARED, Chronicle, Decline, Seen
from .common import (
    ANSWERS,
    ANY_PHONE,
    LANDLINE,
    MOBILE,
    NO_MOBILE,
    PHONE,
    START,
    ContactKpiCase,
)

FIRST = START.date() + timedelta(days=1)
DAYS = 425
SWITCHBOARD = "(11) 2345-0001"  # on the list of placeholders for a while
PHONES = [False, False, "não tem", "(11) 99999-9999", SWITCHBOARD, PHONE, LANDLINE]
PHONES += [MOBILE, "021 123 4567"]  # the last one only means something in Auckland
EMAILS = [False, False, False, "x@x", "ana@oficina.com.br"]
NO_PHONE = (
    "[('customer_phone_kind', 'not in', ['mobile', 'either', 'landline', 'other'])]"
)
LATE = {*range(9, DAYS, 23)}
MISSED = {12, 40, 41, 77, 100, 101, 102, 148, 190, 191, 240, 286, 287, 333, 361, 400}
TWICE = {*range(6, DAYS, 17)}
CHECKED = {*range(25, DAYS, 50)}  # the quick look against the oracle of common
SHARES = {
    "new_customer": 12,
    "type_phone": 34,
    "type_email": 9,
    "new_contact": 8,
    "change_contact": 7,
    "change_salesperson": 10,
    "change_segment": 8,
    "change_company": 3,
    "archive_or_restore": 6,
    "quote": 12,
    "confirm_or_cancel": 9,
    "forget_rank": 3,
    "delete": 4,
    "merge": 5,
    "decline": 6,
    "past_the_hooks": 7,
}


@lru_cache(None)
def phone_kind(text, country, placeholders):
    phone = classify_phone(text, country, placeholders)
    return phone and phone.kind


class YearCase(ContactKpiCase):
    """Tests of a year: ``self.chronicle`` is what they may believe."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.auckland = cls.company(
            "Auckland", "Pacific/Auckland", cls.env.ref("base.nz")
        )
        cls.companies = {
            SHARED: cls.env["res.company"],
            cls.main.id: cls.main,
            cls.auckland.id: cls.auckland,
        }
        cls.ana, cls.bruno, cls.boss = (
            new_test_user(
                cls.env,
                f"year_{name}",
                groups=f"sales_team.{group},base.group_partner_manager",
                company_id=cls.main.id,
                company_ids=[Command.set((cls.main | cls.auckland).ids)],
            )
            for name, group in (
                ("ana", "group_sale_salesman_all_leads"),
                ("bruno", "group_sale_salesman_all_leads"),
                ("boss", "group_sale_manager"),
            )
        )
        cls.states = cls.brazil.state_ids[:3]
        cls.industries = cls.env["res.partner.industry"].search([], limit=2)
        chosen = cls.env["res.partner.category"].create({"name": "Type"})
        cls.types = cls.env["res.partner.category"].create(
            [{"name": name, "parent_id": chosen.id} for name in ("Fleet", "Resale")]
        )
        cls.env["ir.config_parameter"].set_param(
            "contact_kpi.customer_type_tag_id", chosen.id
        )
        cls.chronicle = Chronicle(
            {
                SHARED: "America/Sao_Paulo",
                cls.main.id: "America/Sao_Paulo",
                cls.auckland.id: "Pacific/Auckland",
            }
        )
        cls.kpis, cls.answers = {}, {}
        cls.watch(cls.kpi, ANSWERS["no_contact"])
        cls.orders = []  # [order, customer, created at, confirmed at]
        cls.lacked = {}  # {order: {kpi: whether its customer lacked it then}}
        cls.forgotten = set()  # orders whose customer was merged into another
        cls.counted = {}  # {(kpi, series, day): the figures, counted at midnight}
        cls.quiet = {}  # {(series, day): refreshed when nothing had happened since}
        cls.quick_looks = []  # what the quick look and the oracle of common saw
        cls.happened = Counter()
        cls("runTest").live()

    @classmethod
    def watch(cls, kpi, answers):
        cls.kpis[kpi.code] = kpi
        cls.answers[kpi.code] = answers

    def setUp(self):
        super().setUp()
        self.clock.move_to(self.end)
        self.env.cr._now = self.end

    # -- the year ----------------------------------------------------------------

    def live(self):
        self.draw = random.Random(20)
        self.heads, self.people, self.midnights = [], [], []
        self.unnoticed = set()  # changed by SQL: nobody knows before the refresh
        self.listed = self.placeholders()
        for number, (moment, step) in enumerate(
            sorted(self.timeline(), key=lambda item: item[0])
        ):
            self.move(moment)
            step()
            if number % 500 == 100:
                self.analyze()
        self.analyze()
        type(self).end = self.now + timedelta(hours=1)
        self.move(self.end)

    def move(self, moment):
        self.go(moment)
        self.now = moment

    def timeline(self):
        """``(moment, step)``: people's work, the midnights, the refreshes."""
        special = {
            18: self.add_indicator,
            130: lambda: self.redefine(NO_PHONE, (ANY_PHONE, set())),
            171: lambda: self.redefine(NO_MOBILE, ANSWERS["test_no_mobile"]),
            205: lambda: self.list_placeholder(True),
            260: lambda: self.list_placeholder(False),
        }
        for number in range(DAYS):
            day = FIRST + timedelta(days=number)
            midnight = self.midnight(SHARED, day)
            for series in self.companies:
                yield self.midnight(series, day), partial(self.count, series, day)
            count = 16 if number == 0 else self.draw.choice([0, 1, 1, 2, 2, 3])
            # At odd seconds, and not while the administrator is at work.
            seconds = [*range(1, 35999, 2), *range(38001, 86400, 2)]
            for second in self.draw.sample(seconds, count):
                yield midnight + timedelta(seconds=second), self.work
            for minutes in self.refreshes(number):
                yield midnight + timedelta(minutes=minutes), self.night
            if number in special:
                yield midnight + timedelta(seconds=36000), special[number]
            if number in CHECKED:
                yield midnight + timedelta(seconds=36600), self.check_the_quick_look

    def midnight(self, series, day):
        """The first moment of a day of a series, in UTC."""
        local = self.chronicle.zones[series].localize(datetime.combine(day, time()))
        return local.astimezone(pytz.utc).replace(tzinfo=None)

    def refreshes(self, number):
        """Minutes after midnight at which figures are taken."""
        if number in MISSED:
            return []
        usual = 13 * 60 + 30 if number in LATE else 3 * 60 + 10
        return [usual, 19 * 60] if number in TWICE else [usual]

    # -- the chronicler ------------------------------------------------------------

    def see(self):
        """``{kpi: {customer: Seen}}``: as ``evaluate``, for all indicators at once."""
        seen = {code: {} for code in self.kpis}
        for head, family in self.known_customers().items():
            company, user, *segments = self.segment_of(head)
            segments, born = tuple(segments), head.create_date
            for code, missing in self.missing(family).items():
                customer = Seen(missing, company or SHARED, user, segments, born)
                seen[code][head.id] = customer
        return seen

    def missing(self, family):
        phones, emails = set(), set()
        for partner in family:
            if partner.active:
                country = self.country_of(partner)
                phones.add(phone_kind(partner.phone, country, self.listed))
                emails.add(classify_email(partner.email, self.listed))
        return {
            code: phones.isdisjoint(good) and emails.isdisjoint(also)
            for code, (good, also) in self.answers.items()
        }

    def look(self, credit=None, cause=None, kpis=None):
        """The end of a transaction: what has changed by it?"""
        self.commit()
        seen = self.see()
        for code in kpis or self.kpis:
            self.chronicle.look(
                code,
                seen[code],
                self.now,
                credit=credit and credit.id,
                cause=cause,
                blind=self.unnoticed,
            )
        return seen

    def count(self, series, day):
        """At midnight: the figures of the day that is over, by counting."""
        yesterday = day - timedelta(days=1)
        if self.unnoticed:
            return
        for code, seen in self.see().items():
            rows = self.counted[code, series, yesterday] = {}
            for customer in seen.values():
                if customer.company == series:
                    key = customer.company, customer.user, *customer.segments
                    row = rows.setdefault(key, [0, 0])
                    row[0] += 1
                    row[1] += customer.missing
        self.midnights.append((series, yesterday))

    def check_the_quick_look(self):
        quick = self.see()["no_contact"].items()
        self.quick_looks.append(
            (
                {head: customer.missing for head, customer in quick},
                {head.id: lacks for head, lacks in self.evaluate("no_contact").items()},
            )
        )

    # -- the refresh and the administrator ---------------------------------------------

    def night(self):
        self.refresh()
        self.unnoticed.clear()
        seen = self.look()
        for code, kpi in self.kpis.items():
            key = kpi.gap_domain, self.listed
            self.chronicle.evaluate(code, seen[code], self.now, key)
        self.quiet.update(dict.fromkeys(self.midnights, self.now))
        self.midnights.clear()

    def before_the_change(self):
        """The administrator knows what is new before changing anything."""
        self.night()
        self.move(self.now + timedelta(minutes=2))

    def add_indicator(self):
        self.before_the_change()
        kpi = (
            self.env["contact.kpi"]
            .with_user(self.boss)
            .create(
                {"name": "Mobile", "code": "test_no_mobile", "gap_domain": NO_MOBILE}
            )
        )
        self.watch(kpi.sudo(False).with_env(self.env), ANSWERS["test_no_mobile"])
        self.look(cause="initial", kpis=["test_no_mobile"])

    def redefine(self, domain, answers):
        self.before_the_change()
        kpi = self.kpis["test_no_mobile"]
        kpi.with_user(self.boss).gap_domain = domain
        self.watch(kpi, answers)
        self.look(cause="redefined", kpis=[kpi.code])
        today = self.chronicle.days(self.now)
        for series, day in today.items():
            run = self.chronicle.runs.get((kpi.code, series, day))
            if run and run.state == "provisional":
                run.key = domain, self.listed

    def list_placeholder(self, active):
        self.before_the_change()
        Placeholder = self.env["contact.kpi.placeholder"].with_user(self.boss)
        if active:
            Placeholder.create({"name": SWITCHBOARD})
        else:
            Placeholder.search([("name", "=", SWITCHBOARD)]).active = False
        self.move(self.now + timedelta(minutes=2))
        while self.env["contact.kpi.ruleset"]._classify_next(40)[1]:
            pass
        self.listed = self.placeholders()
        self.look(cause="redefined")

    # -- people at work --------------------------------------------------------

    def work(self):
        self.midnights.clear()
        [name] = self.draw.choices(list(SHARES), list(SHARES.values()))
        credit = self.user()
        if getattr(self, name)(self.env(user=credit.id) if credit else self.env):
            self.happened[name] += 1
        self.look(credit)

    def user(self):
        """Who does it; None is a job, which is never credited."""
        return self.draw.choice([self.ana, self.ana, self.bruno, self.boss, None])

    def pick(self, *conditions):
        heads = [
            head
            for head in self.heads
            if head.id not in self.unnoticed and all(c(head) for c in conditions)
        ]
        return self.draw.choice(heads) if heads else None

    def pick_contact(self):
        people = [p for p in self.people if self.head_of(p).id not in self.unnoticed]
        return self.draw.choice(people) if people else None

    def new_customer(self, env):
        draw = self.draw
        vals = {
            "name": f"C{len(self.heads)} {self.now:%d %b}",
            "phone": draw.choice(PHONES),
            "email": draw.choice(EMAILS),
            "is_company": draw.random() < 0.5,
            "customer_rank": draw.choice([0, 1, 1, 1]),
            "user_id": draw.choice([False, self.ana.id, self.bruno.id]),
            "company_id": draw.choice([False, False, self.main.id, self.auckland.id]),
            "country_id": draw.choice([False, self.brazil.id, self.brazil.id]),
            "industry_id": draw.choice([False, *self.industries.ids]),
            "category_id": self.types[len(self.heads) % 3 :][:1].ids,
        }
        if vals["country_id"]:
            vals["state_id"] = draw.choice([False, *self.states.ids])
        self.heads.append(self.mine(env["res.partner"].create(vals)))
        return True

    def mine(self, record):
        return record.with_env(self.env)

    def type_phone(self, env):
        if head := self.pick():
            head.with_env(env).phone = self.draw.choice(PHONES)
            return True

    def type_email(self, env):
        if head := self.pick():
            head.with_env(env).email = self.draw.choice(EMAILS)
            return True

    def new_contact(self, env):
        if head := self.pick():
            vals = {
                "name": "Contact",
                "parent_id": head.id,
                "type": self.draw.choice(["contact", "delivery", "other"]),
                "phone": self.draw.choice(PHONES),
            }
            self.people.append(self.mine(env["res.partner"].create(vals)))
            return True

    def change_contact(self, env):
        if contact := self.pick_contact():
            match self.draw.randrange(4):
                case 0 | 1:
                    contact.with_env(env).phone = self.draw.choice(PHONES)
                case 2:
                    contact.with_env(env).active = not contact.active
                case 3 if contact not in self.on_orders():
                    self.people.remove(contact)
                    contact.with_env(env).unlink()
            return True

    def change_salesperson(self, env):
        if head := self.pick():
            users = {False, self.ana.id, self.bruno.id} - {head.user_id.id}
            head.with_env(env).user_id = self.draw.choice(sorted(users))
            return True

    def change_segment(self, env):
        if head := self.pick():
            match self.draw.randrange(3):
                case 0:
                    vals = {"industry_id": self.draw.choice(self.industries.ids)}
                case 1:
                    state = self.draw.choice(self.states.ids)
                    vals = {"state_id": state, "country_id": self.brazil.id}
                case 2:
                    vals = {"is_company": not head.is_company}
                    if self.heads.index(head) % 2:
                        type_ = self.types - head.category_id
                        vals = {"category_id": [Command.set(type_[:1].ids)]}
            head.with_env(env).write(vals)
            return True

    def on_orders(self):
        orders = self.env["sale.order"].search([])
        return (
            orders.partner_id | orders.partner_shipping_id | orders.partner_invoice_id
        )

    def change_company(self, env):
        used = self.on_orders()
        if head := self.pick(lambda head: head not in used):
            companies = set(self.companies) - {head.company_id.id or SHARED}
            head.with_env(env).company_id = self.draw.choice(sorted(companies)) or False
            return True

    def archive_or_restore(self, env):
        if head := self.pick():
            head.with_env(env).active = not head.active
            return True

    def forget_rank(self, env):
        if head := self.pick(lambda head: head.customer_rank):
            head.with_env(env).customer_rank = 0
            return True

    def quote(self, env):
        if head := self.pick(lambda head: head.active):
            company = head.company_id or self.main
            order = env["sale.order"].with_company(company)
            order = self.mine(order.create({"partner_id": head.id}))
            self.orders.append([order, head, self.now, None])
            self.commit()
            self.lacked[order.id] = self.missing(self.family_of(head))
            return True

    def confirm_or_cancel(self, env):
        drafts = [
            row
            for row in self.orders
            if row[0].state == "draft" and row[1].id not in self.unnoticed
        ]
        if drafts:
            row = self.draw.choice(drafts)
            order = row[0].with_env(env)
            if self.draw.random() < 0.4:
                order.action_cancel()
            else:
                order.action_confirm()
                row[3] = self.now
            return True

    def delete(self, env):
        used = self.on_orders()
        if len(self.heads) > 20 and (head := self.pick(lambda h: h not in used)):
            self.heads.remove(head)
            orphans = [p for p in self.people if p.parent_id == head]
            number = head.id
            head.with_env(env).unlink()
            self.heads += orphans
            self.people = [p for p in self.people if p not in orphans]
            self.gone(number, "left", env)
            return True

    def merge(self, env):
        if len(self.heads) < 20 or not (winner := self.pick()):
            return None
        loser = self.pick(lambda h: h != winner and h.company_id == winner.company_id)
        if not loser:
            return None
        self.heads.remove(loser)
        for row in self.orders:
            if row[1] == loser:
                row[1] = winner
                self.forgotten.add(row[0].id)
        number = loser.id
        self.carry_declines(number, winner.id)
        wizard = env["base.partner.merge.automatic.wizard"]
        wizard._merge([winner.id, loser.id], winner.with_env(env), extra_checks=False)
        self.gone(number, "merged", env)
        return True

    def carry_declines(self, loser, winner):
        """What a loser refuses, the winner refuses from that day on."""
        for code in self.kpis:
            told = self.chronicle.open_gaps(code)
            if loser not in told:
                continue
            if winner not in told:
                # Its gap, if any, opens by the merge.
                today = self.chronicle.day(told[loser].company, self.now)
                old = [d for d in told[loser].declines if d.in_force(today)]
                reviews = [d.review_on for d in old]
                if reviews:
                    never = None in reviews
                    self.chronicle.merged[code, winner] = (
                        self.now,
                        None if never else max(reviews),
                    )
                continue
            today = self.chronicle.day(told[winner].company, self.now)
            old, new = (
                [d for d in told[partner].declines if d.in_force(today)]
                for partner in (loser, winner)
            )
            if old and not new:
                review = max(d.review_on or date.max for d in old)
                told[winner].declines.append(
                    Decline(today, None if review == date.max else review)
                )

    def gone(self, partner_id, reason, env):
        credit = None if env.su else env.uid
        self.chronicle.forget(partner_id, self.now, reason, credit)

    def decline(self, env):
        """Refused, until a review or for good; or such a refusal is withdrawn."""
        code = self.draw.choice(list(self.kpis))
        gaps = self.chronicle.open_gaps(code)
        if not gaps:
            return None
        told = self.draw.choice(list(gaps.values()))
        gap = self.env["contact.kpi.gap"].search(
            [
                ("indicator_id", "=", self.kpis[code].id),
                ("partner_id", "=", told.partner),
                ("closed_at", "=", False),
            ]
        )
        today = self.chronicle.day(told.company, self.now)
        if told.declines and told.declines[-1].in_force(today):
            told.declines[-1].ended_on = today
            gap.decline_ids[0].ended_on = today
        else:
            review = self.draw.choice([None, today + timedelta(days=40)])
            told.declines.append(Decline(today, review))
            vals = {"gap_id": gap.id, "declined_on": today, "review_on": review}
            self.env["contact.kpi.decline"].create(vals)
        return True

    def past_the_hooks(self, env):
        """A script changes a customer by SQL: only the next refresh can know."""
        if head := self.pick():
            column, value = self.draw.choice(
                [
                    ("phone", self.draw.choice(PHONES) or None),
                    ("user_id", self.draw.choice([None, self.ana.id, self.bruno.id])),
                    ("active", False),
                ]
            )
            self.env.flush_all()
            self.env.cr.execute(
                SQL(
                    "UPDATE res_partner SET %s = %s WHERE id = %s",
                    SQL.identifier(column),
                    value,
                    head.id,
                )
            )
            head.invalidate_recordset()
            self.unnoticed.add(head.id)
            return True
