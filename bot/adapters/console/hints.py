"""The next click: one line per window that says what this person can do now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from bot.adapters.console.places import IncidentRoom, Place
from bot.usecases.views import IncidentSummary, OpenCard, Viewer
from bot.values import IncidentId

_APPROVALS: Final = frozenset({"change", "undo"})
"""Kinds of cards that are a yes to commands."""

_DECISIONS: Final = _APPROVALS | {"in-doubt"}
"""Kinds that everybody should know of while they are open."""

_CALLS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "change": "Your decision is needed",
        "undo": "Your decision is needed",
        "in-doubt": "A command may or may not have run: your decision is needed",
        "run": "A runbook is proposed",
        "step": "The runbook waits for you",
        "question": "The runbook asks you",
        "notice": "A notice waits for its yes",
        "asked": "Somebody asks you",
        "checklist": "The resolve checklist is open",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """`words` say what comes next. A click puts `command` into the box, or goes to `number`."""

    words: str
    command: str = ""
    number: str = ""
    urgent: bool = False


def asks_loudly(card: OpenCard) -> bool:
    """Whether a card belongs into the bar of this viewer's windows."""
    return card.kind in _DECISIONS or (card.may_answer and card.kind in _CALLS)


def most_wanted(cards: Sequence[OpenCard], here: IncidentId | None) -> Sequence[OpenCard]:
    """Return the cards that belong into a window's bar, the one to answer first at its head.

    What this person may answer comes before what they wait for, a yes to commands before the rest,
    what belongs to the room that they look at (`here`) before other rooms, and drills last. A
    checklist is asked for by whoever walks it: it calls nobody into another room.
    """
    loud = [
        card
        for card in cards
        if asks_loudly(card) and (card.kind != "checklist" or card.incident == here)
    ]
    return sorted(
        loud,
        key=lambda card: (
            not card.may_answer,
            card.kind not in _DECISIONS,
            card.incident != here,
            card.drill,
        ),
    )


def call_of(card: OpenCard) -> str:
    """Say in a few words what a card wants from this viewer."""
    if not card.may_answer:
        return "Waiting for somebody else's decision"
    return _CALLS.get(card.kind, "Your decision is needed")


def next_step(
    place: Place,
    incident: IncidentSummary | None,
    incidents: Sequence[IncidentSummary],
    cards: Sequence[OpenCard],
    viewer: Viewer,
) -> Hint | None:
    """Return a window's hint; `incident` is the one that it shows, `incidents` all open ones."""
    if incident is not None:
        asked = [card for card in cards if card.incident == incident.id and asks_loudly(card)]
        return _asked(incident, asked) or _by_status(incident, viewer)
    return None if isinstance(place, IncidentRoom) else _elsewhere(incidents, cards)


def _asked(incident: IncidentSummary, cards: Sequence[OpenCard]) -> Hint | None:
    mine = [card for card in cards if card.may_answer]
    if any(card.kind in _APPROVALS for card in mine):
        words = "Read the commands on the card, then press Approve or Reject."
        return Hint(words=words, urgent=True)
    if mine and mine[0].kind == "checklist":
        words = "Tick what is true, then press Resolve. What stays open needs a reason."
        return Hint(words=words, urgent=True)
    if mine:
        return Hint(words=f"{call_of(mine[0])}: {mine[0].title}", urgent=True)
    if cards and incident.drill:
        return Hint(words="Waiting for the approver: switch to the other window.")
    return Hint(words="Waiting for an approver.") if cards else None


def _by_status(incident: IncidentSummary, viewer: Viewer) -> Hint | None:
    theirs = incident.drill and incident.commander not in {"", viewer.name}
    match incident.status:
        case "monitoring" if theirs:
            return Hint(words="The repair is verified. The commander's window ends the drill.")
        case "monitoring":
            return Hint(
                words="The repair is verified. Walk the checklist to resolve:",
                command="/incident resolve",
            )
        case "resolved" if incident.drill:
            return Hint(
                words="The drill is over. Next: start another, press Ctrl-\\ during its"
                " clean-up and run make run again; or connect Slack in three steps (Help).",
                command="/incident drill disk-full",
            )
        case "investigating" | "identified" if not incident.commander:
            return Hint(words="Nobody commands yet. Take it:", command="/incident claim commander")
        case "investigating" | "identified" if incident.drill:
            return Hint(words="Firewarden is at work on the practice host; nothing to click yet.")
        case "resolved":
            return Hint(words="Resolved. Reopen it if it comes back, or close it.")
        case _:
            return None


def _elsewhere(incidents: Sequence[IncidentSummary], cards: Sequence[OpenCard]) -> Hint | None:
    mine = [card for card in cards if card.may_answer and asks_loudly(card)]
    if mine:
        number = mine[0].incident_number
        return Hint(words=f"{number} waits for your answer.", urgent=True)
    if not incidents:
        return Hint(
            words="All quiet. Try the whole thing on the practice host:",
            command="/incident drill disk-full",
        )
    if incidents[0].drill:
        return Hint(words="Open the drill's room:", number=incidents[0].number)
    return None
