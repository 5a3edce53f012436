# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "Contact KPI: Odoo's own lint",
    "version": "19.0.1.0.0",
    "category": "Hidden/Tests",
    "summary": "Odoo's own checks, for these addons; its hooks that they lean on",
    "author": "Contact KPI contributors",
    "license": "LGPL-3",
    "depends": ["contact_kpi"],
}
