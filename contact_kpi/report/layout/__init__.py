# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Page layout of printed reports: tables as data, paginated before they are rendered.

Unpatched wkhtmltopdf repeats no table headers, numbers no pages and cuts rows in two.
Nothing in this folder imports Odoo. All lengths are in em of the report's only font
size.
"""

from .sheet import Part, Sheet, paginate, paragraph_height
from .table import WIDTH, Column, Row, Table
