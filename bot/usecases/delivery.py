"""The delivery loop: claims what is due, hands it to its carrier, and sleeps until the next is due.

The effects table alone decides who owns an effect; this loop is one of many that may run.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.actor import FIREWARDEN
from bot.domain.effects import Post
from bot.domain.intents import DeliveryRefused
from bot.errors import OutcomeUnknown, Refused, Throttled, Unavailable
from bot.ports import Claim, Clock, Commit, Ids, Journal, Settle, Settlement
from bot.records.outbox import EffectKind
from bot.records.stored import read_effect
from bot.usecases.about import about_stream
from bot.usecases.deciding import Extra
from bot.usecases.delivering.carrier import Carrier, IncidentDesk, Settler, parked, unsure
from bot.usecases.delivering.jumps import Watch
from bot.usecases.delivering.urgency import urgency_of
from bot.usecases.tally import Ended, Tally
from bot.usecases.urgency import carried_with
from bot.values import Untrusted

LEASE = timedelta(seconds=15)
"""How long a claim holds without a sign of life; a crash is noticed after at most this."""

_EVERY_KIND = tuple(EffectKind)

_AT_ONCE = 64
"""Effects under way at the same time."""

_SWEEP = timedelta(seconds=5)
"""Look at the table at least this often: another process may have put something there."""

_LONGEST_DELAY = timedelta(seconds=30)
"""A platform that came back is noticed after at most this, also where nothing paces its calls."""

_FAULTS = 5
"""Faults of our own with one effect after which people are told: half a minute of trying."""

DRAIN = timedelta(seconds=90)
"""How long a stop waits for what is under way; what is left then is handed over."""

_log = logging.getLogger(__name__)


class Delivery:
    """Runs until it is told to stop; then finishes what it began, or hands it over."""

    def __init__(
        self,
        *,
        journal: Journal,
        desk: IncidentDesk,
        clock: Clock,
        ids: Ids,
        carriers: Mapping[type, Carrier],
        settler: Settler,
        lease: timedelta = LEASE,
        drain: timedelta = DRAIN,
    ) -> None:
        self._journal = journal
        self._desk = desk
        self._clock = clock
        self._carriers = carriers
        self._settler = settler
        self._lease = lease
        self._drain = drain
        self._owner = ids.new()
        self._wake = asyncio.Event()
        self._alarm: tuple[datetime, asyncio.Future[None]] | None = None
        """When the rest ends at the latest, and what ends it then."""
        self._held: dict[str, tuple[Claim, float]] = {}
        self._carrying: set[asyncio.Task[None]] = set()
        self._claimed_at = clock.now()
        self._stopping = False
        self._faults: dict[str, int] = {}
        """How often each effect has met a fault of our own since it last went well."""
        self.tally = Tally()
        self._watch = Watch(journal=journal, clock=clock, tally=self.tally)
        journal.on_effects(self._wake.set)

    def fresh(self, claim: Claim) -> bool:
        """See `carrier.Lease`."""
        if not self._holds(claim):
            return False
        extended_at = self._held[claim.item.key][1]
        return self._clock.monotonic() - extended_at < self._lease.total_seconds() / 2

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what is under way has ended or is handed over."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Deliver until stopped."""
        try:
            async with asyncio.TaskGroup() as tasks:
                extending = tasks.create_task(self._extend())
                await self._loop(tasks)
                await self._drained()
                # First, so that no lease is extended behind the back of who hands it over.
                extending.cancel()
                await asyncio.wait([extending])
                await self._hand_over()
        finally:
            self._silence()

    async def _drained(self) -> None:
        """Return when nothing is under way any more, or when there is no more time for it."""
        end = self._clock.monotonic() + self._drain.total_seconds()
        while self._held and (left := end - self._clock.monotonic()) > 0:
            await self._rest(self._clock.now() + min(_SWEEP, timedelta(seconds=left)))

    async def _hand_over(self) -> None:
        """Let go of what is still under way, so that the next process takes it at once.

        A claim whose lease has ended is taken over as after a crash: the host is asked first.
        Commands on hosts go on meanwhile.
        """
        if not self._held:
            return
        claims = [claim for claim, _ in self._held.values()]
        for task in self._carrying:
            task.cancel()
        await asyncio.wait(self._carrying)
        names = ", ".join(claim.item.key for claim in claims)
        try:
            await self._journal.extend(claims, self._clock.now())
        except (Unavailable, OutcomeUnknown) as fault:
            _log.warning("%s: claimed until the lease ends: %s", names, fault)
        else:
            _log.warning("handed over to the next process: %s", names)

    async def _loop(self, tasks: asyncio.TaskGroup) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                free = _AT_ONCE - len(self._held)
                claims = await self._claim(free) if free > 0 else ()
                for claim in claims:
                    self._held[claim.item.key] = (claim, self._clock.monotonic())
                    carrying = tasks.create_task(self._carry(claim))
                    self._carrying.add(carrying)
                    carrying.add_done_callback(self._carrying.discard)
                if len(claims) < max(free, 1):
                    # That was all: whatever is put, or settled in its lane, wakes us.
                    await self._rest(await self._next())
            except Unavailable as unavailable:
                _log.warning("the journal cannot be asked what is due: %s", unavailable)
                await self._rest(self._clock.now() + unavailable.retry_after)
            except OutcomeUnknown as unknown:
                # What it claimed all the same comes back when its lease ends.
                _log.warning("the journal may have claimed what is due: %s", unknown)
                await self._rest(self._clock.now() + _SWEEP)

    async def _claim(self, limit: int) -> Sequence[Claim]:
        now = self._clock.now()
        if now < self._claimed_at:
            # The clock was set back: what we hold must not look as if a dead worker held it.
            await self._extend_held()
        self._claimed_at = now
        await self._watch.look(now)
        return await self._journal.claim(self._owner, now, self._lease, _EVERY_KIND, limit)

    async def _next(self) -> datetime:
        sweep = self._clock.now() + _SWEEP
        due = await self._journal.next_due()
        return sweep if due is None or len(self._held) >= _AT_ONCE else min(due, sweep)

    async def _rest(self, until: datetime) -> None:
        """Sleep until something is due or put, whichever comes first.

        An alarm that is set to ring before is left as it is: a look at the table too many every
        few seconds costs less than a new alarm after every effect.
        """
        if self._alarm is None or self._alarm[0] > until:
            self._silence()
            alarm = asyncio.ensure_future(self._clock.sleep_until(until))
            alarm.add_done_callback(self._rung)
            self._alarm = until, alarm
        await self._wake.wait()
        self._wake.clear()

    def _silence(self) -> None:
        if self._alarm is not None:
            self._alarm[1].cancel()
            self._alarm = None

    def _rung(self, alarm: asyncio.Future[None]) -> None:
        if not alarm.cancelled():
            self._alarm = None
            self._wake.set()

    async def _extend(self) -> None:
        while True:
            await self._clock.sleep_until(self._clock.now() + self._lease / 3)
            try:
                await self._extend_held()
            except (Unavailable, OutcomeUnknown) as fault:
                _log.warning("leases could not be extended: %s", fault)

    async def _extend_held(self) -> None:
        held = [claim for claim, _ in self._held.values()]
        if held:
            asked_at = self._clock.monotonic()
            for claim in await self._journal.extend(held, self._clock.now() + self._lease):
                if self._holds(claim):
                    self._held[claim.item.key] = (claim, asked_at)

    def _holds(self, claim: Claim) -> bool:
        """Whether this is the claim in hand: its lease may have run out, and we claimed again."""
        held = self._held.get(claim.item.key)
        return held is not None and held[0].fence == claim.fence

    async def _carry(self, claim: Claim) -> None:
        with about_stream(claim.item.stream):
            await self._carry_out(claim)

    async def _carry_out(self, claim: Claim) -> None:
        try:
            effect = read_effect(claim.item)
            with carried_with(urgency_of(effect)):
                await self._carriers[type(effect)].carry(claim, effect)
            ended = Ended.DONE
            self._faults.pop(claim.item.key, None)
        except Throttled as throttled:
            ended = Ended.THROTTLED
            await self._put_off(claim, throttled.retry_after, str(throttled))
        except Unavailable as unavailable:
            ended = Ended.LATER
            await self._later(claim, unavailable.retry_after, str(unavailable))
        except OutcomeUnknown as unknown:
            # Whoever carries it looks whether it is there before it is sent again.
            ended = Ended.UNKNOWN
            await self._later(claim, timedelta(seconds=1), str(unknown))
        except Refused as refused:
            ended = Ended.REFUSED
            await self._refused(claim, refused, parked(claim))
        except Exception:  # noqa: BLE001 - the effect stays, and the log says why
            ended = Ended.FAULT
            _log.exception("delivery of %s failed", claim.item.key)
            await self._faulted(claim)
        finally:
            # Settling has woken the loop already, but where it waits for room or for the end.
            if self._stopping or len(self._held) >= _AT_ONCE:
                self._wake.set()
            if self._holds(claim):
                del self._held[claim.item.key]
        self.tally.count(claim.item.type, ended)

    async def _faulted(self, claim: Claim) -> None:
        """Try again; the fifth time people are told, and nobody waits behind it any longer."""
        faults = self._faults.pop(claim.item.key, 0) + 1
        if faults < _FAULTS:
            self._faults[claim.item.key] = faults
            await self._later(claim, timedelta(seconds=1), "a fault of Firewarden's own")
            return
        told = Refused("a fault of its own again and again; its log says more")
        if claim.item.lane:
            await self._refused(claim, told, parked(claim))
            return
        due = self._clock.now() + _LONGEST_DELAY
        again = Settlement(claim=claim, how=Settle.LATER, due=due, ref=unsure(claim))
        await self._refused(claim, told, again)

    async def _later(self, claim: Claim, delay: timedelta, why: str) -> None:
        """Try again, each time twice as late."""
        await self._put_off(
            claim, min(delay * 2 ** min(claim.attempts - 1, 10), _LONGEST_DELAY), why
        )

    async def _put_off(self, claim: Claim, wait: timedelta, why: str) -> None:
        _log.info("%s waits %.1f s: %s", claim.item.key, wait.total_seconds(), why)
        try:
            await self._settler.later(claim, wait)
        except Exception:  # noqa: BLE001 - this is what is done about every other fault
            _log.warning("%s stays claimed until its lease ends", claim.item.key, exc_info=True)

    async def _refused(self, claim: Claim, refused: Refused, settlement: Settlement) -> None:
        """Settle it, and in the same commit tell the incident's people in what still works."""
        _log.error("%s was refused for good: %s", claim.item.key, refused)
        try:
            if claim.item.stream is None or claim.item.stream.kind != "incident":
                await self._journal.commit([Commit(settlement=settlement)])
                return
            effect = read_effect(claim.item)
            intent = DeliveryRefused(
                by=FIREWARDEN,
                what=claim.item.type,
                where=claim.item.key,
                why=Untrusted(str(refused)),
                seq=effect.seq if isinstance(effect, Post) else 0,
            )
            await self._desk.submit(claim.item.stream.id, intent, Extra(settlement=settlement))
        except Exception:  # noqa: BLE001 - this is what is done about every other fault
            _log.warning("%s stays claimed until its lease ends", claim.item.key, exc_info=True)
