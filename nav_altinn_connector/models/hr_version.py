from odoo import models


class HrVersion(models.Model):
    """A quick way from an identity number, however it is written, to the employee."""

    _inherit = "hr.version"

    _nav_identification_digits_idx = models.Index(
        "(regexp_replace(identification_id, '[^0-9]', '', 'g')) "
        "WHERE identification_id IS NOT NULL"
    )
