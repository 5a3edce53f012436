# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

OUTCOMES = [
    ("captured", "Obtained"),
    ("missed", "Not Obtained"),
    ("pending", "Not Confirmed Yet"),
    ("unknown", "Unknown"),
]


class ContactKpiCaptureReport(models.Model):
    """How often the missing contact was obtained by the first repair's confirmation.

    One row per customer and indicator whose first repair that is not cancelled was
    taken while the gap was open. Obtained: a gap of the customer was completed after
    that, at the latest with the confirmation. Not obtained: none was, and one was open
    at the confirmation. Unknown, and in no rate: the moment of the confirmation is not
    on record, or the gap had ended otherwise by then (redefined, say). Credit goes to
    the responsible of the repair, whoever typed it.
    """

    _name = "contact.kpi.capture.report"
    _inherit = ["contact.kpi.repair.mixin"]
    _description = "Capture Rate at the Counter"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "repair_id"
    _counted = "first_repairs"
    _note_measures = ("first_repairs",)
    _ratios = {"capture_rate": (("captured",), ("decided",))}
    _explain_action = "contact_kpi_mechanic.contact_kpi_capture_report_action"
    _depends = {"contact.kpi.gap": ["close_reason"]}

    first_repairs = fields.Integer(
        readonly=True,
        help="Customers who lacked it when their first repair was taken.",
    )
    outcome = fields.Selection(OUTCOMES, readonly=True)
    decided = fields.Integer(
        "Confirmed",
        readonly=True,
        help="Those whose first repair was confirmed, and of whom it is known whether "
        "it was obtained by then.",
    )
    captured = fields.Integer(
        "Obtained",
        readonly=True,
        help="Those of them who had been completed by the confirmation.",
    )
    unknown = fields.Integer(
        readonly=True,
        help="Confirmed at an unknown time, or the gap had already ended otherwise: in "
        "no rate.",
    )
    capture_rate = fields.Float(
        readonly=True, aggregator=None, help="Obtained ÷ confirmed."
    )

    @api.model
    def _select_sql(self, partner, query):
        outcome = SQL(
            """CASE WHEN repair_order.state = 'draft' THEN 'pending'
                    WHEN repair_order.confirmed_at IS NULL THEN 'unknown'
                    WHEN by_then.completed THEN 'captured'
                    WHEN by_then.open THEN 'missed'
                    ELSE 'unknown' END"""
        )
        decided = SQL("(%s) IN ('captured', 'missed')", outcome)
        captured = SQL("(%s) = 'captured'", outcome)
        return {
            **super()._select_sql(partner, query),
            "outcome": outcome,
            "decided": SQL("(%s)::int", decided),
            "captured": SQL("(%s)::int", captured),
            "unknown": SQL("((%s) = 'unknown')::int", outcome),
            "capture_rate": SQL(
                "CASE WHEN %s THEN (%s)::int::float8 END", decided, captured
            ),
        }

    @api.model
    def _join_sql(self, query):
        res = super()._join_sql(query)
        query.add_join(
            "JOIN",
            "first_repair",
            SQL(
                """(SELECT DISTINCT ON (p.commercial_partner_id) r.id
                      FROM repair_order r JOIN res_partner p ON p.id = r.partner_id
                     WHERE r.state != 'cancel'
                     ORDER BY p.commercial_partner_id, r.create_date, r.id)"""
            ),
            SQL("first_repair.id = repair_order.id"),
        )
        query.add_join(
            "LEFT JOIN",
            "by_then",
            SQL(
                """LATERAL (
                    SELECT BOOL_OR(g.close_reason = 'completed'
                                   AND g.closed_at > repair_order.create_date
                                   AND g.closed_at <= repair_order.confirmed_at
                                  ) AS completed,
                           BOOL_OR(g.opened_at <= repair_order.confirmed_at
                                   AND (g.closed_at IS NULL
                                        OR g.closed_at > repair_order.confirmed_at)
                                  ) AS open
                      FROM contact_kpi_gap g
                     WHERE g.partner_id = res_partner.id
                       AND g.indicator_id = contact_kpi.id)"""
            ),
            SQL("TRUE"),
        )
        if not self._asked("left_out"):
            query.add_where(SQL("contact_kpi_gap.id IS NOT NULL"))
        return res

    # -- words beside the figures --------------------------------------------

    @api.model
    @api.readonly
    def reading_notes(self, domain, groupbys, measures):
        """What to mind when reading these figures, as sentences; three queries."""
        counts = {}
        for kpi, *figures in self._read_group(
            domain,
            ["indicator_id"],
            ["first_repairs:sum", "decided:sum", "captured:sum", "unknown:sum"],
        ):
            counts[kpi] = figures
        notes = []
        if len(counts) > 1 and "indicator_id" not in groupbys:
            notes.append(self._note_of_indicators())
        for kpi, (customers, decided, captured, unknown) in counts.items():
            prefix = f"{kpi.name}: " if len(counts) > 1 else ""
            note = self.env._(
                "Obtained from %(captured)s of %(decided)s customers by the "
                "confirmation of their first repair; %(pending)s not confirmed yet, "
                "%(unknown)s unknown.",
                captured=captured,
                decided=decided,
                pending=customers - decided - unknown,
                unknown=unknown,
            )
            notes.append(prefix + note)
        _sides, left_out = self._sums_and_left_out(domain)
        return notes + self._notes_of_the_left_out(left_out, list(counts))
