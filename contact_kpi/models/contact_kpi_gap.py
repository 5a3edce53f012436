# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

CLOSE_REASONS = [
    ("completed", "Completed"),
    ("left", "Left the Customers"),
    ("merged", "Merged"),
    ("redefined", "Redefined"),
]
ORIGINS = [
    ("observed", "Observed"),
    ("initial", "Found at the Start"),
    ("redefined", "Redefined"),
    ("reconstructed", "Reconstructed"),
]
PRIORITIES = [
    ("0", "No recent business"),
    ("1", "Ordered in the last year"),
    ("2", "Open quotation"),
    ("3", "Open quotation, ordered in the last year"),
]
EDITABLE = frozenset({"phone", "email", "city"})


class ContactKpiGap(models.Model):
    """The ledger: one customer, one indicator, one interval of lacking it.

    Never edited: :meth:`_reconcile` opens and closes the rows, in the
    transaction that changed a customer and again at night. Deleting a customer
    empties ``partner_id`` and leaves the interval, so that past totals stand.
    """

    _name = "contact.kpi.gap"
    _inherit = ["contact.kpi.segment.mixin"]
    _description = "Contact Gap"
    _order = "opened_on, priority desc, id"
    _rec_name = "partner_id"
    _log_access = False  # the ledger has dates of its own

    indicator_id = fields.Many2one(
        "contact.kpi", required=True, readonly=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner", "Customer", readonly=True, ondelete="set null"
    )
    company_id = fields.Many2one(
        "res.company",
        readonly=True,
        help="The customer's company; empty for customers that all companies share.",
    )
    user_id = fields.Many2one(
        "res.users",
        "Salesperson",
        readonly=True,
        help="The customer's salesperson, now.",
    )
    opening_user_id = fields.Many2one(
        "res.users",
        "Salesperson at Opening",
        readonly=True,
        help="Who was responsible for the customer when the gap opened.",
    )
    opened_at = fields.Datetime(required=True, readonly=True)
    opened_on = fields.Date(
        "Opened on",
        required=True,
        readonly=True,
        help="Day of the company on which it opened.",
    )
    closed_at = fields.Datetime(readonly=True)
    closed_on = fields.Date(
        "Closed on", readonly=True, help="Day of the company on which it closed."
    )
    closed_by_id = fields.Many2one(
        "res.users",
        "Closed by",
        readonly=True,
        help="Who saved the change that closed it.",
    )
    close_reason = fields.Selection(CLOSE_REASONS, readonly=True)
    origin = fields.Selection(
        ORIGINS,
        required=True,
        readonly=True,
        help="How the opening is known. Found at the start: open since before the "
        "indicator existed, for how long is unknown.",
    )
    came_back = fields.Boolean(
        readonly=True, help="The customer had completed this before and lacks it again."
    )
    priority = fields.Selection(
        PRIORITIES,
        readonly=True,
        default="0",
        help="Three stars: open quotation and recent orders.",
    )
    days_open = fields.Integer(
        compute="_compute_days_open",
        search="_search_days_open",
        aggregator="avg",
        help="Days from opening to closing, or to today.",
    )
    days_to_complete = fields.Float(
        readonly=True,
        aggregator="avg",
        digits=(16, 1),
        help="Days from opening to completion. Empty where the true opening is "
        "unknown or a new definition was the cause.",
    )
    decline_ids = fields.One2many("contact.kpi.decline", "gap_id")
    declined = fields.Boolean(
        compute="_compute_declined",
        search="_search_declined",
        help="The customer refused to inform it, and the review date has not come.",
    )

    # Of the customer, never stored here.
    phone = fields.Char(compute="_compute_contact", inverse="_inverse_contact")
    email = fields.Char(compute="_compute_contact", inverse="_inverse_contact")
    city = fields.Char(compute="_compute_contact", search="_search_city")
    can_edit_contact = fields.Boolean(compute="_compute_can_edit_contact")
    quotation_count = fields.Integer("Open Quotations", compute="_compute_business")
    order_amount = fields.Monetary("Ordered, Last Year", compute="_compute_business")
    currency_id = fields.Many2one("res.currency", compute="_compute_business")

    # One open gap per customer and indicator; finds them from the customer too.
    _open_uniq = models.UniqueIndex(
        "(partner_id, indicator_id) WHERE closed_at IS NULL",
        "This customer has an open gap of this indicator already.",
    )
    # The "to complete" list of one salesperson, in its order.
    _to_complete_idx = models.Index(
        "(indicator_id, user_id, opened_on, priority DESC, id) WHERE closed_at IS NULL"
    )
    # As-of questions, and the flows of a day.
    _closed_on_idx = models.Index("(indicator_id, closed_on)")
    _opened_on_idx = models.Index("(indicator_id, opened_on)")
    # Earlier gaps of a customer; set null when it is deleted.
    _partner_idx = models.Index("(partner_id, indicator_id, closed_at)")
    _order_of_dates = models.Constraint(
        "CHECK (closed_at >= opened_at AND (closed_at IS NULL) = (closed_on IS NULL) "
        "AND (closed_at IS NULL) = (close_reason IS NULL))",
        "A gap closes after it opened, with a day and a reason.",
    )

    # -- computed ------------------------------------------------------------

    @api.depends("opened_on", "closed_on")
    def _compute_days_open(self):
        today = self.env["res.company"]._contact_kpi_today()
        for gap in self:
            end = gap.closed_on or today[gap.company_id.id or 0]
            gap.days_open = gap.opened_on and (end - gap.opened_on).days

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr == "days_open":
            # Readers of lists and pivots: one day for all, that of their company.
            today = self.env.company._contact_kpi_day(
                self.env["res.company"]._contact_kpi_now()
            )
            return SQL(
                "(COALESCE(%s, %s::date) - %s)",
                SQL.identifier(alias, "closed_on"),
                today,
                SQL.identifier(alias, "opened_on"),
            )
        return super()._field_to_sql(alias, field_expr, query)

    def _search_days_open(self, operator, value):
        if operator not in ("<", "<=", ">", ">=", "in"):
            return NotImplemented
        if operator == "in":
            return Domain.custom(
                to_sql=lambda model, alias, query: SQL(
                    "%s = ANY(%s)",
                    model._field_to_sql(alias, "days_open", query),
                    [int(v) for v in value],
                )
            )
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s %s %s",
                model._field_to_sql(alias, "days_open", query),
                SQL(operator),
                value,
            )
        )

    @api.depends(
        "decline_ids.declined_on", "decline_ids.review_on", "decline_ids.ended_on"
    )
    def _compute_declined(self):
        today = self.env["res.company"]._contact_kpi_today()
        for gap in self:
            day = today[gap.company_id.id or 0]
            gap.declined = any(
                d.declined_on <= day
                and (not d.review_on or d.review_on > day)
                and (not d.ended_on or d.ended_on > day)
                for d in gap.sudo().decline_ids
            )

    def _search_declined(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self.env["res.company"]._contact_kpi_today()[0]
        decline = self.env["contact.kpi.decline"]
        declined = Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "EXISTS (%s)", decline._in_force_sql(alias, today)
            )
        )
        wanted = set(value)
        if wanted == {True}:
            return declined
        return ~declined if wanted == {False} else Domain(bool(wanted))

    @api.depends("partner_id")
    def _compute_contact(self):
        for gap in self:
            gap.phone = gap.partner_id.phone
            gap.email = gap.partner_id.email
            gap.city = gap.partner_id.city

    def _inverse_contact(self):
        # With the rights of whoever types: nobody's are widened.
        for gap in self.filtered("partner_id"):
            vals = {
                name: gap[name]
                for name in ("phone", "email")
                if gap[name] != gap.partner_id[name]
            }
            if vals:
                gap.partner_id.write(vals)

    def _search_city(self, operator, value):
        return [("partner_id.city", operator, value)]

    @api.depends_context("uid")
    def _compute_can_edit_contact(self):
        editable = self.partner_id._filtered_access("write")
        for gap in self:
            gap.can_edit_contact = gap.partner_id in editable

    @api.depends_context("uid", "company", "allowed_company_ids")
    def _compute_business(self):
        """Quotations and orders that the reader may see: two queries a page."""
        family = self.env["res.partner"]
        quotations, orders = {}, {}
        if self.env["sale.order"].has_access("read") and self.partner_id:
            family = (
                self.env["res.partner"]
                .with_context(active_test=False)
                .search([("commercial_partner_id", "in", self.partner_id.ids)])
            )
            head = {partner.id: partner.commercial_partner_id.id for partner in family}
            domain = [("partner_id", "in", family.ids)]
            Order = self.env["sale.order"]
            for partner, count in Order._read_group(
                domain + [("state", "in", ("draft", "sent"))],
                ["partner_id"],
                ["__count"],
            ):
                key = head[partner.id]
                quotations[key] = quotations.get(key, 0) + count
            company_currency = self.env.company.currency_id
            for partner, currency, amount in Order._read_group(
                domain + [("state", "=", "sale"), ("date_order", ">=", "today -1y")],
                ["partner_id", "currency_id"],
                ["amount_total:sum"],
            ):
                key = head[partner.id]
                orders[key] = orders.get(key, 0.0) + currency._convert(
                    amount, company_currency
                )
        for gap in self:
            gap.quotation_count = quotations.get(gap.partner_id.id, 0)
            gap.order_amount = orders.get(gap.partner_id.id, 0.0)
            gap.currency_id = self.env.company.currency_id

    # -- reading: what waits for the commit goes first ------------------------

    @api.model
    def _search(self, domain, *args, **kwargs):
        self.env["res.partner"]._contact_kpi_run_pending()
        return super()._search(domain, *args, **kwargs)

    # -- writing: the customer's contact only ---------------------------------

    @api.private
    def create(self, vals_list):
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and not vals.keys() <= EDITABLE:
            raise AccessError(
                self.env._(
                    "The ledger is kept by the system; only the contact can be edited."
                )
            )
        return super().write(vals)

    # -- actions ---------------------------------------------------------------

    def action_open_customer(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.partner_id.id,
            "view_mode": "form",
        }

    def action_schedule_activity(self):
        """One to-do per customer for its salesperson; those that have one keep it."""
        activities = self.env["mail.activity"]._contact_kpi_schedule(self)
        skipped = len(self) - len(activities)
        message = self.env._("%s activities scheduled.", len(activities))
        if skipped:
            message += " " + self.env._("%s customers had one already.", skipped)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    # -- the ledger --------------------------------------------------------------

    @api.model
    def _reconcile(self, kpi, partner_ids=None, credit=None, cause=None):
        """Make the open gaps those that the definition finds. One statement.

        Within one transaction the order of changes does not matter: what opens
        and closes at the same moment leaves no row, and what closes and opens
        again goes on as if nothing had been.

        :param partner_ids: only these commercial entities; None for everybody
        :param credit: ``{partner id: user id}``, who saved what closes it
        :param cause: None, or what is to blame for the differences: ``initial``
            (the indicator is new) or ``redefined``
        :return: (opened, closed), numbers of gaps
        :raise ValueError: the definition no longer fits the database
        """
        if partner_ids is not None and not partner_ids:
            return 0, 0
        now = self.env["res.company"]._contact_kpi_now()
        today = self.env["res.company"]._contact_kpi_today()
        names = self._segment_names()
        credit = credit or {}
        touched = (
            SQL("TRUE")
            if partner_ids is None
            else SQL("g.partner_id = ANY(%s)", list(partner_ids))
        )
        self.env.flush_all()
        [(opened, closed)] = self.env.execute_query(
            SQL(
                """
                WITH day (company_id, today) AS (VALUES %(days)s),
                credit AS (
                    SELECT * FROM unnest(%(credit_partners)s::int[], %(credit_users)s::int[])
                        AS c (partner_id, user_id)
                ),
                found AS (%(found)s),
                ledger AS (
                    SELECT g.id, g.partner_id, g.company_id, g.user_id, g.opened_at
                      FROM contact_kpi_gap g
                     WHERE g.indicator_id = %(kpi)s AND g.closed_at IS NULL AND %(touched)s
                ),
                diff AS (
                    SELECT found.*, ledger.id AS gap_id, ledger.opened_at,
                           ledger.company_id AS gap_company_id, ledger.partner_id AS gap_partner_id
                      FROM found FULL JOIN ledger ON ledger.partner_id = found.id
                     WHERE (ledger.id IS NULL AND found.missing)
                        OR (ledger.id IS NOT NULL AND found.missing IS NOT TRUE)
                        OR (ledger.id IS NOT NULL
                            AND (ledger.company_id, ledger.user_id)
                                IS DISTINCT FROM (found.company_id, found.user_id))
                ),
                vanished AS (
                    DELETE FROM contact_kpi_gap g USING diff
                     WHERE g.id = diff.gap_id AND diff.missing IS NOT TRUE
                       AND diff.opened_at = %(now)s
                ),
                closed AS (
                    UPDATE contact_kpi_gap g
                       SET closed_at = GREATEST(%(now)s, g.opened_at),
                           closed_on = GREATEST(day.today, g.opened_on),
                           closed_by_id = credit.user_id,
                           close_reason = CASE WHEN %(redefined)s THEN 'redefined'
                                               WHEN diff.id IS NULL THEN 'left'
                                               ELSE 'completed' END,
                           days_to_complete = CASE
                               WHEN diff.id IS NOT NULL AND NOT %(redefined)s
                                AND g.origin IN ('observed', 'reconstructed')
                               THEN GREATEST(EXTRACT(EPOCH FROM %(now)s - g.opened_at), 0) / 86400
                           END
                      FROM diff
                      JOIN day ON day.company_id = COALESCE(diff.gap_company_id, 0)
                      LEFT JOIN credit ON credit.partner_id = diff.gap_partner_id
                     WHERE g.id = diff.gap_id AND diff.missing IS NOT TRUE
                       AND diff.opened_at != %(now)s
                    RETURNING g.id
                ),
                followed AS (
                    UPDATE contact_kpi_gap g
                       SET company_id = diff.company_id, user_id = diff.user_id
                      FROM diff
                     WHERE g.id = diff.gap_id AND diff.missing
                ),
                resumed AS (
                    UPDATE contact_kpi_gap g
                       SET closed_at = NULL, closed_on = NULL, closed_by_id = NULL,
                           close_reason = NULL, days_to_complete = NULL,
                           company_id = diff.company_id, user_id = diff.user_id
                      FROM diff
                     WHERE diff.gap_id IS NULL AND g.partner_id = diff.id
                       AND g.indicator_id = %(kpi)s AND g.closed_at = %(now)s
                    RETURNING g.partner_id
                ),
                opened AS (
                    INSERT INTO contact_kpi_gap
                           (indicator_id, partner_id, company_id, user_id, opening_user_id,
                            opened_at, opened_on, origin, priority, came_back, %(columns)s)
                    SELECT %(kpi)s, diff.id, diff.company_id, diff.user_id, diff.user_id,
                           %(now)s, day.today, %(origin)s, '0',
                           EXISTS (SELECT 1 FROM contact_kpi_gap g
                                    WHERE g.partner_id = diff.id AND g.indicator_id = %(kpi)s
                                      AND g.close_reason = 'completed'),
                           %(segments)s
                      FROM diff
                      JOIN day ON day.company_id = COALESCE(diff.company_id, 0)
                     WHERE diff.gap_id IS NULL
                       AND NOT EXISTS (SELECT 1 FROM contact_kpi_gap g
                                        WHERE g.partner_id = diff.id AND g.indicator_id = %(kpi)s
                                          AND g.closed_at = %(now)s)
                    -- Two transactions at once: the later one is retried, not refused.
                    ON CONFLICT DO NOTHING
                    RETURNING id
                )
                SELECT (SELECT COUNT(*) FROM opened), (SELECT COUNT(*) FROM closed)
                """,
                days=SQL(", ").join(
                    SQL("(%s, %s::date)", key, day) for key, day in today.items()
                ),
                credit_partners=list(credit),
                credit_users=list(credit.values()),
                found=kpi._found(partner_ids),
                kpi=kpi.id,
                touched=touched,
                now=SQL("%s::timestamp", now),
                redefined=cause in ("initial", "redefined"),
                origin=cause or "observed",
                columns=self._segment_columns(),
                segments=SQL(", ").join(SQL.identifier("diff", name) for name in names),
            )
        )
        self.invalidate_model(flush=False)
        if opened or partner_ids is None:
            self._rank(kpi, partner_ids)
        if closed:
            self.env["mail.activity"].sudo()._contact_kpi_close(kpi, partner_ids)
        return opened, closed

    @api.model
    def _rank(self, kpi, partner_ids=None):
        """Refresh the stars of open gaps from the family's orders. One statement."""
        touched = (
            SQL("TRUE")
            if partner_ids is None
            else SQL("g.partner_id = ANY(%s)", list(partner_ids))
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE contact_kpi_gap g
                   SET priority = rank.priority
                  FROM (
                    SELECT g.id,
                           (CASE WHEN business.quoted THEN 2 ELSE 0 END
                            + CASE WHEN business.ordered THEN 1 ELSE 0 END)::text AS priority
                      FROM contact_kpi_gap g
                      LEFT JOIN (
                        SELECT p.commercial_partner_id AS partner_id,
                               bool_or(o.state IN ('draft', 'sent')) AS quoted,
                               bool_or(o.state = 'sale' AND o.date_order >= %(since)s) AS ordered
                          FROM sale_order o
                          JOIN res_partner p ON p.id = o.partner_id
                         WHERE o.state IN ('draft', 'sent', 'sale') AND %(heads)s
                         GROUP BY p.commercial_partner_id
                      ) business ON business.partner_id = g.partner_id
                     WHERE g.indicator_id = %(kpi)s AND g.closed_at IS NULL AND %(touched)s
                  ) rank
                 WHERE g.id = rank.id AND g.priority IS DISTINCT FROM rank.priority
                """,
                since=fields.Datetime.subtract(
                    self.env["res.company"]._contact_kpi_now(), years=1
                ),
                heads=SQL("TRUE")
                if partner_ids is None
                else SQL("p.commercial_partner_id = ANY(%s)", list(partner_ids)),
                touched=touched,
                kpi=kpi.id,
            )
        )
        self.invalidate_model(["priority"], flush=False)

    @api.model
    def _close_of_partners(self, partner_ids, reason):
        """Close the open gaps of partners that are about to go.

        :param reason: ``left`` (deleted) or ``merged``
        """
        if not partner_ids:
            return
        today = self.env["res.company"]._contact_kpi_today()
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE contact_kpi_gap g
                   SET closed_at = GREATEST(%(now)s, g.opened_at),
                       closed_on = GREATEST(day.today, g.opened_on),
                       close_reason = %(reason)s, closed_by_id = %(user)s
                  FROM (VALUES %(days)s) AS day (company_id, today)
                 WHERE g.closed_at IS NULL AND g.partner_id = ANY(%(partners)s)
                   AND day.company_id = COALESCE(g.company_id, 0)
                """,
                now=SQL("%s::timestamp", self.env["res.company"]._contact_kpi_now()),
                reason=reason,
                user=self.env["res.partner"]._contact_kpi_credit(),
                days=SQL(", ").join(
                    SQL("(%s, %s::date)", key, day) for key, day in today.items()
                ),
                partners=list(partner_ids),
            )
        )
        self.invalidate_model(flush=False)
