"""How fast the connector is, next to Odoo's own ways: ``make bench``.

Everything is real: HTTP to the sandbox in a process of its own, a database copied for the run,
commits, and for the script an Odoo server. Nothing is left on disk.
"""
