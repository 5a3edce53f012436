# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

# Report by the model of the view.
REPORTS = {
    "contact.kpi.gap": "report_detail",
    "contact.kpi.snapshot": "report_trend",
    "contact.kpi.follow.up": "report_follow_up",
}


class ContactKpiPrint(models.TransientModel):
    """A print job: the view on screen, to become a PDF, a page or a spreadsheet.

    Stores the question, no figures: those are read when it is rendered, with the
    rights of whoever prints. Search terms may name somebody; the row is vacuumed
    after an hour or two, as every transient record.
    """

    _name = "contact.kpi.print"
    _description = "Contact Report to Print"
    _rec_name = "title"

    report = fields.Selection(
        [
            ("report_detail", "Customers without Contact"),
            ("report_trend", "Contact Trend"),
            ("report_follow_up", "Contact Follow-up"),
        ],
        required=True,
        readonly=True,
        help="What is printed; it follows from the view.",
    )
    title = fields.Char(
        "View", readonly=True, help="Where it was opened; the report's title."
    )
    domain = fields.Json(readonly=True, help="Of the view, with its filters.")
    filters = fields.Json(
        "Filter Labels", readonly=True, help="The filters in words, as on screen."
    )
    group_bys = fields.Json(
        "View Groups", readonly=True, help="What the view is grouped by."
    )
    company_ids = fields.Json(
        "Companies", readonly=True, help="The companies chosen on screen."
    )
    filter_words = fields.Text(
        "Filters",
        compute="_compute_filter_words",
        help="Only what the screen shows is printed. To change it, close this and "
        "change the filters there.",
    )
    group_by = fields.Selection(
        "_selection_group_by",
        "Grouped by",
        required=True,
        default="user_id",
        help="Each group has its own sums.",
    )
    file_name = fields.Char(compute="_compute_file_name")

    @api.model
    def _selection_group_by(self):
        """Dimensions of the list of customers, with their labels."""
        gap = self.env["contact.kpi.gap"]
        names = ["user_id", "indicator_id", *gap._segment_names(), "city", "company_id"]
        return [
            (name, gap._fields[name]._description_string(self.env)) for name in names
        ]

    @api.depends("filters")
    def _compute_filter_words(self):
        for job in self:
            job.filter_words = "\n".join(job.filters or []) or self.env._("None")

    @api.depends("report")
    @api.depends_context("lang")
    def _compute_file_name(self):
        today = self.env["res.company"]._contact_kpi_today()[self.env.company.id]
        self.file_name = False
        for job in self.filtered("report"):
            title = job._report()._title()
            job.file_name = f"{title} {today}"

    # -- making one ------------------------------------------------------------

    @api.model
    def action_open(self, model, domain, group_bys=(), filters=(), title=None):
        """Open the dialog that prints what a view shows.

        :param model: name of the view's model
        :param domain: of the view, as a list
        :param group_bys: as for ``formatted_read_group``
        :param filters: the filters in words
        :raise UserError: there is no report of that model
        """
        if model not in REPORTS:
            raise UserError(self.env._("There is no report of this view."))
        self.env[model].browse().check_access("read")
        groups = dict(self._selection_group_by())
        names = [spec.partition(":")[0] for spec in group_bys]
        job = self.create(
            {
                "report": REPORTS[model],
                "title": title,
                "domain": list(domain),
                "group_bys": list(group_bys),
                "filters": list(filters),
                "company_ids": self.env.companies.ids,
                "group_by": next((n for n in names if n in groups), "user_id"),
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Print"),
            "res_model": self._name,
            "res_id": job.id,
            "views": [(False, "form")],
            "target": "new",
        }

    # -- for the reports -----------------------------------------------------------

    def _for_reader(self):
        """This job in the reader's language and with the companies of the screen.

        :raise AccessError: a company is no longer the reader's
        """
        self.ensure_one()
        self.check_access("read")
        user = self.env.user
        companies = self.company_ids or self.env.companies.ids
        return self.with_context(
            lang=user.lang, tz=user.tz, allowed_company_ids=companies
        )

    def _domain(self):
        return Domain(self.domain or [])

    def _report(self):
        """The abstract model of the report."""
        self.ensure_one()
        return self.env[f"report.contact_kpi.{self.report}"]

    # -- buttons -------------------------------------------------------------------

    def action_pdf(self):
        return self._action_report("qweb-pdf")

    def action_html(self):
        return self._action_report("qweb-html")

    def _action_report(self, report_type):
        """Odoo's report action; if no PDF can be made, its client shows HTML."""
        self.ensure_one()
        self._report()._document(self, "pdf")  # too long: say so in the dialog
        report = self.env.ref(f"contact_kpi.action_{self.report}")
        return {
            **report.report_action(self, config=False),
            "report_type": report_type,
            "display_name": self.title or report.name,
            "close_on_report_download": True,
        }

    def action_xlsx(self):
        self.ensure_one()
        self._report()._document(self, "xlsx")  # too long: say so in the dialog
        return {
            "type": "ir.actions.act_url",
            "url": f"/contact_kpi/print/{self.id}/xlsx",
            "target": "download",
        }
