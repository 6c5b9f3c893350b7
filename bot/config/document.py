"""The policy file as people write it: one class per section, kebab-case keys, nothing unknown.

These models check shapes only. What needs two places of the file to judge is judged in
`bot.config.references` and `bot.config.meaning`.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, ClassVar, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from annotated_types import MinLen
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from bot.domain.policy import Autonomy, RouteAction, RunbookStart
from bot.errors import MisfitError
from bot.values import SYSTEM, Severity, Tier
from runbooks.quantities import parse_duration


def _duration(value: object) -> object:
    if not isinstance(value, str):
        raise MisfitError("a duration has its unit", "write 30s, 5m, 1h30m or 7d")
    return parse_duration(value)


def _severity(value: object) -> object:
    severity = Severity.parse(value) if isinstance(value, str) else None
    if severity is None:
        raise MisfitError("this is no severity", "write SEV1 to SEV5 or P0 to P4")
    return severity


def _ascii(value: str) -> str:
    # Paramiko dials what NFKC makes of a name, so look-alike digits would reach another machine.
    if not value.isascii():
        raise MisfitError("this holds characters that are not ASCII", "write ASCII characters only")
    return value


def _host_key(value: str) -> str:
    """Read `[@cert-authority] <kind> <key>`, as a line of known_hosts has it."""
    marker, _, after = value.partition(" ")
    if marker == _AUTHORITY:
        return f"{marker} {_public_key(after.strip())}"
    return _public_key(value)


def _public_key(value: str) -> str:
    kind, _, rest = value.partition(" ")
    try:
        blob = base64.b64decode(rest.split(" ")[0], validate=True)
    except binascii.Error:
        blob = b""
    # RFC 4253, 6.6: a key blob starts with the length and the name of its kind.
    if kind not in _HOST_KEY_KINDS or not blob.startswith(len(kind).to_bytes(4) + kind.encode()):
        raise MisfitError(
            "this is no host key",
            "write the host's public key as in /etc/ssh/ssh_host_ed25519_key.pub: "
            "ssh-ed25519 AAAA...",
        )
    return f"{kind} {rest.split(' ')[0]}"


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise MisfitError("this is no web address", "write https://...")
    return value


def _member(value: object) -> object:
    """Read a person's name, or `{slack-group: T0123/S0456}`, which is kept as `T0123/S0456`."""
    if not isinstance(value, Mapping):
        return value
    group = value.get("slack-group")
    if list(value) != ["slack-group"] or not isinstance(group, str):
        raise MisfitError(
            "this is no member", "write a person's name, or {slack-group: <team id>/<group id>}"
        )
    if not _SLACK_GROUP.fullmatch(group):
        raise MisfitError(
            f"{group!r} is no Slack user group", "write <team id>/<group id>, as T0123/S0456"
        )
    return group


def _linked(value: object) -> object:
    """Read one account or a list of them; a Telegram user id may be a number."""
    accounts = value if isinstance(value, list) else [value]
    if not accounts or not all(isinstance(a, str | int) and str(a).strip() for a in accounts):
        raise MisfitError("this is no account", "write the account's id, or a list of ids")
    return tuple(str(account) for account in accounts)


_SLACK_GROUP: Final = re.compile(r"[TE][A-Z0-9]+/S[A-Z0-9]+")

_AUTHORITY: Final = "@cert-authority"
"""The marker of known_hosts (sshd(8)) for a key that signs host keys."""

_HOST_KEY_KINDS: Final = frozenset(
    {
        "ssh-ed25519",
        "ssh-rsa",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
    }
)

_SLUG: Final = r"^[a-z0-9][a-z0-9._-]{0,62}$"
_MEMBER: Final = r"^([a-z0-9][a-z0-9._-]{0,62}|[TE][A-Z0-9]+/S[A-Z0-9]+)$"
_LINE: Final = r"^\S[^\n]*$"
_ADDRESS: Final = r"^[^\s@/-][^\s@/]*$"
_LOGIN: Final = r"^[a-z_][a-z0-9_-]{0,31}$"
_EMAIL: Final = r"^[^\s@<>,]+@[^\s@<>,]+\.[^\s@<>,]+$"

FORMS: Final[Mapping[str, str]] = {
    _SLUG: "lower-case letters, digits, dots, hyphens and underscores, as web-1",
    _MEMBER: "name a person, or write {slack-group: <team id>/<group id>}",
    _LINE: "write one line that does not start with a space",
    _ADDRESS: "write a host name or an address alone, as 10.0.0.5",
    _LOGIN: "write the name of a login, as firewarden",
    _EMAIL: "write an e-mail address, as ada@example.com",
}
"""What to write, by the pattern that a text does not match."""

Duration: TypeAlias = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": r"^([0-9.]+(ms|s|m|h|d))+$"}),
]
AnySeverity: TypeAlias = Annotated[
    Severity,
    BeforeValidator(_severity),
    WithJsonSchema({"type": "string", "pattern": r"^([Ss][Ee][Vv]-?[1-5]|[Pp]-?[0-4])$"}),
]
Slug: TypeAlias = Annotated[str, StringConstraints(pattern=_SLUG, strict=True)]
Member: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=_MEMBER, strict=True),
    BeforeValidator(_member),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": _SLUG},
                {
                    "type": "object",
                    "properties": {"slack-group": {"type": "string"}},
                    "required": ["slack-group"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
Line: TypeAlias = Annotated[str, StringConstraints(pattern=_LINE, max_length=300, strict=True)]
Ascii: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=_ADDRESS, max_length=253, strict=True),
    AfterValidator(_ascii),
]
Login: TypeAlias = Annotated[str, StringConstraints(pattern=_LOGIN, strict=True)]
HostKey: TypeAlias = Annotated[
    str, StringConstraints(strict=True, strip_whitespace=True), AfterValidator(_host_key)
]
PublicKey: TypeAlias = Annotated[
    str, StringConstraints(strict=True, strip_whitespace=True), AfterValidator(_public_key)
]
WebAddress: TypeAlias = Annotated[Line, AfterValidator(_web_address)]
Email: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=_EMAIL, max_length=254, strict=True),
]
Accounts: TypeAlias = Annotated[
    tuple[str, ...],
    BeforeValidator(_linked),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": ["string", "integer"]},
                {"type": "array", "items": {"type": ["string", "integer"]}, "minItems": 1},
            ]
        }
    ),
]
Text: TypeAlias = Annotated[str, StringConstraints(strict=True, max_length=2000)]


def _kebab(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


class Section(BaseModel):
    """A mapping of the file: kebab-case keys, none that is not named here."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=_kebab)

    merged: ClassVar[bool] = False
    """Whether a team's file changes this key by key (True), or replaces it as a whole."""

    @field_validator("*", mode="before")
    @classmethod
    def _lists_say_something(cls, value: object, about: ValidationInfo) -> object:
        field = cls.model_fields[about.field_name or ""]
        if value == [] and any(isinstance(limit, MinLen) for limit in field.metadata):
            raise MisfitError("an empty list", "name something, or leave the key out")
        return value


class SeveritySection(Section):
    """What one severity means and demands."""

    merged: ClassVar[bool] = True

    definition: Line
    respond_within: Duration | None = Field(description="null: the next business day")
    cadence: Duration | None = Field(description="how often an update is due; null: never")
    resolve_within: Duration
    postmortem: StrictBool = Field(description="whether closing takes a postmortem")
    pages: StrictBool = Field(description="whether opening one from an alert pages")


class SeveritiesSection(Section):
    """The severity table."""

    # Not derived from the fields' names: kebab-case has lower-case letters.
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=str.upper)
    merged: ClassVar[bool] = True

    sev1: SeveritySection
    sev2: SeveritySection
    sev3: SeveritySection
    sev4: SeveritySection
    sev5: SeveritySection

    def table(self) -> Mapping[Severity, SeveritySection]:
        """Return the sections by severity, worst first."""
        return {
            Severity.SEV1: self.sev1,
            Severity.SEV2: self.sev2,
            Severity.SEV3: self.sev3,
            Severity.SEV4: self.sev4,
            Severity.SEV5: self.sev5,
        }


class AccountsSection(Section):
    """A person's accounts, one or several per platform: all of them are the same human."""

    slack: Accounts = Field(default=(), description="<team id>/<user id>, as T0123/U0456")
    telegram: Accounts = Field(default=(), description="numeric user id")
    console: Accounts = Field(default=(), description="name of the seat")


class PersonSection(Section):
    """One person."""

    name: Line
    accounts: AccountsSection = AccountsSection()
    email: Email | None = Field(
        default=None,
        description="who signs in to the console by this address, and whoever confirmed it in a "
        "chat, where chat.link-by-email says so",
    )
    webhook: WebAddress | None = Field(
        default=None, description="pages for this person are also posted here, signed"
    )


class EscalationSection(Section):
    """Who is paged in which order: the people named, else the group's members in their order."""

    group: Slug
    people: tuple[Slug, ...] | None = Field(default=None, min_length=1)
    every: Duration = Field(
        default=timedelta(minutes=5), description="how long each has to acknowledge"
    )
    webhook: WebAddress | None = None


class QuorumSection(Section):
    """`count` yes votes from people of any of `groups`."""

    groups: tuple[Slug, ...] = Field(min_length=1)
    count: StrictInt = Field(default=1, ge=1, le=20)


class RuleSection(Section):
    """One approval rule; a key that is left out matches everything."""

    name: Slug
    tiers: tuple[Tier, ...] | None = Field(default=None, min_length=1)
    severities: tuple[AnySeverity, ...] | None = Field(default=None, min_length=1)
    services: tuple[Slug, ...] | None = Field(default=None, min_length=1)
    runbooks: tuple[Slug, ...] | None = Field(default=None, min_length=1)
    zones: tuple[Slug, ...] | None = Field(
        default=None, min_length=1, description="zones of hosts; one host in one of them is enough"
    )
    quorum: tuple[QuorumSection, ...] = Field(
        min_length=1, description="all of them must be met, by different people"
    )
    expires_in: Duration | None = None
    override: StrictBool = Field(
        default=False, description="stand alone, even where that demands less; `check` prints it"
    )


class ApprovalsSection(Section):
    """Who may decide. Rules are added to those of the package; matches combine to the strictest."""

    merged: ClassVar[bool] = True

    expires_in: Duration
    expires_in_sev1: Duration
    autonomy: Autonomy = Field(
        default=Autonomy.NONE,
        description="`reversible`: a tier 2 change of one component may run without a yes, where "
        "the diagnosis is clear, undo is declared and no rule asks for more than one yes",
    )
    rules: tuple[RuleSection, ...]


class PagingSection(Section):
    """Who is woken, and how soon the next one."""

    merged: ClassVar[bool] = True

    default: Slug
    no_commander_after: Duration
    escalations: Mapping[Slug, EscalationSection]


class ChatSection(Section):
    """Where rooms are opened and announcements are made."""

    merged: ClassVar[bool] = True

    platforms: tuple[Slug, ...] = Field(min_length=1)
    announcements: Slug = Field(description="name of the announcement channel")
    close_rooms_after: Duration
    link_by_email: tuple[Literal["slack"], ...] = Field(
        default=(),
        description="platforms whose word is taken for who owns an e-mail address: whoever may "
        "change addresses there decides who may approve",
    )


class AudienceSection(Section):
    """Readers of notices."""

    channel: Slug
    external: StrictBool = Field(
        description="outside the company: another person of `communications` approves each notice"
    )
    template: Slug


class LoginSection(Section):
    """An account on a host and its private key; a relative path starts at this file's folder."""

    merged: ClassVar[bool] = True

    user: Login | None = None
    key_file: Line | None = None


class SshSection(Section):
    """The two logins that hosts have unless they say otherwise."""

    merged: ClassVar[bool] = True

    observe: LoginSection
    change: LoginSection


class HostLimits(Section):
    """What the bot may ask of one host at a time."""

    commands: StrictInt = Field(
        default=8, ge=1, le=64, description="commands of runs that are on it at once, the rest wait"
    )


class HostSection(Section):
    """One machine of the inventory, addressed only by its name."""

    address: Ascii
    port: StrictInt = Field(default=22, ge=1, le=65535)
    service: Slug
    groups: tuple[Slug, ...] = ()
    host_key: HostKey = Field(
        description="its public key, or @cert-authority and the public key that signs host keys"
    )
    revoked_host_keys: tuple[PublicKey, ...] = Field(
        default=(), description="keys of hosts or authorities that are never accepted"
    )
    zone: Slug | None = Field(
        default=None, description="where it stands (a site, a region): approval rules may name it"
    )
    limits: HostLimits = HostLimits()
    jump: Slug | None = Field(
        default=None,
        description="name of the host that this one is reached through, on its observe login",
    )
    observe: LoginSection = LoginSection()
    change: LoginSection = LoginSection()


class ServiceSection(Section):
    """One service of the inventory."""

    owner: Line | None = None
    health_url: WebAddress | None = None
    processes: tuple[Line, ...] = Field(
        default=(), description="names of the processes that belong to it"
    )


class RunbooksSection(Section):
    """What runbooks may do."""

    merged: ClassVar[bool] = True

    dangerous_words: tuple[Line, ...] = Field(
        min_length=1, description="whole shell words that need approval whatever the author wrote"
    )
    triage_programs: tuple[Line, ...] = Field(
        min_length=1, description="program, or program and sub-command, allowed in triage"
    )
    more_triage_programs: tuple[Line, ...] = Field(
        default=(), description="added to `triage-programs`, which replace the list that ships"
    )
    ambiguity: StrictInt = Field(
        ge=0, le=100, description="diagnoses whose likelihoods are closer (in %) go to a human"
    )
    triage_at_once: StrictInt = Field(ge=1, le=100)


class WindowSection(Section):
    """A maintenance window; times carry their offset."""

    from_: AwareDatetime
    until: AwareDatetime
    why: Line | None = None

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "WindowSection":
        if self.until <= self.from_:
            raise MisfitError("the window ends before it starts", "swap `from` and `until`")
        return self


class RouteSection(Section):
    """What an alert becomes; first match wins."""

    name: Slug
    source: Slug | None = None
    matches: Mapping[Line, Text] = Field(default={}, description="labels, compared exactly")
    action: RouteAction = RouteAction.OPEN
    severity: AnySeverity | None = None
    severity_from: Line = "severity"
    severity_map: Mapping[Line, AnySeverity] = {}
    service_from: Line = "service"
    group_by: tuple[Line, ...] = Field(default=("alertname", "service"), min_length=1)
    owner: Line | None = None
    pages: Slug | None = Field(default=None, description="escalation that is paged")
    runbook: Slug | None = None
    start: RunbookStart = RunbookStart.PROPOSE
    private: StrictBool = False
    muted: tuple[WindowSection, ...] = ()
    drill: StrictBool = False


class AlertsSection(Section):
    """What becomes of alerts."""

    merged: ClassVar[bool] = True

    flap_window: Duration = Field(description="a firing repeat this soon after resolve is an echo")
    storm_after: StrictInt = Field(
        ge=1,
        le=1000,
        description="groups of one route that open incidents within a minute; more are a storm "
        "and share one incident",
    )
    routes: tuple[RouteSection, ...] = Field(min_length=1)


class TokensSection(Section):
    """API tokens of kind `answer` that may decide outside practice, by seat."""

    merged: ClassVar[bool] = True

    answer: tuple[Slug, ...] = ()


class PolicyDocument(Section):
    """A whole policy: the package's, with a team's sections over it."""

    merged: ClassVar[bool] = True

    severities: SeveritiesSection
    default_severity: AnySeverity
    people: Mapping[Slug, PersonSection]
    groups: Mapping[Slug, tuple[Member, ...]] = Field(
        description="groups of people; reader, responder, approver, communications, admin and "
        "break-glass are built in, others are for quorums and paging. A member is a person, or "
        "{slack-group: <team id>/<group id>}: whoever of the people is in that user group now"
    )
    approvals: ApprovalsSection
    paging: PagingSection
    chat: ChatSection
    audiences: Mapping[Slug, AudienceSection]
    ssh: SshSection
    hosts: Mapping[Slug, HostSection]
    services: Mapping[Slug, ServiceSection]
    runbooks: RunbooksSection
    alerts: AlertsSection
    tokens: TokensSection
    open_door: StrictBool = Field(
        default=False, description="whoever has a seat or chat account may declare and respond"
    )

    def people_of(self, group: str) -> tuple[str, ...]:
        """Return the people whom a group names."""
        return tuple(one for one in self.groups.get(group, ()) if not _SLACK_GROUP.fullmatch(one))

    def slack_groups_of(self, group: str) -> tuple[str, ...]:
        """Return the Slack user groups whose members belong to a group."""
        return tuple(one for one in self.groups.get(group, ()) if _SLACK_GROUP.fullmatch(one))

    @model_validator(mode="after")
    def _nobody_is_called_like_the_bot(self) -> "PolicyDocument":
        if SYSTEM in self.people:
            raise MisfitError(f"no person may be called {SYSTEM!r}", "choose another name")
        return self
