"""What is answered while the rest is still being put together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.adapters.http.entrance import Entrance, Intake, Listening
from bot.adapters.http.listening import Listen
from bot.adapters.http.raw import RawRequest, RawResponse, text
from bot.adapters.http.routes import Caller, Route
from bot.adapters.http.server import HttpServer, Limits, Site
from bot.errors import OperatorMistake
from bot.requests import AlertsReceived
from tests.unit.console.world import Healthy
from tests.unit.http.doubles import CountingIds, LineSource, RememberingDispatch, StillClock
from tests.unit.http.serving import say

ALERT = "POST /alerts/line HTTP/1.1\nAuthorization: Bearer s3cret\n\nok"


async def page(_: RawRequest) -> RawResponse:
    return text(200, "the page")


PAGE = Route(method="GET", pattern="/page", endpoint=page, caller=Caller.MACHINE)
HOOK = Route(method="GET", pattern="/hook", endpoint=page, caller=Caller.MACHINE)


@asynccontextmanager
async def entrance(
    dispatch: RememberingDispatch, *, apart: bool = False
) -> AsyncIterator[Entrance]:
    loopback = Listen(host="127.0.0.1", port=0)
    opened = Entrance(
        listening=Listening(console=loopback, ingest=loopback if apart else None),
        intake=Intake(sources={"line": LineSource()}, secrets={"line": ("s3cret",)}),
        alerts=dispatch,
        health=Healthy(),
        clock=StillClock(),
        ids=CountingIds(),
    )
    await opened.start()
    try:
        yield opened
    finally:
        await opened.stop()


async def test_alerts_are_taken_before_any_page_is_there() -> None:
    dispatch = RememberingDispatch()
    async with entrance(dispatch) as opened:
        status, _, _ = await say(opened.ingest_address, ALERT)
    assert status == 202
    assert dispatch.bodies == [AlertsReceived(source="line", alerts=())]


async def test_who_asks_for_a_page_too_early_gets_it_as_soon_as_it_is_there() -> None:
    async with entrance(RememberingDispatch()) as opened:
        asked = asyncio.create_task(say(opened.console_address, "GET /page HTTP/1.1"))
        # Its turn has come once an alert that was sent after it is answered.
        await say(opened.ingest_address, ALERT)
        assert not asked.done()
        opened.complete(people=[PAGE])
        status, _, body = await asked
    assert (status, body) == (200, "the page\n")


async def test_what_nobody_brings_is_absent_once_all_is_there() -> None:
    async with entrance(RememberingDispatch()) as opened:
        opened.complete(people=[PAGE])
        status, _, _ = await say(opened.console_address, "GET /nowhere HTTP/1.1")
    assert status == 404


async def test_a_page_that_takes_too_long_is_asked_for_again() -> None:
    site = Site(listen=Listen(host="127.0.0.1", port=0), setting="LISTEN", routes=())
    impatient = Limits(starting=0.0)
    server = HttpServer([site], ids=CountingIds(), limits=impatient, more_to_come=True)
    await server.start()
    try:
        status, headers, body = await say(server.addresses[0], "GET /page HTTP/1.1")
    finally:
        await server.stop()
    assert (status, headers["retry-after"]) == (503, "1")
    assert body == "Firewarden is starting.\n"


async def test_people_and_machines_apart_get_their_own_routes_alone() -> None:
    async with entrance(RememberingDispatch(), apart=True) as opened:
        opened.complete(people=[PAGE], machines=[HOOK])
        people, machines = opened.console_address, opened.ingest_address
        got = {
            (where, path): (await say(address, f"GET {path} HTTP/1.1"))[0]
            for where, address in (("people", people), ("machines", machines))
            for path in ("/page", "/hook", "/healthz")
        }
    assert got == {
        ("people", "/page"): 200,
        ("people", "/hook"): 404,
        ("people", "/healthz"): 404,
        ("machines", "/page"): 404,
        ("machines", "/hook"): 200,
        ("machines", "/healthz"): 200,
    }


def test_people_are_not_let_in_from_anywhere_but_this_machine() -> None:
    with pytest.raises(OperatorMistake, match="only listen on loopback"):
        Entrance(
            listening=Listening(console=Listen(host="0.0.0.0", port=0)),
            intake=Intake(sources={}, secrets={}),
            alerts=RememberingDispatch(),
            health=Healthy(),
            clock=StillClock(),
            ids=CountingIds(),
        )
