"""Dry run, guided run and pre-flight over real SSH on the practice host."""

from pathlib import Path

from tests.e2e.test_the_main_job import drill, run_ended
from tests.support.bot import Bot, bot
from tests.support.waiting import until

HOST = "host=practice-1"


async def rejected_drill(b: Bot) -> tuple[str, str]:
    """Fill the disk and decline the clean-up; returns the incident's id and number."""
    incident = await drill(b)
    await b.approver.press(await b.approver.card("change"), "reject", "by hand")
    await until(lambda: run_ended(b, incident))
    return incident, str((await b.commander.incident(incident))["number"])


async def lines_with(b: Bot, incident: str, words: str) -> list[str]:
    return [line for line in await b.commander.timeline(incident) if words in line]


async def test_every_right_is_tried_on_the_host_before_it_is_looked_at(tmp_path: Path) -> None:
    async with bot(tmp_path) as b:
        incident, _ = await rejected_drill(b)
        (tried,) = await lines_with(b, incident, "pre-flight of practice-1")
        assert tried == (
            "pre-flight of practice-1: PASS reachable, host key, observe login; "
            "PASS change login, receipt folder; PASS sudo journalctl --vacuum-size=16M; "
            "PASS sudo logrotate --force /etc/logrotate.conf; PASS sudo systemd-tmpfiles --clean"
        )


async def test_a_dry_run_says_what_it_would_ask_and_the_host_saw_no_change(tmp_path: Path) -> None:
    async with bot(tmp_path) as b:
        incident, number = await rejected_drill(b)
        await b.commander.say(f"/runbook dry-run disk-full {HOST}", room=number)

        async def told() -> list[str]:
            return await lines_with(b, incident, "the dry run would ask")

        (line,) = await until(told)
        assert line.startswith("the dry run would ask: Free /scratch on practice-1.")
        assert b.ledger() == ()


async def test_a_guided_run_stops_before_every_command_and_leaves_out_what_is_skipped(
    tmp_path: Path,
) -> None:
    async with bot(tmp_path) as b:
        _, number = await rejected_drill(b)
        await b.commander.say(f"/runbook guide disk-full {HOST}", room=number)
        await b.approver.press(await b.approver.card("change"), "approve")
        await b.commander.press(await b.commander.card("step"), "on")

        async def one_ran() -> bool:
            return len(b.ledger()) == 1

        await until(one_ran)
        await b.commander.press(await b.commander.card("step"), "abort", "enough")
        incident = str((await b.commander.incidents())[0]["id"])

        async def aborted() -> list[str]:
            return await lines_with(b, incident, "run ended: aborted, 1 command ran.")

        await until(aborted)
        assert len(b.ledger()) == 1
