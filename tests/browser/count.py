"""Figures counted by hand, from customers, orders and ledger: what screens must say.

Plain SQL for the rows and plain Python for the rest; nothing of the addon is asked.
"""

import re
from calendar import monthrange
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import mean
from zoneinfo import ZoneInfo

import phonenumbers
from babel.dates import format_date
from babel.numbers import format_decimal

HERE = ZoneInfo("America/Sao_Paulo")  # the demo company's working hours
# Nobody has an address at example.com, where some of Odoo's own customers have theirs.
EMAIL = re.compile(r"[^@\s]+@(?!example\.com$)[^@\s]+\.[^@\s.]{2,}")
CUSTOMERS = """
    SELECT p.id, p.name, p.user_id, country.code
      FROM res_partner p LEFT JOIN res_country country ON country.id = p.country_id
     WHERE p.active AND p.commercial_partner_id = p.id
       AND (p.company_id IS NULL OR p.company_id = 1)
       AND p.id NOT IN (SELECT partner_id FROM res_company)
       AND p.id NOT IN (SELECT partner_id FROM res_users WHERE NOT share)
       AND (p.customer_rank > 0 OR p.id IN (
            SELECT contact.commercial_partner_id
              FROM sale_order o JOIN res_partner contact ON contact.id = o.partner_id
             WHERE o.state != 'cancel'))
"""
# The workshop's: whoever has a repair, too.
PATRONS = CUSTOMERS.replace(
    "AND (p.customer_rank > 0",
    """AND (p.id IN (
            SELECT contact.commercial_partner_id
              FROM repair_order r JOIN res_partner contact ON contact.id = r.partner_id
             WHERE r.state != 'cancel')
            OR p.customer_rank > 0""",
)
FAMILIES = "SELECT commercial_partner_id, phone, email FROM res_partner WHERE active"
GAPS = """
    SELECT partner_id, user_id, opened_at, opened_on, closed_at, closed_on,
           close_reason, id
      FROM contact_kpi_gap g
     WHERE indicator_id = (SELECT id FROM contact_kpi WHERE code = %s)
       AND (company_id IS NULL OR company_id = 1)
"""
# The facts of each run: a fact is true of all days of its month until it ends.
FACTS = """
    (SELECT r.date, f.* FROM contact_kpi_run r JOIN contact_kpi_fact f
         ON f.indicator_id = r.indicator_id
        AND f.company_id = COALESCE(r.company_id, 0)
        AND f.since <= r.date AND (f.until IS NULL OR f.until > r.date)
        AND to_char(f.since, 'YYYY-MM') = to_char(r.date, 'YYYY-MM')
      WHERE r.state != 'failed') AS s
"""
SNAPSHOTS = f"""
    SELECT date, user_id, customers, missing FROM {FACTS}
     WHERE indicator_id = (SELECT id FROM contact_kpi WHERE code = %s)
       AND company_id IN (0, 1)
"""


@dataclass(frozen=True)
class Gap:
    """One row of the ledger."""

    partner: int
    user: int | None
    opened_at: datetime
    opened_on: date
    closed_at: datetime | None
    closed_on: date | None
    reason: str | None
    id: int

    def is_open(self, day):
        return self.opened_on <= day and (not self.closed_on or self.closed_on > day)


MOBILES = (
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
)


def is_mobile(text, country):
    """Whether a text holds a number that takes messages, or may."""
    return any(phonenumbers.number_type(n) in MOBILES for n in numbers(text, country))


def is_phone(text, country):
    """Whether a text holds a number that somebody may have."""
    return any(numbers(text, country))


def numbers(text, country):
    """Yield the numbers in a text that somebody may have."""
    for part in re.split(r"/|\||;| ou ", text or ""):
        try:
            number = phonenumbers.parse(part, country or "BR")
        except phonenumbers.NumberParseException:
            continue
        digits = str(number.national_number)
        one_repeated = len(set(digits[2:])) == 1
        if phonenumbers.is_valid_number(number) and not one_repeated:
            yield number


def customers(demo, junk=()):
    """Return who is a customer: ``{id: (name, salesperson, whether reachable)}``.

    :param junk: phones and e-mails, as typed, that count as none
    """
    families = defaultdict(list)
    for customer, phone, email in demo.rows(FAMILIES):
        families[customer] += [
            (None if phone in junk else phone, None if email in junk else email)
        ]
    return {
        number: (
            name,
            user,
            any(
                is_phone(phone, country) or EMAIL.fullmatch((email or "").strip())
                for phone, email in families[number]
            ),
        )
        for number, name, user, country in demo.rows(CUSTOMERS)
    }


def missing(demo, *users, junk=()):
    """Return how many customers there are and who of them lacks a contact.

    :param users: only customers of these salespeople, None for those without one
    :param junk: see :func:`customers`
    """
    mine = [
        (name, reachable)
        for name, user, reachable in customers(demo, junk).values()
        if not users or user in users
    ]
    return len(mine), {name for name, reachable in mine if not reachable}


def without_mobile(demo):
    """Return the workshop's customers, and those without a mobile: ``{id: name}``."""
    families = defaultdict(list)
    for customer, phone, _email in demo.rows(FAMILIES):
        families[customer].append(phone)
    patrons = {n: (name, code) for n, name, _user, code in demo.rows(PATRONS)}
    return patrons, {
        n: name
        for n, (name, country) in patrons.items()
        if not any(is_mobile(phone, country) for phone in families[n])
    }


def gaps(demo, code="no_contact"):
    return [Gap(*row) for row in demo.rows(GAPS, code)]


def user(demo, login):
    return demo.value("SELECT id FROM res_users WHERE login = %s", login)


def here(moment):
    """Return a moment of the database on the company's clock."""
    return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(HERE)


def today():
    return datetime.now(HERE).date()


def month_end(day):
    return day.replace(day=monthrange(day.year, day.month)[1])


def months(first):
    """Return the last day of each month from the first one's to today."""
    ends, day = [], first
    while day <= today():
        ends.append(min(month_end(day), today()))
        day = month_end(day) + timedelta(days=1)
    return ends


def trend(demo, code="no_contact"):
    """Return ``[(day, customers, missing)]``: the last day of each month."""
    customers_of, missing_of = defaultdict(int), defaultdict(int)
    for day, _user, all_of_them, lacking in demo.rows(SNAPSHOTS, code):
        customers_of[day] += all_of_them
        missing_of[day] += lacking
    ledger = gaps(demo, code)
    rows = []
    for end in months(min(customers_of)):
        lacking = sum(gap.is_open(end) for gap in ledger)
        # Today's figures are those of the last run; what happened since comes later.
        if end < today():
            assert missing_of[end] == lacking, f"snapshot and ledger differ on {end}"
        rows.append((end, customers_of[end], missing_of[end]))
    return rows


def balance(demo, first):
    """Return ``[(month, opening, opened, completed, left, closing)]``."""
    ledger, rows, day = gaps(demo), [], first
    while day <= today():
        end = month_end(day)
        closed = [g for g in ledger if g.closed_on and day <= g.closed_on <= end]
        completed = sum(gap.reason == "completed" for gap in closed)
        rows.append(
            (
                day,
                sum(gap.is_open(day - timedelta(days=1)) for gap in ledger),
                sum(day <= gap.opened_on <= end for gap in ledger),
                completed,
                len(closed) - completed,
                sum(gap.is_open(end) for gap in ledger),
            )
        )
        day = end + timedelta(days=1)
    return rows


@dataclass
class Side:
    """Orders whose customer could, or could not, be reached when they were quoted."""

    orders: int
    confirmed: int
    days: float
    amount: float


def impact(demo):
    """Return both sides: ``{"missing": Side, "informed": Side}``."""
    begins = demo.value(
        """
        SELECT min(date) FROM contact_kpi_run
         WHERE indicator_id = (SELECT id FROM contact_kpi WHERE code = 'no_contact')
        """
    )
    ledger, sides = defaultdict(list), defaultdict(list)
    for gap in gaps(demo):
        ledger[gap.partner].append(gap)
    known = demo.rows(CUSTOMERS.replace("p.active AND", ""))
    known = {number for number, *_rest in known}
    for customer, made, confirmed_on, state, amount in demo.rows(
        """
        SELECT contact.commercial_partner_id, o.create_date, o.date_order, o.state,
               o.amount_untaxed / coalesce(nullif(o.currency_rate, 0), 1)
          FROM sale_order o JOIN res_partner contact ON contact.id = o.partner_id
         WHERE o.company_id = 1
        """
    ):
        day = here(made).date()
        if customer not in known or day < begins:
            continue
        lacking = any(
            gap.opened_at <= made and (not gap.closed_at or made < gap.closed_at)
            for gap in ledger[customer]
        )
        days = max(0, (confirmed_on - made).total_seconds() / 86400)
        side = "missing" if lacking else "informed"
        sides[side].append((state == "sale", days, float(amount)))
    return {
        name: Side(
            len(orders),
            sum(sold for sold, _days, _amount in orders),
            mean(days for sold, days, _amount in orders if sold),
            sum(amount for _sold, _days, amount in orders),
        )
        for name, orders in sides.items()
    }


# -- how people write it ---------------------------------------------------------------


def number(value, language, digits=0):
    """Return a number as the language writes it."""
    if round(value, digits) == 0:
        value = 0
    pattern = "#,##0" + (f".{'0' * digits}" if digits else "")
    return format_decimal(value, pattern, locale=language)


def percent(ratio, language, trim=False):
    """Return a ratio as a percentage; fields leave out zeros at the end."""
    pattern = "#,##0.##" if trim else "#,##0.00"
    return format_decimal(100 * ratio, pattern, locale=language) + "%"


def month(day, language):
    return format_date(day, "MMMM y", locale=language)


def short(day, language):
    """Return a date as it stands in sentences."""
    return day.strftime({"en_US": "%m/%d/%Y", "pt_BR": "%d/%m/%Y"}[language])
