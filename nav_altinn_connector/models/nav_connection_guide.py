# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from odoo import api, fields, models
from odoo.exceptions import UserError

from ..domain import identity, organisation
from . import plain_words

STEPS = ("basics", "organisation", "leave_type", "authority", "first_date", "approval", "check")


class NavConnection(models.Model):
    """The guide: a draft connection filled in step by step.

    The guide works on the connection itself, so what has been filled in is kept whenever it is
    closed, and it goes on where it was.
    """

    _inherit = "nav.connection"

    guide_step = fields.Selection(
        [
            ("basics", "Name"),
            ("organisation", "Organisation"),
            ("leave_type", "Time Off Type"),
            ("authority", "Authority"),
            ("first_date", "First Date"),
            ("approval", "Approval"),
            ("check", "Check"),
        ],
        "Step",
        default="basics",
        required=True,
        copy=False,
    )
    org_kind = fields.Selection(
        [("main", "Main unit"), ("sub", "Sub-unit")], "Kind", readonly=True, copy=False
    )
    org_parent_number = fields.Char(readonly=True, copy=False)
    org_parent_name = fields.Char(readonly=True, copy=False)
    org_sub_unit_count = fields.Integer(readonly=True, copy=False)
    org_lower_unit_count = fields.Integer(readonly=True, copy=False)
    org_advice = fields.Text(compute="_compute_org_advice", string="Which Number")
    org_other_number = fields.Char(compute="_compute_org_advice")

    leave_type_allows_graded = fields.Boolean(related="leave_type_id.allow_graded")
    leave_type_graded_counting = fields.Selection(
        related="leave_type_id.graded_counting", string="Counting of This Type"
    )
    leave_type_problem = fields.Char(compute="_compute_leave_type_problem")
    graded_counting_choice = fields.Selection(
        [
            ("full", "Whole days: a 50 % week counts as 5 days"),
            ("partial", "Part of each day: a 50 % week counts as 2.5 days"),
        ],
        "Counting of Graded Days",
        default="partial",
        copy=False,
    )

    authority_confirmed = fields.Boolean(
        "I may connect this organisation to NAV on its behalf", copy=False, tracking=True
    )
    authority_user_id = fields.Many2one("res.users", "Confirmed By", readonly=True, copy=False)
    authority_on = fields.Datetime("Confirmed On", readonly=True, copy=False)

    # ------------------------------------------------------------------ computes

    @api.depends(
        "org_kind", "org_sub_unit_count", "org_lower_unit_count", "org_parent_number", "org_name"
    )
    def _compute_org_advice(self):
        for connection in self:
            advice = connection.org_kind and organisation.advise(
                connection.org_kind,
                connection.org_number,
                sub_units=connection.org_sub_unit_count,
                lower_main_units=connection.org_lower_unit_count,
                parent=connection.org_parent_number or None,
            )
            connection.org_advice = advice and connection._advice_words(advice.code)
            connection.org_other_number = advice and advice.other_number or False

    def _advice_words(self, code):
        """Which number to use, in words, for what :func:`..domain.organisation.advise` says."""
        words = {
            "either": self.env._(
                "The organisation has one sub-unit. Its number and that of the main unit do the "
                "same here: keep this one."
            ),
            "main": self.env._(
                "The organisation has %s sub-units. This is the number of the main unit, which is "
                "the right one: tick the sub-units that you want.",
                self.org_sub_unit_count,
            ),
            "main_with_lower": self.env._(
                "This organisation has other main units below it. The rights in Altinn may have "
                "to be approved for each of them: where sub-units get no access, make a "
                "connection of its own with the number of their main unit."
            ),
            "only_this_sub": self.env._(
                "This is one of %(count)s sub-units of %(parent)s. Only this one is connected. To "
                "connect several of them, use the number of the main unit, %(number)s.",
                count=self.org_sub_unit_count,
                parent=self.org_parent_name or self.org_parent_number,
                number=self.org_parent_number,
            ),
            "nothing": self.env._(
                "Enhetsregisteret knows no sub-unit of this organisation. NAV sends sick notes to "
                "sub-units, so there is nothing to fetch. Check the number."
            ),
        }
        return words.get(code, False)

    @api.depends("leave_type_id", "leave_type_id.allow_graded", "leave_type_id.requires_allocation")
    def _compute_leave_type_problem(self):
        for connection in self:
            connection.leave_type_problem = (
                connection.leave_type_id and connection._leave_type_problem()
            )

    # ------------------------------------------------------------------ writes

    def write(self, vals):
        """Who confirmed the authority, and when, is kept; it holds for one organisation."""
        if "authority_confirmed" in vals:
            confirmed = vals["authority_confirmed"]
            vals = {
                **vals,
                "authority_user_id": confirmed and self.env.uid,
                "authority_on": confirmed and fields.Datetime.now(),
            }
        if "org_number" in vals:
            number = identity.normalize(vals["org_number"] or "")
            moved = self.filtered(
                lambda connection: connection.org_number and connection.org_number != number
            )
            if moved:
                vals = {**self._forget_organisation(), **vals}
                if "unit_ids" not in vals:
                    moved._forget_units()
        return super().write(vals)

    def _forget_units(self):
        """Another organisation has other sub-units. Those with sick notes stay, not ticked."""
        Note = self.env["nav.sick.note"].sudo()
        known = Note.search([("unit_id", "in", self.unit_ids.ids)]).unit_id
        (self.unit_ids - known).unlink()
        self.unit_ids.selected = False

    def _forget_organisation(self):
        """What does not hold for another organisation."""
        return {
            "authority_confirmed": False,
            "authority_user_id": False,
            "authority_on": False,
            "org_name": False,
            "org_form": False,
            "org_kind": False,
            "org_parent_number": False,
            "org_parent_name": False,
            "org_sub_unit_count": 0,
            "org_lower_unit_count": 0,
        }

    # ------------------------------------------------------------------ steps

    def action_continue_guide(self):
        """Open the guide where it was left."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "nav.connection",
            "res_id": self.id,
            "views": [(self.env.ref("nav_altinn_connector.nav_connection_guide").id, "form")],
            "name": self.env._("Connect to NAV"),
        }

    def action_open_connection(self):
        """Leave the guide for the connection's own form."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "nav.connection",
            "res_id": self.id,
            "views": [(self.env.ref("nav_altinn_connector.nav_connection_view_form").id, "form")],
            "name": self.name,
        }

    def action_guide_next(self):
        """Go on to the next step.

        :raises UserError: with what is missing on this one
        """
        self.ensure_one()
        self.check_access("write")
        self._refuse_on(self._step_problems())
        self.guide_step = STEPS[min(STEPS.index(self.guide_step) + 1, len(STEPS) - 1)]
        return True

    def action_guide_back(self):
        """Go back a step. Nothing that was filled in is lost."""
        self.ensure_one()
        self.check_access("write")
        self.guide_step = STEPS[max(STEPS.index(self.guide_step) - 1, 0)]
        return True

    def action_guide_look_up(self):
        """Look the number up in Enhetsregisteret, and show what it is."""
        self.ensure_one()
        if not self.org_number:
            raise UserError(self.env._("Fill in the organisation number."))
        return self.action_look_up_units()

    def action_use_other_number(self):
        """Take the main unit's number instead of a sub-unit's."""
        self.ensure_one()
        if self.org_other_number:
            self.org_number = self.org_other_number
            self.unit_ids.unlink()
            self.action_look_up_units()
        return True

    def action_allow_graded(self):
        """Open the chosen time off type for graded absence, with the chosen way of counting."""
        self.ensure_one()
        self.check_access("write")
        leave_type = self.leave_type_id
        leave_type.check_access("read")
        leave_type.sudo().write(
            {
                "allow_graded": True,
                "is_sick_leave": True,
                "graded_counting": self.graded_counting_choice or "partial",
            }
        )
        self._message_log(
            body=self.env._("%s now allows graded absence.", leave_type.display_name),
            author_id=self.env.user.partner_id.id,
        )
        return True

    def _step_problems(self):
        """What is missing on the step that the guide is at."""
        if self.guide_step == "basics":
            audience = self._audience_problems()
            client = self.maskinporten_client_id
            missing = [] if client else [self._identity_problems()[0]]
            return [*missing, *audience]
        if self.guide_step == "organisation":
            return self._organisation_problems()
        if self.guide_step == "leave_type":
            if not self.leave_type_id:
                return [self.env._("Choose the time off type.")]
            return list(filter(None, [self._leave_type_problem()]))
        if self.guide_step == "authority" and not self.authority_confirmed:
            return [
                self.env._(
                    "Confirm that you may connect the organisation. If you may not, let a person "
                    "who may go on from here: what you filled in is kept."
                )
            ]
        if self.guide_step == "approval" and self.state not in ("active", "waiting"):
            return [self.env._("Ask for the approval in Altinn first.")]
        return []

    def _organisation_problems(self):
        if not self.org_number:
            return [self.env._("Fill in the organisation number.")]
        if not self.unit_ids or not self.org_kind:
            self._look_up_or_say_why()
        return self._unit_problems()

    def _look_up_or_say_why(self):
        """Look up, where the person has not done so; an organisation of a test environment may be
        in no register, and then its sub-units are typed in."""
        try:
            self.action_look_up_units()
        except UserError:
            if not self.unit_ids.filtered("selected"):
                raise

    def _found_main_unit(self, unit, sub_units, lower):
        """Keep what the register says of a main unit, for the advice which number to use.

        :param sub_units: those below it, each a ``Unit`` of the register
        :param lower: the main units below it
        """
        self.write(
            {
                "org_name": unit.name,
                "org_form": unit.form_code,
                "org_kind": unit.kind,
                "org_parent_number": False,
                "org_parent_name": False,
                "org_sub_unit_count": _count_open(sub_units),
                "org_lower_unit_count": _count_open(lower),
            }
        )

    def _found_sub_unit(self, register, unit):
        """The same of a sub-unit, with the main unit that it belongs to."""
        parent = unit.parent and register.main_unit(unit.parent)
        self.write(
            {
                "org_name": unit.name,
                "org_form": unit.form_code,
                "org_kind": unit.kind,
                "org_parent_number": unit.parent,
                "org_parent_name": parent and parent.name,
                "org_sub_unit_count": _count_open(register.sub_units(unit.parent)) if parent else 1,
                "org_lower_unit_count": 0,
            }
        )

    # ------------------------------------------------------------------ the link for a colleague

    def action_send_link(self):
        """Send Altinn's link to the access manager by e-mail."""
        self.ensure_one()
        if not (self.approval_url or self.change_url):
            raise UserError(self.env._("Nothing waits for approval in Altinn."))
        return {
            "type": "ir.actions.act_window",
            "res_model": "nav.approval.link",
            "view_mode": "form",
            "target": "new",
            "context": {"default_connection_id": self.id},
            "name": self.env._("Send the Link"),
        }

    def _language_of_company(self):
        return plain_words.in_language_of(self.company_id, self)


def _count_open(units):
    return sum(not unit.deleted for unit in units)
