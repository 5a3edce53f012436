# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from .contact_kpi_reachability import ONLY_AGREED


class ResConfigSettings(models.TransientModel):
    """Whether a number that may be a mobile counts as one.

    Stored in the indicator's own condition, where everybody can read it: changing the
    setting redefines the indicator.
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
    def get_values(self):
        res = super().get_values()
        _kpi, kinds = self.env["contact.kpi"]._mobile_definition()
        res["contact_kpi_maybe_mobile"] = "maybe" in (kinds or ())
        return res

    def set_values(self):
        self.check_access("write")  # public, and it redefines an indicator
        res = super().set_values()
        self.env["contact.kpi"]._accept_as_mobile(
            "maybe", self.contact_kpi_maybe_mobile
        )
        return res
