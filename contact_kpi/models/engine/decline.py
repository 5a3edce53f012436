# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class ContactKpiDecline(models.Model):
    """A refusal to provide the contact, in force from one day until another.

    Rows of their own, so that any past day can be queried. A declined gap stays open:
    it is missing, but nobody is to ask for it before the review date. Written by
    :meth:`contact.kpi.gap._decline`, and by the ledger for customers that left and come
    back before the review. A reason from the administrator's list and no free text:
    nothing personal.
    """

    _name = "contact.kpi.decline"
    _inherit = ["contact.kpi.customer.mixin"]
    _description = "Declined Contact"
    _order = "declined_on desc, id desc"

    gap_id = fields.Many2one(
        "contact.kpi.gap", required=True, ondelete="cascade", index=True
    )
    indicator_id = fields.Many2one(related="gap_id.indicator_id")
    partner_id = fields.Many2one(related="gap_id.partner_id", string="Customer")
    user_id = fields.Many2one(related="gap_id.user_id")
    company_id = fields.Many2one(related="gap_id.company_id")
    reason_id = fields.Many2one(
        "contact.kpi.decline.reason",
        readonly=True,
        ondelete="restrict",
        help="Why the customer did not want to provide it.",
    )
    declined_on = fields.Date(
        compute="_compute_declined_on",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="Today, by the day of the customer's company.",
    )
    review_on = fields.Date(
        "Review on", help="From this day on the customer may be asked again."
    )
    ended_on = fields.Date("Taken Back on", help="Withdrawn on this day.")
    ended_by_id = fields.Many2one(
        "res.users", "Taken Back by", readonly=True, help="Who withdrew it."
    )

    _review_after = models.Constraint(
        "CHECK (review_on > declined_on AND ended_on >= declined_on)",
        "A refusal must begin before it is reviewed or withdrawn.",
    )

    @api.depends("gap_id")
    def _compute_declined_on(self):
        today = self.env["res.company"]._contact_kpi_today()
        for decline in self.filtered(lambda decline: not decline.declined_on):
            decline.declined_on = today.of(decline.gap_id)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_of_today(self):
        """A refusal of a past day belongs to that day's figures."""
        today = self.env["res.company"]._contact_kpi_today()
        if any(d.declined_on < today.of(d.gap_id) for d in self):
            raise UserError(
                self.env._("A refusal of a past day is taken back, not deleted.")
            )
        # The refresh cannot find a row that is gone: note whom to recount.
        self.env["contact.kpi.customer.change"]._note(self.gap_id.partner_id.ids)

    def _in_force(self, date):
        """The refusals that were in force on a day."""
        return self.filtered(
            lambda d: (
                d.declined_on <= date
                and (not d.review_on or d.review_on > date)
                and (not d.ended_on or d.ended_on > date)
            )
        )

    @api.model
    def _in_force_sql(self, gap_alias, date, column=None):
        """SQL of a subquery with a row for each refusal of a gap in force on a day.

        :param gap_alias: the alias of the gap's table
        :param date: SQL of the day, or a date
        :param column: name of the column to select; None: a constant
        """
        return SQL(
            """
            SELECT %(column)s FROM contact_kpi_decline d
             WHERE %(gap)s = %(id)s AND %(declined)s <= %(date)s
               AND (%(review)s IS NULL OR %(review)s > %(date)s)
               AND (%(ended)s IS NULL OR %(ended)s > %(date)s)
            """,
            column=self._field_to_sql("d", column) if column else SQL("1"),
            # As fields, so that pending writes to them are flushed first.
            gap=self._field_to_sql("d", "gap_id"),
            declined=self._field_to_sql("d", "declined_on"),
            review=self._field_to_sql("d", "review_on"),
            ended=self._field_to_sql("d", "ended_on"),
            id=SQL.identifier(gap_alias, "id"),
            date=date,
        )
