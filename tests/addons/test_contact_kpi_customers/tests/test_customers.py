# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import csv
import tempfile
from pathlib import Path

import customers
import customers_file
from workspace import Failure

from odoo.tests import TransactionCase, tagged

# Line by line: has a contact or not, counted by hand below.
GOOD = """\
Nome,É empresa,Empresa mãe,Telefone,Celular,E-mail,País,Estado,Cidade,Setor,Vendedor
Ana Exemplo,não,Padaria Fictícia,(11) 5000-0123,,,Brasil,SP,São Paulo,,
Padaria Fictícia,sim,,não tem,,,Brasil,São Paulo,São Paulo,Food/Hospitality,admin
"Oficina, Inventada",sim,,,(31) 90123-4567,,BR,MG,Belo Horizonte,Agricultura,

Bruno Modelo,,,(11) 99999-9999,,x@x,Brazil,RJ,Niterói,,
Escola Amostra,1,,,,contato@escola.example.com,,PR,Curitiba,Education,
Sem Nada,,,,,,Alemanha,,Berlim,,
Caio Hipótese,,Dona Modelo,,,,,,,,
Dona Modelo,,,,,,Brasil,,,,
"""
BAD = """\
name,is_company,parent_id,phone,email,country_id,state_id,industry_id,user_id
Boa Primeira,1,,(11) 5000-0123,,BR,SP,,
,1,,(11) 5000-0124,,BR,SP,,
País Errado,1,,,,Terra do Nunca,SP,,
Estado Errado,1,,,,BR,Bavaria,,
Estado de Fora,1,,,,US,MG,,
Setor Errado,1,,,,BR,,Mágica,
Vendedor Errado,1,,,,BR,,,ninguem
Curta,1,,,
Longa,1,,,,BR,SP,,,sobra
Gêmea,1,,,,BR,,,
GÊMEA,1,,,,BR,,,
Filha de Gêmeas,0,Gêmea,,,BR,,,
Sem Mãe,0,Não Existe,,,BR,,,
Volta A,0,Volta B,,,BR,,,
Volta B,0,Volta A,,,BR,,,
Abaixo da Volta,0,Volta A,,,BR,,,
Neta,0,Filha,,,BR,,,
Filha,0,Setor Errado,,,BR,,,
Talvez,talvez,,,,BR,,,
Tudo Errado,1,,,,BR,XX,Mágica,ninguem
"Em duas
linhas",1,,,,Terra do Nunca,,,
Boa Filha,0,Boa Primeira,0000-0000,,BR,,,
Lixo é Dado,1,,isto não é um telefone,isto não é um e-mail,BR,,,
"""
REPORT = [
    "line 3, name: is empty",
    "line 4, country_id: “Terra do Nunca” is unknown",
    "line 5, state_id: “Bavaria” is unknown",
    "line 6, state_id: “MG” is unknown",
    "line 7, industry_id: “Mágica” is unknown",
    "line 8, user_id: “ninguem” is unknown",
    "line 9, columns: 5 instead of 9",
    "line 10, columns: 10 instead of 9",
    "line 13, parent_id: “Gêmea” is ambiguous: lines 11, 12",
    "line 14, parent_id: “Não Existe” is unknown",
    "line 15, parent_id: is, in the end, its own parent",
    "line 16, parent_id: is, in the end, its own parent",
    "line 17, parent_id: its parent, line 15, was not loaded",
    "line 18, parent_id: its parent, line 19, was not loaded",
    "line 19, parent_id: its parent, line 7, was not loaded",
    "line 20, is_company: “talvez” is neither yes nor no",
    "line 21, state_id: “XX” is unknown",
    "line 21, industry_id: “Mágica” is unknown",
    "line 21, user_id: “ninguem” is unknown",
    "line 22, country_id: “Terra do Nunca” is unknown",
]
LOADED = ["Boa Filha", "Boa Primeira", "GÊMEA", "Gêmea", "Lixo é Dado"]


@tagged("post_install", "-at_install")
class TestCustomers(TransactionCase):
    maxDiff = None

    def setUp(self):
        super().setUp()
        # As in the fresh database that the command makes: customers of this file only.
        self.env["res.partner"].search([("customer_rank", ">", 0)]).customer_rank = 0
        self.before = self.env["res.partner"].with_context(active_test=False).search([])
        self.kpi = self.env.ref("contact_kpi.contact_kpi_no_contact")

    def load(self, text, encoding="utf-8"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "clientes.csv"
            path.write_bytes(text.encode(encoding))
            rejected = customers.load(self.env, path)
        loaded = self.env["res.partner"].search([("id", "not in", self.before.ids)])
        return rejected, loaded

    def figures(self):
        ruleset = self.env["contact.kpi.ruleset"]
        self.env["res.partner"]._contact_kpi_run_pending()
        ruleset._current().state = "done"
        self.kpi._refresh()
        [figures] = (f for f in self.kpi.figures() if f["indicator"] == "no_contact")
        return figures

    def check_good(self, rejected, loaded):
        self.assertEqual(rejected, [])
        by_name = {partner.name: partner for partner in loaded}
        self.assertEqual(len(by_name), 8)
        bakery, ana = by_name["Padaria Fictícia"], by_name["Ana Exemplo"]
        self.assertEqual(ana.parent_id, bakery)
        self.assertEqual(ana.commercial_partner_id, bakery)
        self.assertTrue(bakery.is_company)
        self.assertFalse(ana.is_company)
        self.assertEqual(bakery.state_id.code, "SP")
        self.assertEqual(bakery.country_id.code, "BR")
        self.assertEqual(bakery.user_id.login, "admin")
        self.assertEqual(bakery.industry_id.name, "Food/Hospitality")
        garage = by_name["Oficina, Inventada"]
        self.assertEqual(garage.industry_id.name, "Agriculture")
        self.assertEqual(garage.phone, "(31) 90123-4567")
        self.assertEqual(by_name["Escola Amostra"].country_id.code, "BR")
        self.assertEqual(by_name["Sem Nada"].country_id.code, "DE")
        self.assertEqual(by_name["Caio Hipótese"].parent_id, by_name["Dona Modelo"])
        self.assertEqual(set(loaded.mapped("customer_rank")), {1})
        # Customers: bakery, garage, Bruno, school, Sem Nada, Dona. Lacking: three.
        figures = self.figures()
        self.assertEqual(figures["customers"], 6)
        self.assertEqual(figures["missing"], 3)
        self.assertEqual(figures["missing_rate"], 0.5)
        gaps = self.env["contact.kpi.gap"].search(
            [("indicator_id", "=", self.kpi.id), ("closed_at", "=", False)]
        )
        self.assertEqual(
            sorted(gaps.partner_id.mapped("name")),
            ["Bruno Modelo", "Dona Modelo", "Sem Nada"],
        )

    def test_good_file(self):
        self.check_good(*self.load(GOOD))

    def test_byte_order_mark(self):
        self.check_good(*self.load(GOOD, "utf-8-sig"))

    def test_latin_1_with_semicolons(self):
        rows = csv.reader(GOOD.splitlines())
        text = "\r\n".join(";".join(row) for row in rows)
        self.check_good(*self.load(text, "latin-1"))

    def test_bad_rows_are_told_one_by_one(self):
        rejected, loaded = self.load(BAD)
        self.assertEqual(rejected, REPORT)
        self.assertEqual(sorted(loaded.mapped("name")), LOADED)
        figures = self.figures()
        self.assertEqual(figures["customers"], 4)
        self.assertEqual(figures["missing"], 3)

    def test_every_row_is_loaded_or_told(self):
        rejected, loaded = self.load(BAD)
        _columns, rows = self.parse(BAD)
        told = {problem.partition(",")[0] for problem in rejected}
        self.assertEqual(len(told) + len(loaded), len(rows))

    def test_what_odoo_itself_refuses(self):
        """The rest of the batch is loaded all the same."""
        partner = type(self.env["res.partner"])
        create = partner.create

        def picky(records, vals_list):
            if any(vals["name"] == "Recusada" for vals in vals_list):
                raise Failure("no such customers here")
            return create(records, vals_list)

        self.patch(partner, "create", picky)
        rejected, loaded = self.load(
            "Nome;Pertence a\nBoa;\nRecusada;\nFilha;Recusada\nOutra;Boa\n"
        )
        self.assertEqual(len(rejected), 2)
        self.assertRegex(rejected[0], "line 3, row: .*no such customers here")
        self.assertEqual(
            rejected[1], "line 4, Pertence a: its parent, line 3, was not loaded"
        )
        self.assertEqual(sorted(loaded.mapped("name")), ["Boa", "Outra"])

    def test_parent_in_the_database(self):
        known = self.env["res.partner"].create({"name": "Já 100% Conhecida_"})
        twins = [{"name": "Dupla"}, {"name": "Dupla"}]
        self.env["res.partner"].create(twins)
        rejected, loaded = self.load(
            "Nome;Pertence a\nNova;já 100% conhecida_\nOutra;Dupla\n"
        )
        new = loaded.filtered(lambda partner: partner.name == "Nova")
        self.assertEqual(new.parent_id, known)
        self.assertEqual(
            rejected,
            ["line 3, Pertence a: “Dupla” is ambiguous: several contacts"],
        )

    def test_country_in_words(self):
        _rejected, loaded = self.load("Nome;País\nA;Estados Unidos\nB;deutschland\n")
        self.assertEqual(loaded.mapped("country_id.code"), ["US"])
        self.assertEqual(_rejected, ["line 3, País: “deutschland” is unknown"])

    # -- the file as a whole ---------------------------------------------------

    def parse(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "clientes.csv"
            path.write_text(text)
            return customers_file.read(path)

    def test_unknown_columns(self):
        with self.assertRaisesRegex(
            Failure, "clientes.csv: unknown column “CNPJ”; number 3, unnamed"
        ):
            self.parse("Nome,CNPJ,\nA,1,\n")

    def test_no_name_column(self):
        with self.assertRaisesRegex(Failure, "no column holds the customers' names"):
            self.parse("Telefone,E-mail\n1,2\n")

    def test_two_columns_for_one_field(self):
        with self.assertRaisesRegex(Failure, "“Estado” and “UF” mean the same"):
            self.parse("Nome,Estado,UF\nA,SP,SP\n")

    def test_open_quote(self):
        with self.assertRaisesRegex(Failure, r"clientes\.csv, line 3: unexpected end"):
            self.parse('Nome,Telefone\nA,"1\nB,2\n')

    def test_empty_file(self):
        with self.assertRaisesRegex(Failure, "clientes.csv is empty"):
            self.parse("\n\n")

    def test_character_that_cannot_be_stored(self):
        rejected, loaded = self.load("Nome,Telefone\nA,1\x002\nB,3\n")
        self.assertEqual(
            rejected, ["line 2, Telefone: holds a character that cannot be stored"]
        )
        self.assertEqual(loaded.mapped("name"), ["B"])
