# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.http import Controller, content_disposition, request, route

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ContactKpiPrintController(Controller):
    @route("/contact_kpi/print/<int:order_id>/xlsx", type="http", auth="user")
    def xlsx(self, order_id):
        """A report as a spreadsheet; whose it is not may not read it."""
        order = request.env["contact.kpi.print"].browse(order_id).exists()
        if not order:
            raise request.not_found()
        order = order._for_reader()
        content = order._report()._xlsx(order)
        return request.make_response(
            content,
            headers=[
                ("Content-Type", XLSX),
                ("Content-Length", len(content)),
                (
                    "Content-Disposition",
                    content_disposition(f"{order.file_name}.xlsx"),
                ),
            ],
        )
