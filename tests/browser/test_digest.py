"""Odoo's digest mail: its two figures, and where they are switched on."""

import re
from datetime import UTC, datetime

import count
import pytest
from dateutil.relativedelta import relativedelta
from people import LANGUAGES, plain
from playwright.sync_api import expect

FIGURES = {
    "en_US": ("Customers without Contact", "Contacts Completed"),
    "pt_BR": ("Clientes sem contato", "Contatos completados"),
}
# Odoo's “Last 30 Days” are a month.
FRAMES = ({"days": 1}, {"weeks": 1}, {"months": 1})


def figures(demo):
    """Return both rows of the mail: how many lacked it then, and were completed."""
    now = datetime.now(UTC).replace(tzinfo=None)
    gaps = count.gaps(demo)
    completed = [gap.closed_at for gap in gaps if gap.reason == "completed"]
    return (
        [sum(not gap.closed_at for gap in gaps)] * len(FRAMES),
        [
            sum(at > now - relativedelta(**frame) for at in completed)
            for frame in FRAMES
        ],
    )


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_digest(demo, person, language):
    missing, completed = FIGURES[language]
    admin = person(language=language, size=(1366, 1000))
    (digest,) = admin.call(
        "digest.digest", "search", [[["kpi_contact_missing", "=", True]]], limit=1
    )
    admin.open(f"digest.digest/{digest}", "form")
    for label, name in zip(
        FIGURES[language], ("kpi_contact_missing", "kpi_contact_completed"), strict=True
    ):
        box = admin.find(f".o_field_widget[name={name}] input")
        expect(box).to_be_checked()
        assert admin.read(f".o_form_label[for={name}_0]") == label
    admin.screen("digest-settings")

    # The mail of today, as its reader opens it.
    seen = demo.value("SELECT COALESCE(max(id), 0) FROM mail_mail")
    admin.call("digest.digest", "action_subscribe", [[digest]])
    admin.call("digest.digest", "action_send_manual", [[digest]])
    body = demo.value(
        """
        SELECT body_html FROM mail_mail WHERE id > %s AND email_to LIKE %s
        """,
        seen,
        "%admin%",
    )
    stock, flow = figures(demo)
    admin.page.goto("about:blank")
    # Odoo's advertisements come from a server of its own.
    admin.page.set_content(re.sub(r'src="https://[^"]*"', "", body))
    admin.shoot("digest-mail", whole=True)
    for label, values in ((missing, stock), (completed, flow)):
        row = admin.find("table", has_text=label).last
        shown = [plain(v) for v in row.locator(".kpi_value").all_inner_texts()]
        assert shown == [str(value) for value in values]
