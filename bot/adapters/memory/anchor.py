"""The outside anchor in memory."""

from collections.abc import Sequence
from datetime import datetime

from bot.ports import AnchoredHead
from bot.values import StreamRef


class MemoryAnchor:
    """`Anchor` in a dictionary; everything is gone with the object."""

    def __init__(self) -> None:
        self._heads: dict[StreamRef, AnchoredHead] = {}

    async def publish(self, heads: Sequence[AnchoredHead], at: datetime) -> None:
        """See `Anchor.publish`."""
        del at
        self._heads |= {head.stream: head for head in heads}

    async def latest(self) -> Sequence[AnchoredHead]:
        """See `Anchor.latest`."""
        return tuple(self._heads.values())
