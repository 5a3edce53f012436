# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Write the invented customers and their year into a database."""

import random
from datetime import timedelta

from odoo.tools import SQL

from ..models.engine.segment_mixin import CUSTOMER_TYPE_TAG
from . import answers, orders, people, plan, traces, words
from .past import date_back, moment

USERS = {"ana": "Ana Exemplo", "bruno": "Bruno Exemplo", "carla": "Carla Exemplo"}
QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "no_reset_password": True,
}
HISTORY_DAYS = 366


def load(env):
    """Load everything. The same today gives the same data."""
    env = env(context={**env.context, **QUIET})
    rng = random.Random(plan.SEED)
    company = brazilian(env)
    today = company._contact_kpi_day(env["res.company"]._contact_kpi_now())
    customers = plan.plan(today, rng)
    users = salespeople(env) | env.ref("base.user_admin")
    types = customer_types(env)
    families = people.families(customers, plan.COMPANIES, rng)
    partners = create_partners(env, customers, users, types, families)
    move_to_the_past(env, company, customers, partners)
    orders.create(env, company, customers, partners, today, rng)
    lacking, reachable = (
        partners.browse(
            partner.id
            for customer, partner in zip(customers, partners, strict=True)
            if not customer.gone and customer.missing == missing
        )
        for missing in (True, False)
    )
    known = traces.leave(env, lacking, today, rng)
    traces.spoil(company, reachable, users[: len(USERS)])
    answers.confirm(env, customers, partners, today, rng)
    classify(env)
    kpi = env.ref("contact_kpi.contact_kpi_no_contact")
    write_ledger(env, kpi, company, customers, partners, users)
    gaps = env["contact.kpi.gap"].search(
        [("indicator_id", "=", kpi.id), ("partner_id", "in", (partners - known).ids)]
    )
    declined = answers.refuse(env, gaps, today)
    to_do = gaps.filtered(lambda gap: not gap.closed_at and gap not in declined)
    answers.consent(env, to_do.partner_id, reachable, today, rng)
    env["mail.activity"]._contact_kpi_schedule(to_do[-3:])
    look_back(env, kpi, today)
    for each in env["contact.kpi"].search([]):
        each._refresh()


def brazilian(env):
    """Give the main company the day of the story and, while free to, its country."""
    company = env["res.company"]._contact_kpi_main()
    company.resource_calendar_id.tz = "America/Sao_Paulo"
    if not env["account.move"].search_count([], limit=1):
        company.country_id = env.ref("base.br")
    return company


def look_back(env, kpi, today):
    """Write the figures of each day of the year, from the ledger."""
    days = [today - timedelta(age) for age in range(HISTORY_DAYS, 0, -1)]
    env["contact.kpi.run"]._reconstruct(kpi, days)
    env["contact.kpi.history"]._plan(kpi)._skip()


def salespeople(env):
    """Return the three, who see their own customers only."""
    return create_users(env, USERS, "vendas", "sales_team.group_sale_salesman")


def create_users(env, names, place, group, module="contact_kpi"):
    """Create people who work here, and may complete what they find.

    :param names: ``{key: name}``; login and password are made from the key
    """
    groups = env.ref(group) | env.ref("base.group_partner_manager")
    return env["res.users"]._load_records(
        [
            {
                "xml_id": f"{module}.demo_user_{key}",
                "noupdate": True,
                "values": {
                    "name": name,
                    "login": f"{key}.exemplo",
                    "password": f"{key}.exemplo",
                    "email": f"{key}@{place}.example.com",
                    "tz": "America/Sao_Paulo",
                    "group_ids": [(4, group.id) for group in groups],
                },
            }
            for key, name in names.items()
        ]
    )


def customer_types(env):
    """Create the tags that say what kind of customer, and choose them as types."""
    category = env["res.partner.category"]

    def tags(values):
        return category._load_records(
            [
                {
                    "xml_id": f"contact_kpi.demo_tag_{key}",
                    "noupdate": True,
                    "values": vals,
                }
                for key, vals in values.items()
            ]
        )

    parent = tags({"type": {"name": words.TYPE_TAG, "color": 0}})
    children = tags(
        {
            key: {"name": name, "parent_id": parent.id, "color": color}
            for color, (key, name) in enumerate(words.TYPES.items(), 1)
        }
    )
    env["ir.config_parameter"].set_param(CUSTOMER_TYPE_TAG.key, str(parent.id))
    return dict(zip(words.TYPES, children, strict=True))


def create_partners(
    env, customers, users, types, families, *, module="contact_kpi", rank=1
):
    """Create customers and contacts; return the customers, in order.

    :param families: of each customer, see :func:`people.families`
    """
    brazil = env.ref("base.br")
    states = {state.code: state.id for state in brazil.state_ids}
    # What a tax ID of a company is called, where the localisation is installed.
    cnpj = env.ref("l10n_br.cnpj", raise_if_not_found=False)
    heads, children = [], []
    for customer, (values, contacts) in zip(customers, families, strict=True):
        industry = values.pop("industry", None)
        tag = types.get(values.pop("type_tag"))
        if cnpj and values["is_company"]:
            values["l10n_latam_identification_type_id"] = cnpj.id
        heads.append(
            values
            | {
                "state_id": states[values.pop("state")],
                "country_id": brazil.id,
                "customer_rank": rank,
                "category_id": [(6, 0, tag.ids if tag else [])],
                "active": not customer.gone,
                "industry_id": industry
                and env.ref(f"base.res_partner_industry_{industry}").id,
                "user_id": customer.salesperson is not None
                and users[customer.salesperson].id,
            }
        )
        children += [(len(heads) - 1, contact) for contact in contacts]
    partners = env["res.partner"]._load_records(
        [
            {
                "xml_id": f"{module}.demo_customer_{customer.number}",
                "noupdate": True,
                "values": values,
            }
            for customer, values in zip(customers, heads, strict=True)
        ]
    )
    env["res.partner"]._load_records(
        [
            {
                "xml_id": f"{module}.demo_contact_{number}",
                "noupdate": True,
                "values": contact | {"parent_id": partners[place].id},
            }
            for number, (place, contact) in enumerate(children)
        ]
    )
    return partners


def created_at(company, customer):
    return moment(company, customer.created, 9, customer.number % 60)


def move_to_the_past(env, company, customers, partners):
    """Let customers have come when the story says; other demo customers first."""
    env.flush_all()
    start = moment(company, customers[0].created, 0)
    env.cr.execute(
        SQL(
            """
            UPDATE res_partner SET create_date = %s
             WHERE id IN (SELECT res_id FROM ir_model_data
                           WHERE model = 'res.partner')
            """,
            start,
        )
    )
    date_families(company, customers, partners)


def date_families(company, customers, partners):
    """Let customers have come, with their contacts, when the story says."""
    came = [
        (member, created_at(company, customer))
        for customer, partner in zip(customers, partners, strict=True)
        for member in partner | partner.child_ids
    ]
    date_back(came, "create_date")


def classify(env):
    """Look at all contacts within this transaction, unlike the scheduled action."""
    env["res.partner"]._contact_kpi_run_pending()
    ids = env["res.partner"].with_context(active_test=False).search([], order="id").ids
    env["contact.kpi.ruleset"]._classify(ids, settled=True)
    env["contact.kpi.ruleset"]._current().write(
        {"state": "done", "last_partner_id": ids[-1], "classified": len(ids)}
    )
    for kpi in env["contact.kpi"].search([]):
        env["contact.kpi.gap"]._reconcile(kpi, cause="initial")


def write_ledger(env, kpi, company, customers, partners, users):
    """Date the gaps that the engine has opened, and add those that were.

    The engine decides who lacks a contact today; the story only says since when.
    """
    ledger = env["contact.kpi.gap"]
    rows = []
    for customer, partner in zip(customers, partners, strict=True):
        completed = False
        for gap in customer.gaps:
            first_day = gap.opened == customer.created
            opened_at = (
                created_at(company, customer)
                if first_day
                else moment(company, gap.opened, 11, customer.number % 60)
            )
            closed_at = gap.closed and moment(
                company, gap.closed, 14 + customer.number % 4, customer.number % 60
            )
            days = (
                (closed_at - opened_at).total_seconds() / 86400
                if gap.reason == "completed"
                else None
            )
            by = gap.by is not None and users[gap.by].id
            rows.append(
                (partner.id, opened_at, gap.opened, closed_at, gap.closed)
                + (gap.reason, by or None, completed, days)
            )
            completed = completed or gap.reason == "completed"
    values = SQL(", ").join(
        SQL(
            "(%s, %s::timestamp, %s::date, %s::timestamp, %s::date,"
            " %s, %s::int, %s, %s::float)",
            *row,
        )
        for row in rows
    )
    env.cr.execute(
        SQL(
            """
            UPDATE contact_kpi_gap g
               SET opened_at = v.opened_at, opened_on = v.opened_on,
                   came_back = v.came_back, origin = 'observed'
              FROM (VALUES %s) AS v (partner_id, opened_at, opened_on, closed_at,
                   closed_on, reason, by_id, came_back, days)
             WHERE g.partner_id = v.partner_id AND g.indicator_id = %s
               AND g.closed_at IS NULL AND v.closed_at IS NULL
            """,
            values,
            kpi.id,
        )
    )
    env.cr.execute(
        SQL(
            """
            INSERT INTO contact_kpi_gap
                   (indicator_id, partner_id, company_id, user_id, opening_user_id,
                    opened_at, opened_on, closed_at, closed_on, close_reason,
                    closed_by_id, came_back, days_to_complete, origin, priority,
                    %(columns)s)
            SELECT %(kpi)s, p.id, p.company_id, p.user_id, p.user_id,
                   v.opened_at, v.opened_on, v.closed_at, v.closed_on, v.reason,
                   v.by_id, v.came_back, v.days, 'observed', '0',
                   %(segments)s
              FROM (VALUES %(values)s) AS v (partner_id, opened_at, opened_on,
                   closed_at, closed_on, reason, by_id, came_back, days)
              JOIN (%(customers)s) AS p ON p.id = v.partner_id
             WHERE v.closed_at IS NOT NULL
            """,
            kpi=kpi.id,
            values=values,
            customers=of_customers(env, partners),
            columns=ledger._segment_columns(),
            segments=SQL(", ").join(
                SQL.identifier("p", name) for name in ledger._segment_names()
            ),
        )
    )
    # Other modules' demo customers: open since before the story begins.
    env.cr.execute(
        SQL(
            """
            UPDATE contact_kpi_gap g SET opened_at = p.create_date,
                   opened_on = %s
              FROM res_partner p
             WHERE p.id = g.partner_id AND g.origin = 'initial'
               AND g.closed_at IS NULL AND g.indicator_id = %s
               AND p.create_date = %s
            """,
            customers[0].created,
            kpi.id,
            moment(company, customers[0].created, 0),
        )
    )
    env["contact.kpi.gap"].invalidate_model(flush=False)


def of_customers(env, partners):
    """Return SQL of these customers with what the ledger keeps of each."""
    gap, partner = env["contact.kpi.gap"], env["contact.kpi"]._partners()
    query = partner._search([("id", "in", partners.ids)])
    table = partner._table
    return query.select(
        *(SQL.identifier(table, name) for name in ("id", "company_id", "user_id")),
        *(
            SQL(
                "%s AS %s",
                gap._segment_sql(name, partner, query, partners.ids),
                SQL.identifier(name),
            )
            for name in gap._segment_names()
        ),
    )
