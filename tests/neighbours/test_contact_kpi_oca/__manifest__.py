# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "Contact KPI: law 1 beside others' addons",
    "version": "19.0.1.0.0",
    "category": "Hidden/Tests",
    "summary": "Open gaps against raw columns, after edits through others' addons",
    "author": "Contact KPI contributors",
    "license": "LGPL-3",
    "depends": ["contact_kpi_mechanic"],
}
