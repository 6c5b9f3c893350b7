"""The team, hosts and runbooks of every simulation: small, and read once."""

from dataclasses import replace

from bot.adapters.files import read_texts
from bot.config import Known, read_policy
from bot.domain.policy import Autonomy, Policy
from bot.values import Host, HostName
from cards.texts import Texts

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

RESTART = """\
runbook: restart
title: A service is down
owner: payments
description: Restarts a service that is down.
matches: {alertname: ServiceDown}
parameters:
  host: {type: host, from: alert.labels.instance}
  service: {type: service, default: checkout}
triage:
  state:
    run: systemctl is-active {{ service }}
    ok-exit: [0, 3]
    facts:
      state: {regex: '^(\\S+)'}
decide:
  - when: state == 'failed'
    because: "{{ service }} on {{ host }} is down."
    then: restart
  - otherwise: resolve
    because: "{{ service }} on {{ host }} runs."
actions:
  restart:
    title: Restart {{ service }} on {{ host }}
    tier: reversible
    undo: {not-needed: it keeps no state}
    risk: {blast-radius: one host, users: none, data: none}
    only-if:
      - state == 'failed'
    steps:
      - run: sudo systemctl reset-failed {{ service }}
        timeout: 60s
      - run: sudo systemctl restart {{ service }}
        timeout: 60s
    verify:
      - name: it runs
        again: state
        expect: state == 'active'
    if-it-fails: escalate
after:
  - task: Find out why {{ service }} was down
    owner: payments
"""

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

CAUSE = """\
runbook: cause
title: It does not answer
owner: payments
description: Looks for the cause.
parameters:
  host: {type: host}
hypotheses:
  - name: deploy
    title: Somebody has just deployed
    likelihood: 60
    ask:
      question: Was checkout deployed in the last hour?
      options: ["Yes", "No"]
      found: ["Yes"]
    because: It was deployed.
    escalate: on-call
  - name: stopped
    title: The service is down
    likelihood: 40
    check:
      run: systemctl is-active checkout
      ok-exit: [0, 3]
      facts:
        state: {regex: '^(\\S+)'}
    found-when: state == 'failed'
    because: "checkout on {{ host }} is down."
    fix:
      runbook: restart
      with: {host: "{{ host }}"}
otherwise: escalate
"""

CATALOGUE = {
    "restart": RESTART,
    "fleet": FLEET,
    "patient": PATIENT,
    "mend": MEND,
    "undoable": UNDOABLE,
    "cause": CAUSE,
}


def _host(name: str) -> Host:
    return Host(
        name=HostName(name),
        address=f"{name}.example.org",
        service="checkout",
        groups=("web",) if name in WEB else (),
        host_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHtests",
        observe_user="observe",
        observe_key_file="observe.key",
        change_user="change",
        change_key_file="change.key",
        practice=name not in WEB,
    )


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
