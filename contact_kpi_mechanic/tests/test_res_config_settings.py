# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whether maybe counts is the indicator's condition: changing it is a redefinition."""

from odoo.exceptions import AccessError
from odoo.modules.migration import load_script
from odoo.tests import Form, new_test_user, tagged
from odoo.tools.misc import file_path

from odoo.addons.contact_kpi.models.engine.res_partner import PHONE_FIELDS
from odoo.addons.contact_kpi.tests.common import LANDLINE, MOBILE, ContactKpiCase

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

    def test_a_condition_that_no_longer_fits_breaks_no_screen(self):
        """Settings can be saved, and whom to write to is read as by default."""
        customer = self.customer("mobile", phone=MOBILE)
        self.refresh()
        unfit = "[('customer_mobile_kind', 'not in', ['mobile']), ('gone', '=', 1)]"
        self.env.cr.execute(
            "UPDATE contact_kpi SET gap_domain = %s WHERE id = %s",
            [unfit, self.mobile.id],
        )
        self.env.invalidate_all()
        settings = Form(self.env["res.config.settings"])
        self.assertFalse(settings.contact_kpi_maybe_mobile)
        settings.save().set_values()
        self.env.invalidate_all()
        self.assertEqual(self.mobile.gap_domain, unfit)
        reasons = self.env["contact.kpi.reachability"]._reasons(customer.ids)
        self.assertEqual(reasons, {customer.id: None})

    def test_settings_are_for_who_may_change_them(self):
        """A public method, called on nothing by an employee, redefines nothing."""
        user = new_test_user(self.env, "employee", groups="base.group_user")
        before = self.mobile.gap_domain
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self.env["res.config.settings"].with_user(user).set_values()
        self.assertEqual(self.mobile.gap_domain, before)

    def test_number_fields_chosen_before_stay_chosen(self):
        """The setting was this addon's; its migration, as an upgrade calls it."""
        parameters = self.env["ir.config_parameter"]
        path = "contact_kpi_mechanic/migrations/19.0.1.1.0/pre-phone-fields.py"
        migration = load_script(file_path(path), "pre-phone-fields")
        old = "contact_kpi_mechanic.phone_fields"
        for before, chosen, after in (
            ("ref", False, "ref"),
            (False, "function", "function"),
            ("ref", "function", "function"),
            (False, False, False),
        ):
            parameters.set_param(old, before)
            parameters.set_param(PHONE_FIELDS, chosen)
            self.commit()
            for _time in range(2):
                migration.migrate(self.env.cr, "19.0.1.0.0")
            self.env.invalidate_all()
            self.env.registry.clear_cache()
            found = [parameters.get_param(key) for key in (old, PHONE_FIELDS)]
            self.assertEqual(found, [False, after])
        self.assertEqual(
            self.env["res.partner"]._contact_kpi_phone_fields()[-1], "phone"
        )
