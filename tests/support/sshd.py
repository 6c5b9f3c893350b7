"""A real OpenSSH server on loopback with fresh keys, for tests; ends with the test."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.adapters.ssh.receipts import SCRIPT, WRAPPER
from bot.values import Host, HostName

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
"""Where Debian's openssh-server puts it; None where it is not installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sshd:
    """A running server; `bin` is first in its sessions' PATH, `receipts` is where it keeps them."""

    host: Host
    bin: Path
    receipts: Path
    folder: Path
    pid: int


def fresh_key(path: Path) -> str:
    """Make an Ed25519 key pair; writes the private key (0600), returns the public key line."""
    private = Ed25519PrivateKey.generate()
    path.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.NoEncryption(),
        )
    )
    path.chmod(0o600)
    public = private.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return public.decode()


@contextmanager
def openssh(
    folder: Path,
    *,
    name: str = "web-1",
    extra: str = "",
    options: str = "restrict",
    shell: str = "",
) -> Iterator[Sshd]:
    """Run sshd until the block ends. `options` are those of the `observe` key.

    The `change` key is bound to the receipt wrapper's gate. The login shell is the account's own,
    or `shell` where `shell_can_be_chosen`.
    """
    assert SSHD is not None
    prepared = _prepare(folder, options)
    port = _free_port()
    config = folder / "sshd_config"
    config.write_text(_config(folder, port, extra))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    log = (folder / "sshd.log").open("wb")
    line = [SSHD, "-D", "-e", "-f", str(config)]
    line = [*_with_shell(folder, shell), *line] if shell else line
    server = subprocess.Popen(line, stderr=log)
    try:
        _until_listening(port, server, folder)
        host = Host(
            name=HostName(name),
            address="127.0.0.1",
            port=port,
            service="shop",
            host_key=prepared,
            observe_user=getpass.getuser(),
            observe_key_file=str(folder / "observe_key"),
            change_user=getpass.getuser(),
            change_key_file=str(folder / "change_key"),
        )
        yield Sshd(
            host=host,
            bin=folder / "bin",
            receipts=folder / "receipts",
            folder=folder,
            pid=server.pid,
        )
    finally:
        server.terminate()
        server.wait(10)
        log.close()


def shell_can_be_chosen() -> bool:
    """Whether a server of ours may see another account file than the machine's."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "--mount", "true"], check=False).returncode == 0


def _with_shell(folder: Path, shell: str) -> list[str]:
    """Return what comes before a command line whose process shall see `shell` as ours."""
    accounts = folder / "passwd"
    entries = [line.split(":") for line in Path("/etc/passwd").read_text().splitlines()]
    accounts.write_text(
        "".join(
            ":".join([*entry[:-1], shell] if entry[0] == getpass.getuser() else entry) + "\n"
            for entry in entries
        )
    )
    script = 'mount --bind "$0" /etc/passwd && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", script, str(accounts)]


def _prepare(folder: Path, options: str) -> str:
    (folder / "bin").mkdir()
    (folder / "receipts").mkdir(mode=0o700)
    wrapper = folder / "bin" / WRAPPER
    shutil.copy(SCRIPT, wrapper)
    wrapper.chmod(0o755)
    observe = fresh_key(folder / "observe_key")
    change = fresh_key(folder / "change_key")
    (folder / "authorized_keys").write_text(
        f'{options} {observe}\nrestrict,command="{WRAPPER} gate" {change}\n'
    )
    return fresh_key(folder / "host_key")


def _config(folder: Path, port: int, extra: str) -> str:
    return f"""
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
AuthorizedKeysFile {folder}/authorized_keys
SetEnv HOME={folder} PATH={folder}/bin:/usr/bin:/bin FIREWARDEN_RECEIPTS={folder}/receipts
{extra}
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _until_listening(port: int, server: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait for the banner: a real server gives no other sign that it is ready."""
    until = time.monotonic() + 15
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as link:
                if link.recv(4) == b"SSH-":
                    return
        except OSError:
            if time.monotonic() > until or server.poll() is not None:
                raise AssertionError((folder / "sshd.log").read_text()) from None
            time.sleep(0.02)
