"""Certificates for tests: signed by their own keys, for loopback and the console's public name."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.visitor import PUBLIC


def write_certificate(cert: Path, key: Path, *, serial: int = 1, lasts: int = 30) -> None:
    """Write a fresh pair; `lasts` in days may be negative, for one that has expired."""
    fresh = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, PUBLIC)])
    now = datetime.now(UTC)
    names = [x509.DNSName(PUBLIC), x509.IPAddress(ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(fresh.public_key())
        .serial_number(serial)
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=lasts))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(fresh, hashes.SHA256())
    )
    private = fresh.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    key.touch(mode=0o600)
    key.write_bytes(private)
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
