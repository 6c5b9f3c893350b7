"""A small repair that the policy lets run by itself, from the command to the repaired host."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.events import CardKind
from bot.domain.policy import Autonomy
from bot.values import SYSTEM
from cards import plain
from tests.support.hosts import DiskHost
from tests.unit.handlers.test_typed_approvals import CLEAN_UP, WITH_HOST, Change

BY_ITSELF = replace(WITH_HOST, autonomy=Autonomy.REVERSIBLE)


async def test_it_repairs_the_host_is_marked_and_everybody_is_told() -> None:
    host = DiskHost()
    async with Change(host, BY_ITSELF) as world:
        at = await world.asks()
        assert await world.ended() == "done"
        assert host.changes == CLEAN_UP
        question = await world.question()
        assert question.decided is not None
        assert question.decided.by == (SYSTEM,)
        incident = await world.incident()
        (run,) = incident.runs
        card = await world.rendering.card(incident, f"run:{run}")
        assert card is not None
        assert "WITHOUT A YES, as the policy allows: autonomy: reversible" in plain.render(card)
        for place in (at, "announcements"):
            assert any("autonomy: reversible" in words for words in world.posted(place))


async def test_without_the_policys_word_the_same_run_asks() -> None:
    host = DiskHost()
    async with Change(host, WITH_HOST) as world:
        await world.asks()
        await world.move(timedelta(minutes=1))
        assert host.changes == []
        assert [a.card.kind for a in (await world.incident()).open_cards] == [CardKind.CHANGE]
