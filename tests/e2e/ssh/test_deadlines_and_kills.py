"""A change on a real OpenSSH host that runs into its deadline, or whose bot is killed meanwhile."""

import asyncio
import os
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from bot.app.base import opened
from bot.config import load_settings
from bot.values import PersonId
from cards.codec import from_json
from cards.plain import render
from tests.support.bot import Answer, Seated
from tests.support.ports import free_port
from tests.support.process import Process
from tests.support.sshd import SSHD, Sshd, openssh
from tests.support.waiting import until

pytestmark = pytest.mark.skipif(SSHD is None, reason="openssh-server is not installed")

LIFE = (sys.executable, "-m", "tests.e2e.ssh.life")

WEBCTL = """#!/bin/sh
# One service, kept in files. A restart takes until somebody opens `gate`, or until it is ended.
case $1 in
    is-active) if [ -e "$HOME/up" ]; then echo active; else echo failed; exit 3; fi ;;
    restart)
        echo "began $$" >>"$HOME/asked"
        cat "$HOME/gate"
        touch "$HOME/up" ;;
    *) exit 64 ;;
esac
"""

SUDO = """#!/bin/sh
# The rule that is asked for is there.
[ "$1" = -n ] || exec "$@"
"""

MEND = """\
runbook: mend
title: A service is down
owner: payments
parameters:
  host: {type: host, default: web-1}
triage:
  state:
    run: systemctl is-active checkout
    ok-exit: [0, 3]
    facts:
      state: {regex: '^(\\S+)'}
decide:
  - when: state == 'failed'
    because: "checkout on {{ host }} is down."
    then: restart
  - otherwise: resolve
actions:
  restart:
    title: Restart checkout on {{ host }}
    tier: reversible
    undo: {not-needed: it keeps no state}
    risk: {blast-radius: one host, users: none, data: none}
    only-if: [state == 'failed']
    steps:
      - run: sudo systemctl restart checkout
        timeout: TIMEOUT
        on-deadline: ON-DEADLINE
    verify:
      - name: it runs
        again: state
        expect: state == 'active'
    if-it-fails: escalate
"""

POLICY = """\
people:
  ann: {name: Ann, accounts: {console: ann}}
  bob: {name: Bob, accounts: {console: bob}}
  cleo: {name: Cleo, accounts: {console: cleo}}
groups: {responder: [ann], approver: [bob, cleo], communications: [bob], admin: [bob]}
paging: {escalations: {on-call: {group: responder}, security: {group: responder},
  dba: {group: approver}}}
tokens: {answer: [ann, bob]}
services: {checkout: {owner: payments, processes: [checkout]}}
hosts:
  web-1:
    address: 127.0.0.1
    port: PORT
    service: checkout
    host-key: "HOST-KEY"
    observe: {user: observe, key-file: FOLDER/observe_key}
    change: {user: change, key-file: FOLDER/change_key}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """A bot of a team as a process of its own, and the one host that it may change."""

    process: Process
    host: Sshd
    ann: Seated
    bob: Seated

    async def mending(self) -> str:
        """Open an incident and approve the restart; returns its id once the restart has begun."""
        await self.ann.say("/incident declare sev3 checkout is down")
        ident = str((await self.ann.incidents())[0]["id"])
        number = (await self.ann.incident(ident))["number"]
        await self.ann.say(f"/runbook run mend host=web-1 in={number}")
        await self.bob.press(await self.bob.card("change"), "approve")

        async def begun() -> bool:
            return len(self.asked()) == 1

        await until(begun, seconds=60)
        return ident

    def asked(self) -> list[str]:
        """Return the restarts that the host began, by its own account."""
        file = self.host.folder / "asked"
        return file.read_text().splitlines() if file.exists() else []

    def restarts(self) -> bool:
        """Whether the restart that began still runs on the host."""
        return Path(f"/proc/{self.asked()[0].split()[1]}").exists()

    async def restart_is_over(self) -> None:
        """Wait until nothing of the restart runs."""

        async def over() -> bool:
            return not self.restarts()

        await until(over)

    async def host_is_up(self) -> None:
        """Wait until the restart has mended the host."""

        async def up() -> bool:
            return (self.host.folder / "up").exists()

        await until(up)

    async def let_go(self) -> None:
        """Let the restart come to its end."""

        async def opened_gate() -> bool:
            return _open_gate(self.host.folder / "gate")

        await until(opened_gate)

    async def told(self, ident: str, words: str) -> str:
        """Wait for a line of the timeline that begins with these words; returns it."""

        async def line() -> str:
            return next(iter(await self.lines(ident, words)), "")

        return await until(line, seconds=90)

    async def lines(self, ident: str, words: str) -> list[str]:
        """Return the lines of the timeline that begin with these words."""
        return [line for line in await self.ann.timeline(ident) if line.startswith(words)]

    async def card(self, title: str, line: str) -> None:
        """Wait until a card with this first line shows this other line too."""

        async def shown() -> bool:
            texts = await asyncio.to_thread(_texts, self.process.folder / "data")
            return any(text.startswith(f"{title}\n") and line in text for text in texts)

        await until(shown, seconds=30)

    async def doubt(self) -> Answer:
        """Wait for the card that asks what became of the restart."""

        async def card() -> Answer | None:
            cards = await self.bob.get("/api/cards")
            return next((c for c in cards if c["kind"] == "in-doubt"), None)

        return await until(card, seconds=90)


@asynccontextmanager
async def stand(folder: Path, *, deadline: str, then: str) -> AsyncIterator[Stand]:
    """Serve a team whose one host is a real server and down."""
    machine = folder / "web-1"
    machine.mkdir()
    os.mkfifo(machine / "gate")
    with openssh(machine, name="web-1") as host:
        for name, text in (("systemctl", WEBCTL), ("sudo", SUDO)):
            (host.bin / name).write_text(text)
            (host.bin / name).chmod(0o755)
        (folder / "books").mkdir()
        mend = MEND.replace("TIMEOUT", deadline).replace("ON-DEADLINE", then)
        (folder / "books" / "mend.yaml").write_text(mend)
        policy = folder / "policy.yaml"
        policy.write_text(
            POLICY.replace("PORT", str(host.host.port))
            .replace("HOST-KEY", host.host.host_key)
            .replace("FOLDER", str(machine))
        )
        settings = {
            "FIREWARDEN_POLICY": str(policy),
            "FIREWARDEN_RUNBOOKS": str(folder / "books"),
        }
        async with aiohttp.ClientSession() as session:
            lives = Process(folder=folder, port=free_port(), session=session, settings=settings)
            try:
                await lives.start(LIFE)
                ann, bob = [await _seat(lives, name) for name in ("ann", "bob", "cleo")][:2]
                yield Stand(process=lives, host=host, ann=ann, bob=bob)
            finally:
                await lives.kill()
                _open_gate(machine / "gate")


async def test_a_change_left_at_its_deadline_is_asked_about_and_the_answer_goes_on_with_the_run(
    tmp_path: Path,
) -> None:
    async with stand(tmp_path, deadline="1s", then="leave") as on:
        incident = await on.mending()

        card = await on.doubt()
        assert on.restarts()
        await on.let_go()
        await on.host_is_up()
        await on.bob.press(card, "worked", "it is up")

        await on.told(incident, "run ended: done, 1 command ran.")
        assert await on.told(incident, "IN DOUBT") == (
            "IN DOUBT: restart.steps.1 on web-1: it was still running at its deadline, "
            "and was left to go on"
        )
        assert len(on.asked()) == 1


async def test_a_change_killed_at_its_deadline_is_over_on_the_host_and_asked_about(
    tmp_path: Path,
) -> None:
    async with stand(tmp_path, deadline="1s", then="kill") as on:
        incident = await on.mending()

        card = await on.doubt()
        assert not on.restarts()
        await on.bob.press(card, "failed", "it is down")

        await on.told(incident, "run ended: escalated, 1 command ran.")
        assert await on.told(incident, "IN DOUBT") == (
            "IN DOUBT: restart.steps.1 on web-1: it was still running at its deadline, "
            "where the host was to end it"
        )
        assert len(on.asked()) == 1


async def test_the_host_keeps_the_deadline_of_a_bot_that_was_killed_and_tells_the_next_one(
    tmp_path: Path,
) -> None:
    async with stand(tmp_path, deadline="3s", then="kill") as on:
        incident = await on.mending()

        await on.process.kill()
        assert on.restarts()
        await on.restart_is_over()
        await on.process.start(LIFE)

        card = await on.doubt()
        assert card["title"] == "What became of step 1 on web-1?"
        await on.card(
            "◷ In doubt: What became of step 1 on web-1?", "Known        ended by SIGTERM"
        )
        await on.card("■ Runbook mend", "? IN DOUBT  sudo systemctl restart checkout on web-1")
        assert await on.told(incident, "IN DOUBT") == (
            "IN DOUBT: restart.steps.1 on web-1: ended by SIGTERM"
        )
        assert len(on.asked()) == 1


async def test_a_change_that_ended_while_the_bot_was_dead_is_finished_from_its_receipt(
    tmp_path: Path,
) -> None:
    async with stand(tmp_path, deadline="1s", then="leave") as on:
        incident = await on.mending()

        await on.process.kill()
        await on.let_go()
        await on.host_is_up()
        await on.process.start(LIFE)

        await on.told(incident, "run ended: done, 1 command ran.")
        assert await on.lines(incident, "IN DOUBT") == []
        (ended,) = await on.lines(incident, "restart.steps.1 on web-1: exit 0")
        assert ended.endswith("(as the host's receipt tells)")
        await on.card("✔ Runbook mend", "✔ COMPLETED  sudo systemctl restart checkout on web-1")
        assert len(on.asked()) == 1


async def test_a_change_that_still_runs_when_the_bot_is_back_is_waited_for(tmp_path: Path) -> None:
    async with stand(tmp_path, deadline="60s", then="leave") as on:
        incident = await on.mending()

        await on.process.kill()
        await on.process.start(LIFE)
        await on.told(
            incident, "Firewarden stopped during restart.steps.1 on web-1; asking the host"
        )
        assert on.restarts()
        await on.let_go()

        await on.told(incident, "run ended: done, 1 command ran.")
        assert await on.lines(incident, "IN DOUBT") == []
        assert len(on.asked()) == 1


def _texts(data: Path) -> list[str]:
    """Return every message of the console as it stands, as plain text."""
    with closing(sqlite3.connect(data / "console.sqlite3")) as console:
        return [render(from_json(row[0])) for row in console.execute("SELECT card FROM messages")]


async def _seat(lives: Process, name: str) -> Seated:
    async with opened(load_settings(lives.env_file())) as base:
        await base.seats.add(name, PersonId(name), [])
    return await lives.seat(name)


def _open_gate(gate: Path) -> bool:
    """Let through whatever waits at the gate; returns whether anything did."""
    try:
        os.close(os.open(gate, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True
