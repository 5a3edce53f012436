"""Resolve the texts of a row: countries, states, industries, users, yes and no."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from functools import cache
from pathlib import Path

import babel.core
import polib
from customers_file import NO, YES, Row, plain, words
from customers_words import COUNTRIES

from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools.misc import file_path

# Ids of records by what may name them.
Known = Mapping[str, Collection[int]]

LANGUAGES = ("en", "pt_BR", "pt_PT", "es")
# “SP - São Paulo”, “São Paulo (BR)”: the first part names it, too.
BEHIND = re.compile(r"\s+[-–]\s.*|\s*[(/].*")
KIND = re.compile(r"(estado|provincia|state|province)( d[aeo]l?| of)? ")


class Lookup:
    """Resolves the records that a row names to their ids.

    :param columns: headers by field
    """

    def __init__(self, env: Environment, columns: Mapping[str, str]) -> None:
        self.columns = columns
        self.company = env.ref("base.main_company")
        self.countries = countries(env)
        self.industries: Known = {}
        if "industry_id" in columns:
            self.industries = industries(env)
        people = env["res.users"].search([("share", "=", False)])
        self.people = named(people, "login")

        @cache
        def states(country: int) -> Known:
            found = env["res.country.state"].search([("country_id", "=", country)])
            return named(found, "code")

        self.states: Callable[[int], Known] = states

    def settle_country(self, texts: Mapping[str, int]) -> None:
        """Set the company's country to that of most customers, else Brazil.

        Numbers of customers without a country are read by that country's plan.

        :param texts: how many customers name each country
        """
        found = Counter[int]()
        for text, count in texts.items():
            found.update(dict.fromkeys(self.search(text, self.countries), count))
        brazil = self.company.env.ref("base.br").id
        self.company.country_id = max(found, key=found.__getitem__, default=brazil)
        if self.company.country_id.code == "BR":
            self.company.resource_calendar_id.tz = "America/Sao_Paulo"

    def resolve(self, row: Row) -> Row:
        """Resolve a row's texts, with a remark on each that is unknown; return it."""
        values = row.values
        told = values.get("country_id")
        country = self.find(row, "country_id", self.countries)
        if country or not told:
            country = country or self.company.country_id.id
            if self.find(row, "state_id", self.states(country)):
                # As on the form, a state implies its country.
                row.ids["country_id"] = country
        else:
            self.find(row, "state_id", {})
        self.find(row, "industry_id", self.industries)
        self.find(row, "user_id", self.people)
        text = plain(values.get("is_company", ""))
        if text not in YES | NO:
            row.remark(f"{self.columns['is_company']}: neither yes nor no", text)
        # A CNPJ, which may have letters since 2026, is a company's.
        number = re.sub(r"\W", "", values.get("vat", ""))
        row.is_company = text in YES or (not text and len(number) == 14)
        return row

    def find(self, row: Row, name: str, known: Known) -> int | None:
        """Resolve one text to an id, with a remark if it is unknown or ambiguous."""
        if not (text := row.values.pop(name, "")):
            return None
        found = self.search(text, known)
        if len(found) == 1:
            (row.ids[name],) = found
            return row.ids[name]
        what = "ambiguous" if found else "unknown"
        row.remark(f"{self.columns[name]}: {what}, left empty", text)
        return None

    @staticmethod
    def search(text: str, known: Known) -> Collection[int]:
        """Return the ids of what a text names."""
        whole, short = plain(text), plain(BEHIND.sub("", text))
        return (
            known.get(whole) or known.get(short) or known.get(KIND.sub("", whole), ())
        )


def named(records: BaseModel, *fields: str) -> defaultdict[str, set[int]]:
    """Return ids by name in the installed languages, further fields, external ID."""
    known: defaultdict[str, set[int]] = defaultdict(set)
    for number, xmlid in records.get_external_id().items():
        known[plain(xmlid)].add(number)
    for language, _name in records.env["res.lang"].get_installed():
        for record in records.with_context(lang=language):
            for text in (record.name, *(record[name] for name in fields)):
                known[plain(text or "")].add(record.id)
    known.pop("", None)
    return known


def industries(env: Environment) -> Known:
    """Return ids by name, and by Odoo's translations of it."""
    records = env["res.partner.industry"].search([])
    known = named(records, "full_name")
    ids = {xmlid: number for number, xmlid in records.get_external_id().items()}
    for language in ("pt_BR", "es"):
        text = Path(file_path(f"base/i18n/{language}.po")).read_text()
        terms = [term for term in text.split("\n\n") if "res.partner.industry," in term]
        for entry in polib.pofile("\n\n".join(terms)):
            for model, _line in entry.occurrences:
                if (number := ids.get(model.rpartition(":")[2])) and entry.msgstr:
                    known[plain(entry.msgstr)].add(number)
    return known


def countries(env: Environment) -> Known:
    """Return ids by ISO code, of two letters or three, and by name in LANGUAGES."""
    records = env["res.country"].search([])
    known, ids = named(records, "code"), {each.code: each.id for each in records}
    texts = [(code, text) for code, names in COUNTRIES.items() for text in words(names)]
    for text, codes in babel.core.get_global("territory_aliases").items():
        texts += [(code, text.lower()) for code in codes if len(codes) == 1]
    for language in LANGUAGES:
        names = babel.core.Locale.parse(language).territories
        texts += [(code, plain(text)) for code, text in names.items()]
    for code, text in texts:
        if code in ids:
            known[text].add(ids[code])
    return known
