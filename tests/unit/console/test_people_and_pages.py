"""The console as a source of standings, and as a way to wake somebody."""

import pytest

from bot.adapters.console.people import ConsolePeople
from bot.adapters.memory.chat import MemoryChat
from bot.errors import Refused
from bot.ports import PagePacket, StandingAnswer, StandingKind
from bot.usecases.chat_pager import ChatPager
from bot.values import PersonId
from cards.model import message
from tests.unit.http.doubles import NOON, StillClock

ALICE = PersonId("alice")
PACKET = PagePacket(
    key="page:1",
    incident="i1",
    number="INC-2026-1121-001",
    reason="nobody commands",
    card=message("wake up"),
    body=b"{}",
)


async def stands(seat: str) -> bool:
    return seat == "commander"


@pytest.mark.parametrize(
    ("platform", "account", "kind"),
    [
        ("console", "commander", StandingKind.ACTIVE),
        ("console", "revoked", StandingKind.DEACTIVATED),
        ("slack", "commander", StandingKind.UNKNOWN),
    ],
)
async def test_a_standing_is_what_the_seat_says_now(
    platform: str, account: str, kind: StandingKind
) -> None:
    people = ConsolePeople(clock=StillClock(), stands=stands)
    answer = await people.standing(platform, account)
    assert answer == StandingAnswer(kind=kind, checked_at=NOON)


async def test_a_page_is_a_direct_message_that_comes_once() -> None:
    chat = MemoryChat(people=frozenset({ALICE}))
    pager = ChatPager(chat)
    first = await pager.page(ALICE, "", PACKET)
    assert await pager.page(ALICE, "", PACKET) == first
    assert list(chat.cards["direct:alice"].values()) == [message("wake up")]


async def test_somebody_without_a_seat_cannot_be_paged_here() -> None:
    pager = ChatPager(MemoryChat(people=frozenset()))
    with pytest.raises(Refused):
        await pager.page(ALICE, "", PACKET)
