"""The Home of one person as blocks: the form, what waits with its buttons, what is open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from bot.adapters.slack import outgoing
from bot.adapters.slack.accounts import PLATFORM
from bot.requests import Reply
from bot.usecases.views import IncidentSummary, OpenCard
from bot.values import CardId, IncidentId, Json, Untrusted
from cards import block_kit
from cards.block_kit_text import MOST_MESSAGE, MOST_MODAL_BLOCKS, Node
from cards.context import Context, counted
from cards.model import Card, Line, Link, Paragraph, Strong, Tone
from cards.overflow import cut_to
from cards.status import Listed, ListedCard, listed_line, waiting_line

_ANSWERED_HERE: Final = 60
"""Blocks for whole cards; what comes before and after them needs at most forty."""
_LINES: Final = 15
"""Cards that are named in one line each beside the whole ones, and incidents."""
_TITLE: Final = 150
"""Characters of a title in a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtHome:
    """What one person sees: `whole` are the cards that wait for them, as their rooms show them."""

    declare: Reply
    waiting: Sequence[OpenCard]
    whole: Mapping[CardId, Card]
    incidents: Sequence[IncidentSummary]


def home_view(home: AtHome, context: Context, *, team: str) -> Node:
    """Return the view. A card has its buttons here where all of it fits, else the way to its room.

    Nobody answers what they have not been shown.
    """
    today = context.now.date()
    view = _View(home, context, team, today)
    view.declare()
    view.answers()
    view.incidents()
    blocks: list[Json] = [*view.blocks]
    return {"type": "home", "blocks": blocks[:MOST_MODAL_BLOCKS]}


def refused_view(declare: Reply, why: Reply, *, team: str, today: date) -> Node:
    """Return the view of somebody who may not read: the form all the same, and what they hear."""
    blocks: list[Json] = [
        *_offered(declare, team, today),
        *outgoing.words_of(why, team=team, today=today),
    ]
    return {"type": "home", "blocks": blocks}


@dataclass(slots=True)
class _View:
    """The blocks so far, and what is left for whole cards."""

    home: AtHome
    context: Context
    team: str
    today: date
    blocks: list[Node] = field(default_factory=list)
    room: int = _ANSWERED_HERE
    characters: int = MOST_MESSAGE

    def declare(self) -> None:
        """Offer the form."""
        self.blocks += _offered(self.home.declare, self.team, self.today)

    def answers(self) -> None:
        """Show what waits: whole and with buttons where they may answer, else in a line."""
        waiting = self.home.waiting
        if not waiting:
            nothing = ("Nothing waits for an answer.",)
            self._add(Card(kind="list", tone=Tone.GOOD, title=nothing))
            return
        many = (f"{counted(len(waiting), 'card')} waiting for an answer",)
        self._add(Card(kind="list", tone=Tone.WAITING, title=many))
        named = [card for card in waiting if not self._whole(card)]
        self._lines([waiting_line(self._listed(card), self.context) for card in named], "card")

    def incidents(self) -> None:
        """List what is open, with the ways to its rooms."""
        found = self.home.incidents
        tone = Tone.NEUTRAL if found else Tone.GOOD
        many = f"{counted(len(found), 'open incident')}" if found else "No open incident."
        self._add(Card(kind="list", tone=tone, title=(many,)))
        self._lines([listed_line(self._incident(one), self.context) for one in found], "incident")

    def _whole(self, waiting: OpenCard) -> bool:
        """Show a card that they may answer; False where it is not theirs, or does not fit."""
        card = self.home.whole.get(waiting.id)
        if card is None or not card.buttons:
            return False
        shown = block_kit.render(card, today=self.today)
        blocks, characters = len(shown.blocks) + 1, sum(map(_characters, shown.blocks))
        if shown.attachments or blocks > self.room or characters > self.characters:
            return False
        self.room -= blocks
        self.characters -= characters
        self._untitled(Paragraph((self._place(waiting.incident),)))
        self.blocks += shown.blocks
        return True

    def _place(self, incident: IncidentId) -> Line:
        """Say which incident a card belongs to, and the way to its room."""
        found = self._open(incident)
        if found is None:
            return ("Of an incident that is over",)
        url = self._url(found)
        way: Line = (" · ", Link("Open the room", url)) if url else ()
        named = Strong(Untrusted(cut_to(found.title, _TITLE)))
        return (f"{found.severity.value} {found.number} ", named, *way)

    def _listed(self, card: OpenCard) -> ListedCard:
        found = self._open(card.incident)
        return ListedCard(
            number=card.number,
            kind=card.kind,
            incident_number=card.incident_number,
            title=cut_to(card.title, _TITLE),
            expires_at=card.expires_at,
            may_answer=card.may_answer,
            url=self._url(found) if found else "",
        )

    def _open(self, incident: IncidentId) -> IncidentSummary | None:
        return next((one for one in self.home.incidents if one.id == incident), None)

    def _incident(self, one: IncidentSummary) -> Listed:
        return replace(one.listed(self._url(one)), title=cut_to(one.title, _TITLE))

    def _url(self, one: IncidentSummary) -> str:
        room = one.room
        known = room is not None and room.platform == PLATFORM
        return outgoing.room_url(room, self.team) if room is not None and known else ""

    def _lines(self, lines: Sequence[Line], noun: str) -> None:
        left = len(lines) - _LINES
        more: tuple[Line, ...] = ((f"and {counted(left, f'more {noun}')}",),) if left > 0 else ()
        for line in (*lines[:_LINES], *more):
            self._untitled(Paragraph((line,)))

    def _add(self, card: Card) -> None:
        self.blocks += block_kit.render(card, today=self.today).blocks

    def _untitled(self, paragraph: Paragraph) -> None:
        """Add a paragraph without the header of a card."""
        self.blocks += block_kit.render(Card(blocks=(paragraph,)), today=self.today).blocks[1:]


def _offered(declare: Reply, team: str, today: date) -> tuple[Node, ...]:
    """Offer the form by its button; who may not declare is told so."""
    card = declare.card
    if card is None:
        return outgoing.words_of(declare, team=team, today=today)
    return block_kit.render(replace(card, blocks=(), form=(), footer=()), today=today).blocks


def _characters(node: Json) -> int:
    """Count what blocks show; labels of buttons included."""
    if isinstance(node, list):
        return sum(map(_characters, node))
    if not isinstance(node, Mapping):
        return 0
    text = node.get("text")
    own = len(text) if isinstance(text, str) else 0
    return own + sum(_characters(part) for part in node.values() if not isinstance(part, str))
