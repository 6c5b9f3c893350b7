"""Everything that can have happened: past-tense, frozen, grouped by the noun that it happened to.

An event holds what was *resolved* at the time (approvers, quorum, expiry, due times), so that
folding a stream never needs the policy. People appear by our person id only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from bot.domain.packet import Packet
from bot.domain.person import PersonEvent
from bot.values import (
    SYSTEM,
    CardId,
    ConversationRef,
    OnDeadline,
    PersonId,
    RunId,
    Severity,
    StreamRef,
    Tier,
    Untrusted,
)

# --- incident --------------------------------------------------------------------------------


class Status(StrEnum):
    """The life of an incident (spec: product F3)."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Role(StrEnum):
    """Who does what in an incident."""

    COMMANDER = "commander"
    TECH_LEAD = "tech-lead"
    COMMUNICATIONS = "communications"
    SCRIBE = "scribe"
    EXPERT = "expert"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentDeclared:
    """The incident exists. `group` and `route` are set where an alert opened it."""

    number: str
    title: Untrusted
    provisional: bool
    severity: Severity
    service: str
    private: bool = False
    drill: bool = False
    group: str = ""
    route: str = ""
    escalation: str = ""
    platforms: tuple[str, ...] = ()
    cadence: timedelta | None = None
    postmortem: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleChanged:
    """A better title."""

    title: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityChanged:
    """More or less urgent; the new severity's cadence and postmortem rule come with it."""

    severity: Severity
    previous: Severity
    reason: Untrusted
    cadence: timedelta | None = None
    postmortem: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged:
    """A step of the life cycle that is neither resolve nor close."""

    status: Status
    previous: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicesNamed:
    """Which services are affected."""

    services: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactRecorded:
    """Who feels it and how."""

    text: Untrusted
    users: Untrusted = Untrusted("")
    regions: Untrusted = Untrusted("")
    data_loss: Untrusted = Untrusted("")


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRecorded:
    """When it began, which is earlier than when it was declared."""

    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkAdded:
    """A dashboard, ticket or document."""

    kind: Untrusted
    url: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionAdded:
    """Somebody will do something; `n` counts from 1 in the incident."""

    n: int
    text: Untrusted
    owner: PersonId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionCompleted:
    """Action `n` is done."""

    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAssigned:
    """A role changed hands; `handover` where its holder gave it away with a hand-over card."""

    role: Role
    person: PersonId
    previous: PersonId | None
    handover: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonJoined:
    """A person is in the incident from now on (and may see it where it is private)."""

    person: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAdded:
    """A timeline entry; `where` names the platform whose room has the words already, "" = none.

    `about` is the sequence of the update that it answers, 0 = none, and `about_at` when that was.
    """

    text: Untrusted
    where: str = ""
    about: int = 0
    about_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatePosted:
    """A status update went out; `next_at` is when the next one is due."""

    text: Untrusted
    next_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateReminded:
    """The update due at `due` is late.

    `level` 1 told the communications lead, 2 the commander, 3 everybody.
    """

    due: datetime
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentResolved:
    """Resolved; `open_points` were overridden with `override`."""

    summary: Untrusted
    open_points: tuple[str, ...]
    override: Untrusted
    still_firing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentReopened:
    """It is not over."""

    reason: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClosed:
    """The file is closed; the postmortem's address, or why there is none."""

    postmortem: Untrusted
    override: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomOpened:
    """The incident has its room on one platform."""

    room: ConversationRef


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFailed:
    """Something could not be delivered for good; said in a place that still works.

    `told` is False where the news of an earlier failure failed itself: that is not told again.
    """

    what: str
    where: str
    why: Untrusted
    told: bool = True


# --- alerts ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertBrief:
    """What the timeline keeps of one alert."""

    source: str
    fingerprint: str
    status: str
    starts_at: datetime
    summary: Untrusted
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsAttached:
    """News of one alert group: how many began to fire and were resolved, and the first of them.

    `again` = among the firing ones are some that had fired before the incident was resolved and
    never ended: they are counted already.
    """

    group: str
    firing: int
    resolved: int
    first: tuple[AlertBrief, ...]
    muted: bool = False
    again: bool = False


# --- paging ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PageStarted:
    """Somebody must be woken: `order` is who, one after the other, `every` apart."""

    page: str
    reason: Untrusted
    escalation: str
    order: tuple[PersonId, ...]
    every: timedelta
    webhooks: Mapping[str, str] = field(default_factory=dict)
    """Person id -> name of the webhook target that the policy gives them ("" = none)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPaged:
    """Level `level` (from 1) of a page: this person is being told on every channel they have."""

    page: str
    person: PersonId
    level: int
    next_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageDelivered:
    """One channel accepted the page."""

    page: str
    person: PersonId
    pager: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageUndeliverable:
    """One channel can surely not reach the person."""

    page: str
    person: PersonId
    pager: str
    why: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAcknowledged:
    """A person has it. Nobody further is woken for this page."""

    page: str
    person: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class PageExhausted:
    """Nobody acknowledged: everyone and the announcement channel are told."""

    page: str


# --- cards and approvals ---------------------------------------------------------------------


class CardKind(StrEnum):
    """What a card asks for, which decides what its answer does."""

    RUN = "run"
    """Start this runbook? (a proposal on the incident)"""
    CHANGE = "change"
    """Approve this exact change."""
    UNDO = "undo"
    """Approve undoing a change that did not do its work."""
    STEP = "step"
    """Guided mode: go on with, or skip, this step?"""
    QUESTION = "question"
    """A runbook asks a human something."""
    IN_DOUBT = "in-doubt"
    """What became of this command?"""
    NOTICE = "notice"
    """Send this text to this audience?"""
    CHECKLIST = "checklist"
    """The resolve checklist."""
    DETAILS = "details"
    """Title, impact and services of an incident that was declared in a hurry."""
    ASKED = "asked"
    """A program or a person asks people something; the answer is recorded and runs nothing."""


class OutcomeKind(StrEnum):
    """What choosing an option does."""

    ACT = "act"
    DECLINE = "decline"
    ESCALATE = "escalate"
    AGAIN = "again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One answer: `id` is opaque, `label` is what the button says, `consequence` what follows."""

    id: str
    label: str
    outcome: OutcomeKind
    consequence: str
    recommended: bool = False
    reason_required: bool = False
    break_glass: bool = False
    """Decides alone, for members of the break-glass group only, loudly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuorumRule:
    """`count` different people, each in at least one of `groups`."""

    groups: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedRule:
    """Who may decide one card, resolved from the policy when it was asked.

    Every quorum must be met by yes votes of one option; `excluded` may never vote yes.
    """

    names: tuple[str, ...]
    quorums: tuple[QuorumRule, ...]
    excluded: tuple[PersonId, ...]
    practice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAsked:
    """A question is open. `packet` is frozen; `digest` is what a yes binds to ("" = to no command).

    `inputs` is the canonical JSON that was digested, by name, so that a change can be named.
    """

    card: CardId
    number: int
    kind: CardKind
    title: Untrusted
    options: tuple[Option, ...]
    rule: ResolvedRule
    expires_at: datetime
    remind_at: datetime | None
    digest: str = ""
    packet: Packet | None = None
    run: RunId | None = None
    requester: PersonId | None = None
    replaces: CardId | None = None
    tier: Tier | None = None
    inputs: str = ""
    copies: tuple[PersonId, ...] = ()
    """People who also get the card as a direct message: those who may answer it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteCast:
    """A person's answer, changeable until the card is decided."""

    card: CardId
    person: PersonId
    option: str
    reason: Untrusted
    where: str
    account: str
    groups: tuple[str, ...] = ()
    token: bool = False
    break_glass: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CardDecided:
    """The card's one decision."""

    card: CardId
    option: str
    outcome: OutcomeKind
    by: tuple[PersonId, ...]
    reason: Untrusted
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardExpired:
    """Nobody decided in time: nothing happens (fails closed)."""

    card: CardId


@dataclass(frozen=True, slots=True, kw_only=True)
class CardWithdrawn:
    """The question no longer stands; `replaced_by` where a fresh card asks it anew."""

    card: CardId
    why: Untrusted
    replaced_by: CardId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardReminded:
    """The card expires soon and its answerers were told."""

    card: CardId


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAskedAgain:
    """An expired question was asked anew, so it is not offered a second time."""

    card: CardId


@dataclass(frozen=True, slots=True, kw_only=True)
class GlassBroken:
    """Somebody approved alone; action `action` of the incident is to review it by `review_at`."""

    card: CardId
    person: PersonId
    reason: Untrusted
    action: int
    review_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewReminded:
    """The review of a broken glass is due, and its action is not done."""

    card: CardId
    action: int


# --- runbook runs ----------------------------------------------------------------------------


class Ending(StrEnum):
    """How a run ended."""

    DONE = "done"
    RESOLVED = "resolved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    ABORTED = "aborted"
    ESCALATED = "escalated"
    STOPPED = "stopped"
    IN_DOUBT = "in doubt"
    REFERRED = "referred"
    """A playbook found the cause, and the runbook that mends it is proposed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """A run of one exact runbook text with frozen parameters.

    `document` is the YAML itself: the run stays on it whatever happens to the file. `pace`
    divides the waits (60 in drills).
    """

    run: RunId
    runbook: str
    document: str
    content_hash: str
    bindings: str
    requested_by: PersonId | None
    pace: int = 1
    automatic: bool = False
    mode: str = "run"
    ambiguity: float = 0.2
    """Likelihoods closer than this are not chosen between: the policy's, kept for the whole run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one command or probe gave; texts are redacted and capped. None = no exit status."""

    exit_status: int | None
    stdout: Untrusted
    stderr: Untrusted
    truncated: bool = False
    deadline: bool = False
    signal: str = ""
    seconds: float = 0.0
    fault: str = ""
    """Why it could not be run at all ("" = it ran)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostNeed:
    """What a run may do on a host; `sudo` are the commands that it may run as root there."""

    host: str
    changes: bool
    sudo: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightCheck:
    """One row of a host's pre-flight; `detail` says why it did not pass."""

    name: str
    passed: bool
    detail: Untrusted = Untrusted("")


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightStarted:
    """Every host that the run could touch is tried before anything is looked at."""

    run: RunId
    hosts: tuple[HostNeed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightFinished:
    """What a host's pre-flight showed; the first check that failed is the last one."""

    run: RunId
    host: str
    checks: tuple[PreflightCheck, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadStarted:
    """Read-only commands went out together; `phase` as the planner names it."""

    run: RunId
    turn: int
    phase: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFinished:
    """One read-only command or probe answered; a probe's status is its exit status here."""

    run: RunId
    turn: int
    phase: str
    path: str
    host: str
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionReached:
    """The runbook's rule that held, in its author's words."""

    run: RunId
    phase: str
    because: Untrusted
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AutonomyUsed:
    """The policy lets this reversible change run without a person's yes; `because` says why."""

    run: RunId
    card: CardId
    because: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReopened:
    """A run whose question expired goes on where it stood, because somebody asked again."""

    run: RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetsReserved:
    """All hosts and services that the run changes are its own until released."""

    run: RunId
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationAwaited:
    """Somebody else has a target; the run waits its turn."""

    run: RunId
    targets: tuple[str, ...]
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationReleased:
    """The targets are free again."""

    run: RunId
    targets: tuple[str, ...]
    why: Untrusted = Untrusted("")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """Committed before the first byte of a state-changing command leaves.

    `approved_by` and `card` name the yes that covers it; `boot` is the host's boot id.
    """

    run: RunId
    path: str
    host: str
    attempt: int
    digest: str
    command: tuple[str, ...]
    timeout: timedelta
    on_deadline: OnDeadline
    number: int
    of: int
    card: CardId | None
    approved_by: tuple[PersonId, ...]
    boot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFinished:
    """A state-changing command ended and we know how; `learned` = the host's receipt told us."""

    run: RunId
    path: str
    host: str
    attempt: int
    outcome: Outcome
    learned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StepInterrupted:
    """The worker that ran this command is gone; the host is being asked what became of it."""

    run: RunId
    path: str
    host: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepInDoubt:
    """Nobody can say whether the command took effect; it is never run again by itself."""

    run: RunId
    path: str
    host: str
    attempt: int
    why: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSettled:
    """A human said what became of a command in doubt."""

    run: RunId
    path: str
    host: str
    attempt: int
    finished: bool
    by: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitStarted:
    """The run waits on purpose until `until`."""

    run: RunId
    name: str
    until: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitEnded:
    """The wait is over."""

    run: RunId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalVoided:
    """A yes no longer fits what would run: it counts for nothing and is asked anew."""

    run: RunId
    card: CardId
    why: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentChanged:
    """The catalogue's text changed before anything was run: the run begins anew with it."""

    run: RunId
    document: str
    content_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPaused:
    """Something unexpected after a change began: the run keeps its targets and asks a human."""

    run: RunId
    why: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class AbortRequested:
    """No further step of this run."""

    run: RunId
    reason: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded:
    """The run is over. `commands_ran` counts state-changing commands that were started."""

    run: RunId
    ending: Ending
    because: Untrusted
    commands_ran: int
    whom: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunReported:
    """What a dry run would have asked; `packet` None = it would have asked nothing."""

    run: RunId
    because: Untrusted
    packet: Packet | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpNoted:
    """The runbook suggests a task or a monitor for afterwards."""

    run: RunId
    text: Untrusted
    owner: str


# --- notices ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSent:
    """A stakeholder notice was cleared and goes to its audience's channel."""

    audience: str
    channel: str
    text: Untrusted
    author: PersonId
    confirmed_by: tuple[PersonId, ...]


# --- erasing ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedEvent:
    """One earlier event of the stream that lost text, by its sequence.

    `seal` is what its place in the chain was made over, `digest` the SHA-256 of the stored body
    that is left; both hex.
    """

    seq: int
    seal: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextsErased:
    """Somebody took texts away for good; what they were is nowhere any more."""

    why: Untrusted
    erased: tuple[ErasedEvent, ...]


# --- system ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """No state-changing step may start in this scope (`*` = anywhere)."""

    scope: str
    reason: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfrozen:
    """The freeze is over."""

    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillStarted:
    """A fire drill was asked for."""

    drill: str
    scenario: str
    room: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsTold:
    """News of a group whose route only posts; `told` False = counted, and said with the next.

    `counted` are the alerts that fired untold since the last message.
    """

    group: str
    route: str
    severity: Severity
    title: Untrusted
    firing: int
    resolved: int
    counted: int = 0
    told: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRaised:
    """The journal was restored from a backup: what had happened since is not in it.

    The first epoch is 1 and has no event. `until` is when the last event of the backup happened.
    """

    epoch: int
    reason: Untrusted
    until: datetime | None = None


IncidentEvent: TypeAlias = (
    IncidentDeclared
    | TitleChanged
    | SeverityChanged
    | StatusChanged
    | ServicesNamed
    | ImpactRecorded
    | StartRecorded
    | LinkAdded
    | ActionAdded
    | ActionCompleted
    | RoleAssigned
    | PersonJoined
    | NoteAdded
    | UpdatePosted
    | UpdateReminded
    | IncidentResolved
    | IncidentReopened
    | IncidentClosed
    | RoomOpened
    | DeliveryFailed
    | AlertsAttached
    | PageStarted
    | PersonPaged
    | PageDelivered
    | PageUndeliverable
    | PageAcknowledged
    | PageExhausted
    | CardAsked
    | VoteCast
    | CardDecided
    | CardExpired
    | CardWithdrawn
    | CardReminded
    | CardAskedAgain
    | GlassBroken
    | ReviewReminded
    | RunStarted
    | PreflightStarted
    | PreflightFinished
    | ReadStarted
    | ReadFinished
    | DecisionReached
    | AutonomyUsed
    | RunReopened
    | TargetsReserved
    | ReservationAwaited
    | ReservationReleased
    | StepStarted
    | StepFinished
    | StepInterrupted
    | StepInDoubt
    | StepSettled
    | WaitStarted
    | WaitEnded
    | ApprovalVoided
    | DocumentChanged
    | RunPaused
    | AbortRequested
    | RunEnded
    | DryRunReported
    | FollowUpNoted
    | NoticeSent
    | TextsErased
)
SystemEvent: TypeAlias = Frozen | Unfrozen | DrillStarted | AlertsTold | EpochRaised
Event: TypeAlias = IncidentEvent | SystemEvent | PersonEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An event in its place: `at` never goes back within a stream; `request` caused it."""

    stream: StreamRef
    seq: int
    at: datetime
    actor: PersonId = SYSTEM
    request: str = ""
    event: Event
