"""What the texts of a row mean: countries, states, industries, people, yes and no."""

from collections import Counter, defaultdict

import babel
import polib
from customers_file import plain

from odoo.tools.misc import file_path

YES = {
    "1",
    "true",
    "yes",
    "y",
    "sim",
    "s",
    "x",
    "verdadeiro",
    "company",
    "empresa",
    "pj",
}
NO = {
    "",
    "0",
    "false",
    "no",
    "n",
    "nao",
    "falso",
    "person",
    "pessoa",
    "individual",
    "pf",
}
LANGUAGES = ("pt_BR", "pt_PT", "en")


class Lookup:
    """Finds what a row names; a text becomes the id of the record."""

    def __init__(self, env, columns):
        self.env = env
        self.columns = columns
        self.company = env.ref("base.main_company")
        self.countries = countries(env)
        self.industries = industries(env)
        self.people = people(env)
        self.states = defaultdict(lambda: defaultdict(set))
        for state in env["res.country.state"].search([]):
            for text in (state.code, state.name):
                self.states[state.country_id.id][plain(text)].add(state.id)

    def settle_country(self, rows):
        """Make the company's country the one of most customers, else Brazil.

        Numbers of customers without a country are read as that country's.
        """
        named = Counter()
        for row in rows:
            text = plain(row.values.get("country_id") or "")
            named.update(self.countries.get(text, ()))
        most = named.most_common(1)
        country = most[0][0] if most else self.env.ref("base.br").id
        self.company.country_id = self.env["res.country"].browse(country)
        if self.company.country_id.code == "BR":
            self.company.resource_calendar_id.tz = "America/Sao_Paulo"

    def check(self, row):
        """Replace texts by what they mean; reject a row that names nothing known."""
        if row.problems:
            return
        if not row.values["name"]:
            row.reject(self.columns["name"], "is empty")
        named = row.values.get("country_id")
        country = self.find(row, "country_id", self.countries)
        if country or not named:
            country = country or self.company.country_id.id
            if self.find(row, "state_id", self.states[country]):
                # As the form does: a state brings its country.
                row.values["country_id"] = country
        self.find(row, "industry_id", self.industries)
        self.find(row, "user_id", self.people)
        self.decide(row)

    def find(self, row, name, known):
        """Look one text up; return the id, if it names something."""
        text = row.values.get(name)
        if not text:
            return None
        found = known.get(plain(text), ())
        if len(found) != 1:
            what = "ambiguous" if found else "unknown"
            row.reject(self.columns[name], f"“{text}” is {what}")
        row.values[name] = next(iter(found)) if len(found) == 1 else None
        return row.values[name]

    def decide(self, row):
        """Tell whether it is a company."""
        text = row.values.get("is_company") or ""
        if plain(text) not in YES | NO:
            row.reject(self.columns["is_company"], f"“{text}” is neither yes nor no")
        row.values["is_company"] = plain(text) in YES


def countries(env):
    """Return ids by code and by name, English or Portuguese."""
    known = defaultdict(set)
    names = [babel.Locale.parse(language).territories for language in LANGUAGES]
    for country in env["res.country"].search([]):
        texts = [each.get(country.code, "") for each in names]
        for text in (country.code, country.name, *texts):
            known[plain(text)].add(country.id)
    known.pop("", None)
    return known


def industries(env):
    """Return ids by name, English or Portuguese as Odoo itself translates it."""
    known = defaultdict(set)
    records = env["res.partner.industry"].search([])
    ids = {name: number for number, name in records.get_external_id().items()}
    for industry in records:
        for text in filter(None, (industry.name, industry.full_name)):
            known[plain(text)].add(industry.id)
    for entry in polib.pofile(file_path("base/i18n/pt_BR.po")):
        for model, _line in entry.occurrences:
            if not model.startswith("model:res.partner.industry,"):
                continue
            found = ids.get(model.rpartition(":")[2])
            if found and entry.msgstr:
                known[plain(entry.msgstr)].add(found)
    return known


def people(env):
    """Return the ids of internal users by login and by name."""
    known = defaultdict(set)
    for user in env["res.users"].search([("share", "=", False)]):
        for text in (user.login, user.name):
            known[plain(text)].add(user.id)
    return known
