"""A form in Telegram: one question after the other, with pages, check marks and a last look.

What a press means is in its callback data, `f:<talk>:<step>:<mark>`: those of an earlier question
are told from those of the one that waits now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from cards.model import Button, Card, FieldKind, FormField
from cards.overflow import cut_to
from cards.plaintext import visible, visible_block
from cards.telegram_html import MOST_CALLBACK_BYTES, Key, TelegramMessage

MARK: Final = "f:"
KEEP: Final = "k"
SKIP: Final = "s"
BACK: Final = "b"
CANCEL: Final = "x"
DONE: Final = "d"
SEND: Final = "!"
CHOICE: Final = "c"
PAGE: Final = "p"
GO: Final = "g"
"""What the keys of a question mean; `c`, `p` and `g` are followed by a number."""

PER_PAGE: Final = 8
_LABEL: Final = 60
_SHOWN: Final = 2300
"""Units of an answer that is shown for copying or keeping."""
_LINE: Final = 200
_TITLE: Final = 800
_MOST_FIELDS: Final = 40
_MOST_ROWS: Final = 45
"""Answers that a message lists: each may take two of its hundred entities."""
_ROWS: Final = 3000
"""Units that all of them share."""
_TYPED: Final = frozenset(
    {FieldKind.TEXT, FieldKind.MULTILINE, FieldKind.NUMBER, FieldKind.DATE_TIME}
)
REASON: Final = FormField(
    name="reason", label="Reason", kind=FieldKind.MULTILINE, help="why you decide so"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The question that waits: `talk` and `step` go into every key; `chosen` are its answers.

    `send` is the label of the form's button where it may be pressed before the last question.
    """

    talk: int
    step: int
    of: int
    title: str
    field: FormField
    chosen: str = ""
    page: int = 0
    fault: str = ""
    send: str = ""


def asks(card: Card, button: Button) -> bool:
    """Whether a press leads to questions first: for the form's fields or for a reason."""
    return button.wants_reason or (button.needs_form and bool(card.form))


def is_typed(field: FormField) -> bool:
    """Whether the answer is written, not chosen."""
    return field.kind in _TYPED or not choices(field)


def choices(field: FormField) -> Sequence[tuple[str, str]]:
    """Return value and label of everything that can be chosen."""
    if field.kind is FieldKind.CHECKBOX:
        return (("yes", "Yes"), ("", "No"))
    return field.choices


def question(asked: Question) -> TelegramMessage:
    """Return the message that asks for one field."""
    field = asked.field
    needed = "" if field.required else " (may be left out)"
    lines = [f"<code>{_text(asked.title, _TITLE)}</code>"]
    lines += [f"{asked.step + 1} of {asked.of}: {_named(field.label)}{needed}"]
    if field.help:
        lines += [f"<code>{_text(field.help)}</code>"]
    lines += [_how(field)]
    if asked.chosen and is_typed(field):
        kept = escape(cut_to(visible_block(asked.chosen), _SHOWN), quote=False)
        lines += [f"Now:\n<pre>{kept}</pre>"]
    if asked.fault:
        lines += [f"⚠️ {_named(field.label)}: <code>{_text(asked.fault)}</code>"]
    return TelegramMessage(html="\n".join(lines), keyboard=_keys(asked))


def answered(field: FormField, value: str) -> str:
    """Return the line, as HTML, that an answered question is replaced with."""
    return _row(field, value, 2 * _LINE)


def answers(fields: Sequence[FormField], values: Mapping[str, str]) -> str:
    """Return such a line for each field; what they share of a message is shared out evenly."""
    listed = fields[:_MOST_ROWS]
    most = min(2 * _LINE, _ROWS // max(len(listed), 1))
    rows = [_row(field, values.get(field.name, ""), most) for field in listed]
    more = len(fields) - len(listed)
    return "\n".join([*rows, *([f"and {more} more"] if more else [])])


def last_look(
    talk: int, title: str, label: str, fields: Sequence[FormField], values: Mapping[str, str]
) -> TelegramMessage:
    """Return all answers, each with a key that leads back to it, and the key that sends them."""
    step = len(fields)
    lines = [f"<code>{_text(title, _TITLE)}</code>", answers(fields, values)]
    change = [
        _key(talk, step, f"{GO}{n}", f"Change: {field.label}")
        for n, field in enumerate(fields[:_MOST_FIELDS])
    ]
    rows = [(_key(talk, step, SEND, label),), *_pairs(change), (_cancel(talk, step),)]
    return TelegramMessage(html="\n".join(lines), keyboard=tuple(rows))


def shown(field: FormField, value: str) -> str:
    """Return an answer in the words of its choices."""
    known = dict(choices(field))
    values = value.split(",") if field.kind is FieldKind.MULTI_SELECT else [value]
    words = ", ".join(known.get(one, one) for one in values)
    return words or "—"


def read(data: str) -> tuple[int, int, str] | None:
    """Return talk, step and mark of a press; None where it is of no question of ours."""
    mark, _, rest = data.partition(":")
    talk, _, rest = rest.partition(":")
    step, _, what = rest.partition(":")
    if f"{mark}:" != MARK or not (talk.isascii() and talk.isdigit()):
        return None
    return (int(talk), int(step), what) if step.isascii() and step.isdigit() and what else None


def _row(field: FormField, value: str, most: int) -> str:
    """Return label and answer in at most so many units, the answer's share the larger."""
    label, rest = most // 3, most - most // 3 - len(": ")
    return f"{_named(field.label, label)}: <code>{_text(shown(field, value), rest)}</code>"


def _how(field: FormField) -> str:
    if not is_typed(field):
        more = field.kind is FieldKind.MULTI_SELECT
        return "Tick, then press Done." if more else "Press one."
    return {
        FieldKind.NUMBER: "Write a number.",
        FieldKind.DATE_TIME: "Write date and time in UTC, as 2026-11-21T10:42.",
    }.get(field.kind, "Write it to me as a message.")


def _keys(asked: Question) -> tuple[tuple[Key, ...], ...]:
    field, talk, step = asked.field, asked.talk, asked.step
    rows: list[tuple[Key, ...]] = [] if is_typed(field) else _choice_rows(asked)
    last: list[Key] = []
    if field.kind is FieldKind.MULTI_SELECT and not is_typed(field):
        count = len([one for one in asked.chosen.split(",") if one])
        last.append(_key(talk, step, DONE, f"Done ({count})"))
    elif asked.chosen:
        last.append(_key(talk, step, KEEP, "Keep it"))
    if not field.required and field.kind is not FieldKind.CHECKBOX:
        last.append(_key(talk, step, SKIP, "Leave out"))
    if step:
        last.append(_key(talk, step, BACK, "Back"))
    last.append(_cancel(talk, step))
    early = ((_key(talk, step, SEND, f"{asked.send} now"),),) if asked.send else ()
    return (*rows, *early, tuple(last))


def _choice_rows(asked: Question) -> list[tuple[Key, ...]]:
    """Return one page of choices, each in a row of its own, and the way to the other pages."""
    many = asked.field.kind is FieldKind.MULTI_SELECT
    ticked = asked.chosen.split(",") if many else [asked.chosen]
    listed = choices(asked.field)
    start = asked.page * PER_PAGE
    rows: list[tuple[Key, ...]] = []
    for number, (value, label) in enumerate(listed[start : start + PER_PAGE], start):
        mark = ("☑ " if value in ticked else "☐ ") if many else "• " * (value in ticked)
        rows.append((_key(asked.talk, asked.step, f"{CHOICE}{number}", f"{mark}{label or value}"),))
    pages = -(-len(listed) // PER_PAGE)
    if pages > 1:
        rows.append(_turns(asked, pages))
    return rows


def _turns(asked: Question, pages: int) -> tuple[Key, ...]:
    before, after = (asked.page - 1) % pages, (asked.page + 1) % pages
    return (
        _key(asked.talk, asked.step, f"{PAGE}{before}", "◀ Previous"),
        _key(asked.talk, asked.step, f"{PAGE}{after}", f"Next ▶ ({asked.page + 1} of {pages})"),
    )


def _cancel(talk: int, step: int) -> Key:
    return _key(talk, step, CANCEL, "Cancel")


def _key(talk: int, step: int, mark: str, label: str) -> Key:
    data = f"{MARK}{talk}:{step}:{mark}"
    if len(data.encode()) > MOST_CALLBACK_BYTES:
        msg = f"callback data must have at most {MOST_CALLBACK_BYTES} bytes"
        raise ValueError(msg)
    return Key(text=cut_to(visible(label), _LABEL) or "…", callback_data=data)


def _pairs(keys: Sequence[Key]) -> list[tuple[Key, ...]]:
    return [tuple(keys[n : n + 2]) for n in range(0, len(keys), 2)]


def _named(label: str, most: int = _LINE) -> str:
    """Return a label in bold where it is plain words; a program may have written any."""
    plain = all(c.isalpha() or c == " " for c in label)
    shown = _text(label, most)
    return f"<b>{shown}</b>" if plain else f"<code>{shown}</code>"


def _text(words: str, most: int = _LINE) -> str:
    return escape(cut_to(visible(words), most), quote=False)
