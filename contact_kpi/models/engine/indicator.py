# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import ast
import hashlib
import re
from collections.abc import Set as AbstractSet
from contextlib import contextmanager

from psycopg2 import Error as DatabaseError

from odoo import SUPERUSER_ID, api, fields, models, tools
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

# Known as a customer, active, and neither one of ours nor a colleague.
DEFAULT_POPULATION = """[
    ("active", "=", True),
    ("partner_share", "=", True),
    ("ref_company_ids", "=", False),
    "|",
    ("customer_rank", ">", 0),
    ("family_ids.sale_order_ids", "any", [("state", "!=", "cancel")]),
]"""
# From so many customers on, looking at everybody is cheaper than at each.
MANY = 20000
# A hundred years: what is counted from today stays within the calendar.
MOST_DAYS = 36500
# What a domain raises that does not fit the database, or not the calendar, wherever it
# is parsed, optimised or turned into SQL; Odoo has no one error for it. Outside this
# module it is a :class:`DefinitionError`.
UNFIT = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    SyntaxError,
    TypeError,
    UserError,
    ValueError,
)
RATE_HELP = "Missing ÷ (customers − not yet classified)."
PERIODS = [
    ("day", "Daily"),
    ("week", "Weekly"),
    ("month", "Monthly"),
    ("year", "Yearly"),
]
DEFINITION = {"population_domain", "gap_domain", "active"}
# By these fields a contact leads to others of the same customer.
FAMILY = {"child_ids", "commercial_partner_id", "family_ids", "id", "parent_id"}
# How a value begins that Odoo may read as a date relative to today.
RELATIVE = re.compile(r"today|now|[-+=](\d|\w+day|week_start)")


class DefinitionError(ValueError):
    """A definition does not fit the database, or no longer; its text says why."""


@contextmanager
def fitting():
    """Raise a DefinitionError for whatever a domain raises that does not fit."""
    try:
        yield
    except UNFIT as error:
        raise DefinitionError(str(error).strip() or type(error).__name__) from error


def words(value):
    """Every text in a domain, be it a name or a value, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Domain):
        for condition in value.iter_conditions():
            yield condition.field_expr
            yield from words(condition.value)
    elif isinstance(value, list | tuple | AbstractSet):
        for each in value:
            yield from words(each)


def array(ids):
    """Ids for ``= ANY(…)``; SQL of an array as it is."""
    return ids if isinstance(ids, SQL) else list(ids)


def unestimated(condition):
    """SQL of a condition of which PostgreSQL expects that it holds for every other row.

    For one whose frequency it has no idea of: where it expects a row or two, it goes
    through the other table once for each of a million.
    """
    return SQL("CASE WHEN %s THEN TRUE ELSE FALSE END", condition)


def nearly_all_sql(condition):
    """SQL of a condition that nearly every row meets, as PostgreSQL is to expect.

    Of what it cannot estimate it expects a half or a third to pass, of several such
    conditions a few rows, and then looks the customers up one by one.
    """
    return SQL("CASE WHEN %s THEN TRUE END IS NOT NULL", condition)


def domain_parts(domain):
    """The conditions of which a domain asks all: a list of domains."""
    return domain.children if getattr(domain, "OPERATOR", "") == "&" else [domain]


class ContactKpi(models.Model):
    """What customers may lack: a population and a gap, as domains on partners.

    An indicator is data. Its ledger (``contact.kpi.gap``) follows every save;
    its runs (``contact.kpi.run``) keep a day's figures by segment.
    """

    _name = "contact.kpi"
    _description = "Contact Indicator"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        copy=False, help="Stable name for reports and for other software."
    )
    description = fields.Text(
        translate=True, help="The definition in words, for the reader of the figures."
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    population_domain = fields.Char(
        "Customers",
        required=True,
        default=DEFAULT_POPULATION,
        help="Which contacts count as customers. Only commercial entities are "
        "counted: a company or a person on their own, not a company's contacts.",
    )
    gap_domain = fields.Char(
        "Missing When",
        required=True,
        default="[]",
        help="Which of these customers lack it.",
    )
    period = fields.Selection(
        PERIODS,
        "Analysis Period",
        required=True,
        default="month",
        help="The period that trends are grouped by, and the one before it that "
        "changes are compared with. Nothing stored depends on it.",
    )
    target_rate = fields.Float(
        "Target",
        digits=(16, 4),
        help="Highest share of customers that may lack it.",
    )
    activity_type_id = fields.Many2one(
        "mail.activity.type",
        "Follow-up Activity",
        domain=[("res_model", "in", [False, "res.partner"])],
        default=lambda self: self.env.ref(
            "mail.mail_activity_data_todo", raise_if_not_found=False
        ),
        help="What “Schedule Activity” plans for a customer to complete; a to-do "
        "when empty.",
    )
    activity_days = fields.Integer(
        "Due After (Days)",
        default=7,
        help="Days from scheduling to the deadline of the follow-up activity.",
    )
    activity_user_id = fields.Many2one(
        "res.users",
        "If No Salesperson",
        domain=[("share", "=", False)],
        help="Who gets the follow-up activity of a customer that has no salesperson. "
        "Empty: whoever schedules it.",
    )
    definition_key = fields.Char(
        compute="_compute_definition_key",
        help="Changes whenever the definition does; kept on runs.",
    )
    run_ids = fields.One2many(
        "contact.kpi.run", "indicator_id", groups="sales_team.group_sale_manager"
    )

    _code_uniq = models.UniqueIndex(
        "(code)", "This code is taken by another indicator."
    )
    _target_range = models.Constraint(
        "CHECK (target_rate BETWEEN 0 AND 1)",
        "The target must lie between 0 % and 100 %.",
    )
    _activity_days_positive = models.Constraint(
        f"CHECK (activity_days BETWEEN 0 AND {MOST_DAYS})",
        "An activity cannot be due before it is scheduled, nor after a hundred years.",
    )

    # -- definition ----------------------------------------------------------

    @api.depends("population_domain", "gap_domain")
    def _compute_definition_key(self):
        for kpi in self:
            text = repr((kpi.population_domain, kpi.gap_domain))
            kpi.definition_key = hashlib.sha1(text.encode()).hexdigest()[:12]

    @api.constrains("population_domain", "gap_domain")
    def _check_domains(self):
        """Refuse, naming field and reason, what could not be evaluated tonight."""
        for kpi in self:
            for name in ("population_domain", "gap_domain"):
                try:
                    kpi._check_fits(name)
                except DefinitionError as error:
                    raise ValidationError(str(error)) from error
            if kpi._partner_domain("gap_domain").is_true():
                raise ValidationError(
                    self.env._(
                        "“Missing When” of %s is empty: every customer would lack it.",
                        kpi.display_name,
                    )
                )

    def _check_fits(self, name):
        """Evaluate one of the two domains for nobody, with the rights of who edits it.

        Nobody learns through an indicator what they may not search.

        :raise DefinitionError: it does not fit; it names the domain
        """
        domain = self._partner_domain(name)
        with self._blaming(name, DatabaseError):
            # The ORM runs constraints in superuser mode.
            if self.env.uid != SUPERUSER_ID:
                partner = self.env["res.partner"].sudo(False)
                self._check_reach(domain.optimize(partner), partner)
                partner._search(domain)
            query = self._partners()._search(domain)
            with (
                self.env.cr.savepoint(flush=False),
                tools.mute_logger("odoo.sql_db"),
            ):
                self.env.execute_query(SQL("%s LIMIT 0", query.select()))

    def _unfit(self, name, error):
        """Which of the two domains does not fit the database, and why."""
        return self.env._(
            "“%(label)s” of %(indicator)s cannot be evaluated on contacts: %(reason)s",
            label=self._fields[name]._description_string(self.env),
            indicator=self.display_name,
            reason=str(error).strip() or type(error).__name__,
        )

    @contextmanager
    def _blaming(self, name, *errors):
        """Have an error name the domain that it comes from: it is read on a run.

        :param errors: further kinds of error that are the domain's fault
        :raise DefinitionError: whatever the error was
        """
        try:
            yield
        except (*UNFIT, *errors) as error:
            raise DefinitionError(self._unfit(name, error)) from error

    def _partner_domain(self, name):
        """One of the two domains, parsed.

        :raise DefinitionError: see :meth:`_parsed`; it names the domain
        """
        self.ensure_one()
        with self._blaming(name):
            return self._parsed(self[name])

    @api.model
    def _parsed(self, text):
        """A domain on customers from its text.

        :raise DefinitionError: not a literal list, not a domain, or about other
            contacts
        """
        try:
            value = ast.literal_eval((text or "[]").strip())
            if not isinstance(value, list | tuple):
                raise TypeError
        except UNFIT as error:
            raise DefinitionError(
                self.env._("it is not a domain (a list of conditions)")
            ) from error
        with fitting():
            domain = Domain(list(value))
            self._check_reach_once(domain)
        return domain

    @api.model
    @tools.ormcache("repr(domain)")
    def _check_reach_once(self, domain):
        """:meth:`_check_reach` of a definition, once; errors are not cached."""
        partner = self._partners()
        self._check_reach(domain.optimize(partner), partner)

    @api.model
    def _check_reach(self, domain, model, path=()):
        """Refuse what leads from a customer to other contacts, or out of sight.

        Definitions are evaluated for everybody: about another contact, the number of
        customers found would answer whoever may not see it. No query.

        :param domain: optimized: every path is made of "any"
        :param model: what it is about, with the rights of whoever asks
        :param path: labels of the fields that led there
        :raise ValueError: it reads a contact that is none of the customer's
        :raise AccessError: it reads a model or a field that is not for that user
        """
        model.check_access("read")
        for condition in domain.iter_conditions():
            field = model._fields[condition.field_expr.partition(".")[0]]
            model._check_field_access(field, "read")
            operator, value = condition.operator, condition.value
            steps = (*path, field._description_string(self.env))
            inside = isinstance(value, Domain)
            hierarchy = operator in ("child_of", "parent_of")
            target = model._name if field.name == "id" else field.comodel_name
            if target == "res.partner":
                ours = model._name == "res.partner" and field.name in FAMILY
                values = value if isinstance(value, list | tuple) else [value]
                named = any(isinstance(each, str) for each in values)
                if (hierarchy and named) or ((inside or hierarchy) and not ours):
                    raise ValueError(
                        self.env._(
                            "“%s” leads to contacts other than the customer's own",
                            " > ".join(steps),
                        )
                    )
            if inside:
                self._check_reach(value, model.env[field.comodel_name], steps)
            # Read by another name, whoever may read that.
            names = [field.related] if field.related else []
            if field.name == "display_name":
                names += [name for name in model._rec_names_search or () if "." in name]
            for name in names:
                other = Domain(name, operator, value).optimize(model.sudo())
                self._check_reach(other, model.sudo(), steps)

    @api.model
    def _partners(self):
        """Partners as definitions see them: all of them, nobody's point of view."""
        main = self.env["res.company"]._contact_kpi_main()
        context = {"active_test": False, "allowed_company_ids": main.ids}
        return self.env(user=SUPERUSER_ID, context=context)["res.partner"]

    @api.model
    def _is_dated(self, domain):
        """Whether what a domain finds depends on the day."""
        return any(map(RELATIVE.match, words(domain)))

    @api.model
    def _dated(self, domain):
        """A domain, ready to run, with its relative dates in each company's day.

        Where it is another day already, or still, than at the main company, the
        customers of that company are compared with theirs.
        """
        partner = self._partners()
        if not self._is_dated(domain):
            return domain.optimize_full(partner)
        company = self.env["res.company"]
        today, series = company._contact_kpi_today(), company._contact_kpi_series()
        partner = partner.with_context(tz=series[0]._contact_kpi_timezone().zone)
        dated = domain.optimize_full(partner)
        for keys in today.elsewhere().values():
            zone = series[keys[0]]._contact_kpi_timezone().zone
            there = domain.optimize_full(partner.with_context(tz=zone))
            theirs = Domain("company_id", "in", keys)
            dated = (theirs & there) | (~theirs & dated)
        return dated.optimize_full(partner)

    @api.model
    def _condition_sql(self, domain, query):
        """SQL of a domain on the customers of a query, its dates in each one's day.

        :param query: a query in which the table of partners is called by its name
        :raise DefinitionError: it does not fit the database
        """
        partner = self._partners()
        with fitting():
            return self._dated(domain)._to_sql(partner, partner._table, query)

    @api.model
    def _active(self):
        """The indicators that are switched on and that the reader may see, in order."""
        return self.search([("active", "=", True)])

    # -- evaluation ----------------------------------------------------------

    def _found(self, partner_ids=None, more=None, unseen=True):
        """The customers, each with its segments and whether it lacks it.

        :param partner_ids: look at these commercial entities only: ids, or SQL of an
            array of them
        :param more: a function of ``res.partner`` and the query over customers, which
            may be joined to, that returns further columns, as ``{name: SQL}``
        :param unseen: whether there may be contacts that nobody looked at yet: True
            asks, in one query; see ``contact.kpi.ruleset._unseen_sql``
        :return: SQL of a SELECT with the columns id, company_id, user_id,
            the segments, ``missing`` and ``unclassified`` (booleans). One scan
            of the partners, however many they are.
        :raise DefinitionError: a domain that no longer fits the database
        """
        self.ensure_one()
        partner = self._partners()
        ledger = self.env["contact.kpi.gap"]
        population = self._partner_domain("population_domain")
        with self._blaming("population_domain"):
            query = partner._search(self._dated(population))
        if query.is_empty():
            # A constant false domain has no table to select from.
            query = partner._search([("id", "=", 0)])
        table = partner._table
        query.add_where(
            # Of two equal columns it expects one in 200.
            unestimated(
                SQL(
                    "%s = %s",
                    SQL.identifier(table, "commercial_partner_id"),
                    SQL.identifier(table, "id"),
                )
            )
        )
        if partner_ids is not None:
            query.add_where(
                SQL("%s = ANY(%s)", SQL.identifier(table, "id"), array(partner_ids))
            )
        filled = self._segments_filled()
        columns = [
            SQL.identifier(table, "id"),
            SQL.identifier(table, "company_id"),
            SQL.identifier(table, "user_id"),
            SQL.identifier(table, "create_date"),
            *(
                SQL(
                    "%s AS %s",
                    ledger._segment_sql(name, partner, query, partner_ids)
                    if name in filled
                    else SQL("NULL::%s", SQL(ledger._fields[name].column_type[1])),
                    SQL.identifier(name),
                )
                for name in ledger._segment_names()
            ),
            *(
                SQL("%s AS %s", expression, SQL.identifier(name))
                for name, expression in (more(partner, query) if more else {}).items()
            ),
        ]
        gap = self._partner_domain("gap_domain")
        with self._blaming("gap_domain"):
            missing = SQL("(%s) IS TRUE", self._condition_sql(gap, query))
        unclassified = SQL("FALSE")
        if unseen and (aspects := self._aspects_read()):
            ruleset = self.env["contact.kpi.ruleset"]
            unseen = ruleset._unseen_sql(
                table, aspects, unseen, many=partner_ids is None
            )
            if unseen:
                # Reachable by what was looked at already: nothing more to know.
                unclassified = SQL("(%s AND %s)", missing, unseen)
                missing = SQL("(%s AND NOT %s)", missing, unseen)
        columns += [
            SQL("%s AS missing", missing),
            SQL("%s AS unclassified", unclassified),
        ]
        return query.select(*columns)

    def _segments_filled(self):
        """Names of the segments on this indicator's rows; others stay empty there.

        For addons whose segments mean something to their own indicator only: on the
        rows of the others they would split what nobody asks about.
        """
        return set(self.env["contact.kpi.gap"]._segment_names())

    def _gap_fields(self):
        """Names of the partner fields that the gap reads.

        :raise DefinitionError: the gap is not a domain
        """
        domain = self._partner_domain("gap_domain")
        return {condition.field_expr for condition in domain.iter_conditions()}

    def _aspects_read(self):
        """What the gap asks about contacts, see ``contact.kpi.ruleset._aspects``."""
        return self._aspects_of(self._partner_domain("gap_domain"))

    @api.model
    def _aspects_of(self, domain):
        """What a domain asks about contacts, see ``contact.kpi.ruleset._aspects``."""
        names = {condition.field_expr for condition in domain.iter_conditions()}
        aspects = self.env["contact.kpi.ruleset"]._aspects()
        return [aspect for aspect in aspects if aspect.family in names]

    def _reads_contacts(self):
        """Whether the gap is decided by the classification of contacts."""
        return bool(self._aspects_read())

    def _run_key(self):
        """What a run was made with: the definition and, where read, the rules."""
        self.ensure_one()
        try:
            aspects = self._aspects_read()
        except DefinitionError:
            aspects = []  # shown as the error of its next run
        if not aspects:
            return self.definition_key
        names = {aspect.name for aspect in aspects}
        done = self.env["contact.kpi.ruleset"].sudo().search([("state", "=", "done")])
        rules = next((rules for rules in done if names <= rules._answered()), done[:0])
        # What other indicators ask is no redefinition of this one.
        versions = [
            signature
            for signature in (rules.aspects or "").split(",")
            if ":" in signature and signature.partition(":")[0] in names
        ]
        return "".join([self.definition_key, rules.key or "", *versions])

    @api.model
    @tools.ormcache()
    def _watched_fields(self):
        """Names of the partner fields whose change may open or close a gap."""
        partner = self.env["res.partner"]
        sources = partner._contact_kpi_reread_fields() & partner._fields.keys()
        return self._with_depends(sources) | self._judged_fields()

    @api.model
    @tools.ormcache()
    def _judged_fields(self):
        """Those of them that do so whatever becomes of the answers of contacts.

        What the engine itself reads, the first step of every condition of the
        active indicators, and what those depend on when they are computed.
        """
        names = {"parent_id", "is_company", "active", "company_id", "user_id"}
        names |= self.env["contact.kpi.gap"]._segment_sources()
        # Whoever asks first must not choose, by the context, what all others watch.
        kpis = self.env(user=SUPERUSER_ID, context={})["contact.kpi"]
        for kpi in kpis._active():
            for fname in ("population_domain", "gap_domain"):
                try:
                    conditions = kpi._partner_domain(fname).iter_conditions()
                    names |= {c.field_expr.split(".")[0] for c in conditions}
                except DefinitionError:
                    continue  # shown as the error of its next run
        return self._with_depends(names & self.env["res.partner"]._fields.keys())

    @api.model
    def _with_depends(self, names):
        """Names of partner fields, and of those that they are computed from."""
        partner = self.env["res.partner"]
        found, todo = set(names), list(names)
        while todo:
            field = partner._fields[todo.pop()]
            for dotted in self.pool.field_depends.get(field, ()):
                name = dotted.split(".")[0]
                if name not in found and name in partner._fields:
                    found.add(name)
                    todo.append(name)
        return frozenset(found)

    # -- create, write -------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        # What waits for the commit is the old definitions' doing.
        self.env["res.partner"]._contact_kpi_run_pending()
        kpis = super().create(vals_list)
        self._definition_changed()
        for kpi in kpis.filtered("active"):
            self.env["contact.kpi.gap"]._reconcile(kpi, cause="initial")
        self._refresh_soon()
        return kpis

    @api.model
    def _expect_many(self):
        """Let PostgreSQL plan the rest of this transaction for sets of a million.

        Its defaults are for few rows: small work memory, by which a million customers
        are looked up one by one, and compiling each statement cost up to three times.
        """
        self.env.cr.execute("SET LOCAL jit = off; SET LOCAL work_mem = '64MB'")

    @api.model
    def _refresh_soon(self):
        """Have figures taken within a minute: before, there are none, or not these."""
        cron = self.env.ref("contact_kpi.ir_cron_refresh", raise_if_not_found=False)
        if cron:
            cron.sudo()._trigger()

    def write(self, vals):
        if DEFINITION & vals.keys():
            self.env["res.partner"]._contact_kpi_run_pending()
        before = {kpi.id: (kpi.definition_key, kpi.active) for kpi in self}
        res = super().write(vals)
        if DEFINITION & vals.keys():
            self._definition_changed()
            for kpi in self:
                if kpi.active and before[kpi.id] != (kpi.definition_key, True):
                    # At once: a customer touched meanwhile must not be credited
                    # with what the new definition did.
                    self.env["contact.kpi.gap"]._reconcile(kpi, cause="redefined")
                    self.env["contact.kpi.run"].sudo()._redefine(kpi)
        return res

    def unlink(self):
        self.env["contact.kpi.customer.change"]._forget(self)
        self.env["contact.kpi.customer.state"]._forget(self)
        res = super().unlink()
        self._definition_changed()
        return res

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        return [
            dict(vals, name=self.env._("%s (copy)", kpi.name))
            for kpi, vals in zip(self, vals_list, strict=True)
        ]

    def _definition_changed(self):
        self.env.registry.clear_cache()
