"""HTTP checks: inventory addresses only, no redirects, capped."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.adapters.probe import HttpProbe
from bot.errors import Refused, Unavailable
from tests.support.receiver import Receiver, receiver

SOON = timedelta(seconds=5)


@pytest.fixture
async def service() -> AsyncIterator[Receiver]:
    async with receiver() as kept:
        yield kept


async def test_status_and_body_come_back_whatever_the_status(service: Receiver) -> None:
    service.status, service.body = 503, '{"status":"down"}'
    result = await HttpProbe(lambda: frozenset({service.url})).get(service.url, SOON)
    assert (result.status, result.body) == (503, '{"status":"down"}')


async def test_an_address_that_the_inventory_does_not_name_is_never_asked(
    service: Receiver,
) -> None:
    with pytest.raises(Refused):
        await HttpProbe(lambda: frozenset({"http://other/"})).get(service.url, SOON)
    assert service.received == []


async def test_a_redirect_is_an_answer_and_is_not_followed(service: Receiver) -> None:
    service.status, service.headers = 302, {"Location": "http://127.0.0.1:1/"}
    result = await HttpProbe(lambda: frozenset({service.url})).get(service.url, SOON)
    assert result.status == 302
    assert len(service.received) == 1


async def test_a_long_body_is_capped_at_64_kib(service: Receiver) -> None:
    service.body = "x" * 200_000
    result = await HttpProbe(lambda: frozenset({service.url})).get(service.url, SOON)
    assert len(result.body) == 65_536


async def test_nobody_listening_is_unavailable() -> None:
    url = "http://127.0.0.1:1/health"
    with pytest.raises(Unavailable):
        await HttpProbe(lambda: frozenset({url})).get(url, SOON)
