"""What people do in these tests: sign in at the issuer, ask for a yes, give one."""

import json
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, urlencode, urlsplit

import aiohttp

from tests.support.issuer import Issuer
from tests.support.shifted import ShiftedClock
from tests.support.team_bot import TeamBot
from tests.support.visitor import PUBLIC, Headers, Shown, Visitor, visiting
from tests.support.waiting import until

CALLBACK = f"https://{PUBLIC}/oidc/callback"
SIGNED_OUT = f"https://{PUBLIC}/oidc/signed-out"


@dataclass(slots=True)
class Here:
    """A team's bot, its issuer, and the clock of both."""

    bot: TeamBot
    issuer: Issuer
    clock: ShiftedClock
    stack: AsyncExitStack
    scheme: str = "http"
    host: str = PUBLIC

    async def visitor(self) -> Visitor:
        """Open a browser of somebody's own."""
        visitor = await self.stack.enter_async_context(visiting(self.bot.running.console))
        visitor.scheme, visitor.host = self.scheme, self.host
        return visitor

    async def signed_in(self, email: str) -> Visitor:
        """Open a browser and sign in."""
        visitor = await self.visitor()
        shown = await sign_in(visitor, self.issuer, email)
        assert shown.status == 200, shown.text
        return visitor

    async def asks(self) -> str:
        """Let ann ask somebody else for a yes; return the card's id."""
        ann = await Machine.of(self, await self.bot.token("ann"))
        await ann.types("/incident declare sev3 checkout is slow")
        number = str((await ann.get("/api/incidents"))[0]["number"])
        await ann.types("/incident notify customers We are working on it", room=number)

        async def card() -> str | None:
            found = await ann.get("/api/cards")
            return next((str(c["id"]) for c in found if c["kind"] == "notice"), None)

        return await until(card)

    async def room(self) -> str:
        """Return the room of the one incident, as a window names it."""
        ann = await Machine.of(self, await self.bot.token("ann"))

        async def opened() -> str | None:
            [incident] = await ann.get("/api/incidents")
            return str(incident["room"]) if incident["room"] else None

        return await until(opened)

    async def became(self, card: str) -> tuple[str, list[str]]:
        """Return the state of a card, and who decided it."""
        ann = await Machine.of(self, await self.bot.token("ann"))
        [found] = [await ann.get_one(f"/api/cards/{quote(card)}")]
        return str(found["state"]), [str(by) for by in found["by"]]


@dataclass(slots=True)
class Machine:
    """A program with an API token."""

    visitor: Visitor
    token: str

    @classmethod
    async def of(cls, here: Here, token: str) -> Self:
        return cls(await here.visitor(), token)

    async def types(self, text: str, room: str = "") -> None:
        body = json.dumps({"text": text} | ({"room": room} if room else {}))
        status = await self.visitor.send_json("/api/commands", body, self._head())
        assert status == 200

    async def get(self, path: str) -> list[dict[str, object]]:
        found = json.loads((await self.visitor.get(path, self._head())).text)
        assert isinstance(found, list), found
        return found

    async def get_one(self, path: str) -> dict[str, list[str]]:
        found = json.loads((await self.visitor.get(path, self._head())).text)
        assert isinstance(found, dict), found
        return found

    def _head(self) -> Headers:
        return [("Authorization", f"Bearer {self.token}")]


async def begun(visitor: Visitor, to: str = "", *, again: bool = False) -> Shown:
    """Set off to the issuer."""
    query = urlencode({"to": to} | ({"again": "1"} if again else {}))
    started = await visitor.get(f"/oidc/start?{query}")
    assert started.status == 303, started.text
    return started


async def sign_in(
    visitor: Visitor, issuer: Issuer, email: str, to: str = "", *, again: bool = False
) -> Shown:
    """Go to the issuer, prove who one is, and come back."""
    started = await begun(visitor, to, again=again)
    return await visitor.get(await proved(visitor, issuer, started, email))


async def proved(visitor: Visitor, issuer: Issuer, started: Shown, email: str) -> str:
    """Prove who one is at the issuer; return the path that it sends one back to."""
    async with visitor.session.get(started.location, allow_redirects=False) as shown:
        assert shown.status == 200, await shown.text()
    form = {"asked": json.dumps(started.asks), "email": email}
    async with visitor.session.post(
        f"{issuer.base}/login", data=form, allow_redirects=False
    ) as sent:
        back = urlsplit(sent.headers["Location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == CALLBACK
    return f"{back.path}?{back.query}"


async def listening(visitor: Visitor, path: str) -> aiohttp.ClientResponse:
    """Open a window's live stream."""
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    head = {"Host": visitor.host, "Cookie": cookies, "Sec-Fetch-Site": "same-origin"}
    url = f"{visitor.scheme}://{visitor.address}{path}"
    opened = await visitor.session.get(url, headers=head)
    assert opened.status == 200
    return opened


async def named_event(stream: aiohttp.ClientResponse) -> str:
    """Return the next line of a stream that names an event."""
    while True:
        line = (await stream.content.readline()).decode().strip()
        if line.startswith("event: "):
            return line
