# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime, timedelta

import pytz

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_datetime

from .calendar import Series

ZONES = "contact_kpi_zones"


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        self._contact_kpi_forget_zones()
        # A company of ours is no customer.
        companies.partner_id._contact_kpi_touch(reread=False)
        return companies

    def write(self, vals):
        before = self.partner_id if "partner_id" in vals else self.partner_id.browse()
        res = super().write(vals)
        if before:
            (before | self.partner_id)._contact_kpi_touch(reread=False)
        if "resource_calendar_id" in vals:
            self._contact_kpi_forget_zones()
            self.env["contact.kpi"]._refresh_soon()
        return res

    def unlink(self):
        partners = self.partner_id
        res = super().unlink()
        self._contact_kpi_forget_zones()
        partners.exists()._contact_kpi_touch(reread=False)
        return res

    @api.model
    def _contact_kpi_main(self):
        """The main company: its day and country hold for what no company owns."""
        # By its XML id, which is cached: no query, unless it was deleted.
        main_id = self.env["ir.model.data"]._xmlid_to_res_id("base.main_company")
        if main_id:
            return self.sudo().browse(main_id)
        return self.sudo().search(Domain.TRUE, limit=1, order="id")

    def _contact_kpi_timezone(self):
        """Time zone of the company's working hours, else UTC."""
        self.ensure_one()
        return pytz.timezone(self._contact_kpi_zones()[self._origin.id])

    @api.model
    def _contact_kpi_zones(self):
        """Time zones of all companies' working hours: ``{company id: name}``.

        Cached for the transaction: one query, since nearly every screen asks.
        """
        kept = self.env.cr.cache
        if ZONES not in kept:
            self.env["resource.calendar"].flush_model(["tz"])
            self.flush_model(["resource_calendar_id"])
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT c.id, COALESCE(r.tz, 'UTC')
                      FROM res_company c
                      LEFT JOIN resource_calendar r ON r.id = c.resource_calendar_id
                     ORDER BY c.id
                    """
                )
            )
            kept[ZONES] = dict(rows)
        return kept[ZONES]

    @api.model
    def _contact_kpi_forget_zones(self):
        """Drop the cached zones: companies or working hours have changed."""
        self.env.cr.cache.pop(ZONES, None)

    def _contact_kpi_moment_text(self, moment):
        """A datetime formatted in the user's time zone, else in the company's.

        :param moment: naive, UTC
        """
        tz = self.env.user.tz or self._contact_kpi_timezone().zone
        return format_datetime(self.env, moment, tz=tz, dt_format="short")

    def _contact_kpi_day(self, moment):
        """The company's date at a moment (naive, UTC)."""
        return pytz.utc.localize(moment).astimezone(self._contact_kpi_timezone()).date()

    def _contact_kpi_day_end(self, day):
        """End of a company's day, exclusive: the first moment after it, naive, UTC."""
        midnight = datetime.combine(day + timedelta(days=1), datetime.min.time())
        local = self._contact_kpi_timezone().localize(midnight)
        return local.astimezone(pytz.utc).replace(tzinfo=None)

    @api.model
    def _contact_kpi_series(self):
        """The series of figures: 0 for shared customers, else a company's id.

        :return: :class:`Series`, ``{series: company whose day it follows}``
        """
        companies = self.sudo().browse(self._contact_kpi_zones())
        return Series(
            {
                0: self._contact_kpi_main(),
                **{company.id: company for company in companies},
            }
        )

    @api.model
    def _contact_kpi_today(self):
        """Today's date per series, in its company's time zone: a :class:`Days`."""
        return self._contact_kpi_series().days(self._contact_kpi_now())

    @api.model
    def _contact_kpi_today_sql(self, company, today=None):
        """SQL of today's date of a row's series.

        :param company: SQL of the row's company, NULL for shared customers
        :param today: :meth:`_contact_kpi_today`, where it is at hand
        """
        return (today or self._contact_kpi_today()).day_sql(company)

    @api.model
    def _contact_kpi_now(self):
        """The transaction's timestamp, to the second: naive, UTC, as fields store it.

        One per transaction: a gap that closes at the moment it opened leaves no row.
        """
        return fields.Datetime.to_datetime(self.env.cr.now()).replace(microsecond=0)
