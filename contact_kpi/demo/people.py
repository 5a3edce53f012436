# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Turn the planned customers into what is typed about them: field values."""

import re
import unicodedata

from .words import (
    BRANDS,
    BUSINESS_TYPES,
    BUSINESSES,
    FAMILY_NAMES,
    FIRST_NAMES,
    NO_EMAILS,
    NO_PHONES,
    PERSON_TYPE,
    PLACE_WEIGHTS,
    PLACES,
)

# Steps of the golden section spread customers over a range with no clusters: who has
# typed no mobile must not depend on what a day's story happens to draw.
EVENLY = 0.618034


def slug(text):
    """Return a text as the part of an address."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z]+", "-", plain.lower()).strip("-")


def mobile(area, rng):
    """Return a number of a range that no operator has, but formed as a mobile's."""
    return f"({area}) 90{rng.randint(100, 999)}-{rng.randint(1000, 9999)}"


def landline(area, rng):
    """Return a landline number of an exchange that nobody is likely to have."""
    return f"({area}) 5000-{rng.randint(100, 999):04}"


def tax_id(number):
    """Return a company's CNPJ, of a branch that no company has got to; some have none.

    By its number, not drawn: what else is drawn stays what it was.
    """
    if number % 6 == 1:
        return False
    digits = [9, *(int(digit) for digit in f"{number:07}"), 9, 0, 0, 1]
    for _check_digit in range(2):
        rest = sum(d * (2 + n % 8) for n, d in enumerate(reversed(digits))) % 11
        digits.append(0 if rest < 2 else 11 - rest)
    return "{}{}.{}{}{}.{}{}{}/{}{}{}{}-{}{}".format(*digits)


def person_names(rng, taken=()):
    names = [f"{first} {last}" for first in FIRST_NAMES for last in FAMILY_NAMES]
    names = [name for name in names if name not in taken]
    rng.shuffle(names)
    return iter(names)


def families(customers, companies, rng, taken=()):
    """Yield, for each customer, its values and those of its contacts.

    ``state`` is a state's code; ``industry`` and ``type_tag`` are the ends of external
    identifiers.

    :param companies: how many of the customers are companies
    :param taken: names that somebody has already
    """
    names = person_names(rng, taken)
    firms = [(kind, brand) for kind in BUSINESSES for brand in BRANDS]
    firms = [firm for firm in firms if " ".join(firm) not in taken]
    rng.shuffle(firms)
    is_company = [n < companies for n in range(len(customers))]
    rng.shuffle(is_company)
    for customer, company in zip(customers, is_company, strict=True):
        state, area, cities = rng.choices(PLACES, PLACE_WEIGHTS)[0]
        values = {
            "is_company": company,
            "state": state,
            "city": rng.choice(cities),
            "lang": False,
        }
        if company:
            kind, brand = firms.pop()
            values |= {"name": f"{kind} {brand}", "industry": BUSINESSES[kind]}
            values["type_tag"] = BUSINESS_TYPES.get(kind)
            values["vat"] = tax_id(customer.number)
            domain = f"{slug(kind)}-{slug(brand)}.example.com"
            mailbox = rng.choice(("contato", "compras", "financeiro"))
        else:
            values |= {"name": next(names), "type_tag": PERSON_TYPE}
            domain = "correio.example.com"
            mailbox = slug(values["name"]).replace("-", ".")
        contacts = [next(names) for _ in range(rng.choice((0, 1, 1, 2)) * company)]
        contacts = [{"name": name} for name in contacts]
        if customer.missing or customer.gone:
            values |= {"phone": rng.choice(NO_PHONES), "email": rng.choice(NO_EMAILS)}
        else:
            manner = customer.number * EVENLY % 1
            reachable(values, contacts, area, f"{mailbox}@{domain}", manner, rng)
        yield values, contacts


def reachable(values, contacts, area, email, manner, rng):
    """Fill in contacts the way people do: here and there, in every manner.

    :param manner: from 0 to 1
    """
    if contacts and manner < 0.2:
        # Only the person at the company can be reached.
        values["phone"] = rng.choice(NO_PHONES)
        contacts[0] |= {"phone": mobile(area, rng), "function": "Compras"}
        return
    if manner < 0.35:
        values |= {"phone": rng.choice(NO_PHONES), "email": email}
    elif manner < 0.45:
        values["phone"] = f"{landline(area, rng)} / {mobile(area, rng)}"
    elif manner < 0.65:
        values["phone"] = landline(area, rng)
    else:
        values |= {"phone": mobile(area, rng), "email": email}
    for contact in contacts:
        if rng.random() < 0.5:
            contact["phone"] = mobile(area, rng)
