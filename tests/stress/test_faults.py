"""Every fault point: whatever statement fails, run again, and the figures are true.

The N-th statement of the nightly refresh, of a save, of a merge, of the batches after
an installation fails, by an error of the server or because the connection is cut. What
then runs undisturbed ends with the tables of a run that was never disturbed.
"""

from dataclasses import dataclass

import psycopg2
import pytest
import seed
from faults import ERRORS, KILLED, SERIALIZATION, Faults

from odoo.service.model import execute_cr

SAMPLE = 2  # points of each act, without --long


@dataclass
class Act:
    """Something that people or the scheduler do.

    :param is_typed: who is told of an error does it again
    """

    name: str
    world: str
    do: object
    is_typed: bool = False


def call(stage, login, model, method, *args):
    """Call a method as a user does by RPC, without the password."""
    [(uid,)] = stage.laws.rows(f"SELECT id FROM res_users WHERE login = '{login}'")
    registry = stage.registry.check_signaling()
    try:
        with registry.cursor() as cursor:
            result = execute_cr(cursor, uid, model, method, list(args), {})
        registry.signal_changes()
    except Exception:
        registry.reset_changes()
        raise
    return result


def customer(stage, index):
    """Return the id of a customer, None once it has been merged."""
    name = f"Customer {index:02}"
    query = f"SELECT MAX(id) FROM res_partner WHERE name = '{name}'"
    return stage.laws.rows(query)[0][0]


def job(name):
    """Return a function that runs a scheduled action as its button does."""

    def run(stage):
        [(cron,)] = stage.laws.rows(
            f"SELECT res_id FROM ir_model_data WHERE name = 'ir_cron_{name}'"
            " AND module = 'contact_kpi'"
        )
        call(stage, "erin", "ir.cron", "method_direct_trigger", [cron])

    return run


def type_in_list(stage):
    """Type a phone in the list to complete."""
    gap = stage.laws.rows(
        "SELECT g.id FROM contact_kpi_gap g JOIN contact_kpi k ON k.id = indicator_id"
        f" WHERE k.code = 'no_contact' AND partner_id = {customer(stage, 1)}"
        " AND closed_at IS NULL"
    )
    if gap:
        vals = {"phone": seed.MOBILE}
        spec = {"partner_id": {}, "phone": {}, "email": {}, "closed_at": {}}
        args = ([gap[0][0]], vals, spec)
        call(stage, "carla", "contact.kpi.gap", "web_save", *args)


def write_partner(stage):
    """Correct phone and e-mail of a customer in its form: one gap closes, two open."""
    vals = {"phone": "não tem", "email": False}
    call(stage, "bruno", "res.partner", "write", [customer(stage, 27)], vals)
    vals = {"phone": seed.LANDLINE}
    call(stage, "bruno", "res.partner", "write", [customer(stage, 10)], vals)


def merge(stage):
    """Merge a customer that lacks everything with one that does not."""
    partners = [customer(stage, index) for index in (7, 19, 25)]
    if None not in partners:
        model = "base.partner.merge.automatic.wizard"
        vals = {"state": "selection", "partner_ids": [(6, 0, partners)]}
        vals["dst_partner_id"] = partners[0]
        wizard = call(stage, "erin", model, "create", vals)
        call(stage, "erin", model, "action_merge", [wizard])


def look_again(stage):
    """The batches after an installation, to their end."""
    failed = stage.laws.rows("SELECT id FROM contact_kpi_history WHERE reason != ''")
    call(stage, "erin", "contact.kpi.history", "action_rebuild", [h for (h,) in failed])
    for _turn in range(3):
        job("classify")(stage)
        job("history")(stage)


ACTS = [
    Act("refresh", "begun", job("refresh")),
    Act("typed-in-the-list", "begun", type_in_list, is_typed=True),
    Act("written-in-the-form", "begun", write_partner, is_typed=True),
    Act("merge", "begun", merge, is_typed=True),
    Act("classification", "before", job("classify")),
    Act("history", "classified", job("history")),
]


def play(stage, act, faults):
    """Do it, disturbed; and what comes after, undisturbed. Return the tables then."""
    stage.reset(act.world)
    again = False
    with seed.clock(seed.NOW), stage.expecting(), faults.active():
        try:
            act.do(stage)
        except psycopg2.Error:
            # Whoever typed it is told, and types it again; a conflict Odoo tries again.
            assert faults.kind != SERIALIZATION, faults.statement
            again = act.is_typed
    with seed.clock(seed.LATER):
        if again:
            act.do(stage)
        if act.world != "begun":
            look_again(stage)
        job("refresh")(stage)
    return stage.laws.dump()


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_whatever_fails_the_figures_are_those_of_one_undisturbed_run(
    stage, act, dice, is_long, tally, subtests
):
    counted = Faults(stage.name)
    expected = play(stage, act, counted)
    assert not stage.laws.broken()
    points = [
        (at, kind)
        for at in range(1, counted.count + 1)
        for kind in (dice.choice(ERRORS), KILLED)
    ]
    if not is_long:
        points = dice.sample(points, SAMPLE)
    tally(f"{act.name}: {counted.count} statements, {len(points)} faults")
    for at, kind in points:
        faults = Faults(stage.name, at, kind, stage.kill)
        with subtests.test(at=at, kind=kind):
            found = play(stage, act, faults)
            assert faults.statement, "nothing was disturbed"
            differing = {
                table: sorted(set(found[table]) ^ set(lines))
                for table, lines in expected.items()
                if found[table] != lines
            }
            assert not differing, faults.statement
            assert not stage.laws.broken(), faults.statement
