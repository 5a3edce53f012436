# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "Contact KPI: who may do what",
    "version": "19.0.1.0.0",
    "category": "Hidden/Tests",
    "summary": "Every login, every model and method, over the client's own protocol",
    "author": "Contact KPI contributors",
    "license": "LGPL-3",
    # Of CRM: leads, which suggestions read, and its right to edit contacts.
    "depends": ["contact_kpi_mechanic", "contact_kpi_spreadsheet", "crm"],
}
