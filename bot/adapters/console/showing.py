"""Cards, replies and messages as the HTML of one viewer's window."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from markupsafe import Markup

from bot.adapters.console.messages import Message
from bot.adapters.console.places import seat_url
from bot.adapters.console.sign_in import start_url
from bot.values import CardId
from cards import codec, console_html
from cards.model import ButtonStyle, Card, Line, Link, Notice, Section, Tone

_PACKETS: Final = frozenset({"change", "undo"})
"""Kinds of cards that hold a whole decision packet."""

NONCE: Final = re.compile(r"[A-Za-z0-9._-]{1,80}")
"""What a window may send to tell one press from another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMessage:
    """One message, ready for a template."""

    position: int
    html: Markup
    posted_at: datetime
    edited: bool
    file_name: str
    file_url: str
    plain: bool
    """Whether it is one line of text, shown without a frame."""


_OTHERS: Final[Line] = ("Somebody else must say yes to this.",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """Renders for one window: its seat, its nonce and the moment.

    Cards in `others` need somebody else's yes: only what declines them can be pressed. Where the
    sign-in is `stale` nothing can, and the card links to a sign-in that comes back to the page
    `again` ("" = there is none).
    """

    seat: str
    nonce: str
    now: datetime
    others: frozenset[CardId] = frozenset()
    stale: str = ""
    again: str = ""

    def message(self, message: Message) -> ShownMessage:
        """Show a stored message."""
        card = codec.from_json(message.card)
        return ShownMessage(
            position=message.position,
            html=self.card(card),
            posted_at=message.posted_at,
            edited=message.changed_at != message.posted_at and not card.id,
            file_name=message.file_name,
            file_url=seat_url(self.seat, f"files/{message.conversation}/{message.position}"),
            plain=not (card.blocks or card.buttons or card.form or card.footer),
        )

    def card(
        self,
        card: Card,
        *,
        errors: Mapping[str, str] | None = None,
        values: Mapping[str, str] | None = None,
    ) -> Markup:
        """Show a card with its buttons; a card without an id has none that could be answered."""
        for_others = card.id in self.others
        asks = bool(card.buttons) and bool(card.id)
        pressed = asks and not self.stale
        url = seat_url(self.seat, f"cards/{card.id}/answers") if pressed else ""
        html = console_html.render(
            _declinable(card) if for_others else _folded(card),
            action_url=url,
            hidden={"nonce": self.nonce},
            viewer_note=self._stale_note(card) if asks and self.stale else _OTHERS * for_others,
            errors=errors or {},
            values=values or {},
            today=self.now.astimezone(UTC).date(),
        )
        return Markup(html)  # noqa: S704 - the renderer escapes everything that it is given

    def _stale_note(self, card: Card) -> Line:
        words = f"{self.stale} An answer needs a fresh sign-in."
        if not self.again:
            return (words,)
        return (
            words,
            " ",
            Link("Sign in again", start_url(f"{self.again}#card-{card.id}", again=True)),
        )


def _declinable(card: Card) -> Card:
    # A yes stands out: as the usual one, or as one that hurts (irreversible, break-glass).
    kept = tuple(button for button in card.buttons if button.style is ButtonStyle.PLAIN)
    return replace(card, buttons=kept)


def _folded(card: Card) -> Card:
    """Put a decided packet away: what became of it stays, what was decided on unfolds."""
    if card.kind not in _PACKETS or card.tone is Tone.WAITING:
        return card
    told = tuple(block for block in card.blocks if isinstance(block, Notice))
    packet = tuple(block for block in card.blocks if not isinstance(block, Notice))
    if not packet:
        return card
    away = Section(title="What was decided on", blocks=packet, folded=True)
    return replace(card, blocks=(*told, away))
