# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL


class ContactKpiRepairReport(models.Model):
    """Repairs by whether the customer's gap was open when the repair was taken.

    One row per repair and indicator, see ``contact.kpi.repair.mixin``. Days are
    empty for what has not happened and for what happened before its moment was kept.

    A message to the customer is one of the chatter, on the repair or on its
    quotation, that Odoo sent by anything but its own inbox (e-mail, SMS, …) to a
    contact of the customer's family, and that is not known to have failed. It counts
    when it came before the repair was finished. A quotation is sent with the first
    such message on it, unless it was confirmed before: Odoo keeps no date of its own.
    It is answered by its confirmation or by the first message on it that somebody of
    the customer wrote, whichever came first. If it was marked as sent by hand, the
    date is unknown. Of the chatter only these moments are read.
    """

    _name = "contact.kpi.repair.report"
    _inherit = ["contact.kpi.repair.mixin"]
    _description = "Impact of Missing Contacts on Repairs"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "repair_id"
    _counted = "repairs"
    _note_measures = ("repairs", "cancelled", "dateless", "undated")
    _ratios = {
        "cancelled_rate": (("cancelled",), ("repairs",)),
        "messaged_rate": (("messaged",), ("messageable",)),
    }
    _means = ("days_to_confirm", "days_to_finish", "delay", "days_to_answer")
    _explain_action = "contact_kpi_mechanic.contact_kpi_repair_report_action"
    _depends = {
        "sale.order": ["state", "date_order"],
        "mail.message": ["model", "res_id", "date", "author_id", "message_type"],
        "mail.notification": [
            *("mail_message_id", "res_partner_id"),
            *("notification_type", "notification_status"),
        ],
    }

    repairs = fields.Integer(readonly=True, help="Repairs taken, whatever their state.")
    cancelled = fields.Integer(readonly=True, help="Those that are cancelled now.")
    confirmed = fields.Integer(
        readonly=True, help="Those that are confirmed, under repair or repaired now."
    )
    finished = fields.Integer("Repaired", readonly=True)
    dateless = fields.Integer(
        "Confirmed, Unknown When",
        readonly=True,
        help="Confirmed before the moment was kept, or elsewhere: in no mean of days.",
    )
    undated = fields.Integer(
        "Repaired, Unknown When",
        readonly=True,
        help="Repaired before the moment was kept, or elsewhere: in no mean of days.",
    )
    cancelled_rate = fields.Float(
        "Cancelled Share",
        readonly=True,
        aggregator=None,
        help="Cancelled ÷ repairs. Whether it was missing or on file is observed "
        "together with this, not as its cause: the customers may differ in other ways, "
        "too.",
    )
    days_to_confirm = fields.Float(
        "Days to Confirm",
        readonly=True,
        digits=(16, 1),
        aggregator=None,
        help="Days from the repair order to its confirmation, mean of the confirmed.",
    )
    days_to_finish = fields.Float(
        "Days to Finish",
        readonly=True,
        digits=(16, 1),
        aggregator=None,
        help="Days from the repair order until it was repaired, mean of the repaired.",
    )
    delay = fields.Float(
        "Delay (Days)",
        readonly=True,
        digits=(16, 1),
        aggregator=None,
        help="Days from the scheduled date until it was repaired, mean of the "
        "repaired: above 0 is late, below 0 early.",
    )
    quoted = fields.Integer(
        "Quotations Sent",
        readonly=True,
        help="Repairs whose quotation was sent to the customer.",
    )
    answered = fields.Integer(
        "Quotations Answered",
        readonly=True,
        help="Of those sent, the ones that were confirmed or that the customer wrote "
        "back to.",
    )
    days_to_answer = fields.Float(
        "Days to Answer",
        readonly=True,
        digits=(16, 1),
        aggregator=None,
        help="Days from the first message with the quotation to its confirmation or "
        "to the customer's first message, mean of the answered.",
    )
    messaged = fields.Integer(
        readonly=True,
        help="Repairs whose customer was sent a message, on the repair or its "
        "quotation, before it was finished.",
    )
    messageable = fields.Integer(
        "Messages Known",
        readonly=True,
        help="Repairs of which this is known: all but those repaired at an unknown "
        "time.",
    )
    messaged_rate = fields.Float(
        "Messaged Share",
        readonly=True,
        aggregator=None,
        help="Messaged ÷ repairs of which it is known.",
    )

    # -- the table -----------------------------------------------------------

    @api.model
    def _select_sql(self, partner, query):
        confirmed = SQL("repair_order.state IN ('confirmed', 'under_repair', 'done')")
        finished = SQL("repair_order.state = 'done'")
        known = SQL("(%s AND repair_order.finished_at IS NULL) IS NOT TRUE", finished)
        messaged = SQL(
            """(%s AND sent.messaged_at IS NOT NULL
                AND (repair_order.finished_at IS NULL
                     OR sent.messaged_at < repair_order.finished_at))""",
            known,
        )
        return {
            **super()._select_sql(partner, query),
            "cancelled": SQL("(repair_order.state = 'cancel')::int"),
            "cancelled_rate": SQL("(repair_order.state = 'cancel')::int::float8"),
            "confirmed": SQL("(%s)::int", confirmed),
            "finished": SQL("(%s)::int", finished),
            "dateless": SQL(
                "(%s AND repair_order.confirmed_at IS NULL)::int", confirmed
            ),
            "undated": SQL("(NOT (%s))::int", known),
            "days_to_confirm": self._days_sql(
                SQL("repair_order.create_date"), SQL("repair_order.confirmed_at")
            ),
            "days_to_finish": self._days_sql(
                SQL("repair_order.create_date"), SQL("repair_order.finished_at")
            ),
            "delay": SQL(
                """date_part('epoch', repair_order.finished_at
                                      - repair_order.schedule_date) / 86400"""
            ),
            "quoted": SQL("(sent.quoted_at IS NOT NULL)::int"),
            "answered": SQL("(answer.at IS NOT NULL)::int"),
            "days_to_answer": self._days_sql(SQL("sent.quoted_at"), SQL("answer.at")),
            "messaged": SQL("%s::int", messaged),
            "messageable": SQL("(%s)::int", known),
            "messaged_rate": SQL(
                "CASE WHEN %s THEN %s::int::float8 END", known, messaged
            ),
        }

    @api.model
    def _days_sql(self, since, until):
        # create_date has fractions of a second, our moments have none: hence one second
        # of tolerance. Of what ended before its record was created, the duration is
        # unknown.
        return SQL(
            """CASE WHEN %(until)s > %(since)s - INTERVAL '1 second'
                    THEN GREATEST(date_part('epoch', %(until)s - %(since)s), 0)
                         / 86400 END""",
            since=since,
            until=until,
        )

    @api.model
    def _join_sql(self, query):
        res = super()._join_sql(query)
        query.add_join("LEFT JOIN", "sent", self._sent_sql(), SQL("TRUE"))
        query.add_join("LEFT JOIN", "answer", self._answer_sql(), SQL("TRUE"))
        return res

    @api.model
    def _sent_sql(self):
        """SQL: when a repair's customer was first sent a message and a quotation.

        An index look-up per document, so that no other chatter is read. Free if none of
        its columns is asked for: the planner then removes the join.
        """
        return SQL(
            """LATERAL (
                SELECT MIN(m.date) AS messaged_at,
                       MIN(m.date) FILTER (
                           WHERE about.model = 'sale.order'
                             AND (%(confirmed_at)s >= m.date) IS NOT FALSE
                       ) AS quoted_at
                  FROM (VALUES ('repair.order', repair_order.id),
                               ('sale.order', repair_order.sale_order_id)
                       ) AS about (model, res_id)
                  JOIN mail_message m ON m.model = about.model
                                     AND m.res_id = about.res_id
                  JOIN mail_notification n ON n.mail_message_id = m.id
                  JOIN res_partner recipient ON recipient.id = n.res_partner_id
                 WHERE n.notification_type != 'inbox'
                   AND n.notification_status NOT IN ('bounce', 'exception', 'canceled')
                   -- CASE hides it from the planner, which would else start from all
                   -- that the customer was ever sent, once per repair.
                   AND CASE WHEN recipient.commercial_partner_id = res_partner.id
                            THEN TRUE ELSE FALSE END)""",
            confirmed_at=self._confirmed_sql(),
        )

    @api.model
    def _confirmed_sql(self):
        """SQL: when the quotation was confirmed; only looked up where one was sent."""
        return SQL(
            """(SELECT o.date_order FROM sale_order o
                 WHERE o.id = repair_order.sale_order_id AND o.state = 'sale')"""
        )

    @api.model
    def _answer_sql(self):
        """SQL: when the quotation was answered, of one that was sent; one look-up."""
        return SQL(
            """LATERAL (
                SELECT LEAST(MIN(m.date), %s) AS at
                  FROM mail_message m JOIN res_partner author ON author.id = m.author_id
                 WHERE m.model = 'sale.order' AND m.res_id = repair_order.sale_order_id
                   AND m.date >= sent.quoted_at
                   AND m.message_type IN ('email', 'comment')
                   AND author.commercial_partner_id = res_partner.id
                HAVING sent.quoted_at IS NOT NULL)""",
            self._confirmed_sql(),
        )

    # -- words beside the figures --------------------------------------------

    @api.model
    def _notes_of_sides(self, sides):
        labels = self._side_labels()
        notes = self._notes_of_few({s: sums["repairs"] for s, sums in sides.items()})
        if all(sums["repairs"] for sums in sides.values()):
            parts = [
                self.env._(
                    "%(cancelled)s of %(repairs)s with “%(side)s”",
                    cancelled=sums["cancelled"],
                    repairs=sums["repairs"],
                    side=labels[side],
                )
                for side, sums in sides.items()
            ]
            notes.append(self.env._("Cancelled: %s.", ", ".join(parts)))
        dateless, undated = (
            sum(sums[name] for sums in sides.values())
            for name in ("dateless", "undated")
        )
        if dateless or undated:
            notes.append(
                self.env._(
                    "Unknown when, and in no mean of days: %(confirmed)s confirmed, "
                    "%(finished)s repaired.",
                    confirmed=dateless,
                    finished=undated,
                )
            )
        return notes
