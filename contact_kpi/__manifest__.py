# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "Contact KPI",
    "version": "19.0.1.0.0",
    "summary": "Customers you cannot reach: how many, for how long, getting better?",
    "author": "Contact KPI contributors",
    "license": "LGPL-3",
    "category": "Sales/Sales",
    "depends": ["sale_management", "phone_validation"],
    "data": [
        "security/ir.model.access.csv",
        "security/contact_kpi_security.xml",
        "data/contact_kpi_placeholder_data.xml",
        "data/contact_kpi_data.xml",
        "data/ir_cron_data.xml",
        "views/contact_kpi_gap_views.xml",
        "views/contact_kpi_follow_up_views.xml",
        "views/contact_kpi_snapshot_views.xml",
        "views/contact_kpi_run_views.xml",
        "views/contact_kpi_comparison_views.xml",
        "views/contact_kpi_placeholder_views.xml",
        "views/contact_kpi_ruleset_views.xml",
        "views/contact_kpi_sale_report_views.xml",
        "views/contact_kpi_views.xml",
        "views/res_partner_views.xml",
        "views/res_config_settings_views.xml",
        "views/contact_kpi_menus.xml",
    ],
    "demo": ["demo/contact_kpi_demo.xml"],
    "assets": {
        "web.assets_backend": ["contact_kpi/static/src/views/**/*"],
        # Where graph and pivot themselves are loaded.
        "web.assets_backend_lazy": ["contact_kpi/static/src/reports/**/*"],
        "web.assets_tests": ["contact_kpi/static/tests/tours/*.js"],
    },
    "post_init_hook": "post_init_hook",
    "uninstall_hook": "uninstall_hook",
}
