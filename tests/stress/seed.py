"""A small world: two companies on different days, families, people who sell to them.

Whether a text is a contact is written beside it, so that whoever checks the figures
needs no code of ours: `stress_word` keeps the usable ones in the database.
"""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from odoo.api import SUPERUSER_ID, Environment
from odoo.fields import Command
from odoo.sql_db import Cursor

MOBILE, OTHER_MOBILE = "(11) 96123-4567", "+55 21 98765-4321"
LANDLINE, TOLL_FREE = "+55 11 2345-6789", "0800 725 1234"
EMAIL, OTHER_EMAIL = "ana@oficina.com.br", "compras@padaria.com.br"
# Usable texts: the text as compared below, whether a phone, whether a mobile.
WORDS = {
    MOBILE: ("11961234567", True, True),
    OTHER_MOBILE: ("21987654321", True, True),
    LANDLINE: ("1123456789", True, False),
    TOLL_FREE: ("08007251234", True, False),
    EMAIL: (EMAIL, False, False),
    OTHER_EMAIL: (OTHER_EMAIL, False, False),
}
NO_PHONES = ("96123-4567", "(11) 99999-9999", "não tem", " - ", "")
NO_EMAILS = ("x@x", "não tem", "")
PHONES = (*NO_PHONES, LANDLINE, MOBILE, *NO_PHONES, TOLL_FREE, OTHER_MOBILE)
EMAILS = (*NO_EMAILS, "", EMAIL, *NO_EMAILS, OTHER_EMAIL)
CNPJ = "11.444.777/0001-61"
CUSTOMERS = 44
FAR_AWAY = "Pacific/Kiritimati"  # 17 hours ahead of São Paulo: mostly another day
SELLS, ALL, LEADS = (
    f"sales_team.group_sale_{name}"
    for name in ("salesman", "salesman_all_leads", "manager")
)
EDITS = "base.group_partner_manager"
PASSWORD = "stress"
# Who logs in: how many companies, groups.
PEOPLE = {
    "ana": (1, (SELLS, EDITS)),
    "bruno": (2, (ALL, EDITS)),
    "carla": (2, (LEADS, EDITS, "base.group_allow_export")),
    "diego": (2, ("stock.group_stock_user", EDITS)),
    "erin": (2, (LEADS, EDITS, "base.group_system")),
}
# Half past an hour, so that no company's midnight comes while the tests run.
NOW = datetime.now(UTC).replace(tzinfo=None, second=0, microsecond=0)
NOW = NOW.replace(minute=30) - timedelta(hours=NOW.minute < 30)
LATER = NOW + timedelta(minutes=1)

# Who lacks what, from the raw fields alone. The words are compared without formatting.
LACKING = r"""
CREATE TABLE stress_word (word varchar PRIMARY KEY, key varchar, phone bool,
                          mobile bool);
CREATE VIEW stress_usable AS
    SELECT m.commercial_partner_id AS head, m.id, w.phone, w.mobile
      FROM res_partner m
      JOIN stress_word w ON w.key IN (
            regexp_replace(
                regexp_replace(m.phone, '\D', '', 'g'), '^55(\d{10,11})$', '\1'),
            lower(btrim(m.email)))
       AND NOT EXISTS (SELECT FROM contact_kpi_placeholder p
                        WHERE p.active AND p.name = w.word)
     WHERE m.active;
CREATE VIEW stress_customer AS
    SELECT k.id AS indicator_id, k.code, p.id, p.name, p.company_id, p.user_id,
           p.is_company, p.industry_id, p.country_id, p.state_id,
           CASE k.code
               WHEN 'no_contact' THEN NOT EXISTS (
                   SELECT FROM stress_usable u WHERE u.head = p.id)
               WHEN 'no_mobile' THEN NOT EXISTS (
                   SELECT FROM stress_usable u WHERE u.head = p.id AND u.mobile)
               WHEN 'no_tax_id' THEN COALESCE(p.vat, '') = ''
           END AS missing
      FROM contact_kpi k CROSS JOIN res_partner p
     WHERE k.active AND p.active AND p.commercial_partner_id = p.id
       AND NOT EXISTS (SELECT FROM res_company c WHERE c.partner_id = p.id)
       AND NOT EXISTS (SELECT FROM res_users u
                        WHERE u.partner_id = p.id AND NOT u.share
                          AND (u.active OR u.id = 1))
       AND (p.customer_rank > 0
            OR EXISTS (SELECT FROM sale_order o JOIN res_partner m
                           ON m.id = o.partner_id
                        WHERE m.commercial_partner_id = p.id AND o.state != 'cancel')
            OR k.code = 'no_mobile'
               AND EXISTS (SELECT FROM repair_order o JOIN res_partner m
                               ON m.id = o.partner_id
                            WHERE m.commercial_partner_id = p.id
                              AND o.state != 'cancel'));
"""
# As after an installation into a database that was in use: nothing looked at yet.
FORGET = """
DELETE FROM contact_kpi_decline;
DELETE FROM contact_kpi_gap_segment;
DELETE FROM contact_kpi_gap;
DELETE FROM contact_kpi_fact;
DELETE FROM contact_kpi_customer_state;
DELETE FROM contact_kpi_customer_change;
DELETE FROM contact_kpi_run;
DELETE FROM contact_kpi_history_unknown;
DELETE FROM contact_kpi_history;
DELETE FROM contact_kpi_ruleset;
DELETE FROM ir_cron_trigger;
UPDATE res_partner
   SET contact_digest = NULL, contact_phone_kind = NULL, contact_email_kind = NULL,
       customer_phone_kind = NULL, customer_email_kind = NULL,
       contact_mobile_kind = NULL, customer_mobile_kind = NULL;
"""


@contextmanager
def clock(moment):
    """Let all transactions of this process begin at a moment, in UTC."""
    with patch.object(Cursor, "now", lambda cursor: moment):
        yield


@contextmanager
def transaction(registry, *, days=0):
    """Yield an environment whose changes are committed, as of some days ago."""
    with clock(NOW - timedelta(days=days)), registry.cursor() as cursor:
        yield Environment(cursor, SUPERUSER_ID, {})
    registry.signal_changes()


def refresh(registry, days):
    """Look at all contacts, rebuild the past, take the figures of a day."""
    with transaction(registry, days=days) as env:
        for _batch in range(9):
            env["contact.kpi.ruleset"]._cron_classify()
            env["contact.kpi.history"]._cron_rebuild()
        env["contact.kpi"]._cron_refresh()


def settle(registry):
    """Look at what is left to look at, and take the figures, now."""
    with registry.cursor() as cursor:
        env = Environment(cursor, SUPERUSER_ID, {})
        for _batch in range(9):
            env["contact.kpi.ruleset"]._cron_classify()
        env["contact.kpi"]._cron_refresh()


def begun(registry):
    """The desk as it is used: gaps of long ago, some completed, yesterday's figures."""
    with transaction(registry, days=200) as env:
        env.cr.execute(LACKING + FORGET)
        env.cr.execute_values(
            "INSERT INTO stress_word VALUES %s",
            [(word, *vals) for word, vals in WORDS.items()],
        )
        # No job of Odoo's own in the background.
        ours = "cron_name NOT LIKE 'Contact KPI%'"
        env.cr.execute(f"UPDATE ir_cron SET active = FALSE WHERE {ours}")
        registry.clear_cache()
        populate(env)
        install(env)
    refresh(registry, 200)
    with transaction(registry, days=100) as env:
        for index in (2, 5, 9, 14, 20):
            customer(env, index).write({"phone": MOBILE})
        for index in (6, 13):
            customer(env, index).write({"phone": "não tem", "email": False})
        customer(env, 17).active = False
        customer(env, 22).unlink()
    refresh(registry, 100)
    with transaction(registry, days=30) as env:
        customer(env, 2).write({"phone": False, "email": False})
        reason = env["contact.kpi.decline.reason"].search([], limit=1)
        gaps = env["contact.kpi.gap"].search([("partner_id.name", "=like", "%3")])
        gaps._decline(reason, (NOW - timedelta(days=1)).date())
    refresh(registry, 1)
    with transaction(registry) as env:
        # What no hook can see, and the night repairs: both ways.
        for index, phone in ((6, MOBILE), (20, "não tem"), (27, LANDLINE), (34, None)):
            env.cr.execute(
                "UPDATE res_partner SET phone = %s WHERE id = %s",
                [phone, customer(env, index).id],
            )
        env.cr.execute(
            "UPDATE res_partner SET user_id = NULL WHERE id = ANY(%s)",
            [(customer(env, 10) | customer(env, 11)).ids],
        )
        # The chatter writes the clock's moment, which stood still elsewhere.
        env.cr.execute("UPDATE mail_message SET date = create_date")


def before(registry):
    """The same, the moment that the addons have been installed."""
    with transaction(registry) as env:
        env.cr.execute(FORGET)
        registry.clear_cache()
        install(env)
        env["ir.config_parameter"].set_param("contact_kpi.history_months", 1)
        env.ref("contact_kpi.ir_cron_classify").code = "model._cron_classify(60)"


def classified(registry):
    """And a moment later: all contacts have been looked at."""
    with transaction(registry) as env:
        for _batch in range(9):
            env["contact.kpi.ruleset"]._cron_classify()


def install(env):
    """What creating the indicators does, where nobody was looked at yet."""
    kpis = env["contact.kpi"].search([])
    env["contact.kpi.ruleset"]._current()
    for kpi in kpis:
        env["contact.kpi.gap"]._reconcile(kpi, cause="initial")
    env["contact.kpi.history"]._plan(kpis)


def customer(env, index):
    """Return a customer by its number."""
    return env["res.partner"].search([("name", "=", f"Customer {index:02}")])


def populate(env):
    """Companies, people, customers with their families and what they ordered."""
    main, brazil = env.ref("base.main_company"), env.ref("base.br")
    main.resource_calendar_id.tz = "America/Sao_Paulo"
    far = env["res.company"].create({"name": "Far Away"})
    far.resource_calendar_id.tz = FAR_AWAY
    # Accounting would load a chart of accounts for each, which takes half a minute.
    (main | far).flush_recordset()
    env.cr.execute(
        "UPDATE res_partner SET country_id = %s WHERE id = ANY(%s)",
        [brazil.id, (main | far).partner_id.ids],
    )
    env.invalidate_all()
    env["contact.kpi"].create(
        {
            "name": "Customers without tax ID",
            "code": "no_tax_id",
            "gap_domain": "[('vat', '=', False)]",
        }
    )
    people = []
    for login, (companies, groups) in PEOPLE.items():
        vals = {
            "name": login.capitalize(),
            "login": login,
            "company_id": main.id,
            "company_ids": [Command.set((main | far).ids[:companies])],
            "group_ids": [Command.link(env.ref(name).id) for name in groups],
        }
        people.append(vals)
    sellers = env["res.users"].with_context(no_reset_password=True).create(people)
    sellers[0].password = PASSWORD
    # Making it out anew for each takes Odoo half a second.
    env.cr.execute(
        "UPDATE res_users SET password ="
        " (SELECT password FROM res_users WHERE id = %s) WHERE id = ANY(%s)",
        [sellers[0].id, sellers.ids],
    )
    industries = env["res.partner.industry"].search([], limit=3)
    states = env["res.country.state"].search([("country_id", "=", brazil.id)], limit=3)
    places = [(main, far, env["res.company"])[index % 3] for index in range(CUSTOMERS)]
    heads = env["res.partner"].create(
        [
            {
                "name": f"Customer {index:02}",
                "is_company": index % 4 == 0,
                "customer_rank": index % 7 != 0,
                "company_id": company.id,
                "country_id": brazil.id,
                "state_id": states[index % 3].id,
                "industry_id": industries[index % 3].id,
                "user_id": sellers[index // 3 % 2].id if company == main else False,
                "phone": PHONES[index % len(PHONES)],
                "email": EMAILS[index % len(EMAILS)],
                "vat": CNPJ if index % 8 == 4 else False,
            }
            for index, company in enumerate(places)
        ]
    )
    env["res.partner"].create(
        [
            {
                "name": f"Contact {depth} of {index:02}",
                "parent_id": head.id,
                "phone": phone,
                "active": depth < 1 + index % 3,
            }
            for index, head in enumerate(heads)
            if head.is_company
            for depth, phone in enumerate((NO_PHONES[index % 5], LANDLINE, MOBILE))
        ]
    )
    business = [
        {"partner_id": head.id, "company_id": (company or main).id}
        for head, company in zip(heads, places, strict=True)
    ]
    env["sale.order"].create(business[::7] + business[1::5])
    env["repair.order"].create(business[2::6])
