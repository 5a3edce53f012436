"""Measure what saving costs with us and without, in CPU seconds and queries.

Runs inside Odoo's process, started by `./setup/bench` on a database with the addons,
with the name of one without them that is otherwise the same, and how many transactions
of each kind to take the median of. Counted is what happens until a commit; nothing is
kept. Both are measured in this process, in turn. Prints the lines as JSON.
"""

import json
import sys

from figures import configure
from measure import Meter, line, middle, rolled_back

import odoo.modules.registry
from odoo.tests.form import Form

WARM = 3  # transactions, which find nothing in the caches
ROW_SECONDS = 8  # of both databases; what is slow has fewer transactions
MANY = 100
ONE = {"ratio": 1.2, "queries": 5}
BATCH = {"ratio": 1.05, "queries": 6}
DOCUMENT = {"ratio": 1.1, "queries": 2}
NOTHING = {"ratio": 1.05, "queries": 0}
VIEWS = [(False, "form"), (False, "search")]


def values(number):
    """Return what is typed for a new customer."""
    return {
        "name": f"New {number}",
        "customer_rank": 1,
        "phone": f"(11) 9{6000 + number % 4000}-{1000 + number % 9000}",
        "email": f"new{number}@mail.example",
    }


def many(number):
    return [values(MANY * number + place) for place in range(MANY)]


class World:
    """The records of a database that are saved; the same ones in both databases."""

    def __init__(self, name):
        self.registry = odoo.modules.registry.Registry(name)
        with rolled_back(self.registry) as env:
            people = env["res.users"].search(
                [("login", "in", ("person0", "bench_manager"))], order="login DESC"
            )
            self.person, self.manager = people.ids
            mine = [("user_id", "=", self.person), ("customer_rank", ">", 0)]
            self.ids = {
                "customer": self.found(env, "res.partner", mine),
                "contact": self.found(env, "res.partner", [("parent_id", "!=", False)]),
                "order": self.found(env, "sale.order", [("state", "=", "draft")]),
                "repair": self.found(env, "repair.order", [("state", "=", "draft")]),
            }
        self.specs = {}

    def found(self, env, model, domain):
        """Return the ids of some records; there may be none in a small database."""
        kept = env[model].search(domain, limit=MANY, order="id")
        return (kept or env[model].search([], limit=MANY, order="id")).ids

    def spec(self, env, model, record_id):
        """Return what the web client asks of a form, as the form's view has it."""
        if model not in self.specs:
            self.specs[model] = Form(env[model].browse(record_id))._view["fields_spec"]
        return self.specs[model]


class Act:
    """What is done to one record of a kind; prepared apart from what is measured."""

    def __init__(self, world, kind, number):
        self.world, self.number = world, number
        ids = world.ids[kind]
        self.id = ids[number % len(ids)]

    def record(self, env, model):
        return env[model].browse(self.id)


def write(model, **typed):
    def act(env, act):
        texts = {name: text(act.number) for name, text in typed.items()}
        act.record(env, model).write(texts)

    return act


def phone(number):
    return values(number)["phone"]


def load(env, act):
    rows = many(act.number)
    result = env["res.partner"].load(
        list(rows[0]), [list(row.values()) for row in rows]
    )
    assert result["ids"], result["messages"]


def create(model):
    return lambda env, act: env[model].create({"partner_id": act.customer})


def form(model):
    """Open the form of a record, and that of a new one."""

    def act(env, act):
        spec = act.world.specs[model]
        env[model].get_views(VIEWS, {"toolbar": True})
        act.record(env, model).web_read(spec)
        env[model].onchange({}, [], spec)

    return act


# Each with its goal, the kind of record that it is about, and who does it.
OPERATIONS = {
    "write what no indicator reads": (
        write("res.partner", comment=str),
        NOTHING,
        "customer",
    ),
    "write a customer's phone": (write("res.partner", phone=phone), ONE, "customer"),
    "write a contact's phone": (write("res.partner", phone=phone), ONE, "contact"),
    "create a customer": (
        lambda env, act: env["res.partner"].create(values(act.number)),
        ONE,
        "customer",
    ),
    f"create {MANY} customers": (
        lambda env, act: env["res.partner"].create(many(act.number)),
        BATCH,
        "customer",
    ),
    f"load {MANY} customers": (load, BATCH, "customer"),
    f"write {MANY} customers' phones": (
        lambda env, act: (
            env["res.partner"]
            .browse(act.world.ids["customer"])
            .write({"phone": phone(act.number)})
        ),
        BATCH,
        "customer",
    ),
    "create an order": (create("sale.order"), DOCUMENT, "order"),
    "confirm an order": (
        lambda env, act: act.record(env, "sale.order").action_confirm(),
        DOCUMENT,
        "order",
    ),
    "create a repair": (create("repair.order"), DOCUMENT, "repair"),
    "confirm a repair": (
        lambda env, act: act.record(env, "repair.order").action_validate(),
        DOCUMENT,
        "repair",
    ),
    "set a repair's priority": (
        write("repair.order", priority=lambda number: "1"),
        DOCUMENT,
        "repair",
    ),
    "form of a customer": (form("res.partner"), DOCUMENT, "customer"),
    "form of an order": (form("sale.order"), DOCUMENT, "order"),
    "form of a repair": (form("repair.order"), DOCUMENT, "repair"),
}
MODELS = {
    "customer": "res.partner",
    "contact": "res.partner",
    "order": "sale.order",
    "repair": "repair.order",
}


def once(world, operation, kind, number):
    """Do it in a transaction of its own; return the cost until the commit."""
    user = world.manager if kind in ("order", "repair") else world.person
    act = Act(world, kind, number)
    with rolled_back(world.registry, user) as env:
        act.customer = world.ids["customer"][number % len(world.ids["customer"])]
        world.spec(env, MODELS[kind], act.id)
        env.invalidate_all()
        with Meter(env.cr) as meter:
            operation(env, act)
            env.cr.flush()
    return meter.cost


def compare(ours, plain, operation, kind, wanted):
    """Return the median costs of a transaction with us and without, and of how many."""
    warm = [
        [once(world, operation, kind, number) for number in range(WARM)]
        for world in (ours, plain)
    ]
    taken = sum(costs[-1].cpu for costs in warm)
    often = max(1, min(wanted, int(ROW_SECONDS / taken)))
    pairs = [
        [once(world, operation, kind, number) for world in (ours, plain)]
        for number in range(often)
    ]
    return [middle(costs) for costs in zip(*pairs, strict=True)], often


def main(arguments):
    registry = configure()
    ours, plain = World(registry.db_name), World(arguments[0])
    wanted = int(arguments[1])
    assert ours.ids == plain.ids
    lines = []
    for name, (operation, goal, kind) in OPERATIONS.items():
        costs, runs = compare(ours, plain, operation, kind, wanted)
        lines.append(line(name, *costs, "without us", goal, runs=runs))
        print(f"  {name}: {lines[-1]['ratio']}", file=sys.stderr, flush=True)
    json.dump(lines, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
