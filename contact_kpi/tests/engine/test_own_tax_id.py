# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A customer's own tax ID is no phone number, wherever it is typed and read."""

from datetime import datetime

from odoo.tests import tagged

from ..common import LANDLINE, MOBILE
from .test_whole_row import CNPJ, MAIL, NO_CITY, WholeRowCase

# A CPF with right check digits that is a mobile of São Paulo; and another one's.
CPF, PRINTED, OTHER = "11961234548", "119.612.345-48", "11987654374"


class OwnTaxIdCase(WholeRowCase):
    """Figures are compared with what plain SQL says of the raw columns."""

    #: Of the texts that these tests type, those that are a contact; not their vat.
    usable = (MOBILE, LANDLINE, CPF, OTHER)

    def person(self, **vals):
        """A customer since yesterday with a contact, neither of them a company."""
        vals = {"is_company": False, "vat": False, "email": False, **vals}
        customer = self.full(**vals)
        self.assertEqual(customer.child_ids.vat, customer.vat)
        return customer

    def missing(self, customer):
        """Whether no number of its family is one, but for its own tax ID."""
        self.env.flush_all()
        self.env.cr.execute(
            r"""SELECT count(*) = 0
                  FROM res_partner p
                  JOIN res_partner h ON h.id = p.commercial_partner_id,
                       unnest(string_to_array(p.phone, ' / ')) AS number
                 WHERE h.id = %s AND p.active AND number = ANY(%s)
                   AND regexp_replace(number, '\D', '', 'g') != regexp_replace(
                       COALESCE(NULLIF(p.vat, ''), h.vat, ''), '\D', '', 'g')""",
            [customer.id, list(self.usable)],
        )
        return self.env.cr.fetchone()[0]

    def gaps(self, customer, kpi=None):
        """Of the customer: when opened, when closed, why, by whom."""
        kpi = kpi or self.kpi
        self.commit()
        self.env.cr.execute(
            """SELECT g.opened_at, g.closed_at, g.close_reason, u.login
                 FROM contact_kpi_gap g LEFT JOIN res_users u ON u.id = g.closed_by_id
                WHERE g.partner_id = %s AND g.indicator_id = %s ORDER BY g.id""",
            [customer.id, kpi.id],
        )
        return self.env.cr.fetchall()

    def assertMissing(self, customer, missing, kpi=None):
        self.assertEqual(self.missing(customer), missing)
        ends = [closed for _opened, closed, *_why in self.gaps(customer, kpi)]
        self.assertEqual(bool(ends) and ends[-1] is None, missing)

    def tell_night(self):
        """The refresh that verifies; then nothing is left to be found."""
        self.refresh()
        before = self.dump("res.partner", "contact.kpi.gap")
        self.assertEqual(self.env["contact.kpi.ruleset"]._suspects(), [])
        self.refresh()
        self.assertEqual(self.dump("res.partner", "contact.kpi.gap"), before)
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestOwnTaxId(OwnTaxIdCase):
    def test_what_is_typed_in_the_form(self):
        """What stood there, what is typed, whether it lacks a contact then."""
        now = datetime(2041, 3, 5, 15)
        for before, typed, missing in (
            ({"phone": CPF}, {"vat": CPF}, True),
            ({"phone": CPF}, {"vat": PRINTED}, True),
            ({"phone": CPF}, {"vat": OTHER}, False),
            ({}, {"phone": CPF, "vat": CPF}, True),
            ({"vat": CPF}, {"phone": CPF}, True),
            ({"vat": CPF}, {"phone": MOBILE}, False),
            ({"vat": CPF, "phone": CPF}, {"vat": OTHER}, False),
            ({"vat": CPF, "phone": CPF}, {"vat": False}, False),
            ({"vat": CPF, "phone": CPF}, {"phone": OTHER}, False),
            ({"vat": CPF}, {"phone": f"{CPF} / {LANDLINE}"}, False),
            ({"phone": f"{CPF} / {LANDLINE}"}, {"vat": CPF}, False),
            ({"phone": MOBILE}, {"vat": CPF}, False),
        ):
            with self.subTest(before=before, typed=typed):
                customer = self.person(**before)
                was = self.missing(customer)
                with self.written(customer, {k: v or None for k, v in typed.items()}):
                    self.web_save(customer.with_user(self.ana), typed)
                self.assertMissing(customer, missing)
                [*_earlier, last] = self.gaps(customer) or [None]
                if missing and not was:
                    self.assertEqual(last, (now, None, None, None))
                elif was and not missing:
                    self.assertEqual(last[1:], (now, "completed", "row_ana"))
                self.tell_night()
                self.assertMissing(customer, missing)

    def test_a_contact_of_the_customer(self):
        """Read by the customer's tax ID, which Odoo hands down, or by its own."""
        customer = self.person(phone="não tem")
        contact = customer.child_ids
        self.web_save(contact.with_user(self.ana), {"phone": CPF})
        self.assertMissing(customer, False)
        with self.written(customer, {"vat": CPF}):
            self.web_save(customer.with_user(self.ana), {"vat": CPF})
        self.assertMissing(customer, True)
        firm = self.contact(customer, "Firm", is_company=True, phone=CPF, vat=CNPJ)
        self.commit()
        self.assertMissing(customer, True)
        self.assertFalse(self.missing(firm))
        # A customer of its own becomes a contact of this one.
        self.env.invalidate_all()
        firm.with_user(self.ana).web_save({"is_company": False}, {})
        self.assertMissing(customer, self.missing(customer))
        self.tell_night()

    def test_what_no_hook_has_seen_is_found_by_night(self):
        """By SQL, past Odoo's copies: the contacts of the customer, too."""
        for on_contact, phone in ((False, CPF), (True, CPF)):
            with self.subTest(on_contact=on_contact):
                customer = self.person()
                carrier = customer.child_ids if on_contact else customer
                carrier.phone = phone
                self.assertMissing(customer, False)
                for vat, missing in ((PRINTED, True), (None, False)):
                    self.env.cr.execute(
                        "UPDATE res_partner SET vat = %s WHERE id = %s",
                        [vat, customer.id],
                    )
                    self.env.invalidate_all()
                    self.tell_night()
                    self.assertMissing(customer, missing)
                [*_earlier, last] = self.gaps(customer)
                self.assertEqual(last[2:], ("completed", None))

    def test_a_file_that_is_loaded(self):
        names = ["name", "customer_rank", "phone", "vat", "parent_id/id", "id"]
        rows = [
            ["Own", "1", CPF, CPF, "", "__t__.own"],
            ["Other's", "1", CPF, OTHER, "", "__t__.other"],
            ["None", "1", CPF, "", "", "__t__.none"],
            ["Head", "1", "", CPF, "", "__t__.head"],
            ["Contact", "0", CPF, "", "__t__.head", "__t__.contact"],
        ]
        # Odoo reads the credit limit of who is loaded below another.
        self.ana.group_ids += self.env.ref("account.group_account_readonly")
        self.env.invalidate_all()
        loaded = self.env["res.partner"].with_user(self.ana).load(names, rows)
        self.assertFalse(loaded["messages"])
        partners = self.env["res.partner"].browse(loaded["ids"])
        for partner, missing in zip(partners, (1, 0, 0, 1), strict=False):
            with self.subTest(partner.name):
                self.assertMissing(partner, bool(missing))
        self.tell_night()

    def test_the_list(self):
        """It is no contact there, and takes no usable one's place."""
        customer = self.person(vat=CPF, phone="não tem")
        row = self.row(customer)
        with self.written(customer, {"phone": CPF}):
            self.web_save(row, {"phone": CPF}, "list")
        self.assertFalse(row.closed_at)
        city = self.indicator("test_no_city", NO_CITY)
        customer = self.person(vat=CPF, phone=LANDLINE)
        with self.written(customer, {}):
            self.web_save(self.row(customer, city), {"phone": PRINTED}, "list")
        customer = self.person(phone=LANDLINE)
        with self.written(customer, {"vat": CPF}):
            typed = {"phone": CPF, "vat": CPF}
            self.web_save(self.row(customer, city), typed, "list")
        customer = self.person(phone=CPF)
        with self.written(customer, {"vat": CPF, "phone": LANDLINE}):
            typed = {"phone": LANDLINE, "vat": CPF}
            self.web_save(self.row(customer, city), typed, "list")

    def test_a_quotation_says_why_it_still_asks(self):
        customer = self.person(vat=CPF)
        order = self.order(customer, user_id=self.ana.id).with_user(self.ana)
        self.env.invalidate_all()
        spec = {"contact_kpi_phone": {}, "contact_kpi_problem": {}}
        for typed in (CPF, "+55 11 96123-4548"):
            vals = {"contact_kpi_phone": typed}
            told = order.onchange(vals, ["contact_kpi_phone"], spec)["value"]
            self.assertEqual(
                told["contact_kpi_problem"],
                f"“{typed}” is the customer's tax ID, not its phone.",
            )
        with self.written(customer, {"phone": CPF}):
            [read] = self.web_save(order, {"contact_kpi_phone": CPF})
        self.assertEqual(read["contact_kpi_state"], "missing")
        self.web_save(customer.with_user(self.ana), {"vat": OTHER})
        self.assertFalse(order.contact_kpi_state)
        self.web_save(customer.with_user(self.ana), {"vat": CPF})
        self.assertEqual(order.contact_kpi_state, "missing")

    def test_it_is_not_suggested(self):
        self.env["res.partner"].create({"name": "Twin", "vat": CPF, "phone": CPF})
        customer = self.person(vat=CPF)
        action = self.row(customer).action_suggestions()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.assertFalse(wizard.line_ids)

    def test_whose_own_it_is_does_not_share_it(self):
        """Three customers with one number in a field of two are suspect here."""
        self.env["ir.config_parameter"].set_param("contact_kpi.shared_threshold", "3")
        for number in "123":
            vals = {"phone": f"{OTHER} / {LANDLINE[:-1]}{number}"}
            customer = self.customer(number, **vals)
        for vat, found in ((False, 1), (OTHER, 0)):
            customer.vat = vat
            self.commit()
            self.assertEqual(len(self.env["contact.kpi.suspect"]._find()), found)

    def test_a_confirmation_of_it_ends(self):
        customer = self.person(phone=CPF)
        customer.with_user(self.ana).action_contact_kpi_confirm()
        self.env.invalidate_all()
        self.web_save(customer.with_user(self.ana), {"vat": CPF})
        self.assertFalse(customer.contact_kpi_verified_on)
        customer = self.person(phone=CPF, email=MAIL)
        customer.with_user(self.ana).action_contact_kpi_confirm()
        self.env.invalidate_all()
        self.web_save(customer.with_user(self.ana), {"vat": OTHER})
        self.assertTrue(customer.contact_kpi_verified_on)
