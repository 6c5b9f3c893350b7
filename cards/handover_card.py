"""A hand-over, built from what was recorded alone: what changed, what was tried, what to decide."""

from dataclasses import replace

from bot.domain.events import RoleAssigned
from bot.domain.state import Incident
from cards.context import Context, text_lines
from cards.incident_card import tone_of
from cards.incident_facts import facts_of, name_of, run_words
from cards.model import Card, Paragraph
from cards.plaintext import moment_words
from cards.texts import TextName


def build(incident: Incident, event: RoleAssigned, context: Context) -> Card:
    """Return the card that the room gets when a role is handed over."""
    facts = replace(
        facts_of(incident, context),
        drill=False,  # the card around the text is marked
        author=name_of(event.previous, context) or "Nobody",
        commander=name_of(event.person, context),
        changed=_changed(incident, context),
        tried=tuple(run_words(run) for run in incident.runs.values()),
    )
    text = context.texts.render(TextName.HANDOVER, facts)
    title, *lines = text_lines(text) or (("Hand-over",),)
    return Card(
        kind="handover",
        tone=tone_of(incident),
        title=title,
        blocks=(Paragraph(tuple(lines)),) if lines else (),
        drill=incident.drill,
    )


def _changed(incident: Incident, context: Context) -> tuple[str, ...]:
    today = context.now.date()
    changed: list[str] = []
    if incident.last_update is not None and incident.last_update_at is not None:
        stamp = moment_words(incident.last_update_at, today)
        changed.append(f"[{stamp}] {incident.last_update.text.text}")
    if incident.alerts:
        changed.append(f"{incident.firing} of {incident.alerts} alerts still firing")
    done = [f"{action.n}. {action.text.text}" for action in incident.actions if action.done]
    changed += [f"done: {words}" for words in done]
    return tuple(changed)
