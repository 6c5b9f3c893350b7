"""The two commands as they are called here: our own words follow, those of others do not."""

import re
from dataclasses import dataclass, replace
from typing import Final

from cards.model import Button, Card, CodeBlock, Words
from cards.rewriting import Rewriting

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
        ours = Rewriting(words=self._words, code=self._code)
        buttons = tuple(self._button(button, ours) for button in card.buttons)
        return replace(ours.card(card), buttons=buttons)

    def _button(self, button: Button, ours: Rewriting) -> Button:
        consequence = ours.line(button.consequence)
        return replace(button, consequence=consequence, confirm=self.in_words(button.confirm))

    def _code(self, block: CodeBlock) -> CodeBlock:
        return replace(block, title=self.in_words(block.title))

    def _words(self, words: Words) -> Words:
        return self.in_words(words) if isinstance(words, str) else words
