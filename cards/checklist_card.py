"""The resolve checklist: one box per point, ticked where Firewarden can see that it is so."""

from bot.domain.approval import Asked
from bot.domain.packet import ChecklistPacket
from bot.domain.state import Incident
from bot.values import Untrusted
from cards.asking import asking_card
from cards.context import Context, counted
from cards.incident_facts import action_words, began_at
from cards.model import (
    At,
    Block,
    Card,
    FieldKind,
    Fields,
    FormField,
    Line,
    Notice,
    Paragraph,
    Section,
    Tone,
)


def build(incident: Incident, asked: Asked, packet: ChecklistPacket, context: Context) -> Card:
    """Return the checklist; firing alerts and open actions are those of now."""
    pairs: tuple[tuple[str, Line], ...] = (
        ("Incident", (incident.number, " ", incident.title)),
        # No "for 3 min": nobody edits the card while the time passes.
        ("Open since", (At(began_at(incident)),)),
        (
            "Postmortem",
            ("mandatory" if incident.postmortem and not incident.drill else "optional",),
        ),
    )
    return asking_card(
        incident,
        asked,
        context,
        title=(asked.card.title,),
        blocks=(*_still_firing(incident), Fields(pairs), *_open_actions(incident, context)),
        form=(*_points(incident, packet), _summary(packet)),
    )


def _still_firing(incident: Incident) -> tuple[Block, ...]:
    if not incident.firing:
        return ()
    line: Line = (f"{counted(incident.firing, 'alert')} still firing. Resolving leaves them so.",)
    return (Notice(tone=Tone.WARNING, line=line),)


def _open_actions(incident: Incident, context: Context) -> tuple[Block, ...]:
    lines: tuple[Line, ...] = tuple(
        (Untrusted(action_words(action, context)),)
        for action in incident.actions
        if not action.done
    )
    return (Section(title="Actions not done", blocks=(Paragraph(lines),)),) if lines else ()


def _points(incident: Incident, packet: ChecklistPacket) -> tuple[FormField, ...]:
    seen = {"alerts": not incident.firing}
    return tuple(
        FormField(
            name=name,
            label=words,
            kind=FieldKind.CHECKBOX,
            default="yes" if seen.get(name) else "",
        )
        for name, words in packet.points
    )


def _summary(packet: ChecklistPacket) -> FormField:
    return FormField(
        name="summary",
        label="Summary",
        kind=FieldKind.MULTILINE,
        default=packet.summary.text,
        help="What was wrong and what helped; it goes to the room and the announcement channel",
    )
