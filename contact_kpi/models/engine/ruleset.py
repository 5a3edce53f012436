# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import hashlib
from datetime import timedelta
from typing import NamedTuple

from psycopg2.extensions import TransactionRollbackError

from odoo import SUPERUSER_ID, api, fields, models, tools
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import clean_context

from ...tools.aspect import Aspect
from ...tools.contact import (
    PHONE_RANK,
    RULES_VERSION,
    EmailKind,
    classify_email,
    read_phones,
)
from .indicator import unestimated
from .indicator_trust import SEVENTHS

EMAIL_RANK = (EmailKind.VALID, EmailKind.INVALID, EmailKind.JUNK)
ASPECTS = (
    Aspect(
        "phone",
        "phone",
        "contact_phone_kind",
        "customer_phone_kind",
        PHONE_RANK,
        lambda phone: phone.kind,
    ),
    Aspect(
        "email",
        "email",
        "contact_email_kind",
        "customer_email_kind",
        EMAIL_RANK,
        lambda kind: kind,
    ),
)
# Version of the digest, listed with the aspects: raised where it is computed otherwise
# or covers less; batches then classify all contacts once, without a redefinition.
DIGEST = "digest:3"
BATCH = 5000
# One for each worker that looks at contacts: a job is never run twice at once.
JOBS = ("ir_cron_classify", "ir_cron_classify_beside")
LATER = timedelta(minutes=1)  # until a version that is locked now is tried again
# Key of ``precommit.data``: ids of the partners classified ahead of the batches.
CAUGHT_UP = "contact_kpi.caught_up"


class Rules(NamedTuple):
    """The rules, as some transaction saw them."""

    #: Id of the latest version, 0 before the first.
    version: int
    #: Whether batches are applying it.
    running: bool
    #: The placeholders in use, as typed.
    placeholders: frozenset


class ContactKpiRuleset(models.Model):
    """A version of the rules that tell a contact from a placeholder.

    The rules are those of the library, the administrators' placeholders and the
    companies' countries. When one changes, all contacts are classified anew, family by
    family, in resumable batches that several workers share, see
    ``contact.kpi.ruleset.range``. ``last_partner_id`` is the watermark: the families of
    all customers up to that id have been classified.

    To ask something else about the same contacts in another addon: add a stored field
    for the answer of a partner and one for its family's to ``res.partner`` (plain
    selections, no compute: nothing is filled in at the installation), and an
    :class:`~...tools.aspect.Aspect` to :meth:`_aspects`, by ``super()``. Batches,
    hooks, merges and the nightly verification then keep both up to date, in the same
    pass over the contacts, and an indicator that reads the family's answer is
    reconciled, versioned and rebuilt like the others; until a customer's contacts have
    been classified for it, the customer counts as not yet classified. Call
    :meth:`_forget` when the addon is uninstalled: its answers go with its columns.
    """

    _name = "contact.kpi.ruleset"
    _description = "Contact Rules"
    _order = "id desc"
    _rec_name = "key"

    key = fields.Char(required=True, readonly=True)
    state = fields.Selection(
        [("running", "Running"), ("done", "Done"), ("superseded", "Superseded")],
        "Status",
        required=True,
        readonly=True,
        default="running",
        help="Superseded: a newer version began before all contacts were looked at.",
    )
    aspects = fields.Char(
        readonly=True, help="What is asked about the contacts, with its version."
    )
    last_partner_id = fields.Integer(readonly=True, aggregator=None)
    classified = fields.Integer("Contacts Looked At", readonly=True, aggregator=None)
    progress = fields.Float(compute="_compute_progress", digits=(16, 4))

    def init(self):
        """Supersede versions that a release without that state left running."""
        self.env.cr.execute(
            SQL(
                """UPDATE contact_kpi_ruleset SET state = 'superseded'
                    WHERE state = 'running'
                      AND id < (SELECT MAX(id) FROM contact_kpi_ruleset)"""
            )
        )

    @api.depends("last_partner_id", "state")
    def _compute_progress(self):
        [(last,)] = self.env.execute_query(
            SQL("SELECT COALESCE(MAX(id), 1) FROM res_partner")
        )
        for ruleset in self:
            done = ruleset.state == "done"
            ruleset.progress = 1.0 if done else min(ruleset.last_partner_id / last, 1.0)

    @api.model
    def _aspects(self):
        """The aspects that contacts are classified for; other addons add theirs."""
        return list(ASPECTS)

    def _answered(self):
        """Names of the aspects that these versions classify contacts for."""
        return {
            signature.partition(":")[0]
            for ruleset in self
            for signature in (ruleset.aspects or "").split(",")
        }

    @api.model
    def _forget(self, name):
        """Forget that contacts were classified for an aspect: its answers are gone.

        So are the digests, which covered them.
        """
        for ruleset in self.sudo().search([("aspects", "like", name)]):
            ruleset.aspects = ",".join(
                signature
                for signature in ruleset.aspects.split(",")
                if signature != DIGEST and signature.partition(":")[0] != name
            )

    @api.model
    def _current(self):
        """The version in force; a new one is begun if the rules have changed."""
        companies = (
            self.env["res.company"]
            .sudo()
            .with_context(active_test=False)
            .search(Domain.TRUE, order="id")
        )
        parts = [
            RULES_VERSION,
            self.env["res.partner"]._contact_kpi_phone_fields(),
            sorted(self._rules_seen().placeholders),
            [(company.id, company.country_id.code or "") for company in companies],
        ]
        key = hashlib.sha1(repr(parts).encode()).hexdigest()[:12]
        aspects = {DIGEST, *(aspect.signature for aspect in self._aspects())}
        current = self._latest()
        # Aspects of an uninstalled addon do no harm.
        if current.key != key or not aspects <= set((current.aspects or "").split(",")):
            # A client's ``default_*`` must not decide the version.
            env = self.env(su=True, context=clean_context(self.env.context))
            vals = {"key": key, "aspects": ",".join(sorted(aspects))}
            current = env["contact.kpi.ruleset"].create(vals)
            self._trigger()
        current._supersede()
        return current

    @api.model
    def _trigger(self, at=None):
        """Have batches begin, or go on, at once or at a moment: by all workers."""
        for name in JOBS:
            job = self.env.ref(f"contact_kpi.{name}", False)
            if job:  # not while the addon is being installed
                job.sudo()._trigger(at)

    @api.model
    def _latest(self):
        """The latest version that this transaction sees; one query."""
        return self.sudo().search(Domain.TRUE, limit=1)

    def _supersede(self):
        """End earlier versions whose batches are still running.

        One whose row is locked is left to the next batch: whoever changes the rules
        neither waits for it nor fails.
        """
        running = self.search([("id", "<", self.id), ("state", "=", "running")])
        if not running:
            return
        try:
            with (
                self.env.cr.savepoint(flush=False),
                tools.mute_logger("odoo.sql_db"),
            ):
                running.try_lock_for_update().write({"state": "superseded"})
                running.flush_recordset()
        except TransactionRollbackError:
            running.invalidate_recordset(flush=False)

    @api.model
    def _unseen_sql(self, table, aspects, reached=True, many=False):
        """SQL condition: the customer's family has a contact not classified yet.

        :param aspects: those that it is to be classified for
        :param reached: SQL of the customer's id that batches have reached; True: find
            out, by one query
        :param many: as a list of all such families, for a scan of the customers; else
            by looking each family up
        :return: None when every contact has been classified; then it costs nothing
        """
        if reached is True:
            reached = self._reached(aspects)
            if reached is None:
                return None
        unseen = SQL(
            "m.commercial_partner_id > %s AND %s",
            reached,
            self._unanswered_sql(aspects),
        )
        customer = SQL.identifier(table, "id")
        if many:
            return SQL(
                "%s IN (SELECT m.commercial_partner_id FROM res_partner m"
                " WHERE m.commercial_partner_id IS NOT NULL AND %s)",
                customer,
                unseen,
            )
        return SQL(
            "EXISTS (SELECT 1 FROM res_partner m"
            " WHERE m.commercial_partner_id = %s AND %s OFFSET 0)",
            customer,
            unseen,
        )

    @api.model
    def _unanswered_sql(self, aspects):
        """SQL condition: active contact ``m`` holds a text and has none of the answers.

        :param aspects: those whose fields and answers count
        """
        holding = self._fields_read()
        reads = {name for aspect in aspects for name in holding[aspect.reads]}
        return SQL(
            "m.active AND %s AND (%s)",
            SQL(" AND ").join(
                SQL("m.%s IS NULL", SQL.identifier(aspect.own)) for aspect in aspects
            ),
            SQL(" OR ").join(
                SQL("btrim(m.%s) != ''", SQL.identifier(name)) for name in sorted(reads)
            ),
        )

    @api.model
    def _reached(self, aspects):
        """The customer's id up to which families are classified for these; one query.

        :return: None when every contact has been classified
        """
        names = {aspect.name for aspect in aspects}
        rulesets = self.sudo().search_fetch(
            Domain.TRUE, ["state", "last_partner_id", "aspects"]
        )
        if any(
            ruleset.state == "done" and names <= ruleset._answered()
            for ruleset in rulesets
        ):
            return None
        latest = rulesets[:1]
        return latest.last_partner_id if names <= latest._answered() else 0

    @api.model
    def _fields_read(self):
        """The fields that hold contacts: ``{"phone": names, "email": names}``."""
        phones = self.env["res.partner"]._contact_kpi_phone_fields()
        return {"phone": phones, "email": ["email"]}

    # -- one batch -------------------------------------------------------------

    @api.model
    def _cron_classify(self, batch_size=BATCH, beside=False):
        """Classify the next batch of contacts; Odoo's scheduler calls again.

        Gaps that this opens or closes are marked: found at the start the first
        time, redefined when the rules have changed since.
        """
        try:
            done, remaining = self._classify_next(
                batch_size, self.env.cr.commit, beside
            )
            self.env.cr.flush()
        except TransactionRollbackError:
            # A contact of the batch was saved meanwhile: retry soon, not tomorrow.
            self.env.cr.rollback()
            self._trigger()
            done, remaining = 0, 0
        self.env["ir.cron"]._commit_progress(done, remaining=remaining)

    @api.model
    def _classify_next(self, batch_size, commit=lambda: None, beside=False):
        """Do one batch; return how many were done and how many remain.

        None remain, for this worker, where others are at work on all that does.

        :param commit: called between what several workers do at once, the batch itself,
            and what is a moment's work on a row that is theirs together
        :param beside: take part, but begin nothing: two workers that find the rules
            changed would begin a version each
        """
        ruleset = self._latest() if beside else self._current()
        if ruleset.state != "running":
            return 0, 0
        ruleset._begin()
        commit()
        ids = self.env["contact.kpi.ruleset.range"]._take(ruleset, batch_size)
        if ids:
            ruleset._apply(ids, settled=True)
        commit()
        remaining = ruleset._record_progress()
        if ids:
            return len(ids), 1 if remaining is None else remaining
        if remaining != 0:
            # Others are at work on it: should their process be killed, this goes on.
            self._trigger(fields.Datetime.now() + LATER)
        return 0, 0

    def _begin(self):
        """Divide the contacts among the workers, unless that is done."""
        ranges = self.env["contact.kpi.ruleset.range"]
        if ranges._progress(self)[0] is not None:
            return
        earlier = self.search([("id", "<", self.id), ("state", "=", "running")])
        earlier.write({"state": "superseded"})
        earlier.flush_recordset()
        # Written, not only locked: who is here at the same time is refused, and so is
        # who saw the versions as they were.
        self.env.cr.execute(
            SQL(
                """UPDATE contact_kpi_ruleset
                      SET last_partner_id = COALESCE(last_partner_id, 0)
                    WHERE id = %s""",
                self.id,
            ),
            log_exceptions=False,
        )
        ranges._make(self, BATCH)

    def _record_progress(self):
        """Record how far the batches have come, and end them once all are done.

        :return: an upper bound of the contacts that remain, as counting them would cost
            more; None where the row is locked: by another worker, which may not see
            what this one has done, or by whoever changes the rules
        """
        self.env.cr.execute(
            SQL(
                "SELECT state FROM contact_kpi_ruleset WHERE id = %s"
                " FOR UPDATE SKIP LOCKED",
                self.id,
            ),
            log_exceptions=False,
        )
        [state] = self.env.cr.fetchone() or [None]
        if not state:
            return None
        self.invalidate_recordset()
        ranges = self.env["contact.kpi.ruleset.range"]
        reached, classified, ended = ranges._progress(self)
        if ended is None or state != "running":
            return 0  # ended by another worker, or by a newer version
        self.write({"last_partner_id": reached, "classified": classified})
        if not ended:
            [(last,)] = self.env.execute_query(
                SQL("SELECT COALESCE(MAX(id), 0) FROM res_partner")
            )
            return max(last - reached, 1)
        self.state = "done"
        ranges._end(self)
        self._settle_unanswered()
        self._after_batches()
        return 0

    def _settle_unanswered(self):
        """Reconcile whose contacts have no answer although they were looked at.

        What is blank to Python alone, such as a space that does not break. When they
        were looked at, another worker may have been behind, and they counted as not yet
        classified.
        """
        for kpi, first in self._readers():
            if not first:
                continue
            heads = self.env.execute_query(
                SQL(
                    "SELECT DISTINCT m.commercial_partner_id FROM res_partner m"
                    " WHERE m.commercial_partner_id IS NOT NULL AND %s",
                    self._unanswered_sql(kpi._aspects_read()),
                )
            )
            if heads:
                heads = dict.fromkeys(head for (head,) in heads)
                kpi._reconcile_touched(heads, cause="initial")

    def _after_batches(self):
        """Hook: all contacts are classified; extended by what waits for that."""
        cron = self.env.ref("contact_kpi.ir_cron_refresh", False)
        if cron:
            cron.sudo()._trigger()

    def _apply(self, partner_ids, settled=False):
        """Classify these contacts; gaps that it opens or closes are due to the rules.

        :param settled: see :meth:`_classify`
        """
        self.ensure_one()
        changed = self._classify(partner_ids, settled=settled)
        for kpi, first in self._readers():
            kpi._reconcile_touched(
                dict.fromkeys(self._heads(partner_ids) if first else changed),
                cause="initial" if first else "redefined",
            )

    def _readers(self):
        """The indicators that read contacts, each with: is it for the first time?"""
        earlier = self.search([("id", "<", self.id), ("state", "=", "done")])
        answered = earlier._answered()
        return [
            (kpi, not {aspect.name for aspect in kpi._aspects_read()} <= answered)
            for kpi in self.env["contact.kpi"]._active()
            if kpi._reads_contacts()
        ]

    # -- while batches are under way ---------------------------------------------

    @api.model
    @tools.ormcache()
    def _rules(self):
        """The rules as some transaction of this process saw them; cached, no query.

        Good to show, and to tell that nothing is to be done. As transactions that began
        before a change and after it share the cache, either may have filled it: what is
        written is decided by :meth:`_rules_seen` where the versions differ.
        """
        return self._rules_seen()

    @api.model
    def _rules_seen(self):
        """The rules as this transaction sees them; three queries."""
        # Cached for everybody: the caller's user and context must not matter.
        env = self.env(user=SUPERUSER_ID, context={})
        latest = env["contact.kpi.ruleset"]._latest()
        placeholders = env["contact.kpi.placeholder"].search(Domain.TRUE)
        return Rules(
            latest.id or 0,
            latest.state == "running",
            frozenset(placeholders.mapped("name")),
        )

    @api.model
    def _catch_up(self, partners):
        """Apply changed rules to these customers, if no batch has reached them yet.

        Called before a user changes them, who would else be credited with what the
        rules open or close. No query unless batches are running.
        """
        if not partners or not self._rules().running:
            return
        env = self.env(user=SUPERUSER_ID, context={})
        # Earlier changes of this transaction are not due to the rules.
        env["res.partner"]._contact_kpi_run_pending()
        ruleset = env["contact.kpi.ruleset"]._latest()
        if ruleset.state != "running":
            if ruleset.id >= self._rules().version:
                self.env.registry.clear_cache()  # left by an older transaction
            return
        family = env["res.partner"].browse(partners.commercial_partner_id.ids)
        family = family._contact_kpi_family() | family.browse(partners.ids)
        late = [
            partner.id
            for partner in family
            if (partner.commercial_partner_id or partner).id > ruleset.last_partner_id
        ]
        if late:
            ruleset._apply(late)
            env.cr.precommit.data.setdefault(CAUGHT_UP, set()).update(late)

    @api.model_create_multi
    def create(self, vals_list):
        rulesets = super().create(vals_list)
        self.env.registry.clear_cache()
        return rulesets

    def write(self, vals):
        res = super().write(vals)
        if "state" in vals:
            self.env.registry.clear_cache()
        return res

    def unlink(self):
        res = super().unlink()
        self.env.registry.clear_cache()
        return res

    @api.model
    def _heads(self, partner_ids):
        """Ids of the commercial entities of these partners; one query."""
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT commercial_partner_id FROM res_partner"
                " WHERE id = ANY(%s)",
                list(partner_ids),
            )
        )
        return [row[0] for row in rows if row[0]]

    # -- classification ----------------------------------------------------------

    @api.model
    def _classify(self, partner_ids, leave=False, settled=False, hold=None):
        """Classify these partners' contacts, and with them their families.

        Two queries to read and, only where something differs, one to write: a row that
        a transaction changes twice has all its foreign keys checked again.

        :param leave: contacts that are unchanged since they were classified, and that
            a batch has yet to reach, keep the answers of the former rules
        :param settled: no version begins before this transaction ends; the next one
            then does not rewrite rows that it makes no difference to
        :param hold: a list that takes the statement that writes, for the caller to
            execute with others; None: executed here
        :return: ids of the commercial entities whose best contact changed
        """
        aspects = self._aspects()
        own = 2 + len(self.env["res.partner"]._contact_kpi_phone_fields())
        family = own + len(aspects)
        rows = self._contacts_read(partner_ids)
        if not rows:
            return []
        latest = rows[0][0]
        rules = self._rules()
        if rules.version != latest:
            if rules.version < latest:
                self.env.registry.clear_cache()  # left by an older transaction
            rules = self._rules_seen()
        caught_up = self.env.cr.precommit.data.get(CAUGHT_UP, ())
        members, looked, alone = [], set(), set()
        for _latest, late, version, others, pid, head, active, email, *rest in rows:
            answers = rest[own:family]
            known = version is not None and 0 <= version <= latest
            if not (leave and known and late and pid not in caught_up):
                country, tax_id, *numbers = rest[:own]
                reading = (country, rules.placeholders, tax_id)
                new = self._answers(aspects, numbers, email, reading)
                if new != answers or version not in (0, latest):
                    looked.add(pid)
                    answers = new
            members.append((pid, head, active, answers, rest[family:]))
            if not others:
                alone.add(pid)
        stamp = 0 if settled else latest
        return self._classify_families(members, looked, stamp, alone, hold)

    @api.model
    def _contacts_read(self, partner_ids):
        """Partners with all that :meth:`_classify` reads of them; one query.

        :return: rows of (id of the latest version of the rules, whether its batches
            have yet to reach the partner, version that it was classified by, whether
            its family has others, id, commercial entity, active, e-mail, country code,
            tax ID, each phone field, each answer on record, each of its family's)
        """
        aspects = self._aspects()
        phones = self.env["res.partner"]._contact_kpi_phone_fields()
        columns = [*phones, *(aspect.own for aspect in aspects)]
        columns += [aspect.family for aspect in aspects]
        self.env.flush_all()
        return self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(rules.id, 0), rules.state = 'running'
                       AND COALESCE(p.commercial_partner_id, p.id)
                           > COALESCE(rules.last_partner_id, 0), %(version)s,
                       EXISTS (SELECT FROM res_partner other
                                WHERE other.commercial_partner_id
                                      = p.commercial_partner_id
                                  AND other.id != p.id),
                       p.id, p.commercial_partner_id, p.active, p.email, %(reading)s,
                       %(columns)s
                  FROM %(tables)s
                  LEFT JOIN (SELECT * FROM contact_kpi_ruleset
                              ORDER BY id DESC LIMIT 1) rules ON TRUE
                 WHERE p.id = ANY(%(ids)s)
                """,
                tables=self._reading_tables_sql(),
                reading=self._reading_sql(),
                version=self._version_sql(),
                columns=SQL(", ").join(SQL.identifier("p", name) for name in columns),
                ids=list(partner_ids),
            )
        )

    @api.model
    def _answers(self, aspects, numbers, email, reading):
        """The answers of all aspects to a partner's numbers and e-mail, each read once.

        :param reading: see ``_contact_kpi_reading`` of ``res.partner``
        """
        phones = [
            phone
            for number in numbers
            if number
            for phone in read_phones(number, *reading)
        ]
        mail = email and classify_email(email, reading[1])
        contacts = {"phone": phones, "email": [mail] if mail else []}
        return [aspect.best(contacts[aspect.reads]) for aspect in aspects]

    @api.model
    def _reading_sql(self):
        """SQL of how a partner's numbers are read: country code, own tax ID.

        The tax ID is that of the customer, which Odoo copies to its contacts; theirs
        where they have another. The same for one record: ``_contact_kpi_reading`` of
        ``res.partner``.
        """
        main = self.env["res.company"]._contact_kpi_main()
        return SQL(
            "COALESCE(own.code, head.code, company.code, %s),"
            " COALESCE(NULLIF(p.vat, ''), h.vat)",
            SQL(
                "(SELECT code FROM res_country WHERE id = (SELECT country_id"
                " FROM res_partner WHERE id = (SELECT partner_id FROM res_company"
                " WHERE id = %s)))",
                main.id,
            ),
        )

    @api.model
    def _reading_tables_sql(self):
        """SQL of the tables that :meth:`_reading_sql` reads; the partner is ``p``."""
        return SQL(
            """
            res_partner p
            LEFT JOIN LATERAL (
                -- One by one: no plan that reads all partners for the heads of a few.
                SELECT * FROM res_partner
                 WHERE id = NULLIF(p.commercial_partner_id, p.id) OFFSET 0
            ) h ON TRUE
            LEFT JOIN res_company c ON c.id = COALESCE(p.company_id, h.company_id)
            LEFT JOIN res_partner cp ON cp.id = c.partner_id
            LEFT JOIN res_country own ON own.id = p.country_id
            LEFT JOIN res_country head ON head.id = h.country_id
            LEFT JOIN res_country company ON company.id = cp.country_id
            """
        )

    @api.model
    def _digest_sql(self, answers="p"):
        """SQL of a hash of what :meth:`_classify` reads of partner ``p`` and answers.

        Also of a customer without contact by whose tax ID its contacts are read.

        :param answers: the table that the answers are taken from
        :return: an integer; NULL where there is nothing
        """
        phones = self.env["res.partner"]._contact_kpi_phone_fields()
        names = [*phones, "email", "vat"]
        texts = [
            *(SQL.identifier("p", name) for name in names),
            *(SQL.identifier(answers, aspect.own) for aspect in self._aspects()),
        ]
        return SQL(
            """CASE WHEN btrim(concat(%s)) != ''
                    THEN hashtext(concat_ws('|', %s, p.country_id, p.company_id,
                                            p.active, p.commercial_partner_id))
               END""",
            SQL(", ").join(texts),
            SQL(", ").join(SQL("COALESCE(%s, '')", text) for text in texts),
        )

    @api.model
    def _version_sql(self):
        """SQL of the version of the rules that partner ``p`` was classified by.

        The digest on record is XORed with it, so that what an older transaction
        classified is found although the contact is unchanged. 0: by a batch, which
        does not rewrite what a version makes no difference to. Where texts or answers
        have changed since, it is NULL or, but for one in a million, no version.
        """
        digest = self._digest_sql()
        return SQL(
            """COALESCE(
                p.contact_digest # %(digest)s,
                CASE WHEN p.contact_digest IS NULL AND %(digest)s IS NULL THEN 0 END
            )""",
            digest=digest,
        )

    @api.model
    def _verify(self, parts=SEVENTHS):
        """Classify what was changed past the hooks, by SQL or by a lost write.

        One scan of the partners, and work only for what differs. Contacts that the
        batches have yet to reach are left to them: all of them, where the rules have
        changed unnoticed.

        :param parts: the sevenths of the partners to verify
        """
        # Its own pending changes are credited to whoever made them.
        self.env["res.partner"]._contact_kpi_run_pending()
        suspects = self._suspects(parts)
        if stale := [pid for pid, is_stale in suspects if is_stale]:
            # Contacts are read by country and tax ID of their head, too.
            family = self.env.execute_query(
                SQL(
                    "SELECT id FROM res_partner"
                    " WHERE id = ANY(%s) OR commercial_partner_id = ANY(%s)",
                    stale,
                    stale,
                )
            )
            self._classify([row[0] for row in family])
        if wrong := [pid for pid, is_stale in suspects if not is_stale]:
            rows = self._members(SQL("res_partner m WHERE m.id = ANY(%s)", wrong))
            self._classify_families(rows)

    @api.model
    def _suspects(self, parts=SEVENTHS):
        """Partners whose classification on record does not hold.

        Stale are contacts that differ from what was classified, or were by other rules;
        while batches run, only those that they have reached. The others are customers
        whose family's best answer is another one.

        :param parts: see :meth:`_verify`
        :return: a list of (id, whether it is stale)
        """
        latest = self._current()
        reached = SQL("TRUE")
        if latest.state == "running":
            reached = SQL(
                "COALESCE(p.commercial_partner_id, p.id) <= %s",
                latest.last_partner_id or 0,
            )
        part = self.env["contact.kpi"]._part_sql
        self.env.flush_all()
        return self.env.execute_query(
            SQL(
                """
                SELECT p.id, %(stale)s
                  FROM res_partner p
                  LEFT JOIN (%(others)s) others ON others.id = p.id
                 WHERE (%(stale)s OR %(wrong)s) AND %(here)s
                """,
                stale=SQL(
                    "((%s IN (0, %s)) IS NOT TRUE AND %s)",
                    self._version_sql(),
                    latest.id,
                    reached,
                ),
                others=self._others_sql(part(parts, SQL("m.commercial_partner_id"))),
                wrong=self._wrong_sql(),
                here=part(parts, SQL("p.id")),
            )
        )

    @api.model
    def _others_sql(self, condition):
        """SQL of the best ranks of customers' contacts, the customers left out.

        Most customers are alone: only contacts with an answer are ranked and grouped.

        :param condition: SQL condition on a contact ``m``
        """
        aspects = self._aspects()
        return SQL(
            """
            SELECT m.commercial_partner_id AS id, %(best)s
              FROM res_partner m
             WHERE m.active
               AND %(contacts)s AND (%(answered)s) AND %(condition)s
             GROUP BY m.commercial_partner_id
            """,
            condition=condition,
            # The planner would assume nearly all rows.
            contacts=unestimated(SQL("m.commercial_partner_id != m.id")),
            best=SQL(", ").join(
                SQL(
                    "MIN(%s) AS %s",
                    self._rank_sql(aspect),
                    SQL.identifier(aspect.family),
                )
                for aspect in aspects
            ),
            answered=SQL(" OR ").join(
                SQL("m.%s IS NOT NULL", SQL.identifier(aspect.own))
                for aspect in aspects
            ),
        )

    @api.model
    def _wrong_sql(self):
        """SQL condition: the best answer of ``p``'s family is not the one on record.

        Computed from ``p`` and ``others``, see :meth:`_others_sql`.
        """
        return SQL(
            "(p.commercial_partner_id IS NOT NULL AND (%s))",
            SQL(" OR ").join(
                SQL(
                    """p.%(family)s IS DISTINCT FROM
                       CASE WHEN p.commercial_partner_id != p.id THEN NULL
                            WHEN others.id IS NULL
                            THEN CASE WHEN p.active THEN p.%(own)s END
                            ELSE (%(kinds)s::varchar[])[LEAST(
                                 CASE WHEN p.active THEN %(rank)s END,
                                 others.%(family)s)]
                       END""",
                    family=SQL.identifier(aspect.family),
                    own=SQL.identifier(aspect.own),
                    kinds=[kind.value for kind in aspect.kinds],
                    rank=self._rank_sql(aspect, "p"),
                )
                for aspect in self._aspects()
            ),
        )

    @api.model
    def _classify_families(
        self, members, looked=(), stamp=0, alone=frozenset(), hold=None
    ):
        """Write the answers of partners, and on each head the best of its family.

        One query for the rest of the families, where there is any, and one to write,
        where something differs.

        :param members: rows as of :meth:`_members`, with the answers to be on record:
            of each family that may differ the head, or somebody who was looked at
        :param looked: ids of those that were looked at: theirs are written anyway
        :param stamp: the version of the rules that they were looked at under
        :param alone: ids of those that have no family
        :param hold: see :meth:`_classify`
        :return: ids of the partners whose family's answers changed
        """
        aspects = self._aspects()
        heads = {
            head
            for pid, head, *_rest in members
            if head and (pid == head or pid in looked)
        }
        if with_others := heads - alone:
            members = members + self._other_members(with_others, members)
        families = {head: [] for head in heads}
        for _pid, head, active, answers, _family in members:
            if active and head in families:
                families[head].append(answers)
        nothing = [None] * len(aspects)
        changed, written = [], []
        for pid, head, _active, answers, family in members:
            if pid == head:
                found = families[head]
                found = family if found == [family] else self._best(found)
            else:
                # A member of another's family has no family's answer of its own.
                found = nothing if head else family
            if found != family:
                changed.append(pid)
            elif pid not in looked:
                continue
            written.append((pid, pid in looked, *answers, *found))
        if written:
            self._write_answers(written, stamp, hold)
        return changed

    @api.model
    def _other_members(self, heads, members):
        """Rows of the other members of these customers' families."""
        # A look-up per family: else the planner may scan all partners for a few.
        return self._members(
            SQL(
                """
                unnest(%s::int[]) AS family (id)
                CROSS JOIN LATERAL (
                    SELECT * FROM res_partner
                     WHERE commercial_partner_id = family.id OFFSET 0
                ) AS m
                WHERE NOT EXISTS (SELECT FROM unnest(%s::int[]) AS t (id)
                                   WHERE t.id = m.id)
                """,
                list(heads),
                [pid for pid, *_rest in members],
            )
        )

    @api.model
    def _best(self, members):
        """The best answer for each aspect.

        :param members: the answers of each member, a list in the order of the aspects
        """
        return [
            aspect.best_of(answers[place] for answers in members)
            for place, aspect in enumerate(self._aspects())
        ]

    @api.model
    def _members(self, table):
        """Partners with the answers on record; one query.

        :param table: SQL of where they are, as ``m``, and the condition
        :return: rows of (id, commercial entity, active, answers, its family's)
        """
        aspects = self._aspects()
        names = [aspect.own for aspect in aspects]
        names += [aspect.family for aspect in aspects]
        rows = self.env.execute_query(
            SQL(
                "SELECT m.id, m.commercial_partner_id, m.active, %s FROM %s",
                SQL(", ").join(SQL.identifier("m", name) for name in names),
                table,
            )
        )
        family = 3 + len(aspects)
        return [(*row[:3], list(row[3:family]), list(row[family:])) for row in rows]

    @api.model
    def _write_answers(self, rows, stamp, hold):
        """Write answers and, where a partner was looked at, its digest; one statement.

        Idempotent.

        :param rows: of (id, whether it was looked at, answers, its family's)
        :param hold: see :meth:`_classify`
        """
        own = [aspect.own for aspect in self._aspects()]
        family = [aspect.family for aspect in self._aspects()]
        ids, looked, *kinds = map(list, zip(*sorted(rows), strict=True))
        statement = SQL(
            """
            UPDATE res_partner p
               SET contact_digest = CASE WHEN v.looked THEN %(digest)s # %(stamp)s
                                         ELSE p.contact_digest END,
                   %(own)s, %(family)s
              FROM unnest(%(ids)s::int[], %(looked)s::bool[], %(kinds)s)
                   AS v (id, looked, %(columns)s)
             WHERE p.id = ANY(%(ids)s) AND p.id = v.id
            """,
            digest=self._digest_sql("v"),
            stamp=stamp,
            own=SQL(", ").join(
                SQL(
                    "%(name)s = CASE WHEN v.looked THEN v.%(name)s ELSE p.%(name)s END",
                    name=SQL.identifier(name),
                )
                for name in own
            ),
            family=SQL(", ").join(
                SQL("%(name)s = v.%(name)s", name=SQL.identifier(name))
                for name in family
            ),
            columns=SQL(", ").join(map(SQL.identifier, own + family)),
            ids=ids,
            looked=looked,
            kinds=SQL(", ").join(SQL("%s::varchar[]", kind) for kind in kinds),
        )
        if hold is None:
            self.env.cr.execute(statement)
        else:
            hold.append(statement)
        self.env["res.partner"].browse(ids).invalidate_recordset(
            ["contact_digest", *own, *family], flush=False
        )

    @api.model
    def _rank_sql(self, aspect, alias="m"):
        """SQL of the rank of a partner's own answer, 1 for the best, NULL for none."""
        return SQL(
            "array_position(%s::varchar[], %s)",
            [kind.value for kind in aspect.kinds],
            SQL.identifier(alias, aspect.own),
        )
