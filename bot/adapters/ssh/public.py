"""The public half of a key file, as a line for `authorized_keys`."""

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from bot.errors import Fault, OperatorMistake


def public_key_line(private: Path) -> str:
    """Return `<type> <base64>` of a private key file.

    The `.pub` file beside it is read first, so that a key under a passphrase needs none; one that
    is named itself belongs to a key in an agent. Raises OperatorMistake where neither can be read.
    """
    beside = private if private.suffix == ".pub" else private.with_name(f"{private.name}.pub")
    try:
        if beside.exists():
            return " ".join(beside.read_text("utf-8").split()[:2])
        key = serialization.load_ssh_private_key(private.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        message = f"no public key can be read from it: {error}"
        hint = f"ssh-keygen -y -f {private} > {beside}"
        raise OperatorMistake([Fault(file=str(private), message=message, hint=hint)]) from error
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        .decode()
    )
