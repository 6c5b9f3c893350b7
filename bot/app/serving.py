"""Running everything while a context is open: the door first, the rest behind it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from bot.app.entering import Running, entered
from bot.app.foundation import Foundation, founded, read_policy
from bot.app.seams import PRODUCTION, Seams
from bot.config import Settings
from bot.errors import Fault, OperatorMistake
from bot.usecases.audit import Anchoring
from bot.usecases.current import Current

if TYPE_CHECKING:
    from bot.app.service import Service


@asynccontextmanager
async def serving(
    settings: Settings,
    say: Callable[[str], None] = lambda _: None,
    seams: Seams = PRODUCTION,
) -> AsyncIterator[tuple["Service", Running]]:
    """Run everything while the context is open; `say` hears of each step of the start."""
    async with AsyncExitStack() as stack:
        foundation = await stack.enter_async_context(founded(settings, _first(settings), seams))
        anchoring = Anchoring(
            journal=foundation.journal, anchor=foundation.anchor, clock=foundation.clock
        )
        await refuse_behind(foundation, anchoring)
        # Last of all to be undone: by then nothing writes any more.
        stack.push_async_callback(anchoring.publish)
        door = await entered(foundation, stack)
        say(_where(settings, door.entrance.console_address))
        # In a thread, so that alerts are answered meanwhile.
        await asyncio.to_thread(import_module, "bot.app.service")
        from bot.app.base import deciding, load_current  # noqa: PLC0415 - as above
        from bot.app.service import Service  # noqa: PLC0415 - as above

        whole = await asyncio.to_thread(load_current, settings, foundation.current.policy)
        foundation.current.replace(whole.policy, whole.documents)
        service = Service(await stack.enter_async_context(deciding(foundation)), door)
        await service.open_chat(stack)
        await service.hear(stack)
        await service.prepare(stack, say)
        await service.deliver(stack)
        service.keep_house(stack, anchoring)
        yield service, await service.running()


def _where(settings: Settings, address: str) -> str:
    """Say where it listens, and why that is not where it was asked to."""
    asked = settings.listen
    moved = asked.port and str(asked) != address
    return f"Listening on {address}" + (f", because {asked} is in use" if moved else "")


def _first(settings: Settings) -> Current:
    """Return the policy alone where that has no fault: the catalogue is read behind the door."""
    policy, faults = read_policy(settings)
    if policy is not None and not faults:
        return Current(policy=policy)
    from bot.app.base import load_current  # noqa: PLC0415 - only to name all faults at once

    return load_current(settings)


async def refuse_behind(on: Foundation, anchoring: Anchoring) -> None:
    """Raise OperatorMistake where the journal lacks events whose heads were published."""
    file = str(on.folder / "journal.sqlite3")
    hint = (
        "an older copy was put in its place, or it was changed: put the newer one back; to go on "
        f"with the older one all the same: firewarden restore {file} REASON"
    )
    faults = [
        Fault(file=file, message=str(finding), hint=hint) for finding in await anchoring.behind()
    ]
    if faults:
        raise OperatorMistake(faults)
