# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What documents know of customers to complete, and contacts that are probably junk.

Neither changes who lacks a contact: the one stands elsewhere, and the other counts as
a contact until somebody confirms that it is none.
"""

from datetime import datetime, time, timedelta

from ..models.people.suspect_ignored import SHARED_THRESHOLD
from .people import landline, mobile
from .words import NO_PHONES

TAX_ID = "99.000.001/0001-01"  # of a root that nobody has
OWN_PHONE = "(11) 5000-0100"
SHARED_PHONE = "(11) 5000-0999"
SHARED_EMAIL = "clientes@portal-compras.example.com"
SHARED_BY = SHARED_THRESHOLD.default + 1  # customers


def leave(env, lacking, today, rng):
    """Have documents know a contact of some customers that lack one.

    :param lacking: the customers that lack one
    :return: those of which something is known
    """
    partner = env["res.partner"]
    orders = env["sale.order"].search([("partner_id", "in", lacking.ids)], order="id")
    ordered = orders.partner_id[:2]
    archived, foreign = (
        orders.filtered(lambda order, customer=customer: order.partner_id == customer)[
            -1
        ]
        for customer in ordered
    )
    archived.partner_shipping_id = partner.create(
        {
            "name": "Depósito",
            "type": "delivery",
            "parent_id": archived.partner_id.id,
            "phone": mobile("11", rng),
            "active": False,
        }
    )
    foreign.partner_invoice_id = partner.create(
        {
            "name": "Contabilidade Amostra",
            "is_company": True,
            "email": "faturas@contabilidade-amostra.example.com",
        }
    )
    twin, writer, prospect = (lacking - ordered)[:3]
    twin.vat = TAX_ID
    partner.create(
        {
            "name": f"{twin.name} (cadastro antigo)",
            "is_company": twin.is_company,
            "country_id": twin.country_id.id,
            "vat": TAX_ID,
            "phone": landline("11", rng),
            "email": "recepcao@cadastro-antigo.example.com",
        }
    )
    env["mail.message"].create(
        {
            "model": "res.partner",
            "res_id": writer.id,
            "message_type": "email",
            "subtype_id": env.ref("mail.mt_comment").id,
            "author_id": False,
            "email_from": "Atendimento <contato@respostas.example.com>",
            "date": datetime.combine(today - timedelta(12), time(13)),
            "subject": "Re: orçamento",
            "body": "Podem responder neste e-mail. Obrigado!",
        }
    )
    known = archived.partner_id | foreign.partner_id | twin | writer
    if "crm.lead" in env:
        lead = env["crm.lead"].create(
            {
                "name": "Pedido pelo site",
                "user_id": prospect.user_id.id,
                "phone": mobile("11", rng),
                "email_from": "pedidos@site-amostra.example.com",
            }
        )
        # Afterwards, and to a contact with nothing typed: Odoo keeps the two alike.
        lead.partner_id = partner.create({"name": "Recepção", "parent_id": prospect.id})
        known |= prospect
    return known


def spoil(company, reachable, salespeople):
    """Have customers carry contacts that are nobody's, or our own.

    Each keeps the kind of contact that it had.

    :param reachable: customers with a contact
    """
    company.phone = f"+55 {OWN_PHONE}"  # wherever the company is
    alone = reachable.filtered(lambda p: not p.child_ids)
    called = alone.filtered(
        lambda p: (p.phone or "")[5:9] == "5000" and "/" not in p.phone and not p.email
    )
    called[:SHARED_BY].phone = SHARED_PHONE
    called[SHARED_BY].phone = OWN_PHONE
    written = reachable.filtered("email")
    ours = written.filtered(
        lambda p: p.user_id in salespeople and (p.phone or "") in NO_PHONES
    )[0]
    ours.email = ours.user_id.email
    (written - ours)[:SHARED_BY].email = SHARED_EMAIL


def spoilt(partners):
    """Return those that carry such a contact."""
    return partners.filtered(
        lambda p: (
            p.phone in (SHARED_PHONE, OWN_PHONE)
            or (p.email and p.email in (SHARED_EMAIL, p.user_id.email))
        )
    )
