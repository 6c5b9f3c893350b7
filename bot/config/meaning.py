"""What a well-shaped policy may still get wrong: rules that nobody can meet, missing keys."""

from collections.abc import Iterator

from bot.config.document import (
    HostSection,
    LoginSection,
    PolicyDocument,
    RouteSection,
    RuleSection,
    SshSection,
)
from bot.domain.policy import Group
from bot.errors import Fault
from bot.yamltext import Node


def meaning_faults(policy: PolicyDocument, root: Node) -> Iterator[Fault]:
    """Yield every fault that takes two places of the file to see; `root` knows the places."""
    yield from _rule_faults(policy, root)
    yield from _escalation_faults(policy, root)
    yield from _audience_faults(policy, root)
    yield from _host_faults(policy, root)
    yield from _route_faults(policy, root)
    yield from _account_faults(policy, root)
    yield from _slack_group_faults(policy, root)


def login_of(own: LoginSection, usual: LoginSection) -> tuple[str, str]:
    """Return user and key file of a login, "" where neither place names one."""
    return own.user or usual.user or "", own.key_file or usual.key_file or ""


def _rule_faults(policy: PolicyDocument, root: Node) -> Iterator[Fault]:
    rules = policy.approvals.rules
    for index, rule in enumerate(rules):
        node = root.at(("approvals", "rules", index))
        if not any(other.override and _covers(other, rule) for other in rules if other != rule):
            yield from _quorum_faults(policy, rule, node)
        # A team that is stricter than the package has made no mistake.
        stricter = _stricter(rule, rules) if node.file == root.file else None
        if stricter:
            yield node.fault(
                f"the rule {rule.name!r} demands less than {stricter.name!r}, which holds too",
                "rules combine to the strictest; to loosen on purpose write override: true",
            )


def _quorum_faults(policy: PolicyDocument, rule: RuleSection, node: Node) -> Iterator[Fault]:
    for index, quorum in enumerate(rule.quorum):
        if any(policy.slack_groups_of(group) for group in quorum.groups):
            continue  # who is in it now only Slack knows
        able = {person for group in quorum.groups for person in policy.people_of(group)}
        if len(able) < quorum.count:
            names = " or ".join(quorum.groups)
            yield node.at(("quorum", index)).fault(
                f"the rule {rule.name!r} asks for {quorum.count} of {names}, "
                f"which has {len(able)}: it could never be met",
                "add people to the group, or write a rule of your own with override: true",
            )


def _stricter(rule: RuleSection, rules: tuple[RuleSection, ...]) -> RuleSection | None:
    """Return a rule that holds wherever `rule` does and asks for more people."""
    if rule.override:
        return None
    return next(
        (
            other
            for other in rules
            if other != rule
            and not other.override
            and _covers(other, rule)
            and _seats(other) > _seats(rule)
        ),
        None,
    )


def _covers(wide: RuleSection, narrow: RuleSection) -> bool:
    """Whether `wide` matches everything that `narrow` matches."""
    pairs = (
        (wide.tiers, narrow.tiers),
        (wide.severities, narrow.severities),
        (wide.services, narrow.services),
        (wide.runbooks, narrow.runbooks),
    )
    return all(w is None or (n is not None and set(n) <= set(w)) for w, n in pairs)


def _seats(rule: RuleSection) -> int:
    return sum(quorum.count for quorum in rule.quorum)


def _escalation_faults(policy: PolicyDocument, root: Node) -> Iterator[Fault]:
    for name, escalation in policy.paging.escalations.items():
        if not (escalation.people or policy.people_of(escalation.group)):
            by_slack = policy.slack_groups_of(escalation.group)
            yield root.at(("paging", "escalations", name)).key_fault(
                f"the escalation {name!r} resolves to nobody",
                f"the group {escalation.group!r} has nobody by name, and a user group may be empty "
                "or unknown when somebody must be woken: name a person too"
                if by_slack
                else f"put people into the group {escalation.group!r}, or write `people:` here",
            )


def _audience_faults(policy: PolicyDocument, root: Node) -> Iterator[Fault]:
    group = Group.COMMUNICATIONS
    writers = policy.people_of(group) or policy.slack_groups_of(group)
    for name, audience in policy.audiences.items():
        if audience.external and not writers:
            yield root.at(("audiences", name)).key_fault(
                f"nobody could approve a notice for {name!r}",
                f"put people into the group {Group.COMMUNICATIONS.value!r}",
            )


def _host_faults(policy: PolicyDocument, root: Node) -> Iterator[Fault]:
    for name, host in policy.hosts.items():
        if _leads_back(policy, name):
            yield root.at(("hosts", name, "jump")).fault(
                f"the way to the host {name!r} leads back to it", "name a host that is nearer"
            )
        yield from _login_faults(name, host, policy.ssh, root.at(("hosts", name)))


def _slack_group_faults(policy: PolicyDocument, root: Node) -> Iterator[Fault]:
    """Yield where a user group stands that nobody asks Slack about."""
    for group in policy.groups:
        if policy.slack_groups_of(group) and "slack" not in policy.chat.platforms:
            yield root.at(("groups", group)).key_fault(
                f"the group {group!r} has members of Slack, which is not among chat.platforms",
                "add slack to chat.platforms, or name people",
            )


def _leads_back(policy: PolicyDocument, name: str) -> bool:
    passed: set[str] = set()
    here: str | None = name
    while here is not None and here in policy.hosts:
        if here in passed:
            return True
        passed.add(here)
        here = policy.hosts[here].jump
    return False


def _login_faults(name: str, host: HostSection, usual: SshSection, node: Node) -> Iterator[Fault]:
    observe, change = login_of(host.observe, usual.observe), login_of(host.change, usual.change)
    for login, (user, key_file) in (("observe", observe), ("change", change)):
        if not user:
            yield node.key_fault(
                f"the host {name!r} has no user for its {login} login",
                f"write {login}: {{user: ...}} here, or under ssh for all hosts",
            )
        if not key_file:
            yield node.key_fault(
                f"the host {name!r} has no key file for its {login} login",
                f"write {login}: {{key-file: ...}} here, or under ssh for all hosts",
            )
    if observe[0] and observe[0] == change[0]:
        yield node.key_fault(
            f"the host {name!r} has one user for both logins",
            "observe may change nothing, so it takes an account of its own",
        )


def _route_faults(policy: PolicyDocument, root: Node) -> Iterator[Fault]:
    routes = policy.alerts.routes
    for index, route in enumerate(routes):
        before = next((other for other in routes[:index] if _catches(other, route)), None)
        if before:
            yield root.at(("alerts", "routes", index)).fault(
                f"the route {route.name!r} is never reached: {before.name!r} takes its alerts",
                "the first match wins: move the narrower route up",
            )


def _catches(first: RouteSection, later: RouteSection) -> bool:
    return (first.source is None or first.source == later.source) and (
        first.matches.items() <= later.matches.items()
    )


def _account_faults(policy: PolicyDocument, root: Node) -> Iterator[Fault]:
    for name, person in policy.people.items():
        for account in person.accounts.slack:
            team, slash, user = account.partition("/")
            if not (team and slash and user):
                yield root.at(("people", name, "accounts", "slack")).fault(
                    f"{account!r} names no workspace: a user id alone is not unique",
                    "write <team id>/<user id>, as T0123/U0456",
                )
        for account in person.accounts.telegram:
            if not (account.isascii() and account.isdigit()):
                yield root.at(("people", name, "accounts", "telegram")).fault(
                    f"{account!r} is not a Telegram user id",
                    "write the number: a user name may change hands",
                )
