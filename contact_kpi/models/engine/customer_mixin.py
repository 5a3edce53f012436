# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL


class ContactKpiCustomerMixin(models.AbstractModel):
    """Rows about customers that their reader may not, or no longer, see.

    A figure keeps its rows: a gap that closed in one company stays in that company's
    figures when the customer moves to another. So reading a row must not imply reading
    its customer: the customer's own access rules decide, when it is read, by what the
    database has, whatever a form sends. Of a hidden customer there is an id, to group
    by, and a text in place of its name, which Odoo would show.

    For models with many2one fields to partners, which need only inherit it. A field
    that shows something of the customer is computed from :meth:`_seen_customers`, and
    grouped and ordered by :meth:`_customer_to_sql`.

    Cost: one query a page, for the companies of its customers.
    """

    _name = "contact.kpi.customer.mixin"
    _description = "Rows about Customers"

    @api.model
    def _customer_fields(self):
        """Names of the many2one fields to partners."""
        return {
            name
            for name, field in self._fields.items()
            if field.type == "many2one" and field.comodel_name == "res.partner"
        }

    @api.model
    def _hidden_name(self):
        return self.env._("A customer that you cannot see")

    @api.model
    def _hidden_ids(self, partners):
        """Ids of the partners that the user may not read; superuser mode is ignored."""
        partners = partners._origin.sudo(False)
        return {*partners.ids} - {*partners._filtered_access("read").ids}

    def _seen_customers(self, name="partner_id"):
        """``{row: customer}``; an empty recordset where the user may not read it."""
        customers = self[name]._origin._filtered_access("read")
        # Records of one recordset, so that their fields are prefetched together.
        seen = {customer.id: customer for customer in customers}
        nobody = customers.browse()
        return {row: seen.get(row[name]._origin.id, nobody) for row in self}

    # -- names -------------------------------------------------------------------

    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_display_name(self):
        if self._rec_name not in self._customer_fields():
            return super()._compute_display_name()
        hidden = self._hidden_ids(self[self._rec_name])
        for row in self:
            partner = row[self._rec_name]._origin
            row.display_name = (
                self._hidden_name() if partner.id in hidden else partner.display_name
            )

    def _read_format(self, fnames, load="_classic_read"):
        rows = super()._read_format(fnames, load)
        if load == "_classic_read" and not self.env.su:
            for name in self._customer_fields() & set(fnames):
                self._hide_names(rows, name)
        return rows

    def _hide_names(self, rows, name):
        """Replace the names of hidden customers in ``(id, name)`` pairs."""
        pairs = [row[name] for row in rows if row.get(name)]
        partners = self.env["res.partner"].browse({id_ for id_, _label in pairs})
        hidden = self._hidden_ids(partners)
        for row in rows:
            if row.get(name) and row[name][0] in hidden:
                row[name] = (row[name][0], self._hidden_name())

    def web_read(self, specification):
        """A hidden customer has its id and a substitute name, no other values."""
        names = {
            name
            for name in self._customer_fields() & specification.keys()
            if "fields" in specification[name]
        }
        rows = super().web_read({**specification, **{name: {} for name in names}})
        for name in names:
            fields = specification[name]["fields"]
            context = specification[name].get("context") or {}
            partners = self[name]._origin.with_context(**context)
            seen = partners._filtered_access("read")
            values = {vals["id"]: vals for vals in seen.web_read({"id": {}, **fields})}
            for row in rows:
                row[name] = row[name] and values.get(
                    row[name],
                    {
                        **dict.fromkeys(fields, False),
                        "id": row[name],
                        "display_name": self._hidden_name(),
                    },
                )
        return rows

    def _web_read_group_groupby_formatter(self, groupby_spec, values):
        formatter = super()._web_read_group_groupby_formatter(groupby_spec, values)
        if self.env.su or groupby_spec not in self._customer_fields():
            return formatter
        hidden = self._hidden_ids(self.env["res.partner"].union(*values))

        def hiding(value):
            shown, domain = formatter(value)
            if value.id in hidden:
                shown = (value.id, self._hidden_name())
            return shown, domain

        return hiding

    def _read_group_format_result(self, rows_dict, lazy_groupby):
        res = super()._read_group_format_result(rows_dict, lazy_groupby)
        if not self.env.su:
            for name in self._customer_fields() & set(lazy_groupby):
                self._hide_names(rows_dict, name)
        return res

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        """Blank hidden customers, for whose sake Odoo would refuse the whole export."""
        hidden = {} if self.env.su else self._hidden_columns(fields)
        if not hidden:
            return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)

        def hides(row):
            return frozenset(
                index
                for index, (path, ids) in hidden.items()
                if not ids.isdisjoint(row.mapped(path).ids)
            )

        lines = {}
        for hiding, rows in self.grouped(hides).items():
            shown = [index for index in range(len(fields)) if index not in hiding]
            exported = super(ContactKpiCustomerMixin, rows)._export_rows(
                [[".id"], *(fields[index] for index in shown)],
                _is_toplevel_call=_is_toplevel_call,
            )
            for row_id, *values in exported:
                line = dict(zip(shown, values, strict=True))
                if row_id:  # else one more line of the row before it
                    mine = lines[int(row_id)] = []
                    for index in hiding:
                        name = ".".join(fields[index]).removesuffix(".display_name")
                        if name.removesuffix(".name") == hidden[index][0]:
                            line[index] = self._hidden_name()
                mine.append([line.get(index, "") for index in range(len(fields))])
        return [line for row_id in self.ids for line in lines.get(row_id, ())]

    def _hidden_columns(self, fields):
        """Columns of an export that lead to hidden customers.

        :return: ``{index: (dotted path to the customers, ids of the hidden ones)}``
        """
        hidden = {}
        for index, path in enumerate(fields):
            rows = self
            for depth, name in enumerate(path, 1):
                field = rows._fields.get(name)
                if not field or not field.relational:
                    break
                if field.comodel_name == "res.partner":
                    if ids := self._hidden_ids(rows[name]):
                        hidden[index] = ".".join(path[:depth]), ids
                    break
                rows = rows[name]
        return hidden

    # -- order, groups and search ----------------------------------------------------

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        """Order by the names that the user sees, the same for all hidden customers."""
        if self.env.su or field_name not in self._customer_fields():
            return super()._order_field_to_sql(
                alias, field_name, direction, nulls, query
            )
        partner = self.env["res.partner"]
        customer = self._join_seen(alias, field_name, query)
        order = partner._order_to_sql(
            partner._order, query, alias=customer, reverse=direction.code == "DESC"
        )
        own = self._field_to_sql(alias, field_name, query)
        query._order_groupby.append(own)
        # Hidden ones, and groups of them, after the others and in one order.
        return SQL("%s, %s", order, own)

    def _join_seen(self, alias, name, query):
        """Join the customers that the user may read; return their alias."""
        customer = query.make_alias(alias, f"{name}__seen")
        query.add_join(
            "LEFT JOIN",
            customer,
            self._seen_table(),
            SQL(
                "%s = %s",
                self._field_to_sql(alias, name, query),
                SQL.identifier(customer, "id"),
            ),
        )
        return customer

    @api.model
    def _seen_table(self):
        """SQL of the partners that the user may read, to join."""
        partner = self.env["res.partner"].with_context(active_test=False)
        seen = partner._search(Domain.TRUE)
        table = SQL.identifier(partner._table)
        if not seen.where_clause:
            return table
        return seen.subselect(SQL("%s.*", table))

    def _customer_to_sql(self, alias, name, query):
        """SQL of a field of the customer: NULL where the user may not read it."""
        customer = self._join_seen(alias, "partner_id", query)
        return self.env["res.partner"]._field_to_sql(customer, name, query)

    @api.model
    def _search_customer(self, name, operator, value):
        """Search by a field of the customer, empty if that is hidden or deleted."""
        if operator.startswith("not"):
            return NotImplemented
        found = Domain("partner_id", "any", Domain(name, operator, value))
        if operator == "in" and False in value:
            found |= Domain("partner_id", "not any", Domain.TRUE)
        return found
