"""The one way in: known requests, errors, and the truth about what was recorded."""

import asyncio
import logging
from collections.abc import Sequence

import pytest

from bot.adapters.memory.journal import MemoryJournal
from bot.errors import OutcomeUnknown, Unavailable
from bot.ports import Commit, CommitOutcome
from bot.records.rows import IncidentRow
from bot.requests import ReplyTone, TimerFired
from bot.usecases import desk
from bot.usecases.seats import TokenKind
from bot.values import StreamRef
from tests.support.clock import CountedIds
from tests.support.team import TEAM
from tests.support.world import World


class FailingJournal(MemoryJournal):
    """A journal whose next commit of a request fails with `fault`."""

    fault: Exception | None = None

    async def commit(self, commits: Sequence[Commit]) -> Sequence[CommitOutcome]:
        if self.fault is not None and any(commit.request for commit in commits):
            raise self.fault
        return await super().commit(commits)


class SlowJournal(MemoryJournal):
    """A journal that holds requests back until `go`; `begun` decides whether they are withdrawn.

    As the contract says: cancelled before it began it is withdrawn; after, it happens.
    """

    begun = False

    def __init__(self) -> None:
        super().__init__(ids=CountedIds())
        self.go = asyncio.Event()
        self.held = asyncio.Event()

    async def commit(self, commits: Sequence[Commit]) -> Sequence[CommitOutcome]:
        if any(commit.request for commit in commits):
            self.held.set()
            if not self.begun:
                await self.go.wait()
                return await super().commit(commits)
            writing = asyncio.ensure_future(self._write_at_last(commits))
            try:
                return await asyncio.shield(writing)
            except asyncio.CancelledError:
                await writing
                raise
        return await super().commit(commits)

    async def _write_at_last(self, commits: Sequence[Commit]) -> Sequence[CommitOutcome]:
        await self.go.wait()
        return await super().commit(commits)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up at once, so that no test waits for real seconds."""
    monkeypatch.setattr("handlers.router.PATIENCE", desk.PATIENCE / 100)
    monkeypatch.setattr("bot.usecases.desk._CERTAINTY", 0.02)


async def test_a_known_request_gets_its_first_answer_and_does_nothing() -> None:
    async with World() as world:
        await world.say("commander", "/incident declare sev3 x")
        at = await world.room()
        first = await world.say("commander", "/incident note one", at=at, ident="r1")
        again = await world.say("commander", "/incident update two", at=at, ident="r1")
        notes = (await world.events(await world.incident())).count("NoteAdded")
        assert (first.text, again.text, notes) == ("On the timeline.", "On the timeline.", 1)


async def test_a_refusal_is_not_kept_so_that_it_can_be_tried_again() -> None:
    async with World() as world:
        await world.say("commander", "/incident declare sev3 x")
        at = await world.room()
        refused = await world.say("commander", "/incident done 1", at=at, ident="r1")
        await world.say("commander", "/incident action tidy up", at=at)
        again = await world.say("commander", "/incident done 1", at=at, ident="r1")
        assert [refused.tone, again.tone] == [ReplyTone.MISTAKE, ReplyTone.DONE]


async def test_a_journal_that_cannot_write_is_said_in_plain_words() -> None:
    journal = FailingJournal(ids=CountedIds())
    async with World(journal=journal) as world:
        journal.fault = Unavailable("the disk is full")
        reply = await world.say("commander", "/incident declare sev1 help")
        assert reply.tone is ReplyTone.NOT_RECORDED
        assert reply.text == (
            "This was NOT recorded: the disk is full. Nothing has happened; press or send it again."
        )


async def test_an_outcome_that_nobody_knows_is_not_called_unrecorded() -> None:
    journal = FailingJournal(ids=CountedIds())
    async with World(journal=journal) as world:
        journal.fault = OutcomeUnknown("the disk failed during a commit")
        reply = await world.say("commander", "/incident declare sev1 help")
        assert reply.text.startswith("It is not known whether this was recorded")


async def test_a_fault_of_our_own_is_logged_under_a_reference_that_the_person_sees(
    caplog: pytest.LogCaptureFixture,
) -> None:
    journal = FailingJournal(ids=CountedIds())
    async with World(journal=journal) as world:
        journal.fault = ZeroDivisionError("secret detail")
        with caplog.at_level(logging.ERROR):
            reply = await world.say("commander", "/incident declare sev1 help", ident="r9")
        (record,) = caplog.records
        reference = record.getMessage().removesuffix(")").rpartition(" ")[2]
        assert record.getMessage().startswith("request r9 failed (reference ")
        assert f"the reference {reference} in the log" in reply.text
        assert "secret detail" not in reply.text


@pytest.mark.usefixtures("impatient")
async def test_a_commit_that_takes_too_long_is_withdrawn_and_said_so() -> None:
    journal = SlowJournal()
    async with World(journal=journal) as world:
        reply = await world.say("commander", "/incident declare sev1 help")
        journal.go.set()
        await world.settled()
        assert reply.tone is ReplyTone.NOT_RECORDED
        assert list(await journal.rows(IncidentRow)) == []


@pytest.mark.usefixtures("impatient")
async def test_a_commit_that_could_not_be_withdrawn_is_answered_as_done() -> None:
    journal = SlowJournal()
    journal.begun = True
    async with World(journal=journal) as world:
        asking = asyncio.ensure_future(world.say("commander", "/incident declare sev1 help"))
        await journal.held.wait()
        asyncio.get_running_loop().call_later(0.02, journal.go.set)
        reply = await asking
        assert reply.tone is ReplyTone.DONE
        assert reply.text == "INC-2026-1121-001 is open at SEV1. You are its commander."


@pytest.mark.usefixtures("impatient")
async def test_a_commit_that_neither_ends_nor_yields_is_called_unknown() -> None:
    journal = SlowJournal()
    journal.begun = True
    async with World(journal=journal) as world:
        reply = await world.say("commander", "/incident declare sev1 help")
        journal.go.set()
        assert reply.text.startswith("It is not known whether this was recorded")


@pytest.mark.usefixtures("impatient")
async def test_giving_up_does_not_take_others_along() -> None:
    journal = SlowJournal()
    journal.go.set()
    async with World(journal=journal) as world:
        await world.say("commander", "/incident declare sev1 help")
        at = await world.room()
        journal.go.clear()
        given_up = asyncio.ensure_future(world.say("commander", "/incident note one", at=at))
        await journal.held.wait()
        assert (await given_up).tone is ReplyTone.NOT_RECORDED
        journal.go.set()
        reply = await world.say("approver", "/incident note two", at=at)
        assert reply.tone is ReplyTone.DONE
        events = await world.events(await world.incident())
        assert events.count("NoteAdded") == 1


async def test_a_timer_is_no_request_of_a_person() -> None:
    async with World() as world:
        timer = TimerFired(stream=StreamRef(kind="incident", id="x"), name="update")
        with pytest.raises(TypeError):
            await world.router.handle(timer)


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        (TokenKind.READ, "/incident declare sev1 x", "a token of kind `read` may not declare"),
        (TokenKind.OPERATE, "/incident unfreeze", "a token of kind `operate` may not unfreeze"),
    ],
)
async def test_a_token_does_what_its_kind_allows(kind: TokenKind, text: str, said: str) -> None:
    async with World(policy=TEAM) as world:
        reply = await world.token("bob", kind, text)
        assert (reply.tone, reply.text) == (ReplyTone.MISTAKE, said)
