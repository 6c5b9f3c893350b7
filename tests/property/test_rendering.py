"""Whatever the text: every rendered card keeps its platform's limits and comes to no life."""

from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.values import CardId, PersonId, Untrusted
from cards import block_kit, codec, console_html, plain, telegram_html
from cards.model import Block, Card, CodeBlock, Section, message
from cards.plaintext import visible_block
from tests.support.card_strategies import CARDS, EVIL
from tests.support.cards import whole_card
from tests.support.chat_limits import LIVELY, read_slack, read_telegram
from tests.support.html import parsed

ANN = PersonId("ann")
TODAY = date(2026, 11, 21)
OUR_LINK = "https://docs.example/a?b=1&c=2"

thorough = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def pack(card: CardId, option: str) -> str:
    del card
    return f"a:{option}"


def essential_texts(blocks: tuple[Block, ...]) -> list[str]:
    found = []
    for block in blocks:
        if isinstance(block, CodeBlock) and block.essential:
            found.append(visible_block(block.text.text))
        if isinstance(block, Section):
            found += essential_texts(block.blocks)
    return found


@thorough
@given(CARDS)
def test_slack_blocks_hold_every_limit_and_only_our_people_and_links(card: Card) -> None:
    sent = block_kit.render(card, mentions={ANN: "U0ANN"}, today=TODAY)
    reading = read_slack(sent.blocks)
    assert set(reading.users) <= {"U0ANN"}
    assert set(reading.links) <= {OUR_LINK}
    assert [block_kit.pressed(value) for value in reading.values] == [
        (card.id, button.option) for button in card.buttons
    ]


@thorough
@given(CARDS)
def test_slack_fallback_is_one_harmless_line(card: Card) -> None:
    text = block_kit.render(card, today=TODAY).text
    assert 1 <= len(text) <= 4000
    assert text.isprintable()
    assert "<" not in text
    assert ">" not in text
    assert "://" not in text


@thorough
@given(CARDS)
def test_telegram_html_holds_every_limit_and_only_our_links(card: Card) -> None:
    sent = telegram_html.render(card, pack=pack, today=TODAY)
    reading = read_telegram(sent.html)
    assert set(reading.links) <= {OUR_LINK}
    assert LIVELY.search(reading.outside) is None
    rows = sent.keyboard
    assert all(1 <= len(row) <= 8 for row in rows)
    assert [key.callback_data for row in rows for key in row] == [
        f"a:{button.option}" for button in card.buttons
    ]


@thorough
@given(CARDS)
def test_an_essential_block_is_shown_whole_or_in_the_file(card: Card) -> None:
    slack = block_kit.render(card, today=TODAY)
    telegram = telegram_html.render(card, pack=pack, today=TODAY)
    for shown, files in (
        (read_slack(slack.blocks).text, slack.attachments),
        (read_telegram(telegram.html).text, telegram.attachments),
    ):
        file = "".join(attached.content for attached in files)
        for text in essential_texts(card.blocks):
            assert text in shown or all(line in file for line in text.split("\n"))


@thorough
@given(CARDS)
def test_what_is_cut_is_said_and_attached(card: Card) -> None:
    slack = block_kit.render(card, today=TODAY)
    telegram = telegram_html.render(card, pack=pack, today=TODAY)
    for shown, files in (
        (read_slack(slack.blocks).text, slack.attachments),
        (read_telegram(telegram.html).text, telegram.attachments),
    ):
        assert ("Not everything fits here. All of it: " in shown) == bool(files)
        assert all(file.name in shown for file in files)


@thorough
@given(CARDS)
def test_console_html_is_well_formed_and_links_only_where_we_do(card: Card) -> None:
    root = parsed(console_html.render(card, action_url="/a", today=TODAY))
    assert {a.attributes["href"] for a in root.all("a")} <= {OUR_LINK}
    assert [root.all(tag) for tag in ("script", "style", "img", "iframe")] == [[], [], [], []]


@thorough
@given(EVIL)
def test_hostile_words_change_no_element_of_the_console(text: str) -> None:
    harmless = parsed(console_html.render(whole_card("text"), action_url="/a")).shape()
    assert parsed(console_html.render(whole_card(text or "x"), action_url="/a")).shape() == harmless


@thorough
@given(EVIL)
def test_plain_text_has_no_sign_that_a_chat_brings_to_life(text: str) -> None:
    shown = plain.render(message(Untrusted(text)))
    assert shown.isprintable()
    assert not [sign for sign in ("<!", "<@", "<#", "@here", "@channel", "@U") if sign in shown]


@thorough
@given(CARDS)
def test_every_card_survives_the_store(card: Card) -> None:
    assert codec.from_json(codec.to_json(card)) == card


@given(st.text(max_size=60))
def test_a_foreign_button_value_is_never_a_crash(value: str) -> None:
    found = block_kit.pressed(value)
    assert found is None or block_kit.button_value(*found) == value
