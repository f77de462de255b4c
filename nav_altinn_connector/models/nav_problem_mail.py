# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from collections import Counter
from datetime import timedelta

from odoo import api, fields, models

from . import plain_words
from .mail_layout import MAIL_LAYOUT
from .nav_notice import MOST_FAILURES
from .notification import notification

# What is older is no news any more, and nobody sends it again.
LOOK_BACK = timedelta(days=7)


class NavConnection(models.Model):
    """A message about sick leave that reached nobody is a problem: whoever waits for it does not
    know that there is something to wait for, and Odoo shows it to nobody else."""

    _inherit = "nav.connection"

    @api.model
    def _note_unsent_messages(self):
        """One problem for each company, at its first connection, with how many there are; closed
        when there are none."""
        Unsent = self.env["nav.problem"]
        counts = Counter(
            (message.record_company_id or self.env.company).id
            for message in Unsent._unsent_mails().mail_message_id
            | Unsent._unsent_notifications().mail_message_id
        )
        counts.update(notice.company_id.id for notice in Unsent._unwritten_notices())
        told = self.browse()
        for connection in self.sudo().search([("company_id", "in", list(counts))], order="id"):
            if connection.company_id not in told.company_id:
                connection._tell_of_unsent_messages(counts[connection.company_id.id])
                told |= connection
        is_open = [("topic", "=", "mail"), ("state", "=", "open")]
        (Unsent.sudo().search(is_open).connection_id - told)._stop_telling("mail")

    def _tell_of_unsent_messages(self, count):
        words = plain_words.in_language_of(self.company_id, self)
        words._tell_administrators(
            words.env._(
                "Messages about sick leave that could not be sent in the last 7 days: %s. Those "
                "whom they are for have not been told.",
                count,
            ),
            "unsent",
            topic="mail",
        )


class NavProblem(models.Model):
    _inherit = "nav.problem"

    @api.model
    def _unsent_notifications(self):
        """Who has not got a message by e-mail; also where Odoo has not kept the e-mail."""
        return (
            self.env["mail.notification"]
            .sudo()
            .search(
                [
                    ("notification_status", "in", ("exception", "bounce")),
                    ("mail_message_id.email_layout_xmlid", "=", MAIL_LAYOUT),
                    ("mail_message_id.date", ">=", fields.Datetime.now() - LOOK_BACK),
                ]
            )
        )

    @api.model
    def _unsent_mails(self):
        """E-mails that Odoo could not send, such as links for people without a user."""
        return (
            self.env["mail.mail"]
            .sudo()
            .search(
                [
                    ("state", "=", "exception"),
                    ("email_layout_xmlid", "=", MAIL_LAYOUT),
                    ("date", ">=", fields.Datetime.now() - LOOK_BACK),
                ]
            )
        )

    @api.model
    def _unwritten_notices(self):
        """Messages that could not even be written."""
        return (
            self.env["nav.notice"]
            .sudo()
            .search(
                [
                    ("failures", ">=", MOST_FAILURES),
                    ("create_date", ">=", fields.Datetime.now() - LOOK_BACK),
                ]
            )
        )

    def _send_again(self):
        """Put what could not be sent in the queue once more.

        :return: the notification of it
        """
        company = self.company_id
        mails = self._unsent_mails()
        mails.filtered(lambda mail: mail.record_company_id in (company, company.browse())).write(
            {"state": "outgoing", "failure_reason": False}
        )
        notices = self._unwritten_notices()
        notices.filtered(lambda notice: notice.company_id == company).failures = 0
        self.env["nav.notice"]._send_mails_soon()
        self.env["nav.connection"]._trigger_apply()
        return notification(
            self.env._("They are sent once more in a moment. This closes when it has worked.")
        )
