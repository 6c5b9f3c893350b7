"""A page as JSON, for outgoing webhooks: the facts by name, and the whole card as plain text."""

from collections.abc import Sequence

from bot.domain.escalation import PageState
from bot.domain.state import Incident
from bot.values import Json, canonical_json
from cards import page_card, plain
from cards.context import Context
from cards.incident_facts import began_at, facts_of
from cards.model import Line
from cards.texts import moment_of

VERSION = 1


def build(
    incident: Incident, page: PageState, context: Context, timeline: Sequence[Line] = ()
) -> bytes:
    """Return canonical JSON, UTF-8; the receiver checks its signature over exactly these bytes."""
    facts = facts_of(incident, context)
    body: dict[str, Json] = {
        "version": VERSION,
        "kind": "page",
        "page": page.started.page,
        "reason": page.started.reason.text,
        "state": "open" if page.open else "acknowledged",
        "acknowledged_by": page.acknowledged_by,
        "incident": {
            "id": incident.id,
            "number": incident.number,
            "title": facts.title,
            "severity": facts.severity,
            "status": facts.status,
            "services": list(incident.services),
            "impact": facts.impact,
            "commander": facts.commander,
            "began": moment_of(began_at(incident)),
            "alerts_firing": incident.firing,
            "waiting_cards": [asked.card.number for asked in incident.open_cards],
            "drill": incident.drill,
            "private": incident.private,
        },
        "paged": [
            {"person": told.person, "level": told.level, "at": told.at.isoformat()}
            for told in page.paged
        ],
        "timeline": [plain.line_text(line) for line in timeline],
        "text": plain.render(page_card.build(incident, page, context, timeline)),
    }
    return canonical_json(body)
