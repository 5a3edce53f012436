# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain


class DigestDigest(models.Model):
    """Two figures in Odoo's digest mail: a stock and a flow.

    Both come from the ledger, under the recipient's rules, for the digest's company
    and for the customers that all companies share, which Odoo's own helper leaves
    out. An addon adds a figure of its indicator as Odoo's addons do: a boolean, a
    value, and a compute that calls one of the two methods below. Where fewer are
    better, the name begins with ``kpi_contact_missing``: the mail shows a rise in red.
    """

    _inherit = "digest.digest"

    kpi_contact_missing = fields.Boolean("Customers without Contact")
    kpi_contact_missing_value = fields.Integer(
        compute="_compute_kpi_contact_missing_value"
    )
    kpi_contact_completed = fields.Boolean("Contacts Completed")
    kpi_contact_completed_value = fields.Integer(
        compute="_compute_kpi_contact_completed_value"
    )

    def _compute_kpi_contact_missing_value(self):
        self._calculate_contact_missing("no_contact", "kpi_contact_missing_value")

    def _compute_kpi_contact_completed_value(self):
        self._calculate_contact_completed("no_contact", "kpi_contact_completed_value")

    def _calculate_contact_missing(self, code, fname):
        """Fill in how many customers lacked it when the timeframe ended.

        A stock, which the mail compares with the end of the timeframe before. Read
        from the ledger, which has it for any moment: a day without a run does not
        show as a change, and the latest figure equals that of the card.

        :param code: code of the indicator
        :param fname: the value to fill in
        :raise AccessError: the recipient may not read it; the mail leaves it out
        """
        _start, end, _companies = self._get_kpi_compute_parameters()
        moment = Domain("opened_at", "<=", end) & (
            Domain("closed_at", "=", False) | Domain("closed_at", ">", end)
        )
        self._calculate_contact_gaps(code, fname, moment)

    def _calculate_contact_completed(self, code, fname):
        """Fill in how many customers were completed in the timeframe, a flow.

        :param code: code of the indicator
        :param fname: the value to fill in
        :raise AccessError: the recipient may not read it; the mail leaves it out
        """
        start, end, _companies = self._get_kpi_compute_parameters()
        completed = (
            Domain("close_reason", "=", "completed")
            & Domain("closed_at", ">", start)
            & Domain("closed_at", "<=", end)
        )
        self._calculate_contact_gaps(code, fname, completed)

    def _calculate_contact_gaps(self, code, fname, domain):
        """Fill in the number of an indicator's gaps, per company of the digests.

        One query, and one for each company of the digests.

        :param code: code of the indicator
        :param fname: the value to fill in
        :param domain: which gaps count; to it are added the indicator and the company
        :raise AccessError: on which Odoo leaves the figure out: an inactive indicator
            has no current ledger, and one hidden by record rules would read as 0
        """
        kpi = self.env["contact.kpi"].search(
            [("code", "=", code), ("active", "=", True)]
        )
        if not kpi:
            raise AccessError(
                self.env._("The indicator is switched off, or not yours to read.")
            )
        domain &= Domain("indicator_id", "in", kpi.ids)
        for company, digests in self.grouped(
            lambda digest: digest.company_id or self.env.company
        ).items():
            seen = Domain("company_id", "=", False) | Domain(
                "company_id", "parent_of", company.ids
            )
            digests[fname] = self.env["contact.kpi.gap"].search_count(domain & seen)

    def _compute_kpis_actions(self, company, user):
        actions = super()._compute_kpis_actions(company, user)
        menu = self.env.ref("sale.sale_menu_root").id
        overview = f"contact_kpi.contact_kpi_overview_action?menu_id={menu}"
        updates = f"contact_kpi.contact_kpi_gap_follow_up_action?menu_id={menu}"
        return {
            **actions,
            "kpi_contact_missing": overview,
            "kpi_contact_completed": updates,
        }
