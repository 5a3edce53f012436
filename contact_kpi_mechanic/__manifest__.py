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
    "data": [
        "security/contact_kpi_mechanic_security.xml",
        "security/ir.model.access.csv",
        "data/mechanic_service_type_data.xml",
        "data/contact_kpi_data.xml",
        "views/mechanic_service_type_views.xml",
        "views/contact_kpi_banner_templates.xml",
        "views/repair_order_views.xml",
        "views/repair_order_counter_views.xml",
        "views/contact_kpi_gap_views.xml",
        "views/contact_kpi_follow_up_views.xml",
        "views/contact_kpi_snapshot_views.xml",
        "views/res_partner_views.xml",
        "views/res_config_settings_views.xml",
        "views/contact_kpi_repair_report_views.xml",
        "views/contact_kpi_capture_report_views.xml",
        "views/contact_kpi_mechanic_menus.xml",
    ],
    "assets": {
        "web.assets_tests": ["contact_kpi_mechanic/static/tests/tours/*.js"],
    },
    "post_init_hook": "post_init_hook",
    "uninstall_hook": "uninstall_hook",
}
