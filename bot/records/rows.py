"""Read models: each row class is one table, written in the same transaction as its events.

Both journals store any of them from the class alone: `TABLE`, `KEY` and the annotated columns.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, TypeAlias

Scalar: TypeAlias = str | int | bool | datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Base of every read-model row."""

    TABLE: ClassVar[str] = ""
    KEY: ClassVar[tuple[str, ...]] = ()
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = ()
    UNIQUE: ClassVar[tuple[tuple[str, ...], ...]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow(Row):
    """One incident in lists. `members` is a JSON array of person ids, for private ones."""

    TABLE: ClassVar[str] = "incidents"
    KEY: ClassVar[tuple[str, ...]] = ("id",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("status",),)
    UNIQUE: ClassVar[tuple[tuple[str, ...], ...]] = (("number",),)

    id: str
    number: str
    title: str
    severity: str
    status: str
    private: bool
    drill: bool
    members: str
    commander: str
    opened_at: datetime
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    next_update_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineRow(Row):
    """One line of an incident's timeline, searchable; the event itself is in the stream."""

    TABLE: ClassVar[str] = "timeline"
    KEY: ClassVar[tuple[str, ...]] = ("incident", "seq")

    incident: str
    seq: int
    at: datetime
    kind: str
    actor: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRow(Row):
    """One card that asks something; `number` names it within its incident and is never reused."""

    TABLE: ClassVar[str] = "cards"
    KEY: ClassVar[tuple[str, ...]] = ("id",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("state",), ("incident",))

    id: str
    incident: str
    number: int
    kind: str
    state: str
    expires_at: datetime | None
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow(Row):
    """One runbook run and where it stands."""

    TABLE: ClassVar[str] = "runs"
    KEY: ClassVar[tuple[str, ...]] = ("id",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("incident",), ("state",))

    id: str
    incident: str
    runbook: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomRow(Row):
    """The room of an incident on one platform; `conversation` is the platform's own id."""

    TABLE: ClassVar[str] = "rooms"
    KEY: ClassVar[tuple[str, ...]] = ("incident", "platform")
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("platform", "conversation"),)

    incident: str
    platform: str
    conversation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationRow(Row):
    """One reserved target (`host:web-1`, `service:checkout`)."""

    TABLE: ClassVar[str] = "reservations"
    KEY: ClassVar[tuple[str, ...]] = ("target",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("run",),)

    target: str
    run: str
    incident: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRow(Row):
    """A run that waits for a target since `since` (first come, first served)."""

    TABLE: ClassVar[str] = "reservation_queue"
    KEY: ClassVar[tuple[str, ...]] = ("run", "target")
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("target",),)

    run: str
    target: str
    incident: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeRow(Row):
    """A standing freeze; `scope` is a service name, or `*` for everything."""

    TABLE: ClassVar[str] = "freezes"
    KEY: ClassVar[tuple[str, ...]] = ("scope",)

    scope: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRow(Row):
    """One restored backup; without any the journal is of epoch 1."""

    TABLE: ClassVar[str] = "epochs"
    KEY: ClassVar[tuple[str, ...]] = ("epoch",)

    epoch: int
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertGroupRow(Row):
    """The incident that an alert group belongs to; `resolved_at` once that one is resolved."""

    TABLE: ClassVar[str] = "alert_groups"
    KEY: ClassVar[tuple[str, ...]] = ("group_key",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("incident",),)

    group_key: str
    incident: str
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatRow(Row):
    """A seat of the console: who sits there. `link_hash` is the unused sign-in link's SHA-256."""

    TABLE: ClassVar[str] = "seats"
    KEY: ClassVar[tuple[str, ...]] = ("name",)

    name: str
    person: str
    groups: str
    link_hash: str
    link_expires_at: datetime | None
    revoked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow(Row):
    """An API token by its SHA-256, hex; `kind` is read, operate or answer."""

    TABLE: ClassVar[str] = "tokens"
    KEY: ClassVar[tuple[str, ...]] = ("hash",)

    hash: str
    seat: str
    kind: str
    revoked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow(Row):
    """An account that a person proved to be theirs."""

    TABLE: ClassVar[str] = "links"
    KEY: ClassVar[tuple[str, ...]] = ("platform", "account")

    platform: str
    account: str
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCodeRow(Row):
    """A code that waits to be shown, by its SHA-256, hex; the person's stream knows until when."""

    TABLE: ClassVar[str] = "link_codes"
    KEY: ClassVar[tuple[str, ...]] = ("hash",)

    hash: str
    person: str


TABLES: tuple[type[Row], ...] = (
    IncidentRow,
    TimelineRow,
    CardRow,
    RunRow,
    RoomRow,
    ReservationRow,
    WaitingRow,
    FreezeRow,
    EpochRow,
    AlertGroupRow,
    SeatRow,
    TokenRow,
    LinkRow,
    LinkCodeRow,
)
"""Every read model; the SQLite journal makes one table from each."""


@dataclass(frozen=True, slots=True)
class Put:
    """Write this row, replacing the one with the same key."""

    row: Row


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete the rows of `kind` whose columns equal `equal` (none is fine)."""

    kind: type[Row]
    equal: tuple[tuple[str, Scalar], ...]


RowChange: TypeAlias = Put | Remove
