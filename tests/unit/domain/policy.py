"""The policy that tests of the core decide under: few people, every kind of rule once."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from bot.domain.policy import (
    ApprovalRule,
    Audience,
    Escalation,
    Group,
    Policy,
    PolicyPerson,
    Quorum,
    Route,
    ServiceRules,
    SeverityRules,
)
from bot.values import Host, HostName, PersonId, Severity, Tier

ANA, BEN, CLEO, DAN, EVE = (PersonId(name) for name in ("ana", "ben", "cleo", "dan", "eve"))

GROUPS: Mapping[str, tuple[PersonId, ...]] = MappingProxyType(
    {
        Group.READER: (EVE,),
        Group.RESPONDER: (ANA, BEN, CLEO, DAN),
        Group.APPROVER: (BEN, CLEO),
        Group.COMMUNICATIONS: (CLEO, DAN),
        Group.ADMIN: (DAN,),
        Group.BREAK_GLASS: (),
        "dba": (DAN, CLEO),
    }
)
"""ana responds; ben and cleo approve; dan is admin and dba, and no approver; eve only reads."""

PEOPLE: Mapping[PersonId, PolicyPerson] = MappingProxyType(
    {
        person: PolicyPerson(id=person, name=person.capitalize(), accounts=(("console", person),))
        for person in (ANA, BEN, CLEO, DAN, EVE)
    }
)

MINUTE = timedelta(minutes=1)


def rules_of(cadence: timedelta | None, *, postmortem: bool, pages: bool) -> SeverityRules:
    return SeverityRules(
        definition="as the team says",
        respond_within=None,
        cadence=cadence,
        resolve_within=timedelta(hours=8),
        postmortem=postmortem,
        pages=pages,
    )


SEVERITIES: Mapping[Severity, SeverityRules] = MappingProxyType(
    {
        Severity.SEV1: rules_of(15 * MINUTE, postmortem=True, pages=True),
        Severity.SEV2: rules_of(30 * MINUTE, postmortem=True, pages=True),
        Severity.SEV3: rules_of(60 * MINUTE, postmortem=False, pages=True),
        Severity.SEV4: rules_of(timedelta(days=1), postmortem=False, pages=False),
        Severity.SEV5: rules_of(None, postmortem=False, pages=False),
    }
)


def host(name: str, *, practice: bool = False, service: str = "checkout") -> Host:
    return Host(
        name=HostName(name),
        address="192.0.2.7",
        service=service,
        groups=("web",),
        host_key=f"ssh-ed25519 AAAA-{name}",
        observe_user="fw-observe",
        observe_key_file="keys/observe",
        change_user="fw-change",
        change_key_file="keys/change",
        practice=practice,
    )


HOSTS: Mapping[HostName, Host] = MappingProxyType(
    {
        HostName("web-1"): host("web-1"),
        HostName("web-2"): host("web-2"),
        HostName("db-1"): host("db-1", service="database"),
        HostName("practice-1"): host("practice-1", practice=True, service="practice"),
    }
)

APPROVAL_RULES: tuple[ApprovalRule, ...] = (
    ApprovalRule(
        name="reversible",
        tiers=(Tier.REVERSIBLE,),
        quorums=(Quorum(groups=(Group.APPROVER,), count=1),),
    ),
    ApprovalRule(
        name="irreversible",
        tiers=(Tier.IRREVERSIBLE,),
        quorums=(Quorum(groups=(Group.APPROVER,), count=2),),
    ),
    ApprovalRule(
        name="database",
        services=("database",),
        quorums=(Quorum(groups=("dba",), count=1),),
    ),
    ApprovalRule(
        name="worst",
        severities=(Severity.SEV1,),
        quorums=(Quorum(groups=(Group.APPROVER,), count=2),),
        expires_in=5 * MINUTE,
    ),
)

POLICY = Policy(
    version="p1",
    severities=SEVERITIES,
    default_severity=Severity.SEV3,
    people=PEOPLE,
    groups=GROUPS,
    approval_rules=APPROVAL_RULES,
    approval_expires_in=timedelta(hours=4),
    approval_expires_in_sev1=15 * MINUTE,
    dangerous_words=frozenset({"rm", "dd"}),
    triage_programs=("df", "du", "journalctl"),
    escalations={
        "on-call": Escalation(group="on-call", people=(ANA, BEN), every=5 * MINUTE),
        "security": Escalation(group="security", people=(DAN,), every=2 * MINUTE),
        "nobody": Escalation(group="nobody", people=(), every=5 * MINUTE),
    },
    default_escalation="on-call",
    no_commander_after=5 * MINUTE,
    announcement_channel="announcements",
    audiences={
        "stakeholders": Audience(
            name="stakeholders", channel="stakeholders", external=False, template="report"
        ),
        "customers": Audience(
            name="customers", channel="status-page", external=True, template="customer"
        ),
    },
    hosts=HOSTS,
    services={
        "checkout": ServiceRules(name="checkout", owner="shop", processes=("checkout",)),
        "database": ServiceRules(name="database", owner="data"),
    },
    routes=(
        Route(name="drill", drill=True, matches={"firewarden_drill": "true"}),
        Route(name="hidden", private=True, matches={"team": "security"}, pages="security"),
        Route(name="rest"),
    ),
    flap_window=5 * MINUTE,
    close_room_after=timedelta(hours=24),
    triage_at_once=3,
)
