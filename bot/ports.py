"""Every seam on one page: what the core asks of the outside world, and what each promises.

Each port has at least two real implementations and one contract suite that all of them pass.
Adapters translate vendor errors into `bot.errors` at the edge; no vendor error and no secret
gets out.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeAlias, TypeVar

from bot.domain.alerts import Alert
from bot.records.chain import Head, Record
from bot.records.outbox import EffectKind, OutboxItem
from bot.records.rows import Row, RowChange, Scalar
from bot.values import (
    BlobId,
    ConversationRef,
    Host,
    MessageRef,
    PersonId,
    RemoteCommand,
    StreamRef,
    Untrusted,
)
from cards.model import Card

# --- time and chance -------------------------------------------------------------------------


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """Return the wall clock, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back, for measuring."""
        ...

    async def sleep_until(self, moment: datetime) -> None:
        """Return at or after `moment`; at once where it has passed.

        Where the clock is set back meanwhile nobody waits for longer than it was away at first.
        """
        ...


class Ids(Protocol):
    """The only source of randomness."""

    def new(self) -> str:
        """Return a fresh random id: 26 lower-case base-32 characters, 128 bits."""
        ...

    def secret(self) -> str:
        """Return 256 random bits, URL-safe."""
        ...


# --- the journal -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A stream as it stands: its records after the asked sequence, and its head."""

    head: Head
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One effect that this worker owns until `lease_until`; only the current `fence` may settle it.

    `attempts` counts the claims since it was last opened anew, this one included. `interrupted` is
    True where one of them ran out: that worker may have begun.
    `revision` is the wanted revision of a *latest* effect at the moment of the claim; `ref` is
    what the last settlement stored (a message ref for a card copy), "" before the first.
    """

    item: OutboxItem
    owner: str
    fence: int
    lease_until: datetime
    attempts: int
    interrupted: bool
    revision: int = 0
    ref: str = ""


class Settle(StrEnum):
    """What becomes of a claimed effect in a commit."""

    DONE = "done"
    LATER = "later"
    """Due again at `Settlement.due`; the attempt counts."""
    PARKED = "parked"
    """Refused for good: its lane moves on and a human is told elsewhere."""
    HELD = "held"
    """Still owned; the commit only proves that the fence is current."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How a commit leaves the claim that it was made under."""

    claim: Claim
    how: Settle
    due: datetime | None = None
    ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRequest:
    """A request id with the short answer that a repeat gets; kept 8 days."""

    id: str
    answer: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Unfrozen:
    """Requirement: no freeze covers any of these services (nor everything)."""

    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Absent:
    """Requirement: no row with this key exists, or it equals the given one."""

    row: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyBefore:
    """Requirement: of all that wait for `target` (`WaitingRow`) nobody comes before `run`.

    Earlier comes first, of two at the same moment the smaller id; a run that does not wait yet
    comes after everybody who does.
    """

    target: str
    run: str


Requirement: TypeAlias = Unfrozen | Absent | NobodyBefore


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsTaken:
    """Row change of an attach: unread alerts of `group` up to `mark` now belong to `incident`."""

    group: str
    mark: int
    incident: str


class Keeping(StrEnum):
    """Where a journal keeps text beside records, rows and blobs."""

    ANSWER = "answer of a request"
    EFFECT = "effect"
    ALERT = "alert"
    QUARANTINE = "malformed alert"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptText:
    """One text that is neither in a record nor in a row nor in a blob; `key` finds it again."""

    keeping: Keeping
    key: tuple[str, ...]
    text: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What a commit takes away for ever, beside the record that tells of it.

    `bodies` replace those of earlier records of the commit's stream, by sequence, and their salts
    go; `blobs` go; each of `kept` is replaced.
    """

    bodies: tuple[tuple[int, bytes], ...] = ()
    blobs: tuple[BlobId, ...] = ()
    kept: tuple[KeptText, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One all-or-nothing unit. Records continue `stream` from `expected`.

    Effects are put by key: *once* keeps the first, *latest* and *attach* coalesce and become
    open again, *timer* replaces; `cleared` deletes timers by key.
    """

    stream: StreamRef | None = None
    expected: Head | None = None
    records: tuple[Record, ...] = ()
    effects: tuple[OutboxItem, ...] = ()
    cleared: tuple[str, ...] = ()
    rows: tuple[RowChange, ...] = ()
    taken: tuple[AlertsTaken, ...] = ()
    request: SeenRequest | None = None
    settlement: Settlement | None = None
    requires: tuple[Requirement, ...] = ()
    erased: Erased | None = None


@dataclass(frozen=True, slots=True)
class Committed:
    """It is durable."""


@dataclass(frozen=True, slots=True)
class HeadMoved:
    """Another commit continued the stream first; nothing was written.

    A read-model row whose UNIQUE value another row holds (an incident number that two processes
    drew at once) counts as this too: load, decide again.
    """


@dataclass(frozen=True, slots=True)
class FenceLost:
    """The claim ran out and somebody else owns the effect; nothing was written."""


@dataclass(frozen=True, slots=True)
class RequestKnown:
    """The request was carried out before; here is its answer. Nothing was written."""

    answer: str


@dataclass(frozen=True, slots=True)
class RequirementFailed:
    """A requirement does not hold; nothing was written."""

    requirement: Requirement


CommitOutcome: TypeAlias = Committed | HeadMoved | FenceLost | RequestKnown | RequirementFailed


@dataclass(slots=True, kw_only=True)  # one for each alert; frozen it takes twice as long to make
class RoutedAlert:
    """An alert with the group (`route/label values`) that its route puts it in.

    `rank` is that of the severity which the route gives it, 1 (SEV1) to 5 (SEV5).
    """

    alert: Alert
    group: str
    route: str
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """One malformed alert, kept raw for the operator."""

    source: str
    raw: bytes
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAlert:
    """An alert row: `count` times seen, last at `last_seen`; `position` orders news."""

    alert: Alert
    group: str
    route: str
    count: int
    last_seen: datetime
    position: int
    incident: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertNews:
    """The unread alerts of one group: how many, the first twenty, and the mark to take them up to.

    `reopening` is True where an already attached alert fires again after its incident was resolved.
    `worst` is the smallest rank of all that fire and are unread, 0 where none fires.
    """

    firing: int
    resolved: int
    first: tuple[StoredAlert, ...]
    mark: int
    reopening: bool
    worst: int = 0


R = TypeVar("R", bound=Row)


class Journal(Protocol):
    """The truth: streams, effects, read models, alert rows and blobs, in one durable store.

    Everything that returns has happened durably (synchronous=FULL). `Unavailable` = not written
    and will not be. A commit whose caller gave up (cancelled) is withdrawn or has happened: once
    the cancellation comes out of the call, `known` says which.
    """

    async def load(self, stream: StreamRef, after: int = 0) -> History:
        """Return the records with sequence > `after`, in order, and the head."""
        ...

    async def streams(self, kind: str) -> Sequence[StreamRef]:
        """Return every stream of a kind, oldest first (rebuild and audit only)."""
        ...

    async def heads(self) -> Sequence["AnchoredHead"]:
        """Return the head of every stream, oldest stream first; reads no record."""
        ...

    async def commit(self, commits: Sequence[Commit]) -> Sequence[CommitOutcome]:
        """Carry out each commit in order in a savepoint of its own; one outcome per commit."""
        ...

    async def known(self, request_id: str) -> str | None:
        """Return the short answer of a request that was carried out, None where it was not."""
        ...

    async def claim(
        self, owner: str, now: datetime, lease: timedelta, kinds: Sequence[EffectKind], limit: int
    ) -> Sequence[Claim]:
        """Claim due effects, most urgent first; of each lane only the head.

        A lease that ends more than ten minutes from `now` was given before the clock was set
        back, and counts as run out.
        """
        ...

    async def extend(self, claims: Sequence[Claim], until: datetime) -> Sequence[Claim]:
        """Extend leases; returns the claims that are still ours, with the new lease."""
        ...

    def on_effects(self, wake: Callable[[], None]) -> None:
        """Call `wake` on the event loop after each commit here that may have left effects to claim.

        It may come too often, and never for another process's commit.
        """
        ...

    async def move_due(self, by: timedelta, now: datetime) -> None:
        """Move what waits for a moment, because the clock was set by as much and says `now`.

        Each process says so that notices it; what is said again within half a minute is the same.
        `now` is the moment last seen from then on.
        """
        ...

    async def seen(self, now: datetime) -> None:
        """Keep the moment: a process delivers, and its clock says `now`."""
        ...

    async def last_seen(self) -> datetime | None:
        """Return the moment that was kept last, None where none ever was."""
        ...

    async def next_due(self) -> datetime | None:
        """Return when the next effect can be claimed (due, or its lease has ended).

        Effects behind another one in their lane do not count; None where nothing waits.
        """
        ...

    async def backlog(self) -> Sequence["Backlog"]:
        """Return the open effects counted by kind, with the due time of the oldest."""
        ...

    async def take_alerts(
        self,
        alerts: Sequence[RoutedAlert],
        quarantined: Sequence[Quarantined],
        attach: Sequence[OutboxItem],
        now: datetime,
    ) -> None:
        """Store one body of alerts and its attach effects; idempotent by alert identity.

        A new alert or a change of status is news. A repeat only counts, except that a firing
        repeat is news again where the incident of its group, as it is now or was, is resolved.

        Raises Unavailable where it was not stored; what has not begun after 1.5 seconds is given
        up so, because its sender waits (DESIGN section 7, rule 1).
        """
        ...

    async def alert_news(self, group: str) -> AlertNews:
        """Return what is unread in a group."""
        ...

    async def alerts_of(self, incident: str, limit: int) -> Sequence[StoredAlert]:
        """Return the alerts of an incident, newest first."""
        ...

    async def quarantined(self, limit: int) -> Sequence[Quarantined]:
        """Return what was malformed, newest first; the newest thousand are kept."""
        ...

    async def rows(self, kind: type[R], **equal: Scalar) -> Sequence[R]:
        """Return the rows of a read model whose columns equal the given values, by key order."""
        ...

    async def search(self, text: str, limit: int) -> Sequence[str]:
        """Return ids of incidents with every word of `text` in title or timeline, newest first."""
        ...

    async def put_blob(self, chunks: AsyncIterator[bytes]) -> "Blob":
        """Store redacted bytes; durable before it returns."""
        ...

    async def blob(self, ident: BlobId) -> bytes:
        """Return a blob's bytes; `Refused` where it was erased or never was."""
        ...

    async def blob_hash(self, ident: BlobId) -> str:
        """Return the salted SHA-256, hex, of a blob's bytes as they are now; "" where erased.

        `Refused` where it never was.
        """
        ...

    async def erase_blob(self, ident: BlobId) -> None:
        """Forget a blob's bytes and salt for ever; `Refused` where it never was."""
        ...

    async def kept_texts(self, stream: StreamRef) -> Sequence[KeptText]:
        """Return what is kept of a stream's effects and alerts, and of no stream in particular.

        The alerts that belong to no incident are the `system` stream's.
        """
        ...

    async def prune(self, now: datetime) -> None:
        """Forget answered requests after 8 days, old quarantine, and half-written blobs.

        Effects that were carried out or parked go 30 days after they were due (cards keep
        theirs), alerts that were read 90 days after they were last seen, unless their group is
        open.
        """
        ...

    async def close(self) -> None:
        """Finish what was accepted, then close the store."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """How much of one kind of effect waits, and since when; `open` counts claimed ones too."""

    kind: EffectKind
    open: int
    oldest_due: datetime | None
    parked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A stored blob: `hash` is salted SHA-256, hex; `size` in bytes."""

    id: BlobId
    hash: str
    size: int


# --- chat ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomSpec:
    """A room to open. `key` is unique for ever: the same key never makes a second room."""

    key: str
    name: str
    topic: str
    members: tuple[PersonId, ...] = ()
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomLink:
    """A link that people find at the top of a room."""

    title: Untrusted
    url: str


class RoomBar(Protocol):
    """The links at the top of a room, on platforms that have such a place."""

    async def link_room(self, room: ConversationRef, links: Sequence[RoomLink]) -> None:
        """Put links there; those that are there already stay, and nothing is taken away."""
        ...


class ChatPlatform(Protocol):
    """One chat. Over-long content is cut visibly, never refused.

    Raises `Unavailable` (throttled, unreachable before sending), `OutcomeUnknown` (link lost
    while posting: `find` by key, then post) and `Refused` (gone, archived, no right).
    """

    @property
    def name(self) -> str:
        """The platform's name in refs and effect keys: `console`, `slack`, `telegram`."""
        ...

    async def open_room(self, spec: RoomSpec) -> ConversationRef:
        """Return the room of `spec.key`, made on the first call and found on every later one."""
        ...

    async def set_room(self, room: ConversationRef, *, name: str, topic: str) -> None:
        """Change a room's name and topic."""
        ...

    async def close_room(self, room: ConversationRef) -> None:
        """Archive the room: readable, no new messages from people. Closing twice is fine."""
        ...

    async def reopen_room(self, room: ConversationRef) -> None:
        """Undo `close_room`."""
        ...

    async def invite(self, room: ConversationRef, people: Sequence[PersonId]) -> None:
        """Bring people into a room; those who are in it already stay."""
        ...

    async def channel(self, name: str) -> ConversationRef:
        """Return the channel of that name (`announcements`); `Refused` where there is none."""
        ...

    async def direct(self, person: PersonId) -> ConversationRef:
        """Return the direct conversation with a person; `Refused` where they cannot be reached."""
        ...

    async def post(self, to: ConversationRef, key: str, card: Card) -> MessageRef:
        """Post once per (conversation, key): a second call returns the first message."""
        ...

    async def update(self, message: MessageRef, card: Card) -> None:
        """Replace a message in place; the same content again is fine."""
        ...

    async def amend(self, message: MessageRef, card: Card) -> None:
        """Replace a message, and keep nothing of what it showed: its files are taken away too."""
        ...

    async def attach(self, to: ConversationRef, key: str, name: str, content: bytes) -> MessageRef:
        """Post a file once per (conversation, key)."""
        ...

    async def find(self, to: ConversationRef, key: str) -> MessageRef | None:
        """Return the message that was posted under `key`; None where there surely is none."""
        ...


# --- people ----------------------------------------------------------------------------------


class StandingKind(StrEnum):
    """What a platform says of an account now."""

    ACTIVE = "active"
    GUEST = "guest"
    BOT = "bot"
    STRANGER = "stranger"
    DEACTIVATED = "deactivated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingAnswer:
    """A standing and when it was checked.

    `email` is the address that the platform confirmed, of active accounts alone.
    """

    kind: StandingKind
    checked_at: datetime
    email: str = ""


class People(Protocol):
    """Who an account is, freshly."""

    async def standing(self, platform: str, account: str) -> StandingAnswer:
        """Return the account's standing; UNKNOWN where the platform cannot say (never allowed)."""
        ...


class UserGroups(Protocol):
    """Groups of accounts that a platform keeps."""

    async def members(self, group: str) -> frozenset[str]:
        """Return the active accounts of a group, as of at most a minute ago.

        Raises `Unavailable` and `Refused`: then nobody is a member.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePacket:
    """Everything that a woken person needs: the card, and the same as JSON for webhooks."""

    key: str
    incident: str
    number: str
    reason: str
    card: Card
    body: bytes


class Pager(Protocol):
    """One way to wake a person."""

    @property
    def name(self) -> str:
        """`console`, `webhook`, ...: part of the effect key."""
        ...

    async def page(self, person: PersonId, address: str, packet: PagePacket) -> str:
        """Deliver; returns a ref. `Refused` where the person cannot be reached this way."""
        ...


# --- hosts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt at one command: `key` is unique for ever, `digest` names the exact command."""

    key: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One stream's output: decoded, redacted, control characters shown, capped.

    `text` holds the first 64 KiB and the last 192 KiB with a marker between; `size` counts every
    byte that came.
    """

    text: str
    size: int
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """What a command did. `signal` is set where it died of one; `deadline` where time ran out.

    A deadline says what was done about it (left running or killed); exit_status is None then and
    where a signal ended it.
    """

    exit_status: int | None
    signal: str = ""
    deadline: bool = False
    stdout: Output
    stderr: Output
    seconds: float


class ReceiptState(StrEnum):
    """What a host says of an attempt (DESIGN section 7, rule 5)."""

    FINISHED = "finished"
    RUNNING = "running"
    ABSENT_SAME_BOOT = "absent, same boot"
    ABSENT_OTHER_BOOT = "absent, the host was restarted"
    MISMATCH = "another command"
    NO_RECEIPTS = "the host keeps no receipts"
    LOST = "begun, its end was not recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A host's answer to an inquiry; `exit_status` and outputs where it is FINISHED."""

    state: ReceiptState
    exit_status: int | None = None
    detail: str = ""
    stdout: Output | None = None
    stderr: Output | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One row of a pre-flight table; `detail` says why it did not pass."""

    name: str
    passed: bool
    detail: str = ""


class CommandExecutor(Protocol):
    """Runs argument vectors on inventory hosts.

    A non-zero exit is a value. argv arrives byte for byte. Output is capped, drained and redacted.
    The deadline is kept. Raises `Unavailable` (surely not started), `Refused` (host key, login,
    receipt directory: a human must act; surely not started) and `OutcomeUnknown` (may have
    started).
    """

    async def boot_id(self, host: Host) -> str:
        """Return the host's boot id, asked on the observe login; recorded with a change's start."""
        ...

    async def preflight(
        self, host: Host, sudo: Sequence[Sequence[str]] = (), *, changes: bool = True
    ) -> Sequence[Check]:
        """Try everything that a run will need there, running nothing; never raises for a host.

        `sudo` are the commands, without the word itself, that the change login will run as root.
        With `changes` False only the observe login is tried. The first check that fails ends the
        list: those after it could not be tried.
        """
        ...

    async def run(
        self, host: Host, command: RemoteCommand, attempt: Attempt, boot_id: str = ""
    ) -> CommandResult:
        """Run once; a command that changes something leaves a receipt under `attempt.key`.

        With `boot_id`, a host that has been restarted since refuses to begin.
        """
        ...

    async def stop(self, host: Host, attempt: Attempt) -> None:
        """Kill the attempt's whole process group on the host; no error where it has ended."""
        ...

    async def inquire(self, host: Host, attempt: Attempt, boot_id: str) -> Receipt:
        """Ask the host what became of a state-changing attempt; changes nothing."""
        ...

    async def close(self) -> None:
        """Close every link; running remote commands go on."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """An HTTP answer; `body` capped at 64 KiB, decoded safely."""

    status: int
    body: str


class Probe(Protocol):
    """HTTP checks of addresses that the inventory names; follows no redirect."""

    async def get(self, url: str, timeout: timedelta) -> ProbeResult:  # noqa: ASYNC109 - a remote deadline
        """Fetch; `Unavailable` where nothing answered, `Refused` where the address is not ours."""
        ...


# --- outside anchor --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchoredHead:
    """A stream's head, as it is published outside the database."""

    stream: StreamRef
    head: Head


class Anchor(Protocol):
    """Publishes heads where the database cannot change them."""

    async def publish(self, heads: Sequence[AnchoredHead], at: datetime) -> None:
        """Append the heads that changed since the last call."""
        ...

    async def latest(self) -> Sequence[AnchoredHead]:
        """Return the last published head of every stream, of the present epoch."""
        ...

    async def begin_epoch(
        self, epoch: int, reason: str, heads: Sequence[AnchoredHead], at: datetime
    ) -> None:
        """Append that the journal was restored on purpose, and its heads: what was before is past.

        A crash meanwhile leaves out heads at most, and those are new to the next `publish`.
        """
        ...

    async def epoch(self) -> int:
        """Return the epoch that was begun last, 1 before the first."""
        ...
