"""A card as Slack Block Kit: JSON within the documented limits, no markup language anywhere.

All words go into `rich_text` and `plain_text` nodes, which Slack shows as characters: nothing in
them can become a mention, a link or formatting. Only the top-level `text` is read as mrkdwn, and
there `&`, `<` and `>` are escaped. Limits: https://docs.slack.dev/reference/block-kit/blocks
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Final, TypeAlias, TypeVar, assert_never

from bot.values import CardId, Json, PersonId, Untrusted
from cards import plain
from cards.model import (
    At,
    Button,
    ButtonStyle,
    Card,
    Code,
    CodeBlock,
    FieldKind,
    Fields,
    FormField,
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
from cards.overflow import Attachment, Cutter, Leaf, Limits, cut_to, fit
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

_FOOTER: Final = 500
_TITLE: Final = 1000
_CONSEQUENCES: Final = 1500
_BODY: Final = Limits(
    total=MOST_MESSAGE - MOST_HEADER - _TITLE - _CONSEQUENCES - _FOOTER,
    leaf=MOST_LEAF,
    leaves=MOST_BLOCKS - 6,  # header, long title, consequences, two rows of actions, footer
)
_NOBODY: Final[Mapping[PersonId, str]] = MappingProxyType({})
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_SLACK_USER: Final = re.compile(r"[UW][A-Z0-9]{2,20}")
_REASON: Final = FormField(name="reason", label="Reason", kind=FieldKind.MULTILINE, maximum=1000)


SEARCHED: Final = "answer:menu:"
"""What the action id of a card's menu begins with; the card's id follows."""
_EXTERNAL: Final[Node] = {"type": "external_select", "min_query_length": 0}

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackMessage:
    """The arguments of chat.postMessage and chat.update, and files to post beside it."""

    text: str
    blocks: tuple[Node, ...]
    attachments: tuple[Attachment, ...] = ()


def render(
    card: Card, *, mentions: Mapping[PersonId, str] = _NOBODY, today: date | None = None
) -> SlackMessage:
    """Return the message; `mentions` maps people to Slack user ids that may really be called."""
    fitted = fit(card, _BODY, today=today)
    words = _Words(mentions, today)
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


def modal(
    card: Card, button: Button, *, values: Mapping[str, str] = _NOTHING, today: date | None = None
) -> Node:
    """Return the view that asks for what a button needs; read what comes back with `answers`.

    `private_metadata` is the button's value. A field's block is named after the field, so that
    an error can be shown at it.
    """
    words = _Words(_NOBODY, today)
    fields = [(f, values.get(f.name, f.default)) for f in card.form] if button.needs_form else []
    if button.wants_reason:
        fields.append((_REASON, values.get(_REASON.name, "")))
    confirm: Line = (" ", Strong(button.confirm)) if button.confirm else ()
    said = (*card.title, " — ", *(button.consequence or (button.label,)), *confirm)
    blocks = [_rich(words.section(Cutter(MOST_LEAF, today).line(said)))]
    blocks += [_input(field, value) for field, value in fields]
    return {
        "type": "modal",
        "callback_id": "answer",
        "private_metadata": button_value(card.id, button.option),
        "title": _plain(button.label, MOST_MODAL_TITLE),
        "submit": _plain(button.label, MOST_MODAL_TITLE),
        "close": _plain("Cancel", MOST_MODAL_TITLE),
        "blocks": blocks[:MOST_MODAL_BLOCKS],
    }


class _Words:
    """Lines and blocks as rich text, whose text nodes Slack shows as characters."""

    def __init__(self, mentions: Mapping[PersonId, str], today: date | None) -> None:
        self._mentions = mentions
        self._today = today

    def leaf(self, leaf: Leaf) -> Node:
        """Return one block; a section's title is its first line."""
        title = [self.section((Strong(leaf.title), "\n"))] if leaf.title else []
        return _rich(*title, *self._elements(leaf))

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


def _rich(*elements: Node) -> Node:
    return {"type": "rich_text", "elements": list(elements)}


def _plain(text: str, most: int) -> Node:
    return {"type": "plain_text", "text": cut_to(visible(text), most) or "…", "emoji": False}


def _head(card: Card, words: _Words) -> Iterator[Node]:
    """Return the title as a header, and in full below it where a header cannot hold it."""
    mark = f"{'DRILL ' if card.drill else ''}{TONE_SYMBOLS[card.tone]} ".lstrip()
    title = plain.characters(card.title)
    yield {"type": "header", "text": _plain(f"{mark}{title}", MOST_HEADER)}
    if cut_to(f"{mark}{title}", MOST_HEADER) != f"{mark}{title}":
        yield _rich(words.section(Cutter(_TITLE, None).line(card.title)))


def _consequences(card: Card, words: _Words) -> Iterator[Node]:
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
        yield _rich(words.section(*(cutter.line(line) for line in lines)))


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
        "text": _plain(button.label, MOST_BUTTON_TEXT),
        "value": _value(card, button, MOST_BUTTON_VALUE),
    }
    if button.style is not ButtonStyle.PLAIN:
        node["style"] = button.style.value
    if button.confirm and not needs_modal(card, button):  # a modal asks back by itself
        node["confirm"] = _confirm(button)
    return node


def _confirm(button: Button) -> Node:
    node: Node = {
        "title": _plain(button.label, MOST_CONFIRM_TITLE),
        "text": _plain(button.confirm, MOST_CONFIRM),
        "confirm": _plain(f"Yes: {button.label}", MOST_CONFIRM_BUTTON),
        "deny": _plain("Cancel", MOST_CONFIRM_BUTTON),
    }
    if button.style is ButtonStyle.DANGER:
        node["style"] = "danger"
    return node


def _menu(card: Card) -> Node:
    """Return a menu, for more answers than buttons; beyond a hundred it is searched."""
    menu: Node = {
        "action_id": f"{SEARCHED}{card.id}",
        "placeholder": _plain("Choose", MOST_PLACEHOLDER),
    }
    if len(card.buttons) > MOST_OPTIONS:
        for button in card.buttons:
            _value(card, button, MOST_OPTION_VALUE)  # as strict as a menu that is sent
        return menu | _EXTERNAL
    options = [_answer(card, button) for button in card.buttons]
    return menu | {"type": "static_select", "options": list(options)}


def _answer(card: Card, button: Button) -> Node:
    option = _option(_value(card, button, MOST_OPTION_VALUE), button.label)
    consequence = plain.characters(button.consequence)
    if consequence:
        option["description"] = _plain(consequence, MOST_BUTTON_TEXT)
    return option


def _value(card: Card, button: Button, most: int) -> str:
    value = button_value(card.id, button.option)
    if len(value) > most:
        msg = f"the ids of a card and its option must fit into {most} characters"
        raise ValueError(msg)
    return value


def _option(value: str, label: str) -> Node:
    if len(value) > MOST_OPTION_VALUE:
        msg = f"the value of an option must fit into {MOST_OPTION_VALUE} characters"
        raise ValueError(msg)
    return {"text": _plain(label, MOST_BUTTON_TEXT), "value": value}


def _footer(card: Card, today: date | None) -> Iterator[Node]:
    text = plain.characters(card.footer, today=today)
    if text:
        yield {"type": "context", "elements": [_plain(text, _FOOTER)]}


# --- searching --------------------------------------------------------------------------------


def found_answers(card: Card, typed: str) -> list[Node]:
    """Return the first hundred options of a card's menu whose words hold everything typed."""
    named = [(button.label, button) for button in card.buttons]
    return [_answer(card, button) for button in _found(named, typed)]


def found_choices(field: FormField, typed: str) -> list[Node]:
    """Return the first hundred options of a field whose labels hold everything typed."""
    named = [(label, (choice, label)) for choice, label in field.choices]
    return [_option(choice, label) for choice, label in _found(named, typed)]


def _found(named: Sequence[tuple[str, T]], typed: str) -> list[T]:
    """Return what matches, that which begins with it first; otherwise in the card's own order."""
    wanted = typed.casefold().split()
    matching = [(w.casefold(), item) for w, item in named if all(p in w.casefold() for p in wanted)]
    matching.sort(key=lambda found: not found[0].startswith(typed.casefold().strip()))
    return [item for _, item in matching[:MOST_OPTIONS]]


# --- modals -----------------------------------------------------------------------------------


def answers(card: Card, state: Mapping[str, Mapping[str, Mapping[str, Json]]]) -> dict[str, str]:
    """Return the fields' values of a submitted view's `state.values`, in the form of `FormField`.

    Fields that the card does not have are left out: a client may send anything.
    """
    fields = {field.name: field for field in (*card.form, _REASON)}
    return {
        name: _answered(fields[name], next(iter(actions.values()), {}))
        for name, actions in state.items()
        if name in fields
    }


def _answered(field: FormField, given: Mapping[str, Json]) -> str:
    match field.kind:
        case FieldKind.TEXT | FieldKind.MULTILINE | FieldKind.NUMBER:
            return _string(given.get("value"))
        case FieldKind.SELECT | FieldKind.PERSON:
            return _chosen(given.get("selected_option"))
        case FieldKind.MULTI_SELECT | FieldKind.CHECKBOX:
            chosen = given.get("selected_options")
            listed = chosen if isinstance(chosen, Sequence) and not isinstance(chosen, str) else ()
            return ",".join(_chosen(option) for option in listed)
        case FieldKind.DATE_TIME:
            seconds = given.get("selected_date_time")
            if not isinstance(seconds, int) or not 0 <= seconds < _YEAR_9999:
                return ""
            return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M}"
        case _:
            assert_never(field.kind)


_YEAR_9999: Final = 253_370_764_800
"""Unix time of 9999-01-01, within what a datetime can hold."""


def _string(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _chosen(option: Json) -> str:
    return _string(option.get("value")) if isinstance(option, Mapping) else ""


def _input(field: FormField, value: str) -> Node:
    node: Node = {
        "type": "input",
        "block_id": field.name,
        "optional": not field.required or field.kind is FieldKind.CHECKBOX,
        "label": _plain(field.label, MOST_LABEL),
        "element": {"action_id": "value", **_element(field, value)},
    }
    if field.help:
        node["hint"] = _plain(field.help, MOST_LABEL)
    return node


def _element(field: FormField, value: str) -> Node:
    match field.kind:
        case _ if field.kind in _OF_CHOICES and not field.choices:
            return _text_input(field, value)  # Slack refuses a menu without options
        case FieldKind.TEXT | FieldKind.MULTILINE:
            return _text_input(field, value)
        case FieldKind.NUMBER:
            return _number_input(field, value)
        case FieldKind.SELECT | FieldKind.PERSON:
            return _select(field, "static_select", "initial_option", value)
        case FieldKind.MULTI_SELECT:
            return _select(field, "multi_static_select", "initial_options", value)
        case FieldKind.CHECKBOX:
            yes = _option("yes", field.label)
            chosen: Node = {"initial_options": [yes]} if value else {}
            return {"type": "checkboxes", "options": [yes], **chosen}
        case FieldKind.DATE_TIME:
            return {"type": "datetimepicker", **_initial_moment(value)}
        case _:
            assert_never(field.kind)


_OF_CHOICES: Final = frozenset({FieldKind.SELECT, FieldKind.MULTI_SELECT, FieldKind.PERSON})
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")


def _text_input(field: FormField, value: str) -> Node:
    most = min(MOST_INPUT, MOST_INPUT if field.maximum is None else field.maximum)
    node: Node = {
        "type": "plain_text_input",
        "multiline": field.kind is FieldKind.MULTILINE,
        "max_length": max(1, most),
    }
    if field.minimum:
        node["min_length"] = min(field.minimum, most)
    if value:
        node["initial_value"] = cut_to(value, max(1, most))
    return node


def _number_input(field: FormField, value: str) -> Node:
    node: Node = {"type": "number_input", "is_decimal_allowed": False}
    node |= {} if field.minimum is None else {"min_value": str(field.minimum)}
    node |= {} if field.maximum is None else {"max_value": str(field.maximum)}
    return node | ({"initial_value": value} if _INTEGER.fullmatch(value) else {})


def _select(field: FormField, kind: str, initial: str, value: str) -> Node:
    options = [_option(choice, label) for choice, label in field.choices]
    wanted = value.split(",") if kind.startswith("multi") else [value]
    chosen: list[Json] = [option for option in options if option["value"] in wanted]
    if len(options) > MOST_OPTIONS:
        searched = kind.replace("static", "external")
        node: Node = _EXTERNAL | {"type": searched}
    else:
        node = {"type": kind, "options": list(options)}
    if chosen:
        node[initial] = chosen if kind.startswith("multi") else chosen[0]
    if kind.startswith("multi") and field.maximum:
        node["max_selected_items"] = field.maximum
    return node


def _initial_moment(value: str) -> Node:
    try:
        moment = datetime.fromisoformat(value).replace(tzinfo=UTC)
    except ValueError:
        return {}
    return {"initial_date_time": int(moment.timestamp())}
