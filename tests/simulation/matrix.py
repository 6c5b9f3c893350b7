"""Every transition and every fault, which of their pairs can meet, and which have met."""

from collections.abc import Mapping
from typing import Final

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
    "CardDecided": ("repair", "asked", "noticed"),
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
    "VoteCast": ("repair", "asked"),
    "WaitEnded": ("patient",),
    "WaitStarted": ("patient", "paused"),
}
"""Every event of incidents and of the installation, with the stories that lead to it.

The list is literal, so that the number of pairs cannot shrink unseen; a test compares it with the
events that there are.
"""

ELSEWHERE: Final[Mapping[str, str]] = {
    "EpochRaised": "a command on a bot that does not run: tried with real files",
    "LinkMade": "seats belong to the console, which the simulation does without",
    "LinkUsed": "seats belong to the console, which the simulation does without",
    "SeatAdded": "seats belong to the console, which the simulation does without",
    "SeatRevoked": "seats belong to the console, which the simulation does without",
    "TextsErased": "a command of whoever runs the bot: tried with real files",
    "TokenMade": "seats belong to the console, which the simulation does without",
}
"""Events that are no transitions here, and why."""

NO_CHAT: Final[Mapping[str, str]] = {}
NO_HOST: Final[Mapping[str, str]] = {}
NO_PAGE: Final[Mapping[str, str]] = {}
