# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Only what our own code has put into a context is taken from it."""

from contact_kpi.tools.handover import Handover, handed_over


def test_only_our_own():
    context = {"plain": Handover(), "ours": Handover(0), "sent": True, "list": [True]}
    found = {key: handed_over(context, key) for key in (*context, "absent")}
    assert found == {
        "plain": True,
        "ours": 0,
        "sent": None,
        "list": None,
        "absent": None,
    }
