# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "Contact KPI: a Brazilian sales desk",
    "version": "19.0.1.0.0",
    "category": "Hidden/Tests",
    "summary": "The flow in Portuguese, with Odoo's Brazilian localisation and CRM",
    "author": "Contact KPI contributors",
    "license": "LGPL-3",
    "depends": ["contact_kpi_mechanic", "crm", "l10n_br"],
    "assets": {
        "web.assets_tests": ["test_contact_kpi_brazil/static/tests/tours/*.js"],
    },
}
