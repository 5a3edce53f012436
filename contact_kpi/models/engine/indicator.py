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

# Active, known as a customer, and neither one of our companies nor an internal user.
DEFAULT_POPULATION = """[
    ("active", "=", True),
    ("partner_share", "=", True),
    ("ref_company_ids", "=", False),
    "|",
    ("customer_rank", ">", 0),
    ("family_ids.sale_order_ids", "any", [("state", "!=", "cancel")]),
]"""
# Above this many customers one full scan beats per-customer lookups.
MANY = 20000
# A hundred years. Upper bound, so that date arithmetic cannot overflow.
MOST_DAYS = 36500
# What parsing, optimizing or compiling a domain may raise when it does not fit the
# database or overflows the calendar: Odoo has no common class for it. Outside this
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
# Partner fields that lead to other contacts of the same customer.
FAMILY = {"child_ids", "commercial_partner_id", "family_ids", "id", "parent_id"}
# Beginning of a value that Odoo may parse as a date relative to today.
RELATIVE = re.compile(r"today|now|[-+=](\d|\w+day|week_start)")


class DefinitionError(ValueError):
    """A domain of an indicator does not fit the database (any more); says why."""


@contextmanager
def fitting():
    """Turn whatever an unfit domain raises into a :class:`DefinitionError`."""
    try:
        yield
    except UNFIT as error:
        raise DefinitionError(str(error).strip() or type(error).__name__) from error


def words(value):
    """Yield every string of a domain, field names and values alike, at any depth."""
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
    """The parameter of ``= ANY(…)``: ids as a list, or SQL of an array as it is."""
    return ids if isinstance(ids, SQL) else list(ids)


def unestimated(condition):
    """SQL of a condition hidden from the planner, which then assumes one row in two.

    For conditions without useful statistics: expecting a row or two, the planner would
    choose a nested loop that scans the other table once for each of a million rows.
    """
    return SQL("CASE WHEN %s THEN TRUE ELSE FALSE END", condition)


def nearly_all_sql(condition):
    """SQL of a condition of which the planner assumes that nearly every row meets it.

    Its default guesses, a half or a third, multiply over several conditions to a few
    rows, and it would look the customers up one by one.
    """
    return SQL("CASE WHEN %s THEN TRUE END IS NOT NULL", condition)


def domain_parts(domain):
    """Split a domain at its top-level "and": a list of domains that must all hold."""
    return domain.children if getattr(domain, "OPERATOR", "") == "&" else [domain]


class ContactKpi(models.Model):
    """An indicator: who counts as a customer, and which of them lack something.

    Both are domains on ``res.partner``, the population and the gap: an indicator is
    data, not code. Its ledger (``contact.kpi.gap``) follows every save; its runs
    (``contact.kpi.run``) keep each day's figures by segment.
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
        """Reject domains that a refresh could not evaluate, naming field and reason."""
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
        """Compile one of the two domains and execute it with ``LIMIT 0``.

        With the editor's own rights, too: an indicator must not count for its editor
        what the editor may not search.

        :raise DefinitionError: it does not fit; the message names the domain
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
        """The error message: which of the two domains does not fit, and why."""
        return self.env._(
            "“%(label)s” of %(indicator)s cannot be evaluated on contacts: %(reason)s",
            label=self._fields[name]._description_string(self.env),
            indicator=self.display_name,
            reason=str(error).strip() or type(error).__name__,
        )

    @contextmanager
    def _blaming(self, name, *errors):
        """Turn errors into a :class:`DefinitionError` that names the domain.

        A run shows the message.

        :param errors: further exception classes that are the domain's fault
        :raise DefinitionError: in place of any of them
        """
        try:
            yield
        except (*UNFIT, *errors) as error:
            raise DefinitionError(self._unfit(name, error)) from error

    def _partner_domain(self, name):
        """One of the two domains, parsed.

        :raise DefinitionError: see :meth:`_parsed`; the message names the domain
        """
        self.ensure_one()
        with self._blaming(name):
            return self._parsed(self[name])

    def _replace_in_gap(self, is_meant, condition):
        """Put another condition in place of some of the gap's: a redefinition.

        :param is_meant: function of a condition, saying whether it is replaced
        :param condition: a :class:`Domain`
        :raise DefinitionError: the gap's domain does not fit
        """
        domain = self._partner_domain("gap_domain").map_conditions(
            lambda each: condition if is_meant(each) else each
        )
        self.gap_domain = repr(list(domain))

    @api.model
    def _parsed(self, text):
        """Parse a domain on partners; not optimized.

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
        """:meth:`_check_reach` in superuser mode; cached by domain, errors are not."""
        partner = self._partners()
        self._check_reach(domain.optimize(partner), partner)

    @api.model
    def _check_reach(self, domain, model, path=()):
        """Reject a domain that reads other contacts, or what the user may not read.

        Definitions are evaluated in superuser mode: through a condition on another
        contact, the number of customers found would reveal what its reader may not see.
        No query.

        :param domain: optimized, so that every path is made of "any"
        :param model: the model it is on, with the rights of whoever asks
        :param path: labels of the fields that led there
        :raise ValueError: it reads contacts other than the customer's own
        :raise AccessError: it reads a model or a field that this user may not read
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
            # A related field or a name search reads others, without checking access.
            names = [field.related] if field.related else []
            if field.name == "display_name":
                names += [name for name in model._rec_names_search or () if "." in name]
            for name in names:
                other = Domain(name, operator, value).optimize(model.sudo())
                self._check_reach(other, model.sudo(), steps)

    @api.model
    def _partners(self):
        """Partners as definitions see them: superuser, main company, archived too."""
        main = self.env["res.company"]._contact_kpi_main()
        context = {"active_test": False, "allowed_company_ids": main.ids}
        return self.env(user=SUPERUSER_ID, context=context)["res.partner"]

    @api.model
    def _is_dated(self, domain):
        """Whether what a domain finds depends on today's date."""
        return any(map(RELATIVE.match, words(domain)))

    @api.model
    def _dated(self, domain):
        """The domain, fully optimized, with relative dates in each company's time zone.

        Where a company's date is not the main company's, its customers are compared
        with their own company's date.
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
        """SQL of a domain as a condition on the partners of a query, dated by company.

        :param query: a query whose alias of the table of partners is the table's name
        :raise DefinitionError: it does not fit the database
        """
        partner = self._partners()
        with fitting():
            return self._dated(domain)._to_sql(partner, partner._table, query)

    @api.model
    def _active(self):
        """Active indicators that the user may see, in their order."""
        return self.search([("active", "=", True)])

    # -- evaluation ----------------------------------------------------------

    def _found(self, partner_ids=None, more=None, unseen=True):
        """SQL of the population: a row per customer, with segments and ``missing``.

        :param partner_ids: only these commercial entities: ids, or SQL of an array of
            them
        :param more: function of ``res.partner`` and the query over customers, to which
            it may join, that returns further columns as ``{name: SQL}``
        :param unseen: whether some contacts may not have been classified yet: False,
            True (one query finds out), or SQL of the last id that batches have reached;
            see ``contact.kpi.ruleset._unseen_sql``
        :return: SQL of a SELECT of id, company_id, user_id, create_date, the segments,
            those further columns, ``missing`` and ``unclassified`` (booleans). One scan
            of the partners, however many they are.
        :raise DefinitionError: a domain that no longer fits the database
        """
        self.ensure_one()
        partner = self._partners()
        population = self._partner_domain("population_domain")
        with self._blaming("population_domain"):
            query = partner._search(self._dated(population))
        if query.is_empty():
            # A domain that is constantly false has no table to select from.
            query = partner._search([("id", "=", 0)])
        table = partner._table
        query.add_where(
            # For the equality of two columns the planner assumes one row in 200.
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
        columns = self._found_columns(partner, query, partner_ids)
        columns += [
            SQL("%s AS %s", expression, SQL.identifier(name))
            for name, expression in (more(partner, query) if more else {}).items()
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
                # Not missing by what is classified already stays not missing.
                unclassified = SQL("(%s AND %s)", missing, unseen)
                missing = SQL("(%s AND NOT %s)", missing, unseen)
        columns += [
            SQL("%s AS missing", missing),
            SQL("%s AS unclassified", unclassified),
        ]
        return query.select(*columns)

    def _found_columns(self, partner, query, partner_ids):
        """List of SQL of the columns of a customer by which it is counted.

        :param partner: :meth:`_partners`
        :param query: a query over customers, to which the segments may join tables
        :param partner_ids: see :meth:`_found`
        """
        ledger = self.env["contact.kpi.gap"]
        filled = self._segments_filled()
        names = ("id", "company_id", "user_id", "create_date")
        return [
            *(SQL.identifier(partner._table, name) for name in names),
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
        ]

    def _segments_filled(self):
        """Names of the segments that are filled in on this indicator's rows.

        To be extended by addons whose segments mean something to their own indicators
        only: the rows of others keep them NULL, instead of a finer grain for nothing.
        """
        return set(self.env["contact.kpi.gap"]._segment_names())

    def _gap_fields(self):
        """Names of the partner fields that the gap reads.

        :raise DefinitionError: the gap is not a domain
        """
        domain = self._partner_domain("gap_domain")
        return {condition.field_expr for condition in domain.iter_conditions()}

    def _aspects_read(self):
        """The aspects of contacts that the gap reads, of the ruleset's ``_aspects``."""
        return self._aspects_of(self._partner_domain("gap_domain"))

    @api.model
    def _aspects_of(self, domain):
        """The aspects of contacts that a domain reads, see :meth:`_aspects_read`."""
        names = {condition.field_expr for condition in domain.iter_conditions()}
        aspects = self.env["contact.kpi.ruleset"]._aspects()
        return [aspect for aspect in aspects if aspect.family in names]

    def _reads_contacts(self):
        """Whether the gap reads the classification of contacts."""
        return bool(self._aspects_read())

    def _run_key(self):
        """Version of definition and, where they are read, rules; kept on each run."""
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
        # A new aspect that only other indicators read does not redefine this one.
        versions = [
            signature
            for signature in (rules.aspects or "").split(",")
            if ":" in signature and signature.partition(":")[0] in names
        ]
        return "".join([self.definition_key, rules.key or "", *versions])

    @api.model
    @tools.ormcache()
    def _watched_fields(self):
        """Names of the partner fields whose change may open or close a gap; cached."""
        return self._reread_fields() | self._judged_fields()

    @api.model
    @tools.ormcache()
    def _reread_fields(self):
        """Those whose change calls for classification; cached."""
        partner = self.env["res.partner"]
        sources = partner._contact_kpi_reread_fields() & partner._fields.keys()
        return self._with_depends(sources)

    @api.model
    @tools.ormcache()
    def _judged_fields(self):
        """Watched fields whose change needs reconciling whatever the classification.

        Those that the engine itself reads, the first field of each condition of the
        active indicators, and what computed ones among them depend on. Cached.
        """
        names = {"parent_id", "is_company", "active", "company_id", "user_id"}
        names |= self.env["contact.kpi.gap"]._segment_sources()
        # Cached for everybody: the caller's user and context must not matter.
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
        """These partner fields and, transitively, those that they are computed from."""
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
        # Pending changes belong to the definitions that were in force so far.
        self.env["res.partner"]._contact_kpi_run_pending()
        kpis = super().create(vals_list)
        self._definition_changed()
        for kpi in kpis.filtered("active"):
            self.env["contact.kpi.gap"]._reconcile(kpi, cause="initial")
        self._refresh_soon()
        return kpis

    @api.model
    def _expect_many(self):
        """Set PostgreSQL up for bulk statements until the transaction ends.

        With the default ``work_mem`` it would look customers up one by one; compiling
        each statement (``jit``) made them up to three times slower.
        """
        self.env.cr.execute("SET LOCAL jit = off; SET LOCAL work_mem = '64MB'")

    @api.model
    def _refresh_soon(self):
        """Trigger the refresh job: there are no figures yet, or outdated ones."""
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
                    # At once: whoever saves a customer next must not be credited
                    # with what the new definition opens or closes.
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
        """Drop what is cached of definitions, in this process and, later, in others."""
        self.env.registry.clear_cache()
