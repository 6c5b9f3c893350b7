"""The emergency stop, and drills."""

import pytest

from bot.domain.system import EVERYTHING
from bot.records.rows import FreezeRow
from bot.requests import ReplyTone
from tests.support.team import TEAM
from tests.support.world import World


@pytest.mark.parametrize(
    ("typed", "scope", "reason"),
    [
        ("freeze we do not know why", EVERYTHING, "we do not know why"),
        ("freeze all we do not know why", EVERYTHING, "we do not know why"),
        ("freeze checkout bad deploy", "checkout", "bad deploy"),
        ("freeze chekout bad deploy", EVERYTHING, "chekout bad deploy"),
    ],
)
async def test_a_freeze_stops_a_service_or_in_doubt_everything(
    typed: str, scope: str, reason: str
) -> None:
    async with World(policy=TEAM) as world:
        reply = await world.say("ann", f"/incident {typed}")
        (row,) = await world.journal.rows(FreezeRow)
        assert reply.text.startswith("FROZEN")
        assert (row.scope, row.reason, row.by) == (scope, reason, "ann")


async def test_a_responder_freezes_and_an_approver_unfreezes() -> None:
    async with World(policy=TEAM) as world:
        await world.say("ann", "/incident freeze all smoke")
        refused = await world.say("ann", "/incident unfreeze")
        lifted = await world.say("bob", "/incident unfreeze all")
        assert refused.tone is ReplyTone.MISTAKE
        assert lifted.tone is ReplyTone.DONE
        assert list(await world.journal.rows(FreezeRow)) == []


async def test_a_standing_freeze_is_on_every_card_of_an_open_incident() -> None:
    async with World(policy=TEAM) as world:
        await world.say("ann", "/incident declare sev2 x")
        await world.say("ann", "/incident freeze checkout smoke")
        shown = world.shown(await world.say("ann", "/incident status", at=await world.room()))
        assert "FROZEN: no change may start on checkout. smoke" in shown


async def test_a_drill_begins_on_the_practice_host() -> None:
    async with World() as world:
        reply = await world.say("commander", "/incident drill disk-full")
        await world.settled()
        assert reply.tone is ReplyTone.DONE
        assert [scenario for scenario, _ in world.drills.begun] == ["disk-full"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("freeze", "A freeze needs a reason."),
        ("freeze all", "A freeze needs a reason"),
        ("unfreeze", "Nothing is frozen."),
        ("drill", "Which drill?\ndisk-full: a scratch disk"),
        ("drill earthquake", "There is no drill “earthquake”."),
        ("freeze all x in=INC-2026-1121-001", "freeze is not about one incident"),
    ],
)
async def test_a_mistake_is_said(typed: str, said: str) -> None:
    async with World() as world:
        reply = await world.say("commander", f"/incident {typed}")
        assert reply.tone is ReplyTone.MISTAKE
        assert reply.text.startswith(said)
