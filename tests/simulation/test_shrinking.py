"""A failing schedule becomes a short script that fails again by itself."""

import pytest

from tests.simulation.drawing import drawn
from tests.simulation.mutations import start_not_recorded_first
from tests.simulation.schedule import Schedule
from tests.simulation.shrinking import shrunk
from tests.simulation.trouble import Fault
from tests.simulation.trying import kept, script, tried, written_out

SCHEDULE = written_out(drawn(0))


def test_only_what_the_failure_needs_is_kept() -> None:
    needed = {SCHEDULE.acts[2], SCHEDULE.acts[-1]}

    def failing(schedule: Schedule) -> bool:
        return needed <= set(schedule.acts) and SCHEDULE.faults[1] in schedule.faults

    places = shrunk(SCHEDULE, failing)
    small = kept(SCHEDULE, places)
    assert set(small.acts) == needed
    assert small.faults == (SCHEDULE.faults[1],)


def test_a_schedule_that_does_not_fail_keeps_everything() -> None:
    places = shrunk(SCHEDULE, lambda _: False)
    assert kept(SCHEDULE, places) == SCHEDULE


def test_a_shrunk_schedule_fails_again_and_reads_as_a_script(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start_not_recorded_first(monkeypatch)
    small = kept(SCHEDULE, shrunk(SCHEDULE))
    assert tried(small).broken
    assert len(small.acts) + len(small.faults) <= 4
    assert "is down" in script(small)
    assert "/runbook run" in script(small)


def test_a_fault_reads_as_a_line_of_the_script() -> None:
    lines = script(SCHEDULE).splitlines()
    assert len(lines) == len(SCHEDULE.acts) + len(SCHEDULE.faults)
    assert any(str(fault.value) in line for fault in Fault for line in lines)
