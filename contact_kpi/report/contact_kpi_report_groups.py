# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

from .layout import Column, Row, Table

DEPTH = 3  # nested groups that fit on a sheet of paper


class ContactKpiReportGroups(models.AbstractModel):
    """A report of figures by groups: what a pivot of the same selection shows.

    Read through the pivot's entry point, so that every figure, subtotal and total is
    that of the screen. Cost: one call, however deep the groups are.
    """

    _name = "contact.kpi.report.groups"
    _inherit = ["contact.kpi.report.mixin"]
    _description = "Report of Figures by Groups"

    @api.model
    def _columns(self, job):
        """The columns after the first one; names are those of measures.

        :return: list of ``layout.Column``
        """
        raise NotImplementedError

    @api.model
    def _groupbys(self, job):
        """The groups of the screen; by period if it has none."""
        return (job.group_bys or [self._default_groupby(job)])[:DEPTH]

    @api.model
    def _default_groupby(self, job):
        return "date:month"

    @api.model
    def _total_label(self):
        return self.env._("Total")

    @api.model
    def _grouping_in_words(self, job):
        model = self.env[self._report_model]
        names = [spec.partition(":")[0] for spec in self._groupbys(job)]
        return [model._fields[n]._description_string(self.env) for n in names]

    @api.model
    def _notes(self, job):
        notes = self.env[self._report_model].reading_notes(
            list(job._domain()),
            self._groupbys(job),
            [column.name for column in self._columns(job)],
        )
        if len(job.group_bys or []) > DEPTH:
            notes = [
                *notes,
                self.env._("Only the first %s groups of the view are shown.", DEPTH),
            ]
        return notes

    @api.model
    def _tables(self, job, limit):
        groupbys = self._groupbys(job)
        columns = [
            Column("group", " / ".join(self._grouping_in_words(job)), "text", 2),
            *self._columns(job),
        ]
        sets = [groupbys[:depth] for depth in range(len(groupbys) + 1)]
        found = self._read(job, sets, columns[1:])
        columns = self._visible_columns(columns, found)
        self._check_limit(sum(map(len, found)), limit)
        by_prefix = {}
        for row in (row for groups in found[1:] for row in groups):
            by_prefix.setdefault(row["key"][:-1], []).append(row)
        rows = self._rows((), by_prefix, len(groupbys))
        for row in found[0]:
            values = {**row["values"], "group": self._total_label()}
            rows.append(Row(values, "total"))
        return [Table("figures", self._title(), columns, rows)]

    @api.model
    def _read(self, job, sets, columns):
        """Read the figures: per set of groups, dicts of key, values and label."""
        model = self.env[self._report_model]
        names = {column.name for column in columns} & model._fields.keys()
        measured = model.fields_get(list(names), ["aggregator"])
        specs = {
            name: f"{name}:{measured[name]['aggregator']}"
            for name in names
            if measured[name].get("aggregator")
        }
        answer = model.formatted_read_grouping_sets(
            list(job._domain()), sets, list(specs.values())
        )
        found = [
            [
                {
                    "key": tuple(_key(group[spec]) for spec in groupbys),
                    "values": {name: group[spec] for name, spec in specs.items()},
                    "label": groupbys
                    and self._group_label(groupbys[-1], group[groupbys[-1]]),
                }
                for group in groups
            ]
            for groupbys, groups in zip(sets, answer, strict=True)
        ]
        self._complete(job, sets, found)
        return found

    @api.model
    def _visible_columns(self, columns, found):
        """Hook: leave out columns that have nothing to show."""
        return columns

    @api.model
    def _complete(self, job, sets, found):
        """Hook: add values that are not measures."""

    @api.model
    def _rows(self, prefix, by_prefix, depth):
        """The rows below a group, each followed by those of its own groups."""
        rows = []
        level = len(prefix)
        for row in by_prefix.get(prefix, []):
            kind = "line" if level + 1 == depth else "group"
            values = {**row["values"], "group": row["label"]}
            rows.append(Row(values, kind, level))
            rows += self._rows(row["key"], by_prefix, depth)
        return rows

    @api.model
    def _group_label(self, spec, value):
        field = self.env[self._report_model]._fields[spec.partition(":")[0]]
        if isinstance(value, list | tuple):
            return str(value[1])
        if field.type == "boolean":
            return self.env._("Companies") if value else self.env._("Persons")
        if value is False or value is None:
            return self.env._("None")
        if field.type == "selection":
            return dict(field._description_selection(self.env))[value]
        return str(value)


def _key(value):
    """A group's value as a key."""
    return tuple(value) if isinstance(value, list) else value
