# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import hashlib

from psycopg2.extensions import TransactionRollbackError

from odoo import SUPERUSER_ID, api, fields, models, tools
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.aspect import Aspect
from ..tools.contact import (
    PHONE_RANK,
    RULES_VERSION,
    EmailKind,
    classify_email,
    read_phones,
)

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
BATCH = 5000
CAUGHT_UP = "contact_kpi.caught_up"


class ContactKpiRuleset(models.Model):
    """A version of the rules that tell a contact from a placeholder.

    The rules are those of the library, the administrators' placeholders and the
    companies' countries. When one changes, all contacts are looked at again, in
    batches that can be interrupted: ``last_partner_id`` says how far.

    To ask something else about the same contacts in another addon: add a stored field
    for the answer of a partner and one for its family's to ``res.partner`` (plain
    selections, no compute: nothing is filled in at the installation), and an
    :class:`~..tools.aspect.Aspect` to :meth:`_aspects`, by ``super()``. Batches,
    hooks, merges and the nightly check then keep both, in the same pass over the same
    contacts, and an indicator that reads the family's answer is reconciled, versioned
    and rebuilt like the others; until a customer's contacts have been looked at for
    that, it counts as not yet classified. Call :meth:`_forget` when the addon is
    uninstalled: its answers go with its columns.
    """

    _name = "contact.kpi.ruleset"
    _description = "Contact Rules"
    _order = "id desc"
    _rec_name = "key"

    key = fields.Char(required=True, readonly=True)
    state = fields.Selection(
        [("running", "Running"), ("done", "Done")],
        "Status",
        required=True,
        readonly=True,
        default="running",
    )
    aspects = fields.Char(
        readonly=True, help="What is asked about the contacts, with its version."
    )
    last_partner_id = fields.Integer(readonly=True, aggregator=None)
    classified = fields.Integer("Contacts Looked At", readonly=True, aggregator=None)
    progress = fields.Float(compute="_compute_progress", digits=(16, 4))

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
        """What is asked about contacts; for other addons to add to."""
        return list(ASPECTS)

    def _answered(self):
        """Names of the aspects that these versions look at."""
        return {
            signature.partition(":")[0]
            for ruleset in self
            for signature in (ruleset.aspects or "").split(",")
        }

    @api.model
    def _forget(self, name):
        """No contact has been looked at for this aspect: its answers are gone."""
        for ruleset in self.sudo().search([("aspects", "like", name)]):
            ruleset.aspects = ",".join(
                signature
                for signature in ruleset.aspects.split(",")
                if signature.partition(":")[0] != name
            )

    @api.model
    def _current(self):
        """The version in force, begun anew when the rules have changed."""
        companies = (
            self.env["res.company"]
            .sudo()
            .with_context(active_test=False)
            .search(Domain.TRUE, order="id")
        )
        parts = [
            RULES_VERSION,
            self.env["res.partner"]._contact_kpi_phone_fields(),
            sorted(self.env["contact.kpi.placeholder"]._texts()),
            [(company.id, company.country_id.code or "") for company in companies],
        ]
        key = hashlib.sha1(repr(parts).encode()).hexdigest()[:12]
        aspects = {aspect.signature for aspect in self._aspects()}
        current = self.sudo().search(Domain.TRUE, limit=1)
        # What an addon asked that is gone does no harm.
        if current.key != key or not aspects <= set((current.aspects or "").split(",")):
            vals = {"key": key, "aspects": ",".join(sorted(aspects))}
            current = self.sudo().create(vals)
        return current

    @api.model
    def _unseen_sql(self, table, aspects):
        """SQL: is there a contact in this customer's family that nobody looked at?

        :param aspects: what it was to be looked at for
        :return: None when every contact has been; then it costs nothing
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
        reached = latest.last_partner_id if names <= latest._answered() else 0
        holding = self._fields_read()
        reads = {name for aspect in aspects for name in holding[aspect.reads]}
        return SQL(
            """EXISTS (
                SELECT 1 FROM res_partner m
                 WHERE m.commercial_partner_id = %s AND m.active AND m.id > %s
                   AND %s AND (%s))""",
            SQL.identifier(table, "id"),
            reached or 0,
            SQL(" AND ").join(
                SQL("m.%s IS NULL", SQL.identifier(aspect.own)) for aspect in aspects
            ),
            SQL(" OR ").join(
                SQL("btrim(m.%s) != ''", SQL.identifier(name)) for name in sorted(reads)
            ),
        )

    @api.model
    def _fields_read(self):
        """The fields that hold contacts: ``{"phone": names, "email": names}``."""
        phones = self.env["res.partner"]._contact_kpi_phone_fields()
        return {"phone": phones, "email": ["email"]}

    # -- one batch -------------------------------------------------------------

    @api.model
    def _cron_classify(self, batch_size=BATCH):
        """Look at the next batch of contacts; the scheduler calls again.

        Gaps that this opens or closes are marked: found at the start the first
        time, redefined when the rules have changed since.
        """
        cron = self.env["ir.cron"]
        try:
            done, remaining = self._classify_next(batch_size)
            self.env.cr.flush()
        except TransactionRollbackError:
            # Somebody saved one of these contacts meanwhile: soon again, not tomorrow.
            self.env.cr.rollback()
            self.env.ref("contact_kpi.ir_cron_classify")._trigger()
            done, remaining = 0, 0
        cron._commit_progress(done, remaining=remaining)

    @api.model
    def _classify_next(self, batch_size):
        """Do one batch; return how many were done and how many remain."""
        ruleset = self._current()
        if ruleset.state == "done":
            return 0, 0
        ids = [
            row[0]
            for row in self.env.execute_query(
                SQL(
                    "SELECT id FROM res_partner WHERE id > %s ORDER BY id LIMIT %s",
                    ruleset.last_partner_id,
                    batch_size,
                )
            )
        ]
        if ids:
            ruleset.write(
                {
                    "last_partner_id": ids[-1],
                    "classified": ruleset.classified + len(ids),
                }
            )
            ruleset._apply(ids)
        # At most: counting them anew would cost more than a batch.
        [(last,)] = self.env.execute_query(
            SQL("SELECT COALESCE(MAX(id), 0) FROM res_partner")
        )
        remaining = max(last - ruleset.last_partner_id, 0)
        if not remaining:
            ruleset.state = "done"
            self.env.ref("contact_kpi.ir_cron_refresh")._trigger()
            self.env["contact.kpi.history"]._trigger()
        return len(ids), remaining

    def _apply(self, partner_ids):
        """Look at these contacts; what it opens or closes is the rules' doing."""
        self.ensure_one()
        changed = self._classify(partner_ids)
        earlier = self.search([("id", "<", self.id), ("state", "=", "done")])
        answered = earlier._answered()
        kpis = self.env["contact.kpi"].search(Domain.TRUE)
        for kpi in kpis.filtered(lambda kpi: kpi._reads_contacts()):
            first = not {aspect.name for aspect in kpi._aspects_read()} <= answered
            kpi._reconcile_touched(
                dict.fromkeys(self._heads(partner_ids) if first else changed),
                cause="initial" if first else "redefined",
            )

    # -- while batches are under way ---------------------------------------------

    @api.model
    @tools.ormcache()
    def _running_id(self):
        """The version that is being applied, if any. No query when known."""
        latest = self.sudo().search(Domain.TRUE, limit=1)
        return latest.state == "running" and latest.id

    @api.model
    def _catch_up(self, partners):
        """Apply changed rules to customers that no batch has reached yet.

        Called before somebody changes them: what the rules open or close would be
        credited to whoever saves. Costs nothing while the rules stand.
        """
        if not partners or not self._running_id():
            return
        env = self.env(user=SUPERUSER_ID, context={})
        # What was changed earlier in this transaction is not the rules' doing.
        env["res.partner"]._contact_kpi_run_pending()
        ruleset = env["contact.kpi.ruleset"].browse(self._running_id())
        family = env["res.partner"].browse(partners.commercial_partner_id.ids)
        family = family._contact_kpi_family() | family.browse(partners.ids)
        late = [pid for pid in family.ids if pid > ruleset.last_partner_id]
        if late:
            ruleset._apply(late)
            env.cr.precommit.data.setdefault(CAUGHT_UP, set()).update(late)

    @api.model
    def _left_to_batches(self):
        """Of the contacts that are touched: which are not to be looked at now?

        :return: a function of a contact's id, None while the rules stand
        """
        if not self._running_id():
            return None
        last = self.sudo().browse(self._running_id()).last_partner_id
        done = self.env.cr.precommit.data.get(CAUGHT_UP, ())
        return lambda partner_id: partner_id > last and partner_id not in done

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
    def _classify(self, partner_ids, leave=None):
        """Classify these partners' contacts and what it makes of their families.

        One query to read and, only where something differs, two to write.

        :param leave: see :meth:`_left_to_batches`; contacts that have not changed
            since they were looked at keep what the rules of then made of them
        :return: ids of the commercial entities whose best contact changed
        """
        aspects = self._aspects()
        phones = self.env["res.partner"]._contact_kpi_phone_fields()
        own = [aspect.own for aspect in aspects]
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT p.id, p.contact_digest, %(digest)s, %(country)s, p.email,
                       ARRAY[%(own)s]::varchar[], ARRAY[%(phones)s]::varchar[]
                  FROM %(tables)s
                 WHERE p.id = ANY(%(ids)s)
                """,
                tables=self._country_tables_sql(),
                country=self._country_sql(),
                digest=self._digest_sql(),
                own=SQL(", ").join(SQL.identifier("p", name) for name in own),
                phones=SQL(", ").join(SQL.identifier("p", name) for name in phones),
                ids=list(partner_ids),
            )
        )
        texts = self.env["contact.kpi.placeholder"]._texts() if rows else ()
        differing = []
        for pid, seen, digest, country, email, old, numbers in rows:
            if leave and seen == digest and leave(pid):
                continue
            new = self._answers(aspects, numbers, email, country, texts)
            if new != old or seen != digest:
                differing.append((pid, digest, *new))
        if differing:
            ids, digests, *kinds = map(list, zip(*differing, strict=True))
            columns = [SQL.identifier(name) for name in own]
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE res_partner p
                       SET contact_digest = v.contact_digest, %(updates)s
                      FROM unnest(%(ids)s::int[], %(digests)s::int[], %(kinds)s)
                        AS v (id, contact_digest, %(columns)s)
                     WHERE p.id = v.id
                    """,
                    updates=SQL(", ").join(
                        SQL("%s = v.%s", column, column) for column in columns
                    ),
                    columns=SQL(", ").join(columns),
                    ids=ids,
                    digests=digests,
                    kinds=SQL(", ").join(SQL("%s::varchar[]", kind) for kind in kinds),
                )
            )
            self.env["res.partner"].browse(ids).invalidate_recordset(
                ["contact_digest", *own], flush=False
            )
        return self._classify_families(partner_ids)

    @api.model
    def _answers(self, aspects, numbers, email, country, placeholders):
        """What all aspects say of a partner's numbers and e-mail; each is read once."""
        mail = classify_email(email, placeholders)
        contacts = {
            "phone": [
                phone
                for number in numbers
                for phone in read_phones(number, country, placeholders)
            ],
            "email": [mail] if mail else [],
        }
        answers = [aspect.best(contacts[aspect.reads]) for aspect in aspects]
        return [answer and answer.value for answer in answers]

    @api.model
    def _country_sql(self):
        """SQL of the country code that a partner's numbers are read in.

        For sets; of one record, ``_contact_kpi_country`` of ``res.partner`` says it.
        """
        main = self.env["res.company"]._contact_kpi_main()
        return SQL(
            "COALESCE(own.code, head.code, company.code, %s)",
            main.country_id.code or None,
        )

    @api.model
    def _country_tables_sql(self):
        """The tables that it needs: the partner is ``p``."""
        return SQL(
            """
            res_partner p
            LEFT JOIN res_partner h ON h.id = p.commercial_partner_id
            LEFT JOIN res_company c ON c.id = COALESCE(p.company_id, h.company_id)
            LEFT JOIN res_partner cp ON cp.id = c.partner_id
            LEFT JOIN res_country own ON own.id = p.country_id
            LEFT JOIN res_country head ON head.id = h.country_id
            LEFT JOIN res_country company ON company.id = cp.country_id
            """
        )

    @api.model
    def _digest_sql(self):
        """SQL of what :meth:`_classify` reads of a partner ``p``; NULL if nothing."""
        names = [*self.env["res.partner"]._contact_kpi_phone_fields(), "email"]
        texts = [SQL.identifier("p", name) for name in names]
        return SQL(
            """CASE WHEN btrim(concat(%s)) != ''
                    THEN hashtext(concat_ws('|', %s, p.country_id, p.company_id,
                                            p.active, p.commercial_partner_id))
               END""",
            SQL(", ").join(texts),
            SQL(", ").join(SQL("COALESCE(%s, '')", text) for text in texts),
        )

    @api.model
    def _verify(self):
        """Classify what was changed past the hooks, by SQL or by a lost write.

        Two looks at the partners, which only read, so that PostgreSQL may share
        them among processes; and work only for what differs. Contacts that the
        batches have yet to reach are left to them.
        """
        latest = self.search(Domain.TRUE, limit=1)
        reached = SQL("TRUE")
        if latest.state == "running":
            reached = SQL("p.id <= %s", latest.last_partner_id or 0)
        self.env.flush_all()
        stale = [
            row[0]
            for row in self.env.execute_query(
                SQL(
                    "SELECT p.id FROM res_partner p"
                    " WHERE p.contact_digest IS DISTINCT FROM %s AND %s",
                    self._digest_sql(),
                    reached,
                )
            )
        ]
        if stale:
            # Contacts are read in the country of their head, too.
            family = self.env.execute_query(
                SQL(
                    "SELECT id FROM res_partner"
                    " WHERE id = ANY(%s) OR commercial_partner_id = ANY(%s)",
                    stale,
                    stale,
                )
            )
            self._classify([row[0] for row in family])
        if wrong := self._wrong_families():
            self._classify_families(wrong)

    @api.model
    def _wrong_families(self):
        """Ids of partners whose family's best contact is not what is on record.

        Most customers are alone: only what others in their family have informed
        is ranked and grouped.
        """
        aspects = self._aspects()

        def wrong(aspect):
            return SQL(
                """p.%(family)s IS DISTINCT FROM
                   CASE WHEN p.commercial_partner_id != p.id THEN NULL
                        WHEN others.id IS NULL
                        THEN CASE WHEN p.active THEN p.%(own)s END
                        ELSE (%(kinds)s::varchar[])[LEAST(
                             CASE WHEN p.active THEN %(rank)s END, others.%(family)s)]
                   END""",
                family=SQL.identifier(aspect.family),
                own=SQL.identifier(aspect.own),
                kinds=[kind.value for kind in aspect.kinds],
                rank=self._rank_sql(aspect, "p"),
            )

        rows = self.env.execute_query(
            SQL(
                """
                SELECT p.id
                  FROM res_partner p
                  LEFT JOIN (
                    SELECT m.commercial_partner_id AS id, %(best)s
                      FROM res_partner m
                     WHERE m.active
                       -- Of a CASE, PostgreSQL expects one in two, not nearly all.
                       AND CASE WHEN m.commercial_partner_id = m.id THEN FALSE
                                ELSE TRUE END
                       AND (%(informed)s)
                     GROUP BY m.commercial_partner_id
                  ) others ON others.id = p.id
                 WHERE p.commercial_partner_id IS NOT NULL AND (%(wrong)s)
                """,
                best=SQL(", ").join(
                    SQL(
                        "MIN(%s) AS %s",
                        self._rank_sql(aspect),
                        SQL.identifier(aspect.family),
                    )
                    for aspect in aspects
                ),
                informed=SQL(" OR ").join(
                    SQL("m.%s IS NOT NULL", SQL.identifier(aspect.own))
                    for aspect in aspects
                ),
                wrong=SQL(" OR ").join(map(wrong, aspects)),
            )
        )
        return [row[0] for row in rows]

    @api.model
    def _classify_families(self, partner_ids):
        """Write the best contact of each family on its head, where it differs.

        :param partner_ids: of these partners' families only; None for all
        """
        aspects = self._aspects()
        names = [SQL.identifier(aspect.family) for aspect in aspects]
        best = [
            SQL(
                "(%s::varchar[])[best.%s]",
                [kind.value for kind in aspect.kinds],
                name,
            )
            for aspect, name in zip(aspects, names, strict=True)
        ]
        rows = self.env.execute_query(
            SQL(
                """
                WITH head AS (
                    SELECT DISTINCT commercial_partner_id AS id FROM res_partner
                     WHERE %(among)s
                ),
                best AS (
                    SELECT m.commercial_partner_id AS id, %(ranks)s
                      FROM res_partner m
                     WHERE m.commercial_partner_id IN (SELECT id FROM head)
                     GROUP BY m.commercial_partner_id
                    UNION ALL
                    -- Part of another family now: speaks for itself no longer.
                    SELECT p.id, %(nothing)s FROM res_partner p
                     WHERE %(among_p)s AND p.commercial_partner_id != p.id
                )
                UPDATE res_partner p
                   SET %(updates)s
                  FROM best
                 WHERE p.id = best.id
                   AND (%(present)s) IS DISTINCT FROM (%(best)s)
                RETURNING p.id
                """,
                among=self._among("id", partner_ids),
                among_p=self._among("p.id", partner_ids),
                ranks=SQL(", ").join(
                    SQL(
                        "MIN(%s) FILTER (WHERE m.active) AS %s",
                        self._rank_sql(aspect),
                        name,
                    )
                    for aspect, name in zip(aspects, names, strict=True)
                ),
                nothing=SQL(", ").join(SQL("NULL") for _aspect in aspects),
                updates=SQL(", ").join(
                    SQL("%s = %s", name, value)
                    for name, value in zip(names, best, strict=True)
                ),
                present=SQL(", ").join(SQL("p.%s", name) for name in names),
                best=SQL(", ").join(best),
            )
        )
        changed = [row[0] for row in rows]
        self.env["res.partner"].browse(changed).invalidate_recordset(
            self.env["res.partner"]._contact_kpi_family_fields(), flush=False
        )
        return changed

    @api.model
    def _among(self, column, ids):
        """SQL: is the column one of these? True for all when ids is None."""
        if ids is None:
            return SQL("TRUE")
        return SQL("%s = ANY(%s)", SQL.identifier(*column.split(".")), list(ids))

    @api.model
    def _rank_sql(self, aspect, alias="m"):
        """SQL of the rank of a partner's own answer, 1 for the best, NULL for none."""
        return SQL(
            "array_position(%s::varchar[], %s)",
            [kind.value for kind in aspect.kinds],
            SQL.identifier(alias, aspect.own),
        )
