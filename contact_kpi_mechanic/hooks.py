# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What installing and uninstalling the addon does besides its data files."""


def post_init_hook(env):
    """Start the classification of all numbers by mobile, as a background job.

    The installing transaction writes no partner: until its batch has run, a customer
    with any number counts as not yet classified.
    """
    rules = env["contact.kpi.ruleset"].sudo()
    rules._current()
    rules._trigger()


def uninstall_hook(env):
    """Remove or disable what depends on the columns that are about to be dropped.

    The indicator is deleted with its ledger and figures, but its to-dos would stay
    without a link. Custom indicators on mobiles or repairs, which could no longer be
    evaluated, are archived. The classification is forgotten, so that a new
    installation starts it again. Service types lose their XML ids and go with their
    table: deleted one by one, those in use would raise.
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
