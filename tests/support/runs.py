"""A team with three hosts in memory, and the few moves that every test of a run makes."""

from collections.abc import Mapping
from dataclasses import replace

from bot.domain.approval import Asked
from bot.domain.events import CardKind
from bot.domain.policy import Policy
from bot.domain.run import Run
from bot.requests import Reply
from bot.values import ConversationRef, Host, HostName
from tests.support.fleet import Answer, MemoryHosts
from tests.support.team import TEAM
from tests.support.world import World


def host(name: str) -> Host:
    return Host(
        name=HostName(name),
        address=f"{name}.example.org",
        service="checkout",
        groups=("web",),
        host_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHtests",
        observe_user="observe",
        observe_key_file="observe.key",
        change_user="change",
        change_key_file="change.key",
    )


POLICY: Policy = replace(TEAM, hosts={h.name: h for h in map(host, ("web-1", "web-2", "web-3"))})


class Service:
    """A program for `MemoryHosts`: one service per host that is down until it is restarted."""

    def __init__(self, *, down: tuple[str, ...] = ("web-1", "web-2", "web-3")) -> None:
        self.down = set(down)
        self.stuck: set[str] = set()
        """Hosts where a restart does not help."""
        self.refuses: set[str] = set()
        """Hosts where the restart itself fails."""

    def __call__(self, host: str, argv: tuple[str, ...]) -> Answer:
        match argv:
            case ("systemctl", "is-active", _):
                return (3, "failed\n") if host in self.down else "active\n"
            case ("sudo", "systemctl", "restart", _):
                if host in self.refuses:
                    return (1, "Job failed.\n")
                self.down -= {host} - self.stuck
                return 0
            case ("sudo", "systemctl", "stop", _):
                self.down.add(host)
                return 0
            case _:
                return 0


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

UNAVAILABLE = """\
runbook: unavailable
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
"""A playbook: it asks a person, then looks, and the runbook `restart` is the fix."""


def world(
    hosts: MemoryHosts,
    documents: Mapping[str, str] | None = None,
    policy: Policy = POLICY,
) -> World:
    """Return a world of the team with these hosts and runbooks."""
    return World(policy=policy, documents=documents or {"restart": RESTART}, executor=hosts)


async def declared(on: World, title: str = "checkout is down") -> ConversationRef:
    """Open an incident; returns its room."""
    await on.say("ann", f"/incident declare sev3 {title}")
    return await on.room()


async def started(on: World, line: str, at: ConversationRef | None = None) -> Run:
    """Type a line that starts a run, in a new incident where no room is given."""
    at = at or await declared(on)
    reply = await on.say("ann", line, at=at)
    assert "has started" in reply.text, reply.text
    await on.settled()
    return await newest(on)


async def newest(on: World, number: str = "") -> Run:
    """Return the newest run of an incident as it stands."""
    return list((await on.incident(number)).runs.values())[-1]


async def asked(on: World, kind: CardKind = CardKind.CHANGE, number: str = "") -> Asked:
    """Return the newest open card of a kind."""
    return [a for a in (await on.incident(number)).open_cards if a.card.kind is kind][-1]


async def answered(
    on: World,
    who: str,
    option: str,
    kind: CardKind = CardKind.CHANGE,
    number: str = "",
) -> Reply:
    """Press an option of the newest open card of a kind, and let follow what follows."""
    reply = await on.press(who, (await asked(on, kind, number)).card.card, option)
    await on.settled()
    return reply
