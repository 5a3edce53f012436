# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the database already knows of a customer, and one click to take it over."""

import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..common import LANDLINE, MOBILE, ContactKpiCase

RULES = ("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
CNPJ, SAME_CNPJ = "11.222.333/0001-81", "11222333000181"
OWN, COLLEAGUE = "(11) 2345-0001", "(11) 96123-0002"


class SuggestionCase(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls.company("Branch", "America/Sao_Paulo")
        editor = "sales_team.group_sale_salesman,base.group_partner_manager"
        cls.ana = new_test_user(cls.env, "suggestion_ana", groups=editor)
        cls.bruno = new_test_user(cls.env, "suggestion_bruno", groups=editor)
        cls.manager = new_test_user(
            cls.env,
            "suggestion_manager",
            groups="sales_team.group_sale_manager,base.group_partner_manager",
        )
        cls.main.write({"phone": OWN, "email": "loja@nossa.com.br"})
        cls.bruno.partner_id.write({"phone": COLLEAGUE, "email": "bruno@nossa.com.br"})
        cls.oficina = cls.customer("Oficina", user_id=cls.ana.id, vat=CNPJ)
        cls.env.cr.flush()

    def gap(self, user=None, partner=None):
        gap = self.env["contact.kpi.gap"].search(
            [
                ("partner_id", "=", (partner or self.oficina).id),
                ("indicator_id", "=", self.kpi.id),
                ("closed_at", "=", False),
            ]
        )
        return gap.with_user(user or self.ana)

    def open(self, user=None, partner=None):
        """The window that the button opens."""
        action = self.gap(user, partner).action_suggestions()
        self.assertEqual(action["target"], "new")
        wizard = self.env[action["res_model"]].with_user(user or self.ana)
        return wizard.browse(action["res_id"])

    def shown(self, user=None, partner=None):
        """Kind, contact, where it was found and how often; in the order shown."""
        view = Form(self.open(user, partner))
        names = ("kind", "value", "origin", "source_name", "found_count")
        return [tuple(line[name] for name in names) for line in view.record.line_ids]

    def receive(self, record, sender, author=None):
        body, subject = "Olá", "Orçamento"
        return record.message_post(
            body=body,
            subject=subject,
            message_type="email",
            author_id=author.id if author else False,
            email_from=sender,
        )

    def elsewhere(self, name, **vals):
        """A contact that is nobody's customer."""
        return self.env["res.partner"].create({"name": name, **vals})

    def sale(self, user, partner=None, **vals):
        vals = {"user_id": user.id, **vals}
        return self.order(partner or self.oficina, **vals)


@tagged("post_install", "-at_install")
class TestSuggestion(SuggestionCase):
    # -- what is shown -------------------------------------------------------------

    def test_every_source_with_its_document_best_first(self):
        site = self.elsewhere("Obra", phone=f"{LANDLINE} / {MOBILE}")
        old = self.contact(self.oficina, "Old", email="antigo@oficina.com.br")
        old.active = False
        shipped = self.sale(self.ana, partner_shipping_id=site.id)
        self.go("2041-03-05 15:00:00")
        invoiced = self.sale(self.ana, partner_invoice_id=old.id)
        self.elsewhere("Oficina Ltda", vat=SAME_CNPJ, phone="(11) 3456-7890")
        self.receive(self.oficina, '"Rui" <Rui@Oficina.com.br>', self.oficina)
        self.receive(shipped, "compras@oficina.com.br")
        self.go("2041-03-06 15:00:00")
        # The same once more: one line, the newest document.
        again = self.sale(self.ana, partner_shipping_id=site.id)
        self.commit()
        lines = self.shown()
        self.assertEqual(
            lines[:2],
            [
                ("phone", MOBILE, "order", again.name, 1),
                ("phone", "(11) 3456-7890", "duplicate", "Oficina Ltda", 1),
            ],
        )
        self.assertEqual(
            sorted(lines[2:]),
            [
                ("email", "antigo@oficina.com.br", "order", invoiced.name, 1),
                ("email", "compras@oficina.com.br", "email", "Orçamento", 1),
                ("email", "rui@oficina.com.br", "email", "Orçamento", 1),
            ],
        )

    def test_what_several_records_say_comes_first(self):
        for name, email in (
            ("A", "novo@oficina.com.br"),
            ("B", "velho@oficina.com.br"),
        ):
            self.elsewhere(name, vat=SAME_CNPJ, email=email)
        self.elsewhere("C", vat=f"BR{SAME_CNPJ}", email="Velho@oficina.com.br")
        self.assertEqual(
            [(value, count) for _k, value, _o, _n, count in self.shown()],
            [("velho@oficina.com.br", 2), ("novo@oficina.com.br", 1)],
        )

    def test_only_contacts_that_would_be_the_customers(self):
        """Neither junk, placeholders, ours, a colleague's, a machine's, nor known."""
        self.env["contact.kpi.placeholder"].create({"name": "(11) 4002-8922"})
        self.env["contact.kpi"].search([]).write({"active": False})
        self.kpi.write({"active": True, "gap_domain": "[('industry_id', '=', False)]"})
        self.contact(self.oficina, phone=LANDLINE, email="ja@oficina.com.br")
        phones = (
            *("não tem", "(11) 0000-0000", "2345-6789", "(11) 4002-8922", OWN),
            *("+55 11 2345 0001", COLLEAGUE, "+55 (11) 2345.6789", "03-1234-5678"),
        )
        emails = (
            *("x@x", "oi@example.com", "loja@nossa.com.br", "JA@oficina.com.br"),
            *("bruno@nossa.com.br", "no-reply@banco.com.br", "MAILER-DAEMON@a.com.br"),
        )
        for number, phone in enumerate(phones):
            self.elsewhere(f"P{number}", vat=SAME_CNPJ, phone=phone)
        for number, email in enumerate(emails):
            self.elsewhere(f"E{number}", vat=SAME_CNPJ, email=email)
        self.commit()
        self.assertEqual(self.shown(), [])

    def test_only_what_the_reader_may_read(self):
        site = self.elsewhere("Obra", phone=MOBILE)
        order = self.sale(self.bruno, partner_shipping_id=site.id)
        self.receive(order, "compras@oficina.com.br")
        secret = self.elsewhere("Oculta", phone="(11) 3456-7890")
        secret.company_id = self.branch
        hidden = self.elsewhere(
            "Oficina 2", vat=SAME_CNPJ, phone=LANDLINE, company_id=self.branch.id
        )
        self.assertEqual(hidden.company_id, self.branch)
        self.commit()
        self.assertEqual(self.shown(self.ana), [])
        self.assertEqual(
            [line[1:4] for line in self.shown(self.manager)],
            [
                (MOBILE, "order", order.name),
                ("compras@oficina.com.br", "email", "Orçamento"),
            ],
        )
        with self.assertRaises(AccessError), mute_logger(*RULES):
            self.gap(self.bruno).action_suggestions()
        forged = self.env["contact.kpi.suggestion"].with_user(self.bruno)
        with (
            self.assertRaises(AccessError),
            mute_logger(*RULES),
            self.env.cr.savepoint(),
        ):
            forged.create({"gap_id": self.gap().id})
        wizard = self.open(self.ana)
        with self.assertRaises(AccessError), mute_logger(*RULES):
            wizard.with_user(self.manager).read(["gap_id"])

    def test_a_line_follows_its_source(self):
        """Nothing of it is kept: it says what the source says now, or nothing."""
        site = self.elsewhere("Obra", phone=MOBILE, email="obra@oficina.com.br")
        order = self.sale(self.ana, partner_shipping_id=site.id)
        self.commit()
        line = self.open().line_ids[0]
        self.assertEqual(line.value, MOBILE)
        text = json.dumps(
            self.dump("contact.kpi.suggestion", "contact.kpi.suggestion.line")
        )
        self.assertIn("phone", text)
        for personal in ("961234567", "96123-4567", "obra@", "Obra", "Oficina"):
            self.assertNotIn(personal, text)
        site.phone = LANDLINE
        line.invalidate_recordset()
        self.assertEqual(line.value, LANDLINE)
        self.assertEqual(
            (
                line.action_open_source()["res_model"],
                line.action_open_source()["res_id"],
            ),
            ("sale.order", order.id),
        )
        site.company_id = self.branch
        line.invalidate_recordset()
        self.assertFalse(line.value)
        with self.assertRaises(UserError):
            line.action_use()
        self.assertFalse(self.oficina.phone)

    def test_as_many_queries_for_many_documents_as_for_one(self):
        def count():
            self.commit()
            self.env.invalidate_all()
            gap = self.gap()
            before = self.env.cr.sql_log_count
            action = gap.action_suggestions()
            wizard = self.env[action["res_model"]].with_user(self.ana)
            wizard.browse(action["res_id"]).line_ids.mapped("value")
            return self.env.cr.sql_log_count - before

        def more(number):
            for n in range(number):
                site = self.elsewhere(f"Obra {n}", phone=f"(11) 96123-{4000 + n}")
                self.receive(
                    self.sale(self.ana, partner_shipping_id=site.id),
                    f"rui{n}@oficina.com.br",
                    self.oficina,
                )

        more(1)
        count()
        few = count()
        more(12)
        self.assertLessEqual(count(), few)
        self.assertEqual(len(self.open().line_ids), 12 + 12)

    # -- taking over ---------------------------------------------------------------

    def test_one_click_completes_and_credits_who_clicked(self):
        site = self.elsewhere("Obra", phone=MOBILE)
        order = self.sale(self.ana, partner_shipping_id=site.id)
        self.go("2041-03-06 15:00:00")
        gap = self.gap()
        [line] = self.open().line_ids
        params = line.action_use()["params"]
        self.assertEqual(
            (params["type"], params["message"]), ("success", "Oficina is complete.")
        )
        self.assertEqual(self.oficina.phone, MOBILE)
        self.assertEqual(
            (gap.close_reason, gap.closed_by_id, str(gap.closed_at)),
            ("completed", self.ana, "2041-03-06 15:00:00"),
        )
        note = self.oficina.message_ids[0]
        self.assertEqual(note.author_id, self.ana.partner_id)
        self.assertIn(order.name, note.body)
        self.assertIn("Address of an Order", note.body)
        self.assertNotIn("96123", note.body)

    def test_what_a_colleague_took_over_meanwhile_is_not_written_twice(self):
        """A window that was opened before, and a double click."""
        self.elsewhere("Oficina 2", vat=SAME_CNPJ, phone=MOBILE)
        self.elsewhere("Oficina 3", vat=SAME_CNPJ, email="rui@oficina.com.br")
        self.oficina.user_id = False  # everybody's
        self.go("2041-03-05 15:00:00")
        phone, email = self.open(self.bruno).line_ids
        self.assertEqual((phone.kind, email.kind), ("phone", "email"))
        self.oficina.write({"phone": "+55 11 96123-4567", "email": "rui@oficina"})
        self.go("2041-03-05 15:01:00")
        notes = len(self.oficina.message_ids)
        for _click in range(2):
            params = phone.action_use()["params"]
            self.assertEqual(
                (params["type"], params["message"]), ("success", "Oficina is complete.")
            )
            email.action_use()
        self.assertEqual(self.oficina.phone, "+55 11 96123-4567")
        self.assertEqual(self.oficina.email, "rui@oficina.com.br")
        self.assertEqual(self.oficina.child_ids.mapped("email"), ["rui@oficina"])
        self.assertEqual(len(self.oficina.message_ids), notes + 1)

    def test_junk_gives_way_and_what_may_be_real_stays(self):
        self.elsewhere("Oficina 2", vat=SAME_CNPJ, phone=MOBILE)
        self.elsewhere("Oficina 3", vat=SAME_CNPJ, email="rui@oficina.com.br")
        address = "rui@oficina.com.br"
        cases = (
            ("phone", False, MOBILE, []),
            ("phone", "não tem", MOBILE, []),
            ("phone", "2345-6789", MOBILE, ["2345-6789"]),
            ("email", "x@x", address, []),
            ("email", "rui@oficina", address, ["rui@oficina"]),
        )
        found = []
        for day, (name, before, *_after) in enumerate(cases, 5):
            self.go(f"2041-03-{day:02} 15:00:00")
            self.oficina.write({"phone": False, "email": False})
            self.oficina[name] = before
            self.go(f"2041-03-{day:02} 16:00:00")
            gap = self.gap()
            lines = self.open().line_ids
            lines.filtered(lambda line, k=name: line.kind == k).action_use()
            kept = self.oficina.child_ids
            found.append((name, before, self.oficina[name], kept.mapped(name)))
            self.assertEqual(gap.close_reason, "completed")
            kept.unlink()
        self.assertEqual(found, list(cases))

    def test_says_when_it_is_not_enough(self):
        kpi = self.indicator(name="No mobile")
        self.elsewhere("Oficina 2", vat=SAME_CNPJ, phone=LANDLINE)
        self.commit()
        gap = self.env["contact.kpi.gap"].search(
            [("indicator_id", "=", kpi.id), ("partner_id", "=", self.oficina.id)]
        )
        action = gap.with_user(self.ana).action_suggestions()
        wizard = self.env[action["res_model"]].with_user(self.ana)
        params = wizard.browse(action["res_id"]).line_ids.action_use()["params"]
        self.assertEqual(
            (params["type"], params["message"]),
            ("warning", "Taken over, but Oficina still lacks: No mobile."),
        )

    def test_nobodys_rights_are_widened(self):
        reader = new_test_user(
            self.env, "suggestion_reader", groups="sales_team.group_sale_salesman"
        )
        # Other addons may let salespeople write contacts.
        self.env["ir.model.access"].search(
            [
                ("model_id.model", "=", "res.partner"),
                ("group_id", "!=", self.env.ref("base.group_partner_manager").id),
            ]
        ).perm_write = False
        self.oficina.user_id = reader
        self.elsewhere("Oficina 2", vat=SAME_CNPJ, phone=LANDLINE)
        self.commit()
        wizard = self.open(reader)
        self.assertFalse(wizard.can_edit_contact)
        with self.assertRaises(AccessError), mute_logger(*RULES):
            wizard.line_ids.action_use()
        self.assertFalse(self.oficina.phone)


@tagged("post_install", "-at_install")
class TestSuggestionTour(HttpCase):
    def test_one_click_in_the_list(self):
        """The window shows what is known, and the row leaves the list."""
        seller = new_test_user(
            self.env,
            "tour_suggestion",
            groups="sales_team.group_sale_salesman,base.group_partner_manager",
        )
        brazil = self.env.ref("base.br")
        oficina, padaria = self.env["res.partner"].create(
            [
                {
                    "name": name,
                    "country_id": brazil.id,
                    "customer_rank": 1,
                    "user_id": seller.id,
                    "vat": vat,
                }
                for name, vat in (("Tour Oficina", SAME_CNPJ), ("Tour Padaria", False))
            ]
        )
        self.env["res.partner"].create(
            {
                "name": "Tour Oficina Ltda",
                "vat": CNPJ,
                "phone": MOBILE,
                "email": "rui@oficina.com.br",
            }
        )
        self.env.cr.flush()
        self.start_tour(
            "/odoo/contacts-to-complete",
            "contact_kpi_suggestion",
            login="tour_suggestion",
        )
        self.env.invalidate_all()
        self.assertEqual((oficina.phone, padaria.phone), (MOBILE, False))
        gap = oficina.contact_kpi_gap_ids
        self.assertEqual((gap.close_reason, gap.closed_by_id), ("completed", seller))
