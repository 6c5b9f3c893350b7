"""What a card or message says, on no platform in particular; a renderer per platform draws it.

Text is built from inline parts. Trusted words are `str`; everything that somebody else wrote is
`Untrusted`, and a renderer shows it as characters and nothing else.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from bot.values import CardId, PersonId, Untrusted

NO_CARD = CardId("")
"""The id of a plain message, which nobody answers and nothing updates."""

Words: TypeAlias = str | Untrusted


@dataclass(frozen=True, slots=True)
class Strong:
    """Emphasised words."""

    words: Words


@dataclass(frozen=True, slots=True)
class Code:
    """Words in a fixed-width face: ids, commands, host names."""

    words: Words


@dataclass(frozen=True, slots=True)
class Person:
    """A person, by our id and the name to show; a platform may turn it into a real mention."""

    id: PersonId
    name: Untrusted


@dataclass(frozen=True, slots=True)
class At:
    """A moment, shown in UTC (`10:42 UTC`, with the date where it is not today)."""

    moment: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """A link whose target we chose (console, runbook, a URL that passed validation)."""

    words: Words
    url: str


Inline: TypeAlias = str | Untrusted | Strong | Code | Person | At | Link
Line: TypeAlias = tuple[Inline, ...]


class Tone(StrEnum):
    """How loud a card or line is; renderers choose colour and symbol."""

    NEUTRAL = "neutral"
    GOOD = "good"
    WARNING = "warning"
    DANGER = "danger"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One or more lines of running text."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """Label and value pairs, dense (`Severity  SEV2`)."""

    pairs: tuple[tuple[str, Line], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeBlock:
    """Commands or output, verbatim; `essential` blocks (commands, hosts) are never cut in place."""

    title: str
    text: Untrusted
    essential: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading over further blocks; `folded` ones start collapsed where the platform can."""

    title: str
    blocks: tuple["Block", ...]
    folded: bool = False
    tone: Tone = Tone.NEUTRAL


class StepState(StrEnum):
    """Where one step of a run or checklist stands."""

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETED = "completed"
    SKIPPED = "skipped"
    FAILED = "failed"
    IN_DOUBT = "in doubt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of progress; `detail` is output or a reason, `took` is seconds."""

    state: StepState
    title: Line
    detail: Untrusted | None = None
    took: float | None = None


@dataclass(frozen=True, slots=True)
class Steps:
    """A list of steps in order."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One line that must be seen (FROZEN, DRILL, expired)."""

    tone: Tone
    line: Line


Block: TypeAlias = Paragraph | Fields | CodeBlock | Section | Steps | Notice


class ButtonStyle(StrEnum):
    """Plain, the recommended one, or one that hurts."""

    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One answer: `option` is the opaque id that a press brings back.

    `consequence` says what happens after the press; `confirm`, where set, is asked before it
    counts; `wants_reason` opens a text box that the person may fill in. One with `needs_form`
    False (Cancel, Reject) may be pressed while required fields are empty.
    """

    option: str
    label: str
    style: ButtonStyle = ButtonStyle.PLAIN
    consequence: Line = ()
    confirm: str = ""
    wants_reason: bool = False
    recommended: bool = False
    needs_form: bool = True


class FieldKind(StrEnum):
    """The inputs that every platform can offer (spec: approvals A1)."""

    TEXT = "text"
    MULTILINE = "multiline"
    NUMBER = "number"
    SELECT = "select"
    MULTI_SELECT = "multi-select"
    CHECKBOX = "checkbox"
    DATE_TIME = "date-time"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One input of a form; `choices` are (value, label) pairs for the select kinds.

    `minimum` and `maximum` bound a number, the length of a text, or how many are selected. Values
    come back as text: a checkbox `yes` or "", several selected values joined by commas, a
    date-time as `2026-11-21T10:42` in UTC, a person by our id. `default` has the same form.
    """

    name: str
    label: str
    kind: FieldKind
    required: bool = False
    default: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card or message. `id` is empty for a plain message that is never edited.

    `fallback` is the one-line form for notifications; `form` fields are sent together with the
    option of the pressed button. A card without buttons offers nothing to press. One that is
    `live` is edited as things go on, and will be edited one last time when they are over.
    """

    id: CardId = NO_CARD
    kind: str = "message"
    tone: Tone = Tone.NEUTRAL
    title: Line = ()
    blocks: tuple[Block, ...] = ()
    form: tuple[FormField, ...] = ()
    buttons: tuple[Button, ...] = ()
    footer: Line = ()
    drill: bool = False
    pinned: bool = False
    live: bool = False


def message(*line: Inline, tone: Tone = Tone.NEUTRAL, drill: bool = False) -> Card:
    """Build a one-line message."""
    return Card(tone=tone, title=line, drill=drill)
