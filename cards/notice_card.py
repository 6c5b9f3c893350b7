"""A notice before it goes out: its text, who will read it, and words that they should not."""

from bot.domain.approval import Asked
from bot.domain.packet import NoticePacket
from bot.domain.state import Incident
from cards.asking import asking_card
from cards.context import Context, listed, text_lines
from cards.model import (
    Block,
    Card,
    Code,
    FieldKind,
    Fields,
    FormField,
    Line,
    Notice,
    Paragraph,
    Section,
    Tone,
)

_LONGEST = 3000
"""Characters: what one text box of the narrowest platform takes."""


def build(incident: Incident, asked: Asked, packet: NoticePacket, context: Context) -> Card:
    """Return the preview: an internal notice is edited in it, an external one approved as is."""
    pairs: tuple[tuple[str, Line], ...] = (
        ("To", (f"#{packet.channel} ({packet.audience}, {_reach(packet)})",)),
        ("Written by", (context.person(packet.author),)),
    )
    preview = Section(title="Preview", blocks=(Paragraph(text_lines(packet.text)),))
    return asking_card(
        incident,
        asked,
        context,
        title=(asked.card.title,),
        blocks=(*_flagged(packet), Fields(pairs), preview),
        form=() if packet.external else (_editable(packet),),
    )


def _reach(packet: NoticePacket) -> str:
    return "outside the company" if packet.external else "inside the company"


def _flagged(packet: NoticePacket) -> tuple[Block, ...]:
    if not packet.flagged:
        return ()
    words = listed([(Code(word),) for word in packet.flagged])
    line: Line = ("Outsiders may not understand, or should not read: ", *words)
    return (Notice(tone=Tone.WARNING, line=line),)


def _editable(packet: NoticePacket) -> FormField:
    return FormField(
        name="text",
        label="Text",
        kind=FieldKind.MULTILINE,
        required=True,
        default=packet.text.text,
        maximum=max(_LONGEST, len(packet.text.text)),
        help="What is in this box is what is sent",
    )
