"""What a window sends: lines typed into its box, and answers to cards."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from bot.adapters.console.entry import Entry, Guest, html_page, theme_of
from bot.adapters.console.forms import fields_of
from bot.adapters.console.messages import ROOM
from bot.adapters.console.places import IncidentRoom, Incidents, path_of, seat_url
from bot.adapters.console.platform import ConsolePlatform
from bot.adapters.console.showing import NONCE, Showing
from bot.adapters.console.sign_in import page_of_ours, start_url
from bot.adapters.console.windows import Window, Windows, at_room
from bot.adapters.http.raw import RawRequest, RawResponse
from bot.adapters.http.routes import Caller, Route
from bot.errors import Unavailable
from bot.ports import Clock, Ids
from bot.requests import CardAnswer, Dispatch, MessageSaid, Reply, ReplyTone, Request, SlashCommand
from bot.usecases.views import Reader
from bot.values import CardId, ConversationRef, Untrusted
from cards.model import Person

RECORDED_WITHIN: Final = 10.0
"""Seconds until a person is told that nothing was recorded."""

MOST_TYPED: Final = 8_000
"""Characters of one line; longer texts have a form of their own."""

FRAGMENT: Final = "Firewarden-Fragment"
"""Sent by our module, which puts the answer into the page instead of going to a new one."""

_OWN_FIELDS: Final = frozenset({"option", "reason", "nonce", "at"})


class Actions:
    """Turns posts of a window into requests, and replies into what the asker alone sees."""

    def __init__(
        self,
        *,
        dispatch: Dispatch,
        reader: Reader,
        entry: Entry,
        windows: Windows,
        chat: ConsolePlatform,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._dispatch = dispatch
        self._reader = reader
        self._entry = entry
        self._windows = windows
        self._chat = chat
        self._clock = clock
        self._ids = ids

    def routes(self) -> tuple[Route, ...]:
        """Build the routes."""
        return (
            Route(
                method="POST",
                pattern="/s/{seat}/commands",
                endpoint=self._typed,
                caller=Caller.BROWSER,
            ),
            Route(
                method="POST",
                pattern="/s/{seat}/cards/{card}/answers",
                endpoint=self._answered,
                caller=Caller.BROWSER,
            ),
        )

    async def _typed(self, request: RawRequest) -> RawResponse:
        guest = await self._entry.guest(request)
        fields = fields_of(request)
        if guest is None:
            return self._entry.locked(request)
        if fields is None:
            return _not_a_form(request, self._entry)
        typed = fields.get("text", "").strip()
        conversation = await self._conversation(guest, fields.get("at", ""))
        reply = await self._line(guest, typed, conversation, self._nonce(fields))
        return await self._shown(request, guest, reply, fields)

    async def _line(
        self, guest: Guest, typed: str, conversation: ConversationRef | None, nonce: str
    ) -> Reply:
        if not typed:
            return _mistake("Type a command, for example /incident help.")
        if len(typed) > MOST_TYPED:
            return _mistake(f"That is {len(typed)} characters; {MOST_TYPED} fit into one line.")
        ident = f"console:{guest.seat.name}:{nonce}:line"
        if typed.startswith("/"):
            return await self._carry_out(
                SlashCommand(id=ident, sender=guest.sender, text=typed, conversation=conversation)
            )
        if conversation is None or not conversation.id.startswith(ROOM):
            return _mistake("Words are said in an incident's room; commands start with /incident.")
        return await self._say(guest, typed, conversation, ident)

    async def _say(self, guest: Guest, words: str, room: ConversationRef, ident: str) -> Reply:
        if (await self._chat.room(room)).closed:
            return _mistake("This room is closed; /incident reopen opens it again.")
        reply = await self._carry_out(
            MessageSaid(id=ident, sender=guest.sender, text=words, conversation=room)
        )
        if reply.tone is not ReplyTone.DONE:
            return reply
        viewer = guest.viewer
        await self._chat.say(room, ident, Person(viewer.person, Untrusted(viewer.name)), words)
        # Everybody in the room reads the words there, so the asker needs no word of ours.
        return Reply(tone=ReplyTone.DONE, text="")

    async def _answered(self, request: RawRequest) -> RawResponse:
        guest = await self._entry.guest(request)
        fields = fields_of(request)
        if guest is None:
            return self._entry.locked(request)
        if fields is None:
            return _not_a_form(request, self._entry)
        if guest.stale:
            how = "" if guest.start else f": firewarden seat link {guest.seat.name}"
            reply = _mistake(f"{guest.stale} Answering a card needs a fresh sign-in{how}")
            return await self._shown(request, guest, reply, fields)
        card = CardId(request.captured["card"])
        option = fields.get("option", "")
        reply = await self._carry_out(
            CardAnswer(
                id=f"console:{guest.seat.name}:{self._nonce(fields)}:{card}:{option}",
                sender=guest.sender,
                card=card,
                option=option,
                reason=fields.get("reason", "")[:MOST_TYPED],
                values={name: v for name, v in fields.items() if name not in _OWN_FIELDS},
                conversation=await self._conversation(guest, fields.get("at", "")),
            )
        )
        return await self._shown(request, guest, reply, fields, card)

    async def _conversation(self, guest: Guest, at: str) -> ConversationRef | None:
        """Return where it was typed, as far as this person may see it."""
        conversation = at_room(at)
        seen = bool(at) and await self._reader.may_see_conversation(guest.viewer, conversation)
        return conversation if seen else None

    def _nonce(self, fields: Mapping[str, str]) -> str:
        given = fields.get("nonce", "")
        return given if NONCE.fullmatch(given) else self._ids.new()

    async def _carry_out(self, request: Request) -> Reply:
        try:
            async with asyncio.timeout(RECORDED_WITHIN):
                reply = await self._dispatch.handle(request)
        except TimeoutError:
            return _not_recorded("it took too long")
        except Unavailable as unavailable:
            return _not_recorded(str(unavailable))
        self._chat.wake()
        return reply

    async def _shown(
        self,
        request: RawRequest,
        guest: Guest,
        reply: Reply,
        fields: Mapping[str, str],
        card: CardId | None = None,
    ) -> RawResponse:
        window = Window(
            seat=guest.seat.name,
            sender=guest.sender,
            viewer=guest.viewer,
            place=Incidents(),
            nonce=self._nonce(fields),
        )
        now = self._clock.now()
        html = self._windows.render(
            "reply",
            reply=reply,
            card=await self._reply_card(window, now, reply, fields, card),
            again=_again(request, guest, reply),
            go_to=await self._room_url(guest, reply.go_to),
        )
        if FRAGMENT in request.headers:
            return html_page(html, _status(reply))
        page = self._windows.render("answered", reply=html, window=window, theme=theme_of(request))
        return html_page(page, _status(reply))

    async def _reply_card(
        self,
        window: Window,
        now: datetime,
        reply: Reply,
        fields: Mapping[str, str],
        card: CardId | None,
    ) -> str:
        shown = reply.card
        if shown is None and reply.field_errors and card is not None:
            shown = await self._reader.card(window.viewer, card)
        if shown is None:
            return ""
        values = fields if reply.field_errors else {}
        showing = Showing(seat=window.seat, nonce=window.nonce, now=now)
        return showing.card(shown, errors=reply.field_errors, values=values)

    async def _room_url(self, guest: Guest, room: ConversationRef | None) -> str:
        if room is None:
            return ""
        incident = await self._reader.incident_of_room(guest.viewer, room)
        if incident is None:
            return ""
        return seat_url(guest.seat.name, path_of(IncidentRoom(incident.number)))


def _again(request: RawRequest, guest: Guest, reply: Reply) -> str:
    """Return where to sign in again and come back from: whatever was refused may be for that."""
    if not guest.stale or not guest.start or reply.tone is not ReplyTone.MISTAKE:
        return ""
    # Browsers tell our own pages where they come from, and nobody else.
    came_from = urlsplit(request.headers.get("Referer", "")).path
    return start_url(page_of_ours(came_from) or seat_url(guest.seat.name), again=True)


def _mistake(text: str) -> Reply:
    return Reply(tone=ReplyTone.MISTAKE, text=text)


def _not_recorded(why: str) -> Reply:
    return Reply(
        tone=ReplyTone.NOT_RECORDED,
        text=f"This was NOT recorded: {why}. Nothing has happened; send it again.",
    )


def _not_a_form(request: RawRequest, entry: Entry) -> RawResponse:
    return entry.notice(
        request, HTTPStatus.BAD_REQUEST, title="Not a form", words="This address takes forms."
    )


def _status(reply: Reply) -> HTTPStatus:
    if reply.tone is ReplyTone.NOT_RECORDED:
        return HTTPStatus.SERVICE_UNAVAILABLE
    if reply.tone is ReplyTone.MISTAKE or reply.field_errors:
        return HTTPStatus.UNPROCESSABLE_ENTITY
    return HTTPStatus.OK
