# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Write the workshop's year into a database that holds the base's story."""

import random
from datetime import timedelta

from odoo.tools import SQL

from odoo.addons.contact_kpi.demo import load as base
from odoo.addons.contact_kpi.demo import orders, people, traces, words
from odoo.addons.contact_kpi.demo.past import date_back, moment
from odoo.addons.contact_kpi.demo.plan import Customer, Gap

from . import plan

CLERKS = {"diego": "Diego do Balcão", "elisa": "Elisa do Balcão"}
VEHICLES = (
    "Hatch 1.0 flex",
    "Sedã 1.6 flex",
    "Picape a diesel",
    "Utilitário 2.0",
    "Furgão a diesel",
    "Caminhão leve",
)
CONSENTS = ("given", "given", "given", "given", "refused", "refused")
BLACKLISTED = 3


def load(env):
    """Load everything. The same today gives the same data."""
    env = env(context={**env.context, **base.QUIET})
    rng = random.Random(plan.SEED)
    company = env["res.company"]._contact_kpi_main()
    today = company._contact_kpi_day(env["res.company"]._contact_kpi_now())
    kpi = env.ref("contact_kpi_mechanic.contact_kpi_no_mobile")
    users = base.salespeople(env) | env.ref("base.user_admin")
    customers, partners = known(env, company, users)
    first = len(customers)
    users |= base.create_users(
        env, CLERKS, "oficina", "stock.group_stock_user", "contact_kpi_mechanic"
    )
    new = plan.newcomers(today, first, rng)
    partners |= newcomers(env, company, new, partners, rng)
    customers += new
    base.classify(env)
    lacking = lacking_numbers(env, customers, partners, first)
    # Their contacts are the base's examples of junk: they stay as they are.
    spoilt = traces.spoilt(partners)
    absent = {number for number in lacking if partners[number] in spoilt}
    customers, gave, visits = plan.tell(customers, lacking, absent, first, today, rng)
    repairs = take(env, company, partners, visits, users, today)
    quote(env, company, partners, repairs, visits, today)
    env["contact.kpi.gap"]._reconcile(kpi, cause="initial")
    base.write_ledger(env, kpi, company, customers, partners, users)
    reasons_of_then(env, kpi)
    write_mobiles(partners, sorted(gave), rng)
    came = sorted(gave & {visit.number for visit in visits})
    wishes(
        env, kpi, env["res.partner"].concat(*(partners[n] for n in came)), today, users
    )
    base.look_back(env, kpi, today)
    kpi._refresh()


def known(env, company, users):
    """Return the base's customers as its story has left them, and their partners."""
    data = env["ir.model.data"].search(
        [("module", "=", "contact_kpi"), ("name", "=like", "demo\\_customer\\_%")]
    )
    data = data.sorted(lambda row: int(row.name.rpartition("_")[2]))
    partners = env["res.partner"].browse(data.mapped("res_id"))
    places = {user: place for place, user in enumerate(users)}
    ledger = env["contact.kpi.gap"].search(
        [
            ("indicator_id.code", "=", "no_contact"),
            ("partner_id", "in", partners.ids),
        ],
        order="opened_at",
    )
    ledger = ledger.grouped("partner_id")
    customers = []
    for number, partner in enumerate(partners):
        gaps = [
            Gap(
                gap.opened_on,
                gap.closed_on or None,
                gap.close_reason or None,
                places.get(gap.closed_by_id),
            )
            for gap in ledger.get(partner, ())
        ]
        customers.append(
            Customer(
                number,
                company._contact_kpi_day(partner.create_date),
                places.get(partner.user_id),
                missing=any(not gap.closed for gap in gaps),
                gone=None if partner.active else gaps[-1].closed,
                gaps=gaps,
            )
        )
    return customers, partners


def newcomers(env, company, customers, partners, rng):
    """Create those who come for repairs alone; they are customers by these."""
    taken = {*partners.mapped("name"), *partners.child_ids.mapped("name")}
    families = people.families(customers, plan.COMPANIES, rng, taken)
    created = base.create_partners(
        env,
        customers,
        env["res.users"],
        base.customer_types(env),
        families,
        module="contact_kpi_mechanic",
        rank=0,
    )
    base.date_families(company, customers, created)
    return created


def lacking_numbers(env, customers, partners, first):
    """Return who has no mobile, except those of the base without any contact."""
    usable = env["contact.kpi"]._mobile_kinds()
    return [
        customer.number
        for customer, partner in zip(customers, partners, strict=True)
        if partner.customer_mobile_kind not in usable
        and not customer.gone
        and (customer.number >= first or not customer.missing)
    ]


def take(env, company, partners, visits, users, today):
    """Create the repairs, each with its moments; return them."""
    vehicles = env["product.product"]._load_records(
        [
            {
                "xml_id": f"contact_kpi_mechanic.demo_vehicle_{number}",
                "noupdate": True,
                "values": {"name": name, "type": "consu", "sale_ok": False},
            }
            for number, name in enumerate(VEHICLES)
        ]
    )
    repairs = env["repair.order"].create(
        [
            {
                "partner_id": partners[visit.number].id,
                "product_id": vehicles[visit.number % len(vehicles)].id,
                "service_type_id": env.ref(
                    f"contact_kpi_mechanic.mechanic_service_type_{visit.service}"
                ).id,
                "priority": str(int(visit.urgent)),
                "user_id": users[plan.FIRST_CLERK + visit.clerk].id,
                "schedule_date": moment(company, visit.scheduled, 14),
                "state": state(visit, today),
            }
            for visit in visits
        ]
    )
    date_back(
        [
            (
                repair,
                # Before the ledger's afternoon, in which a mobile is given.
                moment(company, visit.day, 10 + place % 4, place % 60),
                visit.confirmed and moment(company, visit.confirmed, 18, place % 60),
                visit.finished and moment(company, visit.finished, 19, place % 60),
            )
            for place, (repair, visit) in enumerate(zip(repairs, visits, strict=True))
        ],
        "create_date",
        "confirmed_at",
        "finished_at",
    )
    return repairs


def state(visit, today):
    """Return where a repair stands today."""
    if visit.cancelled:
        return "cancel"
    if visit.finished:
        return "done"
    if visit.confirmed:
        return "under_repair" if visit.scheduled < today else "confirmed"
    return "draft"


def quote(env, company, partners, repairs, visits, today):
    """Send quotations, and messages about repairs that have none."""
    messaged = [pair for pair in zip(repairs, visits, strict=True) if pair[1].messaged]
    quoted = [pair for pair in messaged if pair[1].quoted]
    rows = [
        (partners[visit.number], visit.day, visit.number, 1 + len(visit.service) % 4)
        + (visit.confirmed,)
        for _repair, visit in quoted
    ]
    for sale, (repair, _visit) in zip(
        orders.place(env, company, rows, today), quoted, strict=True
    ):
        repair.sale_order_id = sale
    notification = env["mail.notification"]
    kinds = dict(notification._fields["notification_type"].selection)
    usable = env["contact.kpi"]._mobile_kinds()
    messages = []
    for repair, visit in messaged:
        partner = partners[visit.number]
        kind = "email" if partner.email else None
        if partner.customer_mobile_kind in usable and "sms" in kinds:
            kind = "sms"
        if kind:
            about = repair.sale_order_id or repair
            messages.append(
                {
                    "model": about._name,
                    "res_id": about.id,
                    "message_type": "comment",
                    "author_id": repair.user_id.partner_id.id,
                    "date": moment(company, visit.day, 15),
                    "body": "Orçamento enviado." if visit.quoted else "Carro recebido.",
                    "notification_ids": [
                        (
                            0,
                            0,
                            {
                                "res_partner_id": partner.id,
                                "notification_type": kind,
                                "notification_status": "sent",
                            },
                        )
                    ],
                }
            )
    env["mail.message"].create(messages)


def reasons_of_then(env, kpi):
    """Give closed gaps of unreachable customers a reason of that day: no number, or
    junk. The ledger recorded the number that they have today."""
    env.cr.execute(
        SQL(
            """
            UPDATE contact_kpi_gap
               SET mobile_reason = CASE WHEN date_part('day', opened_on)::int %% 2 = 0
                                        THEN 'junk' ELSE 'nothing' END
             WHERE indicator_id = %s AND closed_at IS NOT NULL
               AND mobile_reason = ANY(%s)
            """,
            kpi.id,
            env["contact.kpi"]._mobile_kinds(),
        )
    )
    env["contact.kpi.gap"].invalidate_model(["mobile_reason"], flush=False)


def write_mobiles(partners, numbers, rng):
    """Type the mobiles that were given, beside the landline where there is one.

    Gaps that the engine opened for them in this transaction leave no row.
    """
    areas = {state: area for state, area, _cities in words.PLACES}
    for number in numbers:
        partner = partners[number]
        mobile = people.mobile(areas[partner.state_id.code], rng)
        if partner.contact_mobile_kind == "landline":
            mobile = f"{partner.phone} / {mobile}"
        partner.phone = mobile


def wishes(env, kpi, messageable, today, users):
    """Some agreed to be messaged, some do not want to, some refuse to give a mobile.

    :param messageable: customers of repairs who have given one
    """
    for place, (partner, consent) in enumerate(
        zip(messageable, CONSENTS, strict=False)
    ):
        partner.write(
            {
                "contact_kpi_consent": consent,
                "contact_kpi_consent_on": today - timedelta(20 * (place + 1)),
                "contact_kpi_consent_channel": "in_person",
                "contact_kpi_consent_by_id": users[plan.FIRST_CLERK + place % 2].id,
            }
        )
    for partner in messageable[-BLACKLISTED:]:
        mobile = partner.phone.split(" / ")[-1]
        number = partner._phone_format(number=mobile)
        env["phone.blacklist"].create({"number": number})
    gaps = env["contact.kpi.gap"].search(
        [
            ("indicator_id", "=", kpi.id),
            ("closed_at", "=", False),
            ("urgency", "!=", "none"),
        ],
        order="opened_on",
        limit=4,
    )
    reason = env["contact.kpi.decline.reason"].search([], limit=1)
    for gap in gaps[:2]:
        env["contact.kpi.decline"].create(
            {
                "gap_id": gap.id,
                "reason_id": reason.id,
                "declined_on": today - timedelta(25),
                "review_on": today + timedelta(155),
            }
        )
    env["mail.activity"]._contact_kpi_schedule(gaps[2:])
