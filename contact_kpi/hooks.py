# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What installing and removing the addon does besides its data files."""


def post_init_hook(env):
    """Have the scheduled actions start at once instead of tomorrow.

    The installing transaction only fills the first ledger, in one statement; looking
    at a million contacts would hold it up and is done in batches.
    """
    env["contact.kpi.ruleset"]._trigger()
    env.ref("contact_kpi.ir_cron_refresh")._trigger()
    env.ref("contact_kpi.ir_cron_history")._trigger()


def uninstall_hook(env):
    """Remove the to-dos and the settings that this addon created.

    The link of the one is about to go, and nobody reads the other any more. What is in
    use is not offered for deletion, which Odoo would try and log as an error: reasons
    go with their table, and a demo's customers have orders, which stay.
    """
    env["mail.activity"].sudo().search([("contact_kpi_id", "!=", False)]).unlink()
    settings = [("key", "=like", "contact_kpi.%")]
    env["ir.config_parameter"].sudo().search(settings).unlink()
    in_use = ("contact.kpi.decline.reason", "res.partner", "product.product")
    in_use += ("product.template",)
    names = [("module", "=", "contact_kpi"), ("model", "in", in_use)]
    env["ir.model.data"].sudo().search(names).unlink()
