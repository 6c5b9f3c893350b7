"""Drills of the catalogue through the whole bot: an alert, a yes over HTTP, a host put right."""

from pathlib import Path

from tests.e2e.test_the_main_job import drill, run_ended
from tests.support.bot import Bot, bot
from tests.support.waiting import until

SLOW = 60


async def test_a_hot_service_is_restarted_and_its_health_address_is_asked(tmp_path: Path) -> None:
    async with bot(tmp_path) as b:
        incident = await drill(b, "cpu-errors")
        await b.approver.press(await b.approver.card("change"), "approve")

        ended = await until(lambda: run_ended(b, incident), seconds=SLOW)

        assert ended == (
            "run ended: done, 1 command ran. "
            "Restart checkout on practice-1: 1 command ran, 2 checks passed."
        )
        assert _began(b) == ["systemctl restart checkout"]


async def test_a_strange_process_is_left_alone_and_security_is_paged(tmp_path: Path) -> None:
    async with bot(tmp_path) as b:
        incident = await drill(b, "cpu-stranger")

        ended = await until(lambda: run_ended(b, incident), seconds=SLOW)

        assert ended.startswith("run ended: escalated, 0 commands ran.")
        assert "kdevtmpfsi is not one of ours" in ended
        assert _began(b) == []


async def test_a_bad_release_is_taken_back(tmp_path: Path) -> None:
    async with bot(tmp_path) as b:
        incident = await drill(b, "deploy-bad")
        await b.approver.press(await b.approver.card("change"), "approve")

        ended = await until(lambda: run_ended(b, incident), seconds=SLOW)

        assert ended.startswith("run ended: done, 2 commands ran.")
        practice = b.service.practice
        assert practice is not None
        link = practice.scratch / "root" / "srv" / "checkout" / "current"
        assert link.readlink().name == "2026-11-13"


async def test_a_pod_is_deleted_with_two_yeses_and_not_with_one(tmp_path: Path) -> None:
    async with bot(tmp_path) as b:
        incident = await drill(b, "pod-failing")
        card = await b.approver.card("change")
        await b.approver.press(card, "approve")
        assert _began(b) == []
        await b.commander.press(card, "approve")

        ended = await until(lambda: run_ended(b, incident), seconds=SLOW)

        assert ended.startswith("run ended: done, 2 commands ran.")
        assert _began(b)[-1] == "kubectl delete pod checkout-7d4b9c6f5-x2x7k"


async def test_a_service_that_does_not_come_back_is_escalated(tmp_path: Path) -> None:
    async with bot(tmp_path) as b:
        incident = await drill(b, "service-fails")
        await b.approver.press(await b.approver.card("change"), "approve")

        ended = await until(lambda: run_ended(b, incident), seconds=SLOW)

        assert ended.startswith("run ended: escalated, 1 command ran.")


def _began(b: Bot) -> list[str]:
    return [line.split(" ", 1)[1] for line in b.ledger()]
