"""Commands act as whoever sits at the machine: they may look, stop and drill, and never approve."""

from collections.abc import Awaitable, Callable

from bot.adapters.console.people import ConsolePeople
from bot.adapters.files import read_texts
from bot.adapters.terminal import login_name
from bot.app.base import Base, opened
from bot.cli.command import OK, run_until_done, say
from bot.config import Settings
from bot.domain.actor import Actor, Standing
from bot.domain.decided import Refusal
from bot.domain.intents import Freeze, SystemIntent, Unfreeze
from bot.domain.policy import Group
from bot.errors import Fault, OperatorMistake, Refused, UserMistake
from bot.usecases.current import Current
from bot.usecases.deciding import Done
from bot.usecases.freezes_shown import show_freezes
from bot.usecases.identity import Identity
from bot.usecases.nouns import SYSTEM_STREAM
from bot.usecases.reading import Reading, viewer_of
from bot.usecases.rendering import Rendering
from bot.usecases.views import Viewer
from bot.values import PersonId
from cards.texts import Texts

PLATFORM = "terminal"
"""The platform of the one account that the machine itself vouches for."""


def operator() -> Actor:
    """Return whoever runs this command. In no group that approves, on purpose."""
    name = login_name()
    return Actor(
        person=PersonId(f"{PLATFORM}:{name}"),
        name=name,
        groups=frozenset({Group.READER, Group.RESPONDER, Group.ADMIN}),
        platform=PLATFORM,
        account=name,
        standing=Standing.ACTIVE,
        practice_only=True,
    )


def with_journal(
    settings: Settings,
    work: Callable[[Base], Awaitable[int]],
    *,
    make: bool = False,
    current: Current | None = None,
) -> int:
    """Do `work` on the opened journal of these settings.

    Raises OperatorMistake where there is none, unless it may be made: a freeze of an empty folder
    would stop nothing. `current` None = policy and catalogue as they are configured.
    """
    if not make:
        needs_journal(settings)

    async def whole() -> int:
        async with opened(settings, current) as base:
            return await work(base)

    return run_until_done(whole())


def needs_journal(settings: Settings) -> None:
    """Raise OperatorMistake where no journal is: most often it is the wrong folder."""
    file = settings.data / "journal.sqlite3"
    if file.exists():
        return
    fault = Fault(
        file=str(file),
        message="there is no journal here",
        hint="run this in the folder where Firewarden runs, or set FIREWARDEN_DATA",
    )
    raise OperatorMistake([fault])


async def submit(base: Base, intent: SystemIntent) -> int:
    """Decide an intent about the installation and print the answer."""
    result = await base.system.submit(SYSTEM_STREAM, intent)
    if isinstance(result, Refusal):
        raise UserMistake(result.reason)
    if not isinstance(result, Done):
        raise Refused(f"nothing was written: {type(result).__name__}")
    if isinstance(intent, Freeze | Unfreeze):
        await show_freezes(base.journal, base.incidents, base.clock)
    say(result.answer)
    return OK


def looking(base: Base) -> tuple[Reading, Viewer]:
    """Return the reads of the bot, and the operator as one who looks.

    Private incidents are for those who are in them: they stay out of sight here as anywhere.
    """

    async def stands(seat: str) -> bool:
        return await base.seats.seat(seat) is not None

    people = ConsolePeople(clock=base.clock, stands=stands)
    rendering = Rendering(
        journal=base.journal,
        clock=base.clock,
        current=base.current,
        texts=Texts(read_texts(base.settings.templates)),
    )
    reading = Reading(
        journal=base.journal,
        desk=base.incidents,
        identity=Identity(current=base.current, seats=base.seats, people=people),
        rendering=rendering,
        current=base.current,
    )
    return reading, viewer_of(operator())
