"""`./setup/pictures`: the pictures of the addons' pages, taken anew from the demo."""

import base64
import html
import io
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import addons
import browser
import click
import database
import demo_database
import odoo_process
import odoo_source
import postgres
import template_database
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from workspace import LOGS, ROOT, SETUP, Failure, expected_failures, say

from commands.demo import figures, wait_for

WIDTH = 1440  # pixels; a dashboard needs 1400
BANNER = SETUP / "banner.html"
BANNER_SIZE = (1120, 560)
COLOURS = 256  # of a picture: a screen has few
PATIENCE = 60_000  # milliseconds
STILL_WITHIN = 20  # seconds
ROWS = ".o_list_view .o_data_row"
CHART = ".o_graph_renderer canvas"
DIALOG = ".modal:not(.o_inactive_modal) .modal-body"
PROBLEM = ".o_contact_kpi_banner:visible .text-danger"

# -- what is done before a picture -----------------------------------------------------


def nothing(page: Page) -> None:
    """Leave the screen as it opens."""


def click_card(page: Page, button: str) -> None:
    """Click a button of the card *Customers without contact*."""
    card = page.locator(".o_kanban_record", has_text="Customers without contact")
    card.locator(f"button[name={button}]").click()


def open_list(page: Page) -> None:
    """Open the list of customers to complete."""
    click_card(page, "action_to_complete")
    expect(page.locator(ROWS).first).to_be_visible()


def open_trend(page: Page) -> None:
    """Open the trend."""
    click_card(page, "action_trend")


def open_quotation(page: Page) -> None:
    """Open a quotation that asks, and type a number without area code."""
    lacking = "partner_id.contact_kpi_open_gap_ids.indicator_id.code"
    parameters = {
        "model": "sale.order",
        "method": "search",
        "args": [[["state", "=", "draft"], [lacking, "=", "no_contact"]]],
        "kwargs": {"limit": 1},
    }
    answer = page.request.post(
        "/web/dataset/call_kw", data={"jsonrpc": "2.0", "params": parameters}
    )
    (order,) = answer.json()["result"]
    page.goto(f"/odoo/orders/{order}")
    type_contact(page, "96123-0001")


def open_repair(page: Page) -> None:
    """Open the first repair whose customer has no mobile, and type a landline."""
    page.locator(f"{ROWS} td[name=name]").first.click()
    type_contact(page, "(11) 5000-0123")


def type_contact(page: Page, text: str) -> None:
    """Type a phone into the banner above a document."""
    banner = page.locator(".o_contact_kpi_banner:visible")
    field = banner.locator("[name=contact_kpi_phone] input")
    field.fill(text)
    field.press("Tab")
    expect(page.locator(PROBLEM)).to_be_visible()
    page.evaluate("document.activeElement.blur()")


def open_suggestions(page: Page) -> None:
    """Open the suggestions of the first customer of whom a document knows something."""
    open_list(page)
    for bulb in page.locator(f"{ROWS} button[name=action_suggestions]").all():
        bulb.click()
        expect(page.locator(f"{DIALOG} > *").first).to_be_visible()
        if page.locator(f"{DIALOG} button[name=action_use]").count():
            return
        page.locator(".modal .btn-close").click()
        expect(page.locator(DIALOG)).to_have_count(0)
    raise Failure("Nothing is known of any customer of the demo.")


def select_declining(page: Page) -> None:
    """Select two customers, and ask why they decline."""
    open_list(page)
    for place in range(2):
        page.locator(f"{ROWS} .o_list_record_selector input").nth(place).check()
    page.locator(".o_control_panel button[name=action_decline]").click()


def ask_for_print(page: Page) -> None:
    """Ask for the list on paper."""
    open_list(page)
    page.locator(".o_cp_action_menus .dropdown-toggle").first.click()
    page.locator(".o-dropdown--menu .o_contact_kpi_print").click()


def open_first_group(page: Page) -> None:
    """Open the first group of a list."""
    page.locator(".o_group_header").first.click()


def open_suspects(page: Page) -> None:
    """Open the list of suspected junk, in the app that was open before."""
    page.goto("/odoo/action-contact_kpi.contact_kpi_suspect_find_action")


def choose_dashboard(page: Page) -> None:
    """Choose the dashboard of customer contacts."""
    page.locator(".o_search_panel li", has_text="Customer Contacts").last.click()


# -- which pictures there are ----------------------------------------------------------


class Picture(NamedTuple):
    """A picture: of which addon, seen by whom, where, how high, and complete when."""

    addon: str
    name: str
    login: str
    path: str  # after /odoo/
    height: int
    shown: str  # selector
    act: Callable[[Page], None] = nothing

    @property
    def file(self) -> Path:
        """Return its place."""
        return described(self.addon, self.name)


DESK, SHOP, BOARD = "contact_kpi", "contact_kpi_mechanic", "contact_kpi_spreadsheet"
ADMIN, DIEGO = "admin", "diego.exemplo"  # in the demo, the password is the login
CARDS, COUNTER = "contact-overview", "repairs-without-mobile"
MESSAGE, BOARDS = "customers-to-message", "dashboards"
KANBAN = f"{COUNTER}?view_type=kanban"
# The first of an addon is on its banner, too.
PICTURES = (
    Picture(DESK, "overview", ADMIN, CARDS, 500, ".o_dashboard_graph canvas"),
    Picture(DESK, "to_complete", ADMIN, CARDS, 600, ROWS, open_list),
    Picture(DESK, "trend", ADMIN, CARDS, 640, CHART, open_trend),
    Picture(DESK, "quotation", ADMIN, "orders", 560, PROBLEM, open_quotation),
    Picture(DESK, "suggestions", ADMIN, CARDS, 600, DIALOG, open_suggestions),
    Picture(DESK, "decline", ADMIN, CARDS, 640, DIALOG, select_declining),
    Picture(DESK, "print", ADMIN, CARDS, 600, DIALOG, ask_for_print),
    Picture(DESK, "suspects", ADMIN, CARDS, 360, ROWS, open_suspects),
    Picture(SHOP, "counter", DIEGO, COUNTER, 600, PROBLEM, open_repair),
    Picture(SHOP, "repairs", DIEGO, KANBAN, 380, ".o_kanban_record .badge"),
    Picture(SHOP, "reachability", DIEGO, MESSAGE, 600, ROWS, open_first_group),
    Picture(SHOP, "impact", DIEGO, "mobiles-impact", 600, CHART),
    Picture(BOARD, "dashboard", ADMIN, BOARDS, 940, ".o-figure", choose_dashboard),
)
BACKGROUNDS = {DESK: "#1c6e74", SHOP: "#78231f", BOARD: "#2f4a7c"}


def described(addon: str, name: str) -> Path:
    """Return the file of a picture by its name."""
    return ROOT / addon / "static" / "description" / f"{name}.png"


# -- taking them -----------------------------------------------------------------------


@click.command()
@click.argument("names", nargs=-1)
def main(names: Sequence[str]) -> None:
    """Take all pictures anew, or those named; banners are made from them."""
    wanted = [picture for picture in PICTURES if not names or picture.name in names]
    with expected_failures():
        browser.ensure()
        with chromium() as program:
            if wanted:
                with demo() as address:
                    for picture in wanted:
                        with closing(program.new_context(base_url=address)) as context:
                            keep(picture.file, take(picture, context))
            for addon, background in BACKGROUNDS.items():
                banner = draw(addon, background, program)
                keep(described(addon, "banner"), banner)


@contextmanager
def demo() -> Iterator[str]:
    """Serve a demo of today, without scheduled jobs; yield its address."""
    source = odoo_source.ensure()
    with postgres.server() as server, template_database.demo(source, server) as name:
        # Odoo would ask a service on the internet who the company is.
        known = "UPDATE res_company SET iap_enrich_auto_done = TRUE"
        database.execute(server, known, database=name)
        environment = demo_database.variables(source, server, name)
        environment["ODOO_MAX_CRON_THREADS"] = "0"
        figures(environment, None)
        address = f"http://127.0.0.1:{environment['ODOO_HTTP_PORT']}"
        log = LOGS / "pictures.log"
        with (
            log.open("w") as output,
            odoo_process.running(
                odoo_process.ENTRY, environment, stdout=output, stderr=output
            ) as process,
        ):
            wait_for(address, process, log)
            yield address


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run the machine's browser."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        program = playwright.chromium.launch(
            executable_path=browser.program(), chromium_sandbox=browser.has_sandbox()
        )
        yield program
        program.close()


def take(picture: Picture, context: BrowserContext) -> bytes:
    """Log in, open the screen, do what comes before, and return the picture."""
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.set_viewport_size({"width": WIDTH, "height": picture.height})
    page.goto("/web/login")
    page.locator("input[name=login]").fill(picture.login)
    page.locator("input[name=password]").fill(picture.login)
    page.locator(".oe_login_form button[type=submit]").click()
    expect(page.locator(".o_main_navbar")).to_be_visible()
    page.goto(f"/odoo/{picture.path}")
    picture.act(page)
    expect(page.locator(picture.shown).first).to_be_visible()
    expect(page.locator(".o_loading_indicator")).to_have_count(0)
    page.mouse.move(1, 1)  # no tooltip of what was clicked last
    content = still(page)
    context.set_offline(True)  # Odoo saves what was typed when a page is closed
    return content


def still(page: Page) -> bytes:
    """Return a picture of a page on which nothing moves any more.

    :raises workspace.Failure: when something still does after :data:`STILL_WITHIN`
    """
    deadline = time.monotonic() + STILL_WITHIN
    before: bytes = page.screenshot(caret="hide")
    while time.monotonic() < deadline:
        page.wait_for_timeout(500)
        now: bytes = page.screenshot(caret="hide")
        if now == before:
            return now
        before = now
    raise Failure(f"{page.url} does not stand still.")


def draw(addon: str, background: str, program: Browser) -> bytes:
    """Return the banner of an addon: its name, one sentence, its first picture."""
    manifest = addons.manifest(ROOT / addon)
    shown = next(picture.file for picture in PICTURES if picture.addon == addon)
    words = {
        "name": html.escape(str(manifest["name"])),
        "summary": html.escape(str(manifest["summary"])),
        "background": background,
        "icon": inline(described(addon, "icon")),
        "picture": inline(shown),
    }
    width, height = BANNER_SIZE
    with closing(program.new_page(viewport={"width": width, "height": height})) as page:
        text = BANNER.read_text()
        for word, value in words.items():
            text = text.replace(f"${word}", value)
        page.set_content(text)
        return still(page)


def inline(file: Path) -> str:
    """Return a picture as an address that holds it."""
    return f"data:image/png;base64,{base64.b64encode(file.read_bytes()).decode()}"


def keep(file: Path, content: bytes) -> None:
    """Write a picture with few colours, which makes it a third of the size."""
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    small = picture.quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(file, optimize=True)
    say(f"  {file.relative_to(ROOT)}: {file.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
