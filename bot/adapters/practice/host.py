"""The bot's side of the practice host: start or adopt it, make it suffer, end it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import bot
from bot.adapters.practice import machine, place
from bot.adapters.practice.lowered import choose_uid
from bot.adapters.practice.place import State, Wishes
from bot.adapters.practice.scenarios import Scenario
from bot.domain.policy import ServiceRules
from bot.errors import Refused, Unavailable
from bot.values import Host, HostName

__all__ = ["PracticeHost", "Scenario", "default_scratch", "start_practice_host"]

_CHECKOUT = Path(bot.__file__).resolve().parents[1]
_START = 30
"""Seconds until a start that says nothing is given up; it takes about one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeHost:
    """A practice host that runs; `host` goes into the inventory. `adopted` was there before."""

    host: Host
    scratch: Path
    adopted: bool
    health_port: int

    def health_url(self, unit: str) -> str:
        """Return the address that tells whether a service of the host is well."""
        return f"http://127.0.0.1:{self.health_port}/health/{unit}"

    def services(self) -> Mapping[str, ServiceRules]:
        """Return the services that run on the host, for the inventory."""
        return {
            machine.SERVICE: ServiceRules(
                name=machine.SERVICE,
                owner="practice",
                health_url=self.health_url(machine.SERVICE),
                processes=machine.PROCESSES,
            ),
            machine.AGENT: ServiceRules(
                name=machine.AGENT, owner="practice", processes=(machine.AGENT,)
            ),
        }

    async def fill(self, scenario: Scenario) -> None:
        """Empty the scratch disk and fill it as the scenario says."""
        await asyncio.to_thread(_call, ["fill", str(self.scratch), scenario.value])

    async def reset(self) -> None:
        """Make the scratch disk healthy."""
        await self.fill(Scenario.HEALTHY)

    async def stop(self) -> None:
        """End the server; a command that runs on it goes on."""
        state = State.read(self.scratch)
        if state is not None:
            await asyncio.to_thread(_end, state, self.scratch)

    def ledger(self) -> tuple[str, ...]:
        """Return one line per state-changing command that the host began, oldest first.

        `<SHA-256 of the attempt's key> <program> <arguments>`, written by the host's sudo alone.
        """
        try:
            return tuple(place.read_plain(self.scratch / place.LEDGER).splitlines())
        except FileNotFoundError:
            return ()


def default_scratch(data: Path) -> Path:
    """Return where the scratch folder of a data folder lies: beside it, never in it."""
    whole = data.resolve()
    return whole.with_name(f"{whole.name}-practice")


async def start_practice_host(
    scratch: Path, data: Path, *, name: str = "practice-1", service: str = "checkout"
) -> PracticeHost:
    """Start the practice host, or adopt the one that still runs in `scratch`.

    Keys, pinned host key and port are kept in `data`/practice (0700), so that the inventory entry
    stays the same. Raises `Unavailable` where it does not start, `Refused` where `scratch` holds
    something else.
    """
    return await asyncio.to_thread(_start, scratch, data, name, service)


def _start(scratch: Path, data: Path, name: str, service: str) -> PracticeHost:
    scratch, keys = scratch.resolve(), data.resolve() / "practice"
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    pinned = _public(keys / "host_key")
    _claim_folder(scratch)
    state = State.read(scratch)
    adopted = state is not None and _is_ours(state, scratch, pinned)
    if adopted:
        _call(["own", str(scratch), str(os.getpid())])
    else:
        if state is not None:
            _end(state, scratch)
        state = _launch(scratch, keys)
    assert state is not None  # noqa: S101 - adopted or launched
    (keys / "port").write_text(f"{state.port}\n")
    (keys / "health_port").write_text(f"{state.health_port}\n")
    host = Host(
        name=HostName(name),
        address="127.0.0.1",
        port=state.port,
        service=service,
        groups=("practice",),
        host_key=pinned,
        observe_user="observe",
        observe_key_file=str(keys / "observe_key"),
        change_user="change",
        change_key_file=str(keys / "change_key"),
        practice=True,
    )
    return PracticeHost(host=host, scratch=scratch, adopted=adopted, health_port=state.health_port)


def _public(private: Path) -> str:
    """Return the public key line of a key file; keys that are not there are made."""
    line = private.with_suffix(".pub")
    if not (private.exists() and line.exists()):
        _call(["keys", str(private.parent)])
    return line.read_text().strip()


def _claim_folder(scratch: Path) -> None:
    """Make the scratch folder, or see that it is one; where we are root it belongs to another."""
    scratch.parent.mkdir(parents=True, exist_ok=True)
    try:
        scratch.mkdir(mode=0o700)
    except FileExistsError:
        is_ours = (scratch / place.MARK).exists() and not scratch.is_symlink()
        if any(scratch.iterdir()) and not is_ours:
            raise Refused(f"{scratch} holds something else than a practice host") from None
    if os.geteuid() == 0 and scratch.stat().st_uid == 0:
        uid = choose_uid()
        os.chown(scratch, uid, uid, follow_symlinks=False)


def _is_ours(state: State, scratch: Path, pinned: str) -> bool:
    same = state.version == place.version() and state.host_key == pinned
    return same and _is_practice_process(state, scratch)


def _is_practice_process(state: State, scratch: Path) -> bool:
    """Whether the pid in a file that the practice host can write really is a practice host."""
    proc = Path(f"/proc/{state.process.pid}")
    try:
        arguments = (proc / "cmdline").read_bytes().split(b"\0")
        owner = proc.stat().st_uid
    except OSError:
        return False
    return (
        state.process.alive
        and owner == scratch.stat().st_uid
        and b"bot.adapters.practice" in arguments
        and os.fsencode(scratch) in arguments
    )


def _launch(scratch: Path, keys: Path) -> State:
    wishes = Wishes(
        owner=os.getpid(),
        port=_kept_port(keys / "port"),
        health_port=_kept_port(keys / "health_port"),
        host_key=(keys / "host_key").read_text(),
        observe=_public(keys / "observe_key"),
        change=_public(keys / "change_key"),
    )
    _call(["serve", str(scratch)], wishes.to_json())
    state = State.read(scratch)
    if state is None:
        raise Unavailable(f"the practice host did not come up: see {scratch}/server.log")
    return state


def _kept_port(file: Path) -> int:
    """Return the port of the last time, 0 for any."""
    return int(file.read_text()) if file.exists() else 0


def _call(arguments: list[str], said: str = "") -> None:
    """Run one verb of the practice host's own program, with an empty environment."""
    done = subprocess.run(  # noqa: S603 - ourselves, with paths of our own
        [sys.executable, "-m", "bot.adapters.practice", *arguments],
        input=said.encode(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=_CHECKOUT,
        env={},
        timeout=_START,
        check=False,
    )
    if done.returncode != 0:
        last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise Unavailable(f"the practice host could not {arguments[0]}: {last}")


def _end(state: State, scratch: Path) -> None:
    """End the server, politely first; never a process that only has its number."""
    for sign, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        if not _is_practice_process(state, scratch):
            return
        os.kill(state.process.pid, sign)
        until = time.monotonic() + patience
        while state.process.alive and time.monotonic() < until:
            time.sleep(0.02)
