"""One life's way to the hosts: links that are lost before and after a command has begun."""

import asyncio
from collections.abc import Sequence

from bot.errors import OutcomeUnknown, Refused
from bot.ports import Attempt, Check, CommandResult, Output, Receipt
from bot.values import Host, RemoteCommand
from tests.simulation.hosts import NOTHING, Hosts, deadline_of, result_of
from tests.simulation.outside import Calls, lost_reply
from tests.simulation.trouble import AT_HOST, Fault

_SLOWEST = 0.1
"""Seconds of the slowest ordinary answer of a host."""

_LINK_GIVES_UP = 90.0
"""Seconds after which a link that hangs is taken for lost."""


class SimulatedExecutor:
    """`CommandExecutor` over the fleet in memory, with the receipts of the real wrapper."""

    def __init__(self, hosts: Hosts, calls: Calls) -> None:
        self._hosts = hosts
        self._calls = calls

    async def boot_id(self, host: Host) -> str:
        async def ask() -> str:
            return self._hosts.machines[host.name].boot

        boot, fault = await self._calls.make("boot id", AT_HOST, ask(), _SLOWEST)
        await self._befall(fault, host)
        return boot

    async def preflight(
        self, host: Host, sudo: Sequence[Sequence[str]] = (), *, changes: bool = True
    ) -> Sequence[Check]:
        del sudo, changes
        name = "reachable, host key, observe login"
        try:
            await self.boot_id(host)
        except Exception as fault:  # noqa: BLE001 - what a host does is a row of the table
            return (Check(name=name, passed=False, detail=str(fault)),)
        return (Check(name=name, passed=True),)

    async def run(
        self, host: Host, command: RemoteCommand, attempt: Attempt, boot_id: str = ""
    ) -> CommandResult:
        if command.changes:
            return await self._run_once(host, command, attempt, boot_id)
        return await self._read(host, command)

    async def stop(self, host: Host, attempt: Attempt) -> None:
        async def end() -> None:
            self._hosts.stop(host.name, attempt)

        _, fault = await self._calls.make("stop", AT_HOST, end(), _SLOWEST)
        await self._befall(fault, host)

    async def inquire(self, host: Host, attempt: Attempt, boot_id: str) -> Receipt:
        async def ask() -> Receipt:
            return self._hosts.inquire(host.name, attempt, boot_id)

        receipt, fault = await self._calls.make("inquire", AT_HOST, ask(), _SLOWEST)
        await self._befall(fault, host)
        return receipt

    async def close(self) -> None:
        return

    async def _read(self, host: Host, command: RemoteCommand) -> CommandResult:
        async def look() -> tuple[int, str]:
            return self._hosts.machines[host.name].read(command.argv)

        (status, text), fault = await self._calls.make("read", AT_HOST, look(), _SLOWEST)
        await self._befall(fault, host)
        output = Output(text=text, size=len(text), truncated=False)
        return CommandResult(exit_status=status, stdout=output, stderr=NOTHING, seconds=0.1)

    async def _run_once(
        self, host: Host, command: RemoteCommand, attempt: Attempt, boot_id: str
    ) -> CommandResult:
        async def begin() -> float:
            machine = self._hosts.machines[host.name]
            kept = machine.receipts.get(attempt.key)
            if boot_id not in {"", machine.boot}:
                raise Refused(f"{host.name} was restarted since this was decided")
            if kept is not None and kept.digest != attempt.digest:
                raise Refused(f"{host.name}: another command already has this attempt's receipt")
            self._hosts.begin(host.name, command, attempt)
            return 0.0

        _, fault = await self._calls.make("run", AT_HOST, begin(), _SLOWEST)
        await self._befall(fault, host)
        return await self._waited(host, command, attempt)

    async def _waited(self, host: Host, command: RemoteCommand, attempt: Attempt) -> CommandResult:
        """Wait for the end of an attempt, whoever began it, or for its deadline."""
        kept = self._hosts.machines[host.name].receipts[attempt.key]
        seconds = command.timeout.total_seconds()
        try:
            await asyncio.wait_for(kept.ended.wait(), seconds)
        except TimeoutError:
            await self._calls.thread.turn()
            return deadline_of(seconds)
        await self._calls.thread.turn()
        if kept.lost:
            raise OutcomeUnknown(f"{host.name}: the link was lost with the host")
        return result_of(kept, 1.0)

    async def _befall(self, fault: Fault | None, host: Host) -> None:
        """Let happen what strikes once the request has arrived."""
        match fault:
            case Fault.LOST_AFTER_START:
                raise lost_reply()
            case Fault.HANG:
                await asyncio.sleep(_LINK_GIVES_UP)
                await self._calls.thread.turn()
                raise lost_reply()
            case Fault.REBOOTED:
                self._hosts.machines[host.name].restart()
                raise lost_reply()
            case _:
                return
