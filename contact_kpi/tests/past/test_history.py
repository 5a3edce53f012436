# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Law 7: installed a year late, the addon tells what it would have observed.

People work on customers for a year, with the chatter on. A chronicler notes with
the oracle of ``common``, at every moment, who lacked a contact. Then all that the
addon has is wiped out, and it is installed over what is left: partners and chatter.
"""

import random
from datetime import date, datetime, timedelta
from itertools import pairwise
from unittest.mock import patch

import pytz

from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from ..common import LANDLINE, MOBILE, PHONE, START, ContactKpiCase

SAO_PAULO, TOKYO = pytz.timezone("America/Sao_Paulo"), pytz.timezone("Asia/Tokyo")
MAIL = "ana@oficina.com.br"
OURS = ("contact.kpi.gap", "contact.kpi.gap.segment", "contact.kpi.run")
OURS += ("contact.kpi.fact",)
MORE = (*OURS, "contact.kpi.history", "contact.kpi.history.unknown")
CRONS = ("contact_kpi.ir_cron_classify", "contact_kpi.ir_cron_history")


class Killed(BaseException):
    """Nothing catches it: as if the process had ended."""


class HistoryCase(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        context = dict(cls.env.context)
        del context["tracking_disable"]
        cls.env = cls.env(context=context)
        groups = "base.group_user,base.group_partner_manager"
        groups += ",sales_team.group_sale_salesman_all_leads"
        cls.ana = new_test_user(cls.env, "ana", groups=groups)
        cls.bruno = new_test_user(cls.env, "bruno", groups=groups)
        cls.visitor = new_test_user(cls.env, "visitor", groups="base.group_portal")
        cls.tokyo = cls.company("Tokyo", "Asia/Tokyo", cls.japan)
        (cls.ana | cls.bruno).company_ids = [(4, cls.tokyo.id)]
        cls.env.cr.flush()

    # -- installing --------------------------------------------------------------

    def sql(self, query, *args):
        self.env.flush_all()
        self.env.cr.execute(SQL(query, *args))
        self.env.invalidate_all()

    def wipe(self):
        """Leave nothing of the addon but its indicators."""
        self.commit()
        for model in (*MORE, "contact.kpi.ruleset"):
            table = SQL.identifier(self.env[model]._table)
            self.env.cr.execute(SQL("DELETE FROM %s", table))
        self.sql(
            "UPDATE res_partner"
            " SET contact_phone_kind = NULL, contact_email_kind = NULL,"
            " customer_phone_kind = NULL, customer_email_kind = NULL,"
            " contact_digest = NULL"
        )

    def install(self, moment=START, crons=CRONS):
        """What installation does; then its scheduled actions, as they come."""
        self.go(moment)
        self.wipe()
        self.env["contact.kpi.ruleset"]._current()
        kpis = self.env["contact.kpi"].search([])
        for kpi in kpis:
            self.env["contact.kpi.gap"]._reconcile(kpi, cause="initial")
        histories = self.env["contact.kpi.history"]._plan(kpis)
        self.go(moment + timedelta(minutes=5))
        for ref in crons:
            self.cron(ref)
        return histories

    def cron(self, ref):
        self.commit()
        with self.enter_registry_test_mode():
            self.assertIs(self.env.ref(ref).method_direct_trigger(), True)
        self.env.invalidate_all()

    def batch(self, size):
        self.commit()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr)["contact.kpi.history"]._cron_rebuild(size)
        self.env.invalidate_all()

    # -- tables ------------------------------------------------------------------

    def told(self, kpi=None):
        """The ledger: who, from, to, why, by whom, days, back, whose, how known."""
        kpi = kpi or self.kpi
        gaps = self.env["contact.kpi.gap"].search([("indicator_id", "=", kpi.id)])
        return sorted(
            (
                gap.partner_id.name,
                str(gap.opened_at),
                str(gap.opened_on),
                gap.closed_at and str(gap.closed_at),
                gap.closed_on and str(gap.closed_on),
                gap.close_reason,
                gap.closed_by_id.login,
                round(gap.days_to_complete, 6),
                gap.came_back,
                gap.opening_user_id.login,
                gap.origin,
            )
            for gap in gaps
        )

    def brief(self, kpi=None):
        return [(row[0], row[1], row[3], row[6], row[10]) for row in self.told(kpi)]

    def unknown(self, kpi=None):
        rows = self.env["contact.kpi.history.unknown"].search(
            [("indicator_id", "=", (kpi or self.kpi).id)]
        )
        return sorted(rows.partner_id.mapped("name"))

    def rebuilt_days(self, kpi=None):
        runs = self.env["contact.kpi.run"].search(
            [
                ("indicator_id", "=", (kpi or self.kpi).id),
                ("origin", "=", "reconstructed"),
                ("company_id", "=", False),
            ]
        )
        return sorted(runs.mapped("date"))


@tagged("post_install", "-at_install")
class TestHistoryOfAYear(HistoryCase):
    """A year of work, chronicled, against what is rebuilt."""

    def tell_a_year(self, seed):
        self.draw = random.Random(seed)
        self.mobile = self.env["contact.kpi"].search([("code", "=", "test_no_mobile")])
        self.mobile = self.mobile or self.indicator()
        self.kpis = self.kpi | self.mobile
        self.series = {False: SAO_PAULO, self.tokyo.id: TOKYO}
        self.now = datetime(2040, 1, 20, 12, 0)
        self.go(self.now)
        self.rows = {kpi: [] for kpi in self.kpis}
        self.stock = {}  # (kpi, day, series): the snapshot as it was
        self.partners, self.contacts = [], []
        for _number in range(8):
            self.new_customer(None)
        self.look(None)
        for _step in range(90):
            self.advance(self.now + timedelta(hours=self.draw.randint(1, 210)))
            if self.now == START:
                break
            user = self.draw.choice([None, self.ana, self.ana, self.bruno])
            self.work(user)
            self.look(user)
        self.advance(START)

    def advance(self, moment):
        """Let time pass, and keep the stock of each month end on the way."""
        moment = min(moment, START)
        for series, zone in self.series.items():
            day = self.now.date() - timedelta(days=2)
            while day < moment.date() + timedelta(days=2):
                after = day + timedelta(days=1)
                end = zone.localize(datetime.combine(after, datetime.min.time()))
                end = end.astimezone(pytz.utc).replace(tzinfo=None)
                if after.day == 1 and self.now < end <= moment:
                    self.keep(day, series)
                day = after
        self.now = moment
        self.go(moment)

    def keep(self, day, series):
        for kpi in self.kpis:
            table = self.expected_snapshot(kpi)
            self.stock[kpi, day, series] = sorted(
                (*segment, *counts)
                for segment, counts in table.items()
                if segment[0] == series
            )

    def as_user(self, records, user):
        return records.with_user(user) if user else records

    def new_customer(self, user):
        partner = self.as_user(self.env["res.partner"], user).create(
            {
                "name": f"C{len(self.partners)}",
                "customer_rank": 1,
                "phone": self.draw.choice([False, LANDLINE, MOBILE, "-"]),
                "user_id": self.draw.choice([False, self.ana.id]),
                "company_id": self.draw.choice([False, False, self.tokyo.id]),
                "country_id": self.brazil.id,
                "is_company": self.draw.random() < 0.5,
            }
        )
        self.partners.append(partner.with_env(self.env))

    def work(self, user):
        for _change in range(self.draw.randint(1, 2)):
            someone = self.draw.choice(self.partners + self.contacts)
            match self.draw.randrange(9):
                case 0 | 1 | 2:
                    phones = [False, False, "não tem", LANDLINE, MOBILE, PHONE]
                    self.as_user(someone, user).phone = self.draw.choice(phones)
                case 3 | 4 | 5:
                    email = self.draw.choice([False, False, "x@x", MAIL])
                    self.as_user(someone, user).email = email
                case 6:
                    owner = self.draw.choice([False, self.ana.id, self.bruno.id])
                    self.as_user(self.draw.choice(self.partners), user).user_id = owner
                case 7 if len(self.partners) < 16:
                    self.new_customer(user)
                case 8 if len(self.contacts) < 10:
                    head = self.draw.choice(self.partners)
                    if head.is_company:
                        contact = self.as_user(self.env["res.partner"], user).create(
                            {
                                "name": "Contact",
                                "parent_id": head.id,
                                "type": self.draw.choice(["contact", "other"]),
                                "phone": self.draw.choice([False, MOBILE]),
                            }
                        )
                        self.contacts.append(contact.with_env(self.env))

    def look(self, user):
        """The chronicler: what opened and closed at this moment."""
        self.commit()
        for kpi in self.kpis:
            for head, missing in self.evaluate(kpi.code).items():
                rows = [row for row in self.rows[kpi] if row[0] == head]
                open_row = rows[-1] if rows and not rows[-1][2] else None
                if missing and not open_row:
                    back = bool(rows)
                    row = [head, self.now, None, None, back, head.user_id.login]
                    self.rows[kpi].append(row)
                elif open_row and not missing:
                    open_row[2:4] = self.now, user.login if user else False

    def day(self, head, moment):
        zone = self.series[head.company_id.id]
        return pytz.utc.localize(moment).astimezone(zone).date()

    def expected(self, kpi, known_from):
        table = []
        for head, opened, closed, who, back, whose in self.rows[kpi]:
            closed_on = closed and self.day(head, closed)
            if closed_on and closed_on < known_from:
                continue
            days = (closed - opened).total_seconds() / 86400 if closed else 0.0
            reason = "completed" if closed else False
            row = (head.name, str(opened), str(self.day(head, opened)))
            row += (closed and str(closed) or False,)
            row += (closed_on and str(closed_on) or False,)
            row += (reason, who or False, round(days, 6))
            table.append((*row, back, whose, "reconstructed"))
        return sorted(table)

    def check(self):
        days = [key[1] for key in self.stock]
        for kpi in self.kpis:
            self.assertEqual(self.told(kpi), self.expected(kpi, date(2040, 3, 1)))
            self.assertEqual(self.unknown(kpi), [])
            ends = sorted({day for day in days if day >= date(2040, 3, 1)})
            self.assertEqual(len(ends), 12)
            self.assertEqual(self.rebuilt_days(kpi), ends)
            for end in ends:
                expected = [
                    row
                    for series in self.series
                    for row in self.stock[kpi, end, series]
                ]
                self.assertEqual(self.snapshot(kpi, end), sorted(expected), end)

    def test_what_is_rebuilt_is_what_would_have_been_observed(self):
        self.tell_a_year(1)
        histories = self.install()
        self.assertEqual(histories.mapped("state"), ["done", "done"])
        self.assertEqual(histories.mapped("progress"), [1.0, 1.0])
        self.assertTrue(any(row[8] for row in self.told()))
        self.assertTrue(any(row[6] for row in self.told()))
        self.check()
        for history in histories:
            rows = len(self.told(history.indicator_id))
            self.assertEqual((history.gaps, history.unknown), (rows, 0))
            self.assertEqual(history.customers, len(self.partners))

    def test_small_batches_killed_in_between_give_the_same(self):
        self.tell_a_year(2)
        self.install()
        whole = self.told(self.kpi), self.told(self.mobile), self.snapshots()
        self.check()
        histories = self.install(crons=CRONS[:1])
        cls = type(self.env["contact.kpi.history"])
        kills = 0
        for _call in range(200):
            name = self.draw.choice(["_rebuild", "_restate_opened", "write"])
            method = getattr(cls, name)

            def die(history, *args, method=method):
                method(history, *args)
                raise Killed

            # Half of the calls die after what they wrote last.
            if self.draw.random() < 0.5:
                with patch.object(cls, name, die):
                    try:
                        self.batch(3)
                    except Killed:
                        kills += 1
                        self.env.invalidate_all()
            else:
                self.batch(3)
            if set(histories.mapped("state")) == {"done"}:
                break
        self.assertEqual(histories.mapped("state"), ["done", "done"])
        self.assertGreater(kills, 3)
        self.check()
        again = self.told(self.kpi), self.told(self.mobile), self.snapshots()
        self.assertEqual(again, whole)

    def snapshots(self):
        return [
            self.snapshot(*key)
            for key in sorted(
                {(kpi, day) for kpi, day, _series in self.stock},
                key=lambda key: (key[0].id, key[1]),
            )
        ]

    def test_twice_changes_nothing(self):
        self.tell_a_year(3)
        histories = self.install()
        self.refresh(self.kpis)
        tables = (*OURS, "contact.kpi.history.unknown")
        counts = ["customers", "gaps", "unknown", "months", "known_from"]
        before = self.dump(*tables), histories.read(counts)
        histories.action_rebuild()
        self.assertEqual(histories.mapped("state"), ["waiting", "waiting"])
        self.cron(CRONS[1])
        self.assertEqual((self.dump(*tables), histories.read(counts)), before)

    def test_balance_holds_from_the_rebuilt_past_into_the_observed(self):
        """Law 4, month by month: opening + opened − completed = closing."""
        self.tell_a_year(4)
        self.install()
        self.go(START + timedelta(hours=2))
        self.partners[0].phone = MOBILE
        self.partners[1].write({"phone": False, "email": False})
        self.refresh(self.kpis)
        for kpi in self.kpis:
            gaps = self.env["contact.kpi.gap"].search([("indicator_id", "=", kpi.id)])
            runs = self.env["contact.kpi.run"].search(
                [("indicator_id", "=", kpi.id)], order="date"
            )
            for series, line in runs.grouped("company_id").items():
                if series not in (self.env["res.company"], self.tokyo):
                    continue
                self.assertEqual(len(line), 13)
                ours = gaps.filtered(lambda gap, s=series: gap.company_id == s)
                for before, after in pairwise(line):
                    opened = ours.filtered(
                        lambda g, a=before.date, z=after.date: a < g.opened_on <= z
                    )
                    closed = ours.filtered(
                        lambda g, a=before.date, z=after.date: (
                            g.closed_on and a < g.closed_on <= z
                        )
                    )
                    self.assertEqual(
                        before.missing + len(opened) - len(closed),
                        after.missing,
                        after.date,
                    )
                today = line[-1]
                on_day = ours.filtered(lambda g, d=today.date: g.opened_on == d)
                self.assertEqual(today.opened, len(on_day))

    def test_nothing_that_people_typed_is_stored(self):
        self.tell_a_year(5)
        self.install()
        text = repr(self.dump(*MORE))
        for secret in (MAIL, "oficina", "6123", "2345", "não tem", "x@x"):
            self.assertNotIn(secret, text)
        [(temporary,)] = self.env.execute_query(
            SQL(
                "SELECT COUNT(*) FROM pg_class WHERE relpersistence = 't'"
                " AND relname LIKE 'contact_kpi%%'"
            )
        )
        self.assertEqual(temporary, 0)


@tagged("post_install", "-at_install")
class TestHistory(HistoryCase):
    """One thing at a time, literal tables."""

    def setUp(self):
        super().setUp()
        self.go("2040-06-10 12:00:00")

    def test_who_is_credited(self):
        customers = [self.customer(f"C{n}") for n in range(3)]
        firm = self.customer("firm", is_company=True)
        self.go("2040-08-10 12:00:00")
        # The chatter knows one user per transaction.
        customers[0].with_user(self.ana).phone = MOBILE
        self.commit()
        customers[1].phone = MOBILE  # a job
        self.commit()
        customers[2].with_user(self.visitor).sudo().phone = MOBILE
        self.commit()
        self.env["res.partner"].with_user(self.bruno).create(
            {"name": "x", "parent_id": firm.id, "phone": MOBILE}
        )
        self.install()
        self.assertEqual(
            [(row[0], row[3]) for row in self.brief()],
            [("C0", "ana"), ("C1", False), ("C2", False), ("firm", "bruno")],
        )

    def test_the_tax_id_of_today_was_no_phone_in_the_past(self):
        own, other = (
            self.customer(name, phone="11961234548", country_id=self.brazil.id)
            for name in ("own", "other")
        )
        self.go("2040-08-10 12:00:00")
        own.with_user(self.ana).phone = MOBILE
        self.commit()
        own.vat, other.vat = "119.612.345-48", "119.876.543-74"
        self.install()
        [row] = self.told()
        self.assertEqual(
            (*row[:2], row[3], *row[5:7]),
            ("own", "2040-06-10 12:00:00", "2040-08-10 12:00:00", "completed", "ana"),
        )

    def test_days_are_the_company_s(self):
        """Half past nine in the evening of a month's last day in São Paulo."""
        shared = self.customer("shared")
        abroad = self.customer("abroad", company_id=self.tokyo.id)
        self.go("2040-10-01 00:30:00")
        (shared | abroad).phone = "+55 11 96123-4567"
        self.install()
        self.assertEqual(
            [(row[0], row[2], row[4]) for row in self.told()],
            [
                ("abroad", "2040-06-10", "2040-10-01"),
                ("shared", "2040-06-10", "2040-09-30"),
            ],
        )
        for company, missing in ((self.env["res.company"], 0), (self.tokyo, 1)):
            run = self.env["contact.kpi.run"].search(
                [
                    ("indicator_id", "=", self.kpi.id),
                    ("date", "=", "2040-09-30"),
                    ("company_id", "=", company.id),
                ]
            )
            self.assertEqual((run.customers, run.missing), (1, missing))
            self.assertEqual((run.origin, run.state), ("reconstructed", "done"))

    def test_month_ends_begin_with_the_first_customer(self):
        self.customer("first")
        self.install()
        self.assertEqual(len(self.rebuilt_days()), 9)
        self.assertEqual(self.rebuilt_days()[0], date(2040, 6, 30))

    def test_as_many_month_ends_as_wanted(self):
        old = self.customer("old", phone=MOBILE)
        self.customer("long since")
        self.go("2040-08-10 12:00:00")
        old.phone = False
        self.go("2040-11-30 12:00:00")
        old.phone = MOBILE
        self.env["ir.config_parameter"].set_param("contact_kpi.history_months", "3")
        histories = self.install()
        days = [date(2040, 12, 31), date(2041, 1, 31), date(2041, 2, 28)]
        self.assertEqual(self.rebuilt_days(), days)
        since = ("long since", "2040-06-10 12:00:00", False, False, "reconstructed")
        self.assertEqual(self.brief(), [since])
        self.env["ir.config_parameter"].set_param("contact_kpi.history_months", "4")
        histories.action_rebuild()
        self.cron(CRONS[1])
        self.assertEqual(self.rebuilt_days(), [date(2040, 11, 30), *days])
        gap = ("old", "2040-08-10 12:00:00", "2040-11-30 12:00:00", False)
        self.assertEqual(self.brief(), [since, (*gap, "reconstructed")])

    def test_no_month_end_wanted(self):
        self.customer("long since")
        self.env["ir.config_parameter"].set_param("contact_kpi.history_months", "0")
        self.install()
        self.assertEqual(self.rebuilt_days(), [])
        since = ("long since", "2040-06-10 12:00:00", False, False, "reconstructed")
        self.assertEqual(self.brief(), [since])

    # -- unknown ---------------------------------------------------------------------

    def assertUnknown(self, *names, customers):
        """These keep what was found; over the past they are not classified."""
        self.assertEqual(self.unknown(), sorted(names))
        for row in self.told():
            if row[0] in names:
                self.assertEqual(row[10], "initial", row)
                self.assertEqual(row[2], str(START.date()))
        run = self.env["contact.kpi.run"].search(
            [
                ("indicator_id", "=", self.kpi.id),
                ("date", "=", "2041-02-28"),
                ("company_id", "=", False),
            ]
        )
        missing = [row for row in self.told() if row[10] == "reconstructed"]
        missing = [row for row in missing if not row[4] or row[4] > str(run.date)]
        self.assertEqual(
            (run.customers, run.missing, run.unclassified),
            (customers, len(missing), len(names)),
        )

    def test_erased_without_a_trace(self):
        erased = self.customer("erased", phone=False)
        never = self.customer("never tracked", phone=MOBILE)
        self.go("2040-07-10 12:00:00")
        erased.phone = MOBILE
        self.go("2040-08-10 12:00:00")
        (erased | never).with_context(mail_notrack=True).phone = False
        self.install()
        # Of the second the chatter knows nothing: as if it had been so for ever.
        self.assertUnknown("erased", customers=2)
        begun = "2040-06-10 12:00:00"
        self.assertEqual(
            self.brief(),
            [
                ("erased", str(START), False, False, "initial"),
                ("never tracked", begun, False, False, "reconstructed"),
            ],
        )

    def test_another_number_without_a_trace(self):
        customer = self.customer("another")
        same = self.customer("written otherwise")
        self.go("2040-07-10 12:00:00")
        (customer | same).phone = MOBILE
        self.go("2040-08-10 12:00:00")
        quiet = {"mail_notrack": True}
        customer.with_context(**quiet).phone = "(11) 96123-9999"
        same.with_context(**quiet).phone = "+55 11 96123 4567"
        self.install()
        self.assertUnknown("another", customers=2)

    def test_a_break_in_between(self):
        customer = self.customer("broken", phone=MOBILE)
        self.go("2040-07-10 12:00:00")
        customer.phone = False
        self.go("2040-08-10 12:00:00")
        customer.with_context(mail_notrack=True).phone = MOBILE
        self.go("2040-09-10 12:00:00")
        customer.phone = LANDLINE
        self.install()
        self.assertUnknown("broken", customers=1)

    def test_a_break_long_ago_matters_only_to_what_it_opened(self):
        self.go("2038-01-10 12:00:00")
        fine, since = self.customer("fine", phone=MOBILE), self.customer("since")
        for day, phone in (("02-01", False), ("04-01", MOBILE)):
            self.go(f"2038-{day} 12:00:00")
            (fine | since).with_context(mail_notrack=True).phone = MOBILE
            self.commit()
            self.go(f"2038-{day} 13:00:00")
            (fine | since).phone = False
            self.commit()
            self.go(f"2038-{day} 14:00:00")
            (fine | since).phone = phone
        self.go("2038-05-01 12:00:00")
        since.with_context(mail_notrack=True).phone = LANDLINE
        self.go("2038-06-01 12:00:00")
        since.phone = False
        self.install()
        self.assertUnknown(customers=2)
        self.assertEqual(
            self.brief(),
            [("since", "2038-06-01 12:00:00", False, False, "reconstructed")],
        )

    def test_contacts_that_moved(self):
        left, joined, aside, _alone = (
            self.customer(name, is_company=name != "alone")
            for name in ("left", "joined", "aside", "alone")
        )
        mover = self.contact(left, phone=MOBILE)
        # Within the family: nothing to doubt.
        inner, other = self.contact(aside), self.contact(aside)
        self.go("2040-08-10 12:00:00")
        mover.parent_id = joined
        inner.parent_id = other
        self.go("2040-09-10 12:00:00")
        child = self.contact(aside, "child")
        self.go("2040-10-10 12:00:00")
        child.parent_id = False
        self.install()
        self.assertUnknown("aside", "joined", "left", customers=4)

    def test_archived_contacts(self):
        """When it was archived nobody knows; it matters where it was reachable."""
        with_phone, without = (
            self.customer(name, is_company=True) for name in ("phone", "none")
        )
        contacts = self.contact(with_phone, phone=MOBILE) | self.contact(without)
        self.go("2040-08-10 12:00:00")
        contacts.active = False
        self.install()
        self.assertUnknown("phone", customers=2)
        self.assertEqual(self.brief()[0][1], "2040-06-10 12:00:00")

    def test_merged_customers(self):
        """The other's trace is not the winner's story, the same number or not."""
        winner = self.customer("winner", phone=MOBILE)
        loser = self.customer("loser")
        third = self.customer("third")
        self.go("2040-08-10 12:00:00")
        loser.phone = MOBILE
        self.commit()
        self.go("2040-09-10 12:00:00")
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge((winner | loser).ids, winner, extra_checks=False)
        self.install()
        self.assertUnknown("winner", customers=2)
        # Later merges leave the note with whom it is about.
        self.go(START + timedelta(days=1))
        wizard._merge((winner | third).ids, third, extra_checks=False)
        self.commit()
        self.assertEqual(self.unknown(), [])

    def test_found_otherwise_at_the_start(self):
        self.customer("reachable", phone=MOBILE)
        customer = self.customer("found reachable")
        self.install(crons=CRONS[:1])
        gap = self.env["contact.kpi.gap"].search([("partner_id", "=", customer.id)])
        self.forget(gap)
        self.cron(CRONS[1])
        self.assertUnknown("found reachable", customers=2)

    def test_unknown_salespeople(self):
        told, untold = self.customer("told"), self.customer("untold")
        (told | untold).user_id = self.ana
        self.commit()
        self.go("2040-09-10 12:00:00")
        told.user_id = self.bruno
        untold.user_id = self.bruno
        self.commit()
        self.go("2040-10-10 12:00:00")
        untold.with_context(mail_notrack=True).user_id = self.ana
        self.install()

        def who(day):
            return [(row[1], row[-2]) for row in self.snapshot(self.kpi, day)]

        ana, bruno = self.ana.id, self.bruno.id
        self.assertEqual(who("2040-08-31"), [(ana, 2)])
        self.assertCountEqual(who("2040-09-30"), [(bruno, 1), (False, 1)])

    def test_the_helper_for_figures(self):
        unsure = self.customer("unsure")
        sure = self.customer("sure")
        self.go("2040-08-10 12:00:00")
        unsure.phone = MOBILE
        self.commit()
        self.go("2040-09-10 12:00:00")
        unsure.with_context(mail_notrack=True).phone = False
        self.install(crons=())
        history = self.env["contact.kpi.history"]

        def answers():
            self.commit()
            moments = ("2039-12-31", "2040-12-31", "2041-03-05")
            return [
                self.env.execute_query(
                    SQL(
                        "SELECT %s",
                        history._unknown_sql(
                            SQL("%s", customer.id),
                            SQL("%s", self.kpi.id),
                            SQL("%s::timestamp", moment),
                        ),
                    )
                )[0][0]
                for customer in (unsure, sure)
                for moment in moments
            ]

        self.assertEqual(answers(), [True, True, False] * 2)
        for ref in CRONS:
            self.cron(ref)
        self.assertEqual(answers(), [True, True, False, True, False, False])

    # -- what is observed stands -------------------------------------------------------

    def test_nothing_observed_is_changed(self):
        customers = [self.customer(f"C{n}") for n in range(3)]
        self.install(crons=CRONS[:1])
        self.go(START + timedelta(hours=1))
        customers[0].with_user(self.ana).phone = MOBILE
        fresh = self.customer("fresh")
        self.refresh(self.kpi)
        self.go(START + timedelta(hours=2))
        fresh.phone = LANDLINE
        customers[0].phone = False
        self.commit()
        observed = [row for row in self.told() if row[10] == "observed"]
        closed = [row for row in self.told() if row[3]]
        self.assertEqual((len(observed), len(closed)), (2, 2))
        self.cron(CRONS[1])
        self.assertEqual(
            [row for row in self.told() if row[10] == "observed"], observed
        )
        begun = "2040-06-10 12:00:00"
        self.assertEqual(
            [row for row in self.brief() if row[4] != "observed"],
            [
                ("C0", begun, "2041-03-04 16:00:00", "ana", "reconstructed"),
                ("C1", begun, False, False, "reconstructed"),
                ("C2", begun, False, False, "reconstructed"),
            ],
        )
        [days] = [row[7] for row in self.told() if row[3] and row[0] == "C0"]
        self.assertEqual(
            days,
            round(
                (datetime(2041, 3, 4, 16) - datetime(2040, 6, 10, 12)).total_seconds()
                / 86400,
                6,
            ),
        )
        self.assertEqual(self.unknown(), [])

    def test_days_that_have_a_run_keep_it(self):
        self.customer("customer")
        self.install(crons=CRONS[:1])
        kept = self.env["contact.kpi.run"].create(
            {"indicator_id": self.kpi.id, "date": "2040-12-31", "state": "done"}
        )
        before = kept.read()
        self.cron(CRONS[1])
        self.assertEqual(kept.read(), before)
        self.assertIn(date(2040, 11, 30), self.rebuilt_days())
        self.assertNotIn(date(2040, 12, 31), self.rebuilt_days())

    def test_it_waits_for_the_classification(self):
        self.customer("customer")
        history = self.install(crons=CRONS[1:])
        self.assertEqual((history.state, history.progress), ("waiting", 0.0))
        for ref in CRONS:
            self.cron(ref)
        self.assertEqual(history.state, "done")

    # -- indicators --------------------------------------------------------------

    def test_what_cannot_be_rebuilt_says_so(self):
        self.customer("customer")
        tax = self.indicator("tax", "[('vat', '=', False)]")
        mixed = self.indicator(
            "mixed", "[('customer_phone_kind', '=', False), ('vat', '=', False)]"
        )
        histories = self.install()
        for kpi in (tax, mixed):
            history = histories.filtered(lambda h, k=kpi: h.indicator_id == k)
            self.assertEqual(history.state, "impossible")
            self.assertIn("begins with observation", history.reason)
            self.assertEqual(self.rebuilt_days(kpi), [])
            self.assertEqual([row[10] for row in self.told(kpi)], ["initial"])
        # Defined otherwise, it can.
        mixed.gap_domain = "[('customer_phone_kind', '=', False)]"
        mixed.action_rebuild_history()
        self.cron(CRONS[1])
        self.assertEqual([row[10] for row in self.told(mixed)], ["reconstructed"])
        self.assertEqual(len(self.rebuilt_days(mixed)), 9)

    def test_a_new_indicator_has_a_past_at_once(self):
        customer = self.customer("customer", phone=LANDLINE)
        self.go("2040-10-10 12:00:00")
        customer.phone = MOBILE
        self.go("2040-11-10 12:00:00")
        customer.phone = LANDLINE
        self.install()
        self.go("2041-03-20 12:00:00")
        kpi = self.indicator()
        self.cron(CRONS[1])
        self.assertEqual(
            self.brief(kpi),
            [
                (
                    "customer",
                    "2040-06-10 12:00:00",
                    "2040-10-10 12:00:00",
                    False,
                    "reconstructed",
                ),
                ("customer", "2040-11-10 12:00:00", False, False, "reconstructed"),
            ],
        )
        self.assertEqual(len(self.rebuilt_days(kpi)), 9)

    def test_one_that_fails_is_put_on_record_and_passed_over(self):
        self.customer("customer")
        second = self.indicator()
        histories = self.install(crons=CRONS[:1])
        cls = type(self.env["contact.kpi.history"])
        rebuild = cls._rebuild

        def fail(history, ids):
            if history.indicator_id == self.kpi:
                raise ValueError("because")
            return rebuild(history, ids)

        with (
            patch.object(cls, "_rebuild", fail),
            self.assertLogs("odoo.addons.contact_kpi", "ERROR"),
        ):
            self.cron(CRONS[1])
        self.assertEqual(
            [(h.indicator_id, h.state, h.reason) for h in histories],
            [(self.kpi, "failed", "because"), (second, "done", False)],
        )
        histories.action_rebuild()
        self.cron(CRONS[1])
        self.assertEqual(histories.mapped("state"), ["done", "done"])
