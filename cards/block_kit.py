"""A card as Slack Block Kit: JSON within the documented limits, no markup language anywhere.

Only the top-level `text` is read as mrkdwn, and there `&`, `<` and `>` are escaped. Modals are in
`cards.block_kit_form`. Limits: https://docs.slack.dev/reference/block-kit/blocks
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.values import CardId, Json, PersonId
from cards import plain
from cards.block_kit_text import (
    MOST_ACTIONS,
    MOST_BLOCKS,
    MOST_BUTTON_TEXT,
    MOST_BUTTON_VALUE,
    MOST_CONFIRM,
    MOST_CONFIRM_BUTTON,
    MOST_CONFIRM_TITLE,
    MOST_FALLBACK,
    MOST_HEADER,
    MOST_LEAF,
    MOST_MESSAGE,
    MOST_OPTION_VALUE,
    MOST_OPTIONS,
    MOST_PLACEHOLDER,
    NOBODY,
    SEARCHED_MENU,
    Node,
    RichText,
    matching,
    option_of,
    plain_text,
    rich,
)
from cards.model import Button, ButtonStyle, Card, Line, Strong
from cards.overflow import Attachment, Cutter, Limits, cut_to, fit
from cards.plaintext import TONE_SYMBOLS

_FOOTER: Final = 500
_TITLE: Final = 1000
_CONSEQUENCES: Final = 1500
_BODY: Final = Limits(
    total=MOST_MESSAGE - MOST_HEADER - _TITLE - _CONSEQUENCES - _FOOTER,
    leaf=MOST_LEAF,
    leaves=MOST_BLOCKS - 6,  # header, long title, consequences, two rows of actions, footer
)
SEARCHED: Final = "answer:menu:"
"""What the action id of a card's menu begins with; the card's id follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackMessage:
    """The arguments of chat.postMessage and chat.update, and files to post beside it."""

    text: str
    blocks: tuple[Node, ...]
    attachments: tuple[Attachment, ...] = ()


def render(
    card: Card,
    *,
    mentions: Mapping[PersonId, str] = NOBODY,
    today: date | None = None,
    file: bool = True,
) -> SlackMessage:
    """Return the message; `mentions` maps people to Slack user ids that may really be called.

    `file`: whether a file can go with it, which none can with what one person alone sees.
    """
    fitted = fit(card, _BODY, today=today, file=file)
    words = RichText(mentions, today)
    blocks = (
        *_head(card, words),
        *(words.leaf(leaf) for leaf in fitted.leaves),
        *_consequences(card, words),
        *_actions(card),
        *_footer(card, today),
    )
    return SlackMessage(
        text=fallback(card, today=today), blocks=blocks, attachments=fitted.attachments
    )


def fallback(card: Card, *, today: date | None = None) -> str:
    """Return the notification's text, escaped as mrkdwn; never a mention, never a link."""
    # Escaping makes one character five at most.
    line = cut_to(plain.headline(card, today=today), MOST_FALLBACK // 5)
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") or "…"


def button_value(card: CardId, option: str) -> str:
    """Return what a press brings back; read it with `pressed`."""
    return f"{card} {option}"


def pressed(value: str) -> tuple[CardId, str] | None:
    """Return card and option of a press, None where the value is not one of ours."""
    card, _, option = value.partition(" ")
    return (CardId(card), option) if card and option else None


def needs_modal(card: Card, button: Button) -> bool:
    """Whether a press opens a modal first: for the form's fields or for a reason."""
    return button.wants_reason or (button.needs_form and bool(card.form))


def found_answers(card: Card, typed: str) -> list[Node]:
    """Return the first hundred options of a card's menu whose words hold everything typed."""
    named = [(button.label, button) for button in card.buttons]
    return [_answer(card, button) for button in matching(named, typed)]


def _head(card: Card, words: RichText) -> Iterator[Node]:
    """Return the title as a header, or as a line of its own where a header cannot hold it."""
    marks = ("DRILL" if card.drill else "", TONE_SYMBOLS[card.tone])
    mark = "".join(f"{word} " for word in marks if word)
    title = f"{mark}{plain.characters(card.title)}"
    if cut_to(title, MOST_HEADER) == title:
        yield {"type": "header", "text": plain_text(title, MOST_HEADER)}
    else:
        yield rich(words.section(Cutter(_TITLE, None).line((mark, *card.title))))


def _consequences(card: Card, words: RichText) -> Iterator[Node]:
    """Say what each button leads to, above the buttons."""
    if len(card.buttons) > MOST_ACTIONS:
        return  # a menu says it beside each option
    lines: list[Line] = [
        (Strong(b.label), " (recommended)" if b.recommended else "", ": ", *b.consequence)
        for b in card.buttons
        if b.consequence
    ]
    if lines:
        cutter = Cutter(_CONSEQUENCES, None)
        yield rich(words.section(*(cutter.line(line) for line in lines)))


def _actions(card: Card) -> Iterator[Node]:
    if not card.buttons:
        return
    if len(card.buttons) <= MOST_ACTIONS:
        elements: list[Json] = [_button(card, n, b) for n, b in enumerate(card.buttons)]
        yield {"type": "actions", "elements": elements}
        return
    yield {"type": "actions", "elements": [_menu(card)]}


def _button(card: Card, n: int, button: Button) -> Node:
    node: Node = {
        "type": "button",
        "action_id": f"answer:{n}",
        "text": plain_text(button.label, MOST_BUTTON_TEXT),
        "value": _value(card, button, MOST_BUTTON_VALUE),
    }
    if button.style is not ButtonStyle.PLAIN:
        node["style"] = button.style.value
    if button.confirm and not needs_modal(card, button):  # a modal asks back by itself
        node["confirm"] = _confirm(button)
    return node


def _confirm(button: Button) -> Node:
    node: Node = {
        "title": plain_text(button.label, MOST_CONFIRM_TITLE),
        "text": plain_text(button.confirm, MOST_CONFIRM),
        "confirm": plain_text(f"Yes: {button.label}", MOST_CONFIRM_BUTTON),
        "deny": plain_text("Cancel", MOST_CONFIRM_BUTTON),
    }
    if button.style is ButtonStyle.DANGER:
        node["style"] = "danger"
    return node


def _menu(card: Card) -> Node:
    """Return a menu, for more answers than buttons; beyond a hundred it is searched."""
    menu: Node = {
        "action_id": f"{SEARCHED}{card.id}",
        "placeholder": plain_text("Choose", MOST_PLACEHOLDER),
    }
    if len(card.buttons) > MOST_OPTIONS:
        for button in card.buttons:
            _value(card, button, MOST_OPTION_VALUE)  # as strict as a menu that is sent
        return menu | SEARCHED_MENU
    options = [_answer(card, button) for button in card.buttons]
    return menu | {"type": "static_select", "options": list(options)}


def _answer(card: Card, button: Button) -> Node:
    option = option_of(_value(card, button, MOST_OPTION_VALUE), button.label)
    consequence = plain.characters(button.consequence)
    if consequence:
        option["description"] = plain_text(consequence, MOST_BUTTON_TEXT)
    return option


def _value(card: Card, button: Button, most: int) -> str:
    value = button_value(card.id, button.option)
    if len(value) > most:
        msg = f"the ids of a card and its option must fit into {most} characters"
        raise ValueError(msg)
    return value


def _footer(card: Card, today: date | None) -> Iterator[Node]:
    text = plain.characters(card.footer, today=today)
    if text:
        yield {"type": "context", "elements": [plain_text(text, _FOOTER)]}
