"""Scale of one process: a long history, runs that wait, and storms while people click."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.figures import Measured, Ratio
from tests.scale.growing import History, grown, just_declared, long, waiting_run
from tests.scale.lives import life, processor
from tests.scale.storm import Left, Seen, Storm, left, percentile, ride_out, settled
from tests.support.ports import free_port
from tests.support.process import process

READY = 2.0
"""Seconds from nothing to `/readyz` 200, with 100,000 events and 10,000 open effects."""

IDLE = 0.01
"""Share of a processor, with 10,000 runs that wait."""

CLICK = 0.25
"""Seconds in which 99 of 100 clicks in a storm's own incident are answered."""

MEGABYTES = 200.0
ROOMS = 11

_WATCHED = 65.0
"""Seconds: the housekeeping of a minute is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ridden:
    seen: Seen
    found: Left
    after: float


def measure(quick: bool) -> Measured:  # noqa: FBT001 - one switch for every benchmark
    """Measure once each: the bounds are absolute, and each takes a minute."""
    return asyncio.run(_measure(quick=quick))


async def _measure(*, quick: bool) -> Measured:
    part = 10 if quick else 1
    ratios: list[Ratio] = []
    lines: list[str] = []
    await _start(part, ratios, lines)
    await _waiting(part, ratios, lines)
    for groups in (1, 1_000):
        await _storm(Storm(alerts=10_000 // part, groups=groups, seconds=10 / part), ratios, lines)
    return Measured(ratios=ratios, lines=lines)


async def _start(part: int, ratios: list[Ratio], lines: list[str]) -> None:
    histories = [
        (await waiting_run(), 2_000 // part),
        (await just_declared(), 1_000 // part),
        (await long(50), 1_500 // part),
    ]
    effects = sum(len(history.effects) * times for history, times in histories)
    with TemporaryDirectory() as folder:
        events = await grown(Path(folder) / "data", histories)
        readies, works = [], []
        for _ in range(3):
            async with life(Path(folder)) as ready:
                readies.append(ready.ready)
                works.append(ready.worked)
    ratios.append(_at_most("seconds until ready again", readies, READY))
    lines.append(
        f"ready again: {events:,} events, {effects:,} open effects at first;"
        f" {min(works):.2f} to {max(works):.2f} s of processor"
    )


async def _waiting(part: int, ratios: list[Ratio], lines: list[str]) -> None:
    runs = 10_000 // part
    histories: Sequence[tuple[History, int]] = [(await waiting_run(), runs)]
    with TemporaryDirectory() as folder:
        events = await grown(Path(folder) / "data", histories)
        async with life(Path(folder)) as idle:
            await asyncio.sleep(2)
            before = processor(idle.process)
            await asyncio.sleep(_WATCHED / part)
            share = (processor(idle.process) - before) * part / _WATCHED
    ratios.append(_at_most("share of a processor while runs wait", [share], IDLE))
    lines.append(f"waiting: {runs:,} runs, {events:,} events")


async def _storm(storm: Storm, ratios: list[Ratio], lines: list[str]) -> None:
    ridden = await _ridden(storm)
    seen, found = ridden.seen, ridden.found
    what = f"storm of {storm.alerts:,} in {storm.groups:,} group{'s'[: storm.groups - 1]}"
    lost = storm.distinct - found.alerts + max(storm.alerts - found.received, 0) + found.unread
    p99 = percentile(seen.clicks, 0.99)
    ratios += [
        _at_most(f"{what}: alerts lost", [float(lost)], 0),
        _at_most(f"{what}: clicks lost", [float(len(seen.clicks) - found.notes)], 0),
        _at_most(f"{what}: clicks that were not recorded, and told so", [seen.unrecorded], 0),
        _at_most(f"{what}: seconds until a click is answered, p99", [p99], CLICK),
        _at_most(f"{what}: megabytes at most", [found.peak], MEGABYTES),
        _at_most(f"{what}: rooms", [float(found.rooms)], ROOMS),
    ]
    lines.append(
        f"{what}: sent in {seen.sent:.1f} s, attached {ridden.after:.1f} s later; answers"
        f" {dict(seen.statuses)}; {len(seen.clicks)} clicks, p50"
        f" {percentile(seen.clicks, 0.5) * 1000:.0f} ms; messages {dict(found.messages)}"
    )


async def _ridden(storm: Storm) -> _Ridden:
    with TemporaryDirectory() as folder:
        async with process(Path(folder), free_port()) as p:
            await p.start()
            seen = await ride_out(p, storm, await p.seat("commander"))
            after = await settled(p)
            return _Ridden(seen=seen, found=left(p), after=after)


def _at_most(name: str, values: Sequence[float], wanted: float) -> Ratio:
    return Ratio(name=name, values=values, wanted=wanted, at_least=False)
