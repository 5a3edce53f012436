# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

from ..tools.age_class import age_class
from .layout import Column, Row, Table

AGES = ("0-7", "8-30", "31-90", "91-365", "over")
VALUES = ("quoted", "ordered", "stake")


class ReportContactKpiDetail(models.AbstractModel):
    """The customers of a list, by salesperson, with their age and value at stake."""

    _name = "report.contact_kpi.report_detail"
    _inherit = ["contact.kpi.report.mixin"]
    _description = "Customers without Contact to Hand Over"

    _report_model = "contact.kpi.gap"

    @api.model
    def _title(self):
        return self.env._("Customers without Contact")

    @api.model
    def _grouping_in_words(self, job):
        gap = self.env[self._report_model]
        return [gap._fields[job.group_by]._description_string(self.env)]

    @api.model
    def _notes(self, job):
        notes = [
            self.env._(
                "Value at stake: open quotations and the orders confirmed in the last "
                "12 months, of the customer and its contacts, in %s at today's rates. "
                "Only what the reader may see.",
                self.env.company.currency_id.name,
            ),
            self.env._(
                "Days: from the day on which the contact went missing until today, or "
                "until it was completed. A customer listed more than once counts once "
                "in the values of a group."
            ),
        ]
        return notes

    @api.model
    def _tables(self, job, limit):
        Gap = self.env[self._report_model]
        self._check_limit(Gap.search_count(job._domain(), limit=limit + 1), limit)
        gaps = Gap.search(job._domain())
        business = gaps._business()
        hidden = gaps._hidden_ids(gaps.partner_id)
        # By record, not by name: two may share a name.
        groups = [
            (self._group_label(group[0], job.group_by), group)
            for group in gaps.grouped(lambda g: g[job.group_by] or False).values()
        ]
        # By name, the group without a value last.
        none = self.env._("None")
        groups.sort(key=lambda group: (group[0] == none, group[0].casefold()))
        columns = self._columns(job, gaps)
        lines, ages = [], []
        for name, group in groups:
            rows = [self._line(gap, business, hidden) for gap in group]
            rows.sort(key=self._line_order)
            sums = self._sums(group, business)
            title = self.env._("%(name)s (%(count)s)", name=name, count=len(rows))
            lines.append(Row({"customer": title, **sums}, "group"))
            lines += [Row(values, "line", 1) for values in rows]
            ages.append(Row(self._ages(name, rows, sums)))
        if gaps:
            rows = [row.values for row in lines if row.kind == "line"]
            total, sums = self.env._("Total"), self._sums(gaps, business)
            title = self.env._("%(name)s (%(count)s)", name=total, count=len(rows))
            lines.append(Row({"customer": title, **sums}, "total"))
            ages.append(Row(self._ages(total, rows, sums), "total"))
        return [
            Table("ageing", self.env._("By Age"), self._age_columns(job), ages),
            Table("customers", self.env._("Customers"), columns, lines),
        ]

    # -- columns -----------------------------------------------------------------

    @api.model
    def _columns(self, job, gaps):
        """Columns of the customers; some only if they have something to show."""
        columns = [
            Column("customer", self.env._("Customer"), "text", 3),
            Column("city", self.env._("City"), "text", 1.5),
        ]
        if gaps.customer_type_id and job.group_by != "customer_type_id":
            columns.append(Column("type", self.env._("Customer Type")))
        if job.group_by != "user_id":
            columns.append(Column("user", self.env._("Salesperson")))
        if len(gaps.indicator_id) > 1 and job.group_by != "indicator_id":
            columns.append(Column("indicator", self.env._("Indicator")))
        if any(gap.closed_on or gap.declined for gap in gaps):
            columns.append(Column("situation", self.env._("Situation")))
        return [
            *columns,
            Column("opened_on", self.env._("Since"), "date"),
            Column("days", self.env._("Days"), "int"),
            Column("age", self.env._("Age (Days)"), "label"),
            Column("quotations", self.env._("Open Quotations"), "int"),
            *self._value_columns(),
        ]

    @api.model
    def _value_columns(self):
        labels = (
            self.env._("Quoted"),
            self.env._("Ordered, 12 Months"),
            self.env._("Value at Stake"),
        )
        return [
            Column(name, self._amount_label(label), "amount")
            for name, label in zip(VALUES, labels, strict=True)
        ]

    @api.model
    def _age_columns(self, job):
        [label] = self._grouping_in_words(job)
        return [
            Column("group", label),
            Column("customers", self.env._("Customers"), "int"),
            *(Column(age, self._age_label(age), "int") for age in AGES),
            *self._value_columns(),
        ]

    @api.model
    def _age_label(self, age):
        return {
            "0-7": self.env._("0-7 Days"),
            "8-30": self.env._("8-30 Days"),
            "31-90": self.env._("31-90 Days"),
            "91-365": self.env._("91-365 Days"),
            "over": self.env._("Over 365 Days"),
        }[age]

    # -- rows --------------------------------------------------------------------

    @api.model
    def _line(self, gap, business, hidden):
        quotations, quoted, ordered = business.get(gap.partner_id.id, (0, 0.0, 0.0))
        age = age_class(gap.days_open)
        return {
            "customer": gap._hidden_name()
            if gap.partner_id.id in hidden
            else self._customer_name(gap.partner_id),
            "city": ", ".join(filter(None, [gap.city, gap.state_id.code])),
            "type": gap.customer_type_id.name,
            "user": gap.user_id.name,
            "indicator": gap.indicator_id.name,
            "situation": self._situation(gap),
            "opened_on": gap.opened_on,
            "days": gap.days_open,
            "age": self.env._("over 365") if age == AGES[-1] else age,
            "age_class": age,
            "quotations": quotations,
            "quoted": quoted,
            "ordered": ordered,
            "stake": quoted + ordered,
        }

    @api.model
    def _customer_name(self, partner):
        if not partner:
            return self.env._("Deleted customer")
        # An address may have none.
        return partner.display_name or self.env._("Customer %s", partner.id)

    @api.model
    def _line_order(self, row):
        """The oldest first, then the most valuable."""
        return row["opened_on"], -row["stake"], row["customer"]

    @api.model
    def _situation(self, gap):
        if gap.closed_on:
            reasons = gap._fields["close_reason"]._description_selection(self.env)
            return dict(reasons)[gap.close_reason]
        return self.env._("Declined") if gap.declined else ""

    @api.model
    def _sums(self, gaps, business):
        """Sums over the customers of a group, each of them once."""
        ids = {gap.partner_id.id for gap in gaps}
        counts = [business[partner] for partner in ids if partner in business]
        quotations, quoted, ordered = map(sum, zip((0, 0.0, 0.0), *counts, strict=True))
        return {
            "quotations": quotations,
            "quoted": quoted,
            "ordered": ordered,
            "stake": quoted + ordered,
        }

    @api.model
    def _ages(self, name, rows, sums):
        classes = [row["age_class"] for row in rows]
        return {
            "group": name,
            "customers": len(rows),
            **{age: classes.count(age) for age in AGES},
            **{value: sums[value] for value in VALUES},
        }

    @api.model
    def _group_label(self, gap, name):
        value = gap[name]
        if isinstance(value, models.BaseModel):
            return value.display_name or self.env._("None")
        if isinstance(value, bool) and gap._fields[name].type == "boolean":
            return self.env._("Companies") if value else self.env._("Persons")
        if gap._fields[name].type == "selection":
            labels = gap._fields[name]._description_selection(self.env)
            value = dict(labels).get(value)
        return value or self.env._("None")
