# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What each login may do with each model and method: the laws, as a table.

Under each model its lines: a cell for each login, or one for all | operations | tables
that may change. A cell names the rows on which the call succeeds, or that come out:

-     refused
0     allowed, and nothing is there
own   of the login's companies or shared, and of the login or nobody
co    of the login's companies or shared
mob   the same, of the workshop's indicator alone
all   every row
me    what the login itself has made
+     allowed, without rows
~     answered or refused, whichever: nothing of a record is told
"""

import re

from odoo.exceptions import AccessError
from odoo.service.model import get_public_method

OURS = {"contact_kpi", "contact_kpi_mechanic", "contact_kpi_spreadsheet"}
# Reading in every form; a line for `reads` speaks for all of them.
READS = (
    "search",
    "search_count",
    "search_read",
    "web_search_read",
    "name_search",
    "read",
    "web_read",
    "export_data",
    "export_csv",
    "export_xlsx",
    "formatted_read_group",
    "formatted_read_grouping_sets",
    "web_read_group",
)
# `onchange` of a new row, and of one that is there.
WRITES = (
    *("create", "write", "web_save", "unlink", "copy"),
    *("onchange", "onchange_row"),
)
COLUMNS = (
    "public",
    "portal",
    "employee",
    "own",
    "all",
    "admin",
    "stock",
    "stockman",
    "settings",
    "other",
    "both",
)

# Public, portal, employee, own documents, all documents, sales administrator, stock
# user, stock manager, settings administrator, company B, both companies.
MODELS = """
contact.kpi
    -   -   -   all all all mob mob -   all all | reads
    -   -   -   -   -   +   -   -   -   -   -   | create onchange | contact_kpi
        contact_kpi_history
    -   -   -   -   -   all -   -   -   -   -   | write web_save onchange_row copy
        | contact_kpi contact_kpi_history contact_kpi_gap contact_kpi_run
        contact_kpi_fact
    -   -   -   -   -   all -   -   -   -   -   | unlink | anything
    -   -   -   all all all mob mob -   all all | action_declined action_explain_now
        action_follow_up action_impact action_missing action_my_to_complete
        action_refused action_to_complete action_trend | contact_kpi_explanation
        contact_kpi_explanation_line
    -   -   -   all all all mob mob -   all all | copy_data
    ~  | action_compare action_configure action_messageable action_not_agreed
        action_not_messaged action_runs
    -   -   -   +   +   +   +   +   -   +   +   | figures
    -   -   -   -   -   all -   -   -   -   -   | action_run_now action_rebuild_history
        | contact_kpi_gap contact_kpi_run contact_kpi_fact contact_kpi_history
        contact_kpi contact_kpi_customer_state
contact.kpi.capture.report
    -   -   -   -   -   -   co  co  -   -   -   | reads
    -  | create write web_save onchange_row unlink copy onchange
    -   -   -   -   -   -   +   +   -   -   -   | action_explain reading_notes
    -   -   -   -   -   -   co  co  -   -   -   | action_open_repair
contact.kpi.comparison
    -   -   -   me  me  me  me  me  -   me  me  | reads write web_save onchange_row copy
        | contact_kpi_comparison contact_kpi_comparison_line
    -   -   -   +   +   +   +   +   -   +   +   | create onchange |
        contact_kpi_comparison contact_kpi_comparison_line
    -  | unlink
contact.kpi.comparison.line
    -   -   -   me  me  me  me  me  -   me  me  | reads write web_save onchange_row copy
        unlink | contact_kpi_comparison_line
    -   -   -   +   +   +   +   +   -   +   +   | create onchange |
        contact_kpi_comparison_line
contact.kpi.consent.wizard
    -   -   -   me  me  me  me  me  -   me  me  | reads write web_save onchange_row copy
        | contact_kpi_consent_wizard
    -   -   -   +   +   +   +   +   -   +   +   | create onchange |
        contact_kpi_consent_wizard
    -  | unlink
    -   -   -   me  me  me  -   me  -   me  me  | action_confirm | res_partner
contact.kpi.customer.change
    -  | reads create write web_save onchange_row unlink copy onchange
contact.kpi.customer.state
    -  | reads create write web_save onchange_row unlink copy onchange
contact.kpi.decline
    -   -   -   own co  co  mob mob -   co  co  | reads
    -  | create write web_save onchange_row unlink copy onchange
contact.kpi.decline.reason
    -   -   -   all all all all all -   all all | reads
    -   -   -   -   -   +   -   -   -   -   -   | create onchange |
        contact_kpi_decline_reason
    -   -   -   -   -   all -   -   -   -   -   | write web_save onchange_row unlink
        copy | contact_kpi_decline_reason contact_kpi_decline
contact.kpi.decline.wizard
    -   -   -   me  me  me  me  me  -   me  me  | reads write web_save onchange_row copy
        | contact_kpi_decline_wizard
    -   -   -   +   +   +   +   +   -   +   +   | create onchange |
        contact_kpi_decline_wizard
    -  | unlink
    -   -   -   me  me  me  me  me  -   me  me  | action_confirm | contact_kpi_decline
contact.kpi.explanation
    -   -   -   me  me  me  me  me  -   me  me  | reads
    -  | create write web_save onchange_row unlink copy onchange
    -   -   -   me  me  me  me  me  -   me  me  | action_customers action_trend
contact.kpi.explanation.line
    -   -   -   me  me  me  me  me  -   me  me  | reads
    -  | create write web_save onchange_row unlink copy onchange
    -   -   -   me  me  me  me  me  -   me  me  | action_customers action_explain |
        contact_kpi_explanation contact_kpi_explanation_line
contact.kpi.fact
    -  | reads create write web_save onchange_row unlink copy onchange
contact.kpi.follow.up
    -   -   -   own co  co  mob mob -   co  co  | reads
    -  | create write web_save onchange_row unlink copy onchange
    -   -   -   +   +   +   +   +   -   +   +   | action_explain reading_notes
contact.kpi.gap
    -   -   -   own co  co  mob mob -   co  co  | reads
    -  | create unlink copy onchange
    -   -   -   own co  co  mob mob -   co  co  | onchange_row
    -   -   -   own co  co  -   mob -   co  co  | write web_save | contact_kpi_gap
        res_partner
    -   -   -   own co  co  mob mob -   co  co  | action_decline
    -   -   -   own co  co  mob mob -   co  co  | action_take_back_decline |
        contact_kpi_decline
    -   -   -   own co  co  mob mob -   co  co  | action_open_customer action_print
        action_suggestions | contact_kpi_print contact_kpi_suggestion
        contact_kpi_suggestion_line
    -   -   -   own co  co  ~   mob -   co  co  | action_schedule_activity
    -   -   -   own co  co  -   mob -   co  co  | action_contact_kpi_confirm
        action_contact_kpi_correct_email action_contact_kpi_correct_phone |
        res_partner
contact.kpi.gap.segment
    -   -   -   own co  co  mob mob -   co  co  | reads
    -  | create write web_save onchange_row unlink copy onchange
contact.kpi.history
    -   -   -   -   -   all -   -   -   -   -   | reads
    -  | create write web_save onchange_row unlink copy onchange
    -   -   -   -   -   all -   -   -   -   -   | action_rebuild | contact_kpi_history
    -   -   -   -   -   all -   -   -   -   -   | action_unknown_customers
contact.kpi.history.unknown
    -   -   -   -   -   co  -   -   -   -   -   | reads
    -  | create write web_save onchange_row unlink copy onchange
contact.kpi.placeholder
    -   -   -   all all all -   -   -   all all | reads
    -   -   -   -   -   +   -   -   -   -   -   | create onchange |
        contact_kpi_placeholder contact_kpi_ruleset
    -   -   -   -   -   all -   -   -   -   -   | write web_save onchange_row unlink
        copy | contact_kpi_placeholder contact_kpi_ruleset
contact.kpi.print
    -   -   -   me  me  me  me  me  -   me  me  | reads write web_save onchange_row copy
        | contact_kpi_print
    -   -   -   +   +   +   +   +   -   +   +   | create onchange | contact_kpi_print
    -  | unlink
    -   -   -   me  me  me  me  me  -   me  me  | action_html action_pdf action_xlsx
    -   -   -   +   +   +   +   +   -   +   +   | action_open | contact_kpi_print
contact.kpi.reachability
    -   -   -   own co  co  co  co  -   co  co  | reads
    -  | create write web_save onchange_row unlink copy onchange
    -   -   -   own co  co  co  co  -   co  co  | action_open_customer
    -   -   -   ~   ~   ~   ~   ~   -   ~   ~   | action_open_contacts
contact.kpi.repair.report
    -   -   -   -   -   -   co  co  -   -   -   | reads
    -  | create write web_save onchange_row unlink copy onchange
    -   -   -   -   -   -   +   +   -   -   -   | action_explain reading_notes
    -   -   -   -   -   -   co  co  -   -   -   | action_open_repair
contact.kpi.ruleset
    -   -   -   -   -   all -   -   -   -   -   | reads
    -  | create write web_save onchange_row unlink copy onchange
contact.kpi.ruleset.range
    -  | reads create write web_save onchange_row unlink copy onchange
contact.kpi.run
    -   -   -   -   -   co  -   -   -   -   -   | reads
    -  | create write web_save onchange_row unlink copy onchange
contact.kpi.sale.report
    -   -   -   own co  co  -   -   -   co  co  | reads
    -  | create write web_save onchange_row unlink copy onchange
    -   -   -   +   +   +   -   -   -   +   +   | action_explain reading_notes
    -   -   -   own co  co  -   -   -   co  co  | action_open_order
contact.kpi.snapshot
    -   -   -   own co  co  mob mob -   co  co  | reads
    -  | create write web_save onchange_row unlink copy onchange
    -   -   -   +   +   +   +   +   -   +   +   | action_explain |
        contact_kpi_explanation contact_kpi_explanation_line
    -   -   -   own co  co  mob mob -   co  co  | action_explain_rows |
        contact_kpi_explanation contact_kpi_explanation_line
    -   -   -   +   +   +   +   +   -   +   +   | observation_start reading_notes
contact.kpi.suggestion
    -   -   -   me  me  me  me  me  -   me  me  | reads
    -  | create write web_save onchange_row unlink copy onchange
contact.kpi.suggestion.line
    -   -   -   me  me  me  me  me  -   me  me  | reads
    -  | create write web_save onchange_row unlink copy onchange
    -   -   -   me  me  me  me  me  -   me  me  | action_open_source
    -   -   -   me  me  me  -   me  -   me  me  | action_use | res_partner
        contact_kpi_gap
contact.kpi.suspect
    -   -   -   -   -   me  -   -   -   -   -   | reads write web_save onchange_row
        unlink copy | contact_kpi_suspect
    -   -   -   -   -   +   -   -   -   -   -   | create onchange | contact_kpi_suspect
    -   -   -   -   -   me  -   -   -   -   -   | action_confirm action_ignore
        action_restore action_contacts | contact_kpi_suspect contact_kpi_suspect_ignored
        contact_kpi_placeholder contact_kpi_ruleset
    -   -   -   -   -   +   -   -   -   -   -   | action_find | contact_kpi_suspect
contact.kpi.suspect.ignored
    -   -   -   -   -   all -   -   -   -   -   | reads
    -   -   -   -   -   +   -   -   -   -   -   | create onchange |
        contact_kpi_suspect_ignored
    -   -   -   -   -   all -   -   -   -   -   | write web_save onchange_row unlink
        copy | contact_kpi_suspect_ignored
mechanic.service.type
    -   -   all all all all all all all all all | reads
    -   -   -   -   -   -   -   +   -   -   -   | create onchange |
        mechanic_service_type
    -   -   -   -   -   -   -   all -   -   -   | write web_save onchange_row unlink
        copy | mechanic_service_type
"""

# Models without rows: nothing of them can be read or written.
ABSTRACT = """
contact.kpi.banner.mixin action_contact_kpi_confirm action_contact_kpi_consent
    action_contact_kpi_correct_email action_contact_kpi_correct_phone
    action_contact_kpi_decline
contact.kpi.closing.mixin
contact.kpi.comparison.mixin
contact.kpi.customer.mixin
contact.kpi.grain.mixin
contact.kpi.hint.mixin action_contact_kpi_correct_email action_contact_kpi_correct_phone
contact.kpi.impact.mixin action_explain reading_notes
contact.kpi.measure.mixin
contact.kpi.question.mixin
contact.kpi.repair.mixin action_explain action_open_repair reading_notes
contact.kpi.report.groups
contact.kpi.report.mixin
contact.kpi.segment.mixin
report.contact_kpi.report_detail
report.contact_kpi.report_follow_up
report.contact_kpi.report_processing
report.contact_kpi.report_trend
"""

# Our methods and fields on Odoo's models, as `reads` above: a line per kind of field.
NEIGHBOURS = """
res.partner
    -   -   -   co  co  co  -   co  co  co  co  | action_contact_kpi_confirm
        action_contact_kpi_correct_email action_contact_kpi_correct_phone | res_partner
    -   -   co  co  co  co  co  co  co  co  co  | action_contact_kpi_consent
        action_contact_kpi_gaps
sale.order
    -   -   -   own co  co  -   co  -   co  co  | action_contact_kpi_confirm
        action_contact_kpi_correct_email action_contact_kpi_correct_phone | res_partner
    -   -   -   own co  co  co  co  -   co  co  | action_contact_kpi_consent
        action_contact_kpi_decline
repair.order
    -   -   -   -   -   -   -   co  -   -   -   | action_contact_kpi_confirm
        action_contact_kpi_correct_email action_contact_kpi_correct_phone | res_partner
    -   -   -   -   -   -   co  co  -   -   -   | action_contact_kpi_consent
        action_contact_kpi_decline
"""
FIELDS = """
res.partner
    -   -   co  co  co  co  co  co  co  co  co  | can_edit_consent contact_kpi_consent
        contact_kpi_consent_by_id contact_kpi_consent_channel contact_kpi_consent_on
        customer_consent customer_consent_by_id customer_consent_channel
        customer_consent_on contact_kpi_can_confirm contact_kpi_verified_by_id
        contact_kpi_verified_on
    -   -   co  co  co  co  co  co  co  co  co  | contact_kpi_unconfirmed_months
        contact_phone_kind contact_email_kind contact_mobile_kind customer_phone_kind
        customer_email_kind customer_mobile_kind contact_digest family_ids
        contact_kpi_phone_hint contact_kpi_email_hint
        contact_kpi_can_correct_phone contact_kpi_can_correct_email
    -   -   -   co  co  co  -   -   -   co  co  | contact_kpi_gap_ids
        contact_kpi_open_gap_ids contact_kpi_open_count
    -   -   -   -   -   -   co  co  -   -   -   | repair_order_ids
sale.order
    -   -   -   own co  co  co  co  -   co  co  | contact_kpi_state contact_kpi_can_edit
        contact_kpi_phone contact_kpi_email contact_kpi_example contact_kpi_problem
        contact_kpi_merged contact_kpi_phone_hint contact_kpi_email_hint
        contact_kpi_can_correct_phone contact_kpi_can_correct_email
repair.order
    -   -   -   -   -   -   co  co  -   -   -   | contact_kpi_state contact_kpi_can_edit
        contact_kpi_phone contact_kpi_email contact_kpi_example contact_kpi_problem
        contact_kpi_merged contact_kpi_phone_hint contact_kpi_email_hint
        contact_kpi_can_correct_phone contact_kpi_can_correct_email
    -   -   -   -   -   -   co  co  -   -   -   | service_type_id service_type_color
        confirmed_at finished_at mobile_to_ask customer_consent can_edit_consent
        contact_kpi_phone_now not_messaged
digest.digest
    -   -   all all all all all all all all all | kpi_contact_missing
        kpi_contact_completed kpi_contact_missing_mobile kpi_contact_completed_mobile
    -   -   -   all all all -   -   -   all all | kpi_contact_missing_value
        kpi_contact_completed_value
    -   -   -   all all all all all -   all all | kpi_contact_missing_mobile_value
        kpi_contact_completed_mobile_value
"""


def lines(table):
    """Yield model, cells, operations or fields, and tables of each line of a table."""
    model = None
    for line in re.sub(r"\n {8}", " ", table.strip()).splitlines():
        if line.startswith(" "):
            cells, words, *tables = line.split("|")
            yield model, cells, words.split(), " ".join(tables).split()
        else:
            model = line


def spread(cells):
    """Return a cell for each login; one alone is for all of them."""
    words = cells.split()
    words = words * len(COLUMNS) if len(words) == 1 else words
    assert len(words) == len(COLUMNS), cells
    return dict(zip(COLUMNS, words, strict=True))


# Whose changes have the customer counted anew.
RECOUNTED = {"contact_kpi_decline", "contact_kpi_gap", "res_partner"}


def read_table():
    """Return ``{(model, operation): ({login: cell}, tables that may change)}``."""
    table = {}

    def enter(model, operation, cells, tables=()):
        assert (model, operation) not in table, (model, operation)
        tables = set(tables)
        if tables & RECOUNTED:
            tables.add("contact_kpi_customer_change")
        table[model, operation] = spread(cells), tables

    for model, cells, operations, tables in lines(MODELS):
        for word in operations:
            for operation in READS if word == "reads" else [word]:
                enter(model, operation, cells, tables)
    for line in re.sub(r"\n +", " ", ABSTRACT.strip()).splitlines():
        model, *methods = line.split()
        for operation in (*READS, *WRITES):
            enter(model, operation, "-")
        for method in methods:
            enter(model, method, "~")
    for model, cells, methods, tables in lines(NEIGHBOURS):
        for method in methods:
            enter(model, method, cells, tables)
    return table


def our_models(env):
    """Every model that one of our addons has made, of any kind."""
    return sorted(
        name for name, model in env.registry.items() if model._original_module in OURS
    )


def our_methods(env, name):
    """Every method that one of our addons gives a model and a client may call."""
    model = env[name]
    found = set()
    for kind in type(model).__mro__:
        parts = kind.__module__.split(".")
        if parts[:2] != ["odoo", "addons"] or parts[2] not in OURS:
            continue
        for method in vars(kind):
            if not callable(getattr(type(model), method, None)):
                continue
            try:
                get_public_method(model, method)
            except (AccessError, AttributeError):
                continue
            found.add(method)
    return found


def our_fields(env, name):
    fields_here = env[name]._fields.values()
    return {field.name for field in fields_here if OURS & set(field._modules)}
