"""One command on fifty warm hosts: ours against Ansible's raw module and OpenSSH's ControlMaster.

Fifty sshd on loopback, one login, the same command line on every side. Ansible and OpenSSH keep
their own links warm (ControlPersist); both are the distribution's packages (`ansible-core`,
`openssh-client`), and a side that is not installed is named as not measured.

The hosts run on the same CPUs as what is measured, and what they do is the same for every side:
fork, start the login shell, read one line. It is a share of every figure that no client can cut, so
it is measured as well and printed. The login shell is /bin/sh, as `firewarden host prepare` makes
it, where we may choose (as root); an account with bash costs half a millisecond more a command.
"""

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bot.adapters.ssh.executor import ParamikoExecutor
from bot.redaction import Redactor
from bot.values import Host
from tests.bench.cpu import used_by
from tests.bench.figures import Measured, Ratio
from tests.bench.ssh import BARE
from tests.support.sshd import Sshd, openssh, shell_can_be_chosen

HOSTS = 50
SHELL = "/bin/sh"
AGAINST = {"ansible": 20.0, "ControlMaster": 2.0}
"""How many times faster than each of the others all fifty shall be."""


def measure(quick: bool) -> Measured:  # noqa: FBT001 - the one word that every benchmark takes
    """Measure every side in turn, all links warm."""
    shell = SHELL if shell_can_be_chosen() else ""
    with tempfile.TemporaryDirectory() as folder, _fleet(Path(folder), shell) as fleet:
        return asyncio.run(_measure(Path(folder), fleet, rounds=2 if quick else 7, shell=shell))


async def _measure(folder: Path, fleet: Sequence[Sshd], *, rounds: int, shell: str) -> Measured:
    hosts = [sshd.host for sshd in fleet]
    executor = ParamikoExecutor(redactor=Redactor())
    others = dict(_others(folder, hosts))

    async def ours() -> None:
        await asyncio.gather(*(executor.boot_id(host) for host in hosts))

    await ours()
    for side in others.values():
        await asyncio.to_thread(side.all_at_once)
    taken: dict[str, list[float]] = {name: [] for name in ("ours", *others)}
    for _ in range(rounds):
        began = time.perf_counter()
        await ours()
        taken["ours"].append(time.perf_counter() - began)
        for name, side in others.items():
            began = time.perf_counter()
            await asyncio.to_thread(side.all_at_once)
            taken[name].append(time.perf_counter() - began)
    share = await _share(ours, fleet, rounds=3 * rounds)
    for side in others.values():
        side.end()
    await executor.close()
    return Measured(
        ratios=[
            Ratio(
                name=f"{name} / ours, {len(hosts)} warm hosts",
                values=[t / o for t, o in zip(taken[name], taken["ours"], strict=True)],
                wanted=AGAINST[name],
            )
            for name in others
        ],
        lines=[
            "seconds for all: "
            + "  ".join(f"{name} {median(values):.3f}" for name, values in taken.items()),
            share,
            f"login shell of the hosts: {shell or pwd.getpwuid(os.geteuid()).pw_shell}",
            *(f"{name} is not installed: not measured" for name in AGAINST if name not in others),
        ],
    )


async def _share(
    ours: Callable[[], Awaitable[object]], fleet: Sequence[Sshd], *, rounds: int
) -> str:
    """Say how much of our time is the hosts' own work, which no client can cut."""
    servers = [sshd.pid for sshd in fleet]
    hosts_before, ours_before, began = used_by(servers), time.process_time(), time.perf_counter()
    for _ in range(rounds):
        await ours()
    wall = (time.perf_counter() - began) / rounds
    here = (time.process_time() - ours_before) / rounds
    there = (used_by(servers) - hosts_before) / rounds
    cpus = len(os.sched_getaffinity(0))
    return (
        f"the hosts' own share: {1000 * there / cpus:.0f} ms of {1000 * wall:.0f}"
        f" ({1000 * there:.0f} ms of CPU on {cpus} CPUs; ours {1000 * here:.0f} ms)"
    )


@contextmanager
def _fleet(folder: Path, shell: str) -> Iterator[Sequence[Sshd]]:
    with ExitStack() as stack:
        fleet = []
        for number in range(HOSTS):
            place = folder / f"h{number}"
            place.mkdir()
            one = openssh(place, name=f"web-{number}", shell=shell)
            fleet.append(stack.enter_context(one))
        yield fleet


@dataclass(frozen=True, slots=True, kw_only=True)
class _Other:
    """Another program: how it runs the command everywhere, and how its links are ended."""

    all_at_once: Callable[[], None]
    end: Callable[[], None]


def _others(folder: Path, hosts: Sequence[Host]) -> Iterator[tuple[str, _Other]]:
    ansible, ssh = shutil.which("ansible"), shutil.which("ssh")
    if ssh is None:
        return
    known = folder / "known_hosts"
    known.write_text("".join(f"[{host.address}]:{host.port} {host.host_key}\n" for host in hosts))
    if ansible is not None:
        yield "ansible", _ansible(folder, hosts, ansible)
    yield "ControlMaster", _control_master(folder, hosts, ssh)


def _options(folder: Path, sockets: str) -> list[str]:
    pairs = {
        "ControlMaster": "auto",
        "ControlPersist": "120",
        "ControlPath": f"{folder}/{sockets}-%p",
        "UserKnownHostsFile": f"{folder}/known_hosts",
        "StrictHostKeyChecking": "yes",
        "BatchMode": "yes",
        "IdentitiesOnly": "yes",
    }
    return [word for name, value in pairs.items() for word in ("-o", f"{name}={value}")]


def _control_master(folder: Path, hosts: Sequence[Host], ssh: str) -> _Other:
    def command(host: Host, *words: str) -> list[str]:
        login = ["-i", host.observe_key_file, "-p", str(host.port)]
        where = f"{host.observe_user}@{host.address}"
        return [ssh, "-F", "none", *_options(folder, "cm"), *login, *words[:-1], where, *words[-1:]]

    def run() -> None:
        running = [
            subprocess.Popen(command(host, BARE), stdout=subprocess.DEVNULL) for host in hosts
        ]
        for process in running:
            if process.wait() != 0:
                raise RuntimeError("ssh failed")

    def end() -> None:
        for host in hosts:
            line = [*command(host, "-O", "exit", BARE)[:-1]]
            subprocess.run(line, check=True, capture_output=True)

    return _Other(all_at_once=run, end=end)


def _ansible(folder: Path, hosts: Sequence[Host], ansible: str) -> _Other:
    inventory = folder / "inventory"
    inventory.write_text(
        "".join(
            f"{host.name} ansible_host={host.address} ansible_port={host.port}"
            f" ansible_user={host.observe_user}"
            f" ansible_ssh_private_key_file={host.observe_key_file}\n"
            for host in hosts
        )
    )
    options = " ".join(_options(folder, "an"))
    line = [ansible, "all", "-i", str(inventory), "-f", str(len(hosts)), "-m", "raw", "-a", BARE]
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "ANSIBLE_SSH_ARGS": options,
        "ANSIBLE_SSH_USETTY": "False",  # our key may have no terminal
        "LC_ALL": "C.UTF-8",
    }

    def run() -> None:
        subprocess.run(line, check=True, env=environment, stdout=subprocess.DEVNULL)

    def end() -> None:
        for host in hosts:
            words = ["ssh", *_options(folder, "an"), "-p", str(host.port), "-O", "exit", "x"]
            subprocess.run(words, check=True, capture_output=True)

    return _Other(all_at_once=run, end=end)
