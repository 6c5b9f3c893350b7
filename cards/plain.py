"""A card as plain text, for terminals, webhooks and notifications; never a mention."""

import re
import textwrap
from collections.abc import Iterator
from datetime import date
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
    FormField,
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
from cards.plaintext import (
    STEP_SYMBOLS,
    TONE_SYMBOLS,
    moment_words,
    seconds_words,
    visible,
    visible_block,
)

# `@here`, `<!channel>`, `<@U1>`, `<#C1>`, `<https://x|y>`: what a chat might bring to life. A
# visible space after the sign keeps the words readable and the sign harmless.
_SIGN: Final = re.compile(r"@(?=\w)|<(?=[!@#/\w])")

_ADDRESS: Final = re.compile(r"(?<=\w):(?=//)")


def render(card: Card, *, today: date | None = None) -> str:
    """Return the whole card as text, commands verbatim, lines ended by a plain newline."""
    lines = [_headline(card, today)]
    for block in card.blocks:
        lines += ["", *_block(block, today)]
    if card.form:
        lines += ["", *(_field(field) for field in card.form)]
    if card.buttons:
        lines += ["", *(_button(button, today) for button in card.buttons)]
    if card.footer:
        lines += ["", _line(card.footer, today)]
    return "\n".join(lines).strip("\n")


def headline(card: Card, *, today: date | None = None) -> str:
    """Return the one line that a notification shows: what it is, and what must be seen."""
    seen = [_headline(card, today)]
    seen += [_line(b.line, today) for b in card.blocks if isinstance(b, Notice)]
    # A notification has no room for links, and chats make one of every address that they see.
    return _ADDRESS.sub("", " — ".join(part for part in seen if part))


def line_text(line: Line, *, today: date | None = None) -> str:
    """Return one line of a card as text."""
    return _line(line, today)


def characters(line: Line, *, today: date | None = None) -> str:
    """Return a line as bare characters, for places that show characters and nothing else."""
    return "".join(_characters(part, today) for part in line)


def _characters(part: Inline, today: date | None) -> str:
    match part:
        case str() | Untrusted():
            return visible(part)
        case Strong(words) | Code(words) | Link(words, _):
            return visible(words)
        case Person(_, name):
            return visible(name)
        case At(moment):
            return moment_words(moment, today)
        case _:
            assert_never(part)


def _headline(card: Card, today: date | None) -> str:
    mark = "DRILL " if card.drill else ""
    symbol = TONE_SYMBOLS[card.tone]
    return f"{mark}{symbol + ' ' if symbol else ''}{_line(card.title, today)}".strip()


def _block(block: Block, today: date | None) -> Iterator[str]:
    match block:
        case Paragraph(lines):
            yield from (_line(line, today) for line in lines)
        case Fields(pairs):
            width = max((len(label) for label, _ in pairs), default=0)
            yield from (f"{label:<{width}}  {_line(line, today)}" for label, line in pairs)
        case CodeBlock():
            yield from [_safe(block.title)] if block.title else []
            yield textwrap.indent(visible_block(block.text.text), "    ", lambda _: True)
        case Section():
            yield f"{visible(block.title)}:"
            for inner in block.blocks:
                yield from (textwrap.indent(text, "  ") for text in _block(inner, today))
        case Steps(steps):
            for step in steps:
                yield from _step(step, today)
        case Notice():
            symbol = TONE_SYMBOLS[block.tone]
            yield f"{symbol + ' ' if symbol else ''}{_line(block.line, today)}"
        case _:
            assert_never(block)


def _step(step: Step, today: date | None) -> Iterator[str]:
    took = "" if step.took is None else f" ({seconds_words(step.took)})"
    state = f"{STEP_SYMBOLS[step.state]} {step.state.value.upper()}"
    yield f"{state}  {_line(step.title, today)}{took}"
    if step.detail is not None and step.detail.text:
        yield textwrap.indent(visible_block(step.detail.text), "    ", lambda _: True)


def _button(button: Button, today: date | None) -> str:
    recommended = " (recommended)" if button.recommended else ""
    consequence = f": {_line(button.consequence, today)}" if button.consequence else ""
    return f"[{_safe(button.label)}]{recommended}{consequence}"


def _field(field: FormField) -> str:
    needed = " (required)" if field.required else ""
    choices = ", ".join(_safe(label) for _, label in field.choices)
    return f"{_safe(field.label)}{needed}" + (f": {choices}" if choices else "")


def _line(line: Line, today: date | None) -> str:
    return "".join(_inline(part, today) for part in line)


def _inline(part: Inline, today: date | None) -> str:
    match part:
        case str() | Untrusted():
            return _safe(part)
        case Strong(words) | Code(words):
            return _safe(words)
        case Person(_, name):
            return _safe(name)
        case At(moment):
            return moment_words(moment, today)
        case Link(words, url):
            return f"{_safe(words)} ({visible(url)})"
        case _:
            assert_never(part)


def _safe(words: Words) -> str:
    if isinstance(words, str):
        return visible(words)
    return _SIGN.sub(lambda sign: f"{sign[0]} ", visible(words))
