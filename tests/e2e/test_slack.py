"""A team lives in Slack: breaks the practice host there, approves there, and it is repaired."""

from pathlib import Path

import pytest

from tests.support.slack.interacting import words
from tests.support.slack.living import living


@pytest.mark.parametrize("sockets", [False, True], ids=["signed HTTP", "Socket Mode"])
async def test_a_drill_goes_from_a_slash_command_over_a_click_to_a_repaired_host(
    tmp_path: Path, *, sockets: bool
) -> None:
    async with living(tmp_path, sockets=sockets) as here:
        await here.ann.types("/incident drill disk-full")
        room = await here.ann.room()
        card = await here.bob.sees_button("Approve", room)
        assert "practice-1" in words(card.blocks)

        await here.bob.presses("Approve", card, room)

        await here.ann.sees("3 commands ran", room)
        await here.ann.sees_no_button("Approve", card)
        assert here.ran() == 3


async def test_a_guest_sees_nothing_behind_a_button_and_nothing_happens(tmp_path: Path) -> None:
    async with living(tmp_path) as here:
        here.team.of.add_user("U3", "carl", guest=True)
        await here.ann.types("/incident drill disk-full")
        room = await here.ann.room()
        card = await here.ann.sees_button("Approve", room)

        said = await here.person("U3").presses("Approve", card, room)

        assert "There is no such card." in said
        assert here.ran() == 0
        await here.ann.sees_button("Approve", room)


async def test_a_late_click_is_answered_to_its_sender_alone_and_changes_nothing(
    tmp_path: Path,
) -> None:
    async with living(tmp_path) as here:
        await here.ann.types("/incident drill disk-full")
        room = await here.ann.room()
        card = await here.bob.sees_button("Approve", room)
        as_it_was = [*card.blocks]
        await here.bob.presses("Approve", card, room)
        await here.ann.sees("3 commands ran", room)

        card.blocks = as_it_was  # a phone that was in a tunnel still shows the buttons
        said = await here.ann.presses("Approve", card, room)

        assert "already decided" in said
        assert "Approve by Bob. Nothing changed." in said
        assert here.ran() == 3


async def test_a_no_asks_why_and_says_so_on_the_card(tmp_path: Path) -> None:
    async with living(tmp_path) as here:
        await here.ann.types("/incident drill disk-full")
        room = await here.ann.room()
        card = await here.bob.sees_button("Reject", room)

        assert await here.bob.presses("Reject", card, room) == ""
        await here.bob.fills_in(reason="not during the sale")

        rejected = await here.ann.sees("not during the sale", room)
        assert "REJECTED" in words(rejected.blocks)
        assert here.ran() == 0


async def test_commands_may_be_called_otherwise(tmp_path: Path) -> None:
    async with living(tmp_path, settings="FIREWARDEN_INCIDENT_COMMAND=fire") as here:
        said = await here.ann.types("/fire declare sev3 cache is cold")
        assert "INC-" in said
        room = await here.ann.room()
        card = await here.ann.sees("cache is cold", room)
        assert "/fire help" in words(card.blocks)
