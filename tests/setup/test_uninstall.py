"""The workshop's addon can go and come back; the base works on, nothing is left."""

import json

import log_check

ADDON = "contact_kpi_mechanic"
LEFT = r"""
def rows(query):
    env.cr.execute(query)
    return sorted(map(list, env.cr.fetchall()))

names = "('contact_mobile_kind', 'customer_mobile_kind', 'mobile_reason',"
names += " 'urgency', 'service_type_id', 'service_type_color')"
left = {
    "columns": rows("SELECT table_name, column_name FROM information_schema.columns"
                    " WHERE column_name IN " + names),
    "fields": rows("SELECT model, name FROM ir_model_fields WHERE name IN " + names),
    "tables": rows("SELECT tablename FROM pg_tables WHERE tablename LIKE 'mechanic%'"),
    "data": rows("SELECT model, name FROM ir_model_data"
                 " WHERE module = 'contact_kpi_mechanic'"),
    "settings": rows("SELECT key FROM ir_config_parameter"
                     " WHERE key LIKE '%mobile%' OR key LIKE '%mechanic%'"),
    "rules": rows("SELECT id FROM contact_kpi_ruleset WHERE aspects LIKE '%mobile%'"),
    "facts": rows("SELECT s.id FROM contact_kpi_fact s JOIN contact_kpi k"
                  " ON k.id = s.indicator_id WHERE k.code = 'no_mobile'"),
}
"""
BEFORE = """
env["contact.kpi"].create({
    "name": "nobody's number", "code": "own",
    "gap_domain": "[('customer_mobile_kind', '=', False)]",
})
env.cr.commit()
"""
AFTER = """
partner = env["res.partner"].create({"name": "new", "customer_rank": 1})
env.cr.flush()
gaps = env["contact.kpi.gap"].search([("partner_id", "=", partner.id)])
left["opened"] = gaps.mapped("indicator_id.code")
partner.phone = "(11) 2345-6789"
env.cr.flush()
left["refreshed"] = [kpi._refresh() for kpi in env["contact.kpi"].search([])]
left["indicators"] = env["contact.kpi"].search([]).mapped("code")
env.cr.rollback()
"""
PRINTED = """
import json
print("\\n" + json.dumps(left))
"""
AGAIN = """
rules = env["contact.kpi.ruleset"]
left = {"begun": rules._current().state}
while rules._current().state == "running":
    rules._classify_next(5000)
env.cr.execute("SELECT COUNT(*) FROM res_partner WHERE contact_phone_kind IS NOT NULL"
               " AND contact_mobile_kind IS NULL")
left["not looked at"] = env.cr.fetchone()[0]
left["indicators"] = env["contact.kpi"].search([]).mapped("code")
env.cr.commit()
"""


def shell(checkout, *scripts):
    """Run lines in Odoo's shell on the demo database; return what it prints."""
    done = checkout.run("odoo", "shell", typed="".join([*scripts, PRINTED]))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def module(checkout, action, name):
    """Install or uninstall an addon on the demo database, without a warning."""
    done = checkout.run("odoo", "module", action, name)
    assert done.returncode == 0, done.stderr
    assert not log_check.trouble(done.stderr.splitlines())


def test_workshop_goes_and_comes_back(closed, installed):
    done = closed.run("demo", "--stop")
    assert done.returncode == 0, done.stderr
    present = shell(closed, BEFORE, LEFT)
    assert all(present[key] for key in ("columns", "fields", "tables", "data", "rules"))
    module(closed, "uninstall", ADDON)
    left = shell(closed, LEFT, AFTER)
    works = {key: left.pop(key) for key in ("opened", "refreshed", "indicators")}
    assert works == {
        "opened": ["no_contact"],
        "refreshed": [True],
        "indicators": ["no_contact"],
    }
    assert not any(left.values()), left
    module(closed, "install", ADDON)
    assert shell(closed, AGAIN) == {
        "begun": "running",
        "not looked at": 0,
        "indicators": ["no_contact", "no_mobile"],
    }


NOTHING = r"""
env.cr.execute(
    "SELECT table_name || '.' || column_name FROM information_schema.columns"
    " WHERE table_name ~ 'contact_kpi|mechanic_service' OR column_name ~ 'contact_kpi'"
    " UNION ALL SELECT key FROM ir_config_parameter WHERE key LIKE 'contact_kpi%'"
    " UNION ALL SELECT module || '.' || name FROM ir_model_data"
    " WHERE module LIKE 'contact_kpi%' AND model != 'ir.module.module'"
)
left = sorted(row[0] for row in env.cr.fetchall())
"""


def test_everything_goes(closed, installed):
    done = closed.run("demo", "--stop")
    assert done.returncode == 0, done.stderr
    module(closed, "uninstall", "contact_kpi")
    assert shell(closed, NOTHING) == []
