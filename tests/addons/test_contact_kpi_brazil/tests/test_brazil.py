# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A Brazilian sales desk: a company as Odoo's localisation makes it, people who read
Portuguese, and every table as they read it."""

from datetime import date

from odoo.exceptions import ValidationError
from odoo.tests import Form, HttpCase, new_test_user, tagged

from odoo.addons.contact_kpi.tests.common import LANDLINE, MOBILE
from odoo.addons.contact_kpi.tests.engine.test_third_indicator import ThirdIndicatorCase
from odoo.addons.contact_kpi.tests.people.test_print import PrintCase

TRANSLATED = ("base", "sale", "contact_kpi", "contact_kpi_mechanic")
CNPJ, WRONG_CNPJ, CPF = "11.444.777/0001-61", "11.444.777/0001-62", "529.982.247-25"
HEAD_OF_VALUES = ["Em cotações (R$)", "Compras, 12 meses (R$)", "Valor em jogo (R$)"]
PRINTED_AGES = [
    [
        "Vendedor",
        "Clientes",
        "0 a 7 dias",
        "8 a 30 dias",
        "31 a 90 dias",
        "91 a 365 dias",
        "Mais de 365 dias",
        *HEAD_OF_VALUES,
    ],
    ["Ana", "3", "3", "0", "0", "0", "0", "3.751,50", "0,00", "3.751,50"],
    ["Total", "3", "3", "0", "0", "0", "0", "3.751,50", "0,00", "3.751,50"],
]
HEAD = [
    "Cliente",
    "Cidade",
    "Situação",
    "Desde",
    "Dias",
    "Idade (dias)",
    "Cotações abertas",
    *HEAD_OF_VALUES,
]
DONE, SP = "Completado", "São Paulo, SP"
PRINTED = [
    HEAD,
    ["Ana (3)", *[""] * 5, "2", "3.751,50", "0,00", "3.751,50"],
    ["Abreu", "", "", "04/03/2041", "2", "0-7", "1", "1.250,50", "0,00", "1.250,50"],
    ["Esteves", "", DONE, "04/03/2041", "1", "0-7", "0", "0,00", "0,00", "0,00"],
    ["Padaria Ipê", SP, DONE, "05/03/2041", "0", "0-7", "1", "2.501,00", "0,00"]
    + ["2.501,00"],
    ["Total (3)", *[""] * 5, "2", "3.751,50", "0,00", "3.751,50"],
]
SHEET = [
    HEAD,
    ["Ana (3)", *[None] * 5, 2, 3751.5, 0, 3751.5],
    ["Abreu", None, None, date(2041, 3, 4), 2, "0-7", 1, 1250.5, 0, 1250.5],
    ["Esteves", None, DONE, date(2041, 3, 4), 1, "0-7", 0, 0, 0, 0],
    ["Padaria Ipê", SP, DONE, date(2041, 3, 5), 0, "0-7", 1, 2501, 0, 2501],
    ["Total (3)", *[None] * 5, 2, 3751.5, 0, 3751.5],
]


def settle_in_brazil(env):
    """Make the main company one of Brazil, and have the texts in Portuguese."""
    company = env.ref("base.main_company")
    company.country_id = env.ref("base.br")
    env["account.chart.template"].try_loading("br", company)
    env["res.lang"]._activate_lang("pt_BR")
    modules = env["ir.module.module"].search([("name", "in", TRANSLATED)])
    modules._update_translations("pt_BR")


@tagged("post_install", "-at_install")
class TestBrazil(ThirdIndicatorCase, PrintCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        settle_in_brazil(cls.env)
        (cls.ana | cls.bruno | cls.manager).write({"lang": "pt_BR", "tz": False})
        cls.ana.name = "Ana"
        cls.env = cls.env(context={**cls.env.context, "lang": "pt_BR"})
        cls.kpi = cls.kpi.with_env(cls.env)
        cls.kpi.period = "day"
        vals = {"name": "Revisão", "list_price": 1250.5, "taxes_id": False}
        cls.service = cls.env["product.product"].create({"type": "service", **vals})

    def setUp(self):
        super().setUp()
        # The digits of a tax ID are checked by the country of the customer.
        (self.abreu | self.borges | self.esteves).country_id = self.brazil

    def form(self, record, *view, **context):
        """A form in Ana's hands."""
        return Form(record.with_user(self.ana).with_context(**context), *view)

    def quote(self, partner, quantity):
        """A quotation of hers, not saved yet."""
        form = self.form(self.env["sale.order"], "sale.view_order_form")
        form.partner_id = partner
        with form.order_line.new() as line:
            line.product_id = self.service
            line.product_uom_qty = quantity
        return form

    def figures(self, kpi):
        """Ana's card and the names in the list behind it."""
        names = [name for name, _tax_id in self.listed(kpi, self.ana)]
        return self.card(kpi, self.ana)[:2], names

    def test_two_days_of_a_salesperson(self):
        kpi, abreu, esteves = self.kpi, self.abreu, self.esteves
        self.run_job()
        self.night("2041-03-05")

        # Tuesday: a new customer, in the form that the localisation makes of it.
        self.go("2041-03-05 15:00:00")
        form = self.form(self.env["res.partner"], res_partner_search_mode="customer")
        form.company_type, form.name, form.user_id = "company", "Padaria Ipê", self.ana
        form.country_id, form.vat = self.brazil, CNPJ
        form.street_name, form.street_number = "Rua Fictícia", "100"
        form.city, form.state_id = "São Paulo", self.sao_paulo
        padaria = form.save()
        self.assertEqual(
            (padaria.street, padaria.vat, padaria.customer_rank),
            ("Rua Fictícia 100", "11444777000161", 1),
        )

        # The quotation asks for the phone, and says what is wrong with an answer.
        self.go("2041-03-05 15:05:00")
        form = self.quote(padaria, 2)
        self.assertEqual(form.contact_kpi_state, "missing")
        form.contact_kpi_phone = "96123-4567"
        self.assertEqual(form.contact_kpi_problem, "Falta o DDD em “96123-4567”.")
        form.contact_kpi_phone = MOBILE
        order = form.save()
        self.assertEqual(
            (order.contact_kpi_state, order.currency_id.name, order.amount_total),
            (False, "BRL", 2501.0),
        )
        self.quote(abreu, 1).save()

        # The list: one is completed, one declines and thinks again.
        self.go("2041-03-05 15:10:00")
        action = kpi.with_user(self.ana).action_to_complete()
        self.assertEqual(action["display_name"], "A completar: Clientes sem contato")
        self.assertEqual(self.figures(kpi), ((2, 2), ["Abreu", "Esteves"]))
        gap_form = "contact_kpi.contact_kpi_gap_view_form"
        with self.form(self.gap_of(kpi, esteves), gap_form) as form:
            form.phone = LANDLINE
        self.assertEqual(self.figures(kpi), ((1, 1), ["Abreu"]))
        gap = self.gap_of(kpi, abreu).with_user(self.ana)
        context = gap.action_decline()["context"]
        form = self.form(self.env["contact.kpi.decline.wizard"], **context)
        form.reason_id = self.env.ref("contact_kpi.contact_kpi_decline_reason_refused")
        said = [form.save().action_confirm()["params"]["message"]]
        self.assertEqual(self.figures(kpi), ((1, 0), []))
        said.append(gap.action_take_back_decline()["params"]["message"])
        self.assertEqual(self.figures(kpi), ((1, 1), ["Abreu"]))
        self.assertEqual(said, ["Recusas registradas: 1.", "Recusas desfeitas: 1."])

        # Whether it may be contacted; and that what was typed is right.
        context = abreu.with_user(self.ana).action_contact_kpi_consent()["context"]
        form = self.form(self.env["contact.kpi.consent.wizard"], **context)
        form.consent, form.channel = "given", "phone"
        form.save().action_confirm()
        padaria.with_user(self.ana).action_contact_kpi_confirm()
        self.assertEqual(
            (str(padaria.contact_kpi_verified_on), padaria.contact_kpi_verified_by_id),
            ("2041-03-05", self.ana),
        )
        declined = "Clientes sem contato: não quis informar. Motivo: Não quer informar"
        self.assertEqual(
            [note.body.striptags() for note in abreu.message_ids.sorted("id")],
            [
                f"{declined}. Pode ser perguntado de novo a partir de 01/09/2041.",
                "Clientes sem contato: a recusa foi desfeita.",
                "Consentimento para contato: Dado, 05/03/2041, Por telefone",
            ],
        )
        # Four customers last night: half of them then, a quarter now.
        self.assertEqual(
            self.card(kpi, self.ana),
            (1, 1, 1, 4, 25, "-1 (-25,0 p.p.) desde 04/03/2041"),
        )
        self.night("2041-03-06")

        # Wednesday, what came of it.
        self.go("2041-03-06 15:00:00")
        self.assertEqual(
            self.card(kpi, self.ana),
            (1, 1, 1, 5, 20, "+0 (+0,0 p.p.) desde 05/03/2041"),
        )
        self.assertEqual(
            self.trend(kpi, self.manager),
            {
                "2041-03-04": (6, 4, 0.6667, None, None, None),
                "2041-03-05": (7, 3, 0.4286, 4, -1, -23.8095),
                "2041-03-06": (7, 3, 0.4286, 3, 0, 0.0),
            },
        )
        # Esteves took a day and ten minutes, the bakery five: half a day on average.
        days = (1 + 15 / 1440) / 2
        self.assertEqual(
            self.follow_up(kpi, self.manager),
            {
                "2041-03-04": (0, 4, 0, 0, 0, 4, None),
                "2041-03-05": (4, 1, 0, 2, 0, 3, days),
                "2041-03-06": (3, 0, 0, 0, 0, 3, None),
            },
        )
        [month] = self.env["contact.kpi.follow.up"].formatted_read_group(
            [("indicator_id", "=", kpi.id), ("date", ">=", "2041-03-04")],
            ["date:month"],
            ["closing:sum"],
        )
        self.assertEqual((month["date:month"][1], month["closing:sum"]),
                         ("março 2041", 3))  # fmt: skip

        # On paper and in a spreadsheet, in reais and with the desk's clock.
        domain = [("indicator_id", "=", kpi.id)]
        order = self.order_of(self.ana, "contact.kpi.gap", domain, title="Clientes")
        tables, text = self.html(order)
        self.assertEqual(tables, {"ageing": PRINTED_AGES, "customers": PRINTED})
        for words in (
            "Agrupado por Vendedor Visão Clientes de Ana e os que não têm vendedor",
            "Impresso 06/03/2041 12:00, por Ana",
            "em BRL pelas cotações de hoje.",
            "Página 1 de 1",
        ):
            self.assertIn(words, text)
        self.assertEqual(self.xlsx(order)[1], SHEET)

    def test_customers_without_tax_id(self):
        """The third indicator: a CPF or a CNPJ completes it, wrong digits do not."""
        kpi = self.make(name="Clientes sem CPF/CNPJ")
        self.run_job()
        self.assertEqual(self.figures(kpi), ((3, 3), ["Abreu", "Borges", "Dias"]))
        self.go("2041-03-05 15:00:00")
        abreu, borges = (self.gap_of(kpi, c) for c in (self.abreu, self.borges))
        with self.assertRaisesRegex(ValidationError, "parece ser inválido"):
            self.type_tax_id(abreu, self.ana, WRONG_CNPJ)
        self.abreu.invalidate_recordset()
        self.type_tax_id(abreu, self.ana, CNPJ)
        self.type_tax_id(borges, self.ana, CPF)
        self.assertEqual(
            (self.abreu.vat, self.borges.vat), ("11444777000161", "52998224725")
        )
        self.assertEqual(
            self.ledger(kpi=kpi),
            [
                ("Abreu", "2041-03-04 15:00:00", "2041-03-05 15:00:00", "completed",
                 "third_ana"),
                ("Borges", "2041-03-04 15:00:00", "2041-03-05 15:00:00", "completed",
                 "third_ana"),
                ("Dias", "2041-03-04 15:00:00", False, False, False),
                ("Farias", "2041-03-04 15:00:00", False, False, False),
            ],
        )  # fmt: skip
        self.assertEqual(self.figures(kpi), ((1, 1), ["Dias"]))


@tagged("post_install", "-at_install")
class TestBrazilTour(HttpCase):
    def test_from_the_figure_to_a_completed_customer(self):
        """Overview, list, phone; the row leaves and the figure falls. In Portuguese."""
        settle_in_brazil(self.env)
        groups = "sales_team.group_sale_salesman,base.group_partner_manager"
        ana = new_test_user(self.env, "brazil_ana", groups=groups, lang="pt_BR")
        vals = {"customer_rank": 1, "user_id": ana.id, "city": "Campinas"}
        padaria, oficina = self.env["res.partner"].create(
            [{"name": name, **vals} for name in ("Padaria Ipê", "Oficina Modelo")]
        )
        for kpi in self.env["contact.kpi"].search([]):
            kpi._refresh()
        self.start_tour("/odoo/contact-overview", "contact_kpi_brazil", login=ana.login)
        self.env.invalidate_all()
        self.assertEqual((padaria.phone, oficina.phone), ("11 96123-4567", False))
        gaps = padaria.contact_kpi_gap_ids
        self.assertEqual(set(gaps.mapped("close_reason")), {"completed"})
        self.assertEqual(gaps.closed_by_id, ana)
