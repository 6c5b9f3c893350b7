"""What hostile clients send, each with what may come of it: presses, form answers, typed lines."""

import random
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, TypeAlias

from bot.domain import approval
from bot.domain.decided import Decided
from bot.domain.events import CardKind
from bot.domain.intents import Answer
from bot.errors import UserMistake
from bot.usecases.commands import CommandNames
from bot.values import CardId
from cards.block_kit import button_value, pressed
from cards.model import FieldKind, FormField
from cards.pressing import AbortTheRun, AcknowledgePages, ClaimCommand, wish_of
from handlers.fields import field_errors, known_values
from handlers.grammar import read
from handlers.typed import verb_of
from handlers.verbs import TABLE, command_of
from tests.unit.domain.disk import DISK_FULL, asked
from tests.unit.domain.people import ben
from tests.unit.domain.story import Story

NAMES: Final = CommandNames()
PEOPLE: Final = frozenset({"ana", "ben"})

FORM: Final = (
    FormField(name="title", label="Title", kind=FieldKind.TEXT, required=True, maximum=20),
    FormField(name="more", label="More", kind=FieldKind.MULTILINE, maximum=200),
    FormField(name="count", label="Count", kind=FieldKind.NUMBER, minimum=1, maximum=9),
    FormField(name="one", label="One", kind=FieldKind.SELECT, choices=(("a", "A"), ("b", "B"))),
    FormField(
        name="many",
        label="Many",
        kind=FieldKind.MULTI_SELECT,
        choices=(("a", "A"), ("b", "B"), ("c", "C")),
        minimum=1,
        maximum=2,
    ),
    FormField(name="sure", label="Sure", kind=FieldKind.CHECKBOX),
    FormField(name="when", label="When", kind=FieldKind.DATE_TIME),
    FormField(name="who", label="Who", kind=FieldKind.PERSON),
)
"""A form with every kind of field."""

GOOD: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "title": ("disk", "x" * 20, "ünïcödé", "<!channel>"),
        "more": ("", "two\nlines", "y" * 200),
        "count": ("", "1", "9", "4.5"),
        "one": ("", "a", "b"),
        "many": ("", "a", "b,c"),
        "sure": ("", "yes"),
        "when": ("", "2026-11-21T10:42", "2026-11-21T10:42:30"),
        "who": ("", "ana", "ben"),
    }
)
BAD: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "title": ("", "   ", "x" * 21),
        "more": ("y" * 201, "z" * 9000),
        "count": ("0", "10", "-1", "1e3", "0x1", "one", "NaN", "inf", "1,5", "٣"),
        "one": ("c", "A", "a,b", "a ,b", "a\x00"),
        "many": ("d", "a,,b", "a,b,c", "a,a", ",", "a b"),
        "sure": ("no", "true", "on", "1", "Yes"),
        "when": (
            "2026-11-21",
            "10:42",
            "2026-13-01T00:00",
            "2026-11-21T25:00",
            "now",
            "20261121T1042",
        ),
        "who": ("eve", "ana,ben", "@ana", "firewarden"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A pressed button's payload, with the digest that a typed approval names."""

    value: str
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """An answered form."""

    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A typed line."""

    text: str


Payload: TypeAlias = Press | Filled | Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One payload and whether it may be accepted."""

    payload: Payload
    good: bool


class Door:
    """Everything that judges a payload before it could change anything, on one open question."""

    def __init__(self) -> None:
        story = Story().declared()
        self.card = asked(story).card
        self._cards = story.incident.cards
        self._incident = story.incident
        self._now = story.now
        assert story.card(CardKind.CHANGE).card is self.card

    def accepts(self, payload: Payload) -> bool:
        """Judge one payload; whatever it is, nothing but a plain yes or no comes of it."""
        match payload:
            case Press():
                return self._press(payload)
            case Filled(values=values):
                return not field_errors(FORM, known_values(FORM, values), PEOPLE)
            case Line(text=text):
                return _line(text)

    def _press(self, press: Press) -> bool:
        found = pressed(press.value)
        if found is None:
            return False
        card, option = found
        match wish_of(card, option):
            case ClaimCommand(incident=ident) | AcknowledgePages(incident=ident, page=""):
                return ident == self._incident.id
            case AbortTheRun(incident=ident, run=run):
                return ident == self._incident.id and run in self._incident.runs
            case AcknowledgePages(incident=ident, page=page):
                return ident == self._incident.id and page in self._incident.pages
            case None:
                answer = Answer(
                    by=ben,
                    card=card,
                    option=option,
                    document_now=DISK_FULL,
                    short_digest=press.digest,
                )
                return isinstance(approval.vote(self._cards, answer, self._now), Decided)


def _line(text: str) -> bool:
    try:
        entry, rest = verb_of(NAMES, text)
        read(rest, entry.options)
    except UserMistake:
        return False
    return True


class Senders:
    """Draws payloads: a tenth as they should be, a fifth of them with one fault, the rest noise."""

    def __init__(self, door: Door, seed: int) -> None:
        self._luck = random.Random(seed)
        self._door = door
        card, digest = door.card.card, door.card.digest[: approval.SHORT_DIGEST]
        incident = "i1"
        self._presses = (
            Press(value=button_value(card, "approve")),
            Press(value=button_value(card, "reject")),
            Press(value=button_value(card, "approve"), digest=digest),
            Press(value=button_value(CardId(f"incident:{incident}"), "claim")),
            Press(value=button_value(CardId(f"incident:{incident}"), "ack")),
        )
        self._lines = tuple(f"{command_of(e.tree, NAMES)} {e.example}" for e in TABLE)

    def draw(self, count: int) -> list[Sent]:
        """Return that many payloads."""
        luck = self._luck
        kinds: tuple[Callable[[], Sent], ...] = (
            self._good,
            self._mutated,
            self._mutated,
            *([self._noise] * 7),
        )
        return [luck.choice(kinds)() for _ in range(count)]

    def _good(self) -> Sent:
        luck = self._luck
        match luck.randrange(3):
            case 0:
                return Sent(payload=luck.choice(self._presses), good=True)
            case 1:
                return Sent(payload=Filled(values=self._values()), good=True)
            case _:
                return Sent(payload=Line(text=luck.choice(self._lines)), good=True)

    def _mutated(self) -> Sent:
        luck = self._luck
        match luck.randrange(3):
            case 0:
                return Sent(payload=self._other_press(), good=False)
            case 1:
                name = luck.choice(tuple(BAD))
                values = {**self._values(), name: luck.choice(BAD[name])}
                return Sent(payload=Filled(values=values), good=False)
            case _:
                return Sent(payload=Line(text=self._other_line()), good=False)

    def _noise(self) -> Sent:
        luck = self._luck
        noise = "".join(luck.choices(_NOISE, k=luck.randrange(40)))
        match luck.randrange(3):
            case 0:
                return Sent(payload=Press(value=noise), good=False)
            case 1:
                return Sent(payload=Filled(values={"count": f"{noise}!"}), good=False)
            case _:
                return Sent(payload=Line(text=f"{luck.choice(_STARTS)}~{noise}"), good=False)

    def _values(self) -> dict[str, str]:
        return {name: self._luck.choice(values) for name, values in GOOD.items()}

    def _other_press(self) -> Press:
        """Change one field of a good press: the card, the option or the digest."""
        press = self._luck.choice(self._presses)
        card, _, option = press.value.partition(" ")
        match self._luck.randrange(3):
            case 0:
                return replace(press, value=f"{self._other(card)} {option}")
            case 1:
                return replace(press, value=f"{card} {self._other(option)}")
            case _ if press.digest:
                return replace(press, digest=self._other(press.digest))
            case _:
                return replace(press, value=press.value + self._luck.choice(" \n\x00x"))

    def _other_line(self) -> str:
        """Change one field of a good line: the command, the verb or an option's value."""
        command, verb, *rest = self._luck.choice(self._lines).split(" ")
        match self._luck.randrange(3):
            case 0:
                command = f"{command}{self._luck.choice('sx9')}"
            case 1:
                verb = self._luck.choice("qz0") + verb
            case _:
                command, verb, rest = "/runbook", "run", ["disk-full", "host=", *rest]
        return " ".join([command, verb, *rest])

    def _other(self, word: str) -> str:
        at = self._luck.randrange(len(word))
        fresh = self._luck.choice([c for c in _LETTERS if c.casefold() != word[at].casefold()])
        return word[:at] + fresh + word[at + 1 :]


_LETTERS: Final = string.ascii_letters + string.digits + "-:. "
_NOISE: Final = string.printable + "\u202e\u200b<>&\"'\u201c\u201d\xe9\U0001f525\x00"
_STARTS: Final = ("/incident ", "/runbook ", "/", "", "/incident runbook ")
