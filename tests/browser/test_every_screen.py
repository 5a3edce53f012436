"""Every screen of the addons, in Portuguese: it opens, nothing is left in English."""

from people import ADDONS
from playwright.sync_api import expect


def test_every_screen(demo, person):
    """Each view of each window, but for dialogs, which need a record to be about."""
    admin = person(language="pt_BR")
    names = ", ".join(f"'{addon.name}'" for addon in ADDONS)
    windows = demo.rows(
        f"""
        SELECT d.module || '.' || d.name, a.view_mode
          FROM ir_model_data d JOIN ir_act_window a ON a.id = d.res_id
         WHERE d.model = 'ir.actions.act_window' AND d.module IN ({names})
           AND a.target = 'current'
         ORDER BY 1
        """
    )
    assert len(windows) > 15
    left = {}
    for window, modes in windows:
        for mode in modes.split(","):
            if mode == "form" and modes != "form":
                continue
            admin.page.goto(f"/odoo/action-{window}?view_type={mode}")
            view = admin.find(f".o_action_manager .o_{mode}_view .o_content").first
            expect(view).to_be_visible()
            admin.shoot(f"screen-{window.partition('.')[2]}-{mode}")
            if found := admin.untranslated():
                left[window, mode] = found
    assert left == {}
