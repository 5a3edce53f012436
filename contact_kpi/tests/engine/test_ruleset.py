# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Contacts are looked at in batches: at installation, and when the rules change."""

from odoo.tests import new_test_user, tagged

from ..common import LANDLINE, MOBILE, PHONE, ContactKpiCase

CRON = "contact_kpi.ir_cron_classify"


@tagged("post_install", "-at_install")
class TestRuleset(ContactKpiCase):
    def batch(self, size=5000):
        self.commit()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr)["contact.kpi.ruleset"]._cron_classify(size)
        self.env.invalidate_all()

    def install_over_existing_data(self):
        """As if everybody had been there before the addon."""
        self.commit()
        self.forget(self.env["contact.kpi.gap"].search([]))
        self.env["contact.kpi.ruleset"].search([]).unlink()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner"
            " SET contact_phone_kind = NULL, contact_email_kind = NULL,"
            " customer_phone_kind = NULL, customer_email_kind = NULL"
        )
        self.env.invalidate_all()
        self.env["contact.kpi.ruleset"]._current()

    def totals(self):
        """Customers, missing and not yet looked at, of the shared customers' run."""
        self.refresh(self.kpi)
        run = self.env["contact.kpi.run"].search(
            [("indicator_id", "=", self.kpi.id), ("company_id", "=", False)],
            order="date desc",
            limit=1,
        )
        return run.customers, run.missing, run.unclassified

    def test_contacts_not_yet_looked_at_are_counted_apart_never_as_missing(self):
        self.customer("nothing informed")
        firm = self.customer("its contact informed something", is_company=True)
        self.contact(firm, phone="não tem")
        self.customer("reachable", phone=PHONE)
        self.install_over_existing_data()
        self.assertEqual(self.totals(), (3, 1, 2))
        [row] = self.env["contact.kpi.snapshot"]._read_group(
            [("indicator_id", "=", self.kpi.id)], [], ["missing_rate:avg"]
        )
        self.assertEqual(row, (1.0,))
        self.batch()
        self.assertEqual(self.totals(), (3, 2, 0))
        self.assertAgreement(self.kpi)
        gaps = self.env["contact.kpi.gap"].search([("indicator_id", "=", self.kpi.id)])
        self.assertEqual(
            sorted((gap.partner_id.name, gap.days_to_complete) for gap in gaps),
            [("its contact informed something", 0.0), ("nothing informed", 0.0)],
        )
        found = gaps.filtered(lambda gap: "something" in gap.partner_id.name)
        self.assertEqual(found.origin, "initial")

    def test_batches_go_on_where_they_stopped(self):
        customers = [
            self.customer(f"C{n}", phone=(PHONE, "-")[n % 2]) for n in range(9)
        ]
        self.install_over_existing_data()
        partners = self.env["res.partner"].with_context(active_test=False).search([])
        ids = sorted(partners.ids)
        ruleset = self.env["contact.kpi.ruleset"].search([])
        seen = []
        while ruleset.state == "running":
            self.batch(4)
            seen.append((ruleset.last_partner_id, ruleset.classified))
        stops = [ids[min(n, len(ids)) - 1] for n in range(4, len(ids) + 4, 4)]
        counts = [min(n, len(ids)) for n in range(4, len(ids) + 4, 4)]
        self.assertEqual(seen, list(zip(stops, counts, strict=True)))
        self.assertEqual(ruleset.progress, 1.0)
        self.assertEqual(
            [customer.contact_phone_kind for customer in customers],
            ["landline", "junk"] * 4 + ["landline"],
        )
        self.assertAgreement(self.kpi)

    def test_a_customer_saved_before_its_batch_is_looked_at_at_once(self):
        early = self.customer("early", phone="não tem")
        self.install_over_existing_data()
        self.assertEqual(self.totals(), (1, 0, 1))
        early.phone = PHONE
        self.commit()
        self.assertEqual(self.totals(), (1, 0, 0))
        early.phone = "-"
        self.commit()
        self.assertEqual(self.totals(), (1, 1, 0))

    def test_a_new_placeholder_marks_what_it_opens(self):
        self.customer("typed the shop's number", phone="(11) 2345-0001")
        self.customer("reachable", phone=PHONE)
        nothing = self.customer("nothing")
        self.commit()
        self.go("2041-03-05 15:00:00")
        placeholder = self.env["contact.kpi.placeholder"].create(
            {"name": "+55 11 2345 0001"}
        )
        self.batch()
        self.go("2041-03-06 15:00:00")
        nothing.phone = PHONE
        placeholder.active = False
        self.batch()
        gaps = self.env["contact.kpi.gap"].search([("indicator_id", "=", self.kpi.id)])
        self.assertEqual(
            sorted((g.partner_id.name, g.origin, g.close_reason) for g in gaps),
            [
                ("nothing", "observed", "completed"),
                ("typed the shop's number", "redefined", "redefined"),
            ],
        )
        self.assertAgreement(self.kpi)

    def people_at_work(self, batches_first):
        """A day on which the rules change; the ledger, without its moments."""
        ana = new_test_user(
            self.env,
            f"ruleset_ana_{batches_first}",
            groups="sales_team.group_sale_salesman,base.group_partner_manager",
        )
        Placeholder = self.env["contact.kpi.placeholder"]
        released = Placeholder.create({"name": "(11) 2345-0002"})
        self.batch()
        own = {
            name: self.customer(name, phone=phone)
            for name, phone in {
                "now a placeholder, saved": "(11) 2345-0001",
                "now a placeholder, other number typed": "(11) 2345-0001",
                "now a placeholder, quoted": "(11) 2345-0001",
                "now a number, saved": "(11) 2345-0002",
                "now a number, erased": "(11) 2345-0002",
                "now a number, archived": "(11) 2345-0002",
                "now a number, other number typed": "(11) 2345-0002",
                "now a number, its contact deleted": "(11) 2345-0002",
                "completed": False,
                "erased": LANDLINE,
                "abroad": LANDLINE,
                "saved twice": False,
                "gives its contact away": False,
            }.items()
        }
        firm = own["now a number, its contact deleted"]
        contact = self.contact(firm, phone="-")
        moved = self.contact(own["gives its contact away"], phone=MOBILE)
        self.go("2041-03-05 15:00:00")
        Placeholder.create({"name": "(11) 2345-0001"})
        released.active = False
        self.go("2041-03-06 15:00:00")
        if batches_first:
            self.batch()
        as_ana = {name: customer.with_user(ana) for name, customer in own.items()}
        as_ana["now a placeholder, saved"].email = "x@x"
        as_ana["now a placeholder, other number typed"].phone = MOBILE
        self.order(as_ana["now a placeholder, quoted"])
        as_ana["now a number, saved"].email = "x@x"
        as_ana["now a number, erased"].phone = False
        as_ana["now a number, archived"].active = False
        as_ana["now a number, other number typed"].phone = MOBILE
        contact.with_user(ana).unlink()
        as_ana["completed"].phone = MOBILE
        as_ana["erased"].phone = "não tem"
        as_ana["abroad"].country_id = self.japan
        as_ana["saved twice"].email = "x@x"
        as_ana["saved twice"].phone = MOBILE
        self.go("2041-03-06 16:00:00")
        moved.with_user(ana).parent_id = own["erased"]
        self.go("2041-03-07 15:00:00")
        self.batch(3)
        while self.env["contact.kpi.ruleset"]._current().state == "running":
            self.batch(3)
        self.assertAgreement(self.kpi)
        return sorted(
            (
                gap.partner_id.name,
                gap.origin,
                str(gap.opened_on) if gap.origin == "observed" else None,
                gap.close_reason,
                gap.closed_by_id == ana,
                bool(gap.days_to_complete),
            )
            for gap in self.env["contact.kpi.gap"].search(
                [("indicator_id", "=", self.kpi.id)]
            )
        )

    def test_whoever_saves_during_the_batches_is_not_credited_with_the_rules(self):
        with self.env.cr.savepoint() as savepoint:
            expected = self.people_at_work(batches_first=True)
            savepoint.rollback()
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.go("2041-03-04 15:00:00")
        found = self.people_at_work(batches_first=False)
        self.assertEqual(found, expected)
        self.assertIn(
            (
                "now a number, saved",
                "observed",
                "2041-03-04",
                "redefined",
                False,
                False,
            ),
            found,
        )
        self.assertIn(
            ("completed", "observed", "2041-03-04", "completed", True, True), found
        )
        self.assertIn(
            ("now a placeholder, saved", "redefined", None, False, False, False), found
        )

    def test_a_placeholder_added_by_mistake_takes_no_completion_away(self):
        customer = self.customer("customer")
        self.go("2041-03-05 15:00:00")
        customer.phone = PHONE
        self.go("2041-03-06 15:00:00")
        placeholder = self.env["contact.kpi.placeholder"].create({"name": PHONE})
        self.batch()
        self.go("2041-03-06 16:00:00")
        placeholder.active = False
        self.batch()
        gaps = self.env["contact.kpi.gap"].search([("partner_id", "=", customer.id)])
        self.assertEqual(
            sorted((g.origin, g.close_reason, g.days_to_complete) for g in gaps),
            [("observed", "completed", 1.0), ("redefined", "redefined", 0.0)],
        )
        self.assertAgreement(self.kpi)

    def test_no_batch_begins_while_the_rules_stand(self):
        before = self.dump("contact.kpi.ruleset", "contact.kpi.gap")
        self.batch()
        self.assertEqual(self.dump("contact.kpi.ruleset", "contact.kpi.gap"), before)

    def test_another_country_of_the_head_has_the_contacts_numbers_read_anew(self):
        firm = self.customer("firm", is_company=True)
        child = self.contact(firm, phone=LANDLINE)
        own = self.contact(
            firm, "abroad", type="other", country_id=self.japan.id, phone=MOBILE
        )
        self.commit()
        kinds = ("contact_phone_kind", "customer_phone_kind")
        self.assertEqual((child[kinds[0]], own[kinds[0]]), ("landline", "invalid"))
        self.assertEqual(firm[kinds[1]], "landline")
        firm.country_id = self.japan
        self.commit()
        self.assertEqual((child[kinds[0]], own[kinds[0]]), ("invalid", "invalid"))
        self.assertEqual(firm[kinds[1]], "invalid")
        self.assertAgreement(self.kpi)

    def test_another_country_of_a_company_begins_new_rules(self):
        self.customer("by the main company's country", phone=LANDLINE)
        self.commit()
        self.main.country_id = self.japan
        self.batch()
        self.assertAgreement(self.kpi)
        self.assertEqual(
            [row[0] for row in self.ledger()], ["by the main company's country"]
        )
