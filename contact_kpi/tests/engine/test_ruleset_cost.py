# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a batch costs PostgreSQL is a matter of the batch, not of the table."""

from odoo.tests import tagged
from odoo.tools import SQL

from ..common import LANDLINE, MOBILE, PHONE, ContactKpiCase

CUSTOMERS, BATCH = 12000, 500


@tagged("post_install", "-at_install")
class TestRulesetCost(ContactKpiCase):
    def setUp(self):
        super().setUp()
        self.firm = self.customer("firm", is_company=True, phone="-")
        self.family = self.firm | self.contact(self.firm, phone=PHONE)
        self.family |= self.contact(self.firm, phone=MOBILE, active=False)
        self.alone = self.customer("alone", phone=LANDLINE, email="ana@oficina.com.br")
        self.nothing = self.customer("nothing")
        self.commit()

    def spent(self):
        """Rows of contacts that this transaction has read and updated by now."""
        [spent] = self.env.execute_query(
            SQL(
                """SELECT pg_stat_get_xact_tuples_returned(oid)
                        + pg_stat_get_xact_tuples_fetched(oid),
                          pg_stat_get_xact_tuples_updated(oid)
                     FROM pg_class WHERE oid = 'res_partner'::regclass"""
            )
        )
        return spent

    def classify(self, partners):
        """Look at these partners; rows read, rows updated, heads that changed."""
        self.commit()
        read, updated = self.spent()
        changed = self.env["contact.kpi.ruleset"]._classify(partners.ids)
        now_read, now_updated = self.spent()
        self.env.invalidate_all()
        return now_read - read, now_updated - updated, sorted(changed)

    def forget_answers(self):
        kinds = self.env["res.partner"]._contact_kpi_kinds()
        self.env.cr.execute(
            SQL(
                "UPDATE res_partner SET %s",
                SQL(", ").join(SQL("%s = NULL", SQL.identifier(k)) for k in kinds),
            )
        )

    def kinds(self, partners):
        return [
            (p.contact_phone_kind, p.customer_phone_kind, p.customer_email_kind)
            for p in partners
        ]

    def test_a_row_is_written_once_and_only_where_something_differs(self):
        partners = self.family | self.alone | self.nothing
        expected = [
            ("junk", "landline", False),
            ("landline", False, False),
            ("mobile", False, False),
            ("landline", "landline", "valid"),
            (False, False, False),
        ]
        self.forget_answers()
        _read, updated, changed = self.classify(partners)
        self.assertEqual(updated, 4)
        self.assertEqual(changed, sorted((self.firm | self.alone).ids))
        self.assertEqual(self.kinds(partners), expected)
        _read, updated, changed = self.classify(partners)
        self.assertEqual((updated, changed), (0, []))

    def test_the_head_of_a_contact_in_the_batch_is_written_with_it(self):
        self.forget_answers()
        self.classify(self.firm)
        self.assertEqual(self.kinds(self.firm), [("junk", "junk", False)])
        _read, updated, changed = self.classify(self.family - self.firm)
        self.assertEqual(updated, 3)
        self.assertEqual(changed, self.firm.ids)
        self.assertEqual(self.kinds(self.firm), [("junk", "landline", False)])

    def test_nobody_else_is_read(self):
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO res_partner (id, commercial_partner_id, name, complete_name,
                                         type, active, autopost_bills, phone)
                SELECT id, id, 'C', 'C', 'contact', TRUE, 'ask', '(11) 2345-' || id
                  FROM (SELECT nextval('res_partner_id_seq') AS id
                          FROM generate_series(1, %s)) AS t
                """,
                CUSTOMERS,
            )
        )
        self.env.cr.execute("ANALYZE res_partner")
        partners = self.env["res.partner"].search([], order="id desc", limit=BATCH)
        self.forget_answers()
        for what in ("written", "again"):
            read, _updated, _changed = self.classify(partners)
            with self.subTest(what):
                # As asked, of its family, and to be written.
                self.assertLess(read, 4 * BATCH)
