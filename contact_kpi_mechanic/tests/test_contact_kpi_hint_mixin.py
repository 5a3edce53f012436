# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""At the counter: the ninth digit of a mobile, while it is typed and afterwards."""

from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.contact_kpi.tests.common import LANDLINE
from odoo.addons.contact_kpi.tests.engine.test_whole_row import RULES
from odoo.addons.contact_kpi.tests.people.test_hint_mixin import (
    ADD_THE_NINE,
    DID_YOU_MEAN,
    MEANT,
    MISSING,
    NEW,
    OLD,
    SLIP,
    HintCase,
)

from .test_whole_row import CounterCase


@tagged("post_install", "-at_install")
class TestContactKpiHintMixin(CounterCase, HintCase):
    def test_in_the_workshop_s_list(self):
        """Whoever lacks a mobile may have an e-mail address with a slip in it."""
        customer = self.slipped("email", SLIP, phone="11 98765-432")
        row = self.listed(customer)
        self.assertEqual(self.shown(row, "email", "list"), (DID_YOU_MEAN, True))
        self.assertEqual(self.shown(row, "phone", "list"), (MISSING, False))
        self.assertCorrected(customer, row, "email", MEANT)
        self.assertFalse(row.closed_at)

    def test_while_typing_on_a_repair_and_after_it_was_saved(self):
        """A landline that stood there stays, on a contact of the customer."""
        for before in (False, LANDLINE, "não tem"):
            customer = self.slipped("phone", before)
            with Form(self.env["repair.order"].with_user(self.elisa)) as form:
                form.partner_id = customer.with_user(self.elisa)
                self.assertFalse(form.contact_kpi_phone_hint)
                form.contact_kpi_phone = OLD
                self.assertEqual(form.contact_kpi_phone_hint, ADD_THE_NINE)
                self.assertTrue(form.contact_kpi_can_correct_phone)
                self.assertFalse(form.contact_kpi_problem)
            repair = form.record
            self.assertEqual((customer.phone, repair.contact_kpi_state), (OLD, False))
            self.assertCorrected(customer, repair, "phone", NEW)

    def test_the_counter_is_told_what_is_wrong(self):
        customer = self.slipped("phone", LANDLINE)
        with Form(self.at(customer)) as form:
            form.contact_kpi_phone = "11 98765-432"
            self.assertEqual(
                form.contact_kpi_problem,
                f"“11 98765-432” is no usable number. {MISSING}",
            )

    def test_no_e_mail_is_asked_for_at_the_counter(self):
        repair = self.at(self.slipped("email", SLIP))
        self.assertEqual(self.shown(repair, "email"), (False, False))

    def test_whoever_may_not_edit_contacts_reads_the_words_alone(self):
        reader = new_test_user(self.env, "hint_reader", groups="stock.group_stock_user")
        customer = self.slipped("email", SLIP, phone="11 98765-432")
        repair = self.repair(customer).with_user(reader)
        self.assertEqual(self.shown(repair, "phone"), (MISSING, False))
        for name in ("phone", "email"):
            refused = self.assertRaises(AccessError)
            with self.written(customer, {}), mute_logger(*RULES), refused:
                self.click(repair, name)
