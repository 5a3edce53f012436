# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A quotation asks for the contact that its customer lacks, and never insists."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, new_test_user, tagged

from ..common import LANDLINE, MOBILE, ContactKpiCase

BLOCK = "contact_kpi.block_confirmation"
FORM = "sale.view_order_form"


def reserve_contacts(env):
    """Only whoever may edit contacts may: other addons may say otherwise."""
    env["ir.model.access"].search(
        [
            ("model_id.model", "=", "res.partner"),
            ("group_id", "!=", env.ref("base.group_partner_manager").id),
        ]
    ).perm_write = False


class BannerCase(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        reserve_contacts(cls.env)
        cls.ana = new_test_user(
            cls.env,
            "banner_ana",
            groups="sales_team.group_sale_salesman,base.group_partner_manager",
        )
        cls.bruno = new_test_user(
            cls.env, "banner_bruno", groups="sales_team.group_sale_salesman"
        )

    def quotation(self, partner, user=None, **vals):
        user = user or self.ana
        return self.order(partner, user_id=user.id, **vals).with_user(user)

    def decline(self, partner, **vals):
        gap = self.env["contact.kpi.gap"].search(
            [("partner_id", "=", partner.id), ("closed_at", "=", False)]
        )
        return self.env["contact.kpi.decline"].create({"gap_id": gap.id, **vals})


@tagged("post_install", "-at_install")
class TestContactKpiBannerMixin(BannerCase):
    def test_a_quotation_asks_whom_the_definition_finds(self):
        """Quotations of all kinds of customers, against the plain definition."""
        company = self.customer("Company", is_company=True)
        buyer = self.contact(company, "Buyer")
        reachable = self.customer("Reachable company", is_company=True)
        delivery = self.contact(reachable, type="delivery", phone=LANDLINE)
        left = self.customer("Its contact left", is_company=True)
        self.contact(left, phone=MOBILE, active=False)
        partners = (
            company
            | buyer
            | reachable
            | delivery
            | left
            | self.customer("Bare")
            | self.customer("Phone", phone=MOBILE)
            | self.customer("Email", email="a@padaria.com.br")
            | self.customer("Junk", phone="não tem", email="x@x")
            | self.customer("One digit", phone="(11) 99999-9999")
            | self.customer("No area", phone="96123-4567")
            | self.customer("Abroad", phone=MOBILE, country_id=self.japan.id)
            | self.env["res.partner"].create({"name": "Not a customer before"})
            | self.bruno.partner_id
            | self.main.partner_id
        )
        self.bruno.partner_id.write({"phone": False, "email": False})
        orders = self.env["sale.order"].browse(
            [self.quotation(partner).id for partner in partners]
        )
        self.commit()
        families, customers = self.families(), self.evaluate("no_contact")
        expected = {}
        for partner in partners:
            head = self.head_of(partner)
            lacks = head in customers and self.lacks("no_contact", families[head])
            expected[partner.name] = "missing" if lacks else False
        self.assertEqual(expected["Bare"], "missing")
        self.assertEqual(expected["Not a customer before"], "missing")
        self.assertEqual(expected["Buyer"], "missing")
        self.assertFalse(expected["Phone"])
        self.assertFalse(expected[self.bruno.partner_id.name])
        orders = orders.with_user(self.ana)
        self.assertEqual(
            {order.partner_id.name: order.contact_kpi_state for order in orders},
            expected,
        )
        orders.sudo().action_cancel()
        self.assertEqual(set(orders.mapped("contact_kpi_state")), {False})

    def test_a_customer_made_on_the_quotation_is_asked_for_at_once(self):
        """Not saved yet, and not known as a customer by anything else."""
        Partner = self.env["res.partner"].with_user(self.ana)
        partner = Partner.browse(Partner.name_create("Made just now")[0])
        self.assertFalse(partner.customer_rank)
        form = Form(self.env["sale.order"].with_user(self.ana), FORM)
        self.assertFalse(form.contact_kpi_state)
        form.partner_id = partner
        self.assertEqual(form.contact_kpi_state, "missing")
        self.assertTrue(form.contact_kpi_can_edit)
        form.contact_kpi_phone = MOBILE
        order = form.save()
        self.assertEqual(partner.phone, MOBILE)
        self.assertFalse(order.contact_kpi_state)
        self.go("2041-03-05 15:00:00")
        self.assertAgreement(self.kpi)
        # What opened and closed in one transaction never was.
        self.assertEqual(self.ledger(partner), [])

    def test_the_phone_typed_closes_the_gap_credited_to_who_typed(self):
        partner = self.customer("Lacking", user_id=self.ana.id)
        order = self.quotation(partner)
        self.go("2041-03-05 15:00:00")
        with Form(order, FORM) as form:
            self.assertEqual(form.contact_kpi_state, "missing")
            self.assertEqual(form.contact_kpi_example, "(11) 96123-4567")
            form.contact_kpi_phone = LANDLINE
            self.assertFalse(form.contact_kpi_problem)
        # In the same transaction, without waiting for its end.
        self.assertFalse(form.contact_kpi_state)
        self.assertEqual(
            self.ledger(partner),
            [
                (
                    "Lacking",
                    "2041-03-04 15:00:00",
                    "2041-03-05 15:00:00",
                    "completed",
                    "banner_ana",
                )
            ],
        )
        self.assertEqual(partner.phone, LANDLINE)

    def test_what_is_no_contact_is_told_and_blocks_nothing(self):
        partner = self.customer("Lacking", user_id=self.ana.id)
        order = self.quotation(partner)
        self.commit()
        told = {
            ("96123-4567", False): "“96123-4567” lacks the area code.",
            ("não tem", False): "“não tem” is not a phone number.",
            ("11 123", False): "“11 123” is not a valid number in Brazil.",
            (False, "ana@"): "“ana@” is not an e-mail address.",
            ("-", "x@x"): "“-” is not a phone number. “x@x” is not an e-mail address.",
            # One usable answer is enough.
            ("-", "ana@padaria.com.br"): False,
            (MOBILE, "ana@"): False,
            (False, False): False,
        }
        form = Form(order, FORM)
        found = {}
        for phone, email in told:
            form.contact_kpi_phone, form.contact_kpi_email = phone, email
            found[phone, email] = form.contact_kpi_problem
        self.assertEqual(found, told)
        form.contact_kpi_phone, form.contact_kpi_email = "não tem", False
        form.client_order_ref = "saved all the same"
        form.save()
        self.assertEqual(order.client_order_ref, "saved all the same")
        # As in the list: what was typed stands there, and is still asked for.
        self.assertEqual(partner.phone, "não tem")
        self.assertEqual(order.contact_kpi_state, "missing")
        self.assertIn("não tem", order.contact_kpi_problem)
        order.action_confirm()
        self.assertEqual((order.state, order.contact_kpi_state), ("sale", "missing"))

    def test_what_a_colleague_completed_meanwhile_stands(self):
        partner = self.customer("Lacking", user_id=self.ana.id)
        order = self.quotation(partner)
        self.commit()
        form = Form(order, FORM)
        form.contact_kpi_phone = LANDLINE
        partner.phone = MOBILE
        form.save()
        self.assertEqual(partner.phone, MOBILE)

    def test_who_may_not_edit_contacts_may_not_here(self):
        partner = self.customer("Lacking", user_id=self.bruno.id, phone="none")
        order = self.quotation(partner, self.bruno)
        self.commit()
        form = Form(order, FORM)
        self.assertEqual(form.contact_kpi_state, "missing")
        self.assertFalse(form.contact_kpi_can_edit)
        for name in ("contact_kpi_phone", "contact_kpi_email"):
            with self.assertRaisesRegex(AssertionError, "readonly"):
                setattr(form, name, "11")
        form.client_order_ref = "still theirs to edit"
        form.save()
        with self.assertRaises(AccessError):
            order.contact_kpi_phone = MOBILE
        self.env.invalidate_all()
        self.assertEqual(partner.phone, "none")

    def test_own_documents_only(self):
        """A colleague's customer on one's own quotation is asked for; what of it
        one may not read, one is not told."""
        partner = self.customer("Colleague's", user_id=self.bruno.id)
        order = self.quotation(partner, self.ana)
        theirs = self.quotation(partner, self.bruno)
        self.commit()
        self.assertEqual(order.contact_kpi_state, "missing")
        gaps = self.env["contact.kpi.gap"].with_user(self.ana)
        self.assertFalse(gaps.search([("partner_id", "=", partner.id)]))
        with self.assertRaises(AccessError):
            theirs.with_user(self.ana).read(["contact_kpi_state"])
        self.env["ir.rule"].create(
            {
                "name": "Own contacts only",
                "model_id": self.env.ref("base.model_res_partner").id,
                "domain_force": f"[('user_id', '!=', {self.bruno.id})]",
            }
        )
        self.env.invalidate_all()
        self.assertFalse(order.contact_kpi_state)

    def test_a_customer_on_the_portal_reads_nothing_of_it(self):
        portal = new_test_user(self.env, "banner_portal", groups="base.group_portal")
        order = self.quotation(portal.partner_id, state="sent")
        self.commit()
        mine = order.with_user(portal)
        self.assertEqual(mine.read(["state"])[0]["state"], "sent")
        names = [name for name in order._fields if name.startswith("contact_kpi_")]
        self.assertGreater(len(names), 6)
        for name in names:
            with self.subTest(name), self.assertRaises(AccessError):
                mine.read([name])

    def test_a_refusal_is_respected_by_everybody(self):
        partner = self.customer("Refused", user_id=self.bruno.id)
        order = self.quotation(partner, self.ana)
        self.go("2041-03-05 15:00:00")
        self.decline(partner, review_on="2041-03-07")
        states = {}
        for day in range(5, 8):
            self.go(f"2041-03-0{day} 15:00:00")
            self.env.invalidate_all()
            states[day] = (order.contact_kpi_state, order.contact_kpi_can_edit)
        self.assertEqual(
            states,
            {5: ("declined", False), 6: ("declined", False), 7: ("missing", True)},
        )

    def test_refusal_and_consent_are_recorded_from_the_document(self):
        """For the family of whom it is made out to, as far as one may see gaps."""
        firm = self.customer("Firm", is_company=True, user_id=self.bruno.id)
        buyer = self.contact(firm, "Buyer")
        # Another indicator's gap is not asked about here.
        self.indicator()
        order = self.quotation(buyer, self.bruno)
        self.commit()
        gap = self.env["contact.kpi.gap"].search(
            [("partner_id", "=", firm.id), ("indicator_id", "=", self.kpi.id)]
        )
        decline = order.action_contact_kpi_decline()
        self.assertEqual(decline["res_model"], "contact.kpi.decline.wizard")
        self.assertEqual(decline["context"], {"default_gap_ids": gap.ids})
        consent = order.action_contact_kpi_consent()
        self.assertEqual(consent["res_model"], "contact.kpi.consent.wizard")
        self.assertEqual(consent["context"], {"default_partner_ids": firm.ids})
        colleagues = self.quotation(buyer, self.ana)
        with self.assertRaises(UserError):
            colleagues.action_contact_kpi_decline()

    def test_nothing_is_asked_when_the_indicator_is_off_or_broken(self):
        order = self.quotation(self.customer("Lacking"))
        self.commit()
        self.assertEqual(order.contact_kpi_state, "missing")
        self.kpi.population_domain = '[("is_company", "=", True)]'
        self.env.invalidate_all()
        self.assertFalse(order.contact_kpi_state)
        self.kpi.population_domain = "[]"
        self.env.invalidate_all()
        self.assertEqual(order.contact_kpi_state, "missing")
        self.kpi.active = False
        self.env.invalidate_all()
        self.assertFalse(order.contact_kpi_state)
        self.kpi.active = True
        self.env.cr.execute('UPDATE contact_kpi SET gap_domain = \'[("gone","=",1)]\'')
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.assertFalse(order.contact_kpi_state)

    def test_contacts_that_nobody_looked_at_are_not_asked_for(self):
        order = self.quotation(self.customer("Known", phone=MOBILE))
        bare = self.quotation(self.customer("Bare"))
        self.commit()
        self.env["contact.kpi.ruleset"].search([]).unlink()
        self.env.cr.execute(
            """UPDATE res_partner SET contact_phone_kind = NULL,
                      customer_phone_kind = NULL, contact_digest = NULL"""
        )
        self.env["contact.kpi.ruleset"]._current()
        self.env.invalidate_all()
        self.assertFalse(order.contact_kpi_state)
        self.assertEqual(bare.contact_kpi_state, "missing")

    def test_fifty_quotations_of_reachable_customers_cost_one_query(self):
        partners = self.env["res.partner"].create(
            [{"name": f"C{n}", "customer_rank": 1, "phone": MOBILE} for n in range(50)]
        )
        orders = self.env["sale.order"].browse(
            [self.quotation(partner).id for partner in partners]
        )
        orders = orders.with_user(self.ana)
        self.commit()
        names = ["contact_kpi_state", "contact_kpi_can_edit", "contact_kpi_phone"]
        names += ["contact_kpi_email", "contact_kpi_example", "contact_kpi_problem"]
        for page in (orders, orders[0]):
            for _warm in range(2):
                self.env.invalidate_all()
                page.mapped("partner_id.commercial_partner_id.phone")
                before = self.env.cr.sql_log_count
                for name in names:
                    page.mapped(name)
                count = self.env.cr.sql_log_count - before
            self.assertEqual(count, 1)

    def test_no_list_asks_for_it(self):
        for view_type in ("list", "kanban", "search"):
            arch = self.env["sale.order"].get_view(view_type=view_type)["arch"]
            self.assertNotIn("contact_kpi_state", arch)
        arch = self.env["sale.order"].get_view(view_type="form")["arch"]
        self.assertEqual(arch.count("o_contact_kpi_banner"), 3)

    def test_confirmation_is_blocked_where_an_administrator_wants_it(self):
        service = self.env["product.product"].create({"name": "S", "type": "service"})
        lines = [Command.create({"product_id": service.id})]
        lacking = self.customer("Lacking", user_id=self.ana.id)
        refused = self.customer("Refused", user_id=self.ana.id)
        reachable = self.customer("Reachable", phone=MOBILE)
        partners = (lacking, refused, reachable)
        orders = {
            when: [self.quotation(partner, order_line=lines) for partner in partners]
            for when in ("off", "on", "online")
        }
        signed = self.quotation(lacking, order_line=lines)
        self.commit()
        self.decline(refused)
        for order in orders["off"]:
            order.action_confirm()
        settings = self.env["res.config.settings"].create({})
        settings.contact_kpi_block_confirmation = True
        settings.execute()
        self.assertEqual(self.env["ir.config_parameter"].get_param(BLOCK), "True")
        blocked, *others = orders["on"]
        message = "Lacking has no usable phone or e-mail.*" + blocked.name
        with self.assertRaisesRegex(UserError, message):
            blocked.action_confirm()
        for order in others:
            order.action_confirm()
        # Customers who sign or pay online: Odoo confirms in superuser mode.
        for order in orders["online"]:
            order.with_user(self.env.ref("base.public_user")).sudo()._validate_order()
        self.assertEqual(
            {
                when: [order.state for order in somewhere]
                for when, somewhere in orders.items()
            },
            {
                "off": ["sale"] * 3,
                "on": ["draft", "sale", "sale"],
                "online": ["sale"] * 3,
            },
        )
        # Filling it in is all that it takes.
        with Form(blocked, FORM) as form:
            form.contact_kpi_email = "ana@padaria.com.br"
        blocked.action_confirm()
        signed.action_confirm()
        self.assertEqual((blocked.state, signed.state), ("sale", "sale"))


@tagged("post_install", "-at_install")
class TestContactKpiBannerTour(HttpCase):
    def test_type_the_phone_on_the_quotation(self):
        """In a browser: told what is no number, saved, and the banner is gone."""
        env = self.env
        seller = new_test_user(
            env,
            "banner_seller",
            groups="sales_team.group_sale_salesman,base.group_partner_manager",
        )
        brazil = env.ref("base.br")
        partner = env["res.partner"].create(
            {"name": "Banner Abreu", "country_id": brazil.id, "user_id": seller.id}
        )
        order = env["sale.order"].create(
            {"partner_id": partner.id, "user_id": seller.id}
        )
        env.cr.flush()
        # As if it had been so for a while.
        gap = env["contact.kpi.gap"].search([("partner_id", "=", partner.id)])
        env.cr.execute(
            """UPDATE contact_kpi_gap SET opened_at = opened_at - INTERVAL '9 days',
                      opened_on = opened_on - 9 WHERE id = ANY(%s)""",
            [gap.ids],
        )
        env.invalidate_all()
        self.start_tour(
            f"/odoo/sales/{order.id}", "contact_kpi_banner", login="banner_seller"
        )
        env.invalidate_all()
        self.assertEqual(partner.phone, "11 96123-4567")
        no_contact = gap.filtered(lambda g: g.indicator_id.code == "no_contact")
        self.assertEqual(
            (no_contact.close_reason, no_contact.closed_by_id), ("completed", seller)
        )
