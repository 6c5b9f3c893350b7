"""A whole bot and a real OpenSSH server, with a link between them that fails in every way.

A command runs once or not at all, and where nobody can know, a human is asked.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
import pytest

from bot.adapters.ssh.receipts import WRAPPER
from bot.app.service import Service
from bot.app.serving import serving
from bot.config import load_settings
from bot.usecases.delivery import LEASE
from bot.usecases.seats import TokenKind
from bot.values import Host, PersonId
from tests.contract.executor.conftest import write_programs
from tests.support.bot import Seated
from tests.support.proxy import FaultProxy, fault_proxy
from tests.support.sshd import Sshd, openssh
from tests.support.waiting import until

RUNBOOK = """\
runbook: leave-note
title: Leave a note
owner: payments
description: Writes down on a host when it began and when it ended.
parameters:
  host: {type: host}
triage:
  here:
    run: systemctl is-active here
    facts:
      here: {regex: '^(\\S+)'}
decide:
  - when: here == 'here'
    because: "{{ host }} answers."
    then: note
  - otherwise: escalate
    because: "{{ host }} does not answer."
actions:
  note:
    title: Leave a note on {{ host }}
    tier: reversible
    undo: {not-needed: it is one line}
    risk: {blast-radius: one host, users: none, data: none}
    only-if:
      - here == 'here'
    steps:
      - run: contract-slow LASTS once
        timeout: 20s
    verify:
      - name: the host answers
        again: here
        expect: here == 'here'
    if-it-fails: escalate
"""
POLICY = """\
people:
  ann: {name: Ann, accounts: {console: ann}}
  bob: {name: Bob, accounts: {console: bob}}
  cleo: {name: Cleo, accounts: {console: cleo}}
groups:
  responder: [ann]
  approver: [bob, cleo]
paging:
  escalations:
    on-call: {group: responder}
    security: {group: responder}
    dba: {group: approver}
tokens: {answer: [bob]}
services:
  shop: {owner: payments}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A serving bot, its one host behind a proxy, who asks and who approves."""

    host: Sshd
    proxy: FaultProxy
    ann: Seated
    bob: Seated

    async def run(self) -> str:
        """Start a run in an incident of its own and approve it; returns the incident."""
        await self.ann.say("/incident declare sev3 a link that fails")
        incident = str((await self.ann.incidents("open"))[0]["id"])
        number = str((await self.ann.incident(incident))["number"])
        await self.ann.say("/runbook run leave-note host=web-1", room=number)
        status, answer = await self.bob.press(await self.bob.card("change"), "approve")
        assert status == 200, answer
        return incident

    def notes(self) -> list[str]:
        """Return what the command wrote down on the host."""
        file = self.host.folder / "notes"
        return file.read_text().splitlines() if file.exists() else []

    async def begun(self) -> bool:
        return self.notes() == ["began once"]

    async def over(self, incident: str) -> str:
        """Wait until the run has ended, or asks what became of its command."""

        async def line() -> str:
            lines = await self.ann.timeline(incident)
            wanted = ("run ended", "IN DOUBT")
            return next((text for text in lines if text.startswith(wanted)), "")

        return await until(line, seconds=60)


@asynccontextmanager
async def linked(folder: Path, lasts: str = "0.3") -> AsyncIterator[Linked]:
    async with AsyncExitStack() as stack:
        (folder / "host").mkdir()
        host = stack.enter_context(openssh(folder / "host"))
        write_programs(host.bin)
        (host.bin / "systemctl").write_text("#!/bin/sh\necho here\n")
        (host.bin / "systemctl").chmod(0o755)
        proxy = await stack.enter_async_context(fault_proxy(host.host.port))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        service, running = await stack.enter_async_context(
            serving(load_settings(env_file(folder, lasts)))
        )
        put_into_the_inventory(service, replace(host.host, port=proxy.port))
        people = {}
        for name, kind in (("ann", TokenKind.OPERATE), ("bob", TokenKind.ANSWER)):
            await service.seats.add(name, PersonId(name), [])
            token = await service.seats.make_token(name, kind)
            people[name] = Seated(address=running.console, token=token, session=session)
        yield Linked(host=host, proxy=proxy, ann=people["ann"], bob=people["bob"])


def put_into_the_inventory(service: Service, host: Host) -> None:
    """Name the host, whose two logins are one account here: a policy file may not do that."""
    current = service._base.current
    policy = replace(current.policy, hosts={host.name: host})
    current.replace(policy, current.documents)


def env_file(folder: Path, lasts: str) -> Path:
    (folder / "runbooks").mkdir()
    (folder / "runbooks" / "leave-note.yaml").write_text(RUNBOOK.replace("LASTS", lasts))
    (folder / "policy.yaml").write_text(POLICY)
    env = folder / "env"
    env.write_text(
        f"FIREWARDEN_LISTEN=127.0.0.1:0\nFIREWARDEN_DATA={folder / 'data'}\n"
        f"FIREWARDEN_POLICY={folder / 'policy.yaml'}\nFIREWARDEN_RUNBOOKS={folder / 'runbooks'}\n"
    )
    return env


Fault = Callable[[Linked], Awaitable[None]]


async def nothing(_: Linked) -> None:
    """Leave the link as it is."""


async def slow(on: Linked) -> None:
    """Let every byte take a while."""
    on.proxy.delay = 0.15


async def reset_under_way(on: Linked) -> None:
    """Reset the link while the command runs."""
    await until(on.begun)
    on.proxy.cut()


async def half_open_then_reset(on: Linked) -> None:
    """Say nothing any more until the command is over, then reset."""
    await until(on.begun)
    on.proxy.freeze()

    async def ended() -> bool:
        return len(on.notes()) == 2

    await until(ended)
    on.proxy.cut()
    on.proxy.thaw()


async def doubled(on: Linked) -> None:
    """Send a piece twice."""
    on.proxy.double_after = 3_000


@pytest.mark.parametrize(
    "fault",
    [nothing, slow, reset_under_way, half_open_then_reset, doubled],
    ids=lambda fault: str(fault.__name__),
)
async def test_a_command_runs_once_whatever_the_link_does(tmp_path: Path, fault: Fault) -> None:
    async with linked(tmp_path) as on:
        incident = await on.run()
        await fault(on)

        assert (await on.over(incident)).startswith("run ended: done, 1 command")

        assert on.notes() == ["began once", "ended once"]


@pytest.mark.parametrize("after", [1, 2_000, 3_500, 5_000, 6_000, 8_000])
async def test_a_link_that_drops_after_so_many_bytes_never_runs_a_command_twice(
    tmp_path: Path, after: int
) -> None:
    async with linked(tmp_path) as on:
        incident = await on.run()
        on.proxy.cut_after = after

        assert (await on.over(incident)).startswith("run ended: done, 1 command")

        assert on.notes() == ["began once", "ended once"]


async def test_a_reset_of_a_host_that_can_tell_nothing_asks_a_human_and_runs_nothing_again(
    tmp_path: Path,
) -> None:
    async with linked(tmp_path, lasts="3") as on:
        incident = await on.run()
        await until(on.begun)
        (on.host.bin / WRAPPER).unlink()
        on.proxy.cut()

        assert (await on.over(incident)).startswith("IN DOUBT")

        doubt = await on.bob.card("in-doubt")
        status, answer = await on.bob.press(doubt, "failed")
        assert status == 200, answer

        async def ended() -> bool:
            return len(on.notes()) == 2

        await until(ended)
        assert on.notes() == ["began once", "ended once"]


async def test_a_host_that_falls_silent_is_asked_on_beside_the_human_who_was_asked(
    tmp_path: Path,
) -> None:
    async with linked(tmp_path, lasts="1") as on:
        incident = await on.run()
        await until(on.begun)
        on.proxy.freeze()  # the way there takes every connection and answers none
        on.proxy.cut()
        cut = time.monotonic()

        asked = await on.over(incident)

        assert time.monotonic() - cut < LEASE.total_seconds() + 5
        assert asked.startswith("IN DOUBT: note.steps.1 on web-1: web-1 cannot be asked yet")
        await on.bob.card("in-doubt")

        on.proxy.thaw()

        async def ended() -> list[str]:
            lines = await on.ann.timeline(incident)
            return [line for line in lines if line.startswith("run ended")]

        assert (await until(ended, seconds=60))[0].startswith("run ended: done, 1 command")
        assert await on.bob.get("/api/cards") == []
        assert on.notes() == ["began once", "ended once"]
