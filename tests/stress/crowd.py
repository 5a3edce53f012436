"""People who work at once, each with a login of its own over HTTP."""

import random
import threading
from collections import Counter
from datetime import date, timedelta

import requests
import seed

# What a person may be told: somebody else was faster.
TOLD = (
    "was completed meanwhile",
    "is being refreshed right now",
    "already executing",
    "does not exist or has been deleted",
    "is on the list already",
    "left the list meanwhile",
    "was deleted meanwhile",
    "None of these customers is to complete",
    "There is no customer to record it for",
    "There is no usable phone or e-mail to confirm",
)
# The same, of some things that people do only.
TOLD_OF = {
    # A job that refreshes without a pause wins five times in a row.
    "refresh": ("psycopg2.errors.SerializationFailure",),
    # A job was cut off three times: Odoo's own warning of it has no traceback.
    "refresh_as_job": ("cannot unpack non-iterable NoneType object",),
}
# What Odoo says of whatever happens while it reads the session.
LOGGED_OUT = ("odoo.exceptions.AccessDenied", "odoo.http.SessionExpired", "HTTP 404")
# While connections are cut and statements time out.
CUT = (
    *LOGGED_OUT,
    "psycopg2.errors.AdminShutdown",
    "psycopg2.errors.QueryCanceled",
    "psycopg2.InterfaceError",
    "psycopg2.OperationalError",
)
PHONES = (*seed.NO_PHONES, seed.MOBILE, seed.OTHER_MOBILE, seed.LANDLINE)
EMAILS = (*seed.NO_EMAILS, seed.EMAIL, seed.OTHER_EMAIL)
MAIN = [("company_id", "in", (False, 1))]
GAP_SPEC = {"partner_id": {}, "phone": {}, "email": {}, "closed_at": {}}


class Refusal(Exception):
    """What the client would show."""

    def __init__(self, name, message, trace):
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message
        self.trace = trace


class Person(threading.Thread):
    """Does one thing after another until told to stop; counts what it was told."""

    def __init__(self, address, database, login, crowd):
        super().__init__(name=login)
        self.address = address
        self.login = login
        self.crowd = crowd
        self.dice = random.Random(f"{crowd.seed} {login}")
        self.done = Counter()
        self.session = requests.Session()
        self.database = database
        self.uid = self.log_in()
        self.is_in = True
        self.number = 0
        # Partners that this person has set about to change.
        self.edited = set()

    def log_in(self):
        vals = {"db": self.database, "login": self.login, "password": seed.PASSWORD}
        return self.post("/web/session/authenticate", vals)["uid"]

    def post(self, path, params):
        answer = self.session.post(
            self.address + path, json={"params": params}, timeout=120
        )
        if answer.status_code != 200:
            raise Refusal(f"HTTP {answer.status_code}", answer.reason, answer.text)
        answer = answer.json()
        if "error" in answer:
            data = answer["error"]["data"]
            raise Refusal(data["name"], data["message"], data["debug"])
        return answer["result"]

    def call(self, model, method, *args, **kwargs):
        path = f"/web/dataset/call_kw/{model}/{method}"
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self.post(path, params)

    def run(self):
        names = HABITS[self.login]
        while not self.crowd.ended.is_set():
            name = self.dice.choice(names)
            is_calm = self.crowd.calm.is_set()
            try:
                if not self.is_in:
                    self.is_in = bool(self.log_in())
                getattr(self, name)()
                self.done[name] += 1
            except Refusal as refusal:
                self.is_in = not refusal.name.startswith(LOGGED_OUT)
                # What began before the disturbance may end within it.
                self.crowd.hear(name, refusal, is_calm and self.crowd.calm.is_set())
            except (requests.RequestException, LookupError) as error:
                self.crowd.hear(name, error, True)

    # -- what people do ------------------------------------------------------------

    def pick(self, model, domain, count=1):
        """Some records of the first hundred."""
        ids = self.call(model, "search", domain, limit=100)
        return self.dice.sample(ids, min(count, len(ids)))

    def customers(self, count=1, domain=()):
        domain = [("user_ids", "=", False), ("name", "like", "Customer"), *domain]
        partners = self.pick("res.partner", domain, count)
        self.edited.update(partners)
        return partners

    def contact(self):
        return {
            self.dice.choice(("phone", "email")): self.dice.choice(PHONES + EMAILS)
            for _either in range(self.dice.randint(1, 2))
        }

    def name_one(self):
        self.number += 1
        return f"Customer {self.login} {self.number}"

    def type_in_list(self):
        for gap in self.pick("contact.kpi.gap", [("closed_at", "=", False)]):
            [row] = self.call("contact.kpi.gap", "web_read", [gap], {"partner_id": {}})
            self.edited.add(row["partner_id"])
            vals = {"phone": self.dice.choice(PHONES)}
            self.call("contact.kpi.gap", "web_save", [gap], vals, GAP_SPEC)

    def write_in_form(self):
        spec = {"phone": {}, "email": {}}
        partners = self.customers(self.dice.randint(1, 2))
        self.call("res.partner", "web_save", partners, self.contact(), spec)

    def create_one(self):
        vals = {"name": self.name_one(), "customer_rank": 1, **self.contact()}
        if self.dice.random() < 0.3:
            # Odoo refuses a contact below one whose own head is hidden.
            parent = self.customers(1, [("parent_id", "=", False)])[0]
            vals |= {"parent_id": parent, "customer_rank": 0}
        self.call("res.partner", "web_save", [], vals, {"name": {}})

    def archive_or_back(self):
        active = self.dice.random() < 0.5
        partners = self.customers(1, [("active", "=", not active)])
        self.call("res.partner", "write", partners, {"active": active})

    def load(self):
        rows = [
            [self.name_one(), "1", self.dice.choice(PHONES), self.dice.choice(EMAILS)]
            for _row in range(5)
        ]
        fields = ["name", "customer_rank", "phone", "email"]
        result = self.call("res.partner", "load", fields, rows)
        for message in result["messages"]:
            raise Refusal("import", message["message"], str(message))

    def decline(self):
        gaps = self.pick("contact.kpi.gap", [("closed_at", "=", False)], 2)
        reasons = self.pick("contact.kpi.decline.reason", [])
        review = str(date.today() + timedelta(days=30))
        vals = {"gap_ids": [(6, 0, gaps)], "reason_id": reasons[0]}
        vals["review_on"] = review
        wizard = self.call("contact.kpi.decline.wizard", "create", vals)
        self.call("contact.kpi.decline.wizard", "action_confirm", [wizard])

    def consent(self):
        vals = {
            "partner_ids": [(6, 0, self.customers(2))],
            "consent": self.dice.choice(("given", "refused")),
            "channel": "phone",
            "answered_on": str(date.today() - timedelta(days=1)),
        }
        wizard = self.call("contact.kpi.consent.wizard", "create", vals)
        self.call("contact.kpi.consent.wizard", "action_confirm", [wizard])

    def confirm(self):
        # Of a customer: a contact of one that is hidden has no such button.
        heads = self.customers(1, [("parent_id", "=", False)])
        self.call("res.partner", "action_contact_kpi_confirm", heads)

    def quote(self):
        for partner in self.customers(1, MAIN):
            order = self.call("sale.order", "create", {"partner_id": partner})
            if self.dice.random() < 0.5:
                self.call("sale.order", "action_cancel", [order])

    def repair(self):
        for partner in self.customers(1, MAIN):
            self.call("repair.order", "create", {"partner_id": partner})

    def merge(self):
        # Two of a kind: Odoo refuses contacts of one another, and whoever changes
        # company takes its past along in the ledger, not in the runs.
        domain = [(name, "=", False) for name in ("parent_id", "child_ids")]
        domain += [("company_id", "=", False)]
        partners = self.customers(2, domain)
        if len(partners) == 2:
            model = "base.partner.merge.automatic.wizard"
            vals = {"state": "selection", "partner_ids": [(6, 0, partners)]}
            wizard = self.call(model, "create", vals | {"dst_partner_id": partners[0]})
            self.call(model, "action_merge", [wizard])

    def change_placeholder(self):
        model, text = "contact.kpi.placeholder", self.dice.choice(tuple(seed.WORDS))
        domain = [("name", "=", text), ("active", "in", (True, False))]
        if known := self.call(model, "search_read", domain, ["active"]):
            vals = {"active": not known[0]["active"]}
            self.call(model, "write", [known[0]["id"]], vals)
        else:
            self.call(model, "create", {"name": text})

    def refresh(self):
        kpis = self.call("contact.kpi", "search", [])
        self.call("contact.kpi", "action_run_now", self.dice.sample(kpis, len(kpis)))

    def refresh_as_job(self):
        jobs = self.call("ir.cron", "search", [("code", "like", "_cron_refresh")])
        answer = self.call("ir.cron", "method_direct_trigger", jobs)
        if isinstance(answer, dict):
            data = answer["params"]["data"]
            raise Refusal(data["name"], data["message"], data["debug"])

    def look_at_figures(self):
        self.call("contact.kpi", "figures")
        self.call("contact.kpi.snapshot", "formatted_read_group", [], ["date:month"])


EVERYBODY = ["write_in_form", "write_in_form", "create_one", "archive_or_back"]
SALES = [*EVERYBODY, "type_in_list", "type_in_list", "decline", "consent", "confirm"]
SALES += ["load", "look_at_figures"]
HABITS = {
    # A quotation is its customer's salesperson's: ana may make none for others.
    "ana": SALES,
    "bruno": [*SALES, "quote"],
    "carla": [*SALES, "quote", "change_placeholder", "refresh"],
    "diego": [*EVERYBODY, "repair", "load"],
    "erin": ["merge", "change_placeholder", "refresh_as_job", "type_in_list"],
}


class Crowd:
    """What all share: when to stop, and what they were told."""

    def __init__(self, seed):
        self.seed = seed
        self.calm = threading.Event()
        self.ended = threading.Event()
        self.lock = threading.Lock()
        self.told = Counter()
        # What nobody should have been told, with what they were doing.
        self.wrong = []

    def hear(self, what, error, is_calm):
        """Count what a person was told; remember what must not be."""
        words = str(error).strip().splitlines()
        name = getattr(error, "name", type(error).__name__)
        texts = (*TOLD, *TOLD_OF.get(what, ()))
        if found := next((text for text in texts if text in str(error)), None):
            name = found
        elif is_calm or not name.startswith(CUT):
            trace = getattr(error, "trace", repr(error))
            self.wrong.append(f"{what}: {words[:1]}\n{trace}")
        with self.lock:
            self.told[name] += 1
