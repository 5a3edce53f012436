# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import hashlib

from psycopg2.extensions import TransactionRollbackError

from odoo import SUPERUSER_ID, api, fields, models, tools
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.contact import (
    PHONE_RANK,
    RULES_VERSION,
    EmailKind,
    classify_email,
    classify_phone,
)

EMAIL_RANK = (EmailKind.VALID, EmailKind.INVALID, EmailKind.JUNK)
BATCH = 5000
CAUGHT_UP = "contact_kpi.caught_up"


class ContactKpiRuleset(models.Model):
    """A version of the rules that tell a contact from a placeholder.

    The rules are those of the library, the administrators' placeholders and the
    companies' countries. When one changes, all contacts are looked at again, in
    batches that can be interrupted: ``last_partner_id`` says how far.
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
        current = self.sudo().search(Domain.TRUE, limit=1)
        if current.key != key:
            current = self.sudo().create({"key": key})
        return current

    @api.model
    def _unseen_sql(self, table):
        """SQL: is there a contact in this customer's family that nobody looked at?

        :return: None when every contact has been; then it costs nothing
        """
        self.flush_model(["state", "last_partner_id"])
        rulesets = self.env.execute_query(
            SQL("SELECT state, last_partner_id FROM contact_kpi_ruleset ORDER BY id")
        ) or [("running", 0)]
        if "done" in (rulesets[0][0], rulesets[-1][0]):
            return None
        typed = SQL(" OR ").join(
            SQL("btrim(m.%s) != ''", SQL.identifier(name))
            for name in [*self.env["res.partner"]._contact_kpi_phone_fields(), "email"]
        )
        return SQL(
            """EXISTS (
                SELECT 1 FROM res_partner m
                 WHERE m.commercial_partner_id = %s AND m.active AND m.id > %s
                   AND m.contact_phone_kind IS NULL AND m.contact_email_kind IS NULL
                   AND (%s))""",
            SQL.identifier(table, "id"),
            rulesets[-1][1] or 0,
            typed,
        )

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
        [(remaining,)] = self.env.execute_query(
            SQL(
                "SELECT COUNT(*) FROM res_partner WHERE id > %s",
                ruleset.last_partner_id,
            )
        )
        if not remaining:
            ruleset.state = "done"
            self.env.ref("contact_kpi.ir_cron_refresh")._trigger()
            self.env["contact.kpi.history"]._trigger()
        return len(ids), remaining

    def _apply(self, partner_ids):
        """Look at these contacts; what it opens or closes is the rules' doing."""
        self.ensure_one()
        changed = self._classify(partner_ids)
        first = not self.search_count([("id", "<", self.id), ("state", "=", "done")])
        heads = self._heads(partner_ids) if first else changed
        kpis = self.env["contact.kpi"].search(Domain.TRUE)
        kpis.filtered(lambda kpi: kpi._reads_contacts())._reconcile_touched(
            dict.fromkeys(heads), cause="initial" if first else "redefined"
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
        partner = self.env["res.partner"]
        phones = partner._contact_kpi_phone_fields()
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT p.id, p.email, p.contact_phone_kind, p.contact_email_kind,
                       p.contact_digest, %(digest)s, %(country)s, %(phones)s
                  FROM %(tables)s
                 WHERE p.id = ANY(%(ids)s)
                """,
                tables=self._country_tables_sql(),
                country=self._country_sql(),
                digest=self._digest_sql(),
                phones=SQL(", ").join(SQL.identifier("p", name) for name in phones),
                ids=list(partner_ids),
            )
        )
        texts = self.env["contact.kpi.placeholder"]._texts() if rows else ()
        differing = []
        for pid, email, phone, mail, seen, digest, country, *numbers in rows:
            phone_kind = self._best_phone(numbers, country, texts)
            email_kind = classify_email(email, texts)
            new = [
                phone_kind and phone_kind.value,
                email_kind and email_kind.value,
                digest,
            ]
            if leave and seen == digest and leave(pid):
                continue
            if new != [phone, mail, seen]:
                differing.append((pid, *new))
        if differing:
            ids, phone_kinds, email_kinds, digests = map(
                list, zip(*differing, strict=True)
            )
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE res_partner p
                       SET contact_phone_kind = v.phone,
                           contact_email_kind = v.email,
                           contact_digest = v.digest
                      FROM unnest(%s::int[], %s::varchar[], %s::varchar[], %s::int[])
                        AS v (id, phone, email, digest)
                     WHERE p.id = v.id
                    """,
                    ids,
                    phone_kinds,
                    email_kinds,
                    digests,
                )
            )
            partner.browse(ids).invalidate_recordset(
                ["contact_phone_kind", "contact_email_kind", "contact_digest"],
                flush=False,
            )
        return self._classify_families(partner_ids)

    @api.model
    def _country_sql(self):
        """SQL of the country code that a partner's numbers are read in."""
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

        Two scans of the partners, and work only for what differs. Contacts that
        the batches have yet to reach are left to them.
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
                    """
                    SELECT m.id FROM res_partner p
                      JOIN res_partner m
                        ON m.id = p.id OR m.commercial_partner_id = p.id
                     WHERE p.contact_digest IS DISTINCT FROM %s AND %s
                    """,
                    self._digest_sql(),
                    reached,
                )
            )
        ]
        if stale:
            self._classify(stale)
        self._classify_families(None)

    @api.model
    def _best_phone(self, numbers, country, placeholders):
        kinds = {
            classify_phone(number, country, placeholders) for number in numbers
        } - {None}
        return min((phone.kind for phone in kinds), key=PHONE_RANK.index, default=None)

    @api.model
    def _classify_families(self, partner_ids):
        """Write the best contact of each family on its head, where it differs.

        :param partner_ids: of these partners' families only; None for all
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH head AS (
                    SELECT DISTINCT commercial_partner_id AS id FROM res_partner
                     WHERE %(among)s
                ),
                best AS (
                    SELECT m.commercial_partner_id AS id,
                           MIN(%(phone_rank)s) FILTER (WHERE m.active) AS phone,
                           MIN(%(email_rank)s) FILTER (WHERE m.active) AS email
                      FROM res_partner m
                     WHERE m.commercial_partner_id IN (SELECT id FROM head)
                     GROUP BY m.commercial_partner_id
                    UNION ALL
                    -- Part of another family now: speaks for itself no longer.
                    SELECT p.id, NULL, NULL FROM res_partner p
                     WHERE %(among_p)s AND p.commercial_partner_id != p.id
                )
                UPDATE res_partner p
                   SET customer_phone_kind = (%(phones)s::varchar[])[best.phone],
                       customer_email_kind = (%(emails)s::varchar[])[best.email]
                  FROM best
                 WHERE p.id = best.id
                   AND (p.customer_phone_kind, p.customer_email_kind) IS DISTINCT FROM
                       ((%(phones)s::varchar[])[best.phone],
                        (%(emails)s::varchar[])[best.email])
                RETURNING p.id
                """,
                among=self._among("id", partner_ids),
                among_p=self._among("p.id", partner_ids),
                phones=[kind.value for kind in PHONE_RANK],
                emails=[kind.value for kind in EMAIL_RANK],
                phone_rank=self._rank_sql("contact_phone_kind", PHONE_RANK),
                email_rank=self._rank_sql("contact_email_kind", EMAIL_RANK),
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
    def _rank_sql(self, column, kinds):
        """SQL of the rank of a kind, 1 for the best, NULL for none."""
        return SQL(
            "array_position(%s::varchar[], m.%s)",
            [kind.value for kind in kinds],
            SQL.identifier(column),
        )
