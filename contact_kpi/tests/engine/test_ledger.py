# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Law 6 while people work: moments, credit, families, merges, deletions."""

import itertools

from odoo import SUPERUSER_ID
from odoo.tests import new_test_user, tagged

from ..common import LANDLINE, MOBILE, PHONE, ContactKpiCase

EMAIL = "ana@oficina.com.br"
T0, T1, T2, T3 = (f"2041-03-0{day} 15:00:00" for day in (4, 5, 6, 7))


@tagged("post_install", "-at_install")
class TestLedger(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = "sales_team.group_sale_salesman_all_leads,base.group_partner_manager"
        cls.seller = new_test_user(cls.env, "seller", groups=groups)
        cls.other = new_test_user(cls.env, "other", groups=groups)

    def save(self, partner, user=None, **vals):
        """What a user's web client does to a partner."""
        partner.with_user(user or self.seller).write(vals)

    # -- one transaction, one moment ---------------------------------------------

    def test_order_of_changes_within_a_transaction_does_not_matter(self):
        reached = self.customer("reached", is_company=True, phone=PHONE)
        silent = self.customer("silent", is_company=True)
        child = self.contact(reached, "child", email=EMAIL)
        gone = self.customer("gone")
        self.go(T1)
        operations = [
            lambda: self.save(reached, phone=False),
            lambda: self.save(child, parent_id=silent.id),
            lambda: self.save(gone, active=False),
            lambda: self.save(gone, phone=MOBILE),
            lambda: self.env["contact.kpi.gap"].search_count([]),  # runs what waits
        ]
        expected = [
            ("gone", T0, T1, "left", "seller"),
            ("reached", T1, False, False, False),
            ("silent", T0, T1, "completed", "seller"),
        ]
        for order in itertools.permutations(range(len(operations))):
            with self.env.cr.savepoint() as savepoint, self.subTest(order=order):
                for index in order:
                    operations[index]()
                self.commit()
                self.assertEqual(self.ledger(), expected)
                self.assertAgreement(self.kpi)
                savepoint.rollback()

    def test_opened_and_closed_in_one_transaction_leaves_no_row(self):
        brief = self.customer("brief")
        self.assertEqual(self.ledger(), [("brief", T0, False, False, False)])
        brief.phone = PHONE
        self.commit()
        self.assertEqual(self.ledger(), [])

    def test_a_phone_removed_and_put_back_in_one_transaction_changes_nothing(self):
        steady = self.customer("steady", phone=PHONE)
        lacking = self.customer("lacking")
        self.go(T1)
        before = self.dump("contact.kpi.gap")
        for read_between in (False, True):
            self.save(steady, phone=False)
            self.save(lacking, phone=PHONE)
            if read_between:
                self.assertEqual(
                    self.ledger(),
                    [
                        ("lacking", T0, T1, "completed", "seller"),
                        ("steady", T1, False, False, False),
                    ],
                )
            self.save(steady, phone=PHONE)
            self.save(lacking, phone=False)
            with self.subTest(read_between=read_between):
                self.assertEqual(self.dump("contact.kpi.gap"), before)

    def test_a_gap_that_comes_back_is_a_new_row(self):
        customer = self.customer("customer")
        self.go(T1)
        self.save(customer, phone=PHONE)
        self.go(T2)
        self.save(customer, phone="não tem", user=self.other)
        self.commit()
        self.assertEqual(
            self.ledger(),
            [
                ("customer", T0, T1, "completed", "seller"),
                ("customer", T2, False, False, False),
            ],
        )
        gaps = self.env["contact.kpi.gap"].search([], order="opened_at")
        self.assertEqual(gaps.mapped("came_back"), [False, True])
        self.assertEqual(gaps.mapped("days_to_complete"), [1.0, 0.0])

    # -- credit ------------------------------------------------------------------

    def test_whoever_saved_it_is_credited_at_once(self):
        names = ("by seller", "by sudo", "by a job", "by both", "by SQL")
        seller, sudo, job, both, sql = (self.customer(name) for name in names)
        self.go(T1)
        self.save(seller, phone=PHONE)
        sudo.with_user(self.seller).sudo().phone = PHONE
        job.with_user(SUPERUSER_ID).phone = PHONE
        self.save(both, user=self.other, phone="-")
        self.save(both, user=self.seller, phone=PHONE)
        both.with_user(SUPERUSER_ID).phone = MOBILE
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET phone = %s WHERE id = %s", [PHONE, sql.id]
        )
        self.env.invalidate_all()
        self.assertEqual(
            self.ledger(),
            [
                ("by SQL", T0, False, False, False),
                ("by a job", T0, T1, "completed", False),
                ("by both", T0, T1, "completed", "seller"),
                ("by seller", T0, T1, "completed", "seller"),
                ("by sudo", T0, T1, "completed", "seller"),
            ],
        )

    def test_saving_a_contacts_phone_credits_whoever_saved_it(self):
        firm = self.customer("firm", is_company=True)
        self.go(T1)
        child = self.contact(firm)
        self.go(T2)
        self.save(child, phone=MOBILE)
        self.commit()
        self.assertEqual(self.ledger(), [("firm", T0, T2, "completed", "seller")])

    def test_a_refresh_right_after_a_save_takes_no_credit(self):
        customer = self.customer("customer")
        self.go(T1)
        self.save(customer, phone=PHONE)
        self.refresh()
        self.assertEqual(self.ledger(), [("customer", T0, T1, "completed", "seller")])

    def test_typing_in_the_list_saves_on_the_customer(self):
        customer = self.customer("customer")
        self.go(T1)
        gap = self.env["contact.kpi.gap"].search([])
        gap.with_user(self.seller).write({"phone": PHONE})
        self.commit()
        self.assertEqual(customer.phone, PHONE)
        self.assertEqual(self.ledger(), [("customer", T0, T1, "completed", "seller")])

    # -- families ------------------------------------------------------------------

    def test_archiving_leaves_and_coming_back_opens_anew(self):
        customer = self.customer("customer")
        self.go(T1)
        self.save(customer, active=False)
        self.go(T2)
        self.save(customer, active=True)
        self.commit()
        self.assertEqual(
            self.ledger(),
            [
                ("customer", T0, T1, "left", "seller"),
                ("customer", T2, False, False, False),
            ],
        )
        last = self.env["contact.kpi.gap"].search([], order="id desc", limit=1)
        self.assertFalse(last.came_back)

    def test_a_contact_speaks_for_the_family_it_is_in(self):
        first = self.customer("first", is_company=True)
        second = self.customer("second", is_company=True)
        child = self.contact(first, phone=PHONE)
        self.go(T1)
        self.save(child, parent_id=second.id)
        self.go(T2)
        child.unlink()
        self.go(T3)
        nephew = self.contact(first, "nephew", phone=PHONE, active=False)
        self.commit()
        nephew.active = True
        self.commit()
        self.assertEqual(
            self.ledger(),
            [
                ("first", T1, T3, "completed", False),
                ("second", T0, T1, "completed", "seller"),
                ("second", T2, False, False, False),
            ],
        )

    def test_a_person_who_joins_a_company_is_no_customer_of_its_own(self):
        person = self.customer("person")
        firm = self.customer("firm", is_company=True, phone=PHONE)
        self.go(T1)
        self.save(person, parent_id=firm.id)
        self.go(T2)
        self.save(person, is_company=True)
        self.commit()
        self.assertEqual(
            self.ledger(),
            [
                ("person", T0, T1, "left", "seller"),
                ("person", T2, False, False, False),
            ],
        )

    def test_a_branch_that_follows_its_parents_address_is_looked_at(self):
        parent = self.customer("parent", is_company=True, phone=PHONE)
        branch = self.customer("branch", is_company=True, phone=LANDLINE)
        branch.parent_id = parent
        self.go(T1)
        self.save(parent, country_id=self.japan.id)
        self.commit()
        self.assertEqual(branch.country_id, self.japan)
        self.assertEqual(self.ledger(), [("branch", T1, False, False, False)])

    def test_an_order_makes_a_customer_and_its_cancellation_unmakes_it(self):
        person = self.env["res.partner"].create({"name": "person"})
        self.go(T1)
        order = self.order(person)
        self.go(T2)
        order.state = "cancel"
        self.go(T3)
        self.order(person)
        self.commit()
        self.assertEqual(
            self.ledger(),
            [
                ("person", T1, T2, "left", False),
                ("person", T3, False, False, False),
            ],
        )

    # -- deletion and merge ----------------------------------------------------------

    def test_deleting_a_customer_leaves_the_past_without_its_name(self):
        doomed = self.customer("doomed")
        self.customer("stays")
        self.refresh()
        self.go(T1)
        self.refresh()
        runs = self.env["contact.kpi.run"].search([("date", "=", "2041-03-04")])
        figures = [(r.company_id.id, r.customers, r.missing) for r in runs]
        snapshot = self.snapshot(self.kpi, "2041-03-04")
        doomed.with_user(self.seller).sudo().unlink()
        self.refresh()
        self.assertEqual(
            self.ledger(),
            [("", T0, T1, "left", "seller"), ("stays", T0, False, False, False)],
        )
        self.assertEqual(
            [(r.company_id.id, r.customers, r.missing) for r in runs], figures
        )
        self.assertEqual(self.snapshot(self.kpi, "2041-03-04"), snapshot)
        self.assertAgreement(self.kpi)
        self.assertFigures(self.kpi, "2041-03-05")

    def merge(self, winner, *losers):
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(self.seller)
        partners = winner.union(*losers)
        wizard.sudo()._merge(partners.ids, winner.with_user(self.seller).sudo())
        self.commit()

    def test_a_merge_closes_the_losers_gaps_and_keeps_the_winners(self):
        winner, loser, third = (self.customer(n) for n in ("winner", "loser", "third"))
        self.go(T1)
        self.merge(winner, loser, third)
        self.assertEqual(
            self.ledger(),
            [
                ("", T0, T1, "merged", "seller"),
                ("", T0, T1, "merged", "seller"),
                ("winner", T0, False, False, False),
            ],
        )
        self.assertAgreement(self.kpi)

    def test_a_winner_made_reachable_by_the_merge_is_completed_by_who_merged(self):
        winner, loser = self.customer("winner"), self.customer("loser", phone=MOBILE)
        self.go(T1)
        self.merge(winner, loser)
        self.assertEqual(self.ledger(), [("winner", T0, T1, "completed", "seller")])

    def test_a_merged_losers_contacts_and_orders_come_along(self):
        winner = self.env["res.partner"].create({"name": "winner", "is_company": True})
        loser = self.customer("loser", is_company=True)
        self.contact(loser, phone=MOBILE, active=False)
        self.order(loser)
        self.go(T1)
        self.merge(winner, loser)
        self.assertEqual(
            self.ledger(),
            [
                ("", T0, T1, "merged", "seller"),
                ("winner", T1, False, False, False),
            ],
        )
        self.assertAgreement(self.kpi)
