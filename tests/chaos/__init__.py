"""Days at NAV with everything going wrong at random, and what is left of it at the end.

The same days happen twice: calmly, and with faults in every answer, Odoo's workers killed and
PostgreSQL stopped dead. What Odoo then holds must be equal.
"""
