"""What every carrier shares: the claim it works under, and how it leaves the effect."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol, TypeAlias

from bot.domain.effects import Effect
from bot.domain.intents import IncidentIntent, SystemIntent
from bot.domain.state import Incident
from bot.domain.system import System
from bot.errors import Refused
from bot.ports import ChatPlatform, Claim, Clock, Commit, Committed, Journal, Settle, Settlement
from bot.records.outbox import EffectKind
from bot.usecases.desk import Desk
from bot.values import ConversationRef, MessageRef

IncidentDesk: TypeAlias = Desk[Incident, IncidentIntent]
SystemDesk: TypeAlias = Desk[System, SystemIntent]


CONTESTED = "contested"
"""In the place of how a message looks: never known for certain again."""

_LOOK = 3
"""Where in a ref it is said how the message looks."""

_AGAIN_AFTER = timedelta(seconds=1)
"""Two workers that take one effect from each other (their clocks differ) do not do so in a loop."""


class Lease(Protocol):
    """Whether the worker may still begin something under its claim."""

    def fresh(self, claim: Claim) -> bool:
        """Whether less than half of the lease has passed, on the monotonic clock."""
        ...


class Carrier(Protocol):
    """Carries out one kind of effect.

    It settles the claim itself, or raises: Unavailable = later, Refused = parked and told.
    """

    async def carry(self, claim: Claim, effect: Effect) -> None:
        """Do it once."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Settler:
    """Settles effects whose result is no event (a message was posted)."""

    journal: Journal
    clock: Clock

    async def done(self, claim: Claim, ref: str = "") -> bool:
        """Call the effect carried out; returns whether the claim was still ours to say so."""
        return await self._settle(Settlement(claim=claim, how=Settle.DONE, ref=ref))

    async def again(self, claim: Claim) -> None:
        """Want the effect once more in a moment, whoever has it now."""
        item = replace(claim.item, due=self.clock.now() + _AGAIN_AFTER)
        await self.journal.commit([Commit(effects=(item,))])

    async def later(self, claim: Claim, delay: timedelta) -> None:
        """Try again after `delay`."""
        due = self.clock.now() + delay
        await self._settle(Settlement(claim=claim, how=Settle.LATER, due=due, ref=unsure(claim)))

    async def parked(self, claim: Claim) -> None:
        """Give it up for good: the lane moves on."""
        await self._settle(parked(claim))

    async def _settle(self, settlement: Settlement) -> bool:
        (outcome,) = await self.journal.commit([Commit(settlement=settlement)])
        return isinstance(outcome, Committed)


def done(claim: Claim, ref: str = "") -> Settlement:
    """Settle within the commit of what it led to."""
    return Settlement(claim=claim, how=Settle.DONE, ref=ref)


def parked(claim: Claim) -> Settlement:
    """Give it up for good within the commit that tells of it."""
    return Settlement(claim=claim, how=Settle.PARKED, ref=unsure(claim))


def held(claim: Claim) -> Settlement:
    """Keep the claim; the commit proves that it is still ours."""
    return Settlement(claim=claim, how=Settle.HELD)


def incident_of(claim: Claim) -> str:
    """Return the id of the incident that the effect belongs to."""
    if claim.item.stream is None:
        msg = f"{claim.item.key} belongs to no stream"
        raise ValueError(msg)
    return claim.item.stream.id


def write_ref(ref: MessageRef, look: str = "") -> str:
    """Encode a message ref for the outbox, with how the message looks where that is known."""
    known = [look] if look else []
    return json.dumps([ref.conversation.platform, ref.conversation.id, ref.id, *known])


def read_ref(text: str) -> MessageRef | None:
    """Decode what `write_ref` wrote; None before anything was shown."""
    if not text:
        return None
    platform, conversation, ident, *_ = json.loads(text)
    return MessageRef(conversation=ConversationRef(platform=platform, id=conversation), id=ident)


def read_look(text: str) -> str:
    """Return how the message looks for certain, "" where that is not known."""
    parts: list[str] = json.loads(text) if text else []
    return parts[_LOOK] if len(parts) > _LOOK else ""


def unsure(claim: Claim) -> str:
    """Return the claim's ref after an attempt of which nobody knows what it has changed.

    Where a worker lost its claim in the middle its edit may arrive at any time later: from then
    on nobody trusts what this message looks like.
    """
    ref = None if claim.item.kind is not EffectKind.LATEST else read_ref(claim.ref)
    if ref is None:
        return claim.ref
    return write_ref(ref, CONTESTED if is_contested(claim) else "")


def is_contested(claim: Claim) -> bool:
    """Whether two workers were once at it, so that an edit of either may come late."""
    return claim.interrupted or read_look(claim.ref) == CONTESTED


def chat_of(chats: Mapping[str, ChatPlatform], platform: str) -> ChatPlatform:
    """Return a platform's chat; Refused where it is not connected (any more)."""
    chat = chats.get(platform)
    if chat is None:
        raise Refused(f"{platform} is not connected here")
    return chat
