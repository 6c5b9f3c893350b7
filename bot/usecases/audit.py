"""Whether the journal is what was written: chains of every stream, and heads published outside."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.errors import Refused
from bot.ports import Anchor, AnchoredHead, Clock, History, Journal
from bot.records.chain import EMPTY, Head, Record
from bot.usecases.archive import Archive
from bot.values import StreamRef, digest_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The first event of a stream that is not as it was written; `seq` counts from 1."""

    stream: StreamRef
    seq: int
    message: str

    def __str__(self) -> str:
        """Format as `incident:<id> event 3: what is wrong`."""
        return f"{self.stream} event {self.seq}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What a whole look through the journal found.

    `anchored` counts heads published outside, `erased` long texts that are gone for good.
    """

    streams: int
    events: int
    anchored: int
    erased: int
    findings: tuple[Finding, ...]


async def audit(journal: Journal, archive: Archive, anchor: Anchor) -> Audit:
    """Read every stream from its start; of each stream only the first fault is told.

    The chain finds every changed, reordered or left-out event. That a stream was cut at its end
    only the anchor tells, up to the last time that it was published.
    """
    anchored = {item.stream: item.head for item in await anchor.latest()}
    found: list[Finding] = []
    streams = [item.stream for item in await journal.heads()]
    events = erased = 0
    for stream in streams:
        history = await journal.load(stream)
        events += len(history.records)
        faults = _in_chain(archive, stream, history)
        faults = faults or _against_anchor(stream, history, anchored.get(stream, EMPTY))
        if not faults:
            faults, gone = await _in_texts(journal, archive, history.records)
            erased += gone
        found += faults
    known = set(streams)
    found += [_cut(stream, head, 0) for stream, head in anchored.items() if stream not in known]
    return Audit(
        streams=len(streams),
        events=events,
        anchored=len(anchored),
        erased=erased,
        findings=tuple(found),
    )


class Anchoring:
    """Publishes the heads that changed, and says where the journal is behind what was published."""

    def __init__(self, *, journal: Journal, anchor: Anchor, clock: Clock) -> None:
        self._journal = journal
        self._anchor = anchor
        self._clock = clock
        self._published: Mapping[StreamRef, Head] | None = None

    async def publish(self) -> Sequence[AnchoredHead]:
        """Publish and return what is new since the last call."""
        published = await self._known()
        heads = await self._journal.heads()
        changed = [item for item in heads if published.get(item.stream) != item.head]
        await self._anchor.publish(changed, self._clock.now())
        self._published = {**published, **{item.stream: item.head for item in changed}}
        return changed

    async def behind(self) -> Sequence[Finding]:
        """Return every stream that lacks events whose head was published, or has others."""
        return await behind(self._journal, await self._known())

    async def _known(self) -> Mapping[StreamRef, Head]:
        if self._published is None:
            latest = await self._anchor.latest()
            self._published = {item.stream: item.head for item in latest}
        return self._published


async def behind(journal: Journal, known: Mapping[StreamRef, Head]) -> Sequence[Finding]:
    """Return every stream of `journal` that lacks the event of its known head, or has another."""
    now = {item.stream: item.head for item in await journal.heads()}
    found: list[Finding] = []
    for stream, head in known.items():
        if now.get(stream) == head:
            continue  # the usual case, and it costs no read
        history = await journal.load(stream, after=head.seq - 1)
        found += _against_anchor(stream, history, head)
    return found


def mark_of(heads: Sequence[AnchoredHead]) -> str:
    """Return a SHA-256 over heads, hex: written down elsewhere, it anchors them together."""
    return digest_of([[str(item.stream), item.head.seq, item.head.mac.hex()] for item in heads])


def _in_chain(archive: Archive, stream: StreamRef, history: History) -> list[Finding]:
    broken = archive.first_broken(history.records)
    if broken is not None:
        return [Finding(stream=stream, seq=broken.seq, message="is not as it was written")]
    last = history.records[-1] if history.records else None
    end = EMPTY if last is None else Head(seq=last.seq, mac=last.mac)
    if end == history.head:
        return []
    message = f"the stream ends here, and its head says event {history.head.seq}"
    return [Finding(stream=stream, seq=end.seq, message=message)]


async def _in_texts(
    journal: Journal, archive: Archive, records: Sequence[Record]
) -> tuple[list[Finding], int]:
    """Compare long texts with the hashes in their events; also count those that were erased."""
    erased = 0
    for record in records:
        for blob, expected in archive.text_hashes(record).items():
            try:
                found = await journal.blob_hash(blob)
            except Refused:
                found = "there is none"
            if found not in {"", expected}:
                message = f"its text {blob} is not as it was written"
                return [Finding(stream=record.stream, seq=record.seq, message=message)], erased
            erased += not found
    return [], erased


def _against_anchor(stream: StreamRef, history: History, anchored: Head) -> list[Finding]:
    return list(_differences(stream, history, anchored))


def _differences(stream: StreamRef, history: History, anchored: Head) -> Iterator[Finding]:
    if anchored == EMPTY:
        return
    record = next((r for r in history.records if r.seq == anchored.seq), None)
    if record is None:
        yield _cut(stream, anchored, history.head.seq)
    elif record.mac != anchored.mac:
        message = "is another event than the one whose head was published"
        yield Finding(stream=stream, seq=anchored.seq, message=message)


def _cut(stream: StreamRef, anchored: Head, ends_at: int) -> Finding:
    message = f"is missing: {anchored.seq} events were published, {ends_at} are here"
    return Finding(stream=stream, seq=ends_at + 1, message=message)
