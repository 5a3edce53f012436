# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "Contact KPI Dashboard",
    "version": "19.0.1.0.0",
    "summary": "A spreadsheet dashboard of the customers you cannot reach",
    "author": "Contact KPI contributors",
    "license": "LGPL-3",
    "category": "Productivity/Dashboard",
    "images": [
        "static/description/banner.png",
        "static/description/dashboard.png",
    ],
    "depends": ["contact_kpi", "spreadsheet_dashboard"],
    "auto_install": True,
    "data": ["data/spreadsheet_dashboard_data.xml"],
}
