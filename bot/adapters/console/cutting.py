"""Cuts what is too long for a message, visibly; commands and hosts are never cut."""

from dataclasses import replace
from typing import Final

from bot.values import Untrusted
from cards.model import Card, CodeBlock, Words
from cards.rewriting import Rewriting

MOST: Final = 32_000
"""Characters of one piece of text: some four hundred lines, more than anybody reads in a room."""


def fitted(card: Card) -> Card:
    """Return the card with every over-long text ended by how much is missing."""
    return _CUTTING.card(card)


def _code(block: CodeBlock) -> CodeBlock:
    return block if block.essential else replace(block, text=_untrusted(block.text))


def _words(words: Words) -> Words:
    return _untrusted(words) if isinstance(words, Untrusted) else _cut(words)


def _untrusted(words: Untrusted) -> Untrusted:
    return Untrusted(_cut(words.text))


def _cut(text: str) -> str:
    missing = len(text) - MOST
    return text if missing <= 0 else f"{text[:MOST]}… [cut: {missing} more characters]"


_CUTTING: Final = Rewriting(words=_words, code=_code, detail=_untrusted)
