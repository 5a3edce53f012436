"""Somebody before a screen: what they open, read, type, and keep a picture of."""

import functools
import re
from pathlib import Path

import polib
from playwright.sync_api import expect

LOGIN = "/web/login"
LANGUAGES = {"en_US": "en-US", "pt_BR": "pt-BR"}
# What is there once a view has its figures.
FIGURES = {
    "graph": ".o_graph_canvas_container canvas",
    "pivot": ".o_pivot table",
    "list": ".o_list_renderer tbody tr",
    "kanban": ".o_kanban_record",
    "form": ".o_form_renderer",
}
# Charts stand still from the start: nothing to wait for, no bar caught half grown.
STILL = """Object.defineProperty(window, "Chart", {
    configurable: true,
    set(library) {
        library.defaults.animation = false;
        Object.defineProperty(window, "Chart", {value: library, writable: true});
    },
});"""
# Odoo draws charts on a canvas; the library knows what it has drawn, and where.
DRAWN = """canvas => {
    const chart = window.Chart && window.Chart.getChart(canvas);
    if (!chart) { return null; }
    return {
        type: chart.config.type,
        labels: chart.data.labels,
        zero: chart.scales.y?.getPixelForValue(0),
        ticks: chart.scales.y?.ticks.map((tick) => tick.label),
        series: chart.data.datasets.map((series, index) => ({
            label: series.label,
            data: series.data,
            points: chart.getDatasetMeta(index).data.map(({x, y}) => [x, y]),
            between: chart.getDatasetMeta(index).data.slice(1).map(({x}, before) => {
                const {data, dataset: line} = chart.getDatasetMeta(index);
                const middle = {x: (data[before].x + x) / 2};
                return line?.interpolate?.(middle, "x")?.y;
            }),
        })),
    };
}"""


# Titles of columns, and cells of a pivot, that are not wholly to be seen. What people
# have typed, such as names, may be as long as it likes.
CUT_OFF = """place => [...place.querySelectorAll("thead th, .o_pivot th, .o_pivot td")]
    .filter((cell) => cell.offsetParent)
    .flatMap((cell) => [cell, ...cell.querySelectorAll("*")]
        .filter((e) => e.clientWidth && e.innerText
            && e.scrollWidth > e.clientWidth + 1
            && getComputedStyle(e).overflowX !== "visible")
        .slice(0, 1))
    .map((e) => e.innerText.trim())"""


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
ADDONS = sorted(
    file.parent.parent
    for file in Path(__file__).resolve().parents[2].glob("*/i18n/pt_BR.po")
)


@functools.cache
def english():
    """Return the terms that a Brazilian must not meet."""
    terms = set()
    for addon in ADDONS:
        for term in polib.pofile(str(addon / "i18n" / "pt_BR.po")):
            if term.msgstr != term.msgid:
                terms.add(" ".join(term.msgid.split()))
    return terms


def plain(text):
    """Return a text with every run of white space as one blank."""
    return re.sub(r"\s+", " ", text).strip()


class Person:
    """One user, in one language, before one page."""

    def __init__(self, context, login, language, size, artefacts):
        self.login = login
        self.language = language
        self.artefacts = artefacts
        self.trouble = []
        self.page = context.new_page()
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        self.page.on("pageerror", lambda error: self.complain(f"error: {error}"))
        self.page.on("console", self.hear)
        if not any(cookie["name"] == "session_id" for cookie in context.cookies()):
            self.log_in()
        self.speak(language)

    # -- who they are --------------------------------------------------------------

    def complain(self, what):
        self.trouble.append(f"{self.login}, {self.page.url}: {what}")

    def hear(self, message):
        if message.type == "error":
            self.complain(f"console: {message.text} {message.location}")

    def log_in(self):
        """Log in as everybody does; in the demo the password is the login."""
        self.page.goto(LOGIN)
        self.page.locator("input[name=login]").fill(self.login)
        self.page.locator("input[name=password]").fill(self.login)
        self.page.locator(".oe_login_form button[type=submit]").click()
        expect(self.page.locator(".o_main_navbar")).to_be_visible()

    def speak(self, language):
        """Choose the language of the preferences."""
        user = self.call("res.users", "context_get", [])
        if user["lang"] != language:
            self.call("res.users", "write", [[user["uid"]], {"lang": language}])

    def call(self, model, method, arguments, **options):
        """Ask the server as this user, beside the page."""
        answer = self.page.request.post(
            f"/web/dataset/call_kw/{model}/{method}",
            data={
                "jsonrpc": "2.0",
                "params": {
                    "model": model,
                    "method": method,
                    "args": arguments,
                    "kwargs": options,
                },
            },
        ).json()
        assert "error" not in answer, answer["error"]
        return answer.get("result")

    def leave(self):
        """Close the page; a dialog that reports an error is one that nobody read."""
        for dialog in self.find(".o_error_dialog").all_inner_texts():
            self.complain(plain(dialog))
        self.page.close()

    # -- what they do --------------------------------------------------------------

    def open(self, path, view):
        """Open an address and wait for the figures of the view."""
        self.page.goto(f"/odoo/{path}")
        self.arrive(view)
        if path == "contact-overview":
            # The counts are on the cards at once, all else in a second request.
            expect(self.find(".o_dashboard_graph canvas").first).to_be_visible()

    def arrive(self, view):
        """Wait for a view with its figures."""
        place = self.find(f".o_action_manager .o_{view}_view {FIGURES[view]}")
        expect(place.first).to_be_visible()

    def find(self, selector, **options):
        return self.page.locator(selector, **options)

    def card(self, name):
        """Return the card of an indicator."""
        return self.find(".o_kanban_record:not(.o_kanban_ghost)", has_text=name)

    def switch(self, view):
        """Switch to another view of the action."""
        self.find(f"button.o_switch_view.o_{view}").click()
        self.arrive(view)

    # -- what they see -------------------------------------------------------------

    def read(self, place):
        """Return the words in a place."""
        if isinstance(place, str):
            place = self.find(place)
        return plain(place.inner_text())

    def table(self, rows):
        """Return the words in the cells of rows."""
        return [
            [plain(cell) for cell in row.locator("th, td").all_inner_texts()]
            for row in self.find(rows).all()
        ]

    def cut_off(self, place=".o_action_manager"):
        """Return the words that tables show with their end cut off."""
        place = self.find(place) if isinstance(place, str) else place
        return place.evaluate(CUT_OFF)

    def untranslated(self, place=".o_action_manager"):
        """Return the words of ours that a Brazilian reads in English."""
        place = self.find(place).first if isinstance(place, str) else place
        if self.language != "pt_BR":
            return []
        return sorted(english().intersection(place.evaluate(TEXTS)))

    def dialog(self, name):
        """Keep a picture of the dialog on screen, all of it to be read; return it."""
        dialog = self.find(".modal:not(.o_inactive_modal) .modal-content")
        expect(dialog).to_be_visible()
        expect(dialog.locator(".modal-body > *").first).to_be_visible()
        self.shoot(name)
        assert self.untranslated(dialog) == []
        assert self.cut_off(dialog) == []
        body = dialog.locator(".modal-body")
        assert body.evaluate("body => body.scrollWidth <= body.clientWidth")
        return dialog

    def screen(self, name, ours=".o_action_manager"):
        """Keep a picture of the screen, in which nothing is cut off or in English.

        :param ours: the part of the screen whose columns are not Odoo's own
        """
        self.shoot(name)
        assert self.untranslated() == []
        assert self.cut_off(ours) == []

    def chart(self, place=".o_graph_canvas_container canvas"):
        """Return what a chart shows: its kind, labels, axis and series.

        Of a line also its height between each point and the next.
        """
        canvas = self.find(place) if isinstance(place, str) else place
        expect(canvas).to_be_visible()
        self.page.wait_for_function(
            "canvas => window.Chart && window.Chart.getChart(canvas)",
            arg=canvas.element_handle(),
        )
        return canvas.evaluate(DRAWN)

    def shoot(self, name, *, whole=False):
        """Keep a picture of the page."""
        expect(self.find(".o_loading_indicator")).to_have_count(0)
        self.page.evaluate("document.fonts.ready")
        self.page.mouse.move(1, 1)  # no tooltip of what was clicked last
        short = self.language[:2]
        self.page.screenshot(
            path=self.artefacts / f"{name}-{short}.png",
            full_page=whole,
            animations="disabled",
        )
