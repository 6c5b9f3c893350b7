"""Rules that match combine to the strictest; loosening takes `override`; nobody means nobody."""

from dataclasses import replace

from bot.domain.events import QuorumRule, ResolvedRule
from bot.domain.policy import ApprovalRule, Group, Quorum
from bot.domain.rules import expires_in, quorum_met, resolve_rule, strictest
from bot.values import PersonId, Severity, Tier
from tests.unit.domain.policy import ANA, BEN, CLEO, DAN, MINUTE, POLICY

ONE_APPROVER = QuorumRule(groups=("approver",), count=1)
TWO_APPROVERS = QuorumRule(groups=("approver",), count=2)
ONE_DBA = QuorumRule(groups=("dba",), count=1)


def rule(*quorums: QuorumRule, excluded: tuple[PersonId, ...] = ()) -> ResolvedRule:
    return ResolvedRule(names=(), quorums=quorums, excluded=excluded)


def resolved(
    *rules: ApprovalRule,
    tier: Tier = Tier.REVERSIBLE,
    severity: Severity = Severity.SEV3,
    services: tuple[str, ...] = ("checkout",),
) -> ResolvedRule:
    return resolve_rule(
        replace(POLICY, approval_rules=rules or POLICY.approval_rules),
        tier=tier,
        severity=severity,
        services=services,
        runbook="disk-full",
        requester=ANA,
        practice=False,
    )


def voters(**groups: str) -> dict[PersonId, frozenset[str]]:
    return {PersonId(name): frozenset(text.split()) for name, text in groups.items()}


def test_a_reversible_change_takes_one_approver_who_did_not_ask_for_it() -> None:
    assert resolved() == ResolvedRule(
        names=("reversible",), quorums=(ONE_APPROVER,), excluded=(ANA,)
    )


def test_an_irreversible_change_takes_two() -> None:
    assert resolved(tier=Tier.IRREVERSIBLE).quorums == (TWO_APPROVERS,)


def test_rules_of_service_and_severity_add_to_the_tiers() -> None:
    both = resolved(services=("checkout", "database"), severity=Severity.SEV1)
    assert both.names == ("reversible", "database", "worst")
    assert both.quorums == (TWO_APPROVERS, ONE_DBA)


def test_no_matching_rule_means_that_nobody_may_approve() -> None:
    nobody = resolved(tier=Tier.BEYOND)
    assert nobody.quorums == ()
    assert not quorum_met(nobody, voters(ben="approver", cleo="approver"))


def test_an_override_stands_alone_and_the_last_one_wins() -> None:
    usual = POLICY.approval_rules
    loose = ApprovalRule(
        name="loose", quorums=(Quorum(groups=(Group.RESPONDER,), count=1),), override=True
    )
    looser = replace(loose, name="looser")
    assert resolved(*usual, loose, looser, severity=Severity.SEV1).names == ("looser",)


def test_a_rule_without_quorum_means_nobody_whatever_the_others_say() -> None:
    closed = ApprovalRule(name="closed", services=("checkout",), quorums=())
    nobody = resolved(*POLICY.approval_rules, closed)
    assert not quorum_met(nobody, voters(ben="approver", cleo="approver dba"))


def test_an_empty_group_list_means_nobody() -> None:
    empty = ApprovalRule(name="empty", quorums=(Quorum(groups=(), count=1),))
    assert not quorum_met(resolved(empty), voters(ben="approver"))


def test_the_strictest_does_not_depend_on_the_order() -> None:
    first, second = rule(ONE_APPROVER, ONE_DBA), rule(ONE_DBA, TWO_APPROVERS, excluded=(ANA, BEN))
    one, other = strictest(first, second), strictest(second, first)
    assert (one.quorums, one.excluded) == (other.quorums, other.excluded)
    assert one.quorums == (TWO_APPROVERS, ONE_DBA)


def test_practice_holds_only_where_both_are_for_practice() -> None:
    practice = replace(rule(ONE_APPROVER), practice=True)
    assert strictest(practice, practice).practice
    assert not strictest(practice, rule(ONE_APPROVER)).practice


def test_n_of_m_takes_n_different_people() -> None:
    two = rule(TWO_APPROVERS)
    assert not quorum_met(two, voters(ben="approver"))
    assert quorum_met(two, voters(ben="approver", cleo="approver"))


def test_one_of_a_and_one_of_b_is_never_one_person_in_both() -> None:
    both = rule(ONE_APPROVER, ONE_DBA)
    assert not quorum_met(both, voters(cleo="approver dba"))
    assert quorum_met(both, voters(cleo="approver dba", ben="approver"))
    assert quorum_met(both, voters(cleo="approver dba", dan="dba"))
    assert not quorum_met(both, voters(ben="approver", eve="approver"))


def test_people_are_seated_so_that_as_many_quorums_as_possible_are_met() -> None:
    three = rule(TWO_APPROVERS, ONE_DBA)
    assert quorum_met(three, voters(cleo="approver dba", ben="approver", dan="dba"))
    assert quorum_met(three, voters(dan="dba", cleo="approver dba", ben="approver"))
    assert not quorum_met(three, voters(cleo="approver dba", dan="approver dba"))


def test_an_excluded_person_counts_for_nothing() -> None:
    one = rule(ONE_APPROVER, excluded=(BEN,))
    assert not quorum_met(one, voters(ben="approver"))
    assert quorum_met(one, voters(ben="approver", cleo="approver"))


def test_the_shortest_expiry_that_any_source_names_holds() -> None:
    assert expires_in(POLICY, resolved(), Severity.SEV3) == 240 * MINUTE
    assert expires_in(POLICY, resolved(), Severity.SEV1) == 15 * MINUTE
    worst = resolved(severity=Severity.SEV1)
    assert expires_in(POLICY, worst, Severity.SEV1) == 5 * MINUTE


def test_who_asks_for_nothing_excludes_nobody() -> None:
    automatic = resolve_rule(
        POLICY,
        tier=Tier.REVERSIBLE,
        severity=Severity.SEV3,
        services=(),
        runbook="x",
        requester=None,
        practice=True,
    )
    assert (automatic.excluded, automatic.practice) == ((), True)
    assert {CLEO, DAN}.isdisjoint(automatic.excluded)


def test_a_rule_of_a_zone_holds_where_one_of_the_hosts_stands_in_it() -> None:
    abroad = ApprovalRule(
        name="abroad", zones=("eu",), quorums=(Quorum(groups=("approver",), count=2),)
    )
    policy = replace(POLICY, approval_rules=(*POLICY.approval_rules, abroad))

    def names(*zones: str) -> tuple[str, ...]:
        return resolve_rule(
            policy,
            tier=Tier.REVERSIBLE,
            severity=Severity.SEV3,
            services=("checkout",),
            runbook="disk-full",
            requester=ANA,
            practice=False,
            zones=zones,
        ).names

    assert names("us", "eu") == ("reversible", "abroad")
    assert names("us") == ("reversible",)
    assert names() == ("reversible",)
