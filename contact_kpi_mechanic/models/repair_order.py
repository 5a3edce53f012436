# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

READ = {"partner_id", "picking_id", "state", "service_type_id", "priority"}
CONFIRMED = ("confirmed", "under_repair", "done")


class RepairOrder(models.Model):
    _inherit = "repair.order"

    service_type_id = fields.Many2one(
        "mechanic.service.type",
        index="btree_not_null",
        tracking=True,
        ondelete="restrict",
        help="What the customer comes for.",
    )
    service_type_color = fields.Integer(related="service_type_id.color")

    confirmed_at = fields.Datetime(
        "Confirmed on",
        readonly=True,
        copy=False,
        help="When the repair was confirmed, as it stands. Empty while it is new or "
        "cancelled, and unknown for those confirmed before this was kept.",
    )
    finished_at = fields.Datetime(
        "Repaired on",
        readonly=True,
        copy=False,
        help="When the repair was finished. Unknown for those finished before this "
        "was kept.",
    )
    contact_kpi_merged = fields.Boolean(
        "Customer Merged Since",
        readonly=True,
        copy=False,
        help="The customer of this repair was merged into another one: what it lacked "
        "then is on record without its name.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        usual = self.default_get(["state"]).get("state")
        vals_list = [
            {**self._moments(False, vals.get("state", usual)), **vals}
            for vals in vals_list
        ]
        orders = super().create(vals_list)
        # A first repair makes a customer, whose gap may open now.
        orders.partner_id._contact_kpi_touch(reread=False)
        return orders

    def write(self, vals):
        if READ.isdisjoint(vals):
            return super().write(vals)
        # The customer follows the transfer that the repair comes from.
        moves = not {"partner_id", "picking_id"}.isdisjoint(vals)
        before = self.partner_id if moves else self.env["res.partner"]
        by_state = self.grouped("state") if "state" in vals else {}
        res = super().write(vals)
        for state, orders in by_state.items():
            moments = self._moments(state, vals["state"])
            for name in vals.keys() & moments.keys():
                del moments[name]  # given by the caller
            if moments:
                super(RepairOrder, orders).write(moments)
        (before | self.partner_id)._contact_kpi_touch(reread=False)
        return res

    @api.model
    def _moments(self, before, after):
        """The moments that a change of state sets or clears, as values to write.

        Only an observed transition is dated: a repair that was confirmed before these
        fields existed stays without a date. Going back to new or cancelled clears the
        moments, and confirming again dates it anew. A repair created as under repair
        or repaired comes from elsewhere: its moments are unknown.

        :param before: the previous state, False on creation
        """
        moments = {}
        if not before and after != "confirmed":
            return moments
        now = self.env["res.company"]._contact_kpi_now()
        if after not in CONFIRMED:
            if before in CONFIRMED:
                moments["confirmed_at"] = False
        elif before not in CONFIRMED:
            moments["confirmed_at"] = now
        if (after == "done") != (before == "done"):
            moments["finished_at"] = after == "done" and now
        return moments

    def unlink(self):
        partners = self.partner_id
        res = super().unlink()
        partners._contact_kpi_touch(reread=False)
        return res
