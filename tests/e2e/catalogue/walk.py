"""Walks a catalogue runbook for real: the planner says what is next, SSH and HTTP do it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count

from bot.adapters.files import read_catalogue
from bot.adapters.probe import HttpProbe
from bot.errors import OutcomeUnknown, Refused, Unavailable
from bot.ports import Attempt, CommandExecutor, CommandResult
from bot.values import Host
from runbooks.inventory import HostEntry, Inventory, ServiceEntry
from runbooks.loader import Runbook, load_all
from runbooks.parameters import bind
from runbooks.planner import next_step
from runbooks.rendering import written
from runbooks.replay import describe, is_terminal
from runbooks.steps import (
    Answer,
    Ask,
    Change,
    CommandOutcome,
    Confirm,
    NextStep,
    Observe,
    OfferUndo,
    PlannedCommand,
    Probe,
    ProbeOutcome,
    Progress,
    Proposal,
    Question,
    Read,
    Reserve,
    Terminal,
    Wait,
)

CATALOGUE = load_all({f"{name}.yaml": text for name, text in read_catalogue(None).items()})

PACE = 400
"""Every wait of a runbook is this much shorter here: a minute is 0.15 s."""

MOST_STEPS = 300

_runs = count()
"""Over all tests: a host that they share keeps the receipts of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service of the inventory: its health address and what its processes are called."""

    name: str
    health_url: str
    processes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What people say on the way, and what happens meanwhile: a step's line -> what is done."""

    approve: tuple[Answer, ...] = ()
    undo: Answer | None = None
    choices: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, Callable[[], object]] = field(default_factory=dict)


YES = Answers(approve=(Answer.YES,))
NO = Answers(approve=(Answer.NO,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """How a walk ended, the changes that it began, and what was asked last."""

    end: Terminal
    changes: tuple[str, ...]
    asked: Proposal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where walks take place."""

    executor: CommandExecutor
    hosts: Sequence[Host]
    services: Sequence[Service]
    deadline: timedelta | None = None
    """Where it is given, no change may take longer."""
    runbooks: Mapping[str, Runbook] = field(default_factory=lambda: CATALOGUE)

    async def walk(
        self, runbook: str, alert: Mapping[str, str], answers: Answers | None = None
    ) -> Walked:
        """Go through a runbook from its alert to its end."""
        walker = _Walker(self, self.runbooks[runbook], alert, answers or Answers(), next(_runs))
        return await walker.walk()

    @property
    def inventory(self) -> Inventory:
        return Inventory(
            hosts={
                host.name: HostEntry(name=host.name, service=host.service, groups=host.groups)
                for host in self.hosts
            },
            services={
                service.name: ServiceEntry(
                    name=service.name,
                    owner="shop",
                    health_url=service.health_url,
                    processes=service.processes,
                )
                for service in self.services
            },
        )


class _Walker:
    def __init__(
        self,
        ground: Ground,
        runbook: Runbook,
        alert: Mapping[str, str],
        answers: Answers,
        run: int,
    ) -> None:
        self._ground = ground
        self._runbook = runbook
        self._inventory = ground.inventory
        self._bindings = bind(runbook, {}, alert, self._inventory)
        self._answers = answers
        self._run = run
        self._hosts: Mapping[str, Host] = {host.name: host for host in ground.hosts}
        self._probe = HttpProbe(lambda: frozenset(s.health_url for s in ground.services))
        self._changes: list[str] = []
        self._asked: list[Proposal] = []

    async def walk(self) -> Walked:
        progress = Progress()
        done: set[str] = set()
        for _ in range(MOST_STEPS):
            step = next_step(self._runbook, self._bindings, progress, self._inventory, pace=PACE)
            line = describe(step)
            if line in self._answers.before and line not in done:
                done.add(line)
                await asyncio.to_thread(self._answers.before[line])
            if is_terminal(step):
                asked = self._asked[-1] if self._asked else None
                return Walked(end=step, changes=tuple(self._changes), asked=asked)
            progress = await self._advance(progress, step)
        raise AssertionError(f"the walk did not end within {MOST_STEPS} steps")

    async def _advance(self, progress: Progress, step: NextStep) -> Progress:  # noqa: C901, PLR0911 - one case per step
        match step:
            case Observe(commands=commands):
                return await self._ran(progress, commands)
            case Read(command=command):
                return await self._ran(progress, [command])
            case Change(command=command):
                self._changes.append(f"{command.host}: {written(command.argv)}")
                return await self._ran(progress, [command])
            case Probe(path=path, url=url, timeout=timeout):
                return replace(
                    progress, probes={**progress.probes, path: await self._probed(url, timeout)}
                )
            case Wait(name=name, duration=duration):
                await asyncio.sleep(duration.total_seconds())
                return replace(progress, waited=progress.waited | {name})
            case Reserve():
                return replace(progress, reserved=True)
            case Ask(proposal=proposal):
                answer = self._answers.approve[len(self._asked)]
                self._asked.append(proposal)
                return replace(progress, answers=(*progress.answers, answer))
            case OfferUndo():
                assert self._answers.undo is not None, step.because
                return replace(progress, undo=self._answers.undo)
            case Question(path=path, options=options):
                label = self._answers.choices[path.removeprefix("hypotheses.")]
                [chosen] = [option.id for option in options if option.label == label]
                return replace(progress, choices={**progress.choices, path: chosen})
            case Confirm():
                raise AssertionError("no walk is guided")
            case _:
                raise AssertionError(step)

    async def _ran(self, progress: Progress, commands: Sequence[PlannedCommand]) -> Progress:
        outcomes = await asyncio.gather(*(self._outcome(command) for command in commands))
        keys = [command.key for command in commands]
        return replace(
            progress, outcomes={**progress.outcomes, **dict(zip(keys, outcomes, strict=True))}
        )

    async def _outcome(self, command: PlannedCommand) -> CommandOutcome:
        """Run it as the bot does: a lost link is an outcome without an exit status."""
        remote = command.remote
        if command.changes and self._ground.deadline is not None:
            remote = replace(remote, timeout=min(remote.timeout, self._ground.deadline))
        attempt = Attempt(key=f"ssh:{self._run}.{command.key}.1", digest=written(command.argv))
        try:
            result = await self._ground.executor.run(self._hosts[command.host], remote, attempt)
        except OutcomeUnknown:
            return CommandOutcome(exit_status=None)
        except (Refused, Unavailable) as fault:
            return CommandOutcome(exit_status=255, stderr=str(fault))
        return _outcome(result)

    async def _probed(self, url: str, timeout: timedelta) -> ProbeOutcome:  # noqa: ASYNC109 - a remote deadline
        try:
            result = await self._probe.get(url, timeout)
        except Unavailable as fault:
            return ProbeOutcome(status=None, fault=str(fault))
        return ProbeOutcome(status=result.status, body=result.body)


def _outcome(result: CommandResult) -> CommandOutcome:
    return CommandOutcome(
        exit_status=result.exit_status,
        stdout=result.stdout.text,
        stderr=result.stderr.text,
        truncated=result.stdout.truncated or result.stderr.truncated,
        timed_out=result.deadline,
        signal=result.signal,
    )
