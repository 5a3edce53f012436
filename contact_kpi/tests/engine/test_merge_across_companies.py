# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Customers of one company, of another and of none are merged: laws 1, 4, 5, 8, 9."""

import itertools
from collections import Counter
from datetime import date

from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ..common import LANDLINE, MOBILE, ContactKpiCase

PHONES = (False, LANDLINE, MOBILE)  # lacking both, the mobile, nothing
DAYS = [date(2041, 3, day) for day in range(4, 9)]
MERGED = DAYS[3]
# Gaps open for three days, since yesterday, since today.
OPENED = [DAYS[0], DAYS[2], DAYS[3]]
NAME = "To be merged"


@tagged("post_install", "-at_install")
class TestMergeAcrossCompanies(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.here = cls.company("Here", "America/Sao_Paulo")
        cls.there = cls.company("There", "America/Sao_Paulo")
        cls.series = [False, cls.here.id, cls.there.id]
        cls.kpis = cls.kpi | cls.indicator()
        cls.manager = cls.user_of("of both", cls.here | cls.there)
        cls.confined = cls.user_of("of here only", cls.here)

    @classmethod
    def user_of(cls, login, companies):
        return new_test_user(
            cls.env,
            login,
            groups="sales_team.group_sale_manager,base.group_partner_manager",
            company_id=companies[0].id,
            company_ids=[Command.set(companies.ids)],
        )

    def open_pairs(self, user, phones, day):
        """Those (winner, loser) of all that begin on a day.

        Every combination of companies and phones of both; a third each day.
        """
        owners = [False, *user.company_ids.ids]
        for (i, companies), (j, pair) in itertools.product(
            enumerate(itertools.product(owners, repeat=2)),
            enumerate(itertools.product(phones, repeat=2)),
        ):
            if OPENED[(i + j) % 3] == day:
                yield tuple(
                    self.customer(NAME, company_id=company, phone=phone)
                    for company, phone in zip(companies, pair, strict=True)
                )

    def merge(self, user, winner, loser):
        """As the wizard does it, for whoever it shows both to."""
        self.env.invalidate_all()
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(user)
        wizard = wizard.with_context(allowed_company_ids=user.company_ids.ids)
        both = [Command.set((winner | loser).ids)]
        vals = {"state": "selection", "partner_ids": both}
        wizard.create({**vals, "dst_partner_id": winner.id}).action_merge()
        self.commit()
        self.assertFalse(loser.exists())

    def live(self, phones, late=False):
        """Days of work. What is lacking at the end of each: ``{kpi: Counter}``.

        :param phones: ``{user: phones of the customers whom it merges}``
        :param late: what began before midnight commits after the nightly refresh
        """
        pairs, lacking = {user: [] for user in phones}, []
        for day in DAYS:
            self.go(f"{day} 15:00:00")
            self.refresh(self.kpis)
            for user, own in pairs.items():
                own += self.open_pairs(user, phones[user], day)
            self.commit()
            self.refresh(self.kpis)
            if day == MERGED:
                if late:
                    self.go(f"{DAYS[-1]} 04:00:00")  # 1:00 in São Paulo
                    self.refresh(self.kpis)
                self.go(f"{DAYS[-1]} 02:59:00")  # still the day before
                for user, own in pairs.items():
                    for winner, loser in own:
                        self.merge(user, winner, loser)
                self.refresh(self.kpis)
            lacking.append({kpi: self.lacking(kpi) for kpi in self.kpis})
        return pairs, lacking

    def lacking(self, kpi):
        found = self.evaluate(kpi.code).items()
        return Counter(head.company_id.id for head, missing in found if missing)

    def test_merged(self):
        phones = {self.manager: PHONES, self.confined: (False, MOBILE)}
        pairs, lacking = self.live(phones)
        self.assertEqual([len(own) for own in pairs.values()], [81, 16])
        self.check_agreement()
        self.check_balance(lacking)
        self.check_ledger(pairs)
        self.check_seen(lacking[-1])

    def test_merged_before_midnight_and_committed_after_the_refresh(self):
        _pairs, lacking = self.live({self.manager: (False, MOBILE)}, late=True)
        self.check_agreement()
        self.check_balance(lacking)

    # -- laws ----------------------------------------------------------------------

    def check_agreement(self):
        """Law 1, and running once more changes nothing."""
        models = ("contact.kpi.gap", "contact.kpi.gap.segment", "contact.kpi.snapshot")
        before = self.dump(*models)
        self.refresh(self.kpis)
        self.assertEqual(self.dump(*models), before)
        for kpi in self.kpis:
            self.assertAgreement(kpi)
            self.assertFigures(kpi, DAYS[-1])

    def check_balance(self, lacking):
        """Law 4 of every series, with whom it gave to the others and got from them."""
        moved_somewhere = 0
        for kpi in self.kpis:
            runs, moves = self.runs(kpi), self.moves(kpi)
            opening = Counter()
            for day, now in zip(DAYS, lacking, strict=True):
                for of in self.series:
                    missing, opened, completed, left, moved = runs[day, of]
                    told = (kpi.code, str(day), of)
                    self.assertEqual(missing, now[kpi][of], told)
                    came, went = moves[day, of]
                    self.assertEqual(
                        opening[of] + opened - completed - left + came - went,
                        missing,
                        told,
                    )
                    self.assertEqual(moved, came + went, told)
                    moved_somewhere += moved
                    opening[of] = missing
        self.assertTrue(moved_somewhere)

    def runs(self, kpi):
        self.env.cr.execute(
            """SELECT date, company_id, missing, opened, completed, "left", moved
                 FROM contact_kpi_run WHERE indicator_id = %s AND date = ANY(%s)""",
            [kpi.id, DAYS],
        )
        rows = self.env.cr.fetchall()
        return {(day, of or False): row for day, of, *row in rows}

    def moves(self, kpi):
        """``{(day, company): (came, went)}`` by the versions of the ledger.

        Nothing but the company of an open gap changes in these days.
        """
        self.env.cr.execute(
            """SELECT v.since, v.until, v.company_id
                 FROM contact_kpi_gap_segment v JOIN contact_kpi_gap g ON g.id = gap_id
                WHERE g.indicator_id = %s""",
            [kpi.id],
        )
        came, went = Counter(), Counter()
        for since, until, of in self.env.cr.fetchall():
            came[since, of or False] += 1
            went[until, of or False] += 1
        return {
            (day, of): (came[day, of], went[day, of])
            for day, of in itertools.product(DAYS, self.series)
        }

    def check_ledger(self, pairs):
        """Laws 5 and 8: a loser's gaps are nobody's, a winner's do not overlap."""
        closed = Counter()
        for user, own in pairs.items():
            for winner, _loser in own:
                self.env.cr.execute(
                    """SELECT opened_at, closed_at, closed_by_id, close_reason
                         FROM contact_kpi_gap WHERE partner_id = %s
                        ORDER BY indicator_id, opened_at""",
                    [winner.id],
                )
                for _opened, moment, by, reason in self.env.cr.fetchall():
                    if moment:
                        self.assertEqual((reason, by), ("completed", user.id))
                        closed[reason] += 1
        self.env.cr.execute(
            """SELECT close_reason, opened_at < closed_at, COUNT(*)
                 FROM contact_kpi_gap WHERE partner_id IS NULL GROUP BY 1, 2"""
        )
        [(reason, in_order, merged)] = self.env.cr.fetchall()
        # Of 81 pairs the loser lacks one of two in 2/3 and 1/3; of 16 both in half.
        self.assertEqual((reason, in_order, merged), ("merged", True, 54 + 27 + 16))
        self.assertGreater(closed["completed"], 30)
        self.env.cr.execute(
            """SELECT COUNT(*) FROM contact_kpi_gap a JOIN contact_kpi_gap b
                   ON b.partner_id = a.partner_id AND b.indicator_id = a.indicator_id
                  AND b.id > a.id
                  AND tsrange(a.opened_at, a.closed_at)
                   && tsrange(b.opened_at, b.closed_at)"""
        )
        self.assertEqual(self.env.cr.fetchone(), (0,))

    def check_seen(self, lacking):
        """Law 9: who is confined to a company sees its series and the common one."""
        self.env.invalidate_all()
        context = {"allowed_company_ids": self.here.ids}
        for kpi in self.kpis:
            expected = {of: lacking[kpi][of] for of in (False, self.here.id)}
            of_kpi = [("indicator_id", "=", kpi.id)]
            for model, domain, measure in (
                ("contact.kpi.gap", [("closed_at", "=", False)], "__count"),
                ("contact.kpi.snapshot", [], "missing:sum"),
                ("contact.kpi.follow.up", [], "closing:sum"),
            ):
                seen = self.env[model].with_user(self.confined).with_context(**context)
                rows = seen.formatted_read_group(
                    of_kpi + domain, ["company_id"], [measure]
                )
                self.assertEqual(
                    {
                        row["company_id"] and row["company_id"][0]: row[measure]
                        for row in rows
                        if row[measure]
                    },
                    {of: count for of, count in expected.items() if count},
                    (kpi.code, model),
                )
