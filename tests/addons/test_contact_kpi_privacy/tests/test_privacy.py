# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Law 8: what deletes a person's data leaves the past totals standing."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import file_open

from odoo.addons.contact_kpi.tests.common import PHONE, ContactKpiCase

EMAIL = "rosa.exemplo@"  # looked for by it, and no usable contact
LEDGER = ("contact_kpi_gap", "contact_kpi_gap_segment", "contact_kpi_decline")
FIGURES = ("contact_kpi_run", "contact_kpi_fact")


@tagged("post_install", "-at_install")
class TestPrivacy(ContactKpiCase):
    """Rosa was completed once, declined, moved to another salesperson, lacks it again.

    Somebody else is none of the lookup's business.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dpo = new_test_user(cls.env, "dpo", groups="base.group_system")
        cls.ana = new_test_user(cls.env, "ana", groups="sales_team.group_sale_salesman")
        cls.reason = cls.env["contact.kpi.decline.reason"].search([], limit=1)

    def setUp(self):
        super().setUp()
        self.rosa = self.customer("Rosa Exemplo")
        self.other = self.customer("Somebody Else")
        self.refresh()
        self.go("2041-03-05 15:00:00")
        self.gaps(self.rosa)._decline(self.reason)
        self.rosa.user_id = self.ana
        self.refresh()
        self.go("2041-03-06 15:00:00")
        self.rosa.phone = PHONE
        self.refresh()
        self.go("2041-03-07 15:00:00")
        self.rosa.write({"phone": False, "email": "rosa@exemplo.com.br"})
        self.rosa.email = False
        self.refresh()
        self.go("2041-03-08 15:00:00")
        self.refresh()

    def gaps(self, partner):
        return self.env["contact.kpi.gap"].search([("partner_id", "=", partner.id)])

    def table(self, name, *without):
        """Every row of a table, in plain SQL."""
        self.env.flush_all()
        self.env.cr.execute(
            f"SELECT to_jsonb(t) - %s::text[] FROM {name} t ORDER BY id",
            [list(without)],
        )
        return self.env.cr.fetchall()

    def tables(self):
        """Ledger and figures, but whose a gap was."""
        names = (*LEDGER, *FIGURES)
        return {name: self.table(name, "partner_id") for name in names}

    def owners(self):
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT closed_at IS NULL, partner_id FROM contact_kpi_gap ORDER BY id"
        )
        return self.env.cr.fetchall()

    def lookup(self):
        """What the privacy lookup finds of her, as its own dialog does."""
        self.env.invalidate_all()
        self.rosa.email = "rosa@exemplo.com.br"
        action = self.rosa.with_user(self.dpo).action_privacy_lookup()
        wizard = self.env[action["res_model"]].with_user(self.dpo)
        wizard = wizard.with_context(**action["context"]).create({})
        wizard.action_lookup()
        self.rosa.email = False
        self.env.flush_all()
        return wizard.line_ids

    def test_of_our_models_the_lookup_finds_the_ledger_only(self):
        ours = {line.res_model for line in self.lookup() if "kpi" in line.res_model}
        self.assertEqual(ours, {"contact.kpi.gap"})

    def test_the_lookup_leaves_the_totals_and_takes_the_name(self):
        lines = self.lookup().filtered(lambda line: line.res_model == "contact.kpi.gap")
        self.assertEqual(len(lines), 2)
        self.assertFalse(any(lines.mapped("has_active")))
        before, whose = self.tables(), self.owners()
        self.env.invalidate_all()
        lines.action_archive_all()
        self.assertEqual((self.tables(), self.owners()), (before, whose))
        self.env.invalidate_all()
        lines.action_unlink_all()
        self.assertEqual(self.tables(), before)
        # What is open is true now; of what was, nobody knows who.
        rosa, other = self.rosa.id, self.other.id
        self.assertCountEqual(whose, [(True, other), (False, rosa), (True, rosa)])
        after = self.owners()
        self.assertCountEqual(after, [(False, None), (True, other), (True, rosa)])
        self.refresh()
        self.assertAgreement(self.kpi)
        self.assertFigures(self.kpi, "2041-03-08")
        for name in LEDGER:
            self.assertEqual(len(self.table(name)), len(before[name]))

    def test_deleting_everything_that_the_lookup_finds(self):
        totals = {name: self.table(name) for name in FIGURES}
        before = {name: self.table(name, "partner_id") for name in LEDGER}
        self.lookup().action_unlink_all()
        self.commit()
        self.assertFalse(self.rosa.exists())
        self.assertEqual({name: self.table(name) for name in FIGURES}, totals)
        self.assertEqual(
            {name: len(self.table(name)) for name in LEDGER},
            {name: len(rows) for name, rows in before.items()},
        )
        self.assertEqual(
            {partner for _open, partner in self.owners()}, {None, self.other.id}
        )
        self.go("2041-03-09 15:00:00")
        self.refresh()
        past = [
            row
            for row in self.table("contact_kpi_run")
            if row[0]["date"] < "2041-03-08"
        ]
        self.assertEqual(
            past, [r for r in totals["contact_kpi_run"] if r[0]["date"] < "2041-03-08"]
        )
        self.assertAgreement(self.kpi)

    def test_nobody_deletes_a_row_of_the_ledger(self):
        before = self.tables()
        self.env.invalidate_all()
        self.assertTrue(self.env["contact.kpi.gap"].search([]).unlink())
        self.assertEqual(self.tables(), before)
        gaps = self.env["contact.kpi.gap"].with_user(self.dpo)
        with self.assertRaises(AccessError):
            gaps.browse(self.gaps(self.rosa).ids).unlink()
        for name in ("contact.kpi.gap.segment", "contact.kpi.decline"):
            rows = self.env[name].search([])
            self.assertTrue(rows)
            with self.assertRaises(UserError):
                rows.unlink()
        self.assertEqual(self.tables(), before)

    def test_a_rule_that_recycles_leaves_the_rows(self):
        before = self.tables()
        rule = self.env["data_recycle.model"].create(
            {
                "name": "old gaps",
                "res_model_id": self.env["ir.model"]._get_id("contact.kpi.gap"),
                "domain": "[('closed_at', '!=', False)]",
                "recycle_mode": "automatic",
                "recycle_action": "unlink",
            }
        )
        rule.action_recycle_records()
        self.assertEqual(self.tables(), before)
        self.assertEqual(
            {partner for is_open, partner in self.owners() if not is_open}, {None}
        )


@tagged("post_install", "-at_install")
class TestDataProtectionPage(TransactionCase):
    """The page for who keeps a record of processing names all that is stored."""

    def test_every_table_and_field_about_a_person_is_named(self):
        with file_open("contact_kpi/readme/DATA_PROTECTION.md") as file:
            page = file.read()
        unnamed = []
        for model in self.env.registry.values():
            if not model._auto or model._abstract or model._transient:
                continue
            stored = [f for f in model._fields.values() if f.store and f.column_type]
            if model._name.startswith("contact.kpi"):
                logged = ("create_uid", "write_uid")
                about = [
                    field.name
                    for field in stored
                    if field.name == "partner_id"
                    or field.comodel_name in ("res.partner", "res.users")
                    and field.name not in logged
                ]
                if about and f"`{model._name}`" not in page:
                    unnamed.append(model._name)
            elif model._name == "res.partner":
                unnamed += [
                    field.name
                    for field in stored
                    if field._modules
                    and all(name.startswith("contact_kpi") for name in field._modules)
                    and f"`{field.name}`" not in page
                ]
        self.assertEqual(unnamed, [])
