"""A crowd at work: whatever happens at once, in the end the figures are true."""

import contextlib
import os
import threading
import time
from collections import Counter
from contextlib import contextmanager

import log_check
import odoo_process
import pytest
import requests
import seed
from crowd import HABITS, TOLD, Crowd, Person
from workspace import LOGS

from odoo.addons.base.models.ir_cron import IrCron

from conftest import EXPECTED

PATIENCE = 120  # seconds, for a busy machine to start a server or to end a call
# Odoo logs what it answers.
ANSWERED = (
    *EXPECTED,
    *TOLD,
    "^Access Denied",
    "^Database or registry unusable",
    "^Exception during request handling",
)
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = '{}' ORDER BY random()"
# Who was credited without ever having set about to change one of that family.
CREDITED = """
SELECT g.id, g.close_reason, p.name, u.login
  FROM contact_kpi_gap g
  JOIN res_users u ON u.id = g.closed_by_id
  JOIN res_partner p ON p.id = g.partner_id
 WHERE g.closed_at >= '{since}'
   AND NOT EXISTS (
    SELECT FROM res_partner m
     WHERE m.commercial_partner_id = g.partner_id
       AND (m.create_uid = u.id OR (m.id, u.id) IN (VALUES {edited})))
"""


@contextmanager
def served(stage):
    """Run an Odoo server on the stage's database; yield its address and its log."""
    port = odoo_process.free_port()
    log = LOGS / f"crowd-{stage.name}.log"
    command = [*odoo_process.ENTRY, "--log-level=warn", f"--http-port={port}"]
    command += ["--http-interface=127.0.0.1", "--max-cron-threads=0"]
    address = f"http://127.0.0.1:{port}"
    environment = dict(os.environ)
    with (
        log.open("w") as output,
        odoo_process.running(command, environment, stderr=output) as process,
    ):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(requests.RequestException):
                if requests.get(f"{address}/web/health", timeout=PATIENCE).ok:
                    break
            time.sleep(0.1)
        else:
            pytest.fail(f"The server does not start:\n{log.read_text()}")
        yield address, log
    log.unlink()


class Scheduler(threading.Thread):
    """Odoo's worker of scheduled actions, in this process: every job is ever due."""

    def __init__(self, stage, crowd):
        super().__init__(name="scheduler")
        self.stage = stage
        self.crowd = crowd
        self.rounds = 0

    def run(self):
        due = "UPDATE ir_cron SET nextcall = now() - interval '1 day' WHERE active"
        while not self.crowd.ended.wait(0.3):
            # Locked by a server that is at it, or cut off.
            with contextlib.suppress(Exception):
                self.stage.laws.rows(due)
            IrCron._process_jobs(self.stage.name)
            self.rounds += 1


def cut(stage, count=None):
    """End some backends of the database, or all."""
    for (pid,) in stage.outside(BACKENDS.format(stage.name))[:count]:
        stage.kill(pid)


def timeout(stage, value):
    """Have new connections time out after milliseconds; the present ones are cut."""
    stage.outside(f'ALTER DATABASE "{stage.name}" SET statement_timeout = {value}')
    cut(stage)


def disturb(stage, crowd, seconds):
    """A third in peace, a third with cut connections, a third with timeouts."""
    crowd.calm.set()
    time.sleep(seconds / 3)
    crowd.calm.clear()
    end = time.monotonic() + seconds / 3
    while time.monotonic() < end:
        time.sleep(0.3)
        cut(stage, 1)
    timeout(stage, 60)
    time.sleep(seconds / 3)
    timeout(stage, 0)


def test_a_crowd_leaves_true_figures(stage, is_long, tally):
    stage.reset("begun")
    [(since,)] = stage.laws.rows("SELECT now() AT TIME ZONE 'UTC'")
    crowd = Crowd(os.environ["CONTACT_KPI_SEED"])
    with served(stage) as (address, log), stage.expecting():
        people = [Person(address, stage.name, login, crowd) for login in HABITS]
        scheduler = Scheduler(stage, crowd)
        for thread in (*people, scheduler):
            thread.start()
        try:
            disturb(stage, crowd, 180 if is_long else 15)
        finally:
            crowd.ended.set()
            for thread in (*people, scheduler):
                thread.join(PATIENCE)
        lines = log.read_text().splitlines()
    cut(stage)
    done = sum((person.done for person in people), start=Counter())
    tally(f"crowd: {done.total()} acts ({counted(done)}), {scheduler.rounds} rounds")
    tally(f"crowd was told: {counted(crowd.told)}")
    assert not crowd.wrong, "\n".join(crowd.wrong)
    trouble = log_check.trouble(lines, ANSWERED)
    assert not trouble, "\n".join(trouble)
    # Everything settles.
    seed.settle(stage.registry.check_signaling())
    assert not stage.laws.broken()
    edited = ", ".join(
        f"({partner}, {person.uid})" for person in people for partner in person.edited
    )
    assert not stage.laws.rows(CREDITED.format(since=since, edited=edited))


def counted(counter):
    return ", ".join(f"{count} {name}" for name, count in counter.most_common())
