# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
import logging

import psycopg2
import psycopg2.errors
from markupsafe import Markup

from odoo import SUPERUSER_ID, fields, models

from .quiet_sql import quiet_sql

_logger = logging.getLogger(__name__)

ACTIVITY_TYPE = "nav_altinn_connector.activity_type_connection"


class NavConnectionAlert(models.Model):
    """What the NAV administrators have been told about a connection, so that they are told once.

    One row for each subject (a connection, or a client for what is wrong with the client) and
    topic. Its key is the cause: another cause is told anew, the same one is not, not even when the
    activity has been marked as done. Written by the connection alone.
    """

    _name = "nav.connection.alert"
    _description = "What NAV Administrators Have Been Told"
    _log_access = False

    connection_id = fields.Many2one("nav.connection", required=True, index=True, ondelete="cascade")
    subject = fields.Char(required=True)
    topic = fields.Char(required=True)
    key = fields.Char(required=True)
    activity_ids = fields.Many2many("mail.activity")

    _unique_subject = models.Constraint(
        "UNIQUE(subject, topic)", "The NAV administrators have been told of this already."
    )

    def _end(self):
        """What was told is over: so are the activities."""
        if not self:
            return
        try:
            with self.env.cr.savepoint(), quiet_sql():
                self.activity_ids.unlink()
                self.unlink()
        except psycopg2.OperationalError as error:
            _logger.info("Another worker has changed the alerts: %s", type(error).__name__)


class NavConnection(models.Model):
    """Telling the NAV administrators what needs their attention, once for each cause."""

    _inherit = "nav.connection"

    def _tell_administrators(self, words, key, topic="connection", of_client=False):
        """Give each NAV administrator of the company an activity on the connection, unless they
        have been told of this cause already. Two workers at once make one.

        :param words: what is wrong and what to do
        :param key: the cause; with another one than last time, the old activities give way
        :param topic: what the cause is about; topics are told independently of each other
        :param of_client: the cause lies with the client, and is told once for all connections that
            use it
        """
        self.ensure_one()
        Alert = self.env["nav.connection.alert"].sudo()
        subject = self._alert_subject(of_client)
        alert = Alert.search([("subject", "=", subject), ("topic", "=", topic)])
        if alert.key == key:
            return
        try:
            with self.env.cr.savepoint(), quiet_sql():
                if alert:
                    alert.activity_ids.unlink()
                    alert.write({"key": key, "connection_id": self.id})
                else:
                    alert = Alert.create(
                        {
                            "connection_id": self.id,
                            "subject": subject,
                            "topic": topic,
                            "key": key,
                        }
                    )
                self.env.flush_all()  # the other worker is met here, before anybody is told
                alert.activity_ids = self._schedule_for_administrators(words)
        except (psycopg2.OperationalError, psycopg2.errors.UniqueViolation) as error:
            _logger.info("Another worker tells the administrators: %s", type(error).__name__)

    def _stop_telling(self, *topics):
        """The causes are gone: so are the activities.

        :param topics: only these; without any, all of them
        """
        Alert = self.env["nav.connection.alert"].sudo()
        for connection in self:
            subjects = [connection._alert_subject(), connection._alert_subject(of_client=True)]
            domain = [("subject", "in", subjects)]
            if topics:
                domain.append(("topic", "in", topics))
            else:
                domain.append(("connection_id", "=", connection.id))
            Alert.search(domain)._end()

    def _stop_telling_of(self, subject, topic):
        """What was told of this subject has given way to a cause that is told of another one."""
        alerts = self.env["nav.connection.alert"].sudo()
        alerts.search([("subject", "=", subject), ("topic", "=", topic)])._end()

    def _alert_subject(self, of_client=False):
        if of_client:
            return f"client {self.maskinporten_client_id.id} of company {self.company_id.id}"
        return f"connection {self.id}"

    def _schedule_for_administrators(self, words):
        """An activity for each NAV administrator who may see the connection."""
        users = self.env.ref("nav_altinn_connector.group_nav_admin").sudo().all_user_ids
        connection = self.with_user(SUPERUSER_ID)
        activities = self.env["mail.activity"].sudo()
        for user in users.filtered(
            lambda user: user.active and self.company_id in user.company_ids
        ):
            activities |= connection.activity_schedule(
                ACTIVITY_TYPE,
                summary=self.env._("NAV connection: %s", self.name),
                note=Markup("<p>%s</p>") % words,
                user_id=user.id,
            )
        return activities
