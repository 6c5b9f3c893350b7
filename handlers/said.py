"""Words said in an incident's room: they become a timeline entry."""

from typing import Final

from bot.domain.actor import Actor
from bot.records.stored import posted
from bot.requests import MessageSaid, Reply, ReplyTone
from bot.usecases.commands import Core
from bot.usecases.reading import viewer_of
from bot.usecases.views import TimelineEntry
from bot.values import IncidentId
from handlers import incident
from handlers.call import Call
from handlers.grammar import not_too_long, read

_UPDATE: Final = "update posted"


async def carry_out(core: Core, actor: Actor, message: MessageSaid) -> Reply:
    """Put what was said on the timeline of the room's incident."""
    not_too_long(message.text)
    found = await core.reading.id_of_room(viewer_of(actor), message.conversation)
    if found is None:
        return Reply(
            tone=ReplyTone.MISTAKE,
            text=f"Words are kept in an incident's room; here, use /{core.names.incident} note.",
        )
    about = await _update(core, actor, found, message.under)
    if message.under and about is None:
        return Reply(tone=ReplyTone.ANSWER, text="Replies to an update are kept, others are not.")
    return await incident.note(
        Call(
            id=message.id,
            actor=actor,
            core=core,
            words=read(message.text),
            conversation=message.conversation,
            incident=found,
        ),
        said=True,
        about=about,
    )


async def _update(
    core: Core, actor: Actor, incident: IncidentId, under: str
) -> TimelineEntry | None:
    """Return the update that a reply stands under; None where the post was about anything else."""
    told = posted(under)
    if told is None or told[0].id != incident:
        return None
    entries = await core.reading.timeline(viewer_of(actor), incident) or ()
    return next((e for e in entries if e.seq == told[1] and e.kind == _UPDATE), None)
