"""What `firewarden host prepare` prints is exact, reviewable, and accepted by the real tools."""

import shutil
import subprocess
from pathlib import Path

import pytest

from bot.adapters.ssh.preparation import prepare, sudoers
from bot.adapters.ssh.receipts import SCRIPT
from bot.errors import Refused
from bot.values import Host, HostName

VISUDO = shutil.which("visudo", path="/usr/sbin:/usr/bin")

HOST = Host(
    name=HostName("web-1"),
    address="10.0.0.5",
    service="checkout",
    host_key="ssh-ed25519 AAAA",
    observe_user="fw-observe",
    observe_key_file="observe",
    change_user="fw-change",
    change_key_file="change",
)
SUDO = (
    ("journalctl", "--vacuum-size=16M"),
    ("logrotate", "--force", "/etc/logrotate.conf"),
    ("systemd-tmpfiles", "--clean"),
    ("systemctl", "restart", "checkout"),
    ("/opt/shop/bin/reload",),
)


def test_the_sudoers_file_names_each_command_with_its_path_and_words() -> None:
    assert sudoers("fw-change", SUDO) == (
        "# Written by `firewarden host prepare`: what an approved step may do as root.\n"
        "Defaults:fw-change !requiretty, env_reset\n"
        "fw-change ALL=(root) NOPASSWD:NOEXEC: /usr/bin/journalctl --vacuum-size\\=16M\n"
        "fw-change ALL=(root) NOPASSWD:EXEC: /usr/sbin/logrotate --force /etc/logrotate.conf\n"
        "fw-change ALL=(root) NOPASSWD:NOEXEC: /usr/bin/systemd-tmpfiles --clean\n"
        "fw-change ALL=(root) NOPASSWD:NOEXEC: /usr/bin/systemctl restart checkout\n"
        'fw-change ALL=(root) NOPASSWD:NOEXEC: /opt/shop/bin/reload ""\n'
    )


@pytest.mark.skipif(VISUDO is None, reason="sudo (visudo) is not installed")
def test_visudo_accepts_the_sudoers_file(tmp_path: Path) -> None:
    file = tmp_path / "sudoers"
    odd = ("journalctl", "--unit=a,b:c\\d")
    file.write_text(sudoers("fw-change", [*SUDO, odd]))
    file.chmod(0o440)

    checked = subprocess.run(
        [str(VISUDO), "-c", "-s", "-f", str(file)], capture_output=True, check=False
    )

    assert (checked.returncode, checked.stderr) == (0, b"")


@pytest.mark.parametrize(
    "argv",
    [
        ("systemctl", "restart", "*"),
        ("journalctl", "--vacuum-size=[0-9]M"),
        ("rm", "two words"),
        ("../bin/sh",),
        ("kill", ""),
        ("echo", "!"),
        ("echo", "a\nALL ALL=(ALL) ALL"),
    ],
)
def test_a_command_that_sudoers_cannot_name_exactly_is_refused(argv: tuple[str, ...]) -> None:
    with pytest.raises(Refused):
        sudoers("fw-change", [argv])


def test_a_user_that_would_be_a_sudoers_line_of_its_own_is_refused() -> None:
    with pytest.raises(Refused):
        sudoers("ALL ALL=(ALL) ALL\n#", SUDO)


def test_the_change_key_is_bound_to_the_receipt_wrapper_and_both_are_restricted() -> None:
    prepared = prepare(
        HOST,
        observe_key="ssh-ed25519 OBSERVE somebody@somewhere",
        change_key="ssh-ed25519 CHANGE",
        sudo=SUDO,
        from_addresses=["10.0.0.7"],
    )
    files = {file.path: file for file in prepared.files}

    assert files["/home/fw-observe/.ssh/authorized_keys"].content == (
        'from="10.0.0.7",restrict ssh-ed25519 OBSERVE firewarden\n'
    )
    assert files["/home/fw-change/.ssh/authorized_keys"].content == (
        'from="10.0.0.7",restrict,command="/usr/local/bin/firewarden-receipt gate"'
        " ssh-ed25519 CHANGE firewarden\n"
    )
    assert files["/usr/local/bin/firewarden-receipt"].content == SCRIPT.read_text()


def test_the_script_is_one_that_a_shell_can_read_and_shows_every_file() -> None:
    prepared = prepare(HOST, observe_key="ssh-ed25519 A", change_key="ssh-ed25519 B", sudo=SUDO)

    script = prepared.script()

    subprocess.run(["/bin/sh", "-n"], input=script.encode(), check=True)
    assert all(file.content.rstrip("\n") in script for file in prepared.files)
    assert "visudo -c -q -f /etc/sudoers.d/firewarden.firewarden-new" in script
