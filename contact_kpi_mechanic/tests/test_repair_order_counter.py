# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""At the counter: who works there asks for the mobile on the repair order."""

import ast

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.contact_kpi.tests.common import LANDLINE, MOBILE, ContactKpiCase
from odoo.addons.contact_kpi.tests.sales.test_banner_mixin import (
    reserve_contacts,
)

from .common import MechanicMixin

STOCK = "stock.group_stock_user"
ACTION = "contact_kpi_mechanic.repair_order_action_counter"
MODELS = ("contact.kpi", "contact.kpi.snapshot", "contact.kpi.gap")
RULES = ("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")


@tagged("post_install", "-at_install")
class TestRepairOrderCounter(MechanicMixin, ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mobile = cls.indicator()
        reserve_contacts(cls.env)
        # Managers of stock may edit contacts: nobody here is one.
        cls.ana = new_test_user(
            cls.env, "counter_ana", groups=f"{STOCK},base.group_partner_manager"
        )
        cls.bruno = new_test_user(cls.env, "counter_bruno", groups=STOCK)
        cls.reason = cls.env["contact.kpi.decline.reason"].search([], limit=1)

    def at(self, partner, user=None, **vals):
        """A repair order, as this person has it."""
        return self.repair(partner, **vals).with_user(user or self.ana)

    def listed(self, user=None):
        """Whose repairs the menu lists, in its order."""
        action = self.env["ir.actions.act_window"]._for_xml_id(ACTION)
        arch = self.env.ref("contact_kpi_mechanic.repair_order_view_list_counter")
        order = arch._get_combined_arch().get("default_order")
        domain = [("mobile_to_ask", "=", True)]
        self.assertEqual(ast.literal_eval(action["domain"]), domain)
        orders = self.env["repair.order"].with_user(user or self.ana)
        return [order.partner_id.name for order in orders.search(domain, order=order)]

    # -- the banner ----------------------------------------------------------------

    def test_a_repair_asks_whom_the_definition_finds(self):
        """Repairs of all kinds of customers, against the plain definition."""
        firm = self.customer("Firm", is_company=True)
        reached = self.customer("Reached firm", is_company=True)
        self.contact(reached, phone=MOBILE)
        partners = (
            firm
            | self.contact(firm, "Its driver")
            | reached
            | self.contact(reached, "Its other driver", phone=LANDLINE)
            | self.customer("Bare")
            | self.customer("Mobile", phone=MOBILE)
            | self.customer("Landline", phone=LANDLINE)
            | self.customer("E-mail only", email="a@padaria.com.br")
            | self.customer("Junk", phone="(11) 0000-0000")
            | self.customer("Toll-free", phone="0800 725 1234")
            | self.customer("Without the 9", phone="11 6123 4560")
            | self.customer("Both", phone=f"{LANDLINE} / {MOBILE}")
            | self.env["res.partner"].create({"name": "First visit"})
            | self.bruno.partner_id
        )
        self.bruno.partner_id.phone = False
        orders = self.env["repair.order"].browse(
            [self.at(partner).id for partner in partners]
        )
        families, customers = self.families(), self.evaluate("no_mobile")
        expected = {}
        for partner in partners:
            head = self.head_of(partner)
            lacks = head in customers and self.lacks("no_mobile", families[head])
            expected[partner.name] = "missing" if lacks else False
        self.assertEqual(
            {name for name, state in expected.items() if state},
            {
                "Firm",
                "Its driver",
                "Bare",
                "Landline",
                "E-mail only",
                "Junk",
                "Toll-free",
                "First visit",
            },
        )
        orders = orders.with_user(self.bruno)
        self.assertEqual(
            {order.partner_id.name: order.contact_kpi_state for order in orders},
            expected,
        )
        self.assertEqual(
            {order.partner_id.name: order.mobile_to_ask for order in orders},
            {name: bool(state) for name, state in expected.items()},
        )
        orders.sudo().action_repair_cancel()
        self.assertEqual(set(orders.mapped("contact_kpi_state")), {False})

    def test_a_first_visit_is_asked_for_before_the_order_is_saved(self):
        Partner = self.env["res.partner"].with_user(self.ana)
        partner = Partner.browse(Partner.name_create("Came just now")[0])
        form = Form(self.env["repair.order"].with_user(self.ana))
        self.assertFalse(form.contact_kpi_state)
        form.partner_id = partner
        self.assertEqual(form.contact_kpi_state, "missing")
        form.contact_kpi_phone = MOBILE
        order = form.save()
        self.assertEqual(partner.phone, MOBILE)
        self.assertFalse(order.contact_kpi_state)
        self.commit()
        # What opened and closed in one transaction never was.
        self.assertEqual(self.ledger(partner, self.mobile), [])

    def test_the_mobile_typed_closes_the_gap_credited_to_who_typed(self):
        partner = self.customer("Lacking", phone=LANDLINE)
        order = self.at(partner)
        self.go("2041-03-05 15:00:00")
        self.assertTrue(order.mobile_to_ask)
        with Form(order) as form:
            self.assertEqual(form.contact_kpi_state, "missing")
            self.assertFalse(form.contact_kpi_phone)
            self.assertEqual(form.contact_kpi_phone_now, LANDLINE)
            self.assertEqual(form.contact_kpi_example, "(11) 96123-4567")
            form.contact_kpi_phone = MOBILE
            self.assertFalse(form.contact_kpi_problem)
        # In the same transaction, without waiting for its end.
        self.assertFalse(form.contact_kpi_state)
        self.assertFalse(order.mobile_to_ask)
        self.assertEqual(
            self.ledger(partner, self.mobile),
            [
                (
                    "Lacking",
                    "2041-03-04 15:00:00",
                    "2041-03-05 15:00:00",
                    "completed",
                    "counter_ana",
                )
            ],
        )
        self.assertEqual(self.listed(), [])
        kept = partner.child_ids
        self.assertEqual(
            (kept.name, kept.type, kept.phone, kept.create_uid),
            (False, "other", LANDLINE, self.ana),
        )

    def test_what_is_no_mobile_is_told_and_blocks_nothing(self):
        # An e-mail does not answer this question, nor hide the answer to it.
        partner = self.customer("Lacking", email="ana@padaria.com.br")
        order = self.at(partner)
        told = {
            LANDLINE: f"“{LANDLINE}” is a landline: it takes no messages.",
            "96123-4567": "“96123-4567” lacks the area code.",
            "não tem": "“não tem” is not a phone number.",
            "(11) 0000-0000": "“(11) 0000-0000” is not a phone number.",
            "11 123": "“11 123” is not a valid number in Brazil.",
            "0800 725 1234": "“0800 725 1234” is not a mobile number.",
            f"{LANDLINE} / {MOBILE}": False,
            "11 6123 4560": False,
            "+1 201 555 0123": False,
            MOBILE: False,
            False: False,
        }
        form = Form(order)
        found = {}
        for text in told:
            form.contact_kpi_phone = text
            found[text] = form.contact_kpi_problem
        self.assertEqual(found, told)
        form.contact_kpi_phone = LANDLINE
        form.under_warranty = True
        form.save()
        self.assertEqual((order.under_warranty, partner.phone), (True, LANDLINE))
        self.assertEqual(order.contact_kpi_state, "missing")
        order.action_validate()
        self.assertEqual(order.state, "confirmed")

    def test_whether_maybe_is_told_follows_the_setting(self):
        order = self.at(self.customer("Lacking"))
        text = "+1 201 555 0123"
        form = Form(order)
        form.contact_kpi_phone = text
        self.assertFalse(form.contact_kpi_problem)
        settings = Form(self.env["res.config.settings"])
        settings.contact_kpi_maybe_mobile = False
        settings.save().set_values()
        form = Form(order)
        form.contact_kpi_phone = text
        self.assertEqual(
            form.contact_kpi_problem,
            "“+1 201 555 0123” may be a landline: nobody can tell.",
        )

    # -- a number that is there is kept ----------------------------------------------

    def numbers(self, customer):
        """Name, kind and number of the customer and its contacts."""
        self.commit()
        self.env.invalidate_all()
        return [(p.name, p.type, p.phone) for p in customer | customer.child_ids]

    def test_a_usable_number_is_kept_beside_the_mobile(self):
        toll_free = "0800 725 1234"
        kept = {}
        for text in (
            *(LANDLINE, toll_free, f"não tem / {LANDLINE}", "+1 212 456 7890 ramal 3"),
            *("não tem", "(11) 0000-0000", "2345-6789", "11 123", " ", False),
        ):
            customer = self.customer("Customer", phone=text)
            with Form(self.at(customer)) as form:
                if form.contact_kpi_state:  # else it is a mobile, perhaps
                    form.contact_kpi_phone = MOBILE
            found = self.numbers(customer)
            self.assertEqual(
                found[0],
                ("Customer", "contact", text if "+1" in str(text) else MOBILE),
            )
            kept[text] = found[1:]
        self.assertEqual(
            kept,
            {
                text: [(False, "other", text)]
                if text in (LANDLINE, toll_free, f"não tem / {LANDLINE}")
                else []
                for text in kept
            },
        )
        self.assertAgreement(self.mobile)

    def test_an_empty_field_for_numbers_takes_the_other_number(self):
        """Odoo's SMS reads the phone and not what an administrator has chosen."""
        settings = Form(self.env["res.config.settings"])
        settings.contact_kpi_phone_field_ids.add(
            self.env["ir.model.fields"]._get("res.partner", "ref")
        )
        settings.save().execute()
        self.look_at_everybody()
        empty = self.customer("Empty", phone=LANDLINE)
        taken = self.customer("Taken", phone=LANDLINE, ref="(11) 3456-7890")
        for customer in empty | taken:
            with Form(self.at(customer)) as form:
                form.contact_kpi_phone = MOBILE
        self.assertEqual(self.numbers(empty), [("Empty", "contact", MOBILE)])
        self.assertEqual(
            (empty.ref, empty.phone_sanitized), (LANDLINE, "+5511961234567")
        )
        self.assertEqual(
            self.numbers(taken),
            [("Taken", "contact", MOBILE), (False, "other", LANDLINE)],
        )
        self.assertEqual(taken.ref, "(11) 3456-7890")
        orders = self.env["repair.order"].search([])
        self.assertEqual(set(orders.mapped("contact_kpi_state")), {False})

    def test_what_is_no_mobile_takes_no_usable_number_s_place(self):
        found = {}
        for text in ("(11) 3456-7890", "96123-4567", "não tem"):
            customer = self.customer("Lacking", phone=LANDLINE)
            with Form(self.at(customer)) as form:
                form.contact_kpi_phone = text
                self.assertTrue(form.contact_kpi_problem)
            found[text] = self.numbers(customer)
        kept = [("Lacking", "contact", LANDLINE)]
        self.assertEqual(list(found.values()), [kept] * 3)
        # With the number that is there nothing is lost.
        with Form(self.at(customer)) as form:
            form.contact_kpi_phone = f"{LANDLINE} / {MOBILE}"
        self.assertEqual(
            self.numbers(customer),
            [("Lacking", "contact", f"{LANDLINE} / {MOBILE}")],
        )

    def test_it_is_kept_in_the_list_of_customers_too(self):
        customer = self.customer("Lacking", phone=LANDLINE)
        self.commit()
        gap = self.env["contact.kpi.gap"].search(
            [("indicator_id", "=", self.mobile.id)]
        )
        gap = gap.with_user(self.ana)
        other = (False, "other", LANDLINE)
        gap.phone = "(11) 3456-7890"
        self.assertEqual(
            self.numbers(customer), [("Lacking", "contact", "(11) 3456-7890"), other]
        )
        self.go("2041-03-05 15:00:00")
        gap.phone = MOBILE
        self.assertEqual(
            self.numbers(customer),
            [
                ("Lacking", "contact", MOBILE),
                (False, "other", "(11) 3456-7890"),
                other,
            ],
        )
        self.assertEqual((gap.close_reason, gap.closed_by_id), ("completed", self.ana))

    def test_two_at_once(self):
        customer = self.customer("Lacking", phone="não tem")
        first, second = Form(self.at(customer)), Form(self.at(customer))
        first.contact_kpi_phone, second.contact_kpi_phone = MOBILE, "(21) 98765-4321"
        customer.phone = LANDLINE  # by somebody else, on the customer itself
        first.save()
        second.save()
        # Neither the landline nor the first mobile is lost.
        self.assertEqual(
            self.numbers(customer),
            [("Lacking", "contact", MOBILE), (False, "other", LANDLINE)],
        )

    def test_who_may_not_edit_contacts_may_not_here(self):
        partner = self.customer("Lacking", phone=LANDLINE)
        order = self.at(partner, self.bruno)
        form = Form(order)
        self.assertEqual(form.contact_kpi_state, "missing")
        self.assertFalse(form.contact_kpi_can_edit)
        self.assertFalse(form.can_edit_consent)
        with self.assertRaisesRegex(AssertionError, "readonly"):
            form.contact_kpi_phone = MOBILE
        form.under_warranty = True
        form.save()
        with self.assertRaises(AccessError):
            order.contact_kpi_phone = MOBILE
        self.env.invalidate_all()
        self.assertEqual(partner.phone, LANDLINE)

    def test_the_form_asks_for_a_mobile_only(self):
        arch = self.env["repair.order"].get_view(view_type="form")["arch"]
        self.assertEqual(arch.count("o_contact_kpi_banner"), 4)
        self.assertIn("This customer has no mobile", arch)
        self.assertNotIn("no usable phone or e-mail", arch)
        sale = self.env["sale.order"].get_view(view_type="form")["arch"]
        self.assertNotIn("mobile", sale.partition("<sheet")[0])

    # -- declined and consent ----------------------------------------------------------

    def wizard(self, action, user):
        self.assertEqual(action["target"], "new")
        return Form(
            self.env[action["res_model"]]
            .with_user(user)
            .with_context(**action["context"])
        )

    def test_declining_from_the_order_needs_no_right_to_edit_contacts(self):
        partner = self.customer("Refuses")
        order = self.at(partner, self.bruno)
        other = self.at(partner, self.bruno)
        self.commit()
        self.assertEqual(self.listed(), ["Refuses", "Refuses"])
        form = self.wizard(order.action_contact_kpi_decline(), self.bruno)
        form.reason_id = self.reason
        form.review_on = "2041-03-06"
        form.save().action_confirm()
        states = {}
        for day in (4, 5, 6):
            self.go(f"2041-03-0{day} 15:00:00")
            self.env.invalidate_all()
            states[day] = (
                order.contact_kpi_state,
                other.mobile_to_ask,
                len(self.listed()),
            )
        declined = ("declined", False, 0)
        self.assertEqual(states, {4: declined, 5: declined, 6: ("missing", True, 2)})
        partner.phone = MOBILE
        with self.assertRaisesRegex(UserError, "to complete"):
            order.action_contact_kpi_decline()

    def test_declining_when_the_car_is_fetched(self):
        """The repair is done by then, and the customer is there."""
        partner = self.customer("Refuses")
        order = self.at(partner)
        order.action_validate()
        order.action_repair_start()
        order.action_repair_end()
        self.assertEqual((order.contact_kpi_state, self.listed()), ("missing", []))
        form = self.wizard(order.action_contact_kpi_decline(), self.ana)
        form.reason_id = self.reason
        form.save().action_confirm()
        self.env.invalidate_all()
        self.assertEqual(order.contact_kpi_state, "declined")

    def test_consent_is_recorded_from_the_order_by_who_may_edit_contacts(self):
        firm = self.customer("Firm", is_company=True)
        driver = self.contact(firm, "Driver")
        order = self.at(driver)
        self.assertEqual(order.customer_consent, "not_asked")
        self.assertTrue(order.can_edit_consent)
        form = self.wizard(order.action_contact_kpi_consent(), self.ana)
        form.consent = "given"
        form.channel = "in_person"
        form.save().action_confirm()
        self.assertEqual(order.customer_consent, "given")
        self.assertEqual(
            (firm.contact_kpi_consent, firm.contact_kpi_consent_by_id),
            ("given", self.ana),
        )
        theirs = order.with_user(self.bruno)
        form = self.wizard(theirs.action_contact_kpi_consent(), self.bruno)
        form.consent, form.channel = "refused", "in_person"
        with self.assertRaises(AccessError):
            form.save().action_confirm()
        self.env.invalidate_all()
        self.assertEqual(firm.contact_kpi_consent, "given")

    # -- repairs whose customer cannot be messaged -----------------------------------

    def test_open_repairs_by_urgency_and_scheduled_date(self):
        firm = self.customer("firm", is_company=True)
        rows = [
            (self.customer("later"), "0", "2041-03-20 12:00:00"),
            (self.customer("sooner"), "0", "2041-03-10 12:00:00"),
            (self.customer("urgent, later"), "1", "2041-03-21 12:00:00"),
            (self.contact(firm, "urgent, sooner"), "1", "2041-03-11 12:00:00"),
            (self.customer("mobile", phone=MOBILE), "1", "2041-03-05 12:00:00"),
            (self.customer("cancelled"), "1", "2041-03-05 12:00:00"),
            (self.customer("done"), "1", "2041-03-05 12:00:00"),
        ]
        orders = {
            partner.name: self.at(partner, priority=priority, schedule_date=date)
            for partner, priority, date in rows
        }
        orders["cancelled"].action_repair_cancel()
        # One of a customer that has an order to be listed, too.
        self.at(rows[0][0]).action_repair_cancel()
        finished = orders["done"]
        finished.action_validate()
        finished.action_repair_start()
        finished.action_repair_end()
        self.assertEqual(finished.state, "done")
        expected = ["urgent, sooner", "urgent, later", "sooner", "later"]
        self.assertEqual(self.listed(), expected)
        everything = self.env["repair.order"].with_user(self.bruno).search([])
        self.assertEqual(
            {o for o in everything if o.mobile_to_ask},
            {orders[name].with_user(self.bruno) for name in expected},
        )
        asked = everything.search([("mobile_to_ask", "=", True)])
        self.assertEqual(
            everything.search([("mobile_to_ask", "=", False)]), everything - asked
        )
        self.assertEqual(
            everything.search([("mobile_to_ask", "in", [True, False])]), everything
        )
        # Switched off, it asks for nothing.
        self.mobile.active = False
        self.env.invalidate_all()
        self.assertEqual(
            (self.listed(), everything.filtered("mobile_to_ask")),
            ([], everything.browse()),
        )

    def test_found_and_shown_are_the_same_for_everybody(self):
        """Of archived contacts and without a customer, too."""
        firm = self.customer("firm", is_company=True)
        archived = self.contact(firm, "archived")
        self.at(archived)
        archived.active = False
        self.at(self.customer("lacking"))
        self.at(self.customer("reached", phone=MOBILE))
        self.at(self.env["res.partner"])
        self.commit()
        for user in (self.ana, self.bruno, self.env.user):
            orders = self.env["repair.order"].with_user(user)
            everything = orders.search([])
            self.assertEqual(
                everything.filtered("mobile_to_ask"),
                everything.search([("mobile_to_ask", "=", True)]),
            )
            self.assertEqual(
                everything.filtered(lambda order: not order.mobile_to_ask),
                everything.search([("mobile_to_ask", "=", False)]),
            )
            self.assertEqual(len(everything.filtered("mobile_to_ask")), 2)

    def test_of_customers_that_one_may_not_read_nothing_is_said(self):
        secret = self.at(self.customer("Secret", ref="secret"))
        self.at(self.customer("Lacking"))
        self.assertEqual(self.listed(), ["Secret", "Lacking"])
        self.env["ir.rule"].create(
            {
                "name": "No secrets",
                "model_id": self.env.ref("base.model_res_partner").id,
                "domain_force": "[('ref', '!=', 'secret')]",
            }
        )
        self.env.invalidate_all()
        self.assertEqual(self.listed(), ["Lacking"])
        self.assertFalse(secret.mobile_to_ask)
        self.assertFalse(secret.customer_consent)

    def test_the_badges_of_forty_repairs_cost_what_those_of_five_do(self):
        names = [f"C{n}" for n in range(40)]
        partners = self.env["res.partner"].create([{"name": name} for name in names])
        orders = self.env["repair.order"].create(
            [{"partner_id": partner.id} for partner in partners]
        )
        counts = []
        for page in (orders[:5], orders):
            page = page.with_user(self.bruno)
            for _warm in range(2):
                self.commit()
                self.env.invalidate_all()
                page.mapped("partner_id.commercial_partner_id.phone")
                page.mapped("state")
                before = self.env.cr.sql_log_count
                self.assertEqual(set(page.mapped("mobile_to_ask")), {True})
                count = self.env.cr.sql_log_count - before
            counts.append(count)
        self.assertEqual(counts[0], counts[1])

    def test_the_kanban_bears_a_badge(self):
        arch = self.env["repair.order"].get_view(view_type="kanban")["arch"]
        self.assertIn("No mobile", arch)

    # -- rights ---------------------------------------------------------------------

    def test_what_the_counter_reads(self):
        """The workshop's indicator of their companies; of the others nothing."""
        branch = self.company("Branch", "America/Sao_Paulo")
        self.customer("everybody's")
        self.customer("main's", company_id=self.main.id)
        self.customer("branch's", company_id=branch.id)
        self.customer("somebody's", user_id=self.ana.id)
        self.refresh()
        groups = {
            "stock": STOCK,
            "own": "sales_team.group_sale_salesman",
            "both": f"{STOCK},sales_team.group_sale_salesman",
            "clerk": "base.group_user",
            "portal": "base.group_portal",
        }
        seen = {}
        for login, names in groups.items():
            user = new_test_user(self.env, f"reads_{login}", groups=names)
            table = []
            for model in MODELS:
                records = self.env[model].with_user(user)
                try:
                    with mute_logger(*RULES):
                        found = records.search([]).sudo()
                except AccessError:
                    table.append(None)
                    continue
                if model == "contact.kpi":
                    table.append(sorted(found.mapped("code")))
                elif model == "contact.kpi.gap":
                    rows = found.grouped("indicator_id")
                    table.append(
                        {
                            k.code: sorted(g.partner_id.mapped("name"))
                            for k, g in rows.items()
                        }
                    )
                else:
                    rows = found.grouped("indicator_id")
                    table.append(
                        {k.code: sum(s.mapped("missing")) for k, s in rows.items()}
                    )
            seen[login] = table
        mains = ["everybody's", "main's", "somebody's"]
        sellers = ["everybody's", "main's"]
        codes = ["no_contact", "no_mobile"]
        self.assertEqual(
            seen,
            {
                "stock": [["no_mobile"], {"no_mobile": 3}, {"no_mobile": mains}],
                "own": [
                    codes,
                    dict.fromkeys(codes, 2),
                    dict.fromkeys(codes, sellers),
                ],
                "both": [
                    codes,
                    {"no_contact": 2, "no_mobile": 3},
                    {"no_contact": sellers, "no_mobile": mains},
                ],
                "clerk": [None] * 3,
                "portal": [None] * 3,
            },
        )

    def test_the_counter_opens_its_menus(self):
        """Every view of every menu, and what the card of the indicator leads to."""
        self.customer("Lacking")
        self.refresh()
        menus = self.env["ir.ui.menu"].with_user(self.bruno)
        menus = menus.search(
            [("parent_id", "=", self.env.ref("contact_kpi_mechanic.menu_counter").id)]
        )
        self.assertEqual(len(menus), 8)
        kpi = self.mobile.with_user(self.bruno)
        actions = [
            menu.action.run()
            if menu.action._name == "ir.actions.server"
            else menu.action._get_action_dict()
            for menu in menus
        ]
        actions += [
            kpi.action_missing(),
            kpi.action_to_complete(),
            kpi.action_trend(),
            kpi.action_follow_up(),
            kpi.action_impact(),
            kpi.action_messageable(),
        ]
        for action in actions:
            model = self.env[action["res_model"]].with_user(self.bruno)
            for view_id, view_type in action["views"]:
                arch = model.get_view(view_id, view_type)
                if view_type in ("list", "kanban"):
                    # Refused, if any of it were.
                    model.search([]).read(sorted(arch["models"][model._name]))
        self.assertEqual((kpi.missing_now, kpi.customers_now), (1, 1))


@tagged("post_install", "-at_install")
class TestRepairOrderCounterTour(HttpCase):
    def test_at_the_counter(self):
        """In a browser: the mobile typed, consent and a refusal, all on the orders."""
        env = self.env
        user = new_test_user(
            env, "counter_tour", groups=f"{STOCK},base.group_partner_manager"
        )
        brazil = env.ref("base.br")
        env["repair.order"].search([("state", "=", "draft")]).action_repair_cancel()
        abreu, borges = env["res.partner"].create(
            [
                {"name": "Counter Abreu", "country_id": brazil.id, "phone": LANDLINE},
                {"name": "Counter Borges", "country_id": brazil.id},
            ]
        )
        env["repair.order"].create(
            [
                {"partner_id": borges.id, "schedule_date": "2041-01-01 12:00:00"},
                {
                    "partner_id": abreu.id,
                    "priority": "1",
                    "schedule_date": "2041-02-01 12:00:00",
                },
            ]
        )
        env.cr.flush()
        gaps = env["contact.kpi.gap"].search(
            [
                ("partner_id", "in", (abreu | borges).ids),
                ("indicator_id.code", "=", "no_mobile"),
            ]
        )
        # As if it had been so for a while.
        env.cr.execute(
            """UPDATE contact_kpi_gap SET opened_at = opened_at - INTERVAL '9 days',
                      opened_on = opened_on - 9 WHERE id = ANY(%s)""",
            [gaps.ids],
        )
        env.invalidate_all()
        self.start_tour(
            "/odoo/repairs-without-mobile",
            "contact_kpi_mechanic_counter",
            login="counter_tour",
        )
        env.invalidate_all()
        self.assertEqual(abreu.phone, "11 96123-4567")
        self.assertEqual(abreu.child_ids.mapped("phone"), [LANDLINE])
        rows = {
            gap.partner_id.name: (gap.close_reason, gap.closed_by_id, gap.declined)
            for gap in gaps
        }
        self.assertEqual(
            rows,
            {
                "Counter Abreu": ("completed", user, False),
                "Counter Borges": (False, env["res.users"], True),
            },
        )
        self.assertEqual(
            (abreu.contact_kpi_consent, abreu.contact_kpi_consent_by_id),
            ("given", user),
        )
