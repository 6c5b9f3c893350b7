"""Signing in with a real browser: cookies that its own rules let through, and no others."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from bot.app.seams import Seams
from tests.e2e.sign_in.walk import Here
from tests.support.certificates import write_certificate
from tests.support.chromium import PHONE, window
from tests.support.issuer import CLIENT, SECRET, issuing
from tests.support.ports import free_port
from tests.support.shifted import ShiftedClock
from tests.support.team_bot import team_bot


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Here]:
    """Serve over TLS on an address of its own; to a browser the issuer is another site."""
    clock, cert, key = ShiftedClock(), tmp_path / "cert.pem", tmp_path / "key.pem"
    write_certificate(cert, key)
    address = f"127.0.0.1:{free_port()}"
    async with AsyncExitStack() as stack:
        issuer = await stack.enter_async_context(issuing(clock, "localhost"))
        issuer.redirect = f"https://{address}/oidc/callback"
        issuer.signed_out = f"https://{address}/oidc/signed-out"
        lines = {
            "LISTEN": address,
            "PUBLIC_URL": f"https://{address}",
            "OIDC_ISSUER": issuer.base,
            "OIDC_CLIENT_ID": CLIENT,
            "OIDC_CLIENT_SECRET": f"'{SECRET}'",
            "TLS_CERT": str(cert),
            "TLS_KEY": str(key),
        }
        served = await stack.enter_async_context(
            team_bot(
                tmp_path,
                *(f"FIREWARDEN_{name}={value}" for name, value in lines.items()),
                seams=Seams(clock=clock),
            )
        )
        visitors = await stack.enter_async_context(AsyncExitStack())
        yield Here(bot=served, issuer=issuer, clock=clock, stack=visitors)


async def prove(page: Page, email: str) -> None:
    """Fill the issuer's form in."""
    await expect(page).to_have_title("Issuer")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_role("button", name="Prove it").click()


async def test_a_person_signs_in_is_asked_again_before_deciding_and_comes_back_each_time(
    here: Here,
) -> None:
    address = here.bot.running.url
    here.scheme, here.host = "https", address.removeprefix("https://")
    card = await here.asks()
    async with window(PHONE, own_tls=True) as browser:
        page = await browser.new_page()
        await page.goto(address)
        await page.get_by_role("link", name="Sign in", exact=True).click()
        await prove(page, "bob@team.example")

        await expect(page).to_have_url(f"{address}/s/bob/")
        await expect(page.locator("body")).to_contain_text("checkout is slow")
        cookies = {str(one["name"]): one for one in await browser.cookies(address)}
        assert sorted(cookies) == ["__Host-firewarden-bob", "firewarden-seats"]
        session = cookies["__Host-firewarden-bob"]
        assert (session["httpOnly"], session["secure"], session["sameSite"]) == (
            True,
            True,
            "Strict",
        )

        here.clock.ahead += timedelta(minutes=16)
        await page.locator(".bar-jump").click()
        note = page.locator(".stream .viewer-note")
        await expect(note).to_contain_text("You signed in more than 15 minutes ago.")
        await expect(page.locator(".stream .card-notice button")).to_have_count(0)
        room = page.url
        await note.get_by_role("link", name="Sign in again").click()
        await prove(page, "bob@team.example")

        await expect(page).to_have_url(room)
        await page.locator(".stream").get_by_role("button", name="Approve and send").click()
        await expect(page.locator(".reply")).to_contain_text("Recorded: Approve and send.")
    assert await here.became(card) == ("decided", ["Bob"])


async def test_a_person_signs_out_here_and_at_the_issuer_with_one_button(here: Here) -> None:
    address = here.bot.running.url
    async with window(PHONE, own_tls=True) as browser:
        page = await browser.new_page()
        await page.goto(address)
        await page.get_by_role("link", name="Sign in", exact=True).click()
        await prove(page, "bob@team.example")
        await expect(page).to_have_url(f"{address}/s/bob/")

        await page.get_by_role("link", name="Rooms and channels").click()
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_role("heading")).to_have_text("You are signed out")
        assert here.issuer.left == ["bob@team.example"]
        assert [one["name"] for one in await browser.cookies(address)] == ["firewarden-seats"]

        await page.get_by_role("link", name="Sign in", exact=True).click()
        await expect(page).to_have_title("Issuer")
    assert here.issuer.faults == []
