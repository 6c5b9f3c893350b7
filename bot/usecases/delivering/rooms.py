"""Rooms: opened once per incident and platform, and kept in step with the incident."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote

from bot.domain.actor import FIREWARDEN
from bot.domain.effects import Effect, Invite, OpenRoom, SetRoom
from bot.domain.events import Status
from bot.domain.intents import RoomIsOpen
from bot.domain.state import Incident
from bot.ports import ChatPlatform, Claim, Clock, RoomBar, RoomLink, RoomSpec
from bot.usecases.current import Current
from bot.usecases.deciding import Extra
from bot.usecases.delivering.carrier import (
    IncidentDesk,
    Settler,
    chat_of,
    done,
    incident_of,
)
from bot.values import ConversationRef, Untrusted

RUNBOOK_NAME = "{runbook}"
"""What stands for a runbook's name in the address where people read it."""

_NAME_LENGTH = 60
"""Slack allows 80 and Telegram 128; a shorter name can still be read in a side bar."""


class Rooms:
    """Carries `OpenRoom`, `SetRoom` and `Invite`."""

    def __init__(
        self,
        *,
        desk: IncidentDesk,
        chats: Mapping[str, ChatPlatform],
        settler: Settler,
        clock: Clock,
        current: Current,
        bars: Mapping[str, RoomBar] = MappingProxyType({}),
        console: str = "",
        runbook_url: str = "",
    ) -> None:
        self._bars = bars
        self._console = console
        self._runbook_url = runbook_url
        self._desk = desk
        self._chats = chats
        self._settler = settler
        self._clock = clock
        self._current = current

    async def carry(self, claim: Claim, effect: Effect) -> None:
        """See `Carrier`."""
        match effect:
            case OpenRoom():
                await self._open(claim, effect)
            case SetRoom():
                await self._follow(claim, effect)
            case Invite():
                await self._invite(claim, effect)
            case _:
                msg = f"{type(effect).__name__} is not about rooms"
                raise TypeError(msg)

    async def _open(self, claim: Claim, effect: OpenRoom) -> None:
        incident = await self._desk.state(incident_of(claim))
        room = await chat_of(self._chats, effect.platform).open_room(
            RoomSpec(
                key=f"{incident.id}",
                name=room_name(incident),
                topic=self._topic(incident),
                members=tuple(sorted(incident.members)),
                private=incident.private,
            )
        )
        intent = RoomIsOpen(by=FIREWARDEN, room=room)
        await self._desk.submit(incident.id, intent, Extra(settlement=done(claim)))

    async def _follow(self, claim: Claim, effect: SetRoom) -> None:
        incident = await self._desk.state(incident_of(claim))
        room = incident.rooms.get(effect.platform)
        if room is not None:
            chat = chat_of(self._chats, effect.platform)
            topic = self._topic(incident)
            await chat.set_room(room, name=room_name(incident), topic=topic)
            if self._may_close(incident):
                await chat.close_room(room)
            elif incident.open:
                await chat.reopen_room(room)
                await self._link(room, incident)
        await self._settler.done(claim)

    def _topic(self, incident: Incident) -> str:
        commander = incident.commander
        return topic_of(incident, self._current.policy.name_of(commander) if commander else "")

    async def _link(self, room: ConversationRef, incident: Incident) -> None:
        bar = self._bars.get(room.platform)
        if bar is not None:
            links = room_links(incident, self._console, self._runbook_url)
            await bar.link_room(room, links)

    def _may_close(self, incident: Incident) -> bool:
        if incident.status is not Status.CLOSED or incident.closed_at is None:
            return False
        return self._clock.now() >= incident.closed_at + self._current.policy.close_room_after

    async def _invite(self, claim: Claim, effect: Invite) -> None:
        incident = await self._desk.state(incident_of(claim))
        room = incident.rooms.get(effect.platform)
        if room is not None:
            await chat_of(self._chats, effect.platform).invite(room, [effect.person])
        await self._settler.done(claim)


def room_name(incident: Incident) -> str:
    """Return `inc-1121-001-checkout-is-down`: day and count, then the title's words."""
    number = incident.number.lower().removeprefix("inc-").split("-", 1)[-1]
    words = re.sub(r"[^a-z0-9]+", "-", incident.title.text.lower()).strip("-")
    drill = "drill-" if incident.drill else ""
    return f"{drill}inc-{number}-{words}"[:_NAME_LENGTH].rstrip("-")


def room_links(incident: Incident, console: str, runbook_url: str = "") -> tuple[RoomLink, ...]:
    """Return the console, the runbooks of its runs, and what was linked to it.

    `console` and `runbook_url` are "" where they have no address for people; in the latter
    `{runbook}` stands for a runbook's name.
    """
    own = [RoomLink(title=Untrusted("Console"), url=console)] if console else []
    names = dict.fromkeys(run.started.runbook for run in incident.runs.values())
    runbooks = [
        RoomLink(
            title=Untrusted(f"Runbook {name}"),
            url=runbook_url.replace(RUNBOOK_NAME, quote(name, safe="")),
        )
        for name in names
        if runbook_url
    ]
    linked = [RoomLink(title=link.kind, url=link.url.text) for link in incident.links]
    return (*own, *runbooks, *linked)


def topic_of(incident: Incident, commander: str) -> str:
    """Return the room's one-line topic, with what the commander is called, "" = nobody."""
    drill = "DRILL · " if incident.drill else ""
    state = f"{incident.severity} · {incident.status}"
    return f"{drill}{incident.number} · {state} · commander: {commander or 'nobody'}"
