"""Hosts in memory: `CommandExecutor` with receipts, whose programs and faults a test writes."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from bot.errors import OutcomeUnknown, Refused, Unavailable
from bot.ports import Attempt, Check, CommandResult, Output, Receipt, ReceiptState
from bot.values import Host, RemoteCommand

Answer: TypeAlias = "int | str | tuple[int | None, str]"
"""What a program gives: an exit status, an output (of status 0), or both."""

Program: TypeAlias = Callable[[str, tuple[str, ...]], Answer]
"""(host, argv) -> what it gives."""

BOOT = "boot-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One state-changing command that a host really began."""

    host: str
    argv: tuple[str, ...]
    key: str


@dataclass(slots=True, kw_only=True)
class Faults:
    """What goes wrong next. Each list is used up from its front; empty = all is well.

    `before` are raised before anything begins, `after` once the command has taken effect, so that
    its caller does not hear of it.
    """

    before: list[Exception] = field(default_factory=list)
    after: list[Exception] = field(default_factory=list)
    asking: list[Exception] = field(default_factory=list)


class MemoryHosts:
    """Every host runs `program`; a change leaves a receipt and is begun once per attempt.

    `changes` is the ledger of the hosts themselves: what began, in its order. `held` holds
    changes back until it is set, as a slow command does.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._receipts: dict[tuple[str, str], tuple[str, CommandResult]] = {}
        self.changes: list[Change] = []
        self.reads: list[tuple[str, tuple[str, ...]]] = []
        self.stopped: list[str] = []
        self.faults = Faults()
        self.unfit: dict[str, Check] = {}
        self.tried: list[tuple[str, tuple[tuple[str, ...], ...], bool]] = []
        self.held: asyncio.Event | None = None
        self.died = False
        """Whether the command that is held ends by a signal."""

    async def boot_id(self, host: Host) -> str:
        del host
        return BOOT

    async def preflight(
        self, host: Host, sudo: Sequence[Sequence[str]] = (), *, changes: bool = True
    ) -> Sequence[Check]:
        self.tried.append((host.name, tuple(tuple(argv) for argv in sudo), changes))
        first = Check(name="reachable, host key, observe login", passed=True)
        unfit = self.unfit.get(host.name)
        return (first, unfit) if unfit is not None else (first,)

    async def run(
        self, host: Host, command: RemoteCommand, attempt: Attempt, boot_id: str = ""
    ) -> CommandResult:
        if self.faults.before:
            raise self.faults.before.pop(0)
        if not command.changes:
            self.reads.append((host.name, command.argv))
            return _result(self._program(host.name, command.argv))
        if boot_id not in {"", BOOT}:
            raise Refused("the host was restarted")
        key = (host.name, attempt.key)
        if key in self._receipts:
            raise OutcomeUnknown("the attempt began before")
        self.changes.append(Change(host=host.name, argv=command.argv, key=attempt.key))
        result = _result(self._program(host.name, command.argv))
        self._receipts[key] = (attempt.digest, result)
        if self.held is not None:
            await self.held.wait()
        if self.died:
            result = replace(result, exit_status=None, signal="KILL")
            self._receipts[key] = (attempt.digest, result)
        if self.faults.after:
            raise self.faults.after.pop(0)
        return result

    async def stop(self, host: Host, attempt: Attempt) -> None:
        self.stopped.append(f"{host.name} {attempt.key}")

    async def inquire(self, host: Host, attempt: Attempt, boot_id: str) -> Receipt:
        if self.faults.asking:
            raise self.faults.asking.pop(0)
        found = self._receipts.get((host.name, attempt.key))
        if found is None:
            same = boot_id == BOOT
            absent = ReceiptState.ABSENT_SAME_BOOT if same else ReceiptState.ABSENT_OTHER_BOOT
            return Receipt(state=absent)
        digest, result = found
        if digest != attempt.digest:
            return Receipt(state=ReceiptState.MISMATCH)
        return Receipt(
            state=ReceiptState.FINISHED,
            exit_status=result.exit_status,
            stdout=result.stdout,
            stderr=result.stderr,
        )

    async def close(self) -> None:
        return


def unreachable() -> Unavailable:
    """Return the error of a host that cannot be reached: surely nothing began."""
    return Unavailable("no route to host")


def lost() -> OutcomeUnknown:
    """Return the error of a link that was lost while a command ran."""
    return OutcomeUnknown("the link was lost")


def _result(answer: Answer) -> CommandResult:
    status: int | None = 0
    text = ""
    if isinstance(answer, int):
        status = answer
    elif isinstance(answer, str):
        text = answer
    else:
        status, text = answer
    nothing = Output(text="", size=0, truncated=False)
    output = Output(text=text, size=len(text.encode()), truncated=False)
    return CommandResult(exit_status=status, stdout=output, stderr=nothing, seconds=0.0)
