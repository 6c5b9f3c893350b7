"""Which commands a catalogue needs sudo for, in a form that a sudoers file can hold."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Final

from runbooks.expressions import Expression
from runbooks.inventory import Inventory
from runbooks.loader import Runbook
from runbooks.model import (
    Document,
    DurationParameter,
    EnumParameter,
    HostParameter,
    IntegerParameter,
    PercentParameter,
    ServiceParameter,
    TextParameter,
)
from runbooks.sites import sites
from runbooks.templates import CommandLine

ANY_WORD: Final = "[A-Za-z0-9._/:@=+-]+"
"""What stands for a value whose form the document does not fix (a fact, a loop item)."""


def sudo_form(document: Document, line: CommandLine) -> str:
    """Write a sudo command with the form of each value in its place: `systemctl restart <service>`.

    Numbers become `<0-4096>`, words of an enumeration `<a|b>`, anything else `<value>`.
    """
    words = [
        "".join(
            piece if isinstance(piece, str) else f"<{_label(document, piece)}>" for piece in word
        )
        for word in line.words
    ]
    return " ".join(_without_sudo(words))


def sudo_forms(runbooks: Iterable[Runbook]) -> frozenset[str]:
    """Return the form of every sudo command in a catalogue."""
    return frozenset(sudo_form(runbook.document, line) for runbook, line in _sudo_lines(runbooks))


def sudoers_arguments(
    runbooks: Iterable[Runbook], inventory: Inventory
) -> tuple[tuple[str, str], ...]:
    """Return (program, anchored regular expression of its arguments) for every sudo command.

    The pattern is for sudo 1.9.10 and later, which matches arguments written as `^...$`.
    Sorted, without repeats; no argument is left open beyond what the parameter's type allows.
    """
    found: set[tuple[str, str]] = set()
    for runbook, line in _sudo_lines(runbooks):
        words = _without_sudo(
            [
                "".join(
                    re.escape(piece)
                    if isinstance(piece, str)
                    else _pattern(runbook.document, piece, inventory)
                    for piece in word
                )
                for word in line.words
            ]
        )
        program = re.sub(r"\\(.)", r"\1", words[0])
        found.add((program, f"^{' '.join(words[1:])}$"))
    return tuple(sorted(found))


def _sudo_lines(runbooks: Iterable[Runbook]) -> "Iterable[tuple[Runbook, CommandLine]]":
    for runbook in runbooks:
        for site in sites(runbook.document):
            if site.line is not None and PurePosixPath(site.line.literal[0]).name == "sudo":
                yield runbook, site.line


def _without_sudo(words: list[str]) -> list[str]:
    rest = words[1:]
    while rest and rest[0].replace("\\", "") in {"-n", "--non-interactive", "--"}:
        rest.pop(0)
    return rest


def _label(document: Document, expression: Expression) -> str:
    parameter = document.parameters.get(expression.text)
    match parameter:
        case HostParameter() | ServiceParameter() | PercentParameter() | DurationParameter():
            return parameter.type
        case IntegerParameter(min=low, max=high):
            return f"{low}-{high}"
        case EnumParameter(values=values):
            return "|".join(values)
        case TextParameter(pattern=pattern):
            return pattern.text
        case _:
            return "value"


def _pattern(document: Document, expression: Expression, inventory: Inventory) -> str:
    parameter = document.parameters.get(expression.text)
    match parameter:
        case HostParameter():
            return _choice(inventory.hosts)
        case ServiceParameter():
            return _choice(inventory.services)
        case EnumParameter(values=values):
            return _choice(values)
        case IntegerParameter(max=high):
            return f"[0-9]{{1,{len(str(high))}}}"
        case PercentParameter():
            return "[0-9]{1,3}"
        case DurationParameter():
            return "[0-9]{1,5}"
        case TextParameter(pattern=pattern):
            return f"({pattern.text})"
        case _:
            return ANY_WORD


def _choice(words: Iterable[str]) -> str:
    return f"({'|'.join(re.escape(word) for word in sorted(words))})"
