"""Durable ingest: bodies of three alerts over 64 connections, against three other ways to do it.

Servers run on one CPU, `wrk` on another. Every round measures each side once, on a fresh folder;
rows are counted afterwards, and a round whose rows do not add up is an error, not a figure.
"""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import IO

from pydantic import BaseModel

from tests.bench.cpu import used_by
from tests.bench.figures import Measured, Ratio

CONNECTIONS = 64
ALERTS_A_BODY = 3
DISTINCT, HOT = 2000, 1
"""Groups that the bodies are spread over."""

OURS, INTAKE, REFERENCE = "serve", "intake", "reference"
ONE_BY_ONE, PER_ROW, PER_ROW_WAL = "one-by-one", "per-row", "per-row-wal"
SIDES = (REFERENCE, OURS, INTAKE, ONE_BY_ONE, PER_ROW, PER_ROW_WAL)
WANTED = {REFERENCE: 0.4, ONE_BY_ONE: 2.0, PER_ROW: 20.0}
"""Requests a second of ours against these. Row by row is sqlite-utils as it comes, in SQLite's
rollback journal; in our journal mode it is told without a bound."""
ATTACHED_WITHIN = 5.0
"""Seconds after the last body in which every alert belongs to an incident."""

_LOOK, _AT_REST = 0.5, 0.1
"""Seconds between two looks at a server that has started, and the share of a CPU that is rest."""

_ROUNDS = 3 * (SIDES,) + 4 * ((REFERENCE, OURS),)
"""Who is measured in each round. What a machine that others share gives a process changes from
second to second; the two that are closest need more rounds for a median that says something."""

_ROOT = Path(__file__).parents[2]
_LUA = Path(__file__).with_name("alerts.lua")


class Load(BaseModel):
    """What `alerts.lua` reports of one run; latencies in microseconds."""

    answered: int
    refused: int
    broken: int
    microseconds: int
    p50: int
    p99: int
    attached: float = 0.0
    """Seconds from the last body until every alert belonged to an incident; ours alone."""

    @property
    def per_second(self) -> float:
        """Requests answered in a second."""
        return self.answered * 1e6 / self.microseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A side that runs: where it listens and where it stores."""

    address: str
    folder: Path
    side: str


def measure(quick: bool) -> Measured:  # noqa: FBT001 - one switch for every benchmark
    """Compare on 2,000 distinct groups, then on one hot group."""
    ratios: list[Ratio] = []
    lines: list[str] = []
    for groups in (DISTINCT, HOT):
        rounds = [
            {side: _measured(side, groups, 1 if quick else 4) for side in sides}
            for sides in (_ROUNDS[:1] if quick else _ROUNDS)
        ]
        ratios.append(
            Ratio(
                name=f"{groups:,} group{'s'[: groups - 1]}: seconds until all alerts are attached",
                values=[loads[OURS].attached for loads in rounds],
                wanted=ATTACHED_WITHIN,
                at_least=False,
            )
        )
        ratios += _ratios(f"{groups:,} group{'s'[: groups - 1]}", rounds)
        lines += [
            _line(groups, side, [loads[side] for loads in rounds if side in loads])
            for side in SIDES
        ]
        lines.append(_in_wal(groups, rounds))
    return Measured(ratios=ratios, lines=lines)


def _ratios(what: str, rounds: Sequence[Mapping[str, Load]]) -> Iterator[Ratio]:
    for other, wanted in WANTED.items():
        yield Ratio(
            name=f"{what}: ours against {other}",
            values=_times(rounds, other),
            wanted=wanted,
        )


def _in_wal(groups: int, rounds: Sequence[Mapping[str, Load]]) -> str:
    times = median(_times(rounds, PER_ROW_WAL))
    return f"{groups:>5,} groups ours against {PER_ROW_WAL}: {times:.3g}"


def _times(rounds: Sequence[Mapping[str, Load]], other: str) -> list[float]:
    return [loads[OURS].per_second / loads[other].per_second for loads in rounds if other in loads]


def _line(groups: int, side: str, loads: Sequence[Load]) -> str:
    return (
        f"{groups:>5,} groups {side:<11}"
        f" {median(load.per_second for load in loads):7,.0f} requests/s"
        f"  p50 {median(load.p50 for load in loads) / 1000:6.1f} ms"
        f"  p99 {median(load.p99 for load in loads) / 1000:6.1f} ms"
    )


def _measured(side: str, groups: int, seconds: int) -> Load:
    with _serving(side) as server:
        warm_up = _load(server, "warm-up", groups, 1)
        # Row by row, 64 connections wait a second for each other: fewer seconds answer nobody.
        longer = max(seconds, 4) if side in {PER_ROW, PER_ROW_WAL} else seconds
        load = _load(server, "measured", groups, longer)
        if side != REFERENCE:
            _count(server, warm_up.answered + load.answered)
        attached = _attached_after(server) if side == OURS else 0.0
    return load.model_copy(update={"attached": attached})


@contextmanager
def _serving(side: str) -> Iterator[Server]:
    """Run a side on the first CPU; killed in the end, and its folder with it."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.bench.servers", side, folder, str(_cpus()[0])]
        process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            server = Server(address=_address(process.stdout), folder=Path(folder), side=side)
            _settled(process.pid)
            yield server
        finally:
            process.terminate()
            process.communicate()


def _settled(pid: int) -> None:
    """Wait until the start is over: what a start costs is a benchmark of its own."""
    end, before = time.monotonic() + 15, -1.0
    while time.monotonic() < end:
        used = used_by([pid])
        if used - before < _AT_REST * _LOOK:
            return
        before = used
        time.sleep(_LOOK)
    raise RuntimeError("the server did not come to rest")


def _address(output: IO[str]) -> str:
    for line in output:
        _, ready, address = line.partition("ready:")
        if ready:
            return address.strip().removeprefix("http://")
    raise RuntimeError("the server ended before it was ready")


def _load(server: Server, run: str, groups: int, seconds: int) -> Load:
    """Let `wrk` send on the last CPU; its report is one line of JSON."""
    url = f"http://{server.address}/alerts/alertmanager"
    command = [
        *("taskset", "--cpu-list", str(_cpus()[-1])),
        *("wrk", "--threads", "1", "--connections", str(CONNECTIONS)),
        *("--duration", f"{seconds}s", "--timeout", "30s", "--script", str(_LUA), url),
        *("--", run, str(groups)),
    ]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    load = Load.model_validate_json(output.strip().splitlines()[-1])
    if load.refused or load.broken:
        raise RuntimeError(f"{server.side}: {load.refused} refused and {load.broken} broken")
    return load


def _count(server: Server, answered: int) -> None:
    """Compare rows with answers; each run may have left one body a connection unanswered."""
    with closing(sqlite3.connect(server.folder / "journal.sqlite3")) as connection:
        (rows,) = connection.execute("SELECT count(*) FROM alerts").fetchone()
    most = (answered + 2 * CONNECTIONS) * ALERTS_A_BODY
    if not answered * ALERTS_A_BODY <= rows <= most:
        raise RuntimeError(f"{server.side}: {rows} rows for {answered} answered bodies")


def _attached_after(server: Server) -> float:
    """Wait until no alert is unread; at most ten times as long as is wanted."""
    start = time.perf_counter()
    query = "SELECT count(*) FROM alerts WHERE unread = 1"
    with closing(sqlite3.connect(server.folder / "journal.sqlite3")) as connection:
        while (unread := connection.execute(query).fetchone()[0]) > 0:
            seconds = time.perf_counter() - start
            if seconds > 10 * ATTACHED_WITHIN:
                raise RuntimeError(f"{unread} alerts have no incident after {seconds:.0f} s")
            time.sleep(0.05)
    return time.perf_counter() - start


def _cpus() -> Sequence[int]:
    return sorted(os.sched_getaffinity(0))
