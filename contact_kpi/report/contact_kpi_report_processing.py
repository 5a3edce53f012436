# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

from ..models.engine.run_retention import RETENTION_DAYS
from ..models.people.gap_decline import DECLINE_REVIEW_DAYS

_lt = LazyTranslate(__name__)

WITH_CUSTOMER = _lt("Until the first refresh after the customer is deleted.")
WITH_GAP = _lt("As long as its gap.")
FIGURES = _lt(
    "Every day for as long as set below, then what closes a week, month or year."
)
# How long a table's rows are kept, and the column that dates them, if there is one.
KEPT = {
    "contact.kpi.gap": (
        _lt("For ever, without the customer once the customer is deleted."),
        "opened_on",
    ),
    "contact.kpi.gap.segment": (WITH_GAP, "since"),
    "contact.kpi.decline": (WITH_GAP, "declined_on"),
    "contact.kpi.customer.state": (WITH_CUSTOMER, None),
    "contact.kpi.customer.change": (WITH_CUSTOMER, None),
    "contact.kpi.history.unknown": (
        _lt("Until the past is rebuilt, or the customer is deleted."),
        None,
    ),
    "contact.kpi.suspect.ignored": (_lt("Until it is removed by hand."), None),
    "contact.kpi.run": (FIGURES, "date"),
    "contact.kpi.fact": (FIGURES, "since"),
}
WITH_RECORD = _lt("As long as the record.")


class ReportContactKpiProcessing(models.AbstractModel):
    """Record of processing operations (LGPD, article 37; GDPR, article 30).

    What the addons store about persons in this database, table by table, over all
    companies: counts and dates, no person. For administrators of the database alone.
    """

    _name = "report.contact_kpi.report_processing"
    _description = "Contact Record of Processing Operations"

    @api.model
    def _get_report_values(self, docids, data=None):
        """Values for the template.

        :raises AccessError: for whoever does not administer the database
        """
        if not self.env.user.has_group("base.group_system"):
            raise AccessError(
                self.env._("Only administrators of the database print this record.")
            )
        return {
            "doc_ids": docids,
            "companies": self.env["res.company"].sudo().search(Domain.TRUE),
            "tables": [self._line(*item) for item in self._personal_fields().items()],
            "title": self.env._("Record of Processing Operations"),
            "settings": self._settings(),
            "today": fields.Date.context_today(self),
            "lang_code": self.env.lang,
        }

    @api.model
    def _settings(self):
        """Return sentences on what is set in this database."""
        chosen = self.env["ir.config_parameter"]._contact_kpi_chosen
        kept, review = chosen(RETENTION_DAYS), chosen(DECLINE_REVIEW_DAYS)
        return [
            self.env._("Every day's figures are kept for %s days.", kept)
            if kept
            else self.env._("Every day's figures are kept for ever."),
            self.env._(
                "A customer that declined may be asked again after %s days.", review
            )
            if review
            else self.env._(
                "A customer that declined is not asked again, unless a review date is "
                "chosen."
            ),
        ]

    @api.model
    def _personal_fields(self):
        """Return ``{model: [field]}`` of what is stored about persons, of ours alone.

        Figures are among them, with no field of a customer. Who created a row and who
        wrote it last is Odoo's own.
        """
        found = {}
        for name, model in sorted(self.env.registry.items()):
            if not model._auto or model.is_transient():
                continue
            stored = [f for f in model._fields.values() if f.store and f.column_type]
            if name.startswith("contact.kpi"):
                about = [field for field in stored if self._is_about_person(field)]
            elif name == "res.partner":
                about = [f for f in stored if f._modules and self._is_ours(f)]
            else:
                continue
            if about or name in KEPT:
                found[name] = about
        return found

    @api.model
    def _is_about_person(self, field):
        people = field.comodel_name in ("res.partner", "res.users")
        return field.name == "partner_id" or (
            people and field.name not in ("create_uid", "write_uid")
        )

    @api.model
    def _is_ours(self, field):
        return all(module.startswith("contact_kpi") for module in field._modules)

    @api.model
    def _line(self, name, about):
        """Return what the record says about a table: one statement, one scan.

        Rows without any of the fields are not counted: most contacts have none.
        """
        model = self.env[name]
        kept, dated = KEPT.get(name, (WITH_RECORD, None))
        columns = [SQL.identifier(field.name) for field in about]
        condition = SQL("TRUE")
        if columns and name not in KEPT:
            condition = SQL("num_nonnulls(%s) > 0", SQL(", ").join(columns))
        oldest = SQL("MIN(%s)", SQL.identifier(dated)) if dated else SQL("NULL::date")
        table = SQL.identifier(model._table)
        query = SQL("SELECT COUNT(*), %s FROM %s WHERE %s", oldest, table, condition)
        ((rows, first),) = self.env.execute_query(query)
        return {
            "name": name,
            "label": self.env["ir.model"]._get(name).name,
            "fields": [(f._description_string(self.env), f.name) for f in about],
            "rows": rows,
            "oldest": first,
            "kept": self.env._(kept),
        }
