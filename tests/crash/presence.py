"""Who is there now: the life that people and monitors speak to, or nobody."""

import asyncio
from dataclasses import dataclass, field

from tests.crash.lives import Life


@dataclass(slots=True, kw_only=True)
class Presence:
    """The present life of a world; `alert` and `click` are set at each acknowledgement."""

    life: Life | None = None
    alert: asyncio.Event = field(default_factory=asyncio.Event)
    click: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def address(self) -> str:
        """Where the bot is now, "" while nobody answers."""
        return self.life.address if self.life is not None else ""
