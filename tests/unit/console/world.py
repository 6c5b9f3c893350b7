"""A small world behind a real console: two seats, incidents and cards that a test puts there."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from bot.adapters.console.changes import Changes
from bot.adapters.console.platform import ConsolePlatform
from bot.adapters.console.routes import Chat, Console, Core
from bot.adapters.console.store import ConsoleStore
from bot.adapters.console.windows import VerbHelp
from bot.adapters.http.entrance import Entrance, Intake, Listening
from bot.adapters.http.health import Sample
from bot.adapters.http.listening import Listen
from bot.requests import Sender
from bot.usecases.seats import ApiToken, Seat, TokenKind
from bot.usecases.views import (
    CardResult,
    IncidentSummary,
    OpenCard,
    TimelineEntry,
    UnderWay,
    Viewer,
)
from bot.values import CardId, ConversationRef, IncidentId, PersonId
from cards.model import Card
from tests.unit.http.doubles import NOON, CountingIds, RememberingDispatch, StillClock

COMMANDER = Seat(name="commander", person=PersonId("p-commander"), groups=("responder",))
APPROVER = Seat(name="approver", person=PersonId("p-approver"), groups=("approver",))
VERBS = (
    VerbHelp(name="declare", usage="/incident declare [sev] [title...]", effect="open an incident"),
    VerbHelp(name="status", usage="/incident status [id]", effect="how an incident stands"),
    VerbHelp(
        name="drill", usage="/incident drill <scenario>", effect="a fire drill on the practice host"
    ),
)


class Seats:
    """The two seats: a link `link-<seat>` each, and a token `token-<seat>-<kind>` of each kind."""

    def __init__(self) -> None:
        self.seats = {seat.name: seat for seat in (COMMANDER, APPROVER)}
        self.links = {f"link-{name}" for name in self.seats}

    async def seat(self, name: str) -> Seat | None:
        return self.seats.get(name)

    async def of_person(self, person: PersonId) -> Seat | None:
        return next((seat for seat in self.seats.values() if seat.person == person), None)

    async def behind_link(self, secret: str) -> Seat | None:
        return self.seats.get(secret.removeprefix("link-")) if secret in self.links else None

    async def use_link(self, secret: str) -> Seat | None:
        seat = await self.behind_link(secret)
        self.links.discard(secret)
        return seat

    async def behind_token(self, secret: str) -> ApiToken | None:
        word, _, rest = secret.partition("-")
        name, _, kind = rest.partition("-")
        if word != "token" or name not in self.seats or kind not in set(TokenKind):
            return None
        return ApiToken(seat=self.seats[name], kind=TokenKind(kind))


@dataclass
class Views:
    """A `Reader` over plain lists. `hidden` incidents are seen by nobody but the commander."""

    summaries: list[IncidentSummary] = field(default_factory=list)
    entries: dict[str, list[TimelineEntry]] = field(default_factory=dict)
    cards: dict[str, Card] = field(default_factory=dict)
    asking: list[OpenCard] = field(default_factory=list)
    frozen: Card | None = None
    working: dict[str, list[UnderWay]] = field(default_factory=dict)
    results: dict[str, CardResult] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    answerers: dict[str, set[str]] = field(default_factory=dict)

    async def viewer(self, sender: Sender) -> Viewer | None:
        groups = {"commander": {"responder"}, "approver": {"approver"}}.get(sender.account)
        if groups is None:
            return None
        return Viewer(
            person=PersonId(f"p-{sender.account}"),
            name=sender.account.capitalize(),
            groups=frozenset(groups),
            token_kind=sender.token_kind,
        )

    async def incidents(
        self, viewer: Viewer, *, only_open: bool, text: str = ""
    ) -> Sequence[IncidentSummary]:
        return [
            one
            for one in self.summaries
            if self._visible(viewer, one)
            and (not only_open or one.resolved_at is None)
            and text.lower() in one.title.lower()
        ]

    async def incident(self, viewer: Viewer, ident: str) -> IncidentSummary | None:
        found = [one for one in self.summaries if ident in {one.id, one.number}]
        return next((one for one in found if self._visible(viewer, one)), None)

    async def incident_of_room(
        self, viewer: Viewer, room: ConversationRef
    ) -> IncidentSummary | None:
        found = [one for one in self.summaries if one.room == room]
        return next((one for one in found if self._visible(viewer, one)), None)

    async def timeline(
        self, viewer: Viewer, incident: IncidentId
    ) -> Sequence[TimelineEntry] | None:
        found = await self.incident(viewer, incident)
        return None if found is None else self.entries.get(incident, [])

    async def incident_card(self, viewer: Viewer, incident: IncidentId) -> Card | None:
        return self.cards.get(f"incident-{incident}")

    async def freezes(self, viewer: Viewer) -> Card | None:
        return self.frozen

    async def under_way(self, viewer: Viewer, incident: IncidentId) -> Sequence[UnderWay]:
        return self.working.get(incident, [])

    async def open_cards(self, viewer: Viewer) -> Sequence[OpenCard]:
        return [self._for(viewer, card) for card in self.asking]

    async def card(self, viewer: Viewer, card: CardId) -> Card | None:
        return self.cards.get(card)

    async def card_result(self, viewer: Viewer, card: CardId) -> CardResult | None:
        return self.results.get(card)

    async def may_see_conversation(self, viewer: Viewer, conversation: ConversationRef) -> bool:
        kind, _, name = conversation.id.partition(":")
        if kind == "direct":
            return name == viewer.person
        if kind == "channel":
            return name in {"announcements", "stakeholders"}
        return await self.incident_of_room(viewer, conversation) is not None

    def _visible(self, viewer: Viewer, incident: IncidentSummary) -> bool:
        return incident.id not in self.hidden or viewer.person == COMMANDER.person

    def _for(self, viewer: Viewer, card: OpenCard) -> OpenCard:
        return replace(card, may_answer=viewer.person in self.answerers.get(card.id, set()))


class Healthy:
    """Always ready."""

    async def ready(self) -> Sequence[str]:
        return ()

    async def metrics(self) -> Sequence[Sample]:
        return ()


@dataclass
class World:
    """Everything that a test looks at or changes, and the address of the console."""

    views: Views
    dispatch: RememberingDispatch
    clock: StillClock
    seats: Seats
    store: ConsoleStore
    changes: Changes
    chat: ConsolePlatform
    entrance: Entrance | None = None
    address: str = ""


@asynccontextmanager
async def world(folder: Path, port: int = 0, now: datetime = NOON) -> AsyncIterator[World]:
    """Serve a world on a loopback port until the block ends."""
    store = await ConsoleStore.open(folder / "console.sqlite3")
    clock, changes, seats = StillClock(now), Changes(), Seats()

    async def seated(person: PersonId) -> bool:
        return await seats.of_person(person) is not None

    chat = ConsolePlatform(store, clock=clock, changes=changes, seated=seated)
    built = World(Views(), RememberingDispatch(), clock, seats, store, changes, chat)
    ids = CountingIds()
    console = Console(
        core=Core(dispatch=built.dispatch, reader=built.views, seats=seats, verbs=VERBS),
        chat=Chat(store=store, changes=changes, platform=chat),
        clock=clock,
        ids=ids,
    )
    entrance = Entrance(
        listening=Listening(console=Listen(host="127.0.0.1", port=port)),
        intake=Intake(sources={}, secrets={}),
        alerts=built.dispatch,
        health=Healthy(),
        clock=clock,
        ids=ids,
    )
    built.entrance = entrance
    await entrance.start()
    entrance.complete(people=console.routes())
    built.address = entrance.console_address
    try:
        yield built
    finally:
        await entrance.stop()
        await store.close()
