"""A plain browser for tests: keeps cookies by path, sends its origin, reads pages as text."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from bot.values import Json


@dataclass(frozen=True)
class Shown:
    """What a page answered."""

    status: int
    headers: Mapping[str, str]
    text: str
    path: str


class Browser:
    """One browser, in which several seats may be signed in."""

    def __init__(self, session: aiohttp.ClientSession, address: str) -> None:
        self._session = session
        self.base = f"http://{address}"

    async def get(self, path: str, **headers: str) -> Shown:
        async with self._session.get(self.base + path, headers=_dashed(headers)) as response:
            return await _shown(response)

    async def post(self, path: str, **fields: str) -> Shown:
        """Send a form as a page of the console would."""
        origin = {"Origin": self.base}
        async with self._session.post(self.base + path, data=fields, headers=origin) as response:
            return await _shown(response)

    async def sign_in(self, seat: str) -> Shown:
        """Press the button behind the seat's link."""
        return await self.post(f"/sign-in/link-{seat}")

    @asynccontextmanager
    async def live(self, path: str, **headers: str) -> AsyncIterator["Events"]:
        """Listen to a stream of events."""
        ours = {"Sec-Fetch-Site": "same-origin", **_dashed(headers)}
        async with self._session.get(self.base + path, headers=ours) as response:
            yield Events(response)


class Events:
    """Reads server-sent events one by one."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.status = response.status
        self._response = response

    async def next(self, wanted: str) -> tuple[str, Mapping[str, str]]:
        """Return id and content of the next event of this kind; others are read over."""
        event: dict[str, str] = {}
        while True:
            line = (await self._response.content.readline()).decode()
            if line == "":
                raise EOFError(wanted)
            if line == "\n":
                if event.get("event") == wanted:
                    return event.get("id", ""), _strings(json.loads(event["data"]))
                event = {}
            name, _, value = line.rstrip("\n").partition(": ")
            event[name] = value


@asynccontextmanager
async def browsing(address: str) -> AsyncIterator[Browser]:
    """Open a browser."""
    jar = aiohttp.CookieJar(unsafe=True)
    timeout = aiohttp.ClientTimeout(total=20)
    async with aiohttp.ClientSession(cookie_jar=jar, timeout=timeout) as session:
        yield Browser(session, address)


def _dashed(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _strings(value: Json) -> Mapping[str, str]:
    assert isinstance(value, dict)
    return {str(name): str(content) for name, content in value.items()}


async def _shown(response: aiohttp.ClientResponse) -> Shown:
    return Shown(response.status, response.headers, await response.text(), response.url.path)
