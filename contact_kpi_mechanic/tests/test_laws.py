# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The base's tests of the laws, over both indicators."""

from odoo.tests import tagged

from odoo.addons.contact_kpi.tests import (
    test_balance,
    test_history,
    test_law_agreement,
    test_queries,
)

from .common import NO_MOBILE_ID, MechanicMixin


@tagged("post_install", "-at_install")
class TestAgreement(MechanicMixin, test_law_agreement.TestLawAgreement):
    """Law 1."""

    def test_any_repair_of_the_family_makes_a_customer(self):
        partner = self.env["res.partner"]
        lone = partner.create({"name": "came for a repair"})
        self.repair(lone)
        cancelled = partner.create({"name": "cancelled"})
        self.repair(cancelled).action_repair_cancel()
        firm = partner.create({"name": "sent its driver", "is_company": True})
        self.repair(self.contact(firm, "driver"))
        partner.create({"name": "supplier only"})
        self.assertMissing(["came for a repair", "sent its driver"], self.mobile)
        self.assertMissing([])

    def test_segments_are_those_of_the_latest_repair(self):
        brakes = self.env.ref("contact_kpi_mechanic.mechanic_service_type_brakes")
        engine = self.env.ref("contact_kpi_mechanic.mechanic_service_type_engine")
        twice = self.customer("twice")
        self.repair(twice, service_type_id=brakes.id, priority="1")
        self.go("2041-03-04 16:00:00")
        # Planned for an earlier day, but what the customer came for last.
        self.repair(
            twice, service_type_id=engine.id, schedule_date="2041-01-01 12:00:00"
        )
        untyped = self.customer("untyped", phone="(11) 96123-4567")
        self.repair(untyped, priority="1")
        undone = self.customer("undone")
        self.repair(undone, service_type_id=brakes.id)
        self.go("2041-03-04 17:00:00")
        self.repair(undone, service_type_id=engine.id).action_repair_cancel()
        firm = self.customer("firm", is_company=True)
        self.repair(self.contact(firm, "driver"), service_type_id=brakes.id)
        self.customer("none yet")
        self.refresh()
        for kpi in (self.kpi, self.mobile):
            self.assertAgreement(kpi)
            self.assertFigures(kpi, test_law_agreement.TODAY)
        facts = self.env["contact.kpi.snapshot"]._read_group(
            [("indicator_id", "=", self.mobile.id)],
            ["service_type_id", "urgency"],
            ["customers:sum", "missing:sum"],
        )
        self.assertEqual(
            sorted((kind.code or "", urgency, *n) for kind, urgency, *n in facts),
            [
                ("", "1", 1, 0),
                ("", "none", 1, 1),
                ("brakes", "0", 2, 2),
                ("engine", "0", 1, 1),
            ],
        )
        others = self.env["contact.kpi.snapshot"].search(
            [("indicator_id", "=", self.kpi.id)]
        )
        self.assertEqual(
            set(others.mapped(lambda row: (row.service_type_id.id, row.urgency))),
            {(False, False)},
        )


@tagged("post_install", "-at_install")
class TestBalance(MechanicMixin, test_balance.TestBalance):
    """Laws 4 and 5, with repairs coming and going."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.types = cls.env["mechanic.service.type"].search([])

    def work(self):
        res = super().work()
        repairs = self.env["repair.order"].search([])
        # Repairs of the main company take no customer of another one.
        customers = [partner for partner in self.partners if not partner.company_id]
        match self.draw.randrange(5):
            case 0 | 1:
                self.repair(
                    self.draw.choice(customers),
                    service_type_id=self.draw.choice([False, *self.types.ids]),
                    priority=self.draw.choice("01"),
                )
            case 2 if repairs:
                self.draw.choice(repairs).service_type_id = self.draw.choice(self.types)
            case 3 if repairs:
                repair = self.draw.choice(repairs)
                if repair.state == "cancel":
                    repair.action_repair_cancel_draft()
                else:
                    repair.action_repair_cancel()
            case 4 if repairs:
                self.draw.choice(repairs).partner_id = self.draw.choice(customers)
        return res


@tagged("post_install", "-at_install")
class TestHistory(MechanicMixin, test_history.TestHistory):
    """Law 7: of a new indicator that is defined as the shipped one."""

    @classmethod
    def indicator(cls, code="test_no_mobile", *args, **vals):
        if code != "test_no_mobile":
            return super().indicator(code, *args, **vals)
        shipped = cls.env.ref(NO_MOBILE_ID)
        shipped.code = False
        shipped.flush_recordset()
        return shipped.copy({"code": "no_mobile", "active": True, **vals})


@tagged("post_install", "-at_install")
class TestQueries(MechanicMixin, test_queries.TestQueries):
    """Law 12."""
