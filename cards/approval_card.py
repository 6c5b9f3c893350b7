"""The decision packet: everything that an approver sees before saying yes, and nothing less.

The packet is frozen when the question is asked; only the status line above it lives.
"""

import base64
import binascii
import hashlib
from datetime import timedelta

from bot.domain.approval import SHORT_DIGEST, Asked, CardState
from bot.domain.events import CardKind
from bot.domain.packet import ChangePacket, PacketCommand, PacketEvidence, PacketHost
from bot.domain.state import Incident
from bot.values import Tier, Untrusted
from cards.asking import asking_card, typed_answer
from cards.context import Context, excerpt, listed, text_lines
from cards.model import (
    At,
    Block,
    Card,
    Code,
    CodeBlock,
    Fields,
    Line,
    Notice,
    Paragraph,
    Section,
    Tone,
)
from cards.plaintext import duration_words, visible_line

_HASH_SHOWN = 12
"""Hex digits of a content hash on a card: enough to compare by eye."""


def build(incident: Incident, asked: Asked, packet: ChangePacket, context: Context) -> Card:
    """Return the card of a change or an undo."""
    verb = "Undo" if asked.card.kind is CardKind.UNDO else "Approve"
    short = asked.card.digest[:SHORT_DIGEST]
    is_open = asked.state is CardState.OPEN
    return asking_card(
        incident,
        asked,
        context,
        title=(f"{verb}: " if is_open else "", packet.title),
        blocks=packet_blocks(packet, asked, context),
        footer=("digest ", Code(short), *((" · ", *typed_answer(asked)) if is_open else ())),
    )


def packet_blocks(packet: ChangePacket, asked: Asked, context: Context) -> tuple[Block, ...]:
    """Return every part of the packet, the most needed first."""
    sections = (
        _warnings(packet),
        (_head(packet, asked, context),),
        (_commands("Commands, exactly as they will run", packet.commands),),
        (_hosts(packet.hosts),),
        _evidence(packet),
        _preconditions(packet),
        _risk(packet),
        _rehearsals(packet),
        _rollback(packet),
        _sentences("Checked afterwards", packet.verification),
        _sentences("Stops when", packet.stop_conditions),
        (_identity(packet, asked),),
    )
    return tuple(block for section in sections for block in section)


def _warnings(packet: ChangePacket) -> tuple[Block, ...]:
    warnings: list[Block] = []
    if packet.tier is Tier.IRREVERSIBLE:
        warnings.append(Notice(tone=Tone.DANGER, line=("IRREVERSIBLE: it cannot be undone.",)))
    if packet.dangers:
        words = listed([(Code(word),) for word in packet.dangers])
        warnings.append(Notice(tone=Tone.DANGER, line=("Dangerous words: ", *words)))
    if packet.changed:
        line: Line = ("Asked anew. What changed since the last card: ", ", ".join(packet.changed))
        warnings.append(Notice(tone=Tone.WARNING, line=line))
    return tuple(warnings)


def _head(packet: ChangePacket, asked: Asked, context: Context) -> Fields:
    requester = packet.requester
    changing = [host for host in packet.hosts if any(_touches(c, host) for c in packet.commands)]
    pairs: list[tuple[str, Line]] = [
        ("Why", (packet.because,)),
        ("Tier", (packet.tier.value,)),
        ("Changes", listed([(Code(h.name), " as ", Code(h.change_user)) for h in changing])),
        ("Requested by", (context.person(requester) if requester else "an alert",)),
        ("Approval rule", (", ".join(asked.rule.names) or "none matches",)),
    ]
    return Fields(tuple((label, line) for label, line in pairs if line))


def _touches(command: PacketCommand, host: PacketHost) -> bool:
    return command.changes and command.host == host.name


def _commands(title: str, commands: tuple[PacketCommand, ...]) -> CodeBlock:
    text = "\n".join(_command(n, command) for n, command in enumerate(commands, start=1))
    return CodeBlock(title=title, text=Untrusted(text or "none"), essential=True)


def _command(n: int, command: PacketCommand) -> str:
    does = "changes" if command.changes else "reads only"
    limit = duration_words(timedelta(seconds=command.timeout_seconds))
    # A line end inside an argument must not look like the next command.
    line = visible_line(command.line.text)
    return f"# {n}. {command.host} as {command.login}, {does}, at most {limit}\n{line}"


def _hosts(hosts: tuple[PacketHost, ...]) -> CodeBlock:
    text = "\n".join(
        f"{h.name}  {h.address}:{h.port}  reads as {h.observe_user}, changes as {h.change_user}"
        f"  {fingerprint(h.host_key)}{'  PRACTICE' if h.practice else ''}"
        for h in hosts
    )
    return CodeBlock(title="Hosts", text=Untrusted(text or "none"), essential=True)


def fingerprint(host_key: str) -> str:
    """Return `ssh-ed25519 SHA256:...` as `ssh-keygen -l` does; the line itself where it is none."""
    kind, _, rest = host_key.strip().partition(" ")
    try:
        blob = base64.b64decode(rest.split(" ", 1)[0], validate=True)
    except (binascii.Error, ValueError):
        return host_key
    if not blob:
        return host_key
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return f"{kind} SHA256:{digest}"


def _evidence(packet: ChangePacket) -> tuple[Block, ...]:
    if not packet.evidence:
        return ()
    pairs = tuple((item.name, _measured(item)) for item in packet.evidence)
    return (Section(title="Evidence", blocks=(Fields(pairs),)),)


def _measured(item: PacketEvidence) -> Line:
    value: Line = ("UNKNOWN: ", Untrusted(item.unknown)) if item.unknown else (Code(item.value),)
    at: Line = (" at ", At(item.at)) if item.at else ()
    source: Line = (" — ", Code(item.command)) if item.command.text else ()
    host: Line = (" on ", Code(item.host)) if item.host else ()
    return (*value, *source, *host, *at)


def _preconditions(packet: ChangePacket) -> tuple[Block, ...]:
    if not packet.preconditions:
        return ()
    lines: tuple[Line, ...] = tuple(
        ("✔ " if holds else "✘ ", Code(Untrusted(text)), " holds" if holds else " does NOT hold")
        for text, holds in packet.preconditions
    )
    return (Section(title="Only if (checked again after the yes)", blocks=(Paragraph(lines),)),)


def _risk(packet: ChangePacket) -> tuple[Block, ...]:
    if not packet.risk:
        return ()
    pairs = tuple(
        (name.replace("-", " ").capitalize(), (Untrusted(words),))
        for name, words in packet.risk.items()
    )
    return (Section(title="Risk", blocks=(Fields(pairs),)),)


def _rehearsals(packet: ChangePacket) -> tuple[Block, ...]:
    if not packet.rehearsals:
        return ()
    blocks = tuple(
        CodeBlock(
            title=f"exit status {'unknown' if r.exit_status is None else r.exit_status}",
            text=Untrusted(f"$ {r.line.text}\n{excerpt(r.output.text).text}"),
        )
        for r in packet.rehearsals
    )
    return (Section(title="Dry run", blocks=blocks, folded=True),)


def _rollback(packet: ChangePacket) -> tuple[Block, ...]:
    blocks: list[Block] = []
    if packet.rollback.text:
        blocks.append(Paragraph(text_lines(packet.rollback)))
    if packet.undo:
        blocks.append(_commands("Undo (asked for separately)", packet.undo))
    return (Section(title="If it goes wrong", blocks=tuple(blocks)),) if blocks else ()


def _sentences(title: str, sentences: tuple[str, ...]) -> tuple[Block, ...]:
    if not sentences:
        return ()
    lines = tuple(("• ", Untrusted(sentence)) for sentence in sentences)
    return (Section(title=title, blocks=(Paragraph(lines),)),)


def _identity(packet: ChangePacket, asked: Asked) -> Section:
    pairs: tuple[tuple[str, Line], ...] = (
        ("Runbook", (Code(packet.runbook), " ", Code(packet.content_hash[:_HASH_SHOWN]))),
        ("Policy", (Code(packet.policy_version),)),
        ("Asked", (At(asked.asked_at),)),
        ("Expires", (At(asked.card.expires_at),)),
        ("Digest", (Code(asked.card.digest),)),
    )
    return Section(title="What the yes binds to", blocks=(Fields(pairs),), folded=True)
