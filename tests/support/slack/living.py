"""A whole bot in a Slack workspace, heard over either transport, with people who use it."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp

from bot.app.service import Service
from bot.app.serving import serving
from bot.config import load_settings
from bot.domain.policy import Group, Policy, PolicyPerson
from bot.values import PersonId
from tests.support.slack.person import Person
from tests.support.slack.server import Slack, slack
from tests.support.slack.workspace import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, Channel
from tests.support.waiting import eventually, until

ANN, BOB = PersonId("ann"), PersonId("bob")

Changed = Callable[[Policy], Policy]


@dataclass(frozen=True, slots=True)
class Living:
    """A serving bot in a workspace with Ann (U1), Bob (U2), #ops and #announcements."""

    team: Slack
    service: Service
    ops: Channel
    ingest: str

    @property
    def ann(self) -> Person:
        """Ann, who responds and approves."""
        return self.person("U1")

    @property
    def bob(self) -> Person:
        """Bob, who responds and approves."""
        return self.person("U2")

    def person(self, user: str) -> Person:
        """Return anybody of the workspace."""
        return Person(self.team, user, self.ops)

    def ran(self) -> int:
        """Return how many commands the practice host was given."""
        assert self.service.practice is not None
        return len(self.service.practice.ledger())

    async def readiness(self) -> str:
        """Return what `/readyz` says."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://{self.ingest}/readyz") as got,
        ):
            return await got.text()


@asynccontextmanager
async def living(
    folder: Path,
    *,
    sockets: bool = False,
    changed: Changed = lambda policy: policy,
    before: Callable[[Slack], None] = lambda _: None,
    settings: str = "",
) -> AsyncIterator[Living]:
    """Serve in a fresh workspace; `before` prepares it, `changed` is the team's own policy."""
    async with slack() as team:
        team.of.now = time.time()
        team.of.add_user("U1", "ann")
        team.of.add_user("U2", "bob")
        ops = team.of.add_channel("ops")
        team.of.add_channel("announcements")
        before(team)
        heard = (
            f"SLACK_APP_TOKEN={APP_TOKEN}" if sockets else f"SLACK_SIGNING_SECRET={SIGNING_SECRET}"
        )
        env = folder / "env"
        env.write_text(
            f"FIREWARDEN_LISTEN=127.0.0.1:0\nFIREWARDEN_DATA={folder / 'data'}\n"
            f"SLACK_BOT_TOKEN={BOT_TOKEN}\n{heard}\nSLACK_API_URL={team.base}api/\n{settings}\n"
        )
        async with serving(load_settings(env)) as (service, running):
            _link(service, changed)
            if sockets:
                await eventually(lambda: _connections(team), lambda many: many == 2)
            else:
                team.bot_url = f"http://{running.ingest}/slack/events"
            team.echoing = True
            yield Living(team, service, ops, running.ingest)
            team.echoing = False


async def _connections(team: Slack) -> int:
    return len(team.sockets)


def _link(service: Service, changed: Changed) -> None:
    """Name Ann and Bob in the policy, as a team does."""
    current = service._base.current
    people = {
        ANN: PolicyPerson(id=ANN, name="Ann", accounts=(("slack", "T1/U1"),)),
        BOB: PolicyPerson(id=BOB, name="Bob", accounts=(("slack", "T1/U2"),)),
    }
    groups = {**current.policy.groups, Group.APPROVER: (ANN, BOB), Group.RESPONDER: (ANN, BOB)}
    policy = replace(current.policy, people={**current.policy.people, **people}, groups=groups)
    current.replace(changed(policy), current.documents)


async def pinned(channel: Channel) -> list[str]:
    """Wait for the pins of a room."""

    async def pins() -> list[str]:
        return channel.pins

    return await until(pins)
