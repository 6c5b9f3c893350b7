"""`service-unavailable` and `agent-misbehaves`: they find the cause and change nothing."""

from collections.abc import AsyncIterator, Mapping

import pytest

from bot.adapters.practice import machine
from bot.adapters.practice.scenarios import Scenario
from runbooks.steps import Escalate, Refer, Stopped
from tests.e2e.catalogue.conftest import Catalogue
from tests.e2e.catalogue.walk import Answers

UNAVAILABLE: Mapping[str, str] = {
    "alertname": "ServiceUnavailable",
    "instance": "web-1",
    "service": "checkout",
    "database_host": "web-1",
    "mountpoint": "/scratch",
}
MISBEHAVES: Mapping[str, str] = {
    "alertname": "AgentMisbehaves",
    "instance": "web-1",
    "service": machine.AGENT,
    "model": machine.MODEL,
}
MATCHES, ON_ITS_TASK = "yes, it matches", "yes, it is on its task"
FINE = Answers(choices={"claim": MATCHES, "drift": ON_ITS_TASK})


@pytest.fixture(autouse=True)
async def nothing_is_changed(catalogue: Catalogue) -> AsyncIterator[None]:
    yield
    assert catalogue.untouched()


async def test_a_full_database_is_the_first_cause_to_be_found(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.POOL_FULL)

    walked = await catalogue.walk("service-unavailable", UNAVAILABLE)

    assert isinstance(walked.end, Refer)
    assert (walked.end.runbook, walked.end.arguments) == (
        "db-pool-exhausted",
        {"database_host": "web-1", "service": "checkout"},
    )


async def test_neighbours_that_do_not_answer_are_for_on_call(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.NETWORK_CUT)

    walked = await catalogue.walk("service-unavailable", UNAVAILABLE)

    assert isinstance(walked.end, Escalate)
    assert "7 connections of web-1 wait for an answer" in walked.end.because


async def test_used_up_memory_is_for_on_call(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.MEMORY_LOW)

    walked = await catalogue.walk("service-unavailable", UNAVAILABLE)

    assert isinstance(walked.end, Escalate)
    assert "Only 1 % of the memory of web-1 is available." in walked.end.because


async def test_a_full_disk_names_the_runbook_that_frees_it(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.DISK_STUCK)

    walked = await catalogue.walk("service-unavailable", UNAVAILABLE)

    assert isinstance(walked.end, Refer)
    assert (walked.end.runbook, walked.end.arguments) == (
        "disk-full",
        {"host": "web-1", "mount": "/scratch"},
    )


async def test_no_known_cause_is_escalated_with_everything_that_was_seen(
    catalogue: Catalogue,
) -> None:
    walked = await catalogue.walk("service-unavailable", UNAVAILABLE)

    assert isinstance(walked.end, Escalate)
    assert "database, network, memory, disk" in walked.end.because
    assert len(walked.end.evidence) >= 5


async def test_a_rung_that_cannot_be_told_is_not_passed_over(catalogue: Catalogue) -> None:
    walked = await catalogue.walk("service-unavailable", {**UNAVAILABLE, "mountpoint": "/nowhere"})

    assert isinstance(walked.end, Stopped)
    assert "The hypothesis 'disk'" in walked.end.because


async def test_a_claim_that_is_untrue_ends_at_the_first_rung(catalogue: Catalogue) -> None:
    answers = Answers(choices={"claim": "no, it differs"})

    walked = await catalogue.walk("agent-misbehaves", MISBEHAVES, answers)

    assert isinstance(walked.end, Escalate)
    assert "a result that did not happen" in walked.end.because


async def test_a_drifted_agent_ends_at_the_second_rung(catalogue: Catalogue) -> None:
    answers = Answers(choices={"claim": MATCHES, "drift": "no, it has drifted"})

    walked = await catalogue.walk("agent-misbehaves", MISBEHAVES, answers)

    assert isinstance(walked.end, Escalate)
    assert "has drifted from its task" in walked.end.because


async def test_a_call_that_failed_silently_is_the_third_rung(catalogue: Catalogue) -> None:
    line = "9999999999\tnow web-1 helper[77]: tool_call create_ticket failed: status=502\n"
    catalogue.web.write("var/log/units/helper.log", line)

    walked = await catalogue.walk("agent-misbehaves", MISBEHAVES, FINE)

    assert isinstance(walked.end, Escalate)
    assert "1 tool calls failed in the last hour, and only 0 were reported." in walked.end.because


async def test_another_schema_is_the_fourth_rung(catalogue: Catalogue) -> None:
    catalogue.web.write("var/lib/helper/schema", f"expected {'a' * 64}\nseen {'b' * 64}\n")

    walked = await catalogue.walk("agent-misbehaves", MISBEHAVES, FINE)

    assert isinstance(walked.end, Refer)
    assert walked.end.runbook == "rollback-deploy"
    assert "another schema" in walked.end.because


async def test_another_model_is_the_fifth_rung(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.AGENT_MODEL)

    walked = await catalogue.walk("agent-misbehaves", MISBEHAVES, FINE)

    assert isinstance(walked.end, Refer)
    assert walked.end.because == (
        "helper runs with large-4:2026-11; it was released with large-3:2026-08."
    )


async def test_all_five_rungs_without_a_cause_are_escalated(catalogue: Catalogue) -> None:
    walked = await catalogue.walk("agent-misbehaves", MISBEHAVES, FINE)

    assert isinstance(walked.end, Escalate)
    assert walked.end.rule == ""


async def test_a_schema_that_nobody_wrote_down_stops_the_walk(catalogue: Catalogue) -> None:
    catalogue.web.remove("var/lib/helper")

    walked = await catalogue.walk("agent-misbehaves", MISBEHAVES, FINE)

    assert isinstance(walked.end, Stopped)
    assert "The hypothesis 'schema'" in walked.end.because
