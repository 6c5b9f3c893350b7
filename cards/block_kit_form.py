"""A card's form as a Slack modal, what comes back from it, and what its searched menus offer."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Final, assert_never

from bot.values import Json
from cards.block_kit import button_value
from cards.block_kit_text import (
    MOST_INPUT,
    MOST_LABEL,
    MOST_LEAF,
    MOST_MODAL_BLOCKS,
    MOST_MODAL_TITLE,
    MOST_OPTION_VALUE,
    MOST_OPTIONS,
    NOBODY,
    SEARCHED_MENU,
    Node,
    RichText,
    matching,
    option_of,
    plain_text,
    rich,
)
from cards.model import Button, Card, FieldKind, FormField, Line, Strong
from cards.overflow import Cutter, cut_to

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_REASON: Final = FormField(name="reason", label="Reason", kind=FieldKind.MULTILINE, maximum=1000)


def modal(
    card: Card, button: Button, *, values: Mapping[str, str] = _NOTHING, today: date | None = None
) -> Node:
    """Return the view that asks for what a button needs; read what comes back with `answers`.

    `private_metadata` is the button's value. A field's block is named after the field, so that
    an error can be shown at it.
    """
    words = RichText(NOBODY, today)
    fields = [(f, values.get(f.name, f.default)) for f in card.form] if button.needs_form else []
    if button.wants_reason:
        fields.append((_REASON, values.get(_REASON.name, "")))
    confirm: Line = (" ", Strong(button.confirm)) if button.confirm else ()
    said = (*card.title, " — ", *(button.consequence or (button.label,)), *confirm)
    blocks = [rich(words.section(Cutter(MOST_LEAF, today).line(said)))]
    blocks += [_input(field, value) for field, value in fields]
    return {
        "type": "modal",
        "callback_id": "answer",
        "private_metadata": button_value(card.id, button.option),
        "title": plain_text(button.label, MOST_MODAL_TITLE),
        "submit": plain_text(button.label, MOST_MODAL_TITLE),
        "close": plain_text("Cancel", MOST_MODAL_TITLE),
        "blocks": blocks[:MOST_MODAL_BLOCKS],
    }


def found_choices(field: FormField, typed: str) -> list[Node]:
    """Return the first hundred options of a field whose labels hold everything typed."""
    named = [(label, (choice, label)) for choice, label in field.choices]
    return [option_of(choice, label) for choice, label in matching(named, typed)]


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
        "label": plain_text(field.label, MOST_LABEL),
        "element": {"action_id": "value", **_element(field, value)},
    }
    if field.help:
        node["hint"] = plain_text(field.help, MOST_LABEL)
    return node


def _element(field: FormField, value: str) -> Node:
    match field.kind:
        case _ if field.kind in _OF_CHOICES and not _fits_a_menu(field):
            return _text_input(field, value)
        case FieldKind.TEXT | FieldKind.MULTILINE:
            return _text_input(field, value)
        case FieldKind.NUMBER:
            return _number_input(field, value)
        case FieldKind.SELECT | FieldKind.PERSON:
            return _select(field, "static_select", "initial_option", value)
        case FieldKind.MULTI_SELECT:
            return _select(field, "multi_static_select", "initial_options", value)
        case FieldKind.CHECKBOX:
            yes = option_of("yes", field.label)
            chosen: Node = {"initial_options": [yes]} if value else {}
            return {"type": "checkboxes", "options": [yes], **chosen}
        case FieldKind.DATE_TIME:
            return {"type": "datetimepicker", **_initial_moment(value)}
        case _:
            assert_never(field.kind)


_OF_CHOICES: Final = frozenset({FieldKind.SELECT, FieldKind.MULTI_SELECT, FieldKind.PERSON})
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")


def _fits_a_menu(field: FormField) -> bool:
    """Whether Slack takes the choices: some, and none of them with a long value."""
    longest = max((len(choice) for choice, _ in field.choices), default=0)
    return 0 < longest <= MOST_OPTION_VALUE


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
    options = [option_of(choice, label) for choice, label in field.choices]
    wanted = value.split(",") if kind.startswith("multi") else [value]
    chosen: list[Json] = [option for option in options if option["value"] in wanted]
    if len(options) > MOST_OPTIONS:
        searched = kind.replace("static", "external")
        node: Node = SEARCHED_MENU | {"type": searched}
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
