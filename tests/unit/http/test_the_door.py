"""Which hosts and origins are let in, and what every response carries."""

import pytest

from bot.adapters.http.guard import Door
from bot.adapters.http.raw import RawRequest, RawResponse, text
from bot.adapters.http.routes import Caller, Route
from tests.unit.http.serving import say, serving


async def hello(_: RawRequest) -> RawResponse:
    return text(200, "hello")


async def broken(_: RawRequest) -> RawResponse:
    raise ZeroDivisionError


ROUTES = (
    Route(method="GET", pattern="/page", endpoint=hello, caller=Caller.BROWSER),
    Route(method="POST", pattern="/form", endpoint=hello, caller=Caller.BROWSER),
    Route(method="POST", pattern="/hook", endpoint=hello, caller=Caller.MACHINE),
    Route(method="GET", pattern="/live", endpoint=hello, caller=Caller.BROWSER, streams=True),
    Route(method="GET", pattern="/broken", endpoint=broken, caller=Caller.BROWSER),
    Route(
        method="GET", pattern="/seats/{seat}/rooms/{room}", endpoint=hello, caller=Caller.BROWSER
    ),
)


@pytest.mark.parametrize("origin", ["null", "http://evil.example", "http://127.0.0.1:1", ""])
@pytest.mark.parametrize("target", ["POST /form", "POST /hook", "GET /live"])
async def test_a_foreign_origin_is_refused(target: str, origin: str) -> None:
    async with serving(ROUTES) as address:
        status, _, _ = await say(address, f"{target} HTTP/1.1\nOrigin: {origin}")
    assert status == 403


async def test_a_form_without_an_origin_is_refused() -> None:
    async with serving(ROUTES) as address:
        status, _, _ = await say(address, "POST /form HTTP/1.1")
    assert status == 403


async def test_a_form_from_our_own_page_is_taken() -> None:
    async with serving(ROUTES) as address:
        status, _, body = await say(address, f"POST /form HTTP/1.1\nOrigin: http://{address}")
    assert (status, body) == (200, "hello\n")


async def test_a_machine_sends_no_origin() -> None:
    async with serving(ROUTES) as address:
        status, _, _ = await say(address, "POST /hook HTTP/1.1")
    assert status == 200


async def test_a_stream_says_where_it_comes_from() -> None:
    async with serving(ROUTES) as address:
        silent = await say(address, "GET /live HTTP/1.1")
        foreign = await say(address, "GET /live HTTP/1.1\nSec-Fetch-Site: cross-site")
        ours = await say(address, "GET /live HTTP/1.1\nSec-Fetch-Site: same-origin")
    assert (silent[0], foreign[0], ours[0]) == (403, 403, 200)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "127.1", "[::2]"])
async def test_a_host_name_that_is_not_ours_is_refused(host: str) -> None:
    async with serving(ROUTES) as address:
        status, _, _ = await say(address, f"GET /page HTTP/1.1\nHost: {host}\nConnection: close")
    assert status == 421


@pytest.mark.parametrize("host", ["127.0.0.1:9", "localhost:8080", "LOCALHOST", "[::1]:8080"])
async def test_every_name_of_loopback_is_ours(host: str) -> None:
    async with serving(ROUTES) as address:
        status, _, _ = await say(address, f"GET /page HTTP/1.1\nHost: {host}\nConnection: close")
    assert status == 200


async def test_an_empty_list_of_hosts_lets_any_name_in() -> None:
    async with serving(ROUTES, Door(hosts=frozenset())) as address:
        status, _, _ = await say(
            address, "GET /page HTTP/1.1\nHost: bot.example\nConnection: close"
        )
    assert status == 200


async def test_every_page_carries_the_security_headers() -> None:
    async with serving(ROUTES) as address:
        _, headers, _ = await say(address, "GET /page HTTP/1.1")
    assert headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


async def test_a_wrong_method_is_told_the_right_one() -> None:
    async with serving(ROUTES) as address:
        status, headers, _ = await say(address, "GET /form HTTP/1.1")
    assert (status, headers["allow"]) == (405, "post")


@pytest.mark.parametrize(
    "path", ["/nothing", "/seats/a", "/seats/a/rooms/", "/seats/a/rooms/b%2Fc"]
)
async def test_an_unknown_path_is_404(path: str) -> None:
    async with serving(ROUTES) as address:
        status, _, _ = await say(address, f"GET {path} HTTP/1.1")
    assert status == 404


async def test_a_bug_is_answered_with_a_reference_and_no_detail() -> None:
    async with serving(ROUTES) as address:
        status, _, body = await say(address, "GET /broken HTTP/1.1")
    assert status == 500
    assert body == "This is a bug in Firewarden; its log has the details under id-1.\n"
