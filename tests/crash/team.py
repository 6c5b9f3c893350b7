"""The people: they type, read cards, double-click, race, and try again until they are answered."""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

import aiohttp

from tests.crash.history import OK, Notes, Press, Typed
from tests.crash.presence import Presence

Board: TypeAlias = Mapping[str, Any]
"""One open card as the API shows it."""

PATIENCE = aiohttp.ClientTimeout(total=1.0)
"""A person who hears nothing for this long tries again, with the same click."""

_AGAIN = 0.03
"""Seconds until somebody whom nobody answers tries again."""

_LOOK = 0.08
"""Seconds between two looks at the board."""

_BUSY = 503

_NOT_LOOKED_UP = "nobody could say in time whether this account is active"
"""What people are told who could not be looked up in time, by a life that had been stopped too."""


class Fate(StrEnum):
    """How the people answer the change cards of a ticket."""

    APPROVE = "approve"
    RACE = "race"
    REJECT = "reject"
    ALONE = "alone"
    """Whoever asked for it presses first, and must not count."""
    LEAVE = "leave"
    """Nobody answers by himself: the schedule does."""


@dataclass(slots=True, kw_only=True)
class Team:
    """The people of one world, over the HTTP API of whatever life is there now."""

    session: aiohttp.ClientSession
    tokens: Mapping[str, str]
    notes: Notes
    luck: random.Random
    there: Presence
    usual: Fate = Fate.APPROVE
    """The fate of a card that names no ticket."""
    fates: dict[str, Fate] = field(default_factory=dict)
    requesters: dict[str, str] = field(default_factory=dict)
    waiting: int = 0
    """Requests that were sent and not answered yet."""
    incidents: tuple[Board, ...] = ()
    cards: tuple[Board, ...] = ()
    looked: asyncio.Event = field(default_factory=asyncio.Event)
    seen: dict[str, Board] = field(default_factory=dict)
    """Every card that was ever on the board."""
    answering: set[str] = field(default_factory=set)
    _numbers: int = 0
    _expecting: int = 0
    """How many wait for an incident: where nobody does, nobody looks at the list of them."""

    async def look(self) -> None:
        """Watch the board for as long as the world lasts, and answer what is on it."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await asyncio.sleep(_LOOK)
                if not await self._read():
                    continue
                self.looked.set()
                self.looked.clear()
                for card in self.cards:
                    if card["id"] not in self.answering:
                        self.answering.add(card["id"])
                        tasks.create_task(self._answer(card))

    async def incident_of(self, ticket: str) -> str:
        """Wait for the incident whose title names the ticket; returns its number."""
        self._expecting += 1
        try:
            while True:
                for incident in self.incidents:
                    if ticket in str(incident["title"]).split(" "):
                        return str(incident["number"])
                await self.looked.wait()
        finally:
            self._expecting -= 1

    async def card_of(self, ticket: str) -> Board:
        """Wait for an open change card of a ticket."""
        while True:
            for card in self.cards:
                if card["kind"] == "change" and ticket in str(card["title"]).split(" "):
                    return card
            await self.looked.wait()

    def last_card_of(self, ticket: str) -> Board:
        """Return the last change card of a ticket that was ever on the board."""
        return [card for card in self.seen.values() if ticket in str(card["title"]).split(" ")][-1]

    async def type(self, who: str, wish: str, ticket: str, text: str) -> Typed:
        """Type a command and send it until somebody answers; once, however often it is sent."""
        typed = Typed(who=who, wish=wish, ticket=ticket, text=text)
        self.notes.typed.append(typed)
        status, told = await self._insist(who, "/api/commands", {"text": text})
        typed.status, typed.told, typed.answered = status, told, time.time()
        return typed

    async def press(self, who: str, card: Board, option: str) -> Press:
        """Click, and click anew where nobody could say who it was; returns the last click."""
        press = await self._pressed(who, card, option)
        while _NOT_LOOKED_UP in press.told:
            press = await self._pressed(who, card, option)
        return press

    async def until_told(self, number: str, words: str) -> None:
        """Wait for a line of the incident's timeline that begins with these words."""
        while True:
            lines = await self._get(f"/api/incidents/{number}/timeline")
            if any(str(line["text"]).startswith(words) for line in lines or ()):
                return
            await self.looked.wait()

    async def twice(self, who: str, card: Board, option: str) -> None:
        """Double-click: two clicks at once."""
        await asyncio.gather(self.press(who, card, option), self.press(who, card, option))

    async def _pressed(self, who: str, card: Board, option: str) -> Press:
        """Click once, and insist on an answer to that click."""
        press = Press(
            who=who,
            card=str(card["id"]),
            kind=str(card["kind"]),
            title=str(card["title"]),
            option=option,
            sent=time.time(),
        )
        self.notes.presses.append(press)
        path = f"/api/cards/{card['id']}/answers"
        body = {"option": option, "reason": "as the schedule says"}
        status, told = await self._insist(who, path, body)
        press.status, press.told, press.answered = status, told, time.time()
        if press.counts:
            self.there.click.set()
        return press

    async def _answer(self, card: Board) -> None:
        kind, title = str(card["kind"]), str(card["title"])
        words = title.removeprefix("Undo: ").split(" ")
        ticket = words[1] if len(words) > 1 else ""
        asker = self.requesters.get(ticket, "")
        first, second, third = [p for p in ("bob", "cid", "dan", "ann") if p != asker][:3]
        match kind:
            case "in-doubt":
                await self.press(first, card, "worked")
                await self._free(first, str(card["incident_number"]))
            case "checklist":
                await self.press("dan", card, "resolve")
            case "run":
                await self.press("dan", card, "run")
            case "undo":
                await self.twice(first, card, "approve")
            case "change":
                await self._change(card, ticket, (first, second, third))
            case _:
                pass

    async def _free(self, who: str, number: str) -> None:
        """Free what a run that was in doubt still holds: nobody else would, and others wait."""
        await self.until_told(number, "run ended")
        await self.type(who, "release", "", f"/runbook release in={number} looked after it")

    async def _change(self, card: Board, ticket: str, people: tuple[str, str, str]) -> None:
        first, second, third = people
        fate = self.fates.get(ticket, self.usual)
        await asyncio.sleep(self.luck.random() * 0.05)
        match fate:
            case Fate.APPROVE:
                await asyncio.gather(
                    self.twice(first, card, "approve"), self.twice(second, card, "approve")
                )
            case Fate.RACE:
                await asyncio.gather(
                    self.press(first, card, "approve"),
                    self.press(second, card, "reject"),
                    self.press(third, card, "approve"),
                )
            case Fate.REJECT:
                await self.twice(first, card, "reject")
            case Fate.ALONE:
                await self.press(self.requesters[ticket], card, "approve")
                await asyncio.sleep(0.3)
                await asyncio.gather(
                    self.press(first, card, "approve"), self.press(second, card, "approve")
                )
            case Fate.LEAVE:
                pass

    async def _insist(self, who: str, path: str, body: Mapping[str, str]) -> tuple[int, str]:
        self._numbers += 1
        headers = {
            "Authorization": f"Bearer {self.tokens[who]}",
            "Idempotency-Key": f"{who}-{self._numbers}",
        }
        self.waiting += 1
        try:
            while True:
                answer = await self._sent(path, body, headers)
                if answer is not None:
                    return answer
                await asyncio.sleep(_AGAIN)
        finally:
            self.waiting -= 1

    async def _sent(
        self, path: str, body: Mapping[str, str], headers: Mapping[str, str]
    ) -> tuple[int, str] | None:
        """Send once; None where nobody answered, or only to say that it was not recorded."""
        address = self.there.address
        if not address:
            return None
        try:
            async with self.session.post(
                f"http://{address}{path}", json=body, headers=headers, timeout=PATIENCE
            ) as got:
                answer = await got.json()
                if got.status == _BUSY:
                    return None
                return got.status, str(answer.get("text") or answer.get("message", ""))
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None

    async def _read(self) -> bool:
        cards = await self._get("/api/cards")
        incidents = await self._get("/api/incidents") if self._expecting else self.incidents
        if cards is None or incidents is None:
            return False
        self.cards, self.incidents = cards, incidents
        self.seen |= {str(card["id"]): card for card in cards}
        return True

    async def _get(self, path: str) -> tuple[Board, ...] | None:
        """Read once; None where nobody answers."""
        address = self.there.address
        if not address:
            return None
        headers = {"Authorization": f"Bearer {self.tokens['ann']}"}
        try:
            async with self.session.get(
                f"http://{address}{path}", headers=headers, timeout=PATIENCE
            ) as got:
                return tuple(await got.json()) if got.status == OK else None
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None
