# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Months of repairs, and a chronicler who notes each thing as it happens."""

import random
from datetime import date, timedelta

import pytz

from odoo.tests import new_test_user

from odoo.addons.contact_kpi.tests.closing_case import STARTS
from odoo.addons.contact_kpi.tests.common import (
    LANDLINE,
    MOBILE,
    START,
    ContactKpiCase,
)

from .common import MechanicMixin

ZONES = {"My Company": "America/Sao_Paulo", "Tokyo": "Asia/Tokyo"}
EVENTS = [
    *("repair", "repair", "repair", "repair", "mobile", "mobile", "mobile"),
    *("confirm", "confirm", "confirm", "confirm", "finish", "finish", "cancel"),
    *("cancel", "again", "tell", "quote", "quote", "answer", "answer", "merge"),
]


class RepairCase(MechanicMixin, ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.main.name = "My Company"
        cls.tokyo = cls.company("Tokyo", ZONES["Tokyo"])
        cls.mobile = cls.indicator()
        cls.env["repair.order"].search([]).unlink()
        cls.types = cls.env["mechanic.service.type"].search([], limit=3)
        cls.product = cls.env["product.product"].create(
            {"name": "Labour", "type": "service", "taxes_id": False}
        )
        cls.env.cr.flush()

    def take(self, partner, company=None, **vals):
        """A repair, nobody's unless told otherwise."""
        company = company or self.main
        vals = {"company_id": company.id, "user_id": False, **vals}
        repairs = self.env["repair.order"].with_company(company)
        return repairs.create({"partner_id": partner.id, **vals})

    def tell(self, record, partner, kind="email", status="sent"):
        """A message on a document that Odoo has sent to a partner."""
        message = self.env["mail.message"].create(
            {
                "model": record._name,
                "res_id": record.id,
                "message_type": "comment",
                "author_id": self.env.user.partner_id.id,
                "body": "told",
            }
        )
        self.env["mail.notification"].create(
            {
                "mail_message_id": message.id,
                "res_partner_id": partner.id,
                "notification_type": kind,
                "notification_status": status,
            }
        )

    def hear(self, record, partner, kind="email"):
        self.env["mail.message"].create(
            {
                "model": record._name,
                "res_id": record.id,
                "message_type": kind,
                "author_id": partner.id,
                "body": "heard",
            }
        )

    def quotation(self, repair):
        repair.with_company(repair.company_id).action_create_sale_order()
        return repair.sale_order_id


class RepairYearCase(RepairCase):
    """What happened is kept beside each repair as plain Python values."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerks = [
            new_test_user(
                cls.env,
                f"clerk{n}",
                groups="stock.group_stock_user",
                company_ids=[(6, 0, (cls.main | cls.tokyo).ids)],
            )
            for n in (1, 2)
        ]
        # The months are told once, by an instance: tests only look back on them.
        story = cls()
        story.live()
        cls.notes, cls.forgotten, cls.saved = story.notes, story.forgotten, story.saved

    def live(self):
        self.draw = random.Random(11)
        self.now = START
        self.notes = {}  # {repair: what the chronicler wrote}
        self.forgotten = set()
        self.saved = []  # (moment, customer, whether it lacks a mobile since)
        self.heads = []
        for number in range(24):
            self.heads.append(self.new_customer(number))
        self.tick()
        begin = EVENTS * 2
        middle = [self.draw.choice(EVENTS) for _step in range(200)]
        end = [*["repair"] * 16, *["confirm"] * 6, *["cancel"] * 3]
        for event in begin + middle + end:
            getattr(self, f"do_{event}")()
            if event in ("mobile", "merge"):
                self.look()
            self.tick()

    def look(self):
        families = self.families()
        for head in self.heads:
            lacks = self.lacks("no_mobile", families[head])
            self.saved.append((self.now, head, lacks))

    def tick(self):
        self.commit()
        self.now += timedelta(seconds=self.draw.randint(1, 2 * 50000))
        self.go(self.now)

    def new_customer(self, number):
        draw = self.draw
        return self.env["res.partner"].create(
            {
                "name": f"C{number}",
                "is_company": draw.random() < 0.5,
                "customer_rank": number % 2,
                "phone": draw.choice([False, LANDLINE, MOBILE]),
                "country_id": self.brazil.id,
            }
        )

    def head(self):
        # Some come often, some once.
        return self.draw.choice(self.heads[: self.draw.randint(1, len(self.heads))])

    def note(self, *states):
        found = [r for r, n in self.notes.items() if n["state"] in states]
        return self.draw.choice(found) if found else None

    def do_repair(self):
        draw, head = self.draw, self.head()
        if draw.random() < 0.4:
            head = self.new_customer(len(self.notes) + 100)
            self.heads.append(head)
        repair = self.take(
            head,
            draw.choice([self.main, self.tokyo]),
            user_id=draw.choice([False, self.clerks[0].id]),
            service_type_id=draw.choice([False, *self.types.ids]),
            priority=draw.choice("01"),
            schedule_date=self.now + timedelta(hours=draw.randint(1, 900)),
        )
        self.commit()
        self.notes[repair] = {
            "state": "draft",
            "made": self.now,
            "lacked": self.lacks("no_mobile", self.family_of(head)),
            "confirmed": None,
            "finished": None,
            "planned": repair.schedule_date,
            "quoted": None,
            "answered": None,
            "told": None,
            "sold": None,
        }

    def do_confirm(self):
        if repair := self.note("draft"):
            repair._action_repair_confirm()
            self.notes[repair].update(state="confirmed", confirmed=self.now)

    def do_finish(self):
        if repair := self.note("confirmed"):
            repair.action_repair_start()
            self.tick()
            repair.action_repair_end()
            self.notes[repair].update(state="done", finished=self.now)

    def do_cancel(self):
        if repair := self.note("draft", "confirmed"):
            repair.action_repair_cancel()
            self.notes[repair].update(state="cancel", confirmed=None)

    def do_again(self):
        if repair := self.note("cancel"):
            repair.action_repair_cancel_draft()
            self.notes[repair].update(state="draft")

    def do_mobile(self):
        repair = self.note("draft")
        # Half of the time of somebody who is waiting.
        waits = repair and self.draw.random() < 0.6
        head = repair.partner_id if waits else self.head()
        head.phone = self.draw.choice([False, "não tem", LANDLINE, MOBILE, MOBILE])

    def do_tell(self):
        if repair := self.note("draft", "confirmed", "done"):
            note = self.notes[repair]
            kind, status = self.draw.choice(
                [("email", "sent"), ("email", "ready"), ("email", "bounce")]
            )
            self.tell(repair, repair.partner_id, kind, status)
            if status != "bounce":
                note["told"] = note["told"] or self.now

    def do_quote(self):
        if repair := self.note("draft", "confirmed"):
            note = self.notes[repair]
            if not repair.sale_order_id:
                self.quotation(repair)
            self.tell(repair.sale_order_id, repair.partner_id)
            note["told"] = note["told"] or self.now
            if not note["quoted"] and not note["sold"]:
                note["quoted"] = self.now

    def do_answer(self):
        found = [repair for repair in self.notes if repair.sale_order_id]
        if not found:
            return
        repair = self.draw.choice(found)
        note = self.notes[repair]
        if self.draw.random() < 0.5:
            self.hear(repair.sale_order_id, repair.partner_id)
        elif repair.sale_order_id.state == "draft":
            repair.sale_order_id.action_confirm()
            note["sold"] = self.now
        else:
            return
        if note["quoted"]:
            note["answered"] = note["answered"] or self.now

    def do_merge(self):
        if len(self.heads) < 18:
            return
        winner, loser = self.draw.sample(self.heads, 2)
        self.forgotten |= {r for r in self.notes if r.partner_id == loser}
        self.heads.remove(loser)
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge((winner | loser).ids, winner, extra_checks=False)

    # -- tables --------------------------------------------------------------------

    def day(self, repair):
        zone = pytz.timezone(ZONES[repair.company_id.name])
        return pytz.utc.localize(self.notes[repair]["made"]).astimezone(zone).date()

    def dimensions(self, repair):
        """What a row says about a repair, but for its figures."""
        head = self.head_of(repair.partner_id)
        latest = self.repairs_of(self.family_of(head))[:1]
        return {
            "indicator_id": self.mobile.id,
            "repair_id": repair.id,
            "partner_id": head.id,
            "company_id": repair.company_id.id,
            "user_id": repair.user_id.id,
            "state": self.notes[repair]["state"],
            "date": self.day(repair),
            "contact_missing": "missing"
            if self.notes[repair]["lacked"]
            else "informed",
            "repair_service_type_id": repair.service_type_id.id,
            "repair_priority": repair.priority,
            "service_type_id": latest[0].service_type_id.id if latest else False,
            "urgency": latest[0].priority if latest else "none",
            "is_company": head.is_company,
            "country_id": head.country_id.id,
        }

    def plain(self, value):
        value = value[0] if isinstance(value, list | tuple) else value
        if isinstance(value, str) and value[:2] == "20":
            return date.fromisoformat(value)
        return value

    def key(self, row, groupby):
        values = []
        for spec in groupby:
            name, _sep, granularity = spec.partition(":")
            value = row[name]
            values.append(STARTS[granularity](value) if granularity else value)
        return tuple(values)

    def expected(self, facts, groupby, keep):
        """``{key: measures}`` by adding up the chronicler's rows."""
        groups = {} if groupby else {(): []}
        for row in filter(keep, facts):
            groups.setdefault(self.key(row, groupby), []).append(row)
        return {key: self.measures(rows) for key, rows in groups.items()}

    def found(self, groups, groupby):
        """The same of the report's answer."""
        return {
            tuple(self.plain(group[spec]) for spec in groupby): tuple(
                round(group[spec], 4)
                if isinstance(group[spec], float)
                else group[spec] or (None if spec.endswith(":avg") else 0)
                for spec in self.MEASURES
            )
            for group in groups
        }
