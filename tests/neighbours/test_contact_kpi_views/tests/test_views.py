# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from lxml import etree

from odoo.tests import TransactionCase, new_test_user, tagged

MODELS = ("res.partner", "sale.order", "repair.order", "crm.lead")
TYPES = ("list", "form", "kanban", "search", "graph", "pivot")
READ = ("list", "kanban")


@tagged("post_install", "-at_install")
class TestViews(TransactionCase):
    """As the web client opens them: every primary view, for two kinds of users."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        seller = new_test_user(
            cls.env, "views_seller", groups="sales_team.group_sale_salesman"
        )
        cls.users = (cls.env.ref("base.user_admin"), seller)

    def open_views(self, models):
        for user in self.users:
            for model in models:
                if not self.env[model].with_user(user).has_access("read"):
                    continue
                views = self.env["ir.ui.view"].search(
                    [
                        ("model", "=", model),
                        ("type", "in", TYPES),
                        ("mode", "=", "primary"),
                    ]
                )
                ways = [(False, kind) for kind in TYPES]
                ways += [(view.id, view.type) for view in views]
                for way in ways:
                    with self.subTest(user=user.login, model=model, view=way):
                        self.open_view(self.env[model].with_user(user), way)

    def open_view(self, model, way):
        """Fetch the view, and what it shows first: rows, or a new document."""
        self.env.invalidate_all()
        found = model.get_views([way, (False, "search")])
        arch = etree.fromstring(found["views"][way[1]]["arch"])
        # Not those of views within a field.
        shown = arch.xpath("//field[not(ancestor::field)]/@name")
        specification = {name: {} for name in shown if name in model._fields}
        if way[1] in READ:
            model.web_search_read([], specification, limit=2)
        elif way[1] == "form" and model._name in MODELS and model.has_access("create"):
            model.onchange({}, [], specification)

    def test_documents(self):
        self.open_views([model for model in MODELS if model in self.env])

    def test_ours(self):
        """All models that we bring or extend and that have views."""
        models = self.env["ir.model"].search([])
        ours = models.filtered(lambda model: "contact_kpi" in (model.modules or ""))
        views = self.env["ir.ui.view"].search([("model", "in", ours.mapped("model"))])
        self.open_views(sorted({*views.mapped("model")} - {*MODELS}))
