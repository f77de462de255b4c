"""What a follow-up plan lacks before it can be sent, and what became of it, in words."""

from markupsafe import Markup

from ..domain import followup_plan as rules
from . import plain_words_followup


def rule_problem(env, name, code):
    """Words for a rule that a plan breaks.

    :param name: NAV's name of the field
    :param code: one of :data:`..domain.followup_plan.CODES`
    """
    if name == "employeeIdentificationNumber":
        return env._(
            "The employee has no identity number of eleven digits. Let HR fill it in on the "
            "employee."
        )
    return {
        rules.MISSING: env._("Fill this in: NAV asks for it."),
        rules.WRONG_TYPE: env._("This is not of the expected kind. Fill it in again."),
        rules.BAD_TEXT: env._(
            "The text has an invisible character that cannot be sent. Write it anew, or paste it "
            "as plain text."
        ),
        rules.BAD_NUMBER: env._("This is no identity number of eleven digits."),
        rules.BAD_EMAIL: env._("This is no e-mail address."),
        rules.BAD_DATE: env._("This is no date."),
        rules.NEEDS_NAV: env._(
            "Help from NAV can only be asked for when the plan is sent to NAV. Choose NAV as "
            "receiver, or do not ask for help."
        ),
        rules.HELP_MISSING: env._("Describe what help is needed, or do not ask for help."),
        rules.HELP_NOT_WANTED: env._(
            "A description is filled in, but no help is asked for. Ask for help, or empty this."
        ),
        rules.REASON_MISSING: env._(
            "The employee has not taken part in the plan, so NAV asks why. Give the reason, or "
            "let the employee confirm the plan."
        ),
        rules.REASON_NOT_ALLOWED: env._(
            "The employee has taken part in the plan, so there must be no reason why not. Empty "
            "this."
        ),
    }[code]


def as_list(env, problems):
    """The problems of a plan as a list to show; False without any.

    :param problems: {NAV's name of a field, or "" for none of them: words}
    """
    if not problems:
        return False
    labels = plain_words_followup.field_names(env)
    line, named = Markup("<li>%s</li>"), Markup("<li><strong>%s</strong> %s</li>")
    return Markup('<ul class="mb-0">%s</ul>') % Markup("").join(
        named % (labels[name], words) if name else line % words for name, words in problems.items()
    )


def receivers(env, plan):
    """To whom a plan goes, in words; a list."""
    found = []
    if plan.send_plan_to_nav:
        found.append("NAV")
    if plan.send_plan_to_general_practitioner:
        found.append(env._("The general practitioner"))
    return found


def unfinished(env):
    """Words for a plan that was being sent when the server stopped."""
    return env._(
        "Sending was interrupted, so it is not known whether NAV has received the plan. It is not "
        "sent again by itself, since the doctor might then get it twice. Ask NAV or the doctor "
        "whether it came, then mark it as sent, or send it again."
    )


def not_sent(env):
    """Words for a plan that this server failed to send, before NAV was asked."""
    return env._(
        "Something went wrong on this server, so the plan has not been sent. Send it again later; "
        "if it happens again, ask your Odoo administrator."
    )


def doctor_has_not(env):
    """Words for a plan that did not reach the general practitioner."""
    return env._(
        "The plan has not reached the general practitioner. NAV does not try again. Odoo asks NAV "
        "for two weeks whether that has changed. Let the employee take a copy to the doctor, or "
        "make a new version and send that."
    )
