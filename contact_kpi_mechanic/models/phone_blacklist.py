# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.tools import SQL

from odoo.addons.contact_kpi.tools.contact import classify_number, read_phones

from ..tools.mobile import mobile_kind

# Trailing digits that a number keeps however it is written: with or without country
# code, area code and Brazil's ninth digit.
TAIL = 7
# From a field of these characters alone, Odoo parses one number of all digits, or none.
ONE_NUMBER = r"^[-+0-9() .]*$"


class PhoneBlacklist(models.Model):
    """Matches the list with every mobile of a contact, however it is typed.

    Odoo compares it with ``phone_sanitized``: one number per contact, none if a field
    holds several. Here each mobile of a contact counts by itself.
    """

    _inherit = "phone.blacklist"

    @api.model
    def _contact_kpi_blocked(self, partner_ids=None):
        """Contacts with a mobile all of whose mobiles are on the list.

        Cost: one look-up if the list is empty; else two scans of the contacts with a
        mobile, and parsing for those with a number that ends like a listed one.

        :param partner_ids: restrict it to these customers' contacts
        :return: their ids, ascending
        """
        if not self.sudo().search_count([], limit=1):
            return []
        return sorted(
            partner_id
            for partner_id, phones in self._contact_kpi_mobiles(
                self._contact_kpi_alike_sql(partner_ids)
            ).items()
            if phones and not any(phones.values())
        )

    @api.model
    def _contact_kpi_mobiles(self, alike, contact_ids=None):
        """The mobiles of some contacts, by whether they may be used.

        :param alike: SQL of rows (id of a contact, listed numbers to compare with)
        :param contact_ids: the ids of those rows, if known: the planner then looks
            them up, however many tables are joined
        :return: ``{contact id: {E.164 number: whether it is not on the list}}``, in
            the order in which they are typed
        """
        ruleset = self.env["contact.kpi.ruleset"]
        kinds = set(self.env["contact.kpi"]._mobile_kinds())
        texts = self.env["contact.kpi.placeholder"]._texts()
        names = self.env["res.partner"]._contact_kpi_phone_fields()
        rows = self.env.execute_query(
            SQL(
                """SELECT p.id, p.phone_sanitized, %s, ARRAY[%s]::varchar[],
                          alike.numbers
                     FROM %s JOIN (%s) AS alike ON alike.id = p.id WHERE %s""",
                ruleset._reading_sql(),
                SQL(", ").join(SQL.identifier("p", name) for name in names),
                ruleset._reading_tables_sql(),
                alike,
                SQL("TRUE")
                if contact_ids is None
                else SQL("p.id = ANY(%s)", list(contact_ids)),
            )
        )
        mobiles = {}
        for partner_id, sanitized, country, tax_id, numbers, listed in rows:
            listed = set(listed or ())
            # As it was listed, and as it is dialled today.
            listed |= {classify_number(number, country).e164 for number in listed}
            odoos = sanitized[-TAIL:] if sanitized in listed else None
            mobiles[partner_id] = {
                phone.e164: phone.e164 not in listed and phone.e164[-TAIL:] != odoos
                for number in numbers
                for phone in read_phones(number, country, texts, tax_id)
                if phone.e164 and mobile_kind(phone).value in kinds
            }
        return mobiles

    @api.model
    def _contact_kpi_alike_sql(self, partner_ids=None):
        """SQL of the contacts that may have listed numbers: id, these numbers."""
        names = self.env["res.partner"]._contact_kpi_phone_fields()
        columns = [SQL.identifier("p", name) for name in names]
        carrier = SQL(
            "p.active AND p.contact_mobile_kind = ANY(%s) AND %s",
            self.env["contact.kpi"]._mobile_kinds(),
            SQL("TRUE")
            if partner_ids is None
            else SQL("p.commercial_partner_id = ANY(%s)", list(partner_ids)),
        )
        self.flush_model(["number", "active"])
        return SQL(
            r"""
            WITH listed AS (
                SELECT number, right(regexp_replace(number, '\D', '', 'g'), %(tail)s)
                    AS tail
                  FROM phone_blacklist WHERE active
            ),
            several AS MATERIALIZED (
                SELECT p.id,
                       regexp_replace(concat(%(numbers)s), '\D', '', 'g') AS digits
                  FROM res_partner p
                 WHERE %(carrier)s
                   AND (p.phone_sanitized IS NULL OR num_nonnulls(%(typed)s) > 1
                        OR concat(%(numbers)s) !~ %(one_number)s)
            ),
            hit AS (
                SELECT p.id, listed.number
                  FROM res_partner p
                  JOIN listed ON listed.tail = right(p.phone_sanitized, %(tail)s)
                 WHERE %(carrier)s
                 UNION
                SELECT several.id, listed.number
                  FROM several
                 CROSS JOIN generate_series(1, length(digits) - %(tail)s + 1) AS start
                  JOIN listed ON listed.tail = substr(digits, start, %(tail)s)
            )
            SELECT id, array_agg(number) AS numbers FROM hit GROUP BY id
            """,
            tail=TAIL,
            numbers=SQL(", ").join(columns),
            typed=SQL(", ").join(SQL("NULLIF(btrim(%s), '')", c) for c in columns),
            carrier=carrier,
            one_number=ONE_NUMBER,
        )
