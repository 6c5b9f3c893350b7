"""The executor, loaded at its first command: until then a bot starts faster and is smaller.

Paramiko is 15 MB and a tenth of a second (measured, docs/adr/0008).
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bot.ports import Attempt, Check, CommandResult, Receipt
from bot.redaction import Redactor
from bot.values import Host, RemoteCommand

if TYPE_CHECKING:
    from bot.adapters.ssh.executor import ParamikoExecutor


class LateExecutor:
    """`CommandExecutor` that makes its `ParamikoExecutor` when it is first needed."""

    def __init__(self, *, redactor: Redactor) -> None:
        self._redactor = redactor
        self._loading = asyncio.Lock()
        self._executor: ParamikoExecutor | None = None

    async def boot_id(self, host: Host) -> str:
        """See `CommandExecutor.boot_id`."""
        return await (await self._loaded()).boot_id(host)

    async def preflight(
        self, host: Host, sudo: Sequence[Sequence[str]] = (), *, changes: bool = True
    ) -> Sequence[Check]:
        """See `CommandExecutor.preflight`."""
        return await (await self._loaded()).preflight(host, sudo, changes=changes)

    async def run(
        self, host: Host, command: RemoteCommand, attempt: Attempt, boot_id: str = ""
    ) -> CommandResult:
        """See `CommandExecutor.run`."""
        return await (await self._loaded()).run(host, command, attempt, boot_id)

    async def stop(self, host: Host, attempt: Attempt) -> None:
        """See `CommandExecutor.stop`."""
        await (await self._loaded()).stop(host, attempt)

    async def inquire(self, host: Host, attempt: Attempt, boot_id: str) -> Receipt:
        """See `CommandExecutor.inquire`."""
        return await (await self._loaded()).inquire(host, attempt, boot_id)

    def links(self) -> Mapping[str, int]:
        """See `ParamikoExecutor.links`; none before the first command."""
        return {"open": 0, "running": 0} if self._executor is None else self._executor.links()

    async def close(self) -> None:
        """See `CommandExecutor.close`."""
        if self._executor is not None:
            await self._executor.close()

    async def _loaded(self) -> "ParamikoExecutor":
        async with self._loading:
            if self._executor is None:
                made = await asyncio.to_thread(_load)
                self._executor = made(redactor=self._redactor)
            return self._executor


def _load() -> "type[ParamikoExecutor]":
    from bot.adapters.ssh.executor import ParamikoExecutor  # noqa: PLC0415 - see the module's words

    return ParamikoExecutor
