from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..clients.errors import ClientError, InsecureAddress
from ..clients.sykepenger import SCOPE, SykepengerClient, new_transport
from ..domain import identity
from . import plain_words
from .notification import notification

# Commands of a many2many field that link records, and change none.
CHOOSING = (Command.UNLINK, Command.LINK, Command.CLEAR, Command.SET)

# The way of a connection:
#
#              ┌── (asked anew) ── rejected
#              v                      ^
#   draft ──> waiting ────────────────┤      (for the approval, then for the rights to work)
#     │          │                    │
#     │          v
#     └──────> active <──> paused            (at once, when the system user is approved already)
#                │ ^
#                v │
#            reauthorise                     (the rights are gone; heals when they are back)


class NavConnection(models.Model):
    """An organisation connected to NAV: whose sick notes are fetched, for whom, as what."""

    _name = "nav.connection"
    _description = "NAV Connection"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True)
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("waiting", "Waiting for Approval"),
            ("active", "Active"),
            ("reauthorise", "Reauthorise"),
            ("rejected", "Rejected"),
            ("paused", "Paused"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    maskinporten_client_id = fields.Many2one(
        "nav.maskinporten.client",
        default=lambda self: self._default_maskinporten_client(),
        ondelete="restrict",
        check_company=True,
    )
    environment = fields.Selection(related="maskinporten_client_id.environment")

    org_number = fields.Char(
        "Organisation Number",
        tracking=True,
        help="The main unit, or a single sub-unit when only that one is connected.",
    )
    org_name = fields.Char("Organisation", readonly=True, copy=False)
    org_form = fields.Char(readonly=True, copy=False)
    unit_ids = fields.One2many("nav.connection.unit", "connection_id", "Sub-units")
    unit_count = fields.Integer(compute="_compute_unit_count")
    system_user_org_number = fields.Char(
        "System User's Organisation",
        help="The organisation that approved the system user in Altinn, when it is another one "
        "than the organisation number above.",
    )
    system_user_external_ref = fields.Char(
        "System User's External Reference",
        help="Needed only when the system user was requested with a reference of its own.",
    )

    leave_type_id = fields.Many2one(
        "hr.leave.type",
        "Time Off Type",
        check_company=True,
        tracking=True,
        help="What sick notes become. The type must allow graded absence and must not require "
        "allocation.",
    )
    audience = fields.Selection(
        [
            ("everyone", "Everyone"),
            ("departments", "Departments"),
            ("employees", "Chosen employees"),
        ],
        "Included",
        default="everyone",
        required=True,
        tracking=True,
    )
    department_ids = fields.Many2many("hr.department", string="Departments", check_company=True)
    employee_ids = fields.Many2many("hr.employee", string="Employees", check_company=True)
    identity_field = fields.Selection(
        selection="_selection_identity_field",
        string="Identity Number Is In",
        default="identification_id",
        required=True,
        help="The field of the employee that holds the national identity number or D-number.",
    )

    fetch_from = fields.Date(
        "First Date",
        required=True,
        default=fields.Date.context_today,
        tracking=True,
        help="Notes that NAV received from this day on are fetched.",
    )
    fetch_hour_from = fields.Float("From (UTC)", default=8.0)
    fetch_hour_to = fields.Float("To (UTC)", default=18.0)
    fetch_interval = fields.Integer(
        "Minutes Between Fetches", default=60, help="How often NAV is asked within these hours."
    )

    last_fetch_at = fields.Datetime("Last Fetch", readonly=True, copy=False)
    last_success_at = fields.Datetime("Last Successful Fetch", readonly=True, copy=False)
    retry_at = fields.Datetime(readonly=True, copy=False)
    failures = fields.Integer(readonly=True, copy=False)
    next_fetch_at = fields.Datetime("Next Fetch", compute="_compute_next_fetch_at")
    last_error = fields.Char("Problem", readonly=True, copy=False)
    note_count = fields.Integer(compute="_compute_note_counts")
    waiting_count = fields.Integer(compute="_compute_note_counts")
    failed_count = fields.Integer(compute="_compute_note_counts")
    problem_count = fields.Integer(compute="_compute_note_counts")

    # A draft is filled in step by step; what has begun is complete.
    _complete = models.Constraint(
        "CHECK(state = 'draft' OR (org_number IS NOT NULL AND leave_type_id IS NOT NULL "
        "AND maskinporten_client_id IS NOT NULL))",
        "The connection needs an organisation number, a time off type and a Maskinporten client.",
    )
    _interval_positive = models.Constraint(
        "CHECK(fetch_interval > 0)", "There must be at least one minute between two fetches."
    )
    _hours_in_order = models.Constraint(
        "CHECK(fetch_hour_from >= 0 AND fetch_hour_to <= 24 AND fetch_hour_from < fetch_hour_to)",
        "The hours must be between 0 and 24, the first before the last.",
    )

    # ------------------------------------------------------------------ computes and constraints

    @api.model
    def _default_maskinporten_client(self):
        """The client, where there is no choice."""
        clients = self.env["nav.maskinporten.client"].search(
            [("company_id", "in", [False, self.env.company.id])], limit=2
        )
        return clients if len(clients) == 1 else False

    @api.model
    def _selection_identity_field(self):
        """Stored text fields of employees. Only the usual ones, and those of other addons whose
        name tells that they hold such a number."""
        names = ["identification_id", "ssnid"]
        Employee = self.env["hr.employee"]
        words = ("identity_number", "national_id", "fodselsnummer", "personnummer", "x_")
        for name, field in Employee._fields.items():
            if field.type == "char" and name not in names and name.startswith(words):
                stored = field.store or (field.inherited and field.base_field.store)
                if stored:
                    names.append(name)
        return [(name, Employee._fields[name]._description_string(self.env)) for name in names]

    @api.model
    def _identity_fields_in_use(self):
        groups = self._read_group([("state", "!=", "draft")], ["identity_field"])
        return [name for (name,) in groups] or ["identification_id"]

    @api.depends("unit_ids.selected")
    def _compute_unit_count(self):
        for connection in self:
            connection.unit_count = len(connection.unit_ids.filtered("selected"))

    def _compute_note_counts(self):
        # Administrators see how many notes there are, and no note.
        groups = (
            self.env["nav.sick.note"]
            .sudo()
            ._read_group(
                [("connection_id", "in", self.ids)], ["connection_id", "state"], ["__count"]
            )
        )
        counts = {(connection.id, state): count for connection, state, count in groups}
        for connection in self:
            of = {state: count for (id_, state), count in counts.items() if id_ == connection.id}
            connection.note_count = sum(of.values())
            connection.waiting_count = of.get("waiting", 0)
            connection.failed_count = of.get("failed", 0)
            connection.problem_count = (
                connection.waiting_count
                + connection.failed_count
                + len(connection.unit_ids.filtered("last_error"))
            )

    @api.constrains("org_number", "system_user_org_number")
    def _check_org_numbers(self):
        for connection in self:
            for number in filter(None, (connection.org_number, connection.system_user_org_number)):
                if not identity.is_valid_org_number(number):
                    raise ValidationError(
                        self.env._(
                            "%s is not a valid organisation number. It has nine digits, and the "
                            "last one is a check digit.",
                            number,
                        )
                    )

    @api.onchange("org_number")
    def _onchange_org_number(self):
        if self.org_number:
            self.org_number = identity.normalize(self.org_number)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("org_number"):
                vals["org_number"] = identity.normalize(vals["org_number"])
        split = [self._split_off_chosen(vals) for vals in vals_list]
        connections = super().create([vals for vals, _chosen in split])
        for connection, (_vals, chosen) in zip(connections, split, strict=True):
            connection._choose_employees(chosen)
        return connections

    def write(self, vals):
        """Another organisation has other sub-units, and what is active must stay sound."""
        vals, chosen = self._split_off_chosen(vals)
        if vals.get("org_number"):
            vals = {**vals, "org_number": identity.normalize(vals["org_number"])}
        changed = {"org_number", "maskinporten_client_id", "company_id"} & vals.keys()
        fixed = ("waiting", "active", "reauthorise")
        if changed and any(connection.state in fixed for connection in self):
            raise UserError(
                self.env._(
                    "Pause the connection, or withdraw its request in Altinn, before you change "
                    "whom it connects."
                )
            )
        result = super().write(vals)
        self._choose_employees(chosen)
        if "leave_type_id" in vals:
            for connection in self.filtered(lambda connection: connection.state == "active"):
                connection._refuse_on(filter(None, [connection._leave_type_problem()]))
        if {"audience", "department_ids", "employee_ids", "identity_field"} & vals.keys():
            self._trigger_apply()
        return result

    def _split_off_chosen(self, vals):
        """Split off the choice of employees, where the writer may not read employees.

        :return: the other values, and the commands for the choice or None
        """
        commands = vals.get("employee_ids") or []
        may_read = self.env["hr.employee"].has_access("read")
        # Only choosing among those that there are; what changes an employee is refused below.
        chooses = all(command[0] in CHOOSING for command in commands)
        if "employee_ids" not in vals or may_read or not chooses:
            return vals, None
        return {name: value for name, value in vals.items() if name != "employee_ids"}, commands

    def _choose_employees(self, commands):
        """Choose employees for a NAV administrator who is no HR officer: their names are open to
        all colleagues, but Odoo lets only HR officers link them."""
        if commands:
            self.sudo().write({"employee_ids": commands})

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_notes(self):
        if any(self.mapped("note_count")):
            raise UserError(
                self.env._("A connection with sick notes cannot be deleted. Archive it instead.")
            )

    # ------------------------------------------------------------------ outside systems

    def _sykepenger_client(self):
        """NAV's API as this connection's system user."""
        self.ensure_one()
        client = self._calling_client()
        maskinporten = client._maskinporten_client()
        address = client._address("sykepenger")
        return SykepengerClient(
            address,
            lambda: maskinporten.token(SCOPE, **self._grant()).value,
            transport=new_transport(address, observer=client._observer()),
        )

    def _grant(self):
        """Whose system user acts."""
        return {
            "systemuser_org": self.system_user_org_number or self.org_number,
            "external_ref": self.system_user_external_ref or None,
        }

    def _forget_token(self):
        """Ask Maskinporten for a new token next time, because an API did not accept this one."""
        self.maskinporten_client_id._maskinporten_client().invalidate(SCOPE, **self._grant())

    # ------------------------------------------------------------------ units

    def action_look_up_units(self):
        """Look up name and sub-units in Enhetsregisteret. Ticks and cursors stay as they are.

        :return: a notification when there is nothing new to see, else True
        """
        before = self.unit_ids
        for connection in self:
            try:
                connection._look_up_units()
            except ClientError as error:
                raise UserError(plain_words.client_error(self.env, error)) from error
        if self.unit_ids == before:
            return self._notification(
                self.env._("There is nothing new in Enhetsregisteret."), "success"
            )
        return True

    def _look_up_units(self):
        """:raises UserError: for a number that is not in the register
        :raises ClientError: when the register cannot be asked"""
        self.ensure_one()
        register = self._calling_client()._enhetsregisteret_client()
        unit = register.lookup(self.org_number)
        if unit is None:
            if self.unit_ids and self.maskinporten_client_id._allows_synthetic():
                return  # organisations of the test environments are not in the open register
            raise UserError(
                self.env._(
                    "Enhetsregisteret does not know the organisation number %s. Check it.",
                    self.org_number,
                )
            )
        if unit.deleted:
            raise UserError(
                self.env._("%s is deleted in Enhetsregisteret. Use a number in use.", unit.name)
            )
        if unit.kind == "sub":
            found = [unit]
            self._found_sub_unit(register, unit)
        else:
            found, lower = register.below(unit)
            self._found_main_unit(unit, found, lower)
        self._merge_units(found)

    def _merge_units(self, found):
        known = {unit.org_number: unit for unit in self.unit_ids}
        new = []
        for unit in found:
            if unit.number in known:
                known[unit.number].write({"name": unit.name, "closed_on": unit.deleted_on})
            elif not unit.deleted:
                new.append(
                    {
                        "connection_id": self.id,
                        "org_number": unit.number,
                        "name": unit.name,
                        # A unit that appears later is offered, not fetched unasked.
                        "selected": self.state == "draft",
                    }
                )
        self.env["nav.connection.unit"].create(new)

    # ------------------------------------------------------------------ activation

    def action_activate(self):
        """Check everything that fetching needs, then start to fetch.

        :raises UserError: with all that is missing, and what to do about it
        """
        for connection in self:
            connection._refuse_on(connection._setup_problems())
            connection._look_up_before_activation()
            connection._refuse_on(connection._token_problems())
            connection._activate_checked()
        return True

    def _activate_checked(self):
        """Become active, where all that fetching needs has been seen to work.

        :raises UserError: for what can change between the checks and now
        """
        self.ensure_one()
        self._refuse_on([*self._setup_problems(), *self._unit_problems()])
        self.leave_type_id.sudo().is_sick_leave = True
        self.write({"state": "active", "last_error": False, "failures": 0, "retry_at": False})

    def _look_up_before_activation(self):
        try:
            self._look_up_units()
        except ClientError as error:
            raise UserError(plain_words.client_error(self.env, error)) from error
        self._refuse_on(self._unit_problems())

    def _refuse_on(self, problems):
        problems = list(problems)
        if problems:
            raise UserError("\n".join(problems))

    def _setup_problems(self):
        return [
            *self._identity_problems(),
            *filter(None, [self.leave_type_id and self._leave_type_problem()]),
            *self._audience_problems(),
        ]

    def _audience_problems(self):
        if self.audience == "departments" and not self.department_ids:
            return [self.env._("Choose the departments that are included.")]
        if self.audience == "employees" and not self.employee_ids:
            return [self.env._("Choose the employees who are included.")]
        return []

    def _identity_problems(self):
        """What of the connection's essentials is not filled in."""
        missing = {
            "maskinporten_client_id": self.env._("Choose the Maskinporten client."),
            "org_number": self.env._("Fill in the organisation number."),
            "leave_type_id": self.env._("Choose the time off type."),
        }
        return [words for name, words in missing.items() if not self[name]]

    def _leave_type_problem(self):
        """Why the leave type cannot be used, or False."""
        leave_type = self.leave_type_id
        if not leave_type.active:
            return self.env._("The time off type %s is archived. Choose another.", leave_type.name)
        if not leave_type.allow_graded:
            return self.env._(
                "The time off type %s does not allow graded absence. Tick Allow Graded Absence "
                "on the type, or choose another type.",
                leave_type.name,
            )
        if leave_type.requires_allocation:
            return self.env._(
                "The time off type %s requires allocation. Sick leave is not taken from a quota: "
                "turn that off on the type, or choose another type.",
                leave_type.name,
            )
        if leave_type.time_type != "leave":
            return self.env._(
                "The time off type %s counts as worked time. Choose a type for absence.",
                leave_type.name,
            )
        return False

    def _unit_problems(self):
        selected = self.unit_ids.filtered("selected")
        if not selected:
            return [self.env._("Tick at least one sub-unit.")]
        return self._fetched_twice(selected.mapped("org_number"))

    def _token_problems(self):
        try:
            self._calling_client()._maskinporten_client().token(SCOPE, **self._grant())
        except UserError as error:
            return [error.args[0]]
        except (ClientError, InsecureAddress) as error:
            return [plain_words.client_error(self.env, error)]
        return []

    def action_pause(self):
        fetching = self.filtered(lambda connection: connection.state in ("active", "reauthorise"))
        fetching.write({"state": "paused", "next_check_at": False})
        fetching._stop_telling()
        return True

    def action_resume(self):
        paused = self.filtered(lambda connection: connection.state == "paused")
        return paused.action_activate()

    def action_draft(self):
        self.filtered(lambda connection: connection.state == "paused").state = "draft"
        return True

    # ------------------------------------------------------------------ windows

    def action_open_notes(self):
        return self._open_notes(self.env._("Sick Notes"), [])

    def action_open_waiting(self):
        return self._open_notes(
            self.env._("Not Applied"), domain=[("state", "in", ("waiting", "failed"))]
        )

    def _open_notes(self, title, domain):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "nav.sick.note",
            "view_mode": "list,form",
            "domain": [("connection_id", "=", self.id), *domain],
        }

    def _notification(self, message, kind="info", sticky=False):
        return notification(message, kind, sticky=sticky)
