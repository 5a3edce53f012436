# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Let what is loaded today have happened when the story says."""

from datetime import datetime, time

import pytz

from odoo.tools import SQL


def moment(company, day, hour, minute=0):
    """Return the UTC moment of an hour at the company."""
    local = company._contact_kpi_timezone().localize(
        datetime.combine(day, time(hour, minute))
    )
    return local.astimezone(pytz.utc).replace(tzinfo=None)


def date_back(rows, *columns):
    """Write moments into records of one model, past all hooks.

    :param rows: each a record and a moment per column, in UTC; None empties it
    """
    records, *moments = zip(*rows, strict=True)
    records = records[0].concat(*records[1:])
    records.env.flush_all()
    records.env.cr.execute(
        SQL(
            "UPDATE %s t SET %s FROM unnest(%s::int[], %s) AS v (id, %s)"
            " WHERE t.id = v.id",
            SQL.identifier(records._table),
            SQL(", ").join(
                SQL("%s = %s", SQL.identifier(n), SQL.identifier("v", n))
                for n in columns
            ),
            records.ids,
            SQL(", ").join(SQL("%s::timestamp[]", list(each)) for each in moments),
            SQL(", ").join(map(SQL.identifier, columns)),
        )
    )
    records.invalidate_model(columns, flush=False)
