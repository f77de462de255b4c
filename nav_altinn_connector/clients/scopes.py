"""The scopes that are asked of Maskinporten, and which kind of token each API takes.

Every NAV API compares the token's scope as one exact text, so a token is asked for with one scope.
"""

SICK_NOTES = "nav:helseytelser/sykepenger"
FOLLOWUP_PLAN = "nav:oppfolgingsplan/lps.write"
NEAREST_LEADER = "nav:syfo/narmesteleder/lps"
NAV_DOCUMENTS = "nav:syfo/dokumentporten"
DIALOGPORTEN = "digdir:dialogporten"
EVENTS = "altinn:events.subscribe"
SYSTEM_REGISTER = "altinn:authentication/systemregister.write"
REQUEST_WRITE = "altinn:authentication/systemuser.request.write"
REQUEST_READ = "altinn:authentication/systemuser.request.read"

PLAIN = "plain"  # in the client owner's own name
DELEGATED = "delegated"  # in the name of an organisation that delegated the scope to the owner
SYSTEM_USER = "system_user"  # for the system user that an organisation approved

# The kinds of token that each API takes, the usual one first.
TOKEN_KINDS = {
    SICK_NOTES: (SYSTEM_USER,),
    FOLLOWUP_PLAN: (PLAIN, DELEGATED),
    NEAREST_LEADER: (SYSTEM_USER,),
    NAV_DOCUMENTS: (SYSTEM_USER,),
    DIALOGPORTEN: (SYSTEM_USER,),
    EVENTS: (SYSTEM_USER,),
    SYSTEM_REGISTER: (PLAIN,),
    REQUEST_WRITE: (PLAIN,),
    REQUEST_READ: (PLAIN,),
}

# What the owner of the client needs to register its system and to ask for system users.
ALTINN = (SYSTEM_REGISTER, REQUEST_WRITE, REQUEST_READ)


def takes(scope, kind):
    """Whether the API of a scope takes this kind of token (PLAIN, DELEGATED, SYSTEM_USER)."""
    return kind in TOKEN_KINDS[scope]
