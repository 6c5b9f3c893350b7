"""`db-pool-exhausted` on two hosts of one service and their database."""

import time
from collections.abc import Mapping

from bot.adapters.practice.scenarios import Scenario
from runbooks.steps import Answer, Done, Escalate, InDoubt, Rejected, Stopped
from tests.e2e.catalogue.conftest import Catalogue, Place
from tests.e2e.catalogue.walk import NO, YES, Answers

ALERT: Mapping[str, str] = {
    "alertname": "DatabasePoolExhausted",
    "database_host": "web-1:9187",
    "service": "checkout",
}
RESTART = "systemctl restart checkout"


async def test_a_leak_is_mended_host_by_host(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.POOL_LEAK)
    before = [place.pid("checkout") for place in (catalogue.web, catalogue.other)]

    walked = await catalogue.walk("db-pool-exhausted", ALERT, YES)

    assert isinstance(walked.end, Done), walked.end
    assert walked.changes == (f"web-1: sudo {RESTART}", f"web-2: sudo {RESTART}")
    assert [place.began() for place in (catalogue.web, catalogue.other)] == [[RESTART], [RESTART]]
    after = [place.pid("checkout") for place in (catalogue.web, catalogue.other)]
    assert [new != old for new, old in zip(after, before, strict=True)] == [True, True]


async def test_a_full_database_is_for_its_administrators_and_max_connections_stays(
    catalogue: Catalogue,
) -> None:
    await catalogue.suffer(Scenario.POOL_FULL)
    before = catalogue.web.files()

    walked = await catalogue.walk("db-pool-exhausted", ALERT)

    assert isinstance(walked.end, Escalate)
    assert walked.end.whom == "dba"
    assert "92 of 100 connections of the database are taken (92 %, 6 of them idle" in (
        walked.end.because
    )
    assert catalogue.untouched()
    assert catalogue.web.files() == before
    assert catalogue.web.read("var/lib/postgresql/max_connections") == "100\n"


async def test_exactly_nine_tenths_are_a_full_database(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.POOL_LEAK)
    _sessions(catalogue.web, 89)

    walked = await catalogue.walk("db-pool-exhausted", ALERT)

    assert isinstance(walked.end, Escalate)
    assert walked.end.whom == "dba"


async def test_half_of_the_connections_are_no_clear_leak(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.POOL_LEAK)
    _sessions(catalogue.web, 49)

    walked = await catalogue.walk("db-pool-exhausted", ALERT)

    assert isinstance(walked.end, Escalate)
    assert (walked.end.whom, walked.end.changed) == ("", False)
    assert "neither a full database nor a clear leak" in walked.end.because


async def test_without_a_complaint_in_the_log_nothing_is_restarted(catalogue: Catalogue) -> None:
    walked = await catalogue.walk("db-pool-exhausted", ALERT)

    assert isinstance(walked.end, Escalate)
    assert catalogue.untouched()


async def test_a_database_that_refuses_the_triage_stops_the_run(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.POOL_LEAK)
    _sessions(catalogue.web, 97)

    walked = await catalogue.walk("db-pool-exhausted", ALERT)

    assert isinstance(walked.end, Stopped)
    assert "remaining connection slots are reserved" in walked.end.because
    assert catalogue.untouched()


async def test_a_canary_that_still_leaks_keeps_the_other_host_as_it_is(
    catalogue: Catalogue,
) -> None:
    await catalogue.suffer(Scenario.POOL_LEAK)
    catalogue.web.write("etc/units/checkout.says", "ERROR pool exhausted\n")
    before = catalogue.other.files()

    walked = await catalogue.walk("db-pool-exhausted", ALERT, YES)

    assert isinstance(walked.end, Escalate)
    assert (walked.end.whom, walked.end.changed) == ("dba", True)
    assert catalogue.web.began() == [RESTART]
    assert catalogue.other.began() == []
    assert catalogue.other.files() == before


async def test_a_leak_that_comes_back_within_ten_minutes_is_not_done(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.POOL_LEAK)
    fresh = f"{int(time.time()) + 600}\tnow web-2 checkout[9]: ERROR pool exhausted\n"
    answers = Answers(
        approve=(Answer.YES,),
        before={
            "wait restart.then-recheck": lambda: catalogue.other.append(
                "var/log/units/checkout.log", fresh
            )
        },
    )

    walked = await catalogue.walk("db-pool-exhausted", ALERT, answers)

    assert isinstance(walked.end, Escalate)
    assert "on web-2 passed at first and fails again" in walked.end.because


async def test_a_restart_that_sudo_refuses_ends_before_the_second_host(
    catalogue: Catalogue,
) -> None:
    await catalogue.suffer(Scenario.POOL_LEAK)
    catalogue.web.write("etc/sudoers.taken-back", "systemctl\n")

    walked = await catalogue.walk("db-pool-exhausted", ALERT, YES)

    assert isinstance(walked.end, Escalate)
    assert "a password is required" in walked.end.because
    assert catalogue.untouched()


async def test_a_canary_past_its_deadline_is_in_doubt(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.POOL_LEAK)
    catalogue.web.append("etc/units/checkout", "lasts=2\n")

    walked = await catalogue.hasty().walk("db-pool-exhausted", ALERT, YES)

    assert isinstance(walked.end, InDoubt)
    assert catalogue.other.began() == []


async def test_rejected(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.POOL_LEAK)

    walked = await catalogue.walk("db-pool-exhausted", ALERT, NO)

    assert isinstance(walked.end, Rejected)
    assert catalogue.untouched()


def _sessions(place: Place, count: int) -> None:
    line = f"active|{int(time.time())}|client backend\n"
    place.write("var/lib/postgresql/sessions", line * count)
