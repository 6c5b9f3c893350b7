"""What every world starts from: a team, its hosts, its runbooks, and seats with tokens."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.app.base import opened
from bot.config import load_settings
from bot.domain.policy import Group
from bot.usecases.seats import TokenKind
from bot.values import PersonId
from tests.crash.chat import ChatKind
from tests.support.sshd import fresh_key

PEOPLE = ("ann", "bob", "cid", "dan")
"""ann and dan respond and ask; all four may approve, nobody what they asked for."""

RECEIPTED = ("web-1", "web-2", "db-1", "db-2")
"""Hosts that keep receipts; the two databases are the group `pair`."""

BARE = "bare-1"
"""A host that keeps none: what became of an interrupted change, only a human can say."""

_CLOSED_AFTER = "60s"
"""When rooms are closed in a chat: later than what is to be said in them."""

USER_GROUP = "T1/S1"
"""A user group of the Slack workspace, whose people may read."""

SECRET = "a-webhook-secret-of-the-crash-harness"
ALERT_TOKEN = "an-alert-token-of-the-crash-harness"

_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJrpPCSvrUd7AA3IQBrDMZ9dkHzl3T3Nf2FHRl8WGdcj"

_HEAD = """\
runbook: NAME
title: Mend a host
owner: crash
description: LONG
parameters:
  host: {type: host, from: alert.labels.host}
  ticket: {type: text, pattern: '[a-z]+[0-9]+', from: alert.labels.ticket}
triage:
  state:
    run: cat {{ ticket }}
    facts:
      applied: {regex: 'applied=(\\d+)', type: integer}
decide:
  - when: applied >= 2
    because: "{{ applied }} steps were applied already"
    resolve: true
  - otherwise: {then: mend}
    because: "{{ applied }} steps were applied"
actions:
  mend:
    title: Mend {{ ticket }} on {{ host }}
    risk: {blast-radius: one host, users: none, data: DATA}
    only-if: [applied < 2]
    if-it-fails: escalate
"""

_LONG = "It is looked at, then mended in two steps, and looked at again. " * 24
"""More than 1 KiB, so that the text of a run is kept apart from its event."""

_MEND = """\
    tier: reversible
    undo: {not-needed: it is a rehearsal}
    steps:
      - {run: "apply {{ ticket }} one", timeout: 30s}
      - {run: "apply {{ ticket }} two", timeout: 30s}
    verify:
      - {name: both were applied, again: state, expect: applied == 2}
"""

_PAIR = """\
    tier: irreversible
    on: {group: pair}
    checkpoint:
      - {run: "apply {{ ticket }} checkpoint", timeout: 30s}
    steps:
      - {run: "apply {{ ticket }} one", timeout: 30s}
      - {check: "cat {{ ticket }}"}
    verify:
      - {name: healthy, http: "{{ service.health-url }}", expect: status == 200}
"""

_UNDO = """\
    tier: reversible
    undo:
      - {run: "apply {{ ticket }} undo", timeout: 30s}
    steps:
      - {run: "apply {{ ticket }} one", timeout: 30s}
      - {wait-for: "cat {{ ticket }}", at-most: 1m, every: 1s}
      - {wait: 1s}
    verify:
      - {name: never true, again: state, expect: applied == 99}
"""

_PLAY = """\
runbook: play
title: Find out what is wrong
owner: crash
parameters:
  host: {type: host}
  ticket: {type: text, pattern: '[a-z]+[0-9]+'}
hypotheses:
  - name: nothing-applied
    title: Nothing was applied
    likelihood: 90
    check:
      run: cat {{ ticket }}
      facts:
        applied: {regex: 'applied=(\\d+)', type: integer}
    found-when: applied == 0
    because: "{{ applied }} steps were applied"
    fix: {runbook: mend, with: {host: "{{ host }}", ticket: "{{ ticket }}"}}
"""


def runbooks(data: str = "none") -> Mapping[str, str]:
    """Return the runbooks by file name; another word for `data` makes every digest another."""
    actions = {"mend": _MEND, "pair": _PAIR, "undo": _UNDO}
    service = "  service: {type: service, default: data}\ntriage:"
    heads = dict.fromkeys(actions, _HEAD) | {"pair": _HEAD.replace("triage:", service)}
    made = {
        f"{name}.yaml": heads[name]
        .replace("NAME", name)
        .replace("DATA", data)
        .replace("LONG", _LONG)
        + action
        for name, action in actions.items()
    }
    return {**made, "play.yaml": _PLAY}


def policy(
    outside: str,
    hosts: Mapping[str, str] | None = None,
    chat: str = "",
    accounts: Mapping[str, str] | None = None,
) -> str:
    """Return the team's policy; `outside` is the address where pages and health checks go.

    `hosts` are further entries of the inventory, by name; `chat` is the platform beside the
    console ("" = none), `accounts` are those of the people there.
    """
    linked = {name: f", {chat}: {account}" for name, account in (accounts or {}).items()}
    people = "".join(
        f"  {name}: {{name: {name.title()}, accounts: {{console: {name}{linked.get(name, '')}}},"
        f' webhook: "{outside}/page/{name}"}}\n'
        for name in PEOPLE
    )
    known = dict.fromkeys((*RECEIPTED, BARE), f'address: 127.0.0.1, host-key: "{_KEY}"')
    inventory = "".join(
        f"  {name}: {{{words}, {_place_of(name)}}}\n"
        for name, words in {**known, **(hosts or {})}.items()
    )
    named = {service_of(name) for name in (*known, *(hosts or {}))}
    services = "".join(
        f'  {name}: {{owner: crash, health-url: "{outside}/health"}}\n' for name in sorted(named)
    )
    everybody = ", ".join(PEOPLE)
    platforms = f"console, {chat}" if chat else "console"
    readers = f"{everybody}, {{slack-group: {USER_GROUP}}}" if chat == ChatKind.SLACK else everybody
    return f"""\
chat: {{platforms: [{platforms}], close-rooms-after: {_CLOSED_AFTER if chat else "100ms"}}}
people:
{people}groups:
  reader: [{readers}]
  responder: [ann, dan]
  approver: [{everybody}]
services:
{services}ssh:
  observe: {{key-file: keys/observe}}
  change: {{key-file: keys/change}}
hosts:
{inventory}alerts:
  storm-after: 1000
  routes:
    - {{name: mending, matches: {{service: web}}, group-by: [alertname], severity: SEV3,
       runbook: mend, start: triage}}
    - {{name: the-rest, severity: SEV3}}
tokens:
  answer: [{everybody}]
"""


def service_of(host: str) -> str:
    """Return the service of a host: runs on different hosts are not to wait for each other."""
    return "data" if host.startswith("db-") else f"on-{host}"


def _place_of(host: str) -> str:
    group = ", groups: [pair]" if host.startswith("db-") else ""
    return f"service: {service_of(host)}{group}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One world's files: the settings that its lives read, and the tokens of its people."""

    folder: Path
    env: Path
    tokens: Mapping[str, str]

    @property
    def journal(self) -> Path:
        """The journal of every life here."""
        return self.folder / "data" / "journal.sqlite3"


def write_runbooks(folder: Path, data: str) -> None:
    """Write a world's runbooks as they are when `data` is what their authors say of the data."""
    for name, text in runbooks(data).items():
        (folder / "runbooks" / name).write_text(text)


async def set_scene(
    folder: Path,
    outside: str,
    hosts: Mapping[str, str] | None = None,
    chat: str = "",
    accounts: Mapping[str, str] | None = None,
    settings: str = "",
) -> Scene:
    """Write a world's files and seat its people; `settings` are further lines of the environment.

    The rest is explained at `policy`.
    """
    _lay_out(folder)
    (folder / "policy.yaml").write_text(policy(outside, hosts, chat, accounts))
    write_runbooks(folder, "none")
    return await _seated(
        folder,
        f"FIREWARDEN_POLICY={folder / 'policy.yaml'}\n"
        f"FIREWARDEN_RUNBOOKS={folder / 'runbooks'}\n"
        f"{settings}",
    )


async def set_practice_scene(folder: Path) -> Scene:
    """Set a scene without a policy, where a practice host is what there is."""
    _lay_out(folder)
    return await _seated(folder, "", [str(group) for group in Group])


def _lay_out(folder: Path) -> None:
    (folder / "runbooks").mkdir(parents=True)
    (folder / "keys").mkdir()
    for login in ("observe", "change"):
        fresh_key(folder / "keys" / login)


async def _seated(folder: Path, settings: str, groups: Sequence[str] = ()) -> Scene:
    env = folder / "env"
    env.write_text(
        f"FIREWARDEN_LISTEN=127.0.0.1:0\n"
        f"FIREWARDEN_DATA={folder / 'data'}\n"
        f"FIREWARDEN_WEBHOOK_SECRET={SECRET}\n"
        f"FIREWARDEN_ALERT_TOKEN={ALERT_TOKEN}\n"
        f"{settings}"
    )
    tokens = {}
    async with opened(load_settings(env)) as base:
        for name in PEOPLE:
            await base.seats.add(name, PersonId(name), groups)
            tokens[name] = await base.seats.make_token(name, TokenKind.ANSWER)
    return Scene(folder=folder, env=env, tokens=tokens)


def sweep(folder: Path) -> None:
    """Remove what a world that kept its promises leaves behind."""
    shutil.rmtree(folder, ignore_errors=True)
