"""Fits a card into a platform's limits: cut visibly, and all of it in a file that it names.

Commands and hosts (essential blocks) are never cut: where one does not fit, the message names the
file that holds all of it. Lengths are UTF-16 units, the strictest way in which platforms count.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, TypeAlias, assert_never

from bot.values import Untrusted
from cards import plain
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
from cards.plaintext import moment_words, visible, visible_block


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A text file that goes with the message; `content` is to be sent as UTF-8.

    A file of the same `edition` (a few characters) that is there already serves as well: what
    people need it for is the same, though other parts of the card have moved on.
    """

    name: str
    content: str
    edition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the body of one message may hold: units in all, units in one leaf, and leaves."""

    total: int
    leaf: int
    leaves: int


LeafBlock: TypeAlias = Paragraph | Fields | CodeBlock | Steps | Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A block without sections; `title` is that of the section that begins with it."""

    title: str
    block: LeafBlock


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A body within its limits, and the file with everything where something is missing."""

    leaves: tuple[Leaf, ...]
    attachments: tuple[Attachment, ...]


def fit(card: Card, limits: Limits, *, today: date | None = None, file: bool = True) -> Fitted:
    """Return the card's blocks within the limits, the first ones first.

    `file`: whether a file can go with the message; where none can the console is named instead.
    """
    fitting = _Fitting(card, limits, today, file=file)
    leaves = fitting.essentials_first(tuple(_leaves(card.blocks)))
    for n, leaf in enumerate(leaves):
        fitting.take(leaf, later=leaves[n + 1 :])
    return fitting.done()


class _Fitting:
    """One message being filled: what is left of it, and whether something was left out."""

    def __init__(self, card: Card, limits: Limits, today: date | None, *, file: bool) -> None:
        self._card = card
        self._limits = limits
        self._today = today
        self._file = file
        all_of_it = f"Not everything fits here. All of it: {file_name(card)}{_made(card)}"
        self._words = all_of_it if file else _LESS
        self._left = limits.total - units(self._words) - 1
        self._kept: list[Leaf] = []
        self._cut = False

    def essentials_first(self, leaves: tuple[Leaf, ...]) -> tuple[Leaf, ...]:
        """Put the file's name in the place of every essential block that does not fit."""
        needed = [leaf for leaf in leaves if _essential(leaf)]
        room = self._left - sum(_size(self._elsewhere(leaf)) for leaf in needed)
        fitted: list[Leaf] = []
        for leaf in leaves:
            if not _essential(leaf):
                fitted.append(leaf)
            elif (size := _size(leaf)) <= min(room, self._limits.leaf):
                room -= size
                fitted.append(leaf)
            else:
                self._cut = True
                fitted.append(self._elsewhere(leaf))
        return tuple(fitted)

    def take(self, leaf: Leaf, later: tuple[Leaf, ...]) -> None:
        """Add a leaf, or as much of it as leaves room for the essential ones that come later."""
        waiting = [other for other in later if _essential(other)]
        reserved = 0 if _essential(leaf) else sum(_size(other) for other in waiting)
        places = self._limits.leaves - 1 - len(self._kept) - len(waiting) * (not _essential(leaf))
        most = min(self._limits.leaf, self._left - reserved)
        # The size is asked for last: it costs as much as the copy itself.
        if places < 1 or (not _essential(leaf) and most < _LEAST and most < _size(leaf)):
            self._cut = True
            return
        cutter = Cutter(most, self._today)
        self._kept.append(cutter.leaf(leaf))
        self._left -= cutter.spent
        self._cut = self._cut or cutter.cut

    def done(self) -> Fitted:
        """Name the file where something is missing."""
        if not self._cut:
            return Fitted(leaves=tuple(self._kept), attachments=())
        told = Leaf(title="", block=Paragraph(((self._words,),)))
        files = (whole_card_file(self._card, self._today),) if self._file else ()
        return Fitted(leaves=(*self._kept, told), attachments=files)

    def _elsewhere(self, leaf: Leaf) -> Leaf:
        """Return what stands for an essential block that is too long: where all of it is."""
        if not isinstance(leaf.block, CodeBlock):
            return leaf
        lines = leaf.block.text.text.count("\n") + 1
        place = f"in the file {file_name(self._card)}" if self._file else "in the console"
        words = f"All {lines} lines are {place}: read it before you answer."
        block = CodeBlock(title=leaf.block.title, text=Untrusted(words), essential=True)
        return Leaf(title=leaf.title, block=block)


class Cutter:
    """Copies parts of a card until `most` units are spent; what is shown is what is counted.

    Text comes back as it will be seen, so that a renderer only has to escape it.
    """

    def __init__(self, most: int, today: date | None) -> None:
        self._most = most
        self._today = today
        self.spent = 0
        self.cut = False

    def leaf(self, leaf: Leaf) -> Leaf:
        """Copy a leaf with its section's title."""
        return Leaf(title=self._text(leaf.title, extra=1), block=self._block(leaf.block))

    def line(self, line: Line) -> Line:
        """Copy a line; what comes after the cut is left out."""
        return tuple(part for part in map(self._inline, line) if part is not None)

    def _block(self, block: LeafBlock) -> LeafBlock:
        match block:
            case Paragraph(lines):
                return Paragraph(self._lines(lines))
            case Fields(pairs):
                return Fields(tuple(self._pair(*pair) for pair in pairs if self._room))
            case CodeBlock():
                return self._code(block)
            case Steps(steps):
                return Steps(tuple(self._step(step) for step in steps if self._room))
            case Notice():
                self._spend(2)
                return replace(block, line=self.line(block.line))
            case _:
                assert_never(block)

    @property
    def _room(self) -> bool:
        """Whether there is room for one more; asked once per item, so that a cut is noticed."""
        if self.spent < self._most:
            return True
        self.cut = True
        return False

    def _lines(self, lines: tuple[Line, ...]) -> tuple[Line, ...]:
        kept: list[Line] = []
        for line in lines:
            if not self._room:
                break
            self._spend(1)
            kept.append(self.line(line))
        return tuple(kept)

    def _pair(self, label: str, line: Line) -> tuple[str, Line]:
        return self._text(label, extra=3), self.line(line)

    def _code(self, block: CodeBlock) -> CodeBlock:
        title = self._text(block.title, extra=2)
        shown = visible_block(block.text.text)
        if block.essential:
            self._spend(units(shown))
            return replace(block, title=title, text=Untrusted(shown))
        return replace(block, title=title, text=Untrusted(self._text(shown, shown=True)))

    def _step(self, step: Step) -> Step:
        self._spend(_STEP_WORDS)
        title = self.line(step.title)
        if step.detail is None or not step.detail.text:
            return replace(step, title=title, detail=None)
        shown = visible_block(step.detail.text)
        short = cut_to(shown, _STEP_DETAIL)
        self.cut = self.cut or short != shown
        return replace(step, title=title, detail=Untrusted(self._text(short, extra=1, shown=True)))

    def _inline(self, part: Inline) -> Inline | None:
        if not self._room:
            return None
        match part:
            case str() | Untrusted():
                return self._words(part)
            case Strong(words):
                return Strong(self._words(words))
            case Code(words):
                return Code(self._words(words))
            case Person(ident, name):
                return Person(ident, Untrusted(self._text(visible(name))))
            case At(moment):
                self._spend(units(moment_words(moment, self._today)))
                return part
            case Link(words, url):
                self._spend(units(url))
                return Link(self._words(words), url)
            case _:
                assert_never(part)

    def _words(self, words: Words) -> Words:
        text = self._text(visible(words), shown=True)
        return text if isinstance(words, str) else Untrusted(text)

    def _text(self, text: str, *, extra: int = 0, shown: bool = False) -> str:
        if not text:
            self._spend(extra)
            return ""
        text = text if shown else visible(text)
        short = cut_to(text, self._most - self.spent - extra)
        self.cut = self.cut or short != text
        self._spend(units(short) + extra)
        return short

    def _spend(self, n: int) -> None:
        self.spent += n


def whole_card_file(card: Card, today: date | None) -> Attachment:
    """Return the whole card as a text file, commands and hosts verbatim."""
    content = plain.render(card, today=today) + "\n"
    return Attachment(name=file_name(card), content=content, edition=_edition(card, content))


def file_name(card: Card) -> str:
    """Return the file's name, which the message says before the file exists.

    Ids that no person would type are told apart by their end.
    """
    stem = "".join(c if c.isascii() and c.isalnum() else "-" for c in card.id or card.kind)
    return f"{stem if len(stem) <= _READABLE else f'{card.kind}-{stem[-_TAIL:]}'}.txt"


def units(text: str) -> int:
    """Count UTF-16 units; a character outside the basic plane counts two."""
    return len(text) + sum(1 for c in text if c > "\uffff") if not text.isascii() else len(text)


def cut_to(text: str, most: int) -> str:
    """Return `text` within `most` units, ended by a word where something is missing."""
    if units(text) <= most:
        return text
    note = _CUT if most >= _WORTH_A_WORD else "…"
    room = max(0, most - units(note))
    encoded = text.encode("utf-16-le", "surrogatepass")[: room * 2]
    return (encoded.decode("utf-16-le", "ignore") + note)[: max(most, 0)]


_LIVE: Final = "live"
_LESS: Final = "Not everything fits here: ask for less, or look in the console."
_DIGITS: Final = 12
_READABLE: Final = 20
_TAIL: Final = 8
"""Characters of an id that a person reads, and of the end of a longer one."""
_CUT: Final = "… [cut]"
_WORTH_A_WORD: Final = 100
"""Units from which a cut is said in a word; a label has room for three dots only."""
_LEAST: Final = 60
"""Units below which a cut block says nothing any more and is left out."""
_EVERYTHING: Final = 1 << 40
_STEP_WORDS: Final = 24
"""Units of a step's symbol, state and duration."""
_STEP_DETAIL: Final = 600
"""Units of one step's output in a message."""


def _leaves(blocks: tuple[Block, ...], title: str = "") -> Iterator[Leaf]:
    for block in blocks:
        if isinstance(block, Section):
            yield from _leaves(block.blocks, block.title)
        else:
            yield Leaf(title=title, block=block)
        title = ""


def _made(card: Card) -> str:
    """Say of what moment a file is that is not made anew with every edit."""
    once = card.live and not any(_essential(leaf) for leaf in _leaves(card.blocks))
    return ", made when it first did not fit, and again at the end" if once else ""


def _edition(card: Card, content: str) -> str:
    """Tell files apart: by what must not be missing, else by whether it goes on, else wholly."""
    needed = [
        leaf.block.text.text
        for leaf in _leaves(card.blocks)
        if isinstance(leaf.block, CodeBlock) and leaf.block.essential
    ]
    if card.live and not needed:
        return _LIVE
    text = "\0".join(needed) or content
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def _essential(leaf: Leaf) -> bool:
    return isinstance(leaf.block, CodeBlock) and leaf.block.essential


def _size(leaf: Leaf) -> int:
    counter = Cutter(_EVERYTHING, None)
    counter.leaf(leaf)
    return counter.spent
