"""A card as Telegram HTML with its keyboard, within the Bot API's limits.

Telegram makes mentions, links and commands of what looks like one, everywhere but inside `code`
and `pre`: so everything that somebody else wrote goes there. Limits count UTF-16 units after the
markup is parsed: https://core.telegram.org/bots/api#html-style
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from html import escape
from types import MappingProxyType
from typing import Final, TypeAlias, assert_never

from bot.values import CardId, PersonId, Untrusted
from cards import plain
from cards.model import (
    At,
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
    Step,
    Steps,
    Strong,
    Words,
)
from cards.overflow import Attachment, Cutter, Leaf, LeafBlock, Limits, cut_to, fit
from cards.plaintext import (
    STEP_SYMBOLS,
    TONE_SYMBOLS,
    moment_words,
    seconds_words,
    visible,
    visible_block,
)

MOST_TEXT: Final = 4096
MOST_ENTITIES: Final = 100
MOST_BUTTONS: Final = 100
MOST_PER_ROW: Final = 8
MOST_CALLBACK_BYTES: Final = 64
MOST_CALLBACK_ANSWER: Final = 200
MOST_TOPIC_NAME: Final = 128

_TITLE: Final = 400
_CONSEQUENCES: Final = 700
_FOOTER: Final = 300
_LEAVES: Final = 30
_BODY: Final = Limits(
    # Blank lines between the parts, and the symbol and mark before the title.
    total=MOST_TEXT - _TITLE - _CONSEQUENCES - _FOOTER - 2 * _LEAVES - 40,
    leaf=MOST_TEXT,
    leaves=_LEAVES,
)
_LABEL: Final = 60
"""Units of a button's text: what a phone shows of a whole row; the API names no limit."""
_SHORT_LABEL: Final = 14
_NOBODY: Final[Mapping[PersonId, int]] = MappingProxyType({})

Pack: TypeAlias = Callable[[CardId, str], str]
"""Makes callback data of a card and an option: an opaque id of at most 64 bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One button of an inline keyboard."""

    text: str
    callback_data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramMessage:
    """Text for `parse_mode=HTML`, rows of an inline keyboard, and files to send beside it."""

    html: str
    keyboard: tuple[tuple[Key, ...], ...] = ()
    attachments: tuple[Attachment, ...] = ()


def render(
    card: Card,
    *,
    pack: Pack,
    mentions: Mapping[PersonId, int] = _NOBODY,
    today: date | None = None,
) -> TelegramMessage:
    """Return the message; `mentions` maps people to Telegram user ids that may really be called."""
    fitted = fit(card, _BODY, today=today)
    page = _Page(mentions, today)
    parts = [page.title(card)]
    parts += page.leaves(fitted.leaves)
    parts += page.closing(_answers(card), _CONSEQUENCES)
    parts += page.closing((card.footer,) if card.footer else (), _FOOTER)
    return TelegramMessage(
        html="\n\n".join(parts), keyboard=keyboard(card, pack), attachments=fitted.attachments
    )


def keyboard(card: Card, pack: Pack) -> tuple[tuple[Key, ...], ...]:
    """Return the rows: short labels side by side, long ones each in a row of its own."""
    keys = [_key(b, pack(card.id, b.option)) for b in card.buttons[:MOST_BUTTONS]]
    if all(len(key.text) <= _SHORT_LABEL for key in keys):
        return tuple(tuple(keys[n : n + 3]) for n in range(0, len(keys), 3))
    if len(keys) > MOST_PER_ROW:
        return tuple(tuple(keys[n : n + 2]) for n in range(0, len(keys), 2))
    return tuple((key,) for key in keys)


def asking_back(button: Button, *, yes: str, no: str) -> TelegramMessage:
    """Return the second question of a button that asks back; `yes` and `no` are callback data."""
    words = escape(cut_to(visible(button.confirm), MOST_TEXT), quote=False)
    rows = ((_checked(f"Yes: {button.label}", yes), _checked("Cancel", no)),)
    return TelegramMessage(html=words or "…", keyboard=rows)


def callback_answer(text: str) -> str:
    """Return the short answer that a press gets at once, within its limit."""
    return cut_to(visible(text), MOST_CALLBACK_ANSWER)


class _Page:
    """A message being written: counts the entities, of which Telegram honours a hundred."""

    def __init__(self, mentions: Mapping[PersonId, int], today: date | None) -> None:
        self._mentions = mentions
        self._today = today
        self._left = MOST_ENTITIES

    def title(self, card: Card) -> str:
        """Return the first line."""
        symbol = TONE_SYMBOLS[card.tone]
        mark = f"{'DRILL ' if card.drill else ''}{symbol} ".lstrip()
        line = Cutter(_TITLE, self._today).line(card.title)
        return self._either([(mark, *(_loud(part) for part in line))], keep=2 * _LEAVES + 5) or "…"

    def leaves(self, leaves: Iterable[Leaf]) -> list[str]:
        """Return each leaf as a part of its own; with many entities before it, as one `pre`."""
        waiting = list(leaves)
        return [self._leaf(leaf, keep=2 * (len(waiting) - n) + 3) for n, leaf in enumerate(waiting)]

    def closing(self, lines: tuple[Line, ...], most: int) -> list[str]:
        """Return the small lines at the end."""
        cutter = Cutter(most - len(lines), self._today)
        cut = [line for line in (cutter.line(line) for line in lines) if line]
        return [self._either(cut, keep=2)] if cut else []

    def _leaf(self, leaf: Leaf, keep: int) -> str:
        block = leaf.block
        if isinstance(block, CodeBlock):
            title = " — ".join(words for words in (leaf.title, block.title) if words)
            before = f"{self._either([(Code(title),)], keep=keep)}\n" if title else ""
            self._left -= 1
            return f"{before}<pre>{_escaped(visible_block(block.text.text)) or ' '}</pre>"
        lines: list[Line] = [(Strong(leaf.title),)] if leaf.title else []
        lines += _lines(block)
        return self._either(lines, keep=keep)

    def _either(self, lines: list[Line], keep: int) -> str:
        """Return lines with their markup, or as one `pre` where entities would run out.

        `keep` entities stay for what must still come.
        """
        needed = sum(_entities(part) for line in lines for part in line)
        if needed + keep > self._left:
            self._left -= 1
            text = "\n".join(plain.characters(line, today=self._today) for line in lines)
            return f"<pre>{_escaped(text) or ' '}</pre>"
        self._left -= needed
        return "\n".join("".join(self._inline(part) for part in line) for line in lines)

    def _inline(self, part: Inline) -> str:
        match part:
            case str():
                return _escaped(visible(part))
            case Untrusted() | Code():
                return _code(part if isinstance(part, Untrusted) else part.words)
            case Strong(words):
                return _code(words) if isinstance(words, Untrusted) else _bold(words)
            case Person(ident, name):
                user = self._mentions.get(ident)
                shown = _escaped(visible(name))
                return f'<a href="tg://user?id={user:d}">{shown}</a>' if user else _code(name)
            case At(moment):
                return moment_words(moment, self._today)
            case Link(words, url):
                return _link(words, url)
            case _:
                assert_never(part)


def _lines(block: LeafBlock) -> list[Line]:
    match block:
        case Paragraph(lines):
            return list(lines)
        case Fields(pairs):
            return [(f"{label}: ", *line) for label, line in pairs]
        case Steps(steps):
            return [line for step in steps for line in _step(step)]
        case Notice(tone=tone, line=line):
            return [(f"{TONE_SYMBOLS[tone]} ".lstrip(), *(_loud(part) for part in line))]
        case CodeBlock(title=title, text=text):
            return [(title,), *((Code(Untrusted(row)),) for row in text.text.split("\n"))]
        case _:
            assert_never(block)


def _step(step: Step) -> list[Line]:
    took = "" if step.took is None else f" ({seconds_words(step.took)})"
    state = f"{STEP_SYMBOLS[step.state]} {step.state.value.upper()}  "
    lines: list[Line] = [(state, *step.title, took)]
    if step.detail is not None:
        shown = visible_block(step.detail.text).split("\n")
        lines += [(Code(Untrusted(row)),) for row in shown if row]
    return lines


def _answers(card: Card) -> tuple[Line, ...]:
    """Say what each button leads to, and what a form will ask for."""
    lines: list[Line] = [
        (_named(b.label), " (recommended)" if b.recommended else "", ": ", *b.consequence)
        for b in card.buttons[:MOST_BUTTONS]
        if b.consequence
    ]
    more = len(card.buttons) - MOST_BUTTONS
    if more > 0:
        lines.append((f"and {more} more answers: use the command",))
    if card.form and card.buttons:
        lines.append(("Asks for: ", ", ".join(field.label for field in card.form)))
    return tuple(lines)


def _named(label: str) -> Inline:
    """Return a label in bold where it is plain words; a runbook's author may have written any."""
    return Strong(label) if all(c.isalpha() or c == " " for c in label) else Code(label)


def _loud(part: Inline) -> Inline:
    return Strong(part) if isinstance(part, str) else part


def _entities(part: Inline) -> int:
    return 0 if isinstance(part, str | At) else 1


def _key(button: Button, data: str) -> Key:
    return _checked(button.label, data)


def _checked(label: str, data: str) -> Key:
    if not 1 <= len(data.encode()) <= MOST_CALLBACK_BYTES:
        msg = f"callback data must have 1 to {MOST_CALLBACK_BYTES} bytes"
        raise ValueError(msg)
    return Key(text=cut_to(visible(label), _LABEL) or "…", callback_data=data)


def _code(words: Words) -> str:
    shown = visible(words)
    return f"<code>{_escaped(shown)}</code>" if shown else ""


def _bold(words: str) -> str:
    shown = visible(words)
    return f"<b>{_escaped(shown)}</b>" if shown.strip() else _escaped(shown)


def _link(words: Words, url: str) -> str:
    shown = visible(words)
    if not shown.strip():
        return ""  # Telegram drops a link without words, and refuses a message of nothing else
    if url.startswith(("https://", "http://")):
        return f'<a href="{escape(url)}">{_escaped(shown)}</a>'
    return f"{_code(words)} {_code(url)}"


def _escaped(text: str) -> str:
    return escape(text, quote=False)
