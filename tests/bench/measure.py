"""What a piece of work costs: CPU of Odoo and of the database apart, queries, memory.

Costs are CPU seconds, not time: what others do on the machine meanwhile hardly counts.
All work of a query is done by the server process of the connection, without parallel
workers, so that it can be seen. Each measure is taken in turn with its floor, in
transactions that are rolled back.
"""

import gc
import math
import os
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass
from datetime import timedelta
from statistics import median

import odoo.api

TICK = os.sysconf("SC_CLK_TCK")
ENOUGH, MOST_TIMES = 0.1, 20  # seconds of a sample: what is quick is done several times
ROW_SECONDS = 20  # for the repetitions of a measure: what is slow has fewer
SUPERUSER = odoo.api.SUPERUSER_ID


@dataclass(frozen=True)
class Cost:
    """What some work took: elapsed and CPU seconds, queries, rows of ours written."""

    seconds: float = 0.0
    odoo: float = 0.0
    database: float = 0.0
    queries: float = 0.0
    rows: float = 0.0

    @property
    def cpu(self):
        """CPU seconds of both processes."""
        return self.odoo + self.database

    def __add__(self, other):
        return Cost(*map(sum, zip(astuple(self), astuple(other), strict=True)))

    def __mul__(self, factor):
        return Cost(*(value * factor for value in astuple(self)))


def middle(costs):
    """Return the median of each part of some costs."""
    return Cost(*map(median, zip(*map(astuple, costs), strict=True)))


def line(measure, cost=None, floor=None, of=None, goal=None, **more):
    """Return a line of the table, as JSON has it.

    :param cost: :class:`Cost` of what is measured
    :param floor: :class:`Cost` of what it is compared with
    :param of: what the floor, or the ratio, is of
    :param goal: at most so much of: ``ratio``, ``queries`` more than the floor has,
        ``seconds``, ``rows`` written, ``memory`` in MB
    :param more: ``ratio`` where it is not that of CPU seconds; ``runs`` of which it
        is the median; ``memory`` and ``storage``; a ``note`` why there is none
    """
    ratio = cost.cpu / floor.cpu if cost and floor and floor.cpu else None
    return {
        "measure": measure,
        "cost": cost and asdict(cost),
        "floor": floor and asdict(floor),
        "ratio": ratio,
        "of": of,
        "goal": goal or {},
        "exponent": None,
        "runs": 1,
        "memory": None,
        "storage": None,
        "note": None,
    } | more


def backend(cursor):
    """Return the id of a connection's server process; None if it is not to be seen."""
    pid = cursor._cnx.info.backend_pid
    try:
        with open(f"/proc/{pid}/comm") as file:
            return pid if file.read().startswith("postgres") else None
    except OSError:
        return None  # on another machine


def cpu(pid):
    """Return the CPU seconds of a process so far; 0 without one."""
    if not pid:
        return 0.0
    try:
        # In nanoseconds; what follows is counted in hundredths of a second.
        with open(f"/proc/{pid}/schedstat") as file:
            return int(file.read().split()[0]) / 1e9
    except OSError:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK


def cpu_of_connections(registry):
    """Return the CPU seconds of all connections that there are to a database."""
    with registry.cursor() as cursor:
        if not backend(cursor):
            return 0.0
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_type = 'client backend'"
        )
        return sum(cpu(pid) for (pid,) in cursor.fetchall())


def rows_written(cursor):
    """Return how many rows of ours were written, but for the log of the runs."""
    cursor.execute(
        """
        SELECT COALESCE(SUM(n_tup_ins + n_tup_upd + n_tup_del), 0)
          FROM pg_stat_xact_user_tables
         WHERE relname LIKE 'contact\\_kpi\\_%' AND relname != 'contact_kpi_run'
        """
    )
    return int(cursor.fetchone()[0])


class Meter:
    """Measures what happens within it, each time it is entered, on one connection."""

    def __init__(self, cursor):
        self.cursor, self.pid = cursor, backend(cursor)
        self.cost = Cost()

    def now(self):
        return Cost(
            time.perf_counter(),
            time.process_time(),
            cpu(self.pid),
            self.cursor.sql_log_count,
        )

    def __enter__(self):
        self.rows = rows_written(self.cursor)
        self.start = self.now()
        return self

    def __exit__(self, *failure):
        taken = self.now() + self.start * -1
        rows = rows_written(self.cursor) - self.rows
        self.cost += taken + Cost(rows=rows)


class Memory:
    """Tells the peak memory of this process and a server process, above the start's.

    That of the server process without what all share, which the kernel's own peak
    counts in: looked at every few milliseconds.
    """

    def __init__(self, cursor):
        self.pid = backend(cursor)
        self.ended = threading.Event()

    def __enter__(self):
        gc.collect()
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")  # forget the peak so far
        self.start = memory("self", "VmHWM"), memory(self.pid, "RssAnon")
        self.peak = self.start[1]
        self.watch = threading.Thread(target=self.look)
        self.watch.start()
        return self

    def look(self):
        while not self.ended.wait(0.005):
            self.peak = max(self.peak, memory(self.pid, "RssAnon"))

    def __exit__(self, *failure):
        self.ended.set()
        self.watch.join()
        self.odoo = memory("self", "VmHWM") - self.start[0]
        self.database = self.peak - self.start[1]


def memory(pid, kind):
    """Return a figure of a process's memory in MB; 0 without one."""
    if not pid:
        return 0.0
    with open(f"/proc/{pid}/status") as file:
        [found] = [row.split()[1] for row in file if row.startswith(f"{kind}:")]
    return int(found) / 1024


@contextmanager
def rolled_back(registry, user=SUPERUSER):
    """Yield the environment of a transaction of which nothing is kept."""
    with registry.cursor() as cursor:
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        # A scheduled action commits: here, that only does what waits for it.
        cursor.commit = cursor.flush
        try:
            yield odoo.api.Environment(cursor, user, {})
        finally:
            cursor.rollback()


def bare(query, *values):
    """Return a function that runs a query with the memory that a night has."""

    def run(env):
        env.cr.execute("SET LOCAL jit = off")
        env.cr.execute("SET LOCAL work_mem = '64MB'")
        env.cr.execute(query, values)

    return run


class Measures:
    """Takes measures on a database and keeps the lines."""

    def __init__(self, registry, repetitions):
        self.registry = registry
        self.repetitions = repetitions
        self.lines = []
        self.days = 0  # from now to the day that the database is at

    def sample(self, function, user=SUPERUSER, *, before=None, later=0, times=1):
        """Return the cost of a function of an environment.

        :param before: another one, done first
        :param later: do it so many days from now
        :param times: so often, in one transaction; told is the cost of once
        """
        with rolled_back(self.registry, user) as env:
            present = env.cr.now() + timedelta(days=self.days)
            env.cr._now = present
            if before:
                before(env)
                env.cr.flush()
            env.cr._now = present + timedelta(days=later)
            meter = Meter(env.cr)
            for _time in range(times):
                env.invalidate_all()
                with meter:
                    function(env)
                    env.cr.flush()
        return meter.cost * (1 / times)

    def compare(self, what, function, floor, of, goal=None, once=False, **options):
        """Take a measure in turn with its floor, for the same user, and keep it.

        :param floor: function that is the floor
        :param of: what the floor is called
        :param goal: see :func:`line`
        :param once: doing it again in the same transaction is something else
        :param options: see :meth:`sample`
        """
        user = options.get("user", SUPERUSER)
        pairs = [(self.sample(function, **options), self.sample(floor, user))]
        # The first ones found nothing in the caches.
        often = [1 if once else some(pairs[0][0]), some(pairs[0][1])]
        taken = sum(cost.cpu * times for cost, times in zip(*pairs, often, strict=True))
        if taken < ROW_SECONDS:
            rounds = max(1, min(self.repetitions, int(ROW_SECONDS / taken)))
            pairs = [
                (
                    self.sample(function, times=often[0], **options),
                    self.sample(floor, user, times=often[1]),
                )
                for _round in range(rounds)
            ]
        mine, floors = map(middle, zip(*pairs, strict=True))
        self.add(what, mine, floors, of, goal, runs=len(pairs))

    def add(self, *arguments, **more):
        """Keep a line, see :func:`line`."""
        added = line(*arguments, **more)
        self.lines.append(added)
        print(f"  {added['measure']}: {added['ratio']}", file=sys.stderr, flush=True)


def some(cost):
    """Return how often to do what costs so much."""
    return min(MOST_TIMES, max(1, math.ceil(ENOUGH / max(cost.cpu, 0.001))))
