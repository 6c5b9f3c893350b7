"""The private half of a login: a file of ours, or a key that an SSH agent holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
from paramiko.pkey import PublicBlob, UnknownKeyType

from bot.errors import Refused, Unavailable


@contextmanager
def login_key(path: Path) -> Iterator[paramiko.PKey]:
    """Yield the key of a login, usable inside the block.

    A path that ends with `.pub` names the public half, as OpenSSH's IdentityFile may: the agent
    behind SSH_AUTH_SOCK holds the other. Any other is a private key file, with the certificate
    beside it (`<path>-cert.pub`) where there is one; raises `Refused` where others can read it.
    """
    if path.suffix != ".pub":
        yield _private_key(path)
        return
    wanted = _public_blob(path)
    try:
        agent = paramiko.Agent()
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise Unavailable("the SSH agent does not answer") from error
    try:
        yield _held(agent, wanted, path)
    finally:
        agent.close()


def _private_key(path: Path) -> paramiko.PKey:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise Refused(f"the key file {path} cannot be read: {error.strerror}") from error
    if mode & 0o077:
        raise Refused(f"the key file {path} can be read by others: chmod 600 {path}")
    try:
        return paramiko.PKey.from_path(path)
    except (OSError, ValueError, TypeError, paramiko.SSHException) as error:
        raise Refused(f"the key file {path} holds no usable key") from error


def _public_blob(path: Path) -> bytes:
    try:
        return bytes(PublicBlob.from_file(str(path)).key_blob)
    except OSError as error:
        raise Refused(f"the key file {path} cannot be read: {error.strerror}") from error
    except (ValueError, IndexError, UnknownKeyType) as error:
        raise Refused(f"the key file {path} holds no public key line") from error


def _held(agent: paramiko.Agent, wanted: bytes, path: Path) -> paramiko.PKey:
    for key in agent.get_keys():
        if key.blob == wanted:
            return key
    raise Refused(f"the SSH agent does not hold the key of {path}: ssh-add it, see SSH_AUTH_SOCK")
