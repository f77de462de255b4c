"""How a machine gets Odoo, PostgreSQL and a browser, and what runs on them.

Everything here that runs before the virtual environment exists uses the standard library
alone. The commands are in the Makefile; ``./dev/odoo`` is Odoo's own command line.
"""

import sys

if sys.version_info < (3, 10):  # noqa: UP036 - run by whatever python3 a machine has
    sys.exit(
        "Python 3.10 or newer is needed; this is {}.{}. "
        "Name another one: make PYTHON=python3.12 ...".format(*sys.version_info)
    )
