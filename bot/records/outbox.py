"""The outbox: an effect as the journal keeps it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.values import StreamRef


class EffectKind(StrEnum):
    """The four kinds (DESIGN section 5)."""

    ONCE = "once"
    LATEST = "latest"
    TIMER = "timer"
    ATTACH = "attach"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """One effect. `key` is unique for ever; `lane` orders delivery ("" = no order).

    `priority` 0 is the most urgent. `body` is the encoded effect.
    """

    key: str
    kind: EffectKind
    type: str
    version: int = 1
    body: bytes
    stream: StreamRef | None
    lane: str = ""
    due: datetime
    priority: int = 5
