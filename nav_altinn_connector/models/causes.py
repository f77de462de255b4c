"""What a failure of a call means for a connection: whose it is to mend, and whether it passes."""

from odoo.exceptions import UserError

from ..clients.errors import (
    ClientError,
    InsecureAddress,
    InvalidAnswer,
    NoAnswer,
    RateLimited,
    ServerFault,
)
from ..clients.maskinporten import SYSTEM as MASKINPORTEN
from ..clients.maskinporten import MaskinportenError
from ..clients.sykepenger import NoAccess

# The organisation's system user is not there, not approved, or not this client's.
NO_SYSTEM_USER = frozenset({"MP-301", "MP-302", "MP-303"})

RIGHTS = "rights"  # the organisation's approval in Altinn
CLIENT = "client"  # the Maskinporten client: its key, its scopes, its set-up
SYSTEM = "system"  # an outside system: passes by itself, as a rule
ODOO = "odoo"  # this server


def part_of(error):
    """The part that fails: RIGHTS, CLIENT, SYSTEM or ODOO."""
    if isinstance(error, NoAccess):
        return RIGHTS
    if isinstance(error, MaskinportenError):
        return RIGHTS if error.code in NO_SYSTEM_USER else CLIENT
    if isinstance(error, (UserError, ValueError, InsecureAddress)):
        return CLIENT
    return SYSTEM if isinstance(error, ClientError) else ODOO


def passes(error):
    """Whether the same call may well succeed in a while, with nothing done about it."""
    return isinstance(error, (NoAnswer, ServerFault, RateLimited, InvalidAnswer))


def is_system_user_gone(error):
    """Whether Maskinporten knows no system user that this client may act as."""
    return error.system == MASKINPORTEN and error.code in NO_SYSTEM_USER
