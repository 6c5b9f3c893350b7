"""A team with a policy file: five people on several platforms, and an audience outside."""

from bot.config import Known, read_policy

_TEXT = """\
people:
  ann:  {name: Ann Lee, accounts: {console: [ann, ann-phone], slack: T1/U1, telegram: 42}}
  bob:  {name: Bob, accounts: {console: bob, slack: T1/U2}}
  cleo: {name: Cleo, accounts: {console: cleo}}
  dan:  {name: Dan, accounts: {console: dan}}
  eve:  {name: Eve, accounts: {console: eve}}
groups:
  reader: [eve]
  responder: [ann, dan]
  approver: [bob, cleo]
  communications: [cleo]
paging:
  default: on-call
  escalations:
    on-call: {group: responder, every: 5m}
    security: {group: responder, every: 5m}
    dba: {group: approver, every: 5m}
audiences:
  stakeholders: {channel: stakeholders, external: false, template: stakeholder}
  customers: {channel: announcements, external: true, template: customer-progress}
services:
  checkout: {owner: payments, processes: [payd]}
"""

TEAM = read_policy(
    _TEXT,
    "policy.yaml",
    Known(
        runbooks=frozenset({"disk-full"}),
        templates=frozenset({"stakeholder", "customer-progress"}),
        sources=frozenset({"alertmanager", "drill", "generic"}),
    ),
)
"""ann and dan respond, bob and cleo approve, cleo writes to customers, eve only reads."""
