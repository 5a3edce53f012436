# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.contact_kpi.models.sales.impact_mixin import FEW, SIDES

from .contact_kpi_segment_mixin import URGENCIES

# What else makes a customer; a repair does not tell whether it did by that day.
OTHERWISE = frozenset({"customer_rank", "sale_order_ids", "sale_order_count"})


class ContactKpiRepairMixin(models.AbstractModel):
    """Repairs as the documents of a report, see ``contact.kpi.impact.mixin``.

    Only of indicators for which a repair alone makes a customer: for others, one that
    had come for repairs only would have no gap, and would pass for on file. Repairs
    without a customer have no rows. The alias of the repair is ``repair_order``.
    """

    _name = "contact.kpi.repair.mixin"
    _inherit = ["contact.kpi.impact.mixin"]
    _description = "Repairs by Missing Contacts"

    _document = "repair_id"
    _settled = frozenset({"active", "repair_order_ids"})
    _depends = {
        "repair.order": [
            *("partner_id", "company_id", "user_id", "state", "create_date"),
            *("service_type_id", "priority", "schedule_date", "sale_order_id"),
            *("confirmed_at", "finished_at", "contact_kpi_merged"),
        ],
    }

    repair_id = fields.Many2one("repair.order", readonly=True)
    user_id = fields.Many2one(
        "res.users", "Responsible", readonly=True, help="Who took the repair order."
    )
    state = fields.Selection(
        lambda self: (
            self.env["repair.order"]._fields["state"]._description_selection(self.env)
        ),
        "Status",
        readonly=True,
    )
    repair_service_type_id = fields.Many2one(
        "mechanic.service.type",
        "Service Type",
        readonly=True,
        help="Of this repair.",
    )
    repair_priority = fields.Selection(
        [choice for choice in URGENCIES if choice[0] != "none"],
        "Urgency",
        readonly=True,
        help="Of this repair.",
    )
    service_type_id = fields.Many2one(string="Customer's Service Type")
    urgency = fields.Selection(string="Customer's Urgency")
    date = fields.Date(
        "Taken on", help="Day of the company on which the repair order was made."
    )
    contact_missing = fields.Selection(
        # Declared again, for the labels to be terms of this addon.
        SIDES,
        string="When Taken",
        help="Whether the customer lacked it at the moment when the repair order was "
        "made, whatever happened since.",
    )

    @api.model
    def _select_sql(self, partner, query):
        return {
            **super()._select_sql(partner, query),
            "repair_service_type_id": SQL("repair_order.service_type_id"),
            "repair_priority": SQL("COALESCE(repair_order.priority, '0')"),
        }

    @api.model
    def _settled_domain(self, kpi, partner):
        domain = super()._settled_domain(kpi, partner)
        asked = domain.optimize(partner).iter_conditions()
        if any(self._asks_about(condition, OTHERWISE) for condition in asked):
            return Domain.FALSE
        return domain

    # -- words beside the figures --------------------------------------------

    @api.model
    def _note_of_indicators(self):
        return self.env._(
            "Every repair counts once per indicator here: look at one indicator at a "
            "time."
        )

    @api.model
    def _words_of_few(self, repairs, side):
        if not repairs:
            return self.env._("No repairs with “%s”: nothing to compare.", side)
        if repairs == 1:
            return self.env._("Only one repair with “%s”: too few to compare.", side)
        return self.env._(
            "Only %(count)s repairs with “%(side)s”: too few to compare.",
            count=repairs,
            side=side,
        )

    @api.model
    def _words_of_few_groups(self, few, groups):
        return self.env._(
            "%(few)s of %(all)s groups have fewer than %(least)s repairs on a side: "
            "too few to compare within them.",
            few=few,
            all=groups,
            least=FEW,
        )

    @api.model
    def _words_of_left_out(self, reasons):
        return self.env._(
            "Repairs left out, what their customers lacked when they were taken is "
            "not on record: %s.",
            reasons,
        )

    @api.model
    def _words_of_the_start(self, day):
        return self.env._(
            "Repairs from before %s are left out: what their customers lacked then is "
            "not on record.",
            day,
        )

    # -- actions -------------------------------------------------------------

    @api.model
    def _explain_title(self):
        return self.env._("Repairs behind the Figure")

    def action_open_repair(self):
        return self._action_open_document()
