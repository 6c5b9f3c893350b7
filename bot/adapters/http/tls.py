"""TLS of a listener: the certificate is read again when it was renewed, without a restart."""

import logging
import ssl
from datetime import datetime
from pathlib import Path
from typing import Final, TypeAlias

from bot.errors import Fault, OperatorMistake

_Stamp: TypeAlias = tuple[tuple[int, int, int], ...]

_log = logging.getLogger(__name__)


class Certificate:
    """A certificate chain and its key, as PEM files; `context` is what a listener uses.

    Raises OperatorMistake where they cannot be used. Connections that stand keep what they began
    with; each new one gets the certificate of its moment.
    """

    def __init__(self, cert: Path, key: Path) -> None:
        self._files = (cert, key)
        self._stamp = self._look()
        try:
            self._current = _read(cert, key)
        except (OSError, ValueError) as fault:
            raise OperatorMistake(
                [
                    Fault(
                        file="FIREWARDEN_TLS_CERT",
                        message=f"{cert}, {key}: {_in_words(fault)}",
                        hint="name a chain (PEM) and the private key that belongs to it",
                    )
                ]
            ) from fault
        self.context = _read(cert, key)
        # Asked at every handshake, whether the client names a host or not.
        self.context.sni_callback = self._choose

    async def look(self) -> None:
        """Take a renewed pair over; one that does not fit together waits for the next look."""
        stamp = self._look()
        if stamp == self._stamp:
            return
        try:
            self._current = _read(*self._files)
        except (OSError, ValueError) as fault:
            _log.warning("the certificate changed and cannot be used yet: %s", _in_words(fault))
            return
        self._stamp = stamp
        _log.info("a renewed certificate is in use: %s", self._files[0])

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        del name
        connection.context = self._current

    def _look(self) -> _Stamp:
        return tuple(_of(path) for path in self._files)


def ends_at(cert: Path) -> datetime:
    """Return when the first certificate of a file expires."""
    # Only a check asks for this; a listener does not pay for the library.
    from cryptography import x509  # noqa: PLC0415 - as said above

    return x509.load_pem_x509_certificate(cert.read_bytes()).not_valid_after_utc


_GONE: Final = (0, 0, 0)


def _of(path: Path) -> tuple[int, int, int]:
    try:
        status = path.stat()
    except OSError:
        return _GONE
    return status.st_mtime_ns, status.st_size, status.st_ino


def _read(cert: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # A key behind a password would make OpenSSL ask on the terminal.
    context.load_cert_chain(cert, key, password=lambda: "")
    context.set_alpn_protocols(["http/1.1"])
    return context


def _in_words(fault: Exception) -> str:
    if isinstance(fault, ssl.SSLError):
        return (fault.reason or str(fault)).lower().replace("_", " ")
    return getattr(fault, "strerror", None) or str(fault)
