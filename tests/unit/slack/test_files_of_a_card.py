"""The file with all of a card that does not fit: once, and not anew with every edit."""

from dataclasses import replace

from bot.ports import RoomSpec
from bot.values import CardId, Untrusted
from cards.model import Card, CodeBlock, Notice, Step, Steps, StepState, Tone
from tests.support.slack.bench import people_in
from tests.support.slack.server import Slack, slack

SPEC = RoomSpec(key="i1", name="inc-1121-001-checkout", topic="t")
COMMANDS = CodeBlock(
    title="Commands", text=Untrusted("\n".join(["sudo true"] * 2000)), essential=True
)


def running(done: int) -> Card:
    """Return a run of three hundred steps, so many of which are done."""
    steps = tuple(
        Step(
            state=StepState.COMPLETED if n < done else StepState.WAITING,
            title=(f"step {n}",),
            detail=Untrusted("x" * 200) if n < done else None,
        )
        for n in range(300)
    )
    live = done < 300
    return Card(id=CardId("run1"), title=(f"{done} of 300",), blocks=(Steps(steps),), live=live)


def asking(status: str) -> Card:
    """Return an approval with more commands than a message holds."""
    notice = Notice(tone=Tone.WAITING, line=(status,))
    return Card(id=CardId("card1"), title=("Approve",), blocks=(notice, COMMANDS))


def files(team: Slack) -> list[str]:
    """Return what is in the files under messages now, oldest first."""
    return [content.decode() for content in team.of.uploads.values()]


async def test_a_run_has_its_file_once_while_it_goes_on_and_the_last_state_in_the_end() -> None:
    async with slack() as team, people_in(team) as platform:
        room = await platform.open_room(SPEC)
        card = await platform.post(room, "run", running(0))
        for done in range(10, 300, 10):
            await platform.update(card, running(done))
        assert len(team.called("files.getUploadURLExternal")) == 1
        for _ in range(3):
            await platform.update(card, running(300))
        assert len(team.called("files.getUploadURLExternal")) == 2
        [last] = files(team)
        assert "300 of 300" in last


async def test_an_approval_has_its_file_once_however_often_its_status_changes() -> None:
    async with slack() as team, people_in(team) as platform:
        room = await platform.open_room(SPEC)
        card = await platform.post(room, "card", asking("OPEN"))
        for status in ("1 of 2", "DECIDED", "DECIDED: it has run"):
            await platform.update(card, asking(status))
        assert len(team.called("files.getUploadURLExternal")) == 1
        assert files(team)[0].count("sudo true") == 2000


async def test_a_file_is_not_put_again_after_a_restart() -> None:
    async with slack() as team, people_in(team) as platform:
        room = await platform.open_room(SPEC)
        card = await platform.post(room, "run", running(100))
        async with people_in(team) as restarted:
            await restarted.update(card, running(200))
            await restarted.update(card, running(300))
        async with people_in(team) as again:
            await again.update(card, running(300))
        assert len(team.called("files.getUploadURLExternal")) == 2
        assert len(files(team)) == 1


async def test_a_run_that_goes_on_after_its_end_has_a_file_of_its_own_again() -> None:
    async with slack() as team, people_in(team) as platform:
        room = await platform.open_room(SPEC)
        card = await platform.post(room, "run", running(100))
        await platform.update(card, running(300))
        await platform.update(card, replace(running(200), live=True))
        [last] = files(team)
        assert "200 of 300" in last


async def test_other_commands_in_an_approval_are_another_file() -> None:
    async with slack() as team, people_in(team) as platform:
        room = await platform.open_room(SPEC)
        card = await platform.post(room, "card", asking("OPEN"))
        other = replace(COMMANDS, text=Untrusted("\n".join(["sudo false"] * 2000)))
        await platform.update(card, Card(id=CardId("card1"), title=("Approve",), blocks=(other,)))
        [last] = files(team)
        assert last.count("sudo false") == 2000
