# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, hmac

from ..models.engine.indicator import DefinitionError
from ..models.engine.placeholder import REASONS
from ..models.people.suspect_ignored import SHARED_THRESHOLD
from ..tools.contact import (
    PhoneKind,
    classify_email,
    classify_phone,
    read_emails,
    read_phones,
)
from ..tools.related import count_groups
from ..tools.tax_id import normalize_tax_id

# By kind: Odoo's normalized field, our classification, its usable values.
COLUMNS = {
    "phone": (
        "phone_sanitized",
        "contact_phone_kind",
        [kind.value for kind in PhoneKind if kind.usable],
    ),
    "email": ("email_normalized", "contact_email_kind", ["valid"]),
}
# A single number, which Odoo parses as we do; a bar would separate fields.
PLAIN_PHONE = r"^[-+() .0-9]*$"


class ContactKpiSuspect(models.TransientModel):
    """A phone or e-mail that counts as a contact and is probably none.

    Searched when the list is opened, by a handful of statements over the contacts
    that the reader may read. A row refers to one contact that has the value and
    reads it from there: no number or address is stored here.
    """

    _name = "contact.kpi.suspect"
    _inherit = ["contact.kpi.customer.mixin"]
    _description = "Suspected Junk"
    _order = "customer_count desc, id"
    _rec_name = "kind"
    _transient_max_hours = 24

    kind = fields.Selection(
        [("phone", "Phone"), ("email", "E-mail")], required=True, readonly=True
    )
    reason = fields.Selection(
        [item for item in REASONS if item[0] != "typed"],
        "Why",
        required=True,
        readonly=True,
        help="Why it may not be a customer's contact.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        "For Example",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="One of the contacts that have it.",
    )
    customer_count = fields.Integer(
        "Customers",
        readonly=True,
        aggregator=None,
        help="Customers that have it, on themselves or on one of their contacts.",
    )
    unrelated_count = fields.Integer(
        "Unrelated",
        readonly=True,
        aggregator=None,
        help="The same, but those under one parent or with one tax ID count once.",
    )
    fingerprint = fields.Char(required=True, readonly=True)
    ignored = fields.Boolean(
        readonly=True, help="Somebody decided that it is a contact all the same."
    )
    value = fields.Char(
        compute="_compute_value",
        compute_sudo=False,
        help="Once confirmed, it no longer counts as a contact of any customer.",
    )

    @api.depends("kind", "fingerprint")
    @api.depends_context("uid")
    def _compute_value(self):
        readable = self.partner_id._origin._filtered_access("read")
        values = {}
        for kind in COLUMNS:
            same_kind = self.filtered(lambda suspect, kind=kind: suspect.kind == kind)
            partners = same_kind.partner_id._origin & readable
            for partner in partners:
                values[kind, partner.id] = {partner[COLUMNS[kind][0]]} - {False}
            for value, contact, _head in self._read(kind, partners):
                values[kind, contact].add(value)
        for suspect in self:
            key = suspect.kind, suspect.partner_id._origin.id
            # Empty if the contact has another value by now.
            suspect.value = next(
                (
                    value
                    for value in values.get(key, ())
                    if self._fingerprint(suspect.kind, value) == suspect.fingerprint
                ),
                False,
            )

    @api.model
    def _fingerprint(self, kind, value):
        """Hash that identifies an ignored value, in hexadecimal digits.

        Keyed by the database's secret: a list of all numbers does not reveal it.
        """
        return hmac(self.env(su=True), "contact_kpi.suspect", (kind, value))

    @api.model
    def _threshold(self):
        """Threshold of unrelated customers that makes a value suspect; 0 disables."""
        return self.env["ir.config_parameter"]._contact_kpi_chosen(SHARED_THRESHOLD)

    # -- finding -------------------------------------------------------------------

    def action_find(self):
        """Search for suspects again and show them."""
        self.check_access("create")
        self.search(Domain.TRUE).unlink()
        ignored = self.env["contact.kpi.suspect.ignored"].search(Domain.TRUE)
        ignored = set(ignored.mapped("fingerprint"))
        self.create(
            [
                dict(vals, ignored=vals["fingerprint"] in ignored)
                for vals in self._find()
            ]
        )
        return self.env["ir.actions.act_window"]._for_xml_id(
            "contact_kpi.contact_kpi_suspect_action"
        )

    @api.model
    def _find(self):
        """Values of the rows, under the reader's own rights: some ten queries."""
        # Half a million distinct values fit in memory, and the scans are short.
        self.env["contact.kpi"]._expect_many()
        own = self._own_contacts()
        carriers = {}  # (kind, value): {commercial entity: one of its contacts}
        for kind in COLUMNS:
            read = self._read(kind)
            values = self._frequent(kind) | {value for value, *_who in read}
            values |= {value for own_kind, value in own if own_kind == kind}
            for value, contact, head in read + self._carriers(kind, values):
                heads = carriers.setdefault((kind, value), {})
                heads[head] = min(contact, heads.get(head, contact))
        keys = self._keys({head for heads in carriers.values() for head in heads})
        threshold = self._threshold()
        rows = []
        for (kind, value), heads in carriers.items():
            customers = [head for head in heads if head in keys]
            unrelated = count_groups(keys[head] for head in customers)
            shared = threshold and unrelated >= threshold
            reason = own.get((kind, value)) or (shared and "shared")
            if not customers or not reason:
                continue
            row = {
                "kind": kind,
                "reason": reason,
                "partner_id": min(heads[head] for head in customers),
                "customer_count": len(customers),
                "unrelated_count": unrelated,
                "fingerprint": self._fingerprint(kind, value),
            }
            rows.append((value, row))
        readings = self._readings([row["partner_id"] for _value, row in rows])
        # Else confirmed as junk, but not reclassified by the batches yet.
        rows = [
            row
            for value, row in rows
            if self._is_usable(row["kind"], value, *readings[row["partner_id"]][:2])
        ]
        return sorted(rows, key=lambda row: -row["customer_count"])

    @api.model
    def _is_usable(self, kind, value, country, placeholders):
        if kind == "email":
            found = classify_email(value, placeholders)
            return bool(found and found.usable)
        phone = classify_phone(value, country, placeholders)
        return bool(phone and phone.kind.usable)

    @api.model
    def _usable(self, kind):
        """Domain of the contacts that count by their phone or e-mail."""
        column, classified, kinds = COLUMNS[kind]
        return Domain(classified, "in", kinds) & Domain(column, "!=", False)

    @api.model
    def _frequent(self, kind):
        """Values on enough contacts to meet the threshold: one hash aggregate."""
        threshold = self._threshold()
        if not threshold:
            return set()
        partner = self.env["res.partner"]
        query = partner._search(self._usable(kind))
        value = partner._field_to_sql(partner._table, COLUMNS[kind][0], query)
        head = SQL.identifier(partner._table, "commercial_partner_id")
        query.groupby = value
        query.having = SQL(
            "COUNT(*) >= %s AND MIN(%s) != MAX(%s)", threshold, head, head
        )
        return {row[0] for row in self.env.execute_query(query.select(value))}

    @api.model
    def _carriers(self, kind, values):
        """Rows of value, contact and commercial entity, for these values."""
        if not values:
            return []
        partner = self.env["res.partner"]
        column = COLUMNS[kind][0]
        query = partner._search(
            self._usable(kind) & Domain(column, "in", sorted(values))
        )
        return self.env.execute_query(
            query.select(
                partner._field_to_sql(partner._table, column, query),
                SQL.identifier(partner._table, "id"),
                SQL.identifier(partner._table, "commercial_partner_id"),
            )
        )

    @api.model
    def _read(self, kind, partners=None):
        """Rows as of :meth:`_carriers`, where a field holds more than Odoo normalizes.

        That is several numbers, words, an extension. One scan of the contacts that
        count, and parsing of those that are found.

        :param partners: only these
        """
        partner = self.env["res.partner"]
        among = Domain.TRUE if partners is None else Domain("id", "in", partners.ids)
        query = partner._search(
            Domain(COLUMNS[kind][1], "in", COLUMNS[kind][2]) & among
        )
        names = partner._contact_kpi_phone_fields() if kind == "phone" else ["email"]
        texts = [partner._field_to_sql(partner._table, name, query) for name in names]
        stored = partner._field_to_sql(partner._table, COLUMNS[kind][0], query)
        whole = SQL("concat_ws('|', %s)", SQL(", ").join(texts))
        query.add_where(
            SQL("(%s IS NULL OR %s !~ %s)", stored, whole, PLAIN_PHONE)
            if kind == "phone"
            else SQL("(%s IS NULL OR %s LIKE %s)", stored, whole, "%@%@%")
        )
        rows = self.env.execute_query(
            query.select(
                SQL.identifier(partner._table, "id"),
                SQL.identifier(partner._table, "commercial_partner_id"),
                SQL("ARRAY[%s]::varchar[]", SQL(", ").join(texts)),
            )
        )
        texts = self.env["contact.kpi.placeholder"]._texts() if rows else ()
        if kind == "email":
            return [
                (email.address, contact, head)
                for contact, head, [text] in rows
                for email in read_emails(text, texts)
                if email.kind.usable
            ]
        readings = self._readings([row[0] for row in rows])
        return [
            (phone.e164, contact, head)
            for contact, head, numbers in rows
            for number in numbers
            for phone in read_phones(number, *readings[contact])
            if phone.e164
        ]

    @api.model
    def _readings(self, ids):
        """Contexts of ``read_phones``: ``{id: _contact_kpi_reading()}``."""
        ruleset = self.env["contact.kpi.ruleset"]
        rows = self.env.execute_query(
            SQL(
                "SELECT p.id, %s FROM %s WHERE p.id = ANY(%s)",
                ruleset._reading_sql(),
                ruleset._reading_tables_sql(),
                list(ids),
            )
        )
        texts = self.env["contact.kpi.placeholder"]._texts()
        return {pid: (country, texts, tax_id) for pid, country, tax_id in rows}

    @api.model
    def _keys(self, heads):
        """The customers among these commercial entities, and what relates them.

        :return: ``{id: {keys}}``; two that share a key are related
        """
        partner = self.env["contact.kpi"]._partners()
        population = Domain.FALSE
        for kpi in self.env["contact.kpi"].sudo()._active():
            try:
                population |= kpi._partner_domain("population_domain")
            except DefinitionError:
                continue  # shown as the error of its next run
        query = partner._search(Domain("id", "in", sorted(heads)) & population)
        customers = list(query.get_result_ids())
        rows = self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE up (id, at) AS (
                    SELECT id, id FROM res_partner WHERE id = ANY(%(customers)s)
                    UNION
                    SELECT up.id, p.parent_id FROM up
                      JOIN res_partner p ON p.id = up.at
                     WHERE p.parent_id IS NOT NULL
                )
                SELECT up.id, up.at, p.vat, c.code FROM up
                  JOIN res_partner t ON t.id = up.at AND t.parent_id IS NULL
                  JOIN res_partner p ON p.id = up.id
                  LEFT JOIN res_country c ON c.id = p.country_id
                """,
                customers=customers,
            )
        )
        keys = {}
        for head, top, vat, country in rows:
            keys[head] = {("id", top)}
            number = normalize_tax_id(vat, country)
            if number:
                keys[head].add(("vat", number))
        return keys

    @api.model
    def _own_contacts(self):
        """Phones and e-mails of our companies and of internal users.

        Read in superuser mode: they are only compared with.

        :return: ``{(kind, value): reason}``; phones as Odoo normalizes them and in
            our E.164 form, e-mails in lower case
        """
        sudo = self.sudo().with_context(active_test=False)
        users = sudo.env["res.users"].search([("share", "=", False)])
        companies = sudo.env["res.company"].search(Domain.TRUE)
        own = {}
        for reason, partners in (
            ("user", users.partner_id),
            ("company", companies.partner_id),
        ):
            for partner in partners:
                for kind, (stored, *_kinds) in COLUMNS.items():
                    for name in partner._contact_kpi_fields_of(kind):
                        for value in partner._contact_kpi_usable(kind, partner[name]):
                            own[kind, value] = reason
                    if partner[stored]:
                        own[kind, partner[stored]] = reason
        for login in users.mapped("login"):
            if "@" in login:
                own.setdefault(("email", login.casefold()), "user")
        for domain in sudo.env["mail.alias.domain"].search(Domain.TRUE):
            for name in ("bounce_email", "catchall_email", "default_from_email"):
                if domain[name]:
                    own["email", domain[name].casefold()] = "company"
        return own

    # -- deciding ------------------------------------------------------------------

    def action_confirm(self):
        """Add these values to the placeholders: they are no contacts any longer."""
        # With the user's own rights on placeholders.
        placeholder = self.env["contact.kpi.placeholder"]
        placeholder.check_access("create")
        reasons = {}
        self.invalidate_recordset(["value"])
        for suspect in self:
            if not suspect.value:
                raise UserError(
                    self.env._("These contacts have changed: search again first.")
                )
            name = suspect.value
            if suspect.kind == "phone":
                # Odoo's own formatting adds digits in some countries.
                country = suspect.partner_id._contact_kpi_country()
                phone = classify_phone(name, country.code)
                name = phone.e164 or name
            reasons[name] = suspect.reason
        listed = placeholder.with_context(active_test=False).search(
            [("name", "in", list(reasons))]
        )
        for former in listed:
            former.write({"active": True, "reason": reasons.pop(former.name)})
        placeholder.create(
            [{"name": name, "reason": reason} for name, reason in reasons.items()]
        )
        self._remembered().unlink()
        self.unlink()
        return self._reload(
            self.env._(
                "No longer a contact. All contacts are looked at again, in the "
                "background."
            )
        )

    def action_ignore(self):
        """Ignore these values, remembered by their fingerprints."""
        known = set(self._remembered().mapped("fingerprint"))
        self.env["contact.kpi.suspect.ignored"].create(
            [
                {"fingerprint": suspect.fingerprint, "kind": suspect.kind}
                for suspect in self
                if suspect.fingerprint not in known
            ]
        )
        self.ignored = True
        return self._reload(self.env._("Ignored from now on."))

    def action_restore(self):
        """Suspect them again."""
        self._remembered().unlink()
        self.ignored = False
        return self._reload(self.env._("Suspected again."))

    def _remembered(self):
        return self.env["contact.kpi.suspect.ignored"].search(
            [("fingerprint", "in", self.mapped("fingerprint"))]
        )

    def _reload(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def action_contacts(self):
        """Open the contacts that have this value."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Contacts with This Value"),
            "res_model": "res.partner",
            "view_mode": "list,form",
            "domain": list(
                self._usable(self.kind) & Domain(COLUMNS[self.kind][0], "=", self.value)
                | Domain("id", "in", self._read_with(self.value))
            ),
        }

    def _read_with(self, value):
        """Ids of the contacts in whose field only our parser finds the value."""
        return [
            contact for found, contact, _head in self._read(self.kind) if found == value
        ]
