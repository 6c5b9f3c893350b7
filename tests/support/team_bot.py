"""A Firewarden of a team in this process: a policy whose people have e-mail addresses, no hosts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.app.entering import Running
from bot.app.seams import PRODUCTION, Seams
from bot.app.service import Service
from bot.app.serving import serving
from bot.config import load_settings
from bot.usecases.seats import TokenKind
from bot.values import PersonId

POLICY: Final = """\
people:
  ann: {name: Ann Lee, email: ann@team.example}
  bob: {name: Bob, email: Bob@Team.example}
  cleo: {name: Cleo, email: cleo@team.example, accounts: {console: cleo-desk}}
  dora: {name: Dora, email: dora@team.example}
  otto: {name: Otto}
groups:
  reader: [cleo]
  responder: [ann, otto]
  approver: [dora, bob]
  communications: [ann, bob]
  admin: [otto]
audiences:
  customers: {channel: announcements, external: true, template: customer-progress}
"""
"""ann asks, bob and dora decide, cleo reads, otto runs the machine and has no address."""

WITHOUT_BOB: Final = "\n".join(
    line.replace("[ann, bob]", "[ann]").replace("[dora, bob]", "[dora, otto]")
    for line in POLICY.splitlines()
    if not line.startswith("  bob:")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamBot:
    """A serving Firewarden, and the file that a test may change."""

    service: Service
    running: Running
    policy: Path

    async def token(self, person: str, kind: TokenKind = TokenKind.OPERATE) -> str:
        """Give a person an API token, at a seat of their own if they have none."""
        seats = self.service.seats
        seat = await seats.of_person(PersonId(person))
        if seat is None:
            seat = await seats.add(person, PersonId(person), ())
        return await seats.make_token(seat.name, kind)

    def follow(self, text: str) -> None:
        """Change the policy, and have it taken over."""
        self.policy.write_text(text, "utf-8")
        self.service.reload()


@asynccontextmanager
async def team_bot(
    folder: Path, *lines: str, policy: str = POLICY, seams: Seams = PRODUCTION
) -> AsyncIterator[TeamBot]:
    """Serve with these settings; the address is chosen by the system where none is among them."""
    path = folder / "policy.yaml"
    path.write_text(policy, "utf-8")
    own = {"FIREWARDEN_LISTEN": "127.0.0.1:0"} | dict(line.split("=", 1) for line in lines)
    own |= {"FIREWARDEN_DATA": str(folder / "data"), "FIREWARDEN_POLICY": str(path)}
    env = folder / "env"
    env.write_text("".join(f"{name}={value}\n" for name, value in own.items()), "utf-8")
    async with serving(load_settings(env), seams=seams) as (service, running):
        yield TeamBot(service=service, running=running, policy=path)
