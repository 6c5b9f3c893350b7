"""One life of the bot on a grown journal, watched from outside: when it is ready, what it costs."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from tests.scale.growing import POLICY
from tests.support.ports import free_port
from tests.support.process import Process, team_process


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A bot that has just become ready: seconds of the wall, and of the processor, until then."""

    process: Process
    ready: float
    worked: float


@asynccontextmanager
async def life(folder: Path) -> AsyncIterator[Life]:
    """Live on `folder`/data with the policy of what was grown."""
    policy = folder / "policy.yaml"
    policy.write_text(POLICY)
    began = perf_counter()
    async with team_process(folder, free_port(), policy) as p:
        yield Life(process=p, ready=perf_counter() - began, worked=processor(p))


def processor(p: Process) -> float:
    """Return the seconds that the bot's own process has computed since its start."""
    assert p.life is not None
    fields = Path(f"/proc/{p.life.pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
