"""Hosts with a life of their own: programs, receipts, restarts, and a ledger that only they write.

A host goes on whatever becomes of the bot: what has begun there ends there, unless somebody stops
it or the host is restarted.
"""

import asyncio
from dataclasses import dataclass, field

from bot.ports import Attempt, CommandResult, Output, Receipt, ReceiptState
from bot.values import RemoteCommand

NOTHING = Output(text="", size=0, truncated=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """One line of a host's ledger: a state-changing command that really began there."""

    host: str
    key: str
    digest: str
    argv: tuple[str, ...]
    at: float
    """Seconds since the simulation began."""


@dataclass(slots=True, kw_only=True)
class Kept:
    """A receipt: what a host keeps of one attempt. `ended` is set once `status` counts."""

    digest: str
    boot: str
    ended: asyncio.Event
    status: int | None = None
    signal: str = ""
    lost: bool = False
    """Whether the host was restarted while it ran."""


@dataclass(slots=True, kw_only=True)
class Machine:
    """One host: one service that is up or down, and how its programs behave."""

    name: str
    up: bool = False
    stuck: bool = False
    """Whether a restart of the service does not help."""
    fails: bool = False
    """Whether the restart itself ends with an error."""
    takes: float = 2.0
    """Seconds that a change takes."""
    boots: int = 1
    receipts: dict[str, Kept] = field(default_factory=dict)

    @property
    def boot(self) -> str:
        """The boot id of now."""
        return f"boot-{self.boots}"

    def restart(self) -> None:
        """Restart the machine: what runs dies, its receipts stay, its service comes up again."""
        self.boots += 1
        for kept in self.receipts.values():
            if not kept.ended.is_set():
                kept.lost = True
                kept.ended.set()

    def read(self, argv: tuple[str, ...]) -> tuple[int, str]:
        """Run a command that changes nothing."""
        if argv[:2] == ("systemctl", "is-active"):
            return (0, "active\n") if self.up else (3, "failed\n")
        return (0, "")

    def change(self, argv: tuple[str, ...]) -> int:
        """Let a state-changing command take effect; returns its exit status."""
        match argv:
            case ("sudo", "systemctl", "restart", _):
                if self.fails:
                    return 1
                self.up = self.up or not self.stuck
            case ("sudo", "systemctl", "stop", _):
                self.up = False
            case _:
                pass
        return 0


class Hosts:
    """Every machine, and the ledger of everything that began on them."""

    def __init__(self, names: tuple[str, ...], loop: asyncio.AbstractEventLoop) -> None:
        self.machines = {name: Machine(name=name) for name in names}
        self.ledger: list[Begun] = []
        self._loop = loop
        self._working: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> bool:
        """Whether a command runs anywhere."""
        return bool(self._working)

    def begin(self, name: str, command: RemoteCommand, attempt: Attempt) -> Kept:
        """Begin a command, or return the receipt of the attempt where it began before."""
        machine = self.machines[name]
        kept = machine.receipts.get(attempt.key)
        if kept is not None:
            return kept
        kept = Kept(digest=attempt.digest, boot=machine.boot, ended=asyncio.Event())
        machine.receipts[attempt.key] = kept
        self.ledger.append(
            Begun(
                host=name,
                key=attempt.key,
                digest=attempt.digest,
                argv=command.argv,
                at=self._loop.time(),
            )
        )
        work = self._loop.create_task(self._work(machine, kept, command.argv))
        self._working.add(work)
        work.add_done_callback(self._working.discard)
        return kept

    def stop(self, name: str, attempt: Attempt) -> None:
        """End an attempt by a signal, where it still runs."""
        kept = self.machines[name].receipts.get(attempt.key)
        if kept is not None and not kept.ended.is_set():
            kept.signal = "KILL"
            kept.ended.set()

    def inquire(self, name: str, attempt: Attempt, boot_id: str) -> Receipt:
        """Say what became of an attempt."""
        machine = self.machines[name]
        kept = machine.receipts.get(attempt.key)
        if kept is None:
            same = boot_id == machine.boot
            absent = ReceiptState.ABSENT_SAME_BOOT if same else ReceiptState.ABSENT_OTHER_BOOT
            return Receipt(state=absent, detail=f"boot id now {machine.boot}")
        if kept.digest != attempt.digest:
            return Receipt(state=ReceiptState.MISMATCH)
        if kept.lost:
            return Receipt(state=ReceiptState.LOST, detail="lost (restarted while it ran)")
        if not kept.ended.is_set():
            return Receipt(state=ReceiptState.RUNNING)
        return Receipt(
            state=ReceiptState.FINISHED,
            exit_status=kept.status,
            detail=f"ended by SIG{kept.signal}" if kept.signal else "",
            stdout=NOTHING,
            stderr=NOTHING,
        )

    async def _work(self, machine: Machine, kept: Kept, argv: tuple[str, ...]) -> None:
        try:
            await asyncio.wait_for(kept.ended.wait(), machine.takes)
        except TimeoutError:
            kept.status = machine.change(argv)
            kept.ended.set()


def result_of(kept: Kept, seconds: float) -> CommandResult:
    """Return what the wrapper reports of an attempt that has ended by itself or by a signal."""
    return CommandResult(
        exit_status=kept.status,
        signal=kept.signal,
        stdout=NOTHING,
        stderr=NOTHING,
        seconds=seconds,
    )


def deadline_of(seconds: float) -> CommandResult:
    """Return what the wrapper reports of an attempt that still runs at its deadline."""
    return CommandResult(
        exit_status=None, deadline=True, stdout=NOTHING, stderr=NOTHING, seconds=seconds
    )
