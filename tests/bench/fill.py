"""Fill a database for the benchmark, in SQL: customers first, later three years.

Runs inside Odoo's process, started by `./setup/bench` as `fill.py customers N` before
the addons are installed, as `fill.py services` once they are, and as `fill.py past`
after the first refresh.
Each kind of record is made once through Odoo and then copied with other values, so
that columns of whatever is installed are filled as Odoo fills them.
"""

import sys

from figures import configure, environment, refresh

import odoo.fields
from odoo.tools import SQL

SALESPEOPLE = 200
YEARS = 3
SERVICES = ("Revision", "Brakes", "Tyres", "Engine", "Clutch", "Air", "Body", "Other")
# How many orders, repairs, messages a customer has: most few, one in ten many. Drawn
# anew for each, because it names the customer.
MANY = """
    floor(%s * -ln(1 - random()) * CASE WHEN random() < 0.1 THEN 4 ELSE 1 END
          + 0 * p.id)::int
"""
ORDERS, REPAIRS, MESSAGES = SQL(MANY, 1.3), SQL(MANY, 0.9), SQL(MANY, 3)
# Of numbers and addresses as people type them; one in five is none.
PHONE = """
    CASE WHEN dice < %(mobile)s THEN format('(%%s) 9%%s-%%s', area, 1000 + a, 1000 + b)
         WHEN dice < %(landline)s THEN format('(%%s) 3%%s-%%s', area, 100 + a %% 900,
                                              1000 + b)
         WHEN dice < %(junk)s THEN (ARRAY['-', 'não tem', '(11) 0000-0000', '0'])[
                                   1 + a %% 4]
    END
"""


def superuser_shortcuts(env):
    """Leave out the checks of foreign keys, where the server allows that."""
    [(allowed,)] = env.execute_query(
        SQL("SELECT usesuper FROM pg_user WHERE usename = current_user")
    )
    if allowed:
        env.cr.execute("SET LOCAL session_replication_role = replica")
    env.cr.execute("SELECT setseed(0.42)")


def copy_rows(env, model, template, rows, **values):
    """Insert a copy of a record for each row of a query.

    :param template: the record to copy
    :param rows: SQL of the rows, known as ``row``
    :param values: SQL by name of column, instead of the template's
    """
    table = env[model]._table
    env.flush_all()
    columns = [
        name
        for (name,) in env.execute_query(
            SQL(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_name = %s AND column_name != 'id'",
                table,
            )
        )
    ]
    columns += ["id"] if "id" in values else []
    env.cr.execute(
        SQL(
            "INSERT INTO %s (%s) SELECT %s FROM %s AS t CROSS JOIN (%s) AS row"
            " WHERE t.id = %s",
            SQL.identifier(table),
            SQL(", ").join(map(SQL.identifier, columns)),
            SQL(", ").join(
                values.get(name, SQL.identifier("t", name)) for name in columns
            ),
            SQL.identifier(table),
            rows,
            template.id,
        )
    )
    env.invalidate_all()


def salespeople(env, number):
    """Return that many salespeople with their own documents, and a manager of all."""
    groups = {
        name: env.ref(f"sales_team.{name}")
        for name in ("group_sale_salesman", "group_sale_manager")
    }
    groups["group_partner_manager"] = env.ref("base.group_partner_manager")
    workshop = env.ref("stock.group_stock_user")
    typist = groups["group_sale_salesman"] | groups["group_partner_manager"]
    users = env["res.users"].with_context(no_reset_password=True, tracking_disable=True)
    people = users.create(
        [
            {"name": f"Person {n}", "login": f"person{n}", "group_ids": typist.ids}
            for n in range(number)
        ]
    )
    manager = typist | groups["group_sale_manager"] | workshop
    users.create(
        {"name": "Manager", "login": "bench_manager", "group_ids": manager.ids}
    )
    return people


def fill_customers(env, count):
    """Make customers, half as many contacts of companies, orders, repairs, chatter.

    One in ten is known by an order only. One in three belongs to the company, the
    others are shared. A state is the territory of seven salespeople, and of some of
    its neighbours'.
    """
    brazil = env.ref("base.br")
    company = env.ref("base.main_company")
    company.country_id = brazil
    company.resource_calendar_id.tz = "America/Sao_Paulo"
    people = salespeople(env, min(SALESPEOPLE, count))
    states = env["res.country.state"].search([("country_id", "=", brazil.id)])
    industries = env["res.partner.industry"].search([])
    quiet = env["res.partner"].with_context(tracking_disable=True)
    head = quiet.create({"name": "Customer", "customer_rank": 1, "lang": "en_US"})
    contact = quiet.create({"name": "Contact", "parent_id": head.id})
    order = env["sale.order"].create({"partner_id": head.id})
    repair = env["repair.order"].create({"partner_id": head.id})
    message = head.message_post(body="Called, nobody answered")
    superuser_shortcuts(env)
    first = contact.id + 1

    def texts(mobile, landline, junk):
        shares = {"mobile": mobile, "landline": landline, "junk": junk}
        phone = SQL(PHONE, **shares)
        return {
            "phone": phone,
            "phone_sanitized": SQL(
                "CASE WHEN dice < %s THEN '+55' || regexp_replace(%s, '\\D', '', 'g')"
                " END",
                landline,
                phone,
            ),
            "email": SQL(
                "CASE WHEN mail < 0.45 THEN 'p' || n || '@mail.example'"
                " WHEN mail < 0.48 THEN 'x@x' END"
            ),
            "email_normalized": SQL(
                "CASE WHEN mail < 0.45 THEN 'p' || n || '@mail.example' END"
            ),
            "create_date": SQL(
                "t.create_date - random() * %s * INTERVAL '1 year'", YEARS
            ),
        }

    random_columns = SQL(
        "random() AS dice, random() AS mail, (random() * 8999)::int AS a,"
        " (random() * 8999)::int AS b, 11 + (random() * 8)::int AS area"
    )
    copy_rows(
        env,
        "res.partner",
        head,
        SQL(
            """
            SELECT n, %s, random() < 0.4 AS firm, random() AS known,
                   power(random(), 2) AS whose, power(random(), 3) AS place,
                   random() AS trade, random() AS owner, random() AS kept
              FROM generate_series(0, %s - 1) AS n
            """,
            random_columns,
            count,
        ),
        id=SQL("%s + n", first),
        commercial_partner_id=SQL("%s + n", first),
        name=SQL("'Customer ' || n"),
        complete_name=SQL("'Customer ' || n"),
        is_company=SQL("firm"),
        active=SQL("kept < 0.97"),
        customer_rank=SQL("CASE WHEN known < 0.9 THEN 1 ELSE 0 END"),
        company_id=SQL("CASE WHEN owner < 0.33 THEN %s END", company.id),
        country_id=SQL("CASE WHEN known < 0.97 THEN %s END", brazil.id),
        state_id=SQL(
            "CASE WHEN known < 0.97 THEN (%s)[1 + floor(place * %s)] END",
            states.ids,
            len(states),
        ),
        industry_id=SQL(
            "CASE WHEN firm THEN (%s)[1 + floor(power(trade, 3) * %s)] END",
            industries.ids,
            len(industries),
        ),
        user_id=SQL(
            "CASE WHEN owner < 0.8 THEN (%(people)s)["
            "1 + (floor(place * 27) * 7 + floor(whose * 18))::int %% %(number)s] END",
            people=people.ids,
            number=len(people),
        ),
        city=SQL("'City ' || (place * 400)::int"),
        **texts(0.5, 0.65, 0.8),
    )
    copy_rows(
        env,
        "res.partner",
        contact,
        SQL(
            """
            SELECT n, %s, firms[1 + floor(random() * cardinality(firms))] AS firm
              FROM generate_series(0, %s - 1) AS n
             CROSS JOIN (SELECT array_agg(id) AS firms FROM res_partner
                          WHERE is_company AND id >= %s) AS heads
             WHERE cardinality(firms) > 0
            """,
            random_columns,
            count // 2,
            first,
        ),
        id=SQL("%s + n", first + count),
        parent_id=SQL("firm"),
        commercial_partner_id=SQL("firm"),
        name=SQL("'Contact ' || n"),
        complete_name=SQL("'Customer, Contact ' || n"),
        **texts(0.35, 0.4, 0.5),
    )
    env.cr.execute("SELECT setval('res_partner_id_seq', MAX(id)) FROM res_partner")
    heads = SQL("p.id >= %s AND p.id < %s", first, first + count)
    at = SQL("t.create_date - at * %s * INTERVAL '1 year'", YEARS)
    copy_rows(
        env,
        "sale.order",
        order,
        SQL(
            """
            SELECT p.id AS partner, p.user_id AS whose, random() AS at, random() AS how
              FROM res_partner p
             CROSS JOIN generate_series(1, GREATEST((p.customer_rank = 0)::int, %s))
             WHERE %s
            """,
            ORDERS,
            heads,
        ),
        name=SQL("'S' || partner"),
        access_token=SQL("NULL"),
        partner_id=SQL("partner"),
        partner_invoice_id=SQL("partner"),
        partner_shipping_id=SQL("partner"),
        user_id=SQL("whose"),
        create_date=at,
        date_order=at,
        state=SQL(
            "(ARRAY['sale', 'sale', 'sale', 'sent', 'draft', 'cancel'])["
            "1 + floor(how * 6)]"
        ),
        amount_total=SQL("(how * 1000)::int"),
    )
    copy_rows(
        env,
        "repair.order",
        repair,
        SQL(
            "SELECT p.id AS partner, random() AS at, random() AS how, random() AS soon"
            "  FROM res_partner p CROSS JOIN generate_series(1, %s) WHERE %s",
            REPAIRS,
            heads,
        ),
        name=SQL("'R' || partner"),
        partner_id=SQL("partner"),
        create_date=at,
        schedule_date=SQL("%s + soon * INTERVAL '20 days'", at),
        priority=SQL("CASE WHEN soon < 0.2 THEN '1' ELSE '0' END"),
        state=SQL(
            "(ARRAY['done', 'done', 'done', 'confirmed', 'draft', 'cancel'])["
            "1 + floor(how * 6)]"
        ),
    )
    copy_rows(
        env,
        "mail.message",
        message,
        SQL(
            "SELECT p.id AS partner, random() AS at"
            "  FROM res_partner p CROSS JOIN generate_series(1, %s) WHERE %s",
            MESSAGES,
            heads,
        ),
        res_id=SQL("partner"),
        message_id=SQL("NULL"),
        date=at,
        create_date=at,
    )
    fill_tracked(env, first)


def fill_tracked(env, first):
    """Let some messages tell that the customer's phone was entered then."""
    phone = env["ir.model.fields"]._get("res.partner", "phone")
    env.cr.execute(
        SQL(
            """
            INSERT INTO mail_tracking_value (field_id, mail_message_id, new_value_char)
            SELECT %s, MAX(m.id), p.phone
              FROM res_partner p
              JOIN mail_message m ON m.model = 'res.partner' AND m.res_id = p.id
             WHERE p.id >= %s AND p.id %% 3 = 0 AND p.phone IS NOT NULL
             GROUP BY p.id
            """,
            phone.id,
            first,
        )
    )


def fill_services(env):
    """Give three repairs in four a type of service; most are of the first types.

    The latest repair of each customer is kept in a table of the benchmark's own: what
    is grouped by it has no need to find it first.
    """
    types = env["mechanic.service.type"].create(
        [{"name": name, "code": f"bench_{name.lower()}"} for name in SERVICES]
    )
    superuser_shortcuts(env)
    env.cr.execute(
        SQL(
            "UPDATE repair_order SET service_type_id ="
            " (%s)[1 + floor(power(random(), 2) * %s)] WHERE random() < 0.75",
            types.ids,
            len(types),
        )
    )
    env.cr.execute(
        """
        CREATE TABLE bench_visit AS
        SELECT DISTINCT ON (p.commercial_partner_id)
               p.commercial_partner_id AS partner_id, r.service_type_id, r.priority
          FROM repair_order r JOIN res_partner p ON p.id = r.partner_id
         WHERE r.state != 'cancel'
         ORDER BY p.commercial_partner_id, r.create_date DESC
        """
    )


def fill_past(env):
    """Make three years of gaps, runs and facts out of today's.

    As retention leaves them: every day of the last months, before that the ends of
    weeks and months. One customer in five once lacked a contact and completed it.
    """
    superuser_shortcuts(env)
    fill_records(env, YEARS * 365)
    fill_gaps(env, YEARS * 365)
    fill_runs(env, YEARS * 365)
    fill_facts(env)
    run = env["contact.kpi.run"]
    run._write_totals(run.search(odoo.fields.Domain.TRUE))


def fill_records(env, days):
    """Have everybody been observed for so long: else no document is in any impact."""
    for table, column in (
        ("contact_kpi", "create_date"),
        ("contact_kpi_history", "observed_from"),
    ):
        env.cr.execute(
            SQL(
                "UPDATE %(table)s SET %(column)s = %(column)s"
                " - %(days)s * INTERVAL '1 day'",
                table=SQL.identifier(table),
                column=SQL.identifier(column),
                days=days + 1,
            )
        )


def fill_gaps(env, days):
    """Let the open gaps have an age, and make completed ones."""
    env.cr.execute(
        SQL(
            "UPDATE contact_kpi_gap SET opened_on = opened_on - age,"
            " opened_at = opened_at - age * INTERVAL '1 day', origin = 'observed'"
            " FROM (SELECT id AS gap, (power(random(), 2) * %s)::int AS age"
            "         FROM contact_kpi_gap) AS aged WHERE id = gap",
            days,
        )
    )
    gap = env["contact.kpi.gap"]
    for kpi in env["contact.kpi"].search(odoo.fields.Domain.TRUE):
        template = gap.search([("indicator_id", "=", kpi.id)], limit=1)
        if not template:
            continue
        copy_rows(
            env,
            "contact.kpi.gap",
            template,
            SQL(
                """
                SELECT p.*, 3 + (random() * %s)::int AS ago, random() AS lasted
                  FROM res_partner p
                 WHERE p.commercial_partner_id = p.id AND p.id %% 5 = 0
                   AND p.customer_rank > 0 AND p.active
                   AND NOT EXISTS (SELECT 1 FROM contact_kpi_gap g
                                    WHERE g.partner_id = p.id)
                """,
                days,
            ),
            partner_id=SQL("row.id"),
            opened_at=SQL("now()::date - ago + TIME '15:00'"),
            opened_on=SQL("now()::date - ago"),
            closed_at=SQL(
                "now()::date - ago + (lasted * (ago - 1))::int + TIME '18:00'"
            ),
            closed_on=SQL("now()::date - ago + (lasted * (ago - 1))::int"),
            close_reason=SQL("CASE WHEN lasted < 0.9 THEN 'completed' ELSE 'left' END"),
            closed_by_id=SQL("row.user_id"),
            days_to_complete=SQL(
                "CASE WHEN lasted < 0.9 THEN (lasted * (ago - 1))::int END"
            ),
            opening_user_id=SQL("row.user_id"),
            **{
                name: SQL("row.%s", SQL.identifier(name))
                for name in (
                    "company_id",
                    "user_id",
                    "is_company",
                    "industry_id",
                    "country_id",
                    "state_id",
                )
            },
        )


def fill_runs(env, days):
    """Make the final runs of that many days, less those that are thinned out."""
    run = env["contact.kpi.run"]
    for today in run.search([("state", "=", "provisional")]):
        copy_rows(
            env,
            "contact.kpi.run",
            today,
            SQL("SELECT generate_series(1, %s) AS ago", days),
            date=SQL("t.date - ago"),
            state=SQL("'done'"),
            evaluated_at=SQL("t.evaluated_at - ago * INTERVAL '1 day'"),
        )
    thinned = run._superfluous_sql(run._retention_days())
    env.cr.execute(
        SQL("DELETE FROM contact_kpi_run WHERE id IN (SELECT id FROM (%s) t)", thinned)
    )


def fill_facts(env):
    """Give each month the facts of today; one in thirty changed on one of its days.

    The only function of the benchmark that knows how facts are stored.
    """
    names = SQL(", ").join(
        SQL.identifier(name)
        for name, field in env["contact.kpi.fact"]._fields.items()
        if field.store and field.column_type and name not in ("id", "since", "until")
    )
    env.cr.execute(
        SQL(
            """
            CREATE TEMPORARY TABLE bench_fact ON COMMIT DROP AS
            SELECT %(names)s, month.since, month.until,
                   CASE WHEN random() < 1.0 / 30
                        THEN month.since + 1 + (random() * 26)::int END AS cut
              FROM (SELECT past.indicator_id AS kpi, past.company_id AS series,
                           MIN(past.date) AS since, MIN(today.date) AS until
                      FROM contact_kpi_run past
                      LEFT JOIN contact_kpi_run today
                        ON today.indicator_id = past.indicator_id
                       AND today.company_id IS NOT DISTINCT FROM past.company_id
                       AND today.state = 'provisional'
                       AND date_trunc('month', today.date)
                           = date_trunc('month', past.date)
                     WHERE past.state = 'done'
                     GROUP BY 1, 2, date_trunc('month', past.date)) AS month
              JOIN contact_kpi_fact f ON f.indicator_id = month.kpi
               AND f.company_id = COALESCE(month.series, 0)
            """,
            names=names,
        )
    )
    env.cr.execute(
        SQL(
            """
            INSERT INTO contact_kpi_fact (%(names)s, since, until)
            SELECT %(names)s, since, CASE WHEN cut < COALESCE(until, 'infinity')
                                          THEN cut ELSE until END
              FROM bench_fact ORDER BY since
            """,
            names=names,
        )
    )
    env.cr.execute(
        SQL(
            """
            INSERT INTO contact_kpi_fact (%(names)s, since, until)
            SELECT %(names)s, cut, until FROM bench_fact
             WHERE cut < COALESCE(until, 'infinity') ORDER BY cut
            """,
            names=names,
        )
    )


def fill_ends(env):
    """Keep the facts of each month's last runs in a table of the benchmark's own.

    They are what a trend by month has to read; read here as anybody may, however they
    are stored.
    """
    snapshot = env["contact.kpi.snapshot"]
    ends = env.execute_query(
        SQL(
            """
            SELECT DISTINCT ON (indicator_id, company_id, date_trunc('month', date)) id
              FROM contact_kpi_run WHERE state != 'failed'
             ORDER BY indicator_id, company_id, date_trunc('month', date), date DESC
            """
        )
    )
    rows = snapshot._search([("run_id", "in", [run for (run,) in ends])])
    names = ("indicator_id", "date", "user_id", "state_id", "customers", "missing")
    columns = (
        SQL(
            "%s AS %s",
            snapshot._field_to_sql(rows.table, name, rows),
            SQL.identifier(name),
        )
        for name in names
    )
    env.cr.execute(
        SQL(
            "CREATE TABLE bench_end AS %s",
            SQL("SELECT * FROM (%s) AS e ORDER BY indicator_id", rows.select(*columns)),
        )
    )
    env.cr.execute("CREATE INDEX ON bench_end (indicator_id)")


def vacuum(registry, statement="VACUUM (ANALYZE)"):
    """Vacuum as a database in use does by itself; its statistics are fresh."""
    with registry.cursor() as cursor:
        connection = cursor._cnx
        connection.rollback()
        connection.autocommit = True
        try:
            cursor.execute(statement)
        finally:
            connection.autocommit = False


def main(arguments):
    registry = configure()
    with environment(registry) as env:
        if arguments[0] == "customers":
            fill_customers(env, int(arguments[1]))
        elif arguments[0] == "services":
            fill_services(env)
        else:
            fill_past(env)
            fill_ends(env)
    if arguments[0] == "past":
        # Repairs what does not fit together in what was made up here.
        with environment(registry) as env:
            refresh(env)
    vacuum(registry)


if __name__ == "__main__":
    main(sys.argv[1:])
