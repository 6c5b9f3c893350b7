"""A decision in the making: events are folded as they are added, so the next line sees them."""

from datetime import datetime, timedelta

from bot.domain import escalation, run, telling
from bot.domain.actor import Actor
from bot.domain.decided import Decided
from bot.domain.effects import Effect, Invite, WakeWaiting
from bot.domain.events import Envelope, Event, PersonPaged, ReservationReleased, RunEnded
from bot.domain.intents import Intent
from bot.domain.policy import Policy
from bot.domain.state import Incident, evolve, next_number
from bot.values import StreamRef


class Draft:
    """Collects what one intent leads to. Local to one `decide`; nothing of it outlives the call."""

    def __init__(self, policy: Policy, incident: Incident, intent: Intent, now: datetime) -> None:
        self.policy = policy
        self.before = incident
        self.incident = incident
        self.intent = intent
        self.now = max(now, incident.last_at)
        self.answer = ""
        self.unfrozen: tuple[str, ...] | None = None
        self._events: list[Event] = []
        self._effects: list[Effect] = []

    @property
    def by(self) -> Actor:
        """Who wants it."""
        return self.intent.by

    def happen(self, *events: Event) -> None:
        """Add events; each is told to whom `telling` names."""
        for event in events:
            freed = _freed(self.incident, event)
            envelope = Envelope(
                stream=StreamRef(kind="incident", id=self.incident.id),
                seq=self.incident.seq + 1,
                at=self.now,
                actor=self.by.person,
                event=event,
            )
            self.incident = evolve(self.incident, envelope)
            self._events.append(event)
            if freed:
                self.do(WakeWaiting(seq=self.incident.seq, targets=freed))
            self._effects.extend(
                telling.posts(self.policy, self.incident, self.incident.seq, event)
            )

    def do(self, *effects: Effect) -> None:
        """Add effects."""
        self._effects.extend(effects)

    def move(self, moves: tuple[tuple[Event, ...], tuple[Effect, ...]]) -> None:
        """Add what a noun's own decision returned."""
        events, effects = moves
        self.happen(*events)
        self.do(*effects)

    def page(self, reason: str, escalation_name: str = "") -> None:
        """Wake somebody; a drill pages nobody."""
        if self.incident.drill:
            return
        self.steps(
            escalation.start(
                self.policy,
                page=self.intent.fresh.ident("page", len(self.incident.pages) + 1),
                reason=reason,
                escalation=escalation_name or self.incident.escalation,
                now=self.now,
            )
        )

    def steps(self, steps: escalation.Steps) -> None:
        """Add what the escalation decided; whoever is paged is invited too."""
        self.happen(*steps.events)
        paged = [event.person for event in steps.events if isinstance(event, PersonPaged)]
        rooms = self.incident.platforms
        self.do(*(Invite(platform=room, person=person) for person in paged for room in rooms))
        self.do(*steps.effects)

    def setting(self) -> run.Setting:
        """Return what a run needs to know right now."""
        return run.Setting(
            policy=self.policy,
            severity=self.incident.severity,
            drill=self.incident.drill,
            cards=self.incident.cards,
            next_number=next_number(self.incident),
            seed=self.intent.fresh.seed,
            now=self.now,
            holder=self.intent.met.holder if self.intent.met else "",
        )

    def after(self, delay: timedelta) -> datetime:
        """Return a moment from now."""
        return self.now + delay

    def decided(self) -> Decided:
        """Close the draft."""
        events = tuple(self._events)
        shows = telling.shows(self.incident, self.before, events)
        return Decided(
            events=events,
            effects=(*self._effects, *shows),
            answer=self.answer,
            unfrozen=self.unfrozen,
        )


def _freed(incident: Incident, event: Event) -> tuple[str, ...]:
    """Return the targets that others may get now: freed ones, or a place in their line."""
    if isinstance(event, ReservationReleased):
        return event.targets
    run_over = incident.runs.get(event.run) if isinstance(event, RunEnded) else None
    return run_over.wanted if run_over is not None else ()
