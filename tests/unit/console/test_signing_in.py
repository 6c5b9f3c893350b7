"""Signing in: a link shows a button, pressing it opens one seat, and two seats share a browser."""

from datetime import timedelta

import pytest

from bot.requests import CardAnswer
from tests.unit.console.browsing import Browser
from tests.unit.console.world import World
from tests.unit.http.serving import say


async def test_opening_a_link_shows_a_button_and_uses_nothing_up(browser: Browser) -> None:
    for _ in range(2):
        shown = await browser.get("/sign-in/link-commander")
        assert shown.status == 200
        assert "Take the commander's seat" in shown.text


async def test_pressing_the_button_opens_the_seat_and_uses_the_link_up(browser: Browser) -> None:
    shown = await browser.sign_in("commander")
    assert (shown.status, shown.path) == (200, "/s/commander/")
    assert (await browser.get("/sign-in/link-commander")).status == 410
    assert (await browser.sign_in("commander")).status == 410


async def test_a_link_that_nobody_made_is_void(browser: Browser) -> None:
    assert (await browser.get("/sign-in/guess")).status == 410
    assert (await browser.post("/sign-in/guess")).status == 410


async def test_the_cookie_is_for_this_seat_only_and_out_of_reach_of_scripts(console: World) -> None:
    _, headers, _ = await say(
        console.address,
        f"POST /sign-in/link-commander HTTP/1.1\nOrigin: http://{console.address}",
    )
    assert headers["location"] == "/s/commander/"
    assert headers["set-cookie"].endswith("; httponly; samesite=strict")


async def test_two_seats_are_open_side_by_side_in_one_browser(browser: Browser) -> None:
    await browser.sign_in("commander")
    await browser.sign_in("approver")
    for seat in ("commander", "approver"):
        shown = await browser.get(f"/s/{seat}/")
        assert shown.status == 200
        assert f'<span class="seat-name" title="Your seat">{seat}</span>' in shown.text
    landing = await browser.get("/")
    assert 'href="/s/commander/"' in landing.text
    assert 'href="/s/approver/"' in landing.text


async def test_a_seat_does_not_open_the_part_of_another(browser: Browser) -> None:
    await browser.sign_in("commander")
    shown = await browser.get("/s/approver/")
    assert shown.status == 401
    assert "firewarden seat link approver" in shown.text


async def test_signing_out_closes_the_window_for_good(browser: Browser) -> None:
    await browser.sign_in("commander")
    await browser.post("/s/commander/sign-out")
    assert (await browser.get("/s/commander/")).status == 401


@pytest.mark.parametrize(
    "path", ["/s/commander/", "/s/commander/approvals", "/s/commander/incidents/x", "/s/nobody/"]
)
async def test_nothing_is_shown_to_somebody_who_is_not_signed_in(
    browser: Browser, path: str
) -> None:
    assert (await browser.get(path)).status == 401


async def test_a_revoked_seat_is_out_at_once(browser: Browser, console: World) -> None:
    await browser.sign_in("commander")
    del console.seats.seats["commander"]
    assert (await browser.get("/s/commander/")).status == 401


async def test_a_session_ends_after_two_weeks(browser: Browser, console: World) -> None:
    await browser.sign_in("commander")
    console.clock.moment += timedelta(days=14)
    assert (await browser.get("/s/commander/")).status == 401


async def test_an_old_sign_in_may_read_but_not_answer_a_card(
    browser: Browser, console: World
) -> None:
    await browser.sign_in("approver")
    console.clock.moment += timedelta(hours=12, seconds=1)
    shown = await browser.post("/s/approver/cards/c1/answers", option="approve", nonce="n")
    assert shown.status == 422
    assert "more than 12 hours ago" in shown.text
    assert console.dispatch.requests == []


async def test_a_fresh_sign_in_answers_and_says_since_when(
    browser: Browser, console: World
) -> None:
    await browser.sign_in("approver")
    await browser.post("/s/approver/cards/c1/answers", option="approve", nonce="n")
    [request] = console.dispatch.requests
    assert isinstance(request, CardAnswer)
    assert request.sender.signed_in_at == console.clock.moment
