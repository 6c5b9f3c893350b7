"""A card whose words are each passed through a function; its shape stays as it is."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import assert_never

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewriting:
    """What becomes of running `words`, of a `code` block, and of a step's `detail`.

    Labels of fields, titles of sections, buttons and forms are left alone.
    """

    words: Callable[[Words], Words]
    code: Callable[[CodeBlock], CodeBlock]
    detail: Callable[[Untrusted], Untrusted] = lambda detail: detail

    def card(self, card: Card) -> Card:
        """Return the card rewritten: its title, its blocks and its footer."""
        return replace(
            card,
            title=self.line(card.title),
            blocks=tuple(self._block(block) for block in card.blocks),
            footer=self.line(card.footer),
        )

    def line(self, line: Line) -> Line:
        """Return the line rewritten."""
        return tuple(self._inline(part) for part in line)

    def _block(self, block: Block) -> Block:
        match block:
            case Paragraph(lines):
                return Paragraph(tuple(self.line(line) for line in lines))
            case Fields(pairs):
                return Fields(tuple((label, self.line(line)) for label, line in pairs))
            case CodeBlock():
                return self.code(block)
            case Section(blocks=blocks):
                return replace(block, blocks=tuple(self._block(inner) for inner in blocks))
            case Steps(steps):
                return Steps(tuple(self._step(step) for step in steps))
            case Notice(line=line):
                return replace(block, line=self.line(line))
            case _:
                assert_never(block)

    def _step(self, step: Step) -> Step:
        detail = None if step.detail is None else self.detail(step.detail)
        return replace(step, title=self.line(step.title), detail=detail)

    def _inline(self, part: Inline) -> Inline:
        match part:
            case str() | Untrusted():
                return self.words(part)
            case Strong(words):
                return Strong(self.words(words))
            case Code(words):
                return Code(self.words(words))
            case Link(words, url):
                return Link(self.words(words), url)
            case Person() | At():
                return part
            case _:
                assert_never(part)
