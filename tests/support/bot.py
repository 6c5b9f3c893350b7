"""A whole Firewarden in this process, spoken to as people and programs do: over HTTP."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import aiohttp

from bot.app.entering import Running
from bot.app.service import Service
from bot.app.serving import serving
from bot.config import load_settings
from bot.usecases.seats import TokenKind
from bot.values import PersonId
from tests.support.waiting import until

Answer = dict[str, Any]
"""One JSON object of the API, as a program sees it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seated:
    """One person with an API token."""

    address: str
    token: str
    session: aiohttp.ClientSession

    async def get(self, path: str) -> Any:  # noqa: ANN401 - JSON as a program sees it
        """GET an API path; returns the decoded JSON."""
        async with self.session.get(f"http://{self.address}{path}", headers=self._head()) as got:
            assert got.status == 200, (got.status, await got.text())
            return await got.json()

    async def post(
        self, path: str, body: Mapping[str, object], key: str = ""
    ) -> tuple[int, Answer]:
        """POST to an API path; returns the status and the decoded JSON."""
        headers = self._head() | ({"Idempotency-Key": key} if key else {})
        url = f"http://{self.address}{path}"
        async with self.session.post(url, json=body, headers=headers) as got:
            return got.status, cast("Answer", await got.json())

    async def say(self, text: str, room: str = "") -> Answer:
        """Type a command; it must be taken."""
        status, answer = await self.post(
            "/api/commands", {"text": text} | ({"room": room} if room else {})
        )
        assert status == 200, (status, answer)
        return answer

    async def incidents(self, state: str = "all") -> Sequence[Answer]:
        """List incidents."""
        return cast("Sequence[Answer]", await self.get(f"/api/incidents?state={state}"))

    async def incident(self, ident: str) -> Answer:
        """Return one incident."""
        return cast("Answer", await self.get(f"/api/incidents/{ident}"))

    async def timeline(self, ident: str) -> list[str]:
        """Return the timeline's lines."""
        lines = await self.get(f"/api/incidents/{ident}/timeline")
        return [str(line["text"]) for line in lines]

    async def card(self, kind: str) -> Answer:
        """Wait for an open card of this kind."""

        async def found() -> Answer | None:
            cards = await self.get("/api/cards")
            return next((c for c in cards if c["kind"] == kind), None)

        return await until(found)

    async def press(self, card: Answer, option: str, reason: str = "") -> tuple[int, Answer]:
        """Answer a card."""
        body = {"option": option} | ({"reason": reason} if reason else {})
        return await self.post(f"/api/cards/{card['id']}/answers", body)

    def _head(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """A serving Firewarden with two people at it."""

    service: Service
    running: Running
    commander: Seated
    approver: Seated
    session: aiohttp.ClientSession

    def ledger(self) -> tuple[str, ...]:
        """Return the state-changing commands that the practice host began, by its own account."""
        practice = self.service.practice
        assert practice is not None
        return practice.ledger()

    async def alert(self, body: object, source: str = "alertmanager", token: str = "") -> int:
        """Send one alert body; returns the status."""
        headers = {
            "Authorization": f"Bearer {token or self.running.alert_token}",
            "Content-Type": "application/json",
        }
        url = f"http://{self.running.ingest}/alerts/{source}"
        async with self.session.post(url, data=json.dumps(body), headers=headers) as got:
            await got.read()
            return got.status


@asynccontextmanager
async def bot(folder: Path) -> AsyncIterator[Bot]:
    """Serve the embedded default with its data in `folder`."""
    env = folder / "env"
    env.write_text(f"FIREWARDEN_LISTEN=127.0.0.1:0\nFIREWARDEN_DATA={folder / 'data'}\n")
    settings = load_settings(env)
    async with (
        aiohttp.ClientSession() as session,
        serving(settings) as (service, running),
    ):
        tokens = {}
        for name in ("commander", "approver"):
            if await service.seats.seat(name) is None:
                await service.seats.add(name, PersonId(name), ["responder"])
            tokens[name] = await service.seats.make_token(name, TokenKind.ANSWER)
        people = {
            name: Seated(address=running.console, token=token, session=session)
            for name, token in tokens.items()
        }
        yield Bot(
            service=service,
            running=running,
            commander=people["commander"],
            approver=people["approver"],
            session=session,
        )
