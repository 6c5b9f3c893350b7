"""Every transition and every fault, which of their pairs can meet, and which have met."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.simulation.trouble import AT_COMMIT, AT_HOST, AT_PAGER, Fault

TRANSITIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "AbortRequested": ("aborted", "paused"),
    "ActionAdded": ("described", "glass"),
    "ActionCompleted": ("described",),
    "AlertsAttached": ("alarm", "triaged", "flapping"),
    "AlertsTold": ("drilled",),
    "ApprovalVoided": ("voided",),
    "AutonomyUsed": ("autonomous",),
    "CardAsked": ("repair", "asked", "noticed"),
    "CardAskedAgain": ("asked", "forgotten", "reopened"),
    "CardDecided": ("repair", "refused", "asked", "noticed"),
    "CardExpired": ("asked", "forgotten", "reopened"),
    "CardReminded": ("asked", "forgotten"),
    "CardWithdrawn": ("edited", "asked"),
    "DecisionReached": ("repair", "fleet"),
    "DeliveryFailed": ("described",),
    "DocumentChanged": ("edited", "voided"),
    "DrillStarted": ("drilled",),
    "DryRunReported": ("rehearsed",),
    "FollowUpNoted": ("repair", "guided"),
    "Frozen": ("frozen",),
    "GlassBroken": ("glass",),
    "ImpactRecorded": ("described", "sketched"),
    "IncidentClosed": ("closed",),
    "IncidentDeclared": ("described", "alarm"),
    "IncidentReopened": ("closed", "flapping"),
    "IncidentResolved": ("closed", "flapping"),
    "LinkAdded": ("described",),
    "NoteAdded": ("described", "sketched"),
    "NoticeSent": ("noticed",),
    "PageAcknowledged": ("called", "alarm"),
    "PageDelivered": ("called", "alarm"),
    "PageExhausted": ("called",),
    "PageStarted": ("called", "alarm"),
    "PageUndeliverable": ("called",),
    "PersonJoined": ("called", "alarm"),
    "PersonPaged": ("called", "alarm"),
    "PreflightFinished": ("repair", "fleet"),
    "PreflightStarted": ("repair", "rehearsed"),
    "ReadFinished": ("repair", "rehearsed"),
    "ReadStarted": ("repair", "rehearsed"),
    "ReservationAwaited": ("queued",),
    "ReservationReleased": ("repair", "queued"),
    "ReviewReminded": ("glass",),
    "RoleAssigned": ("described",),
    "RoomOpened": ("described", "alarm"),
    "RunEnded": ("repair", "fleet"),
    "RunPaused": ("paused",),
    "RunReopened": ("reopened",),
    "RunStarted": ("repair", "alarm"),
    "ServicesNamed": ("sketched",),
    "SeverityChanged": ("described", "sketched"),
    "StartRecorded": ("described",),
    "StatusChanged": ("described", "repair"),
    "StepFinished": ("repair", "fleet"),
    "StepInDoubt": ("doubted", "aborted"),
    "StepInterrupted": ("repair", "fleet"),
    "StepSettled": ("doubted", "aborted"),
    "StepStarted": ("repair", "fleet"),
    "TargetsReserved": ("repair", "queued"),
    "TitleChanged": ("described", "sketched"),
    "Unfrozen": ("frozen",),
    "UpdatePosted": ("described",),
    "UpdateReminded": ("neglected",),
    "VoteCast": ("repair", "refused", "asked"),
    "WaitEnded": ("patient",),
    "WaitStarted": ("patient", "paused"),
}
"""Every event of incidents and of the installation, with the stories that lead to it.

The list is literal, so that the number of pairs cannot shrink unseen; a test compares it with the
events that there are.
"""

ELSEWHERE: Final[Mapping[str, str]] = {
    "AccountLinked": "a person's stream, of one event that nothing outside follows from",
    "AccountUnlinked": "a person's stream, of one event that nothing outside follows from",
    "EpochRaised": "a command on a bot that does not run: tried with real files",
    "LinkCodeMade": "a person's stream, of one event that nothing outside follows from",
    "LinkMade": "seats belong to the console, which the simulation does without",
    "LinkUsed": "seats belong to the console, which the simulation does without",
    "SeatAdded": "seats belong to the console, which the simulation does without",
    "SeatRevoked": "seats belong to the console, which the simulation does without",
    "TextsErased": "a command of whoever runs the bot: tried with real files",
    "TokenMade": "seats belong to the console, which the simulation does without",
}
"""Events that are no transitions here, and why."""

AT_HOSTS: Final[Mapping[str, tuple[str, ...]]] = {
    "AbortRequested": ("aborted",),
    "ActionAdded": ("glass",),
    "AlertsAttached": ("triaged",),
    "ApprovalVoided": ("voided",),
    "AutonomyUsed": ("autonomous",),
    "CardAsked": ("autonomous",),
    "CardAskedAgain": ("forgotten",),
    "CardDecided": ("repair", "guided", "reopened"),
    "DecisionReached": ("autonomous",),
    "DocumentChanged": ("voided",),
    "GlassBroken": ("glass",),
    "IncidentDeclared": ("triaged",),
    "PageStarted": ("triaged",),
    "PersonPaged": ("triaged",),
    "PreflightFinished": ("repair", "fleet"),
    "PreflightStarted": ("repair", "rehearsed"),
    "ReadFinished": ("repair", "fleet"),
    "ReadStarted": ("repair", "rehearsed"),
    "RunStarted": ("repair", "triaged"),
    "StepFinished": ("repair", "patient"),
    "StepInterrupted": ("repair", "fleet"),
    "StepSettled": ("doubted",),
    "StepStarted": ("repair", "fleet"),
    "TargetsReserved": ("repair", "queued"),
    "VoteCast": ("repair", "guided", "reopened"),
    "WaitEnded": ("patient",),
}
"""Transitions whose own commit asks something of a host, with stories in which it does."""

AT_PAGERS: Final[Mapping[str, tuple[str, ...]]] = {
    "AlertsAttached": ("alarm", "triaged"),
    "CardAsked": ("doubted", "alarm"),
    "CardDecided": ("cause_escalates", "fleet"),
    "CardExpired": ("forgotten", "reopened"),
    "IncidentDeclared": ("alarm", "triaged"),
    "IncidentReopened": ("flapping",),
    "PageExhausted": ("called",),
    "PageStarted": ("called", "alarm"),
    "PageUndeliverable": ("called",),
    "PersonPaged": ("called", "alarm"),
    "PreflightStarted": ("triaged",),
    "ReadFinished": ("queued",),
    "RunEnded": ("queued", "forgotten"),
    "RunPaused": ("paused",),
    "RunStarted": ("triaged",),
    "StepFinished": ("reopened",),
    "StepInDoubt": ("doubted",),
    "StepSettled": ("aborted",),
    "VoteCast": ("cause_escalates", "fleet"),
}
"""Transitions whose own commit wakes somebody, with stories in which it does."""

UNTOLD: Final[Mapping[str, str]] = {
    "DrillStarted": "a drill's ground is no chat; its alert comes back as any other",
    "Frozen": "a freeze is told by the cards that it stops, not by a message of its own",
    "Unfrozen": "a freeze is told by the cards that it stops, not by a message of its own",
}
"""Transitions whose own commit tells no chat anything, and why."""

NO_HOST: Final = "its own commit asks nothing of a host"
NO_PAGE: Final = "its own commit wakes nobody"


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """A transition and a fault that may strike it."""

    transition: str
    fault: Fault


def impossible(pair: Pair) -> str:
    """Return why these two can never meet, "" where they can."""
    name = pair.transition
    if pair.fault in AT_HOST:
        return "" if name in AT_HOSTS else NO_HOST
    if pair.fault in AT_PAGER:
        return "" if name in AT_PAGERS else NO_PAGE
    if pair.fault in AT_COMMIT:
        return ""
    return UNTOLD.get(name, "")


def stories_of(pair: Pair) -> tuple[str, ...]:
    """Return the stories in which these two can meet."""
    if pair.fault in AT_HOST:
        return AT_HOSTS[pair.transition]
    if pair.fault in AT_PAGER:
        return AT_PAGERS[pair.transition]
    return TRANSITIONS[pair.transition]


ALL: Final = tuple(Pair(name, fault) for name in TRANSITIONS for fault in Fault)
POSSIBLE: Final = tuple(pair for pair in ALL if not impossible(pair))


@dataclass(slots=True)
class Coverage:
    """The pairs that have met so far."""

    met: set[Pair] = field(default_factory=set)

    def add(self, struck: Iterable[tuple[Fault, Collection[str]]]) -> None:
        """Take what struck in one simulation."""
        for fault, transitions in struck:
            self.met |= {Pair(name, fault) for name in transitions if name in TRANSITIONS}

    @property
    def missing(self) -> tuple[Pair, ...]:
        """The pairs that can meet and have not."""
        return tuple(pair for pair in POSSIBLE if pair not in self.met)

    @property
    def share(self) -> float:
        """How much of what can meet has met: 0 to 1."""
        return 1 - len(self.missing) / len(POSSIBLE)
