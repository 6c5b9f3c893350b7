"""What was filled into a form, checked field by field before anything is decided."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from cards.model import FieldKind, FormField

_LONGEST: Final = 8000
"""Characters of a field that names no limit of its own."""

_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
_TICKED: Final = "yes"

_TEXTS: Final = frozenset({FieldKind.TEXT, FieldKind.MULTILINE})
_CHOICES: Final = frozenset({FieldKind.SELECT, FieldKind.MULTI_SELECT})


def known_values(form: tuple[FormField, ...], values: Mapping[str, str]) -> dict[str, str]:
    """Return the values of the form's own fields; anything else that was sent is left out."""
    names = {field.name for field in form}
    return {name: value.strip() for name, value in values.items() if name in names}


def field_errors(
    form: tuple[FormField, ...],
    values: Mapping[str, str],
    people: Collection[str] = (),
) -> dict[str, str]:
    """Return what is wrong, by field; a field that was not sent keeps its default.

    `people` are the ids that a field for a person takes.
    """
    faults = {
        field.name: _fault(field, values.get(field.name, field.default), people) for field in form
    }
    return {name: fault for name, fault in faults.items() if fault}


def _fault(field: FormField, value: str, people: Collection[str]) -> str:  # noqa: PLR0911 - one line per kind
    if not value:
        return "is needed" if field.required else ""
    if len(value) > max(_LONGEST, field.maximum or 0):
        return f"has {len(value)} characters"
    if field.kind in _TEXTS:
        return _bounded(field, len(value), "characters")
    if field.kind in _CHOICES:
        return _chosen(field, value.split(",") if field.kind is FieldKind.MULTI_SELECT else [value])
    if field.kind is FieldKind.NUMBER:
        if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", value):
            return "is not a number"
        return _bounded(field, float(value), "")
    if field.kind is FieldKind.DATE_TIME:
        return "" if _is_moment(value) else "is not a date and time (2026-11-21T10:42, UTC)"
    if field.kind is FieldKind.PERSON:
        return "" if value in people else "is nobody whom Firewarden knows"
    return "" if value == _TICKED else "is ticked or empty, and nothing else"


def _chosen(field: FormField, chosen: list[str]) -> str:
    unknown = [one for one in chosen if one not in {value for value, _ in field.choices}]
    if unknown:
        return f"{', '.join(unknown)}: not one of the choices"
    if len(set(chosen)) < len(chosen):
        return "names something twice"
    return _bounded(field, len(chosen), "chosen") if field.kind is FieldKind.MULTI_SELECT else ""


def _bounded(field: FormField, amount: float, unit: str) -> str:
    if field.minimum is not None and amount < field.minimum:
        return f"at least {field.minimum} {unit}".strip()
    if field.maximum is not None and amount > field.maximum:
        return f"at most {field.maximum} {unit}, this is {amount:g}".replace(" ,", ",")
    return ""


def _is_moment(text: str) -> bool:
    if not _MOMENT.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
