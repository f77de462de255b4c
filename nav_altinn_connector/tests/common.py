from datetime import date, timedelta

from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user

# Synthetic identity numbers (month raised by 80) and organisation numbers (first digit 2 or 3).


def check_digits(nine):
    """The two check digits of an identity number, or None where there are none."""
    first = -sum(int(d) * w for d, w in zip(nine, (3, 7, 6, 1, 8, 9, 4, 5, 2), strict=True)) % 11
    if first == 10:
        return None
    ten = f"{nine}{first}"
    second = -sum(int(d) * w for d, w in zip(ten, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2), strict=True)) % 11
    return None if second == 10 else f"{first}{second}"


def identity_numbers():
    """Valid synthetic identity numbers, without end and without repetition."""
    for day in range(1, 29):
        for month in range(81, 93):
            for year in range(60, 100):
                for individual in range(500, 1000, 7):
                    nine = f"{day:02}{month}{year:02}{individual:03}"
                    digits = check_digits(nine)
                    if digits:
                        yield nine + digits


def org_number(eight):
    """A valid organisation number that begins with these eight digits, or None."""
    total = sum(int(d) * w for d, w in zip(eight, (3, 2, 7, 6, 5, 4, 3, 2), strict=True))
    check = -total % 11
    return None if check == 10 else f"{eight}{check}"


def org_numbers():
    for number in range(31000000, 32000000):
        valid = org_number(str(number))
        if valid:
            yield valid


MAIN_UNIT = next(org_numbers())


def activity(kind, degree):
    """NAV's ``aktivitet`` for a kind of period."""
    return {
        "avventendeSykmelding": "Adjust the desk" if kind == "advisory" else None,
        "gradertSykmelding": (
            {"sykmeldingsgrad": degree, "harReisetilskudd": False} if kind == "graded" else None
        ),
        "aktivitetIkkeMulig": (
            {"manglendeTilretteleggingPaaArbeidsplassen": False, "beskrivelse": None}
            if kind == "full"
            else None
        ),
        "antallBehandlingsdagerUke": 1 if kind == "treatment_days" else None,
        "harReisetilskudd": kind == "travel_subsidy",
    }


def iso(day):
    return day.isoformat() if isinstance(day, date) else day


class NavCase(TransactionCase):
    """A company with a connection that is active, without any outside system.

    Notes come in as NAV's JSON by :meth:`receive`, the way that a fetch stores them.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.tz = "Europe/Oslo"
        cls.numbers = identity_numbers()
        cls.loepenr = 100
        cls.calendar = cls.env["resource.calendar"].create(
            {
                "name": "40 hours",
                "tz": "Europe/Oslo",
                "company_id": False,
                "hours_per_day": 8,
                "attendance_ids": [Command.clear()]
                + [
                    Command.create(
                        {
                            "name": "Part of the day",
                            "dayofweek": str(day),
                            "hour_from": start,
                            "hour_to": stop,
                            "day_period": period,
                        }
                    )
                    for day in range(5)
                    for start, stop, period in (
                        (8, 12, "morning"),
                        (12, 13, "lunch"),
                        (13, 17, "afternoon"),
                    )
                ],
            }
        )
        cls.company = cls.env["res.company"].create(
            {"name": "Employer", "resource_calendar_id": cls.calendar.id}
        )
        cls.env = cls.env(
            context={
                **cls.env.context,
                "allowed_company_ids": cls.company.ids,
                "tracking_disable": True,
            }
        )
        cls.env.user.company_ids |= cls.company
        cls.company = cls.company.with_env(cls.env)
        cls.sick_type = cls._leave_type("Sick leave", is_sick_leave=True, allow_graded=True)
        cls.manual_sick_type = cls._leave_type("Self-certified", is_sick_leave=True)
        cls.vacation_type = cls._leave_type("Vacation")
        cls.connection = cls._connection()
        cls.unit = cls.connection.unit_ids
        cls.employee = cls._employee("Kari Prøve")

    @classmethod
    def _leave_type(cls, name, **vals):
        return cls.env["hr.leave.type"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "requires_allocation": False,
                "leave_validation_type": "hr",
                **vals,
            }
        )

    @classmethod
    def _connection(cls, **vals):
        client = cls.env["nav.maskinporten.client"].create(
            {
                "name": "Client",
                "environment": "test",
                "client_id": "test-client",
                "owner_org_number": MAIN_UNIT,
            }
        )
        connection = cls.env["nav.connection"].create(
            {
                "name": "Connection",
                "company_id": cls.company.id,
                "maskinporten_client_id": client.id,
                "org_number": MAIN_UNIT,
                "leave_type_id": cls.sick_type.id,
                "fetch_from": date(2020, 1, 1),
                "unit_ids": [Command.create({"org_number": MAIN_UNIT, "name": "Main street"})],
                **vals,
            }
        )
        connection.state = "active"
        return connection

    @classmethod
    def _employee(cls, name, **vals):
        return cls.env["hr.employee"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "resource_calendar_id": cls.calendar.id,
                "tz": "Europe/Oslo",
                "identification_id": next(cls.numbers),
                **vals,
            }
        )

    @classmethod
    def _user(cls, login, groups, **vals):
        return new_test_user(
            cls.env,
            login,
            groups=groups,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
            **vals,
        )

    # ------------------------------------------------------------------ notes and leave

    @classmethod
    def payload(cls, *periods, employee=None, fnr=None, loepenr=None, **changes):
        """A note in NAV's form.

        :param periods: (from, to, degree) or (from, to, kind); degree 100 is a full note
        """
        if loepenr is None:
            cls.loepenr += 1
            loepenr = cls.loepenr
        employee = employee or cls.employee
        parts = []
        for first, last, what in periods:
            kind = what if isinstance(what, str) else ("full" if what == 100 else "graded")
            degree = what if kind == "graded" else 100
            parts.append({"fom": iso(first), "tom": iso(last), "aktivitet": activity(kind, degree)})
        return {
            "loepenr": loepenr,
            "sykmeldingId": f"00000000-0000-4000-8000-{loepenr:012}",
            "mottattAvNav": "2026-06-01T08:00",
            "sendtTilArbeidsgiver": "2026-06-01T08:05:10",
            "sykmeldt": {"fnr": fnr or employee.identification_id, "navn": employee.name},
            "egenmeldingsdager": [],
            "sykefravaerFom": parts[0]["fom"] if parts else None,
            "sykmeldingPerioder": parts,
            "oppfoelging": {"prognose": None, "meldingTilArbeidsgiver": "Text of the doctor"},
            "kontaktMedPasient": "2026-06-01T07:30",
            "behandler": {"navn": "Lege Prøve", "tlf": "00000000"},
            "arbeidsgiver": {"navn": "Employer", "orgnr": MAIN_UNIT},
            **changes,
        }

    @classmethod
    def receive(cls, *payloads, apply=True):
        """Store notes as a fetch does, and apply them."""
        ids = set(cls.env["nav.sick.note"].search([]).ids)
        cls.connection._store_page(cls.unit, list(payloads))
        notes = cls.env["nav.sick.note"].search([("id", "not in", list(ids))], order="loepenr, id")
        if apply:
            notes._apply()
        return notes

    @classmethod
    def note(cls, *periods, **changes):
        return cls.receive(cls.payload(*periods, **changes))

    @classmethod
    def leave(cls, leave_type, first, last, state="validate", employee=None, **vals):
        """Time off that a person registered, in a state."""
        leave = cls.env["hr.leave"].create(
            {
                "holiday_status_id": leave_type.id,
                "employee_id": (employee or cls.employee).id,
                "request_date_from": first,
                "request_date_to": last,
                **vals,
            }
        )
        if state == "validate1":
            leave.write({"state": "validate1"})
        elif state == "validate":
            if leave.state == "confirm" and leave.validation_type == "both":
                leave.action_approve()
            if leave.state != "validate":
                leave.action_approve()
        return leave

    def nav_leaves(self, employee=None, states=("validate",)):
        return self.env["hr.leave"].search(
            [
                ("employee_id", "=", (employee or self.employee).id),
                ("nav_sourced", "=", True),
                ("state", "in", states),
            ],
            order="request_date_from",
        )

    def spans(self, leaves):
        """(from, to, degree) of leaves, in order."""
        return sorted(
            (leave.request_date_from, leave.request_date_to, leave.absence_degree)
            for leave in leaves
        )

    def calendar_days(self, employee=None):
        """{day: (kind of leave, degree)} of all time off that counts, as a person sees it."""
        days = {}
        leaves = self.env["hr.leave"].search(
            [
                ("employee_id", "=", (employee or self.employee).id),
                ("state", "in", ("confirm", "validate1", "validate")),
            ]
        )
        for leave in leaves:
            day = leave.request_date_from
            while day <= leave.request_date_to:
                source = "nav" if leave.nav_sourced else leave.holiday_status_id.name
                days.setdefault(day, set()).add((source, leave.absence_degree, leave.state))
                day += timedelta(days=1)
        return days
