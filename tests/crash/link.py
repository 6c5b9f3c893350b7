"""The executor of the many lives: the hosts' own small protocol in place of SSH."""

import asyncio
import json
from collections.abc import Sequence

from bot.errors import OutcomeUnknown, Refused, Unavailable
from bot.ports import Attempt, Check, CommandResult, Output, Receipt, ReceiptState
from bot.values import Host, RemoteCommand
from tests.crash.hosts import BOOT, Asked, Said


class LinkExecutor:
    """`CommandExecutor` over one socket; it means what the SSH executor's receipts mean."""

    def __init__(self, socket: str) -> None:
        self._socket = socket

    async def boot_id(self, host: Host) -> str:
        return BOOT

    async def preflight(
        self, host: Host, sudo: Sequence[Sequence[str]] = (), *, changes: bool = True
    ) -> Sequence[Check]:
        return (Check(name="reachable", passed=True),)

    async def run(
        self, host: Host, command: RemoteCommand, attempt: Attempt, boot_id: str = ""
    ) -> CommandResult:
        said = await self._ask("run", host, attempt, command)
        match said["state"]:
            case ReceiptState.FINISHED:
                killed = said["exit_status"] is None
                return CommandResult(
                    exit_status=said["exit_status"],
                    signal="TERM" if killed else "",
                    stdout=_output(said["stdout"]),
                    stderr=_output(""),
                    seconds=0.0,
                )
            case ReceiptState.MISMATCH:
                raise Refused("another command has this receipt")
            case state:
                raise OutcomeUnknown(f"the attempt began before: {state}")

    async def stop(self, host: Host, attempt: Attempt) -> None:
        await self._ask("stop", host, attempt)

    async def inquire(self, host: Host, attempt: Attempt, boot_id: str) -> Receipt:
        said = await self._ask("inquire", host, attempt)
        state = ReceiptState(said["state"])
        if state is ReceiptState.ABSENT_SAME_BOOT and boot_id != BOOT:
            state = ReceiptState.ABSENT_OTHER_BOOT
        return Receipt(
            state=state,
            exit_status=said.get("exit_status"),
            stdout=_output(said.get("stdout", "")),
            stderr=_output(""),
        )

    async def close(self) -> None:
        return

    async def _ask(
        self, do: str, host: Host, attempt: Attempt, command: RemoteCommand | None = None
    ) -> Said:
        asked: Asked = {
            "do": do,
            "host": host.name,
            "key": attempt.key,
            "digest": attempt.digest,
            "argv": list(command.argv) if command else [],
            "changes": bool(command and command.changes),
        }
        try:
            reader, writer = await asyncio.open_unix_connection(self._socket)
        except OSError as error:
            raise Unavailable(f"{host.name} cannot be reached") from error
        try:
            writer.write(json.dumps(asked).encode() + b"\n")
            line = await reader.readline()
        finally:
            writer.close()
        if not line.endswith(b"\n"):
            raise OutcomeUnknown(f"{host.name}: the link was lost")
        said: Said = json.loads(line)
        return said


def _output(text: str) -> Output:
    return Output(text=text, size=len(text), truncated=False)
