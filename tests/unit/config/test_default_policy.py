"""The embedded policy: what holds when nobody has written a file."""

from datetime import timedelta

from bot.config import default_policy, policy_schema
from bot.domain.policy import Group
from bot.values import PersonId, Severity, Tier

COMMANDER, APPROVER = PersonId("commander"), PersonId("approver")


def test_the_severities_are_those_of_the_specification() -> None:
    assert {
        severity.value: (r.respond_within, r.cadence, r.resolve_within, r.postmortem, r.pages)
        for severity, r in default_policy().severities.items()
    } == {
        "SEV1": (timedelta(0), timedelta(minutes=15), timedelta(hours=1), True, True),
        "SEV2": (timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=4), True, True),
        "SEV3": (timedelta(minutes=30), timedelta(hours=1), timedelta(hours=8), False, True),
        "SEV4": (timedelta(hours=2), timedelta(days=1), timedelta(days=1), False, False),
        "SEV5": (None, None, timedelta(days=7), False, False),
    }
    assert default_policy().default_severity is Severity.SEV3


def test_two_seats_make_four_eyes() -> None:
    policy = default_policy()
    assert {person.id: person.accounts for person in policy.people.values()} == {
        COMMANDER: (("console", "commander"),),
        APPROVER: (("console", "approver"),),
    }
    assert policy.groups[Group.APPROVER] == (APPROVER, COMMANDER)
    assert policy.open_door


def test_reversible_takes_one_approver_and_irreversible_two() -> None:
    counts = {
        tier: [
            q.count
            for rule in default_policy().approval_rules
            for q in rule.quorums
            if tier in rule.tiers
        ]
        for tier in (Tier.REVERSIBLE, Tier.IRREVERSIBLE)
    }
    assert counts == {Tier.REVERSIBLE: [1], Tier.IRREVERSIBLE: [2]}


def test_a_card_expires_in_four_hours_and_for_sev1_in_fifteen_minutes() -> None:
    policy = default_policy()
    assert policy.approval_expires_in == timedelta(hours=4)
    assert policy.approval_expires_in_sev1 == timedelta(minutes=15)


def test_without_an_acknowledgement_the_next_person_is_paged() -> None:
    policy = default_policy()
    on_call = policy.escalations[policy.default_escalation]
    assert (on_call.people, on_call.every) == ((COMMANDER, APPROVER), timedelta(minutes=5))
    assert policy.no_commander_after == timedelta(minutes=5)


def test_the_console_has_a_channel_for_announcements_and_one_for_stakeholders() -> None:
    policy = default_policy()
    assert policy.announcement_channel == "announcements"
    assert policy.audiences["stakeholders"].channel == "stakeholders"
    assert not policy.audiences["stakeholders"].external


def test_drill_alerts_meet_the_drill_route_before_any_other() -> None:
    first, *others = default_policy().routes
    assert (first.drill, dict(first.matches)) == (True, {"firewarden_drill": "true"})
    assert [route.drill for route in others] == [False]


def test_every_section_of_a_teams_file_is_optional_in_the_schema() -> None:
    schema = policy_schema()
    assert "required" not in schema
    assert schema["additionalProperties"] is False
