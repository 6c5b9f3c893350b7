"""One intent in, one commit out: load -> decide -> seal -> commit, in arrival order per stream.

Intents for one stream are decided by one queue: fold once, decide each against the state that the
one before left, commit the batch. Between processes the head decides: whoever lost loads and
decides again.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeAlias, TypeVar

from bot.domain.decided import Decided, Decision, Refusal
from bot.domain.effects import ClearTimer, Effect, Timer
from bot.domain.events import Envelope
from bot.domain.intents import AttachAlerts, Declare, Intent, Obstacle, TimerDue
from bot.domain.policy import Policy
from bot.errors import OutcomeUnknown, Unavailable
from bot.ports import (
    Absent,
    AlertsTaken,
    Clock,
    Commit,
    CommitOutcome,
    Committed,
    FenceLost,
    HeadMoved,
    Ids,
    Journal,
    NobodyBefore,
    RequestKnown,
    Requirement,
    RequirementFailed,
    SeenRequest,
    Settle,
    Settlement,
    Unfrozen,
)
from bot.records.chain import EMPTY, Head
from bot.records.erasure import tells_erasure
from bot.records.rows import FreezeRow, IncidentRow, ReservationRow, Row, RowChange, WaitingRow
from bot.records.stored import timer_key, write_effect
from bot.usecases.archive import Archive
from bot.values import StreamRef

S = TypeVar("S")
I = TypeVar("I", bound=Intent)  # noqa: E741 - I for intent, beside S for state
I_contra = TypeVar("I_contra", bound=Intent, contravariant=True)

_CACHED = 2048
"""Folded streams kept by head: ten to thirty kilobytes each, so 60 MB at the very most.

More than there are open incidents in any storm: a page of a thousand open cards that finds each
folded takes a twentieth of the time.
"""

_TRIES = 8
"""How often a lost race is decided again before the caller is told to come back."""

PATIENCE = timedelta(seconds=1.4)
"""A request waits this long for its commit (DESIGN 7: the sender is answered within 1.5 s)."""

_CERTAINTY = 1.0
"""Seconds that a caller who gave up still waits to hear whether it was too late for that."""


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


class Numbers(Protocol):
    """Draws the display numbers of incidents."""

    async def draw(self, now: datetime) -> str:
        """Return the next free number of the day: `INC-2026-1121-001`."""
        ...

    def forget(self) -> None:
        """Look again at what is taken: another process drew the same."""
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


@dataclass(slots=True, kw_only=True, eq=False)
class _Job(Generic[I]):
    intent: I
    extra: Extra
    future: "asyncio.Future[Result]"
    tries: int = 0
    given_up: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folded(Generic[S]):
    state: S
    head: Head


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned(Generic[S, I]):
    """A decision with everything for its commit but the sealed records."""

    job: _Job[I]
    commit: Commit
    envelopes: tuple[Envelope, ...]
    result: Result
    state: S


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refused(Generic[I]):
    """A refusal that was decided on the state after the first `after` decisions of its batch."""

    job: _Job[I]
    refusal: Refusal
    after: int


@dataclass(slots=True)
class _Queue(Generic[I]):
    """Jobs that wait, and the commit that is under way with the jobs it is for."""

    jobs: list[_Job[I]] = field(default_factory=list)
    busy: bool = False
    batch: Sequence[_Job[I]] = ()
    commit: "asyncio.Future[Sequence[CommitOutcome]] | None" = None


class Desk(Generic[S, I]):
    """Decides and commits the intents of one kind of stream."""

    def __init__(
        self,
        *,
        noun: Noun[S, I],
        journal: Journal,
        clock: Clock,
        ids: Ids,
        policy: Callable[[], Policy],
        archive: Archive,
        tasks: asyncio.TaskGroup,
        numbers: "Numbers | None" = None,
    ) -> None:
        self._noun = noun
        self._journal = journal
        self._clock = clock
        self._ids = ids
        self._policy = policy
        self._archive = archive
        self._tasks = tasks
        self._numbers = numbers
        self._queues: dict[str, _Queue[I]] = {}
        self._cache: OrderedDict[str, _Folded[S]] = OrderedDict()
        self._waiting: dict[str, list[asyncio.Event]] = {}

    async def state(self, ident: str) -> S:
        """Return the stream as it stands, folded; the blank state where it has no events."""
        return (await self._folded(ident)).state

    async def until(self, ident: str, holds: Callable[[S], bool], patience: timedelta) -> S:
        """Return the stream as soon as `holds` is true of it, at the latest after `patience`."""
        moved = asyncio.Event()
        waiting = self._waiting.setdefault(ident, [])
        waiting.append(moved)
        try:
            async with asyncio.timeout(patience.total_seconds()):
                while not holds(state := await self.state(ident)):
                    await moved.wait()
                    moved.clear()
        except TimeoutError:
            return await self.state(ident)
        else:
            return state
        finally:
            waiting.remove(moved)
            if not waiting:
                self._waiting.pop(ident, None)

    async def submit(self, ident: str, intent: I, extra: Extra = NOTHING_ELSE) -> Result:
        """Decide and commit one intent. Raises Unavailable where it was not recorded.

        Cancelling withdraws it. Where it is too late for that, the cancellation is raised once it
        is certain what became of it, and `Journal.known` says so; OutcomeUnknown = not even then.
        """
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        seeded = replace(intent, fresh=replace(intent.fresh, seed=self._ids.new()))
        queue = self._queues.setdefault(ident, _Queue())
        job = _Job(intent=seeded, extra=extra, future=future)
        queue.jobs.append(job)
        if not queue.busy:
            queue.busy = True
            self._tasks.create_task(self._drain(ident, queue))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await _given_up(queue, job)
            raise

    async def _drain(self, ident: str, queue: _Queue[I]) -> None:
        jobs: list[_Job[I]] = []
        try:
            while queue.jobs:
                jobs, queue.jobs = queue.jobs, []
                queue.jobs = [*await self._batch(ident, queue, jobs), *queue.jobs]
        except asyncio.CancelledError:
            for job in jobs:
                _fail(job, OutcomeUnknown("Firewarden was ended while it was being written"))
            raise
        finally:
            queue.busy = False
            for job in queue.jobs:
                _fail(job, Unavailable("Firewarden is stopping"))
            if not queue.jobs:
                self._queues.pop(ident, None)

    async def _batch(self, ident: str, queue: _Queue[I], jobs: Sequence[_Job[I]]) -> list[_Job[I]]:
        """Decide and commit these; returns the ones that must be decided again."""
        try:
            folded, planned, commits, refused = await self._decided(ident, jobs)
            outcomes = await self._committed(queue, [p.job for p in planned], commits)
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it, whatever it is
            self._cache.pop(ident, None)
            for job in jobs:
                _fail(job, error)
            return []
        for job in jobs:
            if job.given_up:
                job.future.cancel()
        again = [await self._settle(p, o) for p, o in zip(planned, outcomes, strict=True)]
        again += [await self._told_why(one, outcomes[: one.after]) for one in refused]
        for moved in self._waiting.get(ident, ()):
            moved.set()
        if all(isinstance(outcome, Committed) for outcome in outcomes):
            self._keep(ident, folded)
        else:
            self._cache.pop(ident, None)
        return [job for job in again if job is not None]

    async def _decided(
        self, ident: str, jobs: Sequence[_Job[I]]
    ) -> tuple[_Folded[S], list[_Planned[S, I]], list[Commit], list[_Refused[I]]]:
        """Decide on what is cached, which saves a read: a commit says itself that the head moved.

        A refusal commits nothing that would say so, and is decided on what the journal holds.
        """
        cached = self._cache.get(ident)
        if cached is not None:
            decided = await self._decided_on(ident, cached, jobs)
            refused = decided[-1]
            if not refused or (await self._folded(ident)).head == cached.head:
                return decided
        return await self._decided_on(ident, await self._folded(ident), jobs)

    async def _decided_on(
        self, ident: str, folded: _Folded[S], jobs: Sequence[_Job[I]]
    ) -> tuple[_Folded[S], list[_Planned[S, I]], list[Commit], list[_Refused[I]]]:
        planned: list[_Planned[S, I]] = []
        commits: list[Commit] = []
        refused: list[_Refused[I]] = []
        for job in jobs:
            await self._number(job)
            plan = None if job.given_up else self._plan(ident, folded, job)
            if isinstance(plan, Refusal):
                refused.append(_Refused(job=job, refusal=plan, after=len(planned)))
            elif plan is not None:
                commit, head = await self._sealed(ident, plan, folded.head)
                commits.append(commit)
                planned.append(plan)
                folded = _Folded(state=plan.state, head=head)
        return folded, planned, commits, refused

    async def _committed(
        self, queue: _Queue[I], jobs: Sequence[_Job[I]], commits: Sequence[Commit]
    ) -> Sequence[CommitOutcome]:
        """Commit; it is withdrawn where everybody who waits for it gives up."""
        if not commits:
            return ()
        queue.batch = jobs
        queue.commit = asyncio.ensure_future(self._journal.commit(commits))
        try:
            if all(job.given_up for job in jobs):
                queue.commit.cancel()
            return await queue.commit
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise Unavailable("nobody waits for it any more") from None
        finally:
            queue.batch, queue.commit = (), None

    async def _sealed(self, ident: str, plan: _Planned[S, I], head: Head) -> tuple[Commit, Head]:
        """Store long texts first, then continue the chain.

        A decision without events names the head too: it holds for the state that it was made on.
        """
        stream = StreamRef(kind=self._noun.kind, id=ident)
        if not plan.envelopes:
            return replace(plan.commit, stream=stream, expected=head), head
        secret = self._ids.secret()
        records, after = await self._archive.seal(stream, head, plan.envelopes, secret)
        return replace(plan.commit, stream=stream, expected=head, records=records), after

    async def _number(self, job: _Job[I]) -> None:
        """Draw a display number for an intent that may open an incident; a lost race draws anew."""
        if self._numbers is None or not isinstance(job.intent, Declare | AttachAlerts):
            return
        if job.tries:
            self._numbers.forget()
        number = await self._numbers.draw(self._clock.now())
        fresh = replace(job.intent.fresh, number=number)
        job.intent = replace(job.intent, fresh=fresh)

    def _plan(self, ident: str, folded: _Folded[S], job: _Job[I]) -> _Planned[S, I] | Refusal:
        now = self._clock.now()
        at = _time_of(folded.state, job.intent, now)
        decision = self._noun.decide(self._policy(), folded.state, job.intent, at)
        if isinstance(decision, Refusal):
            return self._refused(folded, job, decision)
        stream = StreamRef(kind=self._noun.kind, id=ident)
        after, envelopes = self._fold(stream, folded, job, decision, at)
        rows = self._noun.rows(folded.state, after, envelopes) if envelopes else ()
        requires: list[Requirement] = [Absent(row) for row in job.extra.free]
        requires += _exclusive(self._noun.exclusive(after, envelopes))
        if decision.unfrozen is not None:
            requires.append(Unfrozen(decision.unfrozen))
        effects, cleared = _timers_settled(decision.effects)
        commit = Commit(
            effects=tuple(write_effect(stream, effect, now, at - now) for effect in effects),
            cleared=tuple(timer_key(stream, name) for name in cleared),
            rows=rows,
            taken=job.extra.taken,
            request=_seen(job.extra.request, decision.answer, now),
            settlement=job.extra.settlement,
            requires=tuple(requires),
        )
        return _Planned(
            job=job,
            commit=commit,
            envelopes=envelopes,
            result=Done(answer=decision.answer, events=envelopes),
            state=after,
        )

    def _fold(
        self, stream: StreamRef, folded: _Folded[S], job: _Job[I], decided: Decided, at: datetime
    ) -> tuple[S, tuple[Envelope, ...]]:
        state = folded.state
        envelopes: list[Envelope] = []
        for n, event in enumerate(decided.events, start=folded.head.seq + 1):
            envelope = Envelope(
                stream=stream,
                seq=n,
                at=at,
                actor=job.intent.by.person,
                request=job.extra.request,
                event=event,
            )
            state = self._noun.evolve(state, envelope)
            envelopes.append(envelope)
        return state, tuple(envelopes)

    def _refused(
        self, folded: _Folded[S], job: _Job[I], refusal: Refusal
    ) -> _Planned[S, I] | Refusal:
        """Return the refusal; where it was made under a claim, the commit that settles it."""
        settlement = job.extra.settlement
        if settlement is None or settlement.how is Settle.HELD or not job.extra.refusal_settles:
            return refusal
        commit = Commit(settlement=settlement)
        return _Planned(job=job, commit=commit, envelopes=(), result=refusal, state=folded.state)

    async def _settle(self, planned: _Planned[S, I], outcome: CommitOutcome) -> _Job[I] | None:
        job = planned.job
        match outcome:
            case Committed():
                _answer(job, planned.result)
            case RequestKnown(answer=answer):
                _answer(job, Known(answer=answer))
            case FenceLost():
                _answer(job, Lost())
            case HeadMoved() if job.tries < _TRIES:
                job.tries += 1
                return job
            case RequirementFailed(requirement=requirement) if job.tries < _TRIES:
                return await self._met(job, requirement)
            case _:
                _fail(job, Unavailable("too many writers at once; try again"))
        return None

    async def _told_why(
        self, refused: _Refused[I], before: Sequence[CommitOutcome]
    ) -> _Job[I] | None:
        """Answer a refusal once what it was based on is durable; else it must be decided again.

        A request that came twice at once is not told that somebody was faster: that was itself.
        """
        job = refused.job
        if all(isinstance(outcome, Committed) for outcome in before):
            answer = await self._known(job.extra.request)
            _answer(job, refused.refusal if answer is None else Known(answer=answer))
            return None
        if job.tries >= _TRIES:
            _fail(job, Unavailable("too many writers at once; try again"))
            return None
        job.tries += 1
        return job

    async def _known(self, request: str) -> str | None:
        if not request:
            return None
        try:
            return await self._journal.known(request)
        except (Unavailable, OutcomeUnknown):
            return None  # whoever is refused hears the truth as well

    async def _met(self, job: _Job[I], requirement: Requirement) -> _Job[I] | None:
        """Let it be decided again, knowing what it met; nothing was written yet."""
        try:
            obstacle = await self._obstacle(requirement)
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it, whatever it is
            _fail(job, error)
            return None
        job.tries += 1
        job.intent = replace(job.intent, met=obstacle)
        return job

    async def _obstacle(self, requirement: Requirement) -> Obstacle:
        """Say in words what the commit met; of a holder that is gone by now nothing is said.

        Whoever waited for it then would miss its release, which has happened already.
        """
        match requirement:
            case Unfrozen(services=services):
                rows = await self._journal.rows(FreezeRow)
                held = [r for r in rows if r.scope == "*" or r.scope in services]
                words = "; ".join(f"{r.scope} by {r.by}: {r.reason}" for r in held)
                return Obstacle(frozen=words or "a freeze that has just been lifted")
            case Absent(row=ReservationRow(target=target)):
                holder = next(iter(await self._journal.rows(ReservationRow, target=target)), None)
                return Obstacle(holder=await self._named(holder) if holder else "")
            case Absent():
                return Obstacle(holder="another incident")
            case NobodyBefore(target=target, run=run):
                waiting = await self._journal.rows(WaitingRow, target=target)
                others = [row for row in waiting if row.run != run]
                first = min(others, key=lambda row: (row.since, row.run), default=None)
                if first is None:
                    return Obstacle()
                return Obstacle(holder=f"{await self._named(first)}, which waits for it longer,")

    async def _named(self, holder: ReservationRow | WaitingRow) -> str:
        rows = await self._journal.rows(IncidentRow, id=holder.incident)
        number = rows[0].number if rows else holder.incident
        return f"{number} (run {holder.run})"

    async def _folded(self, ident: str) -> _Folded[S]:
        cached = self._cache.get(ident)
        stream = StreamRef(kind=self._noun.kind, id=ident)
        head = cached.head if cached else EMPTY
        history = await self._journal.load(stream, after=head.seq)
        if cached is not None and history.head == head:
            # Somebody may have dropped it while the journal was read; it holds all the same.
            self._keep(ident, cached)
            return cached
        if cached is not None and (not history.records or history.records[0].seq != head.seq + 1):
            self._cache.pop(ident, None)
            return await self._folded(ident)
        if cached is not None and any(tells_erasure(record) for record in history.records):
            # What is folded holds the erased text still, and would be shown and written again.
            self._cache.pop(ident, None)
            return await self._folded(ident)
        state = cached.state if cached else self._noun.blank(ident)
        for envelope in await self._archive.events(history.records):
            state = self._noun.evolve(state, envelope)
        folded = _Folded(state=state, head=history.head)
        self._keep(ident, folded)
        return folded

    def _keep(self, ident: str, folded: _Folded[S]) -> None:
        self._cache[ident] = folded
        self._cache.move_to_end(ident)
        while len(self._cache) > _CACHED:
            self._cache.popitem(last=False)


async def _given_up(queue: _Queue[I], job: _Job[I]) -> None:
    """Withdraw a job whose caller is gone, or wait until it is certain what became of it."""
    job.given_up = True
    if job in queue.jobs:
        queue.jobs.remove(job)
        job.future.cancel()
        return
    if queue.commit is not None and all(other.given_up for other in queue.batch):
        queue.commit.cancel()
    await asyncio.wait([job.future], timeout=_CERTAINTY)
    if not job.future.done():
        raise OutcomeUnknown("the journal has begun to write it and does not answer")


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


def _answer(job: _Job[I], result: Result) -> None:
    if not job.future.done():
        job.future.set_result(result)


def _fail(job: _Job[I], error: Exception) -> None:
    if job.given_up:
        job.future.cancel()  # an error that nobody reads would be logged as a bug
    elif not job.future.done():
        job.future.set_exception(error)
