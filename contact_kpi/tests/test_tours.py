# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime, timedelta

from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

# Odoo switches its tours on to start one: the second call switches them off again.
START_GUIDED_TOUR = """
(async () => {
    const find = async (what) => {
        for (;;) {
            const found = what();
            if (found) { return found; }
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
    };
    const all = (selector) => [...document.querySelectorAll(selector)];
    (await find(() => all(".o_kanban_record .o_dropdown_kanban button")[0])).click();
    const entry = (link) => link.textContent.trim() === "Guided Tour";
    (await find(() => all(".dropdown-item").find(entry))).click();
    await find(() => all(".o_tour_pointer")[0]);
    const switches = ({name}) => name.endsWith("/switch_tour_enabled");
    await find(() => performance.getEntriesByType("resource").filter(switches)[1]);
    const pointers = all(".o_tour_pointer").length;
    if (pointers === 1) {
        console.log("test successful");
    } else {
        console.error(`${pointers} pointers`);
    }
})();
"""


@tagged("post_install", "-at_install")
class TestTours(HttpCase):
    """What people see and do, in a browser; every figure is a literal."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.seller = new_test_user(
            cls.env,
            "tour_seller",
            groups="sales_team.group_sale_salesman,base.group_partner_manager",
        )
        cls.manager = new_test_user(
            cls.env, "tour_manager", groups="sales_team.group_sale_manager"
        )
        # Only the customers of these tests, whatever else the database holds.
        cls.category = cls.env["res.partner.category"].create({"name": "Tour"})
        names = ("Tour Abreu", "Tour Borges", "Tour Castro", "Tour Dias")
        cls.customers = cls.env["res.partner"].create(
            [
                {
                    "name": name,
                    "country_id": cls.env.ref("base.br").id,
                    "user_id": cls.seller.id,
                    "category_id": cls.category.ids,
                }
                for name in names
            ]
        )
        cls.customers[3].write({"phone": "(11) 96123-0000", "vat": "BR-TOUR"})
        cls.kpi = cls.env["contact.kpi"].create(
            {
                "name": "Tour customers without phone",
                "population_domain": f'[("category_id", "=", {cls.category.id})]',
                "gap_domain": '[("customer_phone_kind", "not in", '
                '["mobile", "either", "landline", "other"])]',
                "target_rate": 0.1,
                "period": "month",
            }
        )
        cls.kpi._refresh()
        # One customer fell out in each of the last three months.
        cls.today = cls.env["res.company"]._contact_kpi_today()[0]
        gaps = cls.env["contact.kpi.gap"].search([("indicator_id", "=", cls.kpi.id)])
        for months, customer in zip((2, 1, 0), cls.customers, strict=False):
            gap = gaps.filtered(lambda g, c=customer: g.partner_id == c)
            cls._move_opening(gap, cls._day(months))
        cls.env.cr.execute(
            "UPDATE res_partner SET create_date = %s WHERE id = ANY(%s)",
            [cls.today - timedelta(days=400), cls.customers.ids],
        )
        cls.env.invalidate_all()

    @classmethod
    def _day(cls, months):
        """A day in the month so many months ago, and not later than today."""
        if not months:
            return cls.today.replace(day=1)
        return (cls.today - relativedelta(months=months)).replace(day=10)

    @classmethod
    def _move_opening(cls, gap, day):
        cls.env.flush_all()
        cls.env.cr.execute(
            """UPDATE contact_kpi_gap
                  SET opened_at = %s, opened_on = %s, origin = 'observed'
                WHERE id = %s""",
            [datetime.combine(day, datetime.min.time()), day, gap.id],
        )

    def test_complete_in_the_list(self):
        """A phone typed in the list: the row leaves, the card's number falls."""
        customer = self.customers[0]
        before = self.env["contact.kpi.gap"].search([("partner_id", "=", customer.id)])
        self.assertFalse(
            before.filtered(lambda g: g.indicator_id == self.kpi).closed_at
        )
        self.start_tour(
            "/odoo/contact-overview", "contact_kpi_complete", login="tour_seller"
        )
        self.env.invalidate_all()
        gap = self.env["contact.kpi.gap"].search(
            [("partner_id", "=", customer.id), ("indicator_id", "=", self.kpi.id)]
        )
        self.assertEqual(len(gap), 1)
        self.assertEqual(gap.close_reason, "completed")
        self.assertEqual(gap.closed_by_id, self.seller)
        self.assertEqual(gap.closed_on, self.today)
        self.assertEqual(customer.phone, "11 96123-4567")
        self.assertEqual(self.customers[1].phone, "none")
        self.assertEqual(self.kpi.with_user(self.seller).missing_now, 2)

    def test_guided_tour(self):
        """The tour for newcomers completes a customer, from Odoo's first screen on."""
        (self.env["contact.kpi"].search([]) - self.kpi).active = False
        tour = self.env.ref("contact_kpi.contact_kpi_tour")
        # Odoo finds the steps by the record's name, and every user may start it.
        shown = self.env["web_tour.tour"].with_user(self.seller)
        self.assertIn(
            "One more customer",
            shown.get_tour_json_by_name("contact_kpi_tour")["rainbowManMessage"],
        )
        self.start_tour("/odoo", tour.name, login="tour_seller")
        self.env.invalidate_all()
        self.assertEqual(
            self.customers.mapped("phone"),
            ["11 96123-4567", False, False, "(11) 96123-0000"],
        )
        gaps = self.env["contact.kpi.gap"].search([("indicator_id", "=", self.kpi.id)])
        closed = gaps.filtered("closed_at")
        self.assertEqual(closed.partner_id, self.customers[0])
        self.assertEqual(closed.close_reason, "completed")
        self.assertEqual(closed.closed_by_id, self.seller)

    def test_guided_tour_begins(self):
        """A card's menu starts it for anybody, and leaves no other tour behind it."""
        self.assertFalse(self.seller.tour_enabled)
        self.browser_js(
            "/odoo/contact-overview", START_GUIDED_TOUR, login="tour_seller"
        )
        self.env.invalidate_all()
        self.assertFalse(self.seller.tour_enabled)

    def test_read_only_without_the_right(self):
        """Who may not edit contacts is offered no inline editing."""
        reader = new_test_user(
            self.env, "tour_reader", groups="sales_team.group_sale_salesman_all_leads"
        )
        # Other addons may let salespeople write contacts.
        self.env["ir.model.access"].search(
            [
                ("model_id.model", "=", "res.partner"),
                ("group_id", "!=", self.env.ref("base.group_partner_manager").id),
            ]
        ).perm_write = False
        Gap = self.env["contact.kpi.gap"]
        for user, editable in ((self.seller, True), (reader, False)):
            arch = Gap.with_user(user).get_view(view_type="list")["arch"]
            self.assertEqual('editable="top"' in arch, editable)

    def test_trend(self):
        """Graph, pivot and list close over time: the total is not a sum."""
        closings = [
            self.today.replace(day=1) - timedelta(days=1),
            (self.today.replace(day=1) - relativedelta(months=1)) - timedelta(days=1),
        ]
        self.env["contact.kpi.run"]._reconstruct(self.kpi, closings)
        for date, missing in zip(closings, (2, 1), strict=True):
            run = self.env["contact.kpi.run"].search(
                [
                    ("indicator_id", "=", self.kpi.id),
                    ("date", "=", fields.Date.to_string(date)),
                    ("company_id", "=", False),
                ]
            )
            self.assertEqual((run.customers, run.missing), (4, missing))
        self.start_tour(
            "/odoo/contact-overview", "contact_kpi_trend", login="tour_manager"
        )

    def test_follow_up(self):
        """The balance of the last months adds up, and leads to its customers."""
        self.customers[0].with_user(self.seller).phone = "(11) 96123-4567"
        self.env.cr.flush()
        self.start_tour(
            "/odoo/contact-overview", "contact_kpi_follow_up", login="tour_seller"
        )

    def test_own_indicator(self):
        """An administrator is told about mistakes, chooses field and operator, and
        works the list that comes of it."""
        # The default population: known as a customer.
        self.customers.write({"customer_rank": 1, "user_id": self.manager.id})
        # The server logs what it refuses.
        with mute_logger("odoo.http"):
            self.start_tour(
                "/odoo/action-contact_kpi.contact_kpi_action?debug=1",
                "contact_kpi_indicator",
                login="tour_manager",
            )
        kpi = self.env["contact.kpi"].search([], order="id desc", limit=1)
        self.assertEqual(kpi.name, "Customers without tax ID")
        self.assertEqual(kpi.gap_domain, '[("vat", "=", False)]')
        gaps = self.env["contact.kpi.gap"].search([("indicator_id", "=", kpi.id)])
        self.assertEqual(self.customers[0].vat, "BR-ABREU")
        typed = gaps.filtered(lambda gap: gap.partner_id == self.customers[0])
        self.assertEqual(
            (typed.close_reason, typed.closed_by_id), ("completed", self.manager)
        )
        self.assertTrue(self.customers[:3] <= gaps.partner_id)
        self.assertNotIn(self.customers[3], gaps.partner_id)
        self.assertEqual(set(gaps.mapped("origin")), {"initial"})

    def test_decline(self):
        """Declined in the list, shown apart on the card, taken back on the form."""
        category = self.category.create({"name": "Decline tour"})
        names = ("Decline Abreu", "Decline Borges")
        abreu, _borges = self.env["res.partner"].create(
            [
                {"name": n, "user_id": self.seller.id, "category_id": category.ids}
                for n in names
            ]
        )
        kpi = self.env["contact.kpi"].create(
            {
                "name": "Decline tour customers",
                "population_domain": f'[("category_id", "=", {category.id})]',
                "gap_domain": self.kpi.gap_domain,
            }
        )
        kpi._refresh()
        self.start_tour(
            "/odoo/contact-overview", "contact_kpi_decline", login="tour_seller"
        )
        self.env.invalidate_all()
        # Taken back on the same day: no refusal is left, two notes are.
        gaps = self.env["contact.kpi.gap"].search([("indicator_id", "=", kpi.id)])
        self.assertFalse(gaps.decline_ids)
        self.assertEqual(gaps.mapped("declined"), [False, False])
        self.assertEqual(
            (abreu.contact_kpi_consent, abreu.contact_kpi_consent_by_id),
            ("refused", self.seller),
        )
        notes = " ".join(str(note.body) for note in abreu.message_ids)
        for text in ("Worried about privacy", "was taken back", "Refused"):
            self.assertIn(text, notes)
