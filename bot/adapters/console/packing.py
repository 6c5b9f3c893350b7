"""The console's rooms in a backup of the journal.

Sessions stay behind: whoever restores signs in anew.
"""

from pathlib import Path
from typing import Final

from bot.adapters.console.store import ConsoleStore
from bot.adapters.sqlite.packing import Packing

_PACKING: Final = Packing(
    store="console",
    called="the console's rooms",
    tables={
        "rooms": ("id", "key", "name", "topic", "private", "closed"),
        "members": ("room", "person"),
        "messages": (
            "position",
            "conversation",
            "key",
            "revision",
            "card",
            "posted_at",
            "changed_at",
            "file_name",
            "file",
        ),
        "revisions": ("last",),
    },
    begun=("revisions",),
)


async def pack(store: Path, backup: Path, key: bytes) -> int:
    """Put the rooms of `store` into `backup`, a copy of the journal; returns how many there are.

    `key` is the journal's. Raises `Unavailable` where a file cannot be read or written.
    """
    return await _PACKING.put(store, backup, key) or 0


async def unpack(backup: Path, store: Path, key: bytes) -> int:
    """Move the rooms that are in `backup` to a new `store`; returns how many rooms, 0 = none were.

    Raises Refused where they are not as they were packed, or belong to another journal or key.
    """
    if not await _PACKING.holds(backup, key):
        return 0
    await (await ConsoleStore.open(store)).close()  # made, with this version's shape
    return await _PACKING.take(backup, store)
