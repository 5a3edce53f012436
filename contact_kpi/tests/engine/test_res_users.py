# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import Command
from odoo.tests import new_test_user, tagged

from ..common import ContactKpiCase


@tagged("post_install", "-at_install")
class TestResUsers(ContactKpiCase):
    """A colleague is no customer, however its groups have changed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kpi = cls.indicator()
        cls.admin = cls.env.ref("base.user_admin")
        cls.user = new_test_user(cls.env, "someone", groups="base.group_user")
        cls.user.partner_id.customer_rank = 1

    def save_group(self, name, command):
        """On the form of a group, whose users are listed there."""
        self.commit()
        self.env.invalidate_all()
        group = self.env.ref(name).with_user(self.admin)
        group.web_save({"user_ids": [command]}, {"user_ids": {}})
        self.commit()
        self.assertAgreement(self.kpi)

    def open_gaps(self):
        gaps = self.env["contact.kpi.gap"].search(
            [("indicator_id", "=", self.kpi.id), ("closed_at", "=", False)]
        )
        return gaps.filtered(lambda gap: gap.partner_id == self.user.partner_id)

    def test_users_taken_from_the_form_of_a_group_and_put_there(self):
        self.save_group("base.group_user", Command.unlink(self.user.id))
        gap = self.open_gaps()
        self.assertEqual(len(gap), 1)
        self.go("2041-03-05 15:00:00")
        self.save_group("base.group_user", Command.link(self.user.id))
        self.assertFalse(self.open_gaps())
        self.assertEqual(gap.close_reason, "left")

    def test_groups_written_past_the_users_own_write(self):
        """As an addon that keeps groups by roles does."""
        self.commit()
        self.env.invalidate_all()
        user = self.user.with_user(self.admin)
        base = next(
            cls
            for cls in type(user).mro()
            if cls.__module__.endswith("base.models.res_users")
        )
        base.write(user, {"group_ids": [Command.set([])]})
        self.commit()
        self.assertAgreement(self.kpi)
        self.assertEqual(len(self.open_gaps()), 1)
