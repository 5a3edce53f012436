# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""An indicator made in the form, without code: customers without tax ID.

From the form to the card, the list, the trend and the follow-up of the next days,
as the people see them. The oracle is a diary: at the end of each day somebody
looks at every customer, one by one, and writes down who has no tax ID.
"""

from lxml import etree

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from ...models.engine.indicator import DEFAULT_POPULATION
from ..common import LANDLINE, MOBILE, ContactKpiCase

LOGGER = "odoo.addons.contact_kpi.models.engine.indicator_refresh"
NAME = "Customers without tax ID"
NO_VAT = '[("vat", "=", False)]'
CPF, CNPJ = "111.444.777-35", "11.222.333/0001-81"
BALANCE = ("opening", "opened", "came_back", "completed", "left", "closing")


class ThirdIndicatorCase(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env, "third_manager", groups="sales_team.group_sale_manager"
        )
        cls.ana, cls.bruno = (
            new_test_user(
                cls.env,
                f"third_{name}",
                groups="sales_team.group_sale_salesman,base.group_partner_manager",
            )
            for name in ("ana", "bruno")
        )
        cls.history = cls.env["contact.kpi.history"]
        cls.history.search([])._skip()

    def setUp(self):
        super().setUp()
        ana, bruno = {"user_id": self.ana.id}, {"user_id": self.bruno.id}
        self.abreu = self.customer("Abreu", is_company=True, **ana)
        self.borges = self.customer("Borges", phone=MOBILE, **ana)
        self.castro = self.customer("Castro", vat=CPF, **bruno)
        self.dias = self.customer("Dias", phone=LANDLINE)
        self.esteves = self.customer("Esteves", is_company=True, vat=CNPJ, **ana)
        # Neither counts: a contact of a customer, and a supplier.
        self.contact(self.abreu, "Abreu's buyer")
        self.env["res.partner"].create({"name": "Supplier", "supplier_rank": 1})
        self.farias = self.env["res.partner"].create({"name": "Farias", **bruno})
        self.order(self.farias)  # a quotation makes a customer
        self.customer("Gone", active=False)
        self.diary = {}
        self.commit()

    # -- what people do --------------------------------------------------------

    def make(self, gap=NO_VAT, user=None, **vals):
        """Create the indicator in the form, in the administrator's hands."""
        # The code is for other software, and in sight in debug mode only.
        with self.debug_mode():
            form = Form(self.env["contact.kpi"].with_user(user or self.manager))
            form.name = vals.pop("name", NAME)
            form.code = vals.pop("code", "no_vat")
            form.period = "month"
            form.target_rate = 0.25
            form.gap_domain = gap
            return form.save().sudo(False).with_user(self.env.user)

    def type_tax_id(self, gap, user, text):
        with Form(gap.with_user(user), "contact_kpi.contact_kpi_gap_view_form") as form:
            form.vat = text

    def run_job(self, ref="contact_kpi.ir_cron_refresh"):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.assertIs(self.env.ref(ref).method_direct_trigger(), True)
        self.env.invalidate_all()

    def night(self, day):
        """The scheduled action, ten past midnight in São Paulo."""
        self.watch()
        self.go(f"{day} 03:10:00")
        self.run_job()

    # -- what people see -------------------------------------------------------

    def domain_of(self, action, user):
        """The domain with which the client opens an action, from its search view."""
        model = self.env[action["res_model"]].with_user(user)
        search = etree.fromstring(model.get_view(view_type="search")["arch"])
        context = action["context"]
        if isinstance(context, str):
            context = safe_eval(context, {"uid": user.id})
        domain = []
        for key, value in context.items():
            name = key.removeprefix("search_default_")
            if name == key or not value:
                continue
            if filters := search.xpath(f"//filter[@name='{name}'][@domain]"):
                domain += safe_eval(filters[0].get("domain"), {"uid": user.id})
            elif search.xpath(f"/search/field[@name='{name}']"):
                domain.append((name, "=", value))
            else:  # a date filter: the tests are within all of its choices
                self.assertTrue(search.xpath(f"//filter[@name='{name}'][@date]"))
        return domain

    def listed(self, kpi, user, button="action_to_complete"):
        """The list behind a button of the card: names and tax IDs."""
        self.commit()
        action = getattr(kpi.with_user(user), button)()
        self.assertEqual(action["res_model"], "contact.kpi.gap")
        gaps = self.env["contact.kpi.gap"].with_user(user)
        page = gaps.web_search_read(
            self.domain_of(action, user),
            {"partner_id": {"fields": {"display_name": {}}}, "vat": {}},
        )
        # Those of one day come in no particular order.
        return sorted(
            (row["partner_id"]["display_name"], row["vat"]) for row in page["records"]
        )

    def gap_of(self, kpi, customer):
        return self.env["contact.kpi.gap"].search(
            [("indicator_id", "=", kpi.id), ("partner_id", "=", customer.id)]
        )

    def card(self, kpi, user):
        """Missing, to complete, mine, customers, rate in percent, the change."""
        self.env.invalidate_all()
        kpi = kpi.with_user(user)
        self.assertFalse(kpi.last_error)
        return (
            kpi.missing_now,
            kpi.to_complete_now,
            kpi.my_to_complete_now,
            kpi.customers_now,
            round(100 * kpi.missing_rate_now),
            kpi.change_text,
        )

    def trend(self, kpi, user):
        """The trend by day: what the graph and its comparison draw."""
        action = kpi.with_user(user).action_trend()
        measures = ["customers:sum", "missing:sum", "missing_rate:avg"]
        measures += ["missing_previous:sum", "missing_change:sum", "rate_change:sum"]
        groups = (
            self.env["contact.kpi.snapshot"]
            .with_user(user)
            .with_context(fill_temporal=False)
            .formatted_read_group(
                self.domain_of(action, user), ["date:day"], [*measures]
            )
        )
        return {
            group["date:day"][0]: tuple(
                value if value is None else round(value, 4)
                for value in map(group.get, measures)
            )
            for group in groups
        }

    def follow_up(self, kpi, user):
        """The follow-up by day: the balance and the mean days to complete."""
        action = kpi.with_user(user).action_follow_up()
        measures = [*(f"{name}:sum" for name in BALANCE), "days_to_complete:avg"]
        groups = (
            self.env["contact.kpi.follow.up"]
            .with_user(user)
            .with_context(fill_temporal=False)
            .formatted_read_group(
                [*self.domain_of(action, user), ("date", ">=", "2041-03-04")],
                ["date:day"],
                measures,
            )
        )
        return {
            group["date:day"][0]: tuple(map(group.get, measures)) for group in groups
        }

    # -- the diary -------------------------------------------------------------

    def watch(self):
        """Write down every customer of this evening, and who has no tax ID."""
        self.commit()
        today = self.clock().date()
        self.diary[str(today)] = {
            head.name: not head.vat for head in self.known_customers()
        }

    def expected_trend(self):
        """Each day from its page of the diary and the one before."""
        table, before = {}, None
        for day, page in sorted(self.diary.items()):
            customers, missing = len(page), sum(page.values())
            change = (None, None, None)
            if before is not None:
                then = sum(before.values())
                points = 100 * (missing / customers - then / len(before))
                change = (then, missing - then, round(points, 4))
            rate = round(missing / customers, 4)
            table[day] = (customers, missing, rate, *change)
            before = page
        return table

    def expected_balance(self, days_to_complete):
        """Each day from what the diary says of it and of the day before."""
        table, before, completed_once = {}, {}, set()
        for day, page in sorted(self.diary.items()):
            was = {name for name, lacks in before.items() if lacks}
            lacks = {name for name, lacks in page.items() if lacks}
            completed = {name for name in was - lacks if name in page}
            table[day] = (
                len(was),
                len(lacks - was),
                len((lacks - was) & completed_once),
                len(completed),
                len(was - lacks - completed),
                len(lacks),
                days_to_complete.get(day),
            )
            completed_once |= completed
            before = page
        return table


@tagged("post_install", "-at_install")
class TestThirdIndicator(ThirdIndicatorCase):
    def test_made_in_the_form_followed_the_next_days(self):
        kpi = self.make()
        self.assertEqual(kpi.population_domain, DEFAULT_POPULATION)
        # At once: the list. Within a minute: the first figures.
        self.assertEqual(
            self.listed(kpi, self.manager),
            [("Abreu", False), ("Borges", False), ("Dias", False), ("Farias", False)],
        )
        trigger = self.env["ir.cron.trigger"].search(
            [("cron_id", "=", self.env.ref("contact_kpi.ir_cron_refresh").id)]
        )
        self.assertTrue(trigger)
        self.go("2041-03-04 15:01:00")
        self.run_job()
        self.assertEqual(self.card(kpi, self.manager), (4, 4, 0, 6, 67, False))
        # Ana sees her own customers and nobody's: three of hers, and Dias.
        self.assertEqual(self.card(kpi, self.ana), (3, 3, 2, 4, 75, False))
        self.assertEqual(self.listed(kpi, self.ana, "action_my_to_complete"), [
            ("Abreu", False), ("Borges", False),
        ])  # fmt: skip
        self.night("2041-03-05")

        # Tuesday: typed in the list by whoever knows it; a new customer without.
        self.go("2041-03-05 15:00:00")
        abreu = self.gap_of(kpi, self.abreu)
        self.type_tax_id(abreu, self.ana, CNPJ)
        self.assertEqual(self.abreu.vat, CNPJ)
        self.assertEqual(
            (str(abreu.closed_at), abreu.close_reason, abreu.closed_by_id),
            ("2041-03-05 15:00:00", "completed", self.ana),
        )
        garcia = self.customer("Garcia", user_id=self.ana.id)
        self.assertEqual(
            self.listed(kpi, self.manager),
            [("Borges", False), ("Dias", False), ("Farias", False), ("Garcia", False)],
        )
        # Of the card, what is missing is live; the customers are last night's.
        self.assertEqual(self.card(kpi, self.manager), (4, 4, 0, 6, 67, False))
        self.night("2041-03-06")

        # Wednesday: Garcia completed, Abreu erased again, Farias's quotation falls
        # through: no longer a customer.
        self.go("2041-03-06 15:00:00")
        self.type_tax_id(self.gap_of(kpi, garcia), self.ana, CPF)
        self.abreu.with_user(self.ana).vat = False
        self.farias.sale_order_ids.action_cancel()
        self.night("2041-03-07")
        # Thursday: nothing happens. Friday: Abreu again.
        self.night("2041-03-08")
        self.go("2041-03-08 15:00:00")
        again = self.gap_of(kpi, self.abreu).filtered(lambda gap: not gap.closed_at)
        self.type_tax_id(again, self.ana, CNPJ)
        self.watch()
        self.go("2041-03-09 03:10:00")
        self.run_job()
        self.go("2041-03-09 12:00:00")
        self.watch()

        self.assertEqual(
            {day: (len(p), sum(p.values())) for day, p in self.diary.items()},
            {
                "2041-03-04": (6, 4),
                "2041-03-05": (7, 4),
                "2041-03-06": (6, 3),
                "2041-03-07": (6, 3),
                "2041-03-08": (6, 2),
                "2041-03-09": (6, 2),
            },
        )
        self.assertEqual(self.trend(kpi, self.manager), self.expected_trend())
        # Found at the start: for how long is unknown. Garcia took a day, and Abreu,
        # who came back, two.
        self.assertEqual(
            self.follow_up(kpi, self.manager),
            self.expected_balance({"2041-03-06": 1.0, "2041-03-08": 2.0}),
        )
        self.assertEqual(
            self.ledger(kpi=kpi),
            [
                ("Abreu", "2041-03-04 15:00:00", "2041-03-05 15:00:00", "completed",
                 "third_ana"),
                ("Abreu", "2041-03-06 15:00:00", "2041-03-08 15:00:00", "completed",
                 "third_ana"),
                ("Borges", "2041-03-04 15:00:00", False, False, False),
                ("Dias", "2041-03-04 15:00:00", False, False, False),
                ("Farias", "2041-03-04 15:00:00", "2041-03-06 15:00:00", "left",
                 False),
                ("Garcia", "2041-03-05 15:00:00", "2041-03-06 15:00:00", "completed",
                 "third_ana"),
            ],
        )  # fmt: skip
        self.assertEqual(
            self.listed(kpi, self.manager), [("Borges", False), ("Dias", False)]
        )
        self.assertEqual(
            self.listed(kpi, self.ana, "action_my_to_complete"), [("Borges", False)]
        )
        # By month there is nothing to compare with yet; by day there is.
        self.assertEqual(self.card(kpi, self.manager), (2, 2, 0, 6, 33, False))
        kpi.period = "day"
        self.assertEqual(
            self.card(kpi, self.manager),
            (2, 2, 0, 6, 33, "+0 (+0.0 points) since 03/08/2041"),
        )
        # The indicator that was there before went its own way.
        self.assertAgreement(self.kpi)

    def columns(self, kpi, user):
        """Whether the tax ID can be typed in the list of a card: shown, editable."""
        action = kpi.with_user(user).action_to_complete()
        arch = self.env["contact.kpi.gap"].with_user(user).get_view(view_type="list")
        tree = etree.fromstring(arch["arch"])
        shown = [
            node
            for node in tree.iterfind("field[@name='vat']")
            if not safe_eval(
                node.get("column_invisible"), {"context": action["context"]}
            )
        ]
        self.assertEqual(len(shown), 1)
        [node] = shown
        return node.get("optional") != "hide", bool(tree.get("editable"))

    def test_the_list_offers_the_field_that_is_asked_for(self):
        kpi = self.make()
        self.assertEqual(self.columns(kpi, self.ana), (True, True))
        self.assertEqual(self.columns(self.kpi, self.ana), (False, True))
        clerk = new_test_user(
            self.env, "third_clerk", groups="sales_team.group_sale_salesman_all_leads"
        )
        self.env["ir.model.access"].search(
            [
                ("model_id.model", "=", "res.partner"),
                ("group_id", "!=", self.env.ref("base.group_partner_manager").id),
            ]
        ).perm_write = False
        self.assertEqual(self.columns(kpi, clerk), (True, False))
        with self.assertRaises(AccessError):
            self.gap_of(kpi, self.dias).with_user(clerk).write({"vat": CPF})
        # It is called what the company's country calls it.
        arch = self.env["contact.kpi.gap"].get_view(view_type="list")["arch"]
        self.assertNotIn("CPF/CNPJ", arch)
        self.brazil.vat_label = "CPF/CNPJ"
        arch = self.env["contact.kpi.gap"].get_view(view_type="list")["arch"]
        self.assertEqual(arch.count('string="CPF/CNPJ"'), 2)

    def test_the_tax_id_typed_is_stored_on_the_customer_only(self):
        kpi = self.make()
        self.go("2041-03-05 15:00:00")
        self.type_tax_id(self.gap_of(kpi, self.dias), self.ana, CPF)
        self.run_job()
        models = ("contact.kpi.gap", "contact.kpi.run", "contact.kpi.snapshot")
        self.assertNotIn(CPF, str(self.dump(*models)))
        self.assertEqual(self.dias.vat, CPF)

    # -- mistakes --------------------------------------------------------------

    def test_a_domain_that_cannot_be_evaluated_is_refused_and_nothing_is_lost(self):
        kpi = self.make()
        self.run_job()
        models = ("contact.kpi", "contact.kpi.gap", "contact.kpi.run")
        models += ("contact.kpi.snapshot", "contact.kpi.history")
        before = self.dump(*models)
        label = f"“Missing When” of {NAME} cannot be evaluated on contacts: "
        for gap, reason in (
            ('[("tax_number", "=", False)]', "tax_number"),
            ('[("vat", "=", False', "it is not a domain (a list of conditions)"),
            ("vat is empty", "it is not a domain (a list of conditions)"),
            ('[("country_id.tax", "=", False)]', "tax"),
            ('[("vat", "lacks", False)]', "lacks"),
        ):
            for record in (self.env["contact.kpi"], kpi):
                with self.subTest(gap=gap, new=not record):
                    form = Form(record.with_user(self.manager))
                    form.name = NAME
                    form.gap_domain = gap
                    with self.assertRaises(ValidationError) as caught:
                        form.save()
                    self.assertIn(label, str(caught.exception))
                    self.assertIn(reason, str(caught.exception))
        self.env.invalidate_all()
        self.assertEqual(self.dump(*models), before)
        # Still the same, and at work.
        self.go("2041-03-05 15:00:00")
        self.dias.vat = CPF
        self.run_job()
        self.assertEqual(self.card(kpi, self.manager)[:2], (3, 3))

    def test_a_field_that_is_removed_later_is_told_and_nothing_is_lost(self):
        field = self.env["ir.model.fields"].create(
            {
                "name": "x_tax_office",
                "field_description": "Tax Office",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "ttype": "char",
            }
        )
        kpi = self.make(gap='[("x_tax_office", "=", False)]')
        self.run_job()
        self.assertEqual(self.card(kpi, self.manager)[:2], (6, 6))
        self.go("2041-03-05 03:10:00")
        self.run_job()
        kept = self.dump("contact.kpi.gap", "contact.kpi.snapshot")
        field.unlink()
        self.go("2041-03-05 15:00:00")
        with mute_logger("odoo.addons.contact_kpi.models.engine.indicator_refresh"):
            self.dias.email = "dias@padaria.com.br"  # nobody is held up
        self.go("2041-03-06 03:10:00")
        with self.assertLogs(LOGGER, "ERROR"):
            self.run_job()
        told = kpi.with_user(self.manager).last_error
        label = f"“Missing When” of {NAME} cannot be evaluated on contacts: "
        self.assertTrue(told.startswith(label), told)
        self.assertIn("x_tax_office", told)
        gaps = "contact.kpi.gap"
        mine = f'"indicator_id":{kpi.id},'
        self.assertEqual(
            [row for row in self.dump(gaps)[gaps] if mine in row],
            [row for row in kept[gaps] if mine in row],
        )
        self.assertEqual(
            list(self.trend(kpi, self.manager).items()),
            [
                ("2041-03-04", (6, 6, 1.0, None, None, None)),
                ("2041-03-05", (6, 6, 1.0, 6, 0, 0.0)),
            ],
        )
        # The list opens, and the form, where it is mended.
        self.assertEqual(len(self.listed(kpi, self.manager)), 6)
        with Form(kpi.with_user(self.manager)) as form:
            form.gap_domain = NO_VAT
        self.go("2041-03-07 03:10:00")
        self.run_job()
        self.assertFalse(kpi.last_error)
        self.assertEqual(self.card(kpi, self.manager)[:2], (4, 4))

    def test_an_ordinary_salesperson_neither_makes_nor_edits_one(self):
        kpi = self.make()
        before = self.dump("contact.kpi", "contact.kpi.gap")
        for user in (self.ana, self.bruno):
            with self.assertRaises(AccessError):
                self.make(user=user)
            with self.assertRaises(AccessError):
                self.env["contact.kpi"].with_user(user).create(
                    {"name": "Mine", "gap_domain": NO_VAT}
                )
            for vals in ({"gap_domain": '[("email", "=", False)]'}, {"active": False}):
                with self.assertRaises(AccessError):
                    kpi.with_user(user).write(vals)
            for method in ("unlink", "action_run_now"):
                with self.assertRaises(AccessError):
                    getattr(kpi.with_user(user), method)()
        self.assertEqual(self.dump("contact.kpi", "contact.kpi.gap"), before)

    # -- past the hooks, and other definitions ---------------------------------

    def test_what_sql_changed_is_repaired_at_night_and_credits_nobody(self):
        kpi = self.make()
        self.run_job()
        self.go("2041-03-05 15:00:00")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET vat = CASE id WHEN %s THEN %s END"
            " WHERE id IN (%s, %s)",
            [self.abreu.id, CNPJ, self.abreu.id, self.esteves.id],
        )
        self.env.invalidate_all()
        self.assertEqual(len(self.listed(kpi, self.manager)), 4)
        self.go("2041-03-06 03:10:00")
        self.run_job()
        self.assertEqual(
            self.ledger(kpi=kpi, partners=self.abreu | self.esteves),
            [
                ("Abreu", "2041-03-04 15:00:00", "2041-03-06 03:10:00", "completed",
                 False),
                ("Esteves", "2041-03-06 03:10:00", False, False, False),
            ],
        )  # fmt: skip
        self.assertEqual(
            self.listed(kpi, self.manager),
            [
                ("Borges", False),
                ("Dias", False),
                ("Esteves", False),
                ("Farias", False),
            ],
        )

    def causes(self, kpi):
        self.commit()
        gaps = self.env["contact.kpi.gap"].search([("indicator_id", "=", kpi.id)])
        return sorted(
            (
                gap.partner_id.name,
                gap.origin,
                gap.close_reason,
                gap.closed_by_id.login,
                gap.days_to_complete,
            )
            for gap in gaps
        )

    def notes(self, kpi, user):
        action = kpi.with_user(user).action_trend()
        snapshot = self.env["contact.kpi.snapshot"].with_user(user)
        return snapshot.reading_notes(
            self.domain_of(action, user), ["date:day"], ["missing"]
        )

    def test_an_edited_definition_is_marked_in_list_and_trend(self):
        kpi = self.make()
        self.run_job()
        self.go("2041-03-05 03:10:00")
        self.run_job()
        self.assertEqual(self.notes(kpi, self.ana), [])
        self.go("2041-03-05 15:00:00")
        self.dias.with_user(self.ana).vat = CPF
        self.go("2041-03-05 16:00:00")
        with Form(kpi.with_user(self.manager)) as form:
            form.gap_domain = (
                '["&", ("is_company", "=", True), ("industry_id", "=", False)]'
            )
        self.go("2041-03-06 03:10:00")
        self.run_job()
        self.assertEqual(
            self.causes(kpi),
            [
                ("Abreu", "initial", False, False, 0.0),
                ("Borges", "initial", "redefined", False, 0.0),
                ("Dias", "initial", "completed", "third_ana", 0.0),
                ("Esteves", "redefined", False, False, 0.0),
                ("Farias", "initial", "redefined", False, 0.0),
            ],
        )
        changed = (
            "The definition changed on 03/05/2041: figures before and after do not "
            "count the same."
        )
        self.assertEqual(
            self.notes(kpi, self.ana),
            [changed],
        )

    def test_its_past_begins_with_observation_and_says_so(self):
        """The chatter knows of tax IDs, and yet only what was observed counts."""
        tracked = self.dias.with_context(tracking_disable=False)
        tracked.vat = CPF
        self.go("2041-03-04 16:00:00")
        tracked.vat = False
        self.go("2041-03-04 17:00:00")
        kpi = self.make()
        self.run_job()
        self.run_job("contact_kpi.ir_cron_history")
        history = self.history.search([("indicator_id", "=", kpi.id)])
        reason = (
            "Only the classified phone and e-mail can be rebuilt: this indicator reads "
            "other fields, too, and begins with observation."
        )
        self.assertEqual(
            (history.state, history.reason, history.gaps, history.months),
            (
                "impossible",
                reason,
                0,
                0,
            ),
        )
        runs = self.env["contact.kpi.run"].search([("indicator_id", "=", kpi.id)])
        self.assertEqual(set(runs.mapped("origin")), {"observed"})
        self.assertEqual({str(run.date) for run in runs}, {"2041-03-04"})
        self.assertEqual(
            {(str(g.opened_at), g.origin) for g in self.gap_of(kpi, self.dias)},
            {("2041-03-04 17:00:00", "initial")},
        )
        begins = (
            f"Figures of “{NAME}” begin on 03/04/2041, with the first observation. "
            "Its past cannot be rebuilt."
        )
        self.assertEqual(self.notes(kpi, self.ana), [begins])
        # Asked for by hand: the same answer.
        kpi.with_user(self.manager).action_rebuild_history()
        self.run_job("contact_kpi.ir_cron_history")
        self.assertEqual(history.state, "impossible")
        self.assertEqual(self.notes(self.kpi, self.ana), [])

    def test_a_placeholder_added_and_removed_leaves_completions_standing(self):
        """Of one that reads phones; the one that reads tax IDs does not care."""
        mobile = self.make(
            name="Customers without mobile",
            code="no_cell",
            gap='[("customer_phone_kind", "not in", ["mobile", "either"])]',
        )
        kpi = self.make()
        self.run_job()
        self.go("2041-03-05 15:00:00")
        self.dias.with_user(self.ana).write({"phone": MOBILE, "vat": CPF})
        self.commit()
        tax_ids = self.causes(kpi)
        self.go("2041-03-06 15:00:00")
        Placeholder = self.env["contact.kpi.placeholder"].with_user(self.manager)
        with Form(Placeholder) as form:
            form.name = MOBILE
        placeholder = form.record
        self.run_job("contact_kpi.ir_cron_classify")
        opened = {"Borges", "Dias"}
        self.assertEqual(
            {name for name, origin, *_rest in self.causes(mobile)
             if origin == "redefined"},
            opened,
        )  # fmt: skip
        self.go("2041-03-07 15:00:00")
        placeholder.unlink()
        self.run_job("contact_kpi.ir_cron_classify")
        self.go("2041-03-08 03:10:00")
        self.run_job()
        self.assertEqual(
            self.causes(mobile),
            [
                ("Abreu", "initial", False, False, 0.0),
                ("Borges", "redefined", "redefined", False, 0.0),
                ("Castro", "initial", False, False, 0.0),
                ("Dias", "initial", "completed", "third_ana", 0.0),
                ("Dias", "redefined", "redefined", False, 0.0),
                ("Esteves", "initial", False, False, 0.0),
                ("Farias", "initial", False, False, 0.0),
            ],
        )
        self.assertEqual(self.causes(kpi), tax_ids)
