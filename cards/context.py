"""What every card needs beside its own state: names, the time, standing freezes, texts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.values import SYSTEM, PersonId, Untrusted
from cards.model import At, Block, Code, Inline, Line, Notice, Person, Tone
from cards.plaintext import duration_words
from cards.texts import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """A standing freeze; `scope` is a service name, or `*` for everything."""

    scope: str
    reason: Untrusted
    by: PersonId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The world around a card. `now` is when it is rendered; `names` are display names by id."""

    names: Mapping[PersonId, str]
    now: datetime
    texts: Texts
    freezes: tuple[Freeze, ...] = ()

    def person(self, ident: PersonId) -> Person:
        """Return a person to show; one whose name nobody knows is shown by id."""
        if ident == SYSTEM:
            return Person(SYSTEM, Untrusted("Firewarden"))
        return Person(ident, Untrusted(self.names.get(ident) or str(ident)))

    def people(self, idents: Iterable[PersonId], *, none: str = "nobody") -> Line:
        """Return several people, apart by commas; `none` where there is nobody."""
        return listed([(self.person(ident),) for ident in idents]) or (none,)

    def since(self, moment: datetime) -> str:
        """Return how long ago it was: `12 min`."""
        return duration_words(self.now - moment)

    def until(self, moment: datetime) -> Line:
        """Return when it will be and how long that is: `11:42 UTC (in 48 min)`."""
        left = moment - self.now
        words = f"in {duration_words(left)}" if left > timedelta() else "now"
        return (At(moment), f" ({words})")

    def frozen(self) -> tuple[Block, ...]:
        """Return one notice per standing freeze, for every card that could lead to a change."""
        return tuple(
            Notice(
                tone=Tone.DANGER,
                line=(
                    "FROZEN: no change may start ",
                    "anywhere" if freeze.scope == "*" else f"on {freeze.scope}",
                    ". ",
                    freeze.reason,
                    " — ",
                    self.person(freeze.by),
                    " at ",
                    At(freeze.at),
                    ". An approver ends it: ",
                    Code("/incident unfreeze"),
                ),
            )
            for freeze in self.freezes
        )


def listed(lines: Iterable[Line], between: str = ", ") -> Line:
    """Join lines to one."""
    joined: list[Inline] = []
    for line in lines:
        joined += [between, *line] if joined else line
    return tuple(joined)


def counted(n: int, noun: str) -> str:
    """`1 alert`, `2 alerts`, `0 alerts`."""
    return f"{n} {noun}{'' if n == 1 else 's'}"


def excerpt(text: str, longest: int = 2000) -> Untrusted:
    """Return text of at most `longest` characters and a word on what is missing in its middle."""
    missing = len(text) - longest
    if missing <= 0:
        return Untrusted(text)
    half = longest // 2
    return Untrusted(f"{text[:half]}\n… [{missing} characters left out] …\n{text[-half:]}")


def text_lines(text: Untrusted) -> tuple[Line, ...]:
    """Return one line of a card per line of text, empty ones left out."""
    return tuple((Untrusted(line),) for line in text.text.splitlines() if line.strip())
