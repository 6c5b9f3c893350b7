"""Where a window is: every page of the console, as a value and as an address."""

from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote

from bot.adapters.console.messages import CHANNEL


@dataclass(frozen=True, slots=True, kw_only=True)
class Incidents:
    """The list of incidents; with `text` only those that have every word of it."""

    only_open: bool = True
    text: str = ""


@dataclass(frozen=True, slots=True)
class IncidentRoom:
    """The room of an incident, by its number."""

    number: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The timeline of an incident, by its number."""

    number: str


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of the console."""

    name: str


@dataclass(frozen=True, slots=True)
class Direct:
    """The viewer's own direct messages."""


@dataclass(frozen=True, slots=True)
class Approvals:
    """Every open card."""


@dataclass(frozen=True, slots=True)
class Help:
    """Verbs, keys and the next steps."""


Place: TypeAlias = Incidents | IncidentRoom | Timeline | Channel | Direct | Approvals | Help


def seat_url(seat: str, path: str = "") -> str:
    """Return an address inside a seat's own part of the console."""
    return f"/s/{quote(seat, safe='')}/{path}"


def path_of(place: Place) -> str:
    """Return the path of a place below its seat; also what a live stream is asked for."""
    match place:
        case Incidents():
            return ""
        case IncidentRoom(number):
            return f"incidents/{quote(number, safe='')}"
        case Timeline(number):
            return f"incidents/{quote(number, safe='')}/timeline"
        case Channel(name):
            return f"channels/{quote(name, safe='')}"
        case Direct():
            return "direct"
        case Approvals():
            return "approvals"
        case Help():
            return "help"


def parse_place(path: str, *, only_open: bool = True, text: str = "") -> Place | None:
    """Read what `path_of` wrote (decoded); None where there is no such page."""
    match path.split("/"):
        case [""]:
            return Incidents(only_open=only_open, text=text)
        case ["incidents", number] if number:
            return IncidentRoom(number)
        case ["incidents", number, "timeline"] if number:
            return Timeline(number)
        case ["channels", name] if name:
            return Channel(name)
        case ["direct"]:
            return Direct()
        case ["approvals"]:
            return Approvals()
        case ["help"]:
            return Help()
        case _:
            return None


def channel_id(place: Channel) -> str:
    """Return the conversation that a channel page shows."""
    return CHANNEL + place.name
