"""Which card an effect's name means, as it stands now."""

from bot.domain.state import Incident
from bot.values import CardId, RunId
from cards import asked_card, incident_card, page_card, run_card
from cards.context import Context
from cards.model import Card


def shown(incident: Incident, name: str, context: Context) -> Card | None:
    """Return the card `incident`, `run:<id>`, `page:<id>` or that with this id; None = no such."""
    kind, _, ident = name.partition(":")
    if kind == "incident" and not ident:
        return incident_card.build(incident, context)
    if kind == "run":
        run = incident.runs.get(RunId(ident))
        return run_card.build(incident, run, context) if run else None
    if kind == "page":
        page = incident.pages.get(ident)
        return page_card.build(incident, page, context) if page else None
    asked = incident.cards.get(CardId(name))
    return asked_card.build(incident, asked, context) if asked else None
