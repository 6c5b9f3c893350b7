"""One intent decided: what it adds to its stream, and everything that goes into the commit.

Nothing here waits or writes: the desk (`bot.usecases.desk`) brings what was read, and commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Generic, Protocol, TypeAlias, TypeVar

from bot.domain.decided import Decided, Decision, Refusal
from bot.domain.effects import ClearTimer, Effect, Timer
from bot.domain.events import Envelope
from bot.domain.intents import Intent, TimerDue
from bot.domain.policy import Policy
from bot.ports import (
    Absent,
    AlertsTaken,
    Commit,
    NobodyBefore,
    Requirement,
    SeenRequest,
    Settle,
    Settlement,
    Unfrozen,
)
from bot.records.chain import Head
from bot.records.rows import ReservationRow, Row, RowChange
from bot.records.stored import timer_key, write_effect
from bot.values import StreamRef

S = TypeVar("S")
I = TypeVar("I", bound=Intent)  # noqa: E741 - I for intent, beside S for state
I_contra = TypeVar("I_contra", bound=Intent, contravariant=True)


class Noun(Protocol[S, I_contra]):
    """The pure functions of one kind of stream."""

    @property
    def kind(self) -> str:
        """`incident`, `person` or `system`."""
        ...

    def blank(self, ident: str) -> S:
        """Return the state before the first event."""
        ...

    def evolve(self, state: S, envelope: Envelope) -> S:
        """Fold one event."""
        ...

    def decide(self, policy: Policy, state: S, intent: I_contra, now: datetime) -> Decision:
        """Say what an intent leads to."""
        ...

    def rows(self, before: S, after: S, envelopes: Sequence[Envelope]) -> tuple[RowChange, ...]:
        """Return the read-model changes of these events."""
        ...

    def exclusive(self, after: S, envelopes: Sequence[Envelope]) -> tuple[Row, ...]:
        """Return the rows that must be free for these events to be true."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """It is durable; `events` are what was added, `answer` what the person reads."""

    answer: str
    events: tuple[Envelope, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The request was carried out before; `answer` is what was said then."""

    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """The claim that this was done under is somebody else's by now; nothing was written."""


Result: TypeAlias = Done | Known | Lost | Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """What else goes into the commit: the request's id, the claim that it settles, alerts taken."""

    request: str = ""
    settlement: Settlement | None = None
    taken: tuple[AlertsTaken, ...] = ()
    free: tuple[Row, ...] = ()
    """Rows that nobody else may hold (the alert group that an opening incident claims)."""
    refusal_settles: bool = True
    """Whether a refusal settles the claim too; where not, whoever holds the claim decides."""


NOTHING_ELSE = Extra()


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded(Generic[S]):
    """A stream as it stands at its head."""

    state: S
    head: Head


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned(Generic[S]):
    """A decision with everything for its commit but the sealed records."""

    commit: Commit
    envelopes: tuple[Envelope, ...]
    result: Result
    state: S


class Deciding(Generic[S, I]):
    """Decides intents on streams of one kind.

        planned = Deciding(noun).plan(policy, stream, folded, intent, extra, now)

    A `Refusal` comes back as it is; where it was made under a claim, as the commit that settles it.
    """

    def __init__(self, noun: Noun[S, I]) -> None:
        self._noun = noun

    def plan(
        self,
        policy: Policy,
        stream: StreamRef,
        folded: Folded[S],
        intent: I,
        extra: Extra,
        now: datetime,
    ) -> Planned[S] | Refusal:
        """Return what the intent leads to."""
        at = _time_of(folded.state, intent, now)
        decision = self._noun.decide(policy, folded.state, intent, at)
        if isinstance(decision, Refusal):
            return _refused(folded, extra, decision)
        after, envelopes = self._fold(stream, folded, intent, extra, decision, at)
        rows = self._noun.rows(folded.state, after, envelopes) if envelopes else ()
        requires: list[Requirement] = [Absent(row) for row in extra.free]
        requires += _exclusive(self._noun.exclusive(after, envelopes))
        if decision.unfrozen is not None:
            requires.append(Unfrozen(decision.unfrozen))
        effects, cleared = _timers_settled(decision.effects)
        commit = Commit(
            effects=tuple(write_effect(stream, effect, now, at - now) for effect in effects),
            cleared=tuple(timer_key(stream, name) for name in cleared),
            rows=rows,
            taken=extra.taken,
            request=_seen(extra.request, decision.answer, now),
            settlement=extra.settlement,
            requires=tuple(requires),
        )
        return Planned(
            commit=commit,
            envelopes=envelopes,
            result=Done(answer=decision.answer, events=envelopes),
            state=after,
        )

    def _fold(
        self,
        stream: StreamRef,
        folded: Folded[S],
        intent: I,
        extra: Extra,
        decided: Decided,
        at: datetime,
    ) -> tuple[S, tuple[Envelope, ...]]:
        envelopes = tuple(
            Envelope(
                stream=stream,
                seq=n,
                at=at,
                actor=intent.by.person,
                request=extra.request,
                event=event,
            )
            for n, event in enumerate(decided.events, start=folded.head.seq + 1)
        )
        if isinstance(decided.after, type(folded.state)):
            return decided.after, envelopes
        return reduce(self._noun.evolve, envelopes, folded.state), envelopes


def _refused(folded: Folded[S], extra: Extra, refusal: Refusal) -> Planned[S] | Refusal:
    settlement = extra.settlement
    if settlement is None or settlement.how is Settle.HELD or not extra.refusal_settles:
        return refusal
    commit = Commit(settlement=settlement)
    return Planned(commit=commit, envelopes=(), result=refusal, state=folded.state)


def _time_of(state: object, intent: Intent, now: datetime) -> datetime:
    """Return the stream's own time: it never goes back, and a timer that fires was set for it.

    Where the clock was set back it is ahead of `now`, and stays so until the clock has caught up.
    """
    last = getattr(state, "last_at", now)
    due = intent.due if isinstance(intent, TimerDue) and intent.due is not None else now
    return max(now, last, due)


def _exclusive(rows: Sequence[Row]) -> list[Requirement]:
    """Ask for rows that nobody else holds; a target also takes its turn among those who wait."""
    requires: list[Requirement] = []
    for row in rows:
        requires.append(Absent(row))
        if isinstance(row, ReservationRow):
            requires.append(NobodyBefore(target=row.target, run=row.run))
    return requires


def _timers_settled(effects: Sequence[Effect]) -> tuple[Sequence[Effect], list[str]]:
    """Split off the timers to clear; where one name is set and cleared, its last word counts."""
    last = {e.name: e for e in effects if isinstance(e, Timer | ClearTimer)}
    put = [
        e
        for e in effects
        if not isinstance(e, ClearTimer) and (not isinstance(e, Timer) or last[e.name] is e)
    ]
    return put, [e.name for e in last.values() if isinstance(e, ClearTimer)]


def _seen(request: str, answer: str, now: datetime) -> SeenRequest | None:
    return SeenRequest(id=request, answer=answer, at=now) if request else None
