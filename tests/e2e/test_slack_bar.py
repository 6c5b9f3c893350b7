"""The bar of an incident's channel has the runbook as soon as it runs."""

from pathlib import Path

from tests.support.slack.living import living
from tests.support.waiting import eventually

ADDRESS = "FIREWARDEN_RUNBOOK_URL=https://git.example.org/{runbook}.yaml"


async def test_the_runbook_of_a_run_is_linked_before_anybody_has_done_so(tmp_path: Path) -> None:
    async with living(tmp_path, settings=ADDRESS) as here:
        await here.ann.types("/incident drill disk-full")
        room = await here.ann.room()
        await here.bob.sees_button("Approve", room)

        async def linked() -> list[tuple[str, str]]:
            return [(mark.title, mark.link) for mark in room.bookmarks]

        wanted = ("Runbook disk-full", "https://git.example.org/disk-full.yaml")
        await eventually(linked, lambda found: wanted in found, seconds=20)
