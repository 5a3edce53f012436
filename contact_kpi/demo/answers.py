# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What customers answered: refusals, consent, and contacts that are right."""

from datetime import timedelta

from odoo.tools import SQL

from ..models.people.consent import CHANNELS
from .people import EVENLY

PAST_REFUSALS = 4
REASONS = ("refused", "no_contact", "has_none", "privacy", "gone")
CONSENTS = 24  # customers, every fifth of whom refused
YEAR = 366


def refuse(env, gaps, today):
    """Have customers decline: now, and formerly.

    :param gaps: those that are open, and those that were completed
    :return: the open ones that are declined now
    """
    reasons = [env.ref(f"contact_kpi.contact_kpi_decline_reason_{r}") for r in REASONS]
    still_open = gaps.filtered(lambda gap: not gap.closed_at).sorted("opened_on")

    def share(gap, part):
        return gap.opened_on + part * ((gap.closed_on or today) - gap.opened_on)

    def declined(gap, reason, on, **values):
        user = gap.user_id or env.ref("base.user_admin")
        env["contact.kpi.decline"].with_user(user).sudo().create(
            {
                "gap_id": gap.id,
                "reason_id": reasons[reason].id,
                "declined_on": on,
                **values,
            }
        )

    reviewed, taken_back, near, never, later = still_open[:5]
    declined(reviewed, 2, share(reviewed, 0.2), review_on=share(reviewed, 0.8))
    declined(
        taken_back,
        4,
        share(taken_back, 0.3),
        review_on=today + timedelta(150),
        ended_on=share(taken_back, 0.7),
        ended_by_id=(taken_back.user_id or env.ref("base.user_admin")).id,
    )
    declined(near, 0, near.opened_on + timedelta(1), review_on=today + timedelta(3))
    declined(never, 1, never.opened_on + timedelta(1))
    declined(later, 3, later.opened_on + timedelta(1), review_on=today + timedelta(150))
    # Those that provided it after all.
    long = gaps.filtered(lambda gap: (gap.days_to_complete or 0) > 20)
    long = long.sorted("opened_on")[:: len(long) // PAST_REFUSALS]
    for place, gap in enumerate(long[:PAST_REFUSALS]):
        on = share(gap, 0.3)
        declined(gap, (0, 3, 0, 2)[place], on, review_on=on + timedelta(180))
    return near | never | later


def consent(env, lacking, reachable, today, rng):
    """Have customers say whether they want to be contacted, over every channel.

    :param lacking: customers to complete; the first one agreed, the second did not
    """
    asked = [*lacking[:2], *rng.sample(list(reachable), CONSENTS - 2)]
    for place, partner in enumerate(asked):
        user = partner.user_id or env.ref("base.user_admin")
        partner.with_user(user).write(
            {
                "contact_kpi_consent": "refused" if place % 5 == 1 else "given",
                "contact_kpi_consent_on": today - timedelta(rng.randint(3, 200)),
                "contact_kpi_consent_channel": CHANNELS[place % len(CHANNELS)][0],
            }
        )
    env.flush_all()
    env.cr.execute(
        SQL(
            """
            UPDATE mail_message m SET date = p.contact_kpi_consent_on + TIME '14:00'
              FROM res_partner p
             WHERE m.model = 'res.partner' AND m.res_id = p.id AND p.id = ANY(%s)
               AND m.message_type = 'notification'
            """,
            [partner.id for partner in asked],
        )
    )
    env["mail.message"].invalidate_model(["date"], flush=False)


def confirm(env, customers, partners, today, rng):
    """Have the contacts of most customers confirmed, of some more than a year ago."""
    rows = []
    for customer, partner in zip(customers, partners, strict=True):
        since = max([customer.created, *(g.closed for g in customer.gaps if g.closed)])
        age = (today - since).days
        if customer.missing or customer.gone or age < 1 or rng.random() < 0.2:
            continue
        old = age > YEAR and rng.random() < 0.25
        first, last = (YEAR, age) if old else (0, min(age, YEAR - 1))
        # Spread, so that each month has some, whatever the story's day.
        days = first + int(customer.number * EVENLY % 1 * (last - first + 1))
        user = partner.user_id or env.ref("base.user_admin")
        rows.append((partner.id, today - timedelta(days), user.id))
    env.flush_all()
    env.cr.execute(
        SQL(
            """
            UPDATE res_partner p SET contact_kpi_verified_on = v.day,
                   contact_kpi_verified_by_id = v.user_id
              FROM unnest(%s::int[], %s::date[], %s::int[]) AS v (id, day, user_id)
             WHERE p.id = v.id
            """,
            *map(list, zip(*rows, strict=True)),
        )
    )
    env["res.partner"].invalidate_model(
        ["contact_kpi_verified_on", "contact_kpi_verified_by_id"], flush=False
    )
