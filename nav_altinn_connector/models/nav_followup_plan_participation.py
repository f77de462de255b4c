# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
import hashlib
import secrets
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import NO_ACCESS
from odoo.tools import consteq, email_normalize, hash_sign, verify_hash_signed

from . import plain_words
from .mail_layout import MAIL_LAYOUT
from .nav_followup_plan import EDITABLE, EMPLOYEES_PART
from .notification import notification

SCOPE = "nav_altinn_connector.followup_plan_link"
PATH = "/nav_altinn_connector/plan"
LINK_LIVES = timedelta(days=14)
# Enough for anything that a person writes into such a form.
LONGEST_ANSWER = 20_000


class NavFollowupPlan(models.Model):
    """The employee takes part: reads the plan, comments on it, and confirms it.

    An employee with an Odoo user does that in Odoo, and may write the part that describes the
    work. Without one, the employee gets an e-mail with a link to a page. The link is signed, ends
    after two weeks, and with a newer link. Of its secret only a hash is kept, besides the e-mail
    until that is sent. The e-mail tells that there is a plan to read, nothing of it.
    """

    _inherit = "nav.followup.plan"

    shared_at = fields.Datetime("Employee Asked", readonly=True, copy=False)
    link_hash = fields.Char(readonly=True, copy=False, groups=NO_ACCESS)
    link_expires_at = fields.Datetime("Link Valid Until", readonly=True, copy=False)
    link_sent_to = fields.Char(readonly=True, copy=False)
    employee_read_at = fields.Datetime("Employee Has Read", readonly=True, copy=False)
    employee_confirmed_at = fields.Datetime("Employee Has Confirmed", readonly=True, copy=False)
    employee_comment = fields.Text(
        "Employee's Comment",
        readonly=True,
        copy=False,
        help="For the employer. It is not sent to NAV or the doctor.",
    )

    # ------------------------------------------------------------------ asking

    def action_ask_employee(self):
        """Let the employee see the plan and ask for an answer: in Odoo where the employee has a
        user, else by a link in an e-mail.

        :raises UserError: when there is no way to reach the employee
        """
        self.ensure_one()
        self.check_access("write")
        plan = self.sudo()
        if plan.state not in EDITABLE:
            raise UserError(self.env._("This plan has been sent. Make a new version of it."))
        user = plan.employee_id.user_id.filtered(lambda user: user.active and user._is_internal())
        words = plan._ask_user(user) if user else plan._send_link()
        plan.shared_at = fields.Datetime.now()
        return notification(words, "success")

    def _ask_user(self, user):
        plan = self._in_language(user.lang)
        self.env["mail.thread.nav"].with_context(lang=plan.env.lang).message_notify(
            partner_ids=user.partner_id.ids,
            subject=plan.env._("There is something for you to read"),
            body=plan.env._(
                "Your manager asks you to read and confirm a plan. You find it under Time Off, My "
                "Follow-up Plans."
            ),
            email_add_signature=False,
            force_record_name=plan.env._("My Follow-up Plans"),
            force_send=False,
            email_layout_xmlid=MAIL_LAYOUT,
            record_company_id=self.company_id.id,
        )
        return self.env._("%s was told, and can answer in Odoo.", self.employee_name)

    def _send_link(self):
        """:return: words about what was done"""
        employee = self.employee_id
        address = email_normalize(employee.private_email or "") or email_normalize(
            employee.work_email or ""
        )
        if not address:
            raise UserError(
                self.env._(
                    "The employee has neither an Odoo user nor an e-mail address. Let HR fill in "
                    "the private e-mail address, or go through the plan in a meeting and choose "
                    "under Taken Part what came of it."
                )
            )
        token = self._new_link()
        self.write({"link_sent_to": _masked(address)})
        self._mail_link(address, token)
        return self.env._("A link to the plan was sent to %s.", _masked(address))

    def _mail_link(self, address, token):
        """The message is bound to no record, and its author and its maker are Odoo's own user: who
        made a message may read it. So the link reaches the employee alone."""
        plan = plain_words.in_language_of(self.company_id, self)
        template = plan.env.ref("nav_altinn_connector.mail_template_plan_link")
        link = f"{self.get_base_url()}{PATH}#{token}"
        sender = {}
        if not self.company_id.email:
            sender["email_from"] = self.env.user.email_formatted
        template.with_user(SUPERUSER_ID).with_context(nav_link=link).send_mail(
            self.id,
            email_values={
                **sender,
                "email_to": address,
                "recipient_ids": [],
                "model": False,
                "res_id": False,
                "author_id": self.env.ref("base.partner_root").id,
                "auto_delete": True,
                "email_layout_xmlid": MAIL_LAYOUT,
                "record_company_id": self.company_id.id,
            },
        )

    def _new_link(self):
        """Make a link; older ones do not work any more.

        :return: the token of it, which is kept nowhere
        """
        secret = secrets.token_urlsafe(32)
        expires = fields.Datetime.now() + LINK_LIVES
        self.write({"link_hash": _hash(secret), "link_expires_at": expires})
        return hash_sign(self.env, SCOPE, [self.id, secret], expiration=LINK_LIVES)

    def action_revoke_link(self):
        """The link does not work any more."""
        self.check_access("write")
        self.sudo().write({"link_hash": False, "link_expires_at": False, "link_sent_to": False})
        return True

    # ------------------------------------------------------------------ by the link

    @api.model
    def _by_link(self, token):
        """The plan of a link, as superuser, or none when the link is not good: forged, expired,
        replaced by a newer one, or of somebody who works here no more."""
        plans = self.sudo()
        try:
            values = verify_hash_signed(plans.env, SCOPE, token)
            plan_id, secret = values
        except (ValueError, TypeError, IndexError):
            return plans.browse()
        plan = plans.browse(plan_id).exists()
        good = (
            plan
            and plan.link_hash
            and consteq(plan.link_hash, _hash(secret))
            and plan.link_expires_at > fields.Datetime.now()
            and plan.employee_id.active
        )
        return plan if good else plans.browse()

    # ------------------------------------------------------------------ the answer

    def _employee_has_read(self):
        if not self.employee_read_at:
            self.employee_read_at = fields.Datetime.now()

    def action_answer(self):
        """Open the employee's own form: their part of the plan, a comment, and the confirmation."""
        self.ensure_one()
        self._refuse_others()
        self.sudo()._employee_has_read()
        return {
            "type": "ir.actions.act_window",
            "res_model": "nav.followup.plan.answer",
            "view_mode": "form",
            "target": "new",
            "context": {"default_plan_id": self.id},
            "name": self.env._("Your Answer"),
        }

    def _refuse_others(self):
        """:raises AccessError: for anybody but the employee whom the plan is about"""
        self.check_access("read")
        if not self.env.su and any(
            plan.employee_id.user_id != self.env.user for plan in self.sudo()
        ):
            raise AccessError(self.env._("Only the employee answers for the employee."))

    def _take_answer(self, values, confirm):
        """What the employee answers. Confirming twice is confirming once.

        :param values: the comment, and the employee's part where it was written
        :param confirm: whether the employee confirms the plan as it then is
        :raises UserError: when it is too late, or a text is too long
        """
        self.ensure_one()
        if self.state not in EDITABLE:
            raise UserError(
                self.env._("The plan has been sent meanwhile, so it cannot be changed any more.")
            )
        values = {
            name: (values[name] or "").strip() or False
            for name in (*EMPLOYEES_PART, "employee_comment")
            if name in values
        }
        if any(len(text or "") > LONGEST_ANSWER for text in values.values()):
            raise UserError(self.env._("This text is too long. Make it shorter."))
        new = {name: text for name, text in values.items() if (self[name] or False) != text}
        if new:
            self.write(new)
        if confirm and not self.employee_confirmed_at:
            self.employee_confirmed_at = fields.Datetime.now()
            if self.contribution == "answer":
                # The reason for the opposite, which NAV does not take any more.
                self.employee_has_not_contributed_to_plan_description = False
            self._tell_answer()
        elif new:
            self._tell_answer()

    def _tell_answer(self):
        """The responsible person hears that there is an answer, not which."""
        user = self.responsible_id.filtered("active")
        if not user or user == self.env.user:
            return
        plan = self._in_language(user.lang)
        self.env["mail.thread.nav"].with_context(lang=plan.env.lang).message_notify(
            partner_ids=user.partner_id.ids,
            subject=plan.env._("An employee has answered about a plan"),
            body=plan.env._("%s has answered about the follow-up plan.", self.employee_name),
            email_add_signature=False,
            force_record_name=plan.env._("Follow-up Plan"),
            force_send=False,
            email_layout_xmlid=MAIL_LAYOUT,
            record_company_id=self.company_id.id,
        )

    # ------------------------------------------------------------------ helpers

    def _in_language(self, lang):
        if lang and self.env["res.lang"]._get_data(code=lang):
            return self.with_context(lang=lang)
        return plain_words.in_language_of(self.company_id, self)


def _hash(secret):
    return hashlib.sha256(str(secret).encode()).hexdigest()


def _masked(address):
    """Enough of an address to know it again."""
    name, _at, domain = address.partition("@")
    return f"{name[:1]}***@{domain}"
