"""The ports of a life with a labelled point before and after everything that goes out of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from bot.ports import (
    AlertNews,
    AnchoredHead,
    Attempt,
    Backlog,
    Blob,
    Check,
    Claim,
    CommandExecutor,
    CommandResult,
    Commit,
    CommitOutcome,
    History,
    Journal,
    KeptText,
    PagePacket,
    Pager,
    Probe,
    ProbeResult,
    Quarantined,
    Receipt,
    RoutedAlert,
    Settle,
    StoredAlert,
)
from bot.records.outbox import EffectKind, OutboxItem
from bot.records.rows import Row, Scalar
from bot.values import (
    BlobId,
    Host,
    PersonId,
    RemoteCommand,
    StreamRef,
)
from tests.crash.fuse import Fuse

T = TypeVar("T")
R = TypeVar("R", bound=Row)


async def between(fuse: Fuse, name: str, work: Awaitable[T]) -> T:
    """Do the work between its two points; where the first one holds, it is never begun."""
    if fuse.at(f"before {name}"):
        await asyncio.Event().wait()
    result = await work
    fuse.at(f"after {name}")
    return result


def name_of(commit: Commit) -> str:
    """Name a commit by what it settles and what it records first."""
    settled = commit.settlement
    first = commit.records[0].type if commit.records else "nothing"
    if settled is None:
        return f"commit of a request: {first}" if commit.request else f"commit: {first}"
    how = "" if settled.how is Settle.DONE else f" ({settled.how})"
    what = f": {first}" if settled.claim.item.type == "RunChange" else ""
    return f"commit of {settled.claim.item.type}{how}{what}"


class LabelledJournal:
    """`Journal`, with points around each write."""

    def __init__(self, inner: Journal, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse

    async def commit(self, commits: Sequence[Commit]) -> Sequence[CommitOutcome]:
        names = [name_of(commit) for commit in commits]
        for name in names:
            if self._fuse.at(f"before {name}"):
                await asyncio.Event().wait()
        outcomes = await self._inner.commit(commits)
        for name in names:
            self._fuse.at(f"after {name}")
        return outcomes

    async def claim(
        self, owner: str, now: datetime, lease: timedelta, kinds: Sequence[EffectKind], limit: int
    ) -> Sequence[Claim]:
        if self._fuse.at("before claim"):
            await asyncio.Event().wait()
        claims = await self._inner.claim(owner, now, lease, kinds, limit)
        for kind in sorted({claim.item.type for claim in claims}):
            self._fuse.at(f"after claim of {kind}")
        return claims

    async def extend(self, claims: Sequence[Claim], until: datetime) -> Sequence[Claim]:
        return await between(self._fuse, "extend", self._inner.extend(claims, until))

    async def take_alerts(
        self,
        alerts: Sequence[RoutedAlert],
        quarantined: Sequence[Quarantined],
        attach: Sequence[OutboxItem],
        now: datetime,
    ) -> None:
        taking = self._inner.take_alerts(alerts, quarantined, attach, now)
        await between(self._fuse, "take alerts", taking)

    async def put_blob(self, chunks: AsyncIterator[bytes]) -> Blob:
        return await between(self._fuse, "put blob", self._inner.put_blob(chunks))

    async def load(self, stream: StreamRef, after: int = 0) -> History:
        return await self._inner.load(stream, after)

    async def streams(self, kind: str) -> Sequence[StreamRef]:
        return await self._inner.streams(kind)

    async def heads(self) -> Sequence[AnchoredHead]:
        return await self._inner.heads()

    async def known(self, request_id: str) -> str | None:
        return await self._inner.known(request_id)

    def on_effects(self, wake: Callable[[], None]) -> None:
        self._inner.on_effects(wake)

    async def move_due(self, by: timedelta, now: datetime) -> None:
        await between(self._fuse, "move due", self._inner.move_due(by, now))

    async def seen(self, now: datetime) -> None:
        await between(self._fuse, "seen", self._inner.seen(now))

    async def last_seen(self) -> datetime | None:
        return await self._inner.last_seen()

    async def next_due(self) -> datetime | None:
        return await self._inner.next_due()

    async def backlog(self) -> Sequence[Backlog]:
        return await self._inner.backlog()

    async def alert_news(self, group: str) -> AlertNews:
        return await self._inner.alert_news(group)

    async def alerts_of(self, incident: str, limit: int) -> Sequence[StoredAlert]:
        return await self._inner.alerts_of(incident, limit)

    async def quarantined(self, limit: int) -> Sequence[Quarantined]:
        return await self._inner.quarantined(limit)

    async def rows(self, kind: type[R], **equal: Scalar) -> Sequence[R]:
        return await self._inner.rows(kind, **equal)

    async def search(self, text: str, limit: int) -> Sequence[str]:
        return await self._inner.search(text, limit)

    async def blob(self, ident: BlobId) -> bytes:
        return await self._inner.blob(ident)

    async def blob_hash(self, ident: BlobId) -> str:
        return await self._inner.blob_hash(ident)

    async def erase_blob(self, ident: BlobId) -> None:
        await between(self._fuse, "erase blob", self._inner.erase_blob(ident))

    async def kept_texts(self, stream: StreamRef) -> Sequence[KeptText]:
        return await self._inner.kept_texts(stream)

    async def prune(self, now: datetime) -> None:
        await between(self._fuse, "prune", self._inner.prune(now))

    async def close(self) -> None:
        await self._inner.close()


class LabelledExecutor:
    """`CommandExecutor`, with points around each call, a change named by its step."""

    def __init__(self, inner: CommandExecutor, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse

    async def boot_id(self, host: Host) -> str:
        return await between(self._fuse, "boot id", self._inner.boot_id(host))

    async def preflight(
        self, host: Host, sudo: Sequence[Sequence[str]] = (), *, changes: bool = True
    ) -> Sequence[Check]:
        tried = self._inner.preflight(host, sudo, changes=changes)
        return await between(self._fuse, "preflight", tried)

    async def run(
        self, host: Host, command: RemoteCommand, attempt: Attempt, boot_id: str = ""
    ) -> CommandResult:
        ran = self._inner.run(host, command, attempt, boot_id)
        name = step_of(attempt.key, host) if command.changes else phase_of(attempt.key)
        return await between(self._fuse, name, ran)

    async def stop(self, host: Host, attempt: Attempt) -> None:
        await between(self._fuse, "stop", self._inner.stop(host, attempt))

    async def inquire(self, host: Host, attempt: Attempt, boot_id: str) -> Receipt:
        asked = self._inner.inquire(host, attempt, boot_id)
        return await between(self._fuse, "inquire", asked)

    async def close(self) -> None:
        await self._inner.close()


def step_of(key: str, host: Host) -> str:
    """Name the step of an attempt at a change: `<run>.<path>.<host>.<attempt>`."""
    bare = " without receipts" if host.name.startswith("bare") else ""
    return f"change {key.split('.', 1)[1].rsplit('.', 2)[0]}{bare}"


def phase_of(key: str) -> str:
    """Name the phase of a read: `read:<run>.<turn>.<phase>.<path>.<host>`.

    What is read for no run (the practice host's monitor) has a key of its own kind.
    """
    return f"read of {key.split('.')[2]}" if key.startswith("read:") else "read for no run"


class LabelledPager:
    """`Pager`, with points around each page."""

    def __init__(self, inner: Pager, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse

    @property
    def name(self) -> str:
        return self._inner.name

    async def page(self, person: PersonId, address: str, packet: PagePacket) -> str:
        paged = self._inner.page(person, address, packet)
        return await between(self._fuse, f"{self.name} page", paged)


class LabelledProbe:
    """`Probe`, with points around each look."""

    def __init__(self, inner: Probe, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse

    async def get(self, url: str, timeout: timedelta) -> ProbeResult:  # noqa: ASYNC109 - the port's
        return await between(self._fuse, "probe get", self._inner.get(url, timeout))
