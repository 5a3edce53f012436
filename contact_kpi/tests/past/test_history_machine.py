# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Random histories: after every step the ledger is what a chronicler wrote down.

The chronicler looks at all customers after each step with the oracle of
``common`` and notes in plain Python what opened and what closed.
"""

from datetime import timedelta

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from odoo.tests import tagged

from ..common import LANDLINE, MOBILE, START, ContactKpiCase

PHONES = st.sampled_from(
    [False, "não tem", "(11) 99999-9999", LANDLINE, MOBILE, "090-1234-5678"]
)
EMAILS = st.sampled_from([False, False, "x@x", "ana@oficina.com.br"])
COUNTRIES = st.sampled_from(["brazil", "japan", None])
PICK = st.integers(0, 11)
SETTINGS = settings(
    max_examples=25,
    stateful_step_count=25,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class History(RuleBasedStateMachine):
    """People at work on a few partners. ``case`` is the running test."""

    case = None

    @initialize()
    def begin(self):
        self.savepoint = self.case.env.cr.savepoint()
        self.savepoint.__enter__()
        self.now = START
        self.case.go(START)
        self.partners = []
        self.kpis = self.case.kpi, self.case.mobile
        self.chronicle = {kpi: [] for kpi in self.kpis}  # [partner, from, to, why]
        self.new_partner("head", LANDLINE, False, True, 1, None, "brazil")
        self.new_partner("lone", False, False, False, 1, None, None)

    def teardown(self):
        if hasattr(self, "savepoint"):
            self.savepoint.rollback()
            self.savepoint.__exit__(None, None, None)

    # -- the chronicler ------------------------------------------------------------

    def look(self):
        """End of a step: note what changed, and compare with the ledger."""
        self.case.commit()
        for kpi in self.kpis:
            state = {p.id: m for p, m in self.case.evaluate(kpi.code).items()}
            rows = self.chronicle[kpi]
            for row in list(rows):
                if row[0] in {p.id for p in self.partners}:
                    self.note(rows, row, state)
            going_on = {row[0] for row in rows if not row[2]}
            for partner, missing in state.items():
                if missing and partner not in going_on:
                    rows.append([partner, self.now, None, None])
            self.case.assertEqual(self.ledger(kpi), self.told(rows))
            self.case.assertAgreement(kpi)

    def note(self, rows, row, state):
        partner, since, until, _why = row
        if until not in (None, self.now):
            return
        if state.get(partner):
            row[2:] = None, None
        elif since == self.now:
            rows.remove(row)
        else:
            row[2:] = self.now, "completed" if partner in state else "left"

    def forget(self, partner, why):
        """A partner goes for good: its rows lose it."""
        for rows in self.chronicle.values():
            for row in [row for row in rows if row[0] == partner.id]:
                row[0] = 0
                if row[2] in (None, self.now):
                    row[2:] = self.now, why
                if row[1] == self.now:
                    rows.remove(row)
        self.partners.remove(partner)

    def told(self, rows):
        return sorted(
            (who, str(since), until and str(until), why)
            for who, since, until, why in rows
        )

    def ledger(self, kpi):
        gaps = self.case.env["contact.kpi.gap"].search([("indicator_id", "=", kpi.id)])
        return sorted(
            (
                gap.partner_id.id or 0,
                str(gap.opened_at),
                str(gap.closed_at) if gap.closed_at else None,
                gap.close_reason or None,
            )
            for gap in gaps
        )

    def pick(self, number):
        return self.partners[number % len(self.partners)]

    def country(self, name):
        return getattr(self.case, name).id if name else False

    def ancestors(self, partner):
        while partner:
            yield partner
            partner = partner.parent_id

    # -- the steps -------------------------------------------------------------------

    @rule(
        name=st.sampled_from("ABCDEF"),
        phone=PHONES,
        email=EMAILS,
        is_company=st.booleans(),
        rank=st.integers(0, 1),
        parent=st.none() | PICK,
        country=COUNTRIES,
    )
    def new_partner(self, name, phone, email, is_company, rank, parent, country):
        vals = {
            "name": name,
            "phone": phone,
            "email": email,
            "is_company": is_company,
            "customer_rank": rank,
            "country_id": self.country(country),
            "parent_id": parent is not None and self.pick(parent).id,
        }
        self.partners.append(self.case.env["res.partner"].create(vals))
        self.look()

    @rule(number=PICK, phone=PHONES)
    def type_phone(self, number, phone):
        self.pick(number).phone = phone
        self.look()

    @rule(number=PICK, email=EMAILS)
    def type_email(self, number, email):
        self.pick(number).email = email
        self.look()

    @rule(number=PICK, country=COUNTRIES)
    def change_country(self, number, country):
        self.pick(number).country_id = self.country(country)
        self.look()

    @rule(number=PICK)
    def archive_or_restore(self, number):
        self.pick(number).active ^= True
        self.look()

    @rule(number=PICK)
    def found_or_dissolve_a_company(self, number):
        self.pick(number).is_company ^= True
        self.look()

    @rule(number=PICK, parent=st.none() | PICK)
    def move_to_another_family(self, number, parent):
        partner = self.pick(number)
        parent = self.case.env["res.partner"] if parent is None else self.pick(parent)
        if partner not in self.ancestors(parent):
            partner.parent_id = parent
            self.look()

    @rule(number=PICK)
    def order(self, number):
        self.case.order(self.pick(number))
        self.look()

    @rule(number=PICK, partner=PICK)
    def change_an_order(self, number, partner):
        orders = self.case.env["sale.order"].search([])
        if orders:
            order = orders[number % len(orders)]
            if number % 3 == 0:
                order.partner_id = self.pick(partner)
            else:
                order.state = "draft" if order.state == "cancel" else "cancel"
            self.look()

    @precondition(lambda self: len(self.partners) > 2)
    @rule(number=PICK)
    def delete(self, number):
        partner = self.pick(number)
        if not self.case.env["sale.order"].search([("partner_id", "=", partner.id)]):
            partner.unlink()
            self.forget(partner, "left")
            self.look()

    @precondition(lambda self: len(self.partners) > 2)
    @rule(winner=PICK, loser=PICK)
    def merge(self, winner, loser):
        winner, loser = self.pick(winner), self.pick(loser)
        if winner in self.ancestors(loser) or loser in self.ancestors(winner):
            return
        wizard = self.case.env["base.partner.merge.automatic.wizard"]
        wizard._merge((winner | loser).ids, winner, extra_checks=False)
        self.forget(loser, "merged")
        self.look()

    @rule(hours=st.sampled_from([1, 5, 30]))
    def time_passes(self, hours):
        self.now += timedelta(hours=hours)
        self.case.go(self.now)
        self.look()

    @rule()
    def night(self):
        self.case.refresh(self.case.kpi | self.case.mobile)
        self.look()
        day = (self.now - timedelta(hours=3)).date()  # in São Paulo
        for kpi in self.kpis:
            self.case.assertFigures(kpi, day)


@tagged("post_install", "-at_install")
class TestHistoryMachine(ContactKpiCase):
    def test_whatever_people_do_the_ledger_tells_it_as_it_was(self):
        self.mobile = self.indicator()
        self.commit()
        History.case = self
        self.addCleanup(setattr, History, "case", None)
        run_state_machine_as_test(History, settings=SETTINGS)
