# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.http import Controller, content_disposition, request, route

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ContactKpiPrintController(Controller):
    @route("/contact_kpi/print/<int:job_id>/xlsx", type="http", auth="user")
    def xlsx(self, job_id):
        """Download a print job as a spreadsheet; others may not read it."""
        job = request.env["contact.kpi.print"].browse(job_id).exists()
        if not job:
            raise request.not_found()
        job = job._for_reader()
        content = job._report()._xlsx(job)
        return request.make_response(
            content,
            headers=[
                ("Content-Type", XLSX),
                ("Content-Length", len(content)),
                (
                    "Content-Disposition",
                    content_disposition(f"{job.file_name}.xlsx"),
                ),
            ],
        )
