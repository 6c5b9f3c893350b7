"""What is amended in Telegram is replaced, and the files beside it are deleted."""

from pathlib import Path

from cards.model import message
from tests.support.telegram.bench import people_in
from tests.support.telegram.server import Telegram
from tests.support.telegram.world import GROUP
from tests.unit.telegram.test_cards import PACKET, SPEC


async def test_an_amended_card_loses_the_file_beside_it_also_after_a_restart(
    there: Telegram, tmp_path: Path
) -> None:
    async with people_in(there, tmp_path) as platform:
        room = await platform.open_room(SPEC)
        card = await platform.post(room, "card", PACKET)
        await platform.post(room, "other", PACKET)
    [topic] = there.topics
    assert len(there.seen(GROUP, topic)) == 4
    async with people_in(there, tmp_path) as restarted:
        await restarted.amend(card, message("[erased]"))
        await restarted.amend(card, message("[erased]"))
    shown = there.seen(GROUP, topic)
    assert len(shown) == 3
    assert shown[0].text == "[erased]"
