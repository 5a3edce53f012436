# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import io

import xlsxwriter

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import format_date, format_list, formatLang

from odoo.addons.base.models.ir_actions_report import _wkhtml

from . import layout

# wkhtmltopdf without patched Qt renders at this scale, whatever is requested.
UNPATCHED_SCALE = 96 / 125
# Maximum number of rows in a document, by output.
LIMITS = {"pdf": 5000, "html": 5000, "xlsx": 50000}
DIGITS = {"int": 0, "points": 1, "days": 1, "percent": 1}
LOCAL_DATE = 14  # Excel's built-in format: a date in the locale of the reader


class ContactKpiReportMixin(models.AbstractModel):
    """A report to hand over: one document, as HTML, as PDF and as a spreadsheet.

    A report provides its tables (:meth:`_tables`); frame and rendering are the same for
    all. Figures are read through the entry points of the models on screen, with the
    rights and the companies of whoever prints.
    """

    _name = "contact.kpi.report.mixin"
    _description = "Report to Hand Over"

    _report_model = ""

    # -- hooks for reports -----------------------------------------------------

    @api.model
    def _title(self):
        """The report's name."""
        raise NotImplementedError

    @api.model
    def _tables(self, job, limit):
        """The tables of a document.

        :param job: ``contact.kpi.print``
        :param limit: maximum number of rows
        :return: list of ``layout.Table``
        :raise UserError: there are more rows; see :meth:`_check_limit`
        """
        raise NotImplementedError

    @api.model
    def _notes(self, job):
        """How to read the tables, as sentences."""
        return []

    @api.model
    def _grouping_in_words(self, job):
        """Labels of what the rows are grouped by."""
        return []

    # -- the document ------------------------------------------------------------

    @api.model
    def _document(self, job, output):
        """The content of a document, whatever the output.

        :param job: ``contact.kpi.print``
        :param output: ``html``, ``pdf`` or ``xlsx``
        :return: dict of title, facts (label and text), notes and tables
        """
        job.ensure_one()
        job = job._for_reader()
        self = self.with_env(job.env)
        self.env[self._report_model].browse().check_access("read")
        self.env["res.partner"]._contact_kpi_run_pending()
        return {
            "title": self._title(),
            "subtitle": job.title if job.title != self._title() else "",
            "company": self.env.company,
            "facts": self._facts(job),
            "notes": self._notes(job),
            "tables": self._tables(job, LIMITS[output]),
        }

    @api.model
    def _facts(self, job):
        """Context of the figures: indicator, companies, filters, moment, reader."""
        facts = []
        kpis = self._indicators(job)
        for kpi in kpis:
            text = f"{kpi.name}: {kpi.description}" if kpi.description else kpi.name
            facts.append((self.env._("Indicator"), text))
        companies = format_list(self.env, self.env.companies.mapped("name"))
        facts.append((self.env._("Company"), companies))
        filters = "; ".join(job.filters or []) or self.env._("None")
        facts.append((self.env._("Filters"), filters))
        if grouping := self._grouping_in_words(job):
            facts.append((self.env._("Grouped by"), " > ".join(grouping)))
        user = self.env.user
        if kpis._own_customers_only():
            facts.append(
                (
                    self.env._("Seen"),
                    self.env._(
                        "Customers of %s and those without a salesperson", user.name
                    ),
                )
            )
        facts.append(
            (
                self.env._("Printed"),
                self.env._(
                    "%(moment)s by %(user)s",
                    moment=self.env.company._contact_kpi_moment_text(
                        self.env["res.company"]._contact_kpi_now()
                    ),
                    user=user.name,
                ),
            )
        )
        return facts

    @api.model
    def _indicators(self, job):
        groups = self.env[self._report_model]._read_group(
            job._domain(), ["indicator_id"]
        )
        return self.env["contact.kpi"].union(*(kpi for (kpi,) in groups)).sorted()

    @api.model
    def _check_limit(self, count, limit):
        """:raise UserError: the document would be too long"""
        if count <= limit:
            return
        message = self.env._(
            "There are more than %s rows in this selection, too many for this "
            "document. Narrow the filters.",
            self._number(limit),
        )
        if limit < LIMITS["xlsx"]:
            message += " " + self.env._(
                "A spreadsheet holds %s.", self._number(LIMITS["xlsx"])
            )
        raise UserError(message)

    # -- values as texts ------------------------------------------------------------

    @api.model
    def _number(self, value, digits=0):
        return formatLang(self.env, value, digits=digits)

    @api.model
    def _shown(self, column, value):
        """Format a value in the reader's language; no value is empty, not 0."""
        if value is None or value is False or value == "":
            return ""
        if column.kind in ("text", "label"):
            return value
        if column.kind == "date":
            return format_date(self.env, value)
        if column.kind == "amount":
            digits = self.env.company.currency_id.decimal_places
            return self._number(value, digits)
        if column.kind == "percent":
            return f"{self._number(100 * value, 1)}%"
        text = self._number(value, DIGITS[column.kind])
        if "change" in column.name and value > 0:
            return f"+{text}"
        return text

    @api.model
    def _amount_label(self, label):
        """The label of a column of amounts, with their currency."""
        return f"{label} ({self.env.company.currency_id.symbol})"

    # -- on paper and on screen -----------------------------------------------------

    @api.model
    def _get_report_values(self, docids, data=None):
        """Values for the template; called by Odoo with the ids of the job."""
        job = self.env["contact.kpi.print"].browse(docids)
        output = "pdf" if (data or {}).get("report_type") == "pdf" else "html"
        document = self._document(job, output)
        reader = job._for_reader()
        shown = self.with_env(reader.env)
        scale = 1 if _wkhtml().is_patched_qt else UNPATCHED_SCALE
        return {
            "doc_ids": docids,
            "doc_model": "contact.kpi.print",
            "document": document,
            "sheets": layout.paginate(document["tables"], _opening_height(document)),
            "shown": shown._shown,
            "sheet_number": shown._sheet_number,
            "point_size": round(8 / scale if output == "pdf" else 8, 2),
            "lang_code": reader.env.lang,
        }

    @api.model
    def _sheet_number(self, sheet):
        return self.env._(
            "Page %(number)s of %(total)s", number=sheet.number, total=sheet.total
        )

    # -- as a spreadsheet ----------------------------------------------------------

    @api.model
    def _xlsx(self, job):
        """The document as the bytes of a spreadsheet, a sheet per table.

        Values keep their types: numbers and dates follow the locale of the reader.
        """
        document = self._document(job, "xlsx")
        output = io.BytesIO()
        book = xlsxwriter.Workbook(output, {"in_memory": True})
        styles = self._styles(book)
        for index, table in enumerate(document["tables"]):
            sheet = book.add_worksheet(_sheet_name(table.title))
            row = 0
            if not index:
                row = self._write_head(sheet, document, styles)
            self._write_table(sheet, row, table, styles)
        book.close()
        return output.getvalue()

    @api.model
    def _styles(self, book):
        digits = self.env.company.currency_id.decimal_places
        formats = {
            "text": "@",
            "label": "@",
            "date": LOCAL_DATE,
            "int": "#,##0",
            "days": "#,##0.0",
            "percent": "0.0%",
            "points": "+0.0;-0.0;0.0",
            "amount": "#,##0." + "0" * digits if digits else "#,##0",
        }
        styles = {
            (kind, bold): book.add_format(
                {"num_format": num_format, "bold": bold, "valign": "top"}
            )
            for kind, num_format in formats.items()
            for bold in (False, True)
        }
        styles["title"] = book.add_format({"bold": True, "font_size": 14})
        styles["label"] = book.add_format({"bold": True, "valign": "top"})
        styles["head"] = book.add_format(
            {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}
        )
        return styles

    @api.model
    def _write_head(self, sheet, document, styles):
        """Title, facts and notes; return the row below them."""
        sheet.write_string(0, 0, document["title"], styles["title"])
        row = 1
        facts = document["facts"]
        if document["subtitle"]:
            facts = [(self.env._("View"), document["subtitle"]), *facts]
        for label, text in facts:
            sheet.write_string(row, 0, label, styles["label"])
            sheet.write_string(row, 1, text)
            row += 1
        for note in document["notes"]:
            sheet.write_string(row, 0, note)
            row += 1
        return row + 1

    @api.model
    def _write_table(self, sheet, top, table, styles):
        sheet.outline_settings(True, False)  # a group's sums stand above its rows
        for index, (column, share) in enumerate(
            zip(table.columns, table.shares(), strict=True)
        ):
            sheet.set_column(index, index, max(10, share * 1.6))
            sheet.write_string(top, index, column.label, styles["head"])
        if not top:
            sheet.freeze_panes(1, 1)
        for number, row in enumerate(table.rows, top + 1):
            bold = row.kind != "line"
            if row.level:
                sheet.set_row(number, None, None, {"level": min(row.level, 7)})
            for index, column in enumerate(table.columns):
                value = row.values.get(column.name)
                if value is None or value is False or value == "":
                    continue
                style = styles[column.kind, bold]
                if column.kind in ("text", "label"):
                    # Never a formula, whatever a customer is called.
                    sheet.write_string(number, index, value, style)
                elif column.kind == "date":
                    sheet.write_datetime(number, index, value, style)
                else:
                    sheet.write_number(number, index, value, style)


def _opening_height(document):
    """Height of what is above the tables on the first sheet."""
    facts = sum(
        layout.paragraph_height(text, 0.86 * layout.WIDTH)
        for _label, text in document["facts"]
    )
    notes = sum(map(layout.paragraph_height, document["notes"]))
    return 5.5 + facts + notes


def _sheet_name(title):
    """A title as Excel accepts it for a sheet."""
    return "".join(" " if char in "[]:*?/\\'" else char for char in title)[:31]
