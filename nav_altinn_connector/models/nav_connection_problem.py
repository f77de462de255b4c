# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
import hashlib
import logging

import psycopg2

from odoo import api, fields, models

from . import causes, plain_words
from .nav_connection_health import TELL_AFTER
from .quiet_sql import quiet_sql

_logger = logging.getLogger(__name__)

LONGEST_KEY = 64
# Topics that belong to the connection's own working, and end with it.
ENDING = ("connection", "units", "approval", "offered", "deleted", "database")
# The same, when it goes to the archive.
ARCHIVED = (*ENDING, "notes", "mail")


class NavConnection(models.Model):
    """What goes wrong with a connection, as problems (``nav.problem``).

    Whatever the administrators are told of is a problem at the same time, by the same cause, and
    is over at the same time. A failure that passes by itself is a problem from its first time on,
    although nobody is told of it before it has lasted.
    """

    _inherit = "nav.connection"

    open_problem_ids = fields.Many2many(
        "nav.problem", compute="_compute_open_problems", compute_sudo=True, string="Open Problems"
    )

    def _compute_open_problems(self):
        problems = self.env["nav.problem"].search(
            [
                ("state", "=", "open"),
                "|",
                ("connection_id", "in", self.ids),
                ("client_id", "in", self.maskinporten_client_id.ids),
            ]
        )
        for connection in self:
            connection.open_problem_ids = problems.filtered(
                lambda problem, connection=connection: problem._concerns(connection)
            )

    @api.depends("open_problem_ids")
    def _compute_note_counts(self):
        result = super()._compute_note_counts()
        for connection in self:
            connection.problem_count = len(connection.sudo().open_problem_ids)
        return result

    def action_open_problems(self):
        """The problems of this connection, those that are open first."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "nav_altinn_connector.nav_problem_action"
            ),
            "domain": [
                "|",
                ("connection_id", "=", self.id),
                ("client_id", "=", self.maskinporten_client_id.id),
            ],
        }

    # ------------------------------------------------------------------ with what is told

    def _tell_administrators(self, words, key, topic="connection", of_client=False):
        self._note_problem(words, key, topic, of_client)
        return super()._tell_administrators(words, key, topic, of_client)

    def _stop_telling(self, *topics):
        if not topics:
            self._problems_ended(ENDING)
        for connection in self if topics else ():
            self.env["nav.problem"]._solved(None, connection._problem_subjects(topics))
        return super()._stop_telling(*topics)

    def _note_problem(self, words, cause, topic, of_client=False):
        if len(cause) > LONGEST_KEY:
            cause = hashlib.sha256(cause.encode()).hexdigest()[:16]
        connection = plain_words.in_language_of(self.company_id, self)
        self.env["nav.problem"]._note(
            self,
            f"{self._alert_subject(of_client)}: {topic}",
            cause,
            words,
            connection._problem_advice(topic),
            # Only a fetch that fails happens again; the rest lasts.
            counts=topic == "connection",
            topic=topic,
            client_id=self.maskinporten_client_id.id if of_client else False,
        )

    def _stop_telling_of(self, subject, topic):
        self.env["nav.problem"]._solved(None, [f"{subject}: {topic}"], how="replaced")
        return super()._stop_telling_of(subject, topic)

    def _problem_subjects(self, topics):
        subjects = self._alert_subject(), self._alert_subject(of_client=True)
        return [f"{subject}: {topic}" for subject in subjects for topic in topics]

    def _problems_ended(self, topics):
        """The connection is paused or closed: so are its problems, not those of others."""
        Problem = self.env["nav.problem"]
        for connection in self:
            Problem._solved(connection, connection._problem_subjects(topics), how="ended")

    def _problem_advice(self, topic):
        """What to do, where the words do not say it."""
        if topic == "connection" and self.state != "reauthorise":
            return {
                causes.CLIENT: self.env._("Open the Maskinporten client, and press Test there."),
                causes.SYSTEM: self.env._(
                    "Nothing: it is tried again by itself. If it lasts for days, write to the "
                    "support of the other system and give it the reference in the log."
                ),
                causes.ODOO: self.env._("Ask the person who runs the server."),
                causes.RIGHTS: self.env._(
                    "Press Try Again. If that does not help, press Reauthorise on the connection."
                ),
            }.get(self.failing_part, False)
        if topic == "approval":
            return self.env._("Open the connection: it says what to do.")
        if topic == "mail":
            return self.env._(
                "See to it that Odoo can send e-mail, and that those concerned have a right e-mail "
                "address; Settings > Technical > Emails says what failed. Then press Try Again."
            )
        return False

    def write(self, vals):
        """What is archived has no problems."""
        result = super().write(vals)
        if vals.get("active") is False:
            self._problems_ended(ARCHIVED)
        return result

    # ------------------------------------------------------------------ what nobody is told of yet

    def _after_fetch(self, outcome):
        """A failure that has not lasted yet is a problem all the same."""
        result = super()._after_fetch(outcome)
        told = self.failing_part in (causes.CLIENT, causes.ODOO) or self.failures >= TELL_AFTER
        if outcome.error is not None and self.failing_part and self.state == "active" and not told:
            system = getattr(outcome.error, "system", None)
            self._note_problem(self.last_error, f"{self.failing_part} {system}", "connection")
        return result

    # ------------------------------------------------------------------ sick notes

    @api.model
    def _apply_all(self, step):
        result = super()._apply_all(step)
        (self.sudo() or self.sudo().search([]))._note_unusable_notes()
        return result

    def _apply_at_once(self):
        result = super()._apply_at_once()
        self.sudo()._note_unusable_notes()
        return result

    def _note_unusable_notes(self):
        """Sick notes that could not be read, or not become time off: one problem for each
        connection, with how many there are."""
        groups = self.env["nav.sick.note"]._read_group(
            [("connection_id", "in", self.ids), ("state", "=", "failed")],
            ["connection_id"],
            ["__count"],
        )
        failed = {connection.id: count for connection, count in groups}
        Problem = self.env["nav.problem"]
        fine = self.filtered(lambda connection: connection.id not in failed)
        Problem._solved(None, [f"connection {connection.id}: notes" for connection in fine])
        for connection in self - fine:
            words = plain_words.in_language_of(connection.company_id, connection)
            Problem._note(
                connection,
                f"connection {connection.id}: notes",
                "failed",
                words.env._("Sick notes that could not be used: %s.", failed[connection.id]),
                words.env._("HR opens them: each one says why, and what to do."),
                counts=False,
                topic="notes",
            )


class NavProblem(models.Model):
    _inherit = "nav.problem"

    def _concerns(self, connection):
        """Whether it is this connection's, or its client's in the same company."""
        if self.connection_id == connection:
            return True
        return (
            bool(self.client_id)
            and self.client_id == connection.maskinporten_client_id
            and self.company_id in (self.env["res.company"], connection.company_id)
        )


class NavSickNote(models.Model):
    _inherit = "nav.sick.note"

    def action_apply(self):
        """What could not be used may be usable now, or is gone."""
        result = super().action_apply()
        self.sudo().connection_id._note_unusable_notes()
        return result


class NavFollowupPlan(models.Model):
    """A plan that did not arrive, or may not have, is a problem as long as that is so."""

    _inherit = "nav.followup.plan"

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals:
            for plan in self.sudo():
                plan._note_state_safely()
        return result

    def unlink(self):
        subjects = [plan._problem_subject() for plan in self]
        result = super().unlink()
        self.env["nav.problem"]._solved(None, subjects)
        return result

    def _note_state_safely(self):
        """What became of a plan is kept, whatever becomes of telling it."""
        self.env.flush_all()
        try:
            with self.env.cr.savepoint(), quiet_sql():
                self._note_state()
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            _logger.error("A problem of a plan was not noted: %s", type(error).__name__)

    def _problem_subject(self):
        return f"follow-up plan {self.id}"

    def _note_state(self):
        # While it is being sent again, nothing is known yet.
        if self.state == "sending":
            return
        Problem = self.env["nav.problem"]
        if self.state not in ("failed", "unknown"):
            Problem._solved(None, [self._problem_subject()])
            return
        words = plain_words.in_language_of(self.company_id, self)
        if self.state == "failed":
            what = words.env._("A follow-up plan could not be sent.")
        else:
            what = words.env._("It is not known whether a follow-up plan has arrived at NAV.")
        Problem._note(
            self.case_id.connection_id,
            self._problem_subject(),
            self.state,
            what,
            words.env._("The responsible manager or HR opens the plan: it says what to do."),
            topic="plan",
            company_id=self.company_id.id,
            res_model=self._name,
            res_id=self.id,
        )


class NavMaskinportenClient(models.Model):
    """A key that expires soon is a problem until another one is in use."""

    _inherit = "nav.maskinporten.client"

    @api.model
    def _warn_of_expiring_keys(self):
        result = super()._warn_of_expiring_keys()
        Problem = self.env["nav.problem"]
        clients = self.sudo().with_context(active_test=False).search([])
        soon = clients.filtered(lambda client: client.active and client._key_warning())
        Problem._solved(None, [f"client {client.id}: key" for client in clients - soon])
        for client in soon:
            # Of a client for all companies, as its activity is for their administrators.
            company = client.company_id
            words = plain_words.in_language_of(company or self.env.company, client)
            Problem._note(
                self.env["nav.connection"],
                f"client {client.id}: key",
                f"{client.current_key_id.id}",
                words._key_warning(),
                counts=False,
                topic="key",
                client_id=client.id,
                company_id=client.company_id.id,
            )
        return result
