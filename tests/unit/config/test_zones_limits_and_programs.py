"""Where a host stands, and how much may be asked of it at a time."""

from bot.config.policy_file import default_policy
from bot.values import HostName
from tests.unit.config.test_policy_file import KEY, faults, team

INVENTORY = f"""
services: {{web: {{}}}}
ssh: {{observe: {{key-file: k}}, change: {{key-file: k}}}}
hosts:
  near: {{address: near, service: web, host-key: {KEY}, zone: eu, limits: {{commands: 2}}}}
  far: {{address: far, service: web, host-key: {KEY}}}
"""

RULE = """
approvals:
  rules:
    - name: abroad
      zones: [eu]
      quorum: [{groups: [approver], count: 1}]
"""


def test_a_host_has_its_zone_and_its_limit_and_else_none_and_eight() -> None:
    hosts = team(INVENTORY).hosts
    told = {name: (host.zone, host.commands_at_once) for name, host in hosts.items()}
    assert told == {HostName("near"): ("eu", 2), HostName("far"): ("", 8)}


def test_an_approval_rule_may_name_a_zone_of_the_inventory() -> None:
    (rule,) = [r for r in team(INVENTORY + RULE).approval_rules if r.name == "abroad"]
    assert rule.zones == ("eu",)


def test_a_zone_where_no_host_stands_is_a_fault() -> None:
    (fault,) = faults(INVENTORY + RULE.replace("[eu]", "[us]"), beside="")
    assert ": unknown zone 'us'" in fault


def test_a_host_that_may_do_nothing_at_all_is_a_fault() -> None:
    (fault,) = faults(INVENTORY.replace("commands: 2", "commands: 0"), beside="")
    assert fault == (
        "policy.yaml:5:160: commands: input should be greater than or equal to 1 (write 1 or more)"
    )


def test_programs_of_the_team_are_added_to_those_that_ship() -> None:
    added = team("runbooks: {more-triage-programs: [postqueue -j]}").triage_programs
    assert added == (*default_policy().triage_programs, "postqueue -j")
    replaced = team("runbooks: {triage-programs: [df], more-triage-programs: [du]}")
    assert replaced.triage_programs == ("df", "du")
