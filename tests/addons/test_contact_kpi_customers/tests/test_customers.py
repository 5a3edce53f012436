# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import csv
import tempfile
from pathlib import Path

import customers

from odoo.exceptions import UserError
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
REFUSED = ["✘ no name:", "    line 3"]
REMARKS = {
    "country_id: unknown, left empty": ["“Terra do Nunca”, lines 4, 22"],
    "state_id: unknown, left empty": [
        "“SP”, line 4",
        "“Bavaria”, line 5",
        "“MG”, line 6",
        "“XX”, line 21",
    ],
    "industry_id: unknown, left empty": ["“Mágica”, lines 7, 21"],
    "user_id: unknown, left empty": ["“ninguem”, lines 8, 21"],
    "more cells than columns": ["line 10"],
    "parent_id: ambiguous, left without": ["“Gêmea”, line 13"],
    "parent_id: unknown, left without": ["“Não Existe”, line 14"],
    "parent_id: in the end its own parent, left without": ["“Volta B”, line 15"],
    "is_company: neither yes nor no": ["“talvez”, line 20"],
}
# Where every file comes from, who are the customers in it, and how each is reached:
# c by a usable phone or e-mail, m by a mobile, of the customer or a contact of it;
# how many rows are loaded, with remarks, refused. Read and counted by hand.
FILES = {
    "odoo_template.csv": (
        [("Interiores Modelo", "c"), ("Móveis Inventados", "c"), ("Sem Ninguém", "")],
        (4, 0, 0),
    ),
    "odoo_export_technical.csv": (
        [("Bruno Modelo", ""), ("Bruno Modelo", "cm"), ("Padaria Fictícia", "c")],
        (4, 0, 0),
    ),
    "odoo_export_pt.csv": (
        [("Dona Modelo", ""), ("Oficina Inventada", "cm"), ("Silva, Ensaio", "c")],
        (4, 0, 0),
    ),
    "odoo_export_es.csv": (
        [("Peña Ejemplo", ""), ("Talleres Ficticios", "cm")],
        (3, 0, 0),
    ),
    "erp_brazil.csv": (
        [
            ("Comércio Fictício Ltda.", "c"),
            ("Conceição Exemplo", "cm"),
            ("João Ninguém", ""),
            ("Só Fantasia", ""),
        ],
        (4, 1, 1),
    ),
    "erp_yes_no.csv": (
        [("Mecânica Amostra", "cm"), ('Nara "Tentativa"', "")],
        (2, 1, 0),
    ),
    "google_new.csv": ([("Beto", ""), ("Padaria Fictícia", "cm")], (3, 0, 1)),
    "google_old.csv": ([("Carla Hipótese", "cm"), ("Davi Suposto", "c")], (2, 0, 0)),
    # American numbers may be mobiles, or not.
    "outlook.csv": (
        [("Elena Sample", "c?"), ("Frank Specimen", ""), ("Specimen Ltd", "c")],
        (3, 0, 0),
    ),
    "hubspot.csv": (
        [("Gil Amostra", "cm"), ("Hugo", "c"), ("Íris Prova", "")],
        (3, 2, 0),
    ),
    "pipedrive.csv": ([("Jonas Teste", "cm"), ("Karin Teste", "")], (2, 0, 0)),
    "shopify.csv": ([("Lia Ensaio", "cm"), ("Mauro Ensaio", "")], (2, 0, 1)),
    "woocommerce.csv": ([("Nina Cobaia", "cm"), ("Otto Cobaia", "")], (2, 0, 0)),
}
TABLES = {"res_partner", "contact_kpi_gap"}
FOLDER = Path(__file__).resolve().parents[3] / "setup/customers"


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
            return self.load_file(path)

    def load_file(self, path):
        """Return the report, and who is new and has a name."""
        self.env.invalidate_all()
        report = customers.load(self.env, path)
        return report, self.new().filtered("name")

    def new(self):
        return self.env["res.partner"].search([("id", "not in", self.before.ids)])

    def remarks(self, report):
        """Return the texts and lines of each reason, as the report shows them."""
        found, reason = {}, None
        for line in report.text().splitlines():
            if line.startswith("• "):
                reason = found.setdefault(line[2:].rstrip(":"), [])
            elif reason is not None:
                reason.append(line.strip())
        return found

    def figures(self):
        ruleset = self.env["contact.kpi.ruleset"]
        self.env["res.partner"]._contact_kpi_run_pending()
        ruleset._current().state = "done"
        for kpi in self.env["contact.kpi"].search([]):
            kpi._refresh()
        [figures] = (f for f in self.kpi.figures() if f["indicator"] == "no_contact")
        return figures

    def check_good(self, report, loaded):
        self.assertEqual((report.status, self.remarks(report)), (0, {}))
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

    def test_what_is_not_taken_over_is_told(self):
        report, loaded = self.load(BAD)
        self.assertEqual(report.status, 2)
        self.assertEqual(report.counts, {"loaded": 22, "remarked": 12, "refused": 1})
        lines = report.text().splitlines()
        self.assertEqual(lines[-len(self.remarks_lines(report)) - 2 :][:2], REFUSED)
        self.assertEqual(self.remarks(report), REMARKS)
        self.assertEqual(len(loaded), 22)
        by_name = {partner.name: partner for partner in loaded}
        self.assertFalse(by_name["País Errado"].country_id)
        self.assertFalse(by_name["Estado de Fora"].state_id)
        self.assertEqual(by_name["Estado de Fora"].country_id.code, "US")
        self.assertFalse(by_name["Filha de Gêmeas"].parent_id)
        self.assertEqual(by_name["Sem Mãe"].company_name, "Não Existe")
        # One of the circle is its head; who is below stays there.
        self.assertEqual(by_name["Volta B"].parent_id, by_name["Volta A"])
        self.assertEqual(by_name["Abaixo da Volta"].parent_id, by_name["Volta A"])
        family = by_name["Setor Errado"]
        self.assertEqual(by_name["Neta"].commercial_partner_id, family)

    def remarks_lines(self, report):
        return [
            line
            for each in self.remarks(report).items()
            for line in (each[0], *each[1])
        ]

    def test_files_of_other_programs(self):
        """Each loads, and its figures are those counted by hand."""
        self.assertEqual(sorted(FILES), sorted(file.name for file in FOLDER.iterdir()))
        for name, (expected, counts) in FILES.items():
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                report, loaded = self.load_file(FOLDER / name)
                told = [report.counts[key] for key in ("loaded", "remarked", "refused")]
                self.assertEqual(tuple(told), counts, report.text())
                self.assertEqual(len(loaded), counts[0])
                heads = loaded.commercial_partner_id
                names = sorted(heads.mapped("name"))
                self.assertEqual(names, [who for who, _how in expected])
                figures = self.figures()
                missing = [who for who, how in expected if "c" not in how]
                self.assertEqual(figures["customers"], len(expected))
                self.assertEqual(figures["missing"], len(missing))
                self.assertEqual(self.without("no_contact"), missing)
                sure = [who for who, how in expected if "?" not in how]
                mobile = [who for who, how in expected if how in ("", "c")]
                found = [who for who in self.without("no_mobile") if who in sure]
                self.assertEqual(found, mobile)
                savepoint.rollback()
                self.env.invalidate_all()

    def without(self, code):
        """Return the names of new customers with an open gap."""
        domain = [("indicator_id.code", "=", code), ("closed_at", "=", False)]
        partners = self.env["contact.kpi.gap"].search(domain).partner_id
        return sorted((partners & self.new()).mapped("name"))

    def test_every_phone_and_address_counts(self):
        """Those after the first are contacts without a name, each for itself."""
        _report, loaded = self.load(
            "Nome;Fone;Telefone 2;Celular;WhatsApp;E-mail;E-mail 2;País\n"
            "A;(11) 5000-0123;11 5000 0123;(11) 90123-4567;11 901234568;a@example.com;"
            "b@example.com;BR\nB;;não tem;-;;;nenhum;US\n"
        )
        first, second = loaded.sorted("name")
        self.assertEqual(first.phone, "(11) 90123-4567")
        self.assertEqual(first.email, "a@example.com")
        others = first.child_ids.sorted("id")
        self.assertEqual(others.mapped("phone"), ["11 901234568", "(11) 5000-0123"])
        self.assertEqual(others.mapped("email"), ["b@example.com", False])
        self.assertEqual(set(others.mapped("type")), {"other"})
        self.assertEqual(others.country_id, first.country_id)
        self.assertEqual(set(others.mapped("name")), {False})
        self.assertFalse(second.child_ids)
        self.assertEqual((second.phone, second.email), ("-", "nenhum"))

    def test_company_by_its_tax_id(self):
        _report, loaded = self.load(
            "Nome;CPF/CNPJ\nA;91.000.000/9001-30\nB;123.456.789-09\nC;1A.2B3.C4D/0001-00\n"
            "D;1\n"
        )
        companies = loaded.filtered("is_company")
        self.assertEqual(sorted(companies.mapped("name")), ["A", "C"])
        self.assertEqual(len(loaded), 4)

    def test_what_odoo_itself_refuses(self):
        """The rest of the batch is loaded all the same; what Python says is kept."""
        partner = type(self.env["res.partner"])
        create = partner.create

        def picky(records, vals_list):
            names = [vals.get("name") for vals in vals_list]
            if "Recusada" in names:
                raise UserError(records.env._("no such customers here"))
            if "Quebrada" in names:
                raise ZeroDivisionError("division by zero")
            return create(records, vals_list)

        self.patch(partner, "create", picky)
        report, loaded = self.load(
            "Nome;Pertence a\nBoa;\nRecusada;\nFilha;Recusada\nOutra;Boa\nQuebrada;\n"
        )
        self.assertEqual(report.counts, {"loaded": 3, "remarked": 1, "refused": 2})
        text = report.text()
        self.assertIn("✘ refused: Odoo refuses it: 2", text)
        self.assertIn("    “no such customers here”, line 3\n    line 6", text)
        self.assertNotIn("division", text)
        self.assertEqual(
            self.remarks(report),
            {"Pertence a: not loaded, left without": ["“Recusada”, line 4"]},
        )
        self.assertEqual(sorted(loaded.mapped("name")), ["Boa", "Filha", "Outra"])

    def test_parent_in_the_database(self):
        known = self.env["res.partner"].create({"name": "Já 100% Conhecida_"})
        twins = [{"name": "Dupla"}, {"name": "Dupla"}]
        self.before |= known | self.env["res.partner"].create(twins)
        report, loaded = self.load(
            "Nome;Pertence a\nNova;já 100% conhecida_\nOutra;Dupla\n"
        )
        new = loaded.filtered(lambda partner: partner.name == "Nova")
        self.assertEqual(new.parent_id, known)
        self.assertEqual(
            self.remarks(report),
            {"Pertence a: ambiguous, left without": ["“Dupla”, line 3"]},
        )

    def test_countries_and_states_in_words(self):
        texts = {
            "Estados Unidos": "US", "EUA": "US", "EE.UU.": "US", "U.S.A.": "US",
            "usa": "US", "United States": "US", "UK": "GB", "Reino Unido": "GB",
            "Inglaterra": "GB", "Turkey": "TR", "Turquia": "TR", "Holanda": "NL",
            "Países Baixos": "NL", "Países Bajos": "NL", "BRA": "BR", "brazil": "BR",
            "Brasil (BR)": "BR", "BR - Brasil": "BR", "Alemania": "DE",
            "Alemanha": "DE", "Germany": "DE", "Deutschland": None, "base.br": "BR",
            "Japón": "JP", "Japão": "JP", "Coreia do Sul": "KR", "Atlantis": None,
        }  # fmt: skip
        rows = "".join(f"{text};{text}\n" for text in texts)
        _report, loaded = self.load(f"Nome;País\n{rows}")
        found = {partner.name: partner.country_id.code or None for partner in loaded}
        self.assertEqual(found, texts)
        states = {
            "SP": "SP", "São Paulo": "SP", "sao paulo": "SP", "São Paulo (BR)": "SP",
            "SP - São Paulo": "SP", "Estado de São Paulo": "SP", "Bahia": "BA",
            "base.state_br_ba": "BA", "Baviera": None,
        }  # fmt: skip
        rows = "".join(f"em {text};{text}\n" for text in states)
        _report, loaded = self.load(f"Nome;Estado\n{rows}")
        found = {
            partner.name.removeprefix("em "): partner.state_id.code or None
            for partner in loaded
            if partner.name.startswith("em ")
        }
        self.assertEqual(found, states)

    def test_country_of_numbers_without_one_is_told(self):
        report, _loaded = self.load("Nome;País\nA;Chile\nB;Chile\nC;BR\nD;\n")
        self.assertIn("read as of Chile", report.text())
        report, _loaded = self.load("Nome\nA\n")
        self.assertIn("read as of Brazil", report.text())

    def test_nothing_loaded(self):
        report, loaded = self.load("Nome;Fone\n;(11) 5000-0123\n")
        self.assertEqual((report.status, len(loaded)), (1, 0))

    def test_planner_knows_how_many_there_are(self):
        """Nobody else can tell it of rows that are not committed yet.

        Statements planned for empty tables cost more with every batch.
        """
        self.patch(customers, "BATCH", 50)
        load_rows, seen = customers.load_rows, []

        def noting(*arguments):
            for table in sorted(TABLES):
                self.env.cr.execute(
                    "SELECT reltuples FROM pg_class WHERE relname = %s", [table]
                )
                [planned] = self.env.cr.fetchone()
                self.env.cr.execute(f"SELECT COUNT(*) FROM {table}")
                [actual] = self.env.cr.fetchone()
                if actual > customers.BATCH * 2:
                    seen.append((table, planned, actual))
            load_rows(*arguments)

        self.patch(customers, "load_rows", noting)
        self.load("Nome\n" + "".join(f"N{i}\n" for i in range(800)))
        noting(self.env["res.partner"], [], {})
        self.assertEqual({table for table, *_counts in seen}, TABLES)
        late = [each for each in seen if each[2] > 2 * each[1] + customers.BATCH]
        self.assertFalse(late)
        for table, planned, actual in seen[-2:]:
            self.assertAlmostEqual(planned, actual, delta=actual / 10, msg=table)

    def test_many_remarks_fit_a_screen(self):
        rows = "".join(f"N{i};lugar {i % 300}\n;\n" for i in range(1200))
        report, _loaded = self.load(f"Nome;País\n{rows}".replace("\n;\n", "\n;x\n"))
        self.assertLess(len(report.text().splitlines()), 40)
        self.assertIn("… and 280 more", report.text())
