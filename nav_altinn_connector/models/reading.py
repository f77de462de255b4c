"""Writing down who reads health data, without slowing or breaking the reading.

What is read in a transaction is gathered and written when it ends, in one statement on a cursor of
its own: the transaction itself may be on a copy of the database that takes no writing. Of one that
is rolled back the person has seen nothing.
"""

import logging
from contextlib import contextmanager

import odoo.modules.module
from odoo import fields
from odoo.tools import SQL

from .quiet_sql import quiet_sql

_logger = logging.getLogger(__name__)

_KEY = "nav_altinn_connector.reading"
# What tells nothing of the content.
_NOTHING = frozenset({"id", "create_date", "write_date", "create_uid", "write_uid", "company_id"})
# By what groups tell nothing of a person, nor by how many there are in them.
_OF_NOBODY = _NOTHING | {"__count", "state", "connection_id", "unit_id"}


def note_reading(records, how, names=None):
    """Remember that the user of these records reads them.

    Nothing is remembered of what Odoo reads for itself (with all rights), of what people read
    about themselves, and of companies that have not asked for it.

    :param how: one of ``nav.access.log``'s ways
    :param names: the fields that are read; None for the whole
    """
    env = records.env
    if env.su or not records or not env["nav.access.log"]._companies():
        return
    if names is not None and not set(names) - _NOTHING:
        return
    _remember(env, _lines(records, how))


def note_grouping(records, names, groups):
    """Remember that somebody has these records in groups, which may tell what is in each of them:
    one line for all of a company's.

    :param records: of the model; which of them are in the groups is not known
    :param names: what is grouped and added up, such as ``date_from:month``
    :param groups: what is told; nothing is remembered of nothing
    """
    env = records.env
    if env.su or not groups:
        return
    if {name.split(":")[0].split(".")[0] for name in names} <= _OF_NOBODY:
        return
    user = env.user
    companies = env["nav.access.log"]._companies().intersection(env.companies.ids)
    _remember(
        env,
        [
            (company, user.id, user.name, None, records._name, 0, "grouped")
            for company in sorted(companies)
        ],
    )


def _remember(env, lines):
    if not lines:
        return
    hooks = env.cr.postcommit
    if _KEY not in hooks.data:
        hooks.data[_KEY] = {}
        cr, registry = env.cr, env.registry
        lines_of = hooks.data[_KEY]
        hooks.add(lambda: _write(registry, cr, lines_of))
    hooks.data[_KEY].update(dict.fromkeys(lines))


def _lines(records, how):
    """What to write of each record, as a row of the table without its hour."""
    user = records.env.user
    companies = records.env["nav.access.log"]._companies()
    return [
        (
            record.company_id.id,
            user.id,
            user.name,
            _employee(record).id or None,
            record._name,
            record.id,
            how,
        )
        for record in records.sudo().exists()
        if record.company_id.id in companies and _employee(record).user_id != user
    ]


def _employee(record):
    """Whom the record is about; empty for a note that is nobody's yet."""
    return record.employee_id if "employee_id" in record._fields else record.case_id.employee_id


def _write(registry, cr, lines):
    """One statement for all that was read; what is there for this hour already is left."""
    hour = fields.Datetime.now().replace(minute=0, second=0, microsecond=0)
    values = SQL(", ").join(SQL("%s", (*line, hour)) for line in lines)
    try:
        with quiet_sql(), _cursor(registry, cr) as own:
            own.execute(
                SQL(
                    "INSERT INTO nav_access_log (company_id, user_id, user_name, employee_id, "
                    "what, record_id, how, hour) VALUES %s ON CONFLICT DO NOTHING",
                    values,
                )
            )
    except Exception as error:
        # The page has been read by now. That it is not written down must not show there.
        _logger.error("Who has read health data was not written down: %s", type(error).__name__)


@contextmanager
def _cursor(registry, cr):
    """A cursor that may write; in a test that is undone at its end, the test's own."""
    test = odoo.modules.module.current_test
    if getattr(test, "cr", None) is cr:
        with cr.savepoint(flush=False):
            yield cr
        return
    with registry.cursor() as own:
        yield own
