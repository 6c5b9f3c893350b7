"""From a signed request to its durable acknowledgement, alone and in the middle of everything.

Alone: one after the other, ours (`firewarden serve`, synchronous=FULL) and a stock app that stores
nothing, request by request in turn. In the middle: a thousand alerts a second and a runbook that
changes fifty hosts over SSH, while people go on typing. Servers have one CPU, all else the other.
"""

import asyncio
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import aiohttp

from tests.bench.figures import Measured, Ratio
from tests.bench.stored import notes_in
from tests.bench.storm import storming
from tests.scale.storm import percentile
from tests.support.ports import free_port
from tests.support.process import Process
from tests.support.slack.interacting import words
from tests.support.slack.sending import signed
from tests.support.slack.server import Slack, slack
from tests.support.slack.workspace import BOT_TOKEN, SIGNING_SECRET, TEAM, Channel, Posted
from tests.support.sshd import Sshd, openssh
from tests.support.waiting import until

OF_STOCK: Final = 0.5
P99: Final = 0.1
NEVER: Final = 0.3
"""Seconds, while a storm and a runbook run beside it."""
HOSTS: Final = 50
_TOKEN: Final = "bench-token"
_CPUS: Final = sorted(os.sched_getaffinity(0))
"""All that we may use, before this process keeps to the last of them."""
_PAUSE: Final = 0.02
_ROOT = Path(__file__).parents[2]

_POLICY = """\
people:
  ann: {{name: Ann, accounts: {{slack: T1/U1}}}}
  bob: {{name: Bob, accounts: {{slack: T1/U2}}}}
groups: {{responder: [ann], approver: [ann, bob]}}
paging: {{escalations: {{on-call: {{group: responder, every: 5m}}}}}}
chat: {{platforms: [slack]}}
services:
  checkout: {{owner: bench}}
ssh:
  observe: {{user: other-{user}, key-file: {observe}}}
  change: {{user: {user}, key-file: {change}}}
hosts:
"""
_HOST = """\
  web-{n}: {{address: 127.0.0.1, port: {port}, service: checkout, groups: [web], host-key: {key}}}
"""
_RUNBOOK = """\
runbook: restart
title: A service is down
owner: bench
description: Restarts a service everywhere.
parameters:
  host: {type: host, from: alert.labels.instance}
triage:
  state:
    run: uptime
    facts:
      state: {regex: '(load)'}
decide:
  - when: state == 'load'
    because: "it is down"
    then: restart
  - otherwise: resolve
    because: "it runs"
actions:
  restart:
    on: {group: web}
    batches: {size: 10, canary: false}
    title: Restart it everywhere
    tier: reversible
    undo: {not-needed: it keeps no state}
    risk: {blast-radius: many hosts, users: none, data: none}
    only-if: [state == 'load']
    steps:
      - {run: "true", timeout: 60s}
      - {run: "true", timeout: 60s}
    verify:
      - {name: it answers, again: state, expect: state == 'load'}
    if-it-fails: escalate
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A serving bot in a workspace with Ann, Bob and one incident's room."""

    team: Slack
    bot: Process
    room: Channel
    session: aiohttp.ClientSession

    async def note(self, n: int, address: str = "") -> float:
        """Type a note; returns the seconds to its acknowledgement."""
        form = {
            "team_id": TEAM,
            "channel_id": self.room.id,
            "user_id": "U1",
            "user_name": "ann",
            "command": "/incident",
            "text": f"note number {n}",
            "response_url": f"{self.team.base}response/none",
            "trigger_id": f"bench.{n}.{address}",
        }
        body = urlencode(form).encode()
        stamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signed(stamp, body),
        }
        url = f"http://{address or self.bot.address}/slack/events"
        began = time.perf_counter()
        async with self.session.post(url, data=body, headers=headers) as got:
            answer = await got.text()
        seconds = time.perf_counter() - began
        if got.status != 200 or "NOT recorded" in answer:
            raise RuntimeError(f"{got.status}: {answer[:300]}")
        return seconds


def measure(quick: bool) -> Measured:  # noqa: FBT001 - one switch for every benchmark
    """Measure alone, then in the middle of everything."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sshd").mkdir()
        extra = "MaxStartups 200\nMaxSessions 200"
        with openssh(Path(folder) / "sshd", extra=extra) as sshd:
            return asyncio.run(_measure(Path(folder), sshd, quick=quick))


async def _measure(folder: Path, sshd: Sshd, *, quick: bool) -> Measured:
    async with slack() as team, _bench(folder, team, sshd) as bench:
        team.rates.enforced = False
        rounds, each = (2, 25) if quick else (8, 100)
        with _stock(team) as stock:
            alone = [await _in_turn(bench, stock, r * each, each) for r in range(rounds)]
        quiet = notes_in(bench.bot.folder)
        if quiet != rounds * each:
            raise RuntimeError(f"{quiet} notes for {rounds * each} acknowledgements")
        beside, lines = await _in_the_middle(bench, 5.0 if quick else 20.0)
    ours = [percentile(a, 0.5) for a, _ in alone]
    theirs = [percentile(b, 0.5) for _, b in alone]
    return Measured(
        ratios=[
            Ratio(
                name="seconds to an acknowledgement, p50: ours (durable) against stock (not)",
                values=[a / b for a, b in zip(ours, theirs, strict=True)],
                wanted=OF_STOCK,
                at_least=False,
            ),
            _at_most("beside a storm and 50 hosts: seconds, p99", percentile(beside, 0.99), P99),
            _at_most("beside a storm and 50 hosts: seconds, slowest", max(beside), NEVER),
        ],
        lines=[
            _line("alone, ours", [s for a, _ in alone for s in a]),
            _line("alone, stock", [s for _, b in alone for s in b]),
            *lines,
        ],
    )


async def _in_turn(
    bench: Bench, stock: str, first: int, times: int
) -> tuple[list[float], list[float]]:
    ours, theirs = list[float](), list[float]()
    for n in range(first, first + times):
        ours.append(await bench.note(n))
        theirs.append(await bench.note(n, stock))
    return ours, theirs


async def _in_the_middle(bench: Bench, seconds: float) -> tuple[list[float], list[str]]:
    """Approve a change of fifty hosts, let it storm, and type all the while."""
    card = await _asked(bench)
    before, taken = notes_in(bench.bot.folder), list[float]()
    with storming(bench.bot.address, _TOKEN, seconds, _CPUS[-1]) as storm:
        heard = await bench.team.press("U2", bench.room, card, "Approve")
        if heard.status != 200:
            raise RuntimeError(f"the approval was answered with {heard.status}")
        while storm.poll() is None:
            taken.append(await bench.note(1_000_000 + len(taken)))
            await asyncio.sleep(_PAUSE)
        assert storm.stdout is not None
        answered = storm.stdout.read().strip()
    if notes_in(bench.bot.folder) != before + len(taken):
        raise RuntimeError(
            f"{notes_in(bench.bot.folder) - before} notes for {len(taken)} acknowledgements"
        )
    commands = await until(lambda: _commands(bench), seconds=120)
    return taken, [
        _line("in the middle", taken),
        f"meanwhile: alerts {answered}, {commands} commands on {HOSTS} hosts",
    ]


async def _asked(bench: Bench) -> Posted:
    heard = await bench.team.slash("U1", bench.room, "/runbook run restart host=web-1")
    if "has started" not in words(heard.said["blocks"]):
        raise RuntimeError(heard.text)
    return await _message(bench.room, "Approve")


async def _commands(bench: Bench) -> int:
    """Return how many commands ended well once all have."""
    with closing(sqlite3.connect(bench.bot.folder / "data" / "journal.sqlite3")) as journal:
        query = "SELECT count(*) FROM records WHERE type = 'StepFinished'"
        done = int(journal.execute(query).fetchone()[0])
    return done if done >= 2 * HOSTS else 0


async def _message(room: Channel, label: str) -> Posted:
    async def found() -> Posted | None:
        return next((m for m in room.seen() if label in words(m.blocks)), None)

    return await until(found, seconds=60)


@asynccontextmanager
async def _bench(folder: Path, team: Slack, sshd: Sshd) -> AsyncIterator[Bench]:
    for user, name in (("U1", "ann"), ("U2", "bob")):
        team.of.add_user(user, name)
    for channel in ("announcements", "stakeholders", "ops"):
        team.of.add_channel(channel)
    team.of.now = time.time()
    settings = {
        "FIREWARDEN_ALERT_TOKEN": _TOKEN,
        "FIREWARDEN_LOG_LEVEL": "error",
        "FIREWARDEN_POLICY": str(folder / "policy.yaml"),
        "FIREWARDEN_RUNBOOKS": str(folder / "runbooks"),
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": f"{team.base}api/",
    }
    os.sched_setaffinity(0, {_CPUS[-1]})
    _write(folder, sshd)
    async with aiohttp.ClientSession() as session, _ours(session, folder, settings) as bot:
        team.bot_url = f"http://{bot.address}/slack/events"
        await team.slash("U1", team.of.named("ops"), "/incident declare sev3 checkout is down")
        yield Bench(team=team, bot=bot, room=await until(lambda: _room(team)), session=session)


async def _room(team: Slack) -> Channel | None:
    rooms = (c for c in team.of.channels.values() if c.name.startswith("inc-"))
    return next((c for c in rooms if c.pins), None)


@asynccontextmanager
async def _ours(
    session: aiohttp.ClientSession, folder: Path, settings: Mapping[str, str]
) -> AsyncIterator[Process]:
    """Serve as `firewarden serve` does, but for the fifty hosts' two logins being one account."""
    bot = Process(folder=folder, port=free_port(), session=session, settings=settings)
    try:
        await bot.start([sys.executable, "-m", "tests.bench.slack_ours", f"{_CPUS[0]}"])
        yield bot
    finally:
        await bot.kill()


def _write(folder: Path, sshd: Sshd) -> None:
    host = sshd.host
    policy = _POLICY.format(
        user=host.change_user, observe=host.observe_key_file, change=host.change_key_file
    )
    policy += "".join(
        _HOST.format(n=n, port=host.port, key=host.host_key) for n in range(1, HOSTS + 1)
    )
    (folder / "runbooks").mkdir()
    (folder / "runbooks" / "restart.yaml").write_text(_RUNBOOK)
    (folder / "policy.yaml").write_text(policy)


@contextmanager
def _stock(team: Slack) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.bench.slack_stock", f"{team.base}api/"]
    with subprocess.Popen(
        [*command, f"{_CPUS[0]}"], cwd=_ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().partition("http://")[2].strip()
        finally:
            process.terminate()


def _line(what: str, seconds: list[float]) -> str:
    p50, p99 = percentile(seconds, 0.5), percentile(seconds, 0.99)
    return (
        f"{what}: {len(seconds)} acknowledgements, p50 {1000 * p50:.1f} ms, p99 {1000 * p99:.1f} ms"
    )


def _at_most(name: str, value: float, wanted: float) -> Ratio:
    return Ratio(name=name, values=[value], wanted=wanted, at_least=False)
