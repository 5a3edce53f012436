# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Law 1 after edits through other people's addons, of whichever are installed.

A test is named after its addon. The oracle reads raw columns, theirs included.
"""

from ast import literal_eval
from functools import wraps

from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import SQL

from odoo.addons.contact_kpi.tests.common import (
    LANDLINE,
    MOBILE,
    ContactKpiCase,
)
from odoo.addons.contact_kpi.tools.contact import classify_email, classify_phone
from odoo.addons.contact_kpi_mechanic.tests.common import MechanicMixin

EDITOR = "base.group_user,base.group_partner_manager"


def beside(test):
    """Run a test ``test_<addon>`` only where that addon is installed."""
    addon = test.__name__.removeprefix("test_")

    @wraps(test)
    def run(self):
        modules = self.env["ir.module.module"]
        if modules.search([("name", "=", addon)]).state != "installed":
            self.skipTest(f"{addon} is not installed")
        test(self)

    return run


class EditsCase(MechanicMixin, ContactKpiCase):
    """Both shipped indicators, and a login that edits contacts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mobile = cls.indicator()
        partner = cls.env["res.partner"]
        cls.numbers = [n for n in ("phone", "mobile", "phone2") if n in partner._fields]
        if "phone2" in cls.numbers:
            # Odoo does not read this one as a phone: an administrator says so.
            field = cls.env["ir.model.fields"]._get("res.partner", "phone2")
            chosen = {"contact_kpi_phone_field_ids": [Command.set(field.ids)]}
            cls.env["res.config.settings"].create(chosen).execute()
            cls.look_at_everybody()
        cls.ana = new_test_user(
            cls.env, "ana", groups=f"{EDITOR},sales_team.group_sale_salesman_all_leads"
        )
        cls.partners = partner.with_user(cls.ana)

    def lacks(self, code, family):
        phones, emails = self.answers[code]
        placeholders = frozenset(
            self.env["contact.kpi.placeholder"].search([]).mapped("name")
        )
        ids = [partner.id for partner in family]
        [(rows,)] = self.env.execute_query(
            SQL(
                "SELECT json_object_agg(id, to_json(p)) FROM res_partner p"
                " WHERE id = ANY(%s)",
                ids,
            )
        )
        for partner in family:
            row = rows[str(partner.id)]
            if not row["active"]:
                continue
            country = self.country_of(partner)
            tax_id = row["vat"] or self.head_of(partner).vat
            kinds = {
                found.kind
                for name in self.numbers
                if (found := classify_phone(row[name], country, placeholders, tax_id))
            }
            if kinds & phones or classify_email(row["email"], placeholders) in emails:
                return False
        return True

    def assertLaw(self):
        """The open gaps of each indicator are what the raw columns say."""
        self.commit()
        self.env.invalidate_all()
        for kpi in (self.kpi, self.mobile):
            self.assertAgreement(kpi)

    def assertOpen(self, partner, no_contact, no_mobile):
        """By literal values, and the law for everybody else."""
        self.assertLaw()
        gaps = self.env["contact.kpi.gap"].search(
            [("partner_id", "=", partner.id), ("closed_at", "=", False)]
        )
        self.assertEqual(
            [kpi in gaps.indicator_id for kpi in (self.kpi, self.mobile)],
            [no_contact, no_mobile],
        )

    def edit(self, record, **vals):
        """Save a form, in a transaction of its own that begins with an empty cache."""
        self.commit()
        self.env.invalidate_all()
        saved = self.web_save(record, vals)
        self.commit()
        return record or record.browse(saved[0]["id"])

    def new(self, **vals):
        """A customer, as a form says so: with one addon, by a box to tick."""
        known = (
            "is_customer" if "is_customer" in self.partners._fields else "customer_rank"
        )
        return self.edit(self.partners, name="Customer", **{known: 1}, **vals)

    def row(self, customer, kpi=None):
        """The customer's row in the list to complete."""
        gap = self.env["contact.kpi.gap"].search(
            [
                ("partner_id", "=", customer.id),
                ("indicator_id", "=", (kpi or self.kpi).id),
                ("closed_at", "=", False),
            ]
        )
        return gap.with_user(self.ana)


@tagged("post_install", "-at_install")
class TestEdits(EditsCase):
    def test_forms_and_lists(self):
        """What every addon that extends contacts has a part in."""
        customer = self.new()
        self.assertOpen(customer, True, True)
        self.edit(self.row(customer), phone=LANDLINE)
        self.assertOpen(customer, False, True)
        self.edit(self.row(customer, self.mobile), phone=MOBILE)
        self.assertOpen(customer, False, False)
        firm = self.new(is_company=True, company_type="company")
        buyer = self.edit(
            self.partners,
            name="Buyer",
            parent_id=firm.id,
            email="compras@padaria.com.br",
        )
        self.assertOpen(firm, False, True)
        self.edit(buyer, active=False)
        self.assertOpen(firm, True, True)
        self.edit(buyer, active=True, phone=MOBILE)
        self.assertOpen(firm, False, False)
        copy = self.partners.browse(customer.copy().id)
        self.assertLaw()
        (copy | buyer).unlink()
        self.assertOpen(firm, True, True)

    @beside
    def test_partner_mobile(self):
        customer = self.new(phone=LANDLINE)
        self.assertOpen(customer, False, True)
        self.edit(customer, mobile=MOBILE, phone=False)
        self.assertOpen(customer, False, False)
        self.edit(customer, mobile="(11) 99999-9999")
        self.assertOpen(customer, True, True)
        self.edit(self.row(customer, self.mobile), phone=MOBILE)
        self.assertOpen(customer, False, False)

    @beside
    def test_partner_phone_secondary(self):
        customer = self.new(phone="não tem", phone2=LANDLINE)
        self.assertOpen(customer, False, True)
        self.edit(customer, phone2=MOBILE)
        self.assertOpen(customer, False, False)
        self.edit(customer, phone2=" ")
        self.assertOpen(customer, True, True)

    @beside
    def test_partner_firstname(self):
        customer = self.edit(
            self.partners, firstname="Rosa", lastname="Exemplo", customer_rank=1
        )
        self.assertEqual(sorted(customer.name.split()), ["Exemplo", "Rosa"])
        self.edit(self.row(customer), phone=LANDLINE)
        # The landline moves to a contact of the customer that has no name.
        self.edit(self.row(customer, self.mobile), phone=MOBILE)
        self.assertOpen(customer, False, False)
        self.edit(customer, firstname="Rosana", phone=False)
        self.assertLaw()

    @beside
    def test_auditlog(self):
        rules = self.env["auditlog.rule"]
        for model in ("res.partner", "contact.kpi.gap", "contact.kpi"):
            rules |= rules.create(
                {
                    "name": model,
                    "model_id": self.env["ir.model"]._get_id(model),
                    "log_type": "full",
                    "log_read": True,
                    "log_create": True,
                    "log_write": True,
                    "log_unlink": True,
                }
            )
        self.addCleanup(rules.set_to_draft)
        rules.set_to_confirmed()
        customer = self.new()
        self.assertOpen(customer, True, True)
        self.edit(self.row(customer), phone=LANDLINE)
        self.assertOpen(customer, False, True)
        self.edit(customer, phone=False, email="x@x")
        self.assertOpen(customer, True, True)
        self.assertTrue(self.env["auditlog.log"].search([("res_id", "=", customer.id)]))
        customer.unlink()
        self.assertLaw()

    @beside
    def test_base_user_role(self):
        colleague = new_test_user(self.env, "colleague", groups="base.group_portal")
        customer = colleague.partner_id
        customer.write({"customer_rank": 1, "email": False})
        self.assertOpen(customer, True, True)
        role = self.env["res.users.role"].create(
            {
                "name": "Salesperson",
                "implied_ids": [
                    Command.link(self.env.ref("sales_team.group_sale_salesman").id)
                ],
            }
        )
        admin = self.env.ref("base.user_admin")
        form = colleague.with_user(admin)
        self.commit()
        self.env.invalidate_all()
        form.web_save({"role_line_ids": [Command.create({"role_id": role.id})]}, {})
        self.assertFalse(colleague.share)
        self.assertOpen(customer, False, False)
        self.assertFalse(self.env["contact.kpi.gap"].with_user(colleague).search([]))
        mine = self.customer("Mine", user_id=colleague.id)
        self.assertLaw()
        gaps = self.env["contact.kpi.gap"].with_user(colleague).search([])
        self.assertEqual(gaps.partner_id, mine)

    @beside
    def test_mail_tracking(self):
        customer = self.new(email="ana@padaria.com.br")
        self.assertOpen(customer, False, True)
        tracking = self.env["mail.tracking.email"].create(
            {
                "recipient": "ana@padaria.com.br",
                "partner_id": customer.id,
                "name": "Quotation",
            }
        )
        tracking.event_create("hard_bounce", {"error_type": "550"})
        self.assertOpen(customer, False, True)
        self.edit(customer, email=False)
        self.assertOpen(customer, True, True)

    @beside
    def test_partner_deduplicate_acl(self):
        manager = new_test_user(
            self.env,
            "manager",
            groups=f"{EDITOR},partner_deduplicate_acl.group_unrestricted",
        )
        winner, loser = self.new(), self.new(phone=MOBILE)
        self.assertOpen(winner, True, True)
        self.go("2041-03-05 15:00:00")
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(manager)
        wizard = wizard.create(
            {
                "partner_ids": (winner | loser).ids,
                "dst_partner_id": winner.id,
            }
        )
        wizard.action_merge()
        self.assertFalse(loser.exists())
        self.assertOpen(winner, False, False)
        closed = self.env["contact.kpi.gap"].search([("partner_id", "=", winner.id)])
        self.assertEqual(closed.closed_by_id, manager)

    @beside
    def test_partner_deduplicate_filter(self):
        manager = new_test_user(
            self.env,
            "manager",
            groups=f"{EDITOR},partner_deduplicate_acl.group_unrestricted",
        )
        firms = self.new(ref="same", is_company=True) | self.new(
            ref="same", is_company=True, phone=MOBILE
        )
        people = self.new() | self.new(phone=MOBILE)
        (firms | people).email = "same@padaria.com.br"
        self.commit()
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(manager)
        wizard = wizard.create({"group_by_email": True, "exclude_is_company": True})
        wizard.action_start_manual_process()
        found = [literal_eval(line.aggr_ids) for line in wizard.line_ids]
        self.assertEqual(sorted(*found), sorted(people.ids))
        wizard.action_merge()
        self.assertEqual(len(people.exists()), 1)
        self.assertEqual(firms.exists(), firms)
        self.assertOpen(people.exists(), False, False)

    @beside
    def test_base_location(self):
        """The country follows the postal code: numbers are read by another plan."""
        city = self.env["res.city"].create(
            {"name": "Tóquio", "country_id": self.japan.id}
        )
        code = self.env["res.city.zip"].create({"name": "100", "city_id": city.id})
        customer = self.new(phone="090-1234-5678", country_id=self.brazil.id)
        contact = self.edit(
            self.partners, name="Buyer", parent_id=customer.id, phone="090-1234-5679"
        )
        contact.country_id = False
        self.assertOpen(customer, True, True)
        self.edit(customer, zip_id=code.id)
        self.assertEqual(customer.country_id, self.japan)
        self.assertOpen(customer, False, False)
        self.edit(customer, phone=False)
        self.assertOpen(customer, False, False)

    @beside
    def test_partner_manual_rank(self):
        partner = self.edit(self.partners, name="Known")
        self.assertOpen(partner, False, False)
        self.edit(partner, is_customer=True)
        self.assertOpen(partner, True, True)
        self.edit(partner, is_customer=False)
        self.assertOpen(partner, False, False)

    @beside
    def test_partner_email_check(self):
        self.env.company.write(
            {
                "partner_email_check_syntax": True,
                "partner_email_check_check_deliverability": False,
            }
        )
        customer = self.new()
        self.edit(self.row(customer), email="Ana@Padaria.COM.BR")
        self.assertEqual(customer.email, "ana@padaria.com.br")
        self.assertOpen(customer, False, True)

    @beside
    def test_partner_tier_validation(self):
        customer = self.new(phone=MOBILE)
        stages = self.env["res.partner.stage"].search([])
        for stage in stages:
            self.edit(customer, stage_id=stage.id)
            self.assertOpen(customer, False, False)
        self.edit(customer, country_id=self.japan.id, phone=False)
        self.assertOpen(customer, True, True)

    @beside
    def test_mail_activity_team(self):
        self.env["mail.activity.team"].create(
            {
                "name": "Sales",
                "user_id": self.ana.id,
                "member_ids": [Command.link(self.ana.id)],
            }
        )
        customer = self.new()
        self.row(customer).action_schedule_activity()
        self.commit()
        plans = self.env["mail.activity"].search([("contact_kpi_id", "!=", False)])
        self.assertEqual(len(plans), 1)
        self.edit(self.row(customer), phone=MOBILE)
        self.assertOpen(customer, False, False)
        self.assertFalse(plans.exists().filtered("active"))

    @beside
    def test_crm_phonecall(self):
        customer = self.new()
        call = self.env["crm.phonecall"].create(
            {"name": "Call", "partner_id": customer.id, "partner_phone": MOBILE}
        )
        lead = self.env["crm.lead"].browse(
            call.action_button_convert2opportunity()["res_id"]
        )
        lead.phone = MOBILE
        self.assertLaw()

    @beside
    def test_partner_industry_secondary(self):
        main, other = (
            self.env["res.partner.industry"].create({"name": name})
            for name in ("Transport", "Trade")
        )
        customer = self.new(is_company=True)
        self.edit(
            customer,
            industry_id=main.id,
            secondary_industry_ids=[Command.link(other.id)],
        )
        self.assertOpen(customer, True, True)
        self.assertEqual(self.row(customer).industry_id, main)

    @beside
    def test_partner_affiliate(self):
        firm = self.new(is_company=True)
        affiliate = self.edit(
            self.partners,
            name="Affiliate",
            is_company=True,
            parent_id=firm.id,
            phone=MOBILE,
        )
        self.assertOpen(firm, True, True)
        self.edit(affiliate, is_company=False)
        self.assertOpen(firm, False, False)


@tagged("post_install", "-at_install")
class TestJobs(EditsCase, HttpCase):
    @beside
    def test_queue_job(self):
        customer = self.new()
        self.assertOpen(customer, True, True)
        self.go("2041-03-05 15:00:00")
        job = self.partners.browse(customer.id).with_delay().write({"phone": MOBILE})
        self.env["queue.job"].search([("uuid", "=", job.uuid)]).state = "enqueued"
        self.commit()
        url = f"/queue_job/runjob?db={self.env.cr.dbname}&job_uuid={job.uuid}"
        self.assertTrue(self.url_open(url).ok)
        self.env.invalidate_all()
        self.assertEqual(customer.phone, MOBILE)
        self.assertOpen(customer, False, False)
        closed = self.env["contact.kpi.gap"].search([("partner_id", "=", customer.id)])
        self.assertFalse(closed.closed_by_id)
