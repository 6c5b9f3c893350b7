"""A decision in the making: events are folded as they are added, so the next line sees them."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain import escalation, rules, run, telling
from bot.domain.actor import Actor
from bot.domain.approval import approves
from bot.domain.decided import Decided
from bot.domain.effects import Effect, Invite, WakeWaiting
from bot.domain.events import (
    CardAsked,
    Envelope,
    Event,
    PersonPaged,
    ReservationReleased,
    ResolvedRule,
    RunEnded,
)
from bot.domain.intents import Intent
from bot.domain.policy import Policy
from bot.domain.state import Incident, evolve, next_number
from bot.values import PersonId, StreamRef


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
        for happened in events:
            event = self._copied(happened)
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

    def page(
        self, reason: str, escalation_name: str = "", people: tuple[PersonId, ...] = ()
    ) -> None:
        """Wake somebody: these people, else the escalation's; a drill pages nobody."""
        if self.incident.drill:
            return
        self.steps(
            escalation.start(
                self.policy,
                page=self.intent.fresh.ident("page", len(self.incident.pages) + 1),
                reason=reason,
                escalation=escalation_name or self.incident.escalation,
                now=self.now,
                people=people,
            )
        )

    def steps(self, steps: escalation.Steps) -> None:
        """Add what the escalation decided; whoever is paged is invited too."""
        self.happen(*steps.events)
        for event in steps.events:
            if isinstance(event, PersonPaged):
                self.invite(event.person)
        self.do(*steps.effects)

    def invite(self, person: PersonId) -> None:
        """Bring somebody into every room for what has just happened."""
        seq = self.incident.seq
        self.do(*(Invite(platform=p, person=person, seq=seq) for p in self.incident.platforms))

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

    @property
    def expires_at(self) -> datetime:
        """When a card that no rule speaks of expires."""
        return self.now + rules.usual_expiry(self.policy, self.incident.severity)

    @property
    def remind_at(self) -> datetime:
        """When the answerers of such a card are reminded."""
        lasts = rules.usual_expiry(self.policy, self.incident.severity)
        return self.now + lasts * rules.REMINDED_AT

    def may_answer(self, rule: ResolvedRule) -> tuple[PersonId, ...]:
        """Return the people of the policy who may say yes and who may know of this incident."""
        able = rules.people_for(self.policy, rule)
        if not self.incident.private:
            return able
        return tuple(person for person in able if person in self.incident.members)

    def _copied(self, event: Event) -> Event:
        """Name the people who get a copy of a card that asks for an approval."""
        if not isinstance(event, CardAsked) or self.incident.drill or not approves(event):
            return event
        return replace(event, copies=self.may_answer(event.rule))

    def after(self, delay: timedelta) -> datetime:
        """Return a moment from now."""
        return self.now + delay

    def decided(self) -> Decided:
        """Close the draft."""
        events = tuple(self._events)
        shows = telling.shows(self.incident, self.before, events)
        rooms = telling.rooms(self.incident, self.before)
        return Decided(
            events=events,
            effects=(*self._effects, *rooms, *shows),
            answer=self.answer,
            unfrozen=self.unfrozen,
            after=self.incident,
        )


def _freed(incident: Incident, event: Event) -> tuple[str, ...]:
    """Return the targets that others may get now: freed ones, or a place in their line."""
    if isinstance(event, ReservationReleased):
        return event.targets
    run_over = incident.runs.get(event.run) if isinstance(event, RunEnded) else None
    return run_over.wanted if run_over is not None else ()
