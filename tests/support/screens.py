"""Draw every state of every card, wide and narrow, light and dark.

`python -m tests.support.screens DIR`; `docs/screens.md` shows what it drew last.
"""

import asyncio
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from playwright.async_api import BrowserContext

from bot.ports import RoomSpec
from bot.usecases.views import IncidentSummary
from bot.values import ConversationRef
from cards.model import Strong, message
from tests.support.chromium import DESKTOP, PHONE, window
from tests.support.gallery import gallery
from tests.support.incidents import MINUTE, START
from tests.unit.console.scenery import summary
from tests.unit.console.world import World, world

WIDTHS = {"desktop": DESKTOP, "phone": PHONE}


async def draw(folder: Path) -> None:
    """Write one PNG per sheet, width and theme into the folder."""
    with tempfile.TemporaryDirectory() as data:
        async with world(Path(data), now=START + 15 * MINUTE) as built:
            sheets = [await _sheet(built, name) for name in gallery()]
            for width, size in WIDTHS.items():
                for theme in ("light", "dark"):
                    built.seats.links.add("link-commander")
                    async with window(size, theme) as browser:
                        await _sign_in(browser, built.address)
                        for sheet in sheets:
                            path = folder / f"cards-{sheet}-{width}-{theme}.png"
                            await _picture(browser, built.address, sheet, path)


async def _sheet(built: World, name: str) -> str:
    """Put a sheet's cards into a room of their own; its number is its name."""
    room = await built.chat.open_room(RoomSpec(key=name, name=name, topic=""))
    for state, card in gallery()[name].items():
        await built.chat.post(room, f"name:{state}", message(Strong(state)))
        # A pinned card stands beside the room, not in it.
        await built.chat.post(room, f"card:{state}", replace(card, pinned=False))
    built.views.summaries.append(_summary(name, room))
    return name


def _summary(name: str, room: ConversationRef) -> IncidentSummary:
    return summary(room, ident=name, number=name, title=name, drill=False)


async def _sign_in(browser: BrowserContext, address: str) -> None:
    page = await browser.new_page()
    await page.goto(f"http://{address}/sign-in/link-commander")
    await page.get_by_role("button").click()
    await page.wait_for_url("**/s/commander/")
    await page.close()


async def _picture(browser: BrowserContext, address: str, sheet: str, path: Path) -> None:
    page = await browser.new_page()
    await page.goto(f"http://{address}/s/commander/incidents/{sheet}")
    stream = page.locator("#stream")
    await stream.wait_for()
    height = int(await stream.evaluate("element => element.scrollHeight"))
    size = page.viewport_size
    assert size is not None
    await page.set_viewport_size({"width": size["width"], "height": height + 400})
    # A short conversation would be drawn at the end of an empty window.
    await stream.evaluate("element => { element.style.minHeight = 0 }")
    await stream.screenshot(path=path, animations="disabled")
    await page.close()


if __name__ == "__main__":
    asyncio.run(draw(Path(sys.argv[1])))
