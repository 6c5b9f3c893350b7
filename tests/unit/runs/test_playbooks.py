"""Playbooks: questions become cards, and the cause that is found proposes what mends it."""

from bot.domain.events import CardKind, Ending, RunEnded
from bot.domain.packet import RunPacket
from tests.support.fleet import MemoryHosts
from tests.support.runs import (
    RESTART,
    UNAVAILABLE,
    Service,
    answered,
    asked,
    newest,
    started,
    world,
)

BOTH = {"restart": RESTART, "unavailable": UNAVAILABLE}


async def test_a_question_waits_for_a_human_and_its_answer_decides() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts, BOTH) as on:
        await started(on, "/runbook run unavailable host=web-1")
        card = await asked(on, CardKind.QUESTION)
        assert card.card.title.text == "Was checkout deployed in the last hour?"
        labels = [(option.id, option.label) for option in card.card.options]
        assert labels == [("1", "Yes"), ("2", "No"), ("skip", "Cannot tell: skip this one")]
        await answered(on, "ann", "1", CardKind.QUESTION)
        run = await newest(on)
        assert run.ended is not None
        assert (run.ended.ending, run.ended.whom) == (Ending.ESCALATED, "on-call")
        assert run.ended.because.text == "It was deployed."


async def test_the_cause_that_is_found_proposes_the_runbook_that_mends_it() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts, BOTH) as on:
        await started(on, "/runbook run unavailable host=web-1")
        await answered(on, "ann", "2", CardKind.QUESTION)
        run = await newest(on)
        assert run.ended is not None
        assert run.ended.ending is Ending.REFERRED
        card = await asked(on, CardKind.RUN)
        assert card.card.title.text == "This mends the cause that was found: A service is down"
        packet = card.card.packet
        assert isinstance(packet, RunPacket)
        assert packet.parameters == {"host": "web-1", "service": "checkout"}
        assert (await on.incident()).pages == {}


async def test_one_press_runs_the_fix_to_its_own_question() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts, BOTH) as on:
        await started(on, "/runbook run unavailable host=web-1")
        await answered(on, "ann", "2", CardKind.QUESTION)
        await answered(on, "ann", "run", CardKind.RUN)
        assert (await newest(on)).started.runbook == "restart"
        assert (await asked(on)).card.title.text == "Restart checkout on web-1"
        assert hosts.changes == []


async def test_a_fix_that_the_catalogue_no_longer_has_wakes_somebody() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts, {"unavailable": UNAVAILABLE}) as on:
        await started(on, "/runbook run unavailable host=web-1")
        await answered(on, "ann", "2", CardKind.QUESTION)
        incident = await on.incident()
        (page,) = incident.pages.values()
        assert page.started.reason.text == (
            "The runbook restart, which would be the fix, is not proposed: "
            "the catalogue has no runbook of that name"
        )
        assert RunEnded.__name__ in await on.events(incident)
