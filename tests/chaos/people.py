"""The people of the employer: an Odoo process of its own, in which they do what they do."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from datetime import date, timedelta

from tests.bench import employer, staff
from tests.bench.worker import OdooWorker
from tests.support.plan import CONTENT

from . import outcome, told
from .impatient import be_impatient

# Rounds after which the crons must have nothing left to do.
MOST_ROUNDS = 30
TRIES = 60
FROM = timedelta(days=800)
# Seconds that a process lives, at most, that is killed while it sends plans.
DYING = 0.6


class People(OdooWorker):
    """Makes the employer, registers time off, sends plans, and says what there is.

    :param patience: see :func:`.impatient.be_impatient`; None for Odoo's own
    """

    def __init__(self, database: str, patience: float | None = None):
        super().__init__(database)
        if patience:
            be_impatient(patience)

    # ------------------------------------------------------------------ set-up

    def arrange_all(self, addresses: dict, story: dict, today: date) -> dict:
        """Make a company with its connection for each organisation, and their employees.

        :param story: {main unit: [(name, identity number)]}
        :return: the client's public key
        """
        self._ids = {"companies": {}}
        with self._env() as env:
            env.user.tz = "Europe/Oslo"
            env.cr.execute(told.REMEMBER)
            env["ir.config_parameter"].set_param("mail.mail.force.send.limit", 0)
            # There is no mail server, which would be a problem with a cause.
            env.ref("mail.ir_cron_mail_scheduler_action").active = False
            schedule = env["resource.calendar"].create(employer._schedule_vals())
            client = env["nav.maskinporten.client"].create(
                {
                    "name": "Chaos",
                    "environment": "custom",
                    "client_id": employer.CLIENT_ID,
                    **addresses,
                }
            )
            client.action_generate_key()
            for number, main in enumerate(story):
                self._arrange_one(env, number, main, schedule, client, today)
            jwk = json.loads(client.public_jwk)
        for main, people in story.items():
            if people:
                with self._env() as env:
                    staff.employ(env, self._ids["companies"][main], people)
        return jwk

    def _arrange_one(self, env, number, main, schedule, client, today):
        company = env["res.company"].create(
            {"name": f"Fjordheim {number}", "resource_calendar_id": schedule.id}
        )
        for user in env.user | env.ref("base.user_admin"):
            user.company_ids |= company
        kinds = {
            kind: env["hr.leave.type"].create(
                {
                    "name": kind.capitalize(),
                    "company_id": company.id,
                    "requires_allocation": False,
                    "leave_validation_type": "hr",
                    "is_sick_leave": kind == "sick",
                    "allow_graded": kind == "sick",
                }
            )
            for kind in ("sick", "vacation")
        }
        env["nav.connection"].create(
            {
                "name": f"Fjordheim {number}",
                "company_id": company.id,
                "maskinporten_client_id": client.id,
                "org_number": main,
                "leave_type_id": kinds["sick"].id,
                "fetch_from": today - FROM,
                "fetch_hour_from": 0,
                "fetch_hour_to": 24,
            }
        )
        self._ids["companies"][main] = company.id
        self._ids[f"sick {company.id}"] = kinds["sick"].id
        self._ids[f"vacation {company.id}"] = kinds["vacation"].id

    def hire(self, users: int):
        """Give users to some employees of each company, and all of them a manager who follows."""
        with self._env() as env:
            for connection in env["nav.connection"].search([]):
                company = connection.company_id
                employees = env["hr.employee"].search([("company_id", "=", company.id)], order="id")
                boss = self._users(env, [f"boss-{company.id}"], company)
                boss.group_ids |= env.ref("nav_altinn_connector.group_nav_admin")
                connection.message_subscribe(partner_ids=boss.partner_id.ids)
                env.cr.execute(
                    "UPDATE hr_employee SET leave_manager_id = %s WHERE id = ANY(%s)",
                    (boss.id, employees.ids),
                )
                env.invalidate_all()
                self._give_users(env, employees[: users // len(self._ids["companies"])], company)

    def _give_users(self, env, employees, company):
        """A user to each; a hundred at a time, and past what Odoo keeps for all that there are."""
        for start in range(0, len(employees), 100):
            some = employees[start : start + 100]
            users = self._users(env, [f"person-{employee.id}" for employee in some], company)
            env.flush_all()
            pairs = list(zip(users.ids, some.ids, strict=True))
            env.cr.executemany(
                "UPDATE resource_resource SET user_id = %s "
                "WHERE id = (SELECT resource_id FROM hr_employee WHERE id = %s)",
                pairs,
            )
            env.cr.executemany("UPDATE hr_employee SET user_id = %s WHERE id = %s", pairs)
            env.invalidate_all()

    def _users(self, env, logins, company):
        return (
            env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                [
                    {
                        "name": login,
                        "login": login,
                        "email": f"{login}@example.com",
                        "notification_type": "inbox",
                        "company_id": company.id,
                        "company_ids": [(6, 0, company.ids)],
                    }
                    for login in logins
                ]
            )
        )

    def activate_all(self):
        """Activate all connections."""
        with self._env() as env:
            for connection in env["nav.connection"].search([]):
                connection.action_activate()

    def rest(self):
        """Hold no connection to the database, so that it can be copied or replaced."""
        import odoo.sql_db

        odoo.sql_db.close_all()

    def wake(self):
        """Look at the database anew, after it was replaced."""
        self._registry.reset_changes()
        self._registry.clear_all_caches()
        self._registry.cache_invalidated.clear()
        self._registry.setup_signaling()

    def forget_tokens(self):
        """Have no token of a Maskinporten that is not there any more."""
        from odoo.addons.nav_altinn_connector.clients.maskinporten import TOKENS

        TOKENS.clear()

    # ------------------------------------------------------------------ what they do

    def register(self, by_hand: list):
        """Register time off by hand and approve it, each in a transaction of its own."""
        for number, kind, first, last in by_hand:
            self._insist(
                lambda env, n=number, k=kind, f=first, t=last: self._leave(env, n, k, f, t)
            )

    def _leave(self, env, number, kind, first, last):
        employee = env["hr.employee"].search([("identification_id", "=", number)])
        leave_type = self._ids[f"{kind} {employee.company_id.id}"]
        vals = {
            "employee_id": employee.id,
            "holiday_status_id": leave_type,
            "request_date_from": first,
            "request_date_to": last,
        }
        same = [("employee_id", "=", employee.id), ("nav_sourced", "=", False)]
        # When only the answer to the commit was lost, it is there already.
        if not env["hr.leave"].search_count(same):
            env["hr.leave"].create(vals).action_approve()

    def write_plans(self, numbers: list[str], evaluation: date) -> bool:
        """Write a follow-up plan for each of these people who has none; returns whether all have
        one now, which takes a case for each."""
        written = [
            self._insist(lambda env, n=number: self._write_plan(env, n, evaluation))
            for number in numbers
        ]
        return all(written)

    def _write_plan(self, env, number, evaluation):
        employee = env["hr.employee"].search([("identification_id", "=", number)])
        case = env["nav.sick.case"].search(
            [("employee_id", "=", employee.id), ("state", "=", "open")], limit=1
        )
        if case and not case.plan_ids:
            admin = env.ref("base.user_admin")
            case.write({"responsible_id": admin.id, "responsible_by_hand": True})
            vals = {**CONTENT, "case_id": case.id, "evaluation_date": evaluation}
            env["nav.followup.plan"].create(vals)
        return bool(case)

    def send_plans(self):
        """Press the button on each plan that is not sent."""
        unsent = [("state", "in", ("draft", "ready", "failed"))]
        for plan in self._insist(lambda env: env["nav.followup.plan"].search(unsent).ids):
            self._insist(lambda env, key=plan: self._send(env, key))

    def send_plans_and_die(self, seed: str, times: int) -> int:
        """The same in processes that are killed at it, as often as this; then in one that is not.

        Like Odoo's own workers they are forked from one that holds no connection.

        :return: how many were killed before they came to an end
        """
        rng, killed = random.Random(seed), 0
        for _time in range(times):
            self.rest()
            child = os.fork()
            if not child:
                try:
                    self.send_plans()
                finally:
                    os._exit(0)
            time.sleep(rng.uniform(0, DYING))
            os.kill(child, signal.SIGKILL)
            killed += os.WIFSIGNALED(os.waitpid(child, 0)[1])
        self.send_plans()
        return killed

    @staticmethod
    def _send(env, key):
        plan = env["nav.followup.plan"].browse(key)
        if plan.state in ("draft", "ready", "failed"):
            plan.action_send()

    @staticmethod
    def _send_again(env, key):
        plan = env["nav.followup.plan"].browse(key)
        if plan.state == "unknown":
            plan.action_send(again=plan.call_id)

    def settle_plans(self, arrived: list[str]):
        """What people do about a plan of which nobody knows: ask NAV, then mark or send it.

        :param arrived: the references of the calls that NAV has got
        """
        with self._env() as env:
            env.cr.execute(
                "UPDATE nav_followup_plan SET sending_at = sending_at - interval '1 hour' "
                "WHERE state = 'sending'"
            )
            env.invalidate_all()
            env["nav.followup.plan"]._cron_plan_status()
        with self._env() as env:
            unknown = env["nav.followup.plan"].search([("state", "=", "unknown")])
            there = unknown.filtered(lambda plan: plan.call_id in arrived)
            there.action_mark_sent()
        for plan in (unknown - there).ids:
            self._insist(lambda env, key=plan: self._send_again(env, key))
        self.send_plans()

    def make_due(self):
        """Let the time pass until everything is due."""
        self._insist(_make_due)

    def run_crons(self):
        """Run the addon's crons until they have nothing left to do."""
        for _round in range(MOST_ROUNDS):
            with self._env() as env:
                env.cr.execute("DELETE FROM ir_cron_trigger")
            for model, cron in (
                ("nav.connection", "_cron_fetch_sick_notes"),
                ("nav.connection", "_cron_cancel_overlaps"),
                ("nav.connection", "_cron_poll_altinn"),
                ("nav.sick.case", "_cron_followup"),
            ):
                with self._env() as env:
                    getattr(env[model], cron)()
            with self._env() as env:
                env.cr.execute("SELECT count(*) FROM nav_notice WHERE due_at IS NULL")
                [waiting] = env.cr.fetchone()
                env.cr.execute(
                    "SELECT count(*) FROM ir_cron_trigger WHERE call_at <= now() at time zone 'UTC'"
                )
                if not waiting and env.cr.fetchone() == (0,):
                    return
        raise AssertionError("the crons ask for themselves without end")

    def settle(self, compare: bool = False):
        """Once more, with nothing going wrong.

        :param compare: with the weekly comparison with NAV, as after a year without it: what NAV
            holds back in these days is as old as the notes of the story
        """
        with self._env() as env:
            if compare:
                env.cr.execute(
                    "UPDATE nav_connection_unit SET reconciled_at = reconciled_at "
                    "- interval '400 days'"
                )
            _make_due(env)
        self.run_crons()

    def _insist(self, work):
        """Do it, again and again when another worker or the database's end comes between; returns
        what it returns."""
        import psycopg2

        import odoo.sql_db

        for attempt in range(TRIES):
            try:
                with self._env() as env:
                    done = work(env)
                    env.flush_all()
                return done
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                odoo.sql_db.close_all()
                if attempt == TRIES - 1:
                    raise
                time.sleep(0.3)

    # ------------------------------------------------------------------ what there is

    def outcome(self) -> dict[str, list]:
        """Everything that must be equal however it came about; see :mod:`.outcome`."""
        with self._env() as env:
            return outcome.outcome(env)

    def told(self) -> dict[str, list]:
        """What nobody may have been told; see :mod:`.told`."""
        with self._env() as env:
            return {what: outcome.rows(env, query) for what, query in told.CHECKS.items()}

    def most_messages(self) -> int:
        """Let the follow-up be made and the messages that are due be written; returns how many one
        person has at most, of time off, activities and follow-up together."""
        with self._env() as env:
            env["nav.sick.case"]._cron_followup()
        with self._env() as env:
            env["nav.notice"]._deliver(lambda: env.cr.commit() or float("inf"))
        with self._env() as env:
            return int(outcome.rows(env, told.MOST_MESSAGES)[0][0])

    def counts(self) -> dict[str, int]:
        """How much there is."""
        with self._env() as env:
            tables = ("nav_sick_note", "hr_leave", "nav_sick_case", "nav_followup_plan")
            tables += ("nav_exchange", "chaos_told", "chaos_message")
            counts = {}
            for table in tables:
                env.cr.execute(f"SELECT count(*) FROM {table}")
                [counts[table]] = env.cr.fetchone()
            return counts


def _make_due(env):
    env.cr.execute(
        "UPDATE nav_connection SET last_fetch_at = NULL, retry_at = NULL, "
        "health_checked_at = NULL, next_check_at = CASE WHEN next_check_at IS NULL THEN NULL "
        "ELSE now() at time zone 'UTC' END"
    )
    env.cr.execute("UPDATE nav_notice SET due_at = NULL")
    env.invalidate_all()
