"""The main job over HTTP, with nothing in between replaced: an alert, a yes, a repaired host."""

from pathlib import Path

from tests.support.bot import Bot, bot
from tests.support.waiting import until


async def drill(b: Bot, scenario: str = "disk-full") -> str:
    """Start a drill as the commander; returns the incident's id once it is open."""
    await b.commander.say(f"/incident drill {scenario}")

    async def opened() -> str:
        found = await b.commander.incidents()
        return str(found[0]["id"]) if found else ""

    return await until(opened)


async def test_an_alert_becomes_an_incident_and_an_approved_clean_up_repairs_the_host(
    tmp_path: Path,
) -> None:
    async with bot(tmp_path) as b:
        incident = await drill(b)
        card = await b.approver.card("change")
        assert [option["id"] for option in card["options"]] == ["approve", "reject"]

        status, _ = await b.approver.press(card, "approve")
        assert status == 200

        async def monitoring() -> bool:
            return bool((await b.commander.incident(incident))["status"] == "monitoring")

        await until(monitoring)
        lines = await b.commander.timeline(incident)
        assert [line for line in lines if line.startswith("run ended")] == [
            "run ended: done, 3 commands ran. "
            "Free /scratch on practice-1: 3 commands ran, 1 check passed."
        ]
        assert len(b.ledger()) == 3


async def test_a_rejected_change_runs_no_command(tmp_path: Path) -> None:
    async with bot(tmp_path) as b:
        incident = await drill(b)
        card = await b.approver.card("change")
        await b.approver.press(card, "reject", "not now")

        async def ended() -> list[str]:
            lines = await b.commander.timeline(incident)
            return [line for line in lines if line.startswith("run ended")]

        assert (await until(ended))[0].startswith("run ended: rejected, 0 commands ran.")
        assert b.ledger() == ()
