# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "Contact KPI: people who want to be forgotten",
    "version": "19.0.1.0.0",
    "category": "Hidden/Tests",
    "summary": "With what Odoo has for finding and deleting a person's data",
    "author": "Contact KPI contributors",
    "license": "LGPL-3",
    "depends": ["contact_kpi_mechanic", "privacy_lookup", "data_recycle"],
}
