"""Encryption of private keys at rest.

The database holds only ciphertext. The key to it is found, first that applies,

1. in the environment variable ``NAV_CONNECTOR_ENCRYPTION_KEY``,
2. in ``odoo.conf`` as ``nav_connector_encryption_key``,
3. in a file of mode 0600 in Odoo's data folder, made when it is missing.

so that a copy of the database alone is useless. Several keys may be given, separated by commas:
the first encrypts, all decrypt, which is how the encryption key is changed without a gap.

Only encrypting makes the file. Whoever wants to decrypt and finds none is told so, since a new
file would only hide that the right one has to be brought back.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from odoo.tools import config

ENVIRONMENT_VARIABLE = "NAV_CONNECTOR_ENCRYPTION_KEY"
OPTION = "nav_connector_encryption_key"


class VaultError(Exception):
    """The encryption key is missing, malformed, or not the one that was used.

    ``reason`` is ``malformed_key``, ``wrong_key``, ``missing_key`` (there is none to decrypt
    with) or ``unusable_file`` (it cannot be read or made); the text never holds key material.
    """

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


def encrypt(plaintext: str) -> str:
    """Encrypt a text for the database.

    :raises VaultError: when the encryption key is malformed, or its file cannot be used
    """
    return _fernet(make=True).encrypt(plaintext.encode()).decode()


def decrypt(ciphertext: str) -> str:
    """The text that :func:`encrypt` was given.

    :raises VaultError: when the encryption key is malformed or missing, or another one was used
    """
    try:
        return _fernet().decrypt(ciphertext.encode()).decode()
    except InvalidToken as error:
        raise VaultError("wrong_key") from error


def reencrypt(ciphertext: str) -> str:
    """The same content under the first of the configured keys; unchanged when it is already.

    :raises VaultError: as :func:`decrypt`
    """
    plaintext = decrypt(ciphertext)
    return ciphertext if _is_under_first_key(ciphertext) else encrypt(plaintext)


def standing(ciphertext: str) -> str:
    """How a text is encrypted: ``newest`` (by the first of the configured keys), ``older`` (by
    another of them), or the reason of the :class:`VaultError` that decrypting it raises."""
    try:
        decrypt(ciphertext)
    except VaultError as error:
        return error.reason
    return "newest" if _is_under_first_key(ciphertext) else "older"


def _is_under_first_key(ciphertext):
    try:
        Fernet(_keys()[0]).decrypt(ciphertext.encode())
    except InvalidToken:
        return False
    return True


def key_file() -> Path:
    """Where the key is kept when neither the environment nor ``odoo.conf`` names one."""
    return Path(config["data_dir"]) / "nav_altinn_connector" / "encryption.key"


def _keys(*, make: bool = False) -> list[str]:
    configured = os.environ.get(ENVIRONMENT_VARIABLE) or config.get(OPTION) or _key_from_file(make)
    return [key.strip() for key in configured.split(",") if key.strip()]


def _fernet(*, make: bool = False) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in _keys(make=make)])
    except ValueError as error:
        raise VaultError("malformed_key") from error


def _key_from_file(make: bool) -> str:
    path = key_file()
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError as error:
        if not make:
            raise VaultError("missing_key") from error
    except OSError as error:
        raise VaultError("unusable_file") from error
    try:
        return _make_key_file(path)
    except OSError as error:
        raise VaultError("unusable_file") from error


def _make_key_file(path: Path) -> str:
    """Make the file so that two workers at once agree on one key, and none reads half of it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A name of its own for each thread too: Odoo's workers are threads by default.
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(Fernet.generate_key().decode())
        file.flush()
        os.fsync(file.fileno())
    # Where another worker was first, its key counts.
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
    return path.read_text(encoding="ascii")
