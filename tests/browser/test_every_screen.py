"""Every screen of the addons, in Portuguese: it opens, nothing is left in English."""

import polib
from playwright.sync_api import expect

from conftest import ROOT

ADDONS = sorted(file.parent.parent for file in ROOT.glob("*/i18n/pt_BR.po"))
# All that a reader sees as a text of its own, also as a hint in an empty field.
TEXTS = """place => {
    const texts = new Set();
    const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        if (walker.currentNode.parentElement.offsetParent) {
            texts.add(walker.currentNode.data.replace(/\\s+/g, " ").trim());
        }
    }
    for (const element of place.querySelectorAll("[placeholder]")) {
        texts.add(element.placeholder);
    }
    return [...texts];
}"""


def english():
    """Return the terms that a Brazilian must not meet."""
    terms = set()
    for addon in ADDONS:
        for term in polib.pofile(str(addon / "i18n" / "pt_BR.po")):
            if term.msgstr != term.msgid:
                terms.add(" ".join(term.msgid.split()))
    return terms


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
    forbidden, left = english(), {}
    for window, modes in windows:
        for mode in modes.split(","):
            if mode == "form" and modes != "form":
                continue
            admin.page.goto(f"/odoo/action-{window}?view_type={mode}")
            view = admin.find(f".o_action_manager .o_{mode}_view .o_content").first
            expect(view).to_be_visible()
            admin.shoot(f"screen-{window.partition('.')[2]}-{mode}")
            texts = admin.find(".o_action_manager").first.evaluate(TEXTS)
            if found := forbidden.intersection(texts):
                left[window, mode] = sorted(found)
    assert left == {}
