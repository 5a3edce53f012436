"""The process of a job is killed (kill -9), and the job started again at once.

Unlike a connection that is cut, nobody in that process can tidy up or try again; and
what its backend was doing goes on, with its locks, until that statement ends.
"""

import os
import signal
import threading
import time

import pytest
import seed
from faults import KILLED, Faults
from test_faults import job

from odoo import sql_db
from odoo.exceptions import UserError

JOBS = [("refresh", "begun"), ("classify", "before"), ("history", "classified")]
LINGERS = 0.7  # seconds that the statement of a dead process goes on
PATIENCE = 10  # seconds until its cron's lock is gone


def die(*_backend):
    """End this process as nobody can prevent."""
    os.kill(os.getpid(), signal.SIGKILL)


class Lingering(Faults):
    """The process dies while the backend is busy, and holds its locks meanwhile."""

    def is_due(self, connection, statement):
        """Have the one that is due preceded by a pause in which the process dies."""
        if connection.info.dbname == self.name:
            self.count += 1
            if self.count == self.at:
                threading.Timer(LINGERS / 10, die).start()
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_sleep(%s)", [LINGERS])
        return False


def in_a_process_of_its_own(act, stage, faults):
    """Run a job in a child that is killed.

    :return: the signal that ended it
    """
    pid = os.fork()
    if not pid:
        # The connections are the parent's; to forget one here does not close it.
        for pool in filter(None, (sql_db._Pool, sql_db._Pool_readonly)):
            pool._connections.clear()
        try:
            with faults.active():
                act(stage)
        finally:
            os._exit(0)
    return os.WTERMSIG(os.waitpid(pid, 0)[1])


# Batches that are still to be done, and whether the scheduler will come back for them.
WAITING = """
    SELECT EXISTS (SELECT FROM ir_cron_trigger t
                     JOIN ir_model_data d ON d.res_id = t.cron_id
                    WHERE d.module = 'contact_kpi' AND d.name = 'ir_cron_classify')
      FROM contact_kpi_ruleset WHERE state = 'running'
"""


def start_again(act, stage, batches):
    """As the scheduler does: as soon as nobody else has the job, and when asked to.

    :param batches: whether it is the job that does batches, until all are done
    """
    end = time.monotonic() + PATIENCE
    while True:
        try:
            act(stage)
            waiting = batches and stage.laws.rows(WAITING)
            if not waiting:
                return
            assert waiting == [(True,)], "nobody will go on with the batches"
        except UserError:
            pass
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize(("name", "world"), JOBS, ids=[name for name, _ in JOBS])
def test_a_job_whose_process_is_killed_and_that_is_started_again_at_once(
    stage, name, world, dice, is_long, tally, subtests
):
    act = job(name)
    counted = Faults(stage.name)
    stage.reset(world)
    with seed.clock(seed.NOW), counted.active():
        act(stage)
    expected = stage.laws.dump()
    every = range(1, counted.count + 1)
    points = [
        (at, kind)
        for kind in (Faults, Lingering)
        for at in (every if is_long else [dice.choice(every)])
    ]
    tally(f"{name}: {counted.count} statements, {len(points)} processes killed")
    for at, kind in points:
        with subtests.test(at=at, kind=kind.__name__):
            stage.reset(world)
            faults = kind(stage.name, at, KILLED, die)
            with seed.clock(seed.NOW):
                assert in_a_process_of_its_own(act, stage, faults) == signal.SIGKILL
                start_again(act, stage, name == "classify")
            found = stage.laws.dump()
            differing = {
                table: sorted(set(found[table]) ^ set(lines))
                for table, lines in expected.items()
                if found[table] != lines
            }
            assert not differing
            if world == "begun":
                assert not stage.laws.broken()
