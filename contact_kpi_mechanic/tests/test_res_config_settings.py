# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whether maybe counts is the indicator's condition: changing it is a redefinition."""

from odoo.tests import Form, tagged

from odoo.addons.contact_kpi.tests.common import LANDLINE, MOBILE, ContactKpiCase

from ..models.res_partner import PHONE_FIELDS
from .common import MechanicMixin


@tagged("post_install", "-at_install")
class TestResConfigSettings(MechanicMixin, ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mobile = cls.indicator()

    def choose(self, maybe):
        form = Form(self.env["res.config.settings"])
        self.assertNotEqual(form.contact_kpi_maybe_mobile, maybe)
        form.contact_kpi_maybe_mobile = maybe
        form.save().set_values()
        self.commit()

    def rows(self):
        gaps = self.env["contact.kpi.gap"].search(
            [("indicator_id", "=", self.mobile.id)]
        )
        return [
            (
                gap.partner_id.name,
                gap.origin,
                gap.mobile_reason,
                gap.close_reason,
                gap.closed_by_id.login,
            )
            for gap in gaps.sorted(lambda gap: (gap.partner_id.name, gap.id))
        ]

    def test_maybe_counts_until_it_is_switched_off(self):
        self.customer("maybe", phone="+1 201 555 0123")
        self.customer("mobile", phone=MOBILE)
        self.customer("landline", phone=LANDLINE)
        self.refresh()
        landline = ("landline", "observed", "landline", False, False)
        self.assertEqual(self.rows(), [landline])
        key = self.mobile.definition_key
        self.go("2041-03-05 15:00:00")
        self.choose(False)
        self.assertNotEqual(self.mobile.definition_key, key)
        self.assertEqual(
            self.rows(), [landline, ("maybe", "redefined", "maybe", False, False)]
        )
        self.refresh()
        run = self.env["contact.kpi.run"].search(
            [("indicator_id", "=", self.mobile.id), ("company_id", "=", False)],
            order="date desc",
            limit=1,
        )
        self.assertEqual((run.missing, run.redefined), (2, True))
        self.go("2041-03-06 15:00:00")
        self.choose(True)
        self.assertEqual(
            self.rows(),
            [landline, ("maybe", "redefined", "maybe", "redefined", False)],
        )
        self.assertAgreement(self.mobile)

    def test_other_settings_change_no_condition(self):
        before = self.mobile.gap_domain
        Form(self.env["res.config.settings"]).save().set_values()
        self.assertEqual(self.mobile.gap_domain, before)

    def test_a_condition_of_an_administrator_stands(self):
        own = (
            "['|', ('customer_mobile_kind', 'not in', ['mobile', 'maybe']),"
            " ('vat', '=', False)]"
        )
        self.mobile.gap_domain = own
        self.choose(False)
        self.assertEqual(
            list(self.mobile._partner_domain("gap_domain")),
            [
                "|",
                ("customer_mobile_kind", "not in", ["mobile"]),
                ("vat", "=", False),
            ],
        )
        other = "[('customer_mobile_kind', '=', 'landline')]"
        self.mobile.gap_domain = other
        settings = self.env["res.config.settings"].create({})
        settings.contact_kpi_maybe_mobile = True
        settings.set_values()
        self.assertEqual(self.mobile.gap_domain, other)

    def test_a_further_number_field_is_read_once_it_is_chosen(self):
        customer = self.customer("customer", phone=LANDLINE, ref=MOBILE)
        self.refresh()
        self.go("2041-03-05 15:00:00")
        field = self.env["ir.model.fields"]._get("res.partner", "ref")
        form = Form(self.env["res.config.settings"])
        form.contact_kpi_phone_field_ids.add(field)
        form.save().set_values()
        self.assertEqual(self.env["contact.kpi.ruleset"]._current().state, "running")
        while self.env["contact.kpi.ruleset"]._current().state == "running":
            self.env["contact.kpi.ruleset"]._classify_next(50)
        self.assertEqual(
            self.rows(),
            [("customer", "observed", "landline", "redefined", False)],
        )
        self.go("2041-03-06 15:00:00")
        customer.ref = False
        self.commit()
        self.assertAgreement(self.mobile)
        self.assertEqual([row[3] for row in self.rows()], ["redefined", False])
        saved = Form(self.env["res.config.settings"])
        self.assertEqual(saved.contact_kpi_phone_field_ids[:].mapped("name"), ["ref"])

    def test_a_field_with_a_value_per_company_or_language_holds_no_number(self):
        """Its column is no text: reading it as one would break every save."""
        settings = self.env["res.config.settings"]
        offered = self.env["ir.model.fields"].search(
            settings._fields["contact_kpi_phone_field_ids"]._description_domain(
                self.env
            )
        )
        self.assertIn("ref", offered.mapped("name"))
        self.assertNotIn("barcode", offered.mapped("name"))
        # Chosen when it was one of all companies.
        self.env["ir.config_parameter"].set_param(PHONE_FIELDS, "ref,barcode,gone")
        self.env["contact.kpi.placeholder"]._rules_changed()
        customer = self.customer("customer", ref=MOBILE, barcode="11 96123-4567")
        self.commit()
        self.assertEqual(customer.contact_mobile_kind, "mobile")
