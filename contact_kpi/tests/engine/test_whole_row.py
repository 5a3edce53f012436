# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a person typed is all that is written: every column of the customer, by SQL.

Each way by which a customer is written, by the client's own call, with an empty cache.
"""

import json
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..common import LANDLINE, MOBILE, ContactKpiCase
from ..sales.test_banner_mixin import reserve_contacts

RULES = ("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
EDITOR = "sales_team.group_sale_salesman,base.group_partner_manager"
CPF, CNPJ = "111.444.777-35", "11.222.333/0001-81"
MAIL, OTHER_MAIL = "ana@padaria.com.br", "compras@padaria.com.br"
OTHER_LANDLINE, OTHER_MOBILE = "(11) 3456-7890", "(21) 98765-4321"
# What an indicator asks for who asks for no contact: all contacts may stand there.
NO_CITY = '[("city", "=", False)]'


class WholeRowCase(ContactKpiCase):
    """Which fields there are decides where a typed phone goes: here, Odoo's own one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        model = cls.registry["res.partner"]
        names = patch.object(model, "_phone_get_number_fields", lambda _self: ["phone"])
        cls.startClassPatcher(names)
        cls.registry.clear_cache()
        cls.addClassCleanup(cls.registry.clear_cache)
        reserve_contacts(cls.env)
        cls.ana = new_test_user(cls.env, "row_ana", groups=EDITOR)

    def full(self, **vals):
        """A customer since yesterday, of whom much is known, and a contact of it."""
        self.go("2041-03-04 15:00:00")
        customer = self.customer(
            "Padaria Abreu",
            **{
                "is_company": True,
                "user_id": self.ana.id,
                "vat": CNPJ,
                "ref": "A-17",
                "website": "https://padaria.com.br",
                "comment": "Asks for João",
                "function": "Bakery",
                "street": "Rua das Flores, 12",
                "zip": "01310-100",
                "country_id": self.brazil.id,
                "state_id": self.sao_paulo.id,
                **vals,
            },
        )
        self.contact(customer, "João", function="Buyer", street="Rua do Sol, 3")
        self.go("2041-03-05 15:00:00")
        return customer

    def use(self, gap, kind):
        """Click “Use” of the suggestion of a kind."""
        action = gap.action_suggestions()
        wizard = gap.env[action["res_model"]].browse(action["res_id"])
        line = wizard.line_ids.filtered(lambda line: line.kind == kind)
        self.env.invalidate_all()
        line.action_use()

    def answer(self, user, action, vals):
        """Fill in a wizard as the client does, and confirm it."""
        wizard = self.env[action["res_model"]].with_user(user)
        wizard = wizard.with_context(**action["context"])
        [read] = self.web_save(wizard, vals)
        self.env.invalidate_all()
        wizard.browse(read["id"]).action_confirm()

    def row(self, customer, kpi=None, user=None):
        """The customer's row in the list to complete, as this person has it."""
        gap = self.env["contact.kpi.gap"].search(
            [
                ("partner_id", "=", customer.id),
                ("indicator_id", "=", (kpi or self.kpi).id),
                ("closed_at", "=", False),
            ]
        )
        self.assertEqual(len(gap), 1)
        return gap.with_user(user or self.ana)


@tagged("post_install", "-at_install")
class TestWholeRow(WholeRowCase):
    # -- the list to complete ----------------------------------------------------

    def test_what_is_typed_in_the_list(self):
        """By what stood there: what was typed, what is written."""
        junk = {"phone": "não tem", "email": "x@x"}
        nobody = self.env["res.users"]
        for before, typed in (
            ({}, {"phone": LANDLINE}),
            ({}, {"email": MAIL}),
            (junk, {"phone": LANDLINE}),
            (junk, {"email": MAIL}),
            (junk, {"phone": MOBILE, "email": MAIL}),
            (junk, {"phone": False}),
            (junk, {"email": False}),
            (junk, {"phone": False, "email": MAIL}),
            (junk, {"phone": "2345-6789"}),
            (junk, {"vat": CPF}),
            (junk, {"vat": False}),
            ({**junk, "vat": False}, {"vat": CNPJ}),
            ({"phone": "2345-6789"}, {"phone": LANDLINE}),
            (junk, {"phone": f"{LANDLINE} / {MOBILE}"}),
        ):
            with self.subTest(before=before, typed=typed):
                customer = self.full(**before)
                gap = self.row(customer)
                expected = {name: text or None for name, text in typed.items()}
                with self.written(customer, expected):
                    [read] = self.web_save(gap, typed, "list")
                self.assertEqual({name: read[name] for name in typed}, typed)
                usable = {LANDLINE, MOBILE, MAIL, f"{LANDLINE} / {MOBILE}"}
                done = bool(usable.intersection(typed.values()))
                self.assertEqual(gap.close_reason, done and "completed")
                self.assertEqual(gap.closed_by_id, self.ana if done else nobody)

    def test_a_usable_contact_stays_beside_the_one_that_is_typed(self):
        """In the list of an indicator that asks for something else."""
        kpi = self.indicator("test_no_city", NO_CITY)
        numbers = f"{LANDLINE} / {MOBILE}"
        for before, typed, written, added in (
            # Two alike: the one that was typed stands where it was typed.
            (LANDLINE, OTHER_LANDLINE, OTHER_LANDLINE, LANDLINE),
            (MOBILE, OTHER_MOBILE, OTHER_MOBILE, MOBILE),
            # Messages are sent to the first.
            (LANDLINE, MOBILE, MOBILE, LANDLINE),
            (MOBILE, LANDLINE, None, LANDLINE),
            (numbers, OTHER_LANDLINE, None, OTHER_LANDLINE),
            # The same contact, spelled otherwise or with another one.
            (MOBILE, "+55 11 96123 4567", "+55 11 96123 4567", None),
            (LANDLINE, numbers, numbers, None),
            # No contact takes the place of one.
            (LANDLINE, "não tem", None, None),
            (LANDLINE, "2345-6789", None, None),
            # What was cleared is cleared.
            (LANDLINE, False, False, None),
        ):
            with self.subTest(before=before, typed=typed):
                customer = self.full(phone=before, email=MAIL)
                columns = {} if written is None else {"phone": written or None}
                contacts = [(None, "other", added, None)] if added else []
                row = self.row(customer, kpi)
                with self.written(customer, columns, contacts):
                    [read] = self.web_save(row, {"phone": typed}, "list")
                self.assertEqual(read["phone"], before if written is None else written)
                # Typed once more: all of it is there.
                with self.written(customer, {}):
                    self.web_save(row, {"phone": typed}, "list")

    def test_a_usable_e_mail_stays_beside_the_one_that_is_typed(self):
        kpi = self.indicator("test_no_city", NO_CITY)
        for before, typed, written, added in (
            (MAIL, OTHER_MAIL, OTHER_MAIL, MAIL),
            (f"Ana <{MAIL}>", OTHER_MAIL, OTHER_MAIL, f"Ana <{MAIL}>"),
            (MAIL, f"Ana <{MAIL}>", f"Ana <{MAIL}>", None),
            # Pasted, with a space that nobody sees.
            (f"\u200b{MAIL}", MAIL, MAIL, None),
            ("ana @ padaria.com.br", OTHER_MAIL, OTHER_MAIL, "ana @ padaria.com.br"),
            (MAIL, f"{MAIL}, {OTHER_MAIL}", f"{MAIL}, {OTHER_MAIL}", None),
            (MAIL, "ana@padaria", None, None),
            (MAIL, False, False, None),
        ):
            with self.subTest(before=before, typed=typed):
                customer = self.full(phone=MOBILE, email=before)
                columns = {} if written is None else {"email": written or None}
                contacts = [(None, "other", None, added)] if added else []
                row = self.row(customer, kpi)
                with self.written(customer, columns, contacts):
                    self.web_save(row, {"email": typed}, "list")
                with self.written(customer, {}):
                    self.web_save(row, {"email": typed}, "list")

    def test_both_at_once_are_kept_on_one_contact(self):
        kpi = self.indicator("test_no_city", NO_CITY)
        customer = self.full(phone=LANDLINE, email=MAIL)
        typed = {"phone": OTHER_LANDLINE, "email": OTHER_MAIL}
        kept = [(None, "other", LANDLINE, MAIL)]
        with self.written(customer, typed, kept):
            self.web_save(self.row(customer, kpi), typed, "list")
        # And back: nobody is there twice.
        back = {"phone": LANDLINE, "email": MAIL}
        again = [(None, "other", OTHER_LANDLINE, OTHER_MAIL)]
        with self.written(customer, back, again):
            self.web_save(self.row(customer, kpi), back, "list")
        with self.written(customer, typed):
            self.web_save(self.row(customer, kpi), typed, "list")

    def test_a_number_that_software_sends_as_one_is_a_text(self):
        customer = self.full(phone=LANDLINE, email="x@x")
        row = self.row(customer, self.indicator("test_no_city", NO_CITY))
        kept = [(None, "other", LANDLINE, None)]
        with self.written(customer, {"phone": "11961234567"}, kept):
            self.web_save(row, {"phone": 11961234567}, "list")

    def test_who_typed_no_contact_over_a_usable_one_is_told(self):
        kpi = self.indicator("test_no_city", NO_CITY)
        customer = self.full(phone=LANDLINE)
        sent = self.env["bus.bus"].search([])
        with self.written(customer, {}):
            self.web_save(self.row(customer, kpi), {"phone": "2345-6789"}, "list")
        [told] = (self.env["bus.bus"].search([]) - sent).mapped("message")
        self.assertEqual(
            json.loads(told)["payload"]["message"],
            "“2345-6789” is no usable contact: the one on record was kept.",
        )

    def test_whoever_may_not_see_the_row_or_edit_contacts_writes_nothing(self):
        customer = self.full(phone="não tem")
        gap = self.row(customer)
        others, reader = (
            new_test_user(self.env, f"row_{login}", groups=groups)
            for login, groups in (
                ("others", EDITOR),
                ("reader", "sales_team.group_sale_salesman_all_leads"),
            )
        )
        for user in (others, reader):
            row = gap.with_user(user)
            refused = self.assertRaises(AccessError)
            with self.written(customer, {}), mute_logger(*RULES), refused:
                row.web_save({"phone": MOBILE}, {})

    def test_a_client_s_defaults_are_not_written(self):
        kpi = self.indicator("test_no_city", NO_CITY)
        customer = self.full(phone=LANDLINE)
        row = self.row(customer, kpi).with_context(
            default_name="Forged", default_email=MAIL, default_type="invoice"
        )
        kept = [(None, "other", LANDLINE, None)]
        with self.written(customer, {"phone": MOBILE}, kept):
            self.web_save(row, {"phone": MOBILE}, "list")

    def test_a_number_of_an_archived_contact_is_kept_whatever_the_client_sends(self):
        kpi = self.indicator("test_no_city", NO_CITY)
        customer = self.full(phone=LANDLINE)
        self.contact(customer, "Rui", phone=LANDLINE, active=False)
        row = self.row(customer, kpi).with_context(active_test=False)
        kept = [(None, "other", LANDLINE, None)]
        with self.written(customer, {"phone": MOBILE}, kept):
            self.web_save(row, {"phone": MOBILE}, "list")

    def test_the_tax_id_of_an_indicator_that_asks_for_it(self):
        kpi = self.indicator("test_no_vat", '[("vat", "=", False)]')
        customer = self.full(phone=MOBILE, email=MAIL, vat=False)
        gap = self.row(customer, kpi)
        with self.written(customer, {"vat": CPF}):
            self.web_save(gap, {"vat": CPF}, "list")
        self.assertEqual((gap.close_reason, gap.closed_by_id), ("completed", self.ana))

    def test_rows_of_several_customers_and_indicators_at_once(self):
        """As the list saves a selection: one of the customers has two rows."""
        city = self.indicator("test_no_city", NO_CITY)
        both = self.full(phone="não tem", email="x@x")
        other = self.full(phone="-", email=MAIL)
        rows = self.row(both) | self.row(both, city) | self.row(other, city)
        typed = {"phone": MOBILE}
        with self.written(both, typed), self.written(other, typed):
            self.web_save(rows, typed, "list")
        self.assertEqual(rows.mapped("close_reason"), ["completed", False, False])

    def test_rows_of_one_customer_while_the_rules_are_applied(self):
        """What one row completes is not “completed meanwhile” for the next."""
        city = self.indicator("test_no_city", NO_CITY)
        customer = self.full(phone="não tem", email="x@x")
        rows = self.row(customer) | self.row(customer, city)
        self.env["contact.kpi.placeholder"].create({"name": "sem fone fixo"})
        self.assertEqual(self.env["contact.kpi.ruleset"]._current().state, "running")
        typed = {"phone": MOBILE, "email": MAIL}
        with self.written(customer, typed):
            self.web_save(rows, typed, "list")

    def test_a_row_completed_meanwhile_takes_nothing_away(self):
        customer = self.full(phone="não tem")
        gap = self.row(customer)
        customer.phone = LANDLINE
        self.go("2041-03-06 15:00:00")
        for typed in (MOBILE, False):
            with self.written(customer, {}), self.assertRaises(UserError):
                self.web_save(gap, {"phone": typed}, "list")

    # -- the customer's own form -------------------------------------------------

    def test_who_corrects_the_contact_on_its_own_form_overwrites_it(self):
        customer = self.full(phone=LANDLINE, email=MAIL)
        for typed in ({"phone": MOBILE}, {"email": OTHER_MAIL}, {"phone": "2345-6789"}):
            with self.written(customer, typed):
                self.web_save(customer.with_user(self.ana), dict(typed))

    # -- the quotation's banner --------------------------------------------------

    def test_what_is_typed_on_a_quotation(self):
        for typed in (
            {"phone": LANDLINE},
            {"email": MAIL},
            {"phone": MOBILE, "email": MAIL},
        ):
            for new in (False, True):
                with self.subTest(typed=typed, new=new):
                    customer = self.full(phone="não tem", email="x@x")
                    order = self.env["sale.order"].with_user(self.ana)
                    vals = {f"contact_kpi_{name}": text for name, text in typed.items()}
                    if new:
                        vals["partner_id"] = customer.id
                        vals = {**vals, "contact_kpi_state": "missing"}
                    else:
                        order = self.order(customer, user_id=self.ana.id)
                        order = order.with_user(self.ana)
                    with self.written(customer, typed):
                        [read] = self.web_save(order, vals)
                    self.assertEqual(read["contact_kpi_state"], False)

    def test_a_quotation_of_a_contact_completes_its_customer(self):
        customer = self.full(phone="não tem", email="x@x")
        order = self.order(customer.child_ids, user_id=self.ana.id)
        with self.written(customer, {"phone": LANDLINE}):
            [read] = self.web_save(
                order.with_user(self.ana), {"contact_kpi_phone": LANDLINE}
            )
        self.assertEqual(read["contact_kpi_state"], False)

    def test_a_quotation_asks_nobody_because_a_client_says_so(self):
        """Nobody is completed who lacks nothing, whatever state is sent."""
        customer = self.full(phone=MOBILE, email=MAIL)
        order = self.order(customer, user_id=self.ana.id).with_user(self.ana)
        forged = {
            "contact_kpi_state": "missing",
            "contact_kpi_phone": OTHER_MOBILE,
            "contact_kpi_email": OTHER_MAIL,
        }
        with self.written(customer, {}):
            self.web_save(order, forged)
        with self.written(customer, {}):
            self.web_save(order.browse(), {"partner_id": customer.id, **forged})

    # -- suggestions -------------------------------------------------------------

    def test_what_a_suggestion_brings(self):
        """Who clicks “Use” does not see what stands there: what may be real stays."""
        self.env["res.partner"].create(
            {"name": "Abreu", "vat": CNPJ, "phone": MOBILE, "email": MAIL}
        )
        city = self.indicator("test_no_city", NO_CITY)
        for name, before, written, added in (
            ("phone", False, MOBILE, None),
            ("phone", "não tem", MOBILE, None),
            ("phone", "2345-6789", MOBILE, "2345-6789"),
            ("phone", LANDLINE, MOBILE, LANDLINE),
            ("email", "x@x", MAIL, None),
            ("email", "ana@padaria", MAIL, "ana@padaria"),
            ("email", OTHER_MAIL, MAIL, OTHER_MAIL),
        ):
            with self.subTest(name=name, before=before):
                customer = self.full(**{name: before})
                added = {"phone": None, "email": None, name: added}
                kept = [(None, "other", added["phone"], added["email"])]
                with self.written(
                    customer, {name: written}, kept if added[name] else []
                ):
                    self.use(self.row(customer, city), name)

    # -- what is not a contact ---------------------------------------------------

    def test_a_refusal_writes_nothing_of_the_customer(self):
        customer = self.full(phone="não tem")
        gap = self.row(customer)
        reason = self.env["contact.kpi.decline.reason"].search([], limit=1)
        with self.written(customer, {}):
            self.answer(self.ana, gap.action_decline(), {"reason_id": reason.id})
        self.assertTrue(gap.declined)
        with self.written(customer, {}):
            gap.action_take_back_decline()
        self.assertFalse(gap.declined)

    def test_consent_writes_the_answer(self):
        answer = {
            "contact_kpi_consent": "given",
            "contact_kpi_consent_on": "2041-03-04",
            "contact_kpi_consent_channel": "phone",
        }
        signed = {**answer, "contact_kpi_consent_by_id": self.ana.id}
        customer = self.full(phone=LANDLINE, email=MAIL)
        with self.written(customer, signed):
            self.web_save(customer.with_user(self.ana), answer)
        customer = self.full(phone=LANDLINE, email=MAIL)
        with self.written(customer, signed):
            action = customer.with_user(self.ana).action_contact_kpi_consent()
            vals = {"consent": "given", "channel": "phone", "answered_on": "2041-03-04"}
            self.answer(self.ana, action, vals)

    def test_a_confirmation_writes_its_day_and_who(self):
        signed = {
            "contact_kpi_verified_on": "2041-03-05",
            "contact_kpi_verified_by_id": self.ana.id,
        }
        city = self.indicator("test_no_city", NO_CITY)
        for where in ("form", "list", "quotation"):
            with self.subTest(where):
                customer = self.full(phone=LANDLINE, email=MAIL)
                record = {
                    "form": lambda c: c.with_user(self.ana),
                    "list": lambda c: self.row(c, city),
                    "quotation": lambda c: self.order(c, user_id=self.ana.id).with_user(
                        self.ana
                    ),
                }[where](customer)
                with self.written(customer, signed):
                    record.action_contact_kpi_confirm()

    def test_a_to_do_writes_nothing_of_the_customer(self):
        customer = self.full(phone="não tem")
        gap = self.row(customer)
        with self.written(customer, {}):
            gap.action_schedule_activity()
        with self.written(customer, {"phone": MOBILE}):
            self.web_save(gap, {"phone": MOBILE}, "list")
        plans = self.env["mail.activity"].search([("contact_kpi_id", "!=", False)])
        self.assertFalse(plans)

    def test_a_merge_takes_over_what_the_winner_lacks(self):
        manager = new_test_user(
            self.env, "row_manager", groups=f"{EDITOR},sales_team.group_sale_manager"
        )
        # Odoo's own condition for whoever is no administrator: the same e-mail.
        winner = self.full(email="x@x", function=False)
        loser = self.full(email="x@x", phone=MOBILE, ref="B-18")
        loser.child_ids.unlink()
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(manager)
        wizard = wizard.create(
            {"partner_ids": (winner | loser).ids, "dst_partner_id": winner.id}
        )
        expected = {"phone": MOBILE, "function": "Bakery", "customer_rank": 2}
        with self.written(winner, expected):
            wizard.action_merge()
        self.assertFalse(loser.exists())


@tagged("post_install", "-at_install")
class TestMobileField(WholeRowCase):
    """Beside an addon that brings a field for mobiles, which Odoo's SMS reads first."""

    def setUp(self):
        super().setUp()
        model = self.registry["res.partner"]
        names = patch.object(
            model, "_phone_get_number_fields", lambda _self: ["x_mobile", "phone"]
        )
        names.start()
        self.addCleanup(names.stop)
        self.env["ir.model.fields"].create(
            {
                "name": "x_mobile",
                "field_description": "Mobile of the Test",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "ttype": "char",
            }
        )
        self.registry._setup_models__(self.env.cr)
        self.city = self.indicator("test_no_city", NO_CITY)

    def test_a_mobile_goes_to_the_empty_field_and_no_landline_does(self):
        for before, typed, written, added in (
            ((LANDLINE, False), MOBILE, {"x_mobile": MOBILE}, None),
            ((MOBILE, False), OTHER_MOBILE, {"x_mobile": OTHER_MOBILE}, None),
            (
                (LANDLINE, False),
                OTHER_LANDLINE,
                {"phone": OTHER_LANDLINE},
                LANDLINE,
            ),
            (("não tem", False), MOBILE, {"phone": MOBILE}, None),
            (("não tem", OTHER_MOBILE), LANDLINE, {"phone": LANDLINE}, None),
            ((LANDLINE, MOBILE), "+55 11 96123-4567", {}, None),
            ((LANDLINE, OTHER_MOBILE), MOBILE, {"phone": MOBILE}, LANDLINE),
        ):
            with self.subTest(before=before, typed=typed):
                phone, mobile = before
                customer = self.full(phone=phone, x_mobile=mobile)
                kept = [(None, "other", added, None)] if added else []
                row = self.row(customer, self.city)
                with self.written(customer, written, kept):
                    self.web_save(row, {"phone": typed}, "list")
                with self.written(customer, {}):
                    self.web_save(row, {"phone": typed}, "list")

    def test_a_suggested_landline_goes_to_no_field_for_mobiles(self):
        self.env["res.partner"].create(
            {"name": "Abreu", "vat": CNPJ, "phone": LANDLINE}
        )
        customer = self.full()
        with self.written(customer, {"phone": LANDLINE}):
            self.use(self.row(customer), "phone")

    def test_a_document_hears_of_every_field_that_is_read(self):
        customer = self.full(phone="não tem")
        order = self.order(customer, user_id=self.ana.id).with_user(self.ana)
        self.assertEqual(order.contact_kpi_state, "missing")
        customer.x_mobile = MOBILE
        self.assertFalse(order.contact_kpi_state)
