"""What a put, a claim and a settlement make of one stored effect: the rules of every journal."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from bot.adapters.journal.limits import ONE_JUMP
from bot.ports import Claim, Settle, Settlement
from bot.records.outbox import EffectKind, OutboxItem


class EffectState(StrEnum):
    """Where a stored effect stands; open and claimed ones are unsettled and hold their lane."""

    OPEN = "open"
    CLAIMED = "claimed"
    DONE = "done"
    PARKED = "parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEffect:
    """One effect as a journal keeps it.

    `position` orders it in its lane and among equals. `wanted` counts its puts and `taken` is the
    count that the last claim saw: where they differ, there was a put behind the worker's back.
    A settled timer stays as a row, so that its fence never starts again from nought.
    """

    item: OutboxItem
    position: int
    state: EffectState = EffectState.OPEN
    owner: str = ""
    fence: int = 0
    lease_until: datetime | None = None
    attempts: int = 0
    interrupted: bool = False
    wanted: int = 1
    taken: int = 0
    ref: str = ""

    @property
    def wakes_at(self) -> datetime | None:
        """When it can be claimed: its due time, or the end of its lease; None once settled."""
        match self.state:
            case EffectState.OPEN:
                return self.item.due
            case EffectState.CLAIMED:
                return self.lease_until
            case EffectState.DONE | EffectState.PARKED:
                return None
            case _:
                assert_never(self.state)

    @property
    def claim(self) -> Claim:
        """The claim that its present owner holds; ValueError where nobody does."""
        if self.state is not EffectState.CLAIMED or self.lease_until is None:
            raise ValueError(f"{self.item.key} is {self.state}, not claimed")
        return Claim(
            item=self.item,
            owner=self.owner,
            fence=self.fence,
            lease_until=self.lease_until,
            attempts=self.attempts,
            interrupted=self.interrupted,
            revision=self.taken,
            ref=self.ref,
        )

    def held_by(self, claim: Claim) -> bool:
        """Whether `claim` is still the current one; a lease that only ran out does not end it."""
        return (
            self.state is EffectState.CLAIMED
            and self.fence == claim.fence
            and self.owner == claim.owner
        )


def put(old: StoredEffect | None, item: OutboxItem, position: int) -> StoredEffect:
    """Return what putting `item` makes of `old`; `position` is for one that joins its lane anew."""
    check_put(old, item)
    if old is None:
        return StoredEffect(item=item, position=position)
    match item.kind:
        case EffectKind.ONCE:
            return old
        case EffectKind.TIMER:
            # Another fence: whoever is firing the old one has lost it.
            return _open_again(old, item, position, fence=old.fence + 1)
        case EffectKind.ATTACH if old.state is EffectState.OPEN:
            return _coalesced(old, item, position, 0)  # nobody has seen the put before
        case EffectKind.LATEST | EffectKind.ATTACH:
            return _coalesced(old, item, position, 1)
        case _:
            assert_never(item.kind)


def check_put(old: StoredEffect | None, item: OutboxItem) -> None:
    """Raise ValueError where `put` would: a key means one kind of effect for ever."""
    if old is not None and old.item.kind is not item.kind:
        raise ValueError(f"{item.key} is a {old.item.kind} effect, not a {item.kind} one")


def cleared(old: StoredEffect) -> StoredEffect:
    """Return a timer that is set no more; ValueError where it is no timer."""
    if old.item.kind is not EffectKind.TIMER:
        raise ValueError(f"{old.item.key} is a {old.item.kind} effect: only timers are cleared")
    return _ended(old, EffectState.DONE)


def claimed(old: StoredEffect, owner: str, lease_until: datetime) -> StoredEffect:
    """Return `old` under a new claim, which is one more attempt."""
    ran_out = old.state is EffectState.CLAIMED
    return replace(
        old,
        state=EffectState.CLAIMED,
        owner=owner,
        fence=old.fence + 1,
        lease_until=lease_until,
        attempts=old.attempts + 1,
        interrupted=old.interrupted or ran_out,
        taken=old.wanted,
    )


def settled(old: StoredEffect, settlement: Settlement, position: int) -> StoredEffect:
    """Return what settling makes of a claimed effect; `position` where it joins its lane anew.

    A put during the claim is work that the worker has not seen: it opens the effect again, also
    where this delivery was refused for good.
    """
    ref = settlement.ref or old.ref
    match settlement.how:
        case Settle.HELD:
            return old if ref == old.ref else replace(old, ref=ref)
        case Settle.LATER:
            due = settlement.due or old.item.due
            return _ended(old, EffectState.OPEN, item=replace(old.item, due=due), ref=ref)
        case Settle.DONE | Settle.PARKED if old.wanted > old.taken:
            return _open_again(old, old.item, position, ref=ref)
        case Settle.DONE:
            return _ended(old, EffectState.DONE, ref=ref)
        case Settle.PARKED:
            return _ended(old, EffectState.PARKED, ref=ref)
        case _:
            assert_never(settlement.how)


def is_same_jump(one: tuple[datetime, timedelta], other: tuple[datetime, timedelta]) -> bool:
    """Whether two processes tell of one setting of the clock: when each noticed it, and how far."""
    (first, by), (second, also) = one, other
    return abs(second - first) < ONE_JUMP and abs(also - by) < ONE_JUMP


def _coalesced(old: StoredEffect, item: OutboxItem, position: int, puts: int) -> StoredEffect:
    """Return `old` with what is wanted now; `puts` is how many more that makes."""
    wanted = old.wanted + puts
    match old.state:
        case EffectState.DONE | EffectState.PARKED:
            return _open_again(old, item, position, wanted=wanted)
        case EffectState.CLAIMED if old.wanted == old.taken:
            # Its old due time is being used up by the claim.
            return replace(old, item=item, wanted=wanted)
        case EffectState.OPEN | EffectState.CLAIMED:
            both = replace(
                item,
                due=old.item.due if _put_off(old) else min(old.item.due, item.due),
                priority=min(old.item.priority, item.priority),
            )
            return replace(old, item=both, wanted=wanted)
        case _:
            assert_never(old.state)


def _put_off(old: StoredEffect) -> bool:
    """Whether a worker was told when to come again: what is newer goes along then."""
    return old.state is EffectState.OPEN and old.attempts > 0


def _open_again(
    old: StoredEffect,
    item: OutboxItem,
    position: int,
    *,
    fence: int | None = None,
    wanted: int | None = None,
    ref: str = "",
) -> StoredEffect:
    return replace(
        old,
        state=EffectState.OPEN,
        owner="",
        lease_until=None,
        item=item,
        position=position,
        fence=old.fence if fence is None else fence,
        attempts=0,
        interrupted=False,
        wanted=old.wanted if wanted is None else wanted,
        ref=ref or old.ref,
    )


def _ended(
    old: StoredEffect, state: EffectState, *, item: OutboxItem | None = None, ref: str = ""
) -> StoredEffect:
    return replace(
        old,
        state=state,
        owner="",
        lease_until=None,
        item=item or old.item,
        ref=ref or old.ref,
    )
