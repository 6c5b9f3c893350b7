"""Effects in memory: put, claim, settle, extend, and when the next one is due."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.adapters.journal.limits import LONGEST_LEASE
from bot.adapters.journal.outbox import (
    EffectState,
    StoredEffect,
    check_put,
    claimed,
    cleared,
    is_same_jump,
    put,
    settled,
)
from bot.ports import Backlog, Claim, Keeping, KeptText, Settlement
from bot.records.outbox import EffectKind, OutboxItem
from bot.values import StreamRef


class Effects:
    """Every effect by its key; `position` gives the next place in the order of puts."""

    def __init__(self, position: Callable[[], int]) -> None:
        self._by_key: dict[str, StoredEffect] = {}
        self._unsettled: dict[str, tuple[StoredEffect, datetime]] = {}
        """Those that wake, and when: a worker asks for these often, and most others are done."""
        self._heads: list[tuple[StoredEffect, datetime]] | None = None
        """Those of them that no older one of their lane holds up; None = to be found anew."""
        self._position = position
        self.last_seen: datetime | None = None
        """What the clock of a process that delivers said last."""
        self._moved: tuple[datetime, timedelta] | None = None
        """When the moments of what waits were moved last, and by how much."""

    def put(self, items: Sequence[OutboxItem]) -> None:
        """Put each item by its key."""
        for item in items:
            self._keep(put(self._by_key.get(item.key), item, self._position()))

    def check(self, items: Sequence[OutboxItem], cleared_keys: Sequence[str]) -> None:
        """Raise the ValueError that putting or clearing would raise, and change nothing."""
        for item in items:
            check_put(self._by_key.get(item.key), item)
        for key in cleared_keys:
            if key in self._by_key:
                cleared(self._by_key[key])

    def clear(self, keys: Sequence[str]) -> None:
        """Clear each timer that is set."""
        for key in keys:
            if key in self._by_key:
                self._keep(cleared(self._by_key[key]))

    def holds_fence(self, claim: Claim) -> bool:
        """Whether a claim is still the current one of its effect."""
        effect = self._by_key.get(claim.item.key)
        return effect is not None and effect.held_by(claim)

    def settle(self, settlement: Settlement) -> None:
        """Settle a claim whose fence is known to be current."""
        old = self._by_key[settlement.claim.item.key]
        self._keep(settled(old, settlement, self._position()))

    def claim(
        self, owner: str, now: datetime, lease: timedelta, kinds: Sequence[EffectKind], limit: int
    ) -> Sequence[Claim]:
        """Claim what is due, most urgent first; of each lane only its oldest unsettled effect."""
        latest = now + LONGEST_LEASE
        held = [e for e, _ in self._unsettled.values() if e.lease_until and e.lease_until > latest]
        for effect in held:
            self._keep(replace(effect, lease_until=now))
        due = sorted(
            (effect.item.priority, wakes_at, effect.position, effect.item.key)
            for effect, wakes_at in self._claimable()
            if wakes_at <= now and effect.item.kind in kinds
        )
        return [self._claim(key, owner, now + lease) for *_, key in due[:limit]]

    def extend(self, claims: Sequence[Claim], until: datetime) -> Sequence[Claim]:
        """Move the end of each lease that is still ours."""
        ours = [claim for claim in claims if self.holds_fence(claim)]
        for claim in ours:
            self._keep(replace(self._by_key[claim.item.key], lease_until=until))
        return [replace(claim, lease_until=until) for claim in ours]

    def move_due(self, by: timedelta, now: datetime) -> None:
        """Move the moment of what waits, unless another process has."""
        if self._moved is not None and is_same_jump(self._moved, (now, by)):
            return
        self._moved = (now, by)
        self.last_seen = now
        waits = [
            effect
            for effect, wakes_at in self._unsettled.values()
            if effect.state is EffectState.OPEN and wakes_at > now - max(by, timedelta())
        ]
        for effect in waits:
            self._keep(replace(effect, item=replace(effect.item, due=effect.item.due + by)))

    def next_due(self) -> datetime | None:
        """Return when the next effect can be claimed."""
        return min((wakes_at for _, wakes_at in self._claimable()), default=None)

    def prune(self, oldest: datetime) -> None:
        """Forget what was settled and was due before `oldest`, but where cards are shown."""
        self._by_key = {
            key: effect
            for key, effect in self._by_key.items()
            if effect.state not in {EffectState.DONE, EffectState.PARKED}
            or effect.item.kind is EffectKind.LATEST
            or effect.item.due > oldest
        }

    def texts(self, stream: StreamRef) -> Iterator[KeptText]:
        """Return the bodies of a stream's effects."""
        for key, effect in sorted(self._by_key.items()):
            if effect.item.stream == stream:
                yield KeptText(keeping=Keeping.EFFECT, key=(key,), text=effect.item.body)

    def say(self, key: tuple[str, ...], body: bytes) -> None:
        """Replace the body of an effect."""
        effect = self._by_key[key[0]]
        self._keep(replace(effect, item=replace(effect.item, body=body)))

    def backlog(self) -> Sequence[Backlog]:
        """Count what is unsettled and what is parked, kind by kind."""
        return [self._backlog(kind) for kind in EffectKind]

    def _backlog(self, kind: EffectKind) -> Backlog:
        mine = [effect for effect in self._by_key.values() if effect.item.kind is kind]
        unsettled = [e for e, _ in self._unsettled.values() if e.item.kind is kind]
        return Backlog(
            kind=kind,
            open=len(unsettled),
            oldest_due=min((effect.item.due for effect in unsettled), default=None),
            parked=sum(effect.state is EffectState.PARKED for effect in mine),
        )

    def _claim(self, key: str, owner: str, lease_until: datetime) -> Claim:
        effect = claimed(self._by_key[key], owner, lease_until)
        self._keep(effect)
        return effect.claim

    def _claimable(self) -> Sequence[tuple[StoredEffect, datetime]]:
        """Return the unsettled effects that no older one of their lane holds up, and when."""
        if self._heads is None:
            self._heads = [*self._found_heads()]
        return self._heads

    def _found_heads(self) -> Iterator[tuple[StoredEffect, datetime]]:
        heads: dict[str, tuple[StoredEffect, datetime]] = {}
        for waiting in self._unsettled.values():
            lane = waiting[0].item.lane
            if not lane:
                yield waiting
            elif lane not in heads or waiting[0].position < heads[lane][0].position:
                heads[lane] = waiting
        yield from heads.values()

    def _keep(self, effect: StoredEffect) -> None:
        key, wakes_at = effect.item.key, effect.wakes_at
        self._by_key[key] = effect
        self._heads = None
        if wakes_at is None:
            self._unsettled.pop(key, None)
        else:
            self._unsettled[key] = (effect, wakes_at)
