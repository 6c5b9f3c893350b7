"""Fifty people answer two copies of one card at once, through two processes' desks on one file."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.adapters.clock import SystemIds
from bot.adapters.sqlite.journal import SqliteJournal
from bot.domain.actor import Actor
from bot.domain.decided import Refusal
from bot.domain.events import CardDecided, CardKind, Envelope, IncidentDeclared, VoteCast
from bot.domain.intents import Answer
from bot.domain.policy import Group
from bot.domain.state import Incident
from bot.ports import Commit, Committed
from bot.records.chain import EMPTY
from bot.records.projection import incident_rows
from bot.usecases.archive import Archive
from bot.usecases.deciding import Done, Result
from bot.usecases.delivering.carrier import IncidentDesk
from bot.usecases.desk import Desk
from bot.usecases.nouns import IncidentNoun
from bot.values import CardId, IncidentId, PersonId, Severity, StreamRef
from tests.support.clock import MovedClock
from tests.unit.domain.disk import DISK_FULL, asked
from tests.unit.domain.people import actor
from tests.unit.domain.policy import POLICY
from tests.unit.domain.story import Story

ROUNDS = 200
PEOPLE = tuple(actor(PersonId(f"p{n}"), Group.APPROVER, Group.RESPONDER) for n in range(50))
KEY = b"a key for the chain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one process has: its own connection to the file, and its own desk."""

    journal: SqliteJournal
    desk: IncidentDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicked:
    """One click and what the person was told."""

    who: Actor
    option: str
    told: str


@pytest.fixture
async def sides(tmp_path: Path) -> AsyncIterator[tuple[Side, Side]]:
    ids, clock = SystemIds(), MovedClock(Story().now)
    async with asyncio.TaskGroup() as tasks:
        both = []
        for _ in range(2):
            journal = SqliteJournal.open(tmp_path / "journal.sqlite3", ids=ids)
            desk: IncidentDesk = Desk(
                noun=IncidentNoun(),
                journal=journal,
                clock=clock,
                ids=ids,
                policy=lambda: POLICY,
                archive=Archive(journal=journal, key=KEY),
                tasks=tasks,
            )
            both.append(Side(journal=journal, desk=desk))
        yield both[0], both[1]
        for side in both:
            await side.journal.close()


@pytest.mark.parametrize(
    ("severity", "yeses"), [(Severity.SEV3, 1), (Severity.SEV1, 2)], ids=["one yes", "two yeses"]
)
async def test_there_is_one_decision_and_everybody_hears_the_truth(
    sides: tuple[Side, Side], severity: Severity, yeses: int
) -> None:
    question = _question(severity)
    for number in range(ROUNDS // 2):
        ident, card = await _put(sides[0].journal, question, number)
        clicks = await _fifty_clicks(sides, ident, card, random.Random(number))
        decided = await _settled(sides, ident, card)
        _told_the_truth(clicks, decided, yeses)


async def _fifty_clicks(
    sides: Sequence[Side], ident: str, card: CardId, luck: random.Random
) -> list[Clicked]:
    """Click in an order, on sides and at turns of the loop that the round's number decides."""

    async def click(who: Actor) -> Clicked:
        option, side = luck.choice(("approve", "reject")), luck.choice(sides)
        for _ in range(luck.choice((0, 0, 1, 5, 50))):
            await asyncio.sleep(0)
        answer = Answer(by=who, card=card, option=option, document_now=DISK_FULL)
        return Clicked(who=who, option=option, told=_words(await side.desk.submit(ident, answer)))

    people = luck.sample(PEOPLE, len(PEOPLE))
    return list(await asyncio.gather(*(click(who) for who in people)))


def _told_the_truth(clicks: Sequence[Clicked], decided: CardDecided, yeses: int) -> None:
    label = decided.option.capitalize()
    late = (
        f"Card 1 was already decided at 03:00 UTC: {label} by {', '.join(decided.by)}. "
        "Nothing changed."
    )
    told = [click.told for click in clicks]
    recorded = [click for click in clicks if click.told == f"Recorded: {label}."]
    counted = [click for click in clicks if click.told.startswith("Your vote for “Approve” counts")]
    assert len(recorded) == 1
    assert recorded[0].option == decided.option
    assert recorded[0].who.person in decided.by
    assert len(counted) <= yeses - 1
    assert len(decided.by) == (yeses if decided.option == "approve" else 1)
    assert told.count(late) == len(clicks) - 1 - len(counted)


async def _settled(sides: Sequence[Side], ident: str, card: CardId) -> CardDecided:
    """Return the one decision, which both sides see."""
    archive = Archive(journal=sides[0].journal, key=KEY)
    history = await sides[1].journal.load(StreamRef(kind="incident", id=ident))
    events = [envelope.event for envelope in await archive.events(history.records)]
    (decided,) = (event for event in events if isinstance(event, CardDecided))
    assert archive.first_broken(history.records) is None
    assert len({e.person for e in events if isinstance(e, VoteCast)}) >= len(decided.by)
    states = [await side.desk.state(ident) for side in sides]
    assert [state.cards[card].decided for state in states] == [decided, decided]
    return decided


def _question(severity: Severity) -> Story:
    story = Story().declared(severity)
    asked(story)
    return story


async def _put(journal: SqliteJournal, story: Story, number: int) -> tuple[str, CardId]:
    """Write the story's incident under an id of its own."""
    ident = f"round-{number}"
    stream = StreamRef(kind="incident", id=ident)
    history = [_renamed(envelope, stream, number) for envelope in story.history]
    records, _ = await Archive(journal=journal, key=KEY).seal(stream, EMPTY, history, "chance")
    after = replace(
        story.incident, id=IncidentId(ident), number=f"INC-2026-1121-{number:03}", cards={}, runs={}
    )
    rows = incident_rows(Incident(id=IncidentId(ident)), after, ())
    commit = Commit(stream=stream, expected=EMPTY, records=records, rows=rows)
    assert await journal.commit([commit]) == [Committed()]
    return ident, story.card(CardKind.CHANGE).card.card


def _renamed(envelope: Envelope, stream: StreamRef, number: int) -> Envelope:
    event = envelope.event
    if isinstance(event, IncidentDeclared):
        event = replace(event, number=f"INC-2026-1121-{number:03}")
    return replace(envelope, stream=stream, event=event)


def _words(result: Result) -> str:
    match result:
        case Done(answer=answer):
            return answer
        case Refusal(reason=reason):
            return reason
        case _:
            raise AssertionError(result)
