from odoo import models

from .quiet_sql import quiet_sql


class CronError(Exception):
    """A cron of this addon has failed. The text is the kind of error; the traceback is the error's
    own, which says where it happened."""


class IrCron(models.Model):
    """What is told of a cron of this addon that fails: where, and with what kind of error.

    Odoo logs an error that leaves a cron with its text, also into the database where it is set up
    so, and shows it to whoever has run the cron by hand. The text of an error may hold what a sick
    note says, and that of PostgreSQL's holds the whole row.
    """

    _inherit = "ir.cron"

    def _callback(self, cron_name, server_action_id):
        """As always; where it fails, without values.

        :raises CronError: in place of whatever else a cron of this addon would raise
        """
        if not (self.sudo().model_name or "").startswith("nav."):
            return super()._callback(cron_name, server_action_id)
        try:
            with quiet_sql():
                return super()._callback(cron_name, server_action_id)
        except Exception as error:
            failure = _without_values(error)
        raise failure  # here, so that it does not remember the error


def _without_values(error):
    """An error that says the same without the text of this one."""
    if type(error) is ValueError and error.__context__:
        error = error.__context__  # whatever fails in a server action, Odoo wraps
    kind = type(error)
    failure = CronError(f"{kind.__module__}.{kind.__qualname__}")
    return failure.with_traceback(error.__traceback__)
