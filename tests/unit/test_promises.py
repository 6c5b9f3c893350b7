"""Each promise that follows from the streams alone, on a true history and on a wrong one."""

from datetime import UTC, datetime, timedelta

from bot.domain.events import (
    CardAsked,
    CardDecided,
    CardExpired,
    CardKind,
    Ending,
    Envelope,
    Event,
    OutcomeKind,
    ResolvedRule,
    RoomOpened,
    RunEnded,
    RunReopened,
)
from bot.values import CardId, ConversationRef, PersonId, RunId, StreamRef, Untrusted
from tests.support.promises import (
    cards_end_once,
    no_card_is_decided_late,
    rooms_open_once,
    runs_end,
)

START = datetime(2026, 11, 21, 10, 42, tzinfo=UTC)
CARD, RUN, NOTHING = CardId("c1"), RunId("r1"), Untrusted("")
HOUR = timedelta(hours=1)

ASKED = CardAsked(
    card=CARD,
    number=1,
    kind=CardKind.CHANGE,
    title=NOTHING,
    options=(),
    rule=ResolvedRule(names=(), quorums=(), excluded=(), practice=False),
    expires_at=START + HOUR,
    remind_at=None,
)
REOPENED = RunReopened(run=RUN)
ENDED = RunEnded(run=RUN, ending=Ending.DONE, because=NOTHING, commands_ran=1)
OPENED = RoomOpened(room=ConversationRef(platform="console", id="room-1"))


def decided(outcome: OutcomeKind = OutcomeKind.ACT) -> CardDecided:
    people = (PersonId("bob"),)
    return CardDecided(card=CARD, option="approve", outcome=outcome, by=people, reason=NOTHING)


def told(*events: Event, after: timedelta = timedelta()) -> list[Envelope]:
    """Tell events of one incident, all of them so long after the start."""
    stream = StreamRef(kind="incident", id="i1")
    return [
        Envelope(stream=stream, seq=seq, at=START + after, event=event)
        for seq, event in enumerate(events, start=1)
    ]


def test_a_card_that_ends_twice_is_named() -> None:
    once = told(ASKED, decided())
    assert list(cards_end_once(once)) == []
    assert list(cards_end_once([*once, *told(CardExpired(card=CARD))])) == ["card c1 ended 2 times"]


def test_a_yes_after_the_end_of_its_card_is_named_and_a_no_is_not() -> None:
    asked = told(ASKED)
    late = timedelta(hours=1, seconds=1)
    assert list(no_card_is_decided_late([*asked, *told(decided(), after=HOUR)])) == []
    refused = told(decided(OutcomeKind.DECLINE), after=late)
    assert list(no_card_is_decided_late([*asked, *refused])) == []
    assert list(no_card_is_decided_late([*asked, *told(decided(), after=late)])) == [
        "card c1 was decided 0:00:01 after its end"
    ]


def test_a_run_that_was_reopened_must_end_again() -> None:
    assert list(runs_end(told(REOPENED, ENDED))) == []
    assert list(runs_end(told(ENDED, REOPENED))) == ["run r1 never ended"]


def test_a_second_room_on_one_platform_is_named() -> None:
    elsewhere = RoomOpened(room=ConversationRef(platform="slack", id="C1"))
    assert list(rooms_open_once(told(OPENED, elsewhere))) == []
    assert list(rooms_open_once(told(OPENED, OPENED))) == ["i1 has 2 rooms on console"]
