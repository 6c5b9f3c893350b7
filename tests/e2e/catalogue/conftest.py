"""Three practice hosts for a whole file of tests, made to suffer anew by every test."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.practice import machine
from bot.adapters.practice.host import PracticeHost, start_practice_host
from bot.adapters.practice.scenarios import Scenario
from bot.adapters.ssh.executor import ParamikoExecutor
from bot.redaction import Redactor
from runbooks.steps import Proposal
from tests.e2e.catalogue.walk import Answers, Ground, Service, Walked
from tests.support.waiting import eventually


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One practice host: its files, and what it began by its own account."""

    practice: PracticeHost

    @property
    def root(self) -> Path:
        return self.practice.scratch / "root"

    def write(self, path: str, text: str) -> None:
        """Put a file onto the host, as the host's own."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        owner = self.practice.scratch.stat()
        os.chown(file, owner.st_uid, owner.st_gid)

    def append(self, path: str, text: str) -> None:
        file = self.root / path
        self.write(path, (file.read_text() if file.exists() else "") + text)

    def read(self, path: str) -> str:
        return (self.root / path).read_text()

    def state(self, unit: str) -> str:
        """Return what a unit is now, "" where it never ran."""
        file = self.root / "run" / "units" / unit
        return file.read_text().splitlines()[0] if file.exists() else ""

    def pid(self, unit: str) -> int:
        told = self.read(f"run/units/{unit}").splitlines()
        return int(next(line for line in told if line.startswith("pid=")).removeprefix("pid="))

    def link(self, path: str) -> str:
        return str((self.root / path).readlink())

    def began(self) -> list[str]:
        """Return the changes that the host began, by its own account."""
        return [line.split(" ", 1)[1] for line in self.practice.ledger()]

    def relink(self, path: str, target: str) -> None:
        link = self.root / path
        link.unlink()
        link.symlink_to(target)

    def files(self) -> dict[str, int]:
        """Return every file with its time: equal where nothing was changed."""
        return {str(p): p.lstat().st_mtime_ns for p in self.root.rglob("*")}

    async def unsettled(self) -> int:
        """Return how many changes the host has begun and not ended."""
        receipts = self.practice.scratch / "receipts"
        return sum(_unsettled(receipt / "status") for receipt in receipts.iterdir())

    def remove(self, path: str) -> None:
        shutil.rmtree(self.root / path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The hosts, and a walk over them."""

    web: Place
    """`web-1` with the service, the database, `kubectl` and the agent."""
    other: Place
    """`web-2`, with the service alone."""
    ground: Ground

    async def suffer(self, scenario: Scenario) -> None:
        await self.web.practice.fill(scenario)

    async def walk(
        self, runbook: str, alert: Mapping[str, str], answers: Answers | None = None
    ) -> Walked:
        return await self.ground.walk(runbook, alert, answers)

    def hasty(self) -> Ground:
        """Return the same ground where no change may take longer than half a second."""
        return replace(self.ground, deadline=timedelta(seconds=0.5))

    def untouched(self) -> bool:
        return self.web.began() == [] and self.other.began() == []


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, Place]]:
    """Start the hosts once per file: a start takes a second, a new scenario a tenth of one."""
    folder = tmp_path_factory.mktemp("catalogue")
    started = [asyncio.run(_start(folder, name)) for name in ("web-1", "web-2")]
    yield Place(practice=started[0]), Place(practice=started[1])
    for practice in started:
        asyncio.run(practice.stop())


@pytest.fixture
async def catalogue(places: tuple[Place, Place]) -> AsyncIterator[Catalogue]:
    web, other = places
    for place in places:
        (place.practice.scratch / "ledger").unlink(missing_ok=True)
    await asyncio.gather(*(place.practice.reset() for place in places))
    executor = ParamikoExecutor(redactor=Redactor())
    service = Service(
        name=machine.SERVICE,
        health_url=web.practice.health_url(machine.SERVICE),
        processes=machine.PROCESSES,
    )
    agent = Service(name=machine.AGENT, health_url="", processes=(machine.AGENT,))
    hosts = [web.practice.host, other.practice.host]
    yield Catalogue(
        web=web,
        other=other,
        ground=Ground(executor=executor, hosts=hosts, services=[service, agent]),
    )
    # A command that was left at its deadline must not reach into the next test.
    for place in places:
        await eventually(place.unsettled, lambda count: count == 0)
    await executor.close()


def lines(proposal: Proposal | None) -> list[str]:
    assert proposal is not None
    return [" ".join(command.argv) for command in proposal.commands if command.changes]


def _unsettled(status: Path) -> bool:
    return not status.exists() or status.read_text().startswith("unwritten")


async def _start(folder: Path, name: str) -> PracticeHost:
    data = folder / name
    data.mkdir(mode=0o700)
    return await start_practice_host(folder / f"{name}-practice", data, name=name)
