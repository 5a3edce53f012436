# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whether customers agreed to be contacted: recorded, shown, found, merged."""

from datetime import date
from itertools import product
from random import Random

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..common import ContactKpiCase

RULES = ("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
STATES = ["not_asked", "given", "refused"]
FIELDS = ("consent", "consent_on", "consent_channel", "consent_by_id")


@tagged("post_install", "-at_install")
class TestContactKpiConsent(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        sales = "sales_team.group_sale_salesman"
        cls.ana, cls.bruno, cls.head = (
            new_test_user(cls.env, f"consent_{login}", groups=groups)
            for login, groups in (
                ("ana", f"{sales},base.group_partner_manager"),
                ("bruno", sales),
                ("head", f"{sales}_all_leads,base.group_partner_manager"),
            )
        )
        # Other addons (CRM) let every salesperson edit contacts.
        cls.env["ir.model.access"].search(
            [
                ("model_id.model", "=", "res.partner"),
                ("group_id", "!=", cls.env.ref("base.group_partner_manager").id),
            ]
        ).perm_write = False

    def record(self, partners, user, consent="given", **vals):
        """Through the dialog that the form's button opens."""
        action = partners.with_user(user).action_contact_kpi_consent()
        wizard = self.env["contact.kpi.consent.wizard"].with_user(user)
        form = Form(wizard.with_context(**action["context"]))
        form.consent = consent
        if consent != "not_asked":
            form.channel = "phone"
        for name, value in vals.items():
            form[name] = value
        form.save().action_confirm()
        self.commit()

    def kept(self, partner):
        """What is stored: answer, day, channel, who."""
        values = [partner[f"contact_kpi_{name}"] for name in FIELDS]
        return (values[0], values[1] and str(values[1]), values[2], values[3].login)

    def shown(self, partner):
        values = [partner[f"customer_{name}"] for name in FIELDS]
        return (values[0], values[1] and str(values[1]), values[2], values[3].login)

    def notes(self, partner):
        return [
            (note.author_id, str(note.body))
            for note in partner.message_ids.sorted("id")
            if "Consent" in note.body
        ]

    # -- recording -------------------------------------------------------------

    def test_recorded_with_day_channel_person_and_proof(self):
        one = self.customer("one")
        self.assertEqual(self.kept(one), ("not_asked", False, False, False))
        self.go("2041-03-06 02:00:00")  # still the 5th in São Paulo
        self.record(one, self.ana)
        self.assertEqual(
            self.kept(one), ("given", "2041-03-05", "phone", "consent_ana")
        )
        self.go("2041-03-10 15:00:00")
        self.record(one, self.head, "refused", channel="document")
        self.record(one, self.head, "refused", channel="document")  # nothing new
        self.go("2041-03-11 15:00:00")
        self.record(one, self.ana, "not_asked")
        self.assertEqual(self.kept(one), ("not_asked", False, False, False))
        self.assertEqual(
            self.notes(one),
            [
                (
                    user.partner_id,
                    f"<span>Consent to be contacted: {text}</span>",
                )
                for user, text in (
                    (self.ana, "Given, 03/05/2041, By Phone"),
                    (self.head, "Refused, 03/10/2041, Signed Document"),
                    (self.ana, "Not Asked"),
                )
            ],
        )

    def test_a_day_before_and_never_one_to_come(self):
        one = self.customer("one")
        self.commit()
        self.record(one, self.ana, answered_on=date(2040, 12, 24))
        self.assertEqual(self.kept(one)[1], "2040-12-24")
        with self.assertRaisesRegex(ValidationError, "in the future"):
            self.record(one, self.ana, answered_on=date(2041, 3, 5))
        branch = self.company("Branch", "Asia/Tokyo")
        there = self.customer("there", company_id=branch.id)
        self.go("2041-03-06 16:00:00")  # the 6th here, the 7th there
        (one | there).write({"contact_kpi_consent": "refused"})
        self.assertEqual(
            [str(p.contact_kpi_consent_on) for p in (one, there)],
            ["2041-03-06", "2041-03-07"],
        )

    def test_the_channel_must_be_said(self):
        one = self.customer("one")
        wizard = self.env["contact.kpi.consent.wizard"].with_user(self.ana)
        forged = wizard.create({"partner_ids": one.ids, "consent": "given"})
        with self.assertRaisesRegex(UserError, "how the customer answered"):
            forged.action_confirm()

    def test_from_the_list_of_customers_to_complete(self):
        one, two = self.customer("one"), self.customer("two")
        self.commit()
        gaps = self.env["contact.kpi.gap"].search([("indicator_id", "=", self.kpi.id)])
        action = self.env.ref("contact_kpi.contact_kpi_gap_consent_action")
        context = {"active_model": "contact.kpi.gap", "active_ids": gaps.ids}
        action = action.with_user(self.ana).with_context(**context).run()
        wizard = self.env["contact.kpi.consent.wizard"].with_user(self.ana)
        with Form(wizard.with_context(**action["context"])) as form:
            self.assertEqual(form.subject, "one, two")
            self.assertFalse(form.consent)
            form.consent = "given"
            form.channel = "in_person"
        form.record.action_confirm()
        for customer in (one, two):
            self.assertEqual(
                self.kept(customer),
                ("given", "2041-03-04", "in_person", "consent_ana"),
            )

    def test_needs_the_right_to_edit_contacts(self):
        one = self.customer("one")
        self.commit()
        self.assertTrue(one.with_user(self.ana).can_edit_consent)
        self.assertFalse(one.with_user(self.bruno).can_edit_consent)
        with mute_logger(*RULES), self.assertRaises(AccessError):
            self.record(one, self.bruno)
        self.assertEqual(self.kept(one)[0], "not_asked")

    def test_nobody_records_in_anothers_name(self):
        one = self.customer("one").with_user(self.ana)
        vals = {
            "contact_kpi_consent": "given",
            "contact_kpi_consent_by_id": self.bruno.id,
        }
        one.write(vals)
        self.assertEqual(self.kept(one)[3], "consent_ana")
        two = one.create({"name": "two", **vals})
        self.assertEqual(self.kept(two)[3], "consent_ana")
        self.assertEqual(len(self.notes(two)), 1)
        # Nor by what a client says are the defaults.
        context = {f"default_{name}": value for name, value in vals.items()}
        three = one.with_context(**context).create({"name": "three"})
        self.assertEqual(self.kept(three), ("not_asked", False, False, False))
        # A file of the time before this addon brings its own days.
        names = ["name", "contact_kpi_consent", "contact_kpi_consent_on"]
        rows = [["three", "refused", "2039-01-02"], ["four", "not_asked", ""]]
        ids = one.load(names, rows)["ids"]
        self.assertEqual(
            [self.kept(partner) for partner in one.browse(ids)],
            [
                ("refused", "2039-01-02", False, "consent_ana"),
                ("not_asked", False, False, False),
            ],
        )

    # -- a customer and its contacts -------------------------------------------

    def test_a_contact_shows_its_customers_answer(self):
        head = self.customer("head", is_company=True)
        contact = self.contact(head)
        self.commit()
        # Recorded on the contact's form, kept on the customer.
        self.record(contact, self.ana, "given")
        answer = ("given", "2041-03-04", "phone", "consent_ana")
        self.assertEqual(self.kept(head), answer)
        self.assertEqual(self.kept(contact), ("not_asked", False, False, False))
        self.assertEqual((self.shown(head), self.shown(contact)), (answer, answer))
        # Who refused before joining a customer still refuses.
        person = self.customer("person")
        self.record(person, self.ana, "refused")
        person.parent_id = head
        self.commit()
        self.assertEqual(person.commercial_partner_id, head)
        self.assertEqual(self.shown(person)[0], "refused")
        self.assertEqual(self.shown(head)[0], "given")

    def test_a_contact_that_had_its_own_answer_can_change_its_mind(self):
        head = self.customer("head", is_company=True)
        buyer = self.customer("buyer", contact_kpi_consent="refused")
        other = self.contact(head, "other")
        buyer.parent_id = head
        self.commit()
        self.record(head, self.ana)
        self.assertEqual(self.shown(buyer)[0], "refused")  # it was not asked again
        self.record(buyer, self.ana)
        self.assertEqual(
            [self.shown(partner)[0] for partner in (head, buyer, other)], ["given"] * 3
        )
        self.assertEqual(self.kept(other)[0], "not_asked")

    def test_found_by_what_is_shown(self):
        draw = Random(21)
        families = {}
        for number in range(12):
            head = self.customer(
                f"H{number}",
                is_company=True,
                contact_kpi_consent=draw.choice(STATES),
            )
            families[head] = [
                self.contact(head, contact_kpi_consent=draw.choice(STATES))
                for _n in range(2)
            ]
        expected = {state: set() for state in STATES}
        for head, contacts in families.items():
            expected[head.contact_kpi_consent].add(head.id)
            for contact in contacts:
                both = {head.contact_kpi_consent, contact.contact_kpi_consent}
                state = next(s for s in ("refused", "given", "not_asked") if s in both)
                expected[state].add(contact.id)
                self.assertEqual(contact.customer_consent, state)
        self.assertTrue(all(expected.values()))
        everybody = [p.id for head, kids in families.items() for p in (head, *kids)]
        Partner = self.env["res.partner"].with_user(self.ana)
        for state in STATES:
            for operator, ids in (
                ("=", expected[state]),
                ("!=", set(everybody) - expected[state]),
            ):
                with self.subTest(state=state, operator=operator):
                    found = Partner.search(
                        [
                            ("id", "in", everybody),
                            ("customer_consent", operator, state),
                        ]
                    )
                    self.assertEqual(set(found.ids), ids)

    # -- figures ---------------------------------------------------------------

    def test_shown_apart_on_the_card_and_in_the_list(self):
        draw = Random(22)
        customers = [
            self.customer(
                f"C{n:02}",
                user_id=draw.choice([self.ana.id, self.bruno.id]),
                contact_kpi_consent=draw.choice(STATES),
            )
            for n in range(15)
        ]
        self.commit()
        Gap = self.env["contact.kpi.gap"]
        reason = self.env.ref("contact_kpi.contact_kpi_decline_reason_refused")
        declined = draw.sample(customers, 6)
        Gap.search([("partner_id", "in", [c.id for c in declined])])._decline(reason)
        for user in (self.bruno, self.head):
            seen = [c for c in customers if user == self.head or c.user_id == user]
            expected = {}
            for customer in seen:
                key = (customer.contact_kpi_consent, customer in declined)
                expected[key] = expected.get(key, 0) + 1
            groups = Gap.with_user(user).formatted_read_group(
                [("closed_at", "=", False), ("indicator_id", "=", self.kpi.id)],
                ["consent", "declined"],
                ["__count"],
            )
            with self.subTest(user=user.login):
                self.assertEqual(
                    {(g["consent"], g["declined"]): g["__count"] for g in groups},
                    expected,
                )
                card = self.kpi.with_user(user)
                self.assertEqual(card.refused_now, expected[("refused", False)])
                self.assertEqual(card.declined_now, sum(c in declined for c in seen))
                self.assertEqual(
                    card.to_complete_now, sum(c not in declined for c in seen)
                )
                self.assertEqual(
                    Gap.with_user(user).search_count(
                        [
                            ("indicator_id", "=", self.kpi.id),
                            ("consent", "=", "refused"),
                            ("declined", "=", False),
                        ]
                    ),
                    card.refused_now,
                )

    # -- merging, copying, removing --------------------------------------------

    def merge(self, loser, winner):
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(self.head)
        wizard.create({})._merge((loser | winner).ids, winner.with_user(self.head))
        self.commit()

    def test_merged_to_the_strictest(self):
        for number, (lost, won) in enumerate(product(STATES, STATES)):
            loser, winner = (
                self.customer(f"{role}{number}") for role in ("loser", "winner")
            )
            for partner, state, user, day in (
                (loser, lost, self.ana, date(2041, 3, 1)),
                (winner, won, self.bruno, date(2041, 3, 2)),
            ):
                partner.sudo().write(
                    {
                        "contact_kpi_consent": state,
                        "contact_kpi_consent_on": day,
                        "contact_kpi_consent_channel": "email",
                        "contact_kpi_consent_by_id": user.id,
                    }
                )
            self.commit()
            self.merge(loser, winner)
            strictest = max(lost, won, key=STATES.index)
            expected = ("not_asked", False, False, False)
            if strictest != "not_asked":
                of_loser = STATES.index(lost) > STATES.index(won)
                expected = (
                    (strictest, "2041-03-01", "email", "consent_ana")
                    if of_loser
                    else (strictest, "2041-03-02", "email", "consent_bruno")
                )
            with self.subTest(lost=lost, won=won):
                self.assertFalse(loser.exists())
                self.assertEqual(self.kept(winner), expected)

    def test_merging_what_was_answered_tomorrow(self):
        """In Tokyo it is the next day already: that hinders no merge."""
        tokyo = self.company("Tokyo", "Asia/Tokyo")
        self.go("2041-03-06 16:00:00")
        theirs = self.customer("theirs", company_id=tokyo.id)
        ours = self.customer("ours", company_id=self.main.id)
        theirs.contact_kpi_consent = "refused"
        self.assertEqual(str(theirs.contact_kpi_consent_on), "2041-03-07")
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge((theirs | ours).ids, ours)
        self.assertEqual(self.kept(ours)[:2], ("refused", "2041-03-06"))

    def test_a_copy_is_not_asked(self):
        one = self.customer("one", contact_kpi_consent="given")
        self.assertEqual(self.kept(one.copy()), ("not_asked", False, False, False))

    def test_installing_rewrites_no_customer(self):
        """The database's own default speaks for those that were there before."""
        self.env.cr.execute(
            """SELECT column_default FROM information_schema.columns
                WHERE table_name = 'res_partner'
                  AND column_name = 'contact_kpi_consent'"""
        )
        self.assertEqual(self.env.cr.fetchall(), [("'not_asked'::character varying",)])
        self.env.cr.execute(
            "SELECT COUNT(*) FROM res_partner WHERE contact_kpi_consent IS NULL"
        )
        self.assertEqual(self.env.cr.fetchall(), [(0,)])
