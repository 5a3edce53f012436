# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date
from odoo.tools.query import Query

from odoo.addons.sale.models.sale_order import SALE_ORDER_STATE

from .contact_kpi_gap import ORIGINS

FEW = 30  # orders on a side below which nobody should compare
SIDES = [("missing", "Missing"), ("informed", "Informed")]
# What having ordered has settled, or may change afterwards: not asked again.
SETTLED = frozenset({"active", "customer_rank", "sale_order_ids", "sale_order_count"})
# Row ids are order × 2^20 + indicator: stable, and exact in JavaScript.
ID_STEP = 1 << 20


class ContactKpiSaleReport(models.Model):
    """Orders by whether the customer's gap was open when the quotation was made.

    One row per order and active indicator; nothing is stored. The customer is
    the commercial entity that the order's contact belongs to today. Its gap was
    open when it had opened by the order's creation, inclusive (the quotation
    that makes a customer sees the gap that it reveals, both being of one
    transaction), and had not closed by then: closed in that very second is
    closed. Odoo overwrites the order's date at confirmation, so the creation is
    what counts. Gaps of one customer never overlap, so a row is never doubled.

    Left out, because nobody can tell (see :meth:`_known_sql`): quotations from
    before the indicator's records begin; those of a customer whose gap was found
    open at the start, when they are older than that; and those of a customer
    merged into another since. The winner of a merge keeps its own orders,
    judged by its own gaps.

    Who counts as a customer is what the indicator's population says, but for
    what the order itself settles (being known as a customer) and what may change
    later (being archived): else only the unreachable would keep their cancelled
    quotations. Segments are those of the customer today.

    To widen it: :meth:`_select_sql`, :meth:`_join_sql` and :meth:`_known_sql`, by
    ``super()``; segments through ``contact.kpi.segment.mixin``. Tables are known
    under their own names: ``sale_order``, ``res_partner`` (the customer),
    ``contact_kpi``, ``contact_kpi_gap``; and ``company`` (id, timezone, rate).

    Cost: one scan of the orders, joined to customers and gaps.
    """

    _name = "contact.kpi.sale.report"
    _inherit = ["contact.kpi.measure.mixin", "contact.kpi.segment.mixin"]
    _description = "Impact of Missing Contacts on Sales"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "order_id"
    _many_orders = 5000  # that a domain can name one by one
    _depends = {
        "contact.kpi": ["active", "create_date"],
        "contact.kpi.gap": [
            *("partner_id", "indicator_id", "opened_at", "closed_at", "origin")
        ],
        "contact.kpi.run": ["indicator_id", "date", "state", "origin"],
        "res.partner": ["commercial_partner_id", "company_id", "user_id"],
        "sale.order": [
            *("partner_id", "company_id", "user_id", "team_id", "source_id", "state"),
            *("create_date", "date_order", "amount_untaxed", "currency_rate"),
            "contact_kpi_merged",
        ],
    }

    _ratios = {"confirmation_rate": (("confirmed",), ("orders",))}
    _means = ("days_to_confirm",)

    order_id = fields.Many2one("sale.order", "Order", readonly=True)
    indicator_id = fields.Many2one("contact.kpi", "Indicator", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    user_id = fields.Many2one(
        "res.users", "Salesperson", readonly=True, help="Salesperson of the order."
    )
    customer_user_id = fields.Many2one(
        "res.users",
        "Customer's Salesperson",
        readonly=True,
        help="Who is responsible for the customer, now.",
    )
    customer_company_id = fields.Many2one(
        "res.company",
        "Customer's Company",
        readonly=True,
        help="Empty for customers that all companies share.",
    )
    team_id = fields.Many2one("crm.team", "Sales Team", readonly=True)
    source_id = fields.Many2one("utm.source", "Source", readonly=True)
    state = fields.Selection(SALE_ORDER_STATE, "Status", readonly=True)
    date = fields.Date(
        "Quoted on",
        readonly=True,
        help="Day of the company on which the quotation was made.",
    )
    contact_missing = fields.Selection(
        SIDES,
        "When Quoted",
        readonly=True,
        help="Whether the customer lacked it at the moment when the quotation was "
        "made, whatever happened since.",
    )
    origin = fields.Selection(
        ORIGINS,
        "How It Is Known",
        readonly=True,
        help="How the opening of the gap is known.",
    )
    orders = fields.Integer(
        "Orders", readonly=True, help="Quotations made, confirmed or not."
    )
    confirmed = fields.Integer(
        readonly=True, help="Those of them that are confirmed orders now."
    )
    confirmation_rate = fields.Float(
        readonly=True,
        aggregator=None,
        help="Confirmed ÷ orders. Missing and informed are observed together with "
        "it, not as its cause: the customers may differ in other ways, too.",
    )
    days_to_confirm = fields.Float(
        "Days to Confirm",
        readonly=True,
        digits=(16, 1),
        aggregator=None,
        help="Days from the quotation to its confirmation, mean of the confirmed.",
    )
    amount = fields.Monetary(
        "Untaxed Amount",
        readonly=True,
        help="Of all these orders, in the currency of your company.",
    )
    amount_confirmed = fields.Monetary(
        "Confirmed Amount",
        readonly=True,
        help="Of the confirmed ones, in the currency of your company.",
    )
    currency_id = fields.Many2one("res.currency", readonly=True)

    # -- the table -----------------------------------------------------------

    @property
    def _table_query(self):
        partner = self.env["contact.kpi"]._partners()
        query = Query(self.env, "sale_order")
        self._join_sql(query)
        query.add_where(self._population_sql(partner, query))
        query.add_where(self._known_sql())
        columns = self._select_sql(partner, query)
        return query.select(
            *(
                SQL("%s AS %s", expression, SQL.identifier(name))
                for name, expression in columns.items()
            )
        )

    @api.model
    def _select_sql(self, partner, query):
        """The columns, as ``{field: SQL}``.

        :param partner: ``res.partner``, in superuser mode
        :param query: the query over orders; may be joined to
        """
        sold = SQL("sale_order.state = 'sale'")
        # As in Odoo's sales analysis: to the order's company by the order's rate,
        # to the reader's by today's.
        amount = SQL(
            "(sale_order.amount_untaxed"
            " / COALESCE(NULLIF(sale_order.currency_rate, 0), 1) * company.rate)"
        )
        return {
            "id": SQL("sale_order.id::bigint * %s + contact_kpi.id", ID_STEP),
            "order_id": SQL("sale_order.id"),
            "indicator_id": SQL("contact_kpi.id"),
            "partner_id": SQL("res_partner.id"),
            "customer_user_id": SQL("res_partner.user_id"),
            "customer_company_id": SQL("res_partner.company_id"),
            **{
                name: SQL.identifier("sale_order", name)
                for name in ("company_id", "user_id", "team_id", "source_id", "state")
            },
            "date": self._day_sql(),
            "contact_missing": SQL(
                "CASE WHEN contact_kpi_gap.id IS NULL THEN 'informed' "
                "ELSE 'missing' END"
            ),
            "origin": SQL("contact_kpi_gap.origin"),
            "orders": SQL("1"),
            "confirmed": SQL("(%s)::int", sold),
            "confirmation_rate": SQL("(%s)::int::float8", sold),
            "days_to_confirm": SQL(
                """CASE WHEN %s THEN GREATEST(EXTRACT(
                       EPOCH FROM sale_order.date_order - sale_order.create_date
                   ), 0)::float8 / 86400 END""",
                sold,
            ),
            "amount": amount,
            "amount_confirmed": SQL("CASE WHEN %s THEN %s ELSE 0 END", sold, amount),
            "currency_id": SQL("%s", self.env.company.currency_id.id),
            **{
                name: self._segment_sql(name, partner, query)
                for name in self._segment_names()
            },
        }

    @api.model
    def _join_sql(self, query):
        """Join what the columns and conditions read to the query over orders."""
        for alias, table, condition in (
            ("contact", "res_partner", "contact.id = sale_order.partner_id"),
            (
                *("res_partner", "res_partner"),
                "res_partner.id = contact.commercial_partner_id",
            ),
            ("company", self._companies_sql(), "company.id = sale_order.company_id"),
            ("contact_kpi", "contact_kpi", "contact_kpi.active"),
        ):
            query.add_join("JOIN", alias, table, SQL(condition))
        query.add_join(
            "LEFT JOIN",
            "contact_kpi_gap",
            None,
            SQL(
                """contact_kpi_gap.partner_id = res_partner.id
                   AND contact_kpi_gap.indicator_id = contact_kpi.id
                   AND contact_kpi_gap.opened_at <= sale_order.create_date
                   AND (contact_kpi_gap.closed_at IS NULL
                        OR contact_kpi_gap.closed_at > sale_order.create_date)"""
            ),
        )
        query.add_join(
            "LEFT JOIN",
            "rebuilt",
            SQL(
                """(SELECT indicator_id, MIN(date) AS date FROM contact_kpi_run
                     WHERE state IN ('provisional', 'done')
                       AND origin = 'reconstructed'
                     GROUP BY indicator_id)"""
            ),
            SQL("rebuilt.indicator_id = contact_kpi.id"),
        )

    @api.model
    def _companies_sql(self):
        """SQL of the companies: id, time zone, rate to the reader's currency."""
        company = self.env.company
        today = company._contact_kpi_day(self.env["res.company"]._contact_kpi_now())
        rates = {}
        rows = []
        for series, each in self.env["res.company"]._contact_kpi_series().items():
            currency = each.currency_id
            if currency not in rates:
                rates[currency] = self.env["res.currency"]._get_conversion_rate(
                    currency, company.currency_id, company, today
                )
            if series:
                zone = each._contact_kpi_timezone().zone
                rows.append(SQL("(%s, %s, %s::float8)", series, zone, rates[currency]))
        return SQL(
            "(SELECT * FROM (VALUES %s) AS v (id, timezone, rate))",
            SQL(", ").join(rows),
        )

    @api.model
    def _day_sql(self):
        """SQL of the company's day on which the quotation was made."""
        return SQL(
            "(sale_order.create_date AT TIME ZONE 'UTC' AT TIME ZONE company.timezone)"
            "::date"
        )

    @api.model
    def _population_sql(self, partner, query):
        """SQL: is the customer one of those that the indicator is about?

        An indicator whose definition no longer fits the database has no rows.
        """

        def settled(condition):
            if not SETTLED.isdisjoint(condition.field_expr.split(".")):
                return True
            return isinstance(condition.value, Domain) and any(
                map(settled, condition.value.iter_conditions())
            )

        found = [SQL("FALSE")]
        for kpi in self.env["contact.kpi"].sudo().search(Domain.TRUE):
            try:
                # optimize() pushes "not" down to the leaves: TRUE only widens.
                domain = kpi._partner_domain("population_domain").optimize(partner)
                domain = domain.map_conditions(
                    lambda c: Domain.TRUE if settled(c) else c
                )
                domain = domain.optimize_full(partner)
                condition = domain._to_sql(partner, partner._table, query)
            except (ValueError, TypeError, KeyError):
                continue  # shown as the error of its next run
            found.append(SQL("(contact_kpi.id = %s AND (%s))", kpi.id, condition))
        return SQL("(%s)", SQL(" OR ").join(found))

    @api.model
    def _known_sql(self):
        """SQL: is it on record what the customer lacked when it was quoted?

        For addons and methods that know more of the past, or less.
        """
        return SQL(
            """(
            (sale_order.create_date >= contact_kpi.create_date OR %s >= rebuilt.date)
            AND sale_order.contact_kpi_merged IS NOT TRUE
            AND NOT EXISTS (
                SELECT 1 FROM contact_kpi_gap start
                 WHERE start.partner_id = res_partner.id
                   AND start.indicator_id = contact_kpi.id
                   AND start.origin = 'initial'
                   AND start.opened_at > sale_order.create_date))""",
            self._day_sql(),
        )

    # -- reading -------------------------------------------------------------

    @api.model
    def _search(self, domain, *args, **kwargs):
        # What waits for the commit goes first, as for the ledger itself.
        self.env["res.partner"]._contact_kpi_run_pending()
        return super()._search(domain, *args, **kwargs)

    # -- words beside the figures --------------------------------------------

    @api.model
    @api.readonly
    def reading_notes(self, domain, groupbys, measures):
        """What to mind when reading these figures, as sentences.

        Two or three queries.

        :param groupbys: as the view groups, such as ``["contact_missing"]``
        """
        counts = {}
        for kpi, side, *figures in self._read_group(
            domain,
            ["indicator_id", "contact_missing"],
            ["orders:sum", "confirmed:sum"],
        ):
            counts.setdefault(kpi, dict.fromkeys(dict(SIDES), (0, 0)))[side] = figures
        if not counts:
            return []
        notes = []
        if len(counts) > 1 and "indicator_id" not in groupbys:
            notes.append(
                self.env._(
                    "Every order counts once per indicator here: look at one "
                    "indicator at a time."
                )
            )
        for kpi, sides in counts.items():
            prefix = f"{kpi.name}: " if len(counts) > 1 else ""
            notes += [prefix + note for note in self._notes_of_sides(sides)]
        notes += self._note_of_groups(domain, groupbys)
        notes.append(
            self.env._(
                "Observed together, not cause: customers with and without it may "
                "differ in other ways, too."
            )
        )
        return notes + self._note_of_the_start(list(counts))

    @api.model
    def _notes_of_sides(self, sides):
        """The counts of an indicator's sides, and a caution where they are few.

        :param sides: ``{side: (orders, confirmed)}``
        """
        labels = dict(self._fields["contact_missing"]._description_selection(self.env))
        notes = [
            self._note_of_few(orders, labels[side])
            for side, (orders, _confirmed) in sides.items()
            if orders < FEW
        ]
        if all(orders for orders, _confirmed in sides.values()):
            parts = [
                self.env._(
                    "%(confirmed)s of %(orders)s with “%(side)s”",
                    confirmed=confirmed,
                    orders=orders,
                    side=labels[side],
                )
                for side, (orders, confirmed) in sides.items()
            ]
            notes.append(self.env._("Confirmed: %s.", ", ".join(parts)))
        return notes

    @api.model
    def _note_of_few(self, orders, side):
        if not orders:
            return self.env._("No orders with “%s”: nothing to compare.", side)
        if orders == 1:
            return self.env._("Only one order with “%s”: too few to compare.", side)
        return self.env._(
            "Only %(count)s orders with “%(side)s”: too few to compare.",
            count=orders,
            side=side,
        )

    @api.model
    def _note_of_groups(self, domain, groupbys):
        """How many of the groups shown have too few orders on a side."""
        others = [spec for spec in groupbys if spec != "contact_missing"]
        if not others:
            return []
        groups = {}
        for *key, side, orders in self._read_group(
            domain, [*others, "contact_missing"], ["orders:sum"]
        ):
            groups.setdefault(tuple(key), {})[side] = orders
        few = sum(
            any(sides.get(side, 0) < FEW for side in dict(SIDES))
            for sides in groups.values()
        )
        if not few or len(groups) == 1:
            return []
        return [
            self.env._(
                "%(few)s of %(all)s groups have fewer than %(least)s orders on a "
                "side: too few to compare within them.",
                few=few,
                all=len(groups),
                least=FEW,
            )
        ]

    @api.model
    def _note_of_the_start(self, kpis):
        """From which day on quotations are in the figures."""
        if len(kpis) > 1:
            return []
        [kpi] = kpis
        # Runs are for managers; of theirs only the first date comes through.
        [(rebuilt,)] = (
            self.env["contact.kpi.run"]
            .sudo()
            ._read_group(
                [
                    ("indicator_id", "=", kpi.id),
                    ("state", "in", ("provisional", "done")),
                    ("origin", "=", "reconstructed"),
                ],
                [],
                ["date:min"],
            )
        )
        since = self.env.company._contact_kpi_day(kpi.sudo().create_date)
        return [
            self.env._(
                "Quotations from before %s are left out: what their customers "
                "lacked then is not on record.",
                format_date(self.env, min(since, rebuilt or since)),
            )
        ]

    # -- actions -------------------------------------------------------------

    @api.model
    def action_explain(self, domain):
        """Open the orders behind a figure."""
        [(order_ids,)] = self._read_group(domain, [], ["order_id:array_agg_distinct"])
        title = self.env._("Orders behind the Figure")
        if len(order_ids) > self._many_orders:
            # Too many to name: the same rows here, each opening its order.
            action = self.env["ir.actions.act_window"]._for_xml_id(
                "contact_kpi.contact_kpi_sale_report_action"
            )
            return {
                **action,
                "display_name": title,
                "domain": list(domain),
                "context": {},
                "views": [(False, "list")],
            }
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "sale.order",
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", order_ids)],
            "context": {"create": False},
        }

    def action_open_order(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": self.order_id.id,
            "views": [(False, "form")],
        }
