"""The practice monitor ends a drill's alert when its symptom is gone, and not before."""

import json
from pathlib import Path

from bot.adapters.practice.drills import DRILLS
from bot.adapters.practice.scenarios import Scenario
from bot.domain.system import SCENARIOS
from tests.e2e.practice.conftest import Practice
from tests.support.bot import Bot, bot
from tests.support.waiting import until


async def test_a_repaired_disk_resolves_its_alert(tmp_path: Path) -> None:
    async with bot(tmp_path) as b:
        incident = await _drill(b, "disk-full")
        card = await b.approver.card("change")
        assert await _news(b, incident) == [
            "1 alert firing: Disk /scratch is almost full on practice-1"
        ]

        await b.approver.press(card, "approve")

        lines = await until(lambda: _over(b, incident), seconds=60)
        assert lines == ["1 alert resolved: Disk /scratch is almost full on practice-1"]
        assert not (tmp_path / "data" / "drill.firing").exists()


async def test_a_bot_that_was_restarted_goes_on_watching(tmp_path: Path) -> None:
    async with bot(tmp_path) as b:
        incident = await _drill(b, "disk-full")
        await b.approver.card("change")
    kept = json.loads((tmp_path / "data" / "drill.firing").read_text())

    async with bot(tmp_path) as b:
        assert b.service.practice is not None
        await b.service.practice.reset()

        lines = await until(lambda: _over(b, incident), seconds=60)

    assert kept["scenario"] == "disk-full"
    assert lines == ["1 alert resolved: Disk /scratch is almost full on practice-1"]


async def test_a_new_drill_ends_the_alert_of_the_one_before(tmp_path: Path) -> None:
    async with bot(tmp_path) as b:
        first = await _drill(b, "disk-full")
        await b.commander.say("/incident drill cpu-stranger")

        assert await until(lambda: _over(b, first), seconds=60)


async def test_every_drill_that_is_offered_has_an_alert() -> None:
    assert set(SCENARIOS) == {scenario.value for scenario in DRILLS}


async def test_every_symptom_is_seen_on_the_host_that_has_it_and_on_no_healthy_one(
    practice: Practice,
) -> None:
    suffering = {scenario: await _seen(practice, scenario) for scenario in DRILLS}
    await practice.host.reset()
    healthy = [DRILLS[scenario] for scenario in DRILLS]

    assert suffering == dict.fromkeys(DRILLS, True)
    looks = [await practice.look(alert.symptom.argv) for alert in healthy]
    holds = [alert.symptom.holds(look) for alert, look in zip(healthy, looks, strict=True)]
    assert holds == [False] * len(DRILLS)


async def _seen(practice: Practice, scenario: Scenario) -> bool:
    await practice.host.fill(scenario)
    symptom = DRILLS[scenario].symptom
    return symptom.holds(await practice.look(symptom.argv))


async def _drill(b: Bot, scenario: str) -> str:
    await b.commander.say(f"/incident drill {scenario}")

    async def opened() -> str:
        found = await b.commander.incidents()
        return str(found[0]["id"]) if found else ""

    return await until(opened)


async def _news(b: Bot, incident: str) -> list[str]:
    return [line for line in await b.commander.timeline(incident) if "1 alert " in line]


async def _over(b: Bot, incident: str) -> list[str]:
    return [line for line in await _news(b, incident) if "resolved" in line]
