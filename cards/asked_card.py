"""The card of any question, by what its packet holds."""

from typing import assert_never

from bot.domain.approval import Asked, CardState
from bot.domain.events import CardKind
from bot.domain.packet import (
    ChangePacket,
    ChecklistPacket,
    DetailsPacket,
    DoubtPacket,
    NoticePacket,
    QuestionPacket,
    RunPacket,
)
from bot.domain.state import Incident
from bot.values import Severity, Untrusted
from cards import approval_card, checklist_card, notice_card
from cards.asking import asking_card
from cards.context import Context, text_lines
from cards.model import (
    At,
    Block,
    Card,
    Code,
    CodeBlock,
    FieldKind,
    Fields,
    FormField,
    Line,
    Paragraph,
)


def build(incident: Incident, asked: Asked, context: Context) -> Card:
    """Return the card as it stands now: open with its buttons, or with who decided and when."""
    match asked.card.packet:
        case ChangePacket() as packet:
            return approval_card.build(incident, asked, packet, context)
        case NoticePacket() as packet:
            return notice_card.build(incident, asked, packet, context)
        case ChecklistPacket() as packet:
            return checklist_card.build(incident, asked, packet, context)
        case RunPacket() as packet:
            return _run(incident, asked, packet, context)
        case DoubtPacket() as packet:
            return _doubt(incident, asked, packet, context)
        case QuestionPacket() as packet:
            return _question(incident, asked, packet, context)
        case DetailsPacket() as packet:
            return _details(incident, asked, packet, context)
        case None:
            return asking_card(incident, asked, context, title=(asked.card.title,), blocks=())
        case _:
            assert_never(asked.card.packet)


def _run(incident: Incident, asked: Asked, packet: RunPacket, context: Context) -> Card:
    pairs = tuple((name, (Code(Untrusted(value)),)) for name, value in packet.parameters.items())
    blocks: list[Block] = []
    if packet.description:
        blocks.append(Paragraph(text_lines(Untrusted(packet.description))))
    if pairs:
        blocks.append(Fields(pairs))
    return asking_card(
        incident,
        asked,
        context,
        title=(asked.card.title,),
        blocks=tuple(blocks),
        footer=("runbook ", Code(packet.runbook), " ", Code(packet.content_hash[:12])),
    )


def _doubt(incident: Incident, asked: Asked, packet: DoubtPacket, context: Context) -> Card:
    pairs: tuple[tuple[str, Line], ...] = (
        ("Known", (packet.why,)),
        ("Host", (Code(packet.host),)),
        ("Step", (Code(packet.path), f", attempt {packet.attempt}")),
        ("Begun", (At(packet.started_at),)),
        ("Approved by", context.people(packet.approved_by)),
    )
    advice: Line = (
        "It is not run again by itself. Look at the host, then say what you found; ",
        "its targets stay reserved until then.",
    )
    return asking_card(
        incident,
        asked,
        context,
        title=("In doubt: ", asked.card.title),
        blocks=(
            Paragraph((advice,)),
            CodeBlock(title="The command", text=packet.line, essential=True),
            Fields(pairs),
        ),
    )


def _question(incident: Incident, asked: Asked, packet: QuestionPacket, context: Context) -> Card:
    block: Block = Paragraph(text_lines(packet.description))
    if asked.card.kind is CardKind.STEP:
        block = CodeBlock(title="The next command", text=packet.description, essential=True)
    return asking_card(
        incident,
        asked,
        context,
        title=(asked.card.title,),
        blocks=(block,),
        footer=("step ", Code(packet.path)),
    )


_DETAILS = {
    "title": FormField(
        name="title",
        label="Title",
        kind=FieldKind.TEXT,
        maximum=150,
        help="What is broken, in a few words",
    ),
    "severity": FormField(
        name="severity",
        label="Severity",
        kind=FieldKind.SELECT,
        choices=tuple((s.value, s.value) for s in Severity),
    ),
    "impact": FormField(
        name="impact", label="Impact", kind=FieldKind.MULTILINE, help="Who feels it, and how"
    ),
    "services": FormField(
        name="services", label="Services", kind=FieldKind.TEXT, help="Apart by commas"
    ),
}


def _details(incident: Incident, asked: Asked, packet: DetailsPacket, context: Context) -> Card:
    words: Line = ("The incident is open and the room is here. Say more when you can.",)
    return asking_card(
        incident,
        asked,
        context,
        title=(asked.card.title,),
        blocks=(Paragraph((words,)),) if asked.state is CardState.OPEN else (),
        form=tuple(_DETAILS[name] for name in packet.missing if name in _DETAILS),
    )
