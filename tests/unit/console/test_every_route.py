"""No route without a guard: each is tried by a stranger and from a foreign page."""

import pytest

from bot.adapters.http.routes import Caller, Route
from tests.unit.console.scenery import set_the_scene
from tests.unit.console.world import World
from tests.unit.http.serving import say

PUBLIC = {
    ("GET", "/"): 200,
    ("GET", "/sign-in/{link}"): 410,
    ("POST", "/sign-in/{link}"): 410,
    ("POST", "/s/{seat}/sign-out"): 303,
    ("GET", "/static/{release}/{name}"): 404,
    ("GET", "/s/{seat}"): 303,
    ("GET", "/s/{seat}/live"): 204,
    ("GET", "/api/openapi.json"): 200,
    ("POST", "/alerts/{source}"): 401,
    ("GET", "/healthz"): 200,
    ("GET", "/readyz"): 200,
    ("GET", "/metrics"): 200,
}
"""What a stranger gets where it is not a plain 401."""


def routes_of(console: World) -> tuple[Route, ...]:
    assert console.entrance is not None
    return console.entrance.routes


def path_of(route: Route) -> str:
    filled = route.pattern.replace("{seat}", "commander").replace("{conversation}", "room:x")
    for name in (
        "link",
        "release",
        "name",
        "card",
        "number",
        "channel",
        "position",
        "id",
        "source",
    ):
        filled = filled.replace(f"{{{name}}}", "1")
    assert "{" not in filled
    return filled


async def test_a_stranger_gets_nothing_from_any_route(console: World) -> None:
    await set_the_scene(console)
    got = {}
    for route in routes_of(console):
        ours = f"Origin: http://{console.address}\nSec-Fetch-Site: same-origin"
        ours += "\nContent-Type: application/x-www-form-urlencoded"
        status, _, body = await say(
            console.address, f"{route.method} {path_of(route)} HTTP/1.1\n{ours}"
        )
        got[route.method, route.pattern] = status
        assert "practice-1" not in body
        assert "INC-" not in body
    assert {key: status for key, status in got.items() if status != 401} == {
        key: status for key, status in PUBLIC.items() if status != 401
    }
    assert console.dispatch.requests == []
    assert console.dispatch.bodies == []


@pytest.mark.parametrize("origin", ["null", "http://evil.example", "https://127.0.0.1"])
async def test_a_foreign_page_reaches_no_route_that_changes_something_or_streams(
    console: World, origin: str
) -> None:
    for route in routes_of(console):
        if route.method == "GET" and not route.streams:
            continue
        status, _, _ = await say(
            console.address, f"{route.method} {path_of(route)} HTTP/1.1\nOrigin: {origin}"
        )
        assert status == 403, route.pattern


async def test_a_page_that_says_nothing_of_its_origin_reaches_no_route_of_browsers(
    console: World,
) -> None:
    for route in routes_of(console):
        if route.caller is Caller.BROWSER and (route.method == "POST" or route.streams):
            status, _, _ = await say(console.address, f"{route.method} {path_of(route)} HTTP/1.1")
            assert status == 403, route.pattern
