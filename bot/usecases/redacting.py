"""Takes away afterwards what slipped past the redactor: from events, rows, answers, and chats.

What is left of an event is written in its place, and the same commit tells of it (ADR 0010): the
chain holds, and nobody can try out what the text was.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar, cast

from bot.domain.actor import Actor
from bot.domain.decided import Refusal
from bot.domain.events import Envelope, ErasedEvent
from bot.domain.intents import EraseTexts, Fresh
from bot.errors import Refused, Unavailable, UserMistake
from bot.ports import (
    Clock,
    Commit,
    Committed,
    Erased,
    History,
    Ids,
    Journal,
    Keeping,
    KeptText,
)
from bot.records.chain import Record, seal_of
from bot.records.erasure import erasures
from bot.records.longtext import blob_ids
from bot.records.rows import TABLES, EpochRow, FreezeRow, IncidentRow, TimelineRow
from bot.records.stored import write_effect
from bot.usecases.archive import Archive
from bot.usecases.current import Current
from bot.usecases.erasable import (
    OUTSIDE,
    Erasable,
    ErasableIncident,
    ErasableSystem,
    kind_in_words,
)
from bot.usecases.nouns import IncidentNoun
from bot.usecases.removing import Removal, without
from bot.values import BlobId, Json, StreamRef, Untrusted, canonical_json

S = TypeVar("S")

_TOLD = frozenset(
    {
        (IncidentRow, "title"),
        (TimelineRow, "text"),
        (FreezeRow, "reason"),
        (EpochRow, "reason"),
    }
)
"""Columns that are told from events, and lose a text with these."""

_TRIES = 8
"""Lost races after which a journal that never stands still is left to a quieter hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One event that holds what is to go; `around` is what stays of each place, shortened."""

    seq: int
    at: datetime
    kind: str
    around: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Everything that an erasure would take away.

    `kept` counts texts beside the events: answers, effects, alerts.
    """

    name: str
    private: bool
    traces: tuple[Trace, ...]
    kept: Mapping[Keeping, int]

    @property
    def nothing(self) -> bool:
        """Whether it is nowhere."""
        return not self.traces and not self.kept


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What one erasure does to one stream, as it stood when it was planned."""

    history: History
    left: Mapping[int, Json]
    """The body of each event that loses text, with its long texts written out, by sequence."""
    kept: tuple[KeptText, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written(Generic[S]):
    """A plan whose bodies are encoded, and folded to what everything is then."""

    bodies: Mapping[int, bytes]
    blobs: tuple[BlobId, ...]
    envelopes: tuple[Envelope, ...]
    state: S
    erased: tuple[ErasedEvent, ...] = field(default=())


class Redacting:
    """Looks for what slipped through in one incident or outside of all, and erases it."""

    def __init__(
        self, *, journal: Journal, archive: Archive, clock: Clock, ids: Ids, current: Current
    ) -> None:
        self._journal = journal
        self._archive = archive
        self._clock = clock
        self._ids = ids
        self._current = current

    async def look(self, name: str, removal: Removal) -> Found:
        """Say where it is; changes nothing.

        `name` is an incident's number or id, or `system` for what belongs to no incident.
        UserMistake where there is no such incident.
        """
        subject = await self._subject(name)
        plan = await self._plan(subject.stream, removal)
        envelopes = {e.seq: e for e in await self._archive.events(plan.history.records)}
        kept: dict[Keeping, int] = {}
        for text in plan.kept:
            kept[text.keeping] = kept.get(text.keeping, 0) + 1
        traces = [_trace(envelopes[seq], body, removal) for seq, body in sorted(plan.left.items())]
        return Found(
            name=subject.name,
            private=subject.private,
            traces=tuple(traces),
            kept=kept,
        )

    async def erase(self, name: str, removal: Removal, by: Actor, why: str) -> str:
        """Take it away; returns the answer. Chats follow as delivery gets to them.

        Raises UserMistake with the reason where it may not be done now, `Refused` where the chain
        is broken already or an event cannot do without the text, and `Unavailable`.
        """
        subject = await self._subject(name)
        for _ in range(_TRIES):
            plan = await self._plan(subject.stream, removal)
            reason = removal.out_of(why)
            # Alike, and apart: each kind of subject is folded to a state of its own type.
            if isinstance(subject, ErasableIncident):
                commit, answer = await self._commit(subject, plan, by, reason)
            else:
                commit, answer = await self._commit(subject, plan, by, reason)
            (outcome,) = await self._journal.commit([commit])
            if isinstance(outcome, Committed):
                return answer
        raise Unavailable("too many writers at once; try again")

    async def under_way(self, name: str) -> Sequence[str]:
        """Name the runs of an incident that may still say it; see `look` for `name`."""
        subject = await self._subject(name)
        records = (await self._journal.load(subject.stream)).records
        if isinstance(subject, ErasableIncident):
            return subject.live((await self._folded(subject, records))[1])
        return ()

    async def elsewhere(self, removal: Removal) -> Sequence[str]:
        """Name the incidents that show it still, and `system` where something outside does."""
        lines = await self._journal.rows(TimelineRow)
        holding = {line.incident for line in lines if removal.finds(line.text)}
        found = sorted(
            row.number
            for row in await self._journal.rows(IncidentRow)
            if row.id in holding or removal.finds(row.title)
        )
        reasons = [row.reason for row in await self._journal.rows(FreezeRow)]
        reasons += [row.reason for row in await self._journal.rows(EpochRow)]
        alerts = [
            kept.text
            for kept in await self._journal.kept_texts(ErasableSystem().stream)
            if kept.keeping is Keeping.ALERT
        ]
        outside = any(removal.finds(reason) for reason in reasons) or any(
            removal.out_of_bytes(alert) != alert for alert in alerts
        )
        return [*found, OUTSIDE] if outside else found

    async def remaining(self, removal: Removal) -> Sequence[str]:
        """Name the columns of tables that hold it still: identities, which cannot change."""
        return sorted(
            {
                f"{kind.TABLE}.{name}"
                for kind in TABLES
                for row in await self._journal.rows(kind)
                for name in row.__annotations__
                if (kind, name) not in _TOLD
                and isinstance(value := getattr(row, name), str)
                and removal.finds(value)
            }
        )

    async def _subject(self, name: str) -> ErasableIncident | ErasableSystem:
        if name == OUTSIDE:
            return ErasableSystem()
        rows = [*await self._journal.rows(IncidentRow, number=name.upper())]
        rows += await self._journal.rows(IncidentRow, id=name)
        if not rows:
            raise UserMistake(
                f"There is no incident {name}. What belongs to none is called {OUTSIDE}."
            )
        stream = StreamRef(kind=IncidentNoun.kind, id=rows[0].id)
        return ErasableIncident(stream=stream, name=rows[0].number, private=rows[0].private)

    async def _plan(self, stream: StreamRef, removal: Removal) -> _Plan:
        history = await self._journal.load(stream)
        left: dict[int, Json] = {}
        for record in history.records:
            body = await self._archive.whole(json.loads(record.body))
            after = _without(removal, body)
            if after != body:
                left[record.seq] = after
        kept = [
            KeptText(keeping=text.keeping, key=text.key, text=after)
            for text in await self._journal.kept_texts(stream)
            if (after := removal.out_of_bytes(text.text)) != text.text
        ]
        return _Plan(history=history, left=left, kept=tuple(kept))

    async def _commit(
        self, subject: Erasable[S], plan: _Plan, by: Actor, why: str
    ) -> tuple[Commit, str]:
        stream, history = subject.stream, plan.history
        if (broken := self._archive.first_broken(history.records)) is not None:
            raise Refused(f"{stream} event {broken.seq} is not as it was written: audit it first")
        written = await self._written(subject, plan)
        now = self._clock.now()
        intent = EraseTexts(
            by=by,
            fresh=Fresh(seed=self._ids.new()),
            why=Untrusted(why),
            erased=written.erased,
            left=tuple(e for e in written.envelopes if e.seq in written.bodies),
            beside=len(plan.kept),
        )
        decision = subject.decide(self._current.policy, written.state, intent, now)
        if isinstance(decision, Refusal):
            raise UserMistake(decision.reason)
        told: list[Envelope] = []
        state = written.state
        latest = max((envelope.at for envelope in written.envelopes[-1:]), default=now)
        for seq, event in enumerate(decision.events, history.head.seq + 1):
            at = max(now, latest)
            told.append(Envelope(stream=stream, seq=seq, at=at, actor=by.person, event=event))
            state = subject.evolve(state, told[-1])
        records, _ = await self._archive.seal(stream, history.head, told, self._ids.secret())
        commit = Commit(
            stream=stream,
            expected=history.head,
            records=records,
            effects=tuple(write_effect(stream, effect, now) for effect in decision.effects),
            rows=(
                *subject.rows(state, intent.left, written.envelopes),
                *subject.told(written.state, state, told),
            ),
            erased=Erased(
                bodies=tuple(written.bodies.items()), blobs=written.blobs, kept=plan.kept
            ),
        )
        return commit, decision.answer

    async def _written(self, subject: Erasable[S], plan: _Plan) -> _Written[S]:
        """Encode what is left; Refused where it would not be what it is without it."""
        records = plan.history.records
        said = erasures(records)
        bodies: dict[int, bytes] = {}
        erased: list[ErasedEvent] = []
        for record in records:
            if record.seq in plan.left:
                body = canonical_json(await self._archive.spilled(plan.left[record.seq]))
                seal = said[record.seq].seal if record.seq in said else _seal(record)
                digest = hashlib.sha256(body).hexdigest()
                bodies[record.seq] = body
                erased.append(ErasedEvent(seq=record.seq, seal=seal.hex(), digest=digest))
        after = [_with(record, bodies.get(record.seq, record.body)) for record in records]
        envelopes, state = await self._folded(subject, after)
        before = (await self._folded(subject, records))[1]
        effects = [text.key[0] for text in plan.kept if text.keeping is Keeping.EFFECT]
        if why := subject.in_the_way(self._current.policy, before, state, effects):
            raise UserMistake(why)
        if subject.standing(state) != subject.standing(before):
            raise Refused(f"without this text {subject.name} would stand otherwise: name more")
        blobs = [i for r in records if r.seq in bodies for i in blob_ids(json.loads(r.body))]
        return _Written(
            bodies=bodies,
            blobs=tuple(BlobId(ident) for ident in blobs),
            envelopes=envelopes,
            state=state,
            erased=tuple(erased),
        )

    async def _folded(
        self, subject: Erasable[S], records: Sequence[Record]
    ) -> tuple[tuple[Envelope, ...], S]:
        state = subject.blank()
        try:
            envelopes = tuple(await self._archive.events(records))
            for envelope in envelopes:
                state = subject.evolve(state, envelope)
        except (ValueError, LookupError) as error:
            raise Refused("an event cannot do without this text: name it more exactly") from error
        return envelopes, state


def _without(removal: Removal, body: Json) -> Json:
    """Return a stored event without it; who did it, when, and for which request stays."""
    stored = cast("Mapping[str, Json]", body)
    return {**stored, "event": without(removal, stored["event"])}


def _with(record: Record, body: bytes) -> Record:
    return Record(
        stream=record.stream,
        seq=record.seq,
        type=record.type,
        version=record.version,
        body=body,
        mac=record.mac,
    )


def _seal(record: Record) -> bytes:
    if not record.salt:
        raise Refused(
            f"event {record.seq} was written before texts could be erased: its chain would break"
        )
    return seal_of(record.salt, record.body)


def _trace(envelope: Envelope, left: Json, removal: Removal) -> Trace:
    around = tuple(removal.around(left))
    return Trace(seq=envelope.seq, at=envelope.at, kind=kind_in_words(envelope), around=around)
