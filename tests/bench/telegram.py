"""From an update to its durable answer, alone and while a thousand alerts a second come in.

`firewarden serve` over a webhook, synchronous=FULL: Telegram gets its 200 once the command of the
update is in the journal. The bot has one CPU, all else the other.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from tests.bench.figures import Measured, Ratio
from tests.bench.stored import notes_in
from tests.bench.storm import storming
from tests.scale.storm import percentile
from tests.support.ports import free_port
from tests.support.process import Process
from tests.support.telegram.server import GROUP, SECRET_HEADER, TOKEN, Telegram, telegram
from tests.support.telegram.world import ANNOUNCEMENTS, STAKEHOLDERS
from tests.support.waiting import until

P99: Final = 0.1
"""Seconds, while a storm runs beside it."""
_ALERT_TOKEN: Final = "bench-token"
_SECRET: Final = "bench-secret"
_PAUSE: Final = 0.02
_FIRST: Final = 10_000_000
_CPUS: Final = sorted(os.sched_getaffinity(0))
"""All that we may use, before this process keeps to the last of them."""

_POLICY = """\
people:
  ann: {name: Ann, accounts: {telegram: "1"}}
  bob: {name: Bob, accounts: {telegram: "2"}}
groups: {responder: [ann], approver: [ann, bob]}
paging: {escalations: {on-call: {group: responder, every: 5m}}}
chat: {platforms: [telegram]}
services:
  checkout: {owner: bench}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A serving bot in a group where Ann writes in an incident's topic."""

    bot: Process
    topic: int
    session: aiohttp.ClientSession

    async def note(self, n: int) -> float:
        """Write a note; returns the seconds until Telegram may forget its update."""
        message = {
            "message_id": _FIRST + n,
            "date": 1,
            "chat": {"id": GROUP, "type": "supergroup", "title": "Operations", "is_forum": True},
            "from": {"id": 1, "is_bot": False, "first_name": "Ann"},
            "message_thread_id": self.topic,
            "is_topic_message": True,
            "text": f"/incident note number {n}",
        }
        url = f"http://{self.bot.address}/telegram/webhook"
        update = {"update_id": _FIRST + n, "message": message}
        began = time.perf_counter()
        async with self.session.post(url, json=update, headers={SECRET_HEADER: _SECRET}) as got:
            answer = await got.text()
        seconds = time.perf_counter() - began
        if got.status != 200:
            raise RuntimeError(f"{got.status}: {answer[:300]}")
        return seconds


def measure(quick: bool) -> Measured:  # noqa: FBT001 - one switch for every benchmark
    """Measure alone, then in the storm."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder), quick=quick))


async def _measure(folder: Path, *, quick: bool) -> Measured:
    async with telegram() as there, _bench(folder, there) as bench:
        alone = [await bench.note(n) for n in range(50 if quick else 500)]
        beside = list[float]()
        with storming(bench.bot.address, _ALERT_TOKEN, 5 if quick else 20, _CPUS[-1]) as storm:
            while storm.poll() is None:
                beside.append(await bench.note(len(alone) + len(beside)))
                await asyncio.sleep(_PAUSE)
            assert storm.stdout is not None
            alerts = storm.stdout.read().strip()
        if notes_in(bench.bot.folder) != len(alone) + len(beside):
            raise RuntimeError(
                f"{notes_in(bench.bot.folder)} notes for {len(alone) + len(beside)} answers"
            )
    return Measured(
        ratios=[
            Ratio(
                name="beside a storm: seconds from update to durable answer, p99",
                values=[percentile(beside, 0.99)],
                wanted=P99,
                at_least=False,
            )
        ],
        lines=[_line("alone", alone), _line("beside a storm", beside), f"alerts {alerts}"],
    )


def _line(what: str, seconds: list[float]) -> str:
    p50, p99, most = percentile(seconds, 0.5), percentile(seconds, 0.99), max(seconds)
    return (
        f"{what}: {len(seconds)} updates, p50 {1000 * p50:.1f} ms, p99 {1000 * p99:.1f} ms,"
        f" slowest {1000 * most:.1f} ms"
    )


@asynccontextmanager
async def _bench(folder: Path, there: Telegram) -> AsyncIterator[Bench]:
    (folder / "policy.yaml").write_text(_POLICY)
    settings = {
        "FIREWARDEN_ALERT_TOKEN": _ALERT_TOKEN,
        "FIREWARDEN_LOG_LEVEL": "error",
        "FIREWARDEN_POLICY": str(folder / "policy.yaml"),
        "TELEGRAM_API_URL": there.base,
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_GROUP": f"{GROUP}",
        "TELEGRAM_CHANNELS": f"announcements={ANNOUNCEMENTS},stakeholders={STAKEHOLDERS}",
        "TELEGRAM_WEBHOOK_URL": "https://bot.example.org/telegram/webhook",
        "TELEGRAM_WEBHOOK_SECRET": _SECRET,
    }
    os.sched_setaffinity(0, {_CPUS[-1]})
    async with aiohttp.ClientSession() as session:
        bot = Process(folder=folder, port=free_port(), session=session, settings=settings)
        there.reach = f"http://{bot.address}/telegram/webhook"
        command = ("taskset", "--cpu-list", f"{_CPUS[0]}", sys.executable, "-m", "bot", "serve")
        try:
            await bot.start(command)
            there.type(1, "/incident declare sev3 checkout is down")
            topic = await until(lambda: _topic(there))
            yield Bench(bot=bot, topic=topic, session=session)
        finally:
            await bot.kill()


async def _topic(there: Telegram) -> int:
    """Return the incident's topic once its card is in it."""
    return next((m.thread for m in there.posted if m.thread and m.pinned), 0)
