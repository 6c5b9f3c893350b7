"""The team, hosts and runbooks of every simulation: small, and read once."""

from dataclasses import replace

from bot.adapters.files import read_texts
from bot.config import Known, read_policy
from bot.domain.policy import Autonomy, Policy
from bot.values import Host, HostName
from cards.texts import Texts
from tests.support import runs

PLATFORM = "slack"

WEB = ("web-1", "web-2", "web-3")

HOSTS = (*WEB, "practice")

ACCOUNTS = {name: f"T1/U{n}" for n, name in enumerate(("ann", "bob", "cleo", "dan", "eve"), 1)}
"""ann and dan respond, bob and cleo approve, bob may break the glass, eve only reads."""

_POLICY = """\
people:
  ann:  {name: Ann Lee, accounts: {slack: T1/U1}, webhook: "https://pager.example.org/ann"}
  bob:  {name: Bob, accounts: {slack: T1/U2}}
  cleo: {name: Cleo, accounts: {slack: T1/U3}}
  dan:  {name: Dan, accounts: {slack: T1/U4}}
  eve:  {name: Eve, accounts: {slack: T1/U5}}
groups:
  reader: [eve]
  responder: [ann, dan]
  approver: [bob, cleo]
  communications: [cleo, dan]
  admin: [dan]
  break-glass: [bob]
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
alerts:
  routes:
    - name: down
      matches: {alertname: ServiceDown}
      severity: SEV3
      runbook: restart
      group-by: [alertname, instance]
    - name: sick
      matches: {alertname: ServiceSick}
      severity: SEV3
      runbook: restart
      start: triage
      group-by: [alertname, instance]
    - name: told
      matches: {alertname: Curious}
      action: post
"""

RESTART = runs.RESTART.replace(
    "      - run: sudo systemctl restart",
    "      - run: sudo systemctl reset-failed {{ service }}\n        timeout: 60s\n"
    "      - run: sudo systemctl restart",
)
"""Two steps, so that something can come between them."""

_UNDO = "    undo:\n      - run: sudo systemctl stop {{ service }}\n        timeout: 60s\n"

FLEET = (
    RESTART.replace("runbook: restart", "runbook: fleet")
    .replace("matches: {alertname: ServiceDown}\n", "")
    .replace("  restart:\n    title", "  restart:\n    on: {group: web}\n    title")
    .replace("    undo: {not-needed: it keeps no state}\n", _UNDO)
    .replace("      - run: sudo systemctl reset-failed {{ service }}\n        timeout: 60s\n", "")
)
"""Three hosts at once, with an undo."""

PATIENT = (
    RESTART.replace("runbook: restart", "runbook: patient")
    .replace("matches: {alertname: ServiceDown}\n", "")
    .replace(
        "      - run: sudo systemctl restart",
        "      - wait: 30s\n      - run: sudo systemctl restart",
    )
)
"""Waits between its two steps."""

MEND = (
    RESTART.replace("runbook: restart", "runbook: mend")
    .replace("matches: {alertname: ServiceDown}\n", "")
    .replace("    undo: {not-needed: it keeps no state}\n", _UNDO)
)
"""One host with an undo: the autonomous policy lets it run without a person's yes."""

UNDOABLE = MEND.replace("runbook: mend", "runbook: undoable")
"""The same under another name, for stories in which a person decides."""

CAUSE = runs.UNAVAILABLE.replace("runbook: unavailable", "runbook: cause")
"""Asks a person, and proposes the fix."""

CATALOGUE = {
    "restart": RESTART,
    "fleet": FLEET,
    "patient": PATIENT,
    "mend": MEND,
    "undoable": UNDOABLE,
    "cause": CAUSE,
}


def _host(name: str) -> Host:
    host = runs.host(name)
    return host if name in WEB else replace(host, groups=(), practice=True)


POLICY: Policy = replace(
    read_policy(
        _POLICY,
        "policy.yaml",
        Known(
            runbooks=frozenset(CATALOGUE),
            templates=frozenset({"stakeholder", "customer-progress"}),
            sources=frozenset({"alertmanager", "drill", "generic"}),
        ),
    ),
    hosts={HostName(name): _host(name) for name in HOSTS},
    platforms=(PLATFORM,),
)

POLICIES = {"usual": POLICY, "autonomous": replace(POLICY, autonomy=Autonomy.REVERSIBLE)}
"""Policies by the name of the edit that puts them in force."""

TEXTS = Texts(read_texts(None))
