"""Measure what loading a file of customers costs, in CPU seconds and memory.

Runs inside Odoo's process, started by `./setup/bench`: `file N` loads a file of so many
customers as `./setup/demo --customers` does, `bare N` gives Odoo's import the same rows
at once, looked up beforehand. Nothing is kept.
"""

import csv
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import customers
from customers_file import CustomerFile
from customers_lookup import Lookup
from figures import configure, environment
from measure import Memory, Meter

HEADER = (
    *("Código", "Razão Social", "CPF/CNPJ", "CEP", "Endereço", "Número", "Bairro"),
    *("Cidade", "UF", "País", "Telefone", "Celular", "E-mail", "Observações"),
)


def write(path, count):
    """Write invented customers as a Brazilian ERP does; a third has two phones."""
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEADER)
        for i in range(count):
            city = ("São Paulo", "SP", "Brasil") if i % 2 else ("Recife", "PE", "")
            phone = f"(11) 5{i // 7 % 1000:03}-{i % 10000:04}" if i % 4 else "não tem"
            mobile = f"(31) 9{i // 3 % 10000:04}-{i % 10000:04}" if i % 3 == 0 else ""
            email = f"cliente{i}@mail.example.com" if i % 2 else ""
            street = ("01000-000", "Rua Fictícia", i % 500, "Centro")
            row = (i, f"Cliente Exemplo {i}", "", *street, *city, phone, mobile, email)
            writer.writerow((*row, "cliente antigo" if i % 5 == 0 else ""))


def main(arguments):
    """Print the cost, and the memory added to this process."""
    kind, count = arguments[0], int(arguments[1])
    with tempfile.TemporaryDirectory() as folder, environment(configure()) as env:
        path = Path(folder) / "customers.csv"
        write(path, count)
        work = Work(env, path)
        getattr(work, f"prepare_{kind}")()
        with Memory(env.cr) as peak, Meter(env.cr) as meter:
            getattr(work, kind)()
            env.cr.flush()
        env.cr.rollback()
    json.dump({"cost": asdict(meter.cost), "memory": peak.odoo}, sys.stdout)


class Work:
    """What is measured, and what precedes it."""

    def __init__(self, env, path):
        self.env, self.path = env, path

    def prepare_file(self):
        """Nothing: reading and looking up is part of it."""

    def file(self):
        """Load the file."""
        report = customers.load(self.env, self.path)
        assert report.status == customers.LOADED, report.text()

    def prepare_bare(self):
        """Look everything up."""
        file = CustomerFile(self.path)
        lookup = Lookup(self.env, file.columns)
        lookup.settle_country({"Brasil": 1})
        self.matrix = customers.matrix([lookup.resolve(row) for row in file.rows()])

    def bare(self):
        """Let Odoo import the rows."""
        partner = self.env["res.partner"].with_context(**customers.QUIET)
        assert partner.load(*self.matrix)["ids"]


if __name__ == "__main__":
    main(sys.argv[1:])
