# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import tagged
from .common import ContactKpiCase, PHONE

@tagged("post_install", "-at_install")
class TestSaleReport(ContactKpiCase):
    def test_smoke(self):
        a = self.customer("A")
        o = self.order(a)
        self.commit()
        R = self.env["contact.kpi.sale.report"]
        print(R.search([]).read())
        print(R.formatted_read_group([], ["contact_missing"], ["confirmation_rate:avg", "days_to_confirm:avg", "amount:sum"]))
        print(R.reading_notes([], ["contact_missing"], []))
        print(R._table_query.code)
