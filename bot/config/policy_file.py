"""The policy: the package's defaults and a team's file over them, checked and made a value."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from bot.config import document as doc
from bot.config.layers import gaps, layered
from bot.config.meaning import login_of, meaning_faults
from bot.config.references import Known, reference_faults
from bot.domain.policy import (
    ApprovalRule,
    Audience,
    Escalation,
    Policy,
    PolicyPerson,
    Quorum,
    Route,
    ServiceRules,
    SeverityRules,
)
from bot.errors import Fault, OperatorMistake
from bot.values import Host, HostName, Json, PersonId, Severity
from bot.yamltext import Node, faults_of, known_keys, read


def load_policy(path: Path | None, known: Known) -> Policy:
    """Return the policy of the file at `path`, or the embedded default.

    Raises OperatorMistake: the file cannot be read, or every fault in it.
    """
    if path is None:
        return default_policy()
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise OperatorMistake(
            [
                Fault(
                    file=str(path),
                    message=f"cannot be read: {reason}",
                    hint="name a file that its user may read in FIREWARDEN_POLICY",
                )
            ]
        ) from error
    except UnicodeDecodeError as error:
        fault = Fault(file=str(path), message="is not UTF-8 text", hint="save it as UTF-8")
        raise OperatorMistake([fault]) from error
    return read_policy(text, str(path), known)


def read_policy(text: str, file: str, known: Known) -> Policy:
    """Return the policy that `text` makes of the default; `file` is named in faults.

    Relative key files start at the folder of `file`. Raises OperatorMistake with every fault.
    """
    team = read(text, file)
    if team.value is None:
        team = Node(value={}, file=file, line=1, column=1)
    root = layered(_package(), team)
    absent = tuple(gaps(team))
    version = _version(_package_text(), text)
    return _policy(_checked(root, known, absent), version, Path(file).parent)


@cache
def default_policy() -> Policy:
    """Return the policy that holds without a file: two seats, an open door, no hosts of its own."""
    document = _checked(_package(), None, ())
    opened = document.model_copy(update={"open_door": True})
    return _policy(opened, _version(_package_text()), Path())


def policy_schema() -> Mapping[str, Json]:
    """Return the JSON Schema of a team's file: every section of the top is optional in it."""
    schema = doc.PolicyDocument.model_json_schema()
    merged = {kind.__name__: kind for kind in doc.Section.__subclasses__() if kind.merged}
    schema.pop("required", None)
    for name, part in schema.get("$defs", {}).items():
        if name in merged:
            part.pop("required", None)
    return {"$schema": _DIALECT, **schema, "title": "Firewarden policy"}


_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_FILE: Final = "default_policy.yaml"


@cache
def _package_text() -> str:
    return resources.files("bot.config").joinpath(_FILE).read_text("utf-8")


@cache
def _package() -> Node:
    return read(_package_text(), _FILE)


def _version(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]


def _checked(root: Node, known: Known | None, absent: tuple[Fault, ...]) -> doc.PolicyDocument:
    faults = set(absent)
    if not absent:
        faults.update(reference_faults(root, known))
    try:
        document = doc.PolicyDocument.model_validate(root.plain())
    except ValidationError as error:
        faults.update(faults_of(error, root, known_keys(doc.PolicyDocument), doc.FORMS))
        raise OperatorMistake(sorted(map(_of_the_team, faults))) from error
    # A name that is defined nowhere would be told again as a group that has nobody.
    if not faults:
        faults.update(meaning_faults(document, root))
    if faults:
        raise OperatorMistake(sorted(map(_of_the_team, faults)))
    return document


def _of_the_team(fault: Fault) -> Fault:
    """Say what a fault of the package's own policy has to do with the team's: it took a name away.

    Nobody can open that file, and nobody needs to.
    """
    if fault.file != _FILE or not fault.message.startswith("unknown "):
        return fault
    ours = "the policy inside the package asks for it: define it, or write this section yourself"
    return replace(fault, hint=f"{fault.hint}; {ours}")


def _policy(document: doc.PolicyDocument, version: str, folder: Path) -> Policy:
    approvals, paging, chat = document.approvals, document.paging, document.chat
    return Policy(
        version=version,
        severities={
            severity: _severity(rules) for severity, rules in document.severities.table().items()
        },
        default_severity=document.default_severity,
        people={PersonId(i): _person(i, person) for i, person in document.people.items()},
        groups={name: _people(document.people_of(name)) for name in document.groups},
        slack_groups={name: document.slack_groups_of(name) for name in document.groups},
        approval_rules=tuple(_rule(rule) for rule in approvals.rules),
        autonomy=approvals.autonomy,
        approval_expires_in=approvals.expires_in,
        approval_expires_in_sev1=approvals.expires_in_sev1,
        dangerous_words=frozenset(document.runbooks.dangerous_words),
        triage_programs=(
            *document.runbooks.triage_programs,
            *document.runbooks.more_triage_programs,
        ),
        triage_at_once=document.runbooks.triage_at_once,
        ambiguity=document.runbooks.ambiguity / 100,
        storm_after=document.alerts.storm_after,
        escalations={
            name: _escalation(escalation, document)
            for name, escalation in paging.escalations.items()
        },
        default_escalation=paging.default,
        no_commander_after=paging.no_commander_after,
        announcement_channel=chat.announcements,
        platforms=chat.platforms,
        link_by_email=chat.link_by_email,
        close_room_after=chat.close_rooms_after,
        audiences={name: _audience(name, a) for name, a in document.audiences.items()},
        hosts=_hosts(document, folder),
        services={name: _service(name, s) for name, s in document.services.items()},
        routes=tuple(_route(r, document.default_severity) for r in document.alerts.routes),
        flap_window=document.alerts.flap_window,
        open_door=document.open_door,
        answer_tokens=document.tokens.answer,
    )


def _people(names: tuple[str, ...]) -> tuple[PersonId, ...]:
    return tuple(PersonId(name) for name in names)


def _severity(rules: doc.SeveritySection) -> SeverityRules:
    return SeverityRules(
        definition=rules.definition,
        respond_within=rules.respond_within,
        cadence=rules.cadence,
        resolve_within=rules.resolve_within,
        postmortem=rules.postmortem,
        pages=rules.pages,
    )


def _person(ident: str, person: doc.PersonSection) -> PolicyPerson:
    accounts = {
        "slack": person.accounts.slack,
        "telegram": person.accounts.telegram,
        "console": person.accounts.console,
    }
    return PolicyPerson(
        id=PersonId(ident),
        name=person.name,
        accounts=tuple((platform, one) for platform, all_ in accounts.items() for one in all_),
        webhook=person.webhook or "",
        email=person.email or "",
    )


def _rule(rule: doc.RuleSection) -> ApprovalRule:
    return ApprovalRule(
        name=rule.name,
        tiers=rule.tiers or (),
        severities=rule.severities or (),
        services=rule.services or (),
        runbooks=rule.runbooks or (),
        zones=rule.zones or (),
        quorums=tuple(Quorum(groups=q.groups, count=q.count) for q in rule.quorum),
        expires_in=rule.expires_in,
        override=rule.override,
    )


def _escalation(escalation: doc.EscalationSection, document: doc.PolicyDocument) -> Escalation:
    return Escalation(
        group=escalation.group,
        people=_people(escalation.people or document.people_of(escalation.group)),
        every=escalation.every,
        webhook=escalation.webhook or "",
        whole_group=not escalation.people,
    )


def _audience(name: str, audience: doc.AudienceSection) -> Audience:
    return Audience(
        name=name,
        channel=audience.channel,
        external=audience.external,
        template=audience.template,
    )


def _hosts(document: doc.PolicyDocument, folder: Path) -> Mapping[HostName, Host]:
    """Return the inventory, each host with the way to it; no way leads back to itself by now."""
    bare = {name: _host(name, host, document.ssh, folder) for name, host in document.hosts.items()}

    def with_way(name: str) -> Host:
        jump = document.hosts[name].jump
        return replace(bare[name], jump=with_way(jump)) if jump else bare[name]

    return {HostName(name): with_way(name) for name in bare}


def _host(name: str, host: doc.HostSection, usual: doc.SshSection, folder: Path) -> Host:
    observe_user, observe_key = login_of(host.observe, usual.observe)
    change_user, change_key = login_of(host.change, usual.change)
    return Host(
        name=HostName(name),
        address=host.address,
        port=host.port,
        service=host.service,
        groups=host.groups,
        host_key=host.host_key,
        revoked_host_keys=host.revoked_host_keys,
        zone=host.zone or "",
        commands_at_once=host.limits.commands,
        observe_user=observe_user,
        observe_key_file=str(folder / observe_key),
        change_user=change_user,
        change_key_file=str(folder / change_key),
    )


def _service(name: str, service: doc.ServiceSection) -> ServiceRules:
    return ServiceRules(
        name=name,
        owner=service.owner or "",
        health_url=service.health_url or "",
        processes=service.processes,
    )


def _route(route: doc.RouteSection, default_severity: Severity) -> Route:
    return Route(
        name=route.name,
        source=route.source or "",
        matches=route.matches,
        action=route.action,
        severity=route.severity or default_severity,
        severity_from=route.severity_from,
        severity_map=route.severity_map,
        service_from=route.service_from,
        group_by=route.group_by,
        owner=route.owner or "",
        pages=route.pages or "",
        runbook=route.runbook or "",
        start=route.start,
        private=route.private,
        muted=tuple((window.from_, window.until) for window in route.muted),
        drill=route.drill,
    )
