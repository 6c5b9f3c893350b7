"""Proving that an account is yours: a code from where you are known, shown where you are not."""

import re
from typing import Final

from bot.domain.links import LASTS
from bot.requests import Reply
from handlers import incident
from handlers.call import NO_INCIDENT, Call, replied

_CODE: Final = re.compile(r"[A-Za-z0-9-]+")
"""Every address has a dot or a colon."""


async def link(call: Call) -> Reply:
    """Get a code, show one, or keep an address at an incident."""
    if not call.words.words:
        return await _get_code(call)
    if len(call.words) == 1 and _CODE.fullmatch(call.words.first):
        return replied(await call.core.links.use(call.actor, call.words.first, call.id))
    if call.incident == NO_INCIDENT:
        raise call.mistake("An address is kept in an incident's room, or with in=<number>.")
    return await incident.link(call)


async def unlink(call: Call) -> Reply:
    """Give every account up that was linked with a code."""
    call.takes_nothing_more(call.words)
    return replied(await call.core.links.unlink(call.actor, call.id))


async def _get_code(call: Call) -> Reply:
    result, code = await call.core.links.make(call.actor, call.id)
    if not code:
        return replied(result)
    minutes = int(LASTS.total_seconds() // 60)
    return Reply(
        tone=replied(result).tone,
        text=f"Your code: {code} — it counts once, within {minutes} minutes. In Telegram, open "
        "the direct chat with the bot and send /link with the code behind it. Show it to nobody: "
        "whoever sends it first is you.",
    )
