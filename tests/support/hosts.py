"""A host in memory with one disk that fills: enough for the runbook disk-full, changes counted."""

from collections.abc import Sequence

from bot.ports import Attempt, Check, CommandResult, Output, Receipt, ReceiptState
from bot.values import Host, RemoteCommand

FULL, FREED = 92, 48
"""How full the disk is before and after the clean-up, in percent."""


class DiskHost:
    """`CommandExecutor` over one simulated disk; each attempt at a change happens once.

    `helps` False = the clean-up frees nothing. `changes` is every change that ran, in order.
    """

    def __init__(self, *, helps: bool = True) -> None:
        self.used = FULL
        self.changes: list[str] = []
        self._helps = helps
        self._attempts: dict[str, CommandResult] = {}

    async def boot_id(self, host: Host) -> str:
        return "boot-1"

    async def preflight(
        self, host: Host, sudo: Sequence[Sequence[str]] = (), *, changes: bool = True
    ) -> Sequence[Check]:
        return (Check(name="reachable", passed=True),)

    async def run(
        self, host: Host, command: RemoteCommand, attempt: Attempt, boot_id: str = ""
    ) -> CommandResult:
        if not command.changes:
            return _said(self._read(command.argv))
        if attempt.key not in self._attempts:
            self.changes.append(" ".join(command.argv))
            self.used = FREED if self._helps else self.used
            self._attempts[attempt.key] = _said("done\n")
        return self._attempts[attempt.key]

    async def stop(self, host: Host, attempt: Attempt) -> None:
        return

    async def inquire(self, host: Host, attempt: Attempt, boot_id: str) -> Receipt:
        done = self._attempts.get(attempt.key)
        if done is None:
            return Receipt(state=ReceiptState.ABSENT_SAME_BOOT)
        return Receipt(
            state=ReceiptState.FINISHED,
            exit_status=done.exit_status,
            stdout=done.stdout,
            stderr=done.stderr,
        )

    async def close(self) -> None:
        return

    def _read(self, argv: tuple[str, ...]) -> str:
        match argv[0]:
            case "df":
                header = "Filesystem 1024-blocks Used Available Capacity Mounted on"
                return f"{header}\n/dev/vdb1 65536 60096 5440 {self.used}% /scratch\n"
            case "du":
                return "28928\t/scratch/journal\n60528\t/scratch\n"
            case "journalctl":
                return "Archived and active journals take up 28.2M in the file system.\n"
            case _:
                return ""


def _said(text: str) -> CommandResult:
    nothing = Output(text="", size=0, truncated=False)
    spoken = Output(text=text, size=len(text), truncated=False)
    return CommandResult(exit_status=0, stdout=spoken, stderr=nothing, seconds=0.1)
