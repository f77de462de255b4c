"""What NAV's follow-up plan API refuses, in words for the person who sends a plan.

Each text says what is wrong and what to do. None holds what NAV wrote, since that may tell of the
employee.
"""

from ..clients import followup_plan as plans

# Kinds of errors that go away by themselves.
_PASSING = ("no_answer", "server_fault", "rate_limited", "invalid_answer")


def client_error(env, error):
    """Words for an error of a call about follow-up plans, or None where the common words do."""
    if error.system != plans.SYSTEM:
        return None
    if error.operation == plans.SEND:
        if plans.may_have_arrived(error):
            return may_have_arrived(env)
        words = _not_sent(env).get(error.kind)
        if words:
            return words
    if error.operation == plans.VERIFY and error.kind in _PASSING:
        return _not_verified(env)
    if error.kind == "rate_limited":
        return None
    if error.code in (plans.VALIDATION_ERROR, plans.BAD_REQUEST):
        return field_problem(env, getattr(error, "field", None))
    words = by_type(env).get(error.code)
    if words is None and error.kind in ("unauthorised", "forbidden"):
        words = _no_access(env)
    return words


def may_have_arrived(env):
    """Words for a plan of which nobody knows whether NAV has it."""
    return env._(
        "It is not known whether NAV has received the plan. It is not sent again by itself, since "
        "the doctor might then get it twice. Ask NAV or the doctor whether it came, then mark it "
        "as sent, or send it again."
    )


def _not_sent(env):
    """Words by the kind of error, for a plan that has certainly not arrived."""
    return {
        "no_answer": env._(
            "NAV could not be reached, so the plan has not been sent. Send it again later."
        ),
        "rate_limited": env._(
            "NAV asks to wait, so the plan has not been sent. Send it again later."
        ),
        "insecure_address": env._(
            "The address of NAV's service for follow-up plans is not safe, so the plan has not "
            "been sent. Ask your Odoo administrator to correct it on the Maskinporten client."
        ),
        "not_found": env._(
            "NAV's service for follow-up plans was not found at its address, so the plan has not "
            "been sent. Ask your Odoo administrator to check the address on the Maskinporten "
            "client."
        ),
        "rejected": env._(
            "NAV refused the plan without saying why. It has not been sent. Send it again later; "
            "if it happens again, ask your Odoo administrator to contact NAV."
        ),
    }


def _not_verified(env):
    return env._(
        "NAV gave no usable answer just now, so it is not known whether plans can be sent. Nothing "
        "was sent. Try again later."
    )


def by_type(env):
    """{NAV's type: words} for all types of errors; those about a field are in
    :func:`field_problem`."""
    no_employment = env._(
        "NAV finds no employment of this person at the organisation in whose name the plan is "
        "sent. Check the employee's identity number, and that the employment is reported to the "
        "authorities (a-melding). Check with your Odoo administrator that the connection has the "
        "right organisation number and that this organisation has given access to its supplier, "
        "if it has one."
    )
    fault = env._("NAV has a fault of its own. Nothing is wrong here. Try again later.")
    not_found = env._(
        "NAV does not have this plan. Ask NAV whether it came before you send it anew."
    )
    incomplete = field_problem(env, None)
    return {
        plans.VALIDATION_ERROR: incomplete,
        plans.BAD_REQUEST: incomplete,
        plans.ILLEGAL_ARGUMENT: env._(
            "NAV could not use what was asked for. Try again later; if it happens again, ask your "
            "Odoo administrator to contact NAV."
        ),
        plans.AUTHENTICATION_ERROR: _no_access(env),
        plans.NO_ACTIVE_EMPLOYMENT: no_employment,
        plans.NO_ACTIVE_ARBEIDSFORHOLD: no_employment,
        plans.NO_ACTIVE_SENT_SYKMELDING: env._(
            "NAV has no active sick note that this employee has sent to the organisation. A note "
            "counts until 16 days after its last day. Ask the employee to send the sick note to "
            "the employer at nav.no, then send the plan again."
        ),
        plans.EMPLOYEE_NOT_FOUND: env._(
            "NAV does not know a person with this identity number. Correct it on the employee, "
            "then send the plan again."
        ),
        plans.GENERAL_PRACTITIONER_NOT_FOUND: env._(
            "NAV finds no general practitioner for this employee. Send the plan to NAV only, and "
            "let the employee take a copy to the doctor."
        ),
        plans.FOLLOWUP_PLAN_NOT_FOUND: not_found,
        plans.NOT_FOUND: not_found,
        plans.INTERNAL_SERVER_ERROR: fault,
        plans.SERVICE_UNAVAILABLE: fault,
    }


def _no_access(env):
    return env._(
        "NAV does not accept the access to follow-up plans. Ask your Odoo administrator to check "
        "at Digdir that the Maskinporten client has the access %s, and in Altinn that the "
        "organisation has given it to its supplier, if it has one.",
        plans.SCOPE,
    )


def field_problem(env, name):
    """Words for a field of the plan that NAV does not accept.

    :param name: one of :data:`..clients.followup_plan.FIELDS`, or None when NAV named none
    """
    words = {
        "employeeIdentificationNumber": env._(
            "NAV does not accept the employee's identity number. It has eleven digits. Correct it "
            "on the employee, then send the plan again."
        ),
        "needsHelpFromNav": env._(
            "Help from NAV can only be asked for when the plan is sent to NAV. Choose NAV as "
            "receiver, or do not ask for help."
        ),
        "needsHelpFromNavDescription": env._(
            "It is not said what help is needed from NAV. Describe it, or do not ask for help."
        ),
        "employeeHasNotContributedToPlanDescription": env._(
            "When the employee has not taken part in the plan, say why. When the employee has, "
            "leave the reason empty."
        ),
    }.get(name)
    if words:
        return words
    label = field_names(env).get(name)
    if label:
        return env._("NAV does not accept “%s”. Correct it, then send the plan again.", label)
    return env._(
        "NAV finds the plan incomplete or not readable. Go through all fields, then send it "
        "again. If it happens again, ask your Odoo administrator to contact NAV."
    )


def field_names(env):
    """{NAV's name of a field: what people call it}, in NAV's order."""
    return {
        "employeeIdentificationNumber": env._("Identity Number"),
        "typicalWorkday": env._("What does a normal working day look like?"),
        "tasksThatCanStillBeDone": env._("Which ordinary tasks can still be done?"),
        "tasksThatCanNotBeDone": env._("Which ordinary tasks cannot be done?"),
        "previousFacilitation": env._("Adaptations earlier in the sick leave"),
        "plannedFacilitation": env._("How will you adapt the working day from now on?"),
        "otherFacilitationOptions": env._(
            "Do you have other ways to adapt the work that are not tried now?"
        ),
        "followUp": env._("How will you follow up the agreed adaptations?"),
        "evaluationDate": env._("When will you evaluate this follow-up plan?"),
        "sendPlanToNav": env._("Send to NAV"),
        "needsHelpFromNav": env._("Do you need help from NAV?"),
        "needsHelpFromNavDescription": env._("What do you need help from NAV with?"),
        "sendPlanToGeneralPractitioner": env._("Send to the general practitioner"),
        "messageToGeneralPractitioner": env._("Message to the general practitioner"),
        "additionalInformation": env._("Additional information"),
        "contactPersonFullName": env._("Name of the contact person"),
        "contactPersonPhoneNumber": env._("Telephone number of the contact person"),
        "contactPersonEmail": env._("E-mail of the contact person"),
        "employeeHasContributedToPlan": env._("Has the employee taken part in making the plan?"),
        "employeeHasNotContributedToPlanDescription": env._(
            "Why has the employee not taken part in making the plan?"
        ),
        "lpsName": env._("Name of the sending system"),
        "lpsEmail": env._("E-mail of the sending system"),
    }
