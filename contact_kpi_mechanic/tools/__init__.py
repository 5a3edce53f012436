# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Logic that needs no database; nothing in this folder imports Odoo."""
