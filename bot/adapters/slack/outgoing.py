"""Replies as Slack shows them to the asker alone: ephemeral messages, and views of a modal."""

from datetime import date
from typing import Final

from bot.adapters.slack.incoming import keeping
from bot.requests import Reply, ReplyTone
from bot.values import ConversationRef, Json
from cards import block_kit, block_kit_form, plain
from cards.block_kit_text import MOST_BLOCKS, Node
from cards.model import Button, Card, Inline, Link, Notice, Paragraph, Tone
from cards.overflow import cut_to

_ALONE: Final = 2800
_BESIDE: Final = 800
"""Characters of a reply's text, alone and above a card: both must stay under Slack's limits."""
_MOST_ERROR: Final = 1000

_TONES: Final = {
    ReplyTone.DONE: Tone.GOOD,
    ReplyTone.ANSWER: Tone.NEUTRAL,
    ReplyTone.MISTAKE: Tone.WARNING,
    ReplyTone.NOT_RECORDED: Tone.DANGER,
}


def ephemeral(reply: Reply, *, team: str, today: date) -> dict[str, Json]:
    """Return the body of an answer that only the asker sees."""
    card = reply.card
    blocks: list[Json] = []
    if card is None or not _says(card, reply.text, today):
        blocks += _blocks(_words(reply, team), today)
    if card is not None:
        blocks += block_kit.render(card, today=today, file=False).blocks
    return {
        "response_type": "ephemeral",
        "replace_original": False,
        "text": block_kit.fallback(Card(title=(_text(reply),)), today=today),
        "blocks": blocks[:MOST_BLOCKS],
    }


def last_view(reply: Reply, *, team: str, today: date) -> dict[str, Json]:
    """Return the modal that says what came of it."""
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": "Firewarden", "emoji": False},
        "close": {"type": "plain_text", "text": "Close", "emoji": False},
        "blocks": [*_blocks(_words(reply, team), today)],
    }


def asking_view(card: Card, button: Button, channel: str, *, today: date) -> Node:
    """Return the modal that asks for what a button needs, knowing where it was pressed."""
    view = block_kit_form.modal(card, button, today=today)
    return view | {"private_metadata": keeping(card.id, button.option, channel)}


def room_url(room: ConversationRef, team: str) -> str:
    """Return the address that opens a channel in whichever client somebody has."""
    return f"https://slack.com/app_redirect?channel={room.id}&team={team}"


def words_of(reply: Reply, *, team: str, today: date) -> tuple[Node, ...]:
    """Return the blocks of an answer without a card."""
    return _blocks(_words(reply, team), today)


def field_errors(reply: Reply, inputs: tuple[str, ...]) -> dict[str, Json]:
    """Return what is wrong by input; what belongs to none is said at the first one."""
    errors: dict[str, str] = {
        name: cut_to(words, _MOST_ERROR)
        for name, words in reply.field_errors.items()
        if name in inputs
    }
    if not errors or reply.tone is ReplyTone.NOT_RECORDED:
        errors = {inputs[0]: cut_to(reply.text, _MOST_ERROR)}
    return dict(errors)


def _words(reply: Reply, team: str) -> Card:
    link: tuple[Inline, ...] = ()
    if reply.go_to is not None:
        link = (Link("Open the room", room_url(reply.go_to, team)),)
    first, *rest = _text(reply).splitlines() or [""]
    notice = Notice(tone=_TONES[reply.tone], line=(first,))
    lines = (*((line,) for line in rest if line), *((link,) if link else ()))
    return Card(blocks=(notice, Paragraph(lines)) if lines else (notice,))


def _says(card: Card, text: str, today: date) -> bool:
    """Whether the title of a reply's card says all that the reply says."""
    title = plain.characters(card.title, today=today)
    return text.rstrip(".").casefold() in title.casefold()


def _text(reply: Reply) -> str:
    return cut_to(reply.text, _BESIDE if reply.card is not None else _ALONE)


def _blocks(card: Card, today: date) -> tuple[Node, ...]:
    """Return the blocks without the header, which a card without a title leaves empty."""
    return block_kit.render(card, today=today).blocks[1:]
