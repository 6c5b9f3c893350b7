"""What a card shows and what a yes binds to: the frozen packet of each kind of question."""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias

from bot.domain.policy import Policy
from bot.values import COMMANDS_AT_ONCE, Host, HostName, Json, PersonId, Tier, Untrusted, digest_of
from runbooks.steps import Evidence, Known, PlannedCommand, Proposal, Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketCommand:
    """One command exactly as it will run; `line` is the same argv quoted for reading."""

    path: str
    host: str
    login: str
    kind: str
    changes: bool
    line: Untrusted
    timeout_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketHost:
    """Where commands go: inventory name, address, and the key that the host must prove."""

    name: str
    address: str
    port: int
    observe_user: str
    change_user: str
    host_key: str
    practice: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketEvidence:
    """One fact: `at` is when it was measured, `unknown` why nobody knows it ("" = known)."""

    name: str
    value: Untrusted
    unknown: str
    host: str
    command: Untrusted
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketRehearsal:
    """What a dry run printed."""

    line: Untrusted
    output: Untrusted
    exit_status: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePacket:
    """Everything that an approver sees before saying yes to a change (spec: approvals A2)."""

    title: Untrusted
    because: Untrusted
    tier: Tier
    runbook: str
    content_hash: str
    policy_version: str
    requester: PersonId | None
    commands: tuple[PacketCommand, ...]
    hosts: tuple[PacketHost, ...]
    evidence: tuple[PacketEvidence, ...]
    preconditions: tuple[tuple[str, bool], ...]
    risk: Mapping[str, str]
    rehearsals: tuple[PacketRehearsal, ...]
    rollback: Untrusted
    undo: tuple[PacketCommand, ...]
    verification: tuple[str, ...]
    stop_conditions: tuple[str, ...]
    dangers: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """What differs from the card that this one replaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPacket:
    """A proposed run: the document and bindings that pressing Run starts."""

    runbook: str
    title: str
    description: str
    document: str
    bindings: str
    content_hash: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtPacket:
    """A command whose outcome nobody knows, with everything that is known."""

    path: str
    host: str
    attempt: int
    line: Untrusted
    started_at: datetime
    why: Untrusted
    approved_by: tuple[PersonId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePacket:
    """A notice before it goes out; `flagged` are words that outsiders should not read."""

    audience: str
    channel: str
    external: bool
    text: Untrusted
    author: PersonId
    flagged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistPacket:
    """The resolve checklist: (name, question) of each point, and the alerts that still fire."""

    summary: Untrusted
    points: tuple[tuple[str, str], ...]
    firing: int
    owner: PersonId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionPacket:
    """A runbook's question to a human; `path` is its place in the document."""

    path: str
    description: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailsPacket:
    """What an incident that was declared in a hurry still lacks."""

    missing: tuple[str, ...] = field(default=("title", "impact", "services"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoicePacket:
    """Several runbooks are for this alert, and a person says which is to look first."""

    candidates: tuple[RunPacket, ...]

    def named(self, runbook: str) -> RunPacket | None:
        """Return the candidate of this name."""
        return next((c for c in self.candidates if c.runbook == runbook), None)


class AskedStyle(StrEnum):
    """The four questions (spec: approvals A1)."""

    APPROVAL = "approval"
    SELECTION = "selection"
    FORM = "form"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedField:
    """One input, in the words of `cards.model.FormField`; `kind` is one of `FieldKind`'s values."""

    name: str
    label: Untrusted
    kind: str
    required: bool = False
    default: Untrusted = Untrusted("")
    choices: tuple[tuple[str, Untrusted], ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    help: Untrusted = Untrusted("")


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPacket:
    """A question that a program or a person put to people; its answer runs nothing."""

    style: AskedStyle
    description: Untrusted
    fields: tuple[AskedField, ...] = ()


Packet: TypeAlias = (
    ChangePacket
    | RunPacket
    | ChoicePacket
    | AskedPacket
    | DoubtPacket
    | NoticePacket
    | ChecklistPacket
    | QuestionPacket
    | DetailsPacket
)


def change_packet(
    policy: Policy,
    proposal: Proposal,
    *,
    requester: PersonId | None,
    changed: tuple[str, ...] = (),
) -> ChangePacket:
    """Freeze a proposal for the card."""
    return ChangePacket(
        title=Untrusted(proposal.title),
        because=Untrusted(proposal.because),
        tier=proposal.tier,
        runbook=proposal.runbook,
        content_hash=proposal.content_hash,
        policy_version=policy.version,
        requester=requester,
        commands=tuple(_command(policy, c) for c in proposal.commands),
        hosts=tuple(_host(h) for h in hosts_of(policy, proposal)),
        evidence=tuple(_evidence(e) for e in proposal.evidence),
        preconditions=tuple((p.text, p.holds) for p in proposal.preconditions),
        risk=dict(proposal.risk),
        rehearsals=tuple(
            PacketRehearsal(
                line=Untrusted(shlex.join(r.command.argv)),
                output=Untrusted(r.outcome.stdout + r.outcome.stderr),
                exit_status=r.outcome.exit_status,
            )
            for r in proposal.rehearsals
        ),
        rollback=Untrusted(proposal.rollback),
        undo=tuple(_command(policy, c) for c in proposal.undo),
        verification=proposal.verification,
        stop_conditions=proposal.stop_conditions,
        dangers=dangerous_words(policy, proposal.dangers),
        changed=changed,
    )


def change_inputs(policy: Policy, proposal: Proposal, bindings: str, rule: Json) -> dict[str, Json]:
    """Return what the digest covers (spec: approvals A5), by name so that a change has one."""
    return {
        "runbook": proposal.content_hash,
        "commands": [command.to_json() for command in proposal.commands],
        "hosts": host_inputs(policy, host_names(proposal)),
        "targets": {
            "hosts": list(proposal.targets.hosts),
            "services": list(proposal.targets.services),
        },
        "parameters": bindings,
        "facts": {name: _plain(value) for name, value in sorted(proposal.facts_used.items())},
        "approval rule": rule,
    }


def host_inputs(policy: Policy, names: tuple[str, ...]) -> Json:
    """Return what a yes binds to about hosts; one that has left the inventory is None."""
    known = {name: policy.hosts.get(HostName(name)) for name in names}
    return {name: None if h is None else _host_input(h) for name, h in known.items()}


def _host_input(host: Host) -> Json:
    """Return what a yes binds to about one host.

    Words that came later stand here only where they say something: a yes from before them, in a
    run that an upgrade has met, still fits.
    """
    said: dict[str, Json] = {
        "address": host.address,
        "port": host.port,
        "observe": host.observe_user,
        "change": host.change_user,
        "key": host.host_key,
    }
    if host.zone:
        said["zone"] = host.zone
    if host.commands_at_once != COMMANDS_AT_ONCE:
        said["limits"] = {"commands": host.commands_at_once}
    return said


def host_names(proposal: Proposal) -> tuple[str, ...]:
    """Return the names of every host that the proposal touches, sorted."""
    return tuple(sorted({c.host for c in proposal.commands} | set(proposal.targets.hosts)))


def digest(inputs: Mapping[str, Json]) -> str:
    """SHA-256 of the canonical inputs, 64 hex digits."""
    return digest_of(dict(inputs))


def hosts_of(policy: Policy, proposal: Proposal) -> tuple[Host, ...]:
    """Return the inventory entries of every host that the proposal touches, by name."""
    known = (policy.hosts.get(HostName(name)) for name in host_names(proposal))
    return tuple(host for host in known if host is not None)


def dangerous_words(policy: Policy, arguments: Iterable[str]) -> tuple[str, ...]:
    """Return the policy's dangerous words found as whole shell words or basenames, sorted."""
    found: set[str] = set()
    for argument in arguments:
        for word in _shell_words(argument):
            name = word.rsplit("/", 1)[-1]
            found.update({name} & policy.dangerous_words)
    return tuple(sorted(found))


@lru_cache(maxsize=1024)
def _shell_words(argument: str) -> tuple[str, ...]:
    """Split an argument as a shell would, because `sh -c` hands whole lines over.

    Every step of a run asks for the words of the same few commands again.
    """
    try:
        return (argument, *shlex.split(argument))
    except ValueError:  # unbalanced quotes: not a shell line, so only whitespace can split it
        return (argument, *argument.split())


def _command(policy: Policy, command: PlannedCommand) -> PacketCommand:
    host = policy.hosts.get(HostName(command.host))
    login = "" if host is None else (host.change_user if command.changes else host.observe_user)
    return PacketCommand(
        path=command.path,
        host=command.host,
        login=login,
        kind=command.kind.value,
        changes=command.changes,
        line=Untrusted(shlex.join(command.argv)),
        timeout_seconds=int(command.timeout.total_seconds()),
    )


def _host(host: Host) -> PacketHost:
    return PacketHost(
        name=host.name,
        address=host.address,
        port=host.port,
        observe_user=host.observe_user,
        change_user=host.change_user,
        host_key=host.host_key,
        practice=host.practice,
    )


def _evidence(evidence: Evidence) -> PacketEvidence:
    fact = evidence.fact
    return PacketEvidence(
        name=evidence.name,
        value=Untrusted(_readable(fact.value) if isinstance(fact, Known) else ""),
        unknown=fact.reason if isinstance(fact, Unknown) else "",
        host=evidence.host,
        command=Untrusted(evidence.command),
        at=datetime.fromtimestamp(evidence.at, UTC) if evidence.at else None,
    )


def _readable(value: object) -> str:
    """Write a measured value as people read it: a list by commas, a truth as yes or no."""
    if isinstance(value, tuple):
        return ", ".join(_readable(item) for item in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _plain(value: object) -> Json:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    msg = f"a fact cannot hold a {type(value).__name__}"
    raise TypeError(msg)
