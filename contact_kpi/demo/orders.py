# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Quotations and orders: whoever cannot be reached confirms less, and later."""

from datetime import timedelta

from .past import date_back, moment
from .plan import working_day

ORDERS = 90
LACKING = 40  # more, from the time in which a customer lacked a contact
OPEN_FOR = 25  # days that a quotation stays open
CONFIRMED = {True: 0.35, False: 0.7}  # share, by whether a contact was lacking
SLOWEST = {True: 14, False: 6}  # days to confirm, at most


def create(env, company, customers, partners, today, rng):
    """Create the orders of the story."""
    drawn = sorted(draw(customers, today, rng), key=lambda row: row[:3])
    rows = [(partners[row[1]], *row) for row in drawn]
    place(env, company, rows, today)


def place(env, company, rows, today):
    """Create orders, then move each to its day.

    :param rows: partner, day, a number for the minute, quantity, day of confirmation
        or nothing
    :return: the orders
    """
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
                "partner_id": partner.id,
                "user_id": partner.user_id.id,
                "order_line": [
                    (0, 0, {"product_id": product.id, "product_uom_qty": quantity})
                ],
            }
            for partner, _day, _number, quantity, _confirmed in rows
        ]
    )
    pairs = list(zip(sales, rows, strict=True))
    env["sale.order"].union(*(s for s, row in pairs if row[-1])).action_confirm()
    for sale, (_partner, day, *_rest, confirmed) in pairs:
        if not confirmed and day < today - timedelta(OPEN_FOR):
            sale.state = "cancel"
    date_back(
        [
            (
                sale,
                moment(company, day, 14, number % 60),
                moment(company, confirmed or day, 16, number % 60),
            )
            for sale, (_partner, day, number, _quantity, confirmed) in pairs
        ],
        "create_date",
        "date_order",
    )
    return sales


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
    gaps = [(c, gap) for c in rest for gap in c.gaps]
    gaps = [(c, g) for c, g in gaps if g.opened > today - timedelta(365)]
    for customer, gap in rng.sample(gaps, LACKING):
        opened, closed = ((today - day).days for day in (gap.opened, gap.closed))
        # They open on working days: back over a weekend it is still open.
        others.append((customer, rng.randint(closed + 1, opened), None))
    for customer, age, sure in stars + others:
        day = max(working_day(today - timedelta(age)), customer.created)
        lacks = customer.lacks_on(day)
        confirmed = rng.random() < CONFIRMED[lacks] if sure is None else sure
        on = working_day(day + timedelta(rng.randint(0, SLOWEST[lacks])), 1)
        quantity = rng.randint(1, 9)
        yield day, customer.number, quantity, on if confirmed and on < today else None
