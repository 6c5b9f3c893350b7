"""What every pager promises, on a direct message and on a signed webhook alike."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.adapters.memory.chat import MemoryChat
from bot.adapters.webhook import WebhookPager
from bot.errors import Refused, Unavailable
from bot.ports import PagePacket, Pager
from bot.usecases.chat_pager import ChatPager
from bot.values import PersonId
from cards.model import message
from tests.support.clock import MovedClock
from tests.support.receiver import Receiver, receiver
from tests.support.slack.bench import people_in
from tests.support.slack.server import slack
from tests.support.telegram import bench as telegram_bench
from tests.support.telegram.server import telegram

ALICE, NOBODY = PersonId("alice"), PersonId("nobody")
SECRET = "a-signing-secret"


@dataclass(frozen=True, slots=True)
class Paged:
    """A pager, Alice's address there, and how many pages have reached her."""

    pager: Pager
    address: str
    arrived: Callable[[], int]


def packet(key: str = "page-1") -> PagePacket:
    return PagePacket(
        key=key,
        incident="i1",
        number="INC-2026-1121-001",
        reason="a disk is full",
        card=message("a disk is full"),
        body=b'{"reason":"a disk is full"}',
    )


@pytest.fixture(params=["console", "slack", "telegram", "webhook"])
async def paged(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Paged]:
    if request.param == "console":
        chat = MemoryChat(people=frozenset({ALICE}))
        yield Paged(ChatPager(chat), "", lambda: len(chat.cards["direct:alice"]))
        return
    if request.param == "slack":
        async with slack() as team, people_in(team) as platform:
            yield Paged(ChatPager(platform), "", lambda: len(team.of.channels["DU1"].seen()))
        return
    if request.param == "telegram":
        async with telegram() as there, telegram_bench.people_in(there, tmp_path) as group:
            yield Paged(ChatPager(group), "", lambda: len(there.seen(1)))
        return
    async with receiver() as hook:
        pager = WebhookPager(secret=SECRET, clock=MovedClock())
        yield Paged(
            pager,
            hook.url,
            lambda: len({headers["Firewarden-Delivery"] for headers, _ in hook.received}),
        )


async def test_a_page_reaches_the_person(paged: Paged) -> None:
    await paged.pager.page(ALICE, paged.address, packet())
    assert paged.arrived() == 1


async def test_the_same_page_again_is_known_by_its_key(paged: Paged) -> None:
    await paged.pager.page(ALICE, paged.address, packet())
    await paged.pager.page(ALICE, paged.address, packet())
    assert paged.arrived() == 1


async def test_another_page_is_another_one(paged: Paged) -> None:
    await paged.pager.page(ALICE, paged.address, packet("page-1"))
    await paged.pager.page(ALICE, paged.address, packet("page-2"))
    assert paged.arrived() == 2


async def test_somebody_who_cannot_be_reached_is_refused(paged: Paged) -> None:
    with pytest.raises(Refused):
        await paged.pager.page(NOBODY, "", packet())


@pytest.fixture
async def hook() -> AsyncIterator[Receiver]:
    async with receiver() as kept:
        yield kept


async def test_a_webhook_is_signed_over_the_time_and_exactly_its_bytes(hook: Receiver) -> None:
    clock = MovedClock()
    await WebhookPager(secret=SECRET, clock=clock).page(ALICE, hook.url, packet())

    headers, body = hook.received[0]
    stamp = str(int(clock.now().timestamp()))
    signed = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["Firewarden-Signature"] == f"t={stamp},v1={signed}"


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429])
async def test_a_webhook_that_is_busy_or_broken_is_tried_again_later(
    hook: Receiver, status: int
) -> None:
    hook.status = status
    with pytest.raises(Unavailable):
        await WebhookPager(secret=SECRET, clock=MovedClock()).page(ALICE, hook.url, packet())


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
async def test_a_webhook_that_says_no_is_not_asked_again(hook: Receiver, status: int) -> None:
    hook.status = status
    with pytest.raises(Refused):
        await WebhookPager(secret=SECRET, clock=MovedClock()).page(ALICE, hook.url, packet())


async def test_a_redirect_is_not_followed(hook: Receiver) -> None:
    hook.status, hook.headers = 302, {"Location": f"{hook.url}/elsewhere"}
    with pytest.raises(Refused):
        await WebhookPager(secret=SECRET, clock=MovedClock()).page(ALICE, hook.url, packet())
    assert len(hook.received) == 1


async def test_nothing_goes_out_unsigned(hook: Receiver) -> None:
    with pytest.raises(Refused):
        await WebhookPager(secret="", clock=MovedClock()).page(ALICE, hook.url, packet())
    assert hook.received == []


async def test_no_secret_is_in_an_error() -> None:
    with pytest.raises(Unavailable) as caught:
        await WebhookPager(secret=SECRET, clock=MovedClock()).page(
            ALICE, "http://127.0.0.1:1/hook?token=s3cret-in-the-url", packet()
        )
    assert "s3cret" not in str(caught.value)
    assert SECRET not in str(caught.value)
