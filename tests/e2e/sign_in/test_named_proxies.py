"""A named proxy says who somebody is: its word counts, and nobody else's does."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.usecases.seats import TokenKind
from bot.values import PersonId
from tests.support.team_bot import POLICY, WITHOUT_BOB, TeamBot, team_bot
from tests.support.visitor import Visitor, visiting

PROXY, ELSEWHERE = "127.0.0.2", "127.0.0.3"
HEADER = "X-Forwarded-Email"


def named(email: str) -> list[tuple[str, str]]:
    return [(HEADER, email)]


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[TeamBot]:
    async with team_bot(
        tmp_path,
        f"FIREWARDEN_PROXIES={PROXY}",
        f"FIREWARDEN_IDENTITY_HEADER={HEADER}",
        "FIREWARDEN_PUBLIC_URL=https://bot.example",
    ) as running:
        yield running


@pytest.fixture
async def proxy(served: TeamBot) -> AsyncIterator[Visitor]:
    async with visiting(served.running.console, PROXY) as visitor:
        yield visitor


async def test_a_person_of_the_policy_has_a_window_at_once(proxy: Visitor) -> None:
    front = await proxy.get("/", named("ann@team.example"))
    assert (front.status, front.location) == (303, "/s/ann/")
    shown = await proxy.get("/s/ann/", named("ann@team.example"))
    assert shown.status == 200
    assert '<span class="seat-name" title="Your seat">ann</span>' in shown.text


async def test_nobody_is_offered_a_sign_out_that_the_next_request_would_undo(
    served: TeamBot, proxy: Visitor
) -> None:
    button = '<button class="text-button">Sign out</button>'
    assert button not in (await proxy.get("/s/ann/", named("ann@team.example"))).text
    await served.service.seats.add("otto", PersonId("otto"), ())
    await proxy.post(f"/sign-in/{await served.service.seats.make_link('otto')}")
    assert button in (await proxy.get("/s/otto/")).text


async def test_an_address_counts_in_any_case_and_a_named_seat_is_used(proxy: Visitor) -> None:
    assert (await proxy.get("/", named("bob@team.EXAMPLE"))).location == "/s/bob/"
    assert (await proxy.get("/", named("cleo@team.example"))).location == "/s/cleo-desk/"


async def test_a_stranger_gets_a_plain_page_that_says_whom_to_ask(proxy: Visitor) -> None:
    for path in ("/", "/s/ann/", "/s/mallory/"):
        shown = await proxy.get(path, named("mallory@team.example"))
        assert shown.status == 403
        assert "Ask whoever keeps the policy (its group admin)" in shown.text


async def test_the_header_from_anyone_else_is_refused_and_told_once(
    served: TeamBot, caplog: pytest.LogCaptureFixture
) -> None:
    tricks: tuple[list[tuple[str, str]], ...] = (
        [],
        [("X-Forwarded-For", PROXY)],
        [("X-Real-IP", PROXY), ("Forwarded", f"for={PROXY}")],
        [("x-forwarded-email", "ann@team.example")],
    )
    async with visiting(served.running.console, ELSEWHERE) as forger:
        with caplog.at_level(logging.ERROR):
            for more in tricks:
                shown = await forger.get("/s/ann/", [*named("ann@team.example"), *more])
                assert (shown.status, shown.text) == (
                    403,
                    "This address may not say who somebody is.\n",
                )
    told = [record.getMessage() for record in caplog.records if HEADER in record.getMessage()]
    assert told == [
        (
            "127.0.0.3 sent X-Forwarded-Email and is none of FIREWARDEN_PROXIES: "
            "refused, and not told again"
        )
    ]


async def test_a_header_that_comes_twice_or_empty_is_refused(proxy: Visitor) -> None:
    ann, bob = named("ann@team.example"), named("bob@team.example")
    doubled = (
        [*ann, *bob],
        [*ann, *ann],
        named("ann@team.example, bob@team.example"),
        named("ann@team.example,bob@team.example"),
        named(""),
        named(" "),
        named("ann"),
        [*named(""), *ann],
    )
    for headers in doubled:
        assert (await proxy.get("/s/ann/", headers)).status == 400, headers


async def test_one_person_does_not_open_the_window_of_another(proxy: Visitor) -> None:
    await proxy.get("/", named("bob@team.example"))
    shown = await proxy.get("/s/bob/", named("ann@team.example"))
    assert shown.status == 401
    assert "You are signed in as Ann Lee." in shown.text
    sent = await proxy.post("/s/bob/commands", named("ann@team.example"), text="/incident list")
    assert sent.status == 401


async def test_nobody_is_signed_in_without_the_header_or_by_another_one(proxy: Visitor) -> None:
    for headers in ([], [("X-Auth-Request-Email", "ann@team.example")]):
        shown = await proxy.get("/s/ann/", headers)
        assert shown.status == 401
        assert "You are signed in at https://bot.example: open it there." in shown.text


async def test_who_left_the_policy_is_out_at_once(served: TeamBot, proxy: Visitor) -> None:
    bob = named("bob@team.example")
    assert (await proxy.get((await proxy.get("/", bob)).location, bob)).status == 200
    served.follow(WITHOUT_BOB)
    assert (await proxy.get("/s/bob/", bob)).status == 403
    assert (await proxy.post("/s/bob/commands", bob, text="/incident list")).status == 403
    served.follow(POLICY)
    assert (await proxy.get("/s/bob/", bob)).status == 200


async def test_a_seat_that_was_taken_away_is_not_given_back_by_signing_in(
    served: TeamBot, proxy: Visitor
) -> None:
    ann = named("ann@team.example")
    await proxy.get("/", ann)
    await served.service.seats.revoke("ann")
    for path in ("/", "/s/ann/"):
        shown = await proxy.get(path, ann)
        assert shown.status in {401, 403}
    assert "firewarden seat add ann" in (await proxy.get("/", ann)).text


async def test_what_somebody_does_is_done_by_them(served: TeamBot, proxy: Visitor) -> None:
    ann = named("ann@team.example")
    await proxy.get("/", ann)
    sent = await proxy.post(
        "/s/ann/commands", ann, text="/incident declare sev3 checkout is slow", nonce="n1"
    )
    assert sent.status == 200
    shown = await proxy.get("/s/ann/", ann)
    assert "checkout is slow" in shown.text


@pytest.mark.parametrize(
    "origin",
    ["null", "http://bot.example", "https://evil.example", "https://bot.example:444", ""],
)
async def test_a_page_of_elsewhere_sends_nothing_in_somebodys_name(
    proxy: Visitor, origin: str
) -> None:
    proxy.origin = origin
    sent = await proxy.post(
        "/s/ann/commands", named("ann@team.example"), text="/incident declare sev1 it burns"
    )
    assert sent.status == 403


@pytest.mark.parametrize("host", ["evil.example", "bot.example.evil.example", "0.0.0.0", ""])
async def test_another_host_name_is_not_served(proxy: Visitor, host: str) -> None:
    proxy.host = host
    assert (await proxy.get("/s/ann/", named("ann@team.example"))).status == 421


async def test_a_seats_link_still_opens_a_window_when_the_proxy_is_down(
    served: TeamBot, proxy: Visitor
) -> None:
    await proxy.get("/", named("ann@team.example"))
    secret = await served.service.seats.make_link("ann")
    async with visiting(served.running.console) as beside:
        opened = await beside.post(f"/sign-in/{secret}")
        assert (opened.status, opened.location) == (303, "/s/ann/")
        assert opened.cookies[0].startswith("__Host-firewarden-ann=")
        assert opened.cookies[0].endswith(
            "; Path=/; Max-Age=1209600; HttpOnly; SameSite=Strict; Secure"
        )
        assert (await beside.get("/s/ann/")).status == 200


async def test_the_console_is_heard_elsewhere_once_everybody_is_asked_who_they_are(
    tmp_path: Path,
) -> None:
    async with team_bot(
        tmp_path,
        "FIREWARDEN_LISTEN=0.0.0.0:0",
        f"FIREWARDEN_PROXIES={PROXY}",
        f"FIREWARDEN_IDENTITY_HEADER={HEADER}",
        "FIREWARDEN_PUBLIC_URL=https://bot.example",
    ) as running:
        address = running.running.console.replace("0.0.0.0", "127.0.0.1")
        assert running.running.url == "https://bot.example"
        async with visiting(address, PROXY) as proxy:
            assert (await proxy.get("/", named("ann@team.example"))).location == "/s/ann/"
            for host, status in (("0.0.0.0", 421), ("10.0.0.7", 421), ("localhost", 401)):
                proxy.host = host
                assert (await proxy.get("/s/ann/")).status == status, host


async def test_an_api_token_works_as_before_and_the_header_gives_it_nothing(
    served: TeamBot, proxy: Visitor
) -> None:
    token = await served.token("cleo", TokenKind.READ)
    bearer = [("Authorization", f"Bearer {token}")]
    assert (await proxy.get("/api/incidents", bearer)).status == 200
    assert (await proxy.get("/api/incidents", named("ann@team.example"))).status == 401
