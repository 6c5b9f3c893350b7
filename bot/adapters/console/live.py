"""Server-sent events: what changed in a window since it last looked, and nothing else."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Final

from bot.adapters.console import messages
from bot.adapters.console.changes import Changes
from bot.adapters.console.entry import Entry
from bot.adapters.console.messages import Message
from bot.adapters.console.places import parse_place
from bot.adapters.console.showing import NONCE
from bot.adapters.console.store import ConsoleStore
from bot.adapters.console.windows import Scene, Window, Windows
from bot.adapters.http.raw import Answer, RawRequest, RawResponse, RawStream
from bot.adapters.http.routes import Caller, Route
from bot.ports import Clock
from bot.values import canonical_json

PACE: Final = 5
"""A window is drawn again at most every so many times as long as drawing it took: in a storm all
windows together take a share of the time, not all of it."""

BEAT: Final = 15.0
"""Seconds after which a silent stream draws anew: ages move on, and a dead client is noticed."""


class Live:
    """One stream per window. A slow client skips steps and never fills a queue."""

    def __init__(
        self,
        *,
        entry: Entry,
        windows: Windows,
        store: ConsoleStore,
        changes: Changes,
        clock: Clock,
    ) -> None:
        self._entry = entry
        self._windows = windows
        self._store = store
        self._changes = changes
        self._clock = clock

    def routes(self) -> tuple[Route, ...]:
        """Build the route."""
        return (
            Route(
                method="GET",
                pattern="/s/{seat}/live",
                endpoint=self._open,
                caller=Caller.BROWSER,
                streams=True,
            ),
        )

    async def _open(self, request: RawRequest) -> Answer:
        if await self._window(request) is None:
            # 204 tells an EventSource to stop asking; the page says what to do next.
            return RawResponse(status=HTTPStatus.NO_CONTENT)
        return RawStream(events=self._events(request, _last_seen(request)))

    async def _window(self, head: RawRequest) -> Window | None:
        guest = await self._entry.guest(head)
        query = head.query
        place = parse_place(
            query.get("at", ""),
            only_open=query.get("state", "open") != "all",
            text=query.get("text", ""),
        )
        nonce = query.get("nonce", "")
        if guest is None or place is None or not NONCE.fullmatch(nonce):
            return None
        return Window(
            seat=guest.seat.name,
            sender=guest.sender,
            viewer=guest.viewer,
            stale=guest.stale,
            start=guest.start,
            place=place,
            nonce=nonce,
        )

    async def _events(self, head: RawRequest, revision: int) -> AsyncGenerator[bytes, None]:
        shown: dict[str, str] = {}
        with self._changes.watching() as watch:
            began = self._clock.monotonic()
            # Rights may end while a window is open, so each round asks anew who looks.
            while (scene := await self._scene(head)) is not None:
                for message in await self._news(scene, revision):
                    revision = message.revision
                    yield self._message(scene, message)
                changed = _changed(shown, self._windows.regions(scene))
                shown |= changed
                yield _event("regions", changed) if changed else b": beat\n\n"
                took = self._clock.monotonic() - began
                await asyncio.sleep(min(took * PACE, BEAT))
                await watch.wait(BEAT)
                began = self._clock.monotonic()
        yield _event("gone", {})

    async def _scene(self, head: RawRequest) -> Scene | None:
        window = await self._window(head)
        return None if window is None else await self._windows.scene(window, self._clock.now())

    async def _news(self, scene: Scene, revision: int) -> Sequence[Message]:
        conversation, news = scene.conversation, list[Message]()
        while conversation:
            after = news[-1].revision if news else revision
            question = partial(messages.changed_since, conversation=conversation, revision=after)
            page = await self._store.run(question)
            news += page
            if len(page) < messages.PAGE:
                break
        return news

    def _message(self, scene: Scene, message: Message) -> bytes:
        html = self._windows.message(scene, message)
        return _event(
            "message", {"id": f"m{message.position}", "html": html}, ident=message.revision
        )


def _last_seen(head: RawRequest) -> int:
    words = head.headers.get("Last-Event-ID") or head.query.get("after", "")
    return int(words) if words.isascii() and words.isdigit() else 0


def _changed(shown: Mapping[str, str], regions: Mapping[str, str]) -> dict[str, str]:
    return {name: html for name, html in regions.items() if shown.get(name) != html}


def _event(name: str, content: Mapping[str, str], *, ident: int | None = None) -> bytes:
    head = b"" if ident is None else f"id: {ident}\n".encode()
    # JSON has no line ends of its own, so that one line of data holds all of it.
    return head + f"event: {name}\ndata: ".encode() + canonical_json(content) + b"\n\n"
