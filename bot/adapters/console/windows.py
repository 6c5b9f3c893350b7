"""What one window shows: the regions of its page, read fresh for its viewer and rendered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from bot.adapters.console import messages
from bot.adapters.console.hints import Hint, call_of, most_wanted, next_step
from bot.adapters.console.messages import DIRECT, Message, Room
from bot.adapters.console.places import (
    Approvals,
    Channel,
    Direct,
    Help,
    IncidentRoom,
    Incidents,
    Place,
    Timeline,
    channel_id,
    path_of,
    seat_url,
)
from bot.adapters.console.platform import CHANNELS, PLATFORM
from bot.adapters.console.showing import Showing
from bot.adapters.console.store import ConsoleStore
from bot.requests import Sender
from bot.usecases.views import (
    IncidentSummary,
    OpenCard,
    Reader,
    TimelineEntry,
    UnderWay,
    Viewer,
)
from bot.values import CardId, ConversationRef
from cards.plaintext import duration_words, visible_block, visible_line

_BESIDE: Final = 20
"""Incidents in the side bar; the list page has more of them."""

_LISTED: Final = 100
"""Incidents on the list page; in a storm nobody reads further, and the search finds the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerbHelp:
    """One verb as help and completion show it; `usage` is a whole line, `/incident ack`."""

    name: str
    usage: str
    effect: str

    @property
    def start(self) -> str:
        """What completion types: the words of the usage line before its first variable."""
        words = self.usage.split(" ")
        fixed = takewhile(lambda word: word.strip("/").replace("-", "").isalnum(), words)
        return " ".join(fixed) + " "


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One open window: who looks, from which seat, at what. `nonce` tells its presses apart.

    `stale`, `start` and `leaves` are those of `Guest`.
    """

    seat: str
    sender: Sender
    viewer: Viewer
    place: Place
    nonce: str
    stale: str = ""
    start: str = ""
    leaves: bool = True

    @property
    def url(self) -> str:
        """The address of the seat's own part."""
        return seat_url(self.seat)

    @property
    def again(self) -> str:
        """The page to come back to after signing in again; "" where that is no way."""
        return seat_url(self.seat, path_of(self.place)) if self.stale and self.start else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything that a window's regions are drawn from, read at one moment."""

    window: Window
    now: datetime
    open_incidents: Sequence[IncidentSummary]
    cards: Sequence[OpenCard]
    hint: Hint | None
    incident: IncidentSummary | None = None
    conversation: str = ""
    room: Room | None = None
    pinned: Markup | None = None
    listed: Sequence[IncidentSummary] = ()
    entries: Sequence[TimelineEntry] = ()
    under_way: Sequence[UnderWay] = ()
    frozen: Markup | None = None

    @property
    def at(self) -> str:
        """The path of this place, for links and for the live stream."""
        return path_of(self.window.place)

    @property
    def others(self) -> frozenset[CardId]:
        """Open cards that somebody else must answer."""
        return frozenset(card.id for card in self.cards if not card.may_answer)

    @property
    def waiting(self) -> Sequence[OpenCard]:
        """Open cards that ask for a decision, the one that matters most here first."""
        return most_wanted(self.cards, None if self.incident is None else self.incident.id)

    @property
    def at_work(self) -> Sequence[UnderWay]:
        """Runs of this room that go on by themselves, unless it waits for somebody."""
        here = None if self.incident is None else self.incident.id
        return () if any(card.incident == here for card in self.waiting) else self.under_way


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A window's regions by name, and the messages of its conversation."""

    scene: Scene
    regions: Mapping[str, str]
    messages: Sequence[str] = ()
    revision: int = 0
    older: int | None = None


class Windows:
    """Draws windows. `verbs` fill help and completion, `release` names the static files."""

    def __init__(
        self, *, reader: Reader, store: ConsoleStore, verbs: Sequence[VerbHelp], release: str
    ) -> None:
        self._reader = reader
        self._store = store
        self._verbs = tuple(verbs)
        self._templates = _environment()
        self._templates.globals.update(release=release, verbs=self._verbs)

    async def page(self, window: Window, now: datetime, before: int | None = None) -> Page | None:
        """Draw the whole page; None where the place is not there for this viewer."""
        scene = await self.scene(window, now)
        if scene is None:
            return None
        # The revision is read first: what changes in between is shown twice rather than lost.
        revision = await self._store.run(messages.last_revision)
        found: Sequence[Message] = ()
        if scene.conversation:
            conversation = scene.conversation
            found = await self._store.run(lambda db: messages.latest(db, conversation, before))
        return Page(
            scene=scene,
            regions=self.regions(scene),
            messages=[self.message(scene, one) for one in found],
            revision=revision,
            older=found[0].position if len(found) == messages.PAGE else None,
        )

    async def scene(self, window: Window, now: datetime) -> Scene | None:
        """Read what a window shows; None where the place is not there for this viewer."""
        viewer = window.viewer
        opened = await self._reader.incidents(viewer, only_open=True)
        cards = await self._reader.open_cards(viewer)
        blank = Scene(window=window, now=now, open_incidents=opened, cards=cards, hint=None)
        filled = await self._filled(blank)
        if filled is None:
            return None
        hint = next_step(window.place, filled.incident, opened, filled.waiting, viewer)
        freezes = await self._reader.freezes(viewer)
        frozen = None if freezes is None else self.showing(filled).card(freezes)
        return replace(filled, hint=hint, frozen=frozen)

    async def _filled(self, scene: Scene) -> Scene | None:
        place = scene.window.place
        match place:
            case Incidents(only_open=only_open, text=text):
                listed = await self._reader.incidents(
                    scene.window.viewer, only_open=only_open, text=text
                )
                return replace(scene, listed=listed)
            case IncidentRoom(number):
                return await self._room(scene, number)
            case Timeline(number):
                return await self._timeline(scene, number)
            case Channel(name):
                known = name in CHANNELS
                return replace(scene, conversation=channel_id(place)) if known else None
            case Direct():
                return replace(scene, conversation=DIRECT + scene.window.viewer.person)
            case Approvals() | Help():
                return scene

    async def _room(self, scene: Scene, number: str) -> Scene | None:
        viewer = scene.window.viewer
        incident = await self._reader.incident(viewer, number)
        if incident is None:
            return None
        card = await self._reader.incident_card(viewer, incident.id)
        pinned = None if card is None else self.showing(scene).card(card)
        room, conversation = None, ""
        if incident.room is not None and incident.room.platform == PLATFORM:
            conversation = incident.room.id
            room = await self._store.run(lambda db: messages.find_room(db, conversation))
        return replace(
            scene,
            incident=incident,
            pinned=pinned,
            conversation=conversation,
            room=room,
            under_way=await self._reader.under_way(viewer, incident.id),
        )

    async def _timeline(self, scene: Scene, number: str) -> Scene | None:
        viewer = scene.window.viewer
        incident = await self._reader.incident(viewer, number)
        if incident is None:
            return None
        entries = await self._reader.timeline(viewer, incident.id)
        return None if entries is None else replace(scene, incident=incident, entries=entries)

    def regions(self, scene: Scene) -> Mapping[str, str]:
        """Render every region of the place; a live stream sends those that changed."""
        names = ["bar", "side", "head", "hint"]
        match scene.window.place:
            case Incidents():
                names.append("incidents")
            case IncidentRoom():
                names += ["pinned", "opening"]
            case Timeline():
                names.append("timeline")
            case Approvals():
                names.append("approvals")
            case Help() | Channel() | Direct():
                pass
        return {name: self.render(f"region_{name}", scene=scene) for name in names}

    def message(self, scene: Scene, message: Message) -> str:
        """Render one message."""
        return self.render("message", message=self.showing(scene).message(message))

    def showing(self, scene: Scene) -> Showing:
        """Return what renders cards for this window."""
        window = scene.window
        return Showing(
            seat=window.seat,
            nonce=window.nonce,
            now=scene.now,
            others=scene.others,
            stale=window.stale,
            again=window.again,
        )

    def render(self, template: str, **values: object) -> str:
        """Render one of our templates; everything in it is escaped."""
        return self._templates.get_template(f"{template}.html").render(**values).strip()


def at_room(conversation: str) -> ConversationRef:
    """Return the ref of a console conversation."""
    return ConversationRef(platform=PLATFORM, id=conversation)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bot.adapters.console", "pages"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        clock=_clock,
        seconds=_seconds,
        stamp=_stamp,
        iso=_iso,
        age=_age,
        day=_day,
        shown=visible_line,
        shown_lines=visible_block,
    )
    environment.globals.update(
        beside=_BESIDE, listed=_LISTED, channels=CHANNELS, seat_url=seat_url, call_of=call_of
    )
    return environment


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%H:%M}"


def _seconds(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%H:%M:%S}"


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def _iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _age(moment: datetime, now: datetime) -> str:
    return duration_words(max(timedelta(0), now - moment))
