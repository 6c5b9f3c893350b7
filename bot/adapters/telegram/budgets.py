"""Telegram's rate limits: over all, per chat, and per group and minute; edits count as messages.

https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

from typing import Final

from bot.adapters.pacing.queue import Scope
from bot.adapters.pacing.window import Budget

_ALL: Final = Scope(key="all", budget=Budget(calls=30, seconds=1.0))
"""About thirty messages a second."""
_CHAT: Final = Budget(calls=1, seconds=1.0)
"""Not more than one message a second in one chat."""
_GROUP: Final = Budget(calls=20, seconds=60.0)
"""Not more than twenty messages a minute in one group; all of its topics are one group."""

_EDITS: Final = Budget(calls=8, seconds=60.0)
"""Less than half of it for edits: a card that changes all the time would leave no room for news."""

_EDIT: Final = "edit"
_SHOWN: Final = ("send", _EDIT, "copy", "forward", "pin", "createForumTopic")
"""What methods begin with that people see happen in a chat."""


def scopes(method: str, chat: str) -> tuple[Scope, ...]:
    """Return what a call counts against, the widest first; `chat` "" = in no chat."""
    if not chat or not method.startswith(_SHOWN):
        return (_ALL,)
    here = Scope(key=f"chat {chat}", budget=_CHAT)
    if not chat.startswith(("-", "@")):
        return (_ALL, here)
    edits = Scope(key=f"edits {chat}", budget=_EDITS)
    group = Scope(key=f"group {chat}", budget=_GROUP)
    return (_ALL, here, *([edits] if method.startswith(_EDIT) else []), group)
