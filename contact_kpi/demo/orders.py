# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Quotations and orders: whoever cannot be reached confirms less, and later."""

from datetime import timedelta

from odoo.tools import SQL

from .plan import working_day

ORDERS = 90
OPEN_FOR = 25  # days that a quotation stays open
CONFIRMED = {True: 0.35, False: 0.7}  # share, by whether a contact was lacking
SLOWEST = {True: 14, False: 6}  # days to confirm, at most


def create(env, company, customers, partners, today, rng):
    """Create the orders, then move each to its day."""
    drawn = sorted(draw(customers, today, rng), key=lambda row: row[:3])
    product = env["product.product"]._load_records(
        [
            {
                "xml_id": "contact_kpi.demo_product",
                "noupdate": True,
                "values": {
                    "name": "Pacote de serviços",
                    "type": "service",
                    "list_price": 480.0,
                    "taxes_id": [(5,)],
                },
            }
        ]
    )
    sales = env["sale.order"].create(
        [
            {
                "partner_id": partners[number].id,
                "user_id": partners[number].user_id.id,
                "order_line": [
                    (0, 0, {"product_id": product.id, "product_uom_qty": quantity})
                ],
            }
            for _day, number, quantity, _confirmed in drawn
        ]
    )
    pairs = list(zip(sales, drawn, strict=True))
    env["sale.order"].union(*(s for s, row in pairs if row[3])).action_confirm()
    for sale, (day, _number, _quantity, confirmed) in pairs:
        if not confirmed and day < today - timedelta(OPEN_FOR):
            sale.state = "cancel"
    date_back(env, company, pairs)


def draw(customers, today, rng):
    """Yield day, customer number, quantity, day of confirmation or nothing."""
    present = [c for c in customers if not c.gone]
    # Some that lack a contact show what the stars mean: an order, a quotation, both.
    lacking = [c for c in present if c.missing and c.created < today - timedelta(60)]
    stars = [(c, 200, True) for c in lacking[:5:2]]
    stars += [(c, 8, False) for c in [*lacking[:1], *lacking[1:6:2]]]
    # The others that lack one have no business at all: no star.
    rest = [c for c in present if not c.missing]
    others = [(rng.choice(rest), rng.randint(1, 365), None) for _ in range(ORDERS)]
    for customer, age, sure in stars + others:
        day = max(working_day(today - timedelta(age)), customer.created)
        lacks = customer.lacks_on(day)
        confirmed = rng.random() < CONFIRMED[lacks] if sure is None else sure
        on = working_day(day + timedelta(rng.randint(0, SLOWEST[lacks])), 1)
        quantity = rng.randint(1, 9)
        yield day, customer.number, quantity, on if confirmed and on < today else None


def date_back(env, company, pairs):
    """Write when each order was made and confirmed."""
    env.flush_all()
    made, ordered = [], []
    for _sale, (day, number, _quantity, confirmed) in pairs:
        minute = timedelta(minutes=number % 60)
        made.append(company._contact_kpi_day_end(day) - timedelta(hours=10) + minute)
        last = company._contact_kpi_day_end(confirmed or day)
        ordered.append(last - timedelta(hours=8) + minute)
    env.cr.execute(
        SQL(
            """
            UPDATE sale_order o SET create_date = v.created, date_order = v.ordered
              FROM unnest(%s::int[], %s::timestamp[], %s::timestamp[])
                AS v (id, created, ordered)
             WHERE o.id = v.id
            """,
            [sale.id for sale, _row in pairs],
            made,
            ordered,
        )
    )
    env["sale.order"].invalidate_model(flush=False)
