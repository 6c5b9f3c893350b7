"""Everything that a team decides, as one frozen value; `bot.config` reads it from YAML."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from bot.values import Host, HostName, PersonId, Severity, Tier

Called: TypeAlias = Callable[[PersonId], str]
"""What a person is called. Records and rows keep ids (`str`), people read names."""


class Group(StrEnum):
    """The built-in groups of people that the verb table speaks of (spec: approvals A3)."""

    READER = "reader"
    RESPONDER = "responder"
    APPROVER = "approver"
    COMMUNICATIONS = "communications"
    ADMIN = "admin"
    BREAK_GLASS = "break-glass"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityRules:
    """What one severity means and demands; `cadence` None = no updates are due."""

    definition: str
    respond_within: timedelta | None
    cadence: timedelta | None
    resolve_within: timedelta
    postmortem: bool
    pages: bool
    """Whether opening one from an alert pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyPerson:
    """A person: linked accounts as (platform, account) pairs, all of them the same human."""

    id: PersonId
    name: str
    accounts: tuple[tuple[str, str], ...] = ()
    webhook: str = ""
    """Where pages for this person are also posted, signed; empty = nowhere."""
    email: str = ""
    """Links the account that confirmed this address, on the platforms of `Policy.link_by_email`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """Who is paged in which order, and how long each has to acknowledge.

    `whole_group`: the people are those of the group, and the members of its user groups follow.
    """

    group: str
    people: tuple[PersonId, ...]
    every: timedelta
    webhook: str = ""
    whole_group: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Quorum:
    """`count` yes votes from people of `groups` (any of them)."""

    groups: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRule:
    """One rule; empty match tuples match everything. Rules that match combine to the strictest."""

    name: str
    tiers: tuple[Tier, ...] = ()
    severities: tuple[Severity, ...] = ()
    services: tuple[str, ...] = ()
    runbooks: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    quorums: tuple[Quorum, ...]
    expires_in: timedelta | None = None
    override: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Readers of notices: a channel name, and whether they are outside the company."""

    name: str
    channel: str
    external: bool
    template: str


class Autonomy(StrEnum):
    """Which changes may run without a person's yes (spec: approvals A4)."""

    NONE = "none"
    REVERSIBLE = "reversible"
    """Tier 2, where one component is touched, the diagnosis is clear and undo is declared."""


class RunbookStart(StrEnum):
    """What a route does with its runbook when an incident opens."""

    PROPOSE = "propose"
    TRIAGE = "triage"


class RouteAction(StrEnum):
    """What a matching alert becomes."""

    OPEN = "open"
    POST = "post"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """First match wins; `matches` compares labels exactly, `source` empty = any.

    `severity_from` names the label whose value picks the severity through `severity_map`,
    falling back to `severity`.
    """

    name: str
    source: str = ""
    matches: Mapping[str, str] = field(default_factory=dict)
    action: RouteAction = RouteAction.OPEN
    severity: Severity = Severity.SEV3
    severity_from: str = "severity"
    severity_map: Mapping[str, Severity] = field(default_factory=dict)
    service_from: str = "service"
    group_by: tuple[str, ...] = ("alertname", "service")
    owner: str = ""
    pages: str = ""
    """Name of the escalation that is paged; empty = the policy's default one."""
    runbook: str = ""
    start: RunbookStart = RunbookStart.PROPOSE
    private: bool = False
    muted: tuple[tuple[datetime, datetime], ...] = ()
    """Maintenance windows: alerts that start inside one are recorded and open nothing."""
    drill: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The whole policy. Groups map a name to people; an empty group means nobody."""

    version: str
    """Short hash of the file that this came from; shown wherever a decision is explained."""
    severities: Mapping[Severity, SeverityRules]
    default_severity: Severity
    people: Mapping[PersonId, PolicyPerson]
    groups: Mapping[str, tuple[PersonId, ...]]
    approval_rules: tuple[ApprovalRule, ...]
    approval_expires_in: timedelta
    approval_expires_in_sev1: timedelta
    dangerous_words: frozenset[str]
    triage_programs: tuple[str, ...]
    """Allowed (program, sub-command) prefixes of triage commands, as `systemctl status`."""
    escalations: Mapping[str, Escalation]
    default_escalation: str
    no_commander_after: timedelta
    announcement_channel: str
    audiences: Mapping[str, Audience]
    hosts: Mapping[HostName, Host]
    services: Mapping[str, "ServiceRules"]
    routes: tuple[Route, ...]
    flap_window: timedelta
    """A firing repeat within this time after the resolve is taken as an echo."""
    close_room_after: timedelta
    triage_at_once: int
    """How many automatic triages may run at the same time."""
    ambiguity: float = 0.2
    """Diagnoses whose likelihoods differ by less are not chosen between (0 to 1)."""
    storm_after: int = 10
    """Groups of one route that open incidents within a minute; further ones share one."""
    open_door: bool = False
    """Without a policy file: anyone with a seat or chat account may declare and respond."""
    autonomy: Autonomy = Autonomy.NONE
    answer_tokens: tuple[str, ...] = ()
    """Names of seats whose API tokens of kind `answer` may decide outside practice."""
    platforms: tuple[str, ...] = ("console",)
    slack_groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By group: Slack user groups (`<team>/<group id>`) whose members belong to it too."""
    user_group_members: Mapping[str, tuple[PersonId, ...]] = field(default_factory=dict)
    """By group: who is in its user groups, as last heard. For waking people, and nothing else:
    whoever decides is asked about freshly."""
    link_by_email: tuple[str, ...] = ()
    """Platforms whose word is taken for who owns an e-mail address."""

    def name_of(self, person: PersonId) -> str:
        """Return what a person is called; whom the policy does not name goes by their id."""
        return self.names().get(person, str(person))

    def names(self) -> dict[PersonId, str]:
        """Return what each person is called, with the id where two have the same name."""
        shared = Counter(person.name for person in self.people.values())
        return {
            person.id: person.name if shared[person.name] == 1 else f"{person.name} ({person.id})"
            for person in self.people.values()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRules:
    """One service of the inventory, as runbooks and routes may use it."""

    name: str
    owner: str = ""
    health_url: str = ""
    processes: tuple[str, ...] = ()
