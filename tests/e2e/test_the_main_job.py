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
            (
                "run ended: done, 3 commands ran. "
                "Free /scratch on practice-1: 3 commands ran, 1 check passed."
            )
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


async def test_a_clean_up_that_does_not_help_escalates_and_never_says_done(tmp_path: Path) -> None:
    async with bot(tmp_path) as b:
        incident = await drill(b, "disk-stuck")
        await b.approver.press(await b.approver.card("change"), "approve")

        ended = await until(lambda: run_ended(b, incident), seconds=40)

        assert ended.startswith("run ended: escalated, 3 commands ran.")
        assert (await b.commander.incident(incident))["status"] == "investigating"


async def test_a_freeze_after_the_yes_stops_the_run_before_its_first_command(
    tmp_path: Path,
) -> None:
    async with bot(tmp_path) as b:
        incident = await drill(b)
        card = await b.approver.card("change")
        await b.commander.say("/incident freeze all release in progress")

        await b.approver.press(card, "approve")

        ended = await until(lambda: run_ended(b, incident))
        assert ended == (
            "run ended: stopped, 0 commands ran."
            " frozen: everything by commander: release in progress"
        )
        assert b.ledger() == ()


async def test_resolve_walks_the_checklist_and_asks_for_a_reason_for_open_points(
    tmp_path: Path,
) -> None:
    async with bot(tmp_path) as b:
        await b.commander.say("/incident declare sev3 checkout is slow")
        incident = str((await b.commander.incidents())[0]["id"])
        room = await until(lambda: room_of(b, incident))
        await b.commander.say("/incident resolve cache was cold", room)
        card = await b.commander.card("checklist")

        refused, problem = await b.commander.press(card, "resolve")
        status, _ = await b.commander.press(card, "resolve", "customers were never affected")

        assert (refused, status) == (422, 200), problem
        assert (await b.commander.incident(incident))["status"] == "resolved"


async def run_ended(b: Bot, incident: str) -> str:
    lines = await b.commander.timeline(incident)
    return next((line for line in lines if line.startswith("run ended")), "")


async def room_of(b: Bot, incident: str) -> str:
    room = (await b.commander.incident(incident))["room"]
    return str(room["id"] if isinstance(room, dict) else room or "")


async def test_whoever_started_the_drill_cannot_say_yes_to_it(tmp_path: Path) -> None:
    async with bot(tmp_path) as b:
        await drill(b)

        status, problem = await b.commander.press(await b.approver.card("change"), "approve")

        assert (status, problem["text"]) == (
            409,
            "You asked for this, so somebody else must say yes (four eyes).",
        )
        assert b.ledger() == ()
