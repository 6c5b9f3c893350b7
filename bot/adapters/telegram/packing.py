"""What Telegram cannot be asked for, in a backup of the journal: rooms, messages, buttons.

Unfinished forms stay behind, and which updates were taken: after a restore a form is begun anew,
and what came before the backup does not come again.
"""

from pathlib import Path
from typing import Final

from bot.adapters.sqlite.packing import Packing
from bot.adapters.telegram.database import Database

_PACKING: Final = Packing(
    store="telegram",
    called="Telegram's rooms",
    tables={
        "rooms": ("key", "conversation"),
        "members": ("room", "person"),
        "shown": ("room", "key", "position", "html", "keyboard", "pinned"),
        "posts": ("conversation", "key", "chat", "message"),
        "doubts": ("conversation", "key", "chat", "html", "keyboard", "floor"),
        "openings": ("key", "name", "floor"),
        "replaced": ("chat", "message", "by"),
        "moves": ("old", "new"),
        "buttons": ("id", "card", "option", "label", "confirm", "asks"),
    },
)


async def pack(store: Path, backup: Path, key: bytes) -> int | None:
    """Put what is in `store` into `backup`, a copy of the journal; returns how many rooms.

    `key` is the journal's. None = there is no such store: no Telegram was ever connected. Raises
    `Unavailable` where a file cannot be read or written.
    """
    return await _PACKING.put(store, backup, key)


async def unpack(backup: Path, store: Path, key: bytes) -> int | None:
    """Move what is in `backup` to a new `store`; returns how many rooms, None = there was nothing.

    Raises Refused where it is not as it was packed, or belongs to another journal or key.
    """
    if not await _PACKING.holds(backup, key):
        return None
    await Database.open(store).close()  # made, with this version's shape
    return await _PACKING.take(backup, store)
