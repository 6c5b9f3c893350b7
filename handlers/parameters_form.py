"""The form that asks for a runbook's parameters, filled with what is known already."""

from collections.abc import Iterable, Mapping
from typing import assert_never

from bot.values import CardId, IncidentId
from cards.model import Button, ButtonStyle, Card, Code, FieldKind, FormField, Paragraph
from runbooks.inventory import Inventory
from runbooks.loader import Runbook
from runbooks.model import (
    DurationParameter,
    EnumParameter,
    HostParameter,
    IntegerParameter,
    PercentParameter,
    ServiceParameter,
    TextParameter,
)
from runbooks.parameters import LONGEST, AnyParameter, written
from runbooks.quantities import show_duration
from runbooks.steps import Mode

_FORM = "start"
_CHOICES = 2000
"""Choices of one selection; a longer inventory is typed. Where a platform's menu holds fewer, its
renderer searches."""


def form_id(mode: Mode, incident: IncidentId, runbook: str) -> CardId:
    """Return the id of the form; `meant_by` reads it back."""
    return CardId(f"{_FORM}:{mode.value}:{incident}:{runbook}")


def meant_by(card: CardId) -> tuple[Mode, IncidentId, str] | None:
    """Return mode, incident and runbook of a form's id; None for any other card."""
    kind, _, rest = card.partition(":")
    mode, _, rest = rest.partition(":")
    incident, _, runbook = rest.partition(":")
    if kind != _FORM or mode not in set(Mode) or not incident or not runbook:
        return None
    return Mode(mode), IncidentId(incident), runbook


def parameters_form(
    card: CardId,
    runbook: Runbook,
    inventory: Inventory,
    given: Mapping[str, str],
    missing: Iterable[str],
) -> Card:
    """Return the form with every parameter; what was typed or the alert said is filled in."""
    lacks = ", ".join(sorted(missing))
    return Card(
        id=card,
        kind="form",
        title=("Run ", Code(runbook.name)),
        blocks=(Paragraph((("It still needs: ", Code(lacks)),)),) if lacks else (),
        form=tuple(
            _field(name, parameter, inventory, given.get(name, ""))
            for name, parameter in runbook.document.parameters.items()
        ),
        buttons=(
            Button(
                option="run",
                label="Run triage",
                style=ButtonStyle.PRIMARY,
                consequence=("looks first and changes nothing; a change asks for approval",),
                recommended=True,
            ),
        ),
    )


def _field(name: str, parameter: AnyParameter, inventory: Inventory, given: str) -> FormField:
    default = given or ("" if parameter.default is None else written(parameter.default))
    required = parameter.default is None
    match parameter:
        case HostParameter():
            return _named(name, parameter, sorted(inventory.hosts), default, required=required)
        case ServiceParameter():
            return _named(name, parameter, sorted(inventory.services), default, required=required)
        case EnumParameter(values=values):
            return _named(name, parameter, list(values), default, required=required)
        case IntegerParameter(min=low, max=high):
            return FormField(
                name=name,
                label=name,
                kind=FieldKind.NUMBER,
                required=required,
                default=default,
                minimum=low,
                maximum=high,
                help=parameter.description,
            )
        case PercentParameter():
            return _text(name, parameter, default, "0 to 100", required=required)
        case DurationParameter(min=shortest, max=longest):
            span = f"{show_duration(shortest)} to {show_duration(longest)}, as 5m"
            return _text(name, parameter, default, span, required=required)
        case TextParameter(pattern=pattern):
            return _text(name, parameter, default, f"matches {pattern.text}", required=required)
        case _:
            assert_never(parameter)


def _named(
    name: str, parameter: AnyParameter, names: list[str], default: str, *, required: bool
) -> FormField:
    if not 0 < len(names) <= _CHOICES:
        return _text(name, parameter, default, "", required=required)
    return FormField(
        name=name,
        label=name,
        kind=FieldKind.SELECT,
        required=required,
        default=default if default in names else "",
        choices=tuple((one, one) for one in names),
        help=parameter.description,
    )


def _text(
    name: str, parameter: AnyParameter, default: str, hint: str, *, required: bool
) -> FormField:
    return FormField(
        name=name,
        label=name,
        kind=FieldKind.TEXT,
        required=required,
        default=default,
        maximum=LONGEST,
        help=" · ".join(words for words in (parameter.description, hint) if words),
    )
