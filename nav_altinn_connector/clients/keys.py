"""RSA keys and certificates for Maskinporten: made, read, shown. Nothing is stored here."""

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date

import cryptography
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID, ObjectIdentifier

NEW_KEY_BITS = 3072
MIN_KEY_BITS = 2048  # Maskinporten refuses shorter ones

# Since cryptography 39; Odoo runs with older ones too.
_CAN_SKIP_CHECK = int(cryptography.__version__.split(".")[0]) >= 39
_PRIVATE_KEY = re.compile(
    r"-----BEGIN ((?:RSA |EC |ENCRYPTED )?)PRIVATE KEY-----.+?-----END \1PRIVATE KEY-----",
    re.DOTALL,
)
_ORGANISATION_IDENTIFIER = ObjectIdentifier("2.5.4.97")
_CERTIFICATE = re.compile(b"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class InvalidKey(ValueError):
    """A key or certificate cannot be used.

    ``reason`` is one of 'unreadable', 'encrypted', 'wrong_password', 'not_rsa',
    'too_short', 'bad_certificate', 'certificate_mismatch' or 'no_key'. The text holds nothing
    of the key.
    """

    def __init__(self, reason):
        self.reason = reason
        super().__init__(f"the key cannot be used: {reason}")


def generate_private_key():
    """A new RSA key of 3072 bits, as unencrypted PEM (PKCS#8)."""
    return _pem(rsa.generate_private_key(public_exponent=65537, key_size=NEW_KEY_BITS))


def load_private_key(pem, password=None, *, checked=False):
    """Read a private key from PEM (str or bytes).

    :param password: of an encrypted PEM (str or bytes); ignored when the PEM is not encrypted
    :param bool checked: the key was made or imported here, so that the test of its numbers (a
        tenth of a second) can be left out
    :return: cryptography's RSA private key
    :raise InvalidKey: not readable, not RSA, shorter than 2048 bits, wrong or missing password
    """
    data, reason = _bytes(pem), None
    password = _bytes(password) or None
    if password and b"ENCRYPTED" not in data:
        password = None
    options = {"unsafe_skip_rsa_key_validation": True} if checked and _CAN_SKIP_CHECK else {}
    try:
        key = serialization.load_pem_private_key(data, password, **options)
    except TypeError:
        reason = "encrypted"
    except (ValueError, UnsupportedAlgorithm):
        reason = "wrong_password" if password else "unreadable"
    if reason:
        raise InvalidKey(reason)
    return _usable(key)


def import_private_key(pem, password=None):
    """The key of :func:`load_private_key` as unencrypted PEM (PKCS#8), to be stored encrypted."""
    return _pem(load_private_key(pem, password))


def load_pkcs12(data, password=None):
    """Read an enterprise certificate (PKCS#12, bytes).

    :return: (private key as PEM, certificates as a list of PEM with the enterprise's own first)
    :raise InvalidKey: see there
    """
    broken = False
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(data, _bytes(password) or None)
    except (ValueError, UnsupportedAlgorithm):
        broken = True
    if broken:
        # A wrong password and a damaged file look the same in this format.
        raise InvalidKey("wrong_password" if password else "encrypted")
    if key is None:
        raise InvalidKey("no_key")
    if certificate is None:
        raise InvalidKey("bad_certificate")
    chain = [
        cert.public_bytes(serialization.Encoding.PEM).decode() for cert in (certificate, *others)
    ]
    return _pem(_usable(key)), chain


def public_pem(pem):
    """The public half of a private key as PEM (SubjectPublicKeyInfo)."""
    return (
        load_private_key(pem)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def public_jwk(pem, kid=None):
    """The public half of a private key as JWK (dict), for Maskinporten's self-service.

    :param kid: the key's id; the thumbprint when not given
    """
    members = _members(load_private_key(pem))
    return {**members, "kid": kid or _thumbprint(members), "use": "sig", "alg": "RS256"}


def thumbprint(pem):
    """The JWK thumbprint of a private key's public half (RFC 7638, SHA-256, base64url)."""
    return _thumbprint(_members(load_private_key(pem)))


def x5c(certificates, private_key):
    """The value of a JWT's x5c header (RFC 7515 §4.1.6).

    :param certificates: PEM texts, the one of the key first, each with one or more certificates
    :param private_key: the key that signs, of cryptography
    :raise InvalidKey: 'bad_certificate', or 'certificate_mismatch' when the first certificate
        is not of the key
    """
    try:
        chain = [
            x509.load_pem_x509_certificate(pem)
            for pem in _CERTIFICATE.findall(b"\n".join(map(_bytes, certificates)))
        ]
    except ValueError:
        chain = []
    if not chain:
        raise InvalidKey("bad_certificate")
    if not _same_key(chain[0], private_key):
        raise InvalidKey("certificate_mismatch")
    return [
        base64.b64encode(cert.public_bytes(serialization.Encoding.DER)).decode() for cert in chain
    ]


def split_pem(text, password=None):
    """A private key, and the certificates beside it, from one text of PEM blocks in any order.

    :return: (private key as PEM, certificates as a list of PEM with the key's own first; empty
        when there are none)
    :raise InvalidKey: as :func:`load_private_key` and :func:`x5c`
    """
    block = _PRIVATE_KEY.search(text)
    private_key = load_private_key(block.group() + "\n" if block else text, password)
    certificates = [pem.decode() for pem in _CERTIFICATE.findall(text.encode())]
    own = [pem for pem in certificates if _is_certificate_of(pem, private_key)]
    if certificates and not own:
        raise InvalidKey("certificate_mismatch")
    return _pem(private_key), own[:1] + [pem for pem in certificates if pem not in own]


def _is_certificate_of(pem, private_key):
    try:
        return _same_key(x509.load_pem_x509_certificate(pem.encode()), private_key)
    except ValueError as error:
        raise InvalidKey("bad_certificate") from error


@dataclass(frozen=True)
class Certificate:
    """What an enterprise certificate says. ``org_number`` is None when it names none; the last
    day on which it is valid is ``valid_until`` (UTC)."""

    subject: str
    org_number: str | None
    issuer: str
    valid_from: date
    valid_until: date


def read_certificate(pem):
    """What the first certificate of a PEM text says.

    Norwegian enterprise certificates name the organisation in ``organizationIdentifier``
    (``NTRNO-`` and nine digits, ETSI EN 319 412-1) or, older ones, in ``serialNumber``.

    :raise InvalidKey: 'bad_certificate'
    """
    try:
        certificate = x509.load_pem_x509_certificate(_bytes(pem))
        return Certificate(
            subject=_name_in(certificate.subject),
            org_number=_org_number_in(certificate.subject),
            issuer=_name_in(certificate.issuer),
            valid_from=_moment(certificate, "not_valid_before").date(),
            valid_until=_moment(certificate, "not_valid_after").date(),
        )
    except ValueError as error:
        raise InvalidKey("bad_certificate") from error


def _moment(certificate, name):
    # The names without _utc are deprecated in cryptography 42 and the only ones before.
    return getattr(certificate, f"{name}_utc", None) or getattr(certificate, name)


def _name_in(name):
    for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        for attribute in name.get_attributes_for_oid(oid):
            return str(attribute.value)
    return ""


def _org_number_in(subject):
    for oid in (_ORGANISATION_IDENTIFIER, NameOID.SERIAL_NUMBER):
        for attribute in subject.get_attributes_for_oid(oid):
            found = re.fullmatch(r"(?:NTRNO-|0192:)?(\d{9})", str(attribute.value).strip())
            if found:
                return found.group(1)
    return None


def key_thumbprint(private_key):
    """:func:`thumbprint` for a key that is loaded already."""
    return _thumbprint(_members(private_key))


def _same_key(certificate, private_key):
    try:
        public = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return False
    return (
        isinstance(public, rsa.RSAPublicKey)
        and public.public_numbers() == private_key.public_key().public_numbers()
    )


def _usable(key):
    if not isinstance(key, rsa.RSAPrivateKey):
        raise InvalidKey("not_rsa")
    if key.key_size < MIN_KEY_BITS:
        raise InvalidKey("too_short")
    return key


def _pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _members(private_key):
    numbers = private_key.public_key().public_numbers()
    return {"kty": "RSA", "n": _base64url(numbers.n), "e": _base64url(numbers.e)}


def _base64url(number):
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _thumbprint(members):
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
    digest = hashlib.sha256(canonical).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _bytes(text):
    return text if isinstance(text, bytes) else (text or "").encode()
