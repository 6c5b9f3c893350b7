"""`host prepare` prints what a host needs, word for word, and changes nothing."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.unit.cli.conftest import CommandLine

HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJrpPCSvrUd7AA3IQBrDMZ9dkHzl3T3Nf2FHRl8WGdcj"


@pytest.fixture
def keys(folder: Path) -> dict[str, str]:
    """Write the team's policy with one host; returns the public keys of its logins."""
    lines = {name: _key(folder / name) for name in ("observe", "change")}
    (folder / "policy.yaml").write_text(
        "services: {shop: {owner: web}}\n"
        f'hosts: {{web-1: {{address: 192.0.2.1, service: shop, host-key: "{HOST_KEY}", '
        "observe: {key-file: observe}, change: {key-file: change}}}\n"
    )
    (folder / ".env").write_text("FIREWARDEN_POLICY=policy.yaml\n")
    return lines


def test_the_script_holds_both_keys_the_wrapper_and_exactly_the_runbooks_commands(
    firewarden: CommandLine, keys: dict[str, str]
) -> None:
    said = firewarden("host", "prepare", "web-1", "--runbook", "disk-full")
    assert said.status == 0
    assert f"restrict {keys['observe']} firewarden" in said.lines
    gate = 'restrict,command="/usr/local/bin/firewarden-receipt gate"'
    assert f"{gate} {keys['change']} firewarden" in said.lines
    may = "firewarden-change ALL=(root) NOPASSWD:"
    assert [line for line in said.lines if "NOPASSWD" in line] == [
        f"{may}EXEC: /usr/sbin/logrotate --force /etc/logrotate.conf",
        f"{may}NOEXEC: /usr/bin/systemd-tmpfiles --clean",
    ]
    assert said.lines[-1] == "#   journalctl --vacuum-size=<8-4096>M"


def test_a_service_parameter_becomes_the_hosts_own_service(
    firewarden: CommandLine, keys: dict[str, str]
) -> None:
    del keys
    said = firewarden("host", "prepare", "web-1", "--runbook", "high-cpu")
    commands = [line.rpartition("NOPASSWD:")[2] for line in said.lines if "NOPASSWD" in line]
    assert commands == ["NOEXEC: /usr/bin/systemctl restart shop"]


def test_logins_can_be_bound_to_the_addresses_that_firewarden_comes_from(
    firewarden: CommandLine, keys: dict[str, str]
) -> None:
    said = firewarden("host", "prepare", "web-1", "--from", "192.0.2.9", "--from", "192.0.2.10")
    assert f'from="192.0.2.9,192.0.2.10",restrict {keys["observe"]} firewarden' in said.lines


def test_an_unknown_host_is_answered_with_those_that_are_known(
    firewarden: CommandLine, keys: dict[str, str]
) -> None:
    del keys
    said = firewarden("host", "prepare", "web-9")
    assert (said.status, said.err) == (2, "There is no host web-9 (known: web-1).\n")


def _key(path: Path) -> str:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    path.write_bytes(private)
    path.chmod(0o600)
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return public.decode()
