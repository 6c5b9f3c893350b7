"""How a window shows a card: decided packets are put away, others' cards offer no yes."""

from dataclasses import replace
from datetime import UTC, datetime

from bot.adapters.console.showing import Showing
from bot.values import CardId
from cards.model import Button, ButtonStyle, Tone
from tests.unit.console.scenery import PACKET, packet

NOW = datetime(2026, 11, 21, 12, 34, tzinfo=UTC)
MINE = Showing(seat="approver", nonce="n", now=NOW)
OTHERS = replace(MINE, others=frozenset({PACKET}))
ASKED = replace(packet(), kind="change")


def test_an_open_packet_is_shown_whole() -> None:
    html = MINE.card(ASKED)
    assert "What was decided on" not in html
    assert html.index("sudo journalctl") < html.index('value="approve"')


def test_a_decided_packet_is_put_away_but_what_became_of_it_stays() -> None:
    html = MINE.card(replace(ASKED, buttons=(), tone=Tone.GOOD))
    away = html.index("What was decided on")
    assert html.index("the requester may not") < away < html.index("sudo journalctl")
    assert "<details" in html[:away]


def test_an_expired_packet_is_put_away_and_can_be_asked_again() -> None:
    again = (Button(option="again", label="Ask again"),)
    html = MINE.card(replace(ASKED, buttons=again, tone=Tone.WARNING))
    assert "What was decided on" in html
    assert 'value="again"' in html


def test_a_card_of_another_kind_is_never_put_away() -> None:
    assert "What was decided on" not in MINE.card(replace(ASKED, kind="progress", buttons=()))


def test_somebody_who_may_not_say_yes_is_offered_no_yes() -> None:
    assert any(button.style is ButtonStyle.PRIMARY for button in ASKED.buttons)
    html = OTHERS.card(ASKED)
    assert 'value="approve"' not in html
    assert 'value="reject"' in html
    assert "Somebody else must say yes to this." in html


def test_a_yes_that_hurts_is_not_offered_to_them_either() -> None:
    hurts = Button(option="break-glass", label="Break glass", style=ButtonStyle.DANGER)
    card = replace(ASKED, buttons=(*ASKED.buttons, hurts))
    assert 'value="break-glass"' in MINE.card(card)
    assert 'value="break-glass"' not in OTHERS.card(card)


def test_a_message_without_an_id_has_nothing_to_press() -> None:
    assert "<form" not in MINE.card(replace(ASKED, id=CardId("")))


def test_every_form_carries_the_windows_nonce() -> None:
    assert '<input type="hidden" name="nonce" value="n">' in MINE.card(ASKED)
