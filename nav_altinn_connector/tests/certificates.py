"""Enterprise certificates made for a test. The organisations do not exist."""

from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID, ObjectIdentifier

ORGANISATION_IDENTIFIER = ObjectIdentifier("2.5.4.97")


class Enterprise:
    """An issuer and an enterprise certificate by it, with their private keys.

    :param str org_number: of the enterprise
    :param int days: how long the certificate is valid from today; negative when it is over
    :param bool old_style: the number is in serialNumber, as older certificates have it
    """

    def __init__(self, org_number, days=700, *, old_style=False, name="Fjordheim Omsorg AS"):
        self.issuer_key, self.key = (rsa.generate_private_key(65537, 2048) for _each in "ab")
        where = NameOID.SERIAL_NUMBER if old_style else ORGANISATION_IDENTIFIER
        issuer = _name(NameOID.COMMON_NAME, "Prøve CA", "Prøvesertifikater AS")
        subject = _name(where, org_number if old_style else f"NTRNO-{org_number}", name)
        self.issuer = _certificate(issuer, issuer, self.issuer_key, self.issuer_key, 4000, ca=True)
        self.certificate = _certificate(subject, issuer, self.key, self.issuer_key, days)

    @property
    def valid_until(self):
        """The last day of the certificate (UTC)."""
        moment = getattr(self.certificate, "not_valid_after_utc", None)
        return (moment or self.certificate.not_valid_after).date()

    @property
    def issuer_pem(self):
        """The issuer's certificate."""
        return _pem(self.issuer)

    @property
    def certificate_pem(self):
        """The enterprise's certificate."""
        return _pem(self.certificate)

    @property
    def private_pem(self):
        """The private key, unencrypted."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    def bundle(self):
        """Key and certificates as one PEM text, the issuer's certificate first."""
        return self.issuer_pem + self.private_pem + self.certificate_pem

    def pkcs12(self, password):
        """The same as a PKCS#12 file."""
        return pkcs12.serialize_key_and_certificates(
            b"enterprise",
            self.key,
            self.certificate,
            [self.issuer],
            serialization.BestAvailableEncryption(password.encode()),
        )


def _name(oid, value, organisation):
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "NO"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(oid, value),
        ]
    )


def _certificate(subject, issuer, key, issuer_key, days, *, ca=False):
    now = datetime.now(timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=800))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )


def _pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
