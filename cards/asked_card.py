"""The card of any question, by what its packet holds."""

from typing import assert_never

from bot.domain.answers import WHICH
from bot.domain.approval import Asked, CardState
from bot.domain.events import CardKind
from bot.domain.packet import (
    AskedField,
    AskedPacket,
    ChangePacket,
    ChecklistPacket,
    ChoicePacket,
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
from cards.context import Context, listed, text_lines
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
    Section,
)


def build(  # noqa: C901, PLR0911 - one arm per packet
    incident: Incident, asked: Asked, context: Context
) -> Card:
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
        case ChoicePacket() as packet:
            return _choice(incident, asked, packet, context)
        case AskedPacket() as packet:
            return _asked(incident, asked, packet, context)
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


def _choice(incident: Incident, asked: Asked, packet: ChoicePacket, context: Context) -> Card:
    lines: tuple[Line, ...] = tuple(
        (Code(one.runbook), " — ", one.title) for one in packet.candidates
    )
    which = FormField(
        name=WHICH,
        label="Runbook",
        kind=FieldKind.SELECT,
        required=True,
        choices=tuple((one.runbook, f"{one.runbook}: {one.title}") for one in packet.candidates),
    )
    return asking_card(
        incident,
        asked,
        context,
        title=(asked.card.title,),
        blocks=(Paragraph(lines),),
        form=(which,),
    )


def _asked(incident: Incident, asked: Asked, packet: AskedPacket, context: Context) -> Card:
    pairs: tuple[tuple[str, Line], ...] = ()
    if asked.card.requester:
        pairs = (("Asked by", (context.person(asked.card.requester),)),)
    described = (Paragraph(text_lines(packet.description)),) if packet.description.text else ()
    return asking_card(
        incident,
        asked,
        context,
        title=(asked.card.title,),
        blocks=(*described, *((Fields(pairs),) if pairs else ()), *_answered(asked, packet)),
        form=tuple(_field(field) for field in packet.fields),
    )


def _field(field: AskedField) -> FormField:
    return FormField(
        name=field.name,
        label=field.label.text,
        kind=FieldKind(field.kind),
        required=field.required,
        default=field.default.text,
        choices=tuple((value, label.text) for value, label in field.choices),
        minimum=field.minimum,
        maximum=field.maximum,
        help=field.help.text,
    )


def _answered(asked: Asked, packet: AskedPacket) -> tuple[Block, ...]:
    """Show what was answered, field by field; labels are the asker's words too."""
    values = asked.decided.values if asked.decided else {}
    lines: tuple[Line, ...] = tuple(
        (field.label, ": ", *listed([(Untrusted(v),) for v in _chosen(field, values[field.name])]))
        for field in packet.fields
        if values.get(field.name)
    )
    return (Section(title="The answer", blocks=(Paragraph(lines),)),) if lines else ()


def _chosen(field: AskedField, value: str) -> list[str]:
    """Return what was chosen by its labels; any other field's value as it is."""
    labels = {one: label.text for one, label in field.choices}
    several = value.split(",") if field.kind == FieldKind.MULTI_SELECT else [value]
    return [labels.get(one, one) for one in several]


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
