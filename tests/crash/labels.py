"""What has to have labels, read from the code itself: an effect or a call that is new has them.

A name is what stands behind `before` and `after` in a label.
"""

import inspect
from collections.abc import Iterator, Mapping
from typing import get_args

from bot.domain import effects
from bot.ports import (
    ChatPlatform,
    CommandExecutor,
    Journal,
    Pager,
    People,
    Probe,
    RoomBar,
    UserGroups,
)
from bot.usecases.delivering.hints import DrillGround
from tests.crash.chat import ChatKind

CONSOLE = "console"
CHATS = (CONSOLE, *(kind.value for kind in ChatKind))
PAGERS = ("webhook", *CHATS)

POSTS = ("post of a card", "post of a message")
"""What the call `post` is told apart into."""

EXEMPT: Mapping[type, Mapping[str, str]] = {
    ChatPlatform: {"attach": "delivery never calls it: files go out with their card"},
    CommandExecutor: {
        "run": "it is named by what it runs",
        "close": "nothing leaves the process",
    },
    Journal: {
        "commit": "it is named by what it settles, or by the event that a request led to",
        "erase blob": "no life erases by itself: people do, in a process of their own",
        "prune": "once an hour, and lives here are short",
        "close": "nothing is written",
        **dict.fromkeys(
            (
                "load",
                "streams",
                "heads",
                "known",
                "next due",
                "last seen",
                "backlog",
                "alert news",
                "alerts of",
                "quarantined",
                "rows",
                "search",
                "blob",
                "blob hash",
                "kept texts",
            ),
            "it reads",
        ),
    },
}
"""Calls without a label of their own, and why."""


def kinds() -> tuple[str, ...]:
    """Return the kinds of effects that somebody can claim, by their names in the outbox."""
    return tuple(
        effect.__name__ for effect in get_args(effects.Effect) if effect is not effects.ClearTimer
    )


def calls(port: type) -> tuple[str, ...]:
    """Return the calls of a port, without those that are exempt."""
    exempt = EXEMPT.get(port, {})
    return tuple(call for call in every_call(port) if call not in exempt)


def every_call(port: type) -> tuple[str, ...]:
    """Return the calls of a port in words: its coroutine methods."""
    methods = inspect.getmembers_static(port, inspect.iscoroutinefunction)
    return tuple(name.replace("_", " ") for name, _ in methods)


def names() -> frozenset[str]:
    """Return every name that has a label before and one after it, but for what commits hold."""
    return frozenset(_names())


def of_chat(platform: str) -> Iterator[str]:
    """Yield the names of the calls to a chat."""
    for call in calls(ChatPlatform):
        for part in POSTS if call == "post" else (call,):
            yield f"{platform} {part}"


def _names() -> Iterator[str]:
    for platform in CHATS:
        yield from of_chat(platform)
        yield from (f"{platform} {call}" for call in calls(People))
    for pager in PAGERS:
        yield from (f"{pager} {call}" for call in calls(Pager))
    yield from (f"{ChatKind.SLACK} {call}" for call in calls(RoomBar))
    yield from (f"{ChatKind.SLACK} {call}" for call in calls(UserGroups))
    yield from (f"ground {call}" for call in calls(DrillGround))
    yield from (f"probe {call}" for call in calls(Probe))
    yield from calls(CommandExecutor)
    # A claim is labelled before it is made, and then by each kind of effect that it got.
    yield from (call for call in calls(Journal) if call != "claim")
