"""Makes the practice host's keys, in a process of its own: the bot loads no cryptography."""

import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.adapters.practice.place import KEYS


def make_keys(folder: Path) -> None:
    """Make each key pair that is not in `folder`, and each public line that is missing."""
    for name in KEYS:
        private = folder / name
        if not private.exists():
            _write_new(private)
        key = serialization.load_ssh_private_key(private.read_bytes(), None)
        line = key.public_key().public_bytes(
            serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
        )
        private.with_suffix(".pub").write_bytes(line + b"\n")


def _write_new(private: Path) -> None:
    descriptor = os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(
            Ed25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.OpenSSH,
                serialization.NoEncryption(),
            )
        )
