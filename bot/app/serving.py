"""Running everything while a context is open."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from bot.app.base import Base, opened
from bot.app.service import Running, Service, kept_tokens
from bot.config import Settings
from bot.errors import Fault, OperatorMistake
from bot.usecases.audit import Anchoring


@asynccontextmanager
async def serving(
    settings: Settings, say: Callable[[str], None] = lambda _: None
) -> AsyncIterator[tuple["Service", Running]]:
    """Run everything while the context is open; `say` hears of each step of the start."""
    async with opened(settings) as base, AsyncExitStack() as stack:
        anchoring = Anchoring(journal=base.journal, anchor=base.anchor, clock=base.clock)
        await refuse_behind(base, anchoring)
        # Last of all to be undone: by then nothing writes any more.
        stack.push_async_callback(anchoring.publish)
        service = Service(base, await kept_tokens(base))
        await service.open_chat(stack)
        await service.listen(stack)
        say(f"Listening on {service.server.console_address}")
        await service.prepare(stack, say)
        await service.deliver(stack)
        service.keep_house(stack, anchoring)
        yield service, await service.running()


async def refuse_behind(base: Base, anchoring: Anchoring) -> None:
    """Raise OperatorMistake where the journal lacks events whose heads were published."""
    file = str(base.folder / "journal.sqlite3")
    hint = (
        "an older copy was put in its place, or it was changed: put the newer one back; to go on "
        "with the older one all the same, look after everything that was under way, then move "
        "anchor.jsonl aside"
    )
    faults = [
        Fault(file=file, message=str(finding), hint=hint) for finding in await anchoring.behind()
    ]
    if faults:
        raise OperatorMistake(faults)
