"""Who acts: a person as they stand at this moment, with everything that authorisation looks at."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.policy import Group
from bot.values import SYSTEM, PersonId


class Standing(StrEnum):
    """What the platform says of the account, checked freshly."""

    ACTIVE = "active"
    GUEST = "guest"
    BOT = "bot"
    STRANGER = "stranger"
    DEACTIVATED = "deactivated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person acting now. `groups` are the policy's and the seat's together.

    `practice_only` limits every decision to drills; `token_kind` is "" for a human at a seat or
    chat account; `signed_in_at` is None where the platform itself vouches for the person; `stale`
    = they signed in too long ago to decide anything.
    """

    person: PersonId
    name: str
    groups: frozenset[str]
    platform: str
    account: str
    standing: Standing = Standing.UNKNOWN
    checked_at: datetime | None = None
    token_kind: str = ""
    practice_only: bool = False
    linked: bool = True
    signed_in_at: datetime | None = None
    stale: bool = False


FIREWARDEN = Actor(
    person=SYSTEM,
    name="Firewarden",
    groups=frozenset({Group.RESPONDER}),
    platform="",
    account="",
    standing=Standing.ACTIVE,
)
"""The bot itself: delivers results and fires timers. It is in no group that may approve."""
