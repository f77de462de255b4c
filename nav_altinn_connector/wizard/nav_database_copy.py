from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..models import database_copy
from ..models.notification import notification


class NavDatabaseCopy(models.TransientModel):
    """An administrator says which database this is: the one in use, or a copy of it.

    Asked when the database carries the mark of another one (:mod:`..models.database_copy`).
    """

    _name = "nav.database.copy"
    _description = "Which Database Is This?"

    database = fields.Char("This Database", compute="_compute_found")
    is_copy = fields.Boolean(compute="_compute_found")
    connection_count = fields.Integer("Connections That Would Fetch", compute="_compute_found")
    client_names = fields.Char("Clients Whose Keys Would Be Deleted", compute="_compute_found")

    @api.depends_context("uid")
    def _compute_found(self):
        self.database = self.env.cr.dbname
        self.is_copy = database_copy.is_copy(self.env)
        self.connection_count = len(self._begun())
        self.client_names = ", ".join(self._production_clients().mapped("name"))

    def action_in_use(self):
        """This database may speak in its connections' name; the other one is the copy."""
        self._check_asked()
        database_copy.mark(self.env)
        self._begun()._stop_telling("database")
        self.env["nav.connection"]._trigger_apply()
        return self._done(self.env._("Connections fetch again."))

    def action_copy(self):
        """This is a copy: nothing is fetched, and without keys it cannot speak to production."""
        self._check_asked()
        connections = self._begun()
        connections._stop_telling("database")
        connections.write({"state": "paused", "next_check_at": False})
        requests = self.env["nav.system.user.request"].sudo().search([("status", "=", "new")])
        requests.write({"status": "deleted", "next_ask_at": False})  # the other database's
        clients = self._production_clients()
        clients.key_ids._destroy()
        for client in clients:
            client._message_log(
                body=self.env._(
                    "%s said that this database is a copy. The keys were deleted from it.",
                    self.env.user.name,
                )
            )
        database_copy.mark(self.env)
        return self._done(self.env._("All connections of this copy are paused."))

    def _check_asked(self):
        """:raises AccessError: only NAV administrators and system administrators say so"""
        user = self.env.user
        if not self.env.su and not (
            user.has_group("nav_altinn_connector.group_nav_admin")
            or user.has_group("base.group_system")
        ):
            raise AccessError(self.env._("Only a NAV administrator may say which database it is."))

    def _begun(self):
        """The connections of all companies that fetch, or would by themselves."""
        return (
            self.env["nav.connection"]
            .sudo()
            .with_context(active_test=False)
            .search([("state", "in", ("active", "reauthorise", "waiting"))])
        )

    def _production_clients(self):
        clients = self.env["nav.maskinporten.client"].sudo().with_context(active_test=False)
        return clients.search([("key_ids", "!=", False)]).filtered(database_copy.is_production)

    def _done(self, message):
        return notification(message, "success")
