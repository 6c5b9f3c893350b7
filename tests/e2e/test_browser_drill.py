"""The drill in a real browser: two seats in one browser, an alert, a yes, a repair, an end."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.support.bot import Bot, bot
from tests.support.chromium import DESKTOP, PHONE, Size, window

SIZES = [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE, id="phone")]
SLOW = 30_000
"""Milliseconds for what the practice host does."""


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Bot]:
    async with bot(tmp_path) as running:
        yield running


@pytest.fixture(params=SIZES)
async def browser(request: pytest.FixtureRequest) -> AsyncIterator[BrowserContext]:
    size: Size = request.param
    async with window(size) as context:
        yield context


async def sign_in(browser: BrowserContext, served: Bot, seat: str) -> Page:
    """Open the seat's link in a window of its own and press the button."""
    page = await browser.new_page()
    await page.goto(served.running.links[seat])
    await page.get_by_role("button", name=f"Take the {seat}'s seat").click()
    await expect(page).to_have_url(re.compile(f"/s/{seat}/$"))
    return page


async def type_line(page: Page, line: str) -> None:
    """Go to the command box by its key, type, and send."""
    await page.locator("body[data-live]").wait_for()
    await page.keyboard.press("/")
    await page.keyboard.type(line)
    await page.keyboard.press("Enter")


async def start_drill(page: Page) -> None:
    """Start the drill and open its room as soon as it is in the list."""
    await type_line(page, "/incident drill disk-full")
    await page.locator(".incident-row").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("practice-1")


async def test_a_drill_goes_from_alert_to_monitoring_in_two_windows(
    served: Bot, browser: BrowserContext
) -> None:
    commander = await sign_in(browser, served, "commander")
    approver = await sign_in(browser, served, "approver")

    await start_drill(commander)
    await expect(commander.locator(".stream")).to_contain_text("Commands, exactly as they will run")

    bar = approver.locator(".bar-mine")
    await expect(bar).to_contain_text("Your decision is needed")
    await bar.get_by_role("link", name="Read and decide").click()
    card = approver.locator(".stream .card-change")
    await card.get_by_role("button", name="Approve").click()

    await expect(approver.locator(".reply")).to_contain_text("Approve")
    await expect(commander.locator(".head-facts .status")).to_have_text("monitoring", timeout=SLOW)
    await expect(commander.locator(".stream")).to_contain_text("3 commands ran")
    await expect(commander.locator(".bar")).to_have_count(0)
    await expect(card.locator("button")).to_have_count(0)
    await expect(commander.locator(".hint")).to_contain_text("/incident resolve")
    assert len(served.ledger()) == 3


async def test_a_rejected_repair_says_that_nothing_ran(
    served: Bot, browser: BrowserContext
) -> None:
    commander = await sign_in(browser, served, "commander")
    approver = await sign_in(browser, served, "approver")
    await start_drill(commander)

    await approver.locator(".bar-jump").click()
    card = approver.locator(".stream .card-change")
    await card.get_by_label("Reason").fill("not during the sale")
    await card.get_by_role("button", name="Reject").click()

    await expect(commander.locator(".stream")).to_contain_text("0 commands ran")
    await expect(commander.locator(".stream")).to_contain_text("not during the sale")
    assert served.ledger() == ()


async def test_nothing_is_wider_than_the_window(served: Bot, browser: BrowserContext) -> None:
    commander = await sign_in(browser, served, "commander")
    await start_drill(commander)
    await expect(commander.locator(".bar")).to_be_visible()
    room = commander.url
    for path in ("", "approvals", "help", "direct", "channels/announcements"):
        await commander.goto(re.sub(r"/s/commander/.*", f"/s/commander/{path}", room))
        assert await overflow(commander) <= 0, path
    for page in (room, f"{room}/timeline"):
        await commander.goto(page)
        assert await overflow(commander) <= 0, page


async def test_one_key_leads_into_the_open_card_and_enter_decides_nothing(
    served: Bot, browser: BrowserContext
) -> None:
    commander = await sign_in(browser, served, "commander")
    approver = await sign_in(browser, served, "approver")
    await start_drill(commander)
    await expect(approver.locator(".bar-mine")).to_be_visible()
    await approver.keyboard.press("g")
    card = approver.locator(".stream .card-change")
    await expect(card).to_be_focused()
    await approver.keyboard.press("Enter")
    await expect(card.get_by_role("button", name="Approve")).to_be_enabled()
    # Past the commands, the hosts, what the yes binds to, and the reason.
    for _ in range(5):
        await approver.keyboard.press("Tab")
    await expect(card.get_by_role("button", name="Approve")).to_be_focused()
    await approver.keyboard.press("Enter")
    await expect(approver.locator(".reply")).to_contain_text("Approve")


async def test_a_narrow_window_offers_the_way_to_a_card_only_while_its_buttons_are_out_of_sight(
    served: Bot,
) -> None:
    async with window(PHONE) as phone:
        commander = await sign_in(phone, served, "commander")
        approver = await sign_in(phone, served, "approver")
        await start_drill(commander)
        leads_there = approver.locator(".bar-jump")
        await leads_there.click()
        approve = approver.locator(".stream .card-change").get_by_role("button", name="Approve")
        await expect(approve).not_to_be_in_viewport()
        await expect(leads_there).to_be_visible()
        await approve.scroll_into_view_if_needed()
        await expect(leads_there).to_be_hidden()
        await expect(approver.locator(".bar-mine")).to_contain_text("Your decision is needed")


async def test_a_room_is_used_by_keyboard_alone(served: Bot, browser: BrowserContext) -> None:
    commander = await sign_in(browser, served, "commander")
    await type_line(commander, "/incident declare sev3 checkout is slow")
    await expect(commander).to_have_url(re.compile("/incidents/INC-"))

    await expect(commander.locator(".stream")).to_contain_text("checkout is slow")
    await type_line(commander, "the cache is cold")
    await expect(commander.locator(".stream")).to_contain_text("the cache is cold")
    # The words may come back over the live stream before the answer has emptied the line.
    await expect(commander.locator("#line")).to_have_value("")
    await expect(commander.locator("#line")).to_be_enabled()
    await commander.locator("#line").press("ArrowUp")
    await expect(commander.locator("#line")).to_have_value("the cache is cold")
    await commander.keyboard.press("Escape")
    await commander.locator("#line").fill("/incident upd")
    await commander.keyboard.press("Tab")
    await expect(commander.locator("#line")).to_have_value("/incident update ")


async def test_no_single_key_answers_a_card(served: Bot, browser: BrowserContext) -> None:
    commander = await sign_in(browser, served, "commander")
    approver = await sign_in(browser, served, "approver")
    await start_drill(commander)
    await approver.locator(".bar-jump").click()
    await approver.locator(".stream").get_by_role("button", name="Approve").wait_for()

    await approver.locator("#main").focus()
    for key in "arynAR10":
        await approver.keyboard.press(key)

    [card] = [one for one in await served.approver.get("/api/cards") if one["kind"] == "change"]
    assert card["state"] == "open"
    assert served.ledger() == ()


async def overflow(page: Page) -> int:
    """Return by how many pixels a page is wider than its window."""
    return int(await page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
