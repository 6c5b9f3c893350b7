"""Which approval rule holds for a change: every match of the policy, combined to the strictest."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from bot.domain.events import QuorumRule, ResolvedRule
from bot.domain.policy import ApprovalRule, Policy
from bot.values import PersonId, Severity, Tier


def resolve_rule(
    policy: Policy,
    *,
    tier: Tier,
    severity: Severity,
    services: tuple[str, ...],
    runbook: str,
    requester: PersonId | None,
    practice: bool,
    zones: tuple[str, ...] = (),
) -> ResolvedRule:
    """Combine every rule that matches to the strictest.

    `services` and `zones` come from the targets' inventory entries, never from what the requester
    wrote. No match at all means that nobody may approve. A rule with `override` stands alone: the
    last such.
    """
    matching = [
        rule
        for rule in policy.approval_rules
        if _matches(rule, tier=tier, severity=severity, services=services, runbook=runbook)
        and (not rule.zones or any(zone in rule.zones for zone in zones))
    ]
    overriding = [rule for rule in matching if rule.override]
    if overriding:
        matching = overriding[-1:]
    return ResolvedRule(
        names=tuple(rule.name for rule in matching),
        quorums=_combined(quorum for rule in matching for quorum in _quorums(rule)),
        excluded=() if requester is None else (requester,),
        practice=practice,
    )


def strictest(first: ResolvedRule, second: ResolvedRule) -> ResolvedRule:
    """Return the rule that is met only where both are met."""
    return ResolvedRule(
        names=tuple(dict.fromkeys(first.names + second.names)),
        quorums=_combined((*first.quorums, *second.quorums)),
        excluded=tuple(sorted({*first.excluded, *second.excluded})),
        practice=first.practice and second.practice,
    )


def expires_in(policy: Policy, rule: ResolvedRule, severity: Severity) -> timedelta:
    """Return how long a card of this rule stays open: the shortest that any source names."""
    named = [
        r.expires_in
        for r in policy.approval_rules
        if r.name in rule.names and r.expires_in is not None
    ]
    return min([usual_expiry(policy, severity), *named])


REMINDED_AT = 0.75
"""A card reminds its answerers when three quarters of its time are over."""


def usual_expiry(policy: Policy, severity: Severity) -> timedelta:
    """Return how long a card stays open where no rule says otherwise."""
    if severity is Severity.SEV1:
        return policy.approval_expires_in_sev1
    return policy.approval_expires_in


def people_for(policy: Policy, rule: ResolvedRule) -> tuple[PersonId, ...]:
    """Return who may say yes under a rule, in the order of the policy's groups."""
    groups = [group for quorum in rule.quorums for group in quorum.groups]
    people = dict.fromkeys(p for group in groups for p in policy.groups.get(group, ()))
    return tuple(person for person in people if person not in rule.excluded)


def quorum_met(rule: ResolvedRule, voters: Mapping[PersonId, frozenset[str]]) -> bool:
    """Whether the voters meet every quorum with different people.

    One person in both A and B counts for one of them, so "one of A and one of B" always takes
    two people. No quorum at all is never met: an empty list means nobody.
    """
    seats = [frozenset(q.groups) for q in rule.quorums for _ in range(q.count)]
    able = {person: groups for person, groups in voters.items() if person not in rule.excluded}
    return bool(seats) and _seated(seats, able)


def entitled(rule: ResolvedRule, groups: frozenset[str]) -> bool:
    """Whether somebody in these groups counts for any of the rule's quorums."""
    return any(groups & frozenset(q.groups) for q in rule.quorums)


def _matches(
    rule: ApprovalRule, *, tier: Tier, severity: Severity, services: tuple[str, ...], runbook: str
) -> bool:
    return (
        (not rule.tiers or tier in rule.tiers)
        and (not rule.severities or severity in rule.severities)
        and (not rule.services or any(service in rule.services for service in services))
        and (not rule.runbooks or runbook in rule.runbooks)
    )


def _quorums(rule: ApprovalRule) -> tuple[QuorumRule, ...]:
    """Return what a rule asks for; a rule that names nobody asks for somebody who cannot exist."""
    named = tuple(QuorumRule(groups=q.groups, count=q.count) for q in rule.quorums)
    return named or (QuorumRule(groups=(), count=1),)


def _combined(quorums: Iterable[QuorumRule]) -> tuple[QuorumRule, ...]:
    """Ask each set of groups for the most that anybody asks; sorted, so that order is no change."""
    most: dict[tuple[str, ...], int] = {}
    for quorum in quorums:
        groups = tuple(sorted(quorum.groups))
        most[groups] = max(most.get(groups, 0), quorum.count)
    return tuple(QuorumRule(groups=groups, count=count) for groups, count in sorted(most.items()))


def _seated(seats: list[frozenset[str]], able: Mapping[PersonId, frozenset[str]]) -> bool:
    """Match people to seats (Kuhn's augmenting paths; both sides are a handful)."""
    taken: dict[int, PersonId] = {}

    def seat(person: PersonId, tried: set[int]) -> bool:
        for index, groups in enumerate(seats):
            if index in tried or not groups & able[person]:
                continue
            tried.add(index)
            if index not in taken or seat(taken[index], tried):
                taken[index] = person
                return True
        return False

    for person in able:
        seat(person, set())
    return len(taken) == len(seats)
