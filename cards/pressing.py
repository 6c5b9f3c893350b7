"""Ids of cards that are views of an incident, and what pressing one of their buttons wishes for."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from bot.values import CardId, IncidentId, RunId

CLAIM: Final = "claim"
ACKNOWLEDGE: Final = "ack"
ABORT: Final = "abort"
KILL: Final = "kill"
ASK_AGAIN: Final = "ask-again"
"""The one button of an expired card; no option of a question may be called so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimCommand:
    """Whoever pressed becomes commander."""

    incident: IncidentId


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgePages:
    """Whoever pressed has it; `page` "" = every open page of the incident."""

    incident: IncidentId
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AbortTheRun:
    """No further step of this run; with `kill` the running command is killed too."""

    incident: IncidentId
    run: RunId
    kill: bool = False


Wish: TypeAlias = ClaimCommand | AcknowledgePages | AbortTheRun


def incident_card_id(incident: IncidentId) -> CardId:
    """Return the id of the incident's own card."""
    return CardId(f"incident:{incident}")


def page_card_id(incident: IncidentId, page: str) -> CardId:
    """Return the id of a page's card."""
    return CardId(f"page:{incident}:{page}")


def run_card_id(incident: IncidentId, run: RunId) -> CardId:
    """Return the id of a run's progress card."""
    return CardId(f"run:{incident}:{run}")


def wish_of(card: CardId, option: str) -> Wish | None:
    """Return what a press means; None for a card that asks and for an option that is not ours."""
    kind, _, rest = card.partition(":")
    incident, _, inner = rest.partition(":")
    match kind, option:
        case "incident", "claim" if incident:
            return ClaimCommand(incident=IncidentId(incident))
        case "incident" | "page", "ack" if incident:
            return AcknowledgePages(incident=IncidentId(incident), page=inner)
        case "run", "abort" | "kill" if inner:
            return AbortTheRun(incident=IncidentId(incident), run=RunId(inner), kill=option == KILL)
        case _:
            return None
