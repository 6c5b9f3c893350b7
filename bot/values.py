"""Words that every part may use: ids, refs, severity, tier, untrusted text, commands."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final, NewType, Self, TypeAlias, Union, cast

IncidentId = NewType("IncidentId", str)
PersonId = NewType("PersonId", str)
RunId = NewType("RunId", str)
CardId = NewType("CardId", str)
BlobId = NewType("BlobId", str)
HostName = NewType("HostName", str)

SYSTEM = PersonId("firewarden")
"""The actor of events that no person caused."""

Json: TypeAlias = Union[bool, int, float, str, "Sequence[Json]", "Mapping[str, Json]", None]


def canonical_json(value: Json) -> bytes:
    """Encode so that equal values give equal bytes: sorted keys, no spaces, UTF-8, no NaN."""
    return _CANONICAL.encode(value).encode("utf-8", "surrogatepass")


_CANONICAL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)


def read_json(body: bytes) -> Json:
    """Decode what `canonical_json` encoded; raises ValueError for what is no JSON in UTF-8."""
    return cast("Json", json.loads(body.decode("utf-8", "surrogatepass")))


def digest_of(value: Json) -> str:
    """Return the SHA-256 of the canonical JSON, 64 lower-case hex digits."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


class Severity(StrEnum):
    """SEV1 (worst) to SEV5; P0..P4 are the same five under their other names."""

    SEV1 = "SEV1"
    SEV2 = "SEV2"
    SEV3 = "SEV3"
    SEV4 = "SEV4"
    SEV5 = "SEV5"

    @classmethod
    def parse(cls, text: str) -> "Severity | None":
        """Read `sev2`, `SEV-2`, `p1` (= SEV2) in any case; None where it names no severity."""
        word = text.strip().upper().replace("-", "")
        if word in cls.__members__:
            return cls[word]
        if len(word) == 2 and word[0] == "P" and word[1] in "01234":  # noqa: PLR2004 - "P0".."P4"
            return cls[f"SEV{int(word[1]) + 1}"]
        return None

    @property
    def rank(self) -> int:
        """1 for SEV1 to 5 for SEV5."""
        return int(self.value[3:])

    def worse_than(self, other: "Severity") -> bool:
        """Whether this one is more urgent than `other`."""
        return self.rank < other.rank


class Tier(StrEnum):
    """How much an action can hurt (spec: approvals A4)."""

    READ_ONLY = "read-only"
    REVERSIBLE = "reversible"
    IRREVERSIBLE = "irreversible"
    BEYOND = "beyond"


class Login(StrEnum):
    """The two accounts that the bot has on every host."""

    OBSERVE = "observe"
    CHANGE = "change"


class OnDeadline(StrEnum):
    """What happens to a command that is still running at its deadline."""

    LEAVE = "leave"
    KILL = "kill"


# Not frozen, like the alerts that hold two each; nobody changes one, so it can be a key.
@dataclass(slots=True, unsafe_hash=True)
class Untrusted:
    """Text that somebody else wrote: a renderer shows it as plain text and as nothing else."""

    text: str

    def __str__(self) -> str:
        """Refuse to melt into trusted text unnoticed."""
        msg = "untrusted text must be placed by a renderer, not formatted"
        raise TypeError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRef:
    """One append-only stream of events: `incident`, `person` or `system`, and its id."""

    kind: str
    id: str

    def __str__(self) -> str:
        """Format as `kind:id`."""
        return f"{self.kind}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str()` wrote."""
        kind, _, ident = text.partition(":")
        return cls(kind=kind, id=ident)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationRef:
    """A room, channel or direct conversation on one platform; `id` is the platform's own."""

    platform: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRef:
    """One message in a conversation; `id` is the platform's own."""

    conversation: ConversationRef
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteCommand:
    """What a host's login shell gets: an argument vector, never a line.

    `changes` chooses the login: False runs as `observe`, True as `change`.
    """

    argv: tuple[str, ...]
    timeout: timedelta
    changes: bool = False
    on_deadline: OnDeadline = OnDeadline.LEAVE

    @property
    def login(self) -> Login:
        """The login that the command runs as."""
        return Login.CHANGE if self.changes else Login.OBSERVE


COMMANDS_AT_ONCE: Final = 8
"""Of one run on one host, where the inventory says nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One machine of the inventory, addressed only by its name.

    `host_key` is one public key line (`ssh-ed25519 AAAA...`), or `@cert-authority` and the key
    that signs host keys; one of `revoked_host_keys` is never accepted. Key files are paths to
    private keys, or to public ones (`.pub`) whose private halves an SSH agent holds. `service` is
    what runs there and what approval rules match on. Where `jump` is given the host is reached
    through that one, on its `observe` login. `zone` is where it stands, for approval rules; at most
    `commands_at_once` of a run's commands are on it at a time, over both logins.
    """

    name: HostName
    address: str
    port: int = 22
    service: str
    groups: tuple[str, ...] = ()
    host_key: str
    observe_user: str
    observe_key_file: str
    change_user: str
    change_key_file: str
    practice: bool = False
    services: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    jump: "Host | None" = None
    revoked_host_keys: tuple[str, ...] = ()
    zone: str = ""
    commands_at_once: int = COMMANDS_AT_ONCE
