"""An integer column of eight bytes: NAV's running numbers are 64-bit, Odoo's Integer holds 32."""

from odoo import fields


class BigInteger(fields.Integer):
    """As ``fields.Integer``, stored as PostgreSQL's ``int8``."""

    _column_type = ("int8", "int8")

    def convert_to_write(self, value, record):
        # Odoo makes a float of what is too large for XML-RPC, and an assignment would store it.
        return value
