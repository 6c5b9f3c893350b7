"""The next click: one line per window that says what this person can do now."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.adapters.console.places import IncidentRoom, Place
from bot.usecases.views import IncidentSummary, OpenCard


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """`words` say what comes next; `command`, where set, can be put into the box by a click."""

    words: str
    command: str = ""
    urgent: bool = False


def next_step(
    place: Place,
    incident: IncidentSummary | None,
    incidents: Sequence[IncidentSummary],
    cards: Sequence[OpenCard],
    groups: frozenset[str],
) -> Hint | None:
    """Return a window's hint; `incident` is the one that it shows, `incidents` all open ones."""
    if incident is not None:
        return _in_incident(
            incident, [card for card in cards if card.incident == incident.id], groups
        )
    if isinstance(place, IncidentRoom):
        return None
    return _elsewhere(incidents, cards)


def _in_incident(
    incident: IncidentSummary, cards: Sequence[OpenCard], groups: frozenset[str]
) -> Hint | None:
    mine = [card for card in cards if card.may_answer]
    approvals = [card for card in cards if card.kind == "approval"]
    if any(card.kind == "approval" for card in mine):
        return Hint(
            words="Read the commands on the card, then press Approve or Reject.", urgent=True
        )
    if approvals and incident.drill:
        return Hint(words="Waiting for the approver: switch to the other window.")
    if approvals:
        return Hint(words="Waiting for an approver.")
    if mine:
        return Hint(words=f"A card waits for you: {mine[0].title}", urgent=True)
    return _by_status(incident, groups)


def _by_status(incident: IncidentSummary, groups: frozenset[str]) -> Hint | None:
    approver_in_drill = incident.drill and "approver" in groups
    match incident.status:
        case "monitoring" if approver_in_drill:
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
        case "investigating" | "identified" if incident.drill:
            return Hint(
                words="Firewarden looks at the practice host; there is nothing to click yet."
            )
        case "resolved":
            return Hint(words="Resolved. Reopen it if it comes back, or close it.")
        case _:
            return None


def _elsewhere(incidents: Sequence[IncidentSummary], cards: Sequence[OpenCard]) -> Hint | None:
    mine = [card for card in cards if card.may_answer]
    if mine:
        return Hint(words=f"{mine[0].incident_number} waits for your answer.", urgent=True)
    if not incidents:
        return Hint(
            words="All quiet. Try the whole thing on the practice host:",
            command="/incident drill disk-full",
        )
    if incidents[0].drill:
        return Hint(words=f"Open the drill's room: {incidents[0].number}.")
    return None
