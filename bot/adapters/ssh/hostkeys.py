"""Whether the key that a host shows is the one that the inventory pins, in known_hosts' terms."""

import base64
import ipaddress
import time
from dataclasses import dataclass

import paramiko
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import (
    SSHCertificate,
    SSHCertificateType,
    load_ssh_public_identity,
)
from paramiko.pkey import UnknownKeyType

from bot.errors import Refused
from bot.values import Host

AUTHORITY = "@cert-authority"
"""In front of a pinned key: not the host's own, but the one that signs hosts (sshd(8))."""

_CERTIFIED = "-cert-v01@openssh.com"
_KINDS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
_SIGNATURES: dict[str, tuple[str, ...]] = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """What the inventory says about a host's key: the key itself, or who signs it."""

    kind: str
    blob: bytes
    authority: bool

    @property
    def algorithms(self) -> tuple[str, ...]:
        """What is offered in the key exchange: a server with several keys must show this one."""
        if self.authority:
            return tuple(f"{kind}{_CERTIFIED}" for kind in _KINDS)
        return _SIGNATURES.get(self.kind, (self.kind,))


def pinned(host: Host) -> Pinned:
    """Read `host.host_key`; raises `Refused` where it is none."""
    marker, _, rest = host.host_key.partition(" ")
    authority = marker == AUTHORITY
    kind, blob = _key(rest if authority else host.host_key, f"{host.name}: the pinned host key")
    return Pinned(kind=kind, blob=blob, authority=authority)


def check_shown(host: Host, shown: bytes) -> None:
    """Raise `Refused` unless `shown`, a key or certificate blob, is what the inventory demands.

    The server has proved by then that it holds the private half.
    """
    wanted = pinned(host)
    if not wanted.authority:
        _refuse_revoked(host, shown)
        if shown != wanted.blob:
            raise Refused(
                f"{host.name} shows another host key than the pinned one: "
                "it was reinstalled, or somebody stands between"
            )
        return
    certificate = _certificate(host, shown)
    for key in (certificate.public_key(), certificate.signature_key()):
        _refuse_revoked(host, _blob(key))
    if _blob(certificate.signature_key()) != wanted.blob:
        raise Refused(f"{host.name} shows a host certificate of another authority")
    _check_certificate(host, certificate)


def _certificate(host: Host, shown: bytes) -> SSHCertificate:
    kind = paramiko.Message(shown).get_text()
    try:
        read = load_ssh_public_identity(f"{kind} ".encode() + base64.b64encode(shown))
    except (ValueError, TypeError) as error:
        raise Refused(f"{host.name} shows a host certificate that cannot be read") from error
    if not isinstance(read, SSHCertificate):
        raise Refused(f"{host.name} shows no host certificate, and its authority is pinned")
    return read


def _check_certificate(host: Host, certificate: SSHCertificate) -> None:
    try:
        certificate.verify_cert_signature()
    except InvalidSignature as error:
        raise Refused(f"{host.name} shows a host certificate with a false signature") from error
    if certificate.type is not SSHCertificateType.HOST:
        raise Refused(f"{host.name} shows a user's certificate as its own")
    if certificate.critical_options:
        raise Refused(f"{host.name} shows a host certificate with options that nobody knows")
    if not certificate.valid_after <= time.time() < certificate.valid_before:
        raise Refused(f"{host.name} shows a host certificate that is not valid now")
    # sshd(8): a certificate without principals names every host; we want it to name this one.
    if not {principal.decode("utf-8", "replace") for principal in certificate.valid_principals} & (
        _names(host)
    ):
        raise Refused(f"{host.name} shows a host certificate of another host")


def _names(host: Host) -> set[str]:
    """Return what a certificate may call the host: its address, or its name where that is an IP."""
    try:
        ipaddress.ip_address(host.address)
    except ValueError:
        return {host.address}
    return {host.address, str(host.name)}


def _refuse_revoked(host: Host, blob: bytes) -> None:
    for line in host.revoked_host_keys:
        if _key(line, f"{host.name}: a revoked host key")[1] == blob:
            raise Refused(f"{host.name} shows a host key that was revoked")


def _key(line: str, what: str) -> tuple[str, bytes]:
    words = line.split()
    try:
        kind, text = words[0], words[1]
        key = paramiko.PKey.from_type_string(kind, base64.b64decode(text, validate=True))
    except (IndexError, ValueError, paramiko.SSHException, UnknownKeyType) as error:
        raise Refused(f"{what} is not a public key line") from error
    return kind, key.asbytes()


def _blob(key: object) -> bytes:
    line = key.public_bytes(  # type: ignore[attr-defined]  # every key of a certificate has it
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return base64.b64decode(line.split()[1])
