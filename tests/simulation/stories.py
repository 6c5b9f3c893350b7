"""What can happen in one incident, by name, and the faults that some of it comes from.

Each story opens incidents whose titles hold its tag, so that stories beside each other stay apart.
"""

from collections.abc import Mapping
from typing import Final

from tests.simulation import stories_of_incidents as incidents
from tests.simulation import stories_of_runs as runs
from tests.simulation.setting import Story
from tests.simulation.trouble import Aimed, Fault

STORIES: Final[Mapping[str, Story]] = {
    story.__name__: story
    for story in (
        runs.repair,
        runs.refused,
        incidents.alarm,
        incidents.triaged,
        runs.queued,
        runs.fleet,
        runs.reopened,
        runs.aborted,
        runs.doubted,
        runs.patient,
        runs.paused,
        runs.edited,
        runs.voided,
        runs.autonomous,
        runs.cause,
        runs.cause_escalates,
        runs.guided,
        runs.rehearsed,
        incidents.described,
        incidents.noticed,
        incidents.called,
        runs.frozen,
        incidents.asked,
        runs.forgotten,
        runs.glass,
        incidents.drilled,
        incidents.closed,
        incidents.flapping,
        incidents.sketched,
        incidents.neglected,
    )
}

UNREACHABLE = (
    Aimed(fault=Fault.LOST_BEFORE_START, transition="PreflightStarted"),
    Aimed(fault=Fault.LOST_BEFORE_START, transition="PreflightStarted", nth=2),
)
"""A host that cannot be reached at the pre-flight: it fails, and the run stops."""

CAUSES: Final[Mapping[str, tuple[Aimed, ...]]] = {
    "StepInterrupted": (Aimed(fault=Fault.CRASH_AFTER_COMMIT, transition="StepStarted"),),
    "DeliveryFailed": (Aimed(fault=Fault.CHAT_REFUSED, transition="NoteAdded"),),
    "PageUndeliverable": (Aimed(fault=Fault.PAGER_REFUSED, transition="PersonPaged"),),
}
"""Faults that a transition comes from: without them nobody would see it."""
