# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""“Did you mean …?” is told where the contact stands, and one click takes it."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..common import LANDLINE, MOBILE
from ..engine.test_whole_row import MAIL, NO_CITY, RULES, WholeRowCase

FORM = "sale.view_order_form"
SLIP, MEANT = "ana@gmial.com", "ana@gmail.com"
OLD, NEW = "11 8765-4321", "11 98765-4321"
DID_YOU_MEAN = f"Did you mean {MEANT}?"
ADD_THE_NINE = "Add the 9: (11) 98765-4321"
MISSING = "Is a digit missing, or the 9 in front?"
FIELDS = (
    *("contact_kpi_phone_hint", "contact_kpi_email_hint"),
    *("contact_kpi_can_correct_phone", "contact_kpi_can_correct_email"),
)
# Text, what is told of it, what a click makes of it, usable or not.
PHONES = (
    (False, False, None),
    (MOBILE, False, None),
    (LANDLINE, False, None),
    ("não tem", False, None),
    ("(11) 7812-3456", False, None),
    (OLD, ADD_THE_NINE, NEW),
    ("1187654321", ADD_THE_NINE, "11987654321"),
    (f"Ana {OLD} / {LANDLINE}", ADD_THE_NINE, f"Ana {NEW} / {LANDLINE}"),
    ("11 98765-432", MISSING, None),
    (f"{LANDLINE} / 11 98765-432", False, None),
    ("fax 11 3456-7890", "What is written beside it says that nobody answers.", None),
    ("5.51198765E+12", "A spreadsheet has rounded it: digits are lost.", None),
    ("98765-4321", "The area code is missing.", None),
)
EMAILS = (
    (False, False, None),
    (MAIL, False, None),
    ("x@x", False, None),
    ("ana@mailo.com", False, None),
    (SLIP, DID_YOU_MEAN, MEANT),
    (f"Ana <{SLIP}>; {MAIL}", DID_YOU_MEAN, f"Ana <{MEANT}>; {MAIL}"),
    ("ana@oficina.con", "Did you mean ana@oficina.com?", "ana@oficina.com"),
)
TABLE = [
    *(("phone", *line) for line in PHONES),
    *(("email", *line) for line in EMAILS),
]


class HintCase(WholeRowCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bruno = new_test_user(
            cls.env,
            "hint_bruno",
            groups="sales_team.group_sale_salesman_all_leads",
        )

    def shown(self, record, name, view_type="form"):
        """What a screen tells of a contact: the words, whether there is a button."""
        self.env.invalidate_all()
        views = record.get_views([(False, view_type)])
        fields = {*FIELDS} & views["models"][record._name]["fields"].keys()
        self.assertEqual(fields, {*FIELDS})
        [read] = record.web_read({name: {} for name in FIELDS})
        words = read[f"contact_kpi_{name}_hint"]
        return words, read[f"contact_kpi_can_correct_{name}"]

    def click(self, record, name):
        """Click the button beside a hint."""
        self.env.invalidate_all()
        getattr(record, f"action_contact_kpi_correct_{name}")()

    def slipped(self, name, text, **vals):
        """A customer with this text."""
        return self.full(**{"phone": False, "email": False, name: text, **vals})

    def assertCorrected(self, customer, record, name, text):
        columns = {name: text} if text else {}
        with self.written(customer, columns):
            if text:
                self.click(record, name)
            else:
                with self.assertRaises(UserError):
                    self.click(record, name)


@tagged("post_install", "-at_install")
class TestContactKpiHintMixin(HintCase):
    # -- the list to complete ------------------------------------------------------

    def test_in_the_list_of_an_indicator_that_asks_for_something_else(self):
        kpi = self.indicator("test_no_city", NO_CITY)
        for name, text, words, corrected in TABLE:
            with self.subTest(text=text):
                customer = self.slipped(name, text)
                row = self.row(customer, kpi)
                expected = (words, bool(corrected))
                self.assertEqual(self.shown(row, name, "list"), expected)
                self.assertEqual(self.shown(row, name), expected)
                self.assertCorrected(customer, row, name, corrected)
                self.assertFalse(row.closed_at)
                if corrected:
                    self.assertEqual(self.shown(row, name), (False, False))

    def test_a_click_completes_and_is_credited(self):
        customer = self.slipped("email", "ana@oficina.con")
        gap = self.row(customer)
        with self.written(customer, {"email": "ana@oficina.com"}):
            self.click(gap, "email")
        self.assertEqual((gap.close_reason, gap.closed_by_id), ("completed", self.ana))
        self.assertEqual(
            self.ledger(customer),
            [
                (
                    *("Padaria Abreu", "2041-03-04 15:00:00", "2041-03-05 15:00:00"),
                    *("completed", "row_ana"),
                )
            ],
        )

    def test_while_typing_in_the_list_and_after_it_was_saved(self):
        """The button saves what was typed first: by then the row is complete."""
        for name, typed, words, corrected in (
            ("phone", OLD, ADD_THE_NINE, NEW),
            ("email", SLIP, DID_YOU_MEAN, MEANT),
        ):
            customer = self.slipped("phone", "não tem")
            gap = self.row(customer)
            self.env.invalidate_all()
            spec = {field: {} for field in ("phone", "email", *FIELDS)}
            seen = gap.onchange({name: typed}, [name], spec)["value"]
            self.assertEqual(seen[f"contact_kpi_{name}_hint"], words)
            self.assertTrue(seen[f"contact_kpi_can_correct_{name}"])
            with self.written(customer, {name: typed}):
                self.web_save(gap, {name: typed}, "list")
            self.assertEqual(gap.close_reason, "completed")
            self.assertCorrected(customer, gap, name, corrected)
            self.assertEqual(len(self.ledger(customer)), 1)

    def test_two_slips_are_taken_one_by_one(self):
        row = self.slipped("email", f"{SLIP}, bia@hotnail.com")
        gap = self.row(row, self.indicator("test_no_city", NO_CITY))
        half = f"{MEANT}, bia@hotnail.com"
        self.assertCorrected(row, gap, "email", half)
        self.assertEqual(
            self.shown(gap, "email"), ("Did you mean bia@hotmail.com?", True)
        )
        self.assertCorrected(row, gap, "email", f"{MEANT}, bia@hotmail.com")

    def test_a_hint_is_read_in_the_customer_s_country(self):
        kpi = self.indicator("test_no_city", NO_CITY)
        gap = self.row(self.slipped("phone", OLD, country_id=self.japan.id), kpi)
        self.assertEqual(self.shown(gap, "phone"), (False, False))

    def test_a_placeholder_is_never_meant(self):
        kpi = self.indicator("test_no_city", NO_CITY)
        customer = self.slipped("email", SLIP)
        self.env["contact.kpi.placeholder"].create({"name": MEANT})
        gap = self.row(customer, kpi)
        self.assertEqual(self.shown(gap, "email"), (False, False))

    # -- the customer's own form -----------------------------------------------------

    def test_on_the_customer_s_own_form(self):
        for name, text, words, corrected in TABLE:
            with self.subTest(text=text):
                customer = self.slipped(name, text)
                card = customer.with_user(self.ana)
                self.assertEqual(self.shown(card, name), (words, bool(corrected)))
                self.assertCorrected(customer, card, name, corrected)

    def test_on_the_form_of_a_contact_of_the_customer(self):
        customer = self.slipped("phone", MOBILE)
        contact = self.contact(customer, "Rui", email=SLIP)
        self.assertEqual(
            self.shown(contact.with_user(self.ana), "email"), (DID_YOU_MEAN, True)
        )
        with self.written(customer, {}):
            pass
        self.click(contact.with_user(self.ana), "email")
        self.assertEqual((contact.email, customer.email), (MEANT, False))

    def test_while_typing_a_new_customer(self):
        form = Form(self.env["res.partner"].with_user(self.ana))
        form.email = SLIP
        self.assertEqual(form.contact_kpi_email_hint, DID_YOU_MEAN)
        self.assertTrue(form.contact_kpi_can_correct_email)
        form.email = MEANT
        self.assertFalse(form.contact_kpi_email_hint)
        self.assertFalse(form.contact_kpi_can_correct_email)

    # -- the quotation's banner --------------------------------------------------------

    def test_on_the_quotation_s_banner(self):
        customer = self.slipped("email", "ana@oficina.con", phone="11 98765-432")
        order = self.order(customer, user_id=self.ana.id).with_user(self.ana)
        meant = ("Did you mean ana@oficina.com?", True)
        self.assertEqual(self.shown(order, "email"), meant)
        self.assertEqual(self.shown(order, "phone"), (MISSING, False))
        self.assertEqual(
            order.contact_kpi_problem,
            f"“11 98765-432” is no usable number. {MISSING} "
            "“ana@oficina.con” is not an e-mail address.",
        )
        self.assertCorrected(customer, order, "phone", None)
        self.assertCorrected(customer, order, "email", "ana@oficina.com")
        self.assertFalse(order.contact_kpi_state)

    def test_while_typing_on_a_quotation_and_after_it_was_saved(self):
        for name, typed, words, corrected in (
            ("phone", OLD, ADD_THE_NINE, NEW),
            ("email", SLIP, DID_YOU_MEAN, MEANT),
        ):
            customer = self.slipped("phone", "não tem")
            with Form(self.env["sale.order"].with_user(self.ana), FORM) as form:
                form.partner_id = customer.with_user(self.ana)
                self.assertFalse(form[f"contact_kpi_{name}_hint"])
                form[f"contact_kpi_{name}"] = typed
                self.assertEqual(form[f"contact_kpi_{name}_hint"], words)
                self.assertTrue(form[f"contact_kpi_can_correct_{name}"])
            order = form.record
            self.assertEqual((customer[name], order.contact_kpi_state), (typed, False))
            self.assertCorrected(customer, order, name, corrected)

    # -- who may -----------------------------------------------------------------------

    def test_whoever_may_not_edit_contacts_reads_the_words_alone(self):
        kpi = self.indicator("test_no_city", NO_CITY)
        customer = self.slipped("email", "ana@oficina.con", phone="11 98765-432")
        records = (
            self.row(customer, kpi, self.bruno),
            self.row(customer, user=self.bruno),
            self.order(customer).with_user(self.bruno),
            customer.with_user(self.bruno),
        )
        for record in records:
            with self.subTest(model=record._name):
                self.assertEqual(
                    self.shown(record, "email"),
                    ("Did you mean ana@oficina.com?", False),
                )
                refused = self.assertRaises(AccessError)
                with self.written(customer, {}), mute_logger(*RULES), refused:
                    self.click(record, "email")

    def test_a_customer_that_the_reader_may_not_see_is_not_told_of(self):
        kpi = self.indicator("test_no_city", NO_CITY)
        customer = self.slipped("email", SLIP)
        row, order = self.row(customer, kpi), self.order(customer)
        order.user_id = self.ana
        self.env["ir.rule"].create(
            {
                "name": "Not this one",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": f"[('id', '!=', {customer.id})]",
                "groups": [Command.link(self.env.ref("base.group_user").id)],
            }
        )
        for record in (row, order.with_user(self.ana)):
            self.assertEqual(self.shown(record, "email"), (False, False))
            refused = self.assertRaises(UserError)
            with self.written(customer, {}), mute_logger(*RULES), refused:
                self.click(record, "email")

    def test_portal_reads_no_hint(self):
        customer = self.slipped("email", SLIP)
        user = new_test_user(self.env, "hint_portal", groups="base.group_portal")
        user.partner_id.write({"parent_id": customer.id})
        for record in (customer, self.order(customer, state="sent")):
            with self.assertRaises(AccessError), mute_logger(*RULES, "odoo.models"):
                record.with_user(user).read(["contact_kpi_email_hint"])

    def test_nothing_that_a_client_sends_is_written(self):
        customer = self.slipped("email", SLIP)
        gap = self.row(customer, self.indicator("test_no_city", NO_CITY))
        forged = {
            "default_email": "bia@padaria.com.br",
            "contact_kpi_shown": {"email": "name"},
            "active_id": customer.id + 1,
        }
        with self.written(customer, {"email": MEANT}):
            self.click(gap.with_context(**forged), "email")
        hint = {"contact_kpi_email_hint": "Did you mean bia@padaria.com.br?"}
        with self.written(customer, {}), self.assertRaises(AccessError):
            gap.web_save(hint, {})

    def test_what_was_corrected_meanwhile_is_left_alone(self):
        customer = self.slipped("email", SLIP)
        gap = self.row(customer, self.indicator("test_no_city", NO_CITY))
        self.assertEqual(self.shown(gap, "email"), (DID_YOU_MEAN, True))
        customer.email = MAIL
        self.assertCorrected(customer, gap, "email", None)

    def test_nothing_to_correct_of_a_customer_that_was_deleted(self):
        customer = self.slipped("email", SLIP)
        gap = self.row(customer, self.indicator("test_no_city", NO_CITY))
        (customer.child_ids | customer).unlink()
        self.commit()
        with mute_logger(*RULES), self.assertRaises(UserError):
            self.click(gap, "email")

    # -- what it costs ---------------------------------------------------------------

    def test_a_page_costs_the_countries_of_its_customers(self):
        """No query but these, and not even these where no number is typed."""
        kpi = self.indicator("test_no_city", NO_CITY)
        numbers = [(phone, email) for phone, *_p in PHONES for email, *_e in EMAILS]
        words = [(phone, SLIP) for phone in (False, "não tem", "-", "nenhum")] * 20
        Gap = self.env["contact.kpi.gap"].with_user(self.ana)
        shown = Gap.get_views([(False, "list")])["models"][Gap._name]["fields"]
        self.assertLessEqual({*FIELDS}, {*shown})

        def queries(names, limit):
            for _warm in range(2):
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                page = Gap.web_search_read(
                    [("indicator_id", "=", kpi.id), ("closed_at", "=", False)],
                    {name: {} for name in names},
                    limit=limit,
                )
            self.assertEqual(len(page["records"]), limit)
            return self.env.cr.sql_log_count - before

        for texts, most in ((words, 0), (numbers, 2)):
            customers = [
                self.customer("C", phone=phone, email=email, user_id=self.ana.id)
                for phone, email in texts[:80]
            ]
            self.commit()
            for limit in (80, 1):
                bare = queries(shown.keys() - {*FIELDS}, limit)
                self.assertLessEqual(queries(shown, limit) - bare, most)
            self.env["res.partner"].union(*customers).active = False
            self.commit()
