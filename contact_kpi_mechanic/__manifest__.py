# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "Contact KPI for Workshops",
    "version": "19.0.1.0.0",
    "summary": "Customers without a mobile, by type of service and urgency",
    "author": "Contact KPI contributors",
    "license": "LGPL-3",
    "category": "Supply Chain/Inventory",
    "depends": ["contact_kpi", "repair"],
}
