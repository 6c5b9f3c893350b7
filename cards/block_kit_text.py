"""What Slack's blocks are made of: rich and plain text within the documented limits, and options.

All words go into `rich_text` and `plain_text` nodes, which Slack shows as characters: nothing in
them can become a mention, a link or formatting. https://docs.slack.dev/reference/block-kit/blocks
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final, TypeAlias, TypeVar, assert_never

from bot.values import Json, PersonId, Untrusted
from cards.model import (
    At,
    Code,
    CodeBlock,
    Fields,
    Inline,
    Line,
    Link,
    Notice,
    Paragraph,
    Person,
    Step,
    Steps,
    Strong,
    Words,
)
from cards.overflow import Leaf, cut_to
from cards.plaintext import (
    STEP_SYMBOLS,
    TONE_SYMBOLS,
    moment_words,
    seconds_words,
    visible,
    visible_block,
)

Node: TypeAlias = dict[str, Json]

MOST_BLOCKS: Final = 50
MOST_MODAL_BLOCKS: Final = 100
MOST_HEADER: Final = 150
MOST_ACTIONS: Final = 25
MOST_OPTIONS: Final = 100
MOST_BUTTON_TEXT: Final = 75
MOST_BUTTON_VALUE: Final = 2000
MOST_OPTION_VALUE: Final = 150
MOST_CONFIRM_TITLE: Final = 100
MOST_CONFIRM: Final = 300
MOST_CONFIRM_BUTTON: Final = 30
MOST_MODAL_TITLE: Final = 24
MOST_LABEL: Final = 2000
MOST_INPUT: Final = 3000
MOST_TICKS: Final = 10
MOST_PLACEHOLDER: Final = 150
MOST_URL: Final = 3000
MOST_FALLBACK: Final = 3900
"""Of the top-level text, which Slack advises to keep under 4,000; escaping included."""
MOST_LEAF: Final = 3000
"""Of one block: the limit of a section, kept for rich text too, whose own is not documented."""
MOST_MESSAGE: Final = 12_000
"""Of all blocks: beyond some 13,200 Slack answers msg_blocks_too_long (bolt-js issue 2509)."""

NOBODY: Final[Mapping[PersonId, str]] = MappingProxyType({})
SEARCHED_MENU: Final[Node] = {"type": "external_select", "min_query_length": 0}
"""In the place of a menu with more options than it can hold."""
_SLACK_USER: Final = re.compile(r"[UW][A-Z0-9]{2,20}")

T = TypeVar("T")


class RichText:
    """Lines and blocks as rich text, whose text nodes Slack shows as characters."""

    def __init__(self, mentions: Mapping[PersonId, str], today: date | None) -> None:
        self._mentions = mentions
        self._today = today

    def leaf(self, leaf: Leaf) -> Node:
        """Return one block; a section's title is its first line."""
        title = [self.section((Strong(leaf.title), "\n"))] if leaf.title else []
        return rich(*title, *self._elements(leaf))

    def section(self, *lines: Line) -> Node:
        """Return lines as one section; an empty one holds a space, because Slack refuses none."""
        nodes: list[Json] = []
        for n, line in enumerate(lines):
            nodes += [_text("\n")] if n else []
            nodes += [node for part in line for node in self._inline(part)]
        return {"type": "rich_text_section", "elements": nodes or [_text(" ")]}

    def _elements(self, leaf: Leaf) -> Iterator[Node]:
        match leaf.block:
            case Paragraph(lines):
                yield self.section(*lines)
            case Fields(pairs):
                yield self.section(*((Strong(f"{label}: "), *line) for label, line in pairs))
            case CodeBlock(title=title, text=text):
                if title:
                    yield self.section((Strong(title),))
                yield _preformatted(text)
            case Steps(steps):
                for step in steps:
                    yield from self._step(step)
            case Notice(tone=tone, line=line):
                symbol = f"{TONE_SYMBOLS[tone]} ".lstrip()
                yield self.section((symbol, *(_loud(part) for part in line)))
            case _:
                assert_never(leaf.block)

    def _step(self, step: Step) -> Iterator[Node]:
        took: Line = () if step.took is None else (f" ({seconds_words(step.took)})",)
        state = Strong(f"{STEP_SYMBOLS[step.state]} {step.state.value.upper()} ")
        yield self.section((state, *step.title, *took))
        if step.detail is not None and step.detail.text:
            yield _preformatted(step.detail)

    def _inline(self, part: Inline) -> Iterator[Node]:
        match part:
            case str() | Untrusted():
                yield from _texts(part)
            case Strong(words):
                yield from _texts(words, bold=True)
            case Code(words):
                yield from _texts(words, code=True)
            case Person(ident, name):
                user = self._mentions.get(ident, "")
                if _SLACK_USER.fullmatch(user):
                    yield {"type": "user", "user_id": user}
                else:
                    yield from _texts(name, bold=True)
            case At(moment):
                yield _text(moment_words(moment, self._today))
            case Link(words, url):
                yield from _link(words, url)
            case _:
                assert_never(part)


def rich(*elements: Node) -> Node:
    """Return a block of rich text."""
    return {"type": "rich_text", "elements": list(elements)}


def plain_text(text: str, most: int) -> Node:
    """Return plain text, cut to `most` characters, and something where there is nothing."""
    return {"type": "plain_text", "text": cut_to(visible(text), most) or "…", "emoji": False}


def option_of(value: str, label: str) -> Node:
    """Return one option of a menu; ValueError where its value cannot be carried."""
    if len(value) > MOST_OPTION_VALUE:
        msg = f"the value of an option must fit into {MOST_OPTION_VALUE} characters"
        raise ValueError(msg)
    return {"text": plain_text(label, MOST_BUTTON_TEXT), "value": value}


def matching(named: Sequence[tuple[str, T]], typed: str) -> list[T]:
    """Return what matches, that which begins with it first; otherwise in the card's own order."""
    wanted = typed.casefold().split()
    matching = [(w.casefold(), item) for w, item in named if all(p in w.casefold() for p in wanted)]
    matching.sort(key=lambda found: not found[0].startswith(typed.casefold().strip()))
    return [item for _, item in matching[:MOST_OPTIONS]]


def _loud(part: Inline) -> Inline:
    return Strong(part) if isinstance(part, str | Untrusted) else part


def _texts(words: Words, **style: bool) -> Iterator[Node]:
    """Return a text node, none for no text: Slack refuses empty ones."""
    text = words if words == "\n" else visible(words)
    if text:
        yield _text(str(text), **style)


def _text(text: str, **style: bool) -> Node:
    return {"type": "text", "text": text, **({"style": dict(style)} if style else {})}


def _link(words: Words, url: str) -> Iterator[Node]:
    if url.startswith(("https://", "http://")) and len(url) <= MOST_URL and visible(words):
        yield {"type": "link", "url": url, "text": visible(words)}
    else:
        yield from _texts(words)
        yield _text(f" ({visible(url)})")


def _preformatted(text: Untrusted) -> Node:
    shown = visible_block(text.text) or " "
    return {"type": "rich_text_preformatted", "elements": [_text(shown)]}
