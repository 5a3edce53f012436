# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from contextlib import contextmanager
from copy import copy

from odoo.tests import tagged

from ..common import MOBILE, ContactKpiCase

UNSAVED = ("field_data", "field_data_patches", "field_dirty", "protected", "tocompute")


@tagged("post_install", "-at_install")
class TestSetAside(ContactKpiCase):
    """Beside an addon that looks at records past the transaction's unsaved values.

    As `auditlog` does, which reads every stored field and list of a record.
    """

    @contextmanager
    def set_aside(self):
        """Read the database as if nothing waited to be saved."""
        transaction = self.env.transaction
        kept = {name: getattr(transaction, name) for name in UNSAVED}
        for name, value in kept.items():
            other = copy(value)
            other.clear()
            setattr(transaction, name, other)
        memos = {env: dict(env._field_cache_memo) for env in transaction.envs}
        for env in memos:
            env._field_cache_memo.clear()
        try:
            yield
        finally:
            for name, value in kept.items():
                setattr(transaction, name, value)
            for env in transaction.envs:
                env._field_cache_memo.clear()
                env._field_cache_memo.update(memos.get(env, {}))

    def test_what_waits_for_the_commit_goes_on_waiting(self):
        customer = self.env["res.partner"].create(
            {"name": "Customer", "customer_rank": 1}
        )
        with self.set_aside():
            self.assertFalse(customer.contact_kpi_gap_ids)
        self.commit()
        self.assertAgreement(self.kpi)
        self.assertEqual(len(self.ledger(customer)), 1)
        self.go("2041-03-05 15:00:00")
        customer.phone = MOBILE
        with self.set_aside():
            self.assertTrue(customer.contact_kpi_open_gap_ids)
        self.assertFalse(customer.contact_kpi_open_gap_ids)  # it is found out now
        self.commit()
        self.assertAgreement(self.kpi)
