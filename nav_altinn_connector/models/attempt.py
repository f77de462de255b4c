"""Work that may fail and leave nothing behind, neither in the database nor to be done after it."""

from contextlib import contextmanager

from .quiet_sql import quiet_sql


@contextmanager
def attempt(env):
    """A savepoint that keeps values out of the log of SQL errors. When the work in it fails, what
    it had left for after the commit, such as Odoo's webhooks, is forgotten with it: Odoo alone
    would tell the receiver of time off that there never was.
    """
    with env.cr.savepoint(), quiet_sql():
        later = env.cr.postcommit
        functions, data = list(later._funcs), dict(later.data)
        try:
            yield
            env.cr.flush()
        except Exception:
            later._funcs.clear()
            later._funcs.extend(functions)
            # Some functions are only left when their data is not there yet.
            later.data.clear()
            later.data.update(data)
            raise
