"""One intent in, one commit out: load -> decide -> seal -> commit, in arrival order per stream.

Intents for one stream are decided by one queue: fold once, decide each against the state that the
one before left, commit the batch. Between processes the head decides: whoever lost loads and
decides again.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from bot.domain.decided import Refusal
from bot.domain.intents import AttachAlerts, Declare, Intent
from bot.domain.policy import Policy
from bot.errors import OutcomeUnknown, Unavailable
from bot.ports import (
    Clock,
    Commit,
    CommitOutcome,
    Committed,
    FenceLost,
    HeadMoved,
    Ids,
    Journal,
    RequestKnown,
    Requirement,
    RequirementFailed,
)
from bot.records.chain import Head
from bot.usecases import obstacles
from bot.usecases.archive import Archive
from bot.usecases.deciding import (
    NOTHING_ELSE,
    Deciding,
    Extra,
    Folded,
    Known,
    Lost,
    Noun,
    Planned,
    Result,
)
from bot.usecases.folds import Folds
from bot.values import StreamRef

S = TypeVar("S")
I = TypeVar("I", bound=Intent)  # noqa: E741 - I for intent, beside S for state

_TRIES = 8
"""How often a lost race is decided again before the caller is told to come back."""

PATIENCE = timedelta(seconds=1.4)
"""A request waits this long for its commit (DESIGN 7: the sender is answered within 1.5 s)."""

_CERTAINTY = 1.0
"""Seconds that a caller who gave up still waits to hear whether it was too late for that."""


class Numbers(Protocol):
    """Draws the display numbers of incidents."""

    async def draw(self, now: datetime) -> str:
        """Return the next free number of the day: `INC-2026-1121-001`."""
        ...

    def forget(self) -> None:
        """Look again at what is taken: another process drew the same."""
        ...


@dataclass(slots=True, kw_only=True, eq=False)
class _Job(Generic[I]):
    intent: I
    extra: Extra
    future: "asyncio.Future[Result]"
    tries: int = 0
    given_up: bool = False


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
        self._deciding = Deciding(noun)
        self._folds = Folds(noun=noun, journal=journal, archive=archive)
        self._queues: dict[str, _Queue[I]] = {}
        self._waiting: dict[str, list[asyncio.Event]] = {}

    async def state(self, ident: str) -> S:
        """Return the stream as it stands, folded; the blank state where it has no events."""
        return (await self._folds.at_head(ident)).state

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
            outcomes = await self._committed(queue, [job for job, _ in planned], commits)
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it, whatever it is
            self._folds.forget(ident)
            for job in jobs:
                _fail(job, error)
            return []
        for job in jobs:
            if job.given_up:
                job.future.cancel()
        again = [
            await self._settle(job, plan.result, outcome)
            for (job, plan), outcome in zip(planned, outcomes, strict=True)
        ]
        again += [await self._told_why(one, outcomes[: one.after]) for one in refused]
        for moved in self._waiting.get(ident, ()):
            moved.set()
        if all(isinstance(outcome, Committed) for outcome in outcomes):
            self._folds.keep(ident, folded)
        else:
            self._folds.forget(ident)
        return [job for job in again if job is not None]

    async def _decided(
        self, ident: str, jobs: Sequence[_Job[I]]
    ) -> tuple[Folded[S], list[tuple[_Job[I], Planned[S]]], list[Commit], list[_Refused[I]]]:
        """Decide on what is cached, which saves a read: a commit says itself that the head moved.

        A refusal commits nothing that would say so, and is decided on what the journal holds.
        """
        cached = self._folds.remembered(ident)
        if cached is not None:
            decided = await self._decided_on(ident, cached, jobs)
            refused = decided[-1]
            if not refused or (await self._folds.at_head(ident)).head == cached.head:
                return decided
        return await self._decided_on(ident, await self._folds.at_head(ident), jobs)

    async def _decided_on(
        self, ident: str, folded: Folded[S], jobs: Sequence[_Job[I]]
    ) -> tuple[Folded[S], list[tuple[_Job[I], Planned[S]]], list[Commit], list[_Refused[I]]]:
        planned: list[tuple[_Job[I], Planned[S]]] = []
        commits: list[Commit] = []
        refused: list[_Refused[I]] = []
        for job in jobs:
            await self._number(job, folded.head)
            plan = None if job.given_up else self._plan(ident, folded, job)
            if isinstance(plan, Refusal):
                refused.append(_Refused(job=job, refusal=plan, after=len(planned)))
            elif plan is not None:
                commit, head = await self._sealed(ident, plan, folded.head)
                commits.append(commit)
                planned.append((job, plan))
                folded = Folded(state=plan.state, head=head)
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

    async def _sealed(self, ident: str, plan: Planned[S], head: Head) -> tuple[Commit, Head]:
        """Store long texts first, then continue the chain.

        A decision without events names the head too: it holds for the state that it was made on.
        """
        stream = StreamRef(kind=self._noun.kind, id=ident)
        if not plan.envelopes:
            return replace(plan.commit, stream=stream, expected=head), head
        secret = self._ids.secret()
        records, after = await self._archive.seal(stream, head, plan.envelopes, secret)
        return replace(plan.commit, stream=stream, expected=head, records=records), after

    async def _number(self, job: _Job[I], head: Head) -> None:
        """Draw a display number for an intent that may open an incident; a lost race draws anew.

        Alerts that join an incident draw none: people would look for the incidents in the gap.
        """
        if self._numbers is None or head.seq:
            return
        if not isinstance(job.intent, Declare | AttachAlerts):
            return
        if job.tries:
            self._numbers.forget()
        number = await self._numbers.draw(self._clock.now())
        fresh = replace(job.intent.fresh, number=number)
        job.intent = replace(job.intent, fresh=fresh)

    def _plan(self, ident: str, folded: Folded[S], job: _Job[I]) -> Planned[S] | Refusal:
        stream = StreamRef(kind=self._noun.kind, id=ident)
        now = self._clock.now()
        return self._deciding.plan(self._policy(), stream, folded, job.intent, job.extra, now)

    async def _settle(self, job: _Job[I], result: Result, outcome: CommitOutcome) -> _Job[I] | None:
        match outcome:
            case Committed():
                _answer(job, result)
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
            obstacle = await obstacles.obstacle(self._journal, requirement)
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it, whatever it is
            _fail(job, error)
            return None
        job.tries += 1
        job.intent = replace(job.intent, met=obstacle)
        return job


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


def _answer(job: _Job[I], result: Result) -> None:
    if not job.future.done():
        job.future.set_result(result)


def _fail(job: _Job[I], error: Exception) -> None:
    if job.given_up:
        job.future.cancel()  # an error that nobody reads would be logged as a bug
    elif not job.future.done():
        job.future.set_exception(error)
