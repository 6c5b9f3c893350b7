"""Slack's rate limits: per method in a workspace, and per conversation where people read along.

Tiers and the rule of one message a second: https://docs.slack.dev/apis/web-api/rate-limits
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bot.adapters.pacing.queue import Scope
from bot.adapters.pacing.window import Budget

_MINUTE: Final = 60.0

_TIER_2: Final = Budget(calls=20, seconds=_MINUTE)
_TIER_3: Final = Budget(calls=50, seconds=_MINUTE)
_TIER_4: Final = Budget(calls=100, seconds=_MINUTE)
"""Each tier promises at least so many a minute; tier 1 holds nothing that we call."""

_METHODS: Final[Mapping[str, Budget]] = MappingProxyType(
    {
        # "Several hundred messages per minute" in a workspace: less than that.
        "chat.postMessage": Budget(calls=200, seconds=_MINUTE),
        # "Hundreds of requests per minute".
        "auth.test": Budget(calls=200, seconds=_MINUTE),
        "chat.postEphemeral": _TIER_4,
        "chat.update": _TIER_3,
        "conversations.history": _TIER_3,
        "conversations.info": _TIER_3,
        "conversations.invite": _TIER_3,
        "conversations.join": _TIER_3,
        "conversations.open": _TIER_3,
        "conversations.replies": _TIER_3,
        "files.completeUploadExternal": _TIER_4,
        "files.delete": _TIER_3,
        "files.getUploadURLExternal": _TIER_4,
        "reactions.add": _TIER_3,
        "users.conversations": _TIER_3,
        "users.info": _TIER_4,
        "users.lookupByEmail": _TIER_3,
        "views.open": _TIER_4,
        "views.publish": _TIER_4,
        "views.push": _TIER_4,
        "views.update": _TIER_4,
    }
)
"""What is not named here counts as tier 2, the lowest that any method of ours has."""

_CONVERSATIONS: Final[Mapping[str, Budget]] = MappingProxyType(
    {
        # "No more than one per second per channel, short bursts are allowed."
        "chat.postMessage": Budget(calls=3, seconds=3.0),
        "chat.update": Budget(calls=1, seconds=1.0),
    }
)


def scopes(method: str, channel: str) -> tuple[Scope, ...]:
    """Return what a call counts against, the widest first; `channel` "" = in no conversation."""
    everywhere = Scope(key=method, budget=_METHODS.get(method, _TIER_2))
    if not channel:
        return (everywhere,)
    here = _CONVERSATIONS.get(method, everywhere.budget)
    return (everywhere, Scope(key=f"{method} {channel}", budget=here))
