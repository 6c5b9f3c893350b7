"""What is wanted, with everything that only I/O can know: fresh ids, the actor, results.

Every intent names the verb that `permissions` looks up; an intent without one cannot exist.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, TypeAlias

from bot.domain.actor import Actor
from bot.domain.events import (
    AlertBrief,
    Envelope,
    ErasedEvent,
    Option,
    Outcome,
    PreflightCheck,
    Role,
    Status,
)
from bot.domain.packet import AskedPacket, RunPacket
from bot.domain.permissions import Verb
from bot.values import CardId, ConversationRef, PersonId, RunId, Severity, Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """A random seed that ids are made from, and the free display number where one is needed."""

    seed: str
    number: str = ""

    def ident(self, noun: str, n: int) -> str:
        """Return an id that nobody can guess: the seed, what it names and a count within it."""
        return f"{self.seed}{noun[0]}{n}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """What the last try to commit this intent met: a freeze, or another run's reservation."""

    frozen: str = ""
    """The freeze's reason, scope and author in one line."""
    holder: str = ""
    """Incident and run that hold a target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """Base of all: who wants it."""

    VERB: ClassVar[Verb] = Verb.SYSTEM
    by: Actor
    fresh: Fresh = Fresh(seed="")
    met: Obstacle | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Declare(Intent):
    """Open an incident; severity None = the policy's default holds and is asked for."""

    VERB: ClassVar[Verb] = Verb.DECLARE
    severity: Severity | None
    title: Untrusted
    services: tuple[str, ...] = ()
    private: bool = False
    impact: Untrusted = Untrusted("")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTitle(Intent):
    """Change the title."""

    VERB: ClassVar[Verb] = Verb.EDIT
    title: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSeverity(Intent):
    """Change the severity."""

    VERB: ClassVar[Verb] = Verb.SEVERITY
    severity: Severity
    reason: Untrusted = Untrusted("")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetStatus(Intent):
    """Move to investigating, identified or monitoring."""

    VERB: ClassVar[Verb] = Verb.EDIT
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordImpact(Intent):
    """Say who feels it."""

    VERB: ClassVar[Verb] = Verb.EDIT
    text: Untrusted
    users: Untrusted = Untrusted("")
    regions: Untrusted = Untrusted("")
    data_loss: Untrusted = Untrusted("")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordStart(Intent):
    """Say when it began."""

    VERB: ClassVar[Verb] = Verb.EDIT
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AddLink(Intent):
    """Keep a link."""

    VERB: ClassVar[Verb] = Verb.EDIT
    kind: Untrusted
    url: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAction(Intent):
    """Somebody will do something."""

    VERB: ClassVar[Verb] = Verb.EDIT
    text: Untrusted
    owner: PersonId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteAction(Intent):
    """Action `n` is done."""

    VERB: ClassVar[Verb] = Verb.EDIT
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignRole(Intent):
    """Give a role to a person; `handover` posts the hand-over card."""

    VERB: ClassVar[Verb] = Verb.ROLE
    role: Role
    person: PersonId
    handover: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AddNote(Intent):
    """Put words on the timeline; `said` = the room of the actor's platform has them already.

    `about` is the sequence of the update that they answer, 0 = none, and `about_at` when that was.
    """

    VERB: ClassVar[Verb] = Verb.NOTE
    text: Untrusted
    said: bool = False
    about: int = 0
    about_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostUpdate(Intent):
    """Tell everybody where things stand; `next_at` None = by the severity's cadence."""

    VERB: ClassVar[Verb] = Verb.UPDATE
    text: Untrusted
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve(Intent):
    """Say that it is over; opens the checklist where points are open."""

    VERB: ClassVar[Verb] = Verb.RESOLVE
    summary: Untrusted
    firing: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen(Intent):
    """Say that it is not over."""

    VERB: ClassVar[Verb] = Verb.RESOLVE
    reason: Untrusted = Untrusted("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Close(Intent):
    """File it."""

    VERB: ClassVar[Verb] = Verb.CLOSE
    postmortem: Untrusted = Untrusted("")
    override: Untrusted = Untrusted("")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareNotice(Intent):
    """Show a stakeholder notice as a preview to be confirmed or approved."""

    VERB: ClassVar[Verb] = Verb.NOTIFY
    audience: str
    text: Untrusted
    flagged: tuple[str, ...] = ()
    """Words that outsiders should not read (host names, ids), shown in the preview."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Intent):
    """Wake a person or a group."""

    VERB: ClassVar[Verb] = Verb.PAGE
    escalation: str = ""
    people: tuple[PersonId, ...] = ()
    reason: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge(Intent):
    """I have it; `page` "" = every open page of the incident."""

    VERB: ClassVar[Verb] = Verb.ACKNOWLEDGE
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRun(Intent):
    """Run this exact document with these bindings (both checked by the caller, frozen here)."""

    VERB: ClassVar[Verb] = Verb.RUN
    runbook: str
    document: str
    bindings: str
    mode: str = "run"


@dataclass(frozen=True, slots=True, kw_only=True)
class AbortRun(Intent):
    """No further step. `kill` also stops the running command and leaves it in doubt."""

    VERB: ClassVar[Verb] = Verb.ABORT
    run: RunId
    kill: bool = False
    reason: Untrusted = Untrusted("")


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakReservation(Intent):
    """Free a run's targets although nobody knows whether they are sound."""

    VERB: ClassVar[Verb] = Verb.BREAK_RESERVATION
    run: RunId
    reason: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Intent):
    """Press an option of a card; `document_now` is the catalogue's text for its run ("" = gone)."""

    VERB: ClassVar[Verb] = Verb.READ  # the card's own rule decides; see domain/approval
    card: CardId
    option: str
    reason: Untrusted = Untrusted("")
    values: Mapping[str, str] = field(default_factory=dict)
    document_now: str = ""
    short_digest: str = ""
    """The digits that a typed approval names; "" for a pressed button."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPeople(Intent):
    """Put a question to people; `card` is its id, chosen by the caller so that it can be found.

    `expires_in` None = by the severity. `count` people of any of the groups `answerers` settle it.
    """

    VERB: ClassVar[Verb] = Verb.ASK
    card: CardId
    title: Untrusted
    packet: AskedPacket
    options: tuple[Option, ...]
    answerers: tuple[str, ...]
    count: int = 1
    expires_in: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAgain(Intent):
    """Ask an expired question anew; `document_now` as in `Answer`."""

    VERB: ClassVar[Verb] = Verb.READ  # whoever may ask that kind; see domain/questions
    card: CardId
    document_now: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawCard(Intent):
    """Take an open question back."""

    VERB: ClassVar[Verb] = Verb.READ  # who asked, or who may abort; see domain/questions
    card: CardId
    reason: Untrusted = Untrusted("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze(Intent):
    """Stop every state-changing step in a scope."""

    VERB: ClassVar[Verb] = Verb.FREEZE
    scope: str
    reason: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfreeze(Intent):
    """Lift a freeze."""

    VERB: ClassVar[Verb] = Verb.UNFREEZE
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill(Intent):
    """Start a fire drill."""

    VERB: ClassVar[Verb] = Verb.DRILL
    scenario: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseEpoch(Intent):
    """The journal was restored from a backup whose last event happened at `until`."""

    VERB: ClassVar[Verb] = Verb.ADMINISTER
    epoch: int
    reason: Untrusted
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseTexts(Intent):
    """Say that texts were taken away; `left` are the events that lost some, as they are now.

    `beside` counts what was taken from elsewhere: answers, effects, alerts.
    """

    VERB: ClassVar[Verb] = Verb.ADMINISTER
    why: Untrusted
    erased: tuple[ErasedEvent, ...]
    left: tuple[Envelope, ...]
    beside: int = 0


# --- the bot's own ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachAlerts(Intent):
    """News of one alert group, for a new incident or the one that has the group."""

    group: str
    route: str
    severity: Severity
    service: str
    title: Untrusted
    firing: int
    resolved: int
    reopening: bool
    first: tuple[AlertBrief, ...]
    muted: bool = False
    runbook: str = ""
    document: str = ""
    bindings: str = ""
    choices: tuple[RunPacket, ...] = ()
    """The runbooks that all match the alert, where a person must say which; else empty."""
    refused: str = ""
    """Why the route's runbook could not be bound to the alert's labels ("" = it could)."""
    triage: bool = False
    requested_by: PersonId | None = None
    """Who started the drill that the alert belongs to (None = no drill)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellAlerts(Intent):
    """News of one alert group whose route only posts; `muted` = in a maintenance window."""

    group: str
    route: str
    severity: Severity
    title: Untrusted
    firing: int
    resolved: int
    muted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomIsOpen(Intent):
    """A platform made (or found) the room."""

    room: ConversationRef


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRefused(Intent):
    """An effect was refused for good; `seq` is the event that a refused post told of (0 = none)."""

    what: str
    where: str
    why: Untrusted
    seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PageResult(Intent):
    """A pager answered; `why` "" = delivered."""

    page: str
    person: PersonId
    pager: str
    why: Untrusted = Untrusted("")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeRun(Intent):
    """The runbook that the playbook's run `after` named as the fix, as the catalogue holds it now.

    `refused` says why it could not be bound ("" = it could).
    """

    after: RunId
    runbook: str
    document: str = ""
    bindings: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightResult(Intent):
    """A host was tried."""

    run: RunId
    host: str
    checks: tuple[PreflightCheck, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResult(Intent):
    """A read-only command answered."""

    run: RunId
    turn: int
    phase: str
    path: str
    host: str
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class StartStep(Intent):
    """About to send the first byte: everything that the yes was bound to, as it is now.

    `voters` are the approvers as they stand now; `document_now` is what the catalogue holds now.
    """

    run: RunId
    path: str
    host: str
    attempt: int
    document_now: str
    voters: tuple[Actor, ...]
    boot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult(Intent):
    """A state-changing command ended; `learned` from the host's receipt."""

    run: RunId
    path: str
    host: str
    attempt: int
    outcome: Outcome
    learned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimExpired(Intent):
    """The worker that began a step is gone; asked before the host is asked."""

    run: RunId
    path: str
    host: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepUnknown(Intent):
    """Nobody can say what became of a step; `asking` = the host could not be asked yet."""

    run: RunId
    path: str
    host: str
    attempt: int
    why: Untrusted
    asking: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StepNotPossible(Intent):
    """The host surely did not begin (refused, unreachable for too long)."""

    run: RunId
    path: str
    host: str
    attempt: int
    why: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class PutInDoubt(Intent):
    """The journal was restored: nobody knows what became of anything begun or approved."""

    why: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class TryReserve(Intent):
    """The run asks for its targets again."""

    run: RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerDue(Intent):
    """A timer fired; a hint that may be stale. `due` is the moment that it was set for."""

    name: str
    due: datetime | None = None


IncidentIntent: TypeAlias = (
    Declare
    | SetTitle
    | SetSeverity
    | SetStatus
    | RecordImpact
    | RecordStart
    | AddLink
    | AddAction
    | CompleteAction
    | AssignRole
    | AddNote
    | PostUpdate
    | Resolve
    | Reopen
    | Close
    | PrepareNotice
    | Page
    | Acknowledge
    | StartRun
    | AbortRun
    | BreakReservation
    | Answer
    | AskPeople
    | AskAgain
    | WithdrawCard
    | AttachAlerts
    | RoomIsOpen
    | DeliveryRefused
    | PageResult
    | ProposeRun
    | PreflightResult
    | ReadResult
    | StartStep
    | StepResult
    | ClaimExpired
    | StepUnknown
    | StepNotPossible
    | PutInDoubt
    | TryReserve
    | TimerDue
    | EraseTexts
)
SystemIntent: TypeAlias = Freeze | Unfreeze | Drill | TellAlerts | RaiseEpoch | EraseTexts
