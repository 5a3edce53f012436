# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL

from ...tools.contact import EmailKind, best_phone, classify_email, read_phones

LAST = 2147483647  # after every tracked change


class ContactKpiHistory(models.Model):
    """Rebuilds the gaps of a batch from tracked changes, in one set-based statement.

    Texts are classified in Python and not stored: PostgreSQL gets ranks of kinds, and
    numbers that tell whether two texts are the same contact.
    """

    _inherit = "contact.kpi.history"

    @api.model
    def _tracked(self, name):
        """Id of a tracked partner field's ``ir.model.fields``; 0 if not tracked."""
        field = self.env["res.partner"]._fields.get(name)
        if not getattr(field, "tracking", None):
            return 0
        return self.env["ir.model.fields"]._get("res.partner", name).id

    def _rebuild(self, ids):
        """Rebuild the gaps of these commercial entities before observation; idempotent.

        Gaps that closed again are added, unless they overlap one in the ledger; gaps
        found at the start get their true opening. Customers whose changes contradict
        each other, or the ledger, keep what was observed and are noted as unknown.

        :return: numbers of customers looked at, of gaps that the rebuilt past has, and
            of unknown customers
        """
        self.ensure_one()
        kpi = self.indicator_id
        lacking = kpi._lacking_by_kind()
        changes, typed = self._read_chatter(ids)
        ledger = self.env["contact.kpi.gap"]
        names = ledger._segment_names()
        self.env.flush_all()
        [counts] = self.env.execute_query(
            SQL(
                """
                WITH lacking (phone, email, missing) AS (VALUES %(lacking)s),
                day (company_id, zone, starts_at) AS (VALUES %(days)s),
                head AS (
                    SELECT found.*, %(head_since)s AS since
                      FROM (%(found)s) AS found
                     WHERE (found.create_date < %(observed)s) IS NOT FALSE
                ),
                %(kinds)s,
                %(spells)s,
                %(doubts)s,
                tenure AS (%(tenure)s),
                kept AS (
                    SELECT spell.*, head.company_id, head.user_id, %(head_segments)s,
                           (spell.opened_at AT TIME ZONE 'UTC'
                               AT TIME ZONE day.zone)::date AS opened_on,
                           (spell.closed_at AT TIME ZONE 'UTC'
                               AT TIME ZONE day.zone)::date AS closed_on,
                           (spell.closed_before > COALESCE(doubt.until, '-infinity'))
                               IS TRUE AS came_back,
                           CASE WHEN tenure.partner_id IS NULL THEN head.user_id
                                ELSE tenure.user_id END AS opening_user_id,
                           credited.id AS closed_by_id
                      FROM spell
                      JOIN head ON head.id = spell.head_id
                      JOIN day ON day.company_id = COALESCE(head.company_id, 0)
                      LEFT JOIN unsure ON unsure.head_id = head.id
                      LEFT JOIN doubt ON doubt.head_id = head.id
                      LEFT JOIN tenure ON tenure.partner_id = head.id
                            AND tenure.since <= spell.opened_at
                            AND tenure.until > spell.opened_at
                      LEFT JOIN res_users credited ON credited.id = spell.closed_by
                            AND NOT credited.share AND credited.id != %(nobody)s
                     WHERE unsure.head_id IS NULL
                       AND (spell.closed_at >= day.starts_at) IS NOT FALSE
                ),
                added AS (
                    INSERT INTO contact_kpi_gap
                           (indicator_id, partner_id, company_id, user_id,
                            opening_user_id, opened_at, opened_on, closed_at,
                            closed_on, close_reason, closed_by_id, came_back,
                            days_to_complete, origin, priority, %(columns)s)
                    SELECT %(kpi)s, head_id, company_id, user_id,
                           opening_user_id, opened_at, opened_on, closed_at,
                           closed_on, 'completed', closed_by_id, came_back,
                           EXTRACT(EPOCH FROM closed_at - opened_at) / 86400,
                           'reconstructed', '0', %(columns)s
                      FROM kept
                     WHERE closed_at IS NOT NULL
                       AND NOT EXISTS (
                        SELECT 1 FROM contact_kpi_gap g
                         WHERE g.partner_id = kept.head_id
                           AND g.indicator_id = %(kpi)s
                           AND g.opened_at < kept.closed_at
                           AND (g.closed_at > kept.opened_at) IS NOT FALSE)
                    RETURNING %(returned)s
                ),
                dated AS (
                    UPDATE contact_kpi_gap g
                       SET opened_at = kept.opened_at, opened_on = kept.opened_on,
                           opening_user_id = kept.opening_user_id,
                           came_back = kept.came_back, origin = 'reconstructed',
                           days_to_complete = CASE
                               WHEN g.close_reason = 'completed'
                               THEN EXTRACT(EPOCH FROM g.closed_at - kept.opened_at)
                                    / 86400
                           END
                      FROM kept
                     WHERE kept.closed_at IS NULL AND g.partner_id = kept.head_id
                       AND g.indicator_id = %(kpi)s AND g.origin = 'initial'
                    RETURNING %(dated_returned)s
                ),
                %(versions)s,
                noted AS (
                    INSERT INTO contact_kpi_history_unknown (indicator_id, partner_id)
                    SELECT %(kpi)s, head_id FROM unsure
                    ON CONFLICT DO NOTHING
                )
                SELECT (SELECT COUNT(*) FROM head), (SELECT COUNT(*) FROM kept),
                       (SELECT COUNT(*) FROM unsure)
                """,
                lacking=SQL(", ").join(SQL("(%s, %s, %s)", *row) for row in lacking),
                days=self.env["res.company"]
                ._contact_kpi_series()
                .ends_sql(self._day_before_known()),
                head_since=self._since_sql("found"),
                found=kpi._found(ids),
                observed=self._observed_sql(),
                kinds=self._kinds_sql(changes, typed),
                spells=self._spells_sql(),
                doubts=self._doubts_sql(),
                tenure=self._tenure_sql(ids),
                head_segments=SQL(", ").join(
                    SQL.identifier("head", name) for name in names
                ),
                columns=ledger._segment_columns(),
                returned=self._written_sql("contact_kpi_gap"),
                dated_returned=self._written_sql("g"),
                versions=self._versions_sql(),
                nobody=SUPERUSER_ID,
                kpi=kpi.id,
            )
        )
        ledger.invalidate_model(flush=False)
        return counts

    def _day_before_known(self):
        return fields.Date.subtract(self.known_from, days=1)

    def _observed_sql(self):
        return SQL("%s::timestamp", self.observed_from)

    @api.model
    def _since_sql(self, alias):
        """SQL of when a partner was created, to the second; -infinity if unknown."""
        return SQL(
            "COALESCE(date_trunc('second', %s), '-infinity'::timestamp)",
            SQL.identifier(alias, "create_date"),
        )

    # -- reading: the only place that sees texts --------------------------------

    @api.model
    def _contact_fields(self):
        """Names of the fields that hold contacts; the last one is the e-mail."""
        return [*self.env["res.partner"]._contact_kpi_phone_fields(), "email"]

    def _read_chatter(self, ids):
        """Classify tracked values of these customers' families, and present ones.

        A slot is the position of a field in :meth:`_contact_fields`, a rank that of a
        kind, 1 for the best and 0 for none, a contact a number that equal ones share.

        :return: changes, as (tracking value id, slot, rank before, rank after,
            contact before, contact after), and, of partners with changes, the
            present value of every slot, as (partner id, slot, rank, contact)
        """
        names = self._contact_fields()
        tracked = {self._tracked(name): slot for slot, name in enumerate(names)}
        values = self.env.execute_query(
            SQL(
                """
                SELECT p.id, tv.id, tv.field_id, tv.old_value_char, tv.new_value_char
                  FROM res_partner p
                  JOIN mail_message msg ON msg.model = 'res.partner'
                                       AND msg.res_id = p.id
                  JOIN mail_tracking_value tv ON tv.mail_message_id = msg.id
                 WHERE p.commercial_partner_id = ANY(%s) AND tv.field_id = ANY(%s)
                """,
                list(ids),
                [field_id for field_id in tracked if field_id],
            )
        )
        ruleset = self.env["contact.kpi.ruleset"]
        present = self.env.execute_query(
            SQL(
                "SELECT p.id, %s, %s FROM %s WHERE p.id = ANY(%s)",
                ruleset._reading_sql(),
                SQL(", ").join(SQL.identifier("p", name) for name in names),
                ruleset._reading_tables_sql(),
                list({row[0] for row in values}),
            )
        )
        texts = self.env["contact.kpi.placeholder"]._texts() if values else ()
        phone_aspect, email_aspect = self.indicator_id._aspects_rebuilt()
        # The tax ID is today's: its past is not tracked.
        reading = {row[0]: (row[1], texts, row[2]) for row in present}
        contacts, seen = {}, {}

        def look(partner_id, slot, text):
            """Rank of a text's kind, and the number of its contact."""
            text = (text or "").strip()
            is_email = slot == len(names) - 1
            place = None if is_email else reading[partner_id]
            if (is_email, place, text) not in seen:
                if is_email:
                    kind = classify_email(text, texts)
                    same = text.lower() if kind == EmailKind.VALID else None
                    rank = email_aspect.rank([kind] if kind else [])
                else:
                    phones = read_phones(text, *place)
                    same = phones and best_phone(phones).e164 or None
                    rank = phone_aspect.rank(phones)
                contact = contacts.setdefault((rank, same), len(contacts))
                seen[is_email, place, text] = rank, contact
            return seen[is_email, place, text]

        changes = []
        for partner_id, value_id, field_id, old, new in values:
            slot = tracked[field_id]
            was, old_contact = look(partner_id, slot, old)
            becomes, new_contact = look(partner_id, slot, new)
            changes.append((value_id, slot, was, becomes, old_contact, new_contact))
        typed = [
            (partner_id, slot, *look(partner_id, slot, text))
            for partner_id, _country, _tax_id, *now in present
            for slot, text in enumerate(now)
        ]
        return changes, typed

    # -- one statement, in parts --------------------------------------------------

    def _kinds_sql(self, changes, typed):
        """CTEs ``member``, ``chain`` and ``taken``: which kind a contact took when.

        A chain ends with the present value. At creation a field had the old value of
        its first change, or else its present one.
        """
        ruleset = self.env["contact.kpi.ruleset"]
        untracked = [name for name in self._contact_fields() if not self._tracked(name)]
        phone, email = self.indicator_id._aspects_rebuilt()
        return SQL(
            """
            member AS (
                SELECT m.id, head.id AS head_id, m.active, m.create_uid AS uid,
                       %(since)s AS since,
                       COALESCE(%(phone_rank)s, 0) AS phone,
                       COALESCE(%(email_rank)s, 0) AS email,
                       %(untold)s AS untold
                  FROM head JOIN res_partner m ON m.commercial_partner_id = head.id
            ),
            change AS (
                SELECT member.id AS partner_id, read.slot,
                       date_trunc('second', msg.date) AS at,
                       read.id, tv.create_uid AS uid, read.was, read.becomes,
                       read.old_contact, read.new_contact
                  FROM unnest(%(changes)s)
                    AS read (id, slot, was, becomes, old_contact, new_contact)
                  JOIN mail_tracking_value tv ON tv.id = read.id
                  JOIN mail_message msg ON msg.id = tv.mail_message_id
                  JOIN member ON member.id = msg.res_id
            ),
            typed (partner_id, slot, rank, contact) AS (
                SELECT * FROM unnest(%(typed)s)
            ),
            chain AS (
                SELECT link.*, LAG(at) OVER links AS before_at,
                       LAG(becomes) OVER links AS before,
                       LAG(new_contact) OVER links AS before_contact
                  FROM (SELECT * FROM change
                         UNION ALL
                        SELECT typed.partner_id, typed.slot, 'infinity', %(last)s,
                               NULL, typed.rank, typed.rank, typed.contact,
                               typed.contact
                          FROM typed) AS link
                WINDOW links AS (PARTITION BY partner_id, slot ORDER BY at, id)
            ),
            taken (head_id, active, is_email, at, id, uid, rank, before) AS (
                SELECT member.head_id, member.active, chain.slot = %(email_slot)s,
                       member.since, 0, member.uid, chain.was, 0
                  FROM chain JOIN member ON member.id = chain.partner_id
                 WHERE chain.before_at IS NULL
                 UNION ALL
                SELECT member.head_id, member.active, chain.slot = %(email_slot)s,
                       chain.at, chain.id, chain.uid, chain.becomes,
                       COALESCE(chain.before, chain.was)
                  FROM chain JOIN member ON member.id = chain.partner_id
                 WHERE chain.id != %(last)s
                 UNION ALL
                SELECT head_id, active, FALSE, since, 0, uid, phone, 0 FROM member
                 WHERE id NOT IN (SELECT partner_id FROM typed)
                 UNION ALL
                SELECT head_id, active, TRUE, since, 0, uid, email, 0 FROM member
                 WHERE id NOT IN (SELECT partner_id FROM typed)
            )""",
            since=self._since_sql("m"),
            phone_rank=ruleset._rank_sql(phone),
            email_rank=ruleset._rank_sql(email),
            untold=SQL(" OR ").join(
                [
                    SQL("FALSE"),
                    *(
                        SQL("btrim(m.%s) != ''", SQL.identifier(name))
                        for name in untracked
                    ),
                ]
            ),
            changes=self._arrays(changes, 6),
            typed=self._arrays(typed, 4),
            last=LAST,
            email_slot=len(self._contact_fields()) - 1,
        )

    @api.model
    def _arrays(self, rows, width):
        """SQL of rows of integers as one array per column, for ``unnest``."""
        columns = zip(*rows, strict=True) if rows else [()] * width
        return SQL(", ").join(SQL("%s::int[]", list(column)) for column in columns)

    def _spells_sql(self):
        """CTEs ``state`` and ``spell``: the family's best, and when it lacked it.

        The number of a family's contacts of each kind is a running sum, so that its
        size does not matter. Archiving is not tracked: summed with archived contacts,
        and without.
        """
        phone, email = self.indicator_id._aspects_rebuilt()
        kinds = [
            (is_email, rank)
            for is_email, aspect in ((False, phone), (True, email))
            for rank in range(1, len(aspect.kinds) + 1)
        ]
        counted = {
            (is_email, rank, everybody): SQL.identifier(
                f"{('phone', 'email')[is_email]}_{rank}{('', '_all')[everybody]}"
            )
            for is_email, rank in kinds
            for everybody in (False, True)
        }

        def best(is_email, everybody):
            whens = SQL(" ").join(
                SQL("WHEN %s > 0 THEN %s", column, key[1])
                for key, column in counted.items()
                if (key[0], key[2]) == (is_email, everybody)
            )
            return SQL("CASE %s ELSE 0 END", whens)

        return SQL(
            """
            moment AS (
                SELECT head_id, at,
                       (ARRAY_AGG(uid ORDER BY id DESC)
                            FILTER (WHERE n = 1 AND rank > 0))[1] AS uid,
                       %(counts)s
                  FROM (SELECT head_id, active, is_email, at, id, uid, rank, 1 AS n
                          FROM taken
                         UNION ALL
                        SELECT head_id, active, is_email, at, id, uid, before, -1
                          FROM taken WHERE before > 0) AS step
                 WHERE at < %(observed)s
                 GROUP BY head_id, at
            ),
            running AS (
                SELECT head_id, at, uid, %(sums)s
                  FROM moment WINDOW so_far AS (PARTITION BY head_id ORDER BY at)
            ),
            best AS (
                SELECT head_id, at, uid, %(phone)s AS phone, %(email)s AS email,
                       %(phone_all)s AS phone_all, %(email_all)s AS email_all
                  FROM running
            ),
            state AS (
                SELECT best.head_id, best.at, best.uid, sure.missing,
                       sure.missing != other.missing AS doubtful,
                       LAG(sure.missing) OVER states AS before,
                       LEAD(best.at) OVER states AS next_at
                  FROM best
                  JOIN lacking sure ON (sure.phone, sure.email)
                                     = (best.phone, best.email)
                  JOIN lacking other ON (other.phone, other.email)
                                      = (best.phone_all, best.email_all)
                WINDOW states AS (PARTITION BY best.head_id ORDER BY best.at)
            ),
            turn AS (
                SELECT head_id, at, missing, LEAD(at) OVER turns AS until,
                       LEAD(uid) OVER turns AS until_uid
                  FROM state
                 WHERE missing IS DISTINCT FROM before
                WINDOW turns AS (PARTITION BY head_id ORDER BY at)
            ),
            spell AS (
                SELECT turn.head_id, GREATEST(turn.at, head.since) AS opened_at,
                       turn.until AS closed_at, turn.until_uid AS closed_by,
                       LAG(turn.until) OVER (PARTITION BY turn.head_id
                                             ORDER BY turn.at) AS closed_before
                  FROM turn JOIN head ON head.id = turn.head_id
                 WHERE turn.missing AND (turn.until > head.since) IS NOT FALSE
            )""",
            counts=SQL(", ").join(
                SQL(
                    "COALESCE(SUM(n) FILTER (WHERE is_email = %s AND rank = %s AND %s),"
                    " 0) AS %s",
                    is_email,
                    rank,
                    SQL("TRUE") if everybody else SQL("active"),
                    column,
                )
                for (is_email, rank, everybody), column in counted.items()
            ),
            sums=SQL(", ").join(
                SQL("SUM(%s) OVER so_far AS %s", column, column)
                for column in counted.values()
            ),
            phone=best(False, False),
            email=best(True, False),
            phone_all=best(False, True),
            email_all=best(True, True),
            observed=self._observed_sql(),
        )

    def _doubts_sql(self):
        """CTEs ``doubt`` (until when nothing is sure) and ``unsure`` (customers).

        A doubt matters when it reaches into the rebuilt past, by itself or by a
        gap whose opening it covers.
        """
        return SQL(
            """
            doubt AS (
                SELECT head_id, MAX(until) AS until
                  FROM (
                    -- Changed without a trace, between two traces or since the last.
                    SELECT member.head_id, chain.at AS until
                      FROM chain JOIN member ON member.id = chain.partner_id
                     WHERE chain.before_contact != chain.old_contact
                       AND chain.before_at < %(observed)s
                     UNION ALL
                    -- Changed before it existed: taken over from a merged one.
                    SELECT member.head_id, 'infinity'
                      FROM change JOIN member ON member.id = change.partner_id
                     WHERE change.at < member.since
                     UNION ALL
                    SELECT head_id, 'infinity' FROM member WHERE untold
                     UNION ALL
                    SELECT head_id, COALESCE(next_at, 'infinity') FROM state
                     WHERE doubtful
                     UNION ALL
                    -- A contact that came from another family, or went to one.
                    SELECT family.head_id, msg.date
                      FROM mail_tracking_value tv
                      JOIN mail_message msg ON msg.id = tv.mail_message_id
                                           AND msg.model = 'res.partner'
                      JOIN res_partner p ON p.id = msg.res_id
                                        AND p.is_company IS NOT TRUE
                      LEFT JOIN res_partner o ON o.id = tv.old_value_integer
                      LEFT JOIN res_partner n ON n.id = tv.new_value_integer
                     CROSS JOIN LATERAL (
                        VALUES (p.commercial_partner_id), (o.commercial_partner_id),
                               (n.commercial_partner_id)) AS family (head_id)
                     WHERE tv.field_id = %(parent)s AND msg.date < %(observed)s
                       AND o.commercial_partner_id
                           IS DISTINCT FROM n.commercial_partner_id
                     UNION ALL
                    -- Merged into it: the other's contacts, and its traces.
                    SELECT member.head_id, msg.date
                      FROM mail_message msg JOIN member ON member.id = msg.res_id
                     WHERE msg.model = 'res.partner' AND msg.date < %(observed)s
                       AND msg.body LIKE '%%&gt; (ID %%'
                  ) AS reason
                 GROUP BY head_id
            ),
            reach AS (
                SELECT spell.head_id, MIN(spell.opened_at) AS opened_at,
                       bool_or(spell.closed_at IS NULL) AS missing
                  FROM spell
                  JOIN head ON head.id = spell.head_id
                  JOIN day ON day.company_id = COALESCE(head.company_id, 0)
                 WHERE (spell.closed_at >= day.starts_at) IS NOT FALSE
                 GROUP BY spell.head_id
            ),
            at_start AS (
                SELECT DISTINCT g.partner_id AS head_id
                  FROM contact_kpi_gap g JOIN head ON head.id = g.partner_id
                 WHERE g.indicator_id = %(kpi)s
                   AND (g.origin = 'initial'
                        OR (g.origin = 'reconstructed' AND g.opened_at < %(observed)s
                            AND (g.closed_at >= %(observed)s) IS NOT FALSE))
            ),
            unsure AS (
                SELECT head.id AS head_id
                  FROM head
                  JOIN day ON day.company_id = COALESCE(head.company_id, 0)
                  LEFT JOIN doubt ON doubt.head_id = head.id
                  LEFT JOIN reach ON reach.head_id = head.id
                  LEFT JOIN at_start ON at_start.head_id = head.id
                 WHERE doubt.until > day.starts_at
                    OR reach.opened_at < doubt.until
                    OR reach.opened_at = '-infinity'
                    OR (reach.missing IS TRUE) != (at_start.head_id IS NOT NULL)
            )""",
            observed=self._observed_sql(),
            parent=self._tracked("parent_id"),
            kpi=self.indicator_id.id,
        )

    @api.model
    def _written_sql(self, table):
        """SQL of the columns of a gap that :meth:`_versions_sql` reads."""
        names = ["id", "partner_id", "opening_user_id", "opened_at", "opened_on"]
        names += ["closed_at", "closed_on", "company_id"]
        names += self.env["contact.kpi.gap"]._segment_names()
        return SQL(", ").join(SQL.identifier(table, name) for name in names)

    def _versions_sql(self):
        """CTEs that insert the versions of rebuilt gaps, by day: their salespeople.

        A gap found at the start may have versions since observation began: the first of
        these then begins where the rebuilt ones end.
        """
        names = ["company_id", *self.env["contact.kpi.gap"]._segment_names()]
        return SQL(
            """
            written AS (SELECT * FROM added UNION ALL SELECT * FROM dated),
            piece AS (
                SELECT written.id, tenure.user_id, tenure.since,
                       -- What changed on the opening's day was so from the opening.
                       CASE WHEN tenure.since > written.opened_at THEN
                           NULLIF((tenure.since AT TIME ZONE 'UTC'
                                   AT TIME ZONE day.zone)::date, written.opened_on)
                       END AS since_on
                  FROM written
                  JOIN day ON day.company_id = COALESCE(written.company_id, 0)
                  JOIN tenure ON tenure.partner_id = written.partner_id
                   AND tenure.until > written.opened_at
                   AND tenure.since < LEAST(COALESCE(written.closed_at, 'infinity'),
                                            %(observed)s)
            ),
            day_end AS (
                SELECT DISTINCT ON (piece.id, piece.since_on) piece.*
                  FROM piece JOIN written ON written.id = piece.id
                 WHERE (piece.since_on >= written.closed_on) IS NOT TRUE
                 ORDER BY piece.id, piece.since_on, piece.since DESC
            ),
            version AS (
                SELECT id, user_id, since_on,
                       LEAD(since_on) OVER days AS until_on, COUNT(*) OVER whole AS n
                  FROM (SELECT day_end.*, ROW_NUMBER() OVER days AS place,
                               LAG(user_id) OVER days AS before
                          FROM day_end
                        WINDOW days AS (PARTITION BY id ORDER BY since_on NULLS FIRST)
                       ) AS held
                 WHERE place = 1 OR user_id IS DISTINCT FROM before
                WINDOW days AS (PARTITION BY id ORDER BY since_on NULLS FIRST),
                       whole AS (PARTITION BY id)
            ),
            begun AS (
                UPDATE contact_kpi_gap_segment v
                   SET since = version.since_on
                  FROM version
                 WHERE v.gap_id = version.id AND v.since IS NULL
                   AND version.n > 1 AND version.until_on IS NULL
            ),
            versioned AS (
                INSERT INTO contact_kpi_gap_segment
                       (gap_id, since, until, user_id, %(columns)s)
                SELECT version.id, version.since_on, version.until_on,
                       version.user_id, %(values)s
                  FROM version JOIN written ON written.id = version.id
                 WHERE (version.n > 1
                        OR version.user_id IS DISTINCT FROM written.opening_user_id)
                   AND (version.until_on IS NOT NULL
                        OR NOT EXISTS (SELECT 1 FROM contact_kpi_gap_segment v
                                        WHERE v.gap_id = version.id))
            )""",
            observed=self._observed_sql(),
            columns=SQL(", ").join(map(SQL.identifier, names)),
            values=SQL(", ").join(SQL.identifier("written", name) for name in names),
        )

    @api.model
    def _tenure_sql(self, ids=None):
        """SQL of customers' salespeople over time: partner_id, since, until, user_id.

        Only of customers whose salesperson ever changed; ``until`` is exclusive. NULL
        where the changes contradict each other, or the user was deleted.
        """
        return SQL(
            """
            SELECT link.partner_id, COALESCE(link.before_at, '-infinity') AS since,
                   link.at AS until, u.id AS user_id
              FROM (
                SELECT partner_id, at, was, LAG(at) OVER links AS before_at,
                       LAG(becomes) OVER links AS before
                  FROM (
                    SELECT msg.res_id AS partner_id,
                           date_trunc('second', msg.date) AS at, tv.id,
                           COALESCE(tv.old_value_integer, 0) AS was,
                           COALESCE(tv.new_value_integer, 0) AS becomes
                      FROM mail_tracking_value tv
                      JOIN mail_message msg ON msg.id = tv.mail_message_id
                                           AND msg.model = 'res.partner'
                     WHERE tv.field_id = %(field)s AND %(among)s
                     UNION ALL
                    SELECT p.id, 'infinity', %(last)s, COALESCE(p.user_id, 0), 0
                      FROM res_partner p
                     WHERE p.id IN (
                        SELECT msg.res_id
                          FROM mail_tracking_value tv
                          JOIN mail_message msg ON msg.id = tv.mail_message_id
                                               AND msg.model = 'res.partner'
                         WHERE tv.field_id = %(field)s AND %(among)s)
                  ) AS change
                WINDOW links AS (PARTITION BY partner_id ORDER BY at, id)
              ) AS link
              LEFT JOIN res_users u ON u.id = link.was
                    AND COALESCE(link.before, link.was) = link.was
            """,
            field=self._tracked("user_id"),
            among=SQL("TRUE")
            if ids is None
            else SQL("msg.res_id = ANY(%s)", list(ids)),
            last=LAST,
        )
