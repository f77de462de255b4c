"""Altinn's error codes in words that the person who can mend them understands.

The codes are listed in Altinn's documents and in its source code (``AUTH-000NN``). Those that only
Altinn's own pages, client systems and self-identified users can meet share one sentence.
"""

from ..clients import altinn_errors as errors

# Every code that Altinn's authentication component has; 29 was never given out.
ALL_CODES = tuple(f"AUTH-{number:05}" for number in range(81) if number != 29)


def client_error(env, error):
    """Words for an error of a call to Altinn, or None where the common words do."""
    if error.system != "altinn":
        return None
    problems = register_problems(env, error)
    if problems:
        return problems
    words = altinn(env).get(error.code)
    if words is None and error.kind in ("unauthorised", "forbidden"):
        words = _vendor(env)
    return words


def altinn(env):
    """{code: words} for all of Altinn's codes."""
    return {
        **{code: _unexpected(env, code) for code in ALL_CODES},
        **_about_requests(env),
        **_about_the_system(env),
        **_about_rights(env),
        **_for_codes(errors.VENDOR, _vendor(env)),
        **_for_codes(errors.LATER, _later(env)),
    }


def _for_codes(step, words):
    return {code: words for code in ALL_CODES if errors.next_step(code) == step}


def _unexpected(env, code):
    return env._(
        "Altinn refused the request for a reason that does not belong to this connection. Try "
        "again; if it happens again, ask Altinn's support and give them the code %s.",
        code,
    )


def _vendor(env):
    return env._(
        "Altinn does not accept this Maskinporten client for the system. The system must belong to "
        "the organisation that owns the client, and the client needs Altinn's scopes for the "
        "system register and for system users. Check both at Digdir and on the Maskinporten client."
    )


def _later(env):
    return env._(
        "Altinn had a fault of its own and could not finish. Nothing is wrong here. Try again in "
        "some minutes."
    )


def _about_requests(env):
    there = env._(
        "The organisation has approved this system before. The connection uses the system user "
        "that is there."
    )
    answered = env._(
        "Somebody at the organisation has refused the request in Altinn. Ask the organisation "
        "why, then renew the request."
    )
    not_new = env._("The request has been answered meanwhile. Ask Altinn for its status.")
    return {
        "AUTH-00000": env._(
            "Altinn does not know an organisation with this number. Check the organisation number."
        ),
        "AUTH-00004": there,
        "AUTH-00006": there,
        "AUTH-00007": env._(
            "A request to this organisation is waiting in Altinn already. Approve that one; a new "
            "one is not needed."
        ),
        "AUTH-00008": answered,
        "AUTH-00009": answered,
        "AUTH-00010": env._(
            "Altinn does not have the request any more. Renew the request to get a new one."
        ),
        "AUTH-00013": not_new,
        "AUTH-00061": not_new,
        "AUTH-00015": env._(
            "The system user does not exist in Altinn any more; somebody at the organisation has "
            "removed it. Reauthorise the connection to ask for a new one."
        ),
    }


def _about_the_system(env):
    unknown = env._(
        "Altinn does not know the system. It must be registered from the Maskinporten client first."
    )
    not_in_system = env._(
        "The request asks for rights that are not registered for the system, or that Altinn does "
        "not know. Update the system in Altinn from the Maskinporten client, then try again."
    )
    packages = env._(
        "The request asks for an access package that Altinn does not allow for a system user. "
        "Remove it on the Maskinporten client and update the system in Altinn, then try again."
    )
    return {
        "AUTH-00001": not_in_system,
        "AUTH-00011": unknown,
        "AUTH-00017": unknown,
        "AUTH-00021": env._(
            "The address to which Altinn sends people back is not registered for the system. "
            "Update the system in Altinn from the Maskinporten client, then try again."
        ),
        "AUTH-00026": env._(
            "No address to which Altinn may send people back is registered for the system. Update "
            "the system in Altinn from the Maskinporten client, then try again."
        ),
        "AUTH-00052": packages,
        "AUTH-00059": env._(
            "The request asks for no rights at all. Choose on the Maskinporten client what it is "
            "used for, update the system in Altinn, then try again."
        ),
        "AUTH-00063": not_in_system,
        "AUTH-00064": packages,
        "AUTH-00065": packages,
    }


def _about_rights(env):
    lacks = env._(
        "The person who opened the request in Altinn may not give these rights on behalf of the "
        "organisation. Let somebody approve it who has them and is access manager there "
        "(Tilgangsstyrer), for example the general manager."
    )
    return {
        **_for_codes(errors.RIGHTS, lacks),
        "AUTH-00019": env._(
            "The organisation has not been given access to this service by its owner. Ask NAV "
            "whether the organisation may use it."
        ),
        "AUTH-00020": env._(
            "The person who opened the request was not logged in safely enough for these rights. "
            "Open the request again and log in to Altinn with BankID, for example."
        ),
        "AUTH-00066": env._(
            "The person who opened the request is not access manager (Tilgangsstyrer) of the "
            "organisation in Altinn. Let an access manager approve it, for example the general "
            "manager."
        ),
        "AUTH-00069": env._(
            "The organisation that owns the client is not on the list of those that may be given "
            "these rights. Ask NAV to put it there."
        ),
        "AUTH-00070": _not_delegable(env),
        "AUTH-00071": _not_delegable(env),
    }


def _not_delegable(env):
    return env._(
        "The request asks for a right that nobody can give to a system user. Update the system in "
        "Altinn from the Maskinporten client; if that does not help, ask NAV which right is needed."
    )


# ------------------------------------------------------------------ registering a system


def register_problems(env, error):
    """Words for all that Altinn finds wrong with a system, or '' when it names nothing.

    :param error: a :class:`..clients.errors.ClientError`
    """
    if getattr(error, "system_exists", False) and not error.validation:
        return register_problem(env, 2)
    problems = getattr(error, "validation", ())
    return " ".join(dict.fromkeys(register_problem(env, problem.code) for problem in problems))


def register_problem(env, code):
    """Words for one validation code of the system register.

    :param code: 'AUTH.VLD-00003', or its number
    """
    words = _validation(env).get(errors.validation_number(code))
    if words is None:
        words = env._(
            "Altinn does not accept what is registered. Ask Altinn's support and give them the "
            "code %s.",
            code,
        )
    return words


def _validation(env):
    system_id = env._(
        "The system's ID must begin with the organisation number of the client's owner and an "
        "underscore, and have no spaces. Correct it."
    )
    unknown_right = env._(
        "Altinn does not know one of the rights that are asked for. NAV may have renamed it, or it "
        "does not exist in this environment. Ask NAV for its present name."
    )
    twice = env._("The same entry is there twice. Remove one of them.")
    return {
        0: env._("The organisation number of the client's owner is not valid. Correct it."),
        1: system_id,
        2: env._(
            "A system with this ID is registered already. Update it instead, or choose another ID."
        ),
        3: unknown_right,
        4: env._(
            "This Client ID belongs to another system in Altinn already, and can belong to one "
            "only. Remove it there, or make a new client at Digdir."
        ),
        5: env._(
            "Altinn does not accept the address to which people are sent back. It must begin with "
            "https://. Correct this Odoo server's web address."
        ),
        6: twice,
        7: twice,
        8: env._(
            "One of the access packages does not exist in Altinn, or cannot be given to a system. "
            "Remove it."
        ),
        9: unknown_right,
        11: twice,
        12: env._("The system's ID has been changed meanwhile. Open the client again and retry."),
        13: system_id,
        17: env._(
            "One of the rights cannot be given to a system. Remove it, or ask NAV which one to use."
        ),
        18: env._(
            "An access package that is meant for clients cannot be combined with a system that "
            "employers see in Altinn. Remove the package, or hide the system."
        ),
    }
