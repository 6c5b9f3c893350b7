"""What an asker alone sees: lists of incidents and approvals, timelines, and help."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from bot.values import Severity, Untrusted
from cards.context import Context, counted
from cards.model import At, Card, Code, Fields, Line, Link, Notice, Paragraph, Section, Strong, Tone
from cards.plaintext import duration_words

T = TypeVar("T")

_LINES_SHOWN = 200
_CHARACTERS_SHOWN = 9000
"""Of a timeline in one reply, which its newest lines share; the page and the JSON have all."""

_STAMP = 12
"""Characters of a line's time."""

_AT_ONCE = 10
"""Lines of one paragraph: a platform cuts each that is too long for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One incident in a list; `waiting` counts its open cards, `url` leads to its room if any."""

    number: str
    title: str
    severity: Severity
    status: str
    opened_at: datetime
    resolved_at: datetime | None = None
    commander: str = ""
    private: bool = False
    drill: bool = False
    waiting: int = 0
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCard:
    """One open card in a list; `short_digest` is what a typed yes needs, `url` leads to its room.

    Either may be "" = none.
    """

    number: int
    kind: str
    incident_number: str
    title: str
    expires_at: datetime | None
    may_answer: bool
    short_digest: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One line of a timeline; `actor` is a name."""

    at: datetime
    actor: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerbHelp:
    """One verb of the grammar: its usage line and what it does."""

    name: str
    usage: str
    does: str
    examples: tuple[str, ...] = ()


def list_card(incidents: Sequence[Listed], context: Context, *, only_open: bool = True) -> Card:
    """Return the incidents, in the order given; says so where there is none."""
    what = "open incident" if only_open else "incident"
    if not incidents:
        return Card(
            kind="list",
            tone=Tone.GOOD,
            title=(f"No {what}.",),
            footer=("declare one: ", Code("/incident declare sev2 <title>")),
        )
    lines = [listed_line(one, context) for one in incidents]
    return Card(
        kind="list",
        title=(counted(len(incidents), what),),
        blocks=_paragraphs(lines),
        footer=("as of ", At(context.now), " · ", Code("/incident status <id>")),
    )


def listed_line(one: Listed, context: Context) -> Line:
    """Say of one incident how bad it is, where it stands, and who commands."""
    age = duration_words((one.resolved_at or context.now) - one.opened_at)
    marks = (("DRILL", one.drill), ("PRIVATE", one.private))
    mark = "".join(f"{word} " for word, holds in marks if holds)
    commander: Line = (", ", Untrusted(one.commander)) if one.commander else (", nobody commands",)
    waiting: Line = (f", {counted(one.waiting, 'card')} waiting",) if one.waiting else ()
    return (
        f"{mark}{one.severity.value} ",
        Code(one.number),
        " ",
        Strong(Untrusted(one.title)),
        f" — {one.status}, {age}",
        *commander,
        *waiting,
        *_way(one.url),
    )


def approvals_card(cards: Sequence[ListedCard], context: Context) -> Card:
    """Return the open cards, those that the asker may answer marked, with what to type."""
    if not cards:
        return Card(kind="list", tone=Tone.GOOD, title=("Nothing waits for an answer.",))
    return Card(
        kind="list",
        tone=Tone.WAITING,
        title=(f"{counted(len(cards), 'card')} waiting for an answer",),
        blocks=tuple(Paragraph((waiting_line(card, context), *_typed(card))) for card in cards),
        footer=("as of ", At(context.now)),
    )


def waiting_line(card: ListedCard, context: Context) -> Line:
    """Say of one open card what it is about, until when, and for whom it waits."""
    expires: Line = (", expires ", *context.until(card.expires_at)) if card.expires_at else ()
    yours = " — for you to answer" if card.may_answer else " — for somebody else"
    kind = f"{card.incident_number} card {card.number} ({card.kind}): "
    return (kind, Strong(Untrusted(card.title)), *expires, yours, *_way(card.url))


def timeline_card(number: str, title: str, lines: Sequence[Said]) -> Card:
    """Return the timeline, oldest first; the oldest are left out where it is long."""
    newest = _newest(lines)
    left_out = len(lines) - len(newest)
    cut = (Notice(tone=Tone.NEUTRAL, line=(f"{counted(left_out, 'earlier line')} left out",)),)
    shown = _paragraphs([_said(line) for line in newest])
    return Card(
        kind="timeline",
        title=(f"Timeline of {number} ", Strong(Untrusted(title))),
        blocks=(*(cut if left_out > 0 else ()), *shown),
    )


def help_card(verbs: Sequence[VerbHelp], verb: str = "") -> Card:
    """Return every verb in one line each, or all about one."""
    one = next((v for v in verbs if v.name == verb), None)
    if one is not None:
        examples = tuple((Code(example),) for example in one.examples)
        blocks = (Section(title="For example", blocks=(Paragraph(examples),)),) if examples else ()
        return Card(
            kind="help",
            title=(Code(one.usage),),
            blocks=(Paragraph(((one.does,),)), *blocks),
        )
    unknown = (f"There is no verb “{verb}”. ",) if verb else ()
    pairs = [(v.name, (Code(v.usage), " — ", v.does)) for v in verbs]
    return Card(
        kind="help",
        title=(*map(Untrusted, unknown), "What you can say"),
        blocks=tuple(Fields(tuple(some)) for some in _in_tens(pairs)),
        footer=("more on one: ", Code("/incident help <verb>")),
    )


def _newest(lines: Sequence[Said]) -> Sequence[Said]:
    """Return the newest lines that one reply holds: what is cut is what happened long ago."""
    room = _CHARACTERS_SHOWN
    for n, line in enumerate(reversed(lines)):
        room -= len(line.actor) + len(line.text) + _STAMP
        if room < 0 or n == _LINES_SHOWN:
            return lines[len(lines) - n :]
    return lines


def _paragraphs(lines: Sequence[Line]) -> tuple[Paragraph, ...]:
    return tuple(Paragraph(tuple(some)) for some in _in_tens(lines))


def _in_tens(things: Sequence[T]) -> Iterator[Sequence[T]]:
    for first in range(0, len(things), _AT_ONCE):
        yield things[first : first + _AT_ONCE]


def _way(url: str) -> Line:
    return (" · ", Link("Open the room", url)) if url else ()


def _typed(card: ListedCard) -> tuple[Line, ...]:
    if not card.may_answer or not card.short_digest:
        return ()
    yes = Code(f"/incident approve {card.number} {card.short_digest}")
    return ((yes, " or ", Code(f"/incident reject {card.number} <reason>")),)


def _said(line: Said) -> Line:
    return (At(line.at), " ", Strong(Untrusted(line.actor)), " ", Untrusted(line.text))
