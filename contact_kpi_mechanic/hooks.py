# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What installing and removing the addon does besides its data files."""


def post_init_hook(env):
    """Have all numbers looked at for mobiles, in the background, beginning now.

    The installing transaction touches no partner: until its batch has come, whoever
    has typed any number counts as not yet classified.
    """
    rules = env["contact.kpi.ruleset"].sudo()
    rules._current()
    rules._trigger()


def uninstall_hook(env):
    """Leave nothing that reads what is about to go.

    The indicator itself goes with its ledger and figures; its to-dos would stay
    without a link. Indicators of an administrator that ask about mobiles or repairs
    could no longer be evaluated. Installed again, all numbers are looked at again.
    Service types go with their table: one by one, those in use would be refused.
    """
    ours = env.ref("contact_kpi_mechanic.contact_kpi_no_mobile", False)
    if ours:
        activities = env["mail.activity"].sudo()
        activities.search([("contact_kpi_id", "=", ours.id)]).unlink()
    kpis = env["contact.kpi"].sudo().search([]) - (ours or env["contact.kpi"])
    kpis.filtered(lambda kpi: kpi._needs_workshop()).active = False
    env["contact.kpi.ruleset"]._forget("mobile")
    settings = [("key", "=like", "contact_kpi_mechanic.%")]
    env["ir.config_parameter"].sudo().search(settings).unlink()
    names = [
        ("module", "=", "contact_kpi_mechanic"),
        ("model", "=", "mechanic.service.type"),
    ]
    env["ir.model.data"].sudo().search(names).unlink()
