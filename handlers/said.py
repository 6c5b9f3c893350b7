"""Words said in an incident's room: they become a timeline entry."""

from bot.domain.actor import Actor
from bot.requests import MessageSaid, Reply, ReplyTone
from bot.usecases.commands import Core
from bot.usecases.reading import viewer_of
from handlers import incident
from handlers.call import Call
from handlers.grammar import not_too_long, read


async def carry_out(core: Core, actor: Actor, message: MessageSaid) -> Reply:
    """Put what was said on the timeline of the room's incident."""
    not_too_long(message.text)
    found = await core.reading.incident_of_room(viewer_of(actor), message.conversation)
    if found is None:
        return Reply(
            tone=ReplyTone.MISTAKE,
            text=f"Words are kept in an incident's room; here, use /{core.names.incident} note.",
        )
    return await incident.note(
        Call(
            id=message.id,
            actor=actor,
            core=core,
            words=read(message.text),
            conversation=message.conversation,
            incident=found.id,
        ),
        said=True,
    )
