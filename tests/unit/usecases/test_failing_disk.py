"""A journal that fails for a moment: whoever waits hears of it, and everything else goes on."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import pytest

from bot.adapters.memory.journal import MemoryJournal
from bot.domain.alerts import Alert, AlertStatus
from bot.domain.events import CardKind, Status
from bot.domain.intents import AddNote
from bot.errors import FirewardenError, OutcomeUnknown, Unavailable
from bot.ports import (
    Claim,
    Commit,
    CommitOutcome,
    History,
    RequirementFailed,
    Settle,
    Unfrozen,
)
from bot.records.outbox import EffectKind
from bot.records.rows import FreezeRow, IncidentRow, Row, Scalar
from bot.requests import AlertsReceived, ReplyTone
from bot.usecases.archive import Archive
from bot.usecases.delivering.carrier import IncidentDesk
from bot.usecases.delivery import LEASE
from bot.usecases.desk import Desk
from bot.usecases.nouns import IncidentNoun
from bot.values import StreamRef, Untrusted
from tests.support.clock import CountedIds, MovedClock
from tests.support.world import World, sender

R = TypeVar("R", bound=Row)

UNKNOWN = OutcomeUnknown("the disk failed during a commit")
LOCKED = Unavailable("the journal is locked by another writer")


class FailingJournal(MemoryJournal):
    """Fails as often as it is told to, each call by its name; then it works again."""

    def __init__(self) -> None:
        super().__init__(ids=CountedIds())
        self.faults: dict[str, list[FirewardenError]] = {}
        self.met: list[RequirementFailed] = []
        self.after_load: Callable[[], Awaitable[object]] | None = None
        self.held: asyncio.Event | None = None
        self.reached = asyncio.Event()

    async def commit(self, commits: Sequence[Commit]) -> Sequence[CommitOutcome]:
        if self.held is not None:
            self.reached.set()
            await self.held.wait()
        if self.met and any(commit.records for commit in commits):
            return [self.met.pop() for _ in commits]
        settles = [c.settlement for c in commits if c.settlement is not None]
        if settles and any(one.how is not Settle.HELD for one in settles):
            self._fail("settle")
        return await super().commit(commits)

    async def claim(
        self, owner: str, now: datetime, lease: timedelta, kinds: Sequence[EffectKind], limit: int
    ) -> Sequence[Claim]:
        self._fail("claim")
        return await super().claim(owner, now, lease, kinds, limit)

    async def extend(self, claims: Sequence[Claim], until: datetime) -> Sequence[Claim]:
        self._fail("extend")
        return await super().extend(claims, until)

    async def next_due(self) -> datetime | None:
        self._fail("next_due")
        return await super().next_due()

    async def rows(self, kind: type[R], **equal: Scalar) -> Sequence[R]:
        if kind is FreezeRow:
            self._fail("rows")
        return await super().rows(kind, **equal)

    async def load(self, stream: StreamRef, after: int = 0) -> History:
        history = await super().load(stream, after)
        then, self.after_load = self.after_load, None
        if then is not None:
            await then()
        return history

    def _fail(self, call: str) -> None:
        if self.faults.get(call):
            raise self.faults[call].pop()


@pytest.mark.parametrize("fault", [UNKNOWN, LOCKED])
@pytest.mark.parametrize("call", ["claim", "extend", "next_due", "settle"])
async def test_delivery_outlives_a_journal_that_fails(call: str, fault: FirewardenError) -> None:
    journal = FailingJournal()
    async with World(journal=journal) as world:
        journal.faults = {call: [fault] * 3}
        await world.say("commander", "/incident declare sev3 checkout is down")
        for _ in range(12):
            await world.move(LEASE / 3)
        assert journal.faults == {call: []} or call == "extend"
        assert "console" in (await world.incident()).rooms


async def test_whoever_met_a_freeze_that_cannot_be_read_hears_that_nothing_was_recorded() -> None:
    journal = FailingJournal()
    async with World(journal=journal) as world:
        await world.say("commander", "/incident declare sev3 checkout is down")
        room = await world.room()
        journal.met = [RequirementFailed(Unfrozen(("checkout",)))]
        journal.faults = {"rows": [LOCKED]}
        first = await world.say("commander", "/incident note the pool is full", at=room)
        second = await world.say("commander", "/incident note the pool is full", at=room)
        assert (first.tone, second.tone) == (ReplyTone.NOT_RECORDED, ReplyTone.DONE)
        assert (await world.events(await world.incident())).count("NoteAdded") == 1


async def test_a_caller_hears_it_where_the_desk_ends_in_the_middle_of_a_commit() -> None:
    journal = FailingJournal()
    async with World(journal=journal) as world:
        await world.say("commander", "/incident declare sev3 checkout is down")
        await world.settled()
        ident = (await world.incident()).id
        made: asyncio.Future[IncidentDesk] = asyncio.get_running_loop().create_future()

        async def owning() -> None:
            async with asyncio.TaskGroup() as tasks:
                made.set_result(
                    Desk(
                        noun=IncidentNoun(),
                        journal=journal,
                        clock=MovedClock(),
                        ids=CountedIds(),
                        policy=lambda: world.current.policy,
                        archive=Archive(journal=journal, key=b"a key for the chain"),
                        tasks=tasks,
                    )
                )
                await asyncio.Event().wait()

        owner = asyncio.ensure_future(owning())
        desk = await made
        journal.held = asyncio.Event()
        by = await world.identity.actor(sender("commander"))
        note = AddNote(by=by, text=Untrusted("x"))
        asking = asyncio.ensure_future(desk.submit(ident, note))
        await journal.reached.wait()
        owner.cancel()
        await asyncio.wait([owner])
        journal.held.set()
        with pytest.raises(OutcomeUnknown):
            await asyncio.wait_for(asking, 1)


async def test_an_alert_that_meets_its_incident_closing_opens_a_new_one() -> None:
    journal = FailingJournal()
    async with World(journal=journal) as world:
        await world.alert(fired())
        room = await world.room()
        await world.say("commander", "/incident resolve mended", at=room)
        (asked,) = [
            one
            for one in (await world.incident()).open_cards
            if one.card.kind is CardKind.CHECKLIST
        ]
        await world.press("commander", asked.card.card, "resolve", reason="we tested it")
        assert (await world.incident()).status is Status.RESOLVED

        async def close() -> None:
            line = "/incident close override=tested"
            reply = await world.say("commander", line, at=room)
            assert reply.text == "INC-2026-1121-001 is closed."

        journal.after_load = close
        await world.alert(fired())
        await world.move(timedelta(minutes=1))
        rows = await journal.rows(IncidentRow)
        assert sorted(row.status for row in rows) == ["closed", "investigating"]


def fired() -> AlertsReceived:
    alert = Alert(
        source="alertmanager",
        fingerprint="f1",
        status=AlertStatus.FIRING,
        starts_at=datetime.fromisoformat("2026-11-21T10:41:00+00:00"),
        labels={"alertname": "CheckoutSlow", "service": "checkout"},
        summary=Untrusted("checkout is slow"),
        description=Untrusted(""),
        link="",
        annotations={},
    )
    return AlertsReceived(source="alertmanager", alerts=(alert,))


async def test_whoever_gave_up_leaves_no_error_behind_that_nobody_reads() -> None:
    journal = FailingJournal()
    complaints: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, about: complaints.append(str(about["message"])))
    async with World(journal=journal) as world:
        await world.say("commander", "/incident declare sev3 checkout is down")
        await world.settled()
        incident = await world.incident()
        journal.held = asyncio.Event()
        by = await world.identity.actor(sender("commander"))
        note = AddNote(by=by, text=Untrusted("x"))
        asking = asyncio.ensure_future(world.incidents.submit(incident.id, note))
        await journal.reached.wait()
        asking.cancel()
        await asyncio.wait([asking])
        journal.held.set()
        del asking
        gc.collect()
        assert complaints == []
