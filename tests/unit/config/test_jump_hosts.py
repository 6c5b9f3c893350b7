"""A host that is reached through another one, named in the inventory."""

from bot.values import HostName
from tests.unit.config.test_policy_file import KEY, faults, team

INVENTORY = f"""
services: {{web: {{}}}}
ssh: {{observe: {{key-file: k}}, change: {{key-file: k}}}}
hosts:
  inner: {{address: inner, service: web, host-key: {KEY}, jump: middle}}
  middle: {{address: middle, service: web, host-key: {KEY}, jump: bastion}}
  bastion: {{address: bastion, service: web, host-key: {KEY}}}
"""


def test_each_host_knows_the_whole_way_to_it() -> None:
    hosts = team(INVENTORY).hosts
    inner = hosts[HostName("inner")]
    assert inner.jump == hosts[HostName("middle")]
    assert inner.jump is not None
    assert inner.jump.jump == hosts[HostName("bastion")]
    assert hosts[HostName("bastion")].jump is None


def test_a_jump_host_must_be_in_the_inventory() -> None:
    found = faults(INVENTORY.replace("jump: bastion", "jump: bastian"), beside="")
    (fault,) = found
    assert fault.endswith(": unknown host 'bastian' (did you mean 'bastion'?)")


def test_a_way_that_leads_back_to_its_start_is_a_fault() -> None:
    round_about = INVENTORY.replace("jump: bastion", "jump: inner")
    assert [fault.partition(": ")[2] for fault in faults(round_about, beside="")] == [
        "the way to the host 'inner' leads back to it (name a host that is nearer)",
        "the way to the host 'middle' leads back to it (name a host that is nearer)",
    ]
