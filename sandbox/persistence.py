"""What is kept over a restart of the sandbox, as one JSON file that only its owner may read."""

import json
import os
from datetime import date
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from joserfc.jwk import RSAKey

from .altinn_state import SystemUserRequest
from .followup_plan_state import ReceivedPlan
from .organisations import Organisation
from .population import Plan
from .registrations import Client, System, SystemUser
from .state import SandboxState

VERSION = 1


def dump_state(state: SandboxState, plan: Plan) -> dict:
    """Return as JSON value what is kept: registrations, rights, and the notes that were added.

    The population itself is not kept but made again from its plan.
    """
    return {
        "version": VERSION,
        "plan": plan.to_dict(),
        "options": vars(state.options),
        "clients": [vars(client) for client in state.clients.values()],
        "systems": [vars(system) for system in state.systems.values()],
        "system_users": [vars(user) for user in state.system_users.values()],
        "altinn_requests": [vars(item) for item in state.altinn.all.values()],
        "altinn_changes": state.altinn.change_log,
        "delegations": sorted(state.delegations),
        "plans": [plan.to_dict() for plan in state.plans],
        "unknown_persons": sorted(state.plans.unknown_persons),
        "certificates": [
            item.public_bytes(Encoding.PEM).decode() for item in state.certificates.values()
        ],
        "signing_key": state.signing_key.as_dict(private=True),
        "organisations": [unit.to_dict() for unit in state.organisations],
        "notes": [
            {
                "raw": note.raw,
                "loepenr": note.loepenr,
                "orgnr": note.orgnr,
                "fnr": note.fnr,
                "note_id": note.note_id,
                "received": note.received and note.received.isoformat(),
            }
            for note in state.notes
            if note.added
        ],
    }


def load_state(state: SandboxState, saved: dict):
    """Put back what :func:`dump_state` gave, beside the population that is there already."""
    state.options.update(saved["options"])
    state.clients = {item["client_id"]: Client(**item) for item in saved["clients"]}
    state.systems = {item["system_id"]: System(**item) for item in saved["systems"]}
    state.system_users = {item["id"]: SystemUser(**item) for item in saved["system_users"]}
    for item in saved.get("altinn_requests", ()):
        state.altinn.all[item["id"]] = SystemUserRequest(**item)
    state.altinn.change_log.extend(saved.get("altinn_changes", ()))
    state.delegations = {tuple(item) for item in saved["delegations"]}
    for item in saved.get("plans", ()):
        state.plans.put(ReceivedPlan(**item))
    state.plans.unknown_persons.update(saved.get("unknown_persons", ()))
    for pem in saved["certificates"]:
        state.trust_certificate(pem)
    state.signing_key = RSAKey.import_key(saved["signing_key"])
    for item in saved["organisations"]:
        state.organisations.add(Organisation(**item))
    for item in saved["notes"]:
        received = item.pop("received")
        state.notes.add(received=received and date.fromisoformat(received), **item)


def read_file(path: Path) -> dict | None:
    """Return the saved state, or None when there is no file yet.

    :raises ValueError: the file is of another version or no such file
    """
    if not path.exists():
        return None
    saved = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(saved, dict) or saved.get("version") != VERSION:
        raise ValueError(f"{path} is not a state of this sandbox; remove it to start over")
    return saved


def write_file(path: Path, saved: dict):
    """Write the state in one step, readable by its owner only (it holds the signing key)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(saved, file, ensure_ascii=False)
    os.replace(draft, path)
