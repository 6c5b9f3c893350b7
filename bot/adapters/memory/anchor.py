"""The outside anchor in memory."""

from collections.abc import Sequence
from datetime import datetime

from bot.ports import AnchoredHead
from bot.values import StreamRef


class MemoryAnchor:
    """`Anchor` in a dictionary; everything is gone with the object."""

    def __init__(self) -> None:
        self._heads: dict[StreamRef, AnchoredHead] = {}
        self._epoch = 1

    async def publish(self, heads: Sequence[AnchoredHead], at: datetime) -> None:
        """See `Anchor.publish`."""
        del at
        self._heads |= {head.stream: head for head in heads}

    async def latest(self) -> Sequence[AnchoredHead]:
        """See `Anchor.latest`."""
        return tuple(self._heads.values())

    async def begin_epoch(
        self, epoch: int, reason: str, heads: Sequence[AnchoredHead], at: datetime
    ) -> None:
        """See `Anchor.begin_epoch`."""
        del reason
        self._heads = {}
        self._epoch = epoch
        await self.publish(heads, at)

    async def epoch(self) -> int:
        """See `Anchor.epoch`."""
        return self._epoch
