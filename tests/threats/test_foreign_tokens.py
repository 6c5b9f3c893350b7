"""A token of one source opens no other, nor the API; one that was replaced opens nothing."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp
import pytest

from bot.app.serving import serving
from bot.config import load_settings

GENERIC = {"status": "firing", "dedup_key": "k", "title": "Checkout is slow"}
ALERTMANAGER = {"version": "4", "truncatedAlerts": 0, "alerts": []}

NEARLY: tuple[Mapping[str, str], ...] = (
    {},
    {"Authorization": ""},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer "},
    {"Authorization": "of-generic-now"},
    {"Authorization": "Basic of-generic-now"},
    {"Authorization": "Bearer of-generic-no"},
    {"Authorization": "Bearer of-generic-now2"},
    {"Authorization": "Bearer OF-GENERIC-NOW"},
    {"Authorization": "Bearer of-generic-now, Bearer x"},
    {"X-Authorization": "Bearer of-generic-now"},
    {"Cookie": "Authorization=Bearer of-generic-now"},
)


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[str, aiohttp.ClientSession]]:
    env = tmp_path / "env"
    env.write_text(
        f"FIREWARDEN_LISTEN=127.0.0.1:0\nFIREWARDEN_DATA={tmp_path / 'data'}\n"
        "FIREWARDEN_ALERT_TOKEN_GENERIC=of-generic-now\n"
        "FIREWARDEN_ALERT_TOKEN_ALERTMANAGER=of-alertmanager,of-alertmanager-next\n"
    )
    async with aiohttp.ClientSession() as session, serving(load_settings(env)) as (_, running):
        yield running.ingest, session


async def sent(
    served: tuple[str, aiohttp.ClientSession], source: str, headers: Mapping[str, str]
) -> int:
    address, session = served
    body = ALERTMANAGER if source == "alertmanager" else GENERIC
    url = f"http://{address}/alerts/{source}"
    async with session.post(url, json=body, headers=headers) as got:
        return got.status


async def test_each_source_takes_its_own_tokens_and_no_others(
    served: tuple[str, aiohttp.ClientSession],
) -> None:
    tokens = ("of-generic-now", "of-alertmanager", "of-alertmanager-next", "of-generic-before")
    taken = {
        (source, token): await sent(served, source, {"Authorization": f"Bearer {token}"})
        for source in ("generic", "alertmanager", "drill")
        for token in tokens
    }
    assert {key for key, status in taken.items() if status != 401} == {
        ("generic", "of-generic-now"),
        ("alertmanager", "of-alertmanager"),
        ("alertmanager", "of-alertmanager-next"),
    }


async def test_a_token_that_is_not_quite_right_is_refused(
    served: tuple[str, aiohttp.ClientSession],
) -> None:
    for headers in NEARLY:
        assert await sent(served, "generic", headers) == 401, headers


async def test_a_token_of_a_source_opens_nothing_of_the_api(
    served: tuple[str, aiohttp.ClientSession],
) -> None:
    address, session = served
    asked = {"Authorization": "Bearer of-generic-now"}
    for path in ("/api/incidents", "/api/cards"):
        async with session.get(f"http://{address}{path}", headers=asked) as got:
            assert got.status == 401
