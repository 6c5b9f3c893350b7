"""Somebody who visits the console: keeps cookies by name, follows nothing, sends what it is told.

No browser: headers may be forged, doubled or left out, and the address it comes from is chosen.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import aiohttp
from multidict import CIMultiDict

PUBLIC: Final = "bot.example"
"""The console's name as people reach it."""

Headers = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What was answered."""

    status: int
    text: str
    location: str
    cookies: tuple[str, ...]

    @property
    def asks(self) -> dict[str, str]:
        """The query of the address that it sends on to."""
        return dict(parse_qsl(urlsplit(self.location).query))


@dataclass(slots=True)
class Visitor:
    """One client. `host` is what it calls us, `origin` where its pages come from."""

    session: aiohttp.ClientSession
    address: str
    host: str = PUBLIC
    origin: str = f"https://{PUBLIC}"
    scheme: str = "http"
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, headers: Headers = ()) -> Shown:
        """Ask for a page."""
        return await self._ask("GET", path, headers, None)

    async def post(self, path: str, headers: Headers = (), **fields: str) -> Shown:
        """Send a form as a page of the console would."""
        return await self._ask("POST", path, [("Origin", self.origin), *headers], fields)

    async def send_json(self, path: str, body: str, headers: Headers) -> int:
        """Send JSON as a program would; returns the status."""
        sent = CIMultiDict([("Host", self.host), ("Content-Type", "application/json"), *headers])
        url = f"{self.scheme}://{self.address}{path}"
        async with self.session.post(url, data=body, headers=sent) as got:
            await got.read()
            return got.status

    async def _ask(
        self, method: str, path: str, headers: Headers, fields: dict[str, str] | None
    ) -> Shown:
        sent = CIMultiDict([("Host", self.host), *headers])
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        async with self.session.request(
            method,
            f"{self.scheme}://{self.address}{path}",
            data=fields,
            headers=sent,
            allow_redirects=False,
        ) as got:
            set_cookies = tuple(got.headers.getall("Set-Cookie", []))
            self._keep(set_cookies)
            return Shown(
                status=got.status,
                text=await got.text(),
                location=got.headers.get("Location", ""),
                cookies=set_cookies,
            )

    def _keep(self, lines: Iterable[str]) -> None:
        for line in lines:
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value


@asynccontextmanager
async def visiting(address: str, source: str = "127.0.0.1") -> AsyncIterator[Visitor]:
    """Visit from a loopback address of one's own."""
    connector = aiohttp.TCPConnector(local_addr=(source, 0), ssl=False)
    jar = aiohttp.DummyCookieJar()
    timeout = aiohttp.ClientTimeout(total=20)
    async with aiohttp.ClientSession(
        connector=connector, cookie_jar=jar, timeout=timeout, auto_decompress=False
    ) as session:
        yield Visitor(session, address)
