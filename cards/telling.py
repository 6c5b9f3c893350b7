"""The form of every message: one line that says it all, and at most a few more."""

from bot.domain.state import Incident
from cards.model import Block, Card, Fields, Line, Paragraph, Tone


def told(
    incident: Incident,
    tone: Tone,
    title: Line,
    lines: tuple[Line, ...] = (),
    pairs: tuple[tuple[str, Line], ...] = (),
) -> Card:
    """Return a message of this incident, marked where it is a drill."""
    blocks: tuple[Block, ...] = (Paragraph(lines),) if lines else ()
    blocks += (Fields(pairs),) if pairs else ()
    return Card(tone=tone, title=title, blocks=blocks, drill=incident.drill)


def named(incident: Incident) -> Line:
    """Return which incident it is, for readers who are in many rooms."""
    return (f"{incident.severity.value} {incident.number} ", incident.title)
