"""The way that docs/telegram.md shows: a code from the console, a drill approved in Telegram."""

import re
from pathlib import Path

from bot.app.serving import serving
from bot.config import load_settings
from tests.e2e.test_telegram import offered
from tests.support.telegram.server import GROUP, TOKEN, telegram
from tests.support.telegram.world import ANNOUNCEMENTS
from tests.support.waiting import until
from tests.unit.console.browsing import Browser, browsing


async def typed(browser: Browser, seat: str, line: str) -> str:
    """Type a command into a seat's window; returns the page that answers."""
    nonce = re.sub(r"\W", "", line)
    shown = await browser.post(f"/s/{seat}/commands", text=line, at="", nonce=nonce)
    return shown.text


async def test_an_account_that_a_code_from_the_console_links_approves_the_first_drill(
    tmp_path: Path,
) -> None:
    async with telegram() as there:
        env = tmp_path / "env"
        env.write_text(
            f"FIREWARDEN_LISTEN=127.0.0.1:0\nFIREWARDEN_DATA={tmp_path / 'data'}\n"
            f"TELEGRAM_BOT_TOKEN={TOKEN}\nTELEGRAM_GROUP={GROUP}\n"
            f"TELEGRAM_CHANNELS=announcements={ANNOUNCEMENTS}\nTELEGRAM_API_URL={there.base}\n"
        )
        async with (
            serving(load_settings(env)) as (service, running),
            browsing(running.console) as browser,
        ):
            for link in running.links.values():
                await browser.post("/sign-in/" + link.rpartition("/")[2])
            page = await typed(browser, "approver", "/incident link")
            found = re.search(r"Your code: ([a-z0-9-]+)", page)
            assert found is not None, page
            there.write(1, f"/link {found[1]}")
            await typed(browser, "commander", "/incident drill disk-full")
            there.press(1, await offered(there, "Approve"), "Approve")

            async def repaired() -> bool:
                return service.practice is not None and len(service.practice.ledger()) == 3

            await until(repaired, seconds=60)
    assert "Linked: this account is Approver from now on." in [m.text for m in there.seen(1)]
