"""The two commands as they are called here: our own words follow, those of others do not."""

import re
from dataclasses import dataclass, replace
from typing import Final, assert_never

from bot.values import Untrusted
from cards.model import (
    At,
    Block,
    Button,
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

INCIDENT: Final = "incident"
RUNBOOK: Final = "runbook"
_COMMAND: Final = re.compile(rf"(?<![\w/:.])/({INCIDENT}|{RUNBOOK})(?![\w/-])")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandNames:
    """What the two commands are called here, without the slash."""

    incident: str = INCIDENT
    runbook: str = RUNBOOK

    def in_words(self, words: str) -> str:
        """Return our own words with the commands as they are called here."""
        if self.incident == INCIDENT and self.runbook == RUNBOOK:
            return words
        called = {INCIDENT: self.incident, RUNBOOK: self.runbook}
        return _COMMAND.sub(lambda found: f"/{called[found[1]]}", words)

    def in_card(self, card: Card) -> Card:
        """Return a card with the commands as they are called here."""
        if self.incident == INCIDENT and self.runbook == RUNBOOK:
            return card
        return replace(
            card,
            title=self._line(card.title),
            blocks=tuple(self._block(block) for block in card.blocks),
            buttons=tuple(self._button(button) for button in card.buttons),
            footer=self._line(card.footer),
        )

    def _button(self, button: Button) -> Button:
        consequence = self._line(button.consequence)
        return replace(button, consequence=consequence, confirm=self.in_words(button.confirm))

    def _block(self, block: Block) -> Block:
        match block:
            case Paragraph(lines):
                return Paragraph(tuple(self._line(line) for line in lines))
            case Fields(pairs):
                return Fields(tuple((label, self._line(line)) for label, line in pairs))
            case CodeBlock():
                return replace(block, title=self.in_words(block.title))
            case Section(blocks=blocks):
                return replace(block, blocks=tuple(self._block(inner) for inner in blocks))
            case Steps(steps):
                return Steps(tuple(self._step(step) for step in steps))
            case Notice(line=line):
                return replace(block, line=self._line(line))
            case _:
                assert_never(block)

    def _step(self, step: Step) -> Step:
        return replace(step, title=self._line(step.title))

    def _line(self, line: Line) -> Line:
        return tuple(self._inline(part) for part in line)

    def _inline(self, part: Inline) -> Inline:
        match part:
            case str() | Untrusted():
                return self._words(part)
            case Strong(words):
                return Strong(self._words(words))
            case Code(words):
                return Code(self._words(words))
            case Link(words, url):
                return Link(self._words(words), url)
            case Person() | At():
                return part
            case _:
                assert_never(part)

    def _words(self, words: Words) -> Words:
        return self.in_words(words) if isinstance(words, str) else words
