# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models

from ...tools.setting import Setting

SHARED_THRESHOLD = Setting(
    "contact_kpi.shared_threshold", default=5, least=2, most=1000000, bounded=False
)


class ContactKpiSuspectIgnored(models.Model):
    """A suspected value that an administrator chose to ignore.

    Stored as a keyed hash only: our tables hold no number and no address.
    """

    _name = "contact.kpi.suspect.ignored"
    _description = "Ignored Suspect"
    _order = "id desc"
    _rec_name = "kind"

    kind = fields.Selection(
        [("phone", "Phone"), ("email", "E-mail")], required=True, readonly=True
    )
    fingerprint = fields.Char(required=True, readonly=True)

    _fingerprint_uniq = models.UniqueIndex(
        "(fingerprint)", "This value is ignored already."
    )
