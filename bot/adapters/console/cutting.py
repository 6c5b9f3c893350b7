"""Cuts what is too long for a message, visibly; commands and hosts are never cut."""

from dataclasses import replace
from typing import Final, assert_never, overload

from bot.values import Untrusted
from cards.model import (
    At,
    Block,
    Card,
    Code,
    CodeBlock,
    Fields,
    Inline,
    Line,
    Link,
    Notice,
    Paragraph,
    Person,
    Section,
    Step,
    Steps,
    Strong,
    Words,
)

MOST: Final = 32_000
"""Characters of one piece of text: some four hundred lines, more than anybody reads in a room."""


def fitted(card: Card) -> Card:
    """Return the card with every over-long text ended by how much is missing."""
    return replace(
        card,
        title=_line(card.title),
        blocks=tuple(_block(block) for block in card.blocks),
        footer=_line(card.footer),
    )


def _block(block: Block) -> Block:
    match block:
        case Paragraph(lines):
            return Paragraph(tuple(_line(line) for line in lines))
        case Fields(pairs):
            return Fields(tuple((label, _line(line)) for label, line in pairs))
        case CodeBlock():
            return block if block.essential else replace(block, text=_words(block.text))
        case Section():
            return replace(block, blocks=tuple(_block(inner) for inner in block.blocks))
        case Steps(steps):
            return Steps(tuple(_step(step) for step in steps))
        case Notice():
            return replace(block, line=_line(block.line))
        case _:
            assert_never(block)


def _step(step: Step) -> Step:
    detail = None if step.detail is None else _words(step.detail)
    return replace(step, title=_line(step.title), detail=detail)


def _line(line: Line) -> Line:
    return tuple(_inline(part) for part in line)


def _inline(part: Inline) -> Inline:
    match part:
        case str() | Untrusted():
            return _words(part)
        case Strong(words):
            return Strong(_words(words))
        case Code(words):
            return Code(_words(words))
        case Link(words, url):
            return Link(_words(words), url)
        case Person() | At():
            return part
        case _:
            assert_never(part)


@overload
def _words(words: Untrusted) -> Untrusted: ...
@overload
def _words(words: Words) -> Words: ...
def _words(words: Words) -> Words:
    if isinstance(words, Untrusted):
        return Untrusted(_cut(words.text))
    return _cut(words)


def _cut(text: str) -> str:
    missing = len(text) - MOST
    return text if missing <= 0 else f"{text[:MOST]}… [cut: {missing} more characters]"
