"""What the announcement channel hears when a changed configuration could not be taken over."""

from collections.abc import Sequence

from bot.errors import Fault
from bot.values import Untrusted
from cards.model import Card, Code, Line, Paragraph, Tone

_SHOWN = 5
"""Faults in the message; `firewarden check` tells all of them."""


def configuration_message(faults: Sequence[Fault]) -> Card:
    """Say what is wrong and what holds meanwhile; without faults, that all is well again."""
    if not faults:
        return Card(tone=Tone.GOOD, title=("The configuration was taken over: it has no faults.",))
    lines: list[Line] = [(Untrusted(str(fault)),) for fault in faults[:_SHOWN]]
    if len(faults) > _SHOWN:
        lines.append((f"and {len(faults) - _SHOWN} more",))
    lines.append(("Whoever runs Firewarden: ", Code("firewarden check"), " tells every fault."))
    title: Line = ("The changed configuration has faults: the last good one stays in force.",)
    return Card(tone=Tone.DANGER, title=title, blocks=(Paragraph(tuple(lines)),))
