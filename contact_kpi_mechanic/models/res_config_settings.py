# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain

from .contact_kpi_reachability import ONLY_AGREED


class ResConfigSettings(models.TransientModel):
    """Whether what may be a mobile counts as one.

    The setting is the indicator's condition itself, where everybody can read it:
    changing it changes the definition, with all that this brings.
    """

    _inherit = "res.config.settings"

    contact_kpi_maybe_mobile = fields.Boolean(
        "Maybe Counts as a Mobile",
        help="Where mobiles and landlines share their ranges (United States, Canada, "
        "Mexico, …) nobody can tell what a number is.",
    )

    contact_kpi_only_agreed = fields.Boolean(
        "Message Only Who Agreed",
        config_parameter=ONLY_AGREED,
        help="Customers who were not asked count as not to be messaged until they "
        "agree. Whoever refused is never to be messaged.",
    )

    @api.model
    def _contact_kpi_no_mobile(self):
        kpi = self.env.ref("contact_kpi_mechanic.contact_kpi_no_mobile", False)
        return kpi or self.env["contact.kpi"]

    @api.model
    def _contact_kpi_answers(self, domain):
        """What the condition of the indicator takes for a mobile, else None."""
        for condition in domain.iter_conditions():
            if condition.field_expr == "customer_mobile_kind" and (
                condition.operator == "not in"
            ):
                return list(condition.value)
        return None

    @api.model
    def get_values(self):
        res = super().get_values()
        kpi = self._contact_kpi_no_mobile().sudo()
        domain = kpi and kpi._partner_domain("gap_domain")
        answers = domain and self._contact_kpi_answers(domain)
        res["contact_kpi_maybe_mobile"] = "maybe" in (answers or [])
        return res

    def set_values(self):
        res = super().set_values()
        kpi = self._contact_kpi_no_mobile()
        domain = kpi and kpi.sudo()._partner_domain("gap_domain")
        answers = domain and self._contact_kpi_answers(domain)
        if answers is None or not kpi:
            return res  # gone, or with another condition of an administrator
        wanted = [kind for kind in answers if kind != "maybe"]
        wanted += ["maybe"] if self.contact_kpi_maybe_mobile else []
        if set(wanted) != set(answers):
            domain = domain.map_conditions(
                lambda condition: (
                    Domain("customer_mobile_kind", "not in", wanted)
                    if condition.field_expr == "customer_mobile_kind"
                    and condition.operator == "not in"
                    else condition
                )
            )
            # By nobody: the condition also reads repairs, which not every
            # administrator of settings may read.
            kpi.with_user(SUPERUSER_ID).gap_domain = repr(list(domain))
        return res
