"""Who may say in a header who somebody is: the address of the socket decides, one name counts."""

from ipaddress import ip_network

import pytest

from bot.adapters.http.entrance import Entrance, Intake, Listening
from bot.adapters.http.guard import Door
from bot.adapters.http.listening import Listen
from bot.adapters.http.proxies import NamedProxies
from bot.adapters.http.raw import RawHead, RawRequest, RawResponse, text
from bot.adapters.http.routes import Caller, Route
from tests.unit.console.world import Healthy
from tests.unit.http.doubles import CountingIds, RememberingDispatch, StillClock
from tests.unit.http.serving import say, serving

HEADER = "X-Forwarded-Email"


async def whoever(request: RawRequest) -> RawResponse:
    return text(200, f"<{request.identity}>")


PAGE = Route(method="GET", pattern="/page", endpoint=whoever, caller=Caller.BROWSER)


def proxies(*words: str, header: str = HEADER) -> NamedProxies:
    return NamedProxies([ip_network(word) for word in words], header=header)


@pytest.mark.parametrize(
    ("peer", "named"),
    [
        ("10.0.0.5", True),
        ("::ffff:10.0.0.5", True),
        ("10.0.0.6", False),
        ("10.1.2.3", True),
        ("10.2.0.0", False),
        ("fd00::7", True),
        ("fd01::7", False),
        ("", False),
        ("localhost", False),
        ("10.0.0.5, 10.0.0.6", False),
        ("010.0.0.5", False),
    ],
)
def test_a_proxy_is_known_by_its_address_alone(peer: str, *, named: bool) -> None:
    assert proxies("10.0.0.5", "10.1.0.0/16", "fd00::/16").name(peer) is named


@pytest.mark.parametrize(
    "lines",
    [
        f"{HEADER}: ann@team.example\n{HEADER}: bob@team.example",
        f"{HEADER}: ann@team.example\nx-forwarded-email: ann@team.example",
        f"{HEADER}: ann@team.example\nX-FORWARDED-EMAIL:",
        f"{HEADER}:",
        f"{HEADER}: ann",
        f"{HEADER}: <ann@team.example>",
        f'{HEADER}: "Ann" ann@team.example',
        f"{HEADER}: ann@bob@team.example",
        f"{HEADER}: {'a' * 250}@team.example",
    ],
)
async def test_what_is_not_one_address_is_refused(lines: str) -> None:
    async with serving([PAGE], proxies=proxies("127.0.0.1")) as address:
        status, _, _ = await say(address, f"GET /page HTTP/1.1\n{lines}")
    assert status == 400


async def test_a_name_with_underscores_is_another_header() -> None:
    async with serving([PAGE], proxies=proxies("127.0.0.1")) as address:
        lines = "X_Forwarded_Email: ann@team.example"
        _, _, body = await say(address, f"GET /page HTTP/1.1\n{lines}")
    assert body == "<>\n"


async def test_a_proxy_that_speaks_for_nobody_is_not_listened_to() -> None:
    lines = f"GET /page HTTP/1.1\n{HEADER}: ann@team.example"
    async with serving([PAGE], proxies=proxies("127.0.0.1", header="")) as address:
        _, _, body = await say(address, lines)
    assert body == "<>\n"
    async with serving([PAGE]) as address:
        _, _, body = await say(address, lines)
    assert body == "<>\n"


async def test_people_of_elsewhere_come_through_a_proxy_and_machines_as_they_like() -> None:
    entrance = Entrance(
        listening=Listening(
            console=Listen(host="0.0.0.0", port=0),
            proxies=NamedProxies([ip_network("10.0.0.5")], header=HEADER, own="10.0.0.7"),
            signs_in=True,
        ),
        intake=Intake(sources={}, secrets={}),
        alerts=RememberingDispatch(),
        health=Healthy(),
        clock=StillClock(),
        ids=CountingIds(),
    )
    hook = Route(method="GET", pattern="/hook", endpoint=whoever, caller=Caller.MACHINE)
    await entrance.start()
    entrance.complete(people=[PAGE], machines=[hook])
    await entrance.stop()
    admitted = {
        (route.pattern, peer): route.admit(head(peer)) is None
        for route in entrance.routes
        if route.pattern in {"/page", "/hook"}
        for peer in ("10.0.0.5", "10.0.0.6", "10.0.0.7", "127.0.0.1", "")
    }
    assert admitted == {
        ("/page", "10.0.0.5"): True,
        ("/page", "10.0.0.6"): False,
        ("/page", "10.0.0.7"): True,
        ("/page", "127.0.0.1"): True,
        ("/page", ""): False,
        ("/hook", "10.0.0.5"): True,
        ("/hook", "10.0.0.6"): True,
        ("/hook", "10.0.0.7"): True,
        ("/hook", "127.0.0.1"): True,
        ("/hook", ""): True,
    }


def head(peer: str) -> RawHead:
    return RawHead(path="/page", query={}, headers={}, cookies={}, captured={}, peer=peer)


PUBLIC = Door(hosts=frozenset({"127.0.0.1", "bot.example"}), public="https://bot.example")
FORM = Route(method="POST", pattern="/form", endpoint=whoever, caller=Caller.BROWSER)


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("bot.example", "https://bot.example", 200),
        ("bot.example:443", "https://bot.example", 200),
        ("BOT.example", "https://bot.example", 200),
        ("127.0.0.1:1", "https://bot.example", 200),
        ("127.0.0.1:1", "http://127.0.0.1:1", 200),
        ("bot.example", "http://bot.example", 403),
        ("bot.example", "https://bot.example.", 403),
        ("bot.example:444", "https://bot.example:444", 403),
        ("bot.example", "https://BOT.example", 403),
        ("bot.example", "null", 403),
        ("127.0.0.1:1", "http://127.0.0.1:2", 403),
    ],
)
async def test_under_the_public_name_only_the_public_origin_counts(
    host: str, origin: str, status: int
) -> None:
    async with serving([FORM], door=PUBLIC) as address:
        lines = f"Host: {host}\nConnection: close\nOrigin: {origin}"
        got, _, _ = await say(address, f"POST /form HTTP/1.1\n{lines}")
    assert got == status
