"""One incident played in the open: intents in, events folded as they come back from storage.

It stands in for the desk, the outbox and the clocks, and for nothing that decides: every decision
is `incident.decide`, and time moves only when a test says so.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from bot.domain import incident
from bot.domain.actor import FIREWARDEN, Actor
from bot.domain.approval import Asked
from bot.domain.decided import Decided, Decision, Refusal
from bot.domain.effects import (
    ClearTimer,
    Effect,
    Post,
    RunChange,
    RunPreflight,
    RunRead,
    SendPage,
    Show,
    Timer,
)
from bot.domain.events import (
    CardKind,
    Envelope,
    Event,
    Outcome,
    PreflightCheck,
    StepStarted,
    TargetsReserved,
)
from bot.domain.intents import (
    Answer,
    AttachAlerts,
    Declare,
    Fresh,
    IncidentIntent,
    Obstacle,
    PreflightResult,
    ReadResult,
    StartRun,
    StartStep,
    StepResult,
    TimerDue,
)
from bot.domain.policy import Policy
from bot.domain.run import Run, inventory
from bot.domain.state import Incident, evolve
from bot.domain.timeline import line
from bot.records.chain import Record
from bot.records.projection import INCIDENT_EVENTS
from bot.records.stored import (
    event_json,
    event_of,
    read_effect,
    record_json,
    unsealed,
    write_effect,
)
from bot.values import IncidentId, RunId, Severity, StreamRef, Untrusted, canonical_json
from runbooks.loader import load
from runbooks.parameters import bind
from tests.unit.domain.people import actor, ana
from tests.unit.domain.policy import POLICY

T0 = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)

E = TypeVar("E")


class Story:
    """An incident, the policy that it lives under, and what has been asked of the outside."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self.policy = policy
        self.now = T0
        self.incident = Incident(id=IncidentId("i1"))
        self.history: list[Envelope] = []
        self.outbox: dict[str, Effect] = {}
        """Every effect by its key, in order: a key that was there before adds nothing."""
        self.last: tuple[Effect, ...] = ()
        """Effects of the last decision, as decided."""
        self.answer = ""
        self.timers: dict[str, datetime] = {}
        self.held: dict[str, str] = {}
        """Targets that other runs hold, with the holder in words."""
        self.frozen = ""
        self.unfit: dict[str, str] = {}
        """Hosts whose pre-flight fails, with the reason; every other one passes at once."""
        self.documents: dict[str, str] = {}
        self._turn = 0
        self._done: set[str] = set()

    @property
    def stream(self) -> StreamRef:
        return StreamRef(kind="incident", id=self.incident.id)

    # --- asking for things -----------------------------------------------------------------

    def does(self, intent: IncidentIntent) -> tuple[Event, ...]:
        """Carry the intent out and return its events; a refusal fails the test."""
        decision = self.decides(intent)
        assert isinstance(decision, Decided), decision
        return self._commit(intent.by, decision)

    def refused(self, intent: IncidentIntent) -> str:
        """Return the reason for which the intent is refused; acceptance fails the test."""
        decision = self.decides(intent)
        assert isinstance(decision, Refusal), decision
        return decision.reason

    def tries(self, intent: IncidentIntent) -> Decision:
        """Carry the intent out where it is accepted."""
        decision = self.decides(intent)
        if isinstance(decision, Decided):
            self._commit(intent.by, decision)
        return decision

    def decides(self, intent: IncidentIntent) -> Decision:
        """Return the decision without committing it; decided again where a commit would fail."""
        self._turn += 1
        number = f"INC-2026-1121-{self._turn:03}" if not self.incident.exists else ""
        intent = replace(intent, fresh=Fresh(seed=f"s{self._turn}-", number=number))
        decision = incident.decide(self.policy, self.incident, intent, self.now)
        obstacle = self._obstacle(decision)
        if obstacle is None:
            return decision
        return incident.decide(self.policy, self.incident, replace(intent, met=obstacle), self.now)

    def _obstacle(self, decision: Decision) -> Obstacle | None:
        if isinstance(decision, Refusal):
            return None
        wanted = {t for e in decision.events if isinstance(e, TargetsReserved) for t in e.targets}
        holders = [self.held[t] for t in sorted(wanted) if t in self.held]
        if holders:
            return Obstacle(holder=holders[0])
        if decision.unfrozen is not None and self.frozen:
            return Obstacle(frozen=self.frozen)
        return None

    def _commit(self, by: Actor, decided: Decided) -> tuple[Event, ...]:
        at = max(self.now, self.incident.last_at)
        for event in decided.events:
            envelope = Envelope(
                stream=self.stream,
                seq=self.incident.seq + 1,
                at=at,
                actor=by.person,
                event=event,
            )
            assert isinstance(event, INCIDENT_EVENTS)
            assert line(event)
            stored = through_storage(envelope)
            assert stored == envelope
            self.incident = evolve(self.incident, stored)
            self.history.append(stored)
        assert decided.after is None or decided.after == self.incident
        self._carry(decided.effects)
        for trial in list(self._waiting(RunPreflight)):
            self.settle(trial)
            self.tries(tried(trial, self.unfit.get(trial.host, "")))
        self.last, self.answer = decided.effects, decided.answer
        return decided.events

    def _carry(self, effects: tuple[Effect, ...]) -> None:
        self.last = effects
        for effect in effects:
            match effect:
                case Timer(name=name, due=due):
                    self.timers[name] = due
                case ClearTimer(name=name):
                    self.timers.pop(name, None)
                case _:
                    item = write_effect(self.stream, effect, self.now)
                    assert read_effect(item) == effect
                    self.outbox.setdefault(item.key, effect)

    # --- time ------------------------------------------------------------------------------

    def passes(self, span: timedelta) -> None:
        """Let time pass; timers ring when they are due, in order."""
        until = self.now + span
        while self.timers:
            name, due = min(self.timers.items(), key=lambda item: (item[1], item[0]))
            if due > until:
                break
            self.now = max(self.now, due)
            self.rings(name)
        self.now = until

    def rings(self, name: str) -> None:
        """Let one timer ring now, whether or not it is due."""
        self.timers.pop(name, None)
        self.tries(TimerDue(by=FIREWARDEN, name=name))

    # --- usual beginnings ------------------------------------------------------------------

    def declared(self, severity: Severity = Severity.SEV3, by: Actor = ana) -> "Story":
        """Open it by hand, with a title."""
        self.does(Declare(by=by, severity=severity, title=Untrusted("checkout is down")))
        return self

    def alerted(self, severity: Severity = Severity.SEV3, route: str = "rest") -> "Story":
        """Open it by an alert."""
        self.does(alerts(severity=severity, route=route))
        return self

    def starts(
        self,
        document: str,
        *,
        by: Actor = ana,
        host: str = "web-1",
        mode: str = "run",
        **arguments: str,
    ) -> RunId:
        """Run a runbook on a host as a person would ask for it; returns the run's id."""
        runbook = load(document, "runbook")
        self.documents[runbook.name] = document
        known = inventory(self.policy, practice_only=self.incident.drill)
        takes_host = "host" in runbook.document.parameters
        given = {**({"host": host} if takes_host else {}), **arguments}
        bindings = canonical_json(bind(runbook, given, {}, known).to_json()).decode()
        self.does(
            StartRun(by=by, runbook=runbook.name, document=document, bindings=bindings, mode=mode)
        )
        return self.run.started.run

    # --- looking ---------------------------------------------------------------------------

    @property
    def run(self) -> Run:
        """The newest run."""
        return list(self.incident.runs.values())[-1]

    def events(self, kind: type[E]) -> list[E]:
        """Every event of a kind, oldest first."""
        return [e.event for e in self.history if isinstance(e.event, kind)]

    def kinds(self, since: int = 0) -> list[str]:
        """Names of the events after the one with sequence `since`."""
        return [type(e.event).__name__ for e in self.history if e.seq > since]

    def card(self, kind: CardKind) -> Asked:
        """Return the newest card of a kind."""
        return [a for a in self.incident.cards.values() if a.card.kind is kind][-1]

    def open_kinds(self) -> list[CardKind]:
        """Kinds of the cards that wait for an answer."""
        return [a.card.kind for a in self.incident.open_cards]

    def posted(self) -> list[str]:
        """`<event> -> <target>` of every post of the last decision."""
        names = {e.seq: type(e.event).__name__ for e in self.history}
        return [f"{names[e.seq]} -> {e.target}" for e in self.last if isinstance(e, Post)]

    def shown(self) -> list[str]:
        """Cards that the last decision shows anew."""
        return [e.card for e in self.last if isinstance(e, Show)]

    def woken(self) -> list[str]:
        """`<person> by <pager>` of every page that was ever sent."""
        sent = [e for e in self.outbox.values() if isinstance(e, SendPage)]
        return [f"{e.person} by {e.pager}, level {e.level}" for e in sent]

    # --- hosts -----------------------------------------------------------------------------

    def reads(self) -> list[RunRead]:
        """Read-only commands that nobody has answered yet."""
        return list(self._waiting(RunRead))

    def changes(self) -> list[RunChange]:
        """State-changing commands that wait to be started."""
        return list(self._waiting(RunChange))

    def _waiting(self, kind: type[E]) -> Iterable[E]:
        return (e for k, e in self.outbox.items() if isinstance(e, kind) and k not in self._done)

    def settle(self, effect: Effect) -> None:
        """Take an effect out of the outbox."""
        self._done.add(write_effect(self.stream, effect, self.now).key)

    def looks(self, host: Callable[[tuple[str, ...]], Outcome]) -> None:
        """Answer read-only commands as the host says, until none is left."""
        while True:
            waiting = self.reads()
            if not waiting:
                return
            for read in waiting:
                self.settle(read)
                self.tries(read_result(read, host(read.argv)))

    def votes(self, by: Actor, option: str = "approve", reason: str = "") -> Decision:
        """Press a button of the newest card that a run asked for a change."""
        asked = [
            a
            for a in self.incident.cards.values()
            if a.card.kind in {CardKind.CHANGE, CardKind.UNDO}
        ][-1]
        return self.presses(asked, by, option, reason)

    def presses(
        self,
        asked: Asked,
        by: Actor,
        option: str,
        reason: str = "",
        values: dict[str, str] | None = None,
    ) -> Decision:
        """Press a button of a card."""
        run = self.incident.runs.get(asked.card.run) if asked.card.run else None
        return self.tries(
            Answer(
                by=by,
                card=asked.card.card,
                option=option,
                reason=Untrusted(reason),
                values=values or {},
                document_now=self.documents.get(run.started.runbook, "") if run else "",
            )
        )

    def begins(self, *voters: Actor) -> Decision:
        """Let a worker begin the next change: `StartStep`, approvers as given or as they were."""
        change = self.changes()[0]
        self.settle(change)
        run = self.incident.runs[change.run]
        asked = self.incident.cards[run.approval] if run.approval else None
        by = asked.decided.by if asked and asked.decided else ()
        return self.tries(
            StartStep(
                by=FIREWARDEN,
                run=change.run,
                path=change.path,
                host=change.host,
                attempt=change.attempt,
                document_now=self.documents.get(run.started.runbook, ""),
                voters=voters or tuple(actor(person) for person in by),
                boot="boot-1",
            )
        )

    def ends(self, outcome: Outcome, *, learned: bool = False) -> tuple[Event, ...]:
        """Let the command that is under way end."""
        started = self.doing
        return self.does(
            StepResult(
                by=FIREWARDEN,
                run=started.run,
                path=started.path,
                host=started.host,
                attempt=started.attempt,
                outcome=outcome,
                learned=learned,
            )
        )

    @property
    def doing(self) -> StepStarted:
        """The command that is under way."""
        log = self.run.doing
        assert log is not None
        return log.started


def through_storage(envelope: Envelope) -> Envelope:
    """Return what the journal gives back for it."""
    written = unsealed(envelope, event_json(envelope))
    record = Record(
        stream=envelope.stream,
        seq=envelope.seq,
        type=written.type,
        version=written.version,
        body=written.body,
        mac=b"",
    )
    return event_of(record, record_json(record))


def alerts(
    *,
    severity: Severity = Severity.SEV3,
    route: str = "rest",
    firing: int = 1,
    resolved: int = 0,
    reopening: bool = False,
    muted: bool = False,
    document: str = "",
    bindings: str = "",
    triage: bool = False,
    refused: str = "",
) -> AttachAlerts:
    """Return news of one alert group."""
    return AttachAlerts(
        by=FIREWARDEN,
        group="rest/checkout",
        route=route,
        severity=severity,
        service="checkout",
        title=Untrusted("checkout is slow"),
        firing=firing,
        resolved=resolved,
        reopening=reopening,
        first=(),
        muted=muted,
        runbook="disk-full" if document or refused else "",
        document=document,
        bindings=bindings,
        triage=triage,
        refused=refused,
    )


def tried(trial: RunPreflight, fault: str = "") -> PreflightResult:
    """Return what delivery hands in for a host that was tried."""
    check = PreflightCheck(name="reachable", passed=not fault, detail=Untrusted(fault))
    return PreflightResult(by=FIREWARDEN, run=trial.run, host=trial.host, checks=(check,))


def read_result(read: RunRead, outcome: Outcome) -> ReadResult:
    """Return what delivery hands in for a read-only command."""
    return ReadResult(
        by=FIREWARDEN,
        run=read.run,
        turn=read.turn,
        phase=read.phase,
        path=read.path,
        host=read.host,
        outcome=outcome,
    )


def exited(status: int | None, stdout: str = "", **more: object) -> Outcome:
    """Return how a command ended."""
    return replace(
        Outcome(exit_status=status, stdout=Untrusted(stdout), stderr=Untrusted("")),
        **more,  # type: ignore[arg-type]  # a test names fields of Outcome
    )
