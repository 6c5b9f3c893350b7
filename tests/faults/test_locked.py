"""Another process holds the journal's lock: nobody is told that anything was recorded."""

from pathlib import Path

from tests.e2e.test_telegram import living as living_in_telegram
from tests.e2e.test_telegram import offered
from tests.support.bot import bot
from tests.support.locking import locked
from tests.support.slack.living import living as living_in_slack
from tests.support.waiting import until

JOURNAL = Path("data") / "journal.sqlite3"
ALERT = {
    "version": "4",
    "truncatedAlerts": 0,
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "Slow", "service": "checkout"},
            "annotations": {},
            "startsAt": "2026-11-21T10:42:00Z",
            "fingerprint": "f-1",
        }
    ],
}


async def test_alerts_and_the_api_are_told_to_come_again_and_then_it_goes_on(
    tmp_path: Path,
) -> None:
    async with bot(tmp_path) as b:
        async with locked(tmp_path / JOURNAL):
            url = f"http://{b.running.ingest}/alerts/alertmanager"
            headers = {"Authorization": f"Bearer {b.running.alert_token}"}
            async with b.session.post(url, json=ALERT, headers=headers) as got:
                assert got.status == 503
                assert int(got.headers["Retry-After"]) >= 1
            line = {"text": "/incident declare sev3 checkout is slow"}
            status, answer = await b.commander.post("/api/commands", line, key="k1")
            assert status == 503
            assert "NOT recorded" in str(answer)
            assert await b.commander.incidents() == []

        assert await b.alert(ALERT) == 202
        status, answer = await b.commander.post("/api/commands", line, key="k1")
        assert status == 200, answer

        async def both() -> bool:
            return len(await b.commander.incidents()) == 2

        await until(both)


async def test_slack_users_are_told_that_it_was_not_recorded_and_pressing_again_counts_once(
    tmp_path: Path,
) -> None:
    async with living_in_slack(tmp_path) as here:
        await here.ann.types("/incident drill disk-full")
        room = await here.ann.room()
        card = await here.bob.sees_button("Approve", room)
        async with locked(tmp_path / JOURNAL):
            told = await here.ann.types("/incident declare sev3 search is slow")
            assert "NOT recorded" in told
            assert "NOT recorded" in await here.bob.presses("Approve", card, room)
            assert here.ran() == 0

        assert "Recorded" in await here.bob.presses("Approve", card, room)
        await here.ann.sees("3 commands ran", room)
        assert here.ran() == 3
        assert len([c for c in here.team.of.channels.values() if "inc-" in c.name]) == 1


async def test_what_telegram_users_send_comes_again_and_counts_once(tmp_path: Path) -> None:
    async with living_in_telegram(tmp_path) as (there, service):
        there.type(1, "/incident drill disk-full")
        card = await offered(there, "Approve")
        async with locked(tmp_path / JOURNAL):
            before = asked(there.calls)
            there.press(2, card, "Approve")

            async def twice() -> bool:
                return asked(there.calls) >= before + 3

            await until(twice)
            assert there.answers == []
            assert service.practice is not None
            assert service.practice.ledger() == ()

        async def repaired() -> bool:
            return service.practice is not None and len(service.practice.ledger()) == 3

        await until(repaired, seconds=60)
        assert len(there.answers) == 1


def asked(calls: list[tuple[str, dict[str, object]]]) -> int:
    """Count how often the bot has asked for updates."""
    return sum(method == "getUpdates" for method, _ in calls)
