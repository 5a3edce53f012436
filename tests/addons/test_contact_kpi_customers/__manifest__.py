# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "Contact KPI: loading customers",
    "version": "19.0.1.0.0",
    "category": "Hidden/Tests",
    "summary": "What `./setup/demo --customers` loads, and what it says it did not",
    "author": "Contact KPI contributors",
    "license": "LGPL-3",
    "depends": ["contact_kpi"],
}
