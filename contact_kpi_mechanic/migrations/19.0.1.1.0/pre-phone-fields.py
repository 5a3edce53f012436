# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""*Further Number Fields* is a setting of the base: what was chosen stays chosen."""


def migrate(cr, version):
    cr.execute(
        """
        UPDATE ir_config_parameter
           SET key = 'contact_kpi.phone_fields'
         WHERE key = 'contact_kpi_mechanic.phone_fields'
           AND NOT EXISTS (SELECT 1 FROM ir_config_parameter
                            WHERE key = 'contact_kpi.phone_fields')
        """
    )
    cr.execute(
        """
        DELETE FROM ir_config_parameter
         WHERE key = 'contact_kpi_mechanic.phone_fields'
        """
    )
