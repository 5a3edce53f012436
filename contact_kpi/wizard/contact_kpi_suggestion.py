# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ..tools.pick import pick_email, pick_phone
from ..tools.tax_id import spellings

# Best first; ties go to what more documents say, then to the newest.
RANK = ("mobile", "either", "landline", "valid", "other")
ORIGINS = [
    ("lead", "Lead or Opportunity"),
    ("order", "Address of an Order"),
    ("duplicate", "Same Tax ID"),
    ("email", "E-mail That It Wrote"),
]
LIMIT = 100  # newest documents of each origin


class Place(NamedTuple):
    """A field of a record that may hold a contact, and the document it is from."""

    origin: str
    source: models.BaseModel
    holder: models.BaseModel
    name: str  # of the holder's field
    date: datetime  # of the source, naive, UTC


class ContactKpiSuggestion(models.TransientModel):
    """Contacts that the database already holds for a customer to complete.

    Searched when it is opened, with the reader's rights; created by this model only,
    never by a client. A line stores where a contact was found, not its value, which
    is read again whenever it is shown or taken over.
    """

    _name = "contact.kpi.suggestion"
    _inherit = ["contact.kpi.customer.mixin"]
    _description = "Suggested Contacts"
    _rec_name = "gap_id"

    gap_id = fields.Many2one(
        "contact.kpi.gap", required=True, readonly=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(related="gap_id.partner_id", related_sudo=False)
    # With the reader's own rights, as everywhere here.
    can_edit_contact = fields.Boolean(
        related="gap_id.can_edit_contact", related_sudo=False
    )
    line_ids = fields.One2many(
        "contact.kpi.suggestion.line", "suggestion_id", readonly=True
    )

    # -- looking -----------------------------------------------------------------

    @api.model
    def _suggest(self, gap):
        """Search for contacts of a gap's customer: some ten queries in all."""
        gap.ensure_one()
        gap.check_access("read")
        gap.partner_id.check_access("read")
        known = {key for _kind, key in self.env["contact.kpi.suspect"]._own_contacts()}
        known |= self._present(gap.partner_id)
        found = {}
        for place in self._places(gap.partner_id):
            text = place.holder[place.name]
            pick = self._pick(gap.partner_id, place.name, text)
            if pick and pick.key not in known:
                found.setdefault(pick.key, (pick.kind, []))[1].append(place)
        best = [
            (kind, len(places), max(places, key=attrgetter("date")))
            for kind, places in found.values()
        ]
        best.sort(key=lambda row: row[2].date, reverse=True)
        best.sort(key=lambda row: (RANK.index(row[0]), -row[1]))
        suggestion = self.sudo().create(
            {
                "gap_id": gap.id,
                "line_ids": [
                    Command.create(
                        {
                            "kind": "email" if self._is_email(place.name) else "phone",
                            "origin": place.origin,
                            "found_on": place.date,
                            "found_count": count,
                            "source_model": place.source._name,
                            "source_id": place.source.id,
                            "holder_model": place.holder._name,
                            "holder_id": place.holder.id,
                            "holder_field": place.name,
                        }
                    )
                    for _kind, count, place in best
                ],
            }
        )
        return suggestion.sudo(self.env.su)

    @api.model
    def _family(self, partner):
        """The customer and its contacts, archived included, that the reader sees."""
        everybody = self.env["res.partner"].with_context(active_test=False)
        return everybody.search([("commercial_partner_id", "=", partner.id)])

    @api.model
    def _present(self, partner):
        """Usable contacts of the active family, as keys of :class:`Pick`."""
        members = self._family(partner).filtered("active")
        return set().union(*(member._contact_kpi_contacts() for member in members))

    @api.model
    def _places(self, partner):
        """Where contacts of the customer may be found; addons add their documents.

        :return: list of :class:`Place`, of records that the reader may read
        """
        family = self._family(partner)
        return [
            *self._lead_places(family),
            *self._order_places(family),
            *self._duplicate_places(partner, family),
            *self._email_places(family),
        ]

    def _lead_places(self, family):
        """Leads and opportunities, lost ones included. CRM may not be installed."""
        if "crm.lead" not in self.env or not self.env["crm.lead"].has_access("read"):
            return []
        leads = self.env["crm.lead"].with_context(active_test=False)
        leads = leads.search(
            [("partner_id", "in", family.ids)], order="id desc", limit=LIMIT
        )
        return [
            Place("lead", lead, lead, name, lead.create_date)
            for lead in leads
            for name in self._contact_fields(lead)
        ]

    def _order_places(self, family):
        """Addresses of orders outside the customer's active family."""
        if not self.env["sale.order"].has_access("read"):
            return []
        names = ("partner_id", "partner_invoice_id", "partner_shipping_id")
        latest = {}
        for *addresses, order, date in self.env["sale.order"]._read_group(
            Domain.OR(Domain(name, "in", family.ids) for name in names),
            names,
            ["id:max", "date_order:max"],
        ):
            for address in addresses:
                if order > latest.get(address.id, (0, None))[0]:
                    latest[address.id] = order, date
        inside = family.filtered("active").ids
        addresses = self.env["res.partner"].browse(
            address_id for address_id in latest if address_id not in inside
        )
        places = []
        for address in addresses._filtered_access("read"):
            order, date = latest[address.id]
            document = self.env["sale.order"].browse(order)
            places += [
                Place("order", document, address, name, date)
                for name in self._contact_fields(address)
            ]
        return places

    def _duplicate_places(self, partner, family):
        """Other partners with the same tax ID, however it is typed."""
        same = spellings(partner.vat, partner._contact_kpi_country().code)
        if not same:
            return []
        everybody = self.env["res.partner"].with_context(active_test=False)
        others = everybody.search(
            [("vat", "in", sorted(same)), ("id", "not in", family.ids)],
            order="id desc",
            limit=LIMIT,
        )
        return [
            Place("duplicate", other, other, name, other.write_date)
            for other in others
            for name in self._contact_fields(other)
        ]

    def _email_places(self, family):
        """Senders of e-mails: the family, or nobody known that wrote about it.

        The latter are those that Odoo matched to no partner, but that came in on the
        family's records or orders.
        """
        stranger = Domain("author_id", "=", False)
        about = Domain("model", "=", "res.partner") & Domain("res_id", "in", family.ids)
        if self.env["sale.order"].has_access("read"):
            orders = self.env["sale.order"].search(
                [("partner_id", "in", family.ids)], order="id desc", limit=LIMIT
            )
            about |= Domain("model", "=", "sale.order") & Domain(
                "res_id", "in", orders.ids
            )
        messages = self.env["mail.message"].search(
            Domain("message_type", "=", "email")
            & (Domain("author_id", "in", family.ids) | (stranger & about)),
            order="id desc",
            limit=LIMIT,
        )
        return [
            Place("email", message, message, name, message.date)
            for message in messages
            for name in self._contact_fields(message)
        ]

    # -- reading one ---------------------------------------------------------------

    @api.model
    def _contact_fields(self, record):
        """Names of the fields of a record that hold contacts."""
        if record._name == "res.partner":
            return [*record._contact_kpi_phone_fields(), "email"]
        return [name for name in ("phone", "email_from") if name in record._fields]

    @api.model
    def _is_email(self, name):
        return name.startswith("email")

    @api.model
    def _pick(self, partner, name, text):
        """The best contact in a field's text for a customer, None without any."""
        if self._is_email(name):
            return pick_email(text, self.env["contact.kpi.placeholder"]._texts())
        return pick_phone(text, *partner._contact_kpi_reading())


class ContactKpiSuggestionLine(models.TransientModel):
    """Where one suggested contact was found; never its value."""

    _name = "contact.kpi.suggestion.line"
    _description = "Suggested Contact"
    _order = "id"
    _rec_name = "origin"

    suggestion_id = fields.Many2one(
        "contact.kpi.suggestion", required=True, ondelete="cascade", index=True
    )
    kind = fields.Selection(
        [("phone", "Phone"), ("email", "E-mail")], required=True, readonly=True
    )
    origin = fields.Selection(
        ORIGINS,
        "Found In",
        required=True,
        readonly=True,
        help="Where the database has it from.",
    )
    found_on = fields.Datetime(
        "Date", readonly=True, help="How recent the document is."
    )
    found_count = fields.Integer(
        "Times Found", readonly=True, help="How many records say the same."
    )
    source_model = fields.Char(required=True, readonly=True)
    source_id = fields.Integer(required=True, readonly=True)
    holder_model = fields.Char(required=True, readonly=True)
    holder_id = fields.Integer(required=True, readonly=True)
    holder_field = fields.Char(required=True, readonly=True)
    value = fields.Char(
        "Contact",
        compute="_compute_value",
        compute_sudo=False,
        help="“Use” writes it to the customer, in your name.",
    )
    source_name = fields.Char(
        "Document",
        compute="_compute_value",
        compute_sudo=False,
        help="The document that it stands on.",
    )
    can_edit_contact = fields.Boolean(
        related="suggestion_id.can_edit_contact", related_sudo=False
    )

    @api.depends_context("uid", "allowed_company_ids")
    @api.depends("holder_model", "holder_id", "holder_field")
    def _compute_value(self):
        wizard = self.env["contact.kpi.suggestion"]
        holders = self._records("holder")
        sources = self._records("source")
        for line in self:
            partner = line.suggestion_id.partner_id
            holder, name = holders.get(line), line.holder_field
            pick = None
            if holder and name in wizard._contact_fields(holder):
                pick = wizard._pick(partner, name, holder[name])
            source = sources.get(line)
            line.value = pick.value if pick else False
            line.source_name = source.display_name if source else False

    def _records(self, role):
        """The holders or sources that still exist and that the reader may read.

        :return: ``{line: record}``; two queries per model
        """
        records = {}
        for model, lines in self.grouped(f"{role}_model").items():
            if model not in self.env:
                continue  # its addon was uninstalled meanwhile
            found = self.env[model].browse(lines.mapped(f"{role}_id"))
            found = found.exists()._filtered_access("read")
            by_id = {record.id: record for record in found}
            for line in lines:
                if line[f"{role}_id"] in by_id:
                    records[line] = by_id[line[f"{role}_id"]]
        return records

    def _document(self):
        """The document to open: for an e-mail, the record that it came in on."""
        source = self._records("source").get(self)
        if source and source._name == "mail.message":
            if source.model not in self.env:
                return None
            document = self.env[source.model].browse(source.res_id).exists()
            return document._filtered_access("read")
        return source

    def action_open_source(self):
        self.ensure_one()
        document = self._document()
        if not document:
            raise UserError(self._gone())
        return {
            "type": "ir.actions.act_window",
            "res_model": document._name,
            "res_id": document.id,
            "views": [(False, "form")],
        }

    def _gone(self):
        return self.env._(
            "This suggestion is no longer there. Close the window and open the "
            "suggestions again."
        )

    def action_use(self):
        """Complete the customer with this contact, with the user's own rights."""
        self.ensure_one()
        gap = self.suggestion_id.gap_id
        gap.check_access("read")
        partner = gap.partner_id
        partner.check_access("write")
        self.invalidate_recordset(["value"])  # read the source again
        if not partner or not self.value:
            raise UserError(self._gone())
        indicator = gap.indicator_id
        wizard = self.suggestion_id
        pick = wizard._pick(partner, self.holder_field, self.value)
        # It may have been taken over or typed elsewhere meanwhile.
        if pick.key not in wizard._present(partner):
            partner._contact_kpi_complete({self.kind: self.value}, seen=False)
            partner.message_post(body=self._note(), subtype_xmlid="mail.mt_note")
        # Close the gap now, credited to this user, for the list to show it.
        self.env["res.partner"]._contact_kpi_run_pending()
        # A gap that opens and closes in one transaction leaves no row.
        complete = not gap.exists() or gap.closed_at
        if complete:
            message = self.env._("%s is complete.", partner.display_name)
        else:
            message = self.env._(
                "Taken over, but %(customer)s still lacks: %(indicator)s.",
                customer=partner.display_name,
                indicator=indicator.name,
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if complete else "warning",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _note(self):
        """Note for the chatter: the source of the contact, not its value."""
        document = self._document()
        link = ""
        if document:
            # Names of other documents may hold a number or an address.
            title = document._name == "sale.order" and document.name
            model = self.env["ir.model"]._get(document._name).display_name
            link = document._get_html_link(title=title or f"{model} {document.id}")
        if self.kind == "email":
            text = self.env._(
                "E-mail taken over from a suggestion: %(origin)s %(link)s"
            )
        else:
            text = self.env._("Phone taken over from a suggestion: %(origin)s %(link)s")
        origins = dict(self._fields["origin"]._description_selection(self.env))
        return Markup(text) % {"origin": origins[self.origin], "link": link}
